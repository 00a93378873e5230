"""Columns that are constant, tiny or far from 0: what is said of them, and learned."""

from __future__ import annotations

import re
import statistics
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.file import DataFile
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.plain import read_sheet
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check, compile_spec
from varying.compiler.expressions.stateful import Orthogonal
from varying.compiler.lower import default_priors as defaults
from varying.compiler.prepare.derive import Step
from varying.grammar.diagnostics import ModelError, Severity
from varying.grammar.source import Source

CASES = Path(__file__).parents[1] / "references" / "cases"
N = 60
RNG = np.random.default_rng(5)
STEPS = np.arange(float(N))
NOISE = np.where(RNG.random(N) < 0.5, 0.3, 0.1 + 0.2)
DATA: dict[str, Any] = {
    "y": RNG.normal(size=N).round(3),
    "x": RNG.normal(size=N).round(3),
    "g": [f"g{i % 6}" for i in range(N)],
    "p": NOISE,
    "a": np.full(N, 0.1),
    "b": np.full(N, 0.2),
    # the same in each group, and different between them
    "base": np.array([(0.7, 0.1 * 3)[i % 6 % 2] for i in range(N)]) + NOISE - 0.3,
}


def said(text: str, table: Table | DataFile) -> list[tuple[str, str]]:
    """Return what a check says, hints aside: rules and messages."""
    found = check(Request(Source(text), table))
    return [(d.rule, d.message) for d in found if d.severity is not Severity.INFO]


def case(name: str) -> tuple[str, Table]:
    path = CASES / f"{name}.model"
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return rest, read_sheet(path.parent / first.split('"')[1])


def prior(compiled: Compiled, target: str) -> tuple[float, ...]:
    """Return the numbers of a prior as they are shown."""
    (row,) = [row for row in compiled.priors if row.target == target]
    numbers = re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", row.prior.partition("(")[2])
    return tuple(float(number) for number in numbers)


def exact_sd(values: Any) -> float:
    return statistics.stdev(Fraction(float(value)) for value in values)


def effect(sd_of_response: float, step: float) -> float:
    return pytest.approx(defaults.EFFECT_WIDTH * sd_of_response / step, rel=1e-3)


# ---- constant columns ----------------------------------------------------------------

#: Terms that are the same in every row but for rounding, and what is said of each.
CONSTANT = [
    ("p", "the same in every row"),
    ("I(3 * p)", "the same in every row"),
    ("log(p)", "the same in every row"),
    ("I(p/0.3 - 1)", "0 in every row"),
    ("center(p)", "0 in every row"),
    ("I(a + b - p)", "0 in every row"),
    ("between(p, g)", "the same in every row"),
    ("within(base, g)", "0 in every row"),
    ("I(x * (a + b - p))", "0 in every row"),
]


@pytest.mark.parametrize(("term", "what"), CONSTANT)
def test_a_constant_predictor_is_said_once_and_has_no_spread(
    term: str, what: str
) -> None:
    table = table_from_frame(DATA)
    for text in (f"y ~ x + {term}", f"let d = {term}\ny ~ x + d"):
        ((rule, message),) = said(text, table)
        assert rule == "collinear"
        assert what in message
        name = "d" if "let" in text else term
        compiled = compile_spec(Request(Source(text), table))
        (_, sd) = prior(compiled, f"b[{name}]")
        assert sd == effect(exact_sd(DATA["y"]), 1.0)


def test_case_constant_predictor() -> None:
    text, table = case("constant/predictor")
    ((rule, message),) = said(text, table)
    assert (rule, message) == ("collinear", "`p` is the same in every row")
    (_, sd) = prior(compile_spec(Request(Source(text), table)), "b[p]")
    assert sd == effect(exact_sd(table.columns["y"].values), 1.0)


def test_case_between() -> None:
    text, table = case("between/between")
    rules = [rule for rule, _ in said(text, table)]
    assert rules == ["collinear"]
    found = compile_spec(Request(Source(text), table)).prepared.table
    of = found.columns["between(dose, subj)"].values
    mean = sum(map(Fraction, table.columns["dose"].values.tolist())) / table.rows
    assert set(of.tolist()) == {float(mean)}
    ((rule, _),) = said(case("between/scale")[0], table)
    assert rule == "cannot-learn"


def test_group_means_are_equal_but_for_rounding_in_any_order() -> None:
    groups = {
        "a": [0.1, 0.2, 0.3, 0.4],
        "b": [0.4, 0.3, 0.1, 0.2] * 3,
        "c": [0.25],
        "d": [0.1 + 0.15],
        "e": [0.7],
    }
    rows = [(g, x) for g, values in groups.items() for x in values]
    found = []
    for _ in range(5):
        data = {"g": [g for g, _ in rows], "x": [x for _, x in rows]}
        data["y"] = RNG.normal(size=len(rows)).tolist()
        compiled = compile_spec(
            Request(Source("y ~ between(x, g)"), table_from_frame(data))
        ).prepared.table
        means = compiled.columns["between(x, g)"].values
        found.append(dict(zip(data["g"], means.tolist(), strict=True)))
        RNG.shuffle(rows)
    assert all(one == found[0] for one in found)
    assert found[0] == {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25, "e": 0.7}


# ---- polynomials ---------------------------------------------------------------------


def test_case_poly_of_values_that_rounding_parts() -> None:
    text, table = case("poly2/poly")
    ((rule, message),) = said(text, table)
    assert rule == "cannot-learn"
    assert "needs more than 2 different values, and there are 2" in message


POLYNOMIALS = [
    ("poly(x, 1)", np.where(RNG.random(N) < 0.3, 0.1, NOISE)),
    ("poly(x, 2)", np.where(RNG.random(N) < 0.3, 0.1, NOISE) + (STEPS > 50)),
    ("poly(x, 4)", 1.7e9 + STEPS),
    ("poly(x, 4)", 1.7e15 + STEPS),
    ("poly(x, 4)", 2460000.5 + STEPS / 86400),
    ("poly(x, 9)", 1e-19 * (5 + STEPS)),
    ("poly(x, 9)", 1e15 * (5 + STEPS)),
    ("poly(x, 6)", np.exp(DATA["x"])),
]


@pytest.mark.parametrize(("call", "x"), POLYNOMIALS)
def test_polynomials_are_orthonormal(call: str, x: Any) -> None:
    data = {**DATA, "x": x}
    found = compile_spec(
        Request(Source(f"y ~ {call}"), table_from_frame(data))
    ).prepared.table
    columns = [found.columns[name].values for name in found.calls[call]]
    matrix = np.column_stack([np.full(N, N**-0.5), *columns])
    assert np.abs(matrix.T @ matrix - np.eye(len(columns) + 1)).max() < 1e-12


# ---- tiny, and far from 0 ------------------------------------------------------------


def test_case_tiny() -> None:
    text, table = case("tiny/scale")
    assert said(text, table) == []
    compiled = compile_spec(Request(Source(text), table))
    scaled = compiled.prepared.table.columns["scale(J)"].values
    assert exact_sd(scaled) == pytest.approx(1.0, rel=1e-14)
    assert abs(scaled.sum()) < 1e-13
    text, table = case("tiny/response")
    assert said(text, table) == []
    response, y = (table.columns[name].values for name in ("J", "y"))
    compiled = compile_spec(Request(Source(text), table))
    assert prior(compiled, "b[y]")[1] == effect(exact_sd(response), exact_sd(y))
    (rate,) = prior(compiled, "sigma")
    assert rate == pytest.approx(1.0 / exact_sd(response), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("stamp/stamp", "t"),
        ("false_constant/m", "t"),
        ("ns/gauss", "t"),
    ],
)
def test_cases_of_times_since_1970(name: str, column: str) -> None:
    text, table = case(name)
    assert said(text, table) == []
    y, x = (table.columns[one].values for one in ("y", column))
    (_, sd) = prior(compile_spec(Request(Source(text), table)), f"b[{column}]")
    assert sd == effect(exact_sd(y), exact_sd(x))


def test_case_nanoseconds() -> None:
    text, table = case("ns/ns")
    ((rule, message),) = said(text, table)
    assert rule == "level-per-row"
    assert message == "`ns` is taken as a text with 60 levels in 60 rows"
    # nothing can be learned of levels of one row, by `(1 | ns)` either
    notes = [
        note for found in check(Request(Source(text), table)) for note in found.notes
    ]
    assert any("column ns: numeric" in note for note in notes)
    assert not any("(1 | ns)" in note for note in notes)
    text, table = case("ns/ns_num")
    assert said(text, table) == []
    compiled = compile_spec(Request(Source(text), table))
    found = compiled.prepared.table.columns["ns"].values
    assert found.tolist() == [float(level) for level in table.columns["ns"].levels]
    y = table.columns["y"].values
    assert prior(compiled, "b[ns]")[1] == effect(exact_sd(y), exact_sd(found))
    # a frame has whole numbers of 64 bits
    frame = {"ns": np.array([int(level) for level in table.columns["ns"].levels])}
    ((rule, _),) = said("y ~ ns", table_from_frame({**frame, "y": y}))
    assert rule == "level-per-row"
    assert said(text, table_from_frame({**frame, "y": y})) == []


def test_case_counts_over_microseconds() -> None:
    text, table = case("ns/poisson")
    assert said(text, table) == []
    (_, sd) = prior(compile_spec(Request(Source(text), table)), "b[t]")
    step = exact_sd(table.columns["t"].values)
    assert sd == pytest.approx(defaults.EFFECT_WIDTH_LOG / step, rel=1e-3)


def test_a_multiple_names_its_pair() -> None:
    _, table = case("stamp/stamp")
    ((_, message),) = said("y ~ t + z + J + J2", table)
    assert message == "`J2` is an exact multiple of `J`"
    ((_, message),) = said("let h = t / 3600\ny ~ t + J + h", table)
    assert message == "`h` is an exact multiple of `t`"
    ((_, message),) = said("let k = t - 1700000000\ny ~ t + k", table)
    assert message == "`k` is an exact combination of `Intercept`, `t`"


@pytest.mark.parametrize("origin", [0.0, 1.7e9, 1.7e12])
def test_products_with_times_are_no_multiples(origin: float) -> None:
    table = table_from_frame({**DATA, "t": origin + STEPS, "f": DATA["g"]})
    assert said("y ~ x * t", table) == []
    assert said("y ~ t * f", table) == []
    assert said("let xt = x * t\ny ~ x + t + xt", table) == []
    (found,) = said("let xt = x * t\ny ~ x * t + xt", table)
    assert found == ("collinear", "`x:t` is an exact multiple of `xt`")


@pytest.mark.parametrize("unit", [1e-20, 1e-9, 1.0, 1e9, 1e15])
def test_what_is_said_depends_on_no_unit(unit: float) -> None:
    x, w = DATA["x"] * unit, RNG.normal(size=N)
    data = {
        **DATA,
        "x": x,
        "w": w,
        "double": 2 * x,
        "sum": np.abs(x) + w * unit,
        "two": np.where(w > 0, 0.1, 0.3) * unit,
    }
    table = table_from_frame(data)
    assert said("y ~ scale(x) + poly(w, 2) + two + sum", table) == []
    ((_, message),) = said("y ~ x + w + double", table)
    assert message == "`double` is an exact multiple of `x`"
    compiled = compile_spec(Request(Source("x ~ two + w"), table))
    sd = exact_sd(x)
    assert prior(compiled, "b[two]")[1] == effect(sd, 0.2 * unit)
    assert prior(compiled, "b[w]")[1] == effect(sd, exact_sd(w))


# ---- constant responses --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("constant/response", "the response `p` is 0.1 in every row"),
        ("constant_response/m", "the response `y` is 3 in every row"),
        ("constant_response/lognormal", "the response `y` is 3 in every row"),
    ],
)
def test_case_constant_response(name: str, message: str) -> None:
    text, table = case(name)
    found = said(text, table)
    assert ("constant-response", message) in found
    with pytest.raises(ModelError) as caught:
        compile_spec(Request(Source(text), table))
    errors = [d.rule for d in caught.value.diagnostics if d.severity == "error"]
    assert errors == ["constant-response"]


# ---- the order of rows, and rows that are counted ------------------------------------

ORDERLESS = """\
let late = t - 1700000000
y ~ x + between(x, g) + scale(t) + poly(w, 2) + two + late, family={family}
"""


@pytest.mark.parametrize("family", ["gaussian", "student", "lognormal"])
def test_no_order_of_rows_changes_what_is_said_or_learned(
    family: str, tmp_path: Path
) -> None:
    size = 240
    place = RNG.integers(0, 40, size)
    data = {
        "y": np.round(np.exp(RNG.normal(size=40)), 1)[place] + 0.1,
        "x": RNG.normal(size=40).round(1)[place],
        "w": np.array([0.1, 0.3, 0.1 + 0.2, 0.7])[place % 4],
        "t": 1.7e9 + place,
        "g": [f"g{k % 5}" for k in place],
        "two": np.array([0.1, 0.3, 0.1 + 0.2])[place % 3],
    }
    text = ORDERLESS.format(family=family)
    found = []
    for order in (np.arange(size), RNG.permutation(size)):
        shuffled = {name: np.array(values)[order] for name, values in data.items()}
        path = tmp_path / "d.csv"
        rows = zip(*(v.tolist() for v in shuffled.values()), strict=True)
        lines = [",".join(data), *(",".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines), "utf-8")
        for reduce in (False, True):
            table = DataFile(path, reduce)
            compiled = compile_spec(Request(Source(text), table))
            learned = [
                m.state for m in compiled.prepared.computed if isinstance(m, Step)
            ]
            told = said(text, table)
            priors = [(row.target, row.prior) for row in compiled.priors]
            assert (compiled.prepared.table.counts is None) is not reduce
            found.append((priors, sorted(told), learned))
    for one in found[1:]:
        assert one[:2] == found[0][:2]
    assert [rule for rule, _ in found[0][1]] == ["collinear"]
    for *_, learned in found:
        for state, first in zip(learned, found[0][2], strict=True):
            if isinstance(state, Orthogonal):  # sums of products, to the last bits
                assert state.shifts == pytest.approx(first.shifts, rel=1e-13, abs=1e-15)
                assert (state.origin, state.unit) == (first.origin, first.unit)
            else:
                assert state == first
