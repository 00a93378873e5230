"""Rows at the end of a table that are summaries of those above."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..found import FileFault
from ..table import Column, Floats, Ints, Kind

#: What such rows are called.
_WORDS = frozenset(
    "mean means average avg m mw mittelwert total totals sum summe sd std stdev "
    "median min max overall gesamt gesamtsumme gesamtmittelwert durchschnitt "
    "mittel standardabweichung subtotal zwischensumme sem moyenne médiane somme "
    "media promedio mediana suma somma média mediana soma gemiddelde "
    "som totaal totale".split()
) | {"grand mean", "grand total", "standard deviation"}
#: Those of them that are also names of persons or codes of a sex.
_NAMES = frozenset({"m", "max", "min"})
#: Words beside them.
_BESIDE = frozenset("all grand overall standard std deviation dev error row of".split())
_LETTERS = re.compile(r"[^\W\d_]+")
#: So many rows at the end may be summaries, of so many above at least.
_MOST, _FEWEST = 4, 4


def check_last_rows(where: str, columns: Mapping[str, Column]) -> None:
    """See that the last rows are no means, sums or the like of those above.

    That is sure where a row is called so, and one of its numbers is what it is called.

    Parameters
    ----------
    where
        The file, and what of it, as in a message.
    columns
        Those that are read, by name.

    Raises
    ------
    FileFault
        If they are.
    """
    for name, column in columns.items():
        rows = _named(column) if column.kind is Kind.TEXT else 0
        if not rows:
            continue
        label = column.levels[column.values[-rows]]
        for other, numbers in columns.items():
            if not numbers.kind.is_number:
                continue
            if _summarises(numbers.values[:-rows], numbers.values[-rows:]):
                which = "row" if rows == 1 else f"{rows} rows"
                raise FileFault(
                    "data-format",
                    f"the last {which} of {where} {'is' if rows == 1 else 'are'} a "
                    "summary of the others",
                    (
                        f"`{name}` has `{label}` there, and `{other}` what the rows "
                        "above give",
                        "delete it: a row of the data is one that was observed",
                    ),
                )


def _named(column: Column) -> int:
    """Return how many rows at the end are called a mean or the like, each once."""
    codes: Ints = column.values
    rows = 0
    for code in codes[::-1][:_MOST].tolist():
        word = "" if code < 0 else column.levels[code].strip(" :.").casefold()
        if word not in _WORDS or int((codes == code).sum()) > 1:
            break
        rows += 1
    return rows


def last_summaries(column: Column, rows: Ints, *, runs: bool = False) -> Sequence[str]:
    """Return the levels of the last of some rows that are called a mean or the like.

    From the last one on, as long as each stands there alone. Whether the rows are
    summaries is not known. ``runs``: a row of the file is several, of one level.
    """
    codes: Ints = column.values[rows]
    if runs and len(codes):
        codes = codes[np.append(True, np.diff(codes) != 0)]
    found: list[str] = []
    for code in codes[::-1][:_MOST].tolist():
        level = "" if code < 0 else column.levels[code]
        words = _LETTERS.findall(level.casefold())
        if not set(words) <= (_WORDS - _NAMES) | _BESIDE or not set(words) & _WORDS:
            break
        if int((codes == code).sum()) > 1:
            break
        found.append(level)
    return found if len(codes) - len(found) >= _FEWEST else ()


def _summarises(above: Floats, last: Floats) -> bool:
    """Whether a number is a mean, sum, median or spread of those above, as rounded."""
    present = above[~np.isnan(above)]
    if len(present) < _FEWEST or present.min() == present.max():
        return False
    known = [
        *(float(f(present)) for f in (np.mean, np.sum, np.median)),
        *(float(np.std(present, ddof=d)) for d in (0, 1)),
    ]
    for value in last[~np.isnan(last)].tolist():
        places = len(repr(value).partition(".")[2].removesuffix("0").partition("e")[0])
        # of a whole number chance would be enough
        within = 0.5001 * 10.0**-places if places else 0.0
        if any(abs(value - one) <= within + 1e-12 * abs(one) for one in known):
            return True
    return False
