from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.signal import lfilter

import varying
from varying.runtime.draws.names import Names, names_of
from varying.runtime.draws.row import StatisticsRow
from varying.runtime.draws.statistics import summarize
from varying.runtime.summary.summary import rows_of
from varying.runtime.verdict.fixed import fixed_elements
from varying.runtime.verdict.subject import JudgedFit
from varying.runtime.verdict.verdict import Verdict, judge

from ..fits import CHAINS, DRAWS, independent, settings, statistics


def rows(
    draws: np.ndarray, name: str = "b", coord: str = "x"
) -> tuple[StatisticsRow, ...]:
    return (StatisticsRow(name, coord, summarize(draws)),)


def verdict(draws: np.ndarray, **changes: np.ndarray) -> Verdict:
    return judge(rows(draws), statistics(**changes), settings())


def few(count: int, total: int = CHAINS * DRAWS) -> np.ndarray:
    flags = np.zeros(total, dtype=bool)
    flags[:count] = True
    return flags.reshape(CHAINS, -1)


def test_all_is_well() -> None:
    found = verdict(independent())
    assert found == Verdict(True, ("The chains agree; the figures can be used.",))
    assert str(found) == "The chains agree; the figures can be used."


def test_chains_apart() -> None:
    draws = independent()
    draws[0] += 3
    found = verdict(draws)
    assert not found.ok
    assert found.sentences[0] == "The chains do not agree: do not use the figures."
    assert "R-hat is above 1.01 for 1 of 1 parameter " in found.sentences[1]
    assert "b[x]" in found.sentences[1]
    assert (
        "more draws and tune (`--draws 500 --tune 1000`, or `draws=500, tune=1000` in "
        "Python)"
    ) in found.sentences[1]


def test_chains_nearly_together() -> None:
    row = StatisticsRow("b", "", summarize(independent()))
    object.__setattr__(row.statistics, "rhat", 1.012)
    found = judge((row,), statistics(), settings())
    assert not found.ok
    assert found.sentences[0].startswith("The chains do not agree yet")
    assert "1.012" in found.sentences[1]


def test_the_r_hat_named_is_seen_to_be_above_the_limit() -> None:
    for rhat, text in ((1.0103, "1.0103"), (1.010002, "1.010002"), (1.2, "1.200")):
        row = StatisticsRow("b", "", summarize(independent()))
        object.__setattr__(row.statistics, "rhat", rhat)
        found = judge((row,), statistics(), settings())
        assert f"(highest: {text}, b)" in found.sentences[1]


def test_few_draws_are_named_as_the_cause() -> None:
    row = StatisticsRow("b", "", summarize(independent()))
    object.__setattr__(row.statistics, "rhat", 1.0103)
    object.__setattr__(row.statistics, "ess_bulk", 250.0)
    found = judge((row,), statistics(), settings())
    assert found.sentences[0].startswith("Too few effective draws, and R-hat")
    object.__setattr__(row.statistics, "rhat", 1.2)
    found = judge((row,), statistics(), settings())
    assert found.sentences[0] == "The chains do not agree: do not use the figures."


def test_too_few_effective_draws() -> None:
    # An autoregression of 0.9: a twentieth of the draws count.
    noise = independent((), 3)
    draws = np.empty_like(noise)
    draws[:, 0] = noise[:, 0]
    for at in range(1, DRAWS):
        draws[:, at] = 0.9 * draws[:, at - 1] + noise[:, at]
    row = rows(draws)
    # Its R-hat is beside the point here.
    agreeing = StatisticsRow("b", "x", summarize(draws))
    object.__setattr__(agreeing.statistics, "rhat", 1.0)
    found = judge((agreeing,), statistics(), settings())
    assert not found.ok
    assert found.sentences[0].startswith("The chains agree, but the figures are rough")
    assert "below 400" in found.sentences[1]
    assert "(`--draws " in found.sentences[1]
    assert row[0].statistics.ess_bulk is not None


def test_more_chains_need_more_effective_draws() -> None:
    row = StatisticsRow("b", "", summarize(independent()))
    object.__setattr__(row.statistics, "ess_bulk", 450.0)
    assert judge((row,), statistics(), settings()).ok
    assert not judge((row,), statistics(), settings(chains=8)).ok


@pytest.mark.parametrize(
    ("count", "ok"), [(1, True), (2, False), (3, False), (12, False)]
)
def test_divergences_are_graded_by_their_share(count: int, ok: bool) -> None:
    # 2 of 1000 are 1 in 500
    found = verdict(independent(), diverging=few(count))
    assert found.ok is ok
    assert ("trouble" in found.sentences[0]) is not ok
    assert ("do not rely" in found.sentences[0]) is not ok
    assert f"{count} of 1000 draws" in found.sentences[1]
    assert "`--target-accept 0.95`, or `target_accept=0.95`" in found.sentences[1]


def test_low_energy_information() -> None:
    # A slow walk in energy: neighbours differ little, the whole a lot.
    energy = np.cumsum(independent(seed=2), axis=1)
    energy[1:] = independent(seed=3)[1:]
    found = verdict(independent(), energy=energy)
    assert not found.ok
    assert "E-BFMI is below 0.3 in chain 1" in found.sentences[1]
    assert "`--tune 1000`, or `tune=1000`" in found.sentences[1]


def test_long_trajectories_are_a_remark_only() -> None:
    found = verdict(independent(), reached_max_treedepth=few(3))
    assert found.ok
    assert "3 of 1000 draws reached the longest trajectory" in found.sentences[1]


def test_constants_of_the_spec_are_never_complained_of() -> None:
    both = (*rows(np.ones((4, 250))), *rows(independent(), coord="z"))
    known = JudgedFit(fixed=frozenset({"b[x]"}))
    assert judge(both, statistics(), settings(), known).ok
    # not known to be one, it is a parameter that did not move
    assert not judge(both, statistics(), settings()).ok


def test_one_chain_shows_nothing() -> None:
    found = judge(rows(independent()[:1]), statistics(), settings(chains=1))
    assert not found.ok
    assert "One chain" in found.sentences[0]


def test_draws_that_are_not_finite() -> None:
    draws = independent()
    draws[2, 3] = np.nan
    found = verdict(draws)
    assert not found.ok
    assert "not finite" in found.sentences[0]
    assert "b[x]" in found.sentences[1]


# ---- what was not looked at, and what no draws are -----------------------------------

NAMES = Names(("b",), effects=(), correlations=())
Array = np.ndarray


def draws_of(draws: Array) -> xr.Dataset:
    """A posterior of one vector: chains, draws, numbers."""
    labels = [f"x{number}" for number in range(draws.shape[-1])]
    return xr.Dataset({"b": (("chain", "draw", "coef"), draws)}, {"coef": labels})


def looked_at(draws: Array, **changes: Any) -> Verdict:
    """The verdict on chains, draws, numbers; ``changes`` are statistics."""
    posterior = draws_of(draws)
    sizes = {"draws": draws.shape[1], "chains": draws.shape[0]}
    shape = draws.shape[:2]
    stats = {
        "diverging": np.zeros(shape, dtype=bool),
        "energy": np.random.default_rng(1).normal(size=shape),
        "lp": np.random.default_rng(2).normal(size=shape),
        **changes,
    }
    kept = {n: (("chain", "draw"), v) for n, v in stats.items() if v is not None}
    subject = JudgedFit(posterior, NAMES)
    rows = rows_of(posterior, NAMES)
    return judge(rows, xr.Dataset(kept), settings(**sizes), subject)


def put(where: Any, value: float) -> Callable[[Array], Array]:
    """Return what changes draws: chains, draws, numbers."""

    def change(draws: Array) -> Array:
        draws[where] = value
        return draws

    return change


def stands(chains: Mapping[int, float], number: Any = slice(None)) -> Any:
    def change(draws: Array) -> Array:
        for chain, value in chains.items():
            draws[chain, :, number] = value
        return draws

    return change


def copied(draws: Array) -> Array:
    draws[2] = draws[0]
    return draws


FINITE, MOVED = "Some draws are not finite", "The chains did not move"
TOO_FEW = "Too few draws to tell whether the chains agree"
#: What is wrong with the draws, the first sentence, and words of another one.
WRONG_DRAWS: dict[str, tuple[Callable[[Array], Array], str, str]] = {
    "one draw undefined": (put((2, 3, 1), np.nan), FINITE, "b[x1]"),
    "one draw infinite": (put((0, 0, 0), np.inf), FINITE, "b[x0]"),
    "all draws of one chain undefined": (put(1, np.nan), FINITE, "b[x0], b[x1]"),
    "nothing moves": (put(..., 1.0), MOVED, "3 of 3 parameters never moved"),
    "one number stands": (put((..., 2), 0.5), MOVED, "1 of 3 parameters never moved"),
    "one chain stands": (stands({1: 0.0}), MOVED, "Chain 2 never moved in 3 of 3"),
    "one chain stands in the middle of one number": (
        stands({3: 0.0}, 1),
        MOVED,
        "Chain 4 never moved in 1 of 3 parameters (b[x1])",
    ),
    "chains stand at different points": (
        stands({0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}),
        MOVED,
        "Chain 4 never moved",
    ),
    "two chains are one": (copied, "The chains did not move", "Chains 1 and 3"),
    "one draw": (lambda draws: draws[:, :1], TOO_FEW, "from 1 draw a chain"),
    "three draws": (lambda draws: draws[:, :3], TOO_FEW, "from 3 draws a chain"),
    "ten draws": (lambda draws: draws[:, :10], "", "effective sample size is below"),
    "fifty draws": (lambda draws: draws[:, :50], "", "effective sample size is below"),
    "one chain": (lambda draws: draws[:1], "One chain cannot show", "--chains 4"),
    "one chain of three draws": (
        lambda draws: draws[:1, :3],
        "One chain cannot show",
        "Take more draws",
    ),
    "one chain elsewhere": (
        lambda draws: draws + 2.0 * (np.arange(4) == 1)[:, None, None],
        "The chains do not agree",
        "R-hat is above 1.01 for 3 of 3",
    ),
    "one chain wider": (
        lambda draws: draws * (1.0 + (np.arange(4) == 1))[:, None, None],
        "The chains do not agree",
        "R-hat is above 1.01 for 3 of 3",
    ),
}


@pytest.mark.parametrize("kind", WRONG_DRAWS)
def test_wrong_draws_are_never_usable(kind: str) -> None:
    change, first, words = WRONG_DRAWS[kind]
    draws = change(np.random.default_rng(0).normal(size=(4, 1000, 3)))
    energy = np.random.default_rng(1).normal(size=draws.shape[:2])
    if change is copied:
        energy = copied(energy)
    found = looked_at(draws, energy=energy)
    assert not found.ok
    assert found.sentences[0].startswith(first)
    assert "can be used" not in found.sentences[0]
    assert any(words in sentence for sentence in found.sentences[1:])


def test_right_draws_are_usable() -> None:
    assert looked_at(np.random.default_rng(0).normal(size=(4, 1000, 3))).ok


NAN = np.where(np.arange(4000) == 7, np.nan, 0.1 * np.arange(4000)).reshape(4, 1000)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"energy": NAN}, "Not finite: energy (energy)"),
        ({"lp": NAN}, "Not finite: log density (lp)"),
        ({"lp": np.where(np.isnan(NAN), -np.inf, NAN)}, "Not finite: log density (lp)"),
        ({"diverging": None}, "Whether draws diverged was not looked at"),
        ({"energy": None}, "Whether the tails were explored was not looked at"),
        ({"energy": np.ones((4, 1000))}, "E-BFMI is below 0.3 in chains 1, 2, 3, 4"),
    ],
)
def test_statistics_that_say_nothing(changes: dict[str, Any], words: str) -> None:
    draws = np.random.default_rng(0).normal(size=(4, 1000, 3))
    found = looked_at(draws, **changes)
    assert not found.ok
    assert any(words in sentence for sentence in found.sentences[1:])


def test_undefined_draws_of_what_is_not_listed() -> None:
    posterior = draws_of(np.random.default_rng(0).normal(size=(4, 250, 2)))
    hidden = independent()
    hidden[1, 2] = np.nan
    posterior = posterior.assign(z_g=(("chain", "draw"), hidden))
    rows = rows_of(posterior, NAMES)
    found = judge(rows, statistics(), settings(), JudgedFit(posterior, NAMES))
    assert not found.ok and "Not finite: z_g" in found.sentences[1]


# ---- constants of the spec -----------------------------------------------------------

FIXED: list[tuple[str, set[str]]] = [
    ("y ~ x + (1 + x | g)", set()),
    ("y ~ x + (1 + x || g)", set()),
    ("y ~ x\n  prior sigma = 1", {"sigma"}),
    ("y ~ x + z\n  prior b[z] = 0.5", {"b[z]"}),
    ("y ~ x + (1 | g)\n  prior sd = 2", {"sd_g[Intercept]"}),
    ("y ~ 1\n  sigma ~ x\n  prior sigma.b = 0", {"sigma_b[x]"}),
    # stated at the mean of the slope's column, reported at 0
    ("y ~ year + (1 + year | g)", set()),
    ("y ~ year + (1 + year | g)\n  prior sd[g, year] = 0.1", {"sd_g[year]"}),
    ("y ~ year + (1 + year | g)\n  prior sd = 0.1", {"sd_g[Intercept]", "sd_g[year]"}),
    # two blocks of one factor: correlations that are not in the model are no numbers
    ("y ~ x + (1 + x | g) + (0 + z | g)", set()),
]


def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = {name: rng.normal(size=60) for name in "xyz"}
    frame["year"] = 2000.0 + np.arange(60) // 6
    return pd.DataFrame({**frame, "g": [f"g{i % 6}" for i in range(60)]})


@pytest.mark.parametrize(("spec", "fixed"), FIXED)
def test_what_is_a_constant_by_the_spec(spec: str, fixed: set[str]) -> None:
    model = varying.compile(spec, data())
    assert model.compiled is not None
    names = names_of(model.compiled.program)
    drawn = model.fit(draws=4, tune=20, chains=2, seed=1, progress=False)
    posterior = drawn._posterior
    program, frame = model.compiled.program, model.compiled.frame
    assert fixed_elements(program, frame, names, posterior) == fixed


def test_a_fit_of_too_few_draws_is_not_usable() -> None:
    model = varying.compile("y ~ x + (1 | g)\n  prior sigma = 1\n", data())
    for draws in (1, 3, 20):
        found = model.fit(draws=draws, tune=50, seed=1, progress=False).verdict
        assert not found.ok and "agree; the figures" not in found.sentences[0]
    found = model.fit(seed=1, progress=False).verdict
    assert found.ok


# ---- how often it is right -----------------------------------------------------------


def walks(rho: float, numbers: int, seed: int) -> Array:
    """Chains by draws by numbers: autoregressions with mean 0 and sd 1."""
    noise = np.random.default_rng(seed).normal(size=(CHAINS, 1500, numbers))
    return np.asarray(lfilter([np.sqrt(1 - rho**2)], [1, -rho], noise, axis=1)[:, 500:])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.7])
def test_chains_that_agree_are_called_usable(rho: float) -> None:
    # of 60 numbers some have an R-hat above 1.01 by chance, at 0.7 nearly always
    found = [looked_at(walks(rho, 60, seed)) for seed in range(12)]
    assert sum(one.ok for one in found) >= 11
    if rho == 0.7:
        assert any("no more than chance" in str(one) for one in found)


DEFECTS: dict[str, Callable[[Array], Array]] = {
    "one chain 1 sd off": lambda x: x + (np.arange(4) == 0)[:, None, None],
    "two chains 0.5 sd off": lambda x: x + 0.5 * (np.arange(4) < 2)[:, None, None],
    "one chain half as wide": lambda x: x / (1 + (np.arange(4) == 0))[:, None, None],
    "two modes, one visited a chain": lambda x: (
        x + 4.0 * (np.arange(4) % 2)[:, None, None]
    ),
    "a drift": lambda x: x + np.linspace(0, 1.5, 1000)[None, :, None],
    "a stretch of one chain": lambda x: (
        x
        + 3.0
        * ((np.arange(4) == 2)[:, None] & (np.arange(1000) > 600)[None])[..., None]
    ),
}


@pytest.mark.parametrize("kind", DEFECTS)
@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_one_wrong_number_among_many_is_found(kind: str, rho: float) -> None:
    for seed in range(6):
        draws = walks(rho, 30, seed)
        draws[..., :1] = DEFECTS[kind](draws[..., :1])
        assert not looked_at(draws).ok


@pytest.mark.parametrize("rho", [0.97, 0.99, 0.999])
def test_chains_too_slow_to_know_the_mean_are_not_usable(rho: float) -> None:
    for seed in range(6):
        draws = walks(0.0, 30, seed)
        draws[..., :1] = walks(rho, 1, seed + 100)
        assert not looked_at(draws).ok


def test_means_of_usable_draws_are_known() -> None:
    """The true mean is within 0.25 sd of that of every number of a usable fit."""
    usable = 0
    for seed in range(40):
        draws = walks(0.5 + 0.012 * seed, 5, seed)
        if looked_at(draws).ok:
            usable += 1
            assert np.abs(draws.mean(axis=(0, 1))).max() < 0.25
    assert 15 < usable < 36
