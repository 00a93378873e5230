"""SPSS, Stata and SAS files, by pyreadstat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ..found import Found, Gone, Reads, Remark, normal_name, reading
from .labels import LabelledColumn, read_coded

#: How Stata files begin, from Stata 13 on.
_STATA = b"<stata_dta>"


def read_statistical(
    file: Path, name: str, by_label: bool, reads: Reads, gone: Gone
) -> Found:
    """Return what is in an SPSS, Stata or SAS file.

    Parameters
    ----------
    file
        The file.
    name
        Of its format.
    by_label
        Whether labels of codes become levels.
    reads
        Which of the columns in the file are read.
    gone
        Whether the spec calls a code of a column missing.

    Raises
    ------
    FileFault
        If it cannot be read.
    """
    import pyreadstat

    readers: dict[str, Any] = {
        "SPSS": pyreadstat.read_sav,
        "Stata": pyreadstat.read_dta,
        "SAS": pyreadstat.read_sas7bdat,
    }
    with reading(file, name):
        if not file.stat().st_size:
            raise ValueError("the file is empty")
        _check_end(file)
        _, meta = readers[name](str(file), metadataonly=True)
        read = reads([normal_name(column) for column in meta.column_names])
        wanted = [c for c in meta.column_names if normal_name(c) in read]
        unread = tuple(c for c in meta.column_names if c not in wanted)
        data, meta = readers[name](
            str(file),
            user_missing=True,
            output_format="dict",
            # a column is read to know how many rows there are
            usecols=wanted or meta.column_names[:1],
        )
        _check_rows(file, len(next(iter(data.values()), ())))
        columns, remarks = [], list[Remark]()
        for column in wanted:
            values = data[column]
            labels = meta.variable_value_labels.get(column, {})
            number = meta.readstat_variable_types.get(column) != "string"
            if number:
                # .a to .z of Stata and SAS, which pyreadstat gives without the point
                values = [f".{v}" if isinstance(v, str) else v for v in values]
                labels = {
                    f".{v}" if isinstance(v, str) else v: label
                    for v, label in labels.items()
                }
            ranges = [(r["lo"], r["hi"]) for r in meta.missing_ranges.get(column, ())]
            coded = LabelledColumn(
                column,
                values,
                labels,
                _is_missing(ranges, number, partial(gone, normal_name(column))),
                meta.variable_measure.get(column) == "ordinal",
            )
            made, said = read_coded(coded, by_label)
            columns.append((column, made))
            remarks += said
        lengths = {len(values) for values in data.values()}
        rows = lengths.pop() if lengths else int(meta.number_rows or 0)
        return Found(columns, rows, tuple(remarks), unread)


def _check_end(file: Path) -> None:
    """See that a Stata file is whole: its labels come last and would be lost."""
    with file.open("rb") as raw:
        if raw.read(len(_STATA)) == _STATA:
            raw.seek(-min(64, file.stat().st_size), 2)
            if not raw.read().rstrip(b"\0\r\n ").endswith(b"</stata_dta>"):
                raise ValueError("the file is cut off")


def _check_rows(file: Path, found: int) -> None:
    """See that an SPSS file has as many rows as it says: its reader does not."""
    with file.open("rb") as raw:
        head = raw.read(84)
    if head[:4] not in (b"$FL2", b"$FL3") or len(head) < 84:
        return
    order: Literal["little", "big"]
    order = "little" if int.from_bytes(head[64:68], "little") in (2, 3) else "big"
    said = int.from_bytes(head[80:84], order, signed=True)
    if said >= 0 and said != found:  # who does not know it writes -1
        message = f"the file is cut off: it says {said:,} rows and has {found:,}"
        raise ValueError(message)


def _is_missing(
    ranges: Sequence[tuple[Any, Any]], number: bool, gone: Callable[[Any], bool]
) -> Callable[[Any], bool]:
    """Return whether a code is missing by what file and spec say of its column."""

    def is_missing(code: Any) -> bool:
        if gone(code):
            return True
        if isinstance(code, str) and number:
            return True
        return any(
            low <= code <= high
            for low, high in ranges
            if isinstance(code, str) == isinstance(low, str)
        )

    return is_missing
