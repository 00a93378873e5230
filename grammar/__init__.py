"""Source text to syntax tree, and everything about source text.

``parse`` reads a spec, ``format_spec`` writes one, ``Diagnostic`` says what is wrong
with it and ``render`` how that looks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import render, tree
    from .diagnostics import (
        Diagnostic,
        Edit,
        Fix,
        ModelError,
        Severity,
        Sink,
        did_you_mean,
        nearest,
    )
    from .parser import parse
    from .printer import expression_text, format_spec
    from .rules import RULES, Rule
    from .source import Position, Source, Span

__all__ = [
    "RULES",
    "Diagnostic",
    "Edit",
    "Fix",
    "ModelError",
    "Position",
    "Rule",
    "Severity",
    "Sink",
    "Source",
    "Span",
    "did_you_mean",
    "expression_text",
    "format_spec",
    "nearest",
    "parse",
    "render",
    "tree",
]

# A name is imported when it is first used: who prints a saved fit needs the
# diagnostics and not the parser, which takes longer to import than all beside.
_HOMES = {
    **dict.fromkeys(("Diagnostic", "Edit", "Fix", "ModelError"), "diagnostics"),
    **dict.fromkeys(("Severity", "Sink", "did_you_mean", "nearest"), "diagnostics"),
    **dict.fromkeys(("expression_text", "format_spec"), "printer"),
    **dict.fromkeys(("RULES", "Rule"), "rules"),
    **dict.fromkeys(("Position", "Source", "Span"), "source"),
    "parse": "parser",
}


def __getattr__(name: str) -> object:
    if name in ("render", "tree"):
        found: object = import_module(f".{name}", __name__)
    elif name in _HOMES:
        found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
