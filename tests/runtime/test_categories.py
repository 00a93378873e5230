"""A fit of categories without an order, from the text to what is asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.runtime.interface.arguments import ArgumentError

SPEC = """column mode: factor(car, bus, "on foot")
mode ~ arm + x + (1 | g), family=categorical
  mubus ~ x + (1 | g)
keep prob
"""


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    rows = 90
    x = rng.normal(size=rows).round(3)
    odds = np.exp(np.column_stack([0.0 * x, 0.4 + x, -0.2 - 0.5 * x]))
    below = (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)
    place = (rng.random(rows)[:, None] > below).sum(axis=1)
    return pd.DataFrame(
        {
            "mode": np.array(["car", "bus", "on foot"])[place],
            "x": x,
            "arm": [*"ab"] * (rows // 2),
            "g": [f"g{k % 6}" for k in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> Any:
    model = varying.compile(SPEC, data)
    return model.fit(draws=80, tune=200, chains=2, seed=3, progress=False)


def by_hand(fit: Any, data: pd.DataFrame) -> Any:
    """Probabilities by chains, draws, rows and categories, of the draws' own names."""
    there = fit.data["posterior"]
    g = data["g"].str[1:].astype(int).to_numpy()
    x, b = data["x"].to_numpy(), (data["arm"] == "b").to_numpy()

    def of(name: str) -> Any:
        return there[name].values

    bus = of("mubus_Intercept")[..., None] + of("mubus_b")[..., :1] * x
    foot = of("muonfoot_Intercept")[..., None] + of("muonfoot_b") @ np.stack([b, x])
    bus = bus + of("mubus_r_g")[:, :, g, 0]
    foot = foot + of("muonfoot_r_g")[:, :, g, 0]
    odds = np.exp(np.stack([np.zeros_like(bus), bus, foot], axis=-1))
    return odds / odds.sum(axis=-1, keepdims=True)


def test_the_probabilities_are_those_by_hand(fit: Any, data: pd.DataFrame) -> None:
    expected = by_hand(fit, data)
    found = fit.predict(kind="prob")
    assert list(found.coords["category"].values) == ["car", "bus", "on foot"]
    assert np.allclose(found.values, expected, rtol=1e-10)
    assert np.allclose(fit.data["posterior"]["prob"].values, expected, rtol=1e-10)
    rank = {"car": 0, "bus": 1, "on foot": 2}
    places = data["mode"].map(rank).to_numpy()
    own = np.take_along_axis(expected, places[None, None, :, None], axis=-1)[..., 0]
    assert np.allclose(fit.log_likelihood().values, np.log(own), rtol=1e-9)


def test_drawn_responses_are_categories(fit: Any) -> None:
    drawn = fit.predict(seed=1)
    assert drawn.attrs["categories"] == ["car", "bus", "on foot"]
    share = (drawn == 1).mean(["chain", "draw"]).values
    wanted = fit.predict(kind="prob").mean(["chain", "draw"]).sel(category="bus")
    assert np.abs(share - wanted.values).max() < 6 * 0.5 / np.sqrt(160)


def test_questions_are_of_each_category(fit: Any) -> None:
    lines = fit.ask("means arm, groups=zero").to_frame()
    at = lines.reset_index()
    assert len(at) == 6
    total = at["mean"].to_numpy().reshape(2, 3).sum(axis=1)
    assert total == pytest.approx([1.0, 1.0], abs=1e-9)
    one = fit.ask("means arm, groups=zero, scale=prob[bus]").to_frame().reset_index()
    assert one["mean"].to_numpy() == pytest.approx(at["mean"].to_numpy()[1::3])
    text = "quantity d = mubus.b[x] - muonfoot.b[x]"
    difference = fit.ask(text).to_frame().reset_index()["mean"][0]
    there = fit.data["posterior"]
    own = there["mubus_b"].values[..., 0] - there["muonfoot_b"].values[..., 1]
    assert difference == pytest.approx(own.mean())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "mean"}, "have no mean"),
        ({"kind": "eta"}, "dpar is one of 'mubus', 'muonfoot'"),
        ({"kind": "eta", "dpar": "mucar"}, "dpar is a parameter"),
    ],
)
def test_what_there_is_not(fit: Any, asked: dict[str, str], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        fit.predict(**asked)


def test_the_picture_of_a_mean_is_refused_and_others_are_drawn(
    fit: Any, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="no mean to shrink"):
        fit.plot("shrinkage")
    for kind in ("ppc", "cells", "effects"):
        fit.plot(kind).save(tmp_path / f"{kind}.png")


def test_a_stored_fit_says_the_same(fit: Any, tmp_path: Path) -> None:
    fit.save(tmp_path / "a.fit")
    again = varying.load(tmp_path / "a.fit")
    assert str(again.summary()) == str(fit.summary())
    one, other = again.predict(kind="prob"), fit.predict(kind="prob")
    assert np.array_equal(one.values, other.values)
