"""Arguments that several commands take."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ..commands.families import keep

__all__ = [
    "AnyFormat",
    "Data",
    "Draws",
    "Families",
    "File",
    "Fit",
    "Force",
    "ModelName",
    "Prob",
    "Quiet",
    "Response",
    "Seed",
    "TableFormat",
    "TextOrJson",
    "Tune",
]

File = Annotated[str, typer.Argument(metavar="FILE", help="A .model file; - is stdin.")]
Data = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="Data file, in place of the spec's own."),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Which model of the spec."),
]
#: What it names is kept by its callback, for whatever compiles a model.
Families = Annotated[
    list[str] | None,
    typer.Option(
        "--families",
        metavar="FILE.py",
        help="Families of your own: Python, which is run (repeatable).",
        callback=keep,
    ),
]
Response = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which response, where there are several."),
]
Fit = Annotated[str, typer.Argument(metavar="FIT", help="A fit file.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed, the same draws.")]
Draws = Annotated[int, typer.Option(min=1, help="Draws kept, per chain.")]
Tune = Annotated[int, typer.Option(min=0, help="Draws to adapt by, per chain.")]
TextOrJson = Annotated[Literal["text", "json"], typer.Option("--format")]
TableFormat = Annotated[Literal["table", "json", "markdown"], typer.Option("--format")]
AnyFormat = Annotated[
    Literal["table", "json", "markdown", "latex", "csv"], typer.Option("--format")
]
Prob = Annotated[float, typer.Option(metavar="P", help="Mass of the intervals (0.95).")]
Force = Annotated[
    bool, typer.Option("--force", help="Write over a file that is there.")
]
