"""What ArviZ sees of a fit: a posterior of results, and groups that are asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.runtime.fit import store

SMALL = {"draws": 200, "tune": 300, "chains": 2, "seed": 4, "progress": False}
SPEC = """\
y ~ x + (1 + x | g)
  prior b ~ normal(0, 3)
  prior sigma ~ exponential(2)
  prior sd[g, x] ~ half_normal(0.7)
"""


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g = np.repeat([2, 3, 5, 7, 11, 13], 8)
    x = rng.normal(size=len(g))
    y = 1.0 + 0.4 * x + 0.5 * rng.normal(size=14)[g] + rng.normal(size=len(g))
    return pd.DataFrame({"g": g, "x": x, "y": y, "code": [str(one) for one in g]})


@cache
def fitted(spec: str = SPEC) -> varying.Fit:
    return varying.compile(spec, frame()).fit(**SMALL)  # type: ignore[arg-type]


def names(fit: varying.Fit, group: str = "posterior") -> set[str]:
    return {str(name) for name in fit.data[group].data_vars}


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_the_posterior_is_what_is_reported(tmp_path: Path) -> None:
    fit = fitted()
    results = {"Intercept", "b", "sd_g", "cor_g", "r_g", "sigma"}
    assert names(fit) == results
    assert "pcor_g" in names(fit, "unconstrained")
    assert {str(name) for name in fit.data["posterior"].coords} == {
        *("chain", "draw", "coef", "g", "g_coef", "g_coef_")
    }
    fit.save(tmp_path / "a.fit")
    for one in (fit, varying.load(tmp_path / "a.fit")):
        effects = one.data["posterior"]["r_g"]
        assert effects["g"].values.tolist() == [2, 3, 5, 7, 11, 13]
        assert effects.sel(g=3).dims == ("chain", "draw", "g_coef")
        table = az.summary(one.data, var_names=["b", "r_g"], round_to="none")
        assert "r_g[3, Intercept]" in table.index
        assert table.loc["b[x]", "mean"] == pytest.approx(
            float(one.data["posterior"]["b"].mean()), rel=1e-9
        )
    # whose rows are said the same before and after
    loaded = varying.load(tmp_path / "a.fit")
    assert str(loaded.summary(all=True)) == str(fit.summary(all=True))
    np.testing.assert_allclose(
        loaded.log_likelihood(), fit.log_likelihood(), rtol=1e-12
    )


def test_ids_that_are_texts_stay_texts() -> None:
    effects = fitted("y ~ x + (1 | code)").data["posterior"]["r_code"]
    assert effects["code"].values.tolist() == ["2", "3", "5", "7", "11", "13"]


def test_files_with_everything_in_the_posterior(tmp_path: Path) -> None:
    fit = fitted()
    kept = ("posterior", "sample_stats", "observed_data")
    whole = fit.to_arviz(
        log_likelihood=False, posterior_predictive=False, internals=True
    ).filter(lambda node: node.name in (None, *kept))
    posterior = whole["posterior"].to_dataset()
    assert "pcor_g" in posterior
    as_text = {"g": [str(one) for one in posterior["g"].values]}
    whole["posterior"] = type(whole)(posterior.assign_coords(as_text))
    store.write(tmp_path / "old.fit", whole, fit.provenance, fit._origin.table)
    old = varying.load(tmp_path / "old.fit")
    assert names(old) == names(fit)
    assert names(old, "unconstrained") == names(fit, "unconstrained")
    assert old.data["posterior"]["r_g"].sel(g=3).size == 2 * 200 * 2


def test_more_draws_of_a_fit() -> None:
    fit = fitted("y ~ x + (1 | g), parameterization=noncentered")
    more = fit.resume(draws=220, progress=False)
    assert names(more) == names(fit)
    assert names(more, "unconstrained") == names(fit, "unconstrained")
    assert more.data["unconstrained"].sizes["draw"] == 220
    old, new = (one.data["unconstrained"]["z_g"].values for one in (fit, more))
    np.testing.assert_array_equal(new[:, :200], old)


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_groups_on_request(tmp_path: Path) -> None:
    fit, other = fitted(), fitted("y ~ 1 + (1 | g)")
    for one in (fit, other):
        assert one.compute("log_likelihood", "log_prior") is one.data
        assert az.loo(one.data).elpd == pytest.approx(one.loo().elpd, rel=1e-12)
    table = az.compare({"a": fit.data, "b": other.data}, round_to="none")
    assert set(table.index) == {"a", "b"}
    # the sensitivities are as large as they are in ArviZ's own words
    found = az.psense_summary(fit.data, var_names=["b", "sigma"])
    assert (found["likelihood"] > found["prior"]).all()
    fit.save(tmp_path / "b.fit")
    assert "log_prior" not in varying.load(tmp_path / "b.fit").data
    with pytest.raises(ValueError, match="no group that can be computed is called"):
        fit.compute("prior")
    with pytest.raises(ValueError, match="which groups"):
        fit.compute()


def test_log_priors_are_those_of_scipy() -> None:
    fit = fitted()
    found = fit.compute("log_prior")["log_prior"].to_dataset()
    draws = fit.data["posterior"].to_dataset()
    b, sigma, sd = (draws[name].values for name in ("b", "sigma", "sd_g"))
    np.testing.assert_allclose(
        found["b"], stats.norm(0, 3).logpdf(b).sum(-1), rtol=1e-10
    )
    np.testing.assert_allclose(
        found["sigma"], stats.expon(scale=0.5).logpdf(sigma), rtol=1e-10
    )
    # the intercept's is about the model at the mean of x
    compiled = fit._origin.compiled
    arguments = dict(compiled.lowered.parameter("Intercept").prior.arguments)
    moment, shift = str(arguments["mu"]), frame()["x"].mean()
    centre = float(moment.split("value=")[1].split(")")[0])
    scale = float(str(arguments["sigma"]).split("value=")[1].split(")")[0])
    at_means = draws["Intercept"].values + shift * b[..., 0]
    np.testing.assert_allclose(
        found["Intercept"], stats.norm(centre, scale).logpdf(at_means), rtol=1e-9
    )
    assert set(found.data_vars) >= {"b", "Intercept", "sigma", "pcor_g"}
    assert "r_g" not in found and sd.min() > 0
