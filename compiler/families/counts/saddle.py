"""Masses of counts without terms that cancel: deviances and remainders (Loader 2000).

``k log(k/E) + E - k`` is what a count ``k`` is away from what is expected of it, and
``gamma_remainder(k)`` what is left of its factorial.
"""

from __future__ import annotations

from typing import Any


def deviance(m: Any, k: Any, more: Any, log_ratio: Any) -> Any:
    """Return ``k log(k/E) + E - k`` of a number that may be 0.

    ``more`` is ``E - k``, by a difference that does not cancel, and ``log_ratio`` is
    ``log(E/k)``, any number where k is 0.
    """
    near = m.abs(more) < 0.5 * k
    over, off = m.where(near, k, 1.0), m.where(near, more, 0.0)
    close = over * m.exp_excess(m.log1p(off / over))
    return m.where(near, close, more - k * log_ratio)


def log_some(m: Any, k: Any) -> Any:
    """Return the log of a number; 0 of 0."""
    return m.log(m.where(k > 0.0, k, 1.0))


def poisson(m: Any, y: Any, eta: Any) -> Any:
    """Log mass of a Poisson count."""
    off = deviance(m, y, m.exp(eta) - y, eta - log_some(m, y))
    return -off - m.gamma_remainder(y)


def negbinomial(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log mass of a negative binomial count.

    Deviances of the count and of the shape from what is expected of each, given
    their sum.
    """
    log_shape, total = m.log(shape), shape + y
    log_odds = eta - log_shape
    # expected of y, less y: (y + shape) p - y
    more = shape * m.sigmoid(log_odds) - y * m.sigmoid(-log_odds)
    log_total = m.log(total)
    log_scale = log_total - log_shape + m.log_sigmoid(-log_odds)
    ways = m.gamma_remainder(total) - m.gamma_remainder(shape) - m.gamma_remainder(y)
    of_count = deviance(m, y, more, eta + log_scale - log_some(m, y))
    return (
        ways + log_shape - log_total - of_count - deviance(m, shape, -more, log_scale)
    )


def binomial(m: Any, y: Any, eta: Any, trials: Any) -> Any:
    """Log mass of successes among trials."""
    failures = trials - y
    log_trials = log_some(m, trials)
    # expected of y, less y: trials p - y
    more = failures * m.sigmoid(eta) - y * m.sigmoid(-eta)
    log_hits = log_trials + m.log_sigmoid(eta) - log_some(m, y)
    log_misses = log_trials + m.log_sigmoid(-eta) - log_some(m, failures)
    left = m.gamma_remainder
    ways = left(trials) - left(y) - left(failures)
    return (
        ways - deviance(m, y, more, log_hits) - deviance(m, failures, -more, log_misses)
    )


def log_some_poisson(m: Any, eta: Any) -> Any:
    """Log of the probability of a count above 0."""
    return _log_above(m, eta, m.exp(eta), eta)


def log_some_negbinomial(m: Any, eta: Any, shape: Any) -> Any:
    """Log of the probability of a count above 0."""
    log_odds = eta - m.log(shape)
    return _log_above(m, eta, -shape * m.log_sigmoid(-log_odds), log_odds)


def _log_above(m: Any, eta: Any, x: Any, odds: Any) -> Any:
    """Return ``log(1 - exp(-x))``; where the mean is tiny, x is it, and so is this."""
    tiny = m.where(eta > odds, eta, odds) < -37.0
    return m.where(tiny, eta, m.log1mexp(m.where(tiny, 1.0, x)))
