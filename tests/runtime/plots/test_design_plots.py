"""Pictures of the design: cells, thresholds, prior beside posterior."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import varying
from varying.runtime.plots import PlotError, cells, effects, power
from varying.runtime.plots.effects import numbers_of
from varying.runtime.rows.replicates import Replicates

from .legible import assert_grey, assert_legible, axes_of, spans, title, titled

RNG = np.random.default_rng(5)


def data(levels: int = 2, people: int = 6) -> pd.DataFrame:
    rows = levels * 2 * people
    return pd.DataFrame(
        {
            "g": np.repeat([f"p{n}" for n in range(people)], levels * 2),
            "a": np.tile(np.repeat([f"a{n:03}" for n in range(levels)], 2), people),
            "b": np.tile(["no", "yes"], levels * people),
            "y": RNG.integers(0, 4, rows),
            "c": RNG.normal(3, 1, rows),
        }
    )


SPEC = "column y: ordered(0..3)\ny ~ a*b + (1 | g), family=ordlogit"
SMALL = {"draws": 60, "tune": 200, "chains": 2, "seed": 1, "progress": False}


@pytest.fixture(scope="module")
def fit() -> Any:
    return varying.compile(SPEC, data()).fit(**SMALL)


def bars(axes: Any) -> list[float]:
    """The strokes of the data, from left to right in each line."""
    return [
        float(y)
        for line in axes.get_lines()
        if line.get_marker() == "_"
        for y in line.get_ydata()
    ]


def test_cells_are_those_of_the_data(fit: Any) -> None:
    picture = fit.plot("cells")
    assert_legible(picture)
    assert_grey(picture)
    frame = data().assign(y=fit.data["observed_data"]["y"].values)
    groups = frame.groupby(["a", "b"]).y
    share = titled(picture, "share of 0")
    assert bars(share) == pytest.approx([float((g == 0).mean()) for _, g in groups])
    assert bars(titled(picture, "mean")) == pytest.approx([g.mean() for _, g in groups])
    quantiles = bars(titled(picture, "10, 50 and 90 % quantile"))
    assert quantiles == [
        float(np.quantile(g, q, method="inverted_cdf"))
        for q in (0.1, 0.5, 0.9)
        for _, g in groups
    ]


def test_the_model_is_that_of_drawn_data_sets(fit: Any) -> None:
    drawn = fit.predict(draws=30, seed=1).values.reshape(60, -1)
    axes = titled(fit.plot("cells", by="a", draws=60), "mean")
    levels = data().a.to_numpy()
    wanted = [
        np.quantile(drawn[:, levels == level].mean(1), [0.025, 0.975])
        for level in ("a000", "a001")
    ]
    np.testing.assert_allclose(spans(axes, upright=True)[0], wanted)


KINDS = {
    "binary": Replicates(
        "y", "binary", np.array([0, 1, 1]), RNG.integers(0, 2, (9, 3)), ("n", "y")
    ),
    "successes": Replicates(
        "y",
        "successes",
        np.array([1, 2]),
        RNG.integers(0, 3, (9, 2)),
        (),
        np.full(2, 3),
    ),
    "count": Replicates("y", "count", np.array([0, 4]), RNG.poisson(3, (9, 2))),
    "continuous": Replicates("y", "continuous", np.ones(2), RNG.normal(size=(9, 2))),
    "spike": Replicates("y", "continuous", np.zeros(2), RNG.normal(size=(9, 2))),
    "ordinal": Replicates(
        "y", "ordinal", np.array([1, 2]), RNG.integers(0, 3, (9, 2)), ("l", "m", "h")
    ),
}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    {
        "binary": ["share of y"],
        "successes": ["share of successes"],
        "count": ["share of 0", "mean", "10, 50 and 90 % quantile"],
        "continuous": ["mean", "sd", "10, 50 and 90 % quantile"],
        "spike": ["share of 0", "mean", "10, 50 and 90 % quantile"],
        "ordinal": ["share of l", "mean", "10, 50 and 90 % quantile"],
    }.items(),
)
def test_what_is_shown_of_a_kind(kind: str, wanted: list[str]) -> None:
    found = cells.statistics_of(KINDS[kind])
    assert [one.title for one in found] == wanted
    part = KINDS[kind].scores
    for one in found:
        assert np.atleast_2d(one.of(part.drawn, part)).shape[-1] == 9


def test_four_hundred_cells_are_legible() -> None:
    frame = data(levels=200, people=2)
    fit = varying.compile("c ~ b + (1 | a)", frame).fit(**SMALL)
    picture = fit.plot("cells", by=["a", "b"])
    assert_legible(picture)
    assert [title(axes) for axes in axes_of(picture)][:2] == ["mean", "sd"]
    (intervals, *_) = axes_of(picture)[0].collections
    assert to_rgb(intervals.get_edgecolor()[0][:3]) != (0.0, 0.0, 0.0)
    pulled = fit.plot("shrinkage")
    assert_legible(pulled)
    assert_grey(pulled)
    (axes,) = axes_of(pulled)
    own = [line for line in axes.get_lines() if line.get_drawstyle() == "steps-mid"]
    np.testing.assert_allclose(own[0].get_ydata(), np.sort(frame.groupby("a").c.mean()))
    assert "(line)" in title(axes)


def test_frequent_values_are_wide() -> None:
    """Of few values; where each is another one all have the same room."""
    cells = [np.repeat([0.0, 1.0, 2.0], [40, 20, 10]), np.repeat([0.0, 2.0], [10, 20])]
    one, other = effects._widths(cells)
    room = effects._JITTER
    np.testing.assert_allclose(one, np.repeat([1.0, 0.5, 0.25], [40, 20, 10]) * room)
    np.testing.assert_allclose(other, np.repeat([0.25, 0.5], [10, 20]) * room)
    (alike,) = effects._widths([np.arange(30.0)])
    np.testing.assert_allclose(alike, room)


def test_without_a_factor_there_are_no_cells() -> None:
    fit = varying.compile("c ~ 1 + (1 | g)", data()).fit(**SMALL)
    with pytest.raises(PlotError, match="no factor"):
        fit.plot("cells")
    with pytest.raises(PlotError, match="no thresholds"):
        fit.plot("thresholds")


def test_effects_are_the_means_over_the_data(fit: Any) -> None:
    picture = fit.plot("effects")
    assert_legible(picture)
    assert_grey(picture)
    (axes,) = axes_of(picture)
    answer = fit.means("a*b", scale="response")
    ends = np.quantile(answer.draws.stack(s=("chain", "draw")), [0.025, 0.975], axis=-1)
    np.testing.assert_allclose(spans(axes, upright=True)[0], ends.T)
    rows = [line for line in axes.get_lines() if line.get_color() == "0.7"]
    counts = [len(g) for _, g in data().groupby(["a", "b"]).y]
    assert [len(line.get_ydata()) for line in rows] == counts
    values = fit.data["observed_data"]["y"].values
    frame = data().assign(y=values)
    for line, (_, own) in zip(rows, frame.groupby(["a", "b"]).y, strict=True):
        assert sorted(line.get_ydata()) == sorted(own)
    share = fit.plot("effects", ask="means a, scale=prob[0]")
    assert_legible(share)
    assert axes_of(share)[0].get_ylabel() == "probability"
    with pytest.raises(PlotError, match="one `means` question"):
        fit.plot("effects", ask="contrast a: a001 - a000")


def test_effects_of_a_number_are_curves() -> None:
    frame = data().assign(z=lambda d: np.linspace(0.0, 2.0, len(d)))
    fit = varying.compile("c ~ z*a", frame).fit(**SMALL)
    picture = fit.plot("effects", ask="means z*a, z=[0, 0.5, 1, 2], scale=response")
    assert_legible(picture)
    (axes,) = axes_of(picture)
    curves = [line for line in axes.get_lines() if line.get_color() == "black"]
    answer = fit.means("z*a", z=[0, 0.5, 1, 2], scale="response")
    middle = answer.draws.median(("chain", "draw")).values
    for place, line in enumerate(curves):
        assert line.get_xdata().tolist() == [0, 0.5, 1, 2]
        np.testing.assert_allclose(line.get_ydata(), middle[place::2])
    alone = varying.compile("c ~ z", frame).fit(**SMALL).plot("effects")
    assert len(axes_of(alone)[0].get_lines()[1].get_xdata()) == 41


def test_thresholds(fit: Any) -> None:
    picture = fit.plot("thresholds")
    assert_legible(picture)
    assert_grey(picture)
    (axes,) = axes_of(picture)[:1]
    draws = fit.data["posterior"]["threshold"].values.reshape(120, 3)
    unmarked = [line for line in axes.get_lines() if line.get_marker() == "None"]
    lines = [line for line in unmarked if len(set(line.get_xdata())) == 1]
    found = [float(line.get_xdata()[0]) for line in lines]
    np.testing.assert_allclose(found, np.median(draws, axis=0))
    # intervals that overlap are above each other
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    assert (high[:-1] > low[1:]).any()
    np.testing.assert_allclose(spans(axes)[0], np.stack([low, high], axis=1))
    curves = [line for line in unmarked if len(set(line.get_xdata())) > 1]
    eta = fit.predict("eta").mean(("chain", "draw")).values
    frame = data()
    for curve, (_, rows) in zip(
        curves, frame.groupby(["a", "b"]).groups.items(), strict=True
    ):
        x, y = curve.get_data()
        step = x[1] - x[0]
        assert abs(float(x[np.argmax(y)]) - eta[list(rows)].mean()) <= step
        assert float(np.sum(y) * step) == pytest.approx(1.0, abs=0.05)


def test_prior_beside_posterior(fit: Any) -> None:
    picture = fit.plot("prior-posterior", draws=200)
    assert_legible(picture)
    assert_grey(picture)
    assert len(axes_of(picture)) == 3 + 1 + 3
    one = fit.plot("prior-posterior", var="sd[g]", draws=200)
    (axes,) = axes_of(one)
    assert axes.get_xlim()[0] == 0.0
    with pytest.raises(PlotError, match="no parameter"):
        fit.plot("prior-posterior", var="q")


def test_a_flat_prior_has_no_density() -> None:
    fit = varying.compile("c ~ a\n  prior b ~ flat", data()).fit(**SMALL)
    with pytest.raises(PlotError, match="flat"):
        fit.plot("prior-posterior")


def test_shrinkage(fit: Any) -> None:
    picture = fit.plot("shrinkage")
    assert_legible(picture)
    assert_grey(picture)
    (axes,) = axes_of(picture)
    values = fit.data["observed_data"]["y"].values
    own = data().assign(y=values).groupby("g").y.mean().sort_values(kind="stable")
    crosses = [line for line in axes.get_lines() if line.get_marker() == "x"]
    np.testing.assert_allclose(crosses[0].get_ydata(), own)
    shares = fit.predict("prob", draws=60)
    means = (shares * shares["category"]).sum("category").values.reshape(120, -1)
    people = data().g.to_numpy()
    wanted = [
        np.quantile(means[:, people == name].mean(1), [0.025, 0.975])
        for name in own.index
    ]
    found = [ends for ends in spans(axes, upright=True) if len(ends) == len(own)]
    assert any(np.allclose(ends, wanted) for ends in found)
    alone = varying.compile("c ~ a", data()).fit(**SMALL)
    with pytest.raises(PlotError, match="no grouping factor"):
        alone.plot("shrinkage")


def test_comparison() -> None:
    frame = data()
    fits = {
        name: varying.compile(f"c ~ {terms}", frame).fit(**SMALL)
        for name, terms in {"one": "1", "a": "a"}.items()
    }
    found = varying.compare(fits)
    picture = found.plot()
    assert_legible(picture)
    (axes,) = axes_of(picture)
    away, error = found.difference(found.models[1])
    dots = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == [0.0, away]
    spans_ = [
        line.get_xdata() for line in axes.get_lines() if len(line.get_xdata()) == 2
    ]
    assert any(np.allclose(x, [away - 2 * error, away + 2 * error]) for x in spans_)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("y ~ wide + id", ("wide", "id")),
        ("y ~ log(wide) + (1 + id | g)", ("wide",)),
        (
            "y ~ k * (1 - exp(-id)), nl=true\n  k ~ wide\n  prior k.Intercept ~ "
            "normal(0, 1)\n",
            ("id", "wide"),
        ),
    ],
)
def test_numbers_that_the_mean_depends_on(spec: str, names: tuple[str, ...]) -> None:
    frame = {"y": [1.0, 2.5, 1.5, 4.0], "wide": [1.0, 2.0, 4.0, 3.0]}
    frame |= {"id": [0.5, 0.1, 0.7, 0.9], "g": ["a", "b", "c", "c"]}
    compiled = varying.compile(spec, frame).compiled
    assert compiled is not None
    assert numbers_of(compiled) == names


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("binary", "probability of y = y"),
        ("successes", "y, share of trials"),
        ("count", "mean of y"),
        ("ordinal", "mean of y"),
    ],
)
def test_the_axis_of_effects_says_what_they_are_of(kind: str, label: str) -> None:
    assert effects._mean_of(KINDS[kind]) == label


def test_intervals_are_seen_beside_values_far_outside() -> None:
    """Two minutes among seconds are beyond the axis, and the title says so."""
    axes = Figure().subplots()
    times = np.r_[RNG.uniform(300.0, 900.0, 80), 120_000.0]
    lines = [("a", np.full(40, 250.0)), ("b", np.linspace(600.0, 1_500.0, 40))]
    said = effects._within(axes, lines, times)
    assert said == "1 value is outside: 120,000"
    low, high = axes.get_ylim()
    assert low < 250.0 and 1_450.0 < high < 2_000.0
    assert effects._within(axes, lines, times[:-1]) == ""
    assert axes.get_ylim() == (low, high)


def test_bars_of_power_stay_between_0_and_1() -> None:
    down, up = power._within([0.0, 0.5, 0.98, 1.0], [0.05] * 4)
    assert down == pytest.approx([0.0, 0.05, 0.05, 0.05])
    assert up == pytest.approx([0.05, 0.05, 0.02, 0.0])


@pytest.mark.parametrize(
    ("asked", "said", "right"),
    [
        ((30.0, 50.0), "1 value is outside: 999", 70.0),
        ((30.0, 999.0), "", None),  # what is asked for is shown
    ],
)
def test_a_predictor_far_outside_does_not_stretch_its_axis(
    asked: tuple[float, float], said: str, right: float | None
) -> None:
    axes = Figure().subplots()
    ages = np.r_[RNG.uniform(20.0, 60.0, 80), 999.0]
    assert effects._along_bulk(axes, ages, np.array(asked)) == said
    assert right is None or 55.0 < axes.get_xlim()[1] < right
