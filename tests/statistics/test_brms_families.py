"""Families with the same priors have the log density of brms's program.

``references/brms/families.R`` writes it at three points each, without Jacobians.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln, logit, logsumexp

from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled

Array = NDArray[np.float64]
FOLDER = REFERENCES / "brms"
#: The shortest of the times.
SHORTEST = 0.3232
PRIORS = {
    "shape": "exponential(1)",
    "phi": "exponential(0.2)",
    "zi": "beta(2, 3)",
    "hu": "beta(2, 3)",
    "zoi": "beta(2, 3)",
    "coi": "beta(2, 3)",
    "sigma": "exponential(1)",
    # below the shortest time
    "ndt": f"exponential(1, ub={SHORTEST})",
    "beta": "exponential(1)",
    "alpha": "normal(0, 4)",
    "quantile": "beta(2, 2)",
    "kappa": "exponential(1)",
    "bs": "exponential(1)",
    "bias": "beta(2, 2)",
    "nu": "gamma(4, 1, lb=1)",
}
UNIT = ("zi", "hu", "zoi", "coi", "quantile", "bias")
REAL = ("alpha",)
MODELS = {
    "gamma": ("positive", "shape"),
    "beta": ("share", "phi"),
    "weibull": ("positive", "shape"),
    "beta_binomial": ("hits | trials(trials)", "phi"),
    "zero_inflated_negbinomial": ("zeros", "shape zi"),
    "zero_inflated_beta": ("low", "phi zi"),
    "zero_one_inflated_beta": ("ends", "phi zoi coi"),
    "zero_inflated_binomial": ("few | trials(trials)", "zi"),
    "hurdle_gamma": ("amount", "shape hu"),
    "hurdle_negbinomial": ("zeros", "shape hu"),
    "skew_normal": ("real", "sigma alpha"),
    "exgaussian": ("real", "sigma beta"),
    "asymmetric_laplace": ("real", "sigma quantile"),
    "shifted_lognormal": ("rt", "sigma ndt"),
    "wiener": ("rt | dec(correct)", "bs ndt bias"),
    "von_mises": ("angle", "kappa"),
    "inverse_gaussian": ("positive", "shape"),
    "frechet": ("positive", "nu"),
    "discrete_weibull": ("count", "shape"),
    "com_poisson": ("count", "shape"),
    "zero_inflated_asymmetric_laplace": ("amount", "sigma quantile zi"),
}


def less_of_sums(eta: Array, shape: float) -> float:
    """Return by how much the sums of ``com_poisson`` are less than brms's, in logs.

    It has four terms of their asymptotic series (Gaunt et al. 2019, equation 1.8) for
    all but small modes: 1e-3 of a sum.
    """
    k = np.arange(3_000.0)[:, None]
    exact = logsumexp(shape * (k * eta - gammaln(k + 1.0)), axis=0)
    u, v = shape**2, shape * np.exp(eta)
    terms = (
        1.0,
        (u - 1.0) / 24.0,
        (u - 1.0) * (u + 23.0) / 1152.0,
        (u - 1.0) * (5.0 * u**2 - 298.0 * u + 11237.0) / 414720.0,
    )
    series = sum(one / v**power for power, one in enumerate(terms))
    half = 0.5 * (shape - 1.0)
    found = v - half * (eta + np.log(2.0 * np.pi)) - 0.5 * np.log(shape)
    large = (shape * eta >= np.log(1.5)) & (eta >= np.log(1.5))
    return float(np.where(large, found + np.log(series) - exact, 0.0).sum())


@pytest.mark.parametrize("family", MODELS)
def test_the_log_density_is_that_of_brms(family: str) -> None:
    response, listed = MODELS[family]
    own = "".join(f"  prior {one} ~ {PRIORS[one]}\n" for one in listed.split())
    model = compiled(
        f'data "families.csv"\n{response} ~ x, family={family}\n'
        f"  prior Intercept[mean] ~ normal(0.5, 1)\n  prior b ~ normal(0, 1)\n{own}",
        FOLDER,
    )
    program, frame = model.program, model.frame
    found = json.loads((FOLDER / "families.json").read_text("utf-8"))[family]
    assert len(found) == 3
    for given in found:
        theirs = given["values"]
        if given["log_density"] == "-Inf":
            assert family == "discrete_weibull"
            continue  # the difference of two probabilities has no digits left
        point = {
            "b": np.atleast_1d(theirs["b"]),
            "Intercept_centered": np.asarray(theirs["Intercept"]),
        }
        for name in listed.split():
            value = theirs[name]
            chart = logit if name in UNIT else np.asarray if name in REAL else np.log
            if name == "ndt":
                value = value / (SHORTEST - value)
            point[name] = np.asarray(chart(value - (name == "nu")))
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        if family == "com_poisson":
            x = np.loadtxt(FOLDER / "families.csv", delimiter=",", skiprows=1)[:, 0]
            eta = theirs["Intercept"] + theirs["b"] * (x - x.mean())
            density -= less_of_sums(eta, theirs["shape"])
        assert density == pytest.approx(given["log_density"], rel=1e-10)
