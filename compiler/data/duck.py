"""DuckDB: what reads Parquet, and makes cells of the rows of a large file.

It is imported when a file asks for it, and not before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .found import one_line
from .table import Ints

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: What DuckDB may hold; beyond it, groups go to a temporary folder.
MEMORY = "1GB"

#: DuckDB's name for the number of a row of a Parquet file.
_NUMBER = "file_row_number"

#: Rows that are taken in one go.
_PIECE = 1 << 16

#: Characters that make a path stand for several files.
_PATTERN = "*?[{"


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The different rows of some columns, in the order of their first ones.

    Attributes
    ----------
    columns
        The values of each column.
    counts, firsts
        How often each row is there, and the number of the first, from 0.
    """

    columns: Sequence[Any]
    counts: Ints
    firsts: Ints


class TooManyCells(Exception):
    """The rows are not worth counting: too many of them differ."""


@contextmanager
def connected(file: Path) -> Iterator[tuple[DuckDBPyConnection, str]]:
    """Yield a connection, and a file as a literal for its queries."""
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory(prefix="varying-") as folder:
        path = file.absolute()
        if set(_PATTERN) & set(str(path)):
            link = Path(folder) / f"data{path.suffix.lower()}"
            os.symlink(path, link)
            path = link
        settings: dict[str, Any] = {
            "memory_limit": MEMORY,
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(config=settings)
        literal = _literal(str(path))
        # it would be written to stdout
        connection.execute("SET enable_progress_bar = false")
        # whatever a query says, it reads this file and no other, and writes none
        connection.execute(f"SET allowed_paths = [{literal}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            yield connection, literal
        finally:
            connection.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cells(
    connection: DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    number: str,
    most: float,
) -> Cells:
    """Return the different rows of a query's columns.

    Parameters
    ----------
    connection, source, columns
        What is asked, of what, for which expressions.
    number
        The expression for the number of a row; one below 0 is left out.
    most
        As many of the rows, from 0 to 1, as there may be cells.

    Raises
    ------
    TooManyCells
        If there are more. They are found out inside, where they may be more than
        the memory holds.
    """
    named = ", ".join(f"{column} AS v{i}" for i, column in enumerate(columns))
    values = ", ".join(f"v{i}" for i in range(len(columns)))
    connection.execute(
        f"CREATE TEMP TABLE cells AS SELECT {values}, count(*) AS n, min(r) AS f "
        f"FROM (SELECT {named}, {number} AS r FROM {source}) WHERE r >= 0 "
        f"GROUP BY {values}"
    )
    ((cells, rows),) = connection.execute(
        "SELECT count(*), coalesce(sum(n), 0) FROM cells"
    ).fetchall()
    if cells > most * int(rows):
        raise TooManyCells
    found = connection.execute("SELECT * FROM cells ORDER BY f").fetchnumpy()
    return Cells(
        [found[f"v{i}"] for i in range(len(columns))],
        np.asarray(found["n"]).astype(np.int64),
        np.asarray(found["f"]).astype(np.int64),
    )


# ---- plain text ----------------------------------------------------------------------


def text_cells(
    file: Path, delimiter: str, width: int, wanted: Sequence[int], most: float = 1.0
) -> Cells | None:
    """Return the different rows of some columns of a plain file, as texts.

    Parameters
    ----------
    file
        UTF-8 with a header, and ``plainly`` laid out.
    delimiter
        What separates the fields.
    width
        How many fields a row has.
    wanted
        Which of them, from 0.
    most
        As many of the rows, from 0 to 1, as there may be cells.

    Returns
    -------
    Cells
        None if DuckDB sees no table there: what is wrong is not for it to say.

    Raises
    ------
    TooManyCells
        If there are more.
    """
    import duckdb

    with connected(file) as (connection, path):
        source = _text_source(path, delimiter, width)
        columns = [f"coalesce(c{i}, '')" for i in wanted]
        try:
            # the first row is the header
            number = "row_number() OVER () - 2"
            return _cells(connection, source, columns, number, most)
        except duckdb.Error:
            return None


def _text_source(path: str, delimiter: str, width: int) -> str:
    """Return what a query reads a plain file from; the first row is the header."""
    fields = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({path}, auto_detect=false, columns={{{fields}}}, header=false, "
        f"delim={_literal(delimiter)}, quote='\"', escape='\"', strict_mode=true, "
        "hive_partitioning=false)"
    )


def text_rows(
    file: Path, delimiter: str, width: int, wanted: Sequence[int], most: int
) -> Iterator[Sequence[tuple[str, ...]] | None]:
    """Yield the rows of some columns of a plain file, in their order, in pieces.

    Parameters
    ----------
    file, delimiter, width, wanted
        As in ``text_cells``.
    most
        How many rows at most.

    Yields
    ------
    Sequence of tuple of str
        Some rows; None if DuckDB sees no table there, or no longer.
    """
    import duckdb

    with connected(file) as (connection, path):
        source = _text_source(path, delimiter, width)
        columns = ", ".join(f"coalesce(c{i}, '')" for i in wanted)
        query = f"SELECT {columns} FROM {source} LIMIT {most} OFFSET 1"
        try:
            found = connection.execute(query)
            while rows := found.fetchmany(_PIECE):
                yield rows
        except duckdb.Error:
            yield None


# ---- Parquet -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParquetColumn:
    """A column of a Parquet file: its name, DuckDB's name for it, its type."""

    name: str
    alias: str
    type: str


class ParquetFile:
    """An open Parquet file."""

    def __init__(self, connection: DuckDBPyConnection, path: str) -> None:
        self._connection = connection
        schema = connection.execute(
            f"SELECT name, num_children FROM parquet_schema({path})"
        ).fetchall()
        names = _top(schema)
        options, self._number = "", "row_number() OVER () - 1"
        if _NUMBER not in map(str.casefold, names):
            # by itself it is counted on one processor
            options, self._number = f", {_NUMBER}=true", _NUMBER
        self._source = f"read_parquet({path}, hive_partitioning=false{options})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {self._source}")
        types = [(row[0], row[1]) for row in described.fetchall()]
        # DuckDB renames what differs in case only: `a`, `A_1`
        self.columns = [
            ParquetColumn(one_line(name), alias, type_)
            for name, (alias, type_) in zip(names, types, strict=False)
        ]
        (rows,) = connection.execute(
            f"SELECT num_rows FROM parquet_file_metadata({path})"
        ).fetchall()
        self.rows = int(rows[0])

    def values(
        self, wanted: Sequence[ParquetColumn], head: int | None = None
    ) -> list[NDArray[Any]]:
        """Return some columns, or the head of them; what is missing is masked."""
        named = [f"{_value(column)} AS v{i}" for i, column in enumerate(wanted)]
        limit = "" if head is None else f" LIMIT {head}"
        found = self._connection.execute(
            f"SELECT {', '.join(named)} FROM {self._source}{limit}"
        ).fetchnumpy()
        return [np.ma.asanyarray(found[f"v{i}"]) for i in range(len(wanted))]

    def cells(self, wanted: Sequence[ParquetColumn], most: float = 1.0) -> Cells:
        """Return the different rows of some columns; see ``text_cells``."""
        columns = [_value(column) for column in wanted]
        return _cells(self._connection, self._source, columns, self._number, most)


def _top(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return the names of the columns from a list of all nodes, each before its own."""
    found: list[str] = []
    # how many nodes are to come at each depth
    left = [int(schema[0][1] or 0)]
    for name, children in schema[1:]:
        while not left[-1]:
            left.pop()
        if len(left) == 1:
            found.append(name)
        left[-1] -= 1
        if children:
            left.append(int(children))
    return found


def _value(column: ParquetColumn) -> str:
    """Return the expression for a column's values, as NumPy can have them."""
    name = _name(column.alias)
    if column.type.startswith("DECIMAL") or column.type in ("FLOAT", "HUGEINT"):
        return f"CAST({name} AS DOUBLE)"
    return f"CAST({name} AS VARCHAR)" if column.type.startswith("ENUM") else name


#: Types of DuckDB that a column may have.
_USABLE = frozenset(
    {
        *("BOOLEAN", "VARCHAR", "FLOAT", "DOUBLE", "HUGEINT"),
        *(f"{u}{size}INT" for u in ("", "U") for size in ("TINY", "SMALL", "BIG")),
        *("INTEGER", "UINTEGER"),
    }
)


def usable(column: ParquetColumn) -> bool:
    """Whether a column holds numbers, texts or logical values."""
    type_ = column.type
    return type_ in _USABLE or type_.startswith(("DECIMAL(", "ENUM("))
