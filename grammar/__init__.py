"""Source text to syntax tree, and everything about source text.

``parse`` reads a spec, ``format_spec`` writes one, ``Diagnostic`` says what is wrong
with it and ``render`` how that looks.
"""

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
