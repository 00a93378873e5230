"""Draws of a program's parameters from their priors, by NumPy alone.

For what is asked of the priors where PyMC is not needed: to import it takes longer
than the draws. What it draws by other means (bounds of a prior, groups that are not
normal) is left to it; see ``drawn_forwards``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.in_order import draw_in_order
from ..in_order import are_alike
from ..ir import Frame, Parameter, Program
from ..verify import definition_order
from .density import evaluate_expression, moved_scales

__all__ = ["GENERATORS", "drawn_forwards"]

Array = NDArray[Any]
Rng = np.random.Generator


def _skew_student_t(share: Array, whole: Any) -> Array:
    """Return a number of Jones and Faddy's distribution, of a beta one."""
    root = np.sqrt(share * (1.0 - share))
    return np.asarray(np.sqrt(whole) * (share - 0.5) / root)


#: How each distribution is drawn: a generator, a shape, its arguments by name.
GENERATORS: Mapping[str, Callable[..., Array]] = {
    "normal": lambda r, s, mu, sigma: r.normal(mu, sigma, s),
    "student_t": lambda r, s, nu, mu, sigma: mu + sigma * r.standard_t(nu, s),
    "cauchy": lambda r, s, mu, sigma: mu + sigma * r.standard_cauchy(s),
    "laplace": lambda r, s, mu, sigma: r.laplace(mu, sigma, s),
    "logistic": lambda r, s, mu, sigma: r.logistic(mu, sigma, s),
    "gumbel": lambda r, s, mu, sigma: r.gumbel(mu, sigma, s),
    "half_normal": lambda r, s, sigma: np.abs(r.normal(0.0, sigma, s)),
    "half_student_t": lambda r, s, nu, sigma: np.abs(sigma * r.standard_t(nu, s)),
    "half_cauchy": lambda r, s, sigma: np.abs(sigma * r.standard_cauchy(s)),
    "exponential": lambda r, s, rate: r.exponential(1.0 / rate, s),
    "gamma": lambda r, s, alpha, beta: r.gamma(alpha, 1.0 / beta, s),
    "inverse_gamma": lambda r, s, alpha, beta: beta / r.gamma(alpha, 1.0, s),
    "lognormal": lambda r, s, mu, sigma: r.lognormal(mu, sigma, s),
    "weibull": lambda r, s, alpha, beta: beta * r.weibull(alpha, s),
    "beta": lambda r, s, alpha, beta: r.beta(alpha, beta, s),
    "uniform": lambda r, s, lower, upper: r.uniform(lower, upper, s),
    "chi_squared": lambda r, s, nu: r.chisquare(nu, s),
    "pareto": lambda r, s, alpha, m: m * (1.0 + r.pareto(alpha, s)),
    "triangular": lambda r, s, lower, c, upper: r.triangular(lower, c, upper, s),
    "wald": lambda r, s, mu, lam: r.wald(mu, lam, s),
    "skew_normal": lambda r, s, mu, sigma, alpha: (
        mu
        + sigma
        * (alpha * np.abs(r.standard_normal(s)) + r.standard_normal(s))
        / np.hypot(1.0, alpha)
    ),
    "skew_student_t": lambda r, s, a, b, mu, sigma: (
        mu + sigma * _skew_student_t(r.beta(a, b, s), a + b)
    ),
    "ex_gaussian": lambda r, s, mu, sigma, nu: (
        r.normal(mu, sigma, s) + r.exponential(nu, s)
    ),
    "asymmetric_laplace": lambda r, s, kappa, mu, rate: (
        mu
        + (r.standard_exponential(s) / kappa - kappa * r.standard_exponential(s)) / rate
    ),
    "moyal": lambda r, s, mu, sigma: mu - sigma * np.log(r.chisquare(1.0, s)),
    "rice": lambda r, s, nu, sigma: np.hypot(
        r.normal(nu, sigma, s), r.normal(0.0, sigma, s)
    ),
    "logit_normal": lambda r, s, mu, sigma: (
        1.0 / (1.0 + np.exp(-r.normal(mu, sigma, s)))
    ),
    "kumaraswamy": lambda r, s, a, b: (
        (-np.expm1(-r.standard_exponential(s) / b)) ** (1.0 / a)
    ),
    "von_mises": lambda r, s, mu, kappa: r.vonmises(mu, kappa, s),
    "dirichlet": lambda r, s, alpha: r.dirichlet(
        np.broadcast_to(np.ravel(alpha), s[1:]), s[0]
    ),
}


def drawn_forwards(
    program: Program,
    frame: Frame,
    draws: int,
    seed: int | None,
    only: Collection[str],
) -> dict[str, tuple[tuple[str, ...], Array]] | None:
    """Return draws of quantities from their priors, with their axes.

    Parameters
    ----------
    program, frame
        The model, and the arrays of its slots.
    draws, seed
        How many, and of the generator; the first axis of each is that of the draws.
    only
        Names of parameters, derived quantities, standard deviations and correlations.

    Returns
    -------
    By name; None if one of them cannot be drawn here.
    """
    if not all(map(_simple, program.parameters)):
        return None
    rng = np.random.default_rng(seed)
    values: dict[str, Array] = {slot.name: frame[slot.name] for slot in program.slots}
    axes = {p.name: p.axes for p in program.parameters}
    axes |= {d.name: d.axes for d in program.derived}
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d for d in program.derived}
    for name in definition_order(program):
        if name in derived:
            values[name] = evaluate_expression(derived[name].expression, values)
            continue
        one = parameters[name]
        # a number has an axis, so that it stands beside vectors as one draw of it does
        shape = tuple(frame.lengths[axis] for axis in one.axes) or (1,)
        arguments = {n: evaluate_expression(e, values) for n, e in one.prior.arguments}
        draw = GENERATORS[one.prior.distribution]
        if one.chart == "ordered":
            alike = are_alike(one.prior)
            size = (draws, *shape)
            values[name] = draw_in_order(rng, draw, size, arguments, alike)
        else:
            values[name] = draw(rng, (draws, *shape), **arguments)
    for group in program.groups:
        if group.correlations and {group.correlation_matrix, group.reported_sd} & {
            *only
        }:
            sd, matrix = moved_scales(group, values, frame.lengths[group.sds])
            values |= {group.correlation_matrix: matrix, group.reported_sd: sd}
            axes |= {group.correlation_matrix: (group.sds, f"{group.sds}_")}
            axes |= {group.reported_sd: (group.sds,)}
    if not axes.keys() >= {*only}:
        return None
    found = {}
    for name in only:
        sizes = (frame.lengths[axis.removesuffix("_")] for axis in axes[name])
        shape = (draws, *sizes)
        value = values[name]
        if value.ndim < len(shape) or not value.shape[:1] == (draws,):
            value = np.broadcast_to(value, shape)
        found[name] = (axes[name], value.reshape(shape))
    return found


def _simple(parameter: Parameter) -> bool:
    """Whether a parameter is a number or a vector with a prior without bounds."""
    prior = parameter.prior
    bounded = prior.lower is not None or prior.upper is not None
    known = prior.distribution in GENERATORS
    return known and not bounded and len(parameter.axes) < 2
