"""Default priors of the parameters of a family of the caller's, as they are written."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...distributions.table import DISTRIBUTIONS, Distribution
from ..family import DefaultPrior, Moments

__all__ = ["read_prior"]

#: What arguments call the spread of the response.
_SPREAD = "sd"
#: Spreads of responses for which an argument is looked at.
_SPREADS = (1e-3, 1.0, 1e3)
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def read_prior(
    name: str, text: str, lower: float | None
) -> Callable[[Moments], DefaultPrior]:
    """Return the default prior of a parameter, given moments of the response.

    Raises
    ------
    ValueError
        If the text is none, such as ``exponential(1 / sd)``, or is improper, or an
        argument is outside of its domain, in whatever units the response is.
    """
    wrong = ValueError(
        f"dpars: {name!r} has a default prior such as 'exponential(1)' or "
        f"'exponential(1 / sd)', not {text!r}"
    )
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, TypeError, ValueError):
        raise wrong from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise wrong
    row = DISTRIBUTIONS.get(call.func.id)
    if row is None:
        raise wrong
    known = [one.name for one in row.arguments]
    pairs = [*zip(known, call.args, strict=False)]
    pairs += [(one.arg or "", one.value) for one in call.keywords]
    nodes: dict[str, Any] = dict(pairs)
    whole = len(call.args) <= len(known) and len(nodes) == len(pairs)
    if not whole or not set(nodes) <= set(known):
        raise wrong
    for one in row.arguments:
        if one.name not in nodes:
            if one.default is None:
                raise wrong
            nodes[one.name] = ast.Constant(one.default)

    def prior(moments: Moments) -> DefaultPrior:
        values = ((one, _value(nodes[one], moments.s)) for one in known)
        return DefaultPrior(row.name, tuple(values), reason, lower)

    spread = any(
        isinstance(part, ast.Name) for one in nodes.values() for part in ast.walk(one)
    )
    reason = "the default of the family"
    if spread:
        reason += ", in spreads of the response"
    try:
        found = [prior(Moments(0.0, sd)) for sd in _SPREADS]
    except (ValueError, ZeroDivisionError):
        raise wrong from None
    _check(name, text, row, found)
    return prior


def _check(
    name: str, text: str, row: Distribution, found: Sequence[DefaultPrior]
) -> None:
    """Refuse priors that a spec may not have either."""
    if not row.proper:
        raise ValueError(
            f"dpars: `{text}` of {name!r} is improper, and only `b` may have such a "
            "prior"
        )
    for argument in row.arguments:
        low, high = argument.domain
        for prior in found:
            value = dict(prior.arguments)[argument.name]
            if not low < value < high:
                raise ValueError(
                    f"dpars: `{argument.name}` of `{text}`, which {name!r} has, is a "
                    f"number between {low:g} and {high:g}, and not {value:g}"
                )


def _value(node: ast.expr, sd: float) -> float:
    """Return the number that is written, with the spread of the response."""
    match node:
        case ast.Constant(int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name == _SPREAD:
            return sd
        case ast.UnaryOp(ast.USub(), inner):
            return -_value(inner, sd)
        case ast.BinOp(left, operation, right) if type(operation) in _ARITHMETIC:
            compute = _ARITHMETIC[type(operation)]
            return compute(_value(left, sd), _value(right, sd))
    raise ValueError("no number")
