"""A table as plain arrays and JSON: what the fit file keeps of the data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from varying.compiler.expressions import LOGICALS, column_names, postorder
from varying.compiler.prepare import used_columns
from varying.compiler.table import Column, Kind, Table
from varying.grammar.diagnostics import Sink
from varying.grammar.tree import (
    ColumnStatement,
    Expr,
    LetStatement,
    ModelStatement,
    Name,
    PartStatement,
    Spec,
    WhereStatement,
)

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["columns_named", "from_dataset", "to_dataset"]

_ATTRIBUTE = "table"

#: Fields of a column that JSON holds as they are; tuples become lists.
_PLAIN = ("name", "levels", "declared", "numbers", "contrast", "reference")


def columns_named(spec: Spec, table: Table) -> Table:
    """Return the table with the columns that a spec reads, or all if it says ``.``.

    What any model reads counts, also one that was not chosen, and what ``column``,
    ``let`` and ``where`` read, whether a model uses it or not: the text must
    compile with these columns alone, and to the same rows. Functions, parameters
    and targets of priors are no columns, whatever the data call theirs.
    """
    used = used_columns(spec, table, Sink(spec.source))
    named = {name.text for name in _beside_formulas(spec)}
    kept = {n: c for n, c in table.columns.items() if n in used or n in named}
    return replace(table, columns=kept)


def _beside_formulas(spec: Spec) -> Iterator[Name]:
    """Yield what statements read, and in formulas too what may be a constant.

    ``TRUE`` is the constant unless the data have a column of that name.
    """
    for statement in spec.statements:
        match statement:
            case ColumnStatement(columns=columns):
                yield from columns
            case LetStatement(expression=read) | WhereStatement(condition=read):
                yield from column_names(read)
                yield from _constants(read)
            case ModelStatement(formula=formula, body=body):
                yield from _constants(formula.response)
                parts = (s.formula for s in body if isinstance(s, PartStatement))
                for one in (formula, *parts):
                    yield from _constants(one.terms)


def _constants(expression: Expr) -> Iterator[Name]:
    for node in postorder(expression):
        if isinstance(node, Name) and node.text in LOGICALS:
            yield node


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
    return Table(plain["name"], columns, int(plain["rows"]))


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
