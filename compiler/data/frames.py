"""Data frames and mappings of arrays to tables."""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source, Span

from .found import one_line
from .table import Column, Table
from .values import NO_NAME, UnusableColumn, column_of_values

#: Why a name of an index is none of a column.
_INDEX = "it is the index of the data frame: pass `data.reset_index()`"


def table_from_frame(data: Any, name: str = "data") -> Table:
    """Return the table in a data frame or in a mapping of columns.

    Parameters
    ----------
    data
        A pandas, Polars or PyArrow frame, or a mapping of names to arrays,
        series or lists.
    name
        A word for it in messages.

    Returns
    -------
    Table
        Categories keep their order; those of a PyArrow table have the one that they
        would have in a file of it. Columns that cannot be used (dates, lists,
        mixtures) are not in it: ``unusable`` says why, should a spec need them.

    Raises
    ------
    ModelError
        If it is no table, two columns have one name or their lengths differ.
    """
    source = Source("", name)
    columns: dict[str, Column] = {}
    unusable: dict[str, str] = {}
    longest = 0
    ordered = _ordered_columns(data)
    for key, values in _series(data, source):
        column_name = one_line(str(key))
        if not column_name:
            unusable[""] = NO_NAME
            continue
        if column_name in columns or column_name in unusable:
            message = f"the data have two columns named `{column_name}`"
            raise _error("duplicate-column", message, source)
        try:
            columns[column_name] = (
                replace(ordered[str(key)], name=column_name)
                if str(key) in ordered
                else column_of_values(column_name, values)
            )
        except UnusableColumn as reason:
            unusable[column_name] = str(reason)
            longest = max(longest, len(values) if hasattr(values, "__len__") else 0)
    lengths = {key: len(column.values) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        first, other = _two_lengths(lengths)
        message = (
            f"`{first}` has {lengths[first]:,} values and `{other}` {lengths[other]:,}"
        )
        raise _error("data-format", message, source)
    rows = next(iter(lengths.values()), longest)
    unusable |= {one: _INDEX for one in _index_names(data) if one not in columns}
    return Table(name, columns, rows, unusable=unusable)


def _ordered_columns(data: Any) -> Mapping[str, Column]:
    """Return the columns of a PyArrow table whose categories have an order."""
    kind = type(data)
    if (kind.__module__.partition(".")[0], kind.__name__) != ("pyarrow", "Table"):
        return {}
    from .formats.arrow import ordered_columns

    return ordered_columns(data)


def _index_names(data: Any) -> list[str]:
    """Return what the levels of the index of a pandas frame are called."""
    index = None if isinstance(data, Mapping) else getattr(data, "index", None)
    names = getattr(index, "names", ())
    return [one_line(one) for one in names if isinstance(one, str)]


def _error(rule: str, message: str, source: Source, *notes: str) -> ModelError:
    return ModelError([Diagnostic(rule, message, source, Span(0, 0), notes)])


def _two_lengths(lengths: Mapping[str, int]) -> tuple[str, str]:
    first = next(iter(lengths))
    return first, next(key for key in lengths if lengths[key] != lengths[first])


def _series(data: Any, source: Source) -> Iterable[tuple[object, Any]]:
    """Return names and columns: narwhals series of a frame, else as they are."""
    if isinstance(data, Mapping):
        single = [key for key, value in data.items() if _is_single(value)]
        if single:
            message = f"`{single[0]}` is a single value, not a column"
            note = f'pass a list: `{{"{single[0]}": [1, 2, 3]}}`'
            raise _error("data-format", message, source, note)
        return data.items()
    kind = type(data).__name__
    if kind != "LazyFrame":  # asking one for its names costs
        # narwhals refuses two columns of one name in words of its own.
        listed = getattr(data, "column_names", None)
        names = list(getattr(data, "columns", ()) if listed is None else listed)
        for name in (name for name, count in Counter(names).items() if count > 1):
            message = f"the data have two columns named `{name}`"
            raise _error("duplicate-column", message, source)
    import narwhals as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        raise _error(
            "data-format",
            f"data of type `{kind}` are no table",
            source,
            "pass a pandas, Polars or PyArrow frame, or a mapping of columns",
            *_how(data),
        ) from None
    # Not frame[name]: a name that is a number would be taken for a row.
    return [(series.name, series) for series in frame.iter_columns()]


def _is_single(value: Any) -> bool:
    """Whether a value is one, such as a number, and no column of several."""
    return value is None or isinstance(value, str | bytes | numbers.Number)


def _how(data: Any) -> tuple[str, ...]:
    """Return how other data become a table, if that is known."""
    kind = type(data).__name__
    if kind == "LazyFrame":
        return ("call `.collect()` on it",)
    if "GroupBy" in kind:
        return ("pass the frame itself: groups are named in the formula",)
    if kind == "Series":
        return ("`data.to_frame()` makes a table of one column",)
    if isinstance(data, np.ndarray) and data.dtype.names is None:
        return ('give its columns names: `{"y": data[:, 0], "x": data[:, 1]}`',)
    of_rows = isinstance(data, list | tuple) and len(data) > 0
    if isinstance(data, np.ndarray) or (of_rows and isinstance(data[0], Mapping)):
        return ("`pandas.DataFrame(data)` makes a table of it",)
    if of_rows and len(data) == 1 and not isinstance(data[0], list | tuple):
        return ("it is in a tuple or a list: pass what is in there",)
    if of_rows:
        return ('give its columns names: `{"y": [1, 2], "x": [3, 4]}`',)
    return ()
