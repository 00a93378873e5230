"""Responses of several columns have the log density of brms's programs.

``references/brms/compositions.R`` writes them at three points each, without Jacobians.
That of ``logistic_normal`` is the density of coupled logs of shares over the reference
too, but for the slope of the logs, which is the same at all parameters.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled
from .test_brms_categorical import _in_units

FOLDER = REFERENCES / "brms"
FOUND = json.loads((FOLDER / "compositions.json").read_text("utf-8"))
PRIORS = "  prior Intercept[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)\n"
MODELS = {
    "multinomial": (
        "cbind(a, b, c) | trials(n) ~ x + z, family=multinomial\n  muc ~ z",
        ("mub", "muc"),
    ),
    "dirichlet": (
        "cbind(p, q, r) ~ x, family=dirichlet\n  prior phi ~ gamma(2, 0.1)",
        ("muq", "mur"),
    ),
    "logistic_normal": (
        "cbind(p, q, r) ~ x, family=logistic_normal\n"
        "  prior sigmaq ~ exponential(1)\n  prior sigmar ~ exponential(2)\n"
        "  prior lncor ~ lkj(2)",
        ("muq", "mur"),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    text, predictors = MODELS[name]
    model = compiled(f'data "compositions.csv"\n{text}\n{PRIORS}', FOLDER)
    program, frame = model.program, model.frame
    assert len(FOUND[name]) == 3
    for given in FOUND[name]:
        values = given["values"]
        point: dict[str, Any] = {}
        for of in predictors:
            point[f"{of}_Intercept_centered"] = np.asarray(values[f"Intercept_{of}"])
            point[f"{of}_b"] = np.atleast_1d(values[f"b_{of}"])
        for scale in ("phi", "sigmaq", "sigmar"):
            if scale in values:
                point[scale] = np.log(values[scale])
        if "lncor" in values:
            point["pcor_lncor"] = _on_its_chart(values["lncor"])
        coordinates = _in_units(program, point)
        _, density = evaluate(program, frame, coordinates)
        for one in program.parameters:
            density -= from_unconstrained(one, coordinates[one.name])[1]
        if "lncor" in values:
            # of the correlation, in place of its half
            density -= np.log(2.0)
        assert density == pytest.approx(given["log_density"], rel=1e-10)


def _on_its_chart(correlation: float) -> np.ndarray:
    share = 0.5 * (1.0 + correlation)
    return np.asarray(np.log(share / (1.0 - share)))


def test_a_logistic_normal_is_that_of_coupled_log_ratios() -> None:
    """As the family's page says: the same model but for the slope of logs."""
    model = compiled(
        """data "compositions.csv"
let u = log(q / p)
let v = log(r / p)
mvbind(u, v) ~ x, family=gaussian, rescor=true
prior u.Intercept[mean] ~ normal(0.5, 2)
prior v.Intercept[mean] ~ normal(0.5, 2)
prior u.b ~ normal(0, 1)
prior v.b ~ normal(0, 1)
prior u.sigma ~ exponential(1)
prior v.sigma ~ exponential(2)
prior rescor ~ lkj(2)
""",
        FOLDER,
    )
    program, frame = model.program, model.frame
    rows = pd.read_csv(FOLDER / "compositions.csv")
    slope = np.log(rows[["p", "q", "r"]].to_numpy()).sum()
    for given in FOUND["logistic_normal"]:
        values = given["values"]
        point: dict[str, Any] = {}
        for name, of in (("u", "q"), ("v", "r")):
            point[f"{name}_Intercept_centered"] = np.asarray(
                values[f"Intercept_mu{of}"]
            )
            point[f"{name}_b"] = np.atleast_1d(values[f"b_mu{of}"])
            point[f"{name}_sigma"] = np.log(values[f"sigma{of}"])
        point["pcor_rescor"] = _on_its_chart(values["lncor"])
        coordinates = _in_units(program, point)
        _, density = evaluate(program, frame, coordinates)
        for one in program.parameters:
            density -= from_unconstrained(one, coordinates[one.name])[1]
        # of the correlation, in place of its half
        density -= np.log(2.0)
        assert density - slope == pytest.approx(given["log_density"], rel=1e-10)
