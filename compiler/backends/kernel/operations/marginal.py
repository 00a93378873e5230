"""Normal responses with group effects integrated out, and their recovery.

The rows are summed up first, by level: with weights ``w = count / sigma^2``, residuals
``e`` of the rest of the predictor and the numbers ``z`` that the effects of a level
are multiplied by, ``A = sum w z z'`` and ``b = sum w e z``. With ``T = diag(sd) L`` and
``M = I + T' A T``, the effects of the level have the posterior variance
``V = T M^-1 T'`` and mean ``m = V b``. Integrating them out leaves

``-(sum w (e - z' m)^2 + |T^-1 m|^2 + log det M) / 2``

of the log density (Bates et al. 2015, section 3: penalised least squares). The first
two terms are at their minimum in m, so their slopes are those at fixed m; nothing
cancels in them, however far the data are from the mean.

Levels with the same A have the same V: they are of one *kind*, and V is computed once
for each.

Where levels are nested in others, whose sums are ``D`` and ``f`` and which share
``C = sum w z y'`` with theirs (``y`` the numbers of the outer effects), integrating
the inner ones leaves ``D - C' V C`` and ``f - C' V b`` for the outer ones, whose mean
then is taken from ``b``.

Slopes of the determinants go back through these sums: with ``W = T M^-1``, a slope
``G`` in ``V`` is ``2 (I - A V) G W`` in ``T`` and ``-V G V`` in ``A``, for symmetric G.
"""

from __future__ import annotations

import math
from typing import Any

from .operation import Operation

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
#: Of a diagonal element, what is left of it after rounding where nothing is left.
_ROUNDING = 1e-14


def _rows(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Sum the rows up by level, and add what does not depend on the effects.

    The sums of products are of the data alone, but for ``sigma``.
    """
    n, y, count, mu, sigma = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    index, design, levels, q = o[p + 6], o[p + 7], o[p + 8], o[p + 9]
    outer_index, outer_design, outer_levels, r = (
        o[p + 10],
        o[p + 11],
        o[p + 12],
        o[p + 13],
    )
    products, own, vector = o[p + 14], o[p + 15], o[p + 16]
    outer_products, outer, outer_vector = o[p + 17], o[p + 18], o[p + 19]
    cross_products, cross, totals = o[p + 20], o[p + 21], o[p + 22]
    kinds = o[p + 23]
    precision = 1.0 / (v[sigma] * v[sigma])
    for i in range(kinds * q * q):
        v[own + i] = precision * c[products + i]
    for i in range(levels * q):
        v[vector + i] = 0.0
    for i in range(outer_levels * r * r):
        v[outer + i] = precision * c[outer_products + i]
    for i in range(outer_levels * r):
        v[outer_vector + i] = 0.0
    if r > 0:
        for i in range(levels * q * r):
            v[cross + i] = precision * c[cross_products + i]
    for i in range(n):
        rest = precision * (c[y + i] - v[mu + i])
        if count >= 0:
            rest *= c[count + i]
        place = vector + k[index + i] * q
        if design >= 0:
            for a in range(q):
                v[place + a] += rest * c[design + i * q + a]
        else:
            v[place] += rest
        if r > 0:
            place = outer_vector + k[outer_index + i] * r
            if outer_design >= 0:
                for a in range(r):
                    v[place + a] += rest * c[outer_design + i * r + a]
            else:
                v[place] += rest
    density: float = -c[totals] * (_HALF_LOG_2PI + math.log(v[sigma]))
    density -= 0.5 * precision * c[totals + 1]
    return density


def _rows_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    sigma, levels, q = o[p + 5], o[p + 8], o[p + 9]
    outer_levels, r = o[p + 12], o[p + 13]
    products, own = o[p + 14], o[p + 15]
    outer_products, outer = o[p + 17], o[p + 18]
    cross_products, cross, totals = o[p + 20], o[p + 21], o[p + 22]
    kinds = o[p + 23]
    slope = 0.0
    for i in range(kinds * q * q):
        slope += d[own + i] * c[products + i]
    for i in range(outer_levels * r * r):
        slope += d[outer + i] * c[outer_products + i]
    if r > 0:
        for i in range(levels * q * r):
            slope += d[cross + i] * c[cross_products + i]
    precision = 1.0 / (v[sigma] * v[sigma])
    slope = precision * (c[totals + 1] - 2.0 * slope) - c[totals]
    d[sigma] += slope / v[sigma]


def _solve(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Fill the scratch of each kind of level; return ``-log det M / 2`` of all.

    Levels of one kind have the same A. The scratch of a kind: the Cholesky factor of
    M, ``W = T M^-1`` and V, all by rows.
    """
    kinds, times, q, own = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    sd, factor, scratch = o[p + 5], o[p + 6], o[p + 7]
    scale = scratch + kinds * 3 * q * q
    for a in range(q):
        for b in range(q):
            entry = v[sd + a] if a == b else 0.0
            if factor:
                entry = v[sd + a] * v[factor + a * q + b] if b <= a else 0.0
            v[scale + a * q + b] = entry
    total = 0.0
    for g in range(kinds):
        root = scratch + g * 3 * q * q
        solved, spread = root + q * q, root + 2 * q * q
        matrix = own + g * q * q
        # A T in the place of V
        for a in range(q):
            for b in range(q):
                entry = 0.0
                for m in range(b, q):
                    entry += v[matrix + a * q + m] * v[scale + m * q + b]
                v[spread + a * q + b] = entry
        for a in range(q):
            for b in range(a + 1):
                entry = 1.0 if a == b else 0.0
                for m in range(a, q):
                    entry += v[scale + m * q + a] * v[spread + m * q + b]
                largest = entry
                for m in range(b):
                    entry -= v[root + a * q + m] * v[root + b * q + m]
                if a == b:
                    # at least 1 in truth: what is left of rounding is no information
                    if entry < 1.0 or entry < _ROUNDING * largest:
                        entry = 1.0
                    v[root + a * q + a] = math.sqrt(entry)
                    total -= 0.5 * c[times + g] * math.log(entry)
                else:
                    v[root + a * q + b] = entry / v[root + b * q + b]
        # W: a row of T at a time, through both halves of M
        for a in range(q):
            for b in range(q):
                entry = v[scale + a * q + b]
                for m in range(b):
                    entry -= v[root + b * q + m] * v[solved + a * q + m]
                v[solved + a * q + b] = entry / v[root + b * q + b]
            for back in range(q):
                b = q - 1 - back
                entry = v[solved + a * q + b]
                for m in range(b + 1, q):
                    entry -= v[root + m * q + b] * v[solved + a * q + m]
                v[solved + a * q + b] = entry / v[root + b * q + b]
        for a in range(q):
            for b in range(q):
                entry = 0.0
                for m in range(b + 1):
                    entry += v[solved + a * q + m] * v[scale + b * q + m]
                v[spread + a * q + b] = entry
    return total


def _solve_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    """Take the slopes in V (in its place) and that of the determinant back."""
    kinds, times, q, own = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    sd, factor, scratch = o[p + 5], o[p + 6], o[p + 7]
    work = scratch + kinds * 3 * q * q + q * q
    for g in range(kinds):
        many = c[times + g]
        root = scratch + g * 3 * q * q
        solved, spread = root + q * q, root + 2 * q * q
        matrix = own + g * q * q
        for a in range(q):
            for b in range(q):
                slope = 0.5 * (d[spread + a * q + b] + d[spread + b * q + a])
                v[work + a * q + b] = slope
        for a in range(q):
            for b in range(q):
                entry = 0.0
                for m in range(q):
                    entry += v[work + a * q + m] * v[spread + m * q + b]
                v[work + (q + a) * q + b] = entry
        for a in range(q):
            for b in range(q):
                # -V G V, and -V/2 of the determinant
                entry = 0.5 * many * v[spread + a * q + b]
                for m in range(q):
                    entry += v[spread + a * q + m] * v[work + (q + m) * q + b]
                d[matrix + a * q + b] -= entry
        for a in range(q):
            for b in range(q):
                # G - A V G; V G is the transpose of G V
                entry = v[work + a * q + b]
                for m in range(q):
                    entry -= v[matrix + a * q + m] * v[work + (q + b) * q + m]
                v[work + (2 * q + a) * q + b] = entry
        for a in range(q):
            for b in range(a + 1):
                slope = 0.0
                for m in range(q):
                    slope += 2.0 * v[work + (2 * q + a) * q + m] * v[solved + m * q + b]
                    slope -= many * v[matrix + a * q + m] * v[solved + m * q + b]
                if factor:
                    d[sd + a] += slope * v[factor + a * q + b]
                    d[factor + a * q + b] += slope * v[sd + a]
                elif a == b:
                    d[sd + a] += slope


def _nest(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Take what the inner effects explain from the sums of the outer ones."""
    levels, q, r, parent = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    vector, scratch, cross, kind = o[p + 5], o[p + 6], o[p + 7], o[p + 11]
    outer, outer_vector, work = o[p + 8], o[p + 9], o[p + 10]
    mean = work + q * r
    for g in range(levels):
        spread = scratch + k[kind + g] * 3 * q * q + 2 * q * q
        for a in range(q):
            entry = 0.0
            for b in range(q):
                entry += v[spread + a * q + b] * v[vector + g * q + b]
            v[mean + a] = entry
        shared, above = cross + g * q * r, k[parent + g]
        for a in range(q):
            for b in range(r):
                entry = 0.0
                for m in range(q):
                    entry += v[spread + a * q + m] * v[shared + m * r + b]
                v[work + a * r + b] = entry
        for a in range(r):
            for m in range(q):
                v[outer_vector + above * r + a] -= v[shared + m * r + a] * v[mean + m]
            for b in range(r):
                for m in range(q):
                    v[outer + (above * r + a) * r + b] -= (
                        v[shared + m * r + a] * v[work + m * r + b]
                    )
    return 0.0


def _nest_back(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> None:
    levels, q, r, parent = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    scratch, cross, kind = o[p + 6], o[p + 7], o[p + 11]
    outer, work = o[p + 8], o[p + 10]
    for g in range(levels):
        spread = scratch + k[kind + g] * 3 * q * q + 2 * q * q
        shared, above = cross + g * q * r, k[parent + g]
        # C G, with G the slope in the outer sums
        for a in range(q):
            for b in range(r):
                entry = 0.0
                for m in range(r):
                    slope = d[outer + (above * r + m) * r + b]
                    slope += d[outer + (above * r + b) * r + m]
                    entry += 0.5 * slope * v[shared + a * r + m]
                v[work + a * r + b] = entry
        for a in range(q):
            for m in range(q):
                for b in range(r):
                    d[spread + a * q + m] -= v[work + a * r + b] * v[shared + m * r + b]
            for b in range(r):
                for m in range(q):
                    d[shared + a * r + b] -= (
                        2.0 * v[spread + a * q + m] * v[work + m * r + b]
                    )


def _condition(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Take the outer effects, now known, from the sums of the inner ones."""
    levels, q, r, parent = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    vector, cross, effects = o[p + 5], o[p + 6], o[p + 7]
    for g in range(levels):
        for a in range(q):
            for b in range(r):
                v[vector + g * q + a] -= (
                    v[cross + (g * q + a) * r + b] * v[effects + k[parent + g] * r + b]
                )
    return 0.0


def _mean(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Fill the mean of each level: ``V b``."""
    levels, q, vector, scratch = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    kind, out = o[p + 5], o[p + 6]
    for g in range(levels):
        spread = scratch + k[kind + g] * 3 * q * q + 2 * q * q
        for a in range(q):
            total = 0.0
            for b in range(q):
                total += v[spread + a * q + b] * v[vector + g * q + b]
            v[out + g * q + a] = total
    return 0.0


def _misfit(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add ``-sum w (e - z' m)^2 / 2``; leave ``sum w (e - z' m) z`` by level."""
    n, y, count, mu, sigma = o[p + 1], o[p + 2], o[p + 3], o[p + 4], o[p + 5]
    index, design, levels, q = o[p + 6], o[p + 7], o[p + 8], o[p + 9]
    outer_index, outer_design, outer_levels, r = (
        o[p + 10],
        o[p + 11],
        o[p + 12],
        o[p + 13],
    )
    means, rests = o[p + 14], o[p + 15]
    outer_means, outer_rests = o[p + 16], o[p + 17]
    for i in range(levels * q):
        v[rests + i] = 0.0
    for i in range(outer_levels * r):
        v[outer_rests + i] = 0.0
    precision = 1.0 / (v[sigma] * v[sigma])
    total = 0.0
    for i in range(n):
        weight = precision * c[count + i] if count >= 0 else precision
        rest = c[y + i] - v[mu + i]
        level = k[index + i]
        mean = means + level * q
        if design >= 0:
            for a in range(q):
                rest -= c[design + i * q + a] * v[mean + a]
        else:
            rest -= v[mean]
        above = 0
        if r > 0:
            above = k[outer_index + i]
            mean = outer_means + above * r
            for a in range(r):
                number = c[outer_design + i * r + a] if outer_design >= 0 else 1.0
                rest -= number * v[mean + a]
        slope = weight * rest
        total += slope * rest
        d[mu + i] += slope
        if design >= 0:
            for a in range(q):
                v[rests + level * q + a] += slope * c[design + i * q + a]
        else:
            v[rests + level] += slope
        for a in range(r):
            number = c[outer_design + i * r + a] if outer_design >= 0 else 1.0
            v[outer_rests + above * r + a] += slope * number
    d[sigma] += total / v[sigma]
    return -0.5 * total


def _penalty(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Add ``-|T^-1 m|^2 / 2``; ``T^-1 m = T' s``, with s the sums of ``_misfit``."""
    levels, q, rests = o[p + 1], o[p + 2], o[p + 3]
    sd, factor = o[p + 4], o[p + 5]
    total = 0.0
    for g in range(levels):
        for b in range(q):
            entry = 0.0
            for a in range(b, q):
                scale = v[sd + a] if a == b else 0.0
                if factor:
                    scale = v[sd + a] * v[factor + a * q + b]
                entry += scale * v[rests + g * q + a]
            total -= 0.5 * entry * entry
            for a in range(b, q):
                slope = v[rests + g * q + a] * entry
                if factor:
                    d[sd + a] += slope * v[factor + a * q + b]
                    d[factor + a * q + b] += slope * v[sd + a]
                elif a == b:
                    d[sd + a] += slope
    return total


def _recover(o: Any, p: Any, v: Any, d: Any, c: Any, k: Any) -> float:
    """Draw effects: ``V b + T R'^-1 e``, with ``M = R R'`` and e standard normal."""
    levels, q, vector, scratch = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    kind, kinds, out, normals = o[p + 5], o[p + 6], o[p + 7], o[p + 8]
    scale = scratch + kinds * 3 * q * q
    work = scale + q * q
    for g in range(levels):
        root = scratch + k[kind + g] * 3 * q * q
        spread = root + 2 * q * q
        for back in range(q):
            a = q - 1 - back
            entry = v[normals + g * q + a]
            for m in range(a + 1, q):
                entry -= v[root + m * q + a] * v[work + m]
            v[work + a] = entry / v[root + a * q + a]
        for a in range(q):
            total = 0.0
            for b in range(q):
                total += v[spread + a * q + b] * v[vector + g * q + b]
                if b <= a:
                    total += v[scale + a * q + b] * v[work + b]
            v[out + g * q + a] = total
    return 0.0


_ROWS = (
    *("n", "y", "count", "mu", "sigma", "index", "design", "levels", "q"),
    *("outer_index", "outer_design", "outer_levels", "r"),
)

MARGINAL = (
    Operation(
        "normal rows",
        (
            *_ROWS,
            *("products", "own", "vector"),
            *("outer_products", "outer", "outer_vector"),
            *("cross_products", "cross", "totals", "kinds"),
        ),
        _rows,
        _rows_back,
    ),
    Operation(
        "integrate",
        ("kinds", "times", "q", "own", "sd", "cholesky", "scratch"),
        _solve,
        _solve_back,
    ),
    Operation(
        "nest",
        (
            *("levels", "q", "r", "parent", "vector", "scratch", "cross"),
            *("outer", "outer_vector", "work", "kind"),
        ),
        _nest,
        _nest_back,
    ),
    Operation(
        "condition",
        ("levels", "q", "r", "parent", "vector", "cross", "effects"),
        _condition,
    ),
    Operation("mean", ("levels", "q", "vector", "scratch", "kind", "out"), _mean),
    Operation(
        "misfit",
        (*_ROWS, "means", "rests", "outer_means", "outer_rests"),
        _misfit,
    ),
    Operation("penalty", ("levels", "q", "rests", "sd", "cholesky"), _penalty),
    Operation(
        "recover",
        ("levels", "q", "vector", "scratch", "kind", "kinds", "out", "normals"),
        _recover,
    ),
)


def scratch_size(kinds: int, q: int) -> int:
    """Return the numbers that ``integrate`` needs beside its operands."""
    return kinds * 3 * q * q + q * q + 3 * q * q
