"""The emitted script is the model that was compiled: what pandas does otherwise.

One line a case: missing values inside conditions, logical columns, levels that are
numbers, other layouts of the file, names with quotes. The density of the script is
compared with that of the reference, the number of rows with the compiler's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from varying.compiler.backends.source import emit
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.plain import read_table
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import ModelError, Sink
from varying.grammar.source import Source, Span

from .harness import BUILT, by_reference, random_point

ROWS = 48


def cells() -> dict[str, list[str]]:
    """Columns with a missing value in each but the response."""
    rng = np.random.default_rng(11)

    def cycle(*values: str, hole: int | None = None, step: int = 1) -> list[str]:
        found = [values[(i // step) % len(values)] for i in range(ROWS)]
        if hole is not None:
            found[hole] = ("NA", "", "NaN")[hole % 3]
        return found

    x = [f"{value:.3f}" for value in rng.uniform(1, 6, ROWS)]
    z = [f"{value:.3f}" for value in rng.normal(0, 2, ROWS)]
    x[4], z[17] = "NA", ""
    return {
        "y": [f"{value:.3f}" for value in rng.normal(3, 2, ROWS)],
        "x": x,
        "z": z,
        "a": cycle("a1", "a2", "a3", hole=5),
        "L": cycle("TRUE", "FALSE", "True", "False", "TRUE", hole=7),
        "M": cycle("FALSE", "TRUE", hole=9, step=3),
        "k": cycle("0", "1", "2", "3", hole=12),
        "fl": cycle("0.50", "1.5", "2.250", hole=13),
        "fine": cycle("0.30000000000000004", "0.1", "1e-3", hole=14, step=2),
        "n": cycle("1", "2.0", "3", "4", "+5", hole=15),
        "s": [f"s{i % 6}" for i in range(ROWS)],
        "c": cycle("p:q", "p", "q\\", 'q"', step=2),
        "d": cycle("q", "q:r", "é", "it's", step=5),
        "w": cycle("low", "mid", "high", hole=16),
        "Größe²": cycle("klein", "groß", "日本"),
        "a b": [f"{value:.2f}" for value in rng.normal(0, 1, ROWS)],
        "01": cycle("01", "1", "02", step=4),
        "bin": cycle("0", "1", "1", hole=20),
        "half": cycle("0.5", "1", "dk", hole=21),
    }


def text_of(
    columns: dict[str, list[str]], delimiter: str = ",", header: str = "{}"
) -> str:
    def quoted(cell: str) -> str:
        if set(cell) & {'"', delimiter, "\n"}:
            return '"' + cell.replace('"', '""') + '"'
        return cell

    lines = [delimiter.join(header.format(quoted(name)) for name in columns)]
    for row in zip(*columns.values(), strict=True):
        lines.append(delimiter.join(map(quoted, row)))
    return "\n".join(lines) + "\n"


CASES = [
    # logical values and missing ones in `let`
    "let q = x > 3\ny ~ q",
    "let q = x > 3\ny ~ q*z + (1 | q:s)",
    "let q = x > 3\nq ~ z, family=bernoulli",
    "let q = x > 3 | L\ny ~ q",
    "let q = x > 3 & !L\ny ~ q",
    "let q = !(x > 3)\ny ~ q",
    "let q = x != 3\nlet p = !q | z > 0\ny ~ p",
    "let q = I(x > 3)\nwhere !q\ny ~ z",
    "let q = ifelse(x > 3, 1, 0)\ny ~ q",
    'let q = a == "a1"\ny ~ q',
    'let q = a != "a1"\ny ~ q',
    'let q = a %in% ["a1", "a3"]\ny ~ q',
    'let q = !(a %in% ["a1", "a3"])\ny ~ q',
    "let q = ifelse(L, x, z)\ny ~ q",
    "let q = ifelse(!L, x^2, -z / 2)\ny ~ q",
    "let q = L + M * 2 - (x > 3)\ny ~ q",
    "let q = L\nlet p = a\ny ~ q + p",
    "let q = 2 < x < 5\ny ~ q",
    "let q = (x > 3) == L\ny ~ q",
    "let q = L == M\ny ~ q",
    "let q = n %in% [1, 2]\ny ~ q",
    "let q = log(x, base = 2) + log(x, 10) + log(x, base = 1 + 2)\ny ~ q",
    "let q = x^0 + x\ny ~ q",
    "let q = log(z)\nwhere z > 0\ny ~ q",
    "let q = log(abs(z)) > 0 | x > 3\ny ~ q",
    "let q = 1/3 + x - (z - 1) - -2 + 2^-1 * x / 1e2\ny ~ q",
    "let q = x * (1 > 2) + 10^400 * 0 + x\ny ~ z",
    # logical columns of the file
    'where L == "TRUE"\ny ~ z',
    'where L != "TRUE"\ny ~ z',
    "where L == TRUE\ny ~ z",
    "where L == 1\ny ~ z",
    "where L > 0\ny ~ z",
    "where M\ny ~ z",
    "where !M\ny ~ z",
    "where L & M\ny ~ z",
    "where !(L & M)\ny ~ z",
    "where !L | x > 3\ny ~ z",
    "where !(L | !(x > 3))\ny ~ z",
    "where L %in% [0]\ny ~ z",
    "where TRUE\ny ~ z",
    "where 1 < 2\nwhere L | FALSE\ny ~ z",
    "where L & TRUE | FALSE\ny ~ z",
    "y ~ I(z > 0 & L)",
    "y ~ I((z > 0) * 2) + I(L | M)",
    'y ~ ifelse(L, x, 2) + ifelse(a == "a1", 1, 0)',
    "y ~ L + (1 | M)",
    "y ~ x + (1 | L:M)",
    "L ~ x, family=bernoulli",
    "column bin: logical\ny ~ bin * x",
    "column bin: logical\nbin ~ x, family=bernoulli",
    "column bin: logical\nwhere !bin\ny ~ x",
    "column L: factor(TRUE, FALSE)\ny ~ L",
    "column L: numeric\ny ~ L * x",
    "column L: integer\nwhere L < 1\ny ~ x",
    # missing values in `where`
    "where x > 3\ny ~ z",
    "where x != 3\ny ~ z",
    "where !(x > 3)\ny ~ z",
    'where a != "a1"\ny ~ z',
    'where !(a == "a1") & x < 5\ny ~ z',
    'where !(a %in% ["a1"])\ny ~ z',
    "where log(z) != 0\ny ~ x",
    "where !(log(z) > 0)\ny ~ x",
    "where !ifelse(x > 3, 0, 1)\ny ~ z",
    "where n %in% [1, 2, 5]\ny ~ z",
    "where z > x & x + z != 4\ny ~ 1",
    "where !(1 < x < 4)\ny ~ z",
    # levels that are numbers, in another order
    'column k: ordered(3, 2, 1, 0)\nwhere k > "1"\ny ~ z',
    "column k: ordered(3, 2, 1, 0)\nwhere k > 1\ny ~ z",
    "column k: ordered(3, 2, 1, 0)\nk ~ z, family=ordlogit",
    'column k: ordered(0..3)\nwhere k >= "1"\ny ~ k',
    "column k: ordered(0..3)\nlet q = k + 1\ny ~ q",
    "column k: ordered(0..9)\nwhere k != 2\nk ~ x + (1 | s), family=ordlogit",
    'column k: ordered(0, 1, 2, 3, "dk")\nk ~ x, family=ordlogit',
    "column k: factor(2, 0, 3, 1)\ny ~ k",
    'column k: factor(2, 0, 3, 1)\nwhere k == 2 | k == "0"\ny ~ k',
    "column k: text\nwhere k != 2\ny ~ k + (1 | k)",
    "k ~ x + (1 | s), family=ordlogit",
    'column w: ordered(high, mid, low)\nwhere w > "high"\ny ~ w',
    'column w: ordered(low, mid, high)\nwhere !(w >= "mid")\ny ~ x',
    'column w: ordered(low, mid, high)\nlet q = w <= "mid"\ny ~ q',
    "column w: ordered(low, mid, high)\nw ~ x, family=ordlogit",
    # numbers with a fraction
    "column fl: ordered(0.50, 1.50, 2.25)\nfl ~ x, family=ordlogit",
    "column fl: ordered(0.50, 1.50, 2.25)\ny ~ fl",
    "column fl: ordered(0.50, 1.50, 2.25)\nwhere fl < 2\ny ~ x",
    'column fl: ordered(0.50, 1.50, 2.25)\nwhere fl < "2.25"\ny ~ x',
    "column fl: factor(2.25, 0.50, 1.50)\ny ~ fl + (1 | fl:s)",
    "fl ~ x, family=ordlogit",
    "fine ~ x, family=ordlogit",
    "column fine: factor\ny ~ fine",
    "y ~ factor(fine) + factor(fl) + (1 | fine)",
    "y ~ x + (1 | fl:fine)",
    "let q = fine * 2\ny ~ factor(q) + (1 | q:s)",
    'column half: ordered(0.50, 1, "dk")\nhalf ~ x, family=ordlogit',
    'column half: factor(1, 0.50, "dk")\nwhere half != 1\ny ~ half',
    'column k: ordered(0, 1, 2, 3, "dk")\nwhere k > 1\ny ~ x',
    # values that are no level, in rows that `where` leaves out
    'column a: factor(a2, a1)\nwhere a != "a3"\ny ~ a',
    'column k: ordered(1..3)\nwhere k < "3"\ny ~ x',
    "column k: ordered(0..2)\nwhere k < 3\nk ~ x, family=ordlogit",
    'column a: factor(a2, a1)\nlet q = a == "a1"\nwhere !(a %in% ["a3"])\ny ~ q',
    # numbers as groups and factors
    "y ~ x + (1 | n)",
    "y ~ x + (1 | n:k) + (x | k)",
    "column n: factor\ny ~ n + (1 | s)",
    "column n: factor(5, 4, 3, 2, 1), contrast=sum\ny ~ n",
    "y ~ factor(n) * x",
    "y ~ C(k, helmert)",
    "column `01`: factor\ny ~ `01`",
    "column `01`: factor(01, 1, 02)\ny ~ `01` + (1 | `01`:s)",
    "y ~ factor(bin)",
    "bin ~ x, family=bernoulli",
    # names
    "y ~ x + (1 | c:d)",
    "y ~ c + (1 | d/c)",
    "where c != 'q\"'\ny ~ c",
    'where c != "p:q" & d == "q"\ny ~ x',
    "y ~ `Größe²` + `a b`",
    "y ~ x + (1 + `a b` | `Größe²`:d)",
    'where `Größe²` %in% ["groß", "日本"]\nlet `é "1` = `a b` * 2\ny ~ `é "1`',
    # codes for missing values, levels that become one
    'column x: numeric, missing=[5, "nothing"]\ny ~ x',
    'column half: numeric, missing="dk"\ny ~ half',
    'column half: ordered, missing=["dk"]\nhalf ~ z, family=ordlogit',
    "column k: ordered(0..2), missing=[3]\nk ~ x, family=ordlogit",
    'column a: factor(a2, a1), missing=["a3"]\ny ~ a',
    'column `01`: text, missing=["02"]\ny ~ (1 | `01`)',
    "let q = toupper(trimws(a))\ny ~ q",
    'let q = factor(a, levels=["a3", "a1", "a2"], labels=["u", "v", "u"])\ny ~ q',
    'let q = factor(k, labels=["u", "v", "v", "u"])\nwhere k < 3\ny ~ q + z',
    # several models: the rows of all
    "model one: y ~ x\n\nmodel main: y ~ z + (1 | s)",
]


def script(compiled: Compiled) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(compile(emit(compiled), "script.py", "exec"), namespace)
    return namespace


def assert_same(compiled: Compiled, file: Path) -> None:
    program, frame = compiled.program, compiled.frame
    point = random_point(np.random.default_rng(3), program, frame, 0.4)
    found = script(compiled)
    with np.errstate(all="ignore"):
        data = found["read"](file)
    assert len(data) == len(compiled.prepared.rows)
    model = found["build"](data)
    names = {model.values_to_rvs[v].name: v.name for v in model.value_vars}
    density = model.compile_logp(mode=BUILT)
    there = float(density({names[name]: value for name, value in point.items()}))
    expected = by_reference(program, frame, point, slopes=False).density
    assert np.isfinite(expected)
    assert there == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("spec", CASES)
def test_same_density(spec: str, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text(text_of(cells()), encoding="utf-8")
    source = Source(f'data "d.csv"\n{spec}')
    assert_same(compile_spec(Request(source, base=tmp_path, model="main")), file)


@pytest.mark.parametrize(
    ("name", "delimiter", "header"),
    [
        ("d.csv", ";", "{}"),
        ("d.tsv", "\t", "{}"),
        ("d.txt", "\t", "{}"),
        ("d.csv", "\t", "{}"),
        ("d.csv", ",", " {} "),
        ("d.tsv", "\t", " {} "),
        ("d.csv", ";", "{} "),
    ],
)
def test_layouts(name: str, delimiter: str, header: str, tmp_path: Path) -> None:
    columns = {key: cells()[key] for key in ("y", "x", "a", "L", "k")}
    columns["a"] = [f"{cell},1" for cell in columns["a"]]
    file = tmp_path / name
    file.write_text(text_of(columns, delimiter, header), encoding="utf-8")
    source = Source(f'data "{name}"\nwhere !L\ny ~ x + a + (1 | k)')
    assert_same(compile_spec(Request(source, base=tmp_path)), file)


def test_cells_of_blanks(tmp_path: Path) -> None:
    """In quotes, behind a tab, or behind the word for a missing value."""
    columns = {key: cells()[key] for key in ("y", "x", "a", "k", "L")}
    for name, blank in (("x", "  "), ("a", " \u00a0"), ("k", "NA "), ("L", " NaN ")):
        columns[name][3] = blank
    for ending, delimiter in (("tsv", "\t"), ("csv", ",")):
        file = tmp_path / f"d.{ending}"
        lines = text_of(columns, delimiter).replace(",  ,", ',"  ",')
        file.write_text(lines, encoding="utf-8")
        source = Source(f'data "{file.name}"\ny ~ x + a*L + (1 | k)')
        compiled = compile_spec(Request(source, base=tmp_path))
        assert {"x", "a", "k", "L"} <= {
            name for name, c in compiled.prepared.data.columns.items() if c.missing[3]
        }
        assert_same(compiled, file)


def test_blanks_around_cells_and_a_name_in_two_forms(tmp_path: Path) -> None:
    columns = cells()
    lines = [f"y, x ,a\u0301, {' s '}"]
    picked = zip(*(columns[key] for key in ("y", "x", "a", "s")), strict=True)
    lines += [", ".join(row).replace("s1", "s1 ") for row in picked]
    file = tmp_path / "d.csv"
    file.write_text("\ufeff" + "\n\n".join(lines) + "\n\n", encoding="utf-8")
    source = Source('data "d.csv"\ny ~ x + á + (1 | s)')
    assert_same(compile_spec(Request(source, base=tmp_path)), file)


FRAME = pd.DataFrame(
    {
        "y": np.random.default_rng(1).normal(size=24),
        "g": ["NA", " b", "c", None] * 6,
        "o": pd.Categorical([2, 1, 3] * 8, categories=[2, 1, 3], ordered=True),
        "f": pd.Categorical([0.5, 1.0, 2.5, None] * 6),
        "t": ["1", "2", "03", "4"] * 6,
        "l": pd.array([True, False, None] * 8, dtype="boolean"),
        "b": [True, False] * 12,
    }
)


@pytest.mark.parametrize(
    "spec",
    [
        "y ~ (1 | g)",
        "o ~ y, family=ordlogit",
        "y ~ f + (1 | t)",
        "y ~ (1 | f:t)",
        "column t: ordered(1, 2, 03, 4)\nwhere t < 4\ny ~ o",
        "where l\ny ~ b",
        "let q = !l\ny ~ q*b",
    ],
)
def test_frames(spec: str, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    FRAME.to_csv(file, index=False)
    compiled = compile_spec(Request(Source(spec), table_from_frame(FRAME)))
    assert "data.csv" in emit(compiled)
    assert_same(compiled, file)


def test_the_script_names_the_file_that_was_read(tmp_path: Path) -> None:
    for name in ("d.csv", "other.csv"):
        (tmp_path / name).write_text(text_of(cells()), encoding="utf-8")
    source = Source('data "d.csv"\ny ~ x')
    assert 'else "d.csv"' in emit(compile_spec(Request(source, base=tmp_path)))
    other = str(tmp_path / "other.csv")
    table = read_table(other, Sink(source), Span(0, 0))
    assert f'else "{other}"' in emit(
        compile_spec(Request(source, table, base=tmp_path))
    )


def test_what_is_no_level_is_an_error(tmp_path: Path) -> None:
    columns = cells()
    file = tmp_path / "d.csv"
    file.write_text(text_of(columns), encoding="utf-8")
    spec = 'data "d.csv"\ny ~ x + (1 | s)'
    found = script(compile_spec(Request(Source(spec), base=tmp_path)))
    columns["s"][3] = "s77"
    file.write_text(text_of(columns), encoding="utf-8")
    with pytest.raises(ValueError, match="not among the levels.*s77"):
        found["build"](found["read"](file))


def test_levels_that_spell_one_number_are_refused(tmp_path: Path) -> None:
    columns = {"y": cells()["y"], "x": ["0.5", "1"] * (ROWS // 2)}
    (tmp_path / "d.csv").write_text(text_of(columns), encoding="utf-8")
    spec = 'data "d.csv"\ncolumn x: factor(0.50, 1, "0.500")\ny ~ x'
    compiled = compile_spec(Request(Source(spec), base=tmp_path))
    with pytest.raises(ModelError) as fault:
        emit(compiled)
    assert [d.rule for d in fault.value.diagnostics] == ["not-yet"]
