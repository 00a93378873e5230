"""Censored and truncated responses: SciPy in both tails, slopes, draws, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from varying.compiler.families import FAMILIES
from varying.compiler.families.combined.limits import LIMITS
from varying.compiler.families.family import Family

from ..backends.kernel.compiled import scalar
from .further import TRIED
from .samples import error

Array = NDArray[Any]
POINTS = 10_000
WITH_TAILS = [name for name, family in FAMILIES.items() if family.tails is not None]
COMBINED = ["cens", "cens upper", "lb", "ub", "lb ub", "cens upper lb ub"]
#: One of all limits stands for the rest: what is combined is the same for every family.
WHOLE = ["cens upper lb ub"]
cases = pytest.mark.parametrize(
    "name",
    [
        f"{family} | {limits}"
        for family in WITH_TAILS
        for limits in (WHOLE if family in TRIED else COMBINED)
    ],
)


def law(family: str, p: Mapping[str, Array]) -> Any:
    """Return SciPy's distribution."""
    if family in TRIED:
        return TRIED[family].law(**{name: p[name] for name in TRIED[family].moderate})
    match family:
        case "gaussian":
            return stats.norm(p["mu"], p["sigma"])
        case "lognormal":
            return stats.lognorm(p["sigma"], 0.0, np.exp(p["mu"]))
        case "exponential":
            return stats.expon(0.0, np.exp(p["eta"]))
        case "weibull":
            scale = np.exp(p["eta"] - special.gammaln(1.0 + 1.0 / p["shape"]))
            return stats.weibull_min(p["shape"], 0.0, scale)
    raise ValueError(family)


def sample(name: str, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """Return responses and arguments, some far out in a tail."""
    base, _, limits = name.partition(" | ")
    family = FAMILIES[base]
    p: dict[str, Array] = {family.predictor: rng.normal(0.0, 1.0, POINTS)}
    for dpar in family.dpars:
        p[dpar.name] = np.exp(rng.normal(0.3, 0.5, POINTS))
    for other, make in (TRIED[base].other if base in TRIED else {}).items():
        p[other] = make(rng, POINTS)
    # their logs: from the distribution's own, and 30 sds or e^3 off
    z = rng.normal(0.0, 1.0, POINTS) * np.where(rng.random(POINTS) < 0.3, 10.0, 1.0)
    points = p[family.predictor] + p.get("sigma", 1.0) * z
    if family.tails is not None and family.tails.lowest == 0.0:
        points = p.get("ndt", 0.0) + np.exp(np.clip(points, -5.0, 5.0))
    # one may end where no float is far, below the other's mode there is nothing
    if base in ("gen_extreme_value", "frechet"):
        points = family.simulate(rng, **p)
    beyond = np.abs(points) + 1.0
    wide = np.exp(rng.normal(0.0, 1.0, POINTS))
    found = {
        "cens": rng.integers(-1, 3 if "upper" in limits else 2, POINTS) * 1.0,
        "upper": points + wide,
        "lb": points - 0.5 * beyond * rng.random(POINTS),
        "ub": points + wide + beyond * rng.random(POINTS),
    }
    if family.tails is not None and family.tails.lowest == 0.0:
        found["lb"] = points * rng.uniform(0.01, 0.95, POINTS)
    return points, {**p, **{one: found[one] for one in limits.split()}}


def between(of: Any, low: Any, high: Any) -> Array:
    """Log of a probability, in digits that 60-digit sums would have too."""
    below = np.broadcast_to(of.logcdf(high), (POINTS,))
    start = np.broadcast_to(of.logcdf(low), (POINTS,))
    above = np.broadcast_to(of.logsf(low), (POINTS,))
    end = np.broadcast_to(of.logsf(high), (POINTS,))
    with np.errstate(all="ignore"):
        left = below + np.log(-np.expm1(start - below))
        right = above + np.log(-np.expm1(end - above))
    return np.asarray(np.where(start > above, right, left))


def expected(name: str, y: Array, arguments: dict[str, Array]) -> Array:
    base, _, limits = name.partition(" | ")
    of = law(base, arguments)
    low, high = arguments.get("lb", -np.inf), arguments.get("ub", np.inf)
    found = of.logpdf(y)
    if "cens" in limits:
        status, upper = arguments["cens"], arguments.get("upper", y + 1.0)
        found = np.select(
            [status == -1, status == 1, status == 2],
            [between(of, low, y), between(of, y, high), between(of, y, upper)],
            found,
        )
    return found - between(of, low, high)


@cases
def test_the_density_is_that_of_scipy(name: str) -> None:
    y, arguments = sample(name, np.random.default_rng(3))
    found, wanted = (
        FAMILIES[name].log_density(y, **arguments),
        expected(name, y, arguments),
    )
    # where SciPy's own tails have digits
    good = np.isfinite(wanted)
    assert good.mean() > (0.9 if name.startswith("inverse") else 0.95)
    assert error(found[good], wanted[good]) < 1e-10
    assert np.isfinite(found).all()


@cases
def test_the_kernel_has_the_density_and_its_slopes(name: str) -> None:
    y, arguments = sample(name, np.random.default_rng(4))
    family = FAMILIES[name]
    parameters = [family.predictor, *(dpar.name for dpar in family.dpars)]
    columns = [y, *(arguments[one] for one in (*parameters, *family.known))]
    found = scalar(family.kernel)(np.column_stack(columns).astype(float))
    assert error(found[0], family.log_density(y, **arguments)) < 1e-11
    for place, one in enumerate(parameters):
        moved = {**arguments, one: arguments[one] + 1e-30j}
        slope = np.imag(family.log_density(y, **moved)) / 1e-30
        assert error(found[1 + place], slope) < 1e-9, one


MODERATE: Mapping[str, dict[str, float]] = {
    "gaussian": {"mu": 1.0, "sigma": 2.0},
    "lognormal": {"mu": 0.4, "sigma": 0.7},
    "exponential": {"eta": 0.7},
    "weibull": {"eta": 0.7, "shape": 1.7},
    **{name: dict(TRIED[name].moderate) for name in WITH_TAILS if name in TRIED},
}


@pytest.mark.parametrize("limits", ["lb", "ub", "lb ub", "cens", "cens lb"])
@pytest.mark.parametrize("base", WITH_TAILS)
@pytest.mark.parametrize("far", [False, True])
def test_draws_and_means_are_those_between_the_bounds(
    base: str, limits: str, far: bool
) -> None:
    """Also where hardly any draw would be between them."""
    bounds = {"lb": 0.8, "ub": 3.5}
    if far:
        near = MODERATE[base].get("ndt", 0.0) + 0.02
        bounds = {"lb": 18.0, "ub": near if "lb" not in limits else 19.0}
    known = {name: bounds.get(name, 0.0) for name in limits.split()}
    family: Family = FAMILIES[f"{base} | {limits}"]
    draws = 20_000
    given = {**MODERATE[base], **known}
    each = {name: np.full(draws, value) for name, value in given.items()}
    drawn = family.simulate(np.random.default_rng(1), **each)
    assert drawn.shape == (draws,)
    low, high = known.get("lb", -np.inf), known.get("ub", np.inf)
    assert ((drawn >= low) & (drawn <= high)).all()
    of = law(base, {name: np.asarray(x) for name, x in MODERATE[base].items()})
    edges = np.quantile(drawn, [0.1, 0.5, 0.9])
    whole = between(of, low, high)[0]
    for edge, share in zip(edges, (0.1, 0.5, 0.9), strict=True):
        wanted = np.exp(between(of, low, edge)[0] - whole)
        assert wanted == pytest.approx(share, abs=5 * 0.5 / np.sqrt(draws))
    mean = float(family.mean(**{name: np.asarray([x]) for name, x in given.items()})[0])
    assert drawn.mean() == pytest.approx(mean, abs=5 * drawn.std() / np.sqrt(draws))


def test_a_family_with_limits_is_no_name_of_its_own() -> None:
    assert "gaussian | cens" not in FAMILIES and len(list(FAMILIES)) == len(FAMILIES)
    assert FAMILIES["gaussian | cens"] is FAMILIES["gaussian | cens"]
    assert set(FAMILIES["gaussian | cens lb"].known) <= set(LIMITS)
    for name in ("gaussian | ", "poisson | cens", "none | cens"):
        with pytest.raises(KeyError):
            FAMILIES[name]
