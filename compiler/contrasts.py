r"""Contrast schemes: what each column of a coding gives to each level.

A scheme is a function from the levels in use and the place of the reference to
the columns' names and a matrix (levels x columns). The names are spelled from
the levels, never from an index. ``ready=False`` marks schemes that the language
has and this version does not compile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .table import Floats

Coding = tuple[tuple[str, ...], Floats]


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
        Makes names and matrix from the levels and the place of the reference.
    has_reference
        Whether ``ref=`` and ``base=`` mean something.
    ready
        Whether this version compiles it.
    """

    name: str
    summary: str
    code: Callable[[tuple[str, ...], int], Coding]
    has_reference: bool = False
    ready: bool = True


def _others(levels: tuple[str, ...], base: int) -> tuple[tuple[str, ...], Floats]:
    kept = [index for index in range(len(levels)) if index != base]
    return tuple(levels[index] for index in kept), np.eye(len(levels))[:, kept]


def treatment(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level minus the reference; the intercept is the reference."""
    return _others(levels, base)


def sas(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Return treatment coding with the last level as reference, as SAS does."""
    return _others(levels, len(levels) - 1)


def sum_to_zero(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level but the last minus the mean of the cells."""
    count = len(levels)
    matrix = np.vstack([np.eye(count - 1), -np.ones((1, count - 1))])
    return tuple(f"S.{level}" for level in levels[:-1]), matrix


def deviation(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level but the first minus the mean of the cells."""
    count = len(levels)
    matrix = np.vstack([-np.ones((1, count - 1)), np.eye(count - 1)])
    return tuple(f"D.{level}" for level in levels[1:]), matrix


def simple(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level minus the reference; the intercept is the mean of the cells."""
    names, matrix = _others(levels, base)
    return names, matrix - matrix.mean(axis=0)


def helmert(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level against the mean of those before it, as R scales it."""
    count = len(levels)
    matrix = np.zeros((count, count - 1))
    for column in range(count - 1):
        matrix[: column + 1, column] = -1.0
        matrix[column + 1, column] = column + 1.0
    return tuple(f"H.{level}" for level in levels[1:]), matrix


def successive(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Each level minus the one before; the intercept is the mean of the cells."""
    count = len(levels)
    matrix = np.zeros((count, count - 1))
    for column in range(count - 1):
        step = (column + 1) / count
        matrix[: column + 1, column] = step - 1.0
        matrix[column + 1 :, column] = step
    names = tuple(f"{b}-{a}" for a, b in zip(levels, levels[1:], strict=False))
    return names, matrix


def polynomial(levels: tuple[str, ...], base: int = 0) -> Coding:
    """Orthonormal linear, quadratic, cubic ... trend over equidistant levels."""
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
    return names, np.column_stack(columns[1:])


def _custom(levels: tuple[str, ...], base: int = 0) -> Coding:
    raise NotImplementedError("custom contrasts need their matrix")


_TABLE = (
    Contrast(
        "treatment",
        "level minus reference; intercept: the reference",
        treatment,
        has_reference=True,
    ),
    Contrast(
        "simple",
        "level minus reference; intercept: mean of the cells",
        simple,
        has_reference=True,
    ),
    Contrast("sum", "level minus mean of the cells, last level omitted", sum_to_zero),
    Contrast(
        "deviation", "level minus mean of the cells, first level omitted", deviation
    ),
    Contrast("SAS", "level minus last level", sas),
    Contrast("helmert", "level against the mean of those before", helmert),
    Contrast("poly", "orthonormal trends", polynomial),
    Contrast("sdif", "level minus the one before", successive),
    Contrast("custom", "your own matrix", _custom, ready=False),
)

CONTRASTS: dict[str, Contrast] = {contrast.name: contrast for contrast in _TABLE}
