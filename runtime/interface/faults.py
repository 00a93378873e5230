"""Faults that the runtime itself finds, as diagnostics."""

from __future__ import annotations

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source, Span

__all__ = ["fault", "file_fault"]


def fault(source: Source, rule: str, message: str, *notes: str) -> ModelError:
    """Return the error for a fault of a whole text."""
    return ModelError([Diagnostic(rule, message, source, Span(0, 0), notes)])


def file_fault(name: str, rule: str, message: str, *notes: str) -> ModelError:
    """Return the error for a file that is not there or is not what it should be."""
    return fault(Source("", name), rule, message, *notes)
