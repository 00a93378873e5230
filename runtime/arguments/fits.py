"""Commands that make a fit, and those that print, draw and predict from one."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ..commands.usage import typed
from .app import app
from .kinds import (
    AnyFormat,
    Data,
    Draws,
    Families,
    Fit,
    Force,
    ModelName,
    Prob,
    Quiet,
    Response,
    Seed,
    Tune,
)

__all__: list[str] = []


@app.command()
def fit(
    ctx: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A .model file; - is stdin."),
    ] = None,
    data: Data = None,
    model: ModelName = None,
    families: Families = None,
    draws: Draws = 1000,
    tune: Tune = 1000,
    chains: Annotated[int, typer.Option(min=1)] = 4,
    seed: Seed = None,
    sampler: Literal["nutpie", "pymc"] = "nutpie",
    target_accept: Annotated[
        float | None,
        typer.Option(metavar="P", help="Nearer to 1: fewer divergences (0.8)."),
    ] = None,
    backend: Annotated[
        Literal["auto", "kernel", "graph"],
        typer.Option(help="Native code, or PyMC's graph; auto: native if it can."),
    ] = "auto",
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The fit file to write; else FILE with .fit, here."
        ),
    ] = None,
    resumed: Annotated[
        str | None,
        typer.Option(
            "--resume", metavar="FIT", help="Go on from a fit, by its own settings."
        ),
    ] = None,
    form: AnyFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Sample the posterior, save it, and print the table.

    Ctrl-C keeps the draws that are made, as a partial fit; a second one does not.

    Example: varying fit ratings.model --seed 1
    """
    from ..commands.fit import Options, resume, run
    from ..sampling.settings import SamplerSettings

    given = {name for name in ctx.params if _typed(ctx, name)}
    if resumed is not None:
        for name in sorted(given & _SAMPLING):
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"--resume samples as the fit was: no {option}")
        wanted = draws if "draws" in given else None
        code = resume(resumed, file, data, model, wanted, out, quiet, form)
        raise typer.Exit(code)
    if file is None:
        raise typer.BadParameter("which FILE? (or --resume FIT)")

    try:
        SamplerSettings.checked(
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            sampler=sampler,
            target_accept=target_accept,
            backend=backend,
        )
    except ValueError as error:
        raise typer.BadParameter(typed(str(error))) from error
    sampling = Options(draws, tune, chains, seed, sampler, target_accept, backend)
    raise typer.Exit(run(file, data, model, sampling, out, quiet, form))


#: Options of `fit` that a fit has its own of.
_SAMPLING = {"tune", "chains", "seed", "sampler", "target_accept", "backend"}


def _typed(ctx: typer.Context, name: str) -> bool:
    """Whether an argument was typed."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@app.command()
def summary(
    path: Fit,
    form: AnyFormat = "table",
    whole: Annotated[
        bool,
        typer.Option("--all", help="Group effects too, and long blocks whole."),
    ] = False,
    prob: Prob = 0.95,
) -> None:
    """Print the table of a saved fit.

    Example: varying summary ratings.fit --all
    """
    from ..commands.summary import run

    _check_prob(prob)
    run(path, form, whole, prob)


def _check_prob(prob: float) -> None:
    if not 0.0 < prob < 1.0:
        raise typer.BadParameter("--prob is a share between 0 and 1")


@app.command()
def plot(
    kind: Annotated[
        Literal[
            "trace",
            "forest",
            "ppc",
            "pairs",
            "cells",
            "effects",
            "shrinkage",
            "thresholds",
            "prior-posterior",
        ],
        typer.Argument(metavar="KIND", help="As below."),
    ],
    path: Fit,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="png, pdf or svg; else FIT with .KIND.png, here."
        ),
    ] = None,
    families: Families = None,
    var: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this parameter (repeatable)."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="ppc, cells, thresholds: its levels (repeatable: for each pair).",
        ),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(min=1, help="Data sets to draw (ppc, cells: 300).")
    ] = None,
    seed: Seed = None,
    response: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which response, of several."),
    ] = None,
    question: Annotated[
        str | None,
        typer.Option("--ask", metavar="QUESTION", help="effects: which means."),
    ] = None,
) -> None:
    """Draw a picture of a saved fit.

    trace: densities and chains; forest: intervals; ppc: the data beside what the
    model draws; pairs: parameters against each other; cells: data and model in each
    cell of the design; effects: means over the data; shrinkage: levels of a group by
    their own rows and by the fit; thresholds: the latent scale of an ordinal fit;
    prior-posterior: what the data have told of each parameter.

    Example: varying plot cells ratings.fit --out cells.png
    """
    from ..commands.plot import run

    several = {"var": tuple(var or ()), "by": tuple(by or ())}
    options = {**several, "draws": draws, "seed": seed, "response": response}
    options["ask"] = question
    run(
        kind, path, out, {name: v for name, v in options.items() if v not in (None, ())}
    )


@app.command()
def predict(
    path: Fit,
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="New rows; else those of the fit."),
    ] = None,
    families: Families = None,
    kind: Annotated[
        Literal["response", "mean", "prob", "eta", "membership", "quantile"],
        typer.Option(
            help="New responses, their mean, probabilities of categories, of "
            "components of a mixture, ..."
        ),
    ] = "response",
    groups: Annotated[
        Literal["fitted", "new", "zero", "population", "average"],
        typer.Option(
            help="Effects of the fit; new: levels it has not seen are drawn; "
            "zero (also population): 0; average: over new groups."
        ),
    ] = "fitted",
    draws: Annotated[
        int | None, typer.Option(min=1, help="Draws to take of each chain; else all.")
    ] = None,
    seed: Seed = None,
    dpar: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Such as sigma, in place of the mean."),
    ] = None,
    response: Response = None,
    prob: Annotated[
        float, typer.Option(metavar="P", help="Mass of the interval.")
    ] = 0.95,
    quantiles: Annotated[
        str | None,
        typer.Option(metavar="P,P,...", help="Of --kind quantile: 0.1,0.5,0.9."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--every-draw", help="With --out: all draws, no summary.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="A table, .csv or .parquet, or all draws, .zarr."
        ),
    ] = None,
    force: Force = False,
    form: Annotated[
        Literal["table", "json", "markdown", "csv"], typer.Option("--format")
    ] = "table",
    quiet: Quiet = False,
) -> None:
    """Predict for new rows: mean and interval of each, beside its columns.

    Example: varying predict ratings.fit --data new.csv --kind prob --groups average
    """
    from ..commands.predict import run

    if every and out is None:
        raise typer.BadParameter("--every-draw goes with --out")
    given: list[float] | None = None
    if quantiles is not None:
        try:
            given = [float(one) for one in quantiles.split(",")]
        except ValueError:
            text = f"--quantiles is numbers, such as 0.1,0.9, not {quantiles!r}"
            raise typer.BadParameter(text) from None
    options = {
        "data": data,
        "kind": kind,
        "groups": groups,
        "draws": draws,
        "seed": seed,
        "dpar": dpar,
        "response": response,
        "prob": prob,
        "quantiles": given,
        "summary": False if every else None,
        "progress": not quiet,
    }
    run(path, out, force, form, options)


@app.command()
def ask(
    path: Fit,
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help='Such as "means block*cs, scale=response".'
        ),
    ],
    families: Families = None,
    form: AnyFormat = "table",
    prob: Prob = 0.95,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Also draw it: png, pdf or svg."),
    ] = None,
) -> None:
    """Ask a saved fit something: means, contrasts, slopes, quantities, tests.

    Example: varying ask ratings.fit "means block*cs, scale=response"
    """
    from ..commands.ask import run

    _check_prob(prob)
    run(path, question, form, prob, out)
