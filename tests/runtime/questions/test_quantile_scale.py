"""``scale=quantile[0.9]``: quantiles of the response at given predictors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.rows import measures
from varying.runtime.rows.at_once import AtOnce


def data() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "x": rng.normal(size=24),
            "f": np.tile(["a", "b"], 12),
            "g": np.repeat(["u", "v", "w"], 8),
            "y": rng.normal(size=24),
            "n": rng.poisson(3.0, 24),
            "s": rng.gamma(3.0, 0.2, 24),
            "d": rng.integers(0, 2, 24),
            "k": np.tile([0, 1, 2, 3], 6),
        }
    )


def at_draws(text: str, draws: dict[str, np.ndarray], share: float) -> np.ndarray:
    """Return quantiles of the rows: draws by rows."""
    found = compile_spec(Request(Source(text), table_from_frame(data())))
    at = AtOnce(found.lowered, found.written_frame, draws)
    numbers = tuple(map(float, found.bound.response.categories))
    measure = measures.quantile(at, share, numbers)
    main = found.lowered.predictors[0]
    eta = at.fixed(main)[..., None]
    return np.asarray(measure.value(at, {main.name: eta}))[..., 0]


def test_of_numbers() -> None:
    draws = {
        "Intercept": np.array([1.0, 2.0]),
        "b": np.array([[0.5], [-1.0]]),
        "sigma": np.array([0.7, 1.4]),
    }
    found = at_draws("y ~ x", draws, 0.9)
    x = data()["x"].to_numpy()
    mean = draws["Intercept"][:, None] + draws["b"] * x
    expected = stats.norm.ppf(0.9, mean, draws["sigma"][:, None])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_of_ordered_categories() -> None:
    draws = {
        "b": np.array([[0.5], [-1.0]]),
        "threshold": np.array([[-1.0, 0.0, 1.5], [-0.5, 0.1, 0.2]]),
    }
    x = data()["x"].to_numpy()
    eta = draws["b"] * x
    below = expit(draws["threshold"][:, None, :] - eta[..., None])
    for share in (0.1, 0.5, 0.8):
        found = at_draws(
            "column k: ordered(0..3)\nk ~ x, family=ordlogit", draws, share
        )
        np.testing.assert_array_equal(found, (below < share).sum(axis=-1))


@pytest.mark.parametrize(
    ("model", "question", "message"),
    [
        ("y ~ f", "means f, scale=quantile", "needs to know which"),
        ("y ~ f", "means f, scale=quantile[1]", "is no quantile"),
        ("y ~ f", "means f, scale=quantile[>0.5]", "is no quantile"),
        (
            "y ~ f + (1 | g)",
            "means f, scale=quantile[0.5], groups=average",
            "is not averaged over new groups",
        ),
        ("n ~ x, family=poisson", "slope x, scale=quantile[0.5]", "have no slope"),
        (
            "f ~ x, family=bernoulli",
            "means 1, scale=quantile[0.5]",
            "bernoulli has no quantiles",
        ),
        (
            "s | dec(d) ~ f, family=wiener",
            "means f, scale=quantile[0.5]",
            "has no quantiles here",
        ),
    ],
)
def test_what_has_none(model: str, question: str, message: str) -> None:
    with pytest.raises(varying.ModelError, match=message):
        varying.compile(f"{model}\n{question}\n", data())
