"""One small data set, written in every format that is read."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

FILES = Path(__file__).parent / "files"

#: None is missing. ``files/make.R`` has the same rows.
ROWS: dict[str, list[Any]] = {
    "n": [1.5, None, -2.0, 0.25],
    "i": [1, 2, None, 10],
    "t": ["s10", "s2", "None", None],
    "l": [True, None, False, True],
    "f": ["z", "a", None, "z"],
    "o": ["lo", "hi", "lo", None],
    "all": [None, None, None, None],
    "größe 中": ["ä", "b", None, "ä"],
}

LEVELS = {"f": ["z", "a", "unused"], "o": ["lo", "mid", "hi"]}


def frame() -> pd.DataFrame:
    """The rows with the types that pandas has for them."""
    of = {
        "n": "float64",
        "i": "Int64",
        "t": "string",
        "l": "boolean",
        "f": pd.CategoricalDtype(LEVELS["f"]),
        "o": pd.CategoricalDtype(LEVELS["o"], ordered=True),
        "all": "float64",
        "größe 中": "string",
    }
    return pd.DataFrame({k: pd.Series(v, dtype=of[k]) for k, v in ROWS.items()})


def cell(value: Any) -> str:
    """A value as R writes it into a CSV file."""
    if value is None:
        return "NA"
    return str(value).upper() if isinstance(value, bool) else str(value)


def text(delimiter: str = ",") -> str:
    lines = [list(ROWS), *(map(cell, row) for row in zip(*ROWS.values(), strict=True))]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def delimited(delimiter: str) -> Callable[[Path], None]:
    return lambda path: void(path.write_text(text(delimiter), "utf-8"))


def void(_: object) -> None:
    """Forget what a writer returns."""


def compressed(path: Path) -> None:
    path.write_bytes(gzip.compress(text().encode()))


def arrow_stream(path: Path) -> None:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame())
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as w:
        w.write_table(table)


def polars_frame() -> Any:
    import polars as pl

    return pl.DataFrame(ROWS).with_columns(
        pl.col("f").cast(pl.Enum(LEVELS["f"])),
        pl.col("o").cast(pl.Enum(LEVELS["o"])),
        pl.col("all").cast(pl.Float64),
    )


def excel(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(ROWS))
    for row in zip(*ROWS.values(), strict=True):
        sheet.append(row)
    book.save(path)


def coded() -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    """The rows as SPSS and Stata have them: codes, labels, no logical values."""
    data = frame().drop(columns="l").rename(columns={"größe 中": "größe"})
    labels: dict[str, dict[Any, str]] = {}
    for name, levels in LEVELS.items():
        data[name] = data[name].cat.codes.where(data[name].notna()).astype("float64")
        labels[name] = dict(enumerate(levels))
    return data.astype({"i": "float64"}), labels


def spss(path: Path) -> None:
    import pyreadstat

    data, labels = coded()
    pyreadstat.write_sav(
        data,
        str(path),
        variable_value_labels=labels,
        variable_measure={"f": "nominal", "o": "ordinal"},
        row_compress=path.suffix == ".zsav",
    )


def stata(path: Path) -> None:
    import pyreadstat

    data, labels = coded()
    pyreadstat.write_dta(data, str(path), variable_value_labels=labels)


def copied(name: str) -> Callable[[Path], None]:
    return lambda path: void(shutil.copyfile(FILES / name, path))


#: By file name: what writes it.
WRITERS: dict[str, Callable[[Path], None]] = {
    "d.csv": delimited(","),
    "d.tsv": delimited("\t"),
    "d.txt": delimited(";"),
    "d.CSV.gz": compressed,
    "d.xlsx": excel,
    "d.sas7bdat": copied("rows.sas7bdat"),
    "d.parquet": lambda path: frame().to_parquet(path),
    "polars.parquet": lambda path: polars_frame().write_parquet(path),
    "d.feather": lambda path: frame().to_feather(path),
    "polars.feather": lambda path: polars_frame().write_ipc(path),
    "d.arrow": arrow_stream,
    "d.sav": spss,
    "d.zsav": spss,
    "d.dta": stata,
    "d.rds": copied("rows.rds"),
    "d.rda": copied("rows.rda"),
    "d.RData": copied("rows.rda"),
}
