"""Columns that hold parameters, and the rest of a population part beside them."""

from __future__ import annotations

from ...bind.bound import BoundPredictor
from ...data.table import Floats
from ...formula.columns import SpecialColumn, simplex_name, simplexes
from ...program.blocks import Block, Product
from ...program.blocks.product import Factor
from ...program.expressions import Apply, Assemble, ProgramExpr, Symbol, Take
from ...program.ir import Axis, Derived, Shift, Slot
from ...program.recipes import Numbers, Single
from ..builder import COEF, Builder, numbered
from ..learn import LearnedPart
from .monotonic import MonotonicSimplex, lower_simplex, place_slot


def known_coefs(part: BoundPredictor) -> str:
    """Return the name of the coefficients of the columns that are known."""
    return f"{part.prefix}b_known" if part.population.specials else f"{part.prefix}b"


def _special_coefs(part: BoundPredictor) -> str:
    return f"{part.prefix}b_special"


def _special_means(part: BoundPredictor) -> str:
    return f"{part.prefix}special_mean"


def shift_of(
    part: BoundPredictor, quantity: str, parameter: str, argument: str, sign: int
) -> Shift | None:
    """Return how an intercept takes up a shift of the known columns; None: of none."""
    if not part.population.columns:
        return None
    design, means = f"{part.prefix}X", f"{part.prefix}X_mean"
    coefs = known_coefs(part)
    return Shift(quantity, parameter, argument, sign, design, coefs, means)


def special_delta(part: BoundPredictor) -> ProgramExpr | None:
    """Return the mean of what the columns that hold parameters add; None: of none."""
    if not part.population.specials:
        return None
    return Apply("dot", (Symbol(_special_means(part)), Symbol(_special_coefs(part))))


def special_step(part: BoundPredictor, place: int) -> str | None:
    """Return what counts as one step of a column that holds parameters, in words."""
    first = len(part.population.columns)
    if place < first:
        return None
    column = part.population.specials[place - first]
    if column.known.parts or len(column.specials) > 1:
        return None
    special = column.specials[0]
    count, name = len(special.steps), special.column
    steps = "the one step" if count == 1 else f"all {count} steps"
    return f"from the first level of {name} to the last, {steps},"


def lower_specials(
    build: Builder, part: BoundPredictor, learned: LearnedPart
) -> list[Block]:
    """Lower the columns that hold parameters; return their blocks."""
    columns, prefix = part.population.specials, part.prefix
    if not columns:
        return []
    axis, coefs = f"{prefix}special_{COEF}", _special_coefs(part)
    build.axes.append(Axis(axis, "coefs", tuple(column.name for column in columns)))
    first = len(part.population.columns)
    places = tuple(range(first, first + len(columns)))
    value = Assemble((Symbol(f"{prefix}b"),), places)
    build.derived.append(Derived(coefs, (axis,), value, report=False))
    shared = {
        simplex.name: lower_simplex(build, part, simplex)
        for simplex in simplexes(columns)
    }
    blocks: list[Block] = []
    means: list[ProgramExpr] = []
    for place, column in enumerate(columns):
        own = [shared[simplex_name(column, one)] for one in column.specials]
        factors, typical = _factors(build, part, column, place, own)
        blocks.append(Product(coefs, place, factors, typical))
        first_factor = factors[0]
        if len(factors) == 1 and isinstance(first_factor, Take):
            build.factors[f"{prefix}{column.name}"] = (first_factor, typical[0])
        if part.population.centered:
            means.append(_mean(build, part, place, learned.specials[place], own))
    if means:
        whole = Assemble(tuple(means), tuple(range(len(means))))
        build.derived.append(Derived(_special_means(part), (axis,), whole, False))
    return blocks


def _factors(
    build: Builder,
    part: BoundPredictor,
    column: SpecialColumn,
    place: int,
    own: list[MonotonicSimplex],
) -> tuple[tuple[Factor, ...], tuple[tuple[float, ...], ...]]:
    factors: list[Factor] = []
    typical: list[tuple[float, ...]] = []
    for special, steps in zip(column.specials, own, strict=True):
        factors.append(steps.at(place_slot(build, special, steps)))
        typical.append(tuple(map(float, range(len(special.levels)))))
    if column.known.parts:
        slot = numbered(f"{part.prefix}special_X", place + 1)
        build.slots.append(Slot(slot, (build.row,), Single(column.known)))
        factors.append(Symbol(slot))
    return tuple(factors), tuple(typical)


def _mean(
    build: Builder,
    part: BoundPredictor,
    place: int,
    weights: Floats,
    own: list[MonotonicSimplex],
) -> ProgramExpr:
    """Return the mean of a column over the rows, an expression of its simplexes."""
    name = numbered(f"{part.prefix}special_weights", place + 1)
    axes = tuple(steps.axis for steps in own)
    width = None if weights.ndim == 1 else weights.shape[1]
    numbers = Numbers(tuple(weights.ravel().tolist()), width)
    build.slots.append(Slot(name, axes, numbers))
    first, *others = (Symbol(steps.simplex) for steps in own)
    if not others:
        return Apply("dot", (Symbol(name), first))
    return Apply("dot", (first, Apply("matvec", (Symbol(name), others[0]))))
