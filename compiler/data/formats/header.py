"""Rows below the header that belong to it: a second row of names, units, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..found import FileFault, Reads, one_line
from ..spellings import looks_missing
from ..table import Column, Ints, Kind
from ..texts import WITH_COMMA, parse_numbers

#: So many rows below the header may belong to it.
_MOST = 3
#: So many rows with numbers say what the others are.
_FEWEST = 2
#: Rows that are looked at for the names of columns.
LOOKED_AT = 20
#: Names that are shown, and characters of what stands below one.
_SHOWN, _LENGTH = 4, 30
#: What stands in the third row of files that Qualtrics writes.
_QUALTRICS = '{"ImportId"'

#: What is asked of a header.
ONE_ROW = "a header has one row, with a name of its own for each column"


@dataclass(frozen=True, slots=True)
class Heading:
    """Rows that belong to the header: how many, and texts of the first of them."""

    rows: int
    below: Mapping[str, str]


def check_first_rows(
    where: str, columns: Mapping[str, Column], numbers: Ints | None, nameless: bool
) -> None:
    """See that the first rows below the header are data.

    Parameters
    ----------
    where
        The file, and what of it, as in a message.
    columns
        Those that are read, by name.
    numbers
        The number of each row in the data, from 0; None: they are all there.
    nameless
        Whether there are columns without a name.

    Raises
    ------
    FileFault
        If they are texts where nothing else but numbers stands.
    """
    if _is_qualtrics(columns):
        raise FileFault(
            "data-format",
            f"the first rows below the header of {where} are no data",
            (
                "Qualtrics writes the questions and ids of the columns there: delete "
                "these two rows, or export without them",
            ),
        )
    found = heading(columns, numbers, nameless)
    if found is None:
        return
    first = "the first row" if found.rows == 1 else f"the first {found.rows} rows"
    raise two_rows(
        f"{first} below the header of {where} {'seems' if found.rows == 1 else 'seem'} "
        "to belong to it",
        found.below,
        "all else in these columns is numbers",
    )


def two_rows(message: str, below: Mapping[str, str], why: str) -> FileFault:
    """Return the fault of a header that has more rows than one.

    ``below``: what stands below names, and ``why`` this is none of the data.
    """
    shown = [(name, _short(text)) for name, text in below.items()][:_SHOWN]
    listed = ", ".join(f"`{text}` below `{name}`" for name, text in shown)
    more = ", ..." if len(below) > _SHOWN else ""
    whole = next(((n, t) for n, t in shown if not t.endswith("...")), None)
    such = "" if whole is None else f", such as `{whole[0]}_{whole[1]}`"
    return FileFault(
        "data-format",
        message,
        (
            *((f"there is {listed}{more}; {why}",) if listed else (why,)),
            f"{ONE_ROW}: if these are names, make one of both{such}; if they are units "
            "or explanations, delete the row",
        ),
    )


def heading(
    columns: Mapping[str, Column], numbers: Ints | None, nameless: bool
) -> Heading | None:
    """Return what belongs to the header; None if the first row is one of data.

    That is sure if no column of numbers has one there, and texts stand above the
    numbers of two columns at least, or of one while nothing stands in all others.
    """
    tops = {
        name: _top(column, numbers)
        for name, column in columns.items()
        if column.kind is Kind.TEXT
    }
    above = {name: texts for name, texts in tops.items() if texts}
    if not above:
        return None
    rows = max(len(texts) for texts in above.values())
    others = {name: column for name, column in columns.items() if name not in above}
    for name, column in others.items():
        if column.kind is not Kind.TEXT and _any_value(column, numbers, rows):
            return None
        beside = len(above) == 1 and tops.get(name) is None
        if beside and _any_value(column, numbers, rows):
            return None
    if len(above) == 1 and not others and not nameless:
        return None
    firsts = {name: texts[0] for name, texts in above.items() if texts[0]}
    if not firsts or all(map(looks_missing, firsts.values())):
        return None
    return Heading(rows, firsts)


def _top(column: Column, numbers: Ints | None) -> Sequence[str] | None:
    """Return the texts that stand above the numbers of a column; None if none do."""
    levels = column.levels
    words = np.array([_is_text(level) for level in levels] + [False])
    gone = np.array([looks_missing(level) for level in levels] + [True])
    texts = words[column.values]
    if not texts.any() or int((~texts & ~gone[column.values]).sum()) < _FEWEST:
        return None
    places = np.arange(len(texts)) if numbers is None else numbers
    last = int(places[texts].max()) + 1
    early = places < last
    if last > _MOST or (~texts & ~gone[column.values])[early].any():
        return None
    of = dict(zip(places[early].tolist(), column.values[early].tolist(), strict=True))
    codes = [of.get(row, -1) for row in range(last)]
    return ["" if code < 0 else levels[code] for code in codes]


def _is_text(level: str) -> bool:
    if parse_numbers([level], beyond=True) is not None or WITH_COMMA.fullmatch(level):
        return False
    return not looks_missing(level)


def _any_value(column: Column, numbers: Ints | None, rows: int) -> bool:
    """Whether there is a value in the first rows."""
    if numbers is None:
        return not bool(column.missing[:rows].all())
    return not bool(column.missing[numbers < rows].all())


def check_names_below(
    header: Sequence[str],
    row: Sequence[str],
    reads: Reads,
    place: str,
    above: str,
) -> None:
    """See that a row below the header has no names that the header lacks.

    Parameters
    ----------
    header
        The names of the columns.
    row
        The texts of one of the first rows.
    reads
        Says which names the spec reads.
    place, above
        The row and the header, as in a message.

    Raises
    ------
    FileFault
        If it has two of them or more, or one and no numbers but more names than
        the header.
    """
    if reads.named([""]):
        return  # the spec reads whatever there is
    there = sorted(reads.named(row) - {*header} - reads.otherwise)
    kept = sorted(reads.named(header))
    filled = [text for text in row if text]
    if not there or (
        len(there) == 1
        and (kept or len(filled) <= len([*filter(None, header)]) or _numbers(filled))
    ):
        return
    listed = ", ".join(f"`{name}`" for name in there[:6])
    message = f"the names of the columns seem to stand in {place}"
    if kept:
        note = f"{listed} are there, and {above} has `{kept[0]}`"
        raise FileFault("data-format", message, (note, f"{ONE_ROW}: make one of both"))
    twice = next((text for text in row if text and row.count(text) > 1), None)
    note = f"{above} is the header: " + (
        "delete the rows above the names"
        if twice is None
        else f"`{twice}` is there more than once, so make one name of both"
    )
    are = "are" if len(there) > 1 else "is"
    raise FileFault("data-format", message, (f"{listed} {are} there", note))


def _numbers(texts: Sequence[str]) -> bool:
    return any(not _is_text(text) for text in texts)


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3]}..."


def _is_qualtrics(columns: Mapping[str, Column]) -> bool:
    """Whether a file has the two rows below its header that Qualtrics writes."""
    return any(
        level.startswith(_QUALTRICS)
        for column in columns.values()
        if column.kind is Kind.TEXT
        for level in column.levels
    )
