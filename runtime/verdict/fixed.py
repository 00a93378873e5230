"""Which numbers of a posterior are constants by the spec.

``prior sigma = 1`` and correlations between independent effects have one value whatever
the parameters are. Any other number must move: one that does not
is of a chain that stood still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.program.interpret import coordinates
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.compiler.program.interpret.density import evaluate_expression, moved_scales
from varying.compiler.program.verify import definition_order

from ..draws.statistics import elements

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.program.ir import Frame, Program

    from ..draws.names import Names

__all__ = ["fixed_elements"]


def fixed_elements(
    program: Program, frame: Frame, names: Names, posterior: Dataset
) -> frozenset[str]:
    """Return the labels of the numbers that no parameter has a part in.

    The reported quantities are computed at two points that differ in every
    coordinate. Group effects are never fixed, but where their sds are 0.
    """
    rng = np.random.default_rng(0)
    first, second = (_quantities(program, frame, rng) for _ in range(2))
    found: set[str] = set()
    for name in (*names.parameters, *names.effects):
        if name not in first or name not in posterior:
            continue
        pair = np.stack([first[name], second[name]])[None]
        like = posterior[name].transpose("chain", "draw", ...)
        if like.shape[2:] != pair.shape[2:] or not _same(pair[0, 0], pair[0, 1]).any():
            continue
        for coord, (values,) in elements(
            like.isel(chain=[0], draw=[0, 0]).copy(data=pair),
            triangle=name in names.correlations,
        ):
            if _same(values[0], values[1]):
                found.add(f"{name}[{coord}]" if coord else name)
    return frozenset(found)


def _same(one: Any, other: Any) -> Any:
    """Whether numbers are equal but for rounding."""
    return np.isclose(one, other, rtol=1e-12, atol=0.0)


def _quantities(
    program: Program, frame: Frame, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the reported quantities at a random point."""
    values: dict[str, Any] = dict(frame.arrays)
    shapes = {one.name: one.shape for one in coordinates(program, frame)}
    parameters = {one.name: one for one in program.parameters}
    derived = {one.name: one for one in program.derived}
    for name in definition_order(program):
        if name in parameters:
            point = rng.normal(0.0, 0.3, shapes[name])
            values[name] = from_unconstrained(parameters[name], point)[0]
        else:
            values[name] = evaluate_expression(derived[name].expression, values)
    for group in program.groups:
        size = frame.lengths[group.coefs]
        effects = rng.normal(size=(frame.lengths[group.levels], size))
        sd, correlation = moved_scales(group, values, frame.lengths[group.sds])
        values[group.reported_sd] = sd
        values[group.correlation_matrix] = correlation
        for levels, places in group.strata(len(effects), size):
            effects[levels] *= sd[places]
        values[group.effects] = effects
    return values
