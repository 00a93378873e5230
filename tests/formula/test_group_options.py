"""What a grouping factor says beside its columns, and what it cannot say."""

from __future__ import annotations

import pytest

from varying.compiler.formula.group_options import (
    GroupOptions,
    group_options,
    parts_of_group,
)
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.printer import expression_text
from varying.grammar.source import Source
from varying.grammar.tree import Chain, Expr, Paren


def group(text: str) -> tuple[Expr, Sink]:
    source = Source(f"y ~ (1 | {text})")
    sink = Sink(source)
    terms = parse(source, sink).models[0].formula.terms
    assert isinstance(terms, Paren) and isinstance(terms.inner, Chain)
    return terms.inner.operands[-1], sink


def read(text: str) -> tuple[GroupOptions | None, list[Diagnostic]]:
    expression, sink = group(text)
    return group_options(expression, sink), sink.diagnostics


def test_without_options() -> None:
    assert read("a:b") == (GroupOptions(), [])
    assert read("gr(g)") == (GroupOptions(), [])


def test_options_of_gr() -> None:
    found, faults = read("gr(g, by = f, cor = FALSE)")
    assert faults == [] and found is not None and found.by is not None
    assert (found.by.text, found.correlated, found.members) == ("f", False, None)


def test_options_of_mm() -> None:
    found, faults = read("mm(a, b, weights = cbind(u, log(v)), scale = FALSE)")
    assert faults == [] and found is not None and found.members is not None
    assert [one.text for one in found.members.columns] == ["a", "b"]
    assert [*map(expression_text, found.members.weights)] == ["u", "log(v)"]
    assert not found.members.scaled


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("gr(g, by = log(x))", "invalid-group", "log(x)"),
        ("gr(g, bye = a)", "unknown-argument", "bye"),
        ("gr(g, cor = a)", "invalid-argument", "a"),
        ("gr(g, weights = w)", "unknown-argument", "weights"),
        ("gr(g, cor = TRUE, cor = FALSE)", "invalid-argument", "cor = FALSE"),
        ("mm(g)", "invalid-group", "mm(g)"),
        ("mm()", "invalid-group", "mm()"),
        ("mm(g, h, weights = cbind(u))", "invalid-argument", "cbind(u)"),
    ],
)
def test_refused(text: str, rule: str, place: str) -> None:
    found, (fault,) = read(text)
    assert found is None
    assert (fault.rule, fault.source.slice(fault.span)) == (rule, place)


def test_summands() -> None:
    expression, _ = group("gr(a, cor = FALSE) + (b + c:d)")
    parts = [*map(expression_text, parts_of_group(expression))]
    assert parts == ["gr(a, cor = FALSE)", "b", "c:d"]
