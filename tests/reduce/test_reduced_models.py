"""A reduced file gives the model of all its rows: learned numbers, priors, density."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from varying.compiler.bind.response import response_values
from varying.compiler.compiled import Compiled
from varying.compiler.data import weighted
from varying.compiler.data.file import DataFile
from varying.compiler.driver import Request, check, compile_spec
from varying.compiler.families import FAMILIES
from varying.compiler.lower.learn import learn
from varying.compiler.passes import for_sampling
from varying.compiler.passes.end_below_responses import end_below_responses
from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source

from ..agreement.harness import (
    SOURCE_DENSITY,
    along,
    by_graph,
    by_reference,
    by_source,
    emit_source,
    in_units,
    interpreted,
    random_point,
    random_ways,
)
from ..strategies import WRITTEN, Case, random_case

SEEDS = tuple(range(60))
#: One of each family that is not written once, whose graphs are compared.
GRAPHS = (0, 1, 2, 3, 4, 6, 7, 9)


def repeated(case: Case) -> pd.DataFrame:
    """Return the data with each row a few times, in any order."""
    rng = np.random.default_rng([22, case.seed])
    times = rng.integers(1, 5, len(case.data))
    rows = rng.permutation(np.repeat(np.arange(len(case.data)), times))
    return case.data.iloc[rows].reset_index(drop=True)


def write(data: pd.DataFrame, kind: str, folder: Path) -> Path:
    path = folder / f"case.{kind}"
    if kind == "csv":
        data.to_csv(path, index=False)
        return path
    columns = {
        str(name): [None if pd.isna(value) else value for value in column]
        for name, column in data.items()
    }
    pl.DataFrame(columns).write_parquet(path)
    return path


def both(case: Case, kind: str, folder: Path) -> tuple[Compiled, Compiled]:
    """Compile against all rows, and against cells."""
    path = write(repeated(case), kind, folder)
    case.write_matrices(folder)
    source = Source(f'data "{path.name}"\n{case.text}', "case.model")
    whole, reduced = (
        compile_spec(Request(source, base=folder, model="main", reduce=reduce))
        for reduce in (False, True)
    )
    # what reads the row before needs every row
    assert (reduced.prepared.table.counts is None) == ("lag" in case.features)
    return whole, reduced


def numbers(value: object) -> Iterator[float]:
    """Yield all numbers in a record."""
    if is_dataclass(value):
        for one in fields(value):
            yield from numbers(getattr(value, one.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, np.ndarray):
        yield from value.ravel().tolist()
    elif isinstance(value, float | int):
        yield float(value)


def said(found: tuple[Diagnostic, ...]) -> list[tuple[object, ...]]:
    """Return what is said, but for the reduction and the rows of missing values."""
    return [
        (d.rule, d.span, d.message, [n for n in d.notes if "missing in" not in n])
        for d in found
        if d.rule != "rows-reduced"
    ]


@pytest.mark.parametrize(
    ("seed", "family"),
    [*((seed, None) for seed in SEEDS), *((0, family) for family in WRITTEN)],
)
def test_cells_are_the_rows(seed: int, family: str | None, tmp_path: Path) -> None:
    case = random_case(seed, family)
    kind = "parquet" if seed % 3 == 1 else "csv"
    whole, reduced = both(case, kind, tmp_path)
    if "lag" in case.features:
        assert reduced.diagnostics == whole.diagnostics
        return
    assert reduced.prepared.table.rows < whole.prepared.table.rows
    assert reduced.prepared.table.total == whole.prepared.table.rows
    assert reduced.prepared.read == whole.prepared.read
    assert reduced.prepared.left_out == whole.prepared.left_out
    reasons: list[Counter[str]] = [Counter(), Counter()]
    for counter, compiled in zip(reasons, (whole, reduced), strict=True):
        for gone in compiled.prepared.dropped:
            counter[gone.reason] += gone.count
    assert reasons[0] == reasons[1]
    assert set(reduced.prepared.rows.tolist()) <= set(whole.prepared.rows.tolist())
    assert said(reduced.diagnostics) == said(whole.diagnostics)
    assert [d.rule for d in reduced.diagnostics].count("rows-reduced") == 1
    learned = [
        learn(
            c.bound,
            c.prepared.table,
            response_values(c.bound.response, table),
            c.prepared.computed,
        )
        for c in (whole, reduced)
        for table in (c.prepared.table,)
    ]
    there, here = (np.array(list(numbers(one))) for one in learned)
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-13)
    assert reduced.priors == whole.priors
    rng = np.random.default_rng(seed)
    point = random_point(rng, whole.program, whole.frame, 0.5)
    ways = random_ways(rng, point)
    expected = interpreted(whole.program, whole.frame, point, ways)
    found = interpreted(reduced.program, reduced.frame, point, ways)
    assert expected.difference(found).rounding, case.text
    # the same numbers are another point where the chart of a shift ends elsewhere
    expected = interpreted(
        *end_below_responses(whole.program, whole.frame), point, ways
    )
    merged = for_sampling(reduced.program, reduced.frame)
    found = along(in_units(*merged), point, ways)
    assert expected.difference(found).rounding, case.text
    # a graph counts rows by one statement, whatever the density that is written once
    if seed in GRAPHS and family in (None, WRITTEN[0]):
        program, frame = reduced.program, reduced.frame
        expected = by_reference(program, frame, point, slopes=False)
        graph = by_graph(program, frame, slopes=False)(point)
        assert expected.difference(graph).density < 1e-7
        if kind == "csv":
            # a script reads every row of the file
            text = emit_source(reduced)
            script = by_source(text, tmp_path / "case.csv", slopes=False)
            assert expected.difference(script(point)).density < SOURCE_DENSITY


def test_every_family_has_a_graph() -> None:
    met = {f for seed in GRAPHS for f in random_case(seed).features}
    assert set(FAMILIES) <= met | set(WRITTEN)
    # cells of responses that differ have a density of their own
    pooled = {name for name, family in FAMILIES.items() if family.pooled is not None}
    assert pooled <= met


# ---- statistics ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_statistics_of_counted_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 12))
    values = rng.normal(1e3, 1.0, size).round(int(rng.integers(0, 4)))
    counts = rng.integers(1, 6, size)
    rows = np.repeat(values, counts)
    close = pytest.approx
    assert weighted.total(values, counts) == len(rows)
    assert weighted.mean(values, counts) == close(rows.mean(), rel=1e-14)
    spread = rows.std(ddof=1) if len(rows) > 1 else 0.0
    assert weighted.sd(values, counts) == close(spread, rel=1e-11, abs=1e-12)
    probs = [0.0, 0.05, 0.25, 0.5, 0.9, 1.0]
    expected = np.quantile(rows, probs)
    assert weighted.quantiles(values, probs, counts) == close(expected, rel=1e-14)
    middle = np.quantile(rows, 0.5, method="inverted_cdf")
    assert weighted.lower_median(values, counts) == middle


@pytest.mark.parametrize("family", FAMILIES)
def test_moments_of_counted_responses(family: str) -> None:
    rng = np.random.default_rng(3)
    moments = FAMILIES[family].moments
    values = rng.integers(1, 9, 12).astype(float)
    more: dict[str, Any] = {n: 10.0 * values for n in FAMILIES[family].known}
    if FAMILIES[family].thresholds:
        more["categories"] = 9
    for counts in (
        rng.integers(1, 9, 12),
        np.full(12, 1),
        np.eye(12, dtype=int)[0] + 1,
    ):
        found = moments(values, counts, **more)
        whole = {
            n: m if n == "categories" else m.repeat(counts) for n, m in more.items()
        }
        expected = moments(np.repeat(values, counts), **whole)
        assert found.m == pytest.approx(expected.m, rel=1e-13)
        assert found.s == pytest.approx(expected.s, rel=1e-13)


# ---- diagnostics ---------------------------------------------------------------------

DATA = """id,y,k,g,a,x,n,sigma
1,1.5,2,u,p,1,3,1
2,1.5,2,u,p,1,3,1
3,,3,v,p,2,4,1
4,2.5,3,v,q,2,4,1
5,2.5,3,v,q,2,-1,1
6,9,99,w,q,2.5,5,1
7,9,99,w,q,2.5,5,1
8,1e200,99,w,q,0,5,1
9,-1,1,w,r,0,5,1
10,-1,1,w,r,0,5,1
"""

FAULTS = {
    "unknown column": "y ~ idd + (1 | g)",
    "unknown column of let": "let z = log(idd)\ny ~ z",
    "let over a column": "let id = x\ny ~ id + x",
    "undeclared": "column k: ordered(1..3)\nk ~ x, family=ordlogit",
    "undeclared, left out": "column k: ordered(1..3)\nwhere k < 9\ny ~ k",
    "not whole": "column x: integer\ny ~ x",
    "not logical": "column a: logical\ny ~ a",
    "infinite": "let z = log(x)\ny ~ z",
    "too large": "y ~ x",
    "no rows": "where x > 9\ny ~ x",
    "support": "where y < 9\ny ~ x, family=lognormal",
    "trials": "where y < 9\nk | trials(n) ~ x, family=binomial",
    "exposure": "where y < 9\nk | rate(n) ~ x, family=poisson",
    "group per row": "where y < 9\ny ~ x + (1 | id)",
    "few groups": "where y < 9\ny ~ (1 | g)",
    "collinear": "where y < 9\nlet z = 2 * x\ny ~ x + z",
    "empty cell": "where y < 9\ny ~ g * a",
    "parameter": "where y < 9\ny ~ x\n  sigma ~ x",
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(DATA, "utf-8")
    source = Source(f'data "d.csv"\n{FAULTS[name]}\n')
    whole = check(Request(source, base=tmp_path, reduce=False))
    reduced = check(Request(source, base=tmp_path, reduce=True))
    assert said(reduced) == said(whole) != []
    found = []
    for reduce in (False, True):
        try:
            found.append(
                said(
                    compile_spec(
                        Request(source, base=tmp_path, reduce=reduce)
                    ).diagnostics
                )
            )
        except ModelError as error:
            found.append(said(error.diagnostics))
    assert found[0] == found[1] != []


def test_missing_rows_are_counted(tmp_path: Path) -> None:
    text = "y,x,g\n1,1,u\n,1,u\n,1,u\n2,2,u\n2,NA,v\n2,NA,v\n2,NA,v\n3,2,v\n"
    (tmp_path / "d.csv").write_text(text, "utf-8")
    source = Source("where y != 3\ny ~ x")
    found = compile_spec(Request(source, DataFile(tmp_path / "d.csv", True)))
    (note,) = [d for d in found.diagnostics if d.rule == "rows-dropped"]
    assert note.message == (
        "2 of 8 rows are used: `where` leaves out 3, and 3 are without a value"
    )
    assert note.notes == (
        "`x` is missing in 3 rows (the first is row 5)",
        "`where y != 3` leaves out 3 rows, 2 of them because `y` is missing",
    )
    assert found.prepared.left_out == 6
    assert [(d.row, d.count) for d in found.prepared.dropped] == [
        (1, 2),
        (4, 3),
        (7, 1),
    ]


def test_a_fault_of_a_given_file_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        compile_spec(Request(Source("y ~ x"), DataFile(tmp_path / "none.csv")))
    (fault,) = caught.value.diagnostics
    assert fault.rule == "no-such-file"
    assert fault.source.name.endswith("none.csv")
