"""Residual variances of shares, held against responses that the families draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from varying.compiler.families import FAMILIES
from varying.runtime.questions.variance import LATENT, MODELLED

DRAWN = 400_000
#: Parameters of each family. Heavy tails are not too heavy for a sample variance.
GIVEN: dict[str, dict[str, float]] = {
    "gaussian": {"mu": 1.0, "sigma": 0.7},
    "student": {"mu": 1.0, "sigma": 0.7, "nu": 9.0},
    "skew_normal": {"mu": 1.0, "sigma": 0.7, "alpha": 3.0},
    "laplace": {"mu": 1.0, "sigma": 0.7},
    "asymmetric_laplace": {"mu": 1.0, "sigma": 0.7, "quantile": 0.3},
    "exgaussian": {"mu": 1.0, "sigma": 0.3, "beta": 0.5},
    "gumbel": {"mu": 1.0, "sigma": 0.7},
    "lognormal": {"mu": 0.3, "sigma": 0.4},
    "shifted_lognormal": {"mu": 0.3, "sigma": 0.4, "ndt": 0.2},
    "gamma": {"eta": 0.4, "shape": 3.0},
    "exponential": {"eta": 0.4},
    "weibull": {"eta": 0.4, "shape": 1.7},
    "frechet": {"eta": 0.4, "nu": 7.0},
    "inverse_gaussian": {"eta": 0.4, "shape": 2.5},
    "beta": {"eta": 0.4, "phi": 5.0},
    "bernoulli": {"eta": 0.4},
    "binomial": {"eta": 0.4, "trials": 6.0},
    "beta_binomial": {"eta": 0.4, "trials": 6.0, "phi": 5.0},
    "poisson": {"eta": 0.9},
    "geometric": {"eta": 0.9},
    "negbinomial": {"eta": 0.9, "shape": 2.0},
    "zero_inflated_poisson": {"eta": 0.9, "zi": 0.3},
    "zero_inflated_negbinomial": {"eta": 0.9, "shape": 2.0, "zi": 0.3},
}


def _drawn(name: str) -> tuple[Any, dict[str, Any]]:
    given = {key: np.full(DRAWN, value) for key, value in GIVEN[name].items()}
    drawn = FAMILIES[name].simulate(np.random.default_rng(5), **given)
    return np.asarray(drawn, float), {n: np.asarray(v) for n, v in GIVEN[name].items()}


def _spread(drawn: Any) -> tuple[float, float]:
    """Return the variance of what was drawn, and its standard error."""
    squares = np.square(drawn - drawn.mean())
    return float(squares.mean()), float(squares.std() / np.sqrt(len(drawn)))


@pytest.mark.parametrize("name", MODELLED)
def test_the_variance_of_a_response(name: str) -> None:
    drawn, given = _drawn(name)
    found = MODELLED[name](np.asarray(FAMILIES[name].mean(**given)), given)
    variance, error = _spread(drawn)
    assert abs(float(found) - variance) < 4.5 * error


#: What is a function of the residual on the scale of the linear predictor.
LOGS = {"lognormal", "shifted_lognormal", "gamma", "exponential", "weibull", "frechet"}


@pytest.mark.parametrize(
    "name", [n for n in LATENT if n in GIVEN and n not in ("bernoulli", "binomial")]
)
def test_the_variance_on_the_scale_of_the_predictor(name: str) -> None:
    drawn, given = _drawn(name)
    if name in LOGS:
        drawn = np.log(drawn - GIVEN[name].get("ndt", 0.0))
    variance, error = _spread(drawn)
    assert abs(float(LATENT[name](given, "")) - variance) < 4.5 * error


def test_a_variance_that_there_is_not_is_infinite() -> None:
    given = {"nu": np.asarray(1.8)}
    assert np.isinf(MODELLED["frechet"](np.asarray(2.0), given))
