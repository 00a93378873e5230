"""Draws of a program's parameters from their priors, forwards, without PyMC.

The priors are those in the program, so that nothing is written twice. Parameters
are walked in the order of their definitions; effects of groups follow from their
standard deviations and correlations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from varying.compiler.distributions.table import DISTRIBUTIONS
from varying.compiler.program.blocks import Offset
from varying.compiler.program.expressions import ProgramExpr, names_in
from varying.compiler.program.in_order import are_alike
from varying.compiler.program.interpret.density import (
    cholesky,
    evaluate_expression,
    moved_effects,
)
from varying.compiler.program.interpret.rows import row_arguments
from varying.compiler.program.ir import Frame, Parameter, Program
from varying.compiler.program.verify import definition_order

Array = NDArray[Any]
Named = dict[str, Array]
Draw = Callable[..., Array]

#: The generators of what default priors are made of; others are drawn by their
#: inverse distribution function.
GENERATORS: Mapping[str, Callable[[np.random.Generator], Draw]] = {
    "normal": lambda rng: lambda size, mu, sigma: rng.normal(mu, sigma, size),
    "half_normal": lambda rng: lambda size, sigma: abs(rng.normal(0.0, sigma, size)),
    "exponential": lambda rng: lambda size, rate: rng.exponential(1.0 / rate, size),
    "gamma": lambda rng: lambda size, alpha, beta: rng.gamma(alpha, 1 / beta, size),
    "beta": lambda rng: lambda size, alpha, beta: rng.beta(alpha, beta, size),
    "lognormal": lambda rng: lambda size, mu, sigma: rng.lognormal(mu, sigma, size),
}


def _expression(expr: ProgramExpr, values: Mapping[str, Array], draws: int) -> Array:
    """Return an expression's value at each draw; (1, ...) where all agree."""
    if not any(name in values for name in names_in(expr)):
        return evaluate_expression(expr, {})[None]
    return np.stack([evaluate_expression(expr, at(values, i)) for i in range(draws)])


def at(values: Mapping[str, Array], draw: int) -> Named:
    """Return the values of one draw."""
    return {name: array[draw] for name, array in values.items()}


def _draw(
    rng: np.random.Generator, parameter: Parameter, arguments: Named, size: tuple[int]
) -> Array:
    prior = parameter.prior
    if prior.distribution == "dirichlet":
        (alpha,) = arguments["alpha"]
        return rng.dirichlet(alpha, size[0])
    # the elements of a vector are on the right, draws on the left
    wide = {
        name: array.reshape(array.shape + (1,) * (len(size) - array.ndim))
        for name, array in arguments.items()
    }
    free = prior.lower is None and prior.upper is None
    if free and prior.distribution in GENERATORS:
        return GENERATORS[prior.distribution](rng)(size, **wide)
    row = DISTRIBUTIONS[prior.distribution]
    assert row.scipy is not None, prior.distribution
    name, frozen = row.scipy(**wide)
    chosen = getattr(stats, name)(**frozen)
    low = 0.0 if prior.lower is None else chosen.cdf(prior.lower)
    high = 1.0 if prior.upper is None else chosen.cdf(prior.upper)
    return np.asarray(chosen.ppf(low + (high - low) * rng.random(size)))


def draw_parameters(
    rng: np.random.Generator, program: Program, frame: Frame, draws: int
) -> Named:
    """Return draws of parameters, derived quantities and effects by name.

    The first axis is that of the draws.
    """
    known = {
        slot.name: np.broadcast_to(frame[slot.name], (draws, *frame[slot.name].shape))
        for slot in program.slots
    }
    values: Named = {}
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d for d in program.derived}
    for name in definition_order(program):
        seen = {**known, **values}
        if name in derived:
            found = _expression(derived[name].expression, seen, draws)
            values[name] = np.broadcast_to(found, (draws, *found.shape[1:]))
            continue
        parameter = parameters[name]
        arguments = {
            key: _expression(expr, seen, draws)
            for key, expr in parameter.prior.arguments
        }
        size = (draws, *(frame.lengths[axis] for axis in parameter.axes))
        values[name] = _draw(rng, parameter, arguments, size)
        if parameter.chart == "ordered":
            # independent draws conditioned on their order
            assert are_alike(parameter.prior)
            values[name] = np.sort(values[name], axis=1)
    for group in program.groups:
        levels = frame.lengths[group.levels]
        size = len(program.axis(group.coefs).labels or ())
        factors = np.stack([cholesky(group, at(values, i), size) for i in range(draws)])
        scaled = values[group.sd][:, :, None] * factors
        base = rng.normal(size=(draws, levels, size))
        values[group.stated] = np.einsum("dlk,dck->dlc", base, scaled)
        values |= moved_effects(group, values)
    return values


def offsets(program: Program, frame: Frame) -> Array:
    """Return the known part of the main predictor, one number a row."""
    main = program.predictors[0]
    known = [frame[block.slot] for block in main.blocks if isinstance(block, Offset)]
    return np.asarray(sum(known, np.zeros(frame.lengths[main.rows])))


def data_sets(
    rng: np.random.Generator, program: Program, frame: Frame, draws: int
) -> Iterator[tuple[Named, Array]]:
    """Yield what the family is given, and a response, for each draw."""
    family = program.likelihood.family
    rows = frame.lengths[program.likelihood.rows]
    values = draw_parameters(rng, program, frame, draws)
    main = family.predictor
    for number in range(draws):
        arguments = row_arguments(program, frame, at(values, number))
        arguments[main] = np.broadcast_to(arguments[main], (rows,))
        yield arguments, family.simulate(rng, **arguments)
