"""What links need, on vectors: made of ``distributions/density/links.py``."""

from __future__ import annotations

from typing import Any

from ....distributions.density import python
from ....distributions.density.links import LINKING
from ..llvm.text import execute
from .elementwise import OPERANDS
from .operation import Operation

_TEXT = """
def forward(o, p, v, d, c, k):
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        value, slope = curve(v[a + i])
        v[out + i] = value
    return 0.0


def backward(o, p, v, d, c, k):
    n, out, a = o[p + 1], o[p + 2], o[p + 3]
    for i in range(n):
        value, slope = curve(v[a + i])
        d[a + i] += d[out + i] * slope
"""


def linking(name: str) -> Operation:
    """Return the operation of a function that a link needs."""
    function, _ = LINKING[name]
    space: dict[str, Any] = {
        "curve": python.kernel(name, function, ("x",), ("x",)),
    }
    execute(_TEXT, f"<{name}>", space)
    return Operation(name, OPERANDS[1], space["forward"], space["backward"])
