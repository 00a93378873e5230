"""``gr(g, cov=A)``: levels that are related, by a matrix that is known.

The effects of two levels have the covariance of the group times the element of the
matrix: of animals their relatedness, of species the part of their history that they
share (Hadfield & Nakagawa 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink, nearest
from varying.grammar.printer import name_text
from varying.grammar.tree import Name, String

from ..data.matrices import KnownMatrix
from ..data.table import Table

_RULE = "invalid-covariance"
#: Labels that a message lists.
_SHOWN = 5
#: Elements that differ by less than this share of the largest are equal.
_EQUAL = 1e-8
#: What is left of a variance given those before it, below this share, may be 0.
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Relation:
    """How levels are related.

    Attributes
    ----------
    text
        How the matrix is written: ``A``, or the name of a file.
    factor
        The lower Cholesky factor of the matrix of the levels in their order, by rows.
    """

    text: str
    factor: tuple[float, ...]


def matrix_key(written: Name | String) -> str:
    """Return by what a table has a matrix: a name, or a path in quotes."""
    return written.text if isinstance(written, Name) else f'"{written.text}"'


def bind_relation(
    written: Name | String,
    group: str,
    levels: Sequence[str],
    table: Table,
    sink: Sink,
) -> Relation | None:
    """Return how the levels of a group are related; None after a fault, or not known.

    Parameters
    ----------
    written
        The value of ``cov=``.
    group, levels
        The grouping factor, and its levels in order.
    table
        Has the matrices.
    sink
        Takes the faults.
    """
    key = matrix_key(written)
    matrix = table.matrices.get(key)
    if matrix is None:
        if isinstance(written, Name):
            _unknown(written, table, sink)
        return None  # of a file that has been reported
    text = name_text(written.text) if isinstance(written, Name) else key
    if not _has_levels(matrix, text, group, levels, written, sink):
        return None
    found = matrix.of(tuple(levels))
    fault = _fault(found, levels)
    factor = None if fault else _factor(found)
    if factor is None:
        fault = fault or _eigenvalues(found)
        sink.add(
            _RULE,
            written.span,
            f"the matrix `{text}` of the levels of `{group}` is no covariance: {fault}",
        )
        return None
    return Relation(text, tuple(factor.ravel().tolist()))


def _unknown(written: Name, table: Table, sink: Sink) -> None:
    named = [name for name in table.matrices if not name.startswith('"')]
    close = nearest(written.text, named)
    notes = (f"did you mean `{close[0]}`?",) if close else ()
    sink.add(
        _RULE,
        written.span,
        f"there is no matrix `{written.text}`",
        *notes,
        f'a file is in quotes: `cov="{written.text}.csv"`, with the levels in its '
        "first row and first column",
        "in Python it comes with the data: "
        f'`varying.compile(spec, data, matrices={{"{written.text}": frame}})`',
    )


def _has_levels(
    matrix: KnownMatrix,
    text: str,
    group: str,
    levels: Sequence[str],
    written: Name | String,
    sink: Sink,
) -> bool:
    """Whether all levels are labels of the matrix; it may have more."""
    there = {*matrix.labels}
    absent = [level for level in levels if level not in there]
    if not absent:
        return True
    shown = ", ".join(f"`{level}`" for level in absent[:_SHOWN])
    more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
    close = nearest(absent[0], matrix.labels)
    notes = [f"did you mean `{close[0]}` by `{absent[0]}`?"] if close else []
    some = ", ".join(matrix.labels[:_SHOWN])
    notes.append(f"its labels: {some}{', ...' if len(there) > _SHOWN else ''}")
    sink.add(
        _RULE,
        written.span,
        f"the matrix `{text}` has no row for levels of `{group}`: {shown}{more}",
        *notes,
    )
    return False


def _fault(matrix: NDArray[np.float64], levels: Sequence[str]) -> str:
    """Return why a matrix is no covariance; empty if it is one."""
    if not np.isfinite(matrix).all():
        row = int(np.argmax(~np.isfinite(matrix).all(axis=1)))
        return f"the row of `{levels[row]}` has a number that is missing or not finite"
    largest = float(np.abs(matrix).max(initial=0.0))
    apart = np.abs(matrix - matrix.T)
    if (apart > _EQUAL * largest).any():
        i, k = divmod(int(np.argmax(apart)), len(apart))
        return (
            f"it is not symmetric, {matrix[i, k]:g} and {matrix[k, i]:g} of "
            f"`{levels[i]}` and `{levels[k]}`"
        )
    return ""


def _factor(matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the lower Cholesky factor; None where a pivot is 0 but for rounding."""
    try:
        factor: NDArray[np.float64] = np.linalg.cholesky((matrix + matrix.T) / 2.0)
    except np.linalg.LinAlgError:
        return None
    pivots = np.square(np.diagonal(factor)) / np.diagonal(matrix)
    return factor if (pivots > _LEAST).all() else None


def _eigenvalues(matrix: NDArray[np.float64]) -> str:
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2.0)
    return (
        f"it is not positive definite, its least eigenvalue is {values[0]:.3g} and its "
        f"largest {values[-1]:.3g}"
    )
