"""The bases of smooth terms: ``BASES``, a function each.

A basis has ``k`` curves, by their values at knots, and a penalty: a quadratic form of
their coefficients that says how much a sum of them bends, the integral of the square of
its second derivative. The definitions are those of mgcv (Wood 2017, Generalized
Additive Models, 2nd ed., section 5.3 and 5.5), so that a smooth, and what its standard
deviation means, is the same here as there and in brms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import weighted
from ...data.table import Floats
from .curves import spline

#: Thin plate splines have a knot at each value; of more than so many values some are
#: chosen, evenly by rank. (mgcv chooses as many, at random.)
MOST_KNOTS = 2_000
#: Values that differ by a smaller share of their range are one knot.
CLOSE = 1e-7
#: What does not bend is penalised by this share of what bends least, where it is to be
#: shrunk too.
SHRINK = 0.1
#: Up to so many knots all eigenvectors are found, and the largest taken.
_FEW = 300


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Curves before they are constrained.

    Attributes
    ----------
    knots, values : (K,), (K, k)
        The curves by their values at knots.
    rows : (N, k)
        The curves at the rows, which only scale the penalty.
    penalty : (k, k)
        How much a sum of curves bends.
    """

    knots: Floats
    values: Floats
    rows: Floats
    penalty: Floats


BasisCounts = Any


@dataclass(frozen=True, slots=True)
class SplineBasis:
    """One way to make curves of a variable.

    Attributes
    ----------
    name
        As ``bs=`` names it.
    make
        Returns the curves, given values, counts, the different values and ``k``.
    least
        The smallest ``k``.
    straight
        Whether a straight line is no part of what is penalised.
    periodic
        Whether the curve begins again where it ends.
    summary
        For the reference.
    """

    name: str
    make: Callable[[Floats, BasisCounts, Floats, int], Raw]
    least: int
    straight: bool
    periodic: bool
    summary: str


def _thin_plate(x: Floats, counts: BasisCounts, distinct: Floats, k: int) -> Raw:
    r"""Return thin plate regression splines (Wood 2003, J R Stat Soc B 65:95).

    Of the curves :math:`|x - x_j|^3`, one for each different value, those ``k``
    combinations that are eigenvectors with the largest eigenvalues, without what a
    straight line has in common with them; and the line itself.
    """
    center = weighted.mean(x, counts)
    unit = float(distinct[-1] - distinct[0])
    z = (distinct - center) / unit
    vectors, values = _largest(np.abs(z[:, None] - z) ** 3, k)
    line = np.column_stack([np.ones_like(z), z])
    free = _without(line.T @ vectors)
    curves = np.column_stack([(vectors * values) @ free, line])
    penalty = np.zeros((k, k))
    penalty[:-2, :-2] = free.T @ (values[:, None] * free)
    rows = spline(distinct, curves, x, periodic=False)
    size = np.sqrt(weighted.means(np.square(rows), counts))
    return Raw(distinct, curves / size, rows / size, penalty / np.outer(size, size))


def _largest(matrix: Floats, k: int) -> tuple[Floats, Floats]:
    """Return the eigenvectors of the ``k`` largest absolute eigenvalues, and these.

    From the highest eigenvalue to the lowest.
    """
    if len(matrix) <= _FEW:
        values, vectors = np.linalg.eigh(matrix)
        chosen = np.argsort(-np.abs(values), kind="stable")[:k]
        values, vectors = values[chosen], vectors[:, chosen]
    else:
        from scipy.sparse.linalg import eigsh

        # a start of its own: the same result each time
        start = np.cos(np.arange(len(matrix), dtype=np.float64))
        values, vectors = eigsh(matrix, k, which="LM", v0=start, tol=0.0)
    order = np.argsort(-values, kind="stable")
    return vectors[:, order], values[order]


def _without(constraint: Floats) -> Floats:
    """Return columns that span what constraints leave free, by Householder's method.

    Each row in turn is reflected onto the last coordinate that is left. Which columns
    span the space makes a difference: the scale of the penalty depends on them.
    """
    count, size = constraint.shape
    rest, made = constraint.copy(), np.eye(size)
    for place in range(count):
        last = size - place
        vector = rest[place, :last].copy()
        vector[-1] += np.copysign(np.linalg.norm(vector), vector[-1])
        step = 2.0 * vector / (vector @ vector)
        rest[:, :last] -= np.outer(rest[:, :last] @ vector, step)
        made[:, :last] -= np.outer(made[:, :last] @ vector, step)
    return made[:, : size - count]


def _shrunk(x: Floats, counts: BasisCounts, distinct: Floats, k: int) -> Raw:
    """Return thin plate splines whose line is penalised too, by a tenth."""
    raw = _thin_plate(x, counts, distinct, k)
    values, vectors = np.linalg.eigh(raw.penalty)
    values[:2] = SHRINK * values[2]  # in rising order
    penalty = (vectors * values) @ vectors.T
    return Raw(raw.knots, raw.values, raw.rows, penalty)


def _cubic(x: Floats, counts: BasisCounts, distinct: Floats, k: int) -> Raw:
    """Return cubic regression splines: curves that are 1 at one of ``k`` knots.

    Knots are at quantiles of the different values.
    """
    knots = np.quantile(distinct, np.linspace(0.0, 1.0, k))
    curves = np.eye(k)
    rows = spline(knots, curves, x, periodic=False)
    return Raw(knots, curves, rows, _bending(knots, curves, False))


def _cyclic(x: Floats, counts: BasisCounts, distinct: Floats, k: int) -> Raw:
    """Return cubic splines whose ends meet; the first knot is the last one too."""
    knots = np.quantile(distinct, np.linspace(0.0, 1.0, k))
    curves = np.eye(k - 1)[[*range(k - 1), 0]]
    rows = spline(knots, curves, x, periodic=True)
    return Raw(knots, curves, rows, _bending(knots, curves, True))


def _bending(knots: Floats, curves: Floats, periodic: bool) -> Floats:
    """Return the integrals of products of second derivatives of curves."""
    from scipy.interpolate import CubicSpline

    ends = "periodic" if periodic else "natural"
    second = CubicSpline(knots, curves, bc_type=ends)(knots, 2)
    left, right = second[:-1], second[1:]
    widths = np.diff(knots)[:, None]
    own = left.T @ (widths * left) + right.T @ (widths * right)
    across = left.T @ (widths * right)
    return np.asarray(own / 3.0 + (across + across.T) / 6.0)


_TABLE = (
    SplineBasis("tp", _thin_plate, 3, True, False, "thin plate regression spline"),
    SplineBasis(
        "ts",
        _shrunk,
        3,
        False,
        False,
        "thin plate regression spline whose straight part is drawn to 0 too",
    ),
    SplineBasis("cr", _cubic, 3, True, False, "cubic regression spline"),
    SplineBasis("cc", _cyclic, 4, False, True, "cubic spline whose ends meet"),
)

BASES: Mapping[str, SplineBasis] = {basis.name: basis for basis in _TABLE}
#: That of mgcv and brms.
DEFAULT_BASIS = "tp"
#: How many curves there are where nobody says, as in mgcv.
DEFAULT_SIZE = 10
