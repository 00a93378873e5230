"""Values and log density of a program at a point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.density import arrays
from ...distributions.density.links import LINKING
from ...distributions.table import DISTRIBUTIONS
from ...expressions.elementwise import ELEMENTWISE
from ...families.ordinal.thresholds import (
    logit_cumulative,
    logit_gaps,
    spread,
    spread_levels,
)
from ..counted import counted, quiet_beside
from ..expressions import Apply, Assemble, Const, ProgramExpr, Symbol, Take
from ..in_order import log_chance
from ..ir import Centering, Frame, Group, Likelihood, Predictor, Prior, Program
from ..verify import definition_order
from .charts import from_unconstrained
from .truncation import log_mass

Array = NDArray[Any]

_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "neg": lambda a: -a,
    "exp": np.exp,
    "inv_square": lambda a: 1.0 / (a * a),
    "dot": lambda a, b: _dot(np.asarray(a), np.asarray(b)),
    "matvec": lambda a, b: _matvec(np.asarray(a), np.asarray(b)),
    "diff": np.diff,
    "by_threshold": lambda a, b: a @ np.reshape(b, (*np.shape(b)[:-1], a.shape[1], -1)),
    "beside": lambda *several: np.stack(np.broadcast_arrays(*several), axis=-1),
    "spread": spread,
    "spread_levels": spread_levels,
    "logit_cumulative": logit_cumulative,
    "logit_gaps": logit_gaps,
    "element": lambda a, place: _element(a, int(place)),
    "monotonic": lambda a: a.shape[-1] * _joined([np.zeros(1), np.cumsum(a, -1)]),
    **ELEMENTWISE,
    **{name: arrays.curve(curve) for name, (curve, _) in LINKING.items()},
}


def _dot(a: Array, b: Array) -> Array:
    """Return the inner product; of many draws, with a last axis of one number."""
    if max(a.ndim, b.ndim) == 1:
        return np.asarray(np.dot(a, b))
    return np.asarray((a * b).sum(axis=-1, keepdims=True))


def _element(vector: Array, place: int) -> Array:
    """Return one number; of many draws, with a last axis of one number."""
    chosen = vector[place] if vector.ndim == 1 else vector[..., place : place + 1]
    return np.asarray(chosen)


def _matvec(matrix: Array, vector: Array) -> Array:
    return matrix @ vector if vector.ndim == 1 else vector @ matrix.T


def _joined(pieces: Sequence[Array]) -> Array:
    """Return vectors end to end, of all draws that one of them is of."""
    draws = np.broadcast_shapes(*(piece.shape[:-1] for piece in pieces))
    whole = [np.broadcast_to(one, (*draws, one.shape[-1])) for one in pieces]
    return np.concatenate(whole, axis=-1)


def evaluate_expression(expr: ProgramExpr, values: Mapping[str, Any]) -> Array:
    """Return an expression's value, names looked up in ``values``.

    Values of many draws have a first axis of draws more; scalars then have a last axis
    of one number, so that they are beside vectors and rows what they are at one draw.
    """
    match expr:
        case Const(value):
            return np.asarray(value, dtype=float)
        case Symbol(name):
            return np.asarray(values[name])
        case Apply(operation, arguments):
            found = [evaluate_expression(a, values) for a in arguments]
            return np.asarray(_OPERATIONS[operation](*found))
        case Assemble(parts, order):
            pieces = [np.atleast_1d(evaluate_expression(p, values)) for p in parts]
            return _joined(pieces)[..., list(order)]
        case Take(vector, index):
            taken: Array = evaluate_expression(vector, values)[..., values[index]]
            return taken


def cholesky(group: Group, values: Mapping[str, Any], size: int) -> Array:
    """Return the lower Cholesky factor of the correlations of a group.

    Built from the partial correlations of the C-vine: row i has
    ``r_ik prod_{j<k} sqrt(1 - r_ij^2)``.
    """
    partials = _arrays(group, values)
    draws = np.broadcast_shapes(*(partial.shape[:-1] for partial in partials))
    kind = np.result_type(float, *partials)
    factor: Array = np.zeros((*draws, size, size), dtype=kind)
    factor[..., range(size), range(size)] = 1.0
    for correlation in group.correlations:
        partial = 2.0 * np.asarray(values[correlation.parameter]) - 1.0
        places = correlation.positions
        number = 0
        for i in range(len(places)):
            left: Any = 1.0
            for k in range(i):
                r = partial[..., number]
                number += 1
                factor[..., places[i], places[k]] = r * left
                left = left * np.sqrt(1.0 - r * r)
            factor[..., places[i], places[i]] = left
    return factor


def _arrays(group: Group, values: Mapping[str, Any]) -> list[Array]:
    return [np.asarray(values[c.parameter]) for c in group.correlations]


def moved_effects(group: Group, values: Mapping[str, Any]) -> dict[str, Array]:
    """Return the effects as written of a group that is stated elsewhere."""
    if group.moved is None:
        return {}
    stated = np.asarray(values[group.stated])
    return {group.effects: stated @ np.asarray(group.moved.basis).T}


def moved_scales(
    group: Group, values: Mapping[str, Any], size: int
) -> tuple[Array, Array]:
    """Return the sds and correlations of a group's effects as written.

    ``size`` is the number of sds. With ``T`` its basis and ``S`` the covariance where
    it is stated they are those of ``T S T'``. Axes of draws stand before.
    """
    factor = np.asarray(values[group.sd])[..., None] * cholesky(group, values, size)
    basis = group.basis_of_sds()
    if basis is not None:
        factor = basis @ factor
    covariance = factor @ np.swapaxes(factor, -1, -2)
    sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    # an effect without spread is correlated with none
    there = np.real(sd) > 0.0
    unit = np.where(there, 1.0 / np.where(there, sd, 1.0), 0.0)
    correlation = covariance * unit[..., :, None] * unit[..., None, :]
    diagonal = range(correlation.shape[-1])
    correlation[..., diagonal, diagonal] = 1.0
    return sd, correlation


def _prior_density(prior: Prior, x: Array, values: Mapping[str, Any]) -> Any:
    row = DISTRIBUTIONS[prior.distribution]
    arguments = {n: evaluate_expression(e, values) for n, e in prior.arguments}
    density = np.sum(row.log_density(x, **arguments))
    if prior.lower is not None or prior.upper is not None:
        mass = log_mass(row, arguments, prior.lower, prior.upper)
        density = density - np.sum(np.broadcast_to(mass, np.shape(x)))
    return density


def evaluate(
    program: Program, frame: Frame, point: Mapping[str, Array]
) -> tuple[dict[str, Array], Any]:
    """Return every quantity of a program at a point, and its log density.

    Parameters
    ----------
    program, frame
        The program and its arrays.
    point
        Unconstrained values by the names of ``coordinates``; may be complex.

    Returns
    -------
    values
        Slots, parameters, derived quantities, effects and predictors by name.
    log_density
        Log prior, log likelihood and log Jacobian of the charts, with all
        constants.
    """
    values: dict[str, Any] = dict(frame.arrays)
    total: Any = 0.0
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d for d in program.derived}
    for name in definition_order(program):
        if name in derived:
            values[name] = evaluate_expression(derived[name].expression, values)
            continue
        parameter = parameters[name]
        x = np.asarray(point[name])
        values[name], jacobian = from_unconstrained(parameter, x)
        total = total + jacobian + _prior_density(parameter.prior, values[name], values)
        if parameter.chart == "ordered":
            # independent draws, conditioned on their order
            total = total - log_chance(parameter.prior, len(x))
    for group in program.groups:
        if group.form == "marginal":
            # at 0, where the rest of the predictor is
            shape = (frame.lengths[group.levels], frame.lengths[group.coefs])
            values[group.stated] = np.zeros(shape)
        else:
            total = total + _group(group, frame, values, point)
        values |= moved_effects(group, values)
    for predictor in program.in_order:
        values[predictor.name] = predictor_value(predictor, program, frame, values)
    return values, total + log_likelihood(program, frame, values)


def predictor_value(
    predictor: Predictor, program: Program, frame: Frame, values: Mapping[str, Any]
) -> Array:
    """Return a linear predictor, given the coefficients and effects by name."""
    eta: Any = np.zeros(frame.lengths[predictor.rows])
    if predictor.body is not None:
        return np.asarray(eta + evaluate_expression(predictor.body, values))
    for block in predictor.blocks:
        eta = eta + block.value(program, frame, values)
    return np.asarray(eta)


def log_likelihood(program: Program, frame: Frame, values: Mapping[str, Any]) -> Any:
    """Return the log likelihood of all rows, each as often as it counts."""
    total: Any = 0.0
    for one in program.observed:
        groups = program.integrated(one.name)
        if groups:
            total = total + _integrated(groups, program.of(one.name), frame, values)
        else:
            total = total + _likelihood(one, frame, values)
    return total


def _likelihood(likelihood: Likelihood, frame: Frame, values: Mapping[str, Any]) -> Any:
    """Return the log likelihood of one response."""
    family, arguments = likelihood.family, arguments_of(likelihood, values)
    response, times = frame[likelihood.value], likelihood.times(frame)
    if times is None:
        return family.log_density(response, **arguments).sum()
    within = likelihood.spread(frame)
    with quiet_beside(times):
        if within is None:
            return counted(times, family.log_density(response, **arguments)).sum()
        assert family.pooled is not None
        pooled = family.pooled.log_density(response, times, within, **arguments)
    return counted(times != 0, pooled).sum()


def arguments_of(likelihood: Likelihood, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the family is given beside the response, by name."""
    return {
        name: evaluate_expression(value, values) for name, value in likelihood.arguments
    }


def likelihood_arguments(program: Program, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the family of the one response is given, by name."""
    return arguments_of(program.likelihood, values)


def scaled_factors(
    group: Group, frame: Frame, values: Mapping[str, Any]
) -> list[tuple[slice, Array]]:
    """Return ``diag(sd) L`` where a group is stated, with the levels that it is of."""
    size, count = frame.lengths[group.coefs], frame.lengths[group.sds]
    whole = np.asarray(values[group.sd])[..., None] * cholesky(group, values, count)
    strata = group.strata(frame.lengths[group.levels], size)
    return [(levels, whole[..., places, places]) for levels, places in strata]


def _group(
    group: Group,
    frame: Frame,
    values: dict[str, Any],
    point: Mapping[str, Array],
) -> Any:
    """Add the group's effects to ``values``; return their log density."""
    x = np.asarray(point[group.coordinate])
    unit = np.asarray(group.unit or (1.0,) * frame.lengths[group.coefs])
    total: Any = -0.5 * math.log(2.0 * math.pi) * x.size
    base: list[Array] = []
    stated: list[Array] = []
    for levels, factor in scaled_factors(group, frame, values):
        own = x[levels]
        if group.centering is not None:
            scaled = factor / unit[:, None]
            z, effects, density = _partial(group.centering, levels, scaled, values, own)
            base.append(z)
            stated.append(effects * unit)
            total = total + density
        elif group.form == "noncentered":
            base.append(own)
            stated.append(own @ factor.T)
            total = total - 0.5 * (own * own).sum()
        else:
            stated.append(own * unit)
            z = np.linalg.solve(factor / unit[:, None], own.T)
            log_determinant = np.log(np.diagonal(factor) / unit).sum()
            total = total - 0.5 * (z * z).sum() - len(own) * log_determinant
    if base:
        values[group.base] = np.concatenate(base)
    values[group.stated] = spread_out(group, np.concatenate(stated), values)
    return total


def spread_out(group: Group, effects: Array, values: Mapping[str, Any]) -> Array:
    """Return effects as they are, of normal ones that are independent by level."""
    if group.relation is not None:
        effects = np.asarray(values[group.relation]) @ effects
    if group.mixture is not None:
        effects = (
            np.sqrt(np.asarray(values[group.mixture.variance]))[..., None] * effects
        )
    return effects


def _partial(
    centering: Centering,
    levels: slice,
    factor: Array,
    values: Mapping[str, Any],
    x: Array,
) -> tuple[Array, Array, Any]:
    """Return standard normals, effects and log density; see ``ir.Centering``."""
    weights = np.asarray(values[centering.weights])[levels]
    population = np.array(
        [
            one.sign * np.atleast_1d(values[one.name])[one.place]
            for one in centering.elements
        ]
    )
    around = np.asarray(values[centering.around])[levels] @ population
    if centering.basis:
        x = x @ np.array(centering.basis).T
    z = np.zeros(x.shape, dtype=np.result_type(x, factor, around))
    effects = np.zeros_like(z)
    total: Any = 0.0
    for i in range(x.shape[1]):
        mean = z[:, :i] @ factor[i, :i]
        w = weights[:, i]
        log_scale = np.log(factor[i, i]) if w.any() else 0.0
        z[:, i] = (x[:, i] - w * (around[:, i] + mean)) * np.exp(-w * log_scale)
        effects[:, i] = mean + factor[i, i] * z[:, i]
        total = total - 0.5 * (z[:, i] ** 2).sum() - (w * log_scale).sum()
    return z, effects, total


def _integrated(
    groups: Sequence[Group], program: Program, frame: Frame, values: Mapping[str, Any]
) -> Any:
    """Return a normal log likelihood with the effects of groups integrated out.

    By definition: the responses are normal, and their covariance is the sum of
    ``diag(sigma^2 / count)`` and, for each group, ``Z S Z'`` between rows of one
    level, with ``S`` the variance of its effects. Groups are nested, so levels of
    the outermost one are independent.
    """
    likelihood = program.likelihood
    arguments = likelihood_arguments(program, values)
    y = np.asarray(frame[likelihood.value], dtype=float)
    times, spread_ = likelihood.times(frame), likelihood.spread(frame)
    count = np.ones(len(y)) if times is None else times
    within = np.zeros(len(y)) if spread_ is None else spread_
    total: Any = 0.0
    pooled = likelihood.family.pooled
    if pooled is not None and pooled.logged:
        y = np.log(y)
        total = -(count * y).sum()
    variance = np.broadcast_to(arguments["sigma"] ** 2, y.shape)
    rest = y - arguments["mu"]
    # what the mean of a cell leaves out of the density of its rows
    total = total - 0.5 * (within / variance).sum()
    total = total - 0.5 * ((count - 1.0) * np.log(2.0 * math.pi * variance)).sum()
    total = total - 0.5 * np.log(count).sum()
    parts = [_scaled_design(group, program, frame, values) for group in groups]
    outermost = min(parts, key=lambda part: len(np.unique(part[0])))[0]
    for level in np.unique(outermost):
        own = np.flatnonzero(outermost == level)
        covariance = np.diag(variance[own] / count[own])
        for index, design in parts:
            same = index[own][:, None] == index[own]
            covariance = covariance + same * (design[own] @ design[own].T)
        total = total - 0.5 * _misfit(covariance, rest[own])
        total = total - 0.5 * len(own) * math.log(2.0 * math.pi)
    return total


def _scaled_design(
    group: Group, program: Program, frame: Frame, values: Mapping[str, Any]
) -> tuple[Array, Array]:
    """Return the level of each row, and ``Z diag(sd) L``."""
    use = program.predictors[0].use_of(group)
    size, index = frame.lengths[group.coefs], frame[use.index]
    design = np.ones((len(index), size))
    if use.design is not None:
        design[:, list(use.positions)] = frame[use.design]
    factors = scaled_factors(group, frame, values)
    scaled = np.zeros(
        (len(index), size), dtype=np.result_type(*(f for _, f in factors))
    )
    for levels, factor in factors:
        own = (index >= levels.start) & (index < levels.stop)
        scaled[own] = design[own] @ factor
    return index, scaled


def _misfit(covariance: Array, rest: Array) -> Any:
    """Return ``r' C^-1 r + log det C``, for a positive definite C that may be complex.

    By elimination, in the widest numbers there are: C is nearly singular where the
    residual sd is small.
    """
    wide = np.clongdouble if np.iscomplexobj(covariance + rest[0]) else np.longdouble
    work, left = np.array(covariance, dtype=wide), np.array(rest, dtype=wide)
    total: Any = 0.0
    for i in range(len(work)):
        total = total + np.log(work[i, i]) + left[i] * left[i] / work[i, i]
        below = work[i + 1 :, i] / work[i, i]
        row = work[i, i + 1 :]
        work[i + 1 :, i + 1 :] = work[i + 1 :, i + 1 :] - np.outer(below, row)
        left[i + 1 :] = left[i + 1 :] - below * left[i]
    return complex(total) if wide is np.clongdouble else float(total)


def log_density(program: Program, frame: Frame, point: Mapping[str, Array]) -> float:
    """Return the log density of a program at an unconstrained point."""
    return float(np.real(evaluate(program, frame, point)[1]))


def gradient(
    program: Program, frame: Frame, point: Mapping[str, Array], step: float = 1e-30
) -> dict[str, Array]:
    """Return the gradient by complex step, exact to rounding.

    ``f'(x) = Im f(x + i h) / h`` has no cancellation, so the step can be tiny
    (Squire & Trapp 1998).
    """
    result: dict[str, Array] = {}
    for name, value in point.items():
        slope = np.empty(np.shape(value))
        for place in np.ndindex(*np.shape(value)):
            moved: dict[str, Array] = {
                k: np.asarray(v, dtype=complex) for k, v in point.items()
            }
            moved[name][place] += 1j * step
            slope[place] = np.imag(evaluate(program, frame, moved)[1]) / step
        result[name] = slope
    return result
