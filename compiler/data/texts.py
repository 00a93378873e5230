"""Cells: what the texts of a plain file mean, column by column.

Missing is an empty cell, ``NA`` or ``NaN``, with blanks around or without, and nothing
else: a level called ``None`` or ``null`` is a level.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from varying.grammar.spelling import MOST_EXACT as MOST_EXACT

from .levels import natural_order
from .table import Column, Kind

MISSING = frozenset({"", "NA", "NaN"})
LOGICAL = {"FALSE": 0, "False": 0, "TRUE": 1, "True": 1}
LEADING_ZERO = re.compile(r"\s*0[0-9]+\s*")


#: Numbers with a decimal comma. A point parts thousands where it can: not behind a 0
#: or more than three digits, and not before an exponent.
WITH_COMMA = re.compile(
    r"\s*[+-]?(\d*(,\d*)?([eE][+-]?\d+)?|[1-9]\d{0,2}(\.\d{3})+(,\d*)?)\s*"
)
#: Of these the ones in which a point can do nothing else.
_GROUPED = re.compile(r"\s*[+-]?\d+((\.\d{3}){2,}(,\d*)?|\.\d{3},\d*)\s*")


def is_missing(cell: str) -> bool:
    """Whether a cell of a plain file or of a sheet has no value."""
    return cell.strip() in MISSING


def missing_spellings(cells: Iterable[str]) -> frozenset[str]:
    """Return the cells without a value that are not spelled as ``MISSING`` are."""
    return frozenset(c for c in {*cells} if c not in MISSING and is_missing(c))


def with_point(cells: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """Return numbers with a decimal comma, `1.234,5`, as they are written here.

    Beside them a cell such as `1.234`, if it is taken for 1234 and no cell shows that
    points part thousands. Cells that cannot all be read in one way stay as they are.
    """
    present = [text for text in dict.fromkeys(cells) if not is_missing(text)]
    if not all(WITH_COMMA.fullmatch(text) for text in present):
        return cells, None
    unsure = None
    if not any(map(_GROUPED.fullmatch, present)):
        unsure = next((text for text in present if "." in text), None)
    if unsure is not None and any("," in text for text in present):
        return cells, None  # `1.250` beside `1,50`
    return [text.replace(".", "").replace(",", ".") for text in cells], unsure


def two_signs(texts: Iterable[str]) -> tuple[str, str] | None:
    """Return two numbers that are not read by one sign before decimals.

    That is where texts are all numbers, with a decimal point or with a comma.
    """
    pointed = other = None
    for text in texts:
        if not WITH_COMMA.fullmatch(text) and parse_numbers([text]) is None:
            return None
        if "," in text or _GROUPED.fullmatch(text):
            other = other or text
        elif "." in text:
            pointed = pointed or text
    return None if pointed is None or other is None else (pointed, other)


def column_of_cells(name: str, cells: Sequence[str], decimal: str = ".") -> Column:
    """Return a column of the type that all its cells have."""
    written, unsure = cells, None
    if decimal == ",":
        cells, unsure = with_point(cells)
    different = dict.fromkeys(cells)
    absent = [text for text in different if is_missing(text)]
    gone = frozenset(absent)
    present = [text for text in different if text not in gone] if gone else different
    numbers = parse_numbers(present)
    if numbers is not None:
        of = dict.fromkeys(absent, np.nan) | numbers
        values = np.fromiter((of[cell] for cell in cells), np.float64, len(cells))
        whole = bool(present) and not any(has_fraction(text) for text in present)
        ids = any(LEADING_ZERO.fullmatch(text) for text in present)
        return Column(
            name,
            Kind.INTEGER if whole else Kind.NUMERIC,
            values,
            spelled=text_column(name, cells, gone) if ids else None,
            grouped=unsure,
            pointed=decimal == "," and cells is written,
        )
    if all(text in LOGICAL for text in present):
        place = dict.fromkeys(absent, -1) | LOGICAL
        codes = np.fromiter((place[cell] for cell in cells), np.int64, len(cells))
        return Column(name, Kind.LOGICAL, codes, ("FALSE", "TRUE"))
    return replace(text_column(name, cells, gone), decimal=decimal)


def text_column(name: str, texts: Sequence[str], missing: Collection[str]) -> Column:
    """Return a column of texts, with levels in natural order."""
    levels = natural_order(text for text in dict.fromkeys(texts) if text not in missing)
    place = dict.fromkeys(missing, -1)
    place |= {level: index for index, level in enumerate(levels)}
    values = np.fromiter((place[text] for text in texts), np.int64, len(texts))
    return Column(name, Kind.TEXT, values, levels)


def parse_numbers(
    texts: Iterable[str], *, beyond: bool = False
) -> dict[str, float] | None:
    """Return the numbers that texts spell; None if one is not a number.

    Whole numbers beyond 2**53 are none: they are ids, and two of them could
    become the same float. ``beyond``: they are all the same, as somebody said so.
    """
    numbers: dict[str, float] = {}
    for text in texts:
        # float() also takes `1_000`, `nan` and the digits of other scripts.
        if "_" in text or not text.isascii():
            return None
        try:
            number = float(text)
        except ValueError:
            return None
        if number != number:
            return None
        if not beyond and abs(number) >= MOST_EXACT and not has_fraction(text):
            return None
        numbers[text] = number
    return numbers


def has_fraction(text: str) -> bool:
    """Whether a number is spelled as one that need not be whole."""
    return not text.strip().lstrip("+-").isdigit()
