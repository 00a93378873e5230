"""Wrong arguments: what is typed may be the name of a file, and that hold anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from varying.grammar.render.safe import visible_lines

__all__ = ["Commands"]


class Commands(TyperGroup):
    """The commands; complaints about arguments are made safe to show."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Parse the arguments before the command."""
        with _visible():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Parse the arguments of the command, and run it."""
        with _visible():
            return super().invoke(ctx)


@contextmanager
def _visible() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # an error of Click, which Typer has a copy of under a private name
        if hasattr(error, "format_message"):
            text = visible_lines(error.format_message())
            error.format_message = lambda: text
        raise
