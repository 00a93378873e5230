"""Families with the same priors have the log density of brms's program.

``references/brms/families.R`` writes it at three points each, without Jacobians.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import logit

from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled

FOLDER = REFERENCES / "brms"
PRIORS = {
    "shape": "exponential(1)",
    "phi": "exponential(0.2)",
    "zi": "beta(2, 3)",
    "hu": "beta(2, 3)",
    "zoi": "beta(2, 3)",
    "coi": "beta(2, 3)",
}
UNIT = ("zi", "hu", "zoi", "coi")
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
}


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
        point = {
            "b": np.atleast_1d(theirs["b"]),
            "Intercept_centered": np.asarray(theirs["Intercept"]),
        }
        for name in listed.split():
            value = theirs[name]
            point[name] = np.asarray(logit(value) if name in UNIT else np.log(value))
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        assert density == pytest.approx(given["log_density"], rel=1e-10)
