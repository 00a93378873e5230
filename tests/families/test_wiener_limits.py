"""Censored and truncated times with their answers: the density integrated, draws."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate

from varying.compiler.families import FAMILIES
from varying.compiler.families.continuous import wiener

from ..backends.kernel.compiled import scalar
from .samples import error

Array = NDArray[np.float64]
OWN = ("mu", "bs", "ndt", "bias")
#: Drift, distance, shift, start.
POINTS = [(0.8, 1.3, 0.2, 0.4), (-2.5, 2.0, 0.3, 0.7), (6.0, 1.1, 0.05, 0.5)]
#: By what a row is: its code, response, where an interval ends, answer.
ROWS = {
    "exact": (0.0, 0.7, 9.0, 1.0),
    "left": (-1.0, 0.6, 9.0, 0.0),
    "right": (1.0, 0.9, 9.0, 1.0),
    "interval": (2.0, 0.5, 1.1, 1.0),
    "early": (2.0, 0.06, 0.45, 0.0),
    "close": (2.0, 0.5, 0.5 + 1e-8, 1.0),
}
LOW, HIGH = 0.05, 2.0


def mass(point: tuple[float, ...], dec: float, low: float, high: float) -> float:
    """Return the probability of an answer between two times, by the density."""
    given = dict(zip(OWN, point, strict=True)) | {"dec": dec}

    def height(y: float) -> float:
        return float(np.exp(wiener.WIENER.log_density(np.asarray(y), **given)))

    ends = [max(low, given["ndt"]), min(high, given["ndt"] + 40.0)]
    if ends[1] <= ends[0]:
        return 0.0
    marks = given["ndt"] + np.geomspace(1e-3, 30.0, 25)
    ends = [ends[0], *(one for one in marks if ends[0] < one < ends[1]), ends[1]]
    pairs = zip(ends, ends[1:], strict=False)
    return sum(integrate.quad(height, *pair, epsabs=1e-14)[0] for pair in pairs)


def either(point: tuple[float, ...], low: float, high: float) -> float:
    return sum(mass(point, dec, low, high) for dec in (0.0, 1.0))


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("point", POINTS)
def test_what_a_row_says_is_its_density_integrated(
    point: tuple[float, ...], row: str, cut: bool
) -> None:
    code, y, upper, dec = ROWS[row]
    limits = "cens upper lb ub" if cut else "cens upper"
    low, high = (LOW, HIGH) if cut else (0.0, np.inf)
    given = dict(zip(OWN, point, strict=True))
    known = {"dec": dec, "cens": code, "upper": upper}
    known |= {"lb": low, "ub": high} if cut else {}
    each = {name: np.asarray([v]) for name, v in (given | known).items()}
    found = FAMILIES[f"wiener | {limits}"].log_density(np.asarray([y]), **each)[0]
    if row == "exact":
        wanted = np.exp(wiener.WIENER.log_density(np.asarray(y), **given, dec=dec))
    elif row == "left":
        wanted = mass(point, dec, low, y)
    elif row == "right":
        wanted = either(point, y, high)
    else:
        wanted = mass(point, dec, y, upper)
    whole = either(point, low, high) if cut else 1.0
    assert found == pytest.approx(np.log(wanted / whole), rel=1e-8, abs=1e-8)


def test_the_answer_of_a_row_that_none_came_in_says_nothing() -> None:
    given = dict(zip(OWN, POINTS[0], strict=True)) | {"cens": 1.0}
    family = FAMILIES["wiener | cens"]
    found = [
        float(family.log_density(np.asarray(0.9), **given, dec=np.asarray(dec)))
        for dec in (0.0, 1.0, np.nan)
    ]
    assert found[0] == found[1] == found[2]
    order = ("mu", "bs", "ndt", "bias", "dec", "cens")
    slopes = [
        family.kernel(0.9, *((given | {"dec": dec})[name] for name in order))
        for dec in (0.0, 1.0, np.nan)
    ]
    assert slopes[0] == slopes[1] == slopes[2]
    assert np.isfinite(slopes[0]).all()


def test_nothing_is_before_the_shift() -> None:
    given = dict(zip(OWN, POINTS[0], strict=True)) | {"dec": 1.0}
    family = FAMILIES["wiener | cens upper"]
    for code, y, upper in ((-1.0, 0.2, 9.0), (2.0, 0.1, 0.19)):
        own = {**given, "cens": code, "upper": upper}
        found = family.log_density(np.asarray([y]), **own)
        assert found[0] < -1e20
    whole = family.log_density(np.asarray([0.1]), **given, cens=1.0, upper=9.0)
    assert whole[0] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("limits", ["cens", "lb", "ub", "cens upper lb ub"])
def test_the_kernel_has_the_density_and_its_slopes(limits: str) -> None:
    rng, rows = np.random.default_rng(4), 300
    family = FAMILIES[f"wiener | {limits}"]
    ndt = rng.uniform(0.01, 0.3, rows)
    y = ndt + np.exp(rng.uniform(-4.0, 1.5, rows))
    p = {
        "mu": rng.normal(0.0, 3.0, rows),
        "bs": np.exp(rng.normal(0.3, 0.4, rows)),
        "ndt": ndt,
        "bias": rng.uniform(0.05, 0.95, rows),
        "dec": rng.integers(0, 2, rows) * 1.0,
        "cens": rng.integers(-1, 3 if "upper" in limits else 2, rows) * 1.0,
        "upper": y + np.exp(rng.uniform(-5.0, 0.0, rows)),
        "lb": y * rng.uniform(0.01, 0.95, rows),
    }
    p["ub"] = p["upper"] + rng.random(rows)
    arguments = {name: p[name] for name in (*OWN, *family.known)}
    found = scalar(family.kernel)(np.column_stack([y, *arguments.values()]))
    assert error(found[0], family.log_density(y, **arguments)) < 1e-11
    for place, one in enumerate(OWN):
        moved = {**arguments, one: arguments[one] + 1e-30j}
        slope = np.imag(family.log_density(y, **moved)) / 1e-30
        assert error(found[1 + place], slope) < 1e-9, one


@pytest.mark.parametrize(
    ("low", "high"), [(0.5, None), (None, 0.6), (0.4, 0.9), (5.0, 5.5), (None, 0.22)]
)
def test_draws_and_means_are_those_between_the_bounds(
    low: float | None, high: float | None
) -> None:
    bounds = {name: v for name, v in (("lb", low), ("ub", high)) if v is not None}
    family = FAMILIES[f"wiener | {' '.join(bounds)}"]
    point, dec, draws = POINTS[0], 1.0, 4_000
    given = dict(zip(OWN, point, strict=True)) | {"dec": dec} | bounds
    each = {name: np.full(draws, value) for name, value in given.items()}
    drawn = family.simulate(np.random.default_rng(1), **each)
    start, end = bounds.get("lb", 0.0), bounds.get("ub", np.inf)
    assert ((drawn >= start) & (drawn <= end)).all()
    whole = mass(point, dec, start, end)
    for edge in np.quantile(drawn, [0.1, 0.5, 0.9]):
        share = mass(point, dec, start, float(edge)) / whole
        near = (drawn <= edge).mean()
        assert share == pytest.approx(near, abs=5 * 0.5 / np.sqrt(draws))
    mean = float(family.mean(**{n: np.asarray([v]) for n, v in given.items()})[0])

    def moment(y: float) -> float:
        own = dict(zip(OWN, point, strict=True))
        return y * float(
            np.exp(wiener.WIENER.log_density(np.asarray(y), **own, dec=dec))
        )

    ends = max(start, point[2]), min(end, 40.0)
    marks = np.geomspace(0.21, 30.0, 12)
    exact = integrate.quad(
        moment, *ends, points=[m for m in marks if ends[0] < m < ends[1]], limit=400
    )[0]
    assert mean == pytest.approx(exact / whole, rel=1e-5)


@pytest.mark.parametrize("bounds", [{}, {"lb": 0.5}, {"ub": 0.6}, {"lb": 0.4, "ub": 1}])
@pytest.mark.parametrize("point", POINTS)
def test_answers_are_those_of_the_times_that_are_seen(
    point: tuple[float, ...], bounds: dict[str, float]
) -> None:
    family = FAMILIES[f"wiener | {' '.join(['cens', *bounds])}"]
    given = dict(zip(OWN, point, strict=True)) | bounds | {"cens": 1.0}
    assert family.answers is not None
    found = family.answers(**{n: np.asarray([v]) for n, v in given.items()})
    ends = bounds.get("lb", 0.0), bounds.get("ub", np.inf)
    wanted = mass(point, 1.0, *ends) / either(point, *ends)
    assert found[0] == pytest.approx(wanted, rel=1e-8)
