"""The algebra of terms: R's, on trees.

A formula's right side is compiled into a short program for a stack of term
lists and run, so that neither a long chain nor a deep bracket recurses. A term
is a set of variables and is held as an integer whose bits say which; the bits
are numbered as the variables first appear, which fixes the order inside a term.

Where R drops something without a word (``a:1``, ``x*(1 | g)``), this reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Name,
    Number,
    Paren,
    Power,
    Unary,
)
from varying.grammar.walk import (
    BARS,
    bars_inside,
    column_names,
    unwrap,
)

from ..expressions.elsewhere import report_structure
from ..expressions.functions import FUNCTIONS
from .expansion import Expansion, GroupBar, Term
from .leaves import Leaves
from .term_lists import TermListStep, TermSet, forget, push, union

MOST_TERMS = 10_000
# Pairs of terms that one formula may multiply out: duplicates cost time too.
MOST_PAIRS = 2_000_000

ALGEBRA = ("+", "-", "*", "/", ":", "%in%")


class _TooMany(Exception):
    """The expansion exceeds its bounds."""


def expand(
    expression: Expr,
    response: Expr | None,
    all_columns: tuple[str, ...],
    sink: Sink,
) -> Expansion:
    """Return the terms, group terms and offsets of a formula's right side.

    Parameters
    ----------
    expression
        The right side.
    response
        The left side, with its ``| trials(n)``; None inside a group term.
    all_columns
        Columns of the data in their order, for ``.``.
    sink
        Takes the faults; what has none is returned all the same.
    """
    return _Expander(response, all_columns, sink).run(expression)


def expand_bar(
    bar: GroupBar,
    response: Expr | None,
    all_columns: tuple[str, ...],
    sink: Sink,
) -> Expansion:
    """Return the terms left of a bar: a formula of its own, with an intercept."""
    expander = _Expander(response, all_columns, sink, inside_group=True)
    expansion = expander.run(bar.lhs)
    for offset in expansion.offsets:
        message = "an offset has no group effects"
        sink.add("invalid-term", offset.span, message, "write it outside the bar")
    if not (expansion.terms or expansion.intercept or expander.faulty):
        message = (
            f"`{expression_text(bar.lhs)}` leaves the group term without an effect"
        )
        sink.add("empty-group-term", bar.lhs.span, message)
    return expansion


class _Expander(Leaves):
    """The expansion of one right side."""

    def run(self, expression: Expr) -> Expansion:
        try:
            stack: list[TermSet] = []
            for step in self.steps(expression):
                step(stack)
            (found,) = stack
        except _TooMany:
            self.sink.add(
                "too-many-coefficients",
                expression.span,
                f"the formula expands to more than {MOST_TERMS:,} terms",
                "`*` and `^` multiply: write the terms that you mean",
            )
            found = {}
        for mask in found:
            if mask & self.offset_bits and mask.bit_count() > 1:
                offset = next(self.of(mask & self.offset_bits))
                term = ":".join(variable.label for variable in self.of(mask))
                self.sink.add(
                    "vanishing-term",
                    offset.expression.span,
                    f"`{term}` is no term: `{offset.label}` has no interactions",
                    "as in R the offset is added and the interaction left out",
                )
        there = self.offset_bits | reduce(or_, found, 0)
        for bit, node, name in self.responses:
            if bit & there:
                self.fault(
                    "response-as-predictor",
                    node,
                    f"`{name}` is the response and cannot be a predictor too",
                )
        kept = [mask for mask in found if not mask & self.offset_bits]
        kept.sort(key=int.bit_count)  # stable: R's order
        terms = tuple(Term(tuple(self.of(mask))) for mask in kept)
        used = self.offset_bits
        for mask in kept:
            used |= mask
        dropped = tuple(self.of((1 << len(self.variables)) - 1 & ~used))
        intercept = self.intercept or self.named_intercept
        return Expansion(
            terms, intercept, tuple(self.groups), tuple(self.offsets), dropped
        )

    # ---- from the tree to steps ----

    def steps(self, expression: Expr) -> Iterator[TermListStep]:
        """Yield the steps in the order in which R evaluates: left to right.

        ``plus`` says what a ``1`` means here (a minus on the way flips it),
        ``free`` whether a group term may stand here.
        """
        pending: list[tuple[Expr, bool, bool] | TermListStep] = [
            (expression, True, True)
        ]
        while pending:
            item = pending.pop()
            if not isinstance(item, tuple):
                yield item
                continue
            node, plus, free = item
            match node:
                case Paren(inner=Chain(operators=operators) as inner) if (
                    operators[0] in BARS
                ):
                    self.bar(inner, node, free)
                    yield push({})
                case Paren(inner=inner):
                    pending.append((inner, plus, free))
                case Chain(operators=operators) if operators[0] in BARS:
                    self.fault(
                        "bare-bar",
                        node,
                        "a group term must stand in parentheses",
                        f"write `({expression_text(node)})`",
                    )
                    yield push({})
                case Chain(operators=operators, operands=operands) if (
                    operators[0] in ALGEBRA
                ):
                    todo: list[tuple[Expr, bool, bool] | TermListStep] = []
                    additive = operators[0] in ("+", "-")
                    todo.append((operands[0], plus, free and additive))
                    for operator, operand in zip(operators, operands[1:], strict=True):
                        minus = operator == "-"
                        todo.append((operand, plus ^ minus, free and operator == "+"))
                        todo.append(self.step(operator, node))
                    pending.extend(reversed(todo))
                case Unary(operator="+" | "-" as sign, operand=operand):
                    minus = sign == "-"
                    if minus:
                        pending.append(forget)
                    pending.append((operand, plus ^ minus, free and not minus))
                case Power(base=base, exponent=exponent):
                    pending.append(self.power(base, exponent))
                    pending.append((base, plus, False))
                case Number():
                    yield push(self.number(node, plus))
                case Name(text=".", quoted=False):
                    yield push(self.dot(node))
                case Name(text="Intercept", quoted=False) if (
                    "Intercept" not in self.all_columns
                ):  # as brms has it: a column of ones, which no `0` takes away
                    self.intercept = self.named_intercept = plus
                    yield push({})
                case Call(function=function) if self.calls_a_column(node):
                    yield push(self.leaf(function))
                    inner = unwrap(node.arguments[0].value)
                    if isinstance(inner, Chain) and inner.operators[0] in BARS:
                        self.bar(inner, node, free)
                case Call() if report_structure(node, self.all_columns, self.sink):
                    self.faulty = True
                    yield push({})
                case _:
                    yield push(self.leaf(node))

    def calls_a_column(self, node: Call) -> bool:
        """Report a column that stands before a parenthesis as if it were a function.

        ``f (1 | g)`` is a call: the blank has no meaning.
        """
        name = node.function
        known = FUNCTIONS.get(name.text)
        if len(node.arguments) != 1 or node.arguments[0].keyword is not None:
            return False
        inner = unwrap(node.arguments[0].value)
        bar = isinstance(inner, Chain) and inner.operators[0] in BARS
        if known is not None and (known.role == "elementwise" or not bar):
            return False
        if name.text not in self.all_columns and not (bar and not self.all_columns):
            return False
        text = self.sink.source.text
        end = text.index("(", name.span.end)
        between = Span(name.span.end, end)
        argument = expression_text(node.arguments[0].value)
        self.faulty = True
        self.sink.add(
            "unknown-function",
            name.span,
            f"`{name.text}` is a column and no function",
            f"`{name.text} ({argument})` reads as a call of `{name.text}`: was a `+` "
            "meant?",
            fix=Fix("put a `+` there", (Edit(between, " + "),)),
        )
        return True

    def step(self, operator: str, node: Chain) -> TermListStep:
        def run(stack: list[TermSet]) -> None:
            right = stack.pop()
            left = stack[-1]
            match operator:
                case "+":
                    left.update(right)
                case "-":
                    for term in right:
                        left.pop(term, None)
                        for offset in self.of(term & self.offset_bits):
                            self.no_offset(offset.expression, "behind a minus")
                case "*":
                    left.update({**right, **self.product(left, right)})
                case "/":
                    if right and not left and not self.faulty:
                        text = expression_text(node)
                        self.sink.add(
                            "vanishing-term",
                            node.span,
                            f"`{text}` leaves no term: left of `/` is no variable",
                            f"`a/b` is `a + a:b`; a quotient is `I({text})`",
                        )
                    left.update(self.product(union(left), right))
                case ":":
                    stack[-1] = self.product(left, right)
                case "%in%":
                    stack[-1] = self.product(left, union(right))
            if operator in (":", "%in%") and not stack[-1] and (left or right):
                self.vanished(node)
            if len(stack[-1]) > MOST_TERMS:
                raise _TooMany

        return run

    def no_offset(self, node: Expr, where: str) -> None:
        text = expression_text(node)
        message = f"`{text}` cannot stand {where}"
        self.fault("invalid-term", node, message, "add offsets with `+`")

    def vanished(self, node: Chain) -> None:
        if not self.faulty:
            self.sink.add(
                "vanishing-term",
                node.span,
                f"`{expression_text(node)}` leaves no term",
                "one side of it holds no variable; R leaves it out without a word",
            )

    def product(self, left: TermSet, right: TermSet) -> TermSet:
        """Return all unions, the left in the outer loop."""
        self.pairs += len(left) * len(right)
        if self.pairs > MOST_PAIRS:
            raise _TooMany
        found: TermSet = {}
        for first in left:
            for second in right:
                found[first | second] = None
            if len(found) > MOST_TERMS:
                raise _TooMany
        return found

    def power(self, base: Expr, exponent: Expr) -> TermListStep:
        times = exponent.value if isinstance(exponent, Number) else 0.0
        if times < 2 or not times.is_integer():
            notes = ["the exponent says how many variables a term may have at most"]
            if isinstance(unwrap(base), Name):
                text = expression_text(base)
                notes.append(f"for a power of the number, write `I({text}^2)`")
            self.fault(
                "invalid-power",
                exponent,
                f"`^` needs a whole number above 1, not `{expression_text(exponent)}`",
                *notes,
            )
            return forget

        def run(stack: list[TermSet]) -> None:
            left = stack[-1]
            found = left
            for _ in range(int(times) - 1):
                longer = self.product(left, found)
                if longer.keys() == found.keys():  # nothing longer is left to find
                    break
                found = longer
            stack[-1] = found

        return run

    # ---- group terms ----

    def two_bars(self, node: Expr, text: str, middle: Expr) -> None:
        """Report what stands between two bars and is no id of shared correlations."""
        between, why = expression_text(middle), "an id is a name"
        if isinstance(middle, Name):
            why = f"`{between}` is a column: choose another id"
        elif isinstance(middle, Number):
            why += f": `|id{between}|`"
        self.fault(
            "two-bars",
            node,
            f"`{text}` has two bars, and `{between}` between them is no id",
            "a group term is `(effects | group)`; terms with one id, "
            f"`(effects |id| group)`, share their correlations, and {why}",
            "for two groups write two terms, or `(1 | a/b)`, `(1 | a:b)`",
        )

    def bar(self, chain: Chain, node: Expr, free: bool) -> None:
        text = expression_text(node)
        if self.inside_group or not free:
            where = "inside another one" if self.inside_group else "in an interaction"
            self.fault(
                "group-in-interaction",
                node,
                f"the group term `{text}` cannot stand {where}",
                "add group terms with `+`",
            )
            return
        operators, operands = chain.operators, chain.operands
        identity: str | None = None
        if len(operators) == 2 and operators == ("|", "|"):
            middle = operands[1]
            if not isinstance(middle, Name) or middle.text in self.all_columns:
                self.two_bars(node, text, middle)
                return
            identity = middle.text
        elif len(operators) > 1:
            message = f"`{text}` has {len(operators)} bars"
            self.fault("two-bars", node, message, "a group term is `(effects | group)`")
            return
        for nested in bars_inside(chain):
            self.fault(
                "group-in-interaction",
                nested,
                f"the group term `{expression_text(nested)}` cannot stand inside "
                "another one",
                "add group terms with `+`",
            )
            return
        own = {name.text for name in column_names(operands[-1])}
        for name in own & self.response_columns:
            message = f"`{name}` is the response and cannot be a grouping factor"
            self.fault("response-as-predictor", operands[-1], message)
            return
        self.groups.append(
            GroupBar(operands[0], operators[0], identity, operands[-1], node.span)
        )
