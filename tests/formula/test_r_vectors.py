"""Terms, design matrices and group blocks against vectors made by R and lme4.

``tests/references/r_design_vectors.json`` holds numbers that R printed; how R's
names become ours is written down here once more, apart from the compiler.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.bind.membership import Membership
from varying.compiler.data.codes import group_index, group_levels
from varying.compiler.data.custom_contrast import Custom
from varying.compiler.data.levels import natural_order
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.expressions.evaluation import evaluate
from varying.compiler.formula.coding import code
from varying.compiler.formula.columns import INTERCEPT, DesignColumn
from varying.compiler.formula.design import evaluate_columns
from varying.compiler.formula.expansion import Expansion
from varying.compiler.formula.group_options import group_options
from varying.compiler.formula.groups import expand_group, known_factors
from varying.compiler.formula.terms import expand, expand_bar
from varying.compiler.prepare.rows import Prepared, prepare
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source

FILE = Path(__file__).parents[1] / "references" / "r_design_vectors.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))

# Vectors that are not compared: the rule that is reported instead ("" where the
# formula is accepted and differs by design), and the reason.
TERMS_EXCLUDED = {
    "T59": ("missing-response", "a model needs a response"),
    "T77": ("response-as-predictor", "R drops or keeps the response with a warning"),
}
DESIGN_EXCLUDED = {
    "S01": ("", "texts are in natural order: a, a2, a10"),
    "S02": ("", "texts are in natural order: 2, 9, 10"),
}
Z_EXCLUDED = {
    "C10": "lme4 does not apply contrasts= to group effects, a `column` does",
    "Z09": "`||` is diagonal over contrast columns, not lme4's full dummies",
    "Z11": "`||` is diagonal over contrast columns, not lme4's full dummies",
    "Z42": "the same group effect twice is for bind to refuse",
}
EDGES = {
    "E01": "invalid-power",
    "E02": "invalid-power",
    "E04": "invalid-term",
    "E05": "invalid-term",
    "E10": "one-level",
    "E11": "one-level",
    "E13": "response-as-predictor",
    "E14": "response-as-predictor",
    "E16": "bare-bar",
    "E17": "bare-bar",
    "E20": "unknown-column",
    "E22": "two-bars",
    "E23": "group-in-interaction",
    "E25": "group-in-interaction",
    "E28": "invalid-group",
    "E29": "invalid-term",
    "E31": "one-level",
    "E34": "invalid-group",
    "E35": "invalid-group",
    "E37": "invalid-group",
    "E38": "missing-response",
    "E41": "invalid-group",
}
EDGES_ACCEPTED = {
    "E07": "`a:1` is no term, as in R, with a warning",
    "E08": "`a*0` is `a` without intercept, as in R",
    "E19": "`(1 | g*s)` is expanded, as by brms",
    "E26": "`(1 | g) - 1` has no intercept, as by brms; lme4 loses the -1",
    "E32": "`(1 || g)` is `(1 | g)`; lme4 fails on it",
    "E40": "more parentheses change nothing",
}
BRMS_EXCLUDED = {
    "B16": (None, "gr(by=): of rows, see `group-not-nested`; brms refuses it too"),
}


def by_id(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in entries}


TERMS = by_id(VECTORS["terms_vectors"])
DESIGN = by_id(VECTORS["design_vectors"])
EDGE = by_id(VECTORS["edge_vectors"])
BRMS = by_id(VECTORS["brms_re_vectors"])


# ---- R's data and names ------------------------------------------------------------


def table_of(name: str, contrasts: dict[str, Any] | None = None) -> Table:
    data = VECTORS["data"][name]
    columns = {}
    for column, entry in data["columns"].items():
        scheme: str | Custom | None = None
        if "contrasts" in entry:
            scheme = scheme_of(entry, entry["contrasts"])
        if contrasts and column in contrasts:
            argument = contrasts[column]
            if isinstance(argument, str):
                scheme = argument.removeprefix("contr.")
            else:
                scheme = scheme_of(entry, argument)
        columns[column] = column_of(column, entry, scheme)
    return Table(name, columns, data["n"])


def scheme_of(entry: dict[str, Any], matrix: dict[str, Any]) -> str | Custom:
    """Return a matrix of R's as a scheme; that of sum coding by its name."""
    if matrix["colnames"] is None:
        return "sum"
    columns = tuple(zip(*matrix["matrix"], strict=True))
    return Custom(tuple(entry["levels"]), tuple(matrix["colnames"]), columns)


def column_of(name: str, entry: dict[str, Any], scheme: str | Custom | None) -> Column:
    values, kind = entry["values"], entry["type"]
    if kind in ("numeric", "integer"):
        numbers = [np.nan if value is None else value for value in values]
        return Column(name, Kind(kind), np.array(numbers, dtype=np.float64))
    if kind == "logical":
        levels: tuple[str, ...] = ("FALSE", "TRUE")
        values = [None if value is None else str(value).upper() for value in values]
    elif kind == "character":
        levels = natural_order({value for value in values if value is not None})
    else:
        listed = entry["levels"]
        levels = (listed,) if isinstance(listed, str) else tuple(listed)
    codes = [-1 if value is None else levels.index(value) for value in values]
    kinds = {"character": Kind.TEXT, "factor": Kind.FACTOR}
    return Column(
        name,
        kinds.get(kind) or Kind(kind),
        np.array(codes, dtype=np.int64),
        levels,
        contrast=scheme,
    )


def our_name(name: str, table: Table) -> str:
    """Translate R's name of a column into ours: `aa2:x` to `a[a2]:x`."""
    if name == "(Intercept)":
        return "Intercept"
    pieces = re.split(r":(?![^(]*\))", name)
    return ":".join(our_piece(piece, table) for piece in pieces)


def our_piece(piece: str, table: Table) -> str:
    several = re.fullmatch(r"(poly\(.*\))(\d+)", piece)
    if several:
        return f"{several[1]}[{several[2]}]"
    call = re.fullmatch(
        r"(factor|C|relevel)\((\w+)(, contr\.(\w+)|, ref = .*)?\)(.*)", piece
    )
    if call:
        variable, rest = piece[: len(piece) - len(call[5])], call[5]
        column = table.columns[call[2]]
        scheme: str | Custom | None = call[4]
    else:
        variable = max(
            (c for c in table.columns if piece.startswith(c)), key=len, default=piece
        )
        rest = piece[len(variable) :]
        if not rest or "(" in rest:
            return piece
        column = table.columns.get(variable) or Column(
            variable, Kind.NUMERIC, np.zeros(0)
        )
        scheme = column.contrast
    levels = column.levels or tuple(
        f"{value:g}" for value in sorted(set(column.values.tolist()))
    )
    if column.kind.is_number and not call:
        return piece
    if rest in levels:
        return f"{variable}[{rest}]"
    if scheme == "sum":
        rest = f"S.{levels[int(rest) - 1]}"
    return f"{variable}[{rest}]"


# ---- our side ----------------------------------------------------------------------


class Compiled:
    """A formula taken through the design stage."""

    def __init__(self, formula: str, table: Table) -> None:
        source = Source(formula)
        self.sink = Sink(source)
        self.expansion: Expansion | None = None
        self.prepared: Prepared | None = None
        spec = parse(source, self.sink)
        if self.sink.failed:
            return
        written = spec.models[0].formula
        names = tuple(table.columns)
        self.expansion = expand(written.terms, written.response, names, self.sink)
        self.prepared = prepare(spec, table, self.sink)
        schema = self.prepared.schema
        columns = code(
            self.expansion.terms, self.expansion.intercept, schema, self.sink
        ).columns
        self.columns = self.with_intercept(columns, self.expansion)
        # Grouping, bar and columns of every block.
        self.blocks: list[tuple[tuple[str, ...], str, tuple[DesignColumn, ...]]] = []
        for bar in self.expansion.groups:
            inside = expand_bar(bar, written.response, names, self.sink)
            effects = code(inside.terms, inside.intercept, schema, self.sink).columns
            for factors in expand_group(bar.group, self.sink):
                if not known_factors(factors, bar.group, schema, self.sink):
                    continue
                options = group_options(bar.group, self.sink)
                if options is not None and options.members is not None:
                    factors = (Membership(factors).name,)
                whole = self.with_intercept(effects, inside)
                self.blocks.append((factors, bar.bar, whole))

    @staticmethod
    def with_intercept(
        columns: tuple[DesignColumn, ...], expansion: Expansion
    ) -> tuple[DesignColumn, ...]:
        return (INTERCEPT, *columns) if expansion.intercept else columns

    @property
    def rules(self) -> list[str]:
        return [d.rule for d in self.sink.diagnostics if d.severity == "error"]


def compiled(
    entry: dict[str, Any], contrasts: dict[str, Any] | None = None
) -> Compiled:
    return Compiled(entry["formula"], table_of(entry.get("data", "d1"), contrasts))


# ---- terms -------------------------------------------------------------------------


@pytest.mark.parametrize("id_", [id_ for id_ in TERMS if id_ not in TERMS_EXCLUDED])
def test_terms(id_: str) -> None:
    entry = TERMS[id_]
    source = Source(entry["formula"])
    sink = Sink(source)
    formula = parse(source, sink).models[0].formula
    names = tuple(VECTORS["data"][entry.get("data", "d1")]["columns"])
    expansion = expand(formula.terms, formula.response, names, sink)
    # what R leaves out without a word is a warning
    warned = ["vanishing-term"] if id_ in ("T52", "T56") else []
    assert [found.rule for found in sink.diagnostics] == warned
    assert [term.label for term in expansion.terms] == entry["term_labels"]
    assert [len(term.variables) for term in expansion.terms] == entry["order"]
    assert expansion.intercept == bool(entry["intercept"])
    assert len(expansion.offsets) == len(entry["offset"])


@pytest.mark.parametrize("id_", TERMS_EXCLUDED)
def test_terms_refused(id_: str) -> None:
    assert TERMS_EXCLUDED[id_][0] in compiled(TERMS[id_]).rules


# ---- population-level design -------------------------------------------------------


@pytest.mark.parametrize("id_", [id_ for id_ in DESIGN if id_ not in DESIGN_EXCLUDED])
def test_design(id_: str) -> None:
    entry = DESIGN[id_]
    contrasts = entry.get("contrasts_arg")
    ours = compiled(entry, contrasts)
    assert ours.rules == []
    assert ours.prepared is not None and ours.expansion is not None
    table = ours.prepared.table
    assert table.rows == entry["n_used"]
    assert (ours.prepared.rows + 1).tolist() == entry["rows_used"]
    assert len(ours.prepared.dropped) == ours.prepared.read - table.rows
    expected = np.array(entry["X"]["matrix"], dtype=np.float64)
    expected = expected.reshape(table.rows, -1)
    whole = table_of(entry["data"], contrasts)
    assert [column.name for column in ours.columns] == [
        our_name(name, whole) for name in entry["X"]["colnames"] or []
    ]
    matrix = evaluate_columns(ours.columns, table)
    np.testing.assert_allclose(matrix, expected, rtol=0, atol=1e-12)
    if "offset" in entry:
        offsets = [evaluate(offset, table) for offset in ours.expansion.offsets]
        np.testing.assert_allclose(sum(offsets), entry["offset"])


@pytest.mark.parametrize("id_", DESIGN_EXCLUDED)
def test_design_refused(id_: str) -> None:
    rule = DESIGN_EXCLUDED[id_][0]
    assert compiled(DESIGN[id_]).rules[:1] == ([rule] if rule else [])


# ---- group-level design ------------------------------------------------------------

WITH_Z = [
    id_
    for id_, entry in DESIGN.items()
    if "Z" in entry and id_ not in DESIGN_EXCLUDED and id_ not in Z_EXCLUDED
]


@pytest.mark.parametrize("id_", WITH_Z)
def test_groups(id_: str) -> None:
    entry = DESIGN[id_]
    ours = compiled(entry)
    assert ours.prepared is not None
    table = ours.prepared.table
    theirs: dict[Any, list[float]] = {}
    counts: list[int] = []
    for block in entry["Z"]:
        # lme4 writes g/s as s:g; the order of levels is checked in its order.
        factors = tuple(block["group"].split(":"))
        levels = group_levels(factors, table)
        assert list(levels) == block["levels"]
        index = group_index(factors, levels, table)
        assert (index + 1).tolist() == block["group_index"]
        names = [our_name(name, table) for name in block["cnms"]]
        matrix = np.array(block["matrix"], dtype=np.float64)
        counts.append(len(names) * (len(names) + 1) // 2)
        for place, level in enumerate(levels):
            cell = frozenset(zip(factors, level.split(":"), strict=True))
            for offset, name in enumerate(names):
                column = matrix[:, place * len(names) + offset]
                theirs[frozenset(factors), cell, name] = column.tolist()
    assert sum(counts) == entry["n_theta"]
    our: dict[Any, list[float]] = {}
    parameters = 0
    for factors, bar, columns in ours.blocks:
        levels = group_levels(factors, table)
        index = group_index(factors, levels, table)
        matrix = evaluate_columns(columns, table)
        size = len(columns)
        parameters += size if bar == "||" else size * (size + 1) // 2
        for place, level in enumerate(levels):
            cell = frozenset(zip(factors, level.split(":"), strict=True))
            for offset, column in enumerate(columns):
                values = np.where(index == place, matrix[:, offset], 0.0)
                our[frozenset(factors), cell, column.name] = values.tolist()
    assert our.keys() == theirs.keys()
    for key, values in theirs.items():
        np.testing.assert_allclose(our[key], values, rtol=0, atol=1e-12)
    assert parameters == entry["n_theta"]


@pytest.mark.parametrize("id_", [id_ for id_ in BRMS if id_ not in BRMS_EXCLUDED])
def test_groups_of_brms(id_: str) -> None:
    entry = BRMS[id_]
    ours = compiled(entry)
    assert ours.rules == []
    table = table_of("d1")
    got = Counter(
        (":".join(factors), column.name, bar == "|")
        for factors, bar, columns in ours.blocks
        for column in columns
    )
    expected = Counter(
        (effect["group"], brms_name(effect["coef"], table), effect["cor"])
        for effect in entry["re"]
    )
    assert got == expected
    names = [brms_name(name, table) for name in entry["X_names"]]
    assert [column.name for column in ours.columns] == names


def brms_name(name: str, table: Table) -> str:
    return name if name == "Intercept" else our_name(name, table)


@pytest.mark.parametrize("id_", BRMS_EXCLUDED)
def test_brms_refused(id_: str) -> None:
    rule = BRMS_EXCLUDED[id_][0]
    assert rule is None or rule in compiled(BRMS[id_]).rules


# ---- edges -------------------------------------------------------------------------


@pytest.mark.parametrize(("id_", "rule"), EDGES.items())
def test_edges_refused(id_: str, rule: str) -> None:
    assert compiled(EDGE[id_]).rules[:1] == [rule]


@pytest.mark.parametrize("id_", EDGES_ACCEPTED)
def test_edges_accepted(id_: str) -> None:
    entry = EDGE[id_]
    ours = compiled(entry)
    assert ours.rules == []
    assert ours.expansion is not None
    if "term_labels" in entry:
        assert [t.label for t in ours.expansion.terms] == entry["term_labels"]
        assert ours.expansion.intercept == bool(entry["intercept"])
    if id_ == "E26":
        assert not ours.expansion.intercept


# ---- the account -------------------------------------------------------------------


def test_every_vector_is_accounted_for() -> None:
    account = {
        "terms": (len(TERMS) - len(TERMS_EXCLUDED), len(TERMS_EXCLUDED)),
        "design X": (len(DESIGN) - len(DESIGN_EXCLUDED), len(DESIGN_EXCLUDED)),
        "design Z": (
            len(WITH_Z),
            sum("Z" in entry for entry in DESIGN.values()) - len(WITH_Z),
        ),
        "edges": (len(EDGES) + len(EDGES_ACCEPTED), 0),
        "brms groups": (len(BRMS) - len(BRMS_EXCLUDED), len(BRMS_EXCLUDED)),
    }
    for name, (compared, excluded) in account.items():
        print(f"{name}: {compared} compared, {excluded} excluded")
    assert account == {
        "terms": (53, 2),
        "design X": (82, 2),
        "design Z": (25, 5),
        "edges": (28, 0),
        "brms groups": (15, 1),
    }
    assert set(EDGE) == set(EDGES) | set(EDGES_ACCEPTED)
    assert set(TERMS_EXCLUDED) <= set(TERMS)
    assert set(DESIGN_EXCLUDED) | set(Z_EXCLUDED) <= set(DESIGN)


# ---- random formulas ---------------------------------------------------------------

RANDOM = json.loads((FILE.parent / "random_designs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", RANDOM, ids=lambda entry: entry["formula"])
def test_random_formula(entry: dict[str, Any]) -> None:
    ours = compiled(entry)
    assert ours.rules == []
    assert ours.prepared is not None and ours.expansion is not None
    table = ours.prepared.table
    np.testing.assert_allclose(
        evaluate_columns(ours.columns, table),
        np.array(entry["X"], dtype=np.float64).reshape(table.rows, -1),
        rtol=0,
        atol=1e-10,
    )
    if "Z" not in entry:
        # a condition among terms keeps its parentheses
        ours_, theirs_ = (
            [label.replace("(x > 0)", "x > 0") for label in labels]
            for labels in ([t.label for t in ours.expansion.terms], entry["labels"])
        )
        assert ours_ == theirs_
        assert ours.expansion.intercept == bool(entry["intercept"])
        return
    theirs: Counter[Any] = Counter()
    for block in entry["Z"]:
        factors = block["group"].split(":")
        assert list(group_levels(factors, table)) == block["levels"]
        for name in block["names"]:
            theirs[frozenset(factors), our_name(name, table)] += 1
    assert theirs == Counter(
        (frozenset(factors), column.name)
        for factors, _, columns in ours.blocks
        for column in columns
    )


def test_there_are_random_formulas() -> None:
    assert sum("Z" in entry for entry in RANDOM) > 70
    assert sum("Z" not in entry for entry in RANDOM) > 100
