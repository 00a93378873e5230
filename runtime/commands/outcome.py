"""How a command ends: exit codes, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Diagnostic, Severity

__all__ = [
    "ENVIRONMENT",
    "FAULTS",
    "INTERNAL",
    "INTERRUPTED",
    "OK",
    "USAGE",
    "EnvironmentFault",
    "exit_code",
]

OK = 0
FAULTS = 1  # errors in the spec or the data
USAGE = 2
ENVIRONMENT = 3  # no permission, disk full, something not installed
INTERNAL = 70  # a fault of Varying itself
INTERRUPTED = 130

#: Rules that are about how the command was called, or where it runs.
_CODES = {
    "ambiguous-model": USAGE,
    "unknown-model": USAGE,
    "unreadable-file": ENVIRONMENT,
    "missing-extra": ENVIRONMENT,
    "not-enough-memory": ENVIRONMENT,
}


class EnvironmentFault(Exception):
    """Something outside the spec stands in the way; the text says what."""


def exit_code(diagnostics: Sequence[Diagnostic]) -> int:
    """Return the exit code for what was found: 0 if there is no error."""
    codes = {
        _CODES.get(found.rule, FAULTS)
        for found in diagnostics
        if found.severity is Severity.ERROR
    }
    return max(codes, default=OK)
