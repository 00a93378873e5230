r"""Contrast schemes: what each column of a coding gives to each level.

A scheme is a function from the levels in use and the place of the reference to
the columns' names and a matrix (levels x columns). The names are spelled from
the levels, never from an index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..data.custom_contrast import ContrastMatrix, Custom
from ..data.table import Floats


@dataclass(frozen=True, slots=True)
class Contrast:
    """A scheme.

    Attributes
    ----------
    name
        As users write it.
    summary
        What its coefficients mean, in a sentence.
    code
        Makes names and matrix from the levels and the place of the base; None: the
        scheme's own.
    has_reference
        Whether ``ref=`` means something: a level that the others are compared with.
    has_base
        Whether ``base=`` does: the reference; the level left out of ``sum`` and
        ``deviation``; the first one of ``helmert``.
    """

    name: str
    summary: str
    code: Callable[[tuple[str, ...], int | None], ContrastMatrix]
    has_reference: bool = False
    has_base: bool = False


Scheme = Contrast | Custom


def _others(
    levels: tuple[str, ...], base: int | None
) -> tuple[tuple[str, ...], Floats]:
    base = base or 0
    kept = [index for index in range(len(levels)) if index != base]
    return tuple(levels[index] for index in kept), np.eye(len(levels))[:, kept]


def treatment(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level minus the reference; the intercept is the reference."""
    return _others(levels, base)


def sas(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Return treatment coding with the last level as reference, as SAS does."""
    return _others(levels, len(levels) - 1)


def sum_to_zero(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level but the last, or but ``base``, minus the mean of the cells."""
    names, matrix = _effects(levels, len(levels) - 1 if base is None else base)
    return tuple(f"S.{name}" for name in names), matrix


def deviation(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level but the first, or but ``base``, minus the mean of the cells."""
    names, matrix = _effects(levels, base or 0)
    return tuple(f"D.{name}" for name in names), matrix


def _effects(levels: tuple[str, ...], left_out: int) -> ContrastMatrix:
    names, matrix = _others(levels, left_out)
    matrix[left_out] = -1.0
    return names, matrix


def simple(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level minus the reference; the intercept is the mean of the cells."""
    names, matrix = _others(levels, base)
    return names, matrix - matrix.mean(axis=0)


def helmert(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level against the mean of those before it, as R scales it.

    ``base`` is the level that comes first in that order.
    """
    count = len(levels)
    order = sorted(range(count), key=lambda place: (place != base, place))
    matrix = np.zeros((count, count - 1))
    for column in range(count - 1):
        matrix[order[: column + 1], column] = -1.0
        matrix[order[column + 1], column] = column + 1.0
    return tuple(f"H.{levels[place]}" for place in order[1:]), matrix


def successive(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code each level minus the one before; the intercept is the mean of the cells."""
    count = len(levels)
    matrix = np.zeros((count, count - 1))
    for column in range(count - 1):
        step = (column + 1) / count
        matrix[: column + 1, column] = step - 1.0
        matrix[column + 1 :, column] = step
    names = tuple(f"{b}-{a}" for a, b in zip(levels, levels[1:], strict=False))
    return names, matrix


def polynomial(levels: tuple[str, ...], base: int | None = None) -> ContrastMatrix:
    """Code orthonormal linear, quadratic ... trends over equidistant levels."""
    count = len(levels)
    centred = np.arange(count) - (count - 1) / 2
    # Orthonormal by hand, one degree from the one before (three-term recursion):
    # powers of the scores lose all digits from about 20 levels on.
    columns = [np.full(count, 1 / np.sqrt(count))]
    for _ in range(count - 1):
        column = centred * columns[-1]
        for _again in range(2):  # twice is enough for orthogonality in floats
            for earlier in columns:
                column = column - (earlier @ column) * earlier
        columns.append(column / np.sqrt(column @ column))
    named = (".L", ".Q", ".C")
    names = tuple(
        named[degree] if degree < 3 else f"^{degree + 1}" for degree in range(count - 1)
    )
    matrix = np.column_stack(columns[1:])
    # what is 0 by symmetry, such as the middle of a line
    return names, np.where(np.abs(matrix) < 1e-15, 0.0, matrix)


_TABLE = (
    Contrast(
        "treatment",
        "level minus reference; intercept: the reference",
        treatment,
        has_reference=True,
        has_base=True,
    ),
    Contrast(
        "simple",
        "level minus reference; intercept: mean of the cells",
        simple,
        has_reference=True,
        has_base=True,
    ),
    Contrast(
        "sum",
        "level minus mean of the cells, last level omitted",
        sum_to_zero,
        has_base=True,
    ),
    Contrast(
        "deviation",
        "level minus mean of the cells, first level omitted",
        deviation,
        has_base=True,
    ),
    Contrast("SAS", "level minus last level", sas),
    Contrast(
        "helmert", "level against the mean of those before", helmert, has_base=True
    ),
    Contrast("poly", "orthonormal trends", polynomial),
    Contrast("sdif", "level minus the one before", successive),
)

CONTRASTS: dict[str, Contrast] = {contrast.name: contrast for contrast in _TABLE}
