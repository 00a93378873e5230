"""Lints of grouping factors: what their levels look like."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.printer import name_text
from varying.grammar.tree import Chain, Name
from varying.grammar.walk import postorder

from ..bind.bound import Grouping
from ..data.table import Ints, Kind
from ..formula.columns import Coded
from ..formula.places import columns_read
from .subject import Finding, LintedModel, words_in

#: Words of names of units whose numbers often start again elsewhere, ...
_UNITS = frozenset(
    "animal child class classroom id kid mouse participant patient person pid plot "
    "ppt pupil rat respondent sid student subj subject teacher uid vp worker".split()
)
#: ... of what they start again in (not `site` or `region`, which may be of a body), ...
_PLACES = frozenset(
    "center centre city clinic cohort country exp experiment hospital institution lab "
    "laboratory school study university village".split()
)
#: ... and of what is counted through within each unit, so that it starts again there
#: and is the same all the same.
_COUNTED = frozenset("block item question run session stimulus task trial word".split())
#: Words of names of times and amounts.
_TIMES = frozenset(
    "age date day dose dosage hour minute month quarter time timepoint visit wave week "
    "year".split()
)
#: Words that are levels in an order.
_SCALES = (
    frozenset("low medium mid middle high".split()),
    frozenset("small medium large".split()),
    frozenset("never rarely sometimes often always".split()),
    frozenset("none mild moderate severe".split()),
    frozenset("first second third fourth fifth".split()),
    frozenset("before during after".split()),
    frozenset("pre mid post followup".split()),
    frozenset("baseline mid post followup".split()),
)
_NUMBERED = re.compile(r"(\D*)([0-9]{1,9})(\D*)")
#: Runs that chance makes of ids less often than once in so many data sets.
_CHANCE = 1000.0
#: Equally spaced numbers are doses or times if there are no more of them.
_MOST_STEPS = 12


def repeated_ids(subject: LintedModel) -> Iterator[Finding]:
    """Find ids that start again in each level of another factor.

    Crossed factors (each subject sees each item) look the same where nothing is
    missing, so it takes more: names that say which is the unit, or runs 1 to k of
    different lengths that ids missing by chance would not leave.
    """
    part = subject.bound.main
    single = {g.factors[0]: g for g in part.partitions if len(g.factors) == 1}
    crossed = [frozenset(g.factors) for g in part.partitions]
    others = dict.fromkeys(single)
    for column in part.population.effects:
        others |= {one.factor: None for one in column.parts if isinstance(one, Coded)}
    for unit, grouping in single.items():
        for place in others:
            if place == unit or any({unit, place} <= both for both in crossed):
                continue
            if not _start_again(unit, place, subject):
                continue
            levels = subject.codes(place)[0]
            first = subject.codes(unit)[0][0]
            cell = f"{name_text(place)}:{name_text(unit)}"
            yield Finding(
                grouping.terms[0].span,
                f"the levels of `{unit}` start again in each of the {len(levels)} "
                f"levels of `{place}`, and equal ones are taken as the same",
                (
                    f"if `{first}` of one `{place}` is not `{first}` of the next, the "
                    f"grouping factor is `{cell}`",
                ),
                _nested(grouping, unit, cell, subject),
            )
            break


def _nested(
    grouping: Grouping, unit: str, cell: str, subject: LintedModel
) -> Fix | None:
    """Return the fix that writes the combination for the unit, bar by bar."""
    edits = []
    terms = [term.span for term in grouping.terms]
    for node in postorder(subject.bound.main.terms):
        if not isinstance(node, Chain) or not set(node.operators) <= {"|", "||"}:
            continue
        span, group = node.span, node.operands[-1]
        inside = any(t.start <= span.start and span.end <= t.end for t in terms)
        if inside and isinstance(group, Name) and group.text == unit:
            edits.append(Edit(group.span, cell))
    if len(edits) != len(terms):
        return None
    return Fix(f"group by `{cell}`", tuple(edits))


def _start_again(unit: str, place: str, subject: LintedModel) -> bool:
    units, places = _words(unit), _words(place)
    if (units | places) & (_TIMES | _COUNTED):
        return False
    ids, firsts = _run(subject.codes(unit)[0]) or ({}, 0)
    if not ids:
        return False
    place_codes, unit_codes = subject.cells(place, unit)
    if subject.table.total < 2 * len(place_codes):
        return False  # a row for each combination: nothing else can be grouped by it
    lengths = _lengths(place_codes, unit_codes, ids, firsts)
    if lengths is None or len(lengths) < 2:
        return False
    if units & _UNITS and places & _PLACES:
        return True
    most = max(lengths)
    chance = sum(
        math.lgamma(most + 1) - math.lgamma(k + 1) - math.lgamma(most - k + 1)
        # equal runs are no more than one: the last id may be missing everywhere
        for k in set(lengths)
    )
    return chance >= math.log(_CHANCE)


def _words(name: str) -> frozenset[str]:
    """Return the words in a name, and what they are of several."""
    words = words_in(name)
    return frozenset({*words, *(word.removesuffix("s") for word in words)})


def _run(levels: Sequence[str]) -> tuple[dict[int, int], int] | None:
    """Return the number of each code, and the first; None if they are no run."""
    numbers: dict[int, int] = {}
    around: set[tuple[str, str]] = set()
    for code, level in enumerate(levels):
        found = _NUMBERED.fullmatch(level)
        if found is not None:
            around.add((found[1], found[3]))
            numbers[code] = int(found[2])
        elif len(level) == 1 and level.isalpha():
            around.add(("letter", str(level.isupper())))
            numbers[code] = ord(level.casefold()) - ord("a") + 1
        else:
            return None
    if len(around) != 1 or len(set(numbers.values())) != len(numbers):
        return None
    first = min(numbers.values())
    return (numbers, first) if first in (0, 1) else None


def _lengths(
    places: Ints, units: Ints, numbers: dict[int, int], first: int
) -> list[int] | None:
    """Return how many ids each level of the place has, if all have 1 to k."""
    by_place: dict[int, set[int]] = {}
    for place, unit in zip(places.tolist(), units.tolist(), strict=True):
        by_place.setdefault(place, set()).add(numbers[unit])
    lengths = []
    for found in by_place.values():
        if min(found) != first or max(found) - first + 1 != len(found):
            return None
        lengths.append(len(found))
    # one id a place is no unit in it
    return lengths if min(lengths) > 1 else None


def ordered_groups(subject: LintedModel) -> Iterator[Finding]:
    """Find grouping factors whose levels are times, doses or steps."""
    for part in subject.bound.predictors:
        known = [columns_read(column) for column in part.population.known]
        for grouping in part.partitions:
            if len(grouping.factors) != 1:
                continue
            (factor,) = grouping.factors
            if any(factor in read for read in known):
                continue  # the trend has a term of its own
            why = _order(factor, subject)
            if why is None:
                continue
            yield Finding(
                grouping.terms[0].span,
                f"the levels of `{factor}` seem to have an order ({why}), and group "
                "effects know none",
                (
                    f"if they have, add `{name_text(factor)}` as a predictor as well: "
                    "the group effects are then what is left beside its trend",
                ),
            )


def _order(factor: str, subject: LintedModel) -> str | None:
    """Return why the levels of a factor seem to have an order."""
    info = subject.schema.columns[factor]
    if info.kind is Kind.ORDERED:
        return "it is declared `ordered`"
    if _words(factor) & _TIMES:
        return "by its name"
    levels = subject.codes(factor)[0]
    shown = ", ".join(levels[:4])
    lowered = {level.casefold().replace("-", "") for level in levels}
    if len(lowered) > 1 and any(lowered <= scale for scale in _SCALES):
        return shown
    try:
        numbers = np.sort(np.array([float(level) for level in levels]))
    except ValueError:
        return None
    if not 3 <= len(numbers) <= _MOST_STEPS or not np.isfinite(numbers).all():
        return None
    steps = np.diff(numbers)
    # 1, 2, 3, ... are ids as often as not
    even = np.allclose(steps, steps[0], atol=0.0) and not math.isclose(
        float(steps[0]), 1.0
    )
    return f"{shown}, ..." if even else None
