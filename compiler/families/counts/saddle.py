"""Masses of counts without terms that cancel: deviances and remainders (Loader 2000).

``k log(k/E) + E - k`` is what a count ``k`` is away from what is expected of it, and
``gamma_remainder(k)`` what is left of its factorial.
"""

from __future__ import annotations

from typing import Any

#: From here on terms of the plain form are so large that their difference lacks digits.
MANY = 20.5
#: No count is near a mean whose log is above it.
LARGE = 60.0
#: The square of a smaller number, by which graphs divide, is 0.
_SQUARES = 1e-150


def deviance(m: Any, k: Any, more: Any, log_ratio: Any, *, tiny: bool = False) -> Any:
    """Return ``k log(k/E) + E - k`` of a number that may be 0.

    ``more`` is ``E - k``, by a difference that does not cancel, and ``log_ratio`` is
    ``log(E/k)``, any number where k is 0. ``tiny``: k may be positive and as small as
    numbers can be.
    """
    near = m.abs(more) < 0.5 * (m.where(k > _SQUARES, k, 0.0) if tiny else k)
    over, off = m.where(near, k, 1.0), m.where(near, more, 0.0)
    close = over * m.log1p_excess(off / over)
    return m.where(near, close, more - k * log_ratio)


def log_some(m: Any, k: Any) -> Any:
    """Return the log of a number; 0 of 0."""
    return m.log(m.where(k > 0.0, k, 1.0))


def poisson(m: Any, y: Any, eta: Any) -> Any:
    """Log mass of a Poisson count."""

    def many(y: Any) -> Any:
        off = deviance(m, y, m.exp(eta) - y, eta - log_some(m, y))
        return -off - m.gamma_remainder(y)

    return m.choose(y < MANY, lambda y: plain_poisson(m, y, eta), many, y, (0.0, MANY))


def plain_poisson(m: Any, y: Any, eta: Any) -> Any:
    """Log mass of a Poisson count; of one of 10^5 1e-10 is lost."""
    return y * eta - m.exp(eta) - m.lgamma1p(y)


def plain_negbinomial(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log mass of a negative binomial count that is not large.

    ``shape log(q)``, whose slope would cancel, is in two parts.
    """
    log_odds = eta - m.log(shape)
    log_mean = eta + m.log_sigmoid(-log_odds)
    risen = m.log_rising(shape, y) - m.lgamma1p(y)
    lost = m.exp(log_mean) + shape * m.softplus_excess(log_odds)
    return risen + y * log_mean - lost


def negbinomial(m: Any, y: Any, eta: Any, shape: Any) -> Any:
    """Log mass of a negative binomial count.

    Of many, deviances of the count and of the shape from what is expected of each,
    given their sum.
    """

    def few(y: Any) -> Any:
        return plain_negbinomial(m, y, eta, shape)

    def many(y: Any) -> Any:
        log_shape, total = m.log(shape), shape + y
        log_odds = eta - log_shape
        log_total, q = m.log(total), m.sigmoid(-log_odds)
        some = eta < LARGE
        mu = m.exp(m.where(some, eta, 0.0))
        # expected of y, less y: (y + shape) p - y
        more = m.where(some, (mu - y) * q, shape * m.sigmoid(log_odds) - y * q)
        # log of what is expected of the shape over it
        log_rest = m.choose(
            m.where(some, 2.0 * y + shape - mu, 0.0) > 0.0,
            lambda u: m.log1p(u),
            lambda _: log_total - log_shape + m.log_sigmoid(-log_odds),
            (y - mu) / (shape + mu),
            (0.0, 0.0),
        )
        log_hits = eta + log_rest - log_some(m, y)
        left = m.gamma_remainder
        ways = left(total) - left(shape) - left(y) + log_shape - log_total
        off = deviance(m, y, more, log_hits) + deviance(m, shape, -more, log_rest)
        return ways - off

    return m.choose(y < MANY, few, many, y, (0.0, MANY))


def plain_binomial(m: Any, y: Any, eta: Any, trials: Any) -> Any:
    """Log mass of successes among trials; among 10^5 1e-10 is lost."""
    failures = trials - y
    ways = m.lgamma1p(trials) - m.lgamma1p(y) - m.lgamma1p(failures)
    return ways + y * m.log_sigmoid(eta) + failures * m.log_sigmoid(-eta)


def binomial(m: Any, y: Any, eta: Any, trials: Any) -> Any:
    """Log mass of successes among trials."""
    failures = trials - y
    log_p, log_q = m.log_sigmoid(eta), m.log_sigmoid(-eta)
    less = m.where(y < failures, y, failures)

    def few(less: Any) -> Any:
        # of as many ways as there are to choose the few
        above = trials - less + 1.0
        ways = m.log_rising(above, less) + less * m.log(above) - m.lgamma1p(less)
        return ways + y * log_p + failures * log_q

    def many(_: Any) -> Any:
        log_trials = log_some(m, trials)
        # expected of y, less y: trials p - y
        more = failures * m.sigmoid(eta) - y * m.sigmoid(-eta)
        log_hits = log_trials + log_p - log_some(m, y)
        log_misses = log_trials + log_q - log_some(m, failures)
        left = m.gamma_remainder
        ways = left(trials) - left(y) - left(failures)
        hits, misses = (y, more, log_hits), (failures, -more, log_misses)
        return ways - deviance(m, *hits) - deviance(m, *misses)

    return m.choose(less < MANY, few, many, less, (0.0, MANY))


def log_none_poisson(m: Any, eta: Any) -> Any:
    """Log of the probability of no count."""
    return -m.exp(eta)


def log_none_negbinomial(m: Any, eta: Any, shape: Any) -> Any:
    """Log of the probability of no count."""
    return shape * m.log_sigmoid(m.log(shape) - eta)


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
