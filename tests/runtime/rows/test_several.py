"""Rows of models with several responses: their names, and what they share."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

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
