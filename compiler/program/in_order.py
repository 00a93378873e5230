"""Priors of vectors that are in order: independent draws, conditioned on that."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distributions.in_order import log_chance_of_order
from .expressions import Const
from .ir import Prior

__all__ = ["are_alike", "log_chance", "middles"]


def are_alike(prior: Prior) -> bool:
    """Whether all elements of a vector have the same prior."""
    each = (value for _, value in prior.arguments)
    return not any(isinstance(v, Const) and isinstance(v.value, tuple) for v in each)


def log_chance(prior: Prior, count: int) -> float:
    """Return the log of the probability that independent draws are in order.

    Parameters
    ----------
    prior
        Of the elements, in their order.
    count
        How many there are.
    """
    if are_alike(prior):
        return -math.lgamma(count + 1)
    given = []
    for name, value in prior.arguments:
        assert isinstance(value, Const)
        numbers = np.broadcast_to(value.value, (count,)).tolist()
        given.append((name, tuple(numbers)))
    return log_chance_of_order(prior.distribution, tuple(given))


def middles(prior: Prior, count: int) -> NDArray[Any]:
    """Return numbers in order, in the middle of the priors of draws in order."""
    if are_alike(prior):
        return np.linspace(-2.0, 2.0, count) if count > 1 else np.zeros(1)
    given = dict(prior.arguments)
    mu, sigma = given["mu"], given["sigma"]
    assert isinstance(mu, Const) and isinstance(sigma, Const)
    rising = np.sort(np.broadcast_to(mu.value, (count,)))
    step = 0.1 * float(np.mean(sigma.value))
    return np.asarray(rising + step * np.arange(count))
