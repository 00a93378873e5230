"""What a formula's right side comes to: terms, group terms, offsets."""

from __future__ import annotations

from dataclasses import dataclass, field

from varying.grammar.source import Span
from varying.grammar.tree import Expr


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a term: a column or a call, with its canonical spelling."""

    label: str
    expression: Expr


@dataclass(frozen=True, slots=True)
class Term:
    """Variables joined by ``:``, in the order in which the formula has them."""

    variables: tuple[Variable, ...]

    @property
    def label(self) -> str:
        """``block:cs``."""
        return ":".join(variable.label for variable in self.variables)

    @property
    def span(self) -> Span:
        """Where its first variable stands first."""
        return self.variables[0].expression.span


@dataclass(frozen=True, slots=True)
class GroupBar:
    """A group term as written: ``(lhs | group)``; ``bar`` is ``|`` or ``||``."""

    lhs: Expr
    bar: str
    id: str | None
    group: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a right side comes to.

    ``terms`` are in R's order: by degree, then as written. ``offsets`` are the
    arguments of ``offset()``. ``dropped`` are the variables of no term: those
    that a minus took out.
    """

    terms: tuple[Term, ...]
    intercept: bool
    groups: tuple[GroupBar, ...] = ()
    offsets: tuple[Expr, ...] = ()
    dropped: tuple[Variable, ...] = ()
