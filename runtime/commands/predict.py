"""``varying predict``: what a saved fit says of new rows, or of its own."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..interface.arguments import ArgumentError
from ..interface.grids import Cell, TextTable
from .families import load
from .fit import check_target
from .outcome import EnvironmentFault
from .plot import refuse
from .terminal import answer, answer_json, note
from .uncensored import say_uncensored
from .usage import typed

if TYPE_CHECKING:
    from pandas import DataFrame

#: What is predicted of responses, and not of what they are made of.
_OF_RESPONSES = ("response", "mean", "quantile")
#: Lines that a table on the screen has; a file, CSV and JSON have all.
_MOST = 1000


def run(
    path: str, out: str | None, force: bool, form: str, options: Mapping[str, Any]
) -> None:
    """Print a table, or write a file."""
    from ..sampling.settings import SamplerSettings

    if out is not None:
        if Path(out).exists() and not force:
            raise EnvironmentFault(f"`{out}` is there already: --force writes over it")
        if not out.lower().rstrip("/").endswith(".zarr"):
            check_target(out)
    seed = SamplerSettings.checked(seed=options["seed"]).seed
    fit, given = load(path), {**options, "seed": seed}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        try:
            if out is not None:
                fit.predict(out=out, overwrite=force, **given)
            else:
                table = fit.predict(**{**given, "summary": True})
        except ArgumentError as error:
            refuse(typed(str(error)))
    if out is None:
        _print(table, form, given)
    for one in said:
        if one.category is UserWarning:
            note(f"note: {one.message}")
    if options["kind"] in _OF_RESPONSES and options["dpar"] is None:
        compiled = fit._origin.compiled
        say_uncensored(compiled, options["response"], "predictions")
    done = f"{len(table):,} lines" if out is None else f"saved as {out}"
    note(f"{done}, seed {seed}")


def _print(table: DataFrame, form: str, given: Mapping[str, Any]) -> None:
    if form == "json":
        answer_json(_plain(table, given))
    elif form == "csv":
        table.to_csv(sys.stdout, index=False)
    elif form == "markdown":
        answer(_markdown(table))
    else:
        answer(_grid(table.head(_MOST)).text())
        if len(table) > _MOST:
            note(f"{len(table) - _MOST:,} more lines: --out FILE.csv has all")


def _plain(table: DataFrame, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table as plain values."""
    asked = {name: given[name] for name in ("kind", "groups", "dpar", "response")}
    interval = {"kind": "eti", "prob": given["prob"]}
    rows = [
        {name: _value(value) for name, value in zip(table.columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]
    return {**asked, "interval": interval, "seed": given["seed"], "rows": rows}


def _value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _grid(table: DataFrame) -> TextTable:
    rows = table.itertuples(index=False, name=None)
    cells = tuple(tuple(Cell.of(_text(value)) for value in row) for row in rows)
    return TextTable(tuple(map(str, table.columns)), cells)


def _markdown(table: DataFrame) -> str:
    def line(texts: list[str]) -> str:
        escaped = (text.replace("|", "\\|").replace("\n", " ") for text in texts)
        return f"| {' | '.join(escaped)} |"

    rows = table.itertuples(index=False, name=None)
    head = [line(list(map(str, table.columns))), line(["---"] * len(table.columns))]
    return "\n".join([*head, *(line([_text(value) for value in row]) for row in rows)])
