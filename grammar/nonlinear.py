"""Formulas that are not linear: ``y ~ a * exp(-k * t), nl=true``, and their names.

In such a formula the right side is calculated row by row, from columns and from
parameters that have formulas of their own on indented lines (``a + k ~ 1``). So it is
with formulas of parameters: ``sigma ~ a + b * tanh(x), nl=true``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .tree import Chain, Expr, Formula, ModelStatement, Name, PartStatement, String
from .walk import children, column_names, postorder, unwrap


def is_nonlinear(formula: Formula) -> bool:
    """Whether a formula says that it is not linear."""
    values = [unwrap(o.value) for o in formula.options if o.name.text == "nl"]
    return any(isinstance(v, Name | String) and v.text == "true" for v in values)


def names_left(left: Expr) -> tuple[Name, ...]:
    """Return the names in ``a + k``; none where it is anything else."""
    node = unwrap(left)
    if isinstance(node, Name):
        return (node,)
    if not isinstance(node, Chain) or set(node.operators) != {"+"}:
        return ()
    names = [one for one in map(unwrap, node.operands) if isinstance(one, Name)]
    return tuple(names) if len(names) == len(node.operands) else ()


def curves_of(model: ModelStatement) -> tuple[Formula, ...]:
    """Return the formulas of a model that are not linear, its own first."""
    parts = (s.formula for s in model.body if isinstance(s, PartStatement))
    return tuple(one for one in (model.formula, *parts) if is_nonlinear(one))


def parameters_of(model: ModelStatement) -> frozenset[str]:
    """Return what is no column in the right sides of formulas that are not linear.

    They are the names that stand there and have an indented formula; of a linear
    model there are none.
    """
    inside = names_in(curves_of(model))
    parts = [part for part in model.body if isinstance(part, PartStatement)]
    left = (name for part in parts for name in names_left(part.formula.response))
    return frozenset(name.text for name in left) & inside


def names_in(formulas: Iterable[Formula]) -> frozenset[str]:
    """Return the names in the right sides of formulas."""
    return frozenset(
        name.text for formula in formulas for name in column_names(formula.terms)
    )


def free_parts(expression: Expr, parameters: Collection[str]) -> list[Expr]:
    """Return the largest parts of an expression that no parameter is in."""
    holds: dict[int, bool] = {}
    for node in postorder(expression):
        named = isinstance(node, Name) and node.text in parameters
        holds[id(node)] = named or any(holds[id(one)] for one in children(node))
    found: list[Expr] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        if holds[id(node)]:
            stack.extend(reversed(children(node)))
        else:
            found.append(node)
    return found
