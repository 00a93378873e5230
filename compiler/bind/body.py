"""The right side of a formula that is not linear: what it calculates, and with what.

It is calculated row by row, of numbers and of parameters; what has no slope in a
parameter cannot be sampled and is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Formula,
    ListExpr,
    Name,
    Number,
    Paren,
    Power,
    String,
    Unary,
)
from varying.grammar.walk import (
    COMPARISONS,
    LOGICALS,
    children,
    column_names,
    postorder,
    unwrap,
)

from ..data.schema import Schema
from ..expressions.bare_names import call_columns
from ..expressions.functions import FUNCTIONS, bind_arguments, is_stateful
from ..expressions.types import type_of
from ..families.family import Family
from ..formula.leaks import own_columns
from .bound import Body

#: Functions that may be called with parameters in them, of one number each ...
OF_ONE = (
    *("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "abs", "sin", "cos"),
    *("tanh", "logit", "inv_logit", "Phi", "I"),
)
#: ... and of two.
OF_TWO = ("min", "max")
#: What an expression is made of may be so deep; sums count their terms.
DEEPEST = 200


def bind_body(
    formula: Formula,
    names: Sequence[str],
    response: Expr,
    family: Family | None,
    schema: Schema,
    sink: Sink,
) -> Body | None:
    """Return the right side with every name resolved; None after a fault.

    Parameters
    ----------
    formula
        Whose right side it is.
    names
        The parameters that it may calculate with.
    response
        The left side of the model, which it may not read.
    family
        None if its name is at fault.
    schema
        The columns.
    sink
        Takes the faults.
    """
    expression = formula.terms
    dpars = {dpar.name for dpar in (family.dpars if family is not None else ())}
    before = len(sink.diagnostics)
    holds: dict[int, bool] = {}
    depth: dict[int, int] = {}
    nodes = postorder(expression)
    for node in nodes:
        inside = children(node)
        holds[id(node)] = any(holds[id(one)] for one in inside) or (
            isinstance(node, Name) and node.text in names
        )
        ways = [depth[id(one)] + len(inside) - at for at, one in enumerate(inside)]
        depth[id(node)] = max(ways, default=0) + 1
    if depth[id(expression)] > DEEPEST:
        message = f"the formula is more than {DEEPEST} operations deep"
        notes = ("calculate parts of it before: `let z = ...`",)
        sink.add("nested-too-deep", expression.span, message, *notes)
        return None
    predictor = None if family is None or family.mains else family.predictor
    unknown = _unknown(nodes, names, predictor, dpars, schema, sink)
    if len(sink.diagnostics) > before:
        return None
    if not holds[id(expression)]:
        if not unknown:
            _no_parameters(formula, sink)
        return None
    stack: list[Expr] = [expression]
    while stack:
        node = stack.pop()
        if not holds[id(node)]:
            unknown |= not _is_number(node, schema, sink)
        elif _calculated(node, holds, schema, sink):
            stack.extend(reversed(children(node)))
    _response(response, nodes, names, sink)
    if len(sink.diagnostics) > before or unknown:
        return None
    used = [n.text for n in nodes if isinstance(n, Name) and n.text in names]
    return Body(expression, tuple(name for name in names if name in used))


def _no_parameters(formula: Formula, sink: Sink) -> None:
    option = next(o for o in formula.options if o.name.text == "nl")
    sink.add(
        "invalid-argument",
        option.span,
        "`nl=true`, and the formula has no parameter: there is nothing in it to be "
        "estimated",
        "a parameter is a name with a formula of its own, on an indented line: "
        "`y ~ a * exp(-k * t), nl=true` and below it `a + k ~ 1`",
        "a formula of terms, whose coefficients have no names, is written without "
        "`nl=true`",
    )


def _unknown(
    nodes: Sequence[Expr],
    names: Sequence[str],
    predictor: str | None,
    dpars: Collection[str],
    schema: Schema,
    sink: Sink,
) -> bool:
    """Report names that are nothing; whether there may be some for want of data."""
    computed = call_columns(schema)
    columns = [n for n in (*schema.columns, *schema.unread) if n not in computed]
    readable = {id(name) for name in column_names(nodes[-1])}
    told: set[str] = set()
    open_ = False
    for node in nodes:
        if not isinstance(node, Name) or id(node) not in readable:
            continue
        text = node.text
        if text in names or text in schema.columns or text in told:
            continue
        if text in LOGICALS and not node.quoted:
            continue
        told.add(text)
        if text == predictor:
            sink.add(
                "invalid-argument",
                node.span,
                f"`{text}` is the parameter of the model's own formula, and cannot be "
                "a part of another",
                "what both calculate with is a parameter of its own: "
                "`y ~ m, nl=true`, and below it `m ~ x` and a formula with `m`",
            )
        elif text in dpars:
            sink.add(
                "invalid-argument",
                node.span,
                f"`{text}` is a parameter of the family, and cannot be a part of the "
                "formula",
                "give the parameter of the formula another name",
            )
        elif schema.open or text in schema.faulty or text in schema.unusable:
            open_ = True
        elif text == "." and not node.quoted:
            sink.add(
                "invalid-term",
                node.span,
                "`.` is every other column, and a formula that is not linear is "
                "calculated",
                "write the columns by their names",
            )
        else:
            notes, fix = did_you_mean(
                text,
                [*sorted(names), *columns],
                node.span,
                "columns and parameters",
                name_text,
            )
            sink.add(
                "unknown-column",
                node.span,
                f"`{text}` is neither a column of the data nor a parameter of the "
                "formula",
                *notes,
                f"a parameter has a formula of its own, on an indented line: "
                f"`{name_text(text)} ~ 1`",
                fix=fix,
            )
    return open_


def _is_number(node: Expr, schema: Schema, sink: Sink) -> bool:
    """Whether what is made of columns is a number in each row; else it is reported.

    What has been reported where columns are computed is not said again.
    """
    inner = unwrap(node)
    if isinstance(inner, Chain) and inner.operators[0] in ("|", "||", ":"):
        _algebra(inner, sink)
        return False
    typed = type_of(node, schema, sink)
    if typed is None or typed.is_number:
        return typed is not None
    text = expression_text(node)
    what = {"factor": "a factor", "text": "a text", "list": "a list"}[typed.kind]
    notes = ["it is calculated row by row, with numbers"]
    if typed.kind == "factor":
        notes = [
            f"let a parameter differ between its levels: `a ~ {text}`",
            f'a level by itself is a number, 1 or 0: `{text} == "level"`',
        ]
    message = f"`{text}` is {what}, and stands in a formula that is not linear"
    sink.add("wrong-type", node.span, message, *notes)
    return False


def _algebra(node: Chain, sink: Sink) -> None:
    """Report what has a meaning among terms only."""
    sign = node.operators[0]
    notes = {
        ":": ("to multiply write `*`",),
        "|": ("group terms stand in the formulas of parameters: `a ~ 1 + (1 | g)`",),
    }
    sink.add(
        "invalid-term",
        node.span,
        f"`{sign}` cannot be calculated, and `nl=true` says that the formula is",
        *notes.get(sign[0], ("it has a meaning between the terms of a formula only",)),
    )


def _calculated(node: Expr, holds: dict[int, bool], schema: Schema, sink: Sink) -> bool:
    """Whether an operation with parameters in it can be calculated; else reported."""
    match node:
        case Name() | Number() | Paren() | Power():
            return True
        case Unary(operator=sign):
            if sign in ("+", "-"):
                return True
            _no_slope(node, f"`{sign}`", sink)
        case Chain(operators=signs):
            if set(signs) <= {"+", "-", "*", "/"}:
                return True
            if signs[0] in COMPARISONS or signs[0] in ("&", "&&"):
                _no_slope(node, f"`{signs[0]}`", sink)
            else:
                _algebra(node, sink)
        case Call():
            return _called(node, holds, schema, sink)
        case String() | ListExpr() | _:
            message = f"`{expression_text(node)}` cannot be calculated"
            sink.add("invalid-term", node.span, message)
    return False


def _no_slope(node: Expr, what: str, sink: Sink) -> None:
    sink.add(
        "invalid-term",
        node.span,
        f"{what} of a parameter jumps, and sampling follows slopes",
        "a smooth step from 0 to 1 at `a` is `inv_logit((x - a) / width)`",
    )


def _called(node: Call, holds: dict[int, bool], schema: Schema, sink: Sink) -> bool:
    name = node.function.text
    function = FUNCTIONS.get(name)
    parameters = [a for a in node.arguments if holds[id(a.value)]]
    if name in OF_TWO:
        plain = all(a.keyword is None for a in node.arguments)
        if len(node.arguments) == 2 and plain:
            return True
        sink.add(
            "invalid-argument",
            node.span,
            f"`{name}()` of parameters takes two numbers: `{name}(a, b)`",
        )
        return False
    if name == "offset":
        sink.add(
            "invalid-term",
            node.span,
            "an offset is added: a formula that is not linear says `+` itself",
        )
        return False
    if name == "ifelse" or name in OF_ONE:
        assert function is not None
        bound = bind_arguments(node, function, sink)
        if bound is None:
            return False
        if name == "ifelse" and holds[id(bound["test"].value)]:
            _no_slope(bound["test"].value, "a condition", sink)
            return False
        return True
    text = f"`{name}()`"
    if function is not None and is_stateful(node):
        notes = (
            f"{text} is learned from the rows of the data, and "
            f"`{expression_text(parameters[0].value)}` is estimated",
        )
    elif name in ("round", "floor", "ceil"):
        _no_slope(node, text, sink)
        return False
    elif name in schema.functions:
        notes = (
            "a function of your own is called with columns alone: its slope is "
            "not known",
        )
    else:
        if function is None:
            # a name of another package, or none at all
            type_of(replace(node, arguments=()), schema, sink)
            return False
        notes = (f"functions of parameters: {', '.join((*OF_ONE, *OF_TWO))}, ifelse",)
    sink.add(
        "invalid-argument",
        node.span,
        f"{text} cannot be calculated with parameters in it",
        *notes,
    )
    return False


def _response(
    response: Expr, nodes: Sequence[Expr], names: Sequence[str], sink: Sink
) -> None:
    own, text = own_columns(response)
    for node in nodes:
        if isinstance(node, Name) and node.text in own - {*names}:
            sink.add(
                "response-as-predictor",
                node.span,
                f"`{node.text}` is the response `{text}`, or a part of it, and stands "
                "in its own formula",
                "the response cannot be a predictor of itself; `lag()` of it can",
            )
            return
