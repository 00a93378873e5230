"""Excel workbooks, by openpyxl: a sheet is read as if it were a plain file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from varying.grammar.diagnostics import nearest

from ..cells import column_of_cells
from ..frames import NO_NAME, type_unusable
from ..levels import spell_number
from ..table import Column
from .found import FileFault, Found, Remark, reading

#: A row's cells: values, and whether each is an error or a formula.
_Row = Sequence[Any]


def read_excel(file: Path, wanted: str | int | None) -> Found:
    """Return what is in a sheet of a workbook.

    Parameters
    ----------
    file
        An ``.xlsx`` file.
    wanted
        The name of a sheet, or its number from 1; None: the first.

    Raises
    ------
    FileFault
        If there is no such sheet, or it is no table.
    """
    from openpyxl import load_workbook

    with reading(file, "Excel"):
        if not file.stat().st_size:
            raise ValueError("the file is empty")
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            names = [sheet.title for sheet in book.worksheets]
            place = _place(file, names, wanted)
            rows = [(n, cells) for n, cells in _rows(book.worksheets[place])]
        finally:
            book.close()
        if not rows:
            message = f"the sheet `{names[place]}` of `{file.name}` is empty"
            raise FileFault("data-format", message)
        return Found(
            *_columns(file, place, rows),
            _first_of_several(file, names) if wanted is None else (),
        )


def _first_of_several(file: Path, names: Sequence[str]) -> tuple[Remark, ...]:
    if len(names) < 2:
        return ()
    message = f"`{file.name}` has {len(names)} sheets, and the first one is read"
    listed = ", ".join(f"`{name}`" for name in names)
    notes = (f"they are {listed}", f'choose one: `sheet="{names[0]}"`, or `sheet=1`')
    return (Remark("first-sheet", message, notes),)


def _place(file: Path, names: Sequence[str], wanted: str | int | None) -> int:
    """Return the place of the sheet that is wanted, from 0."""
    if not names:
        raise FileFault("data-format", f"`{file.name}` has no sheet of cells")
    if wanted is None:
        return 0
    if isinstance(wanted, int):
        if wanted <= len(names):
            return wanted - 1
        count = "1 sheet" if len(names) == 1 else f"{len(names)} sheets"
        message = f"`{file.name}` has {count}, and no sheet {wanted}"
        raise FileFault("invalid-argument", message)
    if wanted in names:
        return names.index(wanted)
    close = nearest(wanted, names)
    listed = ", ".join(f"`{name}`" for name in names)
    raise FileFault(
        "invalid-argument",
        f"`{file.name}` has no sheet `{wanted}`",
        (f"did you mean `{close[0]}`?" if close else f"sheets: {listed}",),
    )


def _rows(sheet: Any) -> Iterator[tuple[int, _Row]]:
    """Yield the numbers and cells of the rows in which something stands."""
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if any(cell.value is not None for cell in cells):
            yield number, cells


def _columns(
    file: Path, place: int, rows: Sequence[tuple[int, _Row]]
) -> tuple[list[tuple[str, Column | str]], int]:
    width = max(_width(cells) for _, cells in rows)
    header, body = rows[0][1], rows[1:]
    names = [_text(header[i].value) if i < len(header) else "" for i in range(width)]
    uncomputed = _uncomputed(file, place, body, width)
    columns: list[tuple[str, Column | str]] = []
    for index, name in enumerate(names):
        plain = name.strip()
        cells = [row[index] if index < len(row) else None for _, row in body]
        if not plain:
            if any(cell is not None and cell.value is not None for cell in cells):
                columns.append(("", NO_NAME))
            continue
        made: Column | str
        if index in uncomputed:
            made = (
                f"the formula in cell {uncomputed[index]} has no value: open the "
                "workbook in Excel and save it"
            )
        else:
            made = _column(plain, cells)
        columns.append((plain, made))
    return columns, len(body)


def _width(cells: _Row) -> int:
    filled = [i for i, cell in enumerate(cells, 1) if cell.value is not None]
    return filled[-1] if filled else 0


def _column(name: str, cells: Sequence[Any]) -> Column | str:
    texts: list[str] = []
    for cell in cells:
        if cell is None or cell.value is None:
            texts.append("")
            continue
        if cell.data_type == "e":
            return f"cell {cell.coordinate} holds the error {cell.value}"
        if not isinstance(cell.value, bool | int | float | str):
            return type_unusable(type(cell.value).__name__)
        texts.append(_text(cell.value))
    return column_of_cells(name, texts)


def _text(value: Any) -> str:
    """Return a cell as it would stand in a plain file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return spell_number(float(value))
    return str(value)


def _uncomputed(
    file: Path, place: int, body: Sequence[tuple[int, _Row]], width: int
) -> dict[int, str]:
    """Return the columns with a formula that nothing has computed, and its cell.

    Their cells look empty; what is empty indeed is known from the formulas alone,
    which are another reading of the file.
    """
    empty = {
        (number, index)
        for number, cells in body
        for index in range(width)
        if index >= len(cells) or cells[index].value is None
    }
    if not empty:
        return {}
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=False)
    try:
        last = body[-1][0]
        found: dict[int, str] = {}
        for number, cells in enumerate(
            islice(book.worksheets[place].iter_rows(), last), 1
        ):
            for index, cell in enumerate(cells):
                if cell.data_type == "f" and (number, index) in empty:
                    found.setdefault(index, cell.coordinate)
        return found
    finally:
        book.close()
