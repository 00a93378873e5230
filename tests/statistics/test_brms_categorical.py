"""Unordered categories have the log density of brms's programs, and nnet's maximum.

``references/brms/categorical.R`` writes them at three points each, without Jacobians.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from varying.compiler.program.interpret import evaluate, gradient
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled

FOLDER = REFERENCES / "brms"
FOUND = json.loads((FOLDER / "categorical.json").read_text("utf-8"))
PRIORS = "  prior Intercept[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)\n"
MODELS = {
    "plain": ("mode ~ x + z, family=categorical", ("mub", "muc")),
    "own": ("mode ~ x, family=categorical\n  muc ~ z", ("mub", "muc")),
    "refcat": ("mode ~ x, family=categorical, refcat=b", ("mua", "muc")),
    "groups": ("mode ~ x + (1 | g), family=categorical", ("mub", "muc")),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    text, predictors = MODELS[name]
    more = ", parameterization=centered" if name == "groups" else ""
    priors = PRIORS + ("  prior sd ~ exponential(1)\n" if more else "")
    model = compiled(f'data "categorical.csv"\n{text}{more}\n{priors}', FOLDER)
    program, frame = model.program, model.frame
    assert len(FOUND[name]) == 3
    for given in FOUND[name]:
        values = given["values"]
        point: dict[str, Any] = {}
        for place, of in enumerate(predictors, start=1):
            point[f"{of}_Intercept_centered"] = np.asarray(values[f"Intercept_{of}"])
            point[f"{of}_b"] = np.atleast_1d(values[f"b_{of}"])
            if more:
                sd = np.atleast_1d(values[f"sd_{place}"])
                point[f"{of}_sd_g"] = np.log(sd)
                point[f"{of}_r_g"] = np.reshape(values[f"r_{place}_{of}_1"], (-1, 1))
        coordinates = _in_units(program, point)
        _, density = evaluate(program, frame, coordinates)
        for one in program.parameters:
            density -= from_unconstrained(one, coordinates[one.name])[1]
        if more:
            # brms samples effects divided by their sd
            density += sum(6 * float(point[f"{of}_sd_g"][0]) for of in predictors)
        assert density == pytest.approx(given["log_density"], rel=1e-10)


def _in_units(program: Any, point: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in point.items():
        unit = next((p.steps for p in program.parameters if p.name == name), None)
        if unit is not None:
            value = (value - np.reshape(unit.center, np.shape(value))) / np.reshape(
                unit.scale, np.shape(value)
            )
        found[name] = np.asarray(value)
    return found


def test_the_likelihood_has_its_maximum_where_nnet_finds_it() -> None:
    there = FOUND["multinom"]
    model = compiled(
        'data "categorical.csv"\nmode ~ x + z, family=categorical\n'
        "  prior Intercept ~ normal(0, 1000)\n  prior b ~ normal(0, 1000)\n",
        FOLDER,
    )
    program, frame = model.program, model.frame
    point: dict[str, Any] = {}
    for category, (intercept, *slopes) in there["coefficients"].items():
        point[f"mu{category}_Intercept_centered"] = np.asarray(intercept)
        point[f"mu{category}_b"] = np.asarray(slopes)
    coordinates = _in_units(program, point)
    density = evaluate(program, frame, coordinates)[1]
    priors = -6 * (np.log(1000.0) + 0.5 * np.log(2.0 * np.pi))
    for one in program.parameters:
        density -= from_unconstrained(one, coordinates[one.name])[1]
    assert density - priors == pytest.approx(there["log_likelihood"], abs=1e-4)
    slopes = gradient(program, frame, coordinates)
    assert max(np.abs(one).max() for one in slopes.values()) < 0.01
