"""What stands beside a response: marks of its censored rows, and its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Chain, LetStatement, Name, Paren
from varying.grammar.walk import COMPARISONS, children, column_names, postorder, unwrap

if TYPE_CHECKING:
    from varying.grammar.source import Source
    from varying.grammar.tree import Expr, Spec

__all__ = ["Marks", "beside_response", "lets_read"]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What says which rows of a response are censored, and what it is made of.

    Attributes
    ----------
    response
        The column of the response.
    expression
        Between the brackets of ``cens()``.
    lets
        Statements that it reads, in their order.
    """

    response: str
    expression: Expr
    lets: tuple[LetStatement, ...]

    @classmethod
    def of(cls, response: str, expression: Expr, spec: Spec) -> Marks:
        """Return them, with the statements of a spec that they read."""
        return cls(response, expression, tuple(lets_read(expression, spec)))

    @property
    def label(self) -> str:
        """As it is written."""
        return expression_text(self.expression)

    @property
    def whole(self) -> tuple[Expr, ...]:
        """All that they are made of."""
        return (*(one.expression for one in self.lets), self.expression)

    @property
    def read(self) -> set[str]:
        """The columns that they are made of."""
        return {name.text for one in self.whole for name in column_names(one)}

    @property
    def follow(self) -> bool:
        """Whether they are made of the response."""
        return self.response in self.read

    def bounds(self) -> list[Expr] | None:
        """Return what the response is compared with; None if that is not all of it."""
        found: list[Expr] = []
        made = {self.response}
        for one in self.lets:
            if made & {name.text for name in column_names(one.expression)}:
                made.add(one.name.text)
        if any(self._is_response(one) for one in self.whole):
            return None
        for node in (n for one in self.whole for n in postorder(one)):
            inside = children(node)
            if isinstance(node, Paren) or not any(map(self._is_response, inside)):
                continue
            others = [one for one in inside if not self._is_response(one)]
            compares = isinstance(node, Chain) and set(node.operators) <= {*COMPARISONS}
            if not compares or any(
                made & {name.text for name in column_names(one)} for one in others
            ):
                return None
            found += others
        return found

    def _is_response(self, node: Expr) -> bool:
        inner = unwrap(node)
        return isinstance(inner, Name) and inner.text == self.response


def lets_read(expression: Expr, spec: Spec) -> list[LetStatement]:
    """Return the statements that an expression is made of, in their order."""
    wanted = {name.text for name in column_names(expression)}
    found = []
    for one in reversed(spec.statements):
        if isinstance(one, LetStatement) and one.name.text in wanted:
            found.append(one)
            wanted |= {name.text for name in column_names(one.expression)}
    return found[::-1]


def beside_response(
    response: Expr, source: Source
) -> Iterator[tuple[str, Mapping[str, Expr]]]:
    """Yield what ``cens`` and ``trunc`` beside a response are given, by name.

    Parameters
    ----------
    response
        The left side of a formula.
    source
        The spec that it is from.
    """
    from varying.compiler.bind.response_terms import split_response
    from varying.compiler.bind.response_terms.reading import arguments_of

    sink = Sink(source)  # what is wrong with them is said where they are bound
    taken = {"cens": ("censored", "y2"), "trunc": ("lb", "ub")}
    for call in split_response(response, sink)[1]:
        name = call.function.text.removeprefix("resp_")
        if name in taken:
            yield name, arguments_of(call, taken[name], sink) or {}
