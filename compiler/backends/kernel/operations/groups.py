"""Group-level effects: Cholesky factors, and effects in either form.

``cholesky`` is 0 or the place of a lower triangle, q x q by rows; place 0 is
the first coordinate, so no factor is ever there.
"""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation


def _identity(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    n, out = o[p + 1], o[p + 2]
    for i in range(n):
        for j in range(n):
            v[out + i * n + j] = 1.0 if i == j else 0.0
    return 0.0


def _cholesky(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Fill the rows of ``m`` positions from partial correlations on (0, 1)."""
    n, out, m, positions, partial = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    number = partial
    for i in range(m):
        row = out + k[positions + i] * n
        left = 1.0
        for j in range(i):
            r = 2.0 * v[number] - 1.0
            number += 1
            v[row + k[positions + j]] = r * left
            left *= math.sqrt((1.0 - r) * (1.0 + r))
        v[row + k[positions + i]] = left
    return 0.0


def _cholesky_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    n, out, m, positions, partial = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    lefts = o[p + 6]
    start = partial
    for i in range(m):
        row = out + k[positions + i] * n
        left = 1.0
        for j in range(i):
            r = 2.0 * v[start + j] - 1.0
            v[lefts + j] = left
            left *= math.sqrt((1.0 - r) * (1.0 + r))
        # the slope in the product of the roots, from the right
        slope = d[row + k[positions + i]]
        for back in range(i):
            j = i - 1 - back
            r = 2.0 * v[start + j] - 1.0
            root = math.sqrt((1.0 - r) * (1.0 + r))
            entry = d[row + k[positions + j]]
            d[start + j] += 2.0 * v[lefts + j] * (entry - slope * r / root)
            slope = slope * root + entry * r
        start += i


def _scaled(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute effects from standard normals, ``r = sd * (L z)``, and their density."""
    levels, q, out, z, sd, factor = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    total = 0.0
    for i in range(levels * q):
        total -= 0.5 * v[z + i] * v[z + i]
        d[z + i] -= v[z + i]
    for g in range(levels):
        for i in range(q):
            mixed = v[z + g * q + i]
            if factor:
                mixed *= v[factor + i * q + i]
                for j in range(i):
                    mixed += v[factor + i * q + j] * v[z + g * q + j]
            v[out + g * q + i] = v[sd + i] * mixed
    return total


def _scaled_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, out, z, sd, factor = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    for g in range(levels):
        for i in range(q):
            slope = d[out + g * q + i]
            inner = slope * v[sd + i]
            if factor:
                mixed = 0.0
                for j in range(i + 1):
                    mixed += v[factor + i * q + j] * v[z + g * q + j]
                    d[factor + i * q + j] += inner * v[z + g * q + j]
                    d[z + g * q + j] += inner * v[factor + i * q + j]
                d[sd + i] += slope * mixed
            else:
                d[sd + i] += slope * v[z + g * q + i]
                d[z + g * q + i] += inner


def _centered(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add the density of effects as they are: normal, scales ``sd``, factor L.

    With ``y = L^-1 (r / sd)`` and ``t = L'^-1 y`` the slope in L is ``t y'``.
    """
    levels, q, r, sd, factor, y = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    t = y + q
    total = 0.0
    for g in range(levels):
        for i in range(q):
            u = v[r + g * q + i] / v[sd + i]
            if factor:
                for j in range(i):
                    u -= v[factor + i * q + j] * v[y + j]
                u /= v[factor + i * q + i]
            v[y + i] = u
            total -= 0.5 * u * u
        for back in range(q):
            i = q - 1 - back
            u = v[y + i]
            if factor:
                for j in range(i + 1, q):
                    u -= v[factor + j * q + i] * v[t + j]
                u /= v[factor + i * q + i]
            v[t + i] = u
            d[r + g * q + i] -= u / v[sd + i]
            d[sd + i] += u * v[r + g * q + i] / (v[sd + i] * v[sd + i])
        if factor:
            for i in range(q):
                for j in range(i + 1):
                    d[factor + i * q + j] += v[t + i] * v[y + j]
    for i in range(q):
        total -= levels * math.log(v[sd + i])
        d[sd + i] -= levels / v[sd + i]
        if factor:
            total -= levels * math.log(v[factor + i * q + i])
            d[factor + i * q + i] -= levels / v[factor + i * q + i]
    return total


def _partial(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute partly centered effects (``ir.Centering``), and their density.

    ``z`` has the standard normals; all but ``sd`` and ``out`` is in multiples of
    ``unit``; ``powers`` has the last weight of each coefficient and ``t^-w``, since
    levels often have the same weight.
    """
    levels, q, out, x, z = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    sd, factor, weights = o[p + 6], o[p + 7], o[p + 8]
    around, count, elements, signs = o[p + 9], o[p + 10], o[p + 11], o[p + 12]
    powers, basis, unit = o[p + 13], o[p + 14], o[p + 15]
    total = 0.0
    for i in range(q):
        v[powers + 3 * i] = -1.0
    for g in range(levels):
        row = g * q
        for i in range(q):
            scale = v[sd + i] / c[unit + i]
            mean = 0.0
            if factor:
                for j in range(i):
                    mean += v[factor + i * q + j] * v[z + row + j]
                mean *= scale
                scale *= v[factor + i * q + i]
            w = c[weights + row + i]
            if w != v[powers + 3 * i]:
                logged = 0.0
                if w != 0.0:
                    logged = w * math.log(scale)
                v[powers + 3 * i] = w
                v[powers + 3 * i + 1] = math.exp(-logged)
                v[powers + 3 * i + 2] = logged
            center = mean
            if w != 0.0:
                part = around + (row + i) * count
                for m in range(count):
                    center += c[part + m] * c[signs + m] * v[k[elements + m]]
            sampled = v[x + row + i]
            if basis >= 0:
                for j in range(i + 1, q):
                    sampled += c[basis + i * q + j] * v[x + row + j]
            number = (sampled - w * center) * v[powers + 3 * i + 1]
            v[z + row + i] = number
            v[out + row + i] = (mean + scale * number) * c[unit + i]
            total -= 0.5 * number * number + v[powers + 3 * i + 2]
    return total


def _partial_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, out, x, z = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    sd, factor, weights = o[p + 6], o[p + 7], o[p + 8]
    around, count, elements, signs = o[p + 9], o[p + 10], o[p + 11], o[p + 12]
    powers, basis, unit = o[p + 13], o[p + 14], o[p + 15]
    for i in range(q):
        v[powers + 3 * i] = -1.0
    for g in range(levels):
        row = g * q
        for back in range(q):
            i = q - 1 - back
            step = c[unit + i]
            spread = v[sd + i] / step
            scale = spread
            if factor:
                scale *= v[factor + i * q + i]
            w = c[weights + row + i]
            if w != v[powers + 3 * i]:
                v[powers + 3 * i] = w
                v[powers + 3 * i + 1] = 1.0
                if w != 0.0:
                    v[powers + 3 * i + 1] = math.exp(-w * math.log(scale))
            power = v[powers + 3 * i + 1]
            number = v[z + row + i]
            slope = d[out + row + i] * step
            # of the standard normal, with its own density
            inner = d[z + row + i] + slope * scale - number
            by_scale = slope * number
            if w != 0.0:
                by_scale -= w * (1.0 + inner * number) / scale
            moved = inner * power
            d[x + row + i] += moved
            if basis >= 0:
                for j in range(i + 1, q):
                    d[x + row + j] += c[basis + i * q + j] * moved
            by_mean = slope - w * moved
            if w != 0.0:
                part = around + (row + i) * count
                for m in range(count):
                    d[k[elements + m]] -= w * moved * c[part + m] * c[signs + m]
            if factor:
                mixed = 0.0
                for j in range(i):
                    entry = v[factor + i * q + j]
                    mixed += entry * v[z + row + j]
                    d[factor + i * q + j] += by_mean * spread * v[z + row + j]
                    d[z + row + j] += by_mean * spread * entry
                by_sd = by_mean * mixed + by_scale * v[factor + i * q + i]
                d[sd + i] += by_sd / step
                d[factor + i * q + i] += by_scale * spread
            else:
                d[sd + i] += by_scale / step


def _moved(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute effects as written, ``T v``, of effects that are stated elsewhere."""
    levels, q, out, r, basis = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        for i in range(q):
            total = 0.0
            for j in range(q):
                total += c[basis + i * q + j] * v[r + g * q + j]
            v[out + g * q + i] = total
    return 0.0


def _moved_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, out, r, basis = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    for g in range(levels):
        for i in range(q):
            slope = d[out + g * q + i]
            for j in range(q):
                d[r + g * q + j] += c[basis + i * q + j] * slope


def _moved_sd(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute sds of effects as written, and ``T diag(sd) L`` in their units."""
    q, out, factor, sd, lower, basis = (
        o[p + 1],
        o[p + 2],
        o[p + 3],
        o[p + 4],
        o[p + 5],
        o[p + 6],
    )
    for i in range(q):
        length = 0.0
        for j in range(q):
            total = 0.0
            for m in range(j, q):
                total += c[basis + i * q + m] * v[sd + m] * v[lower + m * q + j]
            v[factor + i * q + j] = total
            length += total * total
        length = math.sqrt(length)
        v[out + i] = length
        if length > 0.0:
            for j in range(q):
                v[factor + i * q + j] /= length
    return 0.0


def _moved_gram(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``F F'`` for a square F with rows of length 1: what is reported."""
    n, out, factor = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for m in range(n):
                total += v[factor + i * n + m] * v[factor + j * n + m]
            v[out + i * n + j] = total
        v[out + i * n + i] = 1.0
    return 0.0


def _gram(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Compute ``L L'``: what is reported."""
    n, out, factor = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for m in range(min(i, j) + 1):
                total += v[factor + i * n + m] * v[factor + j * n + m]
            v[out + i * n + j] = total
    return 0.0


GROUPS = (
    Operation("identity", ("n", "out"), _identity),
    Operation(
        "cholesky",
        ("n", "out", "m", "positions", "partial", "scratch"),
        _cholesky,
        _cholesky_back,
    ),
    Operation(
        "scaled",
        ("levels", "q", "out", "z", "sd", "cholesky"),
        _scaled,
        _scaled_back,
    ),
    Operation(
        "centered",
        ("levels", "q", "r", "sd", "cholesky", "scratch"),
        _centered,
    ),
    Operation(
        "partial",
        (
            *("levels", "q", "out", "x", "z", "sd", "cholesky", "weights"),
            *("around", "count", "elements", "signs", "powers", "basis", "unit"),
        ),
        _partial,
        _partial_back,
    ),
    Operation("gram", ("n", "out", "cholesky"), _gram),
    Operation("moved", ("levels", "q", "out", "r", "basis"), _moved, _moved_back),
    Operation("moved_sd", ("q", "out", "factor", "sd", "cholesky", "basis"), _moved_sd),
    Operation("moved_gram", ("n", "out", "factor"), _moved_gram),
)
