"""Commands that say how well fits predict, and what they depend on."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ..commands.usage import typed
from .app import app
from .kinds import (
    Data,
    Draws,
    Families,
    File,
    Fit,
    ModelName,
    Quiet,
    Response,
    Seed,
    TableFormat,
    Tune,
)

__all__: list[str] = []

By = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Leave whole levels of it out, not rows."),
]


@app.command()
def loo(
    path: Fit,
    families: Families = None,
    by: By = None,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Fit again without what Pareto k says is bad."),
    ] = False,
    pit: Annotated[
        bool,
        typer.Option("--pit", help="Say whether predictions are calibrated, instead."),
    ] = False,
    response: Response = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Say how well rows, or whole groups, are predicted from all others.

    Example: varying loo ratings.fit --by subj
    """
    from ..commands.criticism import loo

    if pit and (by is not None or refit):
        raise typer.BadParameter("--pit is about rows: no --by, no --refit")
    loo(path, by, refit, pit, response, form, quiet)


@app.command()
def kfold(
    path: Fit,
    families: Families = None,
    k: Annotated[
        int | None, typer.Option("--k", help="Parts, left out in turn (rows: 10).")
    ] = None,
    by: By = None,
    response: Response = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the order in which they are dealt.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Keep what each refit came to, and go on from it."
        ),
    ] = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Fit again without rows, or whole groups, and say how well they are predicted.

    Example: varying kfold ratings.fit --by subj
    """
    from ..commands.criticism import kfold

    kfold(path, k, by, response, seed, out, form, quiet)


@app.command()
def compare(
    paths: Annotated[
        list[str], typer.Argument(metavar="FIT FIT ...", help="Fits of the same rows.")
    ],
    families: Families = None,
    method: Annotated[
        Literal["stacking", "pseudo-BMA"], typer.Option(help="Of the weights.")
    ] = "stacking",
    by: By = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="With --by: fit again where k is bad.")
    ] = False,
    picture: Annotated[
        str | None,
        typer.Option("--plot", metavar="PATH", help="A picture: png, pdf or svg."),
    ] = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Put fits of the same rows beside each other, by how well they predict.

    Example: varying compare slopes.fit intercepts.fit
    """
    from ..commands.criticism import compare

    if len(set(paths)) < 2:
        raise typer.BadParameter("two different fits are the fewest")
    if refit and by is None:
        raise typer.BadParameter("--refit goes with --by")
    compare(paths, method, by, refit, form, quiet, picture)


@app.command()
def sensitivity(
    path: Fit, families: Families = None, form: TableFormat = "table"
) -> None:
    """Say how far the posterior depends on the priors, and on the data.

    Example: varying sensitivity ratings.fit
    """
    from ..commands.criticism import sensitivity

    sensitivity(path, form)


@app.command()
def pool(
    file: File,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="GROUP", help="Whose levels; else the only group."),
    ] = None,
    draws: Draws = 1000,
    tune: Tune = 1000,
    chains: Annotated[int, typer.Option(min=1)] = 4,
    seed: Seed = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="STEM", help="Save the fits: STEM.complete.fit and so on."
        ),
    ] = None,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Fit with complete, no and partial pooling of a group, and compare the three.

    Example: varying pool radon.model --by county
    """
    from ..commands.pool import run
    from ..sampling.settings import SamplerSettings

    try:
        settings = SamplerSettings.checked(
            draws=draws, tune=tune, chains=chains, seed=seed
        )
    except ValueError as error:
        raise typer.BadParameter(typed(str(error))) from error
    run(file, data, model, by, settings, out, form, quiet)
