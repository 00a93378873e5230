"""The population part of a predictor: its quantities and their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.expressions import Symbol
from ...program.ir import Element, Frame, Predictor, Program

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The population part: its quantities and their columns, shape (N, p).

    The columns are of the size of 1, by ``sizes``.
    """

    elements: tuple[Element, ...]
    design: Array
    sizes: Array


def population_of(predictor: Predictor, program: Program, frame: Frame) -> Population:
    """Return the population part of a predictor."""
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
    if isinstance(threshold, Symbol):
        boundaries = next(axis for axis in program.axes if axis.kind == "boundaries")
        count = len(boundaries.labels or ())
        elements.append(Element(threshold.name, (count - 1) // 2, -1.0))
        columns.append(np.ones((rows, 1)))
    design = np.hstack(columns) if columns else np.zeros((rows, 0))
    return Population(tuple(elements), *normalised(design))


def normalised(design: Array) -> tuple[Array, Array]:
    """Return columns of the size of 1, and their sizes: 1 where all is 0."""
    sizes = np.abs(design).max(axis=0, initial=0.0)
    sizes = np.where(sizes > 0.0, sizes, 1.0)
    return design / sizes, sizes
