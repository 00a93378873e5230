"""Why data cannot be drawn from a spec, as diagnostics."""

from __future__ import annotations

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source, Span

__all__ = ["undrawable"]


def undrawable(
    source: Source, span: Span, message: str, *notes: str, rule: str = "needs-truth"
) -> ModelError:
    """Return the error for what keeps data from being drawn.

    Parameters
    ----------
    source, span
        The spec, and where it says so.
    message, *notes
        What is wrong, and what to write.
    rule
        ``needs-truth`` where the spec says too little, ``not-yet`` where it says what
        is not drawn by this version.
    """
    return ModelError([Diagnostic(rule, message, source, span, notes)])
