"""The command ``varying``: arguments in, exit codes out.

Only arguments are declared here; each command imports what it needs when it
runs, so that `varying check` starts without PyMC, pandas or ArviZ.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, Literal

try:
    import typer

    from .commands.usage import Commands, typed
except KeyboardInterrupt:  # while Python loads what the command is made of
    print("interrupted", file=sys.stderr)
    sys.exit(130)

__all__ = ["app", "main"]

app = typer.Typer(
    name="varying",
    cls=Commands,
    help="A small language for multilevel models, compiled to PyMC.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
show_app = typer.Typer(
    cls=Commands, help="Show what the compiler makes of a model.", no_args_is_help=True
)
app.add_typer(show_app, name="show")

File = Annotated[str, typer.Argument(metavar="FILE", help="A .model file; - is stdin.")]
Data = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="Data file, in place of the spec's own."),
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Which model of the spec."),
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


def _version(wanted: bool) -> None:
    if wanted:
        import varying

        print(f"varying {varying.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Compile, check and fit models of the `.model` language."""


@app.command()
def check(
    file: File,
    data: Data = None,
    model: ModelName = None,
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
    """Report every fault of a spec and its data."""
    from .commands.check import Fixing, run

    if unsafe and not (fix or diff):
        raise typer.BadParameter("--unsafe-fixes goes with --fix or --diff")
    raise typer.Exit(run(file, data, model, form, Fixing(fix, unsafe, diff)))


@app.command()
def explain(
    rule: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="Such as unknown-column.")
    ] = None,
) -> None:
    """Show the page of a rule; without one, list all rules."""
    from .commands.explain import run

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
    """Bring a spec into its canonical form, in place (- prints it)."""
    from .commands.fmt import run

    raise typer.Exit(run(file, check, diff))


@show_app.command()
def design(
    file: File, data: Data = None, model: ModelName = None, form: TextOrJson = "text"
) -> None:
    """List rows used and dropped, columns with their coding, groups."""
    from .commands.show import run

    raise typer.Exit(run("design", file, data, model, form))


@show_app.command()
def priors(
    file: File, data: Data = None, model: ModelName = None, form: TextOrJson = "text"
) -> None:
    """List the prior of each parameter, and why."""
    from .commands.show import run

    raise typer.Exit(run("priors", file, data, model, form))


@show_app.command()
def ir(file: File, data: Data = None, model: ModelName = None) -> None:
    """Print the program after all passes."""
    from .commands.show import run

    raise typer.Exit(run("ir", file, data, model))


@show_app.command()
def pymc(file: File, data: Data = None, model: ModelName = None) -> None:
    """Print a PyMC program that runs as a script."""
    from .commands.show import run

    raise typer.Exit(run("pymc", file, data, model))


@app.command()
def fit(
    ctx: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A .model file; - is stdin."),
    ] = None,
    data: Data = None,
    model: ModelName = None,
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
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Sample the posterior, save it, and print the table.

    Ctrl-C keeps the draws that are made, as a partial fit; a second one does not.
    """
    from .commands.fit import Options, resume, run
    from .sampling.settings import Settings

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
        Settings.checked(
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
def prior(
    file: File,
    data: Data = None,
    model: ModelName = None,
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
    """Say what the priors claim of the data, before any fit."""
    from .commands.prior import run
    from .sampling.settings import Settings

    try:
        Settings.checked(draws=draws, seed=seed)
    except ValueError as error:
        raise typer.BadParameter(typed(str(error))) from error
    run(file, data, model, draws, seed, out, form, response)


Truth = Annotated[
    str,
    typer.Option(metavar="PATH", help="A file of lines `NAME = number`."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Write over a file that is there.")
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
    from .commands.studies import simulate as run
    from .sampling.settings import Settings

    Settings.checked(seed=seed)
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
    from .commands.studies import Planning, design

    planning = Planning(people, by, runs, tuple(ask or ()), draws, seed, cores)
    code = design(file, truth, data, model, planning, out, picture, form, quiet)
    raise typer.Exit(code)


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
    """
    from .commands.plot import run

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
    kind: Annotated[
        Literal["response", "mean", "prob", "eta", "quantile"],
        typer.Option(
            help="New responses, their mean, probabilities of categories, ..."
        ),
    ] = "response",
    groups: Annotated[
        Literal["fitted", "new", "population", "average"],
        typer.Option(
            help="Effects of the fit; new: levels it has not seen are drawn; "
            "population: 0; average: over new groups."
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
    from .commands.predict import run

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
def summary(
    path: Fit,
    form: TableFormat = "table",
    whole: Annotated[
        bool,
        typer.Option("--all", help="Group effects too, and long blocks whole."),
    ] = False,
) -> None:
    """Print the table of a saved fit."""
    from .commands.summary import run

    run(path, form, whole)


By = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Leave whole levels of it out, not rows."),
]


@app.command()
def loo(
    path: Fit,
    by: By = None,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Fit again without what Pareto k says is bad."),
    ] = False,
    pit: Annotated[
        bool,
        typer.Option("--pit", help="Say whether predictions are calibrated, instead."),
    ] = False,
    form: TableFormat = "table",
    quiet: Quiet = False,
) -> None:
    """Say how well rows, or whole groups, are predicted from all others.

    Example: varying loo ratings.fit --by subj
    """
    from .commands.criticism import loo

    if pit and (by is not None or refit):
        raise typer.BadParameter("--pit is about rows: no --by, no --refit")
    loo(path, by, refit, pit, form, quiet)


@app.command()
def pool(
    file: File,
    data: Data = None,
    model: ModelName = None,
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
    from .commands.pool import run
    from .sampling.settings import Settings

    try:
        settings = Settings.checked(draws=draws, tune=tune, chains=chains, seed=seed)
    except ValueError as error:
        raise typer.BadParameter(typed(str(error))) from error
    run(file, data, model, by, settings, out, form, quiet)


@app.command()
def sensitivity(path: Fit, form: TableFormat = "table") -> None:
    """Say how far the posterior depends on the priors, and on the data.

    Example: varying sensitivity ratings.fit
    """
    from .commands.criticism import sensitivity

    sensitivity(path, form)


@app.command()
def kfold(
    path: Fit,
    k: Annotated[
        int | None, typer.Option("--k", help="Parts, left out in turn (rows: 10).")
    ] = None,
    by: By = None,
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
    from .commands.criticism import kfold

    kfold(path, k, by, seed, out, form, quiet)


@app.command()
def ask(
    path: Fit,
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help='Such as "means block*cs, scale=response".'
        ),
    ],
    form: Annotated[
        Literal["table", "json", "markdown", "latex", "csv"], typer.Option("--format")
    ] = "table",
    prob: Annotated[
        float, typer.Option(metavar="P", help="Mass of the intervals (0.95).")
    ] = 0.95,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Also draw it: png, pdf or svg."),
    ] = None,
) -> None:
    """Ask a saved fit something: means, contrasts, slopes, quantities, tests."""
    from .commands.ask import run

    if not 0.0 < prob < 1.0:
        raise typer.BadParameter("--prob is a share between 0 and 1")
    run(path, question, form, prob, out)


@app.command()
def compare(
    paths: Annotated[
        list[str], typer.Argument(metavar="FIT FIT ...", help="Fits of the same rows.")
    ],
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
    from .commands.criticism import compare

    if len(set(paths)) < 2:
        raise typer.BadParameter("two different fits are the fewest")
    if refit and by is None:
        raise typer.BadParameter("--refit goes with --by")
    compare(paths, method, by, refit, form, quiet, picture)


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
        typer.Option(metavar="NAME", help="Trials, of a number of successes."),
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
    from .commands.suggest import run

    run(data, response, by, top, trials, compare, draws, seed, out, form, quiet)


def main() -> None:
    """Run the command; no traceback reaches the user for a user's fault."""
    # Looking for garbage among the thousands of objects that imports make, none of
    # which is any, is a tenth of what `check` takes.
    gc.set_threshold(_GARBAGE)
    try:
        code = _guarded()
    finally:
        # As it ends, Python looks through all objects several times more: a fifth of
        # a second after `fit`. What is set aside, it does not look at.
        gc.freeze()
    sys.exit(code)


#: New objects between two searches for garbage: Python's own is 2,000 or fewer.
_GARBAGE = 50_000


def _guarded() -> int:
    from varying.grammar.diagnostics import ModelError

    from .commands.outcome import (
        ENVIRONMENT,
        INTERNAL,
        INTERRUPTED,
        OK,
        EnvironmentFault,
        exit_code,
    )
    from .interface.interrupts import ignore_signals, take_signals

    debug = os.environ.get("VARYING_DEBUG") == "1"
    # a batch system ends a process by it: as Ctrl-C does, draws are kept
    take_signals()
    _open_streams()
    _prepare_streams(debug)
    try:
        app(prog_name="varying")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else OK
        if code == INTERRUPTED:
            ignore_signals()
            print("interrupted", file=sys.stderr)
        return code
    except KeyboardInterrupt:
        ignore_signals()
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except ModelError as error:
        from .commands.terminal import warn

        warn(error.diagnostics)
        return exit_code(error.diagnostics)
    except EnvironmentFault as error:
        return _complain(str(error), ENVIRONMENT)
    except OSError as error:
        if debug:
            raise
        reason = error.strerror or str(error)
        # what is written to a file has its name: see `replacing`
        what = error.filename or "standard output cannot be written"
        return _complain(f"{what}: {reason[:1].lower()}{reason[1:]}", ENVIRONMENT)
    except MemoryError:
        return _complain("there is not enough memory", ENVIRONMENT)
    except Exception as error:
        if debug:
            raise
        missing = isinstance(error, ModuleNotFoundError) and error.name or ""
        if missing and not missing.startswith("varying"):
            return _complain(f"the package `{missing}` is not installed", ENVIRONMENT)
        return _complain(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a bug of Varying, not of your model. Please report it"
            f"{_where()}, with the spec; VARYING_DEBUG=1 shows the traceback.",
            INTERNAL,
        )
    return OK


def _open_streams() -> None:
    """Put something in the place of streams that are closed.

    The next file that is opened would be taken for one of them.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def _prepare_streams(debug: bool) -> None:
    """Let no character that a terminal cannot show end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    if not debug:
        # Libraries warn of what a user of the command cannot act on.
        import warnings

        warnings.simplefilter("ignore")
        # Nor of an interrupt in a finalizer, where Python can only complain.
        sys.unraisablehook = lambda found: None


def _complain(text: str, code: int) -> int:
    from varying.grammar.render.safe import visible_lines

    print(f"varying: {visible_lines(text)}", file=sys.stderr)
    return code


def _where() -> str:
    """Return where to report, if the package says so."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("varying").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    known = dict(url.split(", ", 1) for url in urls)
    found = known.get("Issues") or known.get("Repository")
    return f" at {found}" if found else ""


if __name__ == "__main__":
    main()
