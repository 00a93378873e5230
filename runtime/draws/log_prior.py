"""The log density of the priors, at each draw.

Of the parameters as a spec states them: no Jacobian. Of a hierarchy it is the top: the
density of group effects, or of the gaps between thresholds given their mean, belongs to
the model of the data. That is what power-scaling takes for the prior (Kallioinen,
Paananen, Buerkner & Vehtari 2024, Statistics and Computing 34).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.distributions.table import DISTRIBUTIONS
from varying.compiler.program.expressions import Symbol, names_in
from varying.compiler.program.in_order import log_chance
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.interpret.truncation import log_mass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from xarray import Dataset

    from varying.compiler.program.ir import Frame, Parameter, Program

__all__ = ["log_prior"]

_SAMPLE = ("chain", "draw")


def log_prior(program: Program, frame: Frame, posterior: Dataset) -> Dataset:
    """Return the log prior density of each parameter: a variable each, by draw.

    What is a level down a hierarchy is left out.

    Parameters
    ----------
    program, frame
        As lowered, in the parameters that priors are about.
    posterior
        Draws of what is reported and of what was sampled.
    """
    from xarray import Dataset

    held = {
        str(name): values.transpose(*_SAMPLE, ...).values.reshape(
            -1, *values.transpose(*_SAMPLE, ...).shape[2:]
        )
        for name, values in posterior.data_vars.items()
        if "row" not in values.dims
    }
    shape = tuple(posterior.sizes[name] for name in _SAMPLE)
    one_by_one = [_Draw(program, frame, held, at) for at in range(math.prod(shape))]
    found = {
        parameter.name: (
            _SAMPLE,
            _density(parameter, frame, held, one_by_one).reshape(shape),
        )
        for parameter in program.parameters
        if not _below(parameter, program)
    }
    coords = {name: posterior[name].values for name in _SAMPLE}
    return Dataset(found, coords)


def _below(parameter: Parameter, program: Program) -> bool:
    """Whether an argument of a prior is another parameter: it has a prior of its own.

    A location that takes up a shift of columns, such as ``m - X_mean @ b``, is none.
    Coefficients of a smooth are a level down too: they are sampled over their sd.
    """
    blocks = [block for one in program.predictors for block in one.blocks]
    weights = {name for block in blocks for name in block.standard_normals()}
    names = {one.name for one in program.parameters}
    return parameter.name in weights or any(
        isinstance(value, Symbol) and value.name in names
        for _, value in parameter.prior.arguments
    )


class _Draw(Mapping[str, Any]):
    """Slots, parameters and derived quantities at one draw, when asked for."""

    def __init__(
        self,
        program: Program,
        frame: Frame,
        held: Mapping[str, NDArray[Any]],
        place: int,
    ) -> None:
        self._frame, self._held, self._place = frame, held, place
        self._derived = {one.name: one.expression for one in program.derived}

    def __getitem__(self, name: str) -> Any:
        if name in self._frame.arrays:
            return self._frame[name]
        if name in self._held:
            return self._held[name][self._place]
        return evaluate_expression(self._derived[name], self)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._frame.arrays, **self._held, **self._derived})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _density(
    parameter: Parameter,
    frame: Frame,
    held: Mapping[str, NDArray[Any]],
    draws: Sequence[Mapping[str, Any]],
) -> NDArray[np.float64]:
    """Return the log density of one parameter at all draws."""
    prior, name = parameter.prior, parameter.name
    row = DISTRIBUTIONS[prior.distribution]
    values = held.get(name)
    if values is None:
        values = np.stack([draw[name] for draw in draws])
    inner = values.ndim - 1
    arguments: dict[str, Any] = {}
    for key, expression in prior.arguments:
        if frame.arrays.keys() >= set(names_in(expression)):
            arguments[key] = evaluate_expression(expression, frame.arrays)
        else:
            each = np.stack([evaluate_expression(expression, draw) for draw in draws])
            # beside the elements of the parameter
            missing = (1,) * (inner + 1 - each.ndim)
            arguments[key] = each.reshape(len(each), *missing, *each.shape[1:])
    if prior.distribution == "dirichlet":
        density = np.array([row.log_density(x, **arguments) for x in values])
    else:
        density = np.asarray(row.log_density(values, **arguments), dtype=np.float64)
        if prior.lower is not None or prior.upper is not None:
            density = density - log_mass(row, arguments, prior.lower, prior.upper)
        density = np.broadcast_to(density, values.shape)
        density = density.reshape(len(values), -1).sum(axis=1)
    if parameter.chart == "ordered":
        # independent draws, conditioned on their order
        density = density - log_chance(prior, values.shape[-1])
    return np.asarray(density, dtype=np.float64)
