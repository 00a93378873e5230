"""Which columns of the data are factors of a design, and which of them vary within."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from varying.compiler.data.alike import difference, nearly_same, shown
from varying.compiler.data.table import Column, Table
from varying.compiler.data.texts import parse_numbers
from varying.grammar.printer import name_text, string_text

__all__ = ["Terms", "terms_of"]

#: Factors of a design have at most so many levels, and there are at most so many.
LEVELS, FACTORS = 6, 3
#: Rows of each group and effect that varies between groups, at least.
ROWS = 2.0
#: Words in the name of a column of people.
_PEOPLE = frozenset(
    "id ids nr code subj sub subject subjects subjid subid sid pid vp vpn vpnr vpcode "
    "pp ppn ppt person proband probandin patient participant participantid teilnehmer "
    "versuchsperson child pupil student respondent".split()
)
_WORD = re.compile(r"[^\W\d_]+")

#: Columns that are named where more are not taken.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """The right side of a formula.

    Attributes
    ----------
    factors
        Columns that are factors, in the order of the data.
    numeric
        Columns that are none: they are left out, and named.
    text
        The formula, with the effects of groups.
    sentences
        What was taken, and why.
    """

    factors: tuple[str, ...]
    numeric: tuple[str, ...]
    text: str
    sentences: tuple[str, ...]


def terms_of(
    table: Table, response: str, by: str | None, known: Sequence[str]
) -> Terms:
    """Return predictors: the factors of the design, crossed, and groups.

    Parameters
    ----------
    table
        The data.
    response, by
        The response, and the column of the groups; None: there are none.
    known
        Columns that are no predictors.
    """
    others = [n for n in table.columns if n not in {response, by, *known}]
    factors = [n for n in others if _is_factor(table.columns[n])]
    # what was varied within people comes first, where there is more than is taken
    first = sorted(
        factors, key=lambda n: by is None or not _varies_within(table, n, by)
    )
    kept = [n for n in factors if n in first[:FACTORS]]
    left = [n for n in factors if n not in kept]
    numeric = [n for n in others if n not in factors]
    names = [name_text(n) for n in kept]
    fixed = "*".join(names) or "1"
    said = []
    if kept:
        said.append(f"Predictors are the factors of the design, crossed: {fixed}.")
    if numeric or left:
        rest = [*left, *numeric]
        shown = rest if len(rest) <= _LISTED + 1 else rest[:_LISTED]
        listed = ", ".join(f"`{n}`" for n in shown)
        if len(rest) > len(shown):
            listed += f" and {len(rest) - len(shown):,} more"
        said.append(f"Not taken: {listed}; add what belongs to the question.")
    said += _alike(table, kept)
    if by is None:
        said += _people(table, others, kept)
        return Terms(tuple(kept), tuple(numeric), fixed, tuple(said))
    group = name_text(by)
    if len(np.unique(_codes(table.columns[by]))) == table.rows:
        said.append(
            f"Each row has a `{by}` of its own, so that nothing is known of how they "
            "differ: there is no term for it. If the file has one row a person and a "
            "column for each answer, `data` has `wide(...)` (docs/data.md)."
        )
        return Terms(tuple(kept), tuple(numeric), fixed, tuple(said))
    within = [n for n in kept if _varies_within(table, n, by)]
    slopes = _slopes(table, within, by)
    bar = f"({slopes} | {group})"
    if within and slopes == "1":
        listed = ", ".join(f"`{n}`" for n in within)
        said.append(
            f"{listed} {'vary' if len(within) > 1 else 'varies'} within `{by}`, of "
            f"which there are too few rows for effects that differ between them: {bar}."
        )
    elif within:
        listed = ", ".join(f"`{n}`" for n in within)
        said.append(
            f"{listed} {'vary' if len(within) > 1 else 'varies'} within `{by}`, so its "
            "effect may differ between them: " + bar + "."
            if len(within) == 1
            else f"{listed} vary within `{by}`, so their effects may differ between "
            f"them: {bar}."
        )
    else:
        said.append(f"Levels of `{by}` differ by an effect of their own: {bar}.")
    return Terms(tuple(kept), tuple(numeric), f"{fixed} + {bar}", tuple(said))


def _alike(table: Table, kept: Sequence[str]) -> list[str]:
    """Say which factors have levels that are hardly meant to be two."""
    return [
        f"Levels of `{name}` {difference(found)}: "
        f"{', '.join(f'`{string_text(shown(level))}`' for level in found)}; make them "
        "equal in the data first."
        for name in kept
        for found in nearly_same(table.columns[name].levels)[:1]
    ]


def _people(table: Table, others: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Say which column may be of people, each of whom has several rows."""
    found = [n for n in others if n not in kept and _is_people(table, n)]
    # of a file with persons and items the persons are those who have most levels
    sizes = {n: len(np.unique(_codes(table.columns[n]))) for n in found}
    if not found:
        return []
    name = max(found, key=lambda n: (_called_people(n), sizes[n]))
    quoted = name if name.isidentifier() else string_text(name)
    return [
        f"`{name}` has {sizes[name]:,} values, each in several rows. If these are "
        "people or other groups, the rows of one are alike, and without a term for "
        f"them intervals are too narrow: `--by {quoted}` (`by={string_text(name)}`)."
    ]


def _called_people(name: str) -> bool:
    return not _PEOPLE.isdisjoint(_WORD.findall(name.casefold()))


def _is_people(table: Table, name: str) -> bool:
    """Whether a column may say whose a row is: names or ids, in several rows each."""
    column = table.columns[name]
    codes = _codes(column)
    counts = np.unique(codes, return_counts=True)[1]
    if len(counts) <= LEVELS or np.median(counts) < ROWS:
        return False
    if not column.kind.is_number:
        return parse_numbers(column.levels) is None or _called_people(name)
    return column.spelled is not None or _called_people(name)


def _is_factor(column: Column) -> bool:
    if column.kind.is_number:
        values = np.unique(np.asarray(column.values, dtype=float))
        return len(values[~np.isnan(values)]) == 2
    return 2 <= len(column.levels) <= LEVELS


def _codes(column: Column) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    if not column.kind.is_number:
        return np.asarray(column.values, dtype=np.int64)
    _, codes = np.unique(np.asarray(column.values, dtype=float), return_inverse=True)
    return np.asarray(codes, dtype=np.int64)


def _varies_within(table: Table, name: str, by: str) -> bool:
    """Whether most groups have several values of a factor."""
    groups, codes = _codes(table.columns[by]), _codes(table.columns[name])
    pairs = np.unique(np.column_stack([groups, codes]), axis=0)
    several = np.bincount(np.unique(pairs[:, 0], return_inverse=True)[1]) > 1
    return bool(several.mean() > 0.5)


def _slopes(table: Table, within: Sequence[str], by: str) -> str:
    """Return the effects that vary: as many as each group has rows for."""
    groups = _codes(table.columns[by])
    rows = float(np.median(np.unique(groups, return_counts=True)[1]))
    sizes = [len(np.unique(_codes(table.columns[n]))) for n in within]
    names = [name_text(n) for n in within]
    if names and rows >= ROWS * float(np.prod(sizes)):
        return f"1 + {'*'.join(names)}"
    if names and rows >= ROWS * (1 + sum(size - 1 for size in sizes)):
        return f"1 + {' + '.join(names)}"
    return "1"
