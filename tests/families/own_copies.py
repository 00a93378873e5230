"""Families of one's own that the language has too: what one has holds for both.

They are written on the values of the parameters, as users write them, and by formulas
that digits are lost by far out: the families of the language are not.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from scipy import special

import varying
from varying.compiler.families.family import Family
from varying.compiler.families.own import own_families


def _gaussian() -> Family:
    def density(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
        return (
            -0.5 * m.square((y - mu) / sigma) - m.log(sigma) - 0.5 * np.log(2 * np.pi)
        )

    return varying.Family(
        "own_gaussian",
        density,
        dpars={"sigma": "exponential(1 / sd)"},
        simulate=lambda rng, mu, sigma: rng.normal(mu, sigma),
        mean=lambda mu, sigma: mu + 0.0 * sigma,
        log_cdf=lambda m, y, mu, sigma: m.log_ndtr((y - mu) / sigma),
        log_sf=lambda m, y, mu, sigma: m.log_ndtr((mu - y) / sigma),
    )


def _weibull() -> Family:
    def log_hazard(m: Any, y: Any, mean: Any, shape: Any) -> Any:
        return shape * (m.log(y) - m.log(mean) + m.lgamma1p(1.0 / shape))

    def density(m: Any, y: Any, mean: Any, shape: Any) -> Any:
        log_h = log_hazard(m, y, mean, shape)
        return m.log(shape) - m.log(y) + log_h - m.exp(log_h)

    def simulate(rng: np.random.Generator, mean: Any, shape: Any) -> Any:
        return rng.weibull(shape) * mean / special.gamma(1.0 + 1.0 / shape)

    return varying.Family(
        "own_weibull",
        density,
        link="log",
        dpars={"shape": "gamma(4, 2)"},
        predictor="eta",
        simulate=simulate,
        mean=lambda mean, shape: mean + 0.0 * shape,
        log_cdf=lambda m, *given: m.log1mexp(m.exp(log_hazard(m, *given))),
        log_sf=lambda m, *given: -m.exp(log_hazard(m, *given)),
        bounds=(0.0, inf),
    )


def _beta_binomial() -> Family:
    def log_beta(m: Any, a: Any, b: Any) -> Any:
        each = [m.lgamma1p(x) - m.log(x) for x in (a, b, a + b)]
        return each[0] + each[1] - each[2]

    def density(m: Any, y: Any, mu: Any, phi: Any, trials: Any) -> Any:
        a, b = mu * phi, (1.0 - mu) * phi
        ways = m.lgamma1p(trials) - m.lgamma1p(y) - m.lgamma1p(trials - y)
        return ways + log_beta(m, y + a, trials - y + b) - log_beta(m, a, b)

    def tail(m: Any, side: int, y: Any, mu: Any, phi: Any, trials: Any) -> Any:
        # of the probability of y itself
        a, b = mu * phi, (1.0 - mu) * phi
        found = m.betabinom_tails(y, a, b, trials)[side]
        return density(m, y, mu, phi, trials) + found

    def simulate(rng: np.random.Generator, mu: Any, phi: Any, trials: Any) -> Any:
        return rng.binomial(trials.astype(int), rng.beta(mu * phi, (1.0 - mu) * phi))

    return varying.Family(
        "own_beta_binomial",
        density,
        link="logit",
        dpars={"phi": "exponential(0.1)"},
        response="successes",
        known=["trials"],
        predictor="eta",
        simulate=simulate,
        mean=lambda mu, phi, trials: trials * mu + 0.0 * phi,
        log_cdf=lambda m, *given: tail(m, 0, *given),
        log_sf=lambda m, *given: tail(m, 1, *given),
    )


#: By the family of the language that each is.
COPIES = {
    name.removeprefix("own_"): family
    for name, family in own_families(
        [_gaussian(), _weibull(), _beta_binomial()]
    ).items()
}
