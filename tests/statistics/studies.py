"""Models with written priors, each of them written again in NumPy.

What a study draws and how likely it says data are owes nothing to the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, gammaln

Array = NDArray[np.float64]
Named = dict[str, Array]

# few rows: a prior that is wrong must show
LEVELS, ROWS_EACH = 5, 4
ROWS = LEVELS * ROWS_EACH
X = np.linspace(-1.0, 1.0, ROWS_EACH).repeat(LEVELS)
G = np.tile(np.arange(LEVELS), ROWS_EACH)
#: Trials of the binomial, exposures of the counts.
TRIALS = 3.0 + np.arange(ROWS) % 5
EXPOSURE = 0.5 + np.arange(ROWS) % 3


@dataclass(frozen=True)
class Study:
    """A model with written priors, and the same in NumPy.

    Attributes
    ----------
    spec
        The model.
    response
        Some values, to compile it with, as the program has them.
    prior
        Draws of all parameters, by the names of the posterior.
    simulate
        Draws of the response.
    log_likelihood
        Of the response, for each set of parameters along the first axis.
    sd_rate
        Of the exponential prior of the standard deviation of effects.
    sets
        Data sets that are drawn: so many that the planted faults can be seen.
    known
        What else of the program's arrays follows from a response that was drawn.
    """

    spec: str
    response: Array
    prior: Callable[[np.random.Generator, int], Named]
    simulate: Callable[[np.random.Generator, Named], Array]
    log_likelihood: Callable[[Array, Named], Array]
    sd_rate: float = 1.0
    sets: int = 500
    known: Callable[[Array], Named] = lambda y: {}

    @property
    def ranks(self) -> bool:
        """Whether responses are ordered: ranks from 0 in the program."""
        return "ordered(" in self.spec


def eta(p: Named) -> Array:
    """Return the linear predictor, parameters by rows."""
    effects = p["r_g"][:, :, 0][:, G]
    return np.asarray(p["b"][:, :1] * X + effects)


def effects(rng: np.random.Generator, size: int) -> Named:
    """Return draws of what both models have."""
    sd = rng.exponential(1.0, (size, 1))
    return {
        "b": rng.normal(0.0, 1.0, (size, 1)),
        "sd_g": sd,
        "r_g": sd[:, None] * rng.normal(size=(size, LEVELS, 1)),
    }


def gaussian_prior(rng: np.random.Generator, size: int) -> Named:
    intercept = rng.normal(0.0, 2.0, size)
    sigma = rng.exponential(1.0, size)
    return {**effects(rng, size), "Intercept": intercept, "sigma": sigma}


def gaussian_log_likelihood(y: Array, p: Named) -> Array:
    mu = eta(p) + p["Intercept"][:, None]
    return np.asarray(stats.norm(mu, p["sigma"][:, None]).logpdf(y).sum(axis=1))


def ordinal_prior(rng: np.random.Generator, size: int) -> Named:
    thresholds = np.sort(rng.normal(0.0, 2.0, (size, 3)), axis=1)
    return {**effects(rng, size), "threshold": thresholds}


def ordinal_log_likelihood(y: Array, p: Named) -> Array:
    cuts = np.pad(p["threshold"], ((0, 0), (1, 1)), constant_values=np.inf)
    cuts[:, 0] = -np.inf
    rank = y.astype(int) - 1
    at = eta(p)
    chance = expit(cuts[:, rank + 1] - at) - expit(cuts[:, rank] - at)
    return np.asarray(np.log(np.maximum(chance, 1e-300)).sum(axis=1))


def disc(p: Named) -> Array:
    """Return one over the latent scale of each row."""
    return np.asarray(np.exp(p["disc_b"][:, :1] * X))


def disc_prior(rng: np.random.Generator, size: int) -> Named:
    return {**ordinal_prior(rng, size), "disc_b": rng.normal(0.0, 0.4, (size, 1))}


def disc_log_likelihood(y: Array, p: Named) -> Array:
    cuts = np.pad(p["threshold"], ((0, 0), (1, 1)), constant_values=np.inf)
    cuts[:, 0] = -np.inf
    rank, at, slope = y.astype(int) - 1, eta(p), disc(p)
    upper = expit(slope * (cuts[:, rank + 1] - at))
    chance = upper - expit(slope * (cuts[:, rank] - at))
    return np.asarray(np.log(np.maximum(chance, 1e-300)).sum(axis=1))


def spread_prior(rng: np.random.Generator, size: int) -> Named:
    """Sigma with an intercept, an effect and group effects of its own."""
    sd = rng.exponential(0.5, (size, 1))
    return {
        **effects(rng, size),
        "Intercept": rng.normal(0.0, 2.0, size),
        "sigma_Intercept": rng.normal(0.0, 0.5, size),
        "sigma_b": rng.normal(0.0, 0.4, (size, 1)),
        "sigma_sd_g": sd,
        "sigma_r_g": sd[:, None] * rng.normal(size=(size, LEVELS, 1)),
    }


def spread(p: Named) -> Array:
    log = p["sigma_Intercept"][:, None] + p["sigma_b"][:, :1] * X
    return np.asarray(np.exp(log + p["sigma_r_g"][:, :, 0][:, G]))


def mu(p: Named) -> Array:
    return np.asarray(eta(p) + p["Intercept"][:, None])


def student_prior(rng: np.random.Generator, size: int) -> Named:
    nu = rng.gamma(2.0, 10.0, size)
    while (nu < 1.0).any():
        nu = np.where(nu < 1.0, rng.gamma(2.0, 10.0, size), nu)
    return {**gaussian_prior(rng, size), "nu": nu}


def count_prior(rng: np.random.Generator, size: int) -> Named:
    """Small effects: the predictor is a logarithm."""
    sd = rng.exponential(0.5, (size, 1))
    return {
        "b": rng.normal(0.0, 0.5, (size, 1)),
        "sd_g": sd,
        "r_g": sd[:, None] * rng.normal(size=(size, LEVELS, 1)),
        "Intercept": rng.normal(1.0, 0.7, size),
    }


def rate(p: Named) -> Array:
    return np.asarray(EXPOSURE * np.exp(mu(p)))


def negbinomial_prior(rng: np.random.Generator, size: int) -> Named:
    return {**count_prior(rng, size), "shape": rng.lognormal(1.0, 0.5, size)}


def negbinomial(p: Named) -> tuple[Array, Array]:
    """Return SciPy's arguments: counts of t units have t times the shape."""
    shape = p["shape"][:, None] * EXPOSURE
    return shape, shape / (shape + rate(p))


def gamma(p: Named) -> tuple[Array, Array]:
    """Return shape and scale of each row."""
    shape = p["shape"][:, None] + 0.0 * mu(p)
    return shape, np.exp(mu(p)) / shape


def weibull(p: Named) -> tuple[Array, Array]:
    shape = p["shape"][:, None] + 0.0 * mu(p)
    return shape, np.exp(mu(p) - gammaln(1.0 + 1.0 / shape))


def logistic_prior(rng: np.random.Generator, size: int) -> Named:
    return {**effects(rng, size), "Intercept": rng.normal(0.0, 1.0, size)}


def beta_prior(rng: np.random.Generator, size: int) -> Named:
    """Small effects: shares near 1 have no digits left."""
    phi = rng.lognormal(2.0, 0.5, size)
    intercept = rng.normal(0.0, 1.0, size)
    return {**count_prior(rng, size), "Intercept": intercept, "phi": phi}


def beta(p: Named) -> tuple[Array, Array]:
    """Return SciPy's arguments."""
    phi = p["phi"][:, None]
    return phi * expit(mu(p)), phi * expit(-mu(p))


_COUNTS = """
prior Intercept ~ normal(1, 0.7)
prior b ~ normal(0, 0.5)
prior sd ~ exponential(2)
"""

STUDIES = {
    "gaussian": Study(
        "y ~ x + (1 | g)\n"
        "prior Intercept ~ normal(0, 2)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\nprior sigma ~ exponential(1)\n",
        np.linspace(-1.0, 1.0, ROWS),
        gaussian_prior,
        lambda rng, p: rng.normal(eta(p)[0] + p["Intercept"][0], p["sigma"][0]),
        gaussian_log_likelihood,
    ),
    "ordlogit": Study(
        "column y: ordered(1..4)\n"
        "y ~ x + (1 | g), family=ordlogit\n"
        "prior b ~ normal(0, 1)\nprior threshold ~ normal(0, 2)\n"
        "prior sd ~ exponential(1)\n",
        np.arange(ROWS) % 4 + 1.0,
        ordinal_prior,
        lambda rng, p: (
            1.0 + (rng.logistic(eta(p)[0])[:, None] > p["threshold"][0]).sum(axis=1)
        ),
        ordinal_log_likelihood,
    ),
    "ordlogit, disc": Study(
        "column y: ordered(1..4)\n"
        "y ~ x + (1 | g), family=ordlogit\n  disc ~ x\n"
        "prior b ~ normal(0, 1)\nprior threshold ~ normal(0, 2)\n"
        "prior sd ~ exponential(1)\nprior disc.b ~ normal(0, 0.4)\n",
        np.arange(ROWS) % 4 + 1.0,
        disc_prior,
        lambda rng, p: (
            1.0
            + (
                (eta(p)[0] + rng.logistic(size=ROWS) / disc(p)[0])[:, None]
                > p["threshold"][0]
            ).sum(axis=1)
        ),
        disc_log_likelihood,
    ),
    "gaussian, sigma": Study(
        "y ~ x + (1 | g)\n  sigma ~ x + (1 | g)\n"
        "prior Intercept ~ normal(0, 2)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\nprior sigma.Intercept ~ normal(0, 0.5)\n"
        "prior sigma.b ~ normal(0, 0.4)\nprior sigma.sd ~ exponential(2)\n",
        np.linspace(-1.0, 1.0, ROWS),
        spread_prior,
        lambda rng, p: rng.normal(mu(p)[0], spread(p)[0]),
        lambda y, p: stats.norm(mu(p), spread(p)).logpdf(y).sum(axis=1),
    ),
    "student": Study(
        "y ~ x + (1 | g), family=student\n"
        "prior Intercept ~ normal(0, 2)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\nprior sigma ~ exponential(1)\n",
        np.linspace(-1.0, 1.0, ROWS),
        student_prior,
        lambda rng, p: mu(p)[0] + p["sigma"][0] * rng.standard_t(p["nu"][0], ROWS),
        lambda y, p: (
            stats.t(p["nu"][:, None], mu(p), p["sigma"][:, None]).logpdf(y).sum(axis=1)
        ),
    ),
    "lognormal": Study(
        "y ~ x + (1 | g), family=lognormal\n"
        "prior Intercept ~ normal(0, 2)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\nprior sigma ~ exponential(1)\n",
        np.linspace(0.5, 2.0, ROWS),
        gaussian_prior,
        lambda rng, p: rng.lognormal(mu(p)[0], p["sigma"][0]),
        lambda y, p: (
            stats.norm(mu(p), p["sigma"][:, None]).logpdf(np.log(y)) - np.log(y)
        ).sum(axis=1),
    ),
    "bernoulli": Study(
        "y ~ x + (1 | g), family=bernoulli\n"
        "prior Intercept ~ normal(0, 1)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\n",
        np.arange(ROWS) % 2.0,
        logistic_prior,
        lambda rng, p: rng.binomial(1, expit(mu(p)[0])).astype(float),
        lambda y, p: stats.bernoulli(expit(mu(p))).logpmf(y).sum(axis=1),
    ),
    "binomial": Study(
        "y | trials(n) ~ x + (1 | g), family=binomial\n"
        "prior Intercept ~ normal(0, 1)\nprior b ~ normal(0, 1)\n"
        "prior sd ~ exponential(1)\n",
        np.arange(ROWS) % 4.0,
        logistic_prior,
        lambda rng, p: rng.binomial(TRIALS.astype(int), expit(mu(p)[0])).astype(float),
        lambda y, p: stats.binom(TRIALS, expit(mu(p))).logpmf(y).sum(axis=1),
    ),
    "poisson": Study(
        f"y | rate(t) ~ x + (1 | g), family=poisson\n{_COUNTS}",
        np.arange(ROWS) % 4.0,
        count_prior,
        lambda rng, p: rng.poisson(rate(p)[0]).astype(float),
        lambda y, p: stats.poisson(rate(p)).logpmf(y).sum(axis=1),
        sd_rate=2.0,
    ),
    "negbinomial": Study(
        "y | rate(t) ~ x + (1 | g), family=negbinomial\n"
        f"{_COUNTS}prior shape ~ lognormal(1, 0.5)\n",
        np.arange(ROWS) % 4.0,
        negbinomial_prior,
        lambda rng, p: rng.negative_binomial(*(a[0] for a in negbinomial(p))) * 1.0,
        lambda y, p: stats.nbinom(*negbinomial(p)).logpmf(y).sum(axis=1),
        sd_rate=2.0,
    ),
    **{
        family: Study(
            f"y ~ x + (1 | g), family={family}\n{_COUNTS}{shape}",
            response,
            prior,
            simulate,
            log_likelihood,
            sd_rate=2.0,
        )
        for family, shape, response, prior, simulate, log_likelihood in (
            (
                "gamma",
                "prior shape ~ lognormal(1, 0.5)\n",
                np.linspace(0.5, 2.0, ROWS),
                negbinomial_prior,
                lambda rng, p: rng.gamma(*(a[0] for a in gamma(p))),
                lambda y, p: (
                    stats.gamma(gamma(p)[0], scale=gamma(p)[1]).logpdf(y).sum(axis=1)
                ),
            ),
            (
                "exponential",
                "",
                np.linspace(0.5, 2.0, ROWS),
                count_prior,
                lambda rng, p: rng.exponential(np.exp(mu(p)[0])),
                lambda y, p: stats.expon(scale=np.exp(mu(p))).logpdf(y).sum(axis=1),
            ),
            (
                "weibull",
                "prior shape ~ lognormal(1, 0.5)\n",
                np.linspace(0.5, 2.0, ROWS),
                negbinomial_prior,
                lambda rng, p: weibull(p)[1][0] * rng.weibull(weibull(p)[0][0]),
                lambda y, p: (
                    stats.weibull_min(weibull(p)[0], scale=weibull(p)[1])
                    .logpdf(y)
                    .sum(axis=1)
                ),
            ),
            (
                "geometric",
                "",
                np.arange(ROWS) % 4.0,
                count_prior,
                lambda rng, p: rng.geometric(expit(-mu(p)[0])) - 1.0,
                lambda y, p: stats.geom(expit(-mu(p))).logpmf(y + 1).sum(axis=1),
            ),
        )
    },
    "beta": Study(
        "y ~ x + (1 | g), family=beta\n"
        "prior Intercept ~ normal(0, 1)\nprior b ~ normal(0, 0.5)\n"
        "prior sd ~ exponential(2)\nprior phi ~ lognormal(2, 0.5)\n",
        np.linspace(0.2, 0.8, ROWS),
        beta_prior,
        lambda rng, p: np.clip(rng.beta(*(a[0] for a in beta(p))), 1e-300, 1.0 - 1e-16),
        lambda y, p: stats.beta(*beta(p)).logpdf(y).sum(axis=1),
        sd_rate=2.0,
    ),
}
