"""Commands about a spec: check it, rewrite it, look at it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ..commands.usage import typed
from .app import app, show_app
from .kinds import (
    Data,
    Families,
    File,
    ModelName,
    Quiet,
    Response,
    TableFormat,
    TextOrJson,
)

__all__: list[str] = []


@app.command()
def check(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    form: Annotated[
        Literal["full", "concise", "json"], typer.Option("--format")
    ] = "full",
    fix: Annotated[
        bool, typer.Option("--fix", help="Apply fixes, in place (- prints the text).")
    ] = False,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe-fixes", help="With --fix or --diff: guesses at the meaning, too."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print what --fix changes.")
    ] = False,
) -> None:
    """Report every fault of a spec and its data.

    Example: varying check ratings.model --fix
    """
    from ..commands.check import Fixing, run

    if unsafe and not (fix or diff):
        raise typer.BadParameter("--unsafe-fixes goes with --fix or --diff")
    raise typer.Exit(run(file, data, model, form, Fixing(fix, unsafe, diff)))


@app.command()
def explain(
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="Such as unknown-column.")
    ] = None,
) -> None:
    """Show the page of a rule; without one, list all rules.

    Example: varying explain bare-bar
    """
    from ..commands.explain import run

    raise typer.Exit(run(rule))


@app.command()
def fmt(
    file: File,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if it would.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print the changes.")
    ] = False,
) -> None:
    """Bring a spec into its canonical form, in place (- prints it).

    Example: varying fmt ratings.model
    """
    from ..commands.fmt import run

    raise typer.Exit(run(file, check, diff))


@show_app.command()
def design(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    form: TextOrJson = "text",
) -> None:
    """List rows used and dropped, columns with their coding, groups.

    Example: varying show design ratings.model
    """
    from ..commands.show import run

    raise typer.Exit(run("design", file, data, model, form))


@show_app.command()
def priors(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    form: TextOrJson = "text",
) -> None:
    """List the prior of each parameter, and why.

    Example: varying show priors ratings.model
    """
    from ..commands.show import run

    raise typer.Exit(run("priors", file, data, model, form))


@show_app.command()
def ir(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
) -> None:
    """Print the program after all passes.

    Example: varying show ir ratings.model
    """
    from ..commands.show import run

    raise typer.Exit(run("ir", file, data, model))


@show_app.command()
def pymc(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
) -> None:
    """Print a PyMC program that runs as a script.

    Example: varying show pymc ratings.model
    """
    from ..commands.show import run

    raise typer.Exit(run("pymc", file, data, model))


@app.command()
def prior(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    draws: Annotated[int, typer.Option(min=1, help="Data sets to draw.")] = 500,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed, the same data sets.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="A picture to write: png, pdf or svg."),
    ] = None,
    response: Response = None,
    form: TextOrJson = "text",
) -> None:
    """Say what the priors claim of the data, before any fit.

    Example: varying prior ratings.model --out prior.png
    """
    from ..commands.prior import run
    from ..sampling.settings import SamplerSettings

    try:
        SamplerSettings.checked(draws=draws, seed=seed)
    except ValueError as error:
        raise typer.BadParameter(typed(str(error))) from error
    run(file, data, model, draws, seed, out, form, response)


@app.command()
def suggest(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data file.")],
    response: Annotated[
        str, typer.Option(metavar="NAME", help="The column to be predicted.")
    ],
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The people, or groups, of the rows."),
    ] = None,
    top: Annotated[
        float | None, typer.Option(metavar="N", help="Where a rating scale ends.")
    ] = None,
    trials: Annotated[
        str | None,
        typer.Option(
            metavar="N|NAME", help="Trials of successes: a number, or its column."
        ),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Fit each family, and rank them.")
    ] = False,
    draws: Annotated[
        int | None, typer.Option(min=1, help="Of each chain, with --compare.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the fits.")] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Write a spec with a model a family."),
    ] = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Say which families can be right for a response, and write a spec.

    Example: varying suggest ratings.csv --response rating --by subj
    """
    from ..commands.suggest import run

    run(data, response, by, top, trials, compare, draws, seed, out, form, quiet)
