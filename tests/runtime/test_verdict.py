from __future__ import annotations

import numpy as np
import pytest

from varying.runtime.figures import figures
from varying.runtime.summary import Row
from varying.runtime.verdict import Verdict, judge

from .fits import CHAINS, DRAWS, independent, settings, statistics


def rows(draws: np.ndarray, name: str = "b", coord: str = "x") -> tuple[Row, ...]:
    return (Row(name, coord, figures(draws)),)


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
    row = Row("b", "", figures(independent()))
    object.__setattr__(row.figures, "rhat", 1.012)
    found = judge((row,), statistics(), settings())
    assert not found.ok
    assert found.sentences[0].startswith("The chains do not agree yet")
    assert "1.012" in found.sentences[1]


def test_the_r_hat_named_is_seen_to_be_above_the_limit() -> None:
    for rhat, text in ((1.0103, "1.0103"), (1.010002, "1.010002"), (1.2, "1.200")):
        row = Row("b", "", figures(independent()))
        object.__setattr__(row.figures, "rhat", rhat)
        found = judge((row,), statistics(), settings())
        assert f"(highest: {text}, b)" in found.sentences[1]


def test_few_draws_are_named_as_the_cause() -> None:
    row = Row("b", "", figures(independent()))
    object.__setattr__(row.figures, "rhat", 1.0103)
    object.__setattr__(row.figures, "ess_bulk", 250.0)
    found = judge((row,), statistics(), settings())
    assert found.sentences[0].startswith("Too few effective draws, and R-hat")
    object.__setattr__(row.figures, "rhat", 1.2)
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
    agreeing = Row("b", "x", figures(draws))
    object.__setattr__(agreeing.figures, "rhat", 1.0)
    found = judge((agreeing,), statistics(), settings())
    assert not found.ok
    assert found.sentences[0].startswith("The chains agree, but the figures are rough")
    assert "below 400" in found.sentences[1]
    assert "(`--draws " in found.sentences[1]
    assert row[0].figures.ess_bulk is not None


def test_more_chains_need_more_effective_draws() -> None:
    row = Row("b", "", figures(independent()))
    object.__setattr__(row.figures, "ess_bulk", 450.0)
    assert judge((row,), statistics(), settings()).ok
    assert not judge((row,), statistics(), settings(chains=8)).ok


@pytest.mark.parametrize(("count", "words"), [(1, "1 of 1000"), (12, "12 of 1000")])
def test_divergences(count: int, words: str) -> None:
    found = verdict(independent(), diverging=few(count))
    assert not found.ok
    assert "trouble" in found.sentences[0]
    assert words in found.sentences[1]
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


def test_constants_are_never_complained_of() -> None:
    assert judge(rows(np.ones((4, 250))), statistics(), settings()).ok


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
