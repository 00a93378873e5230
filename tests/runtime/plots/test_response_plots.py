"""Pictures of a response: what was observed beside what was drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Column, Kind
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime import plots
from varying.runtime.fit.fit import Fit
from varying.runtime.look.prior_check import check_prior
from varying.runtime.plots import panels, ppc, response
from varying.runtime.plots.far import bulk_of, far_note
from varying.runtime.plots.style import Picture, drawn
from varying.runtime.rows.replicates import Replicates

from ..fits import made_fit, settings
from .legible import assert_grey, assert_legible, axes_of, dots, spans, title, titled

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
    medians = dots(axes).get_ydata()
    np.testing.assert_allclose(medians, np.median(sets, axis=0) / 4)
    ends = np.quantile(sets, [0.025, 0.975], axis=0).T / 4
    np.testing.assert_allclose(spans(axes, upright=True)[0], ends)


def test_shares_at_the_ends_have_bars_of_their_own() -> None:
    """A density would smooth them, and reach beyond what there can be."""
    observed = np.array([0.0] * 30 + [1.0] * 20 + list(np.linspace(0.05, 0.95, 50)))
    drawn = np.tile(observed, (20, 1))
    bins = response.bins_of(Replicates("y", "continuous", observed, drawn))
    assert bins is not None and not bins.more
    shares = bins.shares(observed[None, :])[0]
    assert (shares[0], shares[-1]) == (0.3, 0.2)
    assert shares.sum() == pytest.approx(1.0)
    # zeros beside a long tail, which is one bar
    long = np.concatenate([np.zeros(20), RNG.lognormal(0, 1, 80)])
    drawn = RNG.lognormal(0, 1, (9, 100)) * (np.arange(100) >= 20)
    bins = response.bins_of(Replicates("y", "continuous", long, drawn))
    assert bins is not None and bins.more and bins.edges[-2] < long.max()
    assert bins.shares(long[None, :])[0][0] == 0.2
    assert bins.shares(long[None, :]).sum() == pytest.approx(1.0)
    # ties of the data that the model does not draw are the data's alone
    smooth = RNG.normal(0.5, 0.3, (20, 100))
    assert response.bins_of(Replicates("y", "continuous", observed, smooth)) is None


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
        assert sum(bars) >= 190
        assert max(bars) < 0.6 * sum(bars)


def test_a_hundred_categories() -> None:
    names = tuple(map(str, range(100)))
    observed = np.where(RNG.random(400) < 0.4, 0, RNG.integers(0, 100, 400))
    data = Replicates(
        "rating", "ordinal", observed, RNG.integers(0, 100, (50, 400)), names
    )
    picture = drawn(ppc._whole)(None, data)
    assert_legible(picture)
    (axes,) = axes_of(picture)
    assert axes.patches[0].get_height() == pytest.approx(np.mean(observed == 0))  # type: ignore[attr-defined]
    assert "square-root" in axes.get_ylabel()
    two = tuple(
        panels.Panel(name, np.flatnonzero(np.arange(400) % 2 == n))
        for n, name in enumerate(("early", "late"))
    )
    picture = drawn(ppc._panels)(None, data, two)
    assert_legible(picture)
    early = titled(picture, "early (200)")
    assert early.patches[0].get_height() == pytest.approx(np.mean(observed[::2] == 0))  # type: ignore[attr-defined]
    assert len(early.patches) == 12


def test_panels_share_an_axis_that_holds_all_bars() -> None:
    observed = np.array([0] * 50 + [0, 1] * 25)
    data = Replicates("won", "binary", observed, np.tile(observed, (9, 1)), ("n", "y"))
    two = (panels.Panel("a", np.arange(50)), panels.Panel("b", np.arange(50, 100)))
    for order in (two, two[::-1]):
        picture = drawn(ppc._panels)(None, data, order)
        for axes in axes_of(picture):
            assert axes.get_ylim()[1] >= 1.0


def test_ppc_of_a_fit() -> None:
    fit = made_fit()
    whole = plots.plot(fit, "ppc", draws=40)
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
    picture = drawn(ppc._means)(None, data, levels, ("subj",))
    assert_legible(picture)
    (axes,) = axes_of(picture)
    assert list(dots(axes, "_").get_ydata()) == [59.5] * 60
    means = [data.drawn[:, [n, 119 - n]].mean(axis=1) for n in range(60)]
    np.testing.assert_allclose(dots(axes).get_ydata(), np.median(means, axis=1))


def test_levels_are_panels_if_they_are_few_and_have_rows() -> None:
    def by_means(levels: int, rows: int) -> bool:
        each = [panels.Panel(str(n), np.arange(rows)) for n in range(levels)]
        # what is missing is no level
        return ppc._by_means([*each, panels.Panel("missing", np.arange(2), True)])

    assert not by_means(12, 10)
    assert by_means(13, 10)
    assert by_means(12, 9)
    assert not by_means(4, 2)


def test_means_name_their_levels() -> None:
    observed = np.arange(60.0)
    data = Replicates("y", "continuous", observed, np.tile(observed, (9, 1)))
    for name in ("id = {}", "a person with a name {}"):
        levels = tuple(
            panels.Panel(name.format(n), np.array([n, n + 30])) for n in range(30)
        )
        picture = drawn(ppc._means)(None, data, levels[::-1], ("id",))
        assert_legible(picture)
        labels = [t.get_text() for t in axes_of(picture)[0].get_xticklabels()]
        assert len(labels) == 30
        assert labels[0] in ("0", "a perso…a name 0")


def test_numbers_that_are_a_grouping_factor_are_no_quarters() -> None:
    count = 60
    data = {
        "y": RNG.normal(size=count),
        "id": np.arange(count) % 20 + 1,
        "item": np.arange(count) // 3 + 1,
    }
    spec = Source("column id, item: integer\ny ~ item + (1 | id)\n", "a.model")
    compiled = compile_spec(Request(spec, table_from_frame(data)))
    origin: Any = SimpleNamespace(compiled=compiled, table=compiled.prepared.data)
    found = panels.panels_of(origin, "id")
    assert [panel.label for panel in found][:2] == ["id = 1", "id = 2"]
    assert [panel.rows.tolist() for panel in found][:1] == [[0, 20, 40]]
    assert len(found) == 20
    assert len(panels.panels_of(origin, "item")) == 4


def test_impossible_draws_are_seen_and_said() -> None:
    rng = np.random.default_rng(5)
    times = rng.lognormal(6.3, 0.4, 300)
    data = Replicates("rt", "continuous", times, rng.normal(570, 240, (90, 300)))
    low, high = response.limits_of(data)
    assert low < -150
    assert high > times.max()
    label = response.label_of(data, (low, high), "draws")
    assert label == "rt   (0.8 % of the draws are below 0)"
    # where the data are below 0 too, that is no news
    around = replace(data, observed=times - 500, drawn=data.drawn - 500)
    assert response.label_of(around, response.limits_of(around), "draws") == "rt"
    assert response.label_of(data, (0.0, 700.0), "draws") == (
        "rt   (data: 76 values are outside: 700.865 to 1,651.52, 30 % of the draws "
        "are beyond these ends, 0.8 % below 0)"
    )


@pytest.mark.parametrize(
    ("values", "far"),
    [
        (RNG.lognormal(6.3, 0.4, 300), []),
        (RNG.exponential(size=1_000), []),
        (RNG.normal(size=300), []),
        (np.r_[np.zeros(290), np.arange(10)], []),
        (RNG.integers(0, 100, 300).astype(float), []),
        (RNG.lognormal(6.3, 0.4, 300), [95_000.0, 120_000.0]),
        (RNG.normal(size=100), [-99.0]),
        (np.array([1.0, 2.0, 3.0, 900.0]), []),  # one of four is no few
    ],
)
def test_a_few_values_far_outside_do_not_press_the_rest(
    values: np.ndarray, far: list[float]
) -> None:
    every = np.r_[values, far]
    assert bulk_of(every) == (values.min(), values.max())
    said = far_note(every, bulk_of(every))
    assert said == {0: "", 1: "1 value is outside: -99"}.get(
        len(far), "2 values are outside: 95,000 to 120,000"
    )


def test_a_prior_far_away_leaves_room_for_the_data() -> None:
    wide = np.exp(RNG.normal(0, 15, (400, 1)) + RNG.normal(0, 0.1, (400, 5)))
    data = Replicates("rt", "continuous", np.arange(1.0, 6.0), wide)
    picture = check_prior(data, 1).plot()
    assert_legible(picture)
    axes = titled(picture, "mean")
    low, high = axes.get_xlim()
    assert 1e-5 < low < 1e-3 and 1e4 < high < 1e5
    means = wide.mean(axis=1)
    shares = 100 * np.mean(means < low), 100 * np.mean(means > high)
    assert (
        axes.get_xlabel() == f"{shares[0]:.0f} % < 0.0003, {shares[1]:.0f} % > 40,000"
    )


#: Two columns with gaps that no formula reads, one that nothing reads, and a `let`.
SPEC = """
column na: factor(u, v)
where gaps > 0 | x > -1
let half = x / 2
y ~ x
"""
ROWS = 60


def fit_by(levels: int = 2) -> Fit:
    names = [f"n{n:03}" for n in range(levels)]
    spec = SPEC.replace("factor(u, v)", "factor")
    data = {
        "y": RNG.normal(size=ROWS),
        "x": np.arange(ROWS, dtype=float),
        "na": [None if n % 9 == 0 else names[n % levels] for n in range(ROWS)],
        "gaps": [np.nan if n % 20 == 0 else float(n) for n in range(ROWS)],
        "unread": np.ones(ROWS),
    }
    model = varying.compile(spec, data)
    sample = ("chain", "draw")
    draws = xr.Dataset(
        {
            "Intercept": (sample, RNG.normal(size=(2, 20))),
            "b": ((*sample, "coef"), 0.1 * RNG.normal(size=(2, 20, 1))),
            "sigma": (sample, np.ones((2, 20))),
        },
        {"coef": ["x"]},
    ).assign_coords(chain=[0, 1], draw=np.arange(20))
    flags = xr.Dataset({"diverging": (sample, np.zeros((2, 20), bool))})
    groups = {"posterior": draws, "sample_stats": flags}
    chosen = settings(chains=2, draws=20)
    return model._fitted(xr.DataTree.from_dict(groups), chosen, 0.0)


def test_rows_without_a_value_have_a_panel() -> None:
    fit = fit_by()
    picture = fit.plot("ppc", by="na")
    titles = [title(axes) for axes in axes_of(picture)]
    assert titles == ["n000 (26)", "n001 (27)", "na missing (7)"]
    titles = [title(axes) for axes in axes_of(fit.plot("ppc", by="gaps"))]
    assert titles[0] == "gaps 1 to 15 (15)"
    assert titles[-1] == "gaps missing (3)"
    for by in ("na", "gaps", "x", "half"):
        rows = np.concatenate([p.rows for p in panels.panels_of(fit._origin, by)])
        assert sorted(rows) == list(range(ROWS))


def test_means_say_what_they_leave_out() -> None:
    picture = fit_by(30).plot("ppc", by="na", draws=9)
    assert picture.notes == (
        "the 30 levels of na are shown by their means: panels are for at most 12 "
        "levels, of 10 rows or more",
        "left out: 7 rows have no value of na",
    )
    assert axes_of(picture)[0].get_xlabel() == "30 levels of na, by the data"


def test_by_is_the_same_before_and_after_a_file(tmp_path: Path) -> None:
    fit = fit_by()
    fit.save(tmp_path / "a.fit")
    loaded = varying.load(tmp_path / "a.fit")
    said = []
    for one in (fit, loaded):
        with pytest.raises(ValueError, match="no column 'unread'; it has") as caught:
            one.plot("ppc", by="unread")
        said.append(str(caught.value))
        assert len(axes_of(one.plot("ppc", by="half", draws=2))) == 4
    assert said[0] == said[1] == (
        "the fit has no column 'unread'; it has: y, x, na, gaps, half (to have another "
        "column of the data in it, name it in the spec, such as "
        "`column unread: integer`, and fit again)"
    )  # fmt: skip


def test_fewer_draws_than_asked_for_are_said() -> None:
    fit = fit_by()
    notes = fit.plot("ppc", draws=41).notes
    assert notes == ("the fit has 40 draws: a data set of each, not 41",)
    assert fit.plot("ppc", draws=40).notes == ()
    # nobody asked for the 300
    assert fit.plot("ppc").notes == ()


def test_many_levels_are_a_few_artists() -> None:
    """And no loop over them: 4,000 levels took 14 seconds."""
    rows = np.arange(20_000)
    data = Replicates("y", "continuous", rows * 1.0, np.tile(rows * 1.0, (8, 1)))
    column = Column("g", Kind.FACTOR, rows % 4000, tuple(map(str, range(4000))))
    levels = tuple(panels._levels(column))
    assert [len(panel.rows) for panel in levels] == [5] * 4000
    assert levels[7].rows.tolist() == [7, 4007, 8007, 12007, 16007]
    (axes,) = axes_of(drawn(ppc._means)(None, data, levels, ("g",)))
    assert len(axes.get_lines()) + len(axes.collections) == 3


def _density(observed: np.ndarray) -> Replicates:
    size = (40, len(observed))
    drawings = RNG.normal(observed.mean(), observed.std(), size)
    return Replicates("y", "continuous", observed, drawings)


@pytest.mark.parametrize(
    ("observed", "low", "high"),
    [
        (np.exp(RNG.normal(-1, 0.7, 200)), 0.0, np.inf),  # times: below 0 is nothing
        (-np.exp(RNG.normal(-1, 0.7, 200)), -np.inf, 0.0),
        (np.clip(RNG.normal(60, 40, 200), 0, 100), 0.0, 100.0),  # a scale
        (np.clip(RNG.normal(2, 3, 200), -3, 3), -3.0, 3.0),
        (np.maximum(RNG.normal(5, 2, 60), 4.0), 4.0, np.inf),
        (RNG.normal(size=200), -np.inf, np.inf),
        (np.round(RNG.normal(size=200), 1), -np.inf, np.inf),
    ],
)
def test_the_line_of_the_data_stays_within_their_bounds(
    observed: np.ndarray, low: float, high: float
) -> None:
    (axes,) = axes_of(drawn(ppc._whole)(None, _density(observed)))
    (line,) = (line for line in axes.get_lines() if line.get_label() == "data")
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert x.min() >= low and x.max() <= high
    if np.isfinite(low):
        assert x.min() == pytest.approx(low)
    else:
        assert x.min() < observed.min()
    if np.isfinite(high):
        assert x.max() == pytest.approx(high)
    else:
        assert x.max() > observed.max()
    # all of them are below it
    assert np.trapezoid(y, x) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("count", [7, 25, 26, 82, 100, 101, 400])
def test_the_last_category_is_named(count: int) -> None:
    names = tuple(map(str, range(count)))
    observed = RNG.integers(0, count, 400)
    drawings = RNG.integers(0, count, (20, 400))
    data = Replicates("rating", "ordinal", observed, drawings, names)
    for picture in (drawn(ppc._whole)(None, data), check_prior(data, 1).plot()):
        assert_legible(picture)
        axes = axes_of(picture)
        for one in (axes[0], *axes[3:]):
            labels = [label.get_text() for label in one.get_xticklabels()]
            assert (labels[0], labels[-1]) == (names[0], names[-1])


def test_by_two_columns() -> None:
    rows = 48
    frame = {
        "y": RNG.normal(size=rows),
        "a": ["u", "v"] * (rows // 2),
        "b": ["p", "p", "p", "q"] * (rows // 4),
    }
    made = compile_spec(Request(Source("y ~ a + b"), table_from_frame(frame)))
    fit = SimpleNamespace(compiled=made, table=made.prepared.data)
    found = panels.panels_of(fit, ["a", "b"])  # type: ignore[arg-type]
    assert [(one.label, len(one.rows)) for one in found] == [
        ("u, p", 24),
        ("v, p", 12),
        ("v, q", 12),
    ]
    for one in found:
        a, b = one.label.split(", ")
        assert {frame["a"][row] for row in one.rows} == {a}
        assert {frame["b"][row] for row in one.rows} == {b}
    assert len(panels.panels_of(fit, ["a", "a"])) == 2  # type: ignore[arg-type]


def test_bounds_of_a_panel_are_those_of_all_data() -> None:
    observed = np.concatenate([RNG.normal(-2, 1, 50), RNG.normal(5, 1, 50)])
    data = _density(observed)
    two = (panels.Panel("low", np.arange(50)), panels.Panel("high", np.arange(50, 100)))
    assert observed[50:].min() > 0 > observed[:50].max() - 5
    picture = drawn(ppc._panels)(None, data, two)
    for name, part in (("low (50)", observed[:50]), ("high (50)", observed[50:])):
        lines = titled(picture, name).get_lines()
        (x,) = (
            np.asarray(one.get_xdata()) for one in lines if one.get_label() == "data"
        )
        assert x.min() < part.min() and x.max() > part.max()
