"""Workbooks as people and other programs make them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.safety.crafted_data import sheet, workbook

from varying.compiler.data.table import Kind
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import Diagnostic
from varying.grammar.source import Source

from .test_formats import good, read, shown

NAME = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'


def row(number: int, *values: float | str | None) -> str:
    """The XML of a row; texts stand in it as they are."""
    cells = ""
    for letter, value in zip("ABCDEFGH", values, strict=False):
        if isinstance(value, str):
            cells += NAME.format(f"{letter}{number}", value)
        elif value is not None:
            cells += f'<c r="{letter}{number}"><v>{value}</v></c>'
    return f'<row r="{number}">{cells}</row>'


ROWS = row(1, "y", "x", "g") + row(2, 1, 2, "a") + row(3, 2, 3, "b") + row(4, 4, 1, "a")


def written(folder: Path, cells: str = ROWS, before: str = "", after: str = "") -> Path:
    text = sheet(cells, before, after)
    return workbook(folder / "d.xlsx", {"xl/worksheets/sheet1.xml": text})


@pytest.mark.parametrize(
    "said", ["A1", "A1:A2", "A1:B3", "B2:C3", "A1:Z900", "A1:XFD1048576"]
)
def test_what_a_sheet_says_of_its_size_is_not_believed(
    said: str, tmp_path: Path
) -> None:
    table = good(written(tmp_path, ROWS, f'<dimension ref="{said}"/>'))
    assert table.rows == 3
    assert {name: shown(column) for name, column in table.columns.items()} == {
        "y": [1, 2, 4],
        "x": [2, 3, 1],
        "g": ["a", "b", "a"],
    }


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        (ROWS + row(1_048_577, 1, 2, "a"), "a row 1,048,577"),
        (ROWS + '<row r="5"><c r="XFE5"><v>1</v></c></row>', "in column 16,385"),
        (ROWS + row(3, 1, 2, "a"), "row 3 stands behind row 4"),
        (ROWS + '<row r="5"><c r="A6"><v>1</v></c></row>', "cells of row 5"),
        (
            ROWS + '<row r="5"><c r="A5"><v>1</v></c><c r="A5"><v>2</v></c></row>',
            "cells of row 5",
        ),
    ],
)
def test_rows_and_cells_out_of_bounds_or_order(
    cells: str, part: str, tmp_path: Path
) -> None:
    table, (fault,) = read(written(tmp_path, cells))
    assert table is None and fault.rule == "data-format" and part in fault.message


def test_empty_rows_and_columns_behind_the_table(tmp_path: Path) -> None:
    formatted = '<row r="5"><c r="A5" s="0"/><c r="H5"/></row><row r="900"/>'
    table = good(written(tmp_path, ROWS + formatted))
    assert table.rows == 3 and list(table.columns) == ["y", "x", "g"]
    assert table.unusable == {}


@pytest.mark.parametrize(
    ("merged", "lost"),
    [
        ("C2:C3", {"g": "the cells C2:C3 are merged, and C2 alone has a value"}),
        ("B3:C3", {"g": "the cells B3:C3 are merged, and B3 alone has a value"}),
        ("A2:C4", {"y": "A2:C4", "x": "A2:C4", "g": "A2:C4"}),
        # a title over two names, and cells below the table
        ("B1:C1", {}),
        ("A5:C9", {}),
        ("A4:A9", {}),
        ("D1:F9", {}),
    ],
)
def test_merged_cells(merged: str, lost: dict[str, str], tmp_path: Path) -> None:
    cells = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
    table = good(written(tmp_path, after=cells))
    assert table.unusable.keys() == lost.keys()
    for name, reason in lost.items():
        assert reason in table.unusable[name]


@pytest.mark.parametrize(
    ("above", "head"),
    [([["Study 1"]], 1), ([[], ["Study 1", None, 2020], ["by", "me"]], 2)],
)
def test_a_title_above_the_names(
    above: list[list[Any]], head: int, tmp_path: Path
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    for line in [*above, ["y", "x", "g"], [1, 2, "a"], [2, 3, "b"]]:
        book.active.append(line)
    book.save(tmp_path / "d.xlsx")
    _, (fault,) = read(tmp_path / "d.xlsx", "y ~ x + g")
    number = len(above) + 1
    assert fault.rule == "data-format" and f"in row {number} of" in fault.message
    assert fault.notes[0] == "`g`, `x`, `y` are there"
    assert f"here row {head}, is the header" in fault.notes[1]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([0.1, 0.25, 1], Kind.NUMERIC, [0.1, 0.25, 1]),
        (["1", "2", "3"], Kind.INTEGER, [1, 2, 3]),
        (["01", "2", "3"], Kind.INTEGER, [1, 2, 3]),
    ],
)
def test_numbers_and_texts(
    values: list[Any], kind: Kind, expected: list[object], tmp_path: Path
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    book.active.append(["x", "i"])
    for number, value in enumerate(values):
        book.active.append([value, number])
        if isinstance(value, float):
            book.active.cell(number + 2, 1).number_format = "0%"
    book.save(tmp_path / "d.xlsx")
    column = good(tmp_path / "d.xlsx").columns["x"]
    assert column.kind is kind and shown(column) == expected


# ---- sheets --------------------------------------------------------------------------


def book_of(path: Path, **states: str) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, state in states.items():
        made = book.create_sheet(title.replace("_", " "))
        made.append(["y", title])
        for value in (1.5, 2, 4, 3):
            made.append([value, value * value])
        made.sheet_state = state
    book.save(path)
    return path


def said(folder: Path, text: str) -> list[Diagnostic]:
    return list(check(Request(Source(text, "a.model"), base=folder)))


def test_the_first_sheet_that_can_be_seen(tmp_path: Path) -> None:
    book_of(tmp_path / "d.xlsx", lists="hidden", codes="veryHidden", data="visible")
    table, (remark,) = read(tmp_path / "d.xlsx")
    assert table is not None and list(table.columns) == ["y", "data"]
    assert "first that is not hidden" in remark.message
    assert remark.notes[0] == "they are `lists` (hidden), `codes` (hidden), `data`"
    assert remark.notes[1] == 'choose one: `sheet="data"`, or `sheet=3`'
    assert list(good(tmp_path / "d.xlsx", sheet="codes").columns) == ["y", "codes"]
    assert list(good(tmp_path / "d.xlsx", sheet=1).columns) == ["y", "lists"]


def test_the_columns_are_in_another_sheet(tmp_path: Path) -> None:
    book_of(tmp_path / "d.xlsx", notes="visible", data="visible", more="hidden")
    text = 'data "d.xlsx"\ndata ~ y\n'
    found = said(tmp_path, text)
    # `y` is in each of them
    assert found[0].rule == "first-sheet"
    book_of(tmp_path / "e.xlsx", Notes="visible", Day_1="visible")
    from openpyxl import load_workbook

    book = load_workbook(tmp_path / "e.xlsx")
    book["Notes"].delete_rows(1, 9)
    book["Notes"].append(["written by A"])
    book["Day 1"]["B1"] = "rating"
    book.save(tmp_path / "e.xlsx")
    text = 'data "e.xlsx"\nrating ~ y\n'
    (fault,) = said(tmp_path, text)
    assert fault.rule == "data-format"
    assert fault.notes == ("`Day 1` has `rating`, `y`", 'choose it: `sheet="Day 1"`')
    assert fault.fix is not None
    (edit,) = fault.fix.edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert mended == 'data "e.xlsx", sheet="Day 1"\nrating ~ y\n'
    assert [d for d in said(tmp_path, mended) if d.severity == "error"] == []


@pytest.mark.parametrize("models", [1, 3])
def test_a_wrong_sheet_is_said_once(models: int, tmp_path: Path) -> None:
    book_of(tmp_path / "d.xlsx", Day_1="visible", Day_2="visible")
    text = 'data "d.xlsx", sheet="day 1"\n'
    text += "".join(f"model m{i}: y ~ x + (1 | g)\n" for i in range(models))
    (fault,) = said(tmp_path, text)
    assert fault.rule == "invalid-argument"
    assert fault.source.slice(fault.span) == 'sheet="day 1"'
    assert fault.notes == ("did you mean `Day 1`?", "sheets: `Day 1`, `Day 2`")
    assert fault.fix is not None and not fault.fix.safe
    (edit,) = fault.fix.edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert mended.startswith('data "d.xlsx", sheet="Day 1"\n')
    (far,) = said(tmp_path, 'data "d.xlsx", sheet="Tabelle"\ny ~ 1\n')
    assert far.fix is None and far.notes == ("sheets: `Day 1`, `Day 2`",)
    (number,) = said(tmp_path, 'data "d.xlsx", sheet=3\ny ~ 1\n')
    assert number.notes == ("sheets: `Day 1`, `Day 2`",)


@pytest.mark.parametrize(("hidden", "part"), [((3, 5), "2 rows of"), ((4,), "1 row")])
def test_rows_that_are_hidden_are_read_and_named(
    hidden: tuple[int, ...], part: str, tmp_path: Path
) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (("y", "x"), (1, 2), (3, 1), (2, 5), (4, 3), (6, 4)):
        book.active.append(row)
    for number in hidden:
        book.active.row_dimensions[number].hidden = True
    book.save(tmp_path / "b.xlsx")
    found = check(Request(Source('data "b.xlsx"\ny ~ x'), base=tmp_path))
    (said,) = [d for d in found if d.rule == "hidden-rows"]
    assert part in said.message and f"row {hidden[0]};" in said.notes[0]
    model = compile_spec(Request(Source('data "b.xlsx"\ny ~ x'), base=tmp_path))
    assert model.prepared.read == 5
