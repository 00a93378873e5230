"""Grouping factors: what stands right of a bar."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Argument, Call, Chain, Expr, Name
from varying.grammar.walk import postorder, unwrap

from ..data.schema import Schema
from ..data.spellings import warn_spellings
from ..expressions.types import report_unknown

Factors = tuple[str, ...]

_FORMS = "a grouping factor is `g`, `a:b`, `a/b`, `a + b` or `a*b`"


class _InvalidGroup(Exception):
    """The expression is no grouping factor; already reported."""


def expand_group(expression: Expr, sink: Sink) -> tuple[Factors, ...]:
    """Return the groupings of a bar's right side, each by its columns.

    ``a/b`` gives ``a`` and ``a:b``, ``a*b`` also ``b``, ``a + b`` both. Empty
    after a fault. Whether the columns exist is for ``known_factors`` to say.
    """
    try:
        found = _expand(expression, sink, top=True)
    except _InvalidGroup:
        return ()
    # `g + g` is one grouping; `a:b` and `b:a` have the same levels.
    unique: dict[frozenset[str], Factors] = {}
    for factors in found:
        unique.setdefault(frozenset(factors), factors)
    return tuple(unique.values())


def known_factors(
    factors: Factors, expression: Expr, schema: Schema, sink: Sink
) -> bool:
    """Whether all columns of a grouping exist; those that do not are reported.

    ``expression`` is the bar's right side, for their places.
    """
    good = True
    # not `column_names`: that leaves out `TRUE`
    nodes = postorder(expression)
    names = {node.text: node for node in nodes if isinstance(node, Name)}
    for factor in factors:
        if factor not in schema.columns:
            report_unknown(names[factor], schema, sink)
            good = False
        else:
            warn_spellings(schema.columns[factor], names[factor].span, sink)
    return good


def _expand(expression: Expr, sink: Sink, top: bool) -> list[Factors]:
    node = unwrap(expression)
    match node:
        case Name(text=text) if text != "." or node.quoted:
            return [(text,)]
        case Call(function=Name(text="gr"), arguments=arguments) if _only_factor(
            arguments, top, sink
        ):
            return _expand(arguments[0].value, sink, top)
        case Call(function=Name(text="mm"), arguments=arguments) if top:
            names = [unwrap(one.value) for one in arguments if one.keyword is None]
            return [tuple(name.text for name in names if isinstance(name, Name))]
        case Chain(operators=operators, operands=operands) if top or not (
            {"+"} & set(operators)
        ):
            if set(operators) <= {"+"}:
                return [f for item in operands for f in _expand(item, sink, top=True)]
            if set(operators) <= {"*", "/", ":"}:
                found = _expand(operands[0], sink, top=False)
                for operator, operand in zip(operators, operands[1:], strict=True):
                    found = _combine(operator, found, _expand(operand, sink, False))
                return found
    text = expression_text(node)
    forms = [_FORMS]
    if isinstance(node, Call):
        forms.append("a numeric column is a grouping factor as it is")
    sink.add(
        "invalid-group", node.span, f"`{text}` cannot be a grouping factor", *forms
    )
    raise _InvalidGroup


def _only_factor(arguments: Sequence[Argument], top: bool, sink: Sink) -> bool:
    """Whether ``gr()`` has one grouping factor; its options are read elsewhere."""
    named = [one for one in arguments if one.keyword is not None]
    if named and not top:
        assert named[0].keyword is not None
        name, value = named[0].keyword.text, expression_text(named[0].value)
        sink.add(
            "invalid-group",
            named[0].span,
            f"`{name}=` is for all of a grouping factor, not for a part of it",
            f"written `gr(a:b, {name}={value})`, or as two terms",
        )
        raise _InvalidGroup
    return len(arguments) == len(named) + 1 and arguments[0].keyword is None


def _combine(operator: str, left: list[Factors], right: list[Factors]) -> list[Factors]:
    crossed = [_join(a, b) for a in left for b in right]
    if operator == ":":
        return crossed
    if operator == "*":
        return [*left, *right, *crossed]
    whole: Factors = ()
    for factors in left:
        whole = _join(whole, factors)
    return [*left, *(_join(whole, factors) for factors in right)]


def _join(left: Factors, right: Factors) -> Factors:
    return left + tuple(factor for factor in right if factor not in left)
