"""Answers and times of the diffusion model, beside its density integrated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from varying.compiler.families.cdf import cdf_of
from varying.compiler.families.continuous import wiener

#: Drift, distance, start.
POINTS = [(1.2, 1.4, 0.5), (-3.0, 2.5, 0.3), (0.0, 1.0, 0.8), (1e-9, 2.0, 0.4)]


@pytest.mark.parametrize(("mu", "bs", "bias"), POINTS)
def test_the_chance_of_an_answer_is_its_density_over_all_times(
    mu: float, bs: float, bias: float
) -> None:
    def height(y: float) -> float:
        given = {"mu": mu, "bs": bs, "ndt": 0.0, "bias": bias, "dec": 1.0}
        return float(np.exp(wiener.WIENER.log_density(np.asarray(y), **given)))

    chance = integrate.quad(height, 0.0, 30.0 * bs * bs, limit=200)[0]
    assert wiener.upper(mu, bs, 0.0, bias) == pytest.approx(chance, rel=1e-6)


def test_the_chance_of_a_rare_answer_keeps_its_digits() -> None:
    # exp(-2 |v| a (1 - w)), and what that is of an upper bound alone
    assert wiener.upper(-40.0, 5.0, 0.0, 0.5) == pytest.approx(np.exp(-200.0))
    assert wiener.upper(400.0, 50.0, 0.0, 0.5) == 1.0


@pytest.mark.parametrize("dec", [0.0, 1.0])
@pytest.mark.parametrize(("mu", "bs", "bias"), POINTS[:2])
def test_a_script_draws_the_times_that_simulate_draws(
    mu: float, bs: float, bias: float, dec: float
) -> None:
    space: dict[str, Any] = {"np": np}
    exec(wiener.RANDOM, space)
    given = (np.full(4_000, mu), bs, 0.25, bias, dec)
    drawn = space["wiener_random"](*given, rng=np.random.default_rng(1), size=(4_000,))
    ours = wiener.simulate(np.random.default_rng(2), *given)
    assert stats.ks_2samp(drawn, ours).pvalue > 1e-3
    assert drawn.mean() == pytest.approx(float(wiener.mean(*given)[0]), rel=0.05)


@pytest.mark.parametrize("dec", [0.0, 1.0])
@pytest.mark.parametrize(("mu", "bs", "bias"), [*POINTS, (5.0, 3.0, 0.5)])
def test_draws_are_those_of_the_distribution_function(
    mu: float, bs: float, bias: float, dec: float
) -> None:
    """Little is left of the grid that they are read off: trapezoids miss 2e-3."""
    u, tails = np.linspace(0.0005, 0.9995, 2001), cdf_of(wiener.WIENER)
    assert tails is not None
    given = {"mu": mu, "bs": bs, "bias": bias, "dec": dec}
    each = {name: np.full(u.size, one) for name, one in given.items()}
    times = wiener._times(u, **each) * bs**2
    below, _ = tails(times, ndt=np.zeros(u.size), **each)
    assert np.max(np.abs(below - u)) < 3e-5
