"""Functions from text that is put together here, with their source at hand."""

from __future__ import annotations

from typing import Any

from ....distributions.density.sources import remember


def execute(text: str, name: str, space: dict[str, Any]) -> None:
    """Execute definitions in a namespace; ``inspect`` finds their source.

    Parameters
    ----------
    text
        Definitions.
    name
        What it is called in messages, in angle brackets.
    space
        The namespace.
    """
    exec(compile(text, remember(text, name), "exec"), space)
