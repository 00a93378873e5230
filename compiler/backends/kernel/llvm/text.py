"""Functions from text that is put together here, with their source at hand."""

from __future__ import annotations

import linecache
from typing import Any


def execute(text: str, name: str, space: dict[str, Any]) -> None:
    """Execute definitions in a namespace; ``inspect`` finds their source.

    Parameters
    ----------
    text
        Definitions.
    name
        What stands for a file name, in angle brackets.
    space
        The namespace.
    """
    exec(compile(text, name, "exec"), space)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
