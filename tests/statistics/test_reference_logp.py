"""Our log density at given parameters is the one of another implementation.

`references/logp.json` holds the parts of the log density of a multilevel model
of `sleepstudy` at two points, computed in R from the definitions that brms
writes into its Stan code. Ours has, besides, the Jacobian of its coordinates.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logit

from varying.compiler.families import FAMILIES
from varying.compiler.program.interpret import evaluate

from .marginal import REFERENCES, compiled

POINTS: list[dict[str, Any]] = json.loads(
    (REFERENCES / "logp.json").read_text("utf-8")
)["points"]
IDS = [point["id"] for point in POINTS]

SPEC = """\
data "sleepstudy.csv"
column Subject: factor
Reaction ~ Days + (1 + Days | Subject)
prior Intercept[mean] ~ student_t(3, 288.7, 59.3)
prior b ~ flat()
prior sd ~ half_student_t(3, 59.3)
prior sigma ~ half_student_t(3, 59.3)
prior cor[Subject] ~ lkj(1)
"""
MODEL = compiled(SPEC)


def coordinates(given: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Return the point in our coordinates: logs, and a logit for the correlation."""
    return {
        "Intercept_centered": np.array(given["Intercept"], dtype=float),
        "b": np.array([given["b"]], dtype=float),
        "sigma": np.log(given["sigma"]),
        "sd_Subject": np.log(given["sd"]),
        "pcor_Subject": np.array([logit((1 + given["rho"]) / 2)]),
        "z_Subject": np.array(given["z"]).T,
    }


def log_jacobian(given: dict[str, Any]) -> float:
    """Return the log volume of our coordinates, d rho = (1 - rho^2) / 2 dx."""
    scales = [*given["sd"], given["sigma"], (1 - given["rho"] ** 2) / 2]
    return float(np.log(scales).sum())


@pytest.mark.parametrize("point", POINTS, ids=IDS)
def test_likelihood(point: dict[str, Any]) -> None:
    given = point["params"]
    values, _ = evaluate(MODEL.program, MODEL.frame, coordinates(given))
    rows = FAMILIES["gaussian"].log_density(
        MODEL.frame["Reaction_observed"], mu=values["mu"], sigma=values["sigma"]
    )
    assert rows.sum() == pytest.approx(point["parts"]["loglik"], rel=1e-12)
    assert values["Intercept"] == pytest.approx(point["b_Intercept"], rel=1e-12)


@pytest.mark.parametrize("point", POINTS, ids=IDS)
def test_log_density(point: dict[str, Any]) -> None:
    given, parts = point["params"], point["parts"]
    theirs = sum(
        parts[name]
        for name in (
            "loglik",
            "prior_Intercept",
            "prior_sd",
            "prior_sigma",
            "prior_R_lkj_eta1",
            "prior_z",
        )
    )
    _, ours = evaluate(MODEL.program, MODEL.frame, coordinates(given))
    assert ours == pytest.approx(theirs + log_jacobian(given), rel=1e-12)


@pytest.mark.parametrize("point", POINTS, ids=IDS)
def test_log_density_of_the_graph(point: dict[str, Any]) -> None:
    from pytensor.compile.mode import Mode

    from varying.compiler.backends.pymc import emit

    model = emit(MODEL.program, MODEL.frame)
    ours = coordinates(point["params"])
    start = {
        value.name: ours[variable.name]
        for variable, value in model.rvs_to_values.items()
        if variable.name in ours
    }
    # as written, without rewrites or compilation: a second instead of a minute
    density = model.compile_logp(mode=Mode(linker="py", optimizer=None))
    _, wanted = evaluate(MODEL.program, MODEL.frame, ours)
    # PyMC takes the log 2 of a half Student t in single precision
    assert density(start) == pytest.approx(float(wanted), rel=1e-10)
