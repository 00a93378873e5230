"""Rows of ordinal families of steps: a loop over the thresholds in each."""

from __future__ import annotations

import math
from typing import Any

from ....distributions.density import python
from ....distributions.density.links import LINKING
from ....distributions.density.scalars import row_logistic
from ....families.family import Family
from ..llvm.text import execute
from .operation import Operation


def _plain(x: float) -> tuple[float, float]:
    return x, 1.0


#: ``past`` is what the row has over a threshold; its slope is ``g``.
_HEAD = """
def step(o, p, v, d, c, k):
    n, y, count = o[p + 1], o[p + 2], o[p + 3]
    {heads} = o[p + 4], o[p + 5]
    a0, x0, s0 = o[p + 6], o[p + 7], o[p + 8]
    a1, x1, s1 = o[p + 9], o[p + 10], o[p + 11]
    columns, width, effects, scratch = o[p + 12], o[p + 13], o[p + 14], o[p + 15]
    most, beside = o[p + 16], o[p + 17]
    total = 0.0
    for i in range(n):{own}
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue
        j0 = a0 + (k[x0 + i] if x0 >= 0 else i * s0)
        j1 = a1 + (k[x1 + i] if x1 >= 0 else i * s1)
        rank = k[y + i]
        eta, disc = v[j0], v[j1]
        by_eta = 0.0
        by_disc = 0.0
"""
_OVER = """
            over = eta - v[threshold + s]
            for m in range(width):
                over += c[columns + i * width + m] * v[effects + m * most + s]
            if beside >= 0:
                over += v[k[beside + s] + i]
"""
_BACK = """
            by_eta += g * disc
            by_disc += g * over
            d[threshold + s] -= g * disc
            for m in range(width):
                d[effects + m * most + s] += g * disc * c[columns + i * width + m]
            if beside >= 0:
                d[k[beside + s] + i] += g * disc
"""
_TAIL = """
        total += weight * density
        d[j0] += by_eta
        d[j1] += by_disc
    return total
"""
_SEQUENTIAL = f"""{_HEAD}
        density = 0.0
        for s in range(min(rank + 1, last)):{_OVER}
            logit, slope = curve({{sign}}disc * over)
            logit = {{turned}}logit
            log_p, log_q, share, rest = row_logistic(logit)
            g = -weight * slope
            if s == rank:
                density += log_p
                g *= rest
            else:
                density += log_q
                g *= -share
{_BACK}{_TAIL}"""
_ADJACENT = f"""{_HEAD}
        # sums of the logits, and their largest
        whole = 0.0
        largest = 0.0
        density = 0.0
        for s in range(last):{_OVER}
            logit, slope = curve(disc * over)
            whole += logit
            v[scratch + s] = whole
            v[scratch + last + s] = slope
            v[scratch + 2 * last + s] = over
            largest = max(largest, whole)
            if s + 1 == rank:
                density = whole
        whole = math.exp(-largest)
        for s in range(last):
            whole += math.exp(v[scratch + s] - largest)
        density -= largest + math.log(whole)
        above = 0.0
        for t in range(last):
            s = last - 1 - t
            above += math.exp(v[scratch + s] - largest) / whole
            over = v[scratch + 2 * last + s]
            g = weight * v[scratch + last + s] * ((1.0 if s < rank else 0.0) - above)
{_BACK}{_TAIL}"""

#: Which thresholds those of a row are, given where they begin and how many they are.
OF_ITEM = """
        last = k[o[p + {1}] + i]
        threshold = all_thresholds + k[o[p + {0}] + i]"""

WORDS = (
    *("n", "y", "count", "thresholds", "threshold"),
    *("eta", "eta_index", "eta_stride", "disc", "disc_index", "disc_stride"),
    *("columns", "width", "effects", "scratch", "most", "beside"),
)


def step_rows(name: str, family: Family) -> Operation:
    """Return the operation of the rows of a family of steps."""
    steps = family.steps
    assert steps is not None
    curve: Any = _plain
    if steps.link != "logit":
        function = LINKING[f"{steps.link}_logit"][0]
        curve = python.kernel(f"{steps.link}_logit", function, ("x",), ("x",))
    text, words = _ADJACENT, [*WORDS]
    signs = {"sratio": ("-", ""), "cratio": ("", "-"), "acat": ("", "")}
    sign, turned = signs[steps.kind]
    if not steps.adds_up:
        text = _SEQUENTIAL
    heads, own = "last, threshold", ""
    if family.items:
        # a row has the thresholds of its item
        heads, own = "_, all_thresholds", OF_ITEM.format(18, 19)
        words += ["first", "last"]
    text = text.format(sign=sign, turned=turned, heads=heads, own=own)
    space: dict[str, Any] = {"curve": curve, "row_logistic": row_logistic, "math": math}
    execute(text, f"<{name}>", space)
    return Operation(name, tuple(words), space["step"])
