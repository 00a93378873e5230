"""Samples of a small model have the posterior that its definition implies."""

from __future__ import annotations

import pytest

from varying.runtime.fit.fit import Fit

from .importance import SPEC, posterior
from .sampling import Estimate, apart, divergences, estimates, fit, largest_rhat


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit(SPEC, seed=1)


@pytest.fixture(scope="module")
def wanted() -> dict[str, Estimate]:
    return posterior()


def test_converged(fitted: Fit) -> None:
    assert divergences(fitted) == 0
    assert largest_rhat(fitted) < 1.02


def test_posterior_means(fitted: Fit, wanted: dict[str, Estimate]) -> None:
    """Against weighted draws from a program that shares nothing with ours."""
    assert apart(estimates(fitted), wanted) == {}


def test_a_wrong_posterior_is_noticed(fitted: Fit, wanted: dict[str, Estimate]) -> None:
    """Half a posterior sd in one mean is far more than the Monte Carlo error."""
    ours = estimates(fitted)
    name = "b[temp[warm]]"
    moved = Estimate(ours[name].mean + 0.25, ours[name].sd, ours[name].mcse)
    assert list(apart({**ours, name: moved}, wanted)) == [name]
