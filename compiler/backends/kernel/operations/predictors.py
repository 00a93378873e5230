"""Linear predictors: one block at a time is added to the rows."""

from __future__ import annotations

from typing import Any

from .operation import Operation


def _zero(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out = o[p + 1], o[p + 2]
    for i in range(n):
        v[out + i] = 0.0
    return 0.0


def _intercept(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] += v[a]
    return 0.0


def _intercept_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    total = 0.0
    for i in range(n):
        total += d[out + i]
    d[a] += total


def _offset(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        v[out + i] += c[a + i]
    return 0.0


def _product(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """One coefficient times a vector over the rows."""
    n, out, a, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    for i in range(n):
        v[out + i] += v[a] * v[b + i]
    return 0.0


def _product_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, a, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    total = 0.0
    for i in range(n):
        total += d[out + i] * v[b + i]
        d[b + i] += d[out + i] * v[a]
    d[a] += total


def _linear(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add ``X b``: the design has ``q`` columns, by rows."""
    n, out, x, q, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for i in range(n):
        total = v[out + i]
        for j in range(q):
            total += c[x + i * q + j] * v[b + j]
        v[out + i] = total
    return 0.0


def _linear_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, x, q, b = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for i in range(n):
        slope = d[out + i]
        for j in range(q):
            d[b + j] += slope * c[x + i * q + j]


def _level(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add one effect of each row's level."""
    n, out, index, r, q, place = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    for i in range(n):
        v[out + i] += v[r + k[index + i] * q + place]
    return 0.0


def _level_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, index, r, q, place = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    for i in range(n):
        d[r + k[index + i] * q + place] += d[out + i]


def _level_product(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """One effect of each row's level, times a vector over the rows."""
    n, out, index, r, q, place, b = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
        o[p + 7],
    )
    for i in range(n):
        v[out + i] += v[r + k[index + i] * q + place] * v[b + i]
    return 0.0


def _level_product_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, index, r, q, place, b = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
        o[p + 7],
    )
    for i in range(n):
        effect = r + k[index + i] * q + place
        d[b + i] += d[out + i] * v[effect]
        d[effect] += d[out + i] * v[b + i]


def _levels(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add ``m`` effects of each row's level, times the row's numbers."""
    n, out, index, r, q, z, m, places = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
        o[p + 7],
        o[p + 8],
    )
    for i in range(n):
        row = r + k[index + i] * q
        total = v[out + i]
        for j in range(m):
            total += c[z + i * m + j] * v[row + k[places + j]]
        v[out + i] = total
    return 0.0


def _levels_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, index, r, q, z, m, places = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
        o[p + 7],
        o[p + 8],
    )
    for i in range(n):
        row = r + k[index + i] * q
        slope = d[out + i]
        for j in range(m):
            d[row + k[places + j]] += slope * c[z + i * m + j]


PREDICTORS = (
    Operation("zero", ("n", "out"), _zero),
    Operation("intercept", ("n", "out", "a"), _intercept, _intercept_back),
    Operation("offset", ("n", "out", "number"), _offset),
    Operation("product", ("n", "out", "a", "b"), _product, _product_back),
    Operation("linear", ("n", "out", "design", "q", "b"), _linear, _linear_back),
    Operation(
        "level",
        ("n", "out", "index", "r", "q", "place"),
        _level,
        _level_back,
    ),
    Operation(
        "level_product",
        ("n", "out", "index", "r", "q", "place", "b"),
        _level_product,
        _level_product_back,
    ),
    Operation(
        "levels",
        ("n", "out", "index", "r", "q", "design", "m", "places"),
        _levels,
        _levels_back,
    ),
)
