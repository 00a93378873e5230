"""``gr(g, by=f)``: group effects with their own distribution at each level of ``f``.

Each level of ``g`` belongs to one level of ``f``: patients to the arm that they are in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Name

from ..data.codes import group_index, group_levels
from ..data.table import Table
from .bound import By

#: Levels that a message lists.
_SHOWN = 5
#: From so few levels an sd is mostly its prior.
_FEW = 5


def bind_by(
    by: Name,
    factors: tuple[str, ...],
    levels: tuple[str, ...],
    table: Table,
    sink: Sink,
) -> tuple[By | None, tuple[str, ...]]:
    """Return the strata of a grouping, and its levels in their order.

    Parameters
    ----------
    by
        The factor; a column.
    factors, levels
        The grouping.
    table
        The rows used.
    sink
        Takes the faults: levels that are in several strata.
    """
    group, strata = ":".join(factors), group_levels((by.text,), table)
    if not levels or not strata:
        return None, levels
    index = group_index(factors, levels, table)
    of = group_index((by.text,), strata, table)
    there = np.zeros((len(levels), len(strata)), dtype=bool)
    there[index, of] = True
    several = np.flatnonzero(there.sum(axis=1) > 1)
    if len(several):
        _report_crossed(by, group, levels, strata, there, several, sink)
        return None, levels
    stratum = there.argmax(axis=1)
    order = np.argsort(stratum, kind="stable")
    counts = np.bincount(stratum, minlength=len(strata))
    _check_few(by, group, strata, counts.tolist(), sink)
    made = By(by.text, strata, tuple(counts.tolist()))
    return made, tuple(levels[place] for place in order)


def _report_crossed(
    by: Name,
    group: str,
    levels: Sequence[str],
    strata: Sequence[str],
    there: NDArray[np.bool_],
    several: NDArray[np.int64],
    sink: Sink,
) -> None:
    listed = [
        f"`{levels[place]}` is in {listed_words([strata[k] for k in found.tolist()])}"
        for place in several[:_SHOWN].tolist()
        for found in (np.flatnonzero(there[place]),)
    ]
    more = f"; and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
    sink.add(
        "group-not-nested",
        by.span,
        f"{len(several)} of {len(levels)} levels of `{group}` have more than one level "
        f"of `{by.text}`",
        f"{'; '.join(listed)}{more}",
        f"`by=` says that each level of `{group}` belongs to one level of `{by.text}`, "
        "whose effects have their own standard deviations",
        f"for effects that differ within a level of `{group}`: "
        f"`({by.text} | {group})`; if names of levels are used again: "
        f"`gr({by.text}:{group}, by={by.text})`",
    )


def listed_words(items: Sequence[str]) -> str:
    """Return levels in words: ``drug and placebo``."""
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _check_few(
    by: Name, group: str, strata: Sequence[str], counts: Sequence[int], sink: Sink
) -> None:
    few = [
        f"{stratum} {count}"
        for stratum, count in zip(strata, counts, strict=True)
        if count < _FEW
    ]
    if few and sum(counts) >= _FEW:
        sink.add(
            "few-groups",
            by.span,
            f"some levels of `{by.text}` have few levels of `{group}`: "
            f"{', '.join(few[:_SHOWN])}{', ...' if len(few) > _SHOWN else ''}",
            "a standard deviation over so few is mostly its prior",
        )
