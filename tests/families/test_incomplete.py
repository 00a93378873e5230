"""Incomplete gamma and beta functions against mpmath, both tails and their slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.distributions.density import (
    incomplete_arrays,
    incomplete_scalars,
    python,
)
from varying.compiler.distributions.density.arrays import ARRAYS

from ..backends.kernel.compiled import scalar
from ..statistics.marginal import REFERENCES

Array = NDArray[Any]
#: By function: how many numbers it takes.
KINDS = {"gamma": 2, "beta": 3}
#: No log is nearer to 0.
SMALLEST = 1e-290


def reference(kind: str) -> tuple[Array, Array]:
    """Return arguments; the logs of both tails, then slopes of each."""
    rows = np.load(REFERENCES / "special" / f"{kind}_tails.npz")["rows"]
    return rows[:, : KINDS[kind]], rows[:, KINDS[kind] :]


def worst(found: Array, wanted: Array) -> float:
    assert np.isfinite(found).all()
    off = np.abs(found - wanted) / np.maximum(np.abs(wanted), SMALLEST)
    return float(np.where(np.abs(wanted) < SMALLEST, 0.0, off).max())


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_numbers_and_slopes_have_ten_digits(kind: str) -> None:
    given, wanted = reference(kind)
    assert len(given) > 1_000 and wanted[:, :2].min() < -1e5
    found = scalar(getattr(incomplete_scalars, f"row_{kind}_tails"))(given)
    assert worst(found.T, wanted) < 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_and_slopes_have_ten_digits(kind: str) -> None:
    given, wanted = reference(kind)
    lower, upper = getattr(incomplete_arrays, f"{kind}_tails")(ARRAYS, *given.T)
    found = np.stack([lower[0], upper[0], *lower[1:], *upper[1:]], axis=1)
    assert worst(found, wanted) < 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_a_density_of_them_has_their_slopes(kind: str) -> None:
    """What is made of the graph takes each tail's own slopes."""
    given, wanted = reference(kind)
    names = ["a", "b", "c"][: KINDS[kind]]

    def density(m: Any, *arguments: Any) -> Any:
        below, above = getattr(m, f"{kind}_tails")(*arguments)
        return 2.0 * below - above

    made = scalar(python.kernel(kind, density, names, names))(given[:200]).T
    count = KINDS[kind]
    for place in range(count):
        slope = 2.0 * wanted[:200, 2 + place] - wanted[:200, 2 + count + place]
        assert worst(made[:, 1 + place], slope) < 1e-9
