"""Log densities in decimals with so many digits that nothing can be lost.

They are the textbook forms. Slopes are difference quotients: with 60 digits and
steps of 1e-20 these are exact to 20 digits and more, whatever the density.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .decimals import DIGITS, HALF, PI, STEP, cdf, ln, log_cdf, log_gamma
from .further_exact import FURTHER
from .made_exact import MADE_EXACT, mixed, odds_against_second, sticks
from .samples import SHARED, Sample

Array = NDArray[Any]

#: Log density of one row: the response, then parameters by name.
EXACT: dict[str, Callable[..., Decimal]] = {}


def exact(call: Callable[..., Decimal]) -> Callable[..., Decimal]:
    EXACT[call.__name__.removeprefix("_density_")] = call
    return call


# ---- densities -------------------------------------------------------------------


@exact
def _density_gaussian(y: Decimal, mu: Decimal, sigma: Decimal) -> Decimal:
    z = (y - mu) / sigma
    return -z * z / 2 - ln(sigma) - HALF * ln(2 * PI)


@exact
def _density_student(y: Decimal, mu: Decimal, sigma: Decimal, nu: Decimal) -> Decimal:
    z = (y - mu) / sigma
    constant = log_gamma((nu + 1) / 2) - log_gamma(nu / 2) - HALF * ln(nu * PI)
    return constant - ln(sigma) - (nu + 1) / 2 * ln(1 + z * z / nu)


@exact
def _density_lognormal(y: Decimal, mu: Decimal, sigma: Decimal) -> Decimal:
    return _density_gaussian(ln(y), mu, sigma) - ln(y)


@exact
def _density_gamma(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    rate = shape * (-eta).exp()
    return shape * ln(rate) - log_gamma(shape) + (shape - 1) * ln(y) - rate * y


@exact
def _density_exponential(y: Decimal, eta: Decimal) -> Decimal:
    return -eta - y * (-eta).exp()


@exact
def _density_weibull(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    z = shape * (ln(y) - eta + log_gamma(1 + 1 / shape))
    return ln(shape) - ln(y) + z - z.exp()


@exact
def _density_beta(y: Decimal, eta: Decimal, phi: Decimal) -> Decimal:
    a, b = phi * cdf(eta), phi * cdf(-eta)
    constant = log_gamma(phi) - log_gamma(a) - log_gamma(b)
    return constant + (a - 1) * ln(y) + (b - 1) * ln(1 - y)


@exact
def _density_geometric(y: Decimal, eta: Decimal) -> Decimal:
    return y * log_cdf(eta) + log_cdf(-eta)


@exact
def _density_bernoulli(y: Decimal, eta: Decimal) -> Decimal:
    return log_cdf(eta if y == 1 else -eta)


@exact
def _density_binomial(y: Decimal, eta: Decimal, trials: Decimal) -> Decimal:
    ways = log_gamma(trials + 1) - log_gamma(y + 1) - log_gamma(trials - y + 1)
    return ways + y * log_cdf(eta) + (trials - y) * log_cdf(-eta)


@exact
def _density_beta_binomial(
    y: Decimal, eta: Decimal, phi: Decimal, trials: Decimal
) -> Decimal:
    a, b, failures = phi * cdf(eta), phi * cdf(-eta), trials - y
    ways = log_gamma(trials + 1) - log_gamma(y + 1) - log_gamma(failures + 1)
    above = log_gamma(y + a) + log_gamma(failures + b) - log_gamma(trials + phi)
    return ways + above - (log_gamma(a) + log_gamma(b) - log_gamma(phi))


@exact
def _density_poisson(y: Decimal, eta: Decimal) -> Decimal:
    return y * eta - eta.exp() - log_gamma(y + 1)


@exact
def _density_negbinomial(y: Decimal, eta: Decimal, shape: Decimal) -> Decimal:
    ways = log_gamma(y + shape) - log_gamma(shape) - log_gamma(y + 1)
    # log(mu + shape) without more digits than there are
    both = ln(eta.exp() + shape)
    return ways + shape * (ln(shape) - both) + y * (eta - both)


def _inflated(name: str) -> None:
    """Add a family with further zeros."""

    def density(y: Decimal, *, zi: Decimal, **own: Decimal) -> Decimal:
        counted = ln(1 - zi) + EXACT[name](y, **own)
        return ln(zi + counted.exp()) if y == 0 else counted

    EXACT[f"zero_inflated_{name}"] = density


def _hurdle(
    of: str, jumps: Callable[..., Decimal] | None = None, name: str = ""
) -> None:
    """Add a family with zeros apart; ``jumps`` is minus the log of its own share."""

    def density(y: Decimal, **own: Decimal) -> Decimal:
        hu = own.pop("zi" if name else "hu")
        if y == 0:
            return ln(hu)
        above = Decimal(0)
        if jumps is not None:
            x = jumps(**own)
            above = ln(x) - x / 2 if x < Decimal("1e-25") else ln(1 - (-x).exp())
        return ln(1 - hu) + EXACT[of](y, **own) - above

    EXACT[name or f"hurdle_{of}"] = density


def _jumps(eta: Decimal, shape: Decimal) -> Decimal:
    odds = eta.exp() / shape
    if odds < Decimal("1e-25"):
        return shape * (odds - odds * odds / 2)
    return shape * ln(1 + odds)


@exact
def _density_zero_one_inflated_beta(
    y: Decimal, eta: Decimal, phi: Decimal, zoi: Decimal, coi: Decimal
) -> Decimal:
    if y in (0, 1):
        return ln(zoi * (coi if y == 1 else 1 - coi))
    return ln(1 - zoi) + _density_beta(y, eta, phi)


@exact
def _density_ordered_beta(
    y: Decimal, eta: Decimal, phi: Decimal, cutgap: Decimal, cutzero: Decimal
) -> Decimal:
    low, high = eta - cutzero, eta - cutzero - cutgap
    if y in (0, 1):
        return log_cdf(high if y == 1 else -low)
    # the difference of the two cumulative probabilities over one denominator
    inside = ln(1 - (-cutgap).exp()) + log_cdf(low) + log_cdf(-high)
    return inside + _density_beta(y, eta, phi)


_inflated("poisson")
_inflated("binomial")
_inflated("beta_binomial")
_inflated("negbinomial")
_hurdle("poisson", lambda eta: eta.exp())
_hurdle("negbinomial", _jumps)
_hurdle("gamma")
_hurdle("lognormal")
_hurdle("beta", name="zero_inflated_beta")


def _ends(
    y: int, eta: Decimal, threshold: Array, gap: Array
) -> tuple[Decimal | None, Decimal | None]:
    """Return the thresholds around a category, minus eta.

    The upper one is the lower plus the gap, as numbers: the rounded threshold
    would not tell a gap of 1e-12.
    """
    low = Decimal(float(threshold[y - 1])) - eta if y > 0 else None
    if y == len(threshold):
        return low, None
    if low is None:
        return None, Decimal(float(threshold[0])) - eta
    return low, low + Decimal(float(gap[y - 1]))


@exact
def _density_ordlogit(
    y: Decimal,
    eta: Decimal,
    threshold: Array,
    gap: Array,
    disc: Decimal = Decimal(1),  # noqa: B008
) -> Decimal:
    low, high = _ends(int(y), eta, threshold, gap)
    if low is None:
        assert high is not None
        return log_cdf(disc * high)
    if high is None:
        return log_cdf(-disc * low)
    # the difference of the two cumulative probabilities over one denominator
    a, b = (disc * high).exp(), (disc * low).exp()
    return ln((a - b) / ((1 + a) * (1 + b)))


@exact
def _density_hurdle_cumulative(y: Decimal, *, hu: Decimal, **own: Any) -> Decimal:
    return ln(hu) if y == 0 else ln(1 - hu) + _density_ordlogit(y - 1, **own)


@exact
def _density_zero_inflated_cumulative(
    y: Decimal, *, zi: Decimal, **own: Any
) -> Decimal:
    cut = ln(1 - zi) + _density_ordlogit(y, **own)
    return ln(zi + cut.exp()) if y == 0 else cut


def _steps(eta: Decimal, threshold: Array, disc: Decimal) -> list[Decimal]:
    return [disc * (Decimal(float(one)) - eta) for one in threshold]


@exact
def _density_sratio(
    y: Decimal,
    eta: Decimal,
    threshold: Array,
    disc: Decimal = Decimal(1),  # noqa: B008
) -> Decimal:
    steps = _steps(eta, threshold, disc)
    passed = sum((log_cdf(-one) for one in steps[: int(y)]), Decimal(0))
    return passed + (log_cdf(steps[int(y)]) if y < len(steps) else 0)


EXACT["cratio"] = _density_sratio


@exact
def _density_acat(
    y: Decimal,
    eta: Decimal,
    threshold: Array,
    disc: Decimal = Decimal(1),  # noqa: B008
) -> Decimal:
    odds, total = [Decimal(1)], Decimal(0)
    for one in _steps(eta, threshold, disc):
        odds.append(odds[-1] * (-one).exp())
    total = sum(odds, Decimal(0))
    return ln(odds[int(y)]) - ln(total)


EXACT |= FURTHER
EXACT |= MADE_EXACT


def _own(number: int, *names: str, main: str = "mu") -> dict[str, str]:
    """Return what a component calls the parameters of a mixture."""
    return {f"mu{number}": main} | {f"{name}{number}": name for name in names}


_THREE = [_own(number, "sigma") for number in (1, 2, 3)]
EXACT |= {
    "mixture_of_two": mixed(
        [_density_gaussian, _density_student],
        [_own(1, "sigma"), _own(2, "sigma", "nu")],
        sticks,
    ),
    "mixture_of_counts": mixed(
        [_density_poisson, _density_negbinomial],
        [_own(1, main="eta"), _own(2, "shape", main="eta")],
        sticks,
    ),
    "mixture_of_three": mixed([_density_gaussian] * 3, _THREE, sticks),
    "mixture_with_odds": mixed([_density_gaussian] * 3, _THREE, odds_against_second),
}

# ---- of a sample -----------------------------------------------------------------


def _rows(sample: Sample) -> Iterator[tuple[Any, dict[str, Any]]]:
    for i, y in enumerate(sample.y.tolist()):
        yield (
            # of several columns, their numbers
            [Decimal(one) for one in y] if isinstance(y, list) else Decimal(y),
            {
                name: value if name in SHARED else Decimal(float(value[i]))
                for name, value in sample.arguments.items()
            },
        )


def values(family: str, sample: Sample) -> Array:
    """Return the log density of each row."""
    with localcontext(prec=DIGITS):
        return np.array([float(EXACT[family](y, **row)) for y, row in _rows(sample)])


def slopes(family: str, sample: Sample, name: str, logarithm: bool) -> Array:
    """Return each row's derivative in a parameter, or in its logarithm."""
    density = EXACT[family]
    found = []
    with localcontext(prec=DIGITS):
        for y, row in _rows(sample):
            step = STEP * row[name] if logarithm else STEP
            up = density(y, **{**row, name: row[name] + step})
            down = density(y, **{**row, name: row[name] - step})
            found.append(float((up - down) / (2 * STEP)))
    return np.array(found)
