"""What a number of a program is made of: slots, parameters, predictors by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .expressions import names_in
from .ir import Likelihood, Program

__all__ = ["by_row", "only_for", "reached", "without_groups"]


def reached(program: Program, names: Iterable[str]) -> frozenset[str]:
    """Return the names that some quantities or predictors are made of, and these.

    Slots, parameters, derived quantities and predictors; effects of groups are not
    among them, the slots that point to levels are.
    """
    predictors = {p.name: p for p in program.predictors}
    derived = {d.name: d for d in program.derived}
    found: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        if name in derived:
            stack += names_in(derived[name].expression)
        elif name in predictors:
            predictor = predictors[name]
            if predictor.body is not None:
                stack += names_in(predictor.body)
            for block in predictor.blocks:
                stack += (*block.slots(), *block.quantities())
    return frozenset(found)


def by_row(program: Program, likelihood: Likelihood) -> frozenset[str]:
    """Return the arguments of a likelihood that have an entry for each row."""
    slots = {slot.name for slot in program.slots if likelihood.rows in slot.axes[:1]}
    rows = slots | {p.name for p in program.predictors if p.rows == likelihood.rows}
    return frozenset(
        name
        for name, value in likelihood.arguments
        if not rows.isdisjoint(reached(program, names_in(value)))
    )


def only_for(program: Program, names: Iterable[str]) -> Program:
    """Return the program with the slots and predictors alone that some names need."""
    needed = reached(program, names)
    return replace(
        program,
        slots=tuple(slot for slot in program.slots if slot.name in needed),
        predictors=tuple(p for p in program.predictors if p.name in needed),
    )


def without_groups(program: Program) -> Program:
    """Return the program whose predictors have no effects of groups."""
    predictors = tuple(
        replace(
            one,
            blocks=tuple(b for b in one.blocks if not b.effects_used()),
        )
        for one in program.predictors
    )
    return replace(program, predictors=predictors)
