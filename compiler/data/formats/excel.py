"""Excel workbooks, by openpyxl: a sheet is read as if it were a plain file.

Rows are read as they stand in the file. What a sheet says of its own size is not asked:
some programs write it wrong, and whoever believes it loses rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from varying.grammar.diagnostics import nearest
from varying.grammar.printer import string_text
from varying.grammar.spelling import spell_number

from ..found import FileFault, Found, Reads, Remark, normal_name, reading
from ..table import Column
from ..texts import column_of_cells
from ..values import NO_NAME, type_unusable
from .footer import check_last_rows
from .header import LOOKED_AT, ONE_ROW, check_first_rows, check_names_below, two_rows
from .xml_parts import SheetXml, check_parts

#: What a sheet of Excel's may have.
ROWS, COLUMNS = 1_048_576, 16_384

#: Ranges that are named in a message.
_SHOWN = 4

#: A row's cells, by the number of their column from 1.
_Cells = Mapping[int, Any]


def read_excel(
    file: Path, wanted: str | int | None, reads: Reads, decimal: str = "."
) -> Found:
    """Return what is in a sheet of a workbook.

    Parameters
    ----------
    file
        An ``.xlsx`` file.
    wanted
        The name of a sheet, or its number from 1; None: the first that can be seen.
    reads
        Which columns of those in the sheet are read.
    decimal
        The sign before decimals in cells that are texts.

    Raises
    ------
    FileFault
        If there is no such sheet, or it is no table.
    """
    with reading(file, "Excel"), _opened(file) as book:
        names = [sheet.name for sheet in book.sheets]
        seen = [n for n, sheet in enumerate(book.sheets) if sheet.seen]
        place = _place(file, names, seen, wanted)
        if wanted is None and len(names) > 1:
            _check_choice(file, book, place, reads)
        found = _read_sheet(file, book, book.sheets[place], reads, decimal)
        if wanted is None and len(names) > 1:
            remark = _first_of_several(file, names, seen, place)
            return replace(found, remarks=(remark, *found.remarks))
        return found


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet: its name, its part of the file, and whether it can be seen."""

    name: str
    part: str
    seen: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """An open workbook: openpyxl's reader of it, and its sheets of cells."""

    reader: Any
    sheets: Sequence[_Sheet]


@contextmanager
def _opened(file: Path) -> Iterator[_Book]:
    """Yield a workbook without its sheets being read.

    ``load_workbook`` goes through every sheet for its size.
    """
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    if not file.stat().st_size:
        raise ValueError("the file is empty")
    check_parts(file)
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    try:
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        sheets = [
            _Sheet(sheet.name, relation.target, sheet.state == "visible")
            for sheet, relation in reader.parser.find_sheets()
            if "chartsheet" not in relation.Type
        ]
        yield _Book(reader, sheets)
    finally:
        reader.archive.close()


# ---- which sheet ---------------------------------------------------------------------


def _first_of_several(
    file: Path, names: Sequence[str], seen: Sequence[int], place: int
) -> Remark:
    what = "first one" if place == 0 else "first that is not hidden"
    message = f"`{file.name}` has {len(names)} sheets, and the {what} is read"
    listed = ", ".join(
        f"`{name}`" + ("" if n in seen or not seen else " (hidden)")
        for n, name in enumerate(names)
    )
    choice = f"choose one: `sheet={string_text(names[place])}`, or `sheet={place + 1}`"
    return Remark("first-sheet", message, (f"they are {listed}", choice))


def _check_choice(file: Path, book: _Book, place: int, reads: Reads) -> None:
    """Report that another sheet has the columns, where the first one has none."""
    known = [_names(file, book, sheet) for sheet in book.sheets]
    if reads.named(known[place]):
        return
    others = [n for n, names in enumerate(known) if len(reads.named(names)) > 1]
    if not others:
        return
    first, best = (
        book.sheets[place].name,
        max(others, key=lambda n: len(reads.named(known[n]))),
    )
    name = book.sheets[best].name
    there = ", ".join(f"`{column}`" for column in sorted(reads.named(known[best]))[:6])
    raise FileFault(
        "data-format",
        f"the first sheet of `{file.name}`, `{first}`, has none of the columns",
        (f"`{name}` has {there}", f"choose it: `sheet={string_text(name)}`"),
        add=f", sheet={string_text(name)}",
    )


def _names(file: Path, book: _Book, sheet: _Sheet) -> list[str]:
    """Return the texts of the first row of a sheet, as far as it can be read."""
    if sheet.part not in book.reader.valid_files:
        return []
    with book.reader.archive.open(sheet.part) as source:
        try:
            header = next(_rows(file, sheet.name, _parser(book, source)), None)
        except Exception:  # of a sheet that nobody asked for
            return []
    return [] if header is None else [_name(cell) for cell in header[1].values()]


def _place(
    file: Path, names: Sequence[str], seen: Sequence[int], wanted: str | int | None
) -> int:
    """Return the place of the sheet that is wanted, from 0."""
    if not names:
        raise FileFault("data-format", f"`{file.name}` has no sheet of cells")
    if wanted is None:
        return seen[0] if seen else 0
    listed = ", ".join(f"`{name}`" for name in names)
    if isinstance(wanted, int):
        if wanted <= len(names):
            return wanted - 1
        count = "1 sheet" if len(names) == 1 else f"{len(names)} sheets"
        message = f"`{file.name}` has {count}, and no sheet {wanted}"
        note = f"sheets: {listed}"
        raise FileFault("invalid-argument", message, (note,), option="sheet")
    if wanted in names:
        return names.index(wanted)
    close = nearest(wanted, names)
    raise FileFault(
        "invalid-argument",
        f"`{file.name}` has no sheet `{wanted}`",
        (*([f"did you mean `{close[0]}`?"] if close else []), f"sheets: {listed}"),
        option="sheet",
        instead=string_text(close[0]) if close else None,
    )


# ---- what is in it -------------------------------------------------------------------


@dataclass(slots=True)
class _Kept:
    """The cells of one column as texts, and why it cannot be used, if so."""

    name: str
    letters: str
    decimal: str
    texts: list[str] = field(default_factory=list)
    fault: str | None = None

    def add(self, cell: Any, row: int) -> None:
        """Take the cell of the next row."""
        value = None if cell is None else cell["value"]
        if value is None:
            self.texts.append("")
            if cell is not None and cell["data_type"] == "f":
                self.fault = self.fault or (
                    f"the formula in cell {self.letters}{row} has no value: open the "
                    "workbook in Excel and save it"
                )
            return
        text = _text(value)
        if self.decimal == "," and isinstance(value, float):
            text = text.replace(".", ",")  # a number is one whatever sign texts have
        self.texts.append(text)
        if self.fault is not None:
            return
        if cell["data_type"] == "e":
            self.fault = f"cell {self.letters}{row} holds the error {value}"
        elif not isinstance(value, bool | int | float | str):
            self.fault = type_unusable(type(value).__name__)

    def column(self) -> Column | str:
        """Return the column, or why it cannot be used."""
        return self.fault or column_of_cells(self.name, self.texts, self.decimal)


@dataclass(frozen=True, slots=True)
class _Range:
    """Cells that are merged: their name, and the first and last column and row."""

    ref: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def columns(self) -> Set[int]:
        """The numbers of its columns."""
        return {*range(self.left, self.right + 1)}


def _read_sheet(
    file: Path, book: _Book, sheet: _Sheet, reads: Reads, decimal: str
) -> Found:
    from openpyxl.utils import get_column_letter

    if sheet.part not in book.reader.valid_files:
        raise ValueError(f"the sheet `{sheet.name}` is not in it")
    with book.reader.archive.open(sheet.part) as source:
        parser = _parser(book, source)
        hidden: list[int] = []
        rows = _rows(file, sheet.name, parser, hidden)
        header = next(rows, None)
        if header is None:
            message = f"the sheet `{sheet.name}` of `{file.name}` is empty"
            raise FileFault("data-format", message)
        head, cells = header
        names = {n: text for n, c in cells.items() if (text := _name(c))}
        read = reads(list(names.values()))
        where = f"the sheet `{sheet.name}` of `{file.name}`"
        above = f"the first row in which something stands, here row {head},"
        below: tuple[int, _Cells] | None = None
        kept = {
            n: _Kept(name, get_column_letter(n), decimal)
            for n, name in names.items()
            if name in read
        }
        nameless, last, count = False, head, 0
        for last, found in rows:
            count += 1
            if names and count <= LOOKED_AT:
                texts = [_name(cell) for cell in found.values()]
                place = f"row {last} of {where}"
                check_names_below(list(names.values()), texts, reads, place, above)
            below = below or (last, found)
            for n, column in kept.items():
                column.add(found.get(n), last)
            nameless = nameless or any(
                n not in names and cell["value"] is not None
                for n, cell in found.items()
            )
    merged = _merged(parser)
    if below is not None:
        _check_header(where, head, names, merged, below, reads)
    first = last if below is None else below[0]
    _check_merged(merged, kept, first, last)
    columns: list[tuple[str, Column | str]] = [
        (name, kept[n].column()) for n, name in names.items() if n in kept
    ]
    usable = {name: c for name, c in columns if isinstance(c, Column)}
    check_first_rows(where, usable, None, nameless)
    check_last_rows(where, usable)
    if nameless:
        columns.append(("", NO_NAME))
    unread = tuple(name for n, name in names.items() if n not in kept)
    return Found(columns, count, _of_hidden(where, hidden, head), unread)


def _of_hidden(where: str, hidden: Sequence[int], head: int) -> tuple[Remark, ...]:
    """Return what to say of rows below the header that are hidden."""
    below = [row for row in hidden if row > head]
    if not below:
        return ()
    several = len(below) > 1
    return (
        Remark(
            "hidden-rows",
            f"{len(below):,} {'rows' if several else 'row'} of {where} "
            f"{'are hidden, and are' if several else 'is hidden, and is'} read",
            (
                f"the first is row {below[0]}; a filter hides rows without deleting "
                "them",
                "if they are not meant: `where`, or delete them in the sheet",
            ),
        ),
    )


def _parser(book: _Book, source: Any) -> Any:
    """Return openpyxl's parser of a sheet, which marks formulas without a value."""
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    parser = WorkSheetParser(
        SheetXml(source),
        book.reader.shared_strings,
        data_only=True,
        epoch=book.reader.wb.epoch,
        date_formats=book.reader.wb._date_formats,
        timedelta_formats=book.reader.wb._timedelta_formats,
    )
    plain = parser.parse_cell

    def parse_cell(element: Any) -> Any:
        cell = plain(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell

    parser.parse_cell = parse_cell
    return parser


def _rows(
    file: Path, title: str, parser: Any, hidden: list[int] | None = None
) -> Iterator[tuple[int, _Cells]]:
    """Yield the numbers and cells of the rows in which something stands.

    The numbers of those that are hidden are added to ``hidden``.

    Raises
    ------
    FileFault
        If there are rows or columns that Excel does not have, or rows out of order.
    """
    where = f"the sheet `{title}` of `{file.name}`"
    again = ("open the workbook in Excel and save it",)
    before = 0
    for number, listed in parser.parse():
        said = parser.row_dimensions.get(str(number), {}).get("hidden", "0")
        parser.row_dimensions.clear()  # else it keeps the height of each
        if number > ROWS:
            message = f"{where} has a row {number:,}"
            note = f"a sheet of Excel's has {ROWS:,} rows at most"
            raise FileFault("data-format", message, (note,))
        if number <= before:
            after = f"row {number} stands behind row {before}"
            message = f"the rows of {where} are out of order: {after}"
            raise FileFault("data-format", message, again)
        before = number
        cells: dict[int, Any] = {}
        for cell in listed:
            column = cell["column"]
            if not 1 <= column <= COLUMNS:
                message = f"{where} has a cell in column {column:,}"
                note = f"a sheet of Excel's has {COLUMNS:,} columns at most"
                raise FileFault("data-format", message, (note,))
            if cell["row"] != number or column in cells:
                message = f"the cells of row {number} of {where} are out of order"
                raise FileFault("data-format", message, again)
            if cell["value"] is not None or cell["data_type"] == "f":
                cells[column] = cell
        if cells and hidden is not None and said in ("1", "true"):
            hidden.append(number)
        if cells:
            yield number, cells


def _name(cell: Any) -> str:
    return normal_name(_text(cell["value"]))


def _merged(parser: Any) -> list[_Range]:
    """Return the ranges of cells that are merged."""
    from openpyxl.utils import range_boundaries

    found = () if parser.merged_cells is None else parser.merged_cells.mergeCell
    return [_Range(str(one.ref), *range_boundaries(str(one.ref))) for one in found]


def _check_header(
    where: str,
    head: int,
    names: Mapping[int, str],
    merged: Sequence[_Range],
    below: tuple[int, _Cells],
    reads: Reads,
) -> None:
    """Report a header of which cells are merged, as one that has two rows has them.

    ``below``: the number and the cells of the row below it.

    Raises
    ------
    FileFault
        If a title stands there, a name above several columns, or above other names.
    """
    from openpyxl.utils import get_column_letter

    number, cells = below
    among = [one for one in merged if one.top <= head <= one.bottom]
    broad = [one for one in among if (one.columns & {*cells}) - {one.left, *names}]
    if not broad and not any(one.bottom >= number for one in among):
        return
    if broad and len(names) == 1:
        title = names.get(broad[0].left, "")
        message = f"row {head} of {where} seems to be a title"
        note = f"`{title}` is in the merged cells {broad[0].ref}, above other columns"
        last = "the first row in which something stands is the header: delete the title"
        raise FileFault("data-format", message, (note, last))
    covered = {n for one in broad for n in one.columns}
    beside = [cell for n, cell in cells.items() if n not in covered and n in names]
    levels = [_is_number(cells[n]) for n in covered & {*cells}]
    if any(map(_is_number, beside)) or (beside and broad and all(levels)):
        # the row below is one of data: it is a fault of columns that are read alone
        for one in broad:
            if not reads.named([names.get(one.left, "")]):
                continue
            letters = [get_column_letter(n) for n in sorted(one.columns & {*cells})]
            listed = ", ".join(letters[:_SHOWN])
            more = ", ..." if len(letters) > _SHOWN else ""
            message = f"`{names[one.left]}` of {where} stands above several columns"
            note = f"the cells {one.ref} are merged, and below are {listed}{more}"
            last = f"unmerge them, and name each column: {ONE_ROW}"
            raise FileFault("data-format", message, (note, last))
        return
    under = {
        names.get(one.left, get_column_letter(one.left)): _text(cells[n]["value"])
        for one in broad
        for n in sorted(one.columns & {*cells}, reverse=True)
    }
    refs = ", ".join(one.ref for one in (broad or among)[:_SHOWN])
    more = ", ..." if len(broad or among) > _SHOWN else ""
    why = f"these cells of the header are merged: {refs}{more}"
    raise two_rows(f"the header of {where} has several rows", under, why)


def _check_merged(
    merged: Sequence[_Range], kept: Mapping[int, _Kept], first: int, last: int
) -> None:
    """Mark the columns whose cells below the header are part of another cell.

    Excel keeps the value in the first of the cells that are merged; the others are
    empty, and would be missing values. ``first`` and ``last`` are the rows of the data.
    """
    from openpyxl.utils import get_column_letter

    for one in merged:
        for n, column in kept.items():
            if not one.left <= n <= one.right or column.fault is not None:
                continue
            top = max(one.top + 1 if n == one.left else one.top, first)
            if top <= min(one.bottom, last):
                cell = f"{get_column_letter(one.left)}{one.top}"
                column.fault = (
                    f"the cells {one.ref} are merged, and {cell} alone has a value: "
                    "unmerge them, and fill in the others"
                )


def _is_number(cell: Any) -> bool:
    return isinstance(cell["value"], int | float)


def _text(value: Any) -> str:
    """Return a cell as it would stand in a plain file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return spell_number(value) if isinstance(value, float) else str(value)
