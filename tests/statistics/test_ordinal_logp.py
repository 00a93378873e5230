"""The log density of ordinal models with group effects is that of R, at given points.

``references/ordinal_logp.json`` has its parts, computed in R from the definitions in
the Stan code of brms, without Jacobians.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logit

from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.compiler.program.interpret.density import likelihood_arguments

from .marginal import REFERENCES, compiled
from .references import COLUMNS
from .test_brms import partial_correlations

POINTS: list[dict[str, Any]] = json.loads(
    (REFERENCES / "ordinal_logp.json").read_text("utf-8")
)["points"]
PRIORS = """
prior threshold[mean] ~ student_t(3, 0, 2.5)
prior b ~ normal(0, 1.5)
prior sd ~ exponential(1)
"""
SIMPLE = f"{COLUMNS['inhaler']}\nrating ~ treat + period + carry + (1 | subject)"
MODELS = {
    "B_probit": (f"{SIMPLE}, family=cumulative, link=probit{PRIORS}", "subject"),
    "B_cloglog": (f"{SIMPLE}, family=cumulative, link=cloglog{PRIORS}", "subject"),
    "F": (
        f"{COLUMNS['sim_ratings']}\n"
        f"rating ~ block*cs + (1 + block*cs | subj), family=ordlogit{PRIORS}"
        "prior cor ~ lkj(2)\n",
        "subj",
    ),
}


def point_of(given: dict[str, Any], group: str) -> dict[str, NDArray[np.float64]]:
    """Return the point in our coordinates."""
    threshold = np.array(given["thresholds_centred"], dtype=float)
    b = given["b"]
    point = {
        "b": np.array(list(b.values()) if isinstance(b, dict) else b, dtype=float),
        "threshold_centered": np.append(threshold[0], np.log(np.diff(threshold))),
        f"sd_{group}": np.log(np.atleast_1d(given["sd"])),
        f"z_{group}": np.array(np.atleast_2d(given["z"]), dtype=float).T,
    }
    if "L" in given:
        partial = partial_correlations(np.array(given["L"]))
        point[f"pcor_{group}"] = logit((1.0 + partial) / 2.0)
    return point


def log_volume(factor: NDArray[np.float64]) -> float:
    """Return log |d R / d p| of correlations by partial correlations, on (0, 1).

    Lewandowski, Kurowicka & Joe (2009): ``prod (1 - p_ik^2)^((n - 2 - k) / 2)`` for the
    pair that ``k`` others stand before; half the interval, so twice the volume.
    """
    partial, size, found, at = partial_correlations(factor), len(factor), 0.0, 0
    for i in range(size):
        for k in range(i):
            found += 0.5 * (size - 2 - k) * math.log1p(-(partial[at] ** 2))
            at += 1
    return found + at * math.log(2.0)


@pytest.mark.parametrize("given", POINTS, ids=[point["id"] for point in POINTS])
def test_the_log_density_is_that_of_r(given: dict[str, Any]) -> None:
    spec, group = MODELS[given["id"]]
    model, params, parts = compiled(spec), given["params"], given["parts"]
    program, frame = model.program, model.frame
    point = point_of(params, group)
    values, density = evaluate(program, frame, point)
    likelihood = program.likelihood
    rows = likelihood.family.log_density(
        frame[likelihood.value], **likelihood_arguments(program, values)
    )
    assert np.sum(rows) == pytest.approx(parts["loglik"], rel=1e-12)
    if "thresholds_original_scale" in params:
        wanted = params["thresholds_original_scale"]
        assert values["threshold"] == pytest.approx(wanted, rel=1e-9)
    for one in program.parameters:
        density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
    # ordered draws have the mass 1 / n!, which Stan leaves out
    density -= math.lgamma(len(params["thresholds_centred"]) + 1)
    wanted = sum(
        value for name, value in parts.items() if name != "prior_L_lkj_cholesky_eta2"
    )
    if "L" in params:
        wanted += log_volume(np.array(params["L"]))
    assert density == pytest.approx(wanted, rel=1e-11)
