"""``varying ask``: questions to a saved fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from .families import chosen
from .plot import check_picture, refuse, write
from .terminal import answer, answer_json, print_text, warn

if TYPE_CHECKING:
    from ..plots.style import Picture

#: How names of files end that hold a table, with the format of it.
_TABLES = {
    ".csv": "csv",
    ".json": "json",
    ".md": "markdown",
    ".tex": "latex",
    ".txt": "table",
}


def run(path: str, question: str, form: str, prob: float, out: str | None) -> None:
    """Print the answer to a question; draw it, if a picture is asked for."""
    from ..fit.asking import ask_file

    if out is not None:
        kind = _TABLES.get(Path(out).suffix.lower())
        if kind is not None:
            refuse(f"--out draws a picture; a table is `--format {kind} > {out}`")
        check_picture(out)
    found = ask_file(path, question, prob, families=chosen())
    warn(found.warnings)
    if out is not None:
        write(cast("Picture", found.plot()), out)
    match form:
        case "json":
            answer_json(found.to_dict())
        case "markdown":
            answer(found.to_markdown())
        case "latex":
            answer(found.to_latex())
        case "csv":
            print_text(found.to_csv() or "")
        case _:
            answer(found.silent)
