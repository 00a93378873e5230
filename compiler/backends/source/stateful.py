"""Calls over rows as text: what was learned stands in the script as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from varying.grammar import tree
from varying.grammar.printer import expression_text

from ...data.table import Column, Table
from ...expressions.functions import is_stateful
from ...expressions.smooth import Curves
from ...expressions.stateful import (
    ByGroup,
    Constant,
    Intervals,
    Orthogonal,
    Powers,
    Ranks,
    Shifted,
    Spline,
)
from ...prepare.derive import Step
from .embedded import Key, key_text, keys, level_names
from .text import Unwritable, call, labels, number, string, vector, wrapped

BODY = 4


def without_calls(node: tree.Expr, table: Table) -> tree.Expr:
    """Return an expression that reads the columns of its calls over rows."""
    if isinstance(node, tree.Call) and is_stateful(node):
        names = table.calls.get(expression_text(node), ())
        if len(names) != 1:
            raise Unwritable(expression_text(node))
        return tree.Name(names[0], quoted=True, span=node.span)
    match node:
        case tree.Call(_, arguments):
            inside = tuple(
                replace(argument, value=without_calls(argument.value, table))
                for argument in arguments
            )
            return replace(node, arguments=inside)
        case tree.Unary(_, operand):
            return replace(node, operand=without_calls(operand, table))
        case tree.Chain(_, operands):
            every = tuple(without_calls(operand, table) for operand in operands)
            return replace(node, operands=every)
        case tree.Power(base, exponent):
            return replace(
                node,
                base=without_calls(base, table),
                exponent=without_calls(exponent, table),
            )
        case tree.Paren(inner):
            return replace(node, inner=without_calls(inner, table))
        case tree.ListExpr(items):
            listed = tuple(without_calls(item, table) for item in items)
            return replace(node, items=listed)
        case _:
            return node


def step_lines(
    step: Step, value: str, columns: Mapping[str, Column], table: Table, uses: set[str]
) -> Iterator[str]:
    """Yield the statements that add a call's columns to ``data``.

    Parameters
    ----------
    step
        The call.
    value
        Text of what it is applied to.
    columns, table
        The columns of the script, and how it holds them.
    uses
        Takes the names of the definitions that the statements need.
    """
    names = [f"data[{string(name)}]" for name in step.columns]
    match step.state:
        case None:
            yield from _lag(step, value, names[0])
        case Shifted(center, scale):
            text = f"{value} - {number(center)}" if center else value
            if scale != 1.0:
                text = (
                    f"({text}) / {number(scale)}" if center else f"{text} / {scale!r}"
                )
            yield f"{names[0]} = {text}"
        case Constant(constant):
            yield f"{names[0]} = {number(constant)}"
        case ByGroup(_, by, levels, values, minus):
            if len(by) == 1:
                of = keys(columns[by[0]], table)
                cells = f"data[{string(by[0])}]"
                named: list[Key] = [of[level] for level in levels]
            else:
                texts = [level_names(columns[factor], table, True) for factor in by]
                cells, named = f"({' + ":" + '.join(texts)})", [*levels]
            items = [
                f"{key_text(key)}: {number(mean)}"
                for key, mean in zip(named, values, strict=True)
            ]
            mapped = f"{cells}.map({wrapped(items, BODY, '{}')})"
            yield f"{names[0]} = {f'{value} - ' if minus else ''}{mapped}"
        case Ranks(values, ranks):
            listed = [value, vector(values, BODY), vector(ranks, BODY)]
            yield _indented(call(f"{names[0]} = np.interp", listed, BODY))
        case Powers():
            for power, name in enumerate(names, start=1):
                yield f"{name} = {value} ** {power}"
        case Orthogonal(shifts, norms, origin, unit):
            uses.add("orthogonal")
            z = f"({value} - {number(origin)}) / {number(unit)}"
            listed = [z, vector(shifts, BODY), vector(norms, BODY)]
            yield _several(step, call("orthogonal", listed, BODY))
        case Spline(knots, degree, weights, straight):
            uses.add("spline")
            rows = wrapped([vector(row, BODY) for row in weights], BODY)
            listed = [value, vector(knots, BODY), rows, str(degree), str(straight)]
            yield _several(step, call("spline", listed, BODY))
        case Curves(knots, values, periodic, center):
            uses.add("curves")
            numbers = [one for row in values for one in row]
            rows = f"{vector(numbers, BODY)}.reshape(-1, {len(values[0])})"
            middle = "None" if center is None else number(center)
            listed = [value, vector(knots, BODY), rows, str(periodic), middle]
            yield _several(step, call("curves", listed, BODY))
        case Intervals(bounds, levels, right, lowest):
            uses.add("intervals")
            listed = [value, vector(bounds, BODY), labels(levels, BODY)]
            listed += [str(right), str(lowest)]
            yield _indented(call(f"{names[0]} = intervals", listed, BODY))


def _several(step: Step, made: str) -> str:
    names = labels(step.columns, BODY)
    return _indented(f"data[{names}] = {made}")


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _lag(step: Step, value: str, name: str) -> Iterator[str]:
    by = step.settings.get("by") or ()
    order = step.settings.get("order") or ()
    steps = int(step.settings.get("n", 1))
    rows = "data"
    if order:
        rows = f'data.sort_values({labels(order, BODY)}, kind="stable")'
    yield f"earlier = {rows}.assign(value={value})"
    if by:
        yield f'{name} = earlier.groupby({labels(by, BODY)})["value"].shift({steps})'
    else:
        yield f'{name} = earlier["value"].shift({steps})'
