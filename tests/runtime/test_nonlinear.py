"""A fit of a curve: what is asked of it, and what is said of its priors."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.fit.fit import Fit
from varying.runtime.rows.engine import Rows
from varying.runtime.rows.predict import predict

SPEC = """
column f: factor(placebo, drug)
y ~ a * exp(-k * t), nl=true
  a ~ 1 + (1 | g)
  k ~ f
  prior a ~ normal({a}, 3)
  prior k.Intercept ~ lognormal(-1, 0.5)
  keep mu
quantity half = log(2) / k.Intercept
quantity start = a
test faster = k.b[f] > 0
contrast f: drug - placebo, scale=response
contrast link = f: drug - placebo
"""


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    people, times = 12, np.linspace(0.0, 6.0, 8)
    who = np.repeat(np.arange(people), len(times))
    t, drug = np.tile(times, people), who % 2
    top = 5.0 + rng.normal(0.0, 0.5, people)[who]
    y = top * np.exp(-(0.4 + 0.2 * drug) * t) + rng.normal(0.0, 0.2, len(t))
    names = np.where(drug == 1, "drug", "placebo")
    return pd.DataFrame({"y": y, "t": t, "g": [f"g{i}" for i in who], "f": names})


@cache
def fitted(a: float = 4.0) -> Fit:
    model = varying.compile(SPEC.format(a=a), data())
    return model.fit(seed=3, draws=400)


def test_what_was_simulated_is_found() -> None:
    rows = {row.label: row.statistics for row in fitted().summary()}
    assert abs(rows["a_Intercept"].mean - 5.0) < 3.0 * rows["a_Intercept"].sd
    assert abs(rows["k_Intercept"].mean - 0.4) < 3.0 * rows["k_Intercept"].sd
    assert "The chains agree" in str(fitted().verdict)
    assert "not held against the data" not in str(fitted().verdict)


def test_what_is_calculated_is_told_by_rows(tmp_path: Path) -> None:
    spec = """
y ~ m, nl=true
  m ~ a * half^t, nl=true
  half ~ 2^(-1 / life), nl=true
  a ~ 1 + (1 | g)
  life ~ 1
  sigma ~ c + log(abs(m)), nl=true
  c ~ f
  prior a ~ normal(4, 3)
  prior life ~ normal(2, 1, lb=0)
  prior c.Intercept ~ normal(-2, 1)
"""
    fit = varying.compile(spec, data()).fit(seed=3, draws=50, tune=300, chains=2)
    fit.save(tmp_path / "a.fit")
    again, rows = varying.load(tmp_path / "a.fit"), data().head(5)
    told = {name: again.predict(rows, "mean", dpar=name).values for name in "ac"}
    told |= {"life": again.predict(rows, "eta", dpar="life").values}
    m = told["a"] * 2.0 ** (-rows["t"].to_numpy() / told["life"])
    for fitted_ in (fit, again):
        assert fitted_.predict(rows, "mean").values == pytest.approx(m, rel=1e-12)
        found = fitted_.predict(rows, "mean", dpar="m").values
        assert found == pytest.approx(m, rel=1e-12)
        sigma = fitted_.predict(rows, "mean", dpar="sigma").values
        assert sigma == pytest.approx(np.exp(told["c"]) * np.abs(m), rel=1e-12)


def test_predictions_are_of_the_curve() -> None:
    fit, rows = fitted(), data()
    draws = fit.to_arviz().posterior
    a, k = fit.predict("eta", dpar="a"), fit.predict("mean", dpar="k")
    wanted = a.values * np.exp(-k.values * rows["t"].to_numpy())
    assert fit.predict("mean").values == pytest.approx(wanted, rel=1e-12)
    assert draws["mu"].values == pytest.approx(wanted, rel=1e-12)
    drug = (rows["f"] == "drug").to_numpy(float)
    rate = draws["k_Intercept"].values[..., None] + draws["k_b"].values * drug
    assert k.values == pytest.approx(rate, rel=1e-12)
    with pytest.raises(Exception, match="there is: 'sigma', 'a', 'k'"):
        fit.predict("mean", dpar="b")


def test_a_parameter_called_as_the_predictor() -> None:
    """Of ``poisson`` the main parameter is ``eta`` too: predictions tell them apart."""
    spec = (
        "n ~ a + eta * t, nl=true, family=poisson\n  a ~ 1\n  eta ~ f\n"
        "  prior a ~ normal(0, 1)\n  prior eta.Intercept ~ normal(0, 1)"
    )
    rows = data().assign(n=1)
    found = compile_spec(Request(Source(spec), table_from_frame(rows)))
    a, eta, b = (np.array([values]) for values in ([0.3, 0.1], [-0.2, 0.4], [1.0, 2.0]))
    posterior = xr.Dataset(
        {
            "a_Intercept": (("chain", "draw"), a),
            "eta_Intercept": (("chain", "draw"), eta),
            "eta_b": (("chain", "draw", "coef"), b[..., None]),
        }
    )
    placebo = (rows["f"] == "placebo").to_numpy(float)  # beside `drug`
    slope = eta[..., None] + b[..., None] * placebo
    whole = a[..., None] + slope * rows["t"].to_numpy()
    of = Rows.of(found)
    for kind, dpar, expected in (
        ("eta", None, whole),
        ("mean", None, np.exp(whole)),
        ("eta", "eta", slope),
    ):
        values = predict(of, posterior, kind, 1, dpar)
        assert values.values == pytest.approx(expected, rel=1e-12)


def test_quantities_tests_and_contrasts() -> None:
    fit = fitted()
    draws = fit.to_arviz().posterior
    asked = fit.quantities["mean"].to_numpy()
    half = np.log(2.0) / draws["k_Intercept"].values
    wanted = [half.mean(), float(draws["a_Intercept"].mean())]
    assert asked == pytest.approx(wanted, rel=1e-9)
    rates = [draws["k_Intercept"] + draws["k_b"][..., 0] * drug for drug in (1.0, 0.0)]
    curves = [draws["a_Intercept"] * np.exp(-k * 3.0) for k in rates]
    for mean in fit.contrasts["mean"]:
        assert mean == pytest.approx(float((curves[0] - curves[1]).mean()), rel=1e-6)
    assert all("t = 3" in note for note in fit.contrasts["note"])


def test_a_prior_far_from_the_data_is_named() -> None:
    """By the draws of what was sampled, since the curve is not linear in it."""
    spec = SPEC.format(a=4.0).replace("normal(4.0, 3)", "normal(4.0, 0.05)")
    fit = varying.compile(spec, data()).fit(seed=3, draws=400)
    assert "a.Intercept" in str(fit.verdict)


def test_a_stored_fit(tmp_path: Path) -> None:
    fit = fitted()
    fit.save(tmp_path / "curve.fit")
    again = varying.load(tmp_path / "curve.fit")
    assert str(again.summary()) == str(fit.summary())
    assert np.isfinite(again.log_likelihood().values).all()


def test_the_design_shows_what_is_calculated() -> None:
    text = str(varying.compile(SPEC.format(a=4.0), data()).design)
    assert "calculated\n  a * exp(-k * t)\n  parameters a, k\n  of the data t" in text
    assert "1 | g of a" in text
