"""A table as plain arrays and JSON: what the fit file keeps of the data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from varying.compiler.columns_read import columns_read
from varying.compiler.table import Column, Kind, Table
from varying.grammar.tree import Spec

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["columns_named", "from_dataset", "to_dataset"]

_ATTRIBUTE = "table"

#: Fields of a column that JSON holds as they are; tuples become lists.
_PLAIN = ("name", "levels", "declared", "numbers", "contrast", "reference")


def columns_named(spec: Spec, table: Table) -> Table:
    """Return the table with the columns that a spec reads; see ``columns_read``."""
    read = columns_read(spec, table.columns)
    kept = {name: c for name, c in table.columns.items() if name in read}
    return replace(table, columns=kept)


def to_dataset(table: Table) -> Dataset:
    """Return the table as one variable a column, described by an attribute."""
    from xarray import Dataset

    variables = {}
    described = []
    for number, column in enumerate(table.columns.values()):
        variables[f"column_{number}"] = ("data_row", column.values)
        description = _described(column)
        if column.spelled is not None:
            variables[f"column_{number}_spelled"] = ("data_row", column.spelled.values)
            description["spelled"] = _described(column.spelled)
        described.append(description)
    if table.counts is not None and table.firsts is not None:
        variables["counts"] = ("data_row", table.counts)
        variables["firsts"] = ("data_row", table.firsts)
    plain = {"name": table.name, "rows": table.rows, "columns": described}
    text = json.dumps(plain, ensure_ascii=False)
    return Dataset(variables, attrs={_ATTRIBUTE: text})


def from_dataset(dataset: Dataset) -> Table:
    """Return the table that ``to_dataset`` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing or of another shape.
    """
    plain = json.loads(dataset.attrs[_ATTRIBUTE])
    columns = {}
    for number, described in enumerate(plain["columns"]):
        spelled = None
        if "spelled" in described:
            values = dataset[f"column_{number}_spelled"].values
            spelled = _column(described["spelled"], values, None)
        values = dataset[f"column_{number}"].values
        columns[described["name"]] = _column(described, values, spelled)
    counts = firsts = None
    if "counts" in dataset:
        counts, firsts = dataset["counts"].values, dataset["firsts"].values
    rows = int(plain["rows"])
    return Table(plain["name"], columns, rows, counts=counts, firsts=firsts, long=True)


def _described(column: Column) -> dict[str, Any]:
    plain = {name: getattr(column, name) for name in _PLAIN}
    read_as = None if column.read_as is None else str(column.read_as)
    return {
        **plain,
        "kind": str(column.kind),
        "read_as": read_as,
        "undeclared": column.undeclared,
    }


def _column(described: dict[str, Any], values: Any, spelled: Column | None) -> Column:
    numbers, read_as = described["numbers"], described["read_as"]
    return Column(
        name=described["name"],
        kind=Kind(described["kind"]),
        values=values,
        levels=tuple(described["levels"]),
        declared=bool(described["declared"]),
        numbers=None if numbers is None else tuple(numbers),
        contrast=described["contrast"],
        reference=described["reference"],
        spelled=spelled,
        read_as=None if read_as is None else Kind(read_as),
        undeclared=int(described["undeclared"]),
    )
