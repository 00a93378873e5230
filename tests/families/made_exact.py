"""Densities of the families in ``made.py`` in decimals, in their textbook form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache

from .decimals import HALF, PI, ln, log_gamma
from .made import KNOTS

#: Log density of one row: the response, then parameters by name.
MADE_EXACT: dict[str, Callable[..., Decimal]] = {}
ZERO, ONE = Decimal(0), Decimal(1)


def exact(call: Callable[..., Decimal]) -> Callable[..., Decimal]:
    MADE_EXACT[call.__name__.removeprefix("_density_")] = call
    return call


def log_sum(logs: Sequence[Decimal]) -> Decimal:
    """Return the log of a sum of exponentials."""
    most = max(logs)
    return most + ln(sum(((one - most).exp() for one in logs), ZERO))


# ---- categories --------------------------------------------------------------------


def _log_shares(etas: Sequence[Decimal]) -> list[Decimal]:
    total = log_sum([ZERO, *etas])
    return [eta - total for eta in (ZERO, *etas)]


@exact
def _density_categorical(y: Decimal, **etas: Decimal) -> Decimal:
    return _log_shares(list(etas.values()))[int(y)]


@exact
def _density_multinomial(
    y: list[Decimal], *, trials: Decimal, **etas: Decimal
) -> Decimal:
    found = log_gamma(trials + 1)
    for one, share in zip(y, _log_shares(list(etas.values())), strict=True):
        found += one * share - log_gamma(one + 1)
    return found


@exact
def _density_dirichlet(y: list[Decimal], *, phi: Decimal, **etas: Decimal) -> Decimal:
    found = log_gamma(phi)
    for one, share in zip(y, _log_shares(list(etas.values())), strict=True):
        a = phi * share.exp()
        found += (a - 1) * ln(one) - log_gamma(a)
    return found


@exact
def _density_dirichlet_multinomial(
    y: list[Decimal], *, phi: Decimal, trials: Decimal, **etas: Decimal
) -> Decimal:
    found = log_gamma(trials + 1) + log_gamma(phi) - log_gamma(trials + phi)
    for one, share in zip(y, _log_shares(list(etas.values())), strict=True):
        a = phi * share.exp()
        found += log_gamma(one + a) - log_gamma(one + 1) - log_gamma(a)
    return found


@exact
def _density_logistic_normal(y: list[Decimal], **given: Decimal) -> Decimal:
    """Three normal logs: by the inverse and the determinant of their correlations."""
    logs = [ln(one) for one in y]
    z = [
        (log - logs[0] - given[f"mu{one}"]) / given[f"sigma{one}"]
        for log, one in zip(logs[1:], "bcd", strict=True)
    ]
    cb, db, cd = (2 * given[f"lncor{k}"] - 1 for k in (1, 2, 3))
    # that of the third with the second is given the first
    cd = cd * ((1 - cb * cb) * (1 - db * db)).sqrt() + cb * db
    size = 1 + 2 * cb * db * cd - cb * cb - db * db - cd * cd
    square = (
        z[0] * z[0] * (1 - cd * cd)
        + z[1] * z[1] * (1 - db * db)
        + z[2] * z[2] * (1 - cb * cb)
        + 2 * z[0] * z[1] * (db * cd - cb)
        + 2 * z[0] * z[2] * (cb * cd - db)
        + 2 * z[1] * z[2] * (cb * db - cd)
    ) / size
    scales = sum((ln(given[f"sigma{one}"]) for one in "bcd"), HALF * ln(size))
    constant = 3 * HALF * ln(2 * PI)
    return -constant - scales - HALF * square - sum(logs, ZERO)


# ---- hazards -----------------------------------------------------------------------


@cache
def _knots(order: int) -> list[Decimal]:
    """Return the knots of splines of an order: the ends so many times."""
    inner = [Decimal(one) for one in KNOTS[1:-1]]
    return [Decimal(KNOTS[0])] * order + inner + [Decimal(KNOTS[-1])] * order


def _m_spline(y: Decimal, place: int, degree: int, t: list[Decimal]) -> Decimal:
    """Return an M-spline by its recursion (Ramsay 1988, equation 3)."""
    first, last = t[place], t[place + degree + 1]
    if last <= first or not first <= y < last:
        return ZERO
    if degree == 0:
        return 1 / (last - first)
    order = Decimal(degree + 1)
    below = (y - first) * _m_spline(y, place, degree - 1, t)
    above = (last - y) * _m_spline(y, place + 1, degree - 1, t)
    return order * (below + above) / ((order - 1) * (last - first))


def _i_spline(y: Decimal, place: int) -> Decimal:
    """Return the integral of a cubic M-spline, as a sum of splines a degree higher."""
    t = _knots(5)
    found = ZERO
    for other in range(place + 1, len(t) - 5):
        width = t[other + 5] - t[other]
        found += width * _m_spline(y, other, 4, t) / 5
    return found


@exact
def _density_cox(y: Decimal, eta: Decimal, **shares: Decimal) -> Decimal:
    hazard = passed = ZERO
    for place, share in enumerate(shares.values()):
        hazard += share * _m_spline(y, place, 3, _knots(4))
        passed += share * _i_spline(y, place)
    return ln(hazard) + eta - eta.exp() * passed


# ---- mixtures ----------------------------------------------------------------------


def mixed(
    components: Sequence[Callable[..., Decimal]],
    names: Sequence[Mapping[str, str]],
    log_shares: Callable[[Mapping[str, Decimal]], Sequence[Decimal]],
) -> Callable[..., Decimal]:
    """Return the density of a mixture; ``names`` are a component's own, by ours."""

    def density(y: Decimal, **given: Decimal) -> Decimal:
        parts = [
            share + one(y, **{own: given[name] for name, own in its.items()})
            for one, its, share in zip(
                components, names, log_shares(given), strict=True
            )
        ]
        return log_sum(parts)

    return density


def sticks(given: Mapping[str, Decimal]) -> list[Decimal]:
    """Return logs of shares, each of what those before it have left."""
    found, rest = [], ONE
    for name in sorted(one for one in given if one.startswith("theta")):
        found.append(ln(rest * given[name]))
        rest *= 1 - given[name]
    return [*found, ln(rest)]


def odds_against_second(given: Mapping[str, Decimal]) -> list[Decimal]:
    """Return logs of shares, of the logs of their odds against the second's."""
    logs = [given["theta1"], ZERO, given["theta3"]]
    total = log_sum(logs)
    return [one - total for one in logs]
