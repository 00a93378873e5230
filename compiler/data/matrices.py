"""Matrices that are known beside the data: covariances between levels of groups."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.spelling import spell_number

#: Bytes of a file that is read.
_MOST_BYTES = 1 << 30
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, eq=False)
class KnownMatrix:
    """A square matrix whose rows and columns have one label each, in one order."""

    labels: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        size = len(self.labels)
        if self.values.shape != (size, size):
            raise ValueError(f"{self.values.shape} numbers for {size} labels")
        if len({*self.labels}) < size:
            twice = next(x for x in self.labels if self.labels.count(x) > 1)
            raise ValueError(f"the label {twice!r} is there twice")

    def of(self, levels: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the rows and columns of some labels."""
        place = {label: at for at, label in enumerate(self.labels)}
        places = [place[level] for level in levels]
        return self.values[np.ix_(places, places)]


def read_matrix(path: Path) -> KnownMatrix:
    """Return the matrix in a text file: labels in the first row and first column.

    The columns may stand in another order than the rows. Cells are parted by commas,
    semicolons or tabs. Without a first column of labels, rows are in the order of the
    columns.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If that is not what is in it; says what is wrong.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is larger than a matrix can be")
    text = path.read_text("utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    if len(rows) < 2:
        raise ValueError("it has no rows")
    head, *body = ([cell.strip() for cell in row] for row in rows)
    count = len(body)
    width = len(body[0])
    if any(len(row) != width for row in body):
        raise ValueError("its rows are not all of one length")
    if width == count + 1:
        named = [row[0] for row in body]
        body = [row[1:] for row in body]
        head = head[1:] if len(head) == width else head
    else:
        named = head
    if len(head) != count or len(body[0]) != count:
        raise ValueError(f"it has {count} rows and {len(body[0])} columns")
    decimal = "," if delimiter == ";" else "."
    values = np.array([[_number(cell, decimal) for cell in row] for row in body])
    return _aligned(tuple(named), tuple(head), values)


def _number(cell: str, decimal: str) -> float:
    try:
        return float(cell.replace(decimal, "."))
    except ValueError:
        raise ValueError(f"`{cell}` is no number") from None


def _aligned(
    rows: tuple[str, ...], columns: tuple[str, ...], values: NDArray[Any]
) -> KnownMatrix:
    """Return the matrix with its columns in the order of its rows."""
    if {*rows} != {*columns} or len(rows) != len(columns):
        other = sorted({*rows} ^ {*columns})
        raise ValueError(f"rows and columns have other labels: {', '.join(other[:5])}")
    made = KnownMatrix(columns, np.asarray(values, dtype=np.float64))
    place = {label: at for at, label in enumerate(columns)}
    ordered = made.values[:, [place[label] for label in rows]]
    return KnownMatrix(rows, ordered)


def matrices_of(given: Mapping[str, Any] | None) -> dict[str, KnownMatrix]:
    """Return matrices that the caller has, by name.

    Each is a data frame whose index and columns are labels (pandas, or another that has
    ``index``, ``columns`` and ``to_numpy``), or a pair of labels and an array.

    Raises
    ------
    TypeError, ValueError
        Says which is none.
    """
    found = {}
    for name, value in (given or {}).items():
        if not isinstance(name, str):
            raise TypeError(f"matrices are named by texts, not by {name!r}")
        try:
            found[name] = _matrix(value)
        except (TypeError, ValueError) as error:
            message = f"the matrix {name!r}: {error}"
            raise type(error)(message) from None
    return found


def _matrix(value: Any) -> KnownMatrix:
    if isinstance(value, KnownMatrix):
        return value
    if all(hasattr(value, name) for name in ("index", "columns", "to_numpy")):
        rows, columns = (
            tuple(map(_label, one)) for one in (value.index, value.columns)
        )
        return _aligned(rows, columns, value.to_numpy(dtype=np.float64))
    if isinstance(value, tuple) and len(value) == 2:
        labels, values = value
        array = np.asarray(values, dtype=np.float64)
        return KnownMatrix(tuple(map(_label, labels)), array)
    raise TypeError(
        "it is a data frame whose index and columns are the levels, or a pair of the "
        f"levels and an array, not {type(value).__name__}"
    )


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float | np.number):
        return spell_number(float(value))
    return str(value)
