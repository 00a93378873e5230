"""Questions to a fit: by hand from its draws, and the same by every door."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import varying
from varying.compiler.bind.questions.shares import LATENT_VARIANCE, MODELLED_VARIANCE
from varying.runtime.fit.answer import Answer
from varying.runtime.fit.asking import ask_file
from varying.runtime.questions.variance import LATENT, MODELLED

Array = np.ndarray[Any, Any]
ROWS = 60
SMALL: dict[str, Any] = {"draws": 40, "tune": 60, "chains": 2, "seed": 3}

SPEC = """
column cs: factor("CS-", "CS+")
w ~ cs*x + (1 + x | g), family=bernoulli
  prior b ~ normal(0, 1)

means cells = cs, scale=response
contrast drop = cs: "CS+" - "CS-", scale=response, groups=zero
test less = drop < 0
"""


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    g, x = np.arange(ROWS) % 10, rng.normal(1.0, 1.0, ROWS).round(2)
    cs = np.where(np.arange(ROWS) % 3 == 0, "CS-", "CS+")
    eta = 0.5 * x - 1.0 * (cs == "CS+") + rng.normal(0, 1.0, 10)[g]
    return pd.DataFrame(
        {
            "g": [f"s{i}" for i in g],
            "cs": cs,
            "x": x,
            "w": rng.binomial(1, expit(eta)),
            "y": (eta + rng.normal(0, 0.5, ROWS)).round(3),
        }
    )


@cache
def fitted() -> varying.Fit:
    return varying.compile(SPEC, data()).fit(progress=False, **SMALL)


def draws(question: str) -> dict[str, Array]:
    found = fitted().ask(question).draws
    return {str(n): found.sel(line=n).values for n in found["line"].values}


def value(name: str) -> Array:
    found: Array = fitted().data["posterior"][name].values
    return found


def eta(plus: bool, x: Any, effects: Array | None = None) -> Array:
    """The linear predictor of a cell; draws, and what `x` and the effects have."""
    b = value("b")[..., None]
    found = value("Intercept")[..., None] + b[:, :, 1] * x
    found = found + plus * (b[:, :, 0] + b[:, :, 2] * x)
    if effects is not None:
        found = found + effects[..., 0] + effects[..., 1] * x
    return np.asarray(found)


def test_a_group_whose_effects_are_0() -> None:
    got = draws("means cs, scale=response, groups=zero")
    mean = data()["x"].mean()
    for plus, found in zip((False, True), got.values(), strict=True):
        np.testing.assert_allclose(found, expit(eta(plus, mean))[..., 0], rtol=1e-10)


def test_the_groups_of_the_data() -> None:
    got = draws('contrast d = cs: "CS+" - "CS-", x=2, scale=response, groups=fitted')
    effects = value("r_g")
    each = expit(eta(True, 2.0, effects)) - expit(eta(False, 2.0, effects))
    np.testing.assert_allclose(got["d"], each.mean(axis=-1), rtol=1e-9)


def test_new_groups_of_the_population() -> None:
    (low, high) = draws("means m = cs, x=2, scale=response").values()
    sd, cor = value("sd_g"), value("cor_g")
    rng = np.random.default_rng(1)
    for place in ((0, 3), (1, 30)):
        cov = sd[place][:, None] * cor[place] * sd[place]
        effects = rng.multivariate_normal([0, 0], cov, 200_000)
        for plus, found in ((False, low), (True, high)):
            at = eta(plus, 2.0)[place][0]
            many = expit(at + effects @ np.array([1.0, 2.0]))
            error = many.std() / np.sqrt(len(many))
            assert abs(found[place] - many.mean()) < 4.5 * error


def test_the_rows_of_the_data() -> None:
    frame = data()
    x, g = frame["x"].to_numpy(), np.arange(ROWS) % 10
    got = draws("means cs, scale=response, groups=zero, over=data")
    for plus, found in zip((False, True), got.values(), strict=True):
        np.testing.assert_allclose(found, expit(eta(plus, x)).mean(axis=-1), rtol=1e-9)
    (whole,) = draws("means 1, scale=response, groups=fitted, over=data").values()
    own = value("r_g")[:, :, g]
    each = np.where(frame["cs"] == "CS+", eta(True, x, own), eta(False, x, own))
    np.testing.assert_allclose(whole, expit(each).mean(axis=-1), rtol=1e-9)


def test_slopes_are_derivatives() -> None:
    b, x = value("b"), data()["x"].to_numpy()
    got = draws("slope s = x | cs, x=[-1, 2], scale=response, groups=zero")
    assert list(got) == [f"s[CS{sign}, x={at}]" for sign in "-+" for at in (-1, 2)]
    for plus in (False, True):
        own = b[..., 1] + plus * b[..., 2]
        for at in (-1, 2):
            p = expit(eta(plus, at))[..., 0]
            wanted = p * (1 - p) * own
            found = got[f"s[CS{'-+'[plus]}, x={at}]"]
            np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)
    (average,) = draws("slope x, scale=response, groups=zero, over=data").values()
    plus = (data()["cs"] == "CS+").to_numpy()
    p = expit(np.where(plus, eta(True, x), eta(False, x)))
    each = p * (1 - p) * (b[..., [1]] + plus * b[..., [2]])
    np.testing.assert_allclose(average, each.mean(axis=-1), rtol=1e-8, atol=1e-10)
    (linear,) = draws("slope x, cs='CS+'").values()
    np.testing.assert_allclose(linear, b[..., 1] + b[..., 2], rtol=1e-9)


def test_an_average_slope_is_that_of_the_average() -> None:
    (slope,) = draws("slope x, x=1, cs='CS+', scale=response").values()
    question = "contrast x: {} - {}, cs='CS+', scale=response"
    near, far = (
        next(iter(draws(question.format(1 + h, 1 - h)).values())) / (2 * h)
        for h in (0.01, 0.02)
    )
    # the error of a difference of two points is of the second order
    np.testing.assert_allclose(slope, (4 * near - far) / 3, rtol=1e-5, atol=1e-8)


def test_odds_and_probabilities() -> None:
    got = draws("means cs, x=1, scale=odds, groups=zero")
    ratio = draws('contrast r = cs: "CS+" - "CS-", x=1, scale=odds, groups=zero')["r"]
    low, high = (np.exp(eta(plus, 1.0))[..., 0] for plus in (False, True))
    np.testing.assert_allclose(list(got.values()), [low, high], rtol=1e-9)
    np.testing.assert_allclose(ratio, high / low, rtol=1e-9)
    (second,) = draws("means 1, cs='CS+', x=1, scale=prob[1], groups=zero").values()
    np.testing.assert_allclose(second, expit(eta(True, 1.0))[..., 0], rtol=1e-9)
    (latent,) = draws("means 1, cs='CS+', x=1, scale=latent").values()
    wanted = eta(True, 1.0)[..., 0] / (np.pi / np.sqrt(3.0))
    np.testing.assert_allclose(latent, wanted, rtol=1e-12)


def test_means_have_those_of_the_data_beside_them() -> None:
    frame = fitted().ask("means cs, scale=response").to_frame()
    wanted = data().groupby("cs")["w"].mean().loc[["CS-", "CS+"]]
    assert frame["observed"].to_list() == pytest.approx(wanted.to_list())
    assert "observed" not in fitted().ask("means cs").to_frame()
    assert "observed" not in fitted().ask("means cs, x=1, scale=response").to_frame()


def test_lines_in_tests_and_quantities() -> None:
    found = fitted().ask(
        "test more = cells[CS+] > cells[CS-]\n"
        "quantity share = drop / cells[CS-]\n"
        "quantity most = max(abs(drop), 0.1) * pi"
    )
    cells = draws("means c = cs, scale=response")
    drop = draws('contrast d = cs: "CS+" - "CS-", scale=response, groups=zero')["d"]
    got = {str(n): found.draws.sel(line=n).values for n in found.draws["line"].values}
    np.testing.assert_allclose(got["share"], drop / cells["c[CS-]"])
    np.testing.assert_allclose(got["most"], np.maximum(abs(drop), 0.1) * np.pi)
    holds = cells["c[CS+]"] > cells["c[CS-]"]
    table = found.to_frame()
    assert table.loc[("more", ""), "probability"] == pytest.approx(holds.mean())
    assert np.isnan(table.loc[("more", ""), "bayes_factor"])
    assert list(table.index.get_level_values("name")) == ["share", "most", "more"]


def test_every_door_has_the_same_answer(tmp_path: Path) -> None:
    fit = fitted()
    stored = fit.data["derived"]["means"].values
    path = tmp_path / "w.fit"
    fit.save(path)
    question = "means cs, scale=response"
    for found in (
        fit.ask(question),
        fit.means("cs", scale="response"),
        fit.means("1", by="cs", scale="response"),
        ask_file(path, question, 0.95),
    ):
        np.testing.assert_allclose(found.draws.values, stored, rtol=1e-12)
    drop = fit.contrast('cs: "CS+" - "CS-"', scale="response", groups="zero")
    contrast = fit.data["derived"]["contrast"].values
    np.testing.assert_allclose(drop.draws.values, contrast, rtol=1e-12)
    slope = fit.slope("x", by="cs", x=[1, 2.5]).draws["line"].values.tolist()
    assert slope == [
        f"slope x | cs, x=[1, 2.5][CS{sign}, x={at}]"
        for sign in "-+"
        for at in (1, 2.5)
    ]


def test_a_file_is_asked_without_what_takes_long_to_import(tmp_path: Path) -> None:
    path = tmp_path / "w.fit"
    fitted().save(path)
    program = f"""
import sys
from varying.runtime.fit.asking import ask_file
print(ask_file({str(path)!r}, "means cs, scale=response", 0.9))
slow = {{"pymc", "pytensor", "arviz", "xarray", "pandas", "zarr", "numba", "scipy"}}
assert not slow & set(sys.modules), slow & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "averaged over new levels of g of the population" in done.stdout
    assert "5%" in done.stdout


def test_an_answer_in_every_form(tmp_path: Path) -> None:
    found = fitted().ask("means m = cs, scale=response\ntest low = m[CS-] < 0.5")
    assert isinstance(found, Answer)
    assert len(found) == 3
    text = str(found)
    assert "CS+" in text
    assert "data" in text
    rows = found.to_dict()["means"]
    assert [row["coord"] for row in rows] == ["CS-", "CS+"]
    assert json.loads(found.to_json()) == json.loads(json.dumps(found.to_dict()))
    assert found.to_dict()["scale"] == "response"
    assert found.to_dict()["groups"] == rows[0]["groups"] == "average"
    assert found.to_dict()["notes"] == []
    mixed = fitted().ask("means cs, scale=prob[1]\nmeans cs, scale=response").to_dict()
    assert (mixed["scale"], mixed["groups"]) == (None, "average")
    assert mixed["means"][0]["scale"] == "prob[1]"
    found.to_csv(tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["kind"].to_list()[:2] == ["mean", "mean"]
    assert table["mean"].to_list()[:2] == [row["mean"] for row in rows]
    assert found.to_csv() == (tmp_path / "a.csv").read_text()
    assert found.to_markdown().startswith("| test |")
    assert "| `m[CS-]` |" in found.to_markdown()
    latex = fitted().ask("means cs, scale=prob[1]").to_latex()
    assert r"\begin{tabular}{lrrrrrrrrr}" in latex
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 1
    assert r"2.5\%" in latex
    assert "<table>" in found._repr_html_()
    picture: Any = found.plot()
    picture.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000
    assert len(found.draws["line"]) == 3


def fault(question: str) -> tuple[str, str]:
    with pytest.raises(varying.ModelError) as error:
        fitted().ask(question)
    one = error.value.diagnostics[0]
    return one.rule, one.source.slice(one.span)


def test_faults_are_at_their_place_in_the_question() -> None:
    assert fault("means sc") == ("factor-not-in-model", "sc")
    assert fault("means cs, scal=link") == ("unknown-option", "scal")
    assert fault("\n    means cs\n    slope z\n") == ("factor-not-in-model", "z")
    assert fault("prior b ~ normal(0, 1)")[0] == "unknown-statement"
    assert fault("w ~ x")[0] == "unknown-statement"
    assert fault("# nothing")[0] == "empty-spec"
    assert fault("quantity cells = b[x]")[0] == "duplicate-name"
    with pytest.raises(ValueError, match="question is a text"):
        fitted().ask(" ")
    with pytest.raises(ValueError, match="x is a word, a level, a number"):
        fitted().means("cs", x=object())


def test_what_the_spec_asks_may_be_asked_again() -> None:
    again = 'contrast cs: "CS+" - "CS-"'
    assert len(fitted().ask(f"{again}\n{again}, scale=response")) == 2


# ---- shares of variance --------------------------------------------------------------


@cache
def normal() -> varying.Fit:
    spec = 'column cs: factor("CS-", "CS+")\ny ~ x + cs + (1 + x | g)'
    return varying.compile(spec, data()).fit(progress=False, **SMALL)


def test_shares_of_variance_of_normal_responses() -> None:
    frame, fit = data(), normal()
    found = fit.ask("quantity i = icc(g)\nquantity r = r2()\nquantity m = r2(marginal)")
    got = {str(n): found.draws.sel(line=n).values for n in found.draws["line"].values}
    posterior = fit.data["posterior"]
    sd, cor = posterior["sd_g"].values, posterior["cor_g"].values
    sigma = posterior["sigma"].values
    x, g = frame["x"].to_numpy(), np.arange(ROWS) % 10
    z = np.column_stack([np.ones(ROWS), x])
    covariance = sd[..., None] * cor * sd[..., None, :]
    between = np.einsum("nk,cdkl,nl->cdn", z, covariance, z).mean(axis=-1)
    np.testing.assert_allclose(got["i"], between / (between + sigma**2), rtol=1e-9)
    plus = (frame["cs"] == "CS+").to_numpy()
    b = posterior["b"].values[..., None]
    fixed = posterior["Intercept"].values[..., None] + b[:, :, 0] * x
    fixed = fixed + b[:, :, 1] * plus
    mu = fixed + (posterior["r_g"].values[:, :, g] * z).sum(axis=-1)
    explained = mu.var(axis=-1, ddof=1)
    np.testing.assert_allclose(got["r"], explained / (explained + sigma**2), rtol=1e-9)
    marginal = fixed.var(axis=-1, ddof=1) / (explained + sigma**2)
    np.testing.assert_allclose(got["m"], marginal, rtol=1e-9)


@pytest.mark.parametrize(
    ("group", "factor"),
    [
        ("gr(g, cov=A)", lambda found, g: np.diag(KNOWN)[g]),
        ("gr(g, dist=student)", lambda found, g: _t_variance(found["df_g"].values)),
    ],
)
def test_intraclass_correlations_of_levels_that_differ(group: str, factor: Any) -> None:
    spec = f"y ~ x + (1 | {group})"
    model = varying.compile(spec, data(), matrices={"A": KNOWN})
    fit = model.fit(progress=False, **SMALL)
    found = fit.data["posterior"]
    multiples = factor(found, np.arange(ROWS) % 10)
    times = np.mean(np.broadcast_to(multiples, (*found["sigma"].shape, ROWS)), axis=-1)
    with np.errstate(invalid="ignore"):
        between = found["sd_g"].values[..., 0] ** 2 * times
        share = between / (between + found["sigma"].values ** 2)
    wanted = np.where(np.isinf(between), 1.0, share)
    got = fit.ask("quantity i = icc(g)").draws.values[..., 0]
    np.testing.assert_allclose(got, wanted, rtol=1e-9)


KNOWN = pd.DataFrame(
    np.diag(np.linspace(0.5, 2.0, 10)) + 0.2, *[[f"s{i}" for i in range(10)]] * 2
)


def _t_variance(df: Array) -> Array:
    return np.where(df > 2.0, df / np.maximum(df - 2.0, 1e-300), np.inf)[..., None]


def test_shares_of_variance_of_binary_responses() -> None:
    got = draws("quantity i = icc(g)\nquantity r = r2()")
    sd, cor = value("sd_g"), value("cor_g")
    x, g = data()["x"].to_numpy(), np.arange(ROWS) % 10
    z = np.column_stack([np.ones(ROWS), x])
    covariance = sd[..., None] * cor * sd[..., None, :]
    between = np.einsum("nk,cdkl,nl->cdn", z, covariance, z).mean(axis=-1)
    np.testing.assert_allclose(got["i"], between / (between + np.pi**2 / 3), rtol=1e-9)
    own = value("r_g")[:, :, g]
    plus = (data()["cs"] == "CS+").to_numpy()
    p = expit(np.where(plus, eta(True, x, own), eta(False, x, own)))
    explained = p.var(axis=-1, ddof=1)
    residual = (p * (1 - p)).mean(axis=-1)
    np.testing.assert_allclose(got["r"], explained / (explained + residual), rtol=1e-9)


def test_the_tables_of_shares_are_about_the_same_families() -> None:
    assert {*LATENT} == {*LATENT_VARIANCE}
    assert {*MODELLED} == MODELLED_VARIANCE
