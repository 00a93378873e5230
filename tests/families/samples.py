"""Parameters and responses to try each family on: moderate ones and far tails."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from varying.compiler.distributions.table import SUPPORTS
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family

from .drawing import Rng, Sample, far, spread, whole
from .further import TRIED
from .made import MADE

Array = NDArray[Any]

#: Vectors that all rows have in common.
SHARED = {"threshold", "gap"}
#: Families whose thresholds are of steps.
STEPS = ("sratio", "cratio", "acat")
#: Families whose lowest category has a share of its own, and how many are apart.
LOWEST = (("hurdle_cumulative", "hu", 1), ("zero_inflated_cumulative", "zi", 0))


def _gaussian(rng: Rng, rows: int) -> Sample:
    mu = rng.normal(0.0, 1e3, rows)
    sigma = np.exp(rng.normal(0.0, 3.0, rows))
    y = mu + sigma * rng.normal(0.0, 10.0, rows)
    return Sample(y, {"mu": mu, "sigma": sigma})


def _student(rng: Rng, rows: int) -> Sample:
    """Half of the rows far out, half where the data are; nu up to 10^15."""
    z = np.where(
        rng.random(rows) < 0.5,
        rng.standard_t(2.0, rows),
        rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-9, 1e100),
    )
    mu, sigma = rng.normal(0.0, 1e3, rows), np.exp(rng.normal(0.0, 3.0, rows))
    nu = 1.0 + spread(rng, rows, 1e-6, 1e15)
    return Sample(mu + sigma * z, {"mu": mu, "sigma": sigma, "nu": nu})


def _lognormal(rng: Rng, rows: int) -> Sample:
    mu, sigma = rng.normal(0.0, 5.0, rows), spread(rng, rows, 0.05, 20.0)
    y = np.exp(np.clip(mu + sigma * rng.normal(0.0, 5.0, rows), -300.0, 300.0))
    return Sample(y, {"mu": mu, "sigma": sigma})


def _gamma(rng: Rng, rows: int) -> Sample:
    """Half of the rows likely ones, half up to e^30 off; shapes from 1e-4 to 1e4."""
    shape = spread(rng, rows, 1e-4, 1e4)
    off = np.where(
        rng.random(rows) < 0.5,
        rng.normal(0.0, 2.0, rows) / np.sqrt(1.0 + shape),
        rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-9, 30.0),
    )
    log_y = rng.normal(0.0, 5.0, rows)
    return Sample(np.exp(log_y), {"eta": log_y - off, "shape": shape})


def _exponential(rng: Rng, rows: int) -> Sample:
    """A few zeros; half of the rows up to e^30 off."""
    log_y = rng.normal(0.0, 5.0, rows)
    y = np.where(rng.random(rows) < 0.05, 0.0, np.exp(log_y))
    off = np.where(
        rng.random(rows) < 0.5,
        rng.normal(0.0, 2.0, rows),
        rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-9, 30.0),
    )
    return Sample(y, {"eta": log_y - off})


def _weibull(rng: Rng, rows: int) -> Sample:
    """Shapes from 0.05 to 300, responses up to 30 units of their log off."""
    shape, log_y = spread(rng, rows, 0.05, 300.0), rng.normal(0.0, 1.5, rows)
    z = np.where(
        rng.random(rows) < 0.5,
        np.log(rng.exponential(1.0, rows)),
        rng.uniform(-30.0, 5.0, rows),
    )
    eta = log_y - z / shape + special.gammaln(1.0 + 1.0 / shape)
    return Sample(np.exp(log_y), {"eta": eta, "shape": shape})


def _beta(rng: Rng, rows: int) -> Sample:
    """Half of the rows likely ones; precisions from 1e-3 to 1e6."""
    phi, likely = spread(rng, rows, 1e-3, 1e6), rng.random(rows) < 0.5
    eta = np.where(likely, rng.normal(0.0, 2.0, rows), far(rng, rows))
    near = np.where(likely, eta, 0.0)
    a, b = phi * special.expit(near), phi * special.expit(-near)
    share = np.where(
        rng.random(rows) < 0.5, spread(rng, rows, 1e-9, 0.5), rng.random(rows)
    )
    y = np.where(likely, rng.beta(a, b), share)
    return Sample(np.clip(y, 1e-300, 1.0 - 2.0**-53), {"eta": eta, "phi": phi})


def _bounded(rng: Rng, rows: int) -> Sample:
    """Shares of which a third are at the ends."""
    plain = _beta(rng, rows)
    y = np.where(rng.random(rows) < 0.3, rng.integers(0, 2, rows) * 1.0, plain.y)
    return Sample(y, plain.arguments)


def _zero_one_inflated_beta(rng: Rng, rows: int) -> Sample:
    plain = _bounded(rng, rows)
    small = spread(rng, rows, 1e-6, 0.5)
    zoi = np.where(rng.random(rows) < 0.5, small, 1.0 - small)
    coi = rng.permutation(zoi)
    return Sample(plain.y, {**plain.arguments, "zoi": zoi, "coi": coi})


def _ordered_beta(rng: Rng, rows: int) -> Sample:
    """Gaps from 1e-12 to 30, cut points on both sides of 0."""
    plain = _bounded(rng, rows)
    cutgap, cutzero = spread(rng, rows, 1e-12, 30.0), rng.normal(0.0, 5.0, rows)
    return Sample(plain.y, {**plain.arguments, "cutgap": cutgap, "cutzero": cutzero})


def _smaller_binomial(rng: Rng, rows: int) -> Sample:
    """Up to 10^4 trials: a made kernel has a digit less of a million."""
    plain = _beta_binomial(rng, rows)
    arguments = {name: plain.arguments[name] for name in ("eta", "trials")}
    return Sample(plain.y, arguments)


def _smaller_poisson(rng: Rng, rows: int) -> Sample:
    """Means up to 10^17: of larger ones 60 digits leave none for the other slopes."""
    plain = _poisson(rng, rows)
    return Sample(plain.y, {"eta": np.minimum(plain.arguments["eta"], 40.0)})


def _made_negbinomial(rng: Rng, rows: int) -> Sample:
    """Within the range of a kernel that is made: its slopes have a digit less."""
    return _negbinomial(rng, rows, 1e5, 1e12)


def _beta_binomial(rng: Rng, rows: int) -> Sample:
    """Up to 10^4 trials, precisions from 1e-3 to 1e6; half of the rows likely ones."""
    trials, phi = whole(rng, rows, 1e4), spread(rng, rows, 1e-3, 1e6)
    likely = rng.random(rows) < 0.5
    eta = np.where(likely, rng.normal(0.0, 2.0, rows), far(rng, rows))
    near = np.where(likely, eta, 0.0)
    a, b = phi * special.expit(near), phi * special.expit(-near)
    y = np.where(
        likely,
        rng.binomial(trials, rng.beta(a, b)),
        np.minimum(trials, whole(rng, rows, 1e4)),
    )
    return Sample(y, {"eta": eta, "phi": phi, "trials": trials})


def _geometric(rng: Rng, rows: int) -> Sample:
    eta = np.where(rng.random(rows) < 0.5, rng.normal(1.0, 2.0, rows), far(rng, rows))
    return Sample(whole(rng, rows, 1e6), {"eta": eta})


def _bernoulli(rng: Rng, rows: int) -> Sample:
    return Sample(rng.integers(0, 2, rows), {"eta": far(rng, rows)})


def _binomial(rng: Rng, rows: int) -> Sample:
    """Up to a million trials; half of the rows are likely ones."""
    trials, likely = whole(rng, rows, 1e6), rng.random(rows) < 0.5
    eta = np.where(likely, rng.normal(0.0, 2.0, rows), far(rng, rows))
    y = np.where(
        likely,
        rng.binomial(trials, 1.0 / (1.0 + np.exp(-eta))),
        np.minimum(trials, whole(rng, rows, 1e6)),
    )
    return Sample(y, {"eta": eta, "trials": trials})


def _poisson(rng: Rng, rows: int) -> Sample:
    """Means up to 10^5 with likely counts, and far tails."""
    likely = rng.random(rows) < 0.5
    eta = np.where(likely, rng.uniform(-3.0, math.log(1e5), rows), far(rng, rows))
    drawn = rng.poisson(np.exp(np.where(likely, eta, 0.0)))
    return Sample(np.where(likely, drawn, whole(rng, rows, 1e6)), {"eta": eta})


def _negbinomial(
    rng: Rng, rows: int, most: float = 1e6, largest: float = 1e15
) -> Sample:
    """As Poisson, with shapes from 10^-6 to 10^15."""
    shape = spread(rng, rows, 1e-6, largest)
    likely = rng.random(rows) < 0.5
    eta = np.where(likely, rng.uniform(-3.0, math.log(1e5), rows), far(rng, rows))
    drawn = rng.poisson(np.exp(np.where(likely, eta, 0.0)) * rng.gamma(shape) / shape)
    y = np.where(likely, drawn, whole(rng, rows, most))
    return Sample(y, {"eta": eta, "shape": shape})


def _ordlogit(rng: Rng, rows: int) -> Sample:
    """One scale with gaps from 1e-12 to 30."""
    gap = spread(rng, 18, 1e-12, 30.0)
    threshold = -40.0 + np.concatenate([[0.0], np.cumsum(gap)])
    y = rng.integers(0, len(threshold) + 1, rows)
    return Sample(y, {"eta": far(rng, rows), "threshold": threshold, "gap": gap})


def _scaled_ordlogit(rng: Rng, rows: int) -> Sample:
    plain = _ordlogit(rng, rows)
    disc = np.exp(rng.normal(0.0, 2.0, rows))
    return Sample(plain.y, {**plain.arguments, "disc": disc})


def _steps(rng: Rng, rows: int) -> Sample:
    """One scale with seven thresholds in no order, predictors out to the ends."""
    threshold = rng.normal(0.0, 5.0, 7)
    y = rng.integers(0, 8, rows)
    return Sample(y, {"eta": far(rng, rows), "threshold": threshold})


def _scaled_steps(rng: Rng, rows: int) -> Sample:
    plain = _steps(rng, rows)
    disc = np.exp(rng.normal(0.0, 1.0, rows))
    return Sample(plain.y, {**plain.arguments, "disc": disc})


def _lowest(
    make: Callable[[Rng, int], Sample], name: str, apart: int
) -> Callable[[Rng, int], Sample]:
    """Return ordinal samples with more in the lowest category, or with one apart."""
    inflated = _with_zeros(make, name)

    def sample(rng: Rng, rows: int) -> Sample:
        found = inflated(rng, rows)
        y = np.where(rng.random(rows) < 0.3, 0, found.y + apart)
        return Sample(y, found.arguments)

    return sample


def _with_zeros(
    make: Callable[[Rng, int], Sample], name: str
) -> Callable[[Rng, int], Sample]:
    """Return samples of a family with a third of zeros, at chances near 0 and 1."""

    def sample(rng: Rng, rows: int) -> Sample:
        plain, small = make(rng, rows), spread(rng, rows, 1e-6, 0.5)
        share = np.where(rng.random(rows) < 0.5, small, 1.0 - small)
        y = np.where(rng.random(rows) < 0.3, 0 * plain.y, plain.y)
        return Sample(y, {**plain.arguments, name: share})

    return sample


#: A family is tried without and with the parameters that else are fixed.
SAMPLES: Mapping[str, Callable[[Rng, int], Sample]] = {
    "gaussian": _gaussian,
    "student": _student,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "exponential": _exponential,
    "weibull": _weibull,
    "beta": _beta,
    "zero_inflated_beta": _with_zeros(_beta, "zi"),
    "zero_one_inflated_beta": _zero_one_inflated_beta,
    "ordered_beta": _ordered_beta,
    "bernoulli": _bernoulli,
    "binomial": _binomial,
    "beta_binomial": _beta_binomial,
    "poisson": _poisson,
    "negbinomial": _negbinomial,
    "geometric": _geometric,
    "zero_inflated_poisson": _with_zeros(_smaller_poisson, "zi"),
    "zero_inflated_negbinomial": _with_zeros(_made_negbinomial, "zi"),
    "zero_inflated_binomial": _with_zeros(_smaller_binomial, "zi"),
    "zero_inflated_beta_binomial": _with_zeros(_beta_binomial, "zi"),
    "hurdle_poisson": _with_zeros(_smaller_poisson, "hu"),
    "hurdle_negbinomial": _with_zeros(_made_negbinomial, "hu"),
    "hurdle_gamma": _with_zeros(_gamma, "hu"),
    "hurdle_lognormal": _with_zeros(_lognormal, "hu"),
    "ordlogit": _ordlogit,
    "ordlogit with disc": _scaled_ordlogit,
    **{
        f"{family}{more}": _lowest(make, share, apart)
        for family, share, apart in LOWEST
        for more, make in ((("", _ordlogit)), (" with disc", _scaled_ordlogit))
    },
    **dict.fromkeys(STEPS, _steps),
    **{f"{name} with disc": _scaled_steps for name in STEPS},
    **{name: tried.sample for name, tried in TRIED.items()},
}

#: One set of parameters to draw responses from.
MODERATE: Mapping[str, dict[str, Array]] = {
    "gaussian": {"mu": np.array([3.0]), "sigma": np.array([0.7])},
    "student": {
        "mu": np.array([3.0]),
        "sigma": np.array([0.7]),
        "nu": np.array([5.0]),
    },
    "lognormal": {"mu": np.array([-0.4]), "sigma": np.array([0.8])},
    "gamma": {"eta": np.array([0.4]), "shape": np.array([2.6])},
    "exponential": {"eta": np.array([0.4])},
    "weibull": {"eta": np.array([0.4]), "shape": np.array([1.6])},
    "beta": {"eta": np.array([0.4]), "phi": np.array([5.0])},
    "zero_inflated_beta": {
        "eta": np.array([0.4]),
        "phi": np.array([5.0]),
        "zi": np.array([0.3]),
    },
    "zero_one_inflated_beta": {
        "eta": np.array([0.4]),
        "phi": np.array([5.0]),
        "zoi": np.array([0.3]),
        "coi": np.array([0.4]),
    },
    "ordered_beta": {
        "eta": np.array([0.4]),
        "phi": np.array([5.0]),
        "cutgap": np.array([2.5]),
        "cutzero": np.array([-0.9]),
    },
    "zero_inflated_binomial": {
        "eta": np.array([0.6]),
        "zi": np.array([0.3]),
        "trials": np.array([9]),
    },
    "zero_inflated_beta_binomial": {
        "eta": np.array([0.6]),
        "phi": np.array([3.0]),
        "zi": np.array([0.3]),
        "trials": np.array([9]),
    },
    "geometric": {"eta": np.array([0.9])},
    "zero_inflated_poisson": {"eta": np.array([0.9]), "zi": np.array([0.3])},
    "zero_inflated_negbinomial": {
        "eta": np.array([0.9]),
        "shape": np.array([1.7]),
        "zi": np.array([0.3]),
    },
    "hurdle_poisson": {"eta": np.array([0.4]), "hu": np.array([0.3])},
    "hurdle_negbinomial": {
        "eta": np.array([0.9]),
        "shape": np.array([1.7]),
        "hu": np.array([0.3]),
    },
    "hurdle_gamma": {
        "eta": np.array([0.4]),
        "shape": np.array([2.6]),
        "hu": np.array([0.3]),
    },
    "hurdle_lognormal": {
        "mu": np.array([-0.4]),
        "sigma": np.array([0.8]),
        "hu": np.array([0.3]),
    },
    "bernoulli": {"eta": np.array([0.6])},
    "binomial": {"eta": np.array([0.6]), "trials": np.array([9])},
    "beta_binomial": {
        "eta": np.array([0.6]),
        "phi": np.array([3.0]),
        "trials": np.array([9]),
    },
    "poisson": {"eta": np.array([1.3])},
    "negbinomial": {"eta": np.array([1.3]), "shape": np.array([0.8])},
    "ordlogit": {
        "eta": np.array([0.4]),
        "threshold": np.array([-1.0, 0.2, 1.7]),
        "gap": np.array([1.2, 1.5]),
    },
    "ordlogit with disc": {
        "eta": np.array([0.4]),
        "threshold": np.array([-1.0, 0.2, 1.7]),
        "gap": np.array([1.2, 1.5]),
        "disc": np.array([1.7]),
    },
    **{
        f"{family}{' with disc' if disc else ''}": {
            "eta": np.array([0.4]),
            "threshold": np.array([-1.0, 0.2, 1.7]),
            "gap": np.array([1.2, 1.5]),
            **disc,
            share: np.array([0.3]),
        }
        for family, share, _ in LOWEST
        for disc in ({}, {"disc": np.array([1.7])})
    },
    **{
        name: {"eta": np.array([0.4]), "threshold": np.array([-0.6, 0.7, 0.1])}
        for name in STEPS
    },
    **{
        f"{name} with disc": {
            "eta": np.array([0.4]),
            "threshold": np.array([-0.6, 0.7, 0.1]),
            "disc": np.array([1.7]),
        }
        for name in STEPS
    },
    **{
        name: {key: np.array([value]) for key, value in tried.moderate.items()}
        for name, tried in TRIED.items()
    },
}


def family_of(case: str) -> str:
    return case.split()[0]


def known_of(case: str, arguments: Mapping[str, Array]) -> dict[str, Array]:
    """Return what rows bring along beside the response."""
    return {name: arguments[name] for name in FAMILIES[family_of(case)].known}


def moved_of(case: str) -> dict[str, bool]:
    """Parameters that a formula moves, and whether they are positive."""
    if case in MADE:
        return MADE[case].moved
    family = FAMILIES[family_of(case)]
    arguments = MODERATE[case]
    others = {
        dpar.name: math.isfinite(SUPPORTS[dpar.support][0])
        for dpar in family.dpars
        if dpar.name in arguments
    }
    return {family.predictor: False, **others}


def repeated(case: str, count: int) -> dict[str, Array]:
    return {
        key: value if key in SHARED else np.repeat(value, count)
        for key, value in MODERATE[case].items()
    }


def error(found: Array, wanted: Array) -> float:
    """Largest relative error; absolute where the number is below 1."""
    assert np.isfinite(found).all()
    return float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))


def record_of(case: str) -> Family:
    return MADE[case].family if case in MADE else FAMILIES[family_of(case)]


def drawn(case: str, rng: Rng, rows: int) -> Sample:
    make = MADE[case].sample if case in MADE else SAMPLES[case]
    return make(rng, rows)


def density_of(case: str, sample: Sample) -> Array:
    return record_of(case).log_density(sample.y, **sample.arguments)


def slope_of(case: str, sample: Sample, parameter: str, logarithm: bool) -> Array:
    """Derivative by complex step."""
    at = sample.arguments[parameter]
    moved = at * (1.0 + 1e-30j) if logarithm else at + 1e-30j
    stepped = Sample(sample.y, {**sample.arguments, parameter: moved})
    return np.imag(density_of(case, stepped)) / 1e-30
