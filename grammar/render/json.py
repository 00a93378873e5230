"""A JSON array of diagnostics, for editors and scripts.

Each place has a record of its own; in a file of several models the last note names
those that it is about. Lines and columns count code points from 1, a tab is 1, ends are
exclusive. Every key is always there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..source import Source, Span
from .order import by_place

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic, Fix


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the array, by place; ``[]`` where there are none."""
    records = [_record(diagnostic) for diagnostic in by_place(diagnostics)]
    return json.dumps(records, indent=2)


def _record(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "rule": diagnostic.rule,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "file": diagnostic.source.name,
        **_place(diagnostic.source, diagnostic.span),
        "notes": [*diagnostic.notes, *_models(diagnostic)],
        "fix": _fix(diagnostic.source, diagnostic.fix),
    }


def _models(diagnostic: Diagnostic) -> list[str]:
    named = ", ".join(f"`{model}`" for model in diagnostic.models)
    word = "model" if len(diagnostic.models) == 1 else "models"
    return [f"{word}: {named}"] if named else []


def _place(source: Source, span: Span) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }


def _fix(source: Source, fix: Fix | None) -> dict[str, object] | None:
    if fix is None:
        return None
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [
            {**_place(source, edit.span), "text": edit.text} for edit in fix.edits
        ],
    }
