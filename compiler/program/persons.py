"""Thresholds that vary from person to person: what is made of them in other rows.

A program names them by ``Persons``. A person whom the fit has not seen is drawn from
the population, one in its middle has the thresholds of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..families import FAMILIES
from ..families.combined.limits import base_name
from ..families.ordinal.thresholds import middle, spread
from .expressions import Apply, Assemble, Const, ProgramExpr, Symbol
from .ir import Axis, Likelihood, Program
from .recipes import LevelIndex, LevelPlace

__all__ = [
    "Persons",
    "arguments_of_persons",
    "each_persons",
    "gap_of_persons",
    "of_all",
    "open_to_new",
    "persons_of",
    "with_more",
]

Array = NDArray[Any]

_OF_PERSONS, _SD, _EFFECTS = "person_threshold", "threshold_sd", "threshold_r"


@dataclass(frozen=True, slots=True)
class Persons:
    """The persons of a likelihood whose thresholds vary.

    Attributes
    ----------
    prefix
        What the names of its quantities begin with.
    column, levels
        Who they are; empty where a program has left that out.
    gaps
        How many distances each has.
    """

    prefix: str
    column: str
    levels: tuple[str, ...]
    gaps: int

    @property
    def sd(self) -> str:
        """The quantity that is the sd of the logs of distances."""
        return f"{self.prefix}{_SD}"

    @property
    def effects(self) -> str:
        """The quantity that holds these logs, those of a person side by side."""
        return f"{self.prefix}{_EFFECTS}"

    @property
    def index(self) -> str:
        """The slot that says of which person a row is."""
        return f"{self.prefix}threshold_item_index"

    @property
    def axis(self) -> str:
        """The axis of persons, where new ones are possible."""
        return f"{self.prefix}threshold_person"

    def laid_out(
        self, threshold: Array, gap: Array, effects: Array
    ) -> dict[str, Array]:
        """Return thresholds and distances of persons, whose effects are last.

        ``threshold`` and ``gap`` are those of all.
        """
        low, high = middle(self.gaps + 1)
        center = 0.5 * (threshold[..., low, None] + threshold[..., high, None])
        own = gap * np.exp(effects)
        return {"threshold": spread(center, own), "gap": own}


def persons_of(program: Program, likelihood: Likelihood) -> Persons | None:
    """Return whose thresholds vary; None: nobody's."""
    match dict(likelihood.arguments).get("threshold"):
        case Symbol(name) if name.endswith(_OF_PERSONS):
            prefix = name.removesuffix(_OF_PERSONS)
        case Symbol(name) if f"{name}_sd" in _quantities(program):
            prefix = name.removesuffix("threshold")
            return Persons(prefix, "", (), _gaps(program, prefix))
        case _:
            return None
    slot = program.slot(f"{prefix}threshold_item_index")
    match slot.recipe:
        case LevelPlace(column, levels) | LevelIndex((column,), levels):
            return Persons(prefix, column, levels, _gaps(program, prefix))
    raise ValueError(f"{slot.name} is no index of persons")


def _gaps(program: Program, prefix: str) -> int:
    """Return how many distances there are between thresholds."""
    return len(next(a.labels or () for a in program.axes if a.name == f"{prefix}gap"))


def _quantities(program: Program) -> frozenset[str]:
    parameters = frozenset(one.name for one in program.parameters)
    return parameters | {one.name for one in program.derived}


def of_all(program: Program) -> Program:
    """Return a program of persons in the middle of the population."""

    def plain(one: Likelihood) -> Likelihood:
        persons = persons_of(program, one)
        if persons is None or not persons.column:
            return one
        of = persons.prefix
        own = {"threshold": Symbol(f"{of}threshold"), "gap": Symbol(f"{of}gap")}
        return replace(
            one,
            family=FAMILIES[base_name(one.family.name)],
            arguments=tuple(
                (name, own.get(name, value))
                for name, value in one.arguments
                if name not in ("item", "cuts")
            ),
        )

    return replace(program, likelihoods=tuple(map(plain, program.likelihoods)))


def open_to_new(program: Program) -> Program:
    """Return a program whose rows may be of persons whom the fit has not seen."""
    axes, slots = list(program.axes), list(program.slots)
    for one in program.likelihoods:
        persons = persons_of(program, one)
        if persons is None or not persons.column:
            continue
        axes.append(Axis(persons.axis, "levels", persons.levels))
        recipe = LevelIndex((persons.column,), persons.levels)
        slots = [
            replace(slot, recipe=recipe, into=persons.axis)
            if slot.name == persons.index
            else slot
            for slot in slots
        ]
    return replace(program, axes=tuple(axes), slots=tuple(slots))


def with_more(program: Program, persons: Persons, count: int) -> Program:
    """Return a program of so many persons, those of the fit first."""
    of, gap = persons.prefix, gap_of_persons(persons.prefix, persons.gaps, count)
    arguments = dict(arguments_of_persons(of, persons.gaps, count))

    def changed(one: Likelihood) -> Likelihood:
        if persons_of(program, one) != persons:
            return one
        own = tuple((name, arguments.get(name, v)) for name, v in one.arguments)
        return replace(one, arguments=own)

    derived = tuple(
        replace(one, expression=gap) if one.name == f"{of}person_gap" else one
        for one in program.derived
    )
    likelihoods = tuple(map(changed, program.likelihoods))
    return replace(program, derived=derived, likelihoods=likelihoods)


def gap_of_persons(of: str, gaps: int, count: int) -> ProgramExpr:
    """Return the distances of persons, side by side."""
    common = Assemble((Symbol(f"{of}gap"),), tuple(range(gaps)) * count)
    return Apply("*", (common, Apply("exp", (Symbol(f"{of}{_EFFECTS}"),))))


def arguments_of_persons(
    of: str, gaps: int, count: int
) -> list[tuple[str, ProgramExpr]]:
    """Return what the likelihood is given of thresholds of persons."""
    order: list[int] = []
    for person in range(count):
        first = person * gaps
        order += [*range(first, first + gaps), count * gaps]
    gap = Assemble((Symbol(f"{of}person_gap"), Const(1.0)), tuple(order))
    return [
        ("threshold", Symbol(f"{of}{_OF_PERSONS}")),
        ("gap", gap),
        ("item", Symbol(f"{of}threshold_item_index")),
        ("cuts", Const((gaps + 1.0,) * count)),
    ]


def each_persons(program: Program) -> Iterator[tuple[Likelihood, Persons]]:
    """Yield the likelihoods whose thresholds vary, with whose."""
    for one in program.likelihoods:
        persons = persons_of(program, one)
        if persons is not None:
            yield one, persons
