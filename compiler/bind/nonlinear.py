"""Formulas that are not linear: ``y ~ a * exp(-k * t), nl=true``.

The right side is calculated, not expanded: ``*`` multiplies, there is no intercept
that nobody wrote, and names are columns or parameters that have formulas of their own.
Their predictors are bound as those of distributional parameters are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.nonlinear import is_nonlinear, names_left
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Formula,
    ListExpr,
    ModelStatement,
    Name,
    Number,
    Paren,
    PartStatement,
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
from ..expressions.functions import FUNCTIONS, bind_arguments, is_stateful
from ..expressions.types import made, type_of
from ..families import FAMILIES
from ..families.family import Family
from ..families.link import LINKS
from ..formula.coding import code
from ..formula.leaks import own_columns
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .bound import Body, BoundPredictor, Population
from .groupings import bind_groupings, check_dropped
from .offsets import bind_offsets
from .options import read_options

#: Functions that may be called with parameters in them, of one number each ...
OF_ONE = (
    *("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "abs", "sin", "cos"),
    *("tanh", "logit", "inv_logit", "Phi", "I"),
)
#: ... and of two.
OF_TWO = ("min", "max")
#: What an expression is made of may be so deep; sums count their terms.
DEEPEST = 200
#: Names that targets of priors and results have already.
_TAKEN = ("Intercept", "threshold", "sd", "cor", "r", "mu", "eta")


@dataclass(frozen=True, slots=True)
class Inner:
    """The formula of a parameter that is in the right side of another."""

    name: Name
    formula: Formula


@dataclass(frozen=True, slots=True)
class NonLinear:
    """A formula that is not linear, and those of what it is made of."""

    formula: Formula
    inner: tuple[Inner, ...]
    linear: ModelStatement

    @property
    def misnamed(self) -> bool:
        """Whether a parameter has a name that cannot be one."""
        return any(not can_be_called(one.name.text) for one in self.inner)

    @property
    def names(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset(one.name.text for one in self.inner)


def can_be_called(name: str) -> bool:
    """Whether a parameter of a formula that is not linear can have a name."""
    return name not in _TAKEN and "." not in name and name_text(name) == name


def nonlinear(
    model: ModelStatement, family: Family | None, schema: Schema, sink: Sink
) -> NonLinear | None:
    """Return the formulas of a model that is not linear; None of one that is.

    ``linear`` is the model with the indented formulas that are left: those of the
    family's parameters. An indented formula is one of the family's if that has such a
    parameter; else it is one of the right side's if its name stands there, or is no
    column.
    """
    inside = {name.text for name in column_names(model.formula.terms)}
    families = [family] if family is not None else list(FAMILIES.values())
    dpars = {dpar.name for one in families for dpar in one.dpars}
    columns = {*schema.columns, *schema.unread}
    if not is_nonlinear(model.formula) and not _meant(
        model, inside - {*dpars, *columns, *schema.faulty}, sink
    ):
        return None
    found: dict[str, Inner] = {}
    left: list[PartStatement] = []
    for part in model.body:
        if not isinstance(part, PartStatement):
            continue
        names = names_left(part.formula.response)
        known = [n for n in names if n.text in inside - dpars]
        unknown = [n for n in names if n.text not in {*inside, *dpars, *columns}]
        if not known and not (unknown and inside):
            left.append(part)
            continue
        for name in names:
            if name.text in found:
                message = f"`{name.text}` has two formulas"
                sink.add("duplicate-part", name.span, message)
            elif _is_inner(name, model, inside, dpars, schema, sink):
                found[name.text] = Inner(name, part.formula)
    kept = tuple(s for s in model.body if not isinstance(s, PartStatement) or s in left)
    return NonLinear(model.formula, tuple(found.values()), replace(model, body=kept))


def _meant(model: ModelStatement, unknown: Collection[str], sink: Sink) -> bool:
    """Report that ``nl=true`` is not said; whether it is meant.

    It is where names that are no columns stand in a formula, and have formulas.
    """
    parts = [part for part in model.body if isinstance(part, PartStatement)]
    left = [name for part in parts for name in names_left(part.formula.response)]
    found = [name for name in left if name.text in unknown]
    if not found:
        return False
    written = [one for one in model.formula.options if one.name.text == "nl"]
    values = [unwrap(option.value) for option in written]
    if any(not isinstance(v, Name) or v.text != "false" for v in values):
        return True  # what it says has been reported
    several = len(found) > 1
    names = " and ".join(f"`{name}`" for name in dict.fromkeys(n.text for n in found))
    end = model.formula.span.end
    edit = Edit(Span(end, end), ", nl=true")
    if written:
        edit = Edit(written[0].value.span, "true")
    sink.add(
        "unknown-parameter",
        found[0].span,
        f"{names} {'are' if several else 'is'} in the formula and "
        f"{'have formulas' if several else 'has a formula'} of "
        f"{'their' if several else 'its'} own, which is for formulas that are not "
        "linear",
        "such a formula says so: it is calculated, and `*` multiplies",
        fix=Fix("write `nl=true`", (edit,)),
    )
    return True


def _is_inner(
    name: Name,
    model: ModelStatement,
    inside: Collection[str],
    dpars: Collection[str],
    schema: Schema,
    sink: Sink,
) -> bool:
    """Whether a name can be a parameter of the right side; else it is reported."""
    text = name.text
    if text in inside and not can_be_called(text):
        sink.add(
            "invalid-argument",
            name.span,
            f"a parameter of a formula that is not linear cannot be called `{text}`",
            "it is a name of something else among the results"
            if text in _TAKEN
            else "it is a name without blanks, dots or other signs: a dot parts a "
            "parameter from what is of it, as in `a.Intercept`",
        )
        return True
    if text in inside and text not in dpars:
        if text in schema.columns or text in schema.unread:
            sink.add(
                "parameter-not-column",
                name.span,
                f"`{text}` is the parameter of the formula here, not the column",
            )
        return True
    known = [name for name in inside if name not in schema.columns]
    notes, fix = did_you_mean(text, known, name.span, "its parameters may be")
    sink.add(
        "unknown-parameter",
        name.span,
        f"`{text}` is not in the formula `{_shown(model.formula)}`",
        *notes,
        fix=fix,
    )
    return False


def _shown(formula: Formula) -> str:
    left, right = expression_text(formula.response), expression_text(formula.terms)
    return f"{left} ~ {right}"


# ---- the right side ------------------------------------------------------------------


def bind_body(
    found: NonLinear, family: Family | None, schema: Schema, sink: Sink
) -> Body | None:
    """Return the right side with every name resolved; None after a fault."""
    expression, names = found.formula.terms, found.names
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
    unknown = _unknown(nodes, names, dpars, schema, sink)
    if len(sink.diagnostics) > before:
        return None
    if not holds[id(expression)]:
        if not unknown:
            _no_parameters(found, sink)
        return None
    stack: list[Expr] = [expression]
    while stack:
        node = stack.pop()
        if not holds[id(node)]:
            unknown |= not _is_number(node, schema, sink)
        elif _calculated(node, holds, schema, sink):
            stack.extend(reversed(children(node)))
    _response(found.formula, nodes, names, schema, sink)
    if len(sink.diagnostics) > before or unknown:
        return None
    used = [n.text for n in nodes if isinstance(n, Name) and n.text in names]
    order = [one.name.text for one in found.inner if one.name.text in used]
    return Body(expression, tuple(order))


def _no_parameters(found: NonLinear, sink: Sink) -> None:
    option = next(o for o in found.formula.options if o.name.text == "nl")
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
    names: frozenset[str],
    dpars: Collection[str],
    schema: Schema,
    sink: Sink,
) -> bool:
    """Report names that are nothing; whether there may be some for want of data."""
    computed = made(schema)
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
        if text in dpars:
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
    formula: Formula,
    nodes: Sequence[Expr],
    names: frozenset[str],
    schema: Schema,
    sink: Sink,
) -> None:
    own, text = own_columns(formula.response)
    for node in nodes:
        if isinstance(node, Name) and node.text in own - names:
            sink.add(
                "response-as-predictor",
                node.span,
                f"`{node.text}` is the response `{text}`, or a part of it, and stands "
                "in its own formula",
                "the response cannot be a predictor of itself; `lag()` of it can",
            )
            return


# ---- the parameters ------------------------------------------------------------------


def bind_inner(
    found: NonLinear, family: Family | None, prepared: Prepared, sink: Sink
) -> tuple[BoundPredictor, ...]:
    """Return the predictors of what a formula is made of, in the order written."""
    schema, response = prepared.schema, found.formula.response
    parts = []
    told: set[int] = set()
    for one in found.inner:
        formula, dpar = one.formula, one.name.text
        # what is said of a formula for several parameters is said once
        own = Sink(sink.source) if id(formula) in told else sink
        told.add(id(formula))
        for name, option in read_options(formula.options, own).items():
            own.add(
                "not-yet",
                option.span,
                f"the option `{name}` of a formula for `{dpar}` is not compiled by "
                "this version",
                f"`{dpar}` is on the scale on which the formula calculates with it: "
                f"`exp({dpar})` makes it positive",
            )
        expansion = expand(formula.terms, response, schema.names, own)
        check_dropped(expansion, schema, own)
        empty = not (expansion.terms or expansion.groups or expansion.offsets)
        empty = empty and not expansion.intercept
        if empty:
            own.add(
                "nothing-to-estimate",
                formula.terms.span,
                f"`{dpar} ~ {expression_text(formula.terms)}` has no term, so `{dpar}` "
                "is 0 in every row",
                f"`{dpar} ~ 1` estimates one number",
            )
        coding = code(expansion.terms, expansion.intercept, schema, own)
        population = Population(
            dpar=dpar,
            intercept=expansion.intercept or empty,
            centered=expansion.intercept or empty,
            columns=coding.columns,
            offsets=bind_offsets(expansion, schema, own),
            specials=coding.specials,
        )
        groupings = bind_groupings(
            expansion.groups,
            response,
            prepared,
            family,
            own,
            dpar,
            coding.specials,
        )
        parts.append(
            BoundPredictor(
                dpar,
                LINKS["identity"],
                population,
                groupings,
                formula.terms,
                main=False,
                inner=True,
            )
        )
    return tuple(parts)
