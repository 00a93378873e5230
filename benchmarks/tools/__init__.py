"""The tools that are compared: each one file, one command, one process a fit.

A process is told what to do by a task, a JSON file, and leaves its draws
(``draws.py``) and its own figures (``own.json``) beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.tool import Tool

__all__ = ["tools"]


def tools() -> dict[str, Tool]:
    """Return the tools by name, in the order of the table."""
    from tools.bambi import TOOL as bambi
    from tools.brms import TOOL as brms
    from tools.graph import TOOL as graph
    from tools.varying import TOOL as varying

    return {tool.name: tool for tool in (varying, graph, bambi, brms)}
