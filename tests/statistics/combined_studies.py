"""Studies of families with a share of zeros, and of shares that vary.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from .studies import ROWS, TRIALS, Named, Study, beta, count_prior, gamma, mu

Array = NDArray[np.float64]
Rng = np.random.Generator

_PRIORS = """
prior Intercept ~ normal(1, 0.7)
prior b ~ normal(0, 0.5)
prior sd ~ exponential(2)
"""
#: Of the parameter that the name has, by its prior in NumPy.
OTHERS: dict[str, tuple[str, Callable[[Rng, int], Array]]] = {
    "shape": ("lognormal(0, 0.5)", lambda rng, size: rng.lognormal(0.0, 0.5, size)),
    "sigma": ("exponential(1)", lambda rng, size: rng.exponential(1.0, size)),
    "phi": ("lognormal(2, 0.5)", lambda rng, size: rng.lognormal(2.0, 0.5, size)),
    "zi": ("beta(2, 4)", lambda rng, size: rng.beta(2.0, 4.0, size)),
    "hu": ("beta(2, 4)", lambda rng, size: rng.beta(2.0, 4.0, size)),
}


def study(
    family: str,
    others: tuple[str, ...],
    response: Array,
    simulate: Callable[[Rng, Named], Array],
    density: Callable[[Array, Named], Array],
    left: str = "y",
    own: Mapping[str, tuple[str, Callable[[Rng, int], Array]]] | None = None,
) -> Study:
    """Return the study of a family with the parameters ``others``.

    ``own`` are priors in place of those of ``OTHERS``.
    """
    table = {**OTHERS, **(own or {})}

    def prior(rng: Rng, size: int) -> Named:
        drawn = {name: table[name][1](rng, size) for name in others}
        return {**count_prior(rng, size), **drawn}

    lines = "".join(f"prior {name} ~ {table[name][0]}\n" for name in others)
    return Study(
        f"{left} ~ x + (1 | g), family={family}\n{_PRIORS}{lines}",
        response,
        prior,
        simulate,
        lambda y, p: density(y, p).sum(axis=1),
        sd_rate=2.0,
    )


def counts(p: Named) -> stats.rv_frozen:
    """Return the counts without zeros of another kind."""
    mean = np.exp(mu(p))
    if "shape" not in p:
        return stats.poisson(mean)
    shape = p["shape"][:, None]
    return stats.nbinom(shape, shape / (shape + mean))


def amounts(p: Named) -> stats.rv_frozen:
    """Return the amounts that are above 0."""
    if "sigma" in p:
        return stats.lognorm(p["sigma"][:, None], scale=np.exp(mu(p)))
    shape, scale = gamma(p)
    return stats.gamma(shape, scale=scale)


def inflated(y: Array, p: Named) -> Array:
    share = p["zi"][:, None]
    counted = np.log1p(-share) + counts(p).logpmf(y)
    return np.where(y == 0.0, np.logaddexp(np.log(share), counted), counted)


def successes(p: Named) -> stats.rv_frozen:
    """Return the successes without zeros of another kind."""
    if "phi" in p:
        return stats.betabinom(TRIALS, *beta(p))
    return stats.binom(TRIALS, expit(mu(p)))


def inflated_successes(y: Array, p: Named) -> Array:
    share, tried = p["zi"][:, None], successes(p).logpmf(y)
    both = np.logaddexp(np.log(share), np.log1p(-share) + tried)
    return np.where(y == 0.0, both, np.log1p(-share) + tried)


def draw_inflated_successes(rng: Rng, p: Named) -> Array:
    chance = rng.beta(*beta(p))[0] if "phi" in p else expit(mu(p))[0]
    found = rng.binomial(TRIALS.astype(int), chance) * 1.0
    return np.where(rng.random(ROWS) < p["zi"][0], 0.0, found)


def hurdle(y: Array, p: Named) -> Array:
    share, above = p["hu"][:, None], np.maximum(y, 1.0)
    counted = counts(p).logpmf(above) - np.log1p(-counts(p).pmf(0))
    return np.where(y == 0.0, np.log(share), np.log1p(-share) + counted)


def hurdle_amount(y: Array, p: Named) -> Array:
    share, above = p["hu"][:, None], np.where(y == 0.0, 1.0, y)
    amount = np.log1p(-share) + amounts(p).logpdf(above)
    return np.where(y == 0.0, np.log(share), amount)


def draw_inflated(rng: Rng, p: Named) -> Array:
    found = counts(p).ppf(rng.random(ROWS))[0]
    return np.where(rng.random(ROWS) < p["zi"][0], 0.0, found)


def draw_hurdle(rng: Rng, p: Named) -> Array:
    """Counts above 0 are those that a quantile above that of 0 has."""
    none = counts(p).pmf(0)[0]
    above = counts(p).ppf(none + (1.0 - none) * rng.random(ROWS))[0]
    return np.where(rng.random(ROWS) < p["hu"][0], 0.0, np.maximum(above, 1.0))


def draw_hurdle_amount(rng: Rng, p: Named) -> Array:
    found = amounts(p).ppf(rng.random(ROWS))[0]
    return np.where(rng.random(ROWS) < p["hu"][0], 0.0, found)


_COUNTS = np.arange(ROWS) % 4.0
_AMOUNTS = np.linspace(0.5, 2.0, ROWS) * (_COUNTS > 0.0)

COMBINED = {
    "beta_binomial": study(
        "beta_binomial",
        ("phi",),
        _COUNTS,
        lambda rng, p: rng.binomial(TRIALS.astype(int), rng.beta(*beta(p))[0]) * 1.0,
        lambda y, p: stats.betabinom(TRIALS, *beta(p)).logpmf(y),
        left="y | trials(n)",
    ),
    **{
        f"zero_inflated_{name}": study(
            f"zero_inflated_{name}", (*more, "zi"), _COUNTS, draw_inflated, inflated
        )
        for name, more in (("poisson", ()), ("negbinomial", ("shape",)))
    },
    **{
        f"zero_inflated_{name}": study(
            f"zero_inflated_{name}",
            (*more, "zi"),
            _COUNTS,
            draw_inflated_successes,
            inflated_successes,
            left="y | trials(n)",
        )
        for name, more in (("binomial", ()), ("beta_binomial", ("phi",)))
    },
    **{
        f"hurdle_{name}": study(
            f"hurdle_{name}", (*more, "hu"), _COUNTS, draw_hurdle, hurdle
        )
        for name, more in (("poisson", ()), ("negbinomial", ("shape",)))
    },
    **{
        f"hurdle_{name}": study(
            f"hurdle_{name}",
            (more, "hu"),
            _AMOUNTS,
            draw_hurdle_amount,
            hurdle_amount,
        )
        for name, more in (("gamma", "shape"), ("lognormal", "sigma"))
    },
}
