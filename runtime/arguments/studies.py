"""Commands for planned studies."""

from __future__ import annotations

from typing import Annotated

import typer

from .app import app
from .kinds import Families, File, Force, ModelName, Quiet, TableFormat

__all__: list[str] = []

Truth = Annotated[
    str,
    typer.Option(metavar="PATH", help="A file of lines `NAME = number`."),
]


@app.command()
def simulate(
    file: File,
    truth: Truth,
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The design, in place of the spec's data."),
    ] = None,
    model: ModelName = None,
    families: Families = None,
    sets: Annotated[int, typer.Option(min=1, help="Data sets to draw.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed, the same data.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="A .csv or .parquet file; else printed."),
    ] = None,
    force: Force = False,
) -> None:
    """Draw data from a spec whose parameters are given.

    Example: varying simulate ratings.model --truth truth.txt --data design.csv
    """
    from ..commands.studies import simulate as run
    from ..sampling.settings import SamplerSettings

    SamplerSettings.checked(seed=seed)
    raise typer.Exit(run(file, truth, data, model, sets, seed, out, force))


@app.command(name="design")
def planned(
    file: File,
    truth: Truth,
    people: Annotated[
        str, typer.Option(metavar="N,N,...", help="Numbers of people: 10,20,40.")
    ],
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The design, in place of the spec's data."),
    ] = None,
    model: ModelName = None,
    families: Families = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The grouping factor that is the people."),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Data sets for each number.")] = 200,
    ask: Annotated[
        list[str] | None,
        typer.Option(metavar="QUESTION", help="Beside the spec's own (repeatable)."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=50, help="Draws kept, per chain of two.")
    ] = 500,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed, the same runs.")
    ] = None,
    cores: Annotated[
        int | None, typer.Option(min=1, help="Fits at a time; else all processors.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Keep the runs here (CSV): a second call goes on."
        ),
    ] = None,
    picture: Annotated[
        str | None,
        typer.Option("--plot", metavar="PATH", help="A picture: png, pdf or svg."),
    ] = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Say what a planned study would show: power and precision.

    Example: varying design ratings.model --truth truth.txt --data pilot.csv --people
    10,20,40 --ask "contrast block: late - early"
    """
    from ..commands.studies import Planning, design

    planning = Planning(people, by, runs, tuple(ask or ()), draws, seed, cores)
    code = design(file, truth, data, model, planning, out, picture, form, quiet)
    raise typer.Exit(code)
