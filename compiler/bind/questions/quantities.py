"""Binding ``quantity`` and ``test``: from expressions to formulas over parameters.

An expression has numbers, parameters, quantities that are defined further up,
``+ - * / ^``, parentheses and the functions of ``FUNCTIONS``. A statement at the margin
holds for each model that has what it names, so a name that a model does not have is
reported as ``unknown-target``, of which the driver decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean, nearest
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    CellStatement,
    Chain,
    Expr,
    Index,
    Name,
    Number,
    Paren,
    Power,
    QuantityStatement,
    Ref,
    Spec,
    Target,
    TestStatement,
    Unary,
)
from varying.grammar.walk import COMPARISONS, unwrap

from ...expressions.functions import FUNCTIONS
from ..question import (
    Arithmetic,
    NumberLiteral,
    PosteriorFormula,
    Quantity,
    Reference,
    Test,
    Use,
)
from .cells import cells_name
from .references import refer, refer_to_line
from .scope import Scope
from .shares import SHARES, bind_share

#: Functions of numbers that an expression over parameters may call.
CALLED = ("sqrt", "exp", "log", "abs", "min", "max")
#: Those of several numbers.
OF_SEVERAL = ("min", "max")
_ARITHMETIC = frozenset("+-*/")
_RISING, _FALLING = frozenset({"<", "<="}), frozenset({">", ">="})


@dataclass(slots=True)
class _Reader:
    """Reads expressions one after the other; quantities become known to later ones.

    ``absent`` are quantities that this model does not have: what rests on them it
    does not have either.
    """

    scope: Scope
    sink: Sink
    defined: dict[str, Quantity] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    later: frozenset[str] = frozenset()
    used: dict[Reference, None] = field(default_factory=dict)

    def formula(self, node: Expr) -> PosteriorFormula | None:
        """Return what an expression comes to; None after a fault."""
        match node:
            case Number():
                return NumberLiteral(node.value)
            case Paren(inner=inner):
                return self.formula(inner)
            case Name():
                return self._name(node)
            case Index(target=name, refs=refs) if name.text in self.scope.lines:
                return self._line(name, refs)
            case Index(target=name) if name.text in self.absent:
                return None
            case Index(target=name, refs=refs):
                return self._refer(Target(name, refs, span=node.span))
            case Unary(operator="+", operand=operand):
                return self.formula(operand)
            case Unary(operator="-", operand=operand):
                return self._operation(("neg",), (operand,))
            case Power(base=base, exponent=exponent):
                return self._operation(("^",), (base, exponent))
            case Chain(operators=operators, operands=operands) if (
                set(operators) <= _ARITHMETIC
            ):
                return self._operation(operators, operands)
            case Call():
                return self._call(node)
        self._invalid(node)
        return None

    def _operation(
        self, operators: Sequence[str], operands: Sequence[Expr]
    ) -> Arithmetic | None:
        found = [self.formula(operand) for operand in operands]
        known = tuple(one for one in found if one is not None)
        if len(known) < len(found):
            return None
        return Arithmetic(tuple(operators), known)

    def _name(self, node: Name) -> PosteriorFormula | None:
        found = self.defined.get(node.text)
        if found is not None:
            self.used |= dict.fromkeys(found.references)
            return Use(node.text)
        if node.text in self.scope.lines:
            return self._line(node, None)
        if node.text == "pi" and "pi" not in self.scope.targets.kinds():
            return NumberLiteral(math.pi)
        if node.text in self.absent:
            return None
        if node.text in self.later:
            self.sink.add(
                "unknown-target",
                node.span,
                f"`{node.text}` is not defined yet",
                "a quantity can be used below the line that defines it",
            )
            return None
        kinds = self.scope.targets.kinds()
        close = nearest(node.text, [*self.defined, *kinds], 1)
        if node.text not in kinds and close and close[0] in self.defined:
            notes, fix = did_you_mean(node.text, close, node.span, spell=name_text)
            message = f"there is no parameter or quantity `{node.text}`"
            self.sink.add("unknown-target", node.span, message, *notes, fix=fix)
            return None
        return self._refer(Target(node, span=node.span))

    def _refer(self, target: Target) -> Reference | None:
        found = refer(target, self.scope, self.sink)
        if found is not None:
            self.used[found] = None
        return found

    def _line(self, name: Name, refs: Sequence[Ref] | None) -> Reference | None:
        found = refer_to_line(name, refs, self.scope, self.sink)
        if found is not None:
            self.used[found] = None
        return found

    def _call(self, node: Call) -> PosteriorFormula | None:
        name = node.function.text
        if name in SHARES:
            share = bind_share(node, self.scope, self.sink)
            if share is not None:
                self.used[share] = None
            return share
        if name not in CALLED:
            if name in FUNCTIONS:
                message = f"`{name}()` is a function of columns, not of parameters"
                note = f"a quantity may call {', '.join(CALLED)}"
                self.sink.add("unknown-function", node.function.span, message, note)
                return None
            span = node.function.span
            notes, fix = did_you_mean(name, CALLED, span, "it may call")
            message = f"a quantity cannot call `{name}()`"
            self.sink.add("unknown-function", span, message, *notes, fix=fix)
            return None
        plain = [a.value for a in node.arguments if a.keyword is None]
        several = name in OF_SEVERAL
        fits = len(plain) > 1 if several else len(plain) == 1
        if not fits or len(plain) != len(node.arguments):
            message = (
                f"`{name}()` takes {'several numbers' if several else 'one number'}"
            )
            self.sink.add("invalid-argument", node.span, message)
            return None
        operators = (name,) * (len(plain) - 1) if several else (name,)
        return self._operation(operators, plain)

    def _invalid(self, node: Expr) -> None:
        text = expression_text(node)
        note = f"it is made of numbers, parameters, + - * / ^ and {', '.join(CALLED)}"
        if isinstance(node, Chain):
            operator = next(op for op in node.operators if op not in _ARITHMETIC)
            if operator in COMPARISONS:
                note = "a comparison is a `test`: `test NAME = b[x] > 0`"
            elif operator == ":":
                note = f"for the effect of an interaction write `b[{text}]`"
        self.sink.add(
            "invalid-quantity", node.span, f"`{text}` is no number of the model", note
        )


def bind_quantities(
    spec: Spec, scope: Scope, sink: Sink
) -> tuple[tuple[Quantity, ...], tuple[Test, ...]]:
    """Return the quantities and tests that a model has.

    Parameters
    ----------
    spec
        The whole spec: the statements are at its margin.
    scope
        What the model has.
    sink
        Takes the faults, of names that the model does not have too.
    """
    asked = [
        s for s in spec.statements if isinstance(s, QuantityStatement | TestStatement)
    ]
    reader = _Reader(scope, sink)
    # a question that has a fault, or that is not of this model
    reader.absent |= {
        cells_name(s) for s in spec.statements if isinstance(s, CellStatement)
    } - {*scope.lines}
    tests: list[Test] = []
    for place, statement in enumerate(asked):
        reader.used = {}
        reader.later = frozenset(
            s.name.text for s in asked[place:] if isinstance(s, QuantityStatement)
        )
        name = statement.name.text
        if isinstance(statement, TestStatement):
            test = _test(statement, reader, sink)
            if test is not None:
                tests.append(test)
            continue
        if name in scope.targets.kinds():
            sink.add(
                "duplicate-name",
                statement.name.span,
                f"`{name}` is a parameter of the model, and cannot name a quantity",
            )
        formula = reader.formula(statement.expression)
        if name in reader.defined:
            continue  # said by `check_names`
        if formula is None:
            reader.absent.add(name)
            continue
        if not reader.used:
            sink.add(
                "invalid-quantity",
                statement.expression.span,
                f"`{expression_text(statement.expression)}` has no parameter in it",
            )
        text = expression_text(statement.expression)
        reader.defined[name] = Quantity(
            name, text, formula, tuple(reader.used), span=statement.span
        )
    return tuple(reader.defined.values()), tuple(tests)


# ---- tests ---------------------------------------------------------------------------


def _test(statement: TestStatement, reader: _Reader, sink: Sink) -> Test | None:
    node = unwrap(statement.expression)
    if not isinstance(node, Chain) or not set(node.operators) <= set(COMPARISONS):
        _no_test(node, sink)
        return None
    if {"==", "!="} & set(node.operators):
        _point_null(node, sink)
        return None
    if not (set(node.operators) <= _RISING or set(node.operators) <= _FALLING):
        sink.add(
            "invalid-test",
            node.span,
            f"`{expression_text(node)}` compares in both directions",
            "a chain goes one way: `-0.1 < b[x] < 0.1`",
        )
        return None
    operands: list[PosteriorFormula | None] = []
    free: list[int] = []
    for place, operand in enumerate(node.operands):
        before, reader.used = reader.used, {}
        operands.append(reader.formula(operand))
        if reader.used:
            free.append(place)
        reader.used = {**before, **reader.used}
    found = tuple(operand for operand in operands if operand is not None)
    if len(found) < len(operands):
        return None
    if not free:
        sink.add(
            "invalid-test",
            node.span,
            f"`{expression_text(node)}` has no parameter in it",
        )
        return None
    value, of = _summarised(node, found, free)
    return Test(
        statement.name.text,
        expression_text(node),
        found,
        node.operators,
        value,
        of,
        tuple(reader.used),
        span=statement.span,
    )


def _summarised(
    node: Chain, operands: Sequence[PosteriorFormula], free: Sequence[int]
) -> tuple[PosteriorFormula | None, str]:
    """Return what the figures of a test are about, and how it is written."""
    if len(free) == 1:
        return operands[free[0]], expression_text(unwrap(node.operands[free[0]]))
    if len(operands) > 2:
        return None, ""
    order = (1, 0) if node.operators[0] in _RISING else (0, 1)
    more, less = (unwrap(node.operands[place]) for place in order)
    text = expression_text(less)
    if isinstance(less, Chain | Unary):
        text = f"({text})"
    value = Arithmetic(("-",), (operands[order[0]], operands[order[1]]))
    return value, f"{expression_text(more)} - {text}"


def _no_test(node: Expr, sink: Sink) -> None:
    text = expression_text(node)
    note = "write `b[x] > 0` or `-0.1 < b[x] < 0.1`"
    if isinstance(node, Chain) and set(node.operators) & {"&", "&&"}:
        note = (
            "an interval is written `-0.1 < b[x] < 0.1`, that both hold at once "
            " `min(b[x], b[z]) > 0`; else write two tests"
        )
    sink.add("invalid-test", node.span, f"`{text}` is no comparison", note)


def _point_null(node: Chain, sink: Sink) -> None:
    left = expression_text(node.operands[0])
    right = expression_text(node.operands[-1])
    interval = f"-0.1 < {left} < 0.1"
    if right != "0":
        interval = f"-0.1 < {left} - {right} < 0.1"
    sink.add(
        "point-null",
        node.span,
        f"`{expression_text(node)}` is about one point, whose probability is 0",
        "write the interval of values that are practically the same, such as "
        f"`{interval}`",
    )


# ---- names ---------------------------------------------------------------------------


def check_names(names: Sequence[tuple[str, Span]], sink: Sink) -> None:
    """Report names that stand twice: results are found by them.

    Parameters
    ----------
    names
        Of quantities, tests and contrasts, in the order of the text.
    """
    seen: dict[str, Span] = {}
    for name, span in names:
        if name not in seen:
            seen[name] = span
            continue
        line = sink.source.position(seen[name].start).line
        written = sink.source.slice(span)
        free = next(
            f"{name}{number}"
            for number in range(2, len(names) + 2)
            if f"{name}{number}" not in {other for other, _ in names}
        )
        fix = None
        if written == name:
            fix = Fix(f"call it `{free}`", (Edit(span, free),))
        message = f"there is a `{name}` on line {line} already"
        sink.add("duplicate-name", span, message, fix=fix)
