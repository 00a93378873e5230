"""A table as plain arrays and JSON: what the fit file keeps of the data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.data.matrices import KnownMatrix
from varying.compiler.data.table import Column, Kind, Table

from ..files.plain import listed, number, text, texts, whole
from .provenance import escaped

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.grammar.tree import Spec

    from ..files.arrays import ArrayGroup

__all__ = ["columns_named", "from_group", "to_dataset"]

_ATTRIBUTE = "table"

#: Fields of a column that JSON holds as they are; tuples become lists.
_PLAIN = ("name", "levels", "declared", "numbers", "contrast", "reference")


def columns_named(spec: Spec, table: Table) -> Table:
    """Return the table with the columns that a spec reads; see ``columns_read``."""
    from varying.grammar.reads import columns_read

    read = columns_read(spec, table.columns)
    kept = {name: c for name, c in table.columns.items() if name in read}
    return replace(table, columns=kept)


def to_dataset(table: Table) -> Dataset:
    """Return the table as one variable a column, described by an attribute."""
    from xarray import Dataset

    variables: dict[str, Any] = {}
    described = []
    for place, column in enumerate(table.columns.values()):
        variables[f"column_{place}"] = ("data_row", column.values)
        description = _described(column)
        if column.spelled is not None:
            variables[f"column_{place}_spelled"] = ("data_row", column.spelled.values)
            description["spelled"] = _described(column.spelled)
        described.append(description)
    if table.counts is not None and table.firsts is not None:
        variables["counts"] = ("data_row", table.counts)
        variables["firsts"] = ("data_row", table.firsts)
    plain = {"name": escaped(table.name), "rows": table.rows, "columns": described}
    matrices = []
    for place, (name, matrix) in enumerate(table.matrices.items()):
        dims = (f"matrix_{place}_row", f"matrix_{place}_column")
        variables[f"matrix_{place}"] = (dims, matrix.values)
        matrices.append(
            {"name": escaped(name), "labels": [*map(escaped, matrix.labels)]}
        )
    if matrices:
        plain["matrices"] = matrices
    written = json.dumps(plain, ensure_ascii=False)
    return Dataset(variables, attrs={_ATTRIBUTE: written})


def from_group(group: ArrayGroup) -> Table:
    """Return the table that ``to_dataset`` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing or of another shape.
    """
    plain = json.loads(group.attrs[_ATTRIBUTE])
    variables = group.variables
    columns = {}
    for place, described in enumerate(listed(plain["columns"], dict)):
        spelled = None
        if "spelled" in described:
            values = variables[f"column_{place}_spelled"].values
            spelled = _column(described["spelled"], values, None)
        key = f"column_{place}"
        if key not in variables:
            raise ValueError(f"the column `{described['name']}` is absent")
        values = variables[key].values
        columns[text(described["name"])] = _column(described, values, spelled)
    counts = firsts = None
    if "counts" in variables:
        counts = variables["counts"].values.astype(np.int64, casting="safe")
        firsts = variables["firsts"].values.astype(np.int64, casting="safe")
    rows = whole(plain["rows"])
    for one in (*(column.values for column in columns.values()), counts, firsts):
        if one is not None and one.shape != (rows,):
            raise ValueError(f"{one.shape} values in {rows} rows")
    if counts is not None and counts.min(initial=1) < 1:
        raise ValueError("a row that is not there")
    matrices = {}
    # files of before have none
    for place, described in enumerate(listed(plain.get("matrices", []), dict)):
        values = np.asarray(variables[f"matrix_{place}"].values, dtype=np.float64)
        labels = texts(described["labels"])
        matrices[text(described["name"])] = KnownMatrix(labels, values)
    return Table(
        text(plain["name"]),
        columns,
        rows,
        counts=counts,
        firsts=firsts,
        long=True,
        matrices=matrices,
    )


def _described(column: Column) -> dict[str, Any]:
    plain = {name: getattr(column, name) for name in _PLAIN}
    read_as = None if column.read_as is None else str(column.read_as)
    return {
        **plain,
        "kind": str(column.kind),
        "read_as": read_as,
        "undeclared": column.undeclared,
        "rounding": column.rounding,
        "decimal": column.decimal,
        "grouped": column.grouped,
        "pointed": column.pointed,
    }


def _column(described: Any, values: Any, spelled: Column | None) -> Column:
    numbers, read_as = described["numbers"], described["read_as"]
    contrast, reference = described["contrast"], described["reference"]
    # files of before have none of these
    rounding, decimal = described.get("rounding"), described.get("decimal")
    grouped = described.get("grouped")
    levels = texts(described["levels"])
    column = Column(
        name=text(described["name"]),
        kind=Kind(described["kind"]),
        values=values,
        levels=levels,
        declared=bool(described["declared"]),
        numbers=None if numbers is None else tuple(map(number, listed(numbers))),
        contrast=contrast if contrast is None else text(contrast),
        reference=reference if reference is None else text(reference),
        spelled=spelled,
        read_as=None if read_as is None else Kind(read_as),
        undeclared=whole(described["undeclared"]),
        rounding=rounding if rounding is None else number(rounding),
        decimal=decimal if decimal is None else text(decimal),
        grouped=grouped if grouped is None else text(grouped),
        pointed=bool(described.get("pointed", False)),
    )
    if not column.kind.is_number:
        if len(set(levels)) != len(levels) or column.undeclared > len(levels):
            raise ValueError(f"the levels of `{column.name}`")
        if values.max(initial=-1) >= len(levels) or values.min(initial=-1) < -1:
            raise ValueError(f"values of `{column.name}` that are no levels")
        if column.numbers is not None and len(column.numbers) != len(levels):
            raise ValueError(f"the numbers of `{column.name}`")
    return column
