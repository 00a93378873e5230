"""Contrasts, level order, and the columns that terms become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from varying.compiler.coding.contrasts import CONTRASTS
from varying.compiler.data.codes import group_index, group_levels
from varying.compiler.data.frames import table_from_frame
from varying.compiler.formula.coding import code
from varying.compiler.formula.columns import INTERCEPT, Coded, DesignColumn
from varying.compiler.formula.design import evaluate_columns, unknown_levels
from varying.compiler.formula.terms import expand
from varying.compiler.prepare.rows import Prepared, prepare
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source

DATA: dict[str, Any] = {
    "y": np.arange(12.0),
    "block": ["early", "late"] * 6,
    "cs": ["CS-", "CS+", "CS-", "CS+", "CS+", "CS-"] * 2,
    "dose": ["10 mg", "2 mg", "1 mg"] * 4,
    "x": np.linspace(-1, 1, 12),
    "k": [3, 1, 2] * 4,
    "l": [True, False, False] * 4,
    "one": ["a"] * 12,
    "id": [f"s{i}" for i in (10, 9, 1)] * 4,
}


def designed(
    text: str, default: str = "treatment", data: dict[str, Any] = DATA
) -> tuple[tuple[DesignColumn, ...], Prepared, list[Diagnostic]]:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    prepared = prepare(spec, table_from_frame(data), sink)
    formula = spec.models[0].formula
    names = tuple(prepared.table.columns)
    expansion = expand(formula.terms, formula.response, names, sink)
    schema = prepared.schema
    columns = code(expansion.terms, expansion.intercept, schema, sink, default).columns
    if expansion.intercept:
        columns = (INTERCEPT, *columns)
    return columns, prepared, sink.diagnostics


def names(text: str, default: str = "treatment") -> list[str]:
    columns, _, diagnostics = designed(text, default)
    assert [d for d in diagnostics if d.severity == "error"] == []
    return [column.name for column in columns]


# ---- schemes -----------------------------------------------------------------------

LEVELS = ("a", "b", "c", "d")
MEANS = np.array([3.0, 10.0, 4.0, 25.0])
GRAND = MEANS.mean()


@pytest.mark.parametrize(
    ("scheme", "base", "labels", "intercept", "coefficients"),
    [
        ("treatment", None, ("b", "c", "d"), MEANS[0], MEANS[1:] - MEANS[0]),
        ("treatment", 2, ("a", "b", "d"), MEANS[2], MEANS[[0, 1, 3]] - MEANS[2]),
        ("simple", None, ("b", "c", "d"), GRAND, MEANS[1:] - MEANS[0]),
        ("simple", 1, ("a", "c", "d"), GRAND, MEANS[[0, 2, 3]] - MEANS[1]),
        ("SAS", None, ("a", "b", "c"), MEANS[3], MEANS[:3] - MEANS[3]),
        ("sum", None, ("S.a", "S.b", "S.c"), GRAND, MEANS[:3] - GRAND),
        ("deviation", None, ("D.b", "D.c", "D.d"), GRAND, MEANS[1:] - GRAND),
        ("sdif", None, ("b-a", "c-b", "d-c"), GRAND, np.diff(MEANS)),
        ("sum", 1, ("S.a", "S.c", "S.d"), GRAND, MEANS[[0, 2, 3]] - GRAND),
        ("deviation", 2, ("D.a", "D.b", "D.d"), GRAND, MEANS[[0, 1, 3]] - GRAND),
        (
            "helmert",
            2,
            ("H.a", "H.b", "H.d"),
            GRAND,
            [
                (MEANS[0] - MEANS[2]) / 2,
                (MEANS[1] - MEANS[[2, 0]].mean()) / 3,
                (MEANS[3] - MEANS[:3].mean()) / 4,
            ],
        ),
        (
            "helmert",
            None,
            ("H.b", "H.c", "H.d"),
            GRAND,
            [(MEANS[j] - MEANS[:j].mean()) / (j + 1) for j in (1, 2, 3)],
        ),
    ],
)
def test_what_coefficients_mean(
    scheme: str,
    base: int | None,
    labels: tuple[str, ...],
    intercept: float,
    coefficients: Any,
) -> None:
    found, matrix = CONTRASTS[scheme].code(LEVELS, base)
    assert found == labels
    solved = np.linalg.solve(np.column_stack([np.ones(4), matrix]), MEANS)
    np.testing.assert_allclose(solved, [intercept, *coefficients])


def test_polynomial_as_in_r() -> None:
    labels, matrix = CONTRASTS["poly"].code(LEVELS, None)
    assert labels == (".L", ".Q", ".C")
    # contr.poly(4)
    expected = [
        [-0.6708204, 0.5, -0.2236068],
        [-0.2236068, -0.5, 0.6708204],
        [0.2236068, -0.5, -0.6708204],
        [0.6708204, 0.5, 0.2236068],
    ]
    np.testing.assert_allclose(matrix, expected, atol=1e-7)


def test_polynomial_of_many_levels_stays_orthonormal() -> None:
    labels, matrix = CONTRASTS["poly"].code(tuple(map(str, range(100))), None)
    assert labels[:4] == (".L", ".Q", ".C", "^4") and labels[-1] == "^99"
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(99), atol=1e-10)
    np.testing.assert_allclose(matrix.sum(axis=0), 0, atol=1e-10)


def test_two_levels_in_every_scheme() -> None:
    for contrast in CONTRASTS.values():
        labels, matrix = contrast.code(("u", "v"), None)
        assert len(labels) == 1 and matrix.shape == (2, 1)


# ---- from specs --------------------------------------------------------------------

CS = "column cs: factor('CS-', 'CS+')\n"
SIMPLE = (
    "column block: factor, contrast=simple\n"
    "column cs: factor('CS-', 'CS+'), contrast=simple\n"
)


def test_simple_makes_the_intercept_the_mean_of_the_cells() -> None:
    columns, prepared, _ = designed(SIMPLE + "y ~ block*cs")
    matrix = evaluate_columns(columns, prepared.table)
    table = prepared.table
    cells = {(b, c): 100.0 * b + 10.0 * c + 3.0 * b * c for b in (0, 1) for c in (0, 1)}
    blocks, css = table.columns["block"].values, table.columns["cs"].values
    y = np.array([cells[b, c] for b, c in zip(blocks, css, strict=True)])
    solved = np.linalg.lstsq(matrix, y, rcond=None)[0]
    by_name = dict(zip([c.name for c in columns], solved, strict=True))
    assert by_name == pytest.approx(
        {
            "Intercept": np.mean(list(cells.values())),
            "block[late]": 101.5,
            "cs[CS+]": 11.5,
            "block[late]:cs[CS+]": 3.0,
        }
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ block", "block[late]"),
        (CS + "y ~ block*cs", "block[late] cs[CS+] block[late]:cs[CS+]"),
        # Natural order puts a plus before a minus.
        ("y ~ cs", "cs[CS-]"),
        ("column cs: factor('CS-', 'CS+')\ny ~ cs", "cs[CS+]"),
        ("column cs: factor, ref='CS-'\ny ~ cs", "cs[CS+]"),
        ("column cs: factor, contrast=sum\ny ~ cs", "cs[S.CS+]"),
        ("column cs: factor, contrast=deviation\ny ~ cs", "cs[D.CS-]"),
        ("y ~ dose", "dose[2_mg] dose[10_mg]"),
        ("column dose: factor, ref='2_mg'\ny ~ dose", "dose[1_mg] dose[10_mg]"),
        ("column k: ordered(1..3)\ny ~ k", "k[.L] k[.Q]"),
        ("column k: ordered(1..3), contrast=sdif\ny ~ k", "k[2-1] k[3-2]"),
        ("column k: factor\ny ~ 0 + k", "k[1] k[2] k[3]"),
        ("y ~ l", "l[TRUE]"),
        ("y ~ 0 + l + x", "l[FALSE] l[TRUE] x"),
        ("y ~ factor(k)", "factor(k)[2] factor(k)[3]"),
        ("y ~ k + C(k)", "k C(k)[2] C(k)[3]"),
        ("y ~ C(k,sum)", "C(k,_sum)[S.1] C(k,_sum)[S.2]"),
        ("y ~ C(k,contr.SAS)", "C(k,_contr.SAS)[1] C(k,_contr.SAS)[2]"),
        ("y ~ C(k,helmert)", "C(k,_helmert)[H.2] C(k,_helmert)[H.3]"),
        (
            "y ~ C(k,simple,base=2)",
            "C(k,_simple,_base_=_2)[1] C(k,_simple,_base_=_2)[3]",
        ),
        ("y ~ I(x^2) + log(k+1)", "I(x^2) log(k_+_1)"),
        ("y ~ `x` + x", "x"),
        ("y ~ (x > 0)", "(x_>_0)[TRUE]"),
        ("y ~ x:cs", "x:cs[CS+] x:cs[CS-]"),
        ("y ~ block/x", "block[late] block[early]:x block[late]:x"),
    ],
)
def test_names(text: str, expected: str) -> None:
    # Blanks inside a name are written as `_` above.
    found = [name.replace(" ", "_") for name in names(text.replace("_mg", " mg"))]
    assert found == ["Intercept"] * ("~ 0" not in text) + expected.split()


def test_default_scheme_spares_declared_and_ordered_ones() -> None:
    text = "column k: ordered(1..3)\ncolumn cs: factor, contrast=treatment\n"
    assert names(text + "y ~ block + cs + k + l", "sum") == [
        "Intercept",
        "block[S.early]",
        "cs[CS-]",
        "k[.L]",
        "k[.Q]",
        "l[S.FALSE]",
    ]


def test_columns_say_what_they_are_made_of() -> None:
    columns, _, _ = designed("y ~ x:factor(k) - x:factor(k) + x:l - 1 + 1")
    column = columns[1]
    assert column.term == "x:l"
    assert [part.label for part in column.parts] == ["x", "l[FALSE]"]


def test_dot_is_every_other_column() -> None:
    data = {"y": [1.0, 2.0, 3.0], "b": [1.0, 0.0, 2.0], "a": ["u", "v", "u"]}
    columns, _, _ = designed("y ~ .", data=data)
    assert [column.name for column in columns] == ["Intercept", "b", "a[v]"]


def test_unused_levels_are_dropped_with_a_warning() -> None:
    text = "column cs: factor('CS-', 'CS+', 'CSx')\ny ~ cs"
    columns, _, diagnostics = designed(text)
    assert [column.name for column in columns] == ["Intercept", "cs[CS+]"]
    (warning,) = diagnostics
    assert warning.rule == "unused-level" and warning.severity == "warning"
    assert "`CSx`" in warning.message


def test_levels_are_dropped_after_where() -> None:
    text = "where dose != '2 mg'\ny ~ dose"
    columns, _, diagnostics = designed(text)
    assert [column.name for column in columns] == ["Intercept", "dose[10 mg]"]
    # nobody declared them
    assert [one.rule for one in diagnostics] == ["rows-dropped"]


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("y ~ one", "one-level", "one"),
        ("y ~ 0 + one:x", "one-level", "one"),
        ("y ~ nosuch", "unknown-column", "nosuch"),
        ("y ~ lgo(x)", "unknown-function", "lgo"),
        ("y ~ scale(cs)", "wrong-type", "cs"),
        ("y ~ x:log(poly(x, 2))", "invalid-argument", "poly(x, 2)"),
        ("y ~ scale(x - x)", "cannot-learn", "scale(x - x)"),
        ("y ~ poly(k, 3)", "cannot-learn", "poly(k, 3)"),
        ("y ~ poly(x, 1.5)", "invalid-argument", "1.5"),
        ("y ~ mean(x, by=nosuch)", "unknown-column", "nosuch"),
        ("y ~ min(x, k)", "invalid-argument", "k"),
        ("y ~ relevel(cs, ref='x')", "unknown-level", "'x'"),
        ("y ~ C(cs, contr.sum(3))", "invalid-argument", "contr.sum(3)"),
        ("y ~ C(cs, custom(a=[1, 2, 3]))", "invalid-argument", "custom(a=[1, 2, 3])"),
        ("y ~ C(cs, [[1, 0], [0, 1]])", "invalid-argument", "[[1, 0], [0, 1]]"),
        ("y ~ c(x, k)", "unknown-function", "c"),
        ("y ~ gp(k)", "not-yet", "gp"),
        ("y ~ log(cs)", "wrong-type", "cs"),
        ("y ~ C(cs, smu)", "unknown-contrast", "smu"),
        ("y ~ C(cs, custom)", "invalid-argument", "custom"),
        ("y ~ C(cs, treatment, base='x')", "unknown-level", "'x'"),
        ("y ~ C(cs, sdif, base=1)", "invalid-argument", "1"),
        ("y ~ C(x > 0)", "invalid-argument", "x > 0"),
        ("y ~ factor(nosuch)", "unknown-column", "nosuch"),
        ("y ~ cs == 'CSx'", "unknown-level", "'CSx'"),
    ],
)
def test_faults(text: str, rule: str, place: str) -> None:
    _, _, diagnostics = designed(text)
    (fault,) = [d for d in diagnostics if d.severity == "error"]
    assert fault.rule == rule
    assert fault.source.slice(fault.span) == place


def test_a_thousand_levels_are_no_predictor() -> None:
    data = {"y": np.zeros(2000), "id": [f"s{i}" for i in range(2000)]}
    _, _, (fault,) = designed("y ~ id", data=data)
    assert fault.rule == "too-many-coefficients"
    assert "(1 | id)" in fault.notes[0]


def test_too_many_columns() -> None:
    data = {"y": np.zeros(200), "a": [f"s{i}" for i in range(200)]}
    data["b"] = data["a"]
    columns, _, diagnostics = designed("y ~ a*b", data=data)
    (fault,) = [d for d in diagnostics if d.severity == "error"]
    assert fault.rule == "too-many-coefficients"
    assert len(columns) == 399


# ---- new rows ----------------------------------------------------------------------


def test_new_rows_are_matched_by_name() -> None:
    columns, _, _ = designed(CS + "y ~ cs + x + factor(k)")
    new = table_from_frame(
        {"cs": ["CS+", "CS?", None], "x": [1.0, 2.0, 3.0], "k": [2, 2, 9]}
    )
    expected = [[1, 1, 1, 1, 0], [1, np.nan, 2, 1, 0], [1, np.nan, 3, np.nan, np.nan]]
    np.testing.assert_array_equal(evaluate_columns(columns, new), expected)
    assert unknown_levels(columns, new) == {"cs": ("CS?",), "k": ("9",)}


def test_groups_in_level_order() -> None:
    table = table_from_frame(DATA)
    assert group_levels(("id",), table) == ("s1", "s9", "s10")
    assert group_levels(("k",), table) == ("1", "2", "3")
    assert group_index(("k",), ("1", "2", "3"), table).tolist() == [2, 0, 1] * 4


def test_only_observed_combinations() -> None:
    data = {"a": ["a2", "a1", "a2", None], "b": [10, 9, 9, 9]}
    table = table_from_frame(data)
    levels = group_levels(("a", "b"), table)
    assert levels == ("a1:9", "a2:9", "a2:10")
    assert group_index(("a", "b"), levels, table).tolist() == [2, 0, 1, -1]
    assert group_levels(("b", "a"), table) == ("9:a1", "9:a2", "10:a2")
    new = table_from_frame({"a": ["a1", "a1", "a3"], "b": [9, 10, 9]})
    assert group_index(("a", "b"), levels, new).tolist() == [0, -1, -1]


def test_combinations_with_colons_stay_apart() -> None:
    table = table_from_frame({"a": ["u:v", "u"], "b": ["w", "v:w"]})
    levels = group_levels(("a", "b"), table)
    assert len(set(levels)) == 2
    assert sorted(group_index(("a", "b"), levels, table).tolist()) == [0, 1]


# ---- matrices of one's own ---------------------------------------------------------

ROOT_12, ROOT_24 = 0.353553390593274, 0.408248290463863


@pytest.mark.parametrize(
    ("levels", "scheme", "names", "matrix"),
    [
        # R: contrasts(f) <- cbind(mf = c(-.5, .5, 0)) adds the column that is missing
        (
            "abc",
            "custom(mf = [-1/2, 1/2, 0])",
            ("mf", "rest"),
            [[-0.5, -ROOT_24], [0.5, -ROOT_24], [0.0, 2 * ROOT_24]],
        ),
        (
            "abcd",
            "custom(x = [-0.5, 0.5, 0, 0])",
            ("x", "rest", "rest2"),
            [
                [-0.5, -ROOT_12, -ROOT_12],
                [0.5, -ROOT_12, -ROOT_12],
                [0.0, 0.853553390593274, -0.146446609406726],
                [0.0, -0.146446609406726, 0.853553390593274],
            ],
        ),
        (
            "abcd",
            "[[-1, 0], [1, 0], [0, -1], [0, 1]]",
            ("1", "2", "3"),
            [[-1, 0, -0.5], [1, 0, -0.5], [0, -1, 0.5], [0, 1, 0.5]],
        ),
        (
            "abc",
            'custom("2-1" = [-2/3, 1/3, 1/3], `3-2` = [-1/3, -1/3, 2/3])',
            ("2-1", "3-2"),
            [[-2 / 3, -1 / 3], [1 / 3, -1 / 3], [1 / 3, 2 / 3]],
        ),
    ],
)
def test_matrices(
    levels: str, scheme: str, names: tuple[str, ...], matrix: list[list[float]]
) -> None:
    data = {"y": np.arange(12.0), "f": [*levels] * (12 // len(levels))}
    for text in (f"y ~ C(f, {scheme})", f"column f: factor, contrast={scheme}\ny ~ f"):
        columns, _, diagnostics = designed(text, data=data)
        assert [d for d in diagnostics if d.severity == "error"] == []
        assert tuple(c.name.split("[")[-1][:-1] for c in columns[1:]) == names
        parts = [column.parts[0] for column in columns[1:]]
        assert all(isinstance(part, Coded) for part in parts)
        weights = [part.weights for part in parts if isinstance(part, Coded)]
        np.testing.assert_allclose(np.array(weights).T, matrix, atol=1e-14)


def test_a_matrix_keeps_the_rows_of_levels_in_use() -> None:
    data = {"y": np.arange(4.0), "f": ["a", "c", "a", "c"]}
    text = (
        "column f: factor(a, b, c), contrast=custom(l=[-1, 0, 1], q=[1, -2, 1])\ny ~ f"
    )
    columns, _, _ = designed(text, data=data)
    assert [
        c.parts[0].weights for c in columns[1:] if isinstance(c.parts[0], Coded)
    ] == [
        (-1.0, 1.0),
        (1.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("scheme", "part"),
    [
        ("custom(a=[1, 2])", "for 2 levels, and the factor has 3"),
        ("custom(a=[1, 2, 3], a=[1, 2, 4])", "has the column `a` twice"),
        ("custom(a=[1, 2, 3], b=[1, 2])", "one number a level each"),
        ("custom(a=[1, 2, x])", "must be a list of numbers"),
        ("custom(a=[1, 1, 1])", "a combination of the others"),
        ("custom(a=[1, 2, 3], b=[0, 1, 0], c=[1, 0, 0])", "at most 2 contrasts"),
        ("custom()", "one number a level each"),
        ("[[1], [2]]", "for 2 levels"),
        ("[[1, 2], [2]]", "of equal length"),
        ("[1, 2, 3]", "a list of rows"),
        ("contr.treatment(4)", "for 4 levels"),
        ("contr.sum(3, 2, 1)", "does not take `1` here"),
        ("sdif(base=2)", "no base level"),
        ("3", "the number `3` is no contrast scheme"),
    ],
)
def test_faulty_schemes(scheme: str, part: str) -> None:
    data = {"y": np.arange(6.0), "f": ["a", "b", "c"] * 2}
    _, _, diagnostics = designed(f"y ~ C(f, {scheme})", data=data)
    (fault,) = [d for d in diagnostics if d.severity == "error"]
    assert part in fault.message + " ".join(fault.notes)
