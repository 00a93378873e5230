"""``mo(x)`` in a program: a simplex, its cumulative sums, the place of each row."""

from __future__ import annotations

from dataclasses import dataclass

from ...bind.bound import BoundPredictor
from ...expressions.special import Monotonic
from ...families.family import DefaultPrior
from ...formula.columns import Simplex
from ...program.expressions import Apply, Const, Symbol, Take
from ...program.ir import Axis, Derived, Parameter, Slot
from ...program.recipes import LevelPlace
from ..builder import Builder
from ..names import free_name
from ..simplex import simplex_prior

#: All shapes are equally likely: a step is as large as any other on average, and one
#: may well be most of the whole, or nothing (the share of one of D steps is
#: ``Beta(1, D - 1)``). It says nothing of the size of the effect, which is that of
#: ``b``: whatever the shape, ``D b`` is the difference between the last level and the
#: first. The default of ``b`` is therefore that of a contrast column with the range D.
DEFAULT = DefaultPrior(
    "dirichlet",
    (("alpha", 1.0),),
    "all shares of the steps are equally likely, equal ones on average",
)


@dataclass(frozen=True, slots=True)
class MonotonicSimplex:
    """A simplex of steps, lowered.

    Attributes
    ----------
    simplex, axis
        Its name and its dimension.
    sums
        The name of its cumulative sums from 0, times the number of steps.
    levels
        The dimension of these.
    """

    simplex: str
    axis: str
    sums: str
    levels: str

    def at(self, place: str) -> Take:
        """Return the sums at the places of the rows, ``mo(x)``."""
        return Take(Symbol(self.sums), place)


def lower_simplex(
    build: Builder, part: BoundPredictor, simplex: Simplex
) -> MonotonicSimplex:
    """Lower a simplex: its prior, and the cumulative sums of its steps."""
    target = f"{part.target}simo[{simplex.name}]"
    name = free_name(f"{part.prefix}simo_{simplex.name.replace(', ', '_')}", build)
    steps = MonotonicSimplex(name, f"{name}_step", f"{name}_sums", f"{name}_level")
    count = len(simplex.steps)
    levels = tuple(map(str, range(count + 1)))
    build.axes.append(Axis(steps.axis, "steps", simplex.steps))
    build.axes.append(Axis(steps.levels, "steps", levels))
    if count == 1:  # the one step is all of it
        build.derived.append(Derived(name, (steps.axis,), Const((1.0,)), report=False))
    else:
        prior = simplex_prior(build, target, DEFAULT, count)
        build.parameters.append(Parameter(name, (steps.axis,), prior, "simplex"))
    sums = Apply("monotonic", (Symbol(name),))
    build.derived.append(Derived(steps.sums, (steps.levels,), sums, report=False))
    return steps


def place_slot(build: Builder, special: Monotonic, steps: MonotonicSimplex) -> str:
    """Return the slot with the place of each row's level, from 0."""
    recipe = LevelPlace(special.column, special.levels)
    for slot in build.slots:
        if slot.recipe == recipe:
            return slot.name
    name = free_name(f"{special.column}_place", build)
    build.slots.append(Slot(name, (build.row,), recipe, into=steps.levels))
    return name
