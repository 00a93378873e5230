"""Tails of ``skew_normal`` and ``von_mises`` against mpmath, and their slopes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.distributions.density import python
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families.continuous import skew_normal, von_mises

from ..backends.kernel.compiled import scalar
from ..statistics.marginal import REFERENCES

Array = NDArray[Any]
STORED = json.loads((REFERENCES / "special" / "falling.json").read_text("utf-8"))
#: The arguments that slopes are of.
NAMES = {"skew_normal": ("z", "alpha"), "von_mises": ("eta", "kappa")}
#: Beside them.
KNOWN: dict[str, tuple[str, ...]] = {"skew_normal": (), "von_mises": ("low", "high")}
PARTS = {"skew_normal": ("below", "above"), "von_mises": ("between", "below", "above")}


def part(family: str, which: str) -> Callable[..., Any]:
    """Return a log probability as a density."""
    place = 0 if which == "below" else 1
    if which == "between":
        return lambda m, eta, kappa, low, high: von_mises.between(
            m, low, high, eta, kappa
        )
    if family == "von_mises":
        return lambda m, eta, kappa, low, high: von_mises.log_tails(
            m, high if place == 0 else low, eta, kappa
        )[place]
    return lambda m, z, alpha: skew_normal.standard_tails(m, z, alpha)[place]


def reference(family: str, which: str) -> tuple[Array, Array]:
    """Return arguments; a log probability and its slopes."""
    rows = np.array(STORED[family])
    if family == "skew_normal":
        places = (2, 4, 6) if which == "below" else (3, 5, 7)
        return rows[:, :2], rows[:, places]
    if which != "between":
        end = np.abs(rows[:, 2 if which == "below" else 3])
        rows = rows[end == np.pi]
    given, wanted = rows[:, :4].copy(), rows[:, 4:].copy()
    # of the tangent of half the mean
    given[:, 0] = np.tan(0.5 * given[:, 0])
    wanted[:, 1] *= 2.0 / (1.0 + given[:, 0] ** 2)
    return given, wanted


CASES = [(family, which) for family, parts in PARTS.items() for which in parts]


@pytest.mark.parametrize("reading", ["arrays", "kernel"])
@pytest.mark.parametrize(("family", "which"), CASES)
def test_tails_and_slopes_have_ten_digits(
    family: str, which: str, reading: str
) -> None:
    given, wanted = reference(family, which)
    density = part(family, which)
    own, names = NAMES[family], (*NAMES[family], *KNOWN[family])
    if reading == "kernel":
        found = scalar(python.kernel(which, density, names, own))(given).T
    else:
        columns = [np.real(density(ARRAYS, *given.T))]
        for place in range(len(own)):
            moved = [*given.T]
            moved[place] = moved[place] + 1e-30j
            columns.append(np.imag(density(ARRAYS, *moved)) / 1e-30)
        found = np.column_stack(columns)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], wanted[:, 0], rtol=1e-10)
    least = 1e-12 if family == "von_mises" else 1e-290
    np.testing.assert_allclose(found[:, 1:], wanted[:, 1:], rtol=1e-10, atol=least)
