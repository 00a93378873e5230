"""No text makes the parser do anything but report."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from varying.grammar import Sink, Source, format_spec, parse
from varying.grammar.render import FORMATS
from varying.grammar.tree import Spec


def diagnosed(text: str) -> tuple[Spec, list[str]]:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    for render in FORMATS.values():
        render(sink.diagnostics)
    json.loads(FORMATS["json"](sink.diagnostics))
    return spec, [d.rule for d in sink.diagnostics]


WORDS = (
    "a b cs x1 . .5 0..9 1e3 2L data column let where model prior keep quantity test "
    "contrast y ~ ~ ~ + - * / : ^ ** %in% %% | || & ! < == != = , , ( ) [ ] ( ) "
    '"s" \'s "t `q` ` “u” × # ; $ factor ordered wide normal b[cs[CS+]] family=g'
).split()
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from([*WORDS, "\n", "\n  ", "\n\t", "\r\n", "  ", "\u0301", "é"]),
        max_size=40,
    ).map(" ".join),
)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_reported(text: str) -> None:
    spec, rules = diagnosed(text)
    if not rules:
        assert spec.models


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_what_is_read_survives_printing(text: str) -> None:
    spec, rules = diagnosed(text)
    if set(rules) <= {"no-model", "empty-spec"}:
        printed = format_spec(spec)
        again, rules_again = diagnosed(printed)
        assert rules_again == rules
        assert again.statements == spec.statements
        assert sorted(c.text for c in again.comments) == sorted(
            c.text for c in spec.comments
        )
        assert format_spec(again) == printed


# ---- texts that can be read, with odd layout --------------------------------------

NAMES = st.sampled_from(["x", "cs", "a.b", "`p q`", "prior", "é"])
ATOMS = st.one_of(NAMES, st.sampled_from(["1", "2.5", '"s"', "b[cs[CS+], x:z]"]))


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    infix = st.sampled_from(
        [" + ", "-", "*", " / ", ":", "^", " %in% ", " | ", "||", "&", "<", "=="]
    )
    return st.one_of(
        st.tuples(parts, infix, parts).map("".join),
        parts.map("({})".format),
        parts.map("-{}".format),
        parts.map("(!{})".format),
        st.tuples(parts, parts).map(lambda p: f"f({p[0]}, k = {p[1]})"),
        st.lists(parts, max_size=3).map(lambda p: f"[{', '.join(p)}]"),
    )


EXPRESSIONS = st.recursive(ATOMS, combined, max_leaves=12)


@given(EXPRESSIONS, EXPRESSIONS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_expressions_survive_printing(first: str, second: str, sub: bool) -> None:
    text = f"let z = {first}  # c\ny ~ ({second}), family=g"
    if sub:
        text += f"\n  sigma ~ ({first})\n\n\n  # d\n  prior b ~ f({second})"
    spec, rules = diagnosed(text)
    assert rules == []
    printed = format_spec(spec)
    again, rules = diagnosed(printed)
    assert (rules, again.statements) == ([], spec.statements)
    assert format_spec(again) == printed


# ---- sizes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("y ~ " + "+".join(["a"] * 9_990), []),
        ("y ~ " + "+".join(["a"] * 10_001), ["spec-too-large"]),
        ("y ~ " + "+".join(["a"] * 100_000), ["spec-too-large"]),
        ("y ~ " + "(" * 100 + "a" + ")" * 100, []),
        ("y ~ " + "(" * 101 + "a" + ")" * 101, ["nested-too-deep"]),
        ("y ~ " + "(" * 9_000 + "a" + ")" * 9_000, ["nested-too-deep"]),
        ("y ~ " + "(" * 19_000, ["nested-too-deep"]),
        ("y ~ " + "f(" * 9_000, ["nested-too-deep"]),
        ("y ~ " + "[" * 19_000, ["nested-too-deep"]),
        ("y ~ " + ")" * 200, ["unmatched-bracket"]),
        ("y ~ " + "- " * 100 + "a", []),
        ("y ~ " + "- " * 19_000 + "a", ["nested-too-deep"]),
        ("where " + "!" * 19_000 + "a\ny ~ x", ["nested-too-deep"]),
        ("y ~ " + "^".join(["a"] * 100), []),
        ("y ~ " + "^".join(["a"] * 9_990), ["nested-too-deep"]),
        ("y ~ " + ":".join(["a"] * 9_990), []),
        ("y ~ " + "(a + b*" * 60 + "c" + ")" * 60, []),
        ("y ~ x #" + "c" * 999_000, []),
        ("y ~ x #" + "é" * 500_000, ["spec-too-large"]),
        ("#" * 1_000_001, ["spec-too-large"]),
        ("\n" * 999_000 + "y ~ x", []),
        ("y ~ x" + " " * 999_000, []),
        ('y ~ "' + "\\" * 900_000, ["unclosed-string"]),
        ("y ~ " + "''" * 19_000, ["syntax"]),
        ("$" * 900_000, ["unexpected-character"]),
        ("y" * 900_000 + " ~ x", []),
        ("y ~ " + "9" * 900_000, []),
        ("column x: ordered(0.." + "9" * 9_000 + ")\ny ~ x", ["invalid-argument"]),
        ("column x: ordered(0..99999999)\ny ~ x", ["invalid-argument"]),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_sizes(text: str, rules: list[str]) -> None:
    started = time.perf_counter()
    spec, found = diagnosed(text)
    assert set(found) == set(rules)
    if rules == ["nested-too-deep"]:
        assert found == rules
    if not rules:
        assert spec.models
        repr(spec.models[0].formula.terms)
        assert spec == spec.__class__(spec.source, spec.statements)
        again, _ = diagnosed(format_spec(spec))
        assert again.statements == spec.statements
    # Wide enough for a busy machine, narrow enough for a quadratic loop.
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("text", ["$@" * 9_000, "y ~ x y\n" * 4_000, "\0" * 9_000])
def test_many_faults_take_their_time_only(text: str) -> None:
    started = time.perf_counter()
    _, rules = diagnosed(text)
    assert rules
    assert time.perf_counter() - started < 20
