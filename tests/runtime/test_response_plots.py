"""Pictures of a response: what was observed beside what was drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from varying.runtime import plots
from varying.runtime.plots import panels, ppc, response
from varying.runtime.plots.style import Picture, drawn
from varying.runtime.prior_check import check_prior
from varying.runtime.replicates import Replicates

from .fits import made_fit
from .legible import assert_grey, assert_legible, axes_of, title, titled

RNG = np.random.default_rng(3)
SEVEN = tuple("abcdefg")
TRIALS = np.array([10, 20, 20, 5])
REPLICATES = {
    "ordinal": Replicates(
        "rating", "ordinal", np.array([0, 0, 1, 6]), RNG.integers(0, 7, (90, 4)), SEVEN
    ),
    "binary": Replicates(
        "won", "binary", np.array([0, 1, 1, 1]), RNG.integers(0, 2, (90, 4)), ("n", "y")
    ),
    "count": Replicates(
        "n", "count", np.array([0, 0, 3, 5]), RNG.poisson(4, (90, 4)) * 4
    ),
    "successes": Replicates(
        "s", "successes", np.array([0, 20, 5, 5]), RNG.binomial(TRIALS, 0.5, (90, 4)),
        trials=TRIALS,
    ),
    "continuous": Replicates(
        "rt", "continuous", np.array([1.0, 2.0, 4.0, 8.0]), RNG.normal(3, 2, (90, 4))
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["ordinal", "binary", "count", "successes"])
def test_bars_are_shares(kind: str) -> None:
    """Bars are those of the data, circles the median over drawn data sets."""
    data = REPLICATES[kind]
    axes = Picture(6, 3).subplots()
    bins = response.bins_of(data)
    assert bins is not None
    response.draw(axes, data, bins)
    scored = data.scores if kind == "successes" else data
    values = np.clip(scored.observed, bins.edges[0], bins.edges[-1] - 1e-9)
    expected = np.histogram(values, bins.edges)[0] / 4
    heights = [bar.get_height() for bar in axes.patches]  # type: ignore[attr-defined]
    np.testing.assert_allclose(heights, expected)
    assert sum(heights) == pytest.approx(1)
    sets = [
        np.histogram(np.clip(row, bins.edges[0], bins.edges[-1] - 1e-9), bins.edges)[0]
        for row in scored.drawn
    ]
    dots = [line for line in axes.get_lines() if line.get_marker() == "o"]
    medians = [float(line.get_ydata()[0]) for line in dots]
    np.testing.assert_allclose(medians, np.median(sets, axis=0) / 4)


def test_categories_are_named() -> None:
    axes = Picture(6, 3).subplots()
    data = REPLICATES["ordinal"]
    response.draw(axes, data, response.bins_of(data))
    assert [label.get_text() for label in axes.get_xticklabels()] == list(SEVEN)


def test_the_last_bar_of_counts_holds_the_rest() -> None:
    data = replace(REPLICATES["count"], drawn=np.full((20, 4), 10_000))
    bins = response.bins_of(data)
    assert bins is not None and bins.more
    assert bins.edges[:2].tolist() == [-0.5, 0.5]
    axes = Picture(6, 3).subplots()
    response.draw(axes, data, bins)
    assert axes.get_xticklabels()[-1].get_text() == "20+"
    assert bins.shares(data.drawn)[:, -1].tolist() == [1.0] * 20


def test_zero_has_its_own_bar_among_large_counts() -> None:
    counts = np.array([0, 1, 5_000, 70_000])
    data = Replicates("n", "count", counts, np.tile(counts, (9, 1)))
    bins = response.bins_of(data)
    assert bins is not None
    shares = bins.shares(data.observed[None, :])[0]
    assert shares[0] == shares[1] == 0.25
    assert len(shares) <= 60


@pytest.mark.parametrize("kind", REPLICATES)
def test_prior_picture(kind: str) -> None:
    check = check_prior(REPLICATES[kind], 1)
    picture = check.plot()
    assert_legible(picture)
    assert_grey(picture)
    panels_ = [axes for axes in axes_of(picture) if title(axes)]
    assert len(panels_) == len(check.statements)
    for axes, statement in zip(panels_, check.statements, strict=True):
        strokes = [float(np.ravel(line.get_xdata())[0]) for line in axes.get_lines()]
        assert strokes == [statement.lower, statement.upper, statement.observed]


def test_wide_statistics_are_drawn_by_powers() -> None:
    wide = np.exp(RNG.normal(0, 4, (200, 1)) + RNG.normal(0, 0.1, (200, 5)))
    counts = np.floor(np.minimum(wide, 1e6)).astype(int)
    for data, scale in (
        (Replicates("rt", "continuous", np.arange(1.0, 6.0), wide), "log"),
        (Replicates("n", "count", np.arange(5), counts), "asinh"),
    ):
        picture = check_prior(data, 1).plot()
        assert_legible(picture)
        axes = titled(picture, "mean")
        assert axes.get_xscale() == scale
        bars = [bar.get_height() for bar in axes.patches]  # type: ignore[attr-defined]
        assert sum(bars) >= 194
        assert max(bars) < 0.6 * sum(bars)


def test_a_hundred_categories() -> None:
    names = tuple(map(str, range(100)))
    observed = np.where(RNG.random(400) < 0.4, 0, RNG.integers(0, 100, 400))
    data = Replicates(
        "rating", "ordinal", observed, RNG.integers(0, 100, (50, 400)), names
    )
    picture = drawn(ppc._whole)(data)
    assert_legible(picture)
    (axes,) = axes_of(picture)
    assert axes.patches[0].get_height() == pytest.approx(np.mean(observed == 0))  # type: ignore[attr-defined]
    assert "square-root" in axes.get_ylabel()
    two = tuple(
        panels.Panel(name, np.flatnonzero(np.arange(400) % 2 == n))
        for n, name in enumerate(("early", "late"))
    )
    picture = drawn(ppc._panels)(data, two)
    assert_legible(picture)
    early = titled(picture, "early (200)")
    assert early.patches[0].get_height() == pytest.approx(np.mean(observed[::2] == 0))  # type: ignore[attr-defined]
    assert len(early.patches) == 12


def test_panels_share_an_axis_that_holds_all_bars() -> None:
    observed = np.array([0] * 50 + [0, 1] * 25)
    data = Replicates("won", "binary", observed, np.tile(observed, (9, 1)), ("n", "y"))
    two = (panels.Panel("a", np.arange(50)), panels.Panel("b", np.arange(50, 100)))
    for order in (two, two[::-1]):
        picture = drawn(ppc._panels)(data, order)
        for axes in axes_of(picture):
            assert axes.get_ylim()[1] >= 1.0


def test_ppc_of_a_fit() -> None:
    fit = made_fit()
    whole = plots.plot(fit, "ppc")
    assert_legible(whole)
    by = plots.plot(fit, "ppc", by="g", draws=40)
    assert [title(axes) for axes in axes_of(by)] == ["s1 (2)", "s2 (1)", "ünter (1)"]
    numbers = plots.plot(fit, "ppc", by="x", draws=40)
    assert title(axes_of(numbers)[0]) == "x = 0 (1)"
    with pytest.raises(ValueError, match="no column 'nowhere'; it has: "):
        plots.plot(fit, "ppc", by="nowhere")
    again = fit.plot("ppc", by="g", draws=40)
    assert again._repr_png_() == by._repr_png_()


def test_many_levels_are_shown_by_their_means() -> None:
    observed = np.arange(120.0)
    data = Replicates(
        "y", "continuous", observed, observed + RNG.normal(size=(60, 120))
    )
    levels = tuple(panels.Panel(str(n), np.array([n, 119 - n])) for n in range(60))
    picture = drawn(ppc._means)(data, levels, "subj")
    assert_legible(picture)
    (axes,) = axes_of(picture)
    bars = [line for line in axes.get_lines() if line.get_marker() == "_"]
    assert [float(line.get_ydata()[0]) for line in bars] == [59.5] * 60
