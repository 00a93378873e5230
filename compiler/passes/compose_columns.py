"""State the population part in what is sampled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..program.blocks import Block, Intercept, Linear, Offset
from ..program.interpret.linear import AffineMap, linear
from ..program.ir import Frame, Predictor, Program, Slot
from ..program.names import free_in
from ..program.recipes import Composed
from .prune import prune

Array = NDArray[Any]


def compose_columns(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Multiply the columns of coefficients that follow from others into those.

    Effects at 0 of a moderator follow from effects at its mean. Their columns, and
    those of powers, are large numbers that nearly cancel; what is sampled has columns
    of the size of what it explains::

        report b = b_basis @ b_at_means
        predictor mu[row] = Intercept_centered + X_centered @ b
    becomes
        data X_sampled[row, coef] = X_centered in what is sampled
        report b = b_basis @ b_at_means
        predictor mu[row] = Intercept_centered + X_sampled @ b_at_means

    Vectors that are put together from parts stay as they are.
    """
    done, filled = program, frame
    for predictor in program.predictors:
        done, filled = _composed(done, filled, predictor)
    return (program, frame) if done is program else prune(done, filled)


def _composed(
    program: Program, frame: Frame, predictor: Predictor
) -> tuple[Program, Frame]:
    population = [b for b in predictor.blocks if isinstance(b, Intercept | Linear)]
    maps: list[AffineMap] = []
    for block in population:
        name = block.name if isinstance(block, Intercept) else block.coefs
        found = linear(program, frame, name)
        if found is None:
            return program, frame
        maps.append(found)
    names = [name for one in maps for name in one.by]
    if all(one.chosen for one in maps) and len(names) == len(set(names)):
        return program, frame
    designs = tuple(b.design for b in population if isinstance(b, Linear))
    if not designs:
        return program, frame  # an intercept alone, an element of ordered ones
    parameters = {p.name: p for p in program.parameters}
    columns, constant = _columns(population, maps, frame, predictor.rows)
    slots: list[Slot] = []
    arrays: dict[str, Array] = {}
    blocks: list[Block] = []
    for name, matrix in columns.items():
        axes = parameters[name].axes
        if not axes:
            if not (matrix == 1.0).all():
                return program, frame
            blocks.append(Intercept(name))
            continue
        wanted = f"{designs[0].removesuffix('_centered')}_sampled"
        if len(columns) - ("" in columns) > 2:
            wanted = f"{wanted}_{name}"
        slot = free_in(wanted, replace(program, slots=(*program.slots, *slots)))
        slots.append(Slot(slot, (predictor.rows, *axes), Composed(designs)))
        arrays[slot] = matrix
        blocks.append(Linear(name, slot))
    if constant.any():
        slot = free_in(f"{designs[0]}_fixed", program)
        slots.append(Slot(slot, (predictor.rows,), Composed(designs)))
        arrays[slot] = constant
        blocks.append(Offset(slot))
    rest = tuple(b for b in predictor.blocks if b not in population)
    done = replace(predictor, blocks=(*blocks, *rest))
    changed = replace(
        program,
        slots=(*program.slots, *slots),
        predictors=tuple(done if p is predictor else p for p in program.predictors),
    )
    return changed, replace(frame, arrays={**frame.arrays, **arrays})


def _columns(
    blocks: list[Intercept | Linear], maps: list[AffineMap], frame: Frame, rows: str
) -> tuple[dict[str, Array], Array]:
    """Return the columns of each parameter, and what is added to them.

    What cancels, cancels here: sums are taken in the widest numbers there are.
    """
    count = frame.lengths[rows]
    wide = np.longdouble
    columns: dict[str, Array] = {}
    constant: Array = np.zeros(count, dtype=wide)
    for block, one in zip(blocks, maps, strict=True):
        if isinstance(block, Intercept):
            design: Array = np.ones((count, 1))
        else:
            design = frame[block.design]
        fixed = np.atleast_1d(one.constant)
        for place in np.flatnonzero(fixed):
            constant += design[:, place].astype(wide) * fixed[place]
        for name, matrix in one.by.items():
            by = np.reshape(matrix, (design.shape[1], -1))
            if name not in columns:
                columns[name] = np.zeros((count, by.shape[1]), dtype=wide)
            # most of a map is zeros: a column is one as it is, or a sum of a few
            for row, column in zip(*np.nonzero(by), strict=True):
                columns[name][:, column] += (
                    design[:, row].astype(wide) * by[row, column]
                )
    narrow = {
        name: np.ascontiguousarray(matrix, dtype=np.float64)
        for name, matrix in columns.items()
    }
    return narrow, constant.astype(np.float64)
