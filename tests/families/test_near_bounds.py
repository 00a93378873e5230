"""Probabilities between bounds that are near each other, against an integral.

The reference is the density itself, which is held against 60 digits elsewhere, by
Gauss and Legendre with twenty nodes; slopes are its slopes, weighted.
"""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import log_mass_between

#: Families of numbers that can have bounds. Of ``cox`` and ``wiener`` see their own
#: tests.
FOUND = [
    name
    for name, family in FAMILIES.items()
    if family.tails is not None
    and family.response == "continuous"
    and name not in ("cox", "wiener")
]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
SHARES = {"unit": (0.2, 0.8), "at_least_one": (1.5, 6.0)}


def example(name: str, rng: np.random.Generator) -> tuple[float, dict[str, float]]:
    """Return a response that is no atom and parameters."""
    family = FAMILIES[name]
    given = {family.predictor: rng.normal(0.0, 0.7)}
    for dpar in family.dpars:
        given[dpar.name] = rng.uniform(*SHARES.get(dpar.support, (0.6, 1.9)))
    assert family.tails is not None
    while True:
        y = float(
            family.simulate(rng, **{n: np.asarray([v]) for n, v in given.items()})[0]
        )
        inside = 1e-3 < y < 0.98 if family.tails.highest == 1.0 else abs(y) < 1e3
        if y not in family.tails.atoms and inside:
            return y, given


def integral(
    name: str, low: float, high: float, given: dict[str, float]
) -> tuple[float, np.ndarray]:
    """Return the log of the probability between two numbers, and its slopes."""
    family = FAMILIES[name]
    at = low + (high - low) * 0.5 * (NODES + 1.0)
    each = [family.kernel(float(y), *given.values()) for y in at]
    logs = np.array([one[0] for one in each])
    shares = WEIGHTS * np.exp(logs - logs.max())
    whole = np.log(0.5 * (high - low)) + logs.max() + np.log(shares.sum())
    slopes = np.array([one[1 : len(given) + 1] for one in each])
    return float(whole), shares @ slopes / shares.sum()


@pytest.mark.parametrize("width", [1e-9, 1e-6, 1e-4, 1e-2])
@pytest.mark.parametrize("name", FOUND)
def test_digits(name: str, width: float) -> None:
    rng = np.random.default_rng(11)
    family = FAMILIES[name]
    within, between = FAMILIES[f"{name} | lb ub"], FAMILIES[f"{name} | cens upper"]
    for _ in range(12):
        y, given = example(name, rng)
        middle = given[family.predictor]
        low = y - 0.3 * width * max(abs(y), 1e-2)
        high = y + 0.7 * width * max(abs(y), 1e-2)
        if "laplace" in name and low < middle < high:
            continue  # it has a corner there
        wanted, slopes = integral(name, low, high, given)
        own = family.kernel(y, *given.values())
        found = within.kernel(y, *given.values(), low, high)
        assert own[0] - found[0] == pytest.approx(wanted, rel=1e-10, abs=1e-10)
        np.testing.assert_allclose(
            np.array(own[1 : len(given) + 1]) - found[1 : len(given) + 1],
            slopes,
            rtol=1e-8,
            atol=1e-9,
        )
        found = between.kernel(low, *given.values(), 2.0, high)
        assert found[0] == pytest.approx(wanted, rel=1e-10, abs=1e-10)
        arrays = {n: np.asarray([v]) for n, v in given.items()}
        ends = {"cens": np.asarray([2.0]), "upper": np.asarray([high])}
        one = between.log_density(np.asarray([low]), **arrays, **ends)
        assert one[0] == pytest.approx(wanted, rel=1e-10, abs=1e-10)
        assert family.tails is not None
        if not family.tails.atoms:
            rounded = log_mass_between(
                name, np.asarray([low]), np.asarray([high]), arrays
            )
            assert rounded[0] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("quantile", [0.5, 0.2, 0.9])
@pytest.mark.parametrize("width", [1e-9, 1e-3, 1.0])
def test_across_a_corner(quantile: float, width: float) -> None:
    given = {"mu": 0.3, "sigma": 1.7, "quantile": quantile}
    name = "laplace" if quantile == 0.5 else "asymmetric_laplace"
    if name == "laplace":
        del given["quantile"]
    low, high = 0.3 - 0.2 * width, 0.3 + 0.8 * width
    parts = [integral(name, low, 0.3, given), integral(name, 0.3, high, given)]
    wanted = np.logaddexp(parts[0][0], parts[1][0])
    found = FAMILIES[f"{name} | cens upper"].kernel(low, *given.values(), 2.0, high)
    assert found[0] == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    shares = np.exp([one[0] - wanted for one in parts])
    # the width is that of the numbers, whose last digit is lost in their difference
    slopes = shares @ np.array([one[1] for one in parts])
    np.testing.assert_allclose(found[1 : len(given) + 1], slopes, rtol=1e-6, atol=1e-8)
