"""Pictures: what is on them, that it can be read, and the files they become."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.text import Text
from PIL import Image

from varying.runtime import plots
from varying.runtime.plots.blocks import blocks_of
from varying.runtime.plots.style import LINES, Picture, shorten, spread, told_apart

from ..fits import CHAINS, DRAWS, made_fit
from .legible import (
    assert_grey,
    assert_legible,
    axes_of,
    boxes,
    dots,
    look,
    spans,
    title,
    titled,
)
from .plotted import fit_of

LONG = (
    "condition[incongruent stimulus with distractor]:minutes_since_injection",
    "age_at_first_assessment_centred",
    "block[late]",
)


KINDS = {
    "few levels": lambda: fit_of(9, thresholds=4),
    "many levels": lambda: fit_of(85, LONG[:1], thresholds=99),
    "long names": lambda: fit_of(9, LONG, thresholds=9, diverging=2),
}


@cache
def picture_of(case: str, kind: str) -> Picture:
    """A picture, to look at only."""
    return plots.plot(KINDS[case](), kind)


@cache
def small_picture() -> Picture:
    return plots.plot(made_fit(), "forest", var="b")


@pytest.mark.parametrize("kind", ["trace", "forest", "pairs"])
@pytest.mark.parametrize("case", KINDS)
def test_legible_and_grey(kind: str, case: str) -> None:
    picture = picture_of(case, kind)
    assert_legible(picture)
    assert_grey(picture)


def test_overlap_is_found() -> None:
    """The check itself can fail."""
    figure = Picture(3, 2)
    figure.text(0.5, 0.5, "one over")
    figure.text(0.52, 0.5, "the other")
    with pytest.raises(AssertionError, match="overlap"):
        assert_legible(figure)
    cut = Picture(3, 2)
    cut.text(0.9, 0.5, "beyond the edge")
    with pytest.raises(AssertionError, match="beyond"):
        assert_legible(cut)


def test_lines_are_told_apart() -> None:
    lines = Picture(2, 2).subplots()
    for grey, style in LINES:
        lines.plot([0, 1], [0, 1], color=grey, ls=style)
    assert len({look(line) for line in lines.get_lines()}) == len(LINES)


def test_trace_panels() -> None:
    picture = picture_of("few levels", "trace")
    names = [title(axes) for axes in axes_of(picture)[::2]]
    assert names == [
        "Intercept",
        "b",
        "sd_g",
        "threshold",
        "r_g[Intercept]",
        "r_g[block[late]]",
        "r_g[cs[CS+]]",
    ]
    densities = titled(picture, "b").get_lines()
    assert len({look(line) for line in densities}) == len(densities) == 2
    chains = titled(picture, "Intercept").get_lines()
    assert len({look(line) for line in chains}) == len(chains) == CHAINS
    # All levels are in one panel, and nothing but the levels.
    assert len(titled(picture, "r_g[Intercept]").get_lines()) == 9


def test_trace_has_every_draw_of_every_chain() -> None:
    fit = made_fit()
    picture = plots.plot(fit, "trace", var="Intercept")
    left, right = axes_of(picture)
    course = right.get_lines()[0]
    expected = fit.data["posterior"]["Intercept"].values.ravel()
    np.testing.assert_array_equal(course.get_ydata(), expected)
    assert [label.get_text() for label in right.get_xticklabels()] == list("1234")
    legend = right.get_legend()
    assert legend is not None
    assert not legend.get_window_extent().overlaps(right.get_window_extent())
    # The density of a chain has the chain's range and holds all of it.
    grid, height = left.get_lines()[0].get_data()
    first = fit.data["posterior"]["Intercept"].values[0]
    assert abs(np.average(grid, weights=height) - first.mean()) < 0.05 * first.std()


def test_trace_of_several_shows_means_of_pieces() -> None:
    fit = fit_of()
    picture = plots.plot(fit, "trace", var=["b"])
    right = axes_of(picture)[1]
    values = fit.data["posterior"]["b"].values[..., 0]
    piece = next(
        line for line in right.get_lines() if line.get_label() == "block[late]"
    )
    edges = np.linspace(0, DRAWS, 21).astype(int)
    means = [
        [*(chain[a:b].mean() for a, b in itertools.pairwise(edges)), np.nan]
        for chain in values
    ]
    np.testing.assert_allclose(piece.get_ydata(), np.ravel(means))


def test_trace_marks_divergences() -> None:
    fit = fit_of(diverging=3)
    picture = plots.plot(fit, "trace", var="Intercept")
    left, right = axes_of(picture)
    values = fit.data["posterior"]["Intercept"].values.ravel()
    np.testing.assert_array_equal(left.get_lines()[-1].get_xdata(), values[[0, 10, 20]])
    marks = next(line for line in right.get_lines() if line.get_marker() == "|")
    np.testing.assert_array_equal(marks.get_xdata(), [0, 10, 20])
    assert "3 divergences" in [text for text, _ in boxes(picture)]


def test_coefficients_of_other_spread_have_their_own_panel() -> None:
    fit = fit_of(coefs=("x", "grams", "y"))
    scale = xr.DataArray([1.0, 1e-4, 1.0], dims="coef")
    posterior = fit.data["posterior"].to_dataset()
    data = fit.data.copy()
    data["posterior"] = xr.DataTree(posterior.assign(b=posterior["b"] * scale))
    picture = plots.plot(replace(fit, data=data), "trace", var="b")
    assert [title(axes) for axes in axes_of(picture)[::2]] == ["b", "b[grams]"]
    forest = plots.plot(replace(fit, data=data), "forest", var="b")
    labels = [[t.get_text() for t in a.get_yticklabels()] for a in axes_of(forest)]
    assert labels == [["x", "y"], ["grams"]]


def test_nothing_internal_is_shown() -> None:
    assert not any(block.name.startswith("z_") for block in blocks_of(made_fit()))
    with pytest.raises(
        ValueError, match="called 'z_g'; did you mean 'r_g'.* There are: I"
    ):
        plots.plot(made_fit(), "trace", var="z_g")


def test_a_constant_is_a_stroke() -> None:
    picture = plots.plot(made_fit(), "trace", var="sigma")
    assert set(np.ravel(axes_of(picture)[0].get_lines()[0].get_xdata())) == {1.0}


@pytest.mark.parametrize(
    ("var", "labels"),
    [
        ("b", ["b[x]"]),
        ("sd_g[x]", ["sd_g[x]"]),
        ("r_g[x]", ["r_g[s1, x]", "r_g[s2, x]", "r_g[ünter, x]"]),
        ("r_g[s2, x]", ["r_g[s2, x]"]),
        (["sigma", "b[x]"], ["sigma", "b[x]"]),
        ("sd[g]", ["sd_g[Intercept]", "sd_g[x]"]),
        ("sd[ g , x ]", ["sd_g[x]"]),
        ("cor[g]", ["cor_g[x, Intercept]"]),
    ],
)
def test_var(var: str | list[str], labels: list[str]) -> None:
    found = blocks_of(made_fit(), var)
    assert [b.full_label(n) for b in found for n in range(len(b.labels))] == labels


def test_forest_says_whose_the_effects_are() -> None:
    picture = plots.plot(fit_of(9), "forest", var="r_g")
    titles = [title(axes) for axes in axes_of(picture)]
    assert titles == ["r_g[Intercept]", "r_g[block[late]]", "r_g[cs[CS+]]"]
    assert not any(axes.get_ylabel() for axes in axes_of(picture))


def test_forest_intervals() -> None:
    fit = fit_of()
    (axes,) = axes_of(plots.plot(fit, "forest", var="b"))
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "block[late]",
        "cs[CS+]",
    ]
    draws = fit.data["posterior"]["b"].values[..., 1].ravel()
    low, first, middle, third, high = np.quantile(
        draws, [0.025, 0.25, 0.5, 0.75, 0.975]
    )
    wide, narrow = spans(axes)
    np.testing.assert_allclose(wide[1], (low, high))
    np.testing.assert_allclose(narrow[1], (first, third))
    assert dots(axes).get_xdata()[1] == pytest.approx(middle)
    assert list(dots(axes).get_ydata()) == [0, 1]


def test_forest_folds_many_levels() -> None:
    fit = fit_of(331, ())
    picture = plots.plot(fit, "forest", var="r_g")
    (axes,) = axes_of(picture)
    assert title(axes) == "r_g[Intercept]: 331 levels by size"
    assert axes.get_xticks().size == 0
    draws = fit.data["posterior"]["r_g"].values[..., 0].reshape(-1, 331)
    medians = np.median(draws, axis=0)
    np.testing.assert_allclose(dots(axes).get_ydata(), np.sort(medians))
    ends = np.quantile(draws, [0.025, 0.975], axis=0).T[np.argsort(medians)]
    np.testing.assert_allclose(spans(axes, upright=True), [ends])
    lowest = fit.data["posterior"]["g"].values[np.median(draws, axis=0).argmin()]
    assert axes.get_xlabel().startswith(str(lowest))
    assert picture.get_size_inches()[1] < 4


def test_pairs_chooses_few_and_says_so() -> None:
    picture = picture_of("long names", "pairs")
    assert len(axes_of(picture)) == 6 * 7 // 2
    assert picture.notes == (
        "left out (--var NAME chooses): 2 of sd_g, 9 of threshold",
    )
    crosses = [
        line
        for a in axes_of(picture)
        for line in a.get_lines()
        if line.get_marker() == "x"
    ]
    assert [len(line.get_xdata()) for line in crosses] == [2] * 15


def test_pairs_refuses() -> None:
    with pytest.raises(ValueError, match="at most 12 numbers at a time, not 99"):
        plots.plot(fit_of(thresholds=99), "pairs", var="threshold")
    # A constant does not vary.
    with pytest.raises(ValueError, match="needs two numbers that vary; there is: b"):
        plots.plot(made_fit(), "pairs", var=["sigma", "b"])


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("ppc", {"draws": "q"}, "draws is a whole number, not 'q'"),
        ("ppc", {"draws": 0}, "draws is at least 1, not 0"),
        ("ppc", {"seed": "a"}, "seed is a whole number, not 'a'"),
        ("ppc", {"seed": -1}, "seed is at least 0, not -1"),
        ("ppc", {"by": 3}, "by is the name of a column, or a list of names, not 3"),
        ("forest", {"var": 3}, "var is a name or a list of names, not 3"),
        ("trace", {"var": ["b", 3]}, "var is a name or a list of names, not "),
    ],
)
def test_values_that_make_no_sense(
    kind: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(plots.PlotError, match=words):
        made_fit().plot(kind, **options)


def test_unknown_kind_and_option() -> None:
    with pytest.raises(ValueError, match="no plot is called 'pie'; there are: trace"):
        plots.plot(made_fit(), "pie")
    with pytest.raises(ValueError, match="trace has no option 'by'; it has: var"):
        plots.plot(made_fit(), "trace", by="g")


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.PDF", b"%PDF"), ("a.svg", b"<?xml")]
)
def test_save(tmp_path: Path, name: str, start: bytes) -> None:
    picture = small_picture()
    picture.save(tmp_path / name)
    written = (tmp_path / name).read_bytes()
    assert written.startswith(start)
    picture.save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == written
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_grey_png_is_small(tmp_path: Path) -> None:
    picture = plots.plot(fit_of(), "trace", var=["b", "sd_g"])
    picture.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "P"
        assert image.size == tuple(np.round(200 * picture.get_size_inches()))
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.01)
        seen = np.asarray(image.convert("L")).astype(int)
    assert (tmp_path / "a.png").stat().st_size < 0.2 * seen.size
    picture.canvas.draw()  # type: ignore[attr-defined]
    drawn = np.asarray(picture.canvas.buffer_rgba())[..., 0]  # type: ignore[attr-defined]
    assert abs(seen - drawn).mean() < 0.5
    for shade in (0, 255):
        assert abs(seen[drawn == shade] - shade).max() < 4


def test_a_png_keeps_the_colours_of_others(tmp_path: Path) -> None:
    picture = Picture(2, 2)
    picture.subplots().plot([0, 1], color="red", lw=9)
    picture.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert (np.asarray(image.convert("RGB")) == (255, 0, 0)).all(axis=2).any()


def test_save_refuses(tmp_path: Path) -> None:
    picture = small_picture()
    for name in ("a.jpg", "a", "png"):
        with pytest.raises(ValueError, match=r"ends in \.png, \.pdf, \.svg"):
            picture.save(tmp_path / name)
    with pytest.raises(OSError):
        picture.save(tmp_path / "nowhere" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_the_users_own_style_stays_out() -> None:
    """And is left as it was."""
    import matplotlib

    before = plots.plot(made_fit(), "forest", var="b")._repr_png_()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        styled = plots.plot(made_fit(), "forest", var="b")._repr_png_()
        assert matplotlib.rcParams["font.size"] == 20
    assert styled == before


def test_names_with_dollars_are_no_mathematics() -> None:
    picture = plots.plot(fit_of(coefs=("$x_1$", "b$")), "forest", var="b")
    assert "$x_1$" in [text for text, _ in boxes(picture)]
    assert not any(text.get_parse_math() for text in picture.findobj(Text))  # type: ignore[attr-defined]


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "varying\[plots\]"'):
        plots.plot(made_fit(), "trace")


def test_names_have_no_back_quotes() -> None:
    assert shorten("b[`cond type`[b b]]") == "b[cond type[b b]]"
    assert told_apart(["`a b`", "c"], 20) == ["a b", "c"]
    assert told_apart(["`a`", "a"], 20) == ["`a`", "a"]  # or they would be one


def test_long_names_are_told_apart() -> None:
    names = [
        f"a hospital in the north, ward {n:03}, floor of the children" for n in (7, 12)
    ]
    assert told_apart(names, 60) == names
    short = told_apart(names, 16)
    assert len({*short}) == 2
    assert all(len(name) <= 18 for name in short)
    assert "07" in short[0] and "12" in short[1]
    assert told_apart(["abcdefghij", "abcdefghij"], 7) == ["abc…hij"] * 2
    assert told_apart(["a" * 50 + "b", "a" * 50 + "c"], 9) == ["aaaa…aaab", "aaaa…aaac"]
    # not all are alike at their ends, but some are
    names = ["[Intercept]", "[cs[CS+]]", "[late]", "[block[late]:cs[CS+]]"]
    short = told_apart(["b", *(f"sd_participant_number{n}" for n in names)], 20)
    assert len({*short}) == 5 and all(len(name) <= 20 for name in short)
    # of pairs, too, of which no one cut tells all apart
    pairs = [
        f"cor_participant_number[{b[1:-1]}, {a[1:-1]}]"
        for place, a in enumerate(names)
        for b in names[place + 1 :]
    ]
    short = told_apart(pairs, 24)
    assert len({*short}) == 6 and all(len(name) <= 26 for name in short)
    assert all(name.startswith("cor_") for name in short)
    assert told_apart(["x", "\x1b"], 9) == ["x", r"\x1b"]


def test_shorten_and_spread() -> None:
    assert shorten("abcdefghij", 7) == "abc…hij"
    assert shorten("abc", 3) == "abc"
    assert spread(["x"] * 100, 12) == [*range(0, 100, 10), 99]
    assert spread(["x"] * 101, 12) == list(range(0, 101, 10))
    assert spread(["x"] * 82, 6) == [0, 20, 40, 60, 81]
    assert spread(["x"] * 5, 12) == [0, 1, 2, 3, 4]
    assert spread(["x"] * 12, 2) == [0, 11]


def test_a_list_without_a_name_draws_nothing() -> None:
    with pytest.raises(plots.PlotError, match="names no parameter"):
        plots.plot(made_fit(), "trace", var=[])
