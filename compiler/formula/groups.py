"""Grouping factors: what stands right of a bar."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Argument, Call, Chain, Expr, Name
from varying.grammar.walk import LOGICALS, postorder, unwrap

from ..data.schema import Schema
from ..data.spellings import warn_spellings
from ..expressions.elsewhere import GROUPS_UNTIL_THEN
from ..expressions.types import report_unknown

Factors = tuple[str, ...]

_FORMS = "a grouping factor is `g`, `a:b`, `a/b`, `a + b` or `a*b`"


class _Invalid(Exception):
    """The expression is no grouping factor; already reported."""


def expand_group(expression: Expr, sink: Sink) -> tuple[Factors, ...]:
    """Return the groupings of a bar's right side, each by its columns.

    ``a/b`` gives ``a`` and ``a:b``, ``a*b`` also ``b``, ``a + b`` both. Empty
    after a fault. Whether the columns exist is for ``known_factors`` to say.
    """
    try:
        found = _expand(expression, sink, top=True)
    except _Invalid:
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
        case Call(function=Name(text="gr"), arguments=(first, *others)) if (
            first.keyword is None
            and all(_is_cor(one) or (top and _is_by(one)) for one in others)
        ):
            return _expand(first.value, sink, top)
        case Call(function=Name(text="gr"), arguments=arguments) if (
            by := next((one for one in arguments[1:] if _is_by(one)), None)
        ) is not None and not top:
            sink.add(
                "invalid-group",
                by.span,
                "`by=` is for all of a grouping factor, not for a part of it",
                "written `gr(a:b, by=x)`, or as two terms",
            )
            raise _Invalid
        case Call(function=Name(text="gr"), arguments=arguments) if (
            by := next((one for one in arguments[1:] if _named(one, "by")), None)
        ) is not None and not _is_by(by):
            sink.add(
                "invalid-group",
                by.value.span,
                f"`by=` takes one factor: `{expression_text(by.value)}` is none",
                "give it a name before the formula: `let f = ...`",
            )
            raise _Invalid
        case Call(function=Name(text="gr" | "mm" as text), arguments=arguments):
            message = f"`{text}()` is not compiled by this version"
            notes = GROUPS_UNTIL_THEN.get(text, ())
            for argument in arguments[1:]:
                keyword = argument.keyword
                known = _is_cor(argument) or _is_by(argument)
                if text == "gr" and keyword is not None and not known:
                    _check_option(keyword, sink)
                    message = f"`{keyword.text}=` of `gr()` is not compiled by this "
                    message += "version"
                    notes = GROUPS_UNTIL_THEN.get(keyword.text, ())
            sink.add("not-yet", node.span, message, *notes)
            raise _Invalid
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
    raise _Invalid


_GR_OPTIONS = ("by", "cor", "cov", "dist")
_IDS = "an id stands between two bars: `(... |p| g)`"


def _check_option(keyword: Name, sink: Sink) -> None:
    if keyword.text in _GR_OPTIONS:
        return
    notes, fix = did_you_mean(keyword.text, _GR_OPTIONS, keyword.span, "arguments")
    if keyword.text == "id":
        notes, fix = (_IDS,), None
    message = f"`gr()` has no argument `{keyword.text}`"
    sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)
    raise _Invalid


def _is_cor(argument: Argument) -> bool:
    """Whether an argument is ``cor=TRUE`` or ``cor=FALSE``."""
    keyword, value = argument.keyword, unwrap(argument.value)
    return (
        keyword is not None
        and keyword.text == "cor"
        and isinstance(value, Name)
        and value.text in LOGICALS
    )


def _named(argument: Argument, name: str) -> bool:
    return argument.keyword is not None and argument.keyword.text == name


def _is_by(argument: Argument) -> bool:
    """Whether an argument is ``by=`` with the name of a column."""
    value = unwrap(argument.value)
    named = isinstance(value, Name) and (value.quoted or value.text not in LOGICALS)
    return _named(argument, "by") and named


def by_factor(group: Expr) -> Name | None:
    """Return the factor of ``gr(g, by=f)``, whose levels have their own variances."""
    node = unwrap(group)
    if not isinstance(node, Call) or node.function.text != "gr":
        return None
    values = [unwrap(a.value) for a in node.arguments if _is_by(a)]
    return next((value for value in values if isinstance(value, Name)), None)


def correlated(group: Expr) -> bool:
    """Whether a grouping factor leaves its correlations: not ``gr(g, cor=FALSE)``."""
    node = unwrap(group)
    if not isinstance(node, Call) or node.function.text != "gr":
        return True
    values = [unwrap(a.value) for a in node.arguments if _is_cor(a)]
    return all(LOGICALS[v.text] == 1.0 for v in values if isinstance(v, Name))


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
