"""Correlations as they are sampled: partial ones of the C-vine, each on (0, 1).

With ``r_ik = 2 p_ik - 1`` the partial correlation of i and k given all before k, the
Cholesky factor of the correlations has in row i

    L_ik = r_ik prod_{j<k} sqrt(1 - r_ij^2),   L_ii = prod_{j<i} sqrt(1 - r_ij^2)

and ``sqrt(1 - r^2)`` is ``2 sqrt(p (1 - p))``. Under LKJ(eta) for n of them ``p_ik`` is
Beta(a, a) with ``a = eta + (n - 2 - k) / 2`` (Lewandowski, Kurowicka & Joe 2009).
Pairs are in the order of ``numpy.tril_indices(n, -1)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["factor", "lkj_shape", "pairs", "partial_of"]


def pairs(size: int) -> list[tuple[int, int]]:
    """Return the pairs of so many, row by row.

    >>> pairs(3)
    [(1, 0), (2, 0), (2, 1)]
    """
    return [(row, column) for row in range(size) for column in range(row)]


def lkj_shape(eta: float, size: int, column: int) -> float:
    """Return the ``a`` of the beta distribution of the partial ones of a column."""
    return eta + (size - 2 - column) / 2


def factor(m: Any, partial: Sequence[Any], size: int) -> list[list[Any]]:
    """Return the rows of the Cholesky factor, over operations ``m``."""
    rows: list[list[Any]] = []
    number = 0
    for place in range(size):
        row: list[Any] = []
        left: Any = 1.0
        for _ in range(place):
            p = partial[number]
            number += 1
            row.append((2.0 * p - 1.0) * left)
            left = left * (2.0 * m.sqrt(p * (1.0 - p)))
        rows.append([*row, left])
    return rows


def partial_of(correlations: NDArray[Any], size: int) -> list[float]:
    """Return the partial ones, on (0, 1), of the correlations of pairs.

    The inverse of ``factor``: the partial correlation of i and k given those before k
    is ``L_ik`` over the root of ``1 - sum_{j<k} L_ij^2``.

    Raises
    ------
    LinAlgError
        If they are no correlations.
    """
    matrix = np.eye(size)
    low = np.tril_indices(size, -1)
    matrix[low] = correlations
    matrix.T[low] = correlations
    root = np.linalg.cholesky(matrix)
    found = []
    for row, column in zip(*low, strict=True):
        left = 1.0 - float((root[row, :column] ** 2).sum())
        found.append((float(root[row, column]) / math.sqrt(left) + 1.0) / 2.0)
    return found
