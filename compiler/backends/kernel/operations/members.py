"""Effects of the several levels that a row belongs to."""

from __future__ import annotations

from typing import Any

from .operation import Operation


def _members(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add ``m`` effects of each of ``count`` levels of a row, weighted.

    Without a design (-1) the effects are multiplied by 1.
    """
    n, out, index, weights, count = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    r, q, z, m, places = o[p + 6], o[p + 7], o[p + 8], o[p + 9], o[p + 10]
    for i in range(n):
        total = v[out + i]
        for a in range(count):
            row = r + k[index + i * count + a] * q
            weight = c[weights + i * count + a]
            for j in range(m):
                number = weight
                if z >= 0:
                    number = weight * c[z + i * m + j]
                total += number * v[row + k[places + j]]
        v[out + i] = total
    return 0.0


def _members_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, index, weights, count = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    r, q, z, m, places = o[p + 6], o[p + 7], o[p + 8], o[p + 9], o[p + 10]
    for i in range(n):
        slope = d[out + i]
        for a in range(count):
            row = r + k[index + i * count + a] * q
            weight = c[weights + i * count + a]
            for j in range(m):
                number = weight
                if z >= 0:
                    number = weight * c[z + i * m + j]
                d[row + k[places + j]] += slope * number


MEMBERS = (
    Operation(
        "members",
        (
            *("n", "out", "index", "weights", "count"),
            *("r", "q", "design", "m", "places"),
        ),
        _members,
        _members_back,
    ),
)
