"""``column``, ``let``, ``where`` and missing values, in this order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.schema import schema_of
from varying.compiler.data.table import Kind, Table
from varying.compiler.data.texts import column_of_cells
from varying.compiler.expressions.evaluation import evaluate
from varying.compiler.expressions.functions import FUNCTIONS
from varying.compiler.expressions.learning import LEARNERS
from varying.compiler.expressions.types import type_of
from varying.compiler.prepare.declared import declare
from varying.compiler.prepare.elsewhere import report_new_levels
from varying.compiler.prepare.rows import Prepared, prepare
from varying.compiler.prepare.undeclared import check_levels
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source
from varying.grammar.tree import ColumnStatement

DATA: dict[str, Any] = {
    "y": [3, 1, 4, 1, 5, None],
    "x": [0.5, 1.0, np.nan, 2.0, -1.0, 3.0],
    "k": [1.0, 2.0, 1.0, 3.0, 2.0, 1.0],
    "f": ["s2", "s10", "s2", "s10", "s2", "s2"],
    "l": [True, False, True, None, False, True],
    "t": ["1", "2", "x", "2", "1", "1"],
    "all": [None] * 6,
    "inf": [1.0, np.inf, 2.0, 3.0, 4.0, 5.0],
    "mixed": [1, "a", True, 3, 4, 5],
}


def prepared(
    text: str, data: dict[str, Any] | None = None
) -> tuple[Prepared, list[Diagnostic], str]:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert not sink.failed, [d.message for d in sink.diagnostics]
    table = table_from_frame(DATA if data is None else data)
    return prepare(spec, table, sink), sink.diagnostics


def declared(
    text: str, data: dict[str, Any] | None = None
) -> tuple[Table, list[Diagnostic]]:
    source = Source(text + "\ny ~ 1\n")
    sink = Sink(source)
    spec = parse(source, sink)
    assert not sink.failed, [d.message for d in sink.diagnostics]
    statements = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    table = table_from_frame(DATA if data is None else data)
    table = declare(table, statements, sink)
    every = np.ones(table.rows, dtype=np.bool_)
    return check_levels(table, statements, every, sink), sink.diagnostics


# ---- column ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "kind", "levels", "codes"),
    [
        ("column f: factor", "f", Kind.FACTOR, ("s2", "s10"), [0, 1, 0, 1, 0, 0]),
        (
            "column f: factor(s10, s2)",
            "f",
            Kind.FACTOR,
            ("s10", "s2"),
            [1, 0, 1, 0, 1, 1],
        ),
        ("column k: factor", "k", Kind.FACTOR, ("1", "2", "3"), [0, 1, 0, 2, 1, 0]),
        (
            "column k: factor(3, 2, 1)",
            "k",
            Kind.FACTOR,
            ("3", "2", "1"),
            [2, 1, 2, 0, 1, 2],
        ),
        (
            'column k: factor("1", "2", "3")',
            "k",
            Kind.FACTOR,
            ("1", "2", "3"),
            [0, 1, 0, 2, 1, 0],
        ),
        (
            "column k: factor(1.0, 2, 3)",
            "k",
            Kind.FACTOR,
            ("1.0", "2", "3"),
            [0, 1, 0, 2, 1, 0],
        ),
        (
            "column k: ordered(0..3)",
            "k",
            Kind.ORDERED,
            ("0", "1", "2", "3"),
            [1, 2, 1, 3, 2, 1],
        ),
        ("column k: ordered", "k", Kind.ORDERED, ("1", "2", "3"), [0, 1, 0, 2, 1, 0]),
        ("column l: factor", "l", Kind.FACTOR, ("FALSE", "TRUE"), [1, 0, 1, -1, 0, 1]),
        ("column k: text", "k", Kind.TEXT, ("1", "2", "3"), [0, 1, 0, 2, 1, 0]),
        (
            "column t: factor(x, 1, 2)",
            "t",
            Kind.FACTOR,
            ("x", "1", "2"),
            [1, 2, 0, 2, 1, 1],
        ),
    ],
)
def test_factors(
    text: str, column: str, kind: Kind, levels: tuple[str, ...], codes: list[int]
) -> None:
    table, diagnostics = declared(text)
    assert diagnostics == []
    found = table.columns[column]
    assert (found.kind, found.levels, found.values.tolist()) == (kind, levels, codes)
    # without a list the order of the levels is a guess
    assert found.declared is ("(" in text or kind is Kind.ORDERED)


@pytest.mark.parametrize(
    ("text", "levels", "codes"),
    [
        ("column id: text", ("01", "1", "2"), [1, 0, 2]),
        ("column id: factor", ("01", "1", "2"), [1, 0, 2]),
        ('column id: factor("01", "1", "2")', ("01", "1", "2"), [1, 0, 2]),
        ("column id: factor(1, 2)", ("1", "2"), [0, 0, 1]),
        ("column id: ordered(0..2)", ("0", "1", "2"), [1, 1, 2]),
    ],
)
def test_ids_keep_their_leading_zeros(
    text: str, levels: tuple[str, ...], codes: list[int]
) -> None:
    source = Source(text + "\ny ~ 1\n")
    sink = Sink(source)
    spec = parse(source, sink)
    column = column_of_cells("id", ["1", "01", "2"])
    statements = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    found = declare(Table("t", {"id": column}, 3), statements, sink).columns["id"]
    assert (found.levels, found.values.tolist()) == (levels, codes)
    assert not sink.diagnostics


def test_numbers_of_levels_are_kept() -> None:
    table, _ = declared("column k: ordered(0..3)")
    assert table.columns["k"].numbers == (0.0, 1.0, 2.0, 3.0)
    table, _ = declared("column f: factor(s2, s10)")
    assert table.columns["f"].numbers is None


@pytest.mark.parametrize(
    ("text", "column", "kind", "values"),
    [
        ("column a: numeric", "a", Kind.NUMERIC, [1.0, 2.5, None]),
        ("column b: integer", "b", Kind.INTEGER, [1.0, 0.0, 1.0]),
        ("column c: numeric", "c", Kind.NUMERIC, [1.0, 0.0, None]),
        ("column b: logical", "b", Kind.LOGICAL, [1, 0, 1]),
        ("column d: logical", "d", Kind.LOGICAL, [0, 1, -1]),
    ],
)
def test_other_types(text: str, column: str, kind: Kind, values: list[Any]) -> None:
    data = {
        "y": [1, 2, 3],
        "a": ["1", "2.5", None],
        "b": [1, 0, 1],
        "c": [True, False, None],
        "d": ["FALSE", "TRUE", ""],
    }
    table, diagnostics = declared(text, data)
    assert diagnostics == []
    found = table.columns[column]
    assert found.kind is kind
    got = [None if v != v else v for v in found.values.tolist()]
    assert got == values


def test_options() -> None:
    table, diagnostics = declared("column f: factor, contrast=simple, ref=s10")
    assert diagnostics == []
    assert table.columns["f"].contrast == "simple"
    assert table.columns["f"].reference == "s10"


@pytest.mark.parametrize(
    ("text", "rule", "place", "part"),
    [
        ("column ff: factor", "unknown-column", "ff", "`ff`"),
        ("column f: faktor", "unknown-type", "faktor", "`faktor`"),
        ("column f: factor, contrst=sum", "unknown-option", "contrst", "contrst"),
        ("column f: factor, contrast=smple", "unknown-contrast", "smple", "smple"),
        (
            "column f: factor, contrast=custom(a=[1, 2, 3])",
            "invalid-argument",
            "custom(a=[1, 2, 3])",
            "for 3 levels",
        ),
        ("column f: factor, ref=s3", "unknown-level", "s3", "no level `s3`"),
        ("column f: factor, ref=s2, ref=s10", "duplicate-option", "ref", "ref"),
        ("column x: numeric, ref=s2", "invalid-argument", "ref=s2", "number"),
        ("column x: numeric(1, 2)", "invalid-argument", "numeric(1, 2)", "no levels"),
        ("column f, f: factor", "duplicate-column", "f", "twice"),
        ("column f: factor(s2, s2)", "invalid-argument", "s2", "twice"),
        (
            "column f: factor(s2, s11)",
            "undeclared-level",
            "s11",
            "in 2 rows (the first is row 2)",
        ),
        ("column f: ordered", "invalid-argument", "f", "order"),
        ("column t: numeric", "wrong-type", "t", "`x` is not a number"),
        ("column x: integer", "wrong-type", "x", "holds `0.5`"),
        ("column k: logical", "wrong-type", "k", "`2` is not"),
        ("column mixed: numeric", "wrong-type", "mixed", "cannot be used"),
    ],
)
def test_faulty_columns(text: str, rule: str, place: str, part: str) -> None:
    _, diagnostics = declared(text)
    (fault,) = diagnostics
    assert fault.rule == rule
    assert fault.source.slice(fault.span) == place
    assert part in fault.message


def test_undeclared_level_offers_the_spelling_of_the_data() -> None:
    _, (fault,) = declared("column f: factor(s2, S10)")
    assert fault.notes[0] == 'it differs from `"S10"` in case or blanks only'
    assert fault.fix is not None and fault.fix.edits[0].text == "s10"


def test_many_undeclared_levels_are_counted() -> None:
    data = {"y": list(range(30)), "f": [f"level {i}" for i in range(30)]}
    _, diagnostics = declared("column f: factor(a, b)", data)
    assert len(diagnostics) == 11
    (rest,) = [d for d in diagnostics if "more values" in d.message]
    assert rest.message == "`f` has 20 more values that are no declared level"


def test_undeclared_levels_are_gone_after_where() -> None:
    data = {"y": [1, 2, 3, 4], "k": [-99, 1, 2, 7], "t": ["n.a.", "1", "2", "7"]}
    text = "column k, t: ordered(1..7)\nlet copy = k\nwhere k > 0\ny ~ copy + t"
    found, diagnostics = prepared(text, data)
    assert not [d for d in diagnostics if d.severity == "error"]
    assert found.rows.tolist() == [1, 2, 3]
    for name in ("k", "t", "copy"):
        column = found.table.columns[name]
        assert column.levels == tuple("1234567")
        assert column.numbers == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
        assert (column.values.tolist(), column.undeclared) == ([0, 1, 6], 0)


def test_wrong_type_names_the_row() -> None:
    _, (fault,) = declared("column t: numeric")
    assert fault.notes == ("in row 3",)


def test_all_faults_are_reported() -> None:
    _, diagnostics = declared("column ff: factor\ncolumn t: numeric\ncolumn f: nomber")
    assert {d.rule for d in diagnostics} == {
        "unknown-column",
        "wrong-type",
        "unknown-type",
    }


# ---- rows --------------------------------------------------------------------------


def test_rows_with_missing_values_are_dropped() -> None:
    found, (info,) = prepared("y ~ x + f\n")
    assert found.rows.tolist() == [0, 1, 3, 4]
    assert [(d.row, d.reason) for d in found.dropped] == [
        (2, "`x` is missing"),
        (5, "`y` is missing"),
    ]
    assert (found.read, found.table.rows, found.schema.rows) == (6, 4, 4)
    assert info.rule == "rows-dropped" and info.severity == "info"
    assert info.message == "2 of 6 rows are left out because a value is missing"
    assert info.notes == ("`y` is missing in row 6; `x` in row 3",)


def test_union_over_models() -> None:
    found, _ = prepared("model a: y ~ x\nmodel b: y ~ l\n")
    assert found.rows.tolist() == [0, 1, 4]


def test_parts_and_groups_count() -> None:
    found, _ = prepared("y ~ 1 + (1 | l)\n  sigma ~ x\n")
    assert found.rows.tolist() == [0, 1, 4]


def test_id_between_bars_is_no_column() -> None:
    found, _ = prepared("y ~ 1 + (1 |l| f)\n")
    assert found.rows.tolist() == [0, 1, 2, 3, 4]


def test_contrast_scheme_is_no_column() -> None:
    data = {"y": [1.0, 2.0], "f": ["a", "b"], "sum": [None, 1.0]}
    found, diagnostics = prepared("y ~ C(f, sum)\n", data)
    assert diagnostics == []


def test_nothing_is_said_of_unused_columns() -> None:
    found, diagnostics = prepared("k ~ f\n")
    assert diagnostics == []


def test_dot_uses_every_column() -> None:
    data = {"y": [1.0, 2.0, 3.0], "a": [1.0, None, 3.0], "b": [1.0, 2.0, None]}
    found, _ = prepared("y ~ .\n", data)
    assert found.rows.tolist() == [0]


def test_where_comes_first() -> None:
    found, diagnostics = prepared('where f == "s2" & x > 0\ny ~ x\n')
    # Row 3 has no x, so the condition is not true there.
    assert found.rows.tolist() == [0]
    reasons = [d.reason for d in found.dropped]
    assert reasons == ["`where` is false"] * 4 + ["`y` is missing"]
    assert [d.rule for d in diagnostics] == ["rows-dropped"]
    (said,) = diagnostics
    assert said.message == (
        "1 of 6 rows are used: `where` leaves out 4, and 1 is without a value"
    )
    assert said.notes == (
        "`y` is missing in row 6",
        '`where f == "s2" & x > 0` leaves out 4 rows, 1 of them because `x` is missing',
    )


@pytest.mark.parametrize(
    ("spec", "message", "notes"),
    [
        (
            "y ~ x",
            "2 of 6 rows",
            ("`y` is missing in row 6; `x` in row 3",),
        ),
        (
            "where k > 1\nwhere k < 3\nk ~ f",
            "2 of 6 rows are used: `where` leaves out 4",
            ("`where k > 1` leaves out 3 rows", "`where k < 3` leaves out 1 row"),
        ),
        ("where k > 0\nk ~ f", "", ()),
    ],
)
def test_rows_left_out_are_counted_by_their_reasons(
    spec: str, message: str, notes: tuple[str, ...]
) -> None:
    _, found = prepared(f"{spec}\n")
    assert [d.message.startswith(message) for d in found] == [True] * bool(message)
    assert tuple(note for d in found for note in d.notes) == notes


def test_let_makes_a_column() -> None:
    found, diagnostics = prepared(
        "let lx = log(k) / 2\nlet big = lx > 0.4\nk ~ lx + big\n"
    )
    assert diagnostics == []
    np.testing.assert_allclose(found.table.columns["lx"].values, np.log(DATA["k"]) / 2)
    assert found.table.columns["big"].kind is Kind.LOGICAL
    assert found.table.columns["big"].values.tolist() == [0, 0, 0, 1, 0, 0]


def test_let_without_value_drops_the_row() -> None:
    found, _ = prepared("let lx = log(inf - 2)\nk ~ lx\nwhere inf > 2 & inf < 100\n")
    assert found.rows.tolist() == [3, 4, 5]


def test_schema_is_of_the_rows_used() -> None:
    text = "column k: factor(1, 2, 3)\nwhere k != 3\ny ~ k + f + x\n"
    found, _ = prepared(text)
    k = found.schema.columns["k"]
    assert (k.levels, k.declared_levels) == (("1", "2"), ("1", "2", "3"))
    x = found.schema.columns["x"]
    assert (x.minimum, x.maximum, x.whole, x.distinct) == (-1.0, 1.0, False, 3)
    y = found.schema.columns["y"]
    assert (y.kind, y.whole, y.numbers) == (Kind.INTEGER, True, (1.0, 3.0, 5.0))


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("where k > 5\ny ~ 1\n", "empty-data", "where k > 5"),
        ("y ~ all\n", "all-missing", "all"),
        ("where k == 3\ny ~ l\n", "all-missing", "l"),
        ("y ~ inf\n", "infinite-value", "inf"),
        ("y ~ mixed\n", "wrong-type", "mixed"),
        ("where k\ny ~ 1\n", "wrong-type", "k"),
        ("where nosuch > 1\ny ~ 1\n", "unknown-column", "nosuch"),
        ('where f == "s3"\ny ~ 1\n', "unknown-level", '"s3"'),
        ("where f > 1\ny ~ 1\n", "wrong-type", "f"),
        ("let x = y\ny ~ 1\n", "duplicate-column", "x"),
        ("let z = f + 1\ny ~ z\n", "wrong-type", "f"),
        ("let z = lg(x)\ny ~ z\n", "unknown-function", "lg"),
        ("let z = center(x)\nwhere z > 0\ny ~ z\n", "learned-in-where", "z"),
        ("where scale(x) > 0\ny ~ z\n", "learned-in-where", "scale(x)"),
        ("let z = log(x, bas=2)\ny ~ z\n", "unknown-argument", "bas"),
        ("let z = log()\ny ~ z\n", "invalid-argument", "log()"),
        ("let z = log(x, 2, 3)\ny ~ z\n", "invalid-argument", "3"),
        ("let z = factor(k) + 1\ny ~ z\n", "invalid-argument", "factor(k)"),
        ('let z = "a"\ny ~ z\n', "wrong-type", '"a"'),
        ('data "d.csv", sep=1\ny ~ 1\n', "unknown-option", "sep"),
    ],
)
def test_faulty_rows(text: str, rule: str, place: str) -> None:
    _, diagnostics = prepared(text)
    (fault,) = [d for d in diagnostics if d.severity == "error"]
    assert fault.rule == rule
    assert fault.source.slice(fault.span) == place


def test_every_row_incomplete() -> None:
    data = {"y": [1.0, None], "x": [None, 1.0]}
    found, diagnostics = prepared("y ~ x\n", data)
    assert not found.certain
    assert [d.rule for d in diagnostics] == ["empty-data"]
    assert diagnostics[0].notes == (
        "`y` is missing in 1 of 2",
        "`x` is missing in 1 of 2",
    )


def test_no_rows_at_all() -> None:
    found, diagnostics = prepared("y ~ 1\n", {"y": []})
    assert not found.certain
    assert [d.rule for d in diagnostics] == ["empty-data"]


def test_infinite_value_in_a_dropped_row_does_no_harm() -> None:
    found, _ = prepared("where inf < 100\nk ~ inf\n")
    assert found.rows.tolist() == [0, 2, 3, 4, 5]


# ---- expressions -------------------------------------------------------------------

NA = None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a + b * 2 - 1", [4.0, NA, NA]),
        ("-a^2", [-1.0, -4.0, NA]),
        ("2^-a", [0.5, 0.25, NA]),
        ("(a + 1) / 2", [1.0, 1.5, NA]),
        ("a > 1", [0.0, 1.0, NA]),
        ("0 < a < 2", [1.0, 0.0, NA]),
        ("!(a > 1)", [1.0, 0.0, NA]),
        ("a > 1 & FALSE", [0.0, 0.0, 0.0]),
        ("a > 1 | TRUE", [1.0, 1.0, 1.0]),
        ("a > 1 | a < 1", [0.0, 1.0, NA]),
        ("a %in% [2, 3]", [0.0, 1.0, NA]),
        ('f == "u"', [1.0, 0.0, NA]),
        ('"u" != f', [0.0, 1.0, NA]),
        ('f %in% ["u", "v"]', [1.0, 1.0, NA]),
        ("l + 1", [2.0, 1.0, NA]),
        ('l == "TRUE"', [1.0, 0.0, NA]),
        ("l == TRUE", [1.0, 0.0, NA]),
        ("o > 4", [0.0, 1.0, NA]),
        ('o <= "3"', [1.0, 0.0, NA]),
        ("o / 2", [1.5, 2.5, NA]),
        ("log(a, base=2)", [0.0, 1.0, NA]),
        ("log(base=10, 10 * a)", [1.0, np.log10(20), NA]),
        ("round(a / 3, 2)", [0.33, 0.67, NA]),
        ("ifelse(a > 1, 10, -10)", [-10.0, 10.0, NA]),
        ("I(a^2)", [1.0, 4.0, NA]),
        ("sqrt(a - 2)", [NA, 0.0, NA]),
        ("1 + 1", [2.0, 2.0, 2.0]),
        ("((a))", [1.0, 2.0, NA]),
        ("log1p(exp(a)) - tanh(0)", [np.log1p(np.e), np.log1p(np.exp(2)), NA]),
        ("abs(-1) + floor(1.5) + ceil(1.5) + cos(0) + sin(0)", [5.0] * 3),
        ("log10(100) + log2(8) + log(1)", [5.0] * 3),
    ],
)
def test_expressions(text: str, values: list[float | None]) -> None:
    data = {
        "a": [1.0, 2.0, None],
        "b": [2.0, None, 3.0],
        "f": ["u", "v", None],
        "l": [True, False, None],
        "o": [3, 5, None],
    }
    source = Source(f"column o: ordered(1..5)\ny ~ 1\nlet z = {text}\n")
    sink = Sink(source)
    spec = parse(source, sink)
    statements = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    table = declare(table_from_frame(data), statements, sink)
    expression = spec.statements[-1].expression  # type: ignore[union-attr]
    for known in (table, schema_of(table)):
        assert type_of(expression, known, sink) is not None
    assert sink.diagnostics == []
    got = [None if v != v else v for v in evaluate(expression, table).tolist()]
    assert got == pytest.approx(values)


def test_functions_say_what_they_are() -> None:
    for name, function in FUNCTIONS.items():
        assert function.name == name
        computes = function.role == "elementwise"
        assert computes == (function.compute is not None)
        assert function.stateful == (name in (*LEARNERS, "lag"))
        if function.ready:
            assert function.summary and function.domain and function.prediction
        assert set(function.settings) <= set(function.parameters)


def test_a_new_level_with_blanks_is_shown_in_quotes() -> None:
    sink = Sink(Source("", "new"))
    there = {"CS+ ": np.array([True]), "CS\u00a0": np.array([True])}
    report_new_levels("cs", there, 2, ["CS-", "CS+"], sink)
    (found,) = sink.diagnostics
    assert found.message.endswith('`"CS+ "` in row 1; `"CS<U+00A0>"` in row 1')
    assert found.notes[0] == '`"CS+ "`: did you mean `CS+`?'
