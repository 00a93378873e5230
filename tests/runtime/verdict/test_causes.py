"""Causes of trouble: each is found where it is, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.compiler.sampled import Sampled
from varying.runtime.draws.names import names_of
from varying.runtime.fit.make import _centered
from varying.runtime.verdict.subject import JudgedFit

SPEC = "y ~ x + z + (1 | g) + (1 | h)"
ACROSS = ("chain", "draw")
Draws = tuple[xr.Dataset, xr.Dataset]


@cache
def sampled(spec: str = SPEC) -> Sampled:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=48) for name in "xyz"})
    frame["g"] = [f"g{i % 6}" for i in range(48)]
    frame["h"] = [f"h{i // 6}" for i in range(48)]
    frame["k"] = rng.poisson(20.0 * np.exp(np.arange(48) % 6 / 3.0))
    compiled = varying.compile(spec, frame.assign(tiny=frame["z"] / 1e9)).compiled
    assert compiled is not None
    return Sampled(compiled)


def made() -> Draws:
    """Draws of ``SPEC`` that are independent, and statistics without trouble."""
    rng = np.random.default_rng(1)

    def normal(*shape: int) -> Any:
        return rng.normal(size=(4, 500, *shape))

    posterior = xr.Dataset(
        {
            "Intercept": (ACROSS, normal()),
            "Intercept_centered": (ACROSS, normal()),
            "b": ((*ACROSS, "coef"), normal(2)),
            "sd_g": ((*ACROSS, "g_coef"), np.exp(normal(1))),
            "sd_h": ((*ACROSS, "h_coef"), np.exp(normal(1))),
            "r_g": ((*ACROSS, "g", "g_coef"), normal(6, 1)),
            "r_h": ((*ACROSS, "h", "h_coef"), normal(8, 1)),
            "sigma": (ACROSS, np.exp(normal())),
        },
        {"coef": ["x", "z"], "g_coef": ["Intercept"], "h_coef": ["Intercept"]},
    )
    stats = xr.Dataset(
        {
            "lp": (ACROSS, normal()),
            "diverging": (ACROSS, np.zeros((4, 500), dtype=bool)),
        }
    )
    return posterior, stats


def lower(draws: Draws) -> None:
    draws[1]["lp"].values[2] -= 120.0


def lower_in_three(draws: Draws) -> None:
    draws[1]["lp"].values[[0, 1, 3]] -= 30.0


def together(draws: Draws) -> None:
    b = draws[0]["b"].values
    b[..., 1] = -2.0 * b[..., 0] + 0.01 * b[..., 1]


def exchanged(draws: Draws) -> None:
    r = draws[0]["r_h"].values
    r[..., :6, 0] = -draws[0]["r_g"].values[..., 0] + 0.1 * r[..., :6, 0]


def funnel(draws: Draws) -> None:
    sd = draws[0]["sd_g"].values[..., 0]
    draws[1]["diverging"].values[:] = sd < np.quantile(sd, 0.02)


def narrow(draws: Draws) -> None:
    sigma = draws[0]["sigma"].values
    draws[1]["diverging"].values[:] = sigma < np.quantile(sigma, 0.02)


def divergences_anywhere(draws: Draws) -> None:
    draws[1]["diverging"].values[:, ::40] = True


def nothing(_: Draws) -> None:
    pass


#: What is done to the draws, and what is said.
CAUSES: list[tuple[Callable[[Draws], None], tuple[str, ...]]] = [
    (nothing, ()),
    (divergences_anywhere, ()),
    (lower, ("Chain 3 ended in another place: its log density is lower by 120",)),
    (lower_in_three, ("Chain 1 ended", "Chain 2 ended", "Chain 4 ended")),
    (together, ("b[x] and b[z] move together (correlation -1.000)",)),
    (exchanged, ("The effects of g and h move together",)),
    (funnel, ("The draws that diverged are where sd_g[Intercept] is near 0",)),
    (narrow, ("The draws that diverged are where sigma is near 0: chains get",)),
]


@pytest.mark.parametrize(("change", "said"), CAUSES)
def test_causes(change: Callable[[Draws], None], said: tuple[str, ...]) -> None:
    draws = made()
    change(draws)
    names = names_of(sampled().program)
    subject = JudgedFit(draws[0], names, frozenset(), sampled())
    found = subject.causes(draws[1])
    assert len(found) == len(said)
    for sentence, words in zip(found, said, strict=True):
        assert sentence.startswith(words)


def test_columns_on_very_different_scales() -> None:
    posterior, stats = made()
    other = sampled("y ~ x + tiny + (1 | g) + (1 | h)")
    subject = JudgedFit(posterior, names_of(other.program), frozenset(), other)
    (found,) = subject.causes(stats)
    assert found.startswith("The columns tiny and x are on very different scales")


COUNTS = "k ~ x + z + (1 | g) + (1 | h), family=poisson"


@pytest.mark.parametrize(
    ("spec", "least", "slow", "named"),
    [
        (COUNTS, 0.0, True, True),
        (COUNTS, 1.0, True, False),  # an sd that is well above 0
        (COUNTS, 0.0, False, False),
        (f"{COUNTS}, parameterization=noncentered", 0.0, True, False),
        (f"{COUNTS}, parameterization=centered", 0.0, True, False),
    ],
)
def test_an_sd_that_goes_down_to_0_slowly(
    spec: str, least: float, slow: bool, named: bool
) -> None:
    posterior, stats = made()
    steps = np.random.default_rng(5).normal(size=(4, 500))
    if slow:  # a walk has few effective draws
        steps = np.cumsum(0.05 * steps, axis=1)
    posterior["sd_g"].values[..., 0] = least + np.abs(steps)
    other = sampled(spec)
    names = names_of(other.program)
    centered = _centered(other.for_kernel[0])
    found = JudgedFit(posterior, names, frozenset(), other, centered).causes(stats)
    assert len(found) == named
    assert not named or found[0].startswith("sd_g[Intercept] goes down to 0, slowly")


MIXED = "y ~ 1, family=mixture(gaussian, gaussian)"


@pytest.mark.parametrize(
    ("spec", "moved", "said"),
    [
        (MIXED, (), None),
        (MIXED, (2,), "Chain 3 has the components in another place: mu2_Intercept is"),
        (MIXED, (0, 3), "Chains 2 and 3 have the components in another place: mu2_"),
        # of one family it would be no place of components
        (SPEC, (2,), None),
    ],
)
def test_components_in_another_place(
    spec: str, moved: tuple[int, ...], said: str | None
) -> None:
    rng = np.random.default_rng(3)
    names = ("mu1_Intercept", "mu2_Intercept", "sigma1", "sigma2", "theta1")
    posterior = xr.Dataset(
        {name: (ACROSS, rng.normal(size=(4, 500))) for name in names}
    )
    posterior["mu2_Intercept"].values[list(moved)] += 3.0
    model = sampled(spec)
    subject = JudgedFit(posterior, names_of(model.program), frozenset(), model)
    found = subject.causes(xr.Dataset())
    assert len(found) == (said is not None)
    assert said is None or found[0].startswith(said)


def test_nothing_is_guessed_without_a_model() -> None:
    assert JudgedFit().causes(made()[1]) == ()


def test_groups_that_are_one_are_named_after_a_fit() -> None:
    rng = np.random.default_rng(0)
    g = np.arange(120) % 12
    y = rng.normal(size=12)[g] + 0.3 * rng.normal(size=120)
    names = {"g": [f"g{i}" for i in g], "h": [f"h{i}" for i in g]}
    model = varying.compile(
        "y ~ 1 + (1 | g) + (1 | h)", pd.DataFrame({"y": y, **names})
    )
    fit = model.fit(seed=1, progress=False, draws=300, tune=300)
    subject = JudgedFit.of(
        Sampled(fit._origin.compiled),
        fit._posterior,
        fit.provenance.names,
    )
    found = subject.causes(fit.data["sample_stats"].to_dataset())
    assert any("The effects of g and h move together" in one for one in found)
