"""Rows of models with several responses: their names, and what they share."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.runtime.fit.fit import Fit

from .test_predict import as_fit

ROWS = 400


@cache
def fit(options: str) -> Fit:
    rng = np.random.default_rng(2)
    names = ("b", "row", "x")
    frame = pd.DataFrame({name: rng.normal(size=ROWS) for name in names})
    model = varying.compile(f"mvbind(b, row) ~ x{options}\n", frame)
    drawn = model.prior_predictive(4, seed=3)
    return as_fit(
        model, drawn["prior"].to_dataset(), drawn["observed_data"].to_dataset()
    )


def noise(of: Fit, response: str) -> np.ndarray:
    """The residuals of drawn responses, rows last."""
    drawn = of.predict("response", response=response, seed=1)
    return (drawn - of.predict("mean", response=response)).values[0]


@pytest.mark.parametrize("options", ["", ", rescor=true"])
def test_noise_of_one_seed_is_correlated_as_in_the_model(options: str) -> None:
    made = fit(options)
    first, second = (noise(made, name) for name in ("b", "row"))
    posterior = made._posterior
    wanted = posterior["rescor"].values.ravel() if options else np.zeros(4)
    for one, other, expected in zip(first, second, wanted, strict=True):
        # 4 standard errors of a correlation, (1 - r^2) / sqrt(n)
        room = 4 * (1 - expected**2) / np.sqrt(ROWS)
        assert abs(np.corrcoef(one, other)[0, 1] - expected) < room


def test_a_response_is_not_drawn_given_what_another_was() -> None:
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "z": [2.0, 1.0, 3.0, 5.0]})
    model = varying.compile("let w = 2*y\ny ~ 1\n  z ~ w\n", frame)
    with pytest.raises(varying.ModelError, match="`y` is a response and a predictor"):
        model.prior_predictive(5, seed=1)


def test_responses_have_the_names_of_the_spec() -> None:
    made = fit(", rescor=true")
    for name in ("b", "row"):
        assert made.predict("mean", response=name).sizes["row"] == ROWS
        assert made.log_likelihood(name).sizes["row"] == ROWS
    with pytest.raises(ValueError, match="there is: 'b', 'row'"):
        made.predict(response="x")
    posterior = made._posterior
    assert list(posterior["rescor_pair"].values) == ["b, row"]


# ---- a response that is a predictor of another ---------------------------------------


@cache
def mediated() -> tuple[Fit, pd.DataFrame]:
    """Return a made fit of ``m ~ x`` and ``y ~ m + x``, and its data."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=60), "m": rng.normal(2.0, 3.0, 60)})
    frame["y"] = rng.normal(size=60)
    model = varying.compile("m ~ x\n  y ~ m + x\n", frame)
    values = {}
    for of, size in (("m", 1), ("y", 2)):
        for name in ("Intercept", "sigma"):
            values[f"{of}_{name}"] = (("chain", "draw"), rng.uniform(0.5, 1.0, (1, 4)))
        slopes = rng.uniform(0.5, 1.0, (1, 4, size))
        values[f"{of}_b"] = (("chain", "draw", f"{of}_coef"), slopes)
    coords = {"m_coef": ["x"], "y_coef": ["m", "x"]}
    observed = xr.Dataset({of: ("row", frame[of]) for of in ("m", "y")})
    return as_fit(model, xr.Dataset(values, coords), observed), frame


def line(made: Fit, m: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The mean of ``y`` by hand: draws, then rows."""
    draws = made._posterior.isel(chain=0)
    slopes = draws["y_b"].values
    return draws["y_Intercept"].values[:, None] + slopes @ np.stack([m, x])


def test_a_response_is_predicted_from_the_observed_values_of_another() -> None:
    """As in brms, for the rows of the fit and for new ones."""
    made, frame = mediated()
    found = made.predict("mean", response="y").values[0]
    columns = (frame["m"].to_numpy(), frame["x"].to_numpy())
    np.testing.assert_allclose(found, line(made, *columns), rtol=1e-12)
    rows = {"m": [0.0, 5.0], "x": [1.0, 1.0]}
    found = made.predict(rows, "mean", response="y").values[0]
    columns = (np.array(rows["m"]), np.array(rows["x"]))
    np.testing.assert_allclose(found, line(made, *columns), rtol=1e-12)


def test_a_response_is_predicted_without_what_others_are_made_of() -> None:
    made, _ = mediated()
    rows = {"x": np.zeros(2000)}
    drawn = made.predict(rows, response="m", seed=1)
    again = {**rows, "m": drawn.values[0, 0]}
    noise = (drawn - made.predict(rows, "mean", response="m")).values[0, 0]
    given = made.predict(again, response="y", seed=1)
    other = (given - made.predict(again, "mean", response="y")).values[0, 0]
    # with one seed the noise of the two is not the same
    assert abs(np.corrcoef(noise, other)[0, 1]) < 4.0 / np.sqrt(2000)


@pytest.mark.parametrize("kind", ["mean", "response"])
def test_it_is_said_that_a_column_that_is_missing_is_a_response(kind: str) -> None:
    made, _ = mediated()
    for rows in ({"x": [0.0]}, {"x": [0.0], "m": [np.nan]}):
        with pytest.raises(varying.ModelError, match="`m` is a response as well"):
            made.predict(rows, kind, response="y")  # type: ignore[arg-type]
