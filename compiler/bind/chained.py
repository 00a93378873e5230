"""What responses of a model tell of each other, through formulas and through `let`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import (
    Formula,
    LetStatement,
    ModelStatement,
    PartStatement,
    Spec,
)
from varying.grammar.walk import column_names, left_of_bar

#: Each response by its name, as if the model had no other.
Statements = Mapping[str, ModelStatement]


def responses_read(spec: Spec, each: Statements) -> dict[str, tuple[str, ...]]:
    """Return which other responses the formulas of each read.

    ``let z = log(y)`` makes `z` of `y`, so that a formula with `z` reads `y`.
    """
    lets = _lets(spec)
    found = {}
    for name, statement in each.items():
        parts = [s.formula for s in statement.body if isinstance(s, PartStatement)]
        formulas = (statement.formula, *parts)
        read = _behind((n for f in formulas for n in _predictors(f)), lets)
        found[name] = tuple(
            other for other in each if other != name and _column(other, lets) in read
        )
    return found


def check_doubled(spec: Spec, each: Statements, sink: Sink) -> None:
    """Warn of a response that follows from the others: its data are counted twice."""
    lets = _lets(spec)
    columns = {name: _column(name, lets) for name in each}
    for name, statement in each.items():
        if name not in lets:
            continue
        others = {column for other, column in columns.items() if other != name}
        roots = {one for one in _behind([name], lets) if one not in lets}
        if not roots or not roots <= others:
            continue
        listed = " and ".join(
            f"`{other}`" for other in each if other != name and columns[other] in roots
        )
        sink.add(
            "doubled-response",
            left_of_bar(statement.formula.response).span,
            f"the response `{name}` is calculated from {listed}, and is known with it",
            "the same data are counted twice: keep one of them",
        )
        return


def _predictors(formula: Formula) -> list[str]:
    """Return the columns that a formula reads beside its response."""
    left = {id(name) for name in column_names(left_of_bar(formula.response))}
    beside = [n for n in column_names(formula.response) if id(n) not in left]
    return [name.text for name in (*beside, *column_names(formula.terms))]


def _lets(spec: Spec) -> dict[str, frozenset[str]]:
    """Return the columns that those of ``let`` are made of."""
    return {
        s.name.text: frozenset(name.text for name in column_names(s.expression))
        for s in spec.statements
        if isinstance(s, LetStatement)
    }


def _behind(names: Iterable[str], lets: Mapping[str, frozenset[str]]) -> set[str]:
    """Return columns, and all that they are made of."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += lets.get(name, ())
    return found


def _column(name: str, lets: Mapping[str, frozenset[str]]) -> str:
    """Return the one column that a response is made of; itself where it is none."""
    roots = [one for one in _behind([name], lets) if one not in lets]
    return roots[0] if len(roots) == 1 else name


def told_twice(
    read: Mapping[str, Sequence[str]], terms: Mapping[str, frozenset[str]]
) -> tuple[str, str] | None:
    """Return a response and a predictor of it that has no predictor of its own.

    With residuals correlated, the slope of `y` in the formula of `z` and the
    correlation are told apart by what `y` depends on and `z` does not: an
    instrumental variable (Wooldridge 2010, chapter 5). None where there is one.

    Parameters
    ----------
    read
        The responses that each reads.
    terms
        What the formula of each has: coefficients, and grouping factors.
    """
    for name, others in read.items():
        for other in others:
            if terms[other] <= terms[name]:
                return name, other
    return None
