from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from varying.runtime.draws.digits import cells
from varying.runtime.draws.statistics import (
    Statistics,
    elements,
    summarize,
    summarize_each,
)

from ..fits import independent, posterior


def test_figures_against_numpy_and_arviz() -> None:
    draws = 3.0 + 2.0 * independent()
    found = summarize(draws)
    flat = draws.ravel()
    assert found.mean == pytest.approx(flat.mean(), rel=1e-12)
    assert found.sd == pytest.approx(flat.std(ddof=1), rel=1e-12)
    expected = np.quantile(flat, (0.025, 0.5, 0.975))
    assert (found.lower, found.median, found.upper) == pytest.approx(tuple(expected))
    axes = {"chain_axis": 0, "draw_axis": 1}
    assert found.rhat == pytest.approx(float(array_stats.rhat(draws, **axes)))
    assert found.ess_bulk == pytest.approx(
        float(array_stats.ess(draws, method="bulk", **axes))
    )


def test_the_interval_has_the_mass_asked_for() -> None:
    draws = independent()
    narrow, wide = summarize(draws, 0.5), summarize(draws, 0.99)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert np.mean((draws > narrow.lower) & (draws < narrow.upper)) == pytest.approx(
        0.5
    )


def test_a_constant_has_no_convergence() -> None:
    assert summarize(np.full((4, 100), 2.5)) == Statistics(
        2.5, 0.0, 2.5, 2.5, 2.5, None, None, None
    )


def test_draws_that_are_not_finite_give_no_figures() -> None:
    draws = independent()
    draws[0, 0] = np.nan
    found = summarize(draws)
    assert np.isnan([found.mean, found.median, found.lower, found.upper]).all()
    assert found.rhat is None


def test_infinite_draws_are_counted_by_median_and_interval() -> None:
    """As for times that some draws do not reach: order is all that they have."""
    draws = np.arange(404.0).reshape(4, 101)
    draws[draws >= 380.0] = np.inf
    found = summarize(draws)
    assert (found.lower, found.median, found.upper) == (10.0, 201.0, np.inf)
    assert np.isnan([found.mean, found.sd]).all()
    assert found.rhat is None and found.ess_bulk is None
    assert summarize(draws, 0.8).upper == 363.0
    assert cells(found)[:5] == ("nan", "nan", "201", "10", "inf")
    draws[:] = np.inf
    assert summarize(draws).median == np.inf


def test_a_few_draws_have_no_convergence() -> None:
    found = summarize(independent()[:, :3])
    assert found.ess_bulk is None
    assert np.isfinite(found.mean)


def test_a_chain_that_stands_still_is_seen() -> None:
    draws = independent()
    draws[0] = 10.0
    found = summarize(draws)
    assert found.rhat is not None
    assert found.rhat > 1.1


def test_the_figures_of_several_numbers_are_those_of_each() -> None:
    rng = np.random.default_rng(3)
    several = list(rng.normal(size=(150, 4, 60)).cumsum(axis=2))
    several[3] = np.full((4, 60), 2.5)
    several[70] = np.full((4, 60), np.inf)
    several[100] = several[100][:, ::2].repeat(2, axis=1)
    found = summarize_each(several)
    assert [repr(each) for each in found] == [repr(summarize(one)) for one in several]
    assert len({each.mean for each in found}) == 150
    assert summarize_each([]) == ()


def test_elements_of_a_correlation_matrix_are_its_lower_triangle() -> None:
    cor = posterior()["cor_g"]
    ((coord, draws),) = elements(cor, triangle=True)
    assert coord == "x, Intercept"
    np.testing.assert_array_equal(draws, cor.values[..., 1, 0])


def test_elements_of_a_scalar() -> None:
    ((coord, draws),) = elements(posterior()["Intercept"])
    assert coord == ""
    assert draws.shape == (4, 250)


def test_rounding_is_no_spread() -> None:
    rounded = 0.1 * (1.0 + 2e-16 * np.random.default_rng(0).integers(-3, 4, (4, 100)))
    assert rounded.min() < rounded.max()
    found = summarize(rounded)
    assert found.sd == 0.0 and found.rhat is found.ess_bulk is None
    # a large number that hardly moves does move
    moving = 1.7e9 + 1e-3 * np.random.default_rng(0).normal(size=(4, 100))
    assert summarize(moving).sd > 0.0 and summarize(moving).rhat is not None
