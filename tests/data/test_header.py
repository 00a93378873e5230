"""Headers that are no single row of names: what is said, and never a wrong fix."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Diagnostic
from varying.grammar.source import Source

Rows = Sequence[Sequence[Any]]

DATA: Rows = [[f"s{i}", i + 0.5, i * 2 + 0.25, 7 - i, i * i] for i in range(1, 7)]
TWO: Rows = [["subj", "early", None, "late", None], [None, *["CS-", "CS+"] * 2]]
NAMES: Rows = [["subj", "rt", "age", "x", "z"]]
CELLS = "rating ~ block*cs + (1 | subj)"


def said(folder: Path, name: str, rows: Rows, merged: str, text: str) -> list[Any]:
    path = folder / name
    if name.endswith(".csv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    else:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cells in merged.split():
            book.active.merge_cells(cells)
        book.save(path)
    found: list[Diagnostic] = check(
        Request(Source(f'data "{name}"\n{text}\n'), base=folder)
    )
    return found


#: File, rows, cells that are merged, the model; in the message, and in the notes.
WRONG: Sequence[tuple[str, Rows, str, str, str, str]] = (
    # conditions above the names of cells
    (
        "d.xlsx",
        [*TWO, *DATA],
        "B1:C1 D1:E1",
        CELLS,
        "the header of the sheet `Sheet` of `d.xlsx` has several rows",
        "`CS-` below `early`, `CS-` below `late`; these cells of the header are merged",
    ),
    (
        "d.xlsx",
        [*TWO, *DATA],
        "B1:C1 D1:E1 A1:A2",
        CELLS,
        "several rows",
        "`early_CS-`",
    ),
    (
        "d.xlsx",
        [["", "early", "", "late", ""], ["subj", *["CS-", "CS+"] * 2], *DATA],
        "B1:C1 D1:E1",
        CELLS,
        "seem to stand in row 2",
        "`CS-` is there more than once, so make one name of both",
    ),
    ("d.xlsx", [*TWO, *DATA], "", CELLS, "first row below the header", "`early_CS-`"),
    ("d.csv", [*TWO, *DATA], "", CELLS, "first row below the header of", "`early_CS-`"),
    (
        "d.xlsx",
        [["subj", "rating"], [None, 1, 2, 3, 4], *DATA],
        "B1:E1",
        "rating ~ time + (1 | subj)",
        "has several rows",
        "`rating_1`",
    ),
    (
        "d.csv",
        [["A", "", "", "B", ""], ["subj", "rt", "acc", "rt", "acc"], *DATA],
        "",
        "rt ~ block + (1 | id)",
        "the names of the columns seem to stand in row 1 below the header of `d.csv`",
        "`rt` is there more than once, so make one name of both",
    ),
    # some names in the first row, and some in the second
    (
        "d.xlsx",
        [["subj", "", "", "", ""], ["", "rt", "age", "x", "z"], *DATA],
        "",
        "rt ~ age + (1 | subj)",
        "seem to stand in row 2 of the sheet",
        "has `subj`",
    ),
    # a name above several columns of data
    (
        "d.xlsx",
        [["subj", "rating"], *DATA],
        "B1:E1",
        "rating ~ 1 + (1 | subj)",
        "`rating` of the sheet `Sheet` of `d.xlsx` stands above several columns",
        "the cells B1:E1 are merged",
    ),
    # titles
    (
        "d.xlsx",
        [["Study 1"], *NAMES, *DATA],
        "A1:E1",
        "y ~ 1",
        "row 1 of the sheet `Sheet` of `d.xlsx` seems to be a title",
        "delete the title",
    ),
    (
        "d.csv",
        [["Study 1", "", "", "", ""], [""] * 5, *NAMES, *DATA],
        "",
        "rt ~ age",
        "seem to stand in row 2 below the header of `d.csv`",
        "delete the rows above the names",
    ),
    # units and questions
    (
        "d.csv",
        [*NAMES, ["-", "ms", "years", "", ""], *DATA],
        "",
        "rt ~ age",
        "first row below the header",
        "`ms` below `rt`, `years` below `age`",
    ),
    (
        "d.csv",
        [["y", "g"], ["ms", ""], [1.5, "a"], [2, "b"], [1, "a"]],
        "",
        "y ~ g",
        "first row below the header",
        "`ms` below `y`",
    ),
    (
        "d.csv",
        [
            *NAMES,
            ["ID", "How fast?", "How old?", "x", "z"],
            ['{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', "", "", ""],
            *DATA,
        ],
        "",
        "rt ~ age",
        "the first rows below the header of `d.csv` are no data",
        "Qualtrics",
    ),
    (
        "d.csv",
        [*NAMES, ["a", "b", "c", "d", "e"], ["f", "g", "h", "", "i"], *DATA],
        "",
        "rt ~ age",
        "the first 2 rows below the header of `d.csv` seem to belong",
        "`b` below `rt`",
    ),
)


#: The means of DATA, by hand: 4, 7.25, 3.5 and 91 / 6.
MEAN: Rows = [["Mean", 4.0, 7.25, 3.5, 15.17]]


@pytest.mark.parametrize("name", ["d.csv", "d.xlsx"])
@pytest.mark.parametrize(
    "last",
    [
        MEAN,
        [*MEAN, ["SD", 1.87, 3.74, 1.87, 13.88]],
        [["Total:", 24.0, 43.5]],
        [["Moyenne", *MEAN[0][1:]]],
    ],
)
def test_summaries_below_the_data(name: str, last: Rows, tmp_path: Path) -> None:
    filled = [[*row, *[""] * (5 - len(row))] for row in last]
    if name == "d.xlsx":
        filled = [[None if cell == "" else cell for cell in row] for row in filled]
    (found,) = said(tmp_path, name, [*NAMES, *DATA, *filled], "", "rt ~ age")
    assert found.rule == "data-format" and "summary of the others" in found.message


@pytest.mark.parametrize(
    "last",
    [
        [["m", 2.5, 3.25, 4, 1]],  # no number is what it is called
        [["s7", 4.0, 7.25, 3.5, 15.17]],  # an average person
        [["Mean", 4.0, 7.25, 3.5, 15.17], ["s9", 1.0, 2.5, 3, 4]],  # not the last
    ],
)
def test_last_rows_that_are_data(last: Rows, tmp_path: Path) -> None:
    found = said(tmp_path, "d.csv", [*NAMES, *DATA, *last], "", "rt ~ age")
    assert "data-format" not in {one.rule for one in found}


@pytest.mark.parametrize(("name", "rows", "merged", "text", "message", "note"), WRONG)
def test_headers_of_several_rows(
    name: str,
    rows: Rows,
    merged: str,
    text: str,
    message: str,
    note: str,
    tmp_path: Path,
) -> None:
    (found,) = said(tmp_path, name, rows, merged, text)
    assert found.rule == "data-format" and found.fix is None
    assert message in found.message
    assert note in " ".join(found.notes)


@pytest.mark.parametrize(
    ("name", "rows", "merged", "text"),
    [
        # cells of the header that are as high as two rows, the second of them empty
        ("d.xlsx", [*NAMES, [], *DATA], "A1:A2 B1:B2 C1:C2 D1:D2 E1:E2", "rt ~ age"),
        # notes to the right that nobody reads
        (
            "d.xlsx",
            [[*NAMES[0], "notes"], *[[*row, "late", "tired"] for row in DATA]],
            "F1:G1",
            "rt ~ age",
        ),
        ("d.csv", [*NAMES, *DATA], "", "rt ~ age"),
        # two slips, and the first row has numbers
        ("d.csv", [*NAMES, ["s", "fast", "old", 1, 2], *DATA], "", "x ~ z"),
        # names of columns among the levels of another
        (
            "d.csv",
            [["id", "rt", "measure"], *[[i, i * i, "rt"] for i in range(1, 7)]],
            "",
            "rt ~ id",
        ),
        # texts in the first row, and further down
        ("d.csv", [["y", "g"], ["a", 1], [2, "b"], [3, 4], ["c", 5]], "", "y ~ g"),
        ("d.csv", [*NAMES, ["x", "N/A", ".", "", ""], *DATA], "", "x ~ z"),
    ],
)
def test_headers_of_one_row(
    name: str, rows: Rows, merged: str, text: str, tmp_path: Path
) -> None:
    found = said(tmp_path, name, rows, merged, text)
    assert "data-format" not in {one.rule for one in found}


def test_large_files_are_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from varying.compiler.data import file as data_file

    for limit, value in (("LARGE_ROWS", 2), ("LARGE_BYTES", 1), ("SMALL_BYTES", 1)):
        monkeypatch.setattr(data_file, limit, value)
    rows = [*NAMES, ["", "ms", "years", "", ""], *DATA]
    (found,) = said(tmp_path, "d.csv", rows, "", "rt ~ age")
    assert "first row below the header" in found.message
