"""The sum of ``com_poisson``: of few terms and of many, and its three readings."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from varying.compiler.distributions.density import compoisson
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families import FAMILIES

from ..backends.kernel.compiled import scalar

Array = NDArray[np.float64]

#: Modes and shapes: none of many terms, many from 0 on, many far from it, one term.
POINTS = np.array(
    [
        *((0.9, 1.8), (-3.0, 0.2), (-800.0, 0.5), (2.0, 40.0)),
        *((1.0, 0.02), (4.0, 0.3), (5.0, 0.9), (3.4, 0.6), (2.5, 0.01)),
        *((7.0, 0.5), (8.5, 0.05), (0.3, 2e3)),
    ]
)


def plain(eta: float, shape: float) -> tuple[float, float, float]:
    """Return the sum of all terms, and its slopes."""
    k = np.arange(2e5)
    away = special.gammaln(k + 1.0) - k * eta + np.exp(eta)
    logs = -shape * away
    total = special.logsumexp(logs)
    part = np.exp(logs - total)
    return total, shape * np.sum(part * (k - np.exp(eta))), -np.sum(part * away)


WANTED = np.array([plain(*point) for point in POINTS.tolist()]).T


@pytest.mark.parametrize("reading", ["arrays", "kernel"])
def test_the_sum_is_that_of_all_terms(reading: str) -> None:
    found = np.array(compoisson.log_com_sum(ARRAYS, *POINTS.T))
    if reading == "kernel":
        found = scalar(compoisson.row_log_com_sum)(POINTS)
    assert (np.abs(found - WANTED) / np.maximum(1.0, np.abs(WANTED))).max() < 1e-10


def test_slopes_are_those_of_a_complex_step() -> None:
    eta, shape = POINTS[:8].T
    by_eta = np.imag(ARRAYS.log_com_sum(eta + 1e-30j, shape)) / 1e-30
    by_shape = np.imag(ARRAYS.log_com_sum(eta, shape + 1e-30j)) / 1e-30
    np.testing.assert_allclose([by_eta, by_shape], WANTED[1:, :8], rtol=1e-9, atol=1e-9)


def test_there_are_no_terms_beyond_the_ends() -> None:
    """Bounds that are proved: deviances are large there, and at their counts."""
    eta, shape = POINTS.T
    below, above = compoisson.ends(ARRAYS, eta, shape)
    mu = np.exp(eta)
    for x in (mu + above, mu + below):
        inside = x > 0.0
        at = np.where(inside, x, 1.0)
        deviance = at * (np.log(at) - eta) - at + mu
        assert (shape * deviance > compoisson.DEEP * (1.0 - 1e-6))[inside].all()


def test_a_parameter_that_is_no_number_has_no_sum() -> None:
    """Of a link whose predictor is below 0; the rows beside it have theirs."""
    eta, shape = np.array([np.nan, *POINTS[:3, 0]]), np.array([1.0, *POINTS[:3, 1]])
    found = np.array(compoisson.log_com_sum(ARRAYS, eta, shape))
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_allclose(found[:, 1:], WANTED[:, :3], rtol=1e-9, atol=1e-9)


def test_draws_end_where_parameters_are_at_their_ends() -> None:
    """Tries that are never taken would be repeated without end."""
    draw, rng = FAMILIES["com_poisson"].simulate, np.random.default_rng(3)
    ends = draw(rng, np.array([-np.inf, -1e4, np.inf]), np.array([1.0, 0.02, 1.0]))
    assert ends[0] == ends[1] == 0 and ends[2] > 1e14
    with pytest.raises(ValueError, match="no number"):
        draw(rng, np.array([1.0, np.nan]), np.array([1.0, 1.0]))
