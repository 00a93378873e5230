"""Ordinal models with the same priors have the log density of brms's programs.

``references/brms/ordinal.R`` and ``ordinal_groups.R`` write it at three points each,
without Jacobians.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from varying.compiler.compiled import Compiled
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled
from .test_brms import partial_correlations

FOLDER = REFERENCES / "brms"
MODELS = {
    "cumulative_probit_disc": "grade ~ x, family=ordprobit\n  disc ~ z\n"
    "  prior disc.b ~ normal(0, 1)",
    "sratio_cs": "grade ~ x + cs(z), family=sratio",
    "cratio_cloglog": "grade ~ x, family=cratio, link=cloglog",
    "acat": "grade ~ x + z, family=acat",
    "hurdle_cumulative": "none ~ x, family=hurdle_cumulative\n  hu ~ z\n"
    "  prior hu.b ~ normal(0, 1)\n  prior hu.Intercept[mean] ~ normal(-1, 1)",
    "cumulative_items": "rank | thres(gr=item) ~ x, family=ordlogit",
    "cumulative_items_probit_disc": "rank | thres(gr=item) ~ x, family=ordprobit\n"
    "  disc ~ z\n  prior disc.b ~ normal(0, 1)",
    "sratio_items": "rank | thres(gr=item) ~ x + z, family=sratio",
    "acat_items": "rank | thres(gr=item) ~ x, family=acat",
    "acat_cs_probit": "grade ~ x + cs(z), family=acat(probit)",
}


def point_of(model: Compiled, theirs: dict[str, Any]) -> dict[str, Any]:
    if "Intercept_1" in theirs:
        return point_of_items(model, theirs)
    threshold = np.asarray(theirs["Intercept"])
    if theirs.get("bcs") is None and model.joint.members[0].family.steps is None:
        threshold = np.concatenate([threshold[:1], np.log(np.diff(threshold))])
    point = {"b": np.atleast_1d(theirs["b"]), "threshold_centered": threshold}
    if "b_disc" in theirs:
        point["disc_b"] = np.atleast_1d(theirs["b_disc"])
    if "b_hu" in theirs:
        # the means of the predictors are 0
        point["hu_b"] = np.atleast_1d(theirs["b_hu"])
        point["hu_Intercept_centered"] = np.asarray(theirs["Intercept_hu"])
    if "bcs" in theirs:
        point["bcs"] = np.asarray(theirs["bcs"])
    return point


def point_of_items(model: Compiled, theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the point where the thresholds are those of two items."""
    each = [np.asarray(theirs[f"Intercept_{number}"]) for number in (1, 2)]
    point = {"b": np.atleast_1d(theirs["b"])}
    if model.joint.members[0].family.steps is not None:
        # the means of the predictors are 0
        names = {one.name for one in model.program.parameters}
        (name,) = names & {"threshold", "threshold_centered"}
        point[name] = np.concatenate(each)
    else:
        for number, one in enumerate(each, start=1):
            gaps = np.log(np.diff(one))
            point[f"threshold#{number}"] = np.concatenate([one[:1], gaps])
    if "b_disc" in theirs:
        point["disc_b"] = np.atleast_1d(theirs["b_disc"])
    return point


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    text = MODELS[name]
    more = "\n  prior bcs ~ normal(0, 1)" if "cs(" in text else ""
    model = compiled(
        f'data "ordinal.csv"\n{text}\n'
        "  prior threshold[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)"
        f"{more}\n",
        FOLDER,
    )
    program, frame = model.program, model.frame
    found = json.loads((FOLDER / "ordinal.json").read_text("utf-8"))[name]
    assert len(found) == 3
    for given in found:
        point = point_of(model, given["values"])
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
            if one.chart == "ordered":
                # brms leaves out that the draws are put in order
                density -= math.lgamma(len(point[one.name]) + 1)
        assert density == pytest.approx(given["log_density"], rel=1e-10)


GROUPS = {
    "sratio": "grade ~ x + (1 + cs(z) | g), family=sratio",
    "acat": "grade ~ x + cs(z) + (cs(1) | g), family=acat\n  prior bcs ~ normal(0, 1)",
}


@pytest.mark.parametrize("name", GROUPS)
def test_effects_of_groups_on_each_threshold_are_those_of_brms(name: str) -> None:
    """Programs of brms 2.18 add such effects twice: our sds are twice theirs."""
    model = compiled(
        f'data "ordinal_groups.csv"\n{GROUPS[name]}\n'
        "  prior threshold[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)\n"
        "  prior sd ~ exponential(1)\n  prior cor ~ lkj(2)\n",
        FOLDER,
    )
    program, frame = model.program, model.frame
    for given in json.loads((FOLDER / "ordinal_groups.json").read_text("utf-8"))[name]:
        theirs = {key: np.asarray(v) for key, v in given["values"].items()}
        factor = theirs["L_1"]
        point = {
            "b": np.atleast_1d(theirs["b"]),
            "threshold_centered": theirs["Intercept"],
            "sd_g": np.log(2.0 * theirs["sd_1"]),
            "z_g": theirs["z_1"].T,
            "pcor_g": logit((1.0 + partial_correlations(factor)) / 2.0),
        }
        if "bcs" in theirs:
            point["bcs"] = theirs["bcs"].ravel()
        values, density = evaluate(program, frame, point)
        assert values["r_g"] == pytest.approx(2.0 * theirs["r_1"], rel=1e-9)
        density += float(theirs["sd_1"].sum())  # exponential(1) at the half
        for one in program.parameters:
            density -= from_unconstrained(one, point[one.name])[1]
        # Stan's density is of the factor, ours of partial correlations on (0, 1): each
        # row of the factor is made of its partial correlations one after the other
        size = len(factor)
        density -= size * (size - 1) / 2 * math.log(2.0)
        for row in range(size):
            left = np.cumsum(factor[row, :row] ** 2)
            density -= 0.5 * float(np.log1p(-left[:-1]).sum()) if row > 1 else 0.0
        assert density == pytest.approx(given["log_density"], rel=1e-10)
