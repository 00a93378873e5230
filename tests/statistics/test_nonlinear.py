"""Formulas that are not linear, beside brms's program and SciPy's least squares."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

import varying
from varying.compiler.program.interpret import evaluate

from .marginal import REFERENCES, compiled

FOLDER = REFERENCES / "brms"
POINTS: list[dict[str, Any]] = json.loads((FOLDER / "growth.json").read_text("utf-8"))[
    "points"
]

#: As in ``growth.R``.
GROWTH = """
data "growth.csv"
size ~ top * (1 - exp(-(day / tau)^power)), nl=true
  top ~ 1 + shade + (1 | plant)
  power + tau ~ 1
  prior top.Intercept ~ normal(50, 15)
  prior top.b ~ normal(0, 10)
  prior top.sd ~ half_normal(10)
  prior power ~ normal(1.2, 0.5, lb=0)
  prior tau ~ normal(10, 5, lb=0)
  prior sigma ~ exponential(0.5)
"""


def one(value: Any) -> float:
    return float(np.ravel(value)[0])


@pytest.mark.parametrize("point", POINTS)
def test_log_density_is_that_of_brms(point: dict[str, Any]) -> None:
    model, given = compiled(GROWTH, FOLDER), point["values"]
    intercept, shade = np.ravel(given["b_top"])
    coordinates = {
        # brms does not centre, and a shear has no volume
        "top_Intercept_centered": np.array(intercept + 0.5 * shade),
        "top_b": np.array([shade]),
        "power_Intercept": np.array(np.log(one(given["b_power"]))),
        "tau_Intercept": np.array(np.log(one(given["b_tau"]))),
        "sigma": np.array(np.log(one(given["sigma"]))),
        "top_sd_plant": np.log([one(given["sd_1"])]),
        "top_z_plant": np.array(given["z_1"]).reshape(-1, 1),
    }
    values, density = evaluate(model.program, model.frame, coordinates)
    assert values["top_Intercept"] == pytest.approx(intercept, rel=1e-12)
    assert density == pytest.approx(point["log_density"], rel=1e-10)


def test_wide_priors_give_the_curve_of_least_squares() -> None:
    rng = np.random.default_rng(41)
    t = np.tile(np.linspace(0.0, 6.0, 20), 10)
    y = 8.0 * np.exp(-0.7 * t) + 1.5 + rng.normal(0.0, 0.4, len(t))

    def curve(t: Any, a: float, k: float, c: float) -> Any:
        return a * np.exp(-k * t) + c

    wanted, covariance = curve_fit(curve, t, y, p0=(5.0, 1.0, 0.0))
    spec = """
y ~ a * exp(-k * t) + c, nl=true
  a + c ~ 1
  k ~ 1
  prior a ~ normal(0, 100)
  prior c ~ normal(0, 100)
  prior k ~ normal(1, 10, lb=0)
"""
    fit = varying.compile(spec, pd.DataFrame({"t": t, "y": y})).fit(seed=2, draws=1500)
    rows = {row.label: row.statistics for row in fit.summary()}
    for name, estimate, variance in zip(
        "akc", wanted, np.diag(covariance), strict=True
    ):
        error = float(np.sqrt(variance))
        found = rows[f"{name}_Intercept"]
        # the likelihood is not quite normal in what is not linear
        assert abs(found.mean - estimate) < 0.25 * error, name
        assert abs(found.sd / error - 1.0) < 0.15, name
