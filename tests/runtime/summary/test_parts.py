"""Several linear predictors: how they are shown, and the names of their results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import varying
from varying.runtime.draws.names import names_of

ROWS = 24


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "y": rng.normal(size=ROWS),
            "k": np.arange(ROWS) % 4,
            "c": rng.poisson(3.0, ROWS),
            "n": rng.integers(4, 9, ROWS),
            "x": np.tile([1.0, 2.0, 4.0], ROWS // 3),
            "cs": np.repeat(["a", "b"], ROWS // 2),
            "subj": np.tile([f"s{i}" for i in range(6)], ROWS // 6),
        }
    )


SIGMA = "y ~ x + (1 + x | subj)\n  sigma ~ cs + (1 + cs | subj)"


def test_the_design_has_them(data: pd.DataFrame) -> None:
    found = varying.compile(SIGMA, data).design.to_dict()
    assert found["population"]["coefs"] == ["Intercept", "x"]
    assert list(found["dpars"]) == ["sigma"]
    assert found["dpars"]["sigma"]["coefs"] == ["Intercept", "cs[b]"]
    assert found["dpars"]["sigma"]["matrix"][0] == [1.0, 0.0]
    assert found["dpars"]["sigma"]["matrix"][-1] == [1.0, 1.0]
    groups = [(g["name"], g["dpar"], g["coefs"]) for g in found["groups"]]
    assert groups == [
        ("subj", "mu", ["Intercept", "x"]),
        ("subj", "sigma", ["Intercept", "cs[b]"]),
    ]
    assert found["groups"][0]["index"] == found["groups"][1]["index"]


def test_the_design_says_what_each_row_brings_along(data: pd.DataFrame) -> None:
    text = repr(
        varying.compile("cbind(c, n) ~ offset(x), family=binomial", data).design
    )
    assert "trials: c + n" in text and "offset x" in text
    text = repr(varying.compile("c | rate(n) ~ x, family=negbinomial", data).design)
    assert "rate per n" in text


def test_disc_has_contrast_columns_and_no_intercept(data: pd.DataFrame) -> None:
    one, other = (
        varying.compile(f"k ~ x, family=ordlogit\n  disc ~ {terms}", data)
        for terms in ("cs", "0 + cs")
    )
    for model in (one, other):
        found = model.design.to_dict()["dpars"]["disc"]
        assert found["coefs"] == ["cs[b]"]
        assert [row[0] for row in found["matrix"]] == [0.0] * 12 + [1.0] * 12
    assert one.ir == other.ir
    assert "disc_X_centered" not in one.ir


def test_the_results_have_the_names_of_the_contract(data: pd.DataFrame) -> None:
    model = varying.compile(SIGMA, data)
    assert model.compiled is not None
    names = names_of(model.compiled.program)
    assert names.parameters == (
        *("Intercept", "b", "sd_subj", "cor_subj"),
        *("sigma_Intercept", "sigma_b", "sigma_sd_subj", "sigma_cor_subj"),
    )
    assert names.effects == ("r_subj", "sigma_r_subj")
    assert names.correlations == ("cor_subj", "sigma_cor_subj")
    assert set(names.parameters) | set(names.effects) <= set(model.pymc.named_vars)


def test_the_formula_names_them(data: pd.DataFrame) -> None:
    model = varying.compile(SIGMA, data)
    assert model.formula == "y ~ x + (1 + x | subj); sigma ~ cs + (1 + cs | subj)"
    assert "6 levels of subj" in repr(model) and repr(model).count("subj\n") <= 1


def test_an_exposure_scales_the_shape(data: pd.DataFrame) -> None:
    """The counts of t units are the sum of t counts of one unit each."""
    ir = varying.compile("c | rate(n) ~ x, family=negbinomial", data).ir
    assert "negbinomial(eta=eta, shape=shape * rate)" in ir
    assert "data offset[row] = log(n)" in ir
    ir = varying.compile("c | rate(n) ~ x, family=poisson", data).ir
    assert "data offset[row] = log(n)" in ir and "rate[row]" not in ir


def test_offsets_are_taken_from_the_response(data: pd.DataFrame) -> None:
    """The intercept is around events over exposure."""
    plain = varying.compile("c ~ 1, family=poisson", data).priors.to_dict()
    moved = varying.compile("c | rate(n) ~ 1, family=poisson", data).priors.to_dict()
    centre = [float(p[0]["prior"][7:-1].split(",")[0]) for p in (plain, moved)]
    known = float(np.log(data["n"].mean()))
    assert centre[1] == pytest.approx(centre[0] - known, abs=2e-3)
