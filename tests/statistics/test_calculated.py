"""Formulas of further parameters that are not linear, beside brms's programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from varying.compiler.program.interpret import evaluate

from .marginal import REFERENCES, compiled
from .test_brms import correlations

FOLDER = REFERENCES / "brms"
FOUND = json.loads((FOLDER / "calculated.json").read_text("utf-8"))

#: As in ``calculated.R``.
MODELS = {
    "two_parameters": """
hit ~ exp(logalpha) * eta, nl=true, family=bernoulli
  eta ~ 1 + (1 |i| item) + (1 | id)
  logalpha ~ 1 + (1 |i| item)
  prior eta ~ normal(0, 2)
  prior logalpha ~ normal(0, 0.5)
  prior eta.sd ~ half_normal(1)
  prior logalpha.sd ~ half_normal(0.5)
  prior eta.cor ~ lkj(2)
""",
    "three_parameters": """
hit ~ guess + (1 - guess) * inv_logit(exp(logalpha) * able), nl=true,
  family=bernoulli(link=identity)
  able ~ 1 + x + (1 | id)
  logalpha + guess ~ 1
  prior able.Intercept ~ normal(0, 2)
  prior able.b ~ normal(0, 2)
  prior logalpha ~ normal(0, 0.5)
  prior guess ~ beta(2, 8)
  prior able.sd ~ half_normal(1)
""",
    "of_sigma": """
rt ~ x
  sigma ~ a + d * tanh(x), nl=true
  a ~ 1 + (1 | id)
  d ~ 1
  prior Intercept[mean] ~ normal(7, 2)
  prior b ~ normal(0, 1)
  prior a ~ normal(0, 1)
  prior d ~ normal(0, 0.5)
  prior a.sd ~ half_normal(1)
""",
    "chained": """
rt ~ base + gain * half^trial, nl=true
  base ~ 1 + (1 | id)
  gain + loglife + c ~ 1
  half ~ 2^(-1 / life), nl=true
  life ~ exp(loglife), nl=true
  sigma ~ log(base) + c, nl=true
  prior base ~ normal(6, 2)
  prior gain ~ normal(3, 2)
  prior loglife ~ normal(0.5, 0.5)
  prior c ~ normal(-2, 1)
  prior base.sd ~ half_normal(0.5)
""",
}
POINTS = [(name, point) for name in MODELS for point in FOUND[name]]


def number(value: Any) -> Any:
    return np.array(np.ravel(value)[0])


def of_group(given: Mapping[str, Any], place: int, name: str) -> dict[str, Any]:
    """Standard deviations and standard normals of a group, with one effect."""
    of, group = name.split(" ")
    return {
        f"{of}_sd_{group}": np.log(np.atleast_1d(given[f"sd_{place}"])),
        f"{of}_z_{group}": np.reshape(given[f"z_{place}"], (-1, 1)),
    }


def coordinates_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Where brms was, in our coordinates."""
    match name:
        case "two_parameters":
            return {
                "eta_Intercept": number(given["b_eta"]),
                "logalpha_Intercept": number(given["b_logalpha"]),
                **of_group(given, 1, "eta id"),
                "eta_sd_item": np.log(given["sd_2"]),
                "eta_z_item": np.transpose(given["z_2"]),
                "eta_pcor_item": correlations(given["L_2"]),
            }
        case "three_parameters":
            intercept, slope = given["b_able"]
            x = np.genfromtxt(FOLDER / "calculated.csv", delimiter=",", names=True)["x"]
            guess = number(given["b_guess"])
            return {
                # brms does not centre, and a shear has no volume
                "able_Intercept_centered": np.array(intercept + slope * x.mean()),
                "able_b": np.array([slope]),
                "logalpha_Intercept": number(given["b_logalpha"]),
                "guess_Intercept": np.log(guess / (1.0 - guess)),
                **of_group(given, 1, "able id"),
            }
        case "of_sigma":
            return {
                "Intercept_centered": number(given["Intercept"]),
                "b": np.atleast_1d(given["b"]),
                "a_Intercept": number(given["b_a"]),
                "d_Intercept": number(given["b_d"]),
                **of_group(given, 1, "a id"),
            }
        case _:
            return {
                **{
                    f"{one}_Intercept": number(given[f"b_{one}"])
                    for one in ("base", "gain", "loglife", "c")
                },
                **of_group(given, 1, "base id"),
            }


@pytest.mark.parametrize(("name", "point"), POINTS)
def test_log_density_is_that_of_brms(name: str, point: dict[str, Any]) -> None:
    model = compiled(f'data "calculated.csv"\n{MODELS[name]}', FOLDER)
    at = coordinates_of(name, point["values"])
    _, density = evaluate(model.program, model.frame, at)
    # coordinates of correlations are half as long in Stan
    pairs = sum(len(one) for key, one in at.items() if "_pcor_" in key)
    wanted = point["log_density"] - pairs * math.log(2.0)
    assert density == pytest.approx(wanted, rel=1e-10)
