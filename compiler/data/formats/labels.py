"""Columns as SPSS, Stata and SAS have them: codes, labels of codes, missing codes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from varying.grammar.spelling import spell_number

from ..found import Remark
from ..levels import natural_key
from ..table import Column, Kind
from ..texts import MISSING, MOST_EXACT, text_column
from ..values import UnusableColumn, column_of_values

#: Codes that are named in a remark.
SHOWN = 6


@dataclass(frozen=True, slots=True)
class LabelledColumn:
    """A column of codes.

    Attributes
    ----------
    name
        Its name.
    values
        Numbers or texts; None where the file has nothing.
    labels
        Of codes; also of those that no row has.
    is_missing
        Whether the file calls a code missing.
    ordinal
        Whether the file says that the codes have an order.
    """

    name: str
    values: Sequence[Any]
    labels: Mapping[Any, str]
    is_missing: Callable[[Any], bool] = lambda _: False
    ordinal: bool = False


def read_coded(
    coded: LabelledColumn, by_label: bool
) -> tuple[Column | str, list[Remark]]:
    """Return the column of some codes, or why it cannot be used, and remarks.

    Parameters
    ----------
    coded
        What the file has.
    by_label
        Whether labels become levels, in the order of their codes. They do where
        every value has one.
    """
    name, remarks = coded.name, list[Remark]()
    values, gone = _without_missing(coded)
    if gone:
        remarks.append(_missing_codes(name, gone, coded.labels))
    labels = {
        code: str(label).strip()
        for code, label in coded.labels.items()
        if not coded.is_missing(code) and not _nothing(code)
    }
    present = {value for value in values if value is not None}
    if labels and by_label:
        bare = sorted(present - set(labels), key=_code_key)
        twice = _twice(list(labels.values()))
        if not bare and not twice:
            return _factor(name, values, labels, coded.ordinal), remarks
        remarks.append(_partial(name, labels, bare, twice))
    return _plain(name, values), remarks


def _nothing(value: Any) -> bool:
    if isinstance(value, str):
        return value in MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def _without_missing(coded: LabelledColumn) -> tuple[list[Any], dict[Any, int]]:
    """Return the values with None for the missing ones; how often each code was."""
    # there are few different ones among many
    different = dict.fromkeys(coded.values)
    empty = {value for value in different if _nothing(value)}
    codes = {v for v in different if v not in empty and coded.is_missing(v)}
    gone: dict[Any, int] = {}
    if codes:
        for value in coded.values:
            if value in codes:
                gone[value] = gone.get(value, 0) + 1
    kept = {v: None if v in empty or v in codes else v for v in different}
    return [kept[value] for value in coded.values], gone


def _code_key(code: Any) -> Any:
    return (1, natural_key(code)) if isinstance(code, str) else (0, code)


def _spelled(code: Any) -> str:
    return code if isinstance(code, str) else spell_number(float(code))


def _listed(codes: Sequence[Any]) -> str:
    shown = ", ".join(f"`{_spelled(code)}`" for code in codes[:SHOWN])
    return f"{shown}, ..." if len(codes) > SHOWN else shown


def _missing_codes(
    name: str, gone: Mapping[Any, int], labels: Mapping[Any, str]
) -> Remark:
    count = sum(gone.values())
    values = "1 value is" if count == 1 else f"{count:,} values are"
    notes = tuple(
        f"`{_spelled(code)}`{_label(code, labels)}: {gone[code]:,}"
        for code in sorted(gone, key=_code_key)
    )
    message = (
        f"{values} missing in `{name}` by codes that the file or the spec calls missing"
    )
    return Remark("missing-codes", message, notes, name)


def _label(code: Any, labels: Mapping[Any, str]) -> str:
    return f" ({labels[code]})" if code in labels else ""


def _twice(labels: Sequence[str]) -> str | None:
    return next((label for label in labels if labels.count(label) > 1), None)


def _partial(
    name: str, labels: Mapping[Any, str], bare: Sequence[Any], twice: str | None
) -> Remark:
    if bare:
        reason = f"{_listed(bare)} {'has' if len(bare) == 1 else 'have'} no label"
    else:
        reason = f"two codes have the label `{twice}`"
    codes = sorted(labels, key=_code_key)
    some = [f"`{_spelled(code)}` = {labels[code]}" for code in codes[:SHOWN]]
    what = "texts" if any(isinstance(code, str) for code in labels) else "numbers"
    return Remark(
        "partial-labels",
        f"the values of `{name}` stay {what}: not every one has a label of its own",
        (reason, f"the labels are: {', '.join(some)}"),
        name,
    )


def _factor(
    name: str, values: Sequence[Any], labels: Mapping[Any, str], ordinal: bool
) -> Column:
    codes = sorted(labels, key=_code_key)
    place = {code: index for index, code in enumerate(codes)}
    places = [-1 if value is None else place[value] for value in values]
    return Column(
        name,
        Kind.ORDERED if ordinal else Kind.FACTOR,
        np.array(places, np.int64),
        tuple(labels[code] for code in codes),
        declared=True,
    )


def _plain(name: str, values: Sequence[Any]) -> Column | str:
    types = {type(value) for value in values if value is not None}
    if types == {str}:
        return text_column(name, ["" if v is None else v for v in values], MISSING)
    if types <= {int, float}:
        numbers = np.array(values, np.float64)  # None becomes NaN
        return whole_numbers(Column(name, Kind.NUMERIC, numbers))
    try:
        return column_of_values(name, list(values))
    except UnusableColumn as reason:
        return str(reason)


def whole_numbers(column: Column) -> Column:
    """Return a column of numbers as integers if they are whole.

    For files of programs that hold every number as a float.
    """
    if column.kind is not Kind.NUMERIC:
        return column
    present = column.values[~np.isnan(column.values)]
    if not len(present) or not np.all(np.abs(present) < MOST_EXACT):
        return column
    if np.any(present != np.floor(present)):
        return column
    return Column(column.name, Kind.INTEGER, column.values)
