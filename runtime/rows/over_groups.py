"""Predictions averaged over new groups, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families.family import ANSWERS
from varying.compiler.program.expressions import names_in
from varying.compiler.program.persons import each_persons, of_all
from varying.compiler.program.reached import reached

from . import measures
from .at_once import AtOnce
from .average import averaged
from .categories import numbers_of

if TYPE_CHECKING:
    from varying.compiler.program.ir import Program

    from .engine import RowBatch

__all__ = ["average_of", "expected_of"]

Array = NDArray[Any]


def average_of(block: RowBatch, kind: str, strata: Mapping[str, Array]) -> Array:
    """Return a prediction averaged over new groups, by draws, rows and categories.

    Parameters
    ----------
    block
        Some of the rows, at all draws.
    kind
        ``eta``, ``mean`` or ``prob``.
    strata
        The stratum of each of all rows, by groups whose levels are in strata.
    """
    at = _at_once(block, of_all(block.rows.program))
    own = {name: array[block.place] for name, array in strata.items()}
    match kind:
        case "eta":
            measure = measures.predictor(at)
        case "mean" if at.family.response == "ordinal":
            numbers = numbers_of(block.rows.categories) or ()
            measure = measures.expected_number(at, numbers)
        case "mean":
            measure = measures.mean(at)
        case _ if at.family.answers is not None:
            measure = measures.answers(at, range(len(ANSWERS)))
        case _:
            events = [[rank] for rank in range(len(block.rows.categories))]
            measure = measures.probabilities(at, events)
    return averaged(measure, at, own)


def expected_of(block: RowBatch, numbers: Sequence[float]) -> Array:
    """Return the means of ordered categories that are numbers, by draws and rows."""
    at = _at_once(block, block.rows.program)
    own = {p.name: block.whole(block.quantities[p.name])[..., None] for p in at.linear}
    found = measures.expected_number(at, numbers).value(at, own)
    return block.whole(found[..., 0])


def _at_once(block: RowBatch, program: Program) -> AtOnce:
    """Return the rows and draws as integrals take them: scalars have no axis of one."""
    quantities = replace(block, rows=replace(block.rows, program=program)).quantities
    arguments = program.likelihood.arguments
    named = {n for _, value in arguments for n in names_in(value)}
    named |= {one.name for one in program.predictors}
    named |= {persons.sd for _, persons in each_persons(program)}
    parameters = {p.name: p.axes for p in program.parameters}
    axes = parameters | {d.name: d.axes for d in program.derived}
    draws: dict[str, Array] = {}
    for name in reached(program, named) & axes.keys():
        values = np.asarray(quantities[name])
        if not axes[name]:
            values = np.broadcast_to(values.reshape(-1), (block.count,))
        elif values.ndim == 1:  # the same at all draws
            values = np.broadcast_to(values, (block.count, len(values)))
        draws[name] = values
    for group in program.groups:
        df = () if group.mixture is None else (group.mixture.df,)
        for name in (group.reported_sd, group.correlation_matrix, *df):
            if name in block.draws:
                draws[name] = block.draws[name]
    return AtOnce(program, block.frame, draws)
