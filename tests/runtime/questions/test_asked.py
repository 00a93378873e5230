"""Fits of specs that ask: small ones, from the text to the file and the table."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import varying
from varying.runtime.commands import check
from varying.runtime.commands import summary as command

ROWS = 48
SMALL: dict[str, Any] = {"draws": 60, "tune": 60, "chains": 2, "seed": 3}

GAUSSIAN = """
column cs: factor("CS-", "CS+"), contrast=sum
keep mu, eta
model full: y ~ cs*x + (1 | g)
  prior b ~ normal(0, 1)

model null: y ~ 1 + (1 | g)

quantity d = b[cs] / sd[g]
quantity share = sd[g]^2 / (sd[g]^2 + sigma^2)
test low = b[cs] < 0
test sure = b[cs] < 3
contrast cs: "CS+" - "CS-"
contrast at = cs: "CS+" - "CS-", scale=response
"""
SPECS = {
    "lognormal": "u ~ x + (1 | g), family=lognormal\n  sigma ~ cs\n  keep mu, eta\n",
    "poisson": "c | rate(n) ~ x + (1 | g), family=poisson\n  keep mu, eta\n",
    "binomial": "few | trials(n) ~ x, family=binomial\n  keep mu, eta\n",
    "bernoulli": "w ~ x + (1 | g), family=bernoulli\n  keep eta, mu, prob\n",
    "ordlogit": (
        "column k: ordered(0..3)\nk ~ x + (1 | prob), family=ordlogit\n"
        "  keep prob, eta\n  prior threshold ~ dirichlet(1)\n"
    ),
}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x = rng.normal(1.0, 1.0, ROWS).round(2)
    g = np.arange(ROWS) % 6
    cs = np.where(np.arange(ROWS) // 6 % 2 == 0, "CS-", "CS+")
    mu = 0.3 * x + (cs == "CS+") + rng.normal(0, 0.5, 6)[g]
    n = rng.integers(3, 8, ROWS)
    return pd.DataFrame(
        {
            "g": [f"s{i}" for i in g],
            "prob": [f"p{i}" for i in g],
            "cs": cs,
            "x": x,
            "n": n,
            "y": mu + rng.normal(0, 0.7, ROWS),
            "u": np.exp(mu / 2),
            "w": rng.binomial(1, expit(mu)),
            "c": rng.poisson(np.exp(mu)),
            "few": rng.binomial(n, expit(mu)),
            "k": np.clip(np.round(mu), 0, 3).astype(int),
        }
    )


@cache
def fitted(backend: str) -> varying.Fit:
    model = varying.compile(GAUSSIAN, data(), model="full")
    return model.fit(progress=False, backend=backend, **SMALL)


backends = pytest.mark.parametrize("backend", ["kernel", "graph"])


@backends
def test_what_is_kept_and_asked(backend: str) -> None:
    fit = fitted(backend)
    assert fit.settings.backend == backend
    posterior = fit.data["posterior"]
    assert not {"mu_", "eta_"} & set(posterior.data_vars)
    frame, value = data(), {n: posterior[n].values for n in ("Intercept", "b", "r_g")}
    code = np.where(frame["cs"] == "CS-", 1.0, -1.0)
    x = frame["x"].to_numpy()
    design = np.column_stack([code, x, code * x])
    own = value["r_g"][..., np.arange(ROWS) % 6, 0]
    eta = value["Intercept"][..., None] + value["b"] @ design.T + own
    for name in ("eta", "mu"):
        assert posterior[name].dims == ("chain", "draw", "row")
        np.testing.assert_allclose(posterior[name], eta, atol=1e-9)
    assert posterior["row"].values.tolist() == list(range(ROWS))
    derived = fit.data["derived"]
    b, sd = value["b"], posterior["sd_g"].values[..., 0]
    d = derived["quantity"].sel(quantity_name="d")
    np.testing.assert_allclose(d, b[..., 0] / sd)
    wanted = -2 * (b[..., 0] + x.mean() * b[..., 2])
    for line in range(2):
        np.testing.assert_allclose(derived["contrast"][..., line], wanted, atol=1e-9)
    assert fit.tests.loc[("low", ""), "probability"] == (b[..., 0] < 0).mean()
    assert fit.tests.loc[("sure", ""), "bayes_factor_bound"] == "above"
    assert fit.quantities.loc[("share", ""), "mean"] == pytest.approx(
        (sd**2 / (sd**2 + posterior["sigma"].values ** 2)).mean()
    )
    labels = [('cs: "CS+" - "CS-"', ""), ("at", "")]
    assert fit.contrasts.index.tolist() == labels
    # what is kept for each row is no parameter
    assert {"eta", "mu"}.isdisjoint({row.name for row in fit.summary(all=True)})


def test_a_file_has_all_of_it(tmp_path: Path) -> None:
    fit, path = fitted("kernel"), tmp_path / "a.fit"
    fit.save(path)
    again = varying.load(path)
    assert repr(again.summary()) == repr(fit.summary())
    assert again.summary(prob=0.5).to_dict() == fit.summary(prob=0.5).to_dict()
    for name in ("quantities", "tests", "contrasts"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(fit, name))
    # the model is compiled again from the file
    np.testing.assert_allclose(again.predict("eta"), fit.data["posterior"]["eta"])


KEYS = [
    *("name", "coord", "mean", "sd", "median", "lower", "upper"),
    *("ess_bulk", "ess_tail", "rhat", "text"),
]


def test_the_command_prints_sections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.fit"
    fitted("kernel").save(path)
    command.run(str(path), "json", False, 0.95)
    found = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in found["quantities"]] == ["d", "share"]
    assert list(found["quantities"][0]) == [*KEYS, "note"]
    assert list(found["contrasts"][0]) == [*KEYS, "note"]
    tested = ["of", "probability", "mcse", "prior_probability", "bayes_factor"]
    assert list(found["tests"][0]) == [*KEYS, *tested, "bayes_factor_bound", "note"]
    assert found["tests"][0]["prior_probability"] == pytest.approx(0.5)
    command.run(str(path), "markdown", False, 0.95)
    parts = capsys.readouterr().out.split("\n\n")
    heads = [part.splitlines()[0].split(" | ")[0] for part in parts]
    tables = [head for head in heads if head.startswith("|")]
    assert tables == ["| parameter", "| quantity", "| test", "| contrast"]
    text = repr(fitted("kernel").summary())
    places = [
        text.index(word) for word in ("sigma", "Quantities", "Tests", "Contrasts")
    ]
    assert places == sorted(places)
    assert "sure  b[cs] < 3" in text and "> 0.991" in text
    assert text.count("in `cs[S.CS-]`, `CS-` is +1 and `CS+` is -1") == 1


def test_a_model_without_what_is_asked_answers_nothing() -> None:
    model = varying.compile(GAUSSIAN, data(), model="null")
    fit = model.fit(progress=False, **SMALL)
    assert fit.summary().to_dict()["quantities"][0]["name"] == "share"
    assert len(fit.tests) == len(fit.contrasts) == 0
    assert "Tests" not in repr(fit.summary())


@pytest.mark.parametrize("name", SPECS)
def test_kept_rows_are_the_predictions(name: str) -> None:
    fit = varying.compile(SPECS[name], data()).fit(progress=False, **SMALL)
    posterior = fit.data["posterior"]
    kinds = {"eta": "eta", "mu": "mean", "prob": "prob"}
    kept = [one for one in kinds if one in SPECS[name].split("keep")[1]]
    for one in kept:
        taken = one in posterior.dims  # the grouping factor `prob`
        found = posterior[f"{one}_" if taken else one]
        wanted = fit.predict(kinds[one])  # type: ignore[arg-type]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert found.dims == wanted.dims
    if name == "lognormal":
        eta, log_sigma = posterior["eta"].values, posterior["sigma_Intercept"].values
        late = (data()["cs"] == "CS-").to_numpy() * 1.0
        log_sigma = log_sigma[..., None] + posterior["sigma_b"].values * late
        wanted = np.exp(eta + np.exp(2 * log_sigma) / 2)
        np.testing.assert_allclose(posterior["mu"], wanted)
    if name == "ordlogit":
        shares = posterior["prob_"]
        assert shares["category"].values.tolist() == list("0123")
        np.testing.assert_allclose(shares.sum("category"), 1.0)


def test_rows_left_out_leave_gaps() -> None:
    frame = data().assign(x=data()["x"].where(data().index != 5))
    fit = varying.compile("y ~ x\n  keep eta", frame).fit(progress=False, **SMALL)
    rows = fit.data["posterior"]["row"].values
    assert 5 not in rows and len(rows) == ROWS - 1


def test_cells_of_reduced_data(tmp_path: Path) -> None:
    data().to_csv(tmp_path / "d.csv", index=False)
    spec = "w ~ cs, family=bernoulli\n  keep mu\n"
    spec += 'contrast cs: "CS+" - "CS-", scale=response'
    model = varying.compile(spec, tmp_path / "d.csv", reduce=True)
    fit = model.fit(progress=False, **SMALL)
    mu = fit.data["posterior"]["mu"]
    assert mu.sizes["row"] == 4
    low, high = (mu.sel(row=row).values for row in (0, 6))
    got = fit.data["derived"]["contrast"].values[..., 0]
    np.testing.assert_allclose(got, high - low)


def test_the_rest_of_the_command_takes_such_specs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = varying.compile(GAUSSIAN, data(), model="full")
    assert model.ir and model.priors and model.design
    script = "".join(model.source.split())
    assert 'pm.Deterministic("eta",' in script
    assert 'pm.Deterministic("mu",mu,' in script
    assert {"eta", "mu"} <= set(model.pymc.named_vars)
    spec = tmp_path / "a.model"
    spec.write_text(GAUSSIAN)
    data().to_csv(tmp_path / "d.csv", index=False)
    assert check.run(str(spec), str(tmp_path / "d.csv"), None, "concise") == 0
