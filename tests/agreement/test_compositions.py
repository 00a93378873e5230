"""Responses of several columns: what the models mean, in every backend and by hand."""

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
from varying.grammar.source import Source

from .harness import compare
from .test_by_hand import assert_same
from .test_kernel import differences


def data() -> pd.DataFrame:
    rng = np.random.default_rng(72)
    rows = 60
    z = rng.permutation(np.arange(rows) % 5 - 2.0)
    counts = rng.multinomial(rng.integers(0, 30, rows), (0.5, 0.3, 0.15, 0.05))
    shares = rng.dirichlet((3.0, 2.0, 1.0), rows)
    more = np.exp(rng.normal(size=(rows, 4)))
    four = more / more.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            **dict(zip(("p", "q", "r"), shares.T, strict=True)),
            **dict(zip(("s", "t", "u", "v"), four.T, strict=True)),
            **dict(zip(("a", "b", "c1", "d"), counts.T, strict=True)),
            "n": counts.sum(axis=1),
            "x": rng.normal(20.0, 4.0, rows).round(2),
            "z": z,
            "f": rng.permutation([*"abc"] * (rows // 3)),
            "g": rng.permutation([f"g{k % 6}" for k in range(rows)]),
            "w": rng.permutation(np.arange(rows) % 3),
            "size": rng.normal(size=rows).round(3),
        }
    )


SPECS = {
    "counts": "cbind(a, b, c1, d) ~ x, family=multinomial",
    "of two": "cbind(a, n - a) ~ x + (1 | g), family=multinomial",
    "own": """cbind(a, b, c1, d) | trials(n) ~ f + (1 + z | g), family=multinomial
  mub ~ z + offset(z)
  mu[c1] ~ 0 + f + (1 || g)""",
    "weights": """bind(a, b, c1) | weights(w) ~ mo(w) + offset(z), family=multinomial, \
refcat=b""",
    "spread": """cbind(a, b, c1) ~ x + (1 | g), family=dirichlet_multinomial
  phi ~ z""",
    "shares": "cbind(p, q, r) | weights(w) ~ f + (1 | g), family=dirichlet",
    "logs": """cbind(s, t, u, v) ~ x + (1 | g), family=logistic_normal
  sigmat ~ z
  muu ~ 1
  prior lncor ~ lkj(1)""",
    "logs of two": "cbind(p, 1 - p) | weights(w) ~ x, family=logistic_normal",
    "beside": """size ~ z + (1 |id| g)
  cbind(a, b, c1) ~ x + (1 |id| g), family=multinomial""",
}


def compiled(text: str, frame: pd.DataFrame | None = None) -> Compiled:
    table = table_from_frame(data() if frame is None else frame)
    return compile_spec(Request(Source(text), table))


@pytest.mark.parametrize("name", SPECS)
def test_the_kernel_agrees(name: str) -> None:
    assert differences(compiled(SPECS[name]), 3) == []


@pytest.mark.parametrize("name", ["own", "spread", "shares", "logs"])
def test_graph_and_script_agree(name: str, tmp_path: Path) -> None:
    frame = data()
    frame.to_csv(tmp_path / "case.csv", index=False)
    found = compiled(SPECS[name], frame)
    assert compare(found, tmp_path / "case.csv", 5, thorough=False) == []


def test_it_is_the_model_by_hand() -> None:
    """A group with effects in each predictor; PyMC's own distribution."""
    found = compiled(
        """cbind(a, b, c1, d) ~ z + (1 | g), family=multinomial
  prior Intercept ~ normal(0, 2)
  prior b ~ normal(0, 1)
  prior sd ~ exponential(1)"""
    )
    rows = data()
    z, g = rows["z"].to_numpy(), rows["g"].str[1:].astype(int).to_numpy()
    names: list[str] = []
    with pm.Model() as model:
        eta = [pt.zeros(len(rows))]
        for of in ("mub", "muc1", "mud"):
            intercept = pm.Normal(f"{of}_Intercept", 0.0, 2.0)
            slope = pm.Normal(f"{of}_b", 0.0, 1.0, shape=1)
            sd = pm.Exponential(f"{of}_sd_g", 1.0, shape=1)
            effects = pm.Normal(f"{of}_r_g", 0.0, sd[0], shape=(6, 1))
            eta.append(intercept + slope[0] * z + effects[g, 0])
            names += [f"{of}_{one}" for one in ("Intercept", "b", "sd_g", "r_g")]
        shares = pt.special.softmax(pt.stack(eta, axis=-1), axis=-1)
        counts = rows[["a", "b", "c1", "d"]].to_numpy()
        pm.Multinomial("y", n=rows["n"].to_numpy(), p=shares, observed=counts)
    assert_same(found, model, tuple(names))
