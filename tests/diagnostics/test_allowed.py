"""Comments that silence warnings, what is said in one block, and heads of files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar import Sink, Source, format_spec, parse
from varying.grammar.diagnostics import Severity
from varying.grammar.render import brief, full
from varying.grammar.render import json as as_json

ROWS = 60
_RNG = np.random.default_rng(2)
TABLE = table_from_frame(
    {
        "y": _RNG.normal(size=ROWS),
        "rating": _RNG.integers(1, 8, ROWS),
        "x": _RNG.normal(size=ROWS),
        "site": [f"s{row % 3}" for row in range(ROWS)],
        "g": [f"g{row % 12}" for row in range(ROWS)],
        "cond": ["pre", "Pre", "post"] * (ROWS // 3),
    }
)


def rules(spec: str, table: Table = TABLE) -> list[str]:
    return [found.rule for found in check(Request(Source(spec), table))]


F, B = "few-groups", "bounded-response"

#: Specs, and what is still said of them.
ALLOWED: tuple[tuple[str, list[str]], ...] = (
    ("y ~ x + (1 | site)", [F]),
    ("y ~ x + (1 | site)  # varying: allow few-groups", []),
    ("y ~ x + (1 | site)  #varying:allow few-groups", []),
    ("y ~ x + (1 | site)  # varying: allow few-groups  # there are three", []),
    ("rating ~ x + (1 | site)  # varying: allow few-groups, bounded-response", []),
    ("rating ~ x + (1 | site)  # varying: allow few-groups bounded-response", []),
    ("rating ~ x + (1 | site)  # varying: allow few-groups", [B]),
    # the rows of one line, before the line, not before or after another
    ("y ~ x +  # varying: allow few-groups\n  (1 | site)", []),
    ("y ~ x\n  + (1 | site)  # varying: allow few-groups", []),
    ("y ~ x +\n  # varying: allow few-groups\n  (1 | site)", []),
    ("# varying: allow few-groups\ny ~ x + (1 | site)", []),
    ("y ~ x + (1 | site)\n# varying: allow few-groups", [F, "unused-allow"]),
    ("let z = x  # varying: allow few-groups\ny ~ z + (1 | site)", ["unused-allow", F]),
    (
        "y ~ x + (1 | g)  # varying: allow few-groups\n  sigma ~ 1 + (1 | site)",
        ["unused-allow", F],
    ),
    ("y ~ x\n  sigma ~ 1 + (1 | site)  # varying: allow few-groups", []),
    ("y ~ x\n  prior b ~ normal(0, 1e6)  # varying: allow wide-prior", []),
    # one model's is not another's
    (
        "model a: y ~ x + (1 | site)  # varying: allow few-groups\n"
        "model b: y ~ 1 + (1 | site)",
        [F],
    ),
    # what it cannot be
    ("y ~ x  # varying: allow few-groups", ["unused-allow"]),
    ("y ~ x + (1 | site)  # varying: allow few-group", [F, "invalid-allow"]),
    ("y ~ x + (1 | site)  # varying: allow", [F, "invalid-allow"]),
    ("y ~ x + (1 | site)  # varying: ignore few-groups", [F, "invalid-allow"]),
    ("y ~ zz  # varying: allow unknown-column", ["unknown-column", "invalid-allow"]),
    ("y ~ x + (1 | site)  # Varying allows few-groups", [F]),
)


@pytest.mark.parametrize(("spec", "left"), ALLOWED)
def test_allowed(spec: str, left: list[str]) -> None:
    assert rules(spec) == left


@pytest.mark.parametrize("spec", [spec for spec, left in ALLOWED if left == []])
def test_it_is_formatted_and_compiled(spec: str) -> None:
    text = format_spec(parse(Source(spec), Sink(Source(spec))))
    assert "varying:" in text and "allow" in text
    assert rules(text) == []
    assert compile_spec(Request(Source(spec), TABLE)).diagnostics == ()


def test_nothing_is_idle_where_not_all_was_looked_for() -> None:
    spec = "y ~ zz  # varying: allow few-groups"
    assert rules(spec) == ["unknown-column"]
    spec = "model a: y ~ x  # varying: allow few-groups\nmodel b: y ~ 1"
    found = check(Request(Source(spec), TABLE, model="b"))
    assert found == ()
    assert check(Request(Source("y ~ x  # varying: allow few-groups"))) == ()


def test_a_fix_leaves_the_comment() -> None:
    spec = "y ~ x + (1 | site)  # varying: allow few-group"
    (fix,) = [
        d.fix for d in check(Request(Source(spec), TABLE)) if d.rule == "invalid-allow"
    ]
    assert fix is not None and not fix.safe
    assert [spec[e.span.start : e.span.end] for e in fix.edits] == ["few-group"]


# ---- one block ---------------------------------------------------------------------

THREE = """model a: rating ~ x + (1 | site)
model b: rating ~ 1 + (1 | site)
model c: y ~ x + (1 | site)
"""


def test_one_block_names_the_models() -> None:
    found = check(Request(Source(THREE, "three.model"), TABLE))
    text = full.render(found)
    assert text.count("[few-groups]") == text.count("[bounded-response]") == 1
    assert "  = models: `a`, `b` (line 2), `c` (line 3)\n" in text
    assert "  = models: `a`, `b` (line 2)\n" in text
    records = json.loads(as_json.render(found))
    few = [(r["line"], r["notes"][-1]) for r in records if r["rule"] == F]
    assert few == [(1, "model: `a`"), (2, "model: `b`"), (3, "model: `c`")]


def test_errors_of_models_too() -> None:
    spec = "model a: y ~ xx\nmodel b: y ~ xx + site\nmodel c: y ~ x"
    text = full.render(check(Request(Source(spec), TABLE)))
    assert text.count("[unknown-column]") == 1
    assert "  = models: `a`, `b` (line 2)\n" in text
    # of one model each has its place
    found = check(Request(Source("let a = xx\nlet b = xx\ny ~ x"), TABLE))
    assert full.render(found).count("[unknown-column]") == len(found) == 2


def test_a_file_of_one_model_names_none() -> None:
    for found in check(Request(Source("rating ~ x + (1 | site)"), TABLE)):
        assert found.models == ()


def test_a_fault_of_the_file_is_of_all_models() -> None:
    spec = "prior b ~ normal(0, 1e6)\nmodel a: y ~ x\nmodel b: y ~ x + site"
    (found,) = [
        d for d in check(Request(Source(spec), TABLE)) if d.rule == "wide-prior"
    ]
    assert found.models == ("a", "b")


def test_levels_are_said_once() -> None:
    spec = "y ~ cond*x + (1 | g) + (1 | g:cond)\n  sigma ~ cond"
    assert rules(spec).count("similar-levels") == 1
    spec = "model a: y ~ cond\nmodel b: y ~ cond + x"
    (found,) = [
        d for d in check(Request(Source(spec), TABLE)) if d.rule == "similar-levels"
    ]
    assert found.models == ("a", "b")


def test_in_brief() -> None:
    compiled = compile_spec(Request(Source(THREE), TABLE, model="a"))
    lines = brief.render(compiled.diagnostics).split("\n")
    assert len(lines) == 4
    assert lines[0].startswith("warning[bounded-response]: the response `rating`")
    assert lines[0].endswith(" (line 1)")
    assert lines[1].startswith("  for ratings: ")


# ---- heads -------------------------------------------------------------------------

HEAD = table_from_frame(
    {
        "y": _RNG.normal(size=ROWS),
        "hit": [0] * ROWS,
        "f": ["a"] * ROWS,
        "h": ["u", "v"] * (ROWS // 2),
        "row": [f"r{row}" for row in range(ROWS)],
        "z": [float("nan")] * ROWS,
        "w": [1.0] * ROWS,
    }
)

#: What is an error of a whole file, and none of its head.
HEADS = (
    ("y ~ f", "one-level"),
    ("y ~ h + (1 | f)", "one-group"),
    ("y ~ h + (1 | row)", "group-per-row"),
    ("hit ~ h, family=bernoulli", "one-category"),
    ("y ~ z", "all-missing"),
    ("where y > 100\ny ~ h", "empty-data"),
    ("y ~ scale(w)", "cannot-learn"),
    ("y ~ h\n  prior b[h[w]] ~ normal(0, 1)", "unknown-target"),
    ('y ~ h\ncontrast h: "w" - "u"', "unknown-level"),
)


@pytest.mark.parametrize(("spec", "rule"), HEADS)
def test_the_head_decides_nothing(spec: str, rule: str) -> None:
    whole = check(Request(Source(f'data "a.csv"\n{spec}'), HEAD))
    assert rule in [found.rule for found in whole]
    found = check(Request(Source(f'data "a.csv"\n{spec}'), replace(HEAD, partial=True)))
    assert [d for d in found if d.severity is Severity.ERROR] == []
    (partial,) = [d for d in found if d.rule == "partial-data"]
    (message,) = [d.message for d in whole if d.rule == rule]
    assert any(message in note for note in partial.notes)


STAY = ("y ~ zz", "y ~ h\n  prior bb ~ normal(0, 1)", "h ~ y")


@pytest.mark.parametrize("spec", STAY)
def test_errors_that_stay(spec: str) -> None:
    found = check(Request(Source(f'data "a.csv"\n{spec}'), replace(HEAD, partial=True)))
    assert any(d.severity is Severity.ERROR for d in found)


def test_warnings_say_what_they_are_of() -> None:
    spec = 'data "a.csv"\ny ~ h + (1 | h)'
    found = check(Request(Source(spec), replace(HEAD, partial=True)))
    (few,) = [d for d in found if d.rule == F]
    assert few.notes[-1] == "so it is in the first 60 rows"
    # also where the file is given beside the spec
    found = check(Request(Source("y ~ f"), replace(HEAD, partial=True)))
    assert [d.rule for d in found] == ["partial-data"]
