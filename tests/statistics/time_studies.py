"""Study of times until an event, by a baseline hazard that is a sum of splines.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler: the
splines are SciPy's. Who has no event by the last knot is not followed any longer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from .combined_studies import OTHERS, study
from .studies import ROWS, Named, mu

Array = NDArray[np.float64]
Rng = np.random.Generator

KNOTS = np.array([0.0, 4.0, 10.0])
_T = np.concatenate([[KNOTS[0]] * 3, KNOTS, [KNOTS[-1]] * 3])
_SPLINES = len(_T) - 4
#: The densities that the splines are, and the chances up to a time.
_HAZARDS = BSpline(_T, np.diag(4.0 / (_T[4:] - _T[:-4])), 3)
_SUMS = _HAZARDS.antiderivative()

OTHERS |= {
    "sbhaz": ("dirichlet(1)", lambda rng, size: rng.dirichlet(np.ones(_SPLINES), size))
}


def draw(rng: Rng, p: Named) -> Array:
    """Halve intervals, until the hazard that is passed is an exponential number."""
    wanted = rng.exponential(size=ROWS) / np.exp(mu(p)[0])
    low, high = np.full(ROWS, KNOTS[0]), np.full(ROWS, KNOTS[-1])
    for _ in range(60):
        middle = 0.5 * (low + high)
        less = _SUMS(middle) @ p["sbhaz"][0] < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.where(wanted < 1.0, high, KNOTS[-1])


def ended(y: Array) -> Array:
    """Return who has no event by the last knot."""
    return np.asarray(y >= KNOTS[-1], dtype=float)


def density(y: Array, p: Named) -> Array:
    at, shares = mu(p), p["sbhaz"]
    hazard, passed = shares @ _HAZARDS(y).T, shares @ _SUMS(y).T
    event = np.log(np.where(ended(y) == 1.0, 1.0, hazard)) + at
    return np.where(ended(y) == 1.0, 0.0, event) - np.exp(at) * passed


TIMES = {
    "cox": replace(
        study(
            "cox",
            ("sbhaz",),
            np.linspace(0.5, 9.5, ROWS),
            draw,
            density,
            left="y | cens(late) + bhaz(knots=[4], boundary=[0, 10])",
        ),
        known=lambda y: {"cens": ended(y)},
    )
}
