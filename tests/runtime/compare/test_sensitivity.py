"""What priors decide, against ArviZ; and where responses are in their predictions."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pytest

import varying

SMALL = {"draws": 500, "tune": 400, "chains": 2, "seed": 4, "progress": False}


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    y = 1.0 + 0.5 * x + rng.normal(size=300)
    wild = 1.0 + 0.5 * x + rng.standard_t(2, size=300)
    g = np.repeat(np.arange(10), 30)
    level = np.clip(np.round(y + 1), 0, 4).astype(int)
    return pd.DataFrame({"x": x, "y": y, "wild": wild, "g": g, "level": level})


@cache
def fitted(spec: str, rows: int = 300) -> varying.Fit:
    return varying.compile(spec, frame()[:rows]).fit(**SMALL)  # type: ignore[arg-type]


def reduced(folder: Path, data: pd.DataFrame) -> Any:
    data.to_csv(folder / "cells.csv", index=False)
    spec = "up ~ (1 | g), family=bernoulli"
    model = varying.compile(spec, folder / "cells.csv", reduce=True)
    fit = model.fit(**SMALL)  # type: ignore[arg-type]
    assert fit._origin.rows.counts is not None
    return fit.loo_pit()


SPECS = [
    "y ~ x + (1 | g)",
    "level ~ x + (1 | g), family=ordlogit",
    "y ~ x\n  prior b ~ normal(0, 0.05)",
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_figures_are_those_of_arviz(spec: str) -> None:
    fit = fitted(spec)
    found = fit.sensitivity().to_frame()
    data = fit.compute("log_prior", "log_likelihood")
    chosen = [name for name in fit.provenance.names.parameters if "cor" not in name]
    prior = az.psense(data, var_names=chosen, group="prior")
    likelihood = az.psense(data, var_names=chosen, group="likelihood")
    for column, wanted in (("prior", prior), ("likelihood", likelihood)):
        there = np.concatenate([np.ravel(wanted[name].values) for name in chosen])
        # the weights of 1000 draws are smoothed over another number of them
        np.testing.assert_allclose(found[column], there, rtol=0.05, atol=2e-3)


def test_a_prior_that_decides_and_one_in_conflict() -> None:
    strong = fitted("y ~ x\n  prior b ~ normal(0, 0.0005)")
    kinds = {one.label: one.kind for one in strong.sensitivity().parameters}
    assert kinds == {"Intercept": "", "b[x]": "prior", "sigma": ""}
    conflict = fitted("y ~ x\n  prior b ~ normal(-3, 0.1)").sensitivity()
    (b,) = (one for one in conflict.parameters if one.name == "b")
    assert (b.kind, b.prior, b.source) == ("conflict", "normal(-3, 0.1)", "spec")
    text = str(conflict)
    assert "Prior and data both move" in text and "contradict each other" in text
    assert "The prior of b[x] and the data disagree" in text
    plain = conflict.to_dict()
    assert (
        plain["conflicts"]
        and {"its_prior", "diagnosis"} <= plain["parameters"][0].keys()
    )
    quiet = fitted("y ~ x").sensitivity()
    assert "No parameter depends on its prior" in str(quiet)


def test_a_threshold_has_the_prior_that_is_written_for_it() -> None:
    written = "prior threshold[2] ~ normal(0, 1)\n  prior threshold[3] ~ normal(1, 2)"
    found = fitted(f"level ~ 1, family=ordlogit\n  {written}").sensitivity()
    priors = [one.prior for one in found.parameters]
    assert priors[1:3] == ["normal(0, 1)", "normal(1, 2)"]
    assert all(one.startswith("log gaps ~") for one in (priors[0], *priors[3:]))


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_places_in_predictions(tmp_path: Path) -> None:
    fit = fitted("y ~ x + (1 | g)")
    found = fit.loo_pit(seed=3)
    assert found.departure < 2.8 and "than chance" in str(found)
    theirs = az.loo_pit(fit.to_arviz(seed=3), random_state=1)["y"]
    np.testing.assert_allclose(found.pit, theirs, atol=1e-2)
    narrow = fitted("wild ~ x\n  prior sigma = 0.5").loo_pit()
    assert "too narrow" in str(narrow)
    wide = fitted("y ~ x\n  prior sigma = 3").loo_pit()
    assert "too wide" in str(wide)
    data = frame()[["g", "level"]].assign(up=frame()["level"] > 1)
    cells = reduced(tmp_path, data.astype(int))
    assert len(cells.pit) == 300 and cells.departure < 3.5
    ordinal = fitted("level ~ x + (1 | g), family=ordlogit").loo_pit()
    assert ordinal.departure < 3.5
    assert sum(ordinal.to_dict()["shares"]) == pytest.approx(1.0)


def test_censored_rows_have_no_place() -> None:
    """A bound is no response: by it too many rows would be in the middle."""
    fast: Any = {**SMALL, "draws": 50, "tune": 100}
    data = frame().assign(late=frame()["level"] == 4)
    counts = varying.compile("level | cens(late) ~ 1, family=poisson", data)
    with pytest.raises(ValueError, match="of censored rows of `level` only a bound"):
        counts.fit(**fast).loo_pit()
    above = varying.compile("y | trunc(lb=0) ~ x", frame().query("y > 0"))
    assert above.fit(**SMALL).loo_pit().departure < 3.5  # type: ignore[arg-type]
