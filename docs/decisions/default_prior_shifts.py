"""How far candidate priors move estimates: posteriors of simulated data, on grids.

No sampler: two or three parameters on a grid, 40 rows a data set. Printed is the
mean shift of the posterior mean against a nearly flat prior, and its mean error
against the truth ("err"), in posterior sds under the flat one, over 100 data sets.

    python docs/decisions/default_prior_shifts.py
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Array = NDArray[Any]
SETS = 100
ROWS = 40


def summary(log_post: Array, axis: Array, dim: int) -> tuple[Array, Array]:
    """Return mean and sd of one coordinate; the first dimension is data sets."""
    weights = np.exp(
        log_post - log_post.max(axis=tuple(range(1, log_post.ndim)), keepdims=True)
    )
    rest = tuple(d for d in range(1, log_post.ndim) if d != dim)
    marginal = weights.sum(axis=rest)
    marginal /= marginal.sum(axis=1, keepdims=True)
    mean = marginal @ axis
    return mean, np.sqrt(np.maximum(marginal @ axis**2 - mean**2, 1e-12))


def shifts(
    log_like: Array, axis: Array, dim: int, truth: float, flat: Array, **priors: Array
) -> str:
    """Return, for each prior, its shift from the flat one, and its error."""
    mean, sd = summary(log_like + flat, axis, dim)
    text = f"flat: err {np.mean((mean - truth) / sd):+.2f}"
    for name, prior in priors.items():
        moved, _ = summary(log_like + prior, axis, dim)
        shift, error = np.mean((moved - mean) / sd), np.mean((moved - truth) / sd)
        text += f" | {name}: {shift:+.2f}, err {error:+.2f}"
    return text


def normal(x: Array, sd: float) -> Array:
    """Return the log density of a normal, but for a constant."""
    return -0.5 * (x / sd) ** 2


def counts(
    mean: float, factor: float, cv: float
) -> tuple[Array, Array, Array, Array, Array, float]:
    """Return log likelihoods on a grid of intercept, effect and cv, and the grid."""
    rng = np.random.default_rng(3)
    x = np.repeat([-0.5, 0.5], ROWS // 2)
    mu = mean * np.exp(np.log(factor) * x)
    mu = mu / mu.mean() * mean
    at = float(np.log(mu).mean())
    if cv:
        mu = mu * rng.gamma(1 / cv**2, cv**2, (SETS, ROWS))
    y = rng.poisson(np.broadcast_to(mu, (SETS, ROWS)))
    wide = 6 * np.sqrt((1 / mean + cv**2 + 0.02) / ROWS)
    i = np.log(mean) + np.linspace(-1.5 - wide, wide + 0.3, 45)
    b = np.log(factor) + 2 * wide * np.linspace(-1.4, 1.4, 45)
    c = np.linspace(0.02, 3.5, 30) if cv else np.array([0.0])
    out = np.zeros((SETS, len(i), len(b), len(c)))
    for g, half in ((0, -0.5), (1, 0.5)):
        eta = i[:, None] + half * b
        yg = y[:, g * ROWS // 2 : (g + 1) * ROWS // 2]
        total = yg.sum(axis=1)
        if not cv:
            out[..., 0] += total[:, None, None] * eta - (ROWS // 2) * np.exp(eta)
            continue
        for k, value in enumerate(c):
            shape = 1 / value**2
            part = (gammaln(yg + shape) - gammaln(shape)).sum(axis=1)
            log_rest = np.logaddexp(np.log(shape), eta)
            out[..., k] += (
                part[:, None, None]
                + (ROWS // 2) * shape * (np.log(shape) - log_rest)
                + total[:, None, None] * (eta - log_rest)
            )
    # m is from the data: the intercept's prior is around it, one a data set
    m = np.log(np.maximum(y.mean(axis=1), 0.5 / ROWS))[:, None, None, None]
    return out, i, b, c, m, at


def count_table() -> None:
    """Print shifts of intercept, effect and extra variation of two groups' counts."""
    print("Poisson, cv 0, and negative binomial: shift of Intercept, b, cv")
    for mean, factor, cv in itertools.product(
        (0.3, 3.0, 100.0), (1.5, 3.0, 10.0), (0.0, 1.0)
    ):
        like, i, b, c, m, at = counts(mean, factor, cv)
        ii, bb, cc = (
            i[None, :, None, None] - m,
            b[None, None, :, None],
            c[None, None, None, :],
        )
        flat = normal(ii, 10) + normal(bb, 10) - 0.1 * cc
        text = f"mean {mean:g}, factor {factor:g}, cv {cv:g}:"
        for label, axis, dim, truth, priors in (
            (
                "I",
                i,
                1,
                at,
                {
                    w: normal(ii, w) + normal(bb, 10) - 0.1 * cc
                    for w in (1.0, 1.5, 2.0, 2.5)
                },
            ),
            (
                "b",
                b,
                2,
                np.log(factor),
                {
                    w: normal(ii, 10) + normal(bb, w) - 0.1 * cc
                    for w in (0.5, 1.0, 1.5, 2.0, 2.5)
                },
            ),
            (
                "cv",
                c,
                3,
                cv,
                {r: normal(ii, 10) + normal(bb, 10) - r * cc for r in (0.5, 1.0, 2.0)},
            ),
        ):
            if label == "cv" and not cv:
                continue
            named = {str(k): v for k, v in priors.items()}
            text += f"\n    {label:3}" + shifts(like, axis, dim, truth, flat, **named)
        print(text, flush=True)


SD_PRIORS: Mapping[str, Callable[[Array], Array]] = {
    "exp(1)": lambda t: -t,
    "exp(2)": lambda t: -2 * t,
    "exp(3)": lambda t: -3 * t,
    "hn(1)": lambda t: normal(t, 1),
    "hn(1.5)": lambda t: normal(t, 1.5),
    "hn(.75)": lambda t: normal(t, 0.75),
    "hn(.6)": lambda t: normal(t, 0.6),
    "hn(.5)": lambda t: normal(t, 0.5),
}


def sd_table() -> None:
    """Print shifts of the sd of persons."""
    print("sd of persons, of log sigma (normal rows) and of log counts (mean 3)")
    rng = np.random.default_rng(4)
    nodes, weights = np.polynomial.hermite_e.hermegauss(25)
    log_w = np.log(weights / weights.sum())
    tau = np.linspace(0.01, 4.0, 70)
    for kind, people, each, true in itertools.product(
        ("sigma", "count"), (5, 20), (8,), (0.3, 0.6, 1.2)
    ):
        u = rng.normal(0, true, (SETS, people))
        center = 0.0 if kind == "sigma" else np.log(3.0)
        mu = center + np.linspace(-2.0, 2.0, 25)
        value = mu[:, None, None] + tau[:, None] * nodes
        if kind == "sigma":
            stat = (
                np.exp(u)[..., None] ** 2 * rng.normal(size=(SETS, people, each)) ** 2
            ).sum(-1)
        else:
            stat = rng.poisson(np.exp(center + u)[..., None], (SETS, people, each)).sum(
                -1
            )
        like = np.zeros((SETS, len(mu), len(tau)))
        scaled = np.exp(-2 * value) if kind == "sigma" else each * np.exp(value)
        for s in range(SETS):
            for j in range(people):
                if kind == "sigma":
                    rows = -each * value - 0.5 * stat[s, j] * scaled
                else:
                    rows = stat[s, j] * value - scaled
                rows = rows + log_w
                top = rows.max(axis=-1)
                like[s] += top + np.log(np.exp(rows - top[..., None]).sum(-1))
        at = normal(mu[None, :, None] - center, 1.0)
        t = tau[None, None, :]
        named = {name: at + prior(t) for name, prior in SD_PRIORS.items()}
        found = shifts(like, tau, 2, true, at - 0.05 * t, **named)
        print(f"{kind}, {people} people x {each}, sd {true:g}: {found}", flush=True)


if __name__ == "__main__":
    count_table()
    sd_table()
