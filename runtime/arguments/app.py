"""The command that all others are added to."""

from __future__ import annotations

from typing import Annotated

import typer

from ..commands.usage import Commands

__all__ = ["app", "show_app"]

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
