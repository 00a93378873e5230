"""The population part of a predictor: its quantities and their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.expressions import Symbol
from ...program.ir import Derived, Element, Frame, Parameter, Predictor, Program

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class PopulationDesign:
    """The population part: its quantities and their columns, shape (N, p).

    The columns are of the size of 1, by ``sizes``. ``owners`` says in which predictor
    each quantity is.
    """

    elements: tuple[Element, ...]
    owners: tuple[str, ...]
    design: Array
    sizes: Array


def population_of(
    predictor: Predictor, program: Program, frame: Frame
) -> PopulationDesign:
    """Return the population part of a predictor, in a program with one response."""
    rows = frame.lengths[predictor.rows]
    elements: list[Element] = []
    columns: list[Array] = []
    for block in predictor.blocks:
        found = block.population(frame)
        if found is not None:
            name, places, matrix = found
            elements += [Element(name, place) for place in places]
            columns.append(np.broadcast_to(matrix, (rows, len(places))))
    arguments = dict(program.likelihood.arguments)
    threshold = arguments.get("threshold")
    # of items each has its own: there is none that all rows have
    shared = isinstance(threshold, Symbol) and "item" not in arguments
    if shared and predictor is program.predictors[0]:
        assert isinstance(threshold, Symbol)
        count = _boundaries(threshold.name, program)
        elements.append(Element(threshold.name, (count - 1) // 2, -1.0))
        columns.append(np.ones((rows, 1)))
    design = np.hstack(columns) if columns else np.zeros((rows, 0))
    owners = (predictor.name,) * len(elements)
    return PopulationDesign(tuple(elements), owners, *normalised(design))


def joined(parts: Sequence[PopulationDesign]) -> PopulationDesign:
    """Return the population parts of predictors of the same rows as one."""
    return PopulationDesign(
        tuple(element for part in parts for element in part.elements),
        tuple(owner for part in parts for owner in part.owners),
        np.hstack([part.design for part in parts]),
        np.concatenate([part.sizes for part in parts]),
    )


def stacked(parts: Sequence[PopulationDesign]) -> PopulationDesign:
    """Return the population parts of several responses as one, over all their rows."""
    whole = joined([replace(part, design=part.design[:0]) for part in parts])
    rows = sum(len(part.design) for part in parts)
    design = np.zeros((rows, len(whole.elements)))
    row = column = 0
    for part in parts:
        height, width = part.design.shape
        design[row : row + height, column : column + width] = part.design
        row, column = row + height, column + width
    return replace(whole, design=design)


def normalised(design: Array) -> tuple[Array, Array]:
    """Return columns of the size of 1, and their sizes: 1 where all is 0."""
    sizes = np.abs(design).max(axis=0, initial=0.0)
    sizes = np.where(sizes > 0.0, sizes, 1.0)
    return design / sizes, sizes


def _boundaries(threshold: str, program: Program) -> int:
    """Return how many thresholds there are."""
    nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
    axes = next(node.axes for node in nodes if node.name == threshold)
    return len(program.axis(axes[0]).labels or ())
