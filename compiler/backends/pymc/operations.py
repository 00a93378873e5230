"""Expressions of the program as PyTensor graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pymc.logprob.transforms import Transform

from ...distributions.density.links import LINKING
from ...distributions.density.tensors import Tensors
from ...families.ordinal.thresholds import middle
from ...program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, Take


def lkj_cholesky(partial: Any, size: int) -> Any:
    """Return the Cholesky factor of a correlation matrix.

    Parameters
    ----------
    partial : (size (size - 1) / 2,)
        Partial correlations of the C-vine on (0, 1), row by row of the lower
        triangle (Lewandowski, Kurowicka & Joe 2009). With Beta(a, a) priors on
        them the matrix is LKJ.
    """
    rows = [i for i in range(size) for _ in range(i)]
    columns = [k for i in range(size) for k in range(i)]
    lower = pt.zeros((size, size))[rows, columns].set(2.0 * partial - 1.0)
    # log sqrt(1 - r^2), 0 on and above the diagonal; sums instead of products,
    # because the gradient of a product divides by its factors
    rest = 0.5 * pt.log1p(-(lower**2))
    before = pt.cumsum(rest, axis=1) - rest
    return pt.tril((lower + pt.eye(size)) * pt.exp(before))


class UnitTransform(Transform):  # type: ignore[misc]
    """The chart of a parameter with a unit: ``center + scale * x``.

    Parameters
    ----------
    center, scale
        Numbers that broadcast to the parameter's shape.
    joint
        How many of the last axes are one draw of the distribution.
    """

    name = "steps"
    ndim_supp = 0

    def __init__(self, center: Any, scale: Any, joint: int = 0) -> None:
        self._center, self._scale = np.float64(center), np.float64(scale)
        self._joint = joint

    def forward(self, value: Any, *inputs: Any) -> Any:
        """Return the coordinate of a value."""
        return (value - self._center) / self._scale

    def backward(self, value: Any, *inputs: Any) -> Any:
        """Return the value at a coordinate."""
        return self._center + self._scale * value

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Return the log of the scale, for each draw of the distribution."""
        each = pt.zeros_like(value) + np.log(self._scale)
        return each.sum(axis=-1) if self._joint else each


def spread(center: Any, gap: Any) -> Any:
    """Lay thresholds outwards from their middle; see ``compiler.thresholds``."""
    places = pt.concatenate([pt.zeros(1), pt.cumsum(gap)])
    count = places.type.shape[0] or places.shape[0]
    low, high = middle(count)
    return center + places - 0.5 * (places[low] + places[high])


def spread_levels(center: Any, gap: Any, count: Any) -> Any:
    """Lay thresholds of each level outwards from one middle."""
    low, high = middle(int(count))
    places = pt.cumsum(gap.reshape((-1, int(count) - 1)), axis=1)
    places = pt.concatenate([pt.zeros_like(places[:, :1]), places], axis=1)
    half = 0.5 * (places[:, low] + places[:, high])
    return (center + places - half[:, None]).flatten()


def logit_cumulative(simplex: Any) -> Any:
    """Return the thresholds that give these probabilities at eta = 0."""
    below = pt.cumsum(simplex)[:-1]
    above = pt.cumsum(simplex[::-1])[::-1][1:]
    return pt.log(below) - pt.log(above)


def logit_gaps(simplex: Any) -> Any:
    """Return their gaps without cancellation."""
    below = pt.cumsum(simplex)[:-2]
    above = pt.cumsum(simplex[::-1])[::-1][2:]
    inner = simplex[1:-1]
    return pt.log1p(inner / below) + pt.log1p(inner / above)


def monotonic(simplex: Any) -> Any:
    """Return 0 and the cumulative sums of D steps, times D."""
    return simplex.shape[0] * pt.concatenate([pt.zeros(1), pt.cumsum(simplex)])


def _linking(curve: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    return lambda x: curve(Tensors(pt), x)


def _power(base: Any, exponent: Any) -> Any:
    # a Python number, which PyTensor makes a product of where it is whole
    if isinstance(exponent, np.float64):
        exponent = float(exponent)
    return pt.pow(base, exponent)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "neg": lambda a: -a,
    "exp": pt.exp,
    "inv_square": lambda a: 1.0 / (a * a),
    "dot": pt.dot,
    "matvec": pt.dot,
    "diff": pt.diff,
    "by_threshold": lambda a, b: a @ b.reshape((a.shape[1], -1)),
    "beside": lambda *several: pt.stack(several, axis=-1),
    "spread": spread,
    "spread_levels": spread_levels,
    "logit_cumulative": logit_cumulative,
    "logit_gaps": logit_gaps,
    "monotonic": monotonic,
    "element": lambda a, place: a[int(place)],
    "/": lambda a, b: a / b,
    "^": _power,
    "log": pt.log,
    "log1p": pt.log1p,
    "expm1": pt.expm1,
    "sqrt": pt.sqrt,
    "abs": pt.abs,
    "sin": pt.sin,
    "cos": pt.cos,
    "tanh": pt.tanh,
    "logit": lambda p: pt.log(p) - pt.log1p(-p),
    "inv_logit": pt.sigmoid,
    "Phi": lambda x: 0.5 * pt.erfc(-x / np.sqrt(2.0)),
    "min": pt.minimum,
    "max": pt.maximum,
    "choose": lambda test, a, b: pt.switch(pt.neq(test, 0.0), a, b),
    **{name: _linking(curve) for name, (curve, _) in LINKING.items()},
}


def expression(expr: ProgramExpr, values: Mapping[str, Any]) -> Any:
    """Return the graph of an expression; numbers are float64."""
    match expr:
        case Const(value):
            if isinstance(value, tuple):
                return pt.as_tensor_variable(list(value), dtype="float64")
            # a Python number would become the narrowest float that holds it,
            # and its logarithm would be taken in that precision
            return np.float64(value)
        case Symbol(name):
            return values[name]
        case Apply(operation, arguments):
            return OPERATIONS[operation](*(expression(a, values) for a in arguments))
        case Take(vector, index):
            return expression(vector, values)[values[index]]
        case Assemble((Symbol(name),), order):
            return values[name][list(order)]
        case Assemble(parts, order):
            pieces = [pt.atleast_1d(expression(p, values)) for p in parts]
            return pt.concatenate(pieces)[list(order)]
