"""Unordered categories: what the models mean, in every backend and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.grammar.source import Source

from .harness import compare
from .test_by_hand import assert_same
from .test_kernel import differences

CATEGORIES = ("car", "bus", "on foot", "7")
DECLARED = "column mode: factor({})\n".format(", ".join(f'"{c}"' for c in CATEGORIES))


def data() -> pd.DataFrame:
    rng = np.random.default_rng(71)
    rows = 60
    return pd.DataFrame(
        {
            "mode": rng.permutation([CATEGORIES[k % 7 % 4] for k in range(rows)]),
            "x": rng.normal(20.0, 4.0, rows).round(2),
            "z": rng.permutation(np.arange(rows) % 5 - 2.0),
            "f": rng.permutation([*"abc"] * (rows // 3)),
            "g": rng.permutation([f"g{k % 6}" for k in range(rows)]),
            "w": rng.permutation(np.arange(rows) % 3),
            "size": rng.normal(size=rows).round(3),
        }
    )


SPECS = {
    "plain": "mode ~ x",
    "groups": "mode ~ f*z + (1 + z | g)",
    "shared": "mode ~ z + (1 |p| g)",
    "own": "mode ~ f\n  mubus ~ z + offset(z)\n  mu[7] ~ 0 + f + (1 || g)",
    "weights": "mode | weights(w) ~ mo(w) + offset(z), refcat=bus",
    "beside": "size ~ z + (1 |q| g), family=gaussian\n  mode ~ x + (1 |q| g)",
}


def compiled(text: str, frame: pd.DataFrame | None = None) -> Compiled:
    first, _, rest = text.partition("\n")
    place = "mode" if first.startswith("mode") else "  mode"
    lines = [
        f"{line}, family=categorical" if line.startswith(place) else line
        for line in (first, *rest.split("\n"))
    ]
    table = table_from_frame(data() if frame is None else frame)
    return compile_spec(Request(Source(DECLARED + "\n".join(lines)), table))


@pytest.mark.parametrize("name", SPECS)
def test_the_kernel_agrees(name: str) -> None:
    assert differences(compiled(SPECS[name]), 3) == []


@pytest.mark.parametrize("name", ["own"])
def test_graph_and_script_agree(name: str, tmp_path: Path) -> None:
    frame = data()
    frame.to_csv(tmp_path / "case.csv", index=False)
    found = compiled(SPECS[name], frame)
    assert compare(found, tmp_path / "case.csv", 5, thorough=False) == []


def test_it_is_the_model_by_hand() -> None:
    """A group with correlated effects in each predictor; priors as written here."""
    found = compiled(
        """mode ~ z + (1 | g)
  prior Intercept ~ normal(0, 2)
  prior b ~ normal(0, 1)
  prior sd ~ exponential(1)"""
    )
    rows = data()
    y = rows["mode"].map({c: k for k, c in enumerate(CATEGORIES)}).to_numpy()
    z, g = rows["z"].to_numpy(), rows["g"].str[1:].astype(int).to_numpy()
    names: list[str] = []
    with pm.Model() as model:
        eta = [pt.zeros(len(rows))]
        for of in ("mubus", "muonfoot", "mu7"):
            intercept = pm.Normal(f"{of}_Intercept", 0.0, 2.0)
            slope = pm.Normal(f"{of}_b", 0.0, 1.0, shape=1)
            sd = pm.Exponential(f"{of}_sd_g", 1.0, shape=1)
            effects = pm.Normal(f"{of}_r_g", 0.0, sd[0], shape=(6, 1))
            eta.append(intercept + slope[0] * z + effects[g, 0])
            names += [f"{of}_{one}" for one in ("Intercept", "b", "sd_g", "r_g")]
        pm.Categorical("mode", logit_p=pt.stack(eta, axis=-1), observed=y)
    assert_same(found, model, tuple(names))


def test_default_priors_of_two_categories_are_those_of_bernoulli() -> None:
    """Each category against the reference is a binary response."""
    frame = data().query("mode == 'car' or mode == 'bus'")
    rows = {}
    for family in ("bernoulli", "categorical"):
        text = f"column mode: factor(car, bus)\nmode ~ x + (1 | g), family={family}"
        found = compile_spec(Request(Source(text), table_from_frame(frame)))
        rows[family] = {
            row.target.removeprefix("mubus."): row.prior for row in found.priors
        }
    assert rows["categorical"] == rows["bernoulli"]


def test_two_categories_are_a_bernoulli_response() -> None:
    family, rng = FAMILIES["categorical"], np.random.default_rng(1)
    eta, y = rng.normal(0.0, 3.0, 50), rng.integers(0, 2, 50)
    other = FAMILIES["bernoulli"].log_density(y, eta)
    assert family.log_density(y, eta) == pytest.approx(other, rel=1e-13)
