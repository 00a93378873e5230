"""Values in memory to columns: arrays, series of a data frame, lists."""

from __future__ import annotations

import math
import numbers
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.spelling import spell_number

from .table import Column, Kind
from .texts import MOST_EXACT, column_of_cells, text_column

#: Why a column such as R's row names is of no use.
NO_NAME = "it has no name"


#: NUL, which ends a text for many programs, and halves of characters, which come of
#: bytes that were read as another encoding than theirs.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class UnusableColumn(Exception):
    """A column that cannot be used; its text says why, as a sentence."""


def column_of_values(name: str, values: Any) -> Column:
    """Return the column in a list, an array or a series.

    Raises
    ------
    UnusableColumn
        If it cannot be used; the text says why.
    """
    column = _column_of_values(name, values)
    for text in (name, *column.levels):
        found = _UNWRITABLE.search(text)
        if found is not None:
            what = "name" if text is name else f"text `{text}`"
            raise UnusableColumn(
                f"its {what} has U+{ord(found[0]):04X}, which no file of text can hold"
            )
    return column


def _column_of_values(name: str, values: Any) -> Column:
    if isinstance(values, list | tuple):
        return _objects(name, values)
    if isinstance(values, np.ndarray):
        return _array(name, values)
    if hasattr(values, "codes") and hasattr(values, "ordered"):  # pandas.Categorical
        return _of_categories(name, values, values)
    import narwhals as nw

    if not isinstance(values, nw.Series):
        try:
            values = nw.from_native(values, series_only=True)
        except TypeError:
            # Anything else that knows how to become an array, such as xarray's.
            return _array(name, np.asarray(values))
    dtype = values.dtype
    if dtype == nw.Categorical or isinstance(dtype, nw.Enum) or dtype == nw.Enum:
        return _categories(name, values)
    missing = values.is_null().to_numpy().astype(np.bool_)
    if dtype == nw.Boolean:
        filled = values.fill_null(False) if missing.any() else values
        return _logical(name, filled.to_numpy().astype(np.bool_), missing)
    if dtype.is_integer():
        filled = values.fill_null(0) if missing.any() else values
        return _integers(name, filled.to_numpy(), missing)
    if dtype.is_numeric():
        floats = values.cast(nw.Float64)
        floats = floats.fill_null(math.nan) if missing.any() else floats
        return Column(name, Kind.NUMERIC, np.array(floats.to_numpy(), np.float64))
    if dtype == nw.String or dtype == nw.Object:
        return _objects(name, values.to_list())
    raise UnusableColumn(type_unusable(str(dtype)))


def type_unusable(dtype: str) -> str:
    """Return why a column of some type cannot be used."""
    if "date" in dtype.casefold() or "time" in dtype.casefold():
        return f"it holds dates or times ({dtype}); make numbers of them first"
    return f"it holds values of type {dtype}"


def _array(name: str, values: NDArray[Any]) -> Column:
    if values.ndim != 1:
        raise UnusableColumn(f"it has {values.ndim} dimensions, not one")
    missing = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    match plain.dtype.kind:
        case "b":
            return _logical(name, plain, missing)
        case "i" | "u":
            return _integers(name, plain, missing)
        case "f":
            numbers_ = plain.astype(np.float64)
            return Column(name, Kind.NUMERIC, np.where(missing, np.nan, numbers_))
        case "U" | "O" | "T":
            return _objects(name, values.tolist())
    raise UnusableColumn(type_unusable(str(plain.dtype)))


def _logical(
    name: str, values: NDArray[np.bool_], missing: NDArray[np.bool_]
) -> Column:
    codes = np.where(missing, -1, values).astype(np.int64)
    return Column(name, Kind.LOGICAL, codes, ("FALSE", "TRUE"))


def _integers(name: str, values: NDArray[Any], missing: NDArray[np.bool_]) -> Column:
    present = values[~missing]
    extreme = (
        max((abs(int(present.min())), abs(int(present.max())))) if len(present) else 0
    )
    if extreme >= MOST_EXACT:
        # Such numbers are ids; as floats two of them could become one.
        texts = [
            "" if gone else str(v) for v, gone in zip(values, missing, strict=True)
        ]
        return text_column(name, texts, ("",))
    floats = values.astype(np.float64)
    floats[missing] = np.nan
    return Column(name, Kind.INTEGER, floats)


def _objects(name: str, values: Sequence[Any]) -> Column:
    """Return a column of Python values, all of one sort. An empty text is missing."""
    absent = [_is_missing(value) for value in values]
    missing = np.array(absent, dtype=np.bool_)
    present = [value for value, gone in zip(values, absent, strict=True) if not gone]
    if all(isinstance(value, str) for value in present) and present:
        texts = ["" if gone else v for v, gone in zip(values, absent, strict=True)]
        return text_column(name, texts, ("",))
    if all(isinstance(value, bool | np.bool_) for value in present) and present:
        flags = [not gone and bool(v) for v, gone in zip(values, absent, strict=True)]
        return _logical(name, np.array(flags, dtype=np.bool_), missing)
    if all(_is_number(value) for value in present):
        if present and all(isinstance(v, numbers.Integral) for v in present):
            whole = [
                0 if gone else int(v) for v, gone in zip(values, absent, strict=True)
            ]
            return _integers(name, np.array(whole, dtype=object), missing)
        floats = [
            math.nan if gone else float(v)
            for v, gone in zip(values, absent, strict=True)
        ]
        return Column(name, Kind.NUMERIC, np.array(floats, dtype=np.float64))
    if all(isinstance(value, str) or _is_number(value) for value in present):
        # as cells of a sheet: words among numbers, which `missing=` may name
        texts = [
            "" if gone else _cell(v) for v, gone in zip(values, absent, strict=True)
        ]
        return column_of_cells(name, texts)
    kinds = Counter(type(value).__name__ for value in present)
    if len(kinds) > 1:
        odd = min(kinds, key=lambda kind: kinds[kind])
        row = next(i for i, v in enumerate(values) if type(v).__name__ == odd)
        raise UnusableColumn(
            f"it mixes values of the types {', '.join(sorted(kinds))}: `{values[row]}` "
            f"in row {row + 1} is of type {odd}"
        )
    raise UnusableColumn(type_unusable(next(iter(kinds))))


def _cell(value: Any) -> str:
    """Return a text as it is, and a number as a cell of a file has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, numbers.Integral):
        return str(int(value))
    return spell_number(float(value))


def _is_missing(value: Any) -> bool:
    if value is None or value is np.ma.masked:
        return True
    if isinstance(value, str):
        return value == ""
    # pandas' NA and NaT, which cannot be imported here.
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def _is_number(value: Any) -> bool:
    # A Decimal is no numbers.Real.
    is_real = isinstance(value, numbers.Real) or type(value).__name__ == "Decimal"
    return is_real and not isinstance(value, bool | np.bool_)


def _categories(name: str, values: Any) -> Column:
    native = values.to_native()
    arrow = getattr(getattr(native, "dtype", None), "pyarrow_dtype", None)
    if getattr(arrow, "ordered", False):  # pandas, with values of Arrow
        return _of_categories(name, values, native.astype("category").cat)
    return _of_categories(name, values, getattr(native, "cat", None))


def _of_categories(name: str, values: Any, accessor: Any) -> Column:
    """Return a column of what has categories, whose ``accessor`` knows their order."""
    if hasattr(accessor, "codes"):  # pandas, whose categories have an order
        categories = list(accessor.categories)
        codes = np.array(accessor.codes, dtype=np.int64)
        kind = Kind.ORDERED if accessor.ordered else Kind.FACTOR
    elif hasattr(values.dtype, "categories"):  # an Enum of Polars
        categories = list(values.dtype.categories)
        place: dict[Any, int] = {level: i for i, level in enumerate(categories)}
        codes = np.array([place.get(v, -1) for v in values.to_list()], dtype=np.int64)
        kind = Kind.FACTOR
    else:
        # Categories in the order of their appearance, which means nothing.
        return _objects(name, values.to_list())
    levels = tuple(spell_category(category) for category in categories)
    if len(set(levels)) < len(levels):
        raise UnusableColumn("two of its categories are spelled alike")
    all_numbers = categories and all(_is_number(category) for category in categories)
    return Column(
        name,
        kind,
        codes,
        levels,
        declared=True,
        numbers=tuple(float(c) for c in categories) if all_numbers else None,
    )


def spell_category(category: Any) -> str:
    """Return the name of the level that a category becomes."""
    if isinstance(category, bool | np.bool_):
        return "TRUE" if category else "FALSE"
    return spell_number(float(category)) if _is_number(category) else str(category)
