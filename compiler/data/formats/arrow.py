"""Feather and Arrow files, and what Arrow says of the categories in Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..found import Found, Reads, normal_name, reading
from ..table import Column, Kind
from ..values import NO_NAME, UnusableColumn, column_of_values, spell_category


def read_arrow(file: Path, reads: Reads) -> Found:
    """Return what is in a Feather file or another file of Arrow's.

    ``reads`` chooses from the columns that are in it.

    Raises
    ------
    FileFault
        If it cannot be read.
    """
    with reading(file, "Feather or Arrow"):
        columns: list[tuple[str, Column | str]] = []
        table, unread = _table(file, reads)
        for field, values in zip(table.schema, table.columns, strict=True):
            ordered = _order(field, table.schema.metadata)
            columns.append((field.name, _column(field.name, values, ordered)))
        return Found(columns, int(table.num_rows), unread=unread)


def ordered_columns(table: Any) -> dict[str, Column]:
    """Return the columns of a table whose categories have an order, by name."""
    found = {
        field.name: _column(field.name, values, order)
        for field, values in zip(table.schema, table.columns, strict=True)
        if (order := _order(field, table.schema.metadata)) is not None
    }
    return {name: one for name, one in found.items() if isinstance(one, Column)}


def _table(file: Path, reads: Reads) -> tuple[Any, tuple[str, ...]]:
    """Return the columns that are read, and the names of the others."""
    import pyarrow as pa
    from pyarrow import feather, ipc

    with pa.OSFile(str(file)) as source:
        start = source.read(6)
    if start.startswith(b"FEA1"):
        return _chosen(feather.read_table(str(file), memory_map=False), reads)
    with pa.OSFile(str(file)) as source:
        if start.startswith(b"ARROW1"):
            schema = ipc.open_file(source).schema
            places, unread = _places(schema.names, reads)
            options = ipc.IpcReadOptions(included_fields=places)
            source.seek(0)
            if places:
                return ipc.open_file(source, options=options).read_all(), unread
            return _chosen(ipc.open_file(source).read_all(), reads)
        if start.startswith(b"\xff\xff\xff\xff"):
            return _chosen(ipc.open_stream(source).read_all(), reads)
    raise ValueError("the file is empty" if not start else "it begins in another way")


def _places(names: Sequence[str], reads: Reads) -> tuple[list[int], tuple[str, ...]]:
    """Return the places of the columns that are read, and the names of the others."""
    read = reads([normal_name(name) for name in names])
    places = [i for i, name in enumerate(names) if normal_name(name) in {*read, ""}]
    return places, tuple(name for i, name in enumerate(names) if i not in {*places})


def _chosen(table: Any, reads: Reads) -> tuple[Any, tuple[str, ...]]:
    places, unread = _places(table.schema.names, reads)
    return table.select(places), unread


def _order(field: Any, metadata: Mapping[bytes, bytes] | None) -> Kind | None:
    """Return the kind of a column of categories; None if they have no order.

    Arrow keeps categories in the order of their appearance unless who wrote them
    gave them one. pandas and R do, and say that they wrote the file; Polars does for
    an Enum.
    """
    import pyarrow as pa

    if not pa.types.is_dictionary(field.type):
        return None
    marks = field.metadata or {}
    if any(key.startswith(b"_PL_ENUM") for key in marks):
        return Kind.FACTOR
    if any(key.startswith(b"_PL_CATEGORICAL") for key in marks):
        return None
    if field.type.ordered:
        return Kind.ORDERED
    return Kind.FACTOR if {b"pandas", b"r"} & set(metadata or ()) else None


def _column(name: str, values: Any, order: Kind | None) -> Column | str:
    """Return a column, or why it cannot be used."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not name:
        return NO_NAME
    type_ = values.type
    if pa.types.is_null(type_):
        return Column(name, Kind.NUMERIC, np.full(len(values), np.nan))
    if pa.types.is_dictionary(type_):
        if order is not None:
            return _categories(name, values, order)
        values = values.to_pylist()
    elif pa.types.is_string_view(type_):
        values = pc.cast(values, pa.large_string())
    try:
        return column_of_values(name, values)
    except UnusableColumn as reason:
        return str(reason)


def _categories(name: str, values: Any, kind: Kind) -> Column | str:
    """Return a column of categories with an order, or why it cannot be used."""
    import pyarrow as pa

    place: dict[Any, int] = {}
    pieces = [np.zeros(0, np.int64)]
    for chunk in values.chunks:
        listed = chunk.dictionary.to_pylist()
        # pieces of a file may have lists of their own, the later ones longer
        for level in listed:
            place.setdefault(level, len(place))
        indices = chunk.indices.cast(pa.int64()).fill_null(-1).to_numpy()
        pieces.append(np.array([*(place[x] for x in listed), -1], np.int64)[indices])
    codes, levels = np.concatenate(pieces), list(place)
    if None in levels:
        # a category that stands for what is missing
        gone = levels.index(None)
        codes = np.where(codes == gone, -1, codes - (codes > gone))
        levels = [level for level in levels if level is not None]
    spelled = [spell_category(level) for level in levels]
    if len(set(spelled)) < len(spelled):
        return "two of its categories are spelled alike"
    numeric = levels and all(
        isinstance(level, int | float) and not isinstance(level, bool)
        for level in levels
    )
    return Column(
        name,
        kind,
        codes,
        tuple(spelled),
        declared=True,
        numbers=tuple(float(level) for level in levels) if numeric else None,
    )


# ---- Parquet -------------------------------------------------------------------------


def parquet_categories(file: Path) -> dict[str, tuple[list[Any], Kind]]:
    """Return the categories of a Parquet file's columns, where they have an order.

    They are those of the first rows that were written together; who writes a file
    in pieces may have others further down.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as opened:
            schema = opened.schema_arrow
            found = {
                field.name: kind
                for field in schema
                if (kind := _order(field, schema.metadata)) is not None
                and pa.types.is_string(field.type.value_type)
            }
            if not found or not opened.num_row_groups:
                return {}
            first = opened.read_row_group(0, columns=list(found))
            return {
                name: (first[name].chunk(0).dictionary.to_pylist(), kind)
                for name, kind in found.items()
                if first[name].num_chunks
            }
    except (pa.ArrowException, OSError, KeyError):
        return {}  # DuckDB says what is wrong, or reads them as texts
