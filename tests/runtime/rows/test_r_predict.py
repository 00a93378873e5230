"""New rows against ``predict`` of lme4, at its own estimates as the only draw."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.runtime.rows.new import new_rows, read_rows
from varying.runtime.rows.predict import predict

R = json.loads((Path(__file__).parents[2] / "references/predict.json").read_text())
HEAD = "column cond: factor(ctl, drug, both)\n"
#: What lme4's predictions of a type are called here.
KINDS = {"response": "mean", "link": "eta"}
SPECS = {
    "gaussian": "Reaction ~ poly(z, 2) + ns(Days, 3) * cond + (1 + Days | Subject)\n",
    "scaled": (
        "Reaction ~ scale(z) * cond + bs(Days, 4) + (1 + scale(Days) || Subject)\n"
    ),
    "bernoulli": "slow ~ scale(z) + Days + cond + (1 | Subject), family=bernoulli\n",
}


def renamed(name: str) -> str:
    """Return what a coefficient of R is called here."""
    name = re.sub(r"\)(\d+)", r")[\1]", name)
    return re.sub(r"cond(drug|both)", r"cond[\1]", name).replace(
        "(Intercept)", "Intercept"
    )


def only_draw(name: str) -> xr.Dataset:
    """Return a posterior whose only draw has R's estimates."""
    fixef = {renamed(key): value for key, value in R["models"][name]["fixef"].items()}
    ranef = dict(R["models"][name]["ranef"])
    people = ranef.pop("Subject")
    effects = {renamed(key): values for key, values in ranef.items()}
    coefs = [key for key in fixef if key != "Intercept"]
    sample = ("chain", "draw")
    return xr.Dataset(
        {
            "Intercept": (sample, [[fixef["Intercept"]]]),
            "b": ((*sample, "coef"), [[[fixef[key] for key in coefs]]]),
            "r_Subject": (
                (*sample, "Subject", "Subject_coef"),
                [[np.array(list(effects.values())).T]],
            ),
            "sigma": (sample, [[1.0]]),
        },
        {
            "chain": [0],
            "draw": [0],
            "coef": coefs,
            "Subject": people,
            "Subject_coef": list(effects),
        },
    )


@pytest.mark.parametrize("name", SPECS)
def test_new_rows_are_those_of_lme4(name: str) -> None:
    compiled = varying.compile(HEAD + SPECS[name], pd.DataFrame(R["data"])).compiled
    assert compiled is not None
    draw, labels = only_draw(name), {a.name: a.labels for a in compiled.lowered.axes}
    assert list(draw["coef"].values) == list(labels["coef"] or ())
    assert list(draw["Subject_coef"].values) == list(labels["Subject_coef"] or ())
    draw = draw.sel(Subject=list(labels["Subject"] or ()))
    new = pd.DataFrame(R["new"])

    def ours(rows: pd.DataFrame, groups: Any, kind: Any) -> Any:
        found = new_rows(compiled, read_rows(rows, compiled), groups, kind=kind)
        return predict(found.each[0], draw, kind, 1).values[0, 0]

    for type_, wanted in R["models"][name]["predictions"].items():
        kind = KINDS[type_]
        population = ours(new.drop(columns="Subject"), "zero", kind)
        np.testing.assert_allclose(population, wanted["population"], rtol=1e-9)
        known = ours(new[:4], "fitted", kind)
        np.testing.assert_allclose(known, wanted["own"][:4], rtol=1e-9)
        # lme4 gives people it does not know effects of 0
        assert population[4] == pytest.approx(wanted["own"][4], rel=1e-9)
