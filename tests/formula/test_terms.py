"""What the algebra refuses, and how large it may become."""

from __future__ import annotations

import time

import pytest

from varying.compiler.formula.expansion import Expansion
from varying.compiler.formula.groups import expand_group
from varying.compiler.formula.terms import expand, expand_bar
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.tree import Chain, Expr, Name, Number, Paren, Power

COLUMNS = ("y", "a", "b", "c", "x", "g", "s", "n")
NOWHERE = Span(0, 0)


def expanded(text: str) -> tuple[Expansion, list[Diagnostic]]:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert not sink.failed, [d.message for d in sink.diagnostics]
    formula = spec.models[0].formula
    found = expand(formula.terms, formula.response, COLUMNS, sink)
    for bar in found.groups:
        expand_bar(bar, formula.response, COLUMNS, sink)
        expand_group(bar.group, sink)
    return found, sink.diagnostics


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("y ~ a + 2", "invalid-term", "2"),
        ("y ~ a + 'b'", "invalid-term", "'b'"),
        ("y ~ a + [b]", "invalid-term", "[b]"),
        ("y ~ a:1", "vanishing-term", "a:1"),
        ("y ~ a %in% 1", "vanishing-term", "a %in% 1"),
        ("y ~ a - offset(x)", "invalid-term", "offset(x)"),
        ("y ~ a*offset(x)", "vanishing-term", "offset(x)"),
        ("y ~ offset()", "invalid-argument", "offset()"),
        ("y ~ a^1", "invalid-power", "1"),
        ("y ~ (a + b)^0", "invalid-power", "0"),
        ("y ~ a^2.5", "invalid-power", "2.5"),
        ("y ~ a^b", "invalid-power", "b"),
        ("y ~ a^-2", "invalid-power", "-2"),
        ("y ~ y + a", "response-as-predictor", "y"),
        ("y ~ log(y)", "response-as-predictor", "log(y)"),
        ("log(y) ~ y", "response-as-predictor", "y"),
        ("y | trials(n) ~ y", "response-as-predictor", "y"),
        ("y ~ a + (y | g)", "response-as-predictor", "y"),
        ("y ~ a + (1 | y)", "response-as-predictor", "y"),
        ("y ~ a*(1 | g)", "group-in-interaction", "(1 | g)"),
        ("y ~ a:(1 | g)", "group-in-interaction", "(1 | g)"),
        ("y ~ (1 | g)/a", "group-in-interaction", "(1 | g)"),
        ("y ~ a %in% (1 | g)", "group-in-interaction", "(1 | g)"),
        ("y ~ a - (1 | g)", "group-in-interaction", "(1 | g)"),
        ("y ~ -(1 | g)", "group-in-interaction", "(1 | g)"),
        ("y ~ (a + (1 | g))^2", "group-in-interaction", "(1 | g)"),
        ("y ~ (1 + (1 | s) | g)", "group-in-interaction", "(1 | s)"),
        ("y ~ ((1 | s) | g)", "group-in-interaction", "(1 | s)"),
        ("y ~ (1 | g | s)", "two-bars", "(1 | g | s)"),
        ("y ~ (1 | a | b | c)", "two-bars", "(1 | a | b | c)"),
        ("y ~ (0 | g)", "empty-group-term", "0"),
        ("y ~ (a - a - 1 | g)", "empty-group-term", "a - a - 1"),
        ("y ~ (offset(x) | g)", "invalid-term", "x"),
        ("y ~ (1 | 1)", "invalid-group", "1"),
        ("y ~ (1 | log(g))", "invalid-group", "log(g)"),
        ("y ~ (1 | g - s)", "invalid-group", "g - s"),
        ("y ~ (1 | g/(s + c))", "invalid-group", "s + c"),
        ("y ~ (1 | gr(g, by = a)/s)", "invalid-group", "by = a"),
        ("y ~ (1 | .)", "invalid-group", "."),
    ],
)
def test_refused(text: str, rule: str, place: str) -> None:
    _, diagnostics = expanded(text)
    fault = diagnostics[0]
    assert (fault.rule, fault.source.slice(fault.span)) == (rule, place)
    assert len(diagnostics) == 1


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("y ~ lag(y) + a", ["lag(y)", "a"]),
        ("y | trials(n) ~ n + a", ["n", "a"]),
        ("y | trials(n) ~ .", ["a", "b", "c", "x", "g", "s"]),
        ("y ~ (((a + (((1 | g))))))", ["a"]),
        ("y ~ a*b*c - (a + b)^2 + 1", ["c", "a:c", "b:c", "a:b:c"]),
        ("y ~ (a + b + c)^2 - a:b", ["a", "b", "c", "a:c", "b:c"]),
        ("y ~ (a*b)^3", ["a", "b", "a:b"]),
        ("y ~ `a` + a", ["a"]),
        ("y ~ a + x:b:a + b", ["a", "b", "a:x:b"]),
    ],
)
def test_accepted(text: str, labels: list[str]) -> None:
    found, diagnostics = expanded(text)
    assert diagnostics == []
    assert [term.label for term in found.terms] == labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g", [("g",)]),
        ("(g)", [("g",)]),
        ("a:b", [("a", "b")]),
        ("a/b", [("a",), ("a", "b")]),
        ("a/b/c", [("a",), ("a", "b"), ("a", "b", "c")]),
        ("a + b", [("a",), ("b",)]),
        ("a*b", [("a",), ("b",), ("a", "b")]),
        ("a:b + c/s", [("a", "b"), ("c",), ("c", "s")]),
        ("(a + b) + c", [("a",), ("b",), ("c",)]),
        ("g + g", [("g",)]),
        ("a:b + b:a", [("a", "b")]),
        ("a:b/c", [("a", "b"), ("a", "b", "c")]),
    ],
)
def test_groups(text: str, expected: list[tuple[str, ...]]) -> None:
    found, diagnostics = expanded(f"y ~ (1 | {text})")
    assert diagnostics == []
    source = Source(f"y ~ (1 | {text})")
    assert list(expand_group(found.groups[0].group, Sink(source))) == expected


# ---- size --------------------------------------------------------------------------


def chain(operator: str, count: int, distinct: int) -> Chain:
    operands = tuple(Name(f"x{i % distinct}", span=NOWHERE) for i in range(count))
    return Chain((operator,) * (count - 1), operands, span=NOWHERE)


def timed(expression: Expr) -> tuple[int, list[str]]:
    sink = Sink(Source(""))
    start = time.perf_counter()
    found = expand(expression, None, (), sink)
    assert time.perf_counter() - start < 10
    return len(found.terms), [d.rule for d in sink.diagnostics]


def test_long_chains() -> None:
    assert timed(chain("+", 9_999, 9_999)) == (9_999, [])
    assert timed(chain("+", 20_000, 10)) == (10, [])
    assert timed(chain("+", 20_000, 20_000)) == (0, ["too-many-coefficients"])
    assert timed(chain(":", 20_000, 20_000)) == (1, [])
    assert timed(chain("-", 20_000, 10)) == (0, [])


def test_products_stop() -> None:
    assert timed(chain("*", 13, 13)) == (8_191, [])
    assert timed(chain("*", 14, 14)) == (0, ["too-many-coefficients"])
    assert timed(chain("*", 2_000, 2_000)) == (0, ["too-many-coefficients"])


def power(count: int, exponent: str) -> Power:
    base = Paren(chain("+", count, count), span=NOWHERE)
    return Power(base, Number(exponent, span=NOWHERE), span=NOWHERE)


def test_powers_stop() -> None:
    assert timed(power(140, "2")) == (9_870, [])
    assert timed(power(150, "2")) == (0, ["too-many-coefficients"])
    assert timed(power(60, "3")) == (0, ["too-many-coefficients"])
    assert timed(power(10, "1000000000")) == (1_023, [])
    # All duplicates: the pairs are what costs.
    base = Paren(chain("*", 13, 13), span=NOWHERE)
    exponent = Number("2", span=NOWHERE)
    assert timed(Power(base, exponent, span=NOWHERE))[1] == ["too-many-coefficients"]


def test_depth_does_not_recurse() -> None:
    deep: Expr = Name("x", span=NOWHERE)
    for _ in range(5_000):
        deep = Paren(
            Chain(("+",), (deep, Name("y", span=NOWHERE)), span=NOWHERE), span=NOWHERE
        )
    assert timed(deep) == (2, [])
