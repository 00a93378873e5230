"""Names of columns as people's files have them, written without back-quotes.

Wherever such a name is written, the one fault is that it is not quoted, and the one fix
leaves no error.
"""

from __future__ import annotations

import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Diagnostic, Severity
from varying.grammar.mending import edited
from varying.grammar.source import Source

ROWS = 40
NAMES = (
    # a first word that is nearly, or is, that of a statement
    "Angst Rating", "Test Score", "test score", "data quality", "Prior belief",
    "prior belief", "mean RT", "Means total", "let down", "keep on", "slope deg",
    "contrast sens", "quantity eaten", "column height", "model fit", "where is it",
    # signs, and what is cut off by them
    "RT (ms)", "RT-mean", "% correct", "50%", "Age [years]", "Score #1", "Total*",
    "Größe in cm", "Häufigkeit / Tag", "1st rating", "Q1: How sad?", "a, b", "x~y",
    'Item "A"', "Bob's score", "x$y", "Weight; kg", "late CS+", "a & b", "E-Mail",
)  # fmt: skip
PLACES = (
    "{} ~ f",
    "y ~ f*{}",
    "model a: {} ~ f",
    "y ~ scale({}) + f",
    "let z = {} + 1\ny ~ z",
    "column {}: numeric\ny ~ f",
    "y ~ f\n  sigma ~ {}",
    "y ~ `{}`\n  prior b[{}] ~ normal(0, 1)",
    "y ~ `{}`\nslope {}",
)


def table(**more: list[float]) -> Table:
    numbers = [1 + (7 * row % 11) / 10 for row in range(ROWS)]
    frame = {"y": numbers[::-1], "f": ["u", "v"] * (ROWS // 2), "rt": numbers}
    return table_from_frame({**frame, **more})


def errors(spec: str, data: Table) -> list[Diagnostic]:
    found = check(Request(Source(spec), data))
    return [fault for fault in found if fault.severity is Severity.ERROR]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_said_and_mended(name: str) -> None:
    data = table(**{name: [1 + (3 * row % 13) / 10 for row in range(ROWS)]})
    for place in PLACES:
        spec = place.replace("{}", name)
        (fault,) = errors(spec, data)
        assert fault.rule == "unquoted-name", spec
        assert fault.source.slice(fault.span) == name
        assert fault.fix is not None and fault.fix.safe
        assert errors(edited(spec, fault.fix.edits), data) == [], spec


def test_all_of_a_line_are_said_at_once() -> None:
    data = table(
        **{"Angst Rating": [1.0, 2.0, 3.0, 5.0] * 10, "CS Type": [1.0, 0] * 20}
    )
    spec = "Angst Rating ~ CS Type + f:CS Type"
    found = errors(spec, data)
    assert [fault.span.start for fault in found] == [0, 15, 27]
    every = [edit for fault in found if fault.fix for edit in fault.fix.edits]
    assert errors(edited(spec, every), data) == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("y ~ log(rt) + missing", "unknown-column"),
        ("y ~ f\n  prior b[f[late v]] ~ normal(0, 1)", "unknown-target"),
        ("y ~ f + `a b`", "unknown-column"),
        ("y ~ f # late v\n  prior b[x] ~ normal(0, 1)", "unknown-target"),
    ],
)
def test_other_faults_stay(spec: str, rule: str) -> None:
    """Names that say something as they stand are no cause of faults."""
    names = ("log(rt)", "late v", "a b c")
    data = table(**{name: [1.0, 2.0, 4.0, 3.0] * 10 for name in names})
    assert [fault.rule for fault in errors(spec, data)] == [rule]


@pytest.mark.parametrize("name", ["Angst Rating", "test score", "mean RT"])
def test_without_data_it_is_a_guess(name: str) -> None:
    (fault,) = (
        f for f in check(Request(Source(f"{name} ~ x"))) if f.severity == "error"
    )
    assert (fault.rule, fault.fix and fault.fix.safe) == ("unquoted-name", False)
    assert fault.fix is not None and fault.fix.edits[0].text == f"`{name}`"
