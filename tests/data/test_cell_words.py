"""Cells that are no numbers where numbers are meant: words, and decimal commas.

Whether a column is one of a long file, or made by ``wide(...)`` of several; of plain
text, or of a workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from varying.compiler.backends.source import emit
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source

Rows = Sequence[Sequence[Any]]

WIDE = "wide(y: a = (t=a), b = (t=b))"
IDS = ("s1", "s2", "s3", "s4", "s5", "s6")


def columns(**of: Sequence[Any]) -> Rows:
    return [list(of), *map(list, zip(*of.values(), strict=True))]


def written(folder: Path, name: str, rows: Rows) -> None:
    if name.endswith(".xlsx"):
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(folder / name)
        return
    delimiter = ";" if name.startswith("comma") else ","
    lines = [delimiter.join(map(str, row)) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


#: One column is numbers, and in the other is a word.
POINT = columns(id=IDS, a=(1.5, 2.5, 3, 5, 2, 1), b=(2, ".", 4.5, 6, "N/A", 3.5))
#: 2.125, as text, is 2125 where points part thousands; as a number it is itself.
COMMA = columns(
    id=IDS,
    a=("1,5", "2,5", "3,125", "5,5", "2", "1"),
    b=("2,125", ".", "4,5", "6", "7", "3,5"),
)
BOOK = columns(id=IDS, a=(1.5, 2.125, 3, 5, 2, 1), b=("2,5", ".", "4,5", 1.125, 7, 3))
#: The values of ``y``, in rows of ``a`` and ``b``; missing ones are None.
Values = Sequence[float | None]
OF_POINT: Values = (1.5, 2, 2.5, None, 3, 4.5, 5, 6, 2, None, 1, 3.5)
OF_COMMA: Values = (1.5, 2.125, 2.5, None, 3.125, 4.5, 5.5, 6, 2, 7, 1, 3.5)
OF_BOOK: Values = (1.5, 2.5, 2.125, None, 3, 4.5, 5, 1.125, 2, 7, 1, 3)


@pytest.mark.parametrize(
    ("name", "rows", "options", "codes", "values"),
    [
        ("point.csv", POINT, "", '[".", "N/A"]', OF_POINT),
        ("point.xlsx", POINT, "", '[".", "N/A"]', OF_POINT),
        ("comma.csv", COMMA, 'decimal=",", ', '"."', OF_COMMA),
        ("book.xlsx", BOOK, 'decimal=",", ', '"."', OF_BOOK),
    ],
)
def test_words_that_are_declared_are_missing_in_every_column_of_wide(
    name: str, rows: Rows, options: str, codes: str, values: Values, tmp_path: Path
) -> None:
    written(tmp_path, name, rows)
    text = f'data "{name}", {options}{WIDE}\ncolumn y: numeric, missing={codes}\ny ~ t'
    model = compile_spec(Request(Source(text), base=tmp_path))
    kept = model.prepared.table.columns["y"].values.tolist()
    assert kept == [value for value in values if value is not None]
    (said,) = [d for d in model.diagnostics if d.rule == "missing-codes"]
    count = sum(value is None for value in values)
    assert said.message.startswith(f"{count} value")
    assert sum(int(note.rpartition(" ")[2]) for note in said.notes) == count


def test_labels_of_codes_are_missing_in_every_column_of_wide(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    labels = {1.0: "low", 2.0: "mid", 3.0: "high", 99.0: "refused"}
    data = pd.DataFrame({"a": [1.0, 2, 3, 99], "b": [2.0, 99, 3, 1]})
    pyreadstat.write_sav(
        data, str(tmp_path / "w.sav"), variable_value_labels={"a": labels, "b": labels}
    )
    text = f'data "w.sav", {WIDE}\ncolumn y: ordered, missing=[99]\ny ~ t'
    model = compile_spec(Request(Source(f"{text}, family=ordlogit"), base=tmp_path))
    column = model.prepared.table.columns["y"]
    assert column.levels == ("low", "mid", "high") and len(column.values) == 6


def faults(folder: Path, text: str) -> dict[str, Diagnostic]:
    return {found.rule: found for found in check(Request(Source(text), base=folder))}


@pytest.mark.parametrize(
    ("name", "rows", "text", "rule", "said"),
    [
        # words that nobody declared: as of a column of the long file
        ("p.csv", POINT, f"{WIDE}\ny ~ t", "wrong-type", "`.` looks like a missing"),
        (
            "p.csv",
            POINT,
            f'{WIDE}\ncolumn y: numeric, missing="."\ny ~ t',
            "wrong-type",
            "`N/A` looks like a missing value",
        ),
        (
            "p.xlsx",
            POINT,
            f"{WIDE}\nt ~ y, family=bernoulli",
            "missing-word",
            '`column y: numeric, missing=[".", "N/A"]`',
        ),
        (
            "comma.csv",
            COMMA,
            f'decimal=",", {WIDE}\nt ~ y, family=bernoulli',
            "missing-word",
            '`column y: numeric, missing=["."]`',
        ),
        # the option is named where it helps, and not where it stands already
        ("b.xlsx", BOOK, "\na ~ b", "decimal-comma", 'add `decimal=","` to the `data`'),
        ("b.xlsx", BOOK, "\na ~ b", "decimal-comma", "it makes no numbers: `.`: name"),
        ("comma.csv", COMMA, "\na ~ id", "wrong-type", 'add `decimal=","` to the'),
        (
            "comma.csv",
            COMMA,
            'decimal=","\nb ~ id',
            "wrong-type",
            "others are numbers or missing, and these are not: `.`",
        ),
        (
            "comma.csv",
            COMMA,
            'decimal=","\ncolumn b: numeric\na ~ b',
            "wrong-type",
            "`.` looks like a missing value",
        ),
    ],
)
def test_what_is_said_of_other_cells(
    name: str, rows: Rows, text: str, rule: str, said: str, tmp_path: Path
) -> None:
    written(tmp_path, name, rows)
    comma = "" if text.startswith("\n") else ", "
    found = faults(tmp_path, f'data "{name}"{comma}{text}')[rule]
    assert said in " ".join(found.notes)
    if "decimal=" in text:
        assert "add `decimal" not in " ".join(found.notes)


def test_a_format_without_the_option_is_not_told_of_it(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"y": [1.0, 2, 4, 3], "x": ["1,5", "2,5", "3,5", "1,25"]})
    frame.to_parquet(tmp_path / "d.parquet")
    found = faults(tmp_path, 'data "d.parquet"\ny ~ x')["decimal-comma"]
    assert found.notes == ("`1,25` has a decimal comma: write such numbers as `1.25`",)


def test_a_statement_of_a_column_that_wide_takes_in(tmp_path: Path) -> None:
    written(tmp_path, "p.csv", POINT)
    text = f'data "p.csv", {WIDE}\ncolumn a: numeric, missing="."\ny ~ t'
    (found,) = [
        d for d in check(Request(Source(text), base=tmp_path)) if d.span.start > 50
    ][:1]
    assert found.message == "column `a` cannot be used" and found.fix is None
    assert found.notes == ("`wide(...)` has made it a part of `y`",)


def test_texts_and_numbers_do_not_go_together_all_the_same(tmp_path: Path) -> None:
    rows = columns(id=IDS, a=(1, 2, 3, 4, 5, 6), b=("x", "y", "x", "y", "x", "y"))
    written(tmp_path, "d.csv", rows)
    with pytest.raises(ModelError, match="`b` is text and `a` is numeric"):
        compile_spec(Request(Source(f'data "d.csv", {WIDE}\ny ~ t'), base=tmp_path))


POINTS = ("1.234", "1.456", "1.789", "1.250", "850", "2.001")
BOTH = ("0.123", "0,456", "0,789", "0,250", "0,5", "2")


@pytest.mark.parametrize("name", ["comma.csv", "book.xlsx"])
@pytest.mark.parametrize(
    ("cells", "rest", "rule", "part"),
    [
        (POINTS, "y ~ x", "thousands-point", "`1.234` is 1234"),
        (POINTS, "x ~ y", "thousands-point", "with a comma, `1,234`, or"),
        (POINTS, "let z = x\nz ~ 1", "thousands-point", "`1.234` is 1234"),
        (
            ("n.a.", *POINTS[1:]),
            'column x: numeric, missing=["n.a."]\ny ~ x',
            "thousands-point",
            "`1.456` is 1456",
        ),
        (BOTH, "x ~ y", "wrong-type", "`0.123` has a point and `0,"),
        (BOTH, "y ~ x", "decimal-comma", "`0.123` has a point and `0,"),
        (BOTH, "column x: numeric\ny ~ x", "wrong-type", "`0.123` has a point and `0,"),
        (("1.250", "1,50", "3", "4", "5", "6"), "y ~ x", "decimal-comma", "`1.250`"),
    ],
)
def test_a_point_that_may_part_thousands_or_decimals(
    name: str, cells: Sequence[str], rest: str, rule: str, part: str, tmp_path: Path
) -> None:
    written(tmp_path, name, columns(y=(1, 3, 2, 5, 4, 7), x=cells))
    found = faults(tmp_path, f'data "{name}", decimal=","\n{rest}')[rule]
    assert part in " ".join((found.message, *found.notes))


def test_numbers_of_a_workbook_do_not_tell_what_a_point_in_a_text_is(
    tmp_path: Path,
) -> None:
    """0.5 as a number, and ``0.123`` and ``1.250`` as texts."""
    cells = (0.5, "0.123", 0.75, "1.250", 2, 0.25)
    written(tmp_path, "b.xlsx", columns(y=(1, 3, 2, 5, 4, 7), x=cells))
    found = faults(tmp_path, 'data "b.xlsx", decimal=","\nx ~ y')["wrong-type"]
    assert "`0.123` has a point and `0," in " ".join(found.notes)


@pytest.mark.parametrize(
    ("cells", "notes"),
    [
        (
            ("1,100", "1,101", "1,205", "2,300"),
            (
                "`1,100` is 1.1 if its comma",
                'add `decimal=","`',
                "write such numbers as",
            ),
        ),
        (
            ("0,100", "1,101", "1,205", "2,300"),
            ("write such numbers as `0.100`", 'or add `decimal=","` to the `data`'),
        ),
        (("1,100", "1,234,567", "1,205", "2"), ("write such numbers as `1100`",)),
        (("1,100", "12,5", "1,205", "2"), ("`12,5` has a decimal comma",)),
    ],
)
def test_a_comma_is_explained_by_what_it_can_be(
    cells: Sequence[str], notes: Sequence[str], tmp_path: Path
) -> None:
    written(tmp_path, "comma.csv", columns(y=(1, 3, 2, 5), x=cells))
    for rest, rule in (("y ~ x", "decimal-comma"), ("x ~ y", "wrong-type")):
        found = faults(tmp_path, f'data "comma.csv"\n{rest}')[rule]
        assert all(part in " ".join(found.notes) for part in notes), found.notes


def test_a_script_reads_points_as_they_were_read(tmp_path: Path) -> None:
    rows = columns(y=("1,5", "2,5", "0,5", "4,5"), x=("0.5", "1.234", "2.5", "3.5"))
    written(tmp_path, "comma.csv", rows)
    text = 'data "comma.csv", decimal=","\ny ~ x'
    model = compile_spec(Request(Source(text), base=tmp_path))
    space: dict[str, Any] = {}
    exec(emit(model), space)
    read = space["read"](tmp_path / "comma.csv")
    assert read["y"].tolist() == [1.5, 2.5, 0.5, 4.5]
    assert read["x"].tolist() == [0.5, 1.234, 2.5, 3.5]
