"""Pictures of parameters: which, in what order, between which ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime import plots
from varying.runtime.fit.origin import Origin
from varying.runtime.plots.blocks import blocks_of
from varying.runtime.plots.density import density, kernel_density
from varying.runtime.plots.style import Picture, powers_at

from ..fits import NAMES, independent, made_fit
from .legible import assert_legible, axes_of
from .plotted import fit_of, renamed

ANYWHERE = (-np.inf, np.inf)
TERMS = ("block[late]", "cs[CS+]", "cs[a:[b]]", "block[late]:cs[CS+]")


@pytest.mark.parametrize(
    ("var", "labels"),
    [
        ("b[cs]", ["b[cs[CS+]]", "b[cs[a:[b]]]"]),
        ("b[block:cs]", ["b[block[late]:cs[CS+]]"]),
        ("sd[`g`, `cs`]", ["sd_g[cs[CS+]]", "sd_g[cs[a:[b]]]"]),
        ("sd[g, cs]", ["sd_g[cs[CS+]]", "sd_g[cs[a:[b]]]"]),
        ("r_g[block]", ["r_g[person_000, block[late]]"]),
        ("b[block[late]]", ["b[block[late]]"]),
    ],
)
def test_a_term_is_all_its_coefficients(var: str, labels: list[str]) -> None:
    found = blocks_of(fit_of(1, TERMS), var)
    assert [b.full_label(n) for b in found for n in range(len(b.labels))] == labels


def test_parameters_with_a_formula_as_priors_spell_them() -> None:
    fit = renamed(fit_of(3), {"b": "sigma_b", "sd_g": "sigma_sd_g"})
    (found,) = blocks_of(fit, "sigma.b")
    assert found.name == "sigma_b"
    (found,) = blocks_of(fit, "sigma.b[cs]")
    assert found.full_label(0) == "sigma_b[cs[CS+]]"
    (found,) = blocks_of(fit, "sigma.sd[g, block]")
    assert (found.full_label(0), found.ends[0]) == ("sigma_sd_g[block[late]]", 0.0)
    with pytest.raises(
        ValueError, match="'sigma.sd\\[h\\]'; did you mean 'sigma_sd_g'"
    ):
        blocks_of(fit, "sigma.sd[h]")


def test_densities_go_down_to_zero_but_at_an_end() -> None:
    draws = np.random.default_rng(1).normal(size=400)
    found = density(draws)
    assert found is not None
    grid, height = found
    assert grid[0] < draws.min() < draws.max() < grid[-1]
    assert max(height[0], height[-1]) < 0.01 * height.max()
    assert np.trapezoid(height, grid) == pytest.approx(1, abs=0.01)
    # highest at its lower end, and that is seen
    found = density(np.abs(draws), ends=(0.0, np.inf))
    assert found is not None
    grid, height = found
    assert grid[0] == 0.0 and height[0] > 0.8 * height.max()
    assert height[-1] < 0.01 * height.max()
    assert np.trapezoid(height, grid) == pytest.approx(1, abs=0.02)


def test_densities_are_those_that_arviz_draws() -> None:
    from arviz_stats.base import array_stats

    rng = np.random.default_rng(2)
    humps = np.concatenate((rng.normal(size=600), rng.normal(9, 0.5, size=900)))
    for draws, limits in (
        (rng.normal(size=400), (-6.0, 6.0)),
        (humps, (-5.0, 12.0)),
        (rng.exponential(size=1000), (0.0, 20.0)),  # highest where it ends
        (rng.poisson(5.0, size=500).astype(float), (0.0, 30.0)),
    ):
        for mirrored in (True, False):
            for one_hump in (True, False):
                found = kernel_density(
                    draws, limits, mirrored=mirrored, one_hump=one_hump
                )
                grid, expected, _ = array_stats.kde(
                    draws,
                    custom_lims=limits,
                    bound_correction=mirrored,
                    bw="silverman" if one_hump else "experimental",
                )
                assert found is not None
                np.testing.assert_allclose(found[0], grid)
                largest = expected.max()
                np.testing.assert_allclose(found[1], expected, atol=3e-4 * largest)
    assert kernel_density(np.r_[np.zeros(9), 1.0], (-1.0, 2.0), one_hump=True) is None


def test_which_parameters_have_ends() -> None:
    ends = {block.name: block.ends for block in blocks_of(made_fit())}
    assert ends == {
        "Intercept": ANYWHERE, "b": ANYWHERE, "r_g": ANYWHERE, "cor_g": (-1.0, 1.0),
        "sd_g": (0.0, np.inf), "sigma": (0.0, np.inf),
    }  # fmt: skip
    trace = plots.plot(fit_of(), "trace", var=["Intercept", "sd_g"])
    for axes, first in zip(axes_of(trace)[::2], (False, True), strict=True):
        for line in axes.get_lines():
            assert bool(np.ravel(line.get_xdata())[0] == 0.0) is first


def test_ends_are_those_of_the_model() -> None:
    data = table_from_frame({"y": [0.2, 0.7, 0.5, 1.0, 0.0, 0.9], "t": [1.0, 2.0] * 3})
    fit = made_fit()
    for spec, expected in (
        # `phi` is computed of another parameter, and `sigma` is none
        ("y ~ 1, family=ordered_beta", {"phi": (0.0, np.inf), "Intercept": ANYWHERE}),
        ("t ~ 1, family=hurdle_lognormal", {"hu": (0.0, 1.0), "sigma": (0.0, np.inf)}),
        (
            "t ~ 1, family=mixture(lognormal, lognormal)",
            {"sigma1": (0.0, np.inf), "theta1": (0.0, 1.0)},
        ),
    ):
        compiled = compile_spec(Request(Source(spec, "ends.model"), data))
        names = replace(NAMES, parameters=tuple(expected), effects=(), correlations=())
        draws = xr.Dataset(
            {name: (("chain", "draw"), np.full((2, 3), 0.5)) for name in expected}
        )
        made = replace(
            fit,
            data=xr.DataTree.from_dict({"posterior": draws}),
            provenance=replace(fit.provenance, names=names),
            _origin=Origin.of(compiled, fit.provenance),
        )
        assert {one.name: one.ends for one in blocks_of(made)} == expected


def test_pairs_have_the_order_asked_for_and_a_tail_by_powers() -> None:
    data = fit_of().data.copy()
    posterior = data["posterior"].to_dataset()
    wide = posterior.assign(Intercept=np.exp(1.5 * independent(seed=8)) * 0.2 + 0
                            * posterior["Intercept"])  # fmt: skip
    data["posterior"] = xr.DataTree(wide)
    fit = renamed(replace(fit_of(), data=data), {"Intercept": "shape"})
    picture = plots.plot(fit, "pairs", var=["shape", "b"])
    assert_legible(picture)
    names = [axes.get_title() for axes in axes_of(picture) if axes.get_title()]
    assert names == ["shape (log axis)", "b[block[late]]", "b[cs[CS+]]"]
    for axes in axes_of(picture):
        column = axes.get_subplotspec().colspan.start  # type: ignore[union-attr]
        assert axes.get_xscale() == ("linear" if column else "log")
        assert len(axes.get_xticks()) > 1
        # no curve is cut by the edge of its panel
        for line in axes.get_lines():
            low, high = axes.get_xlim()
            x = np.asarray(line.get_xdata(), dtype=float)
            assert x.size == 0 or low <= x.min() <= x.max() <= high
    names = [
        axes.get_title()
        for axes in axes_of(plots.plot(fit, "pairs", var=["b[cs]", "sd[g]", "shape"]))
        if axes.get_title()
    ]
    assert names[0] == "b[cs[CS+]]" and names[-1].startswith("shape")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.5, 5e6, ["1", "100", "10,000", "1e6"]),
        (3.0, 80.0, ["3", "10", "30"]),
        (2.2, 7.0, ["4", "6"]),
        (0.0, 400.0, ["0", "1", "10", "100"]),
        (0.0, 0.5, ["0", "0.1"]),
        (1e-9, 1e-3, ["1e-9", "1e-7", "1e-5", "0.001"]),
    ],
)
def test_ticks_of_powers(low: float, high: float, expected: list[str]) -> None:
    picture = Picture(3, 2)
    axes = picture.subplots()
    axes.set_xlim(low, high)
    powers_at(axes, "x", low, high)
    picture.draw_without_rendering()
    assert [label.get_text() for label in axes.get_xticklabels()] == expected
