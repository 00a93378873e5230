"""``varying check``: every fault of a spec and its data."""

from __future__ import annotations

import sys

from varying.grammar.diagnostics import Diagnostic, ModelError, Severity
from varying.grammar.render import FORMATS, full

from .outcome import exit_code
from .terminal import colored, note, read


def run(file: str, data: str | None, model: str | None, form: str) -> int:
    """Print what is wrong; the answer is on stdout, whatever it is."""
    try:
        found = _check(file, data, model)
    except ModelError as error:
        found = error.diagnostics
    if form == "full":
        text = full.render(found, color=colored(sys.stdout))
        if text:
            print(text)
        note(_count(file, found))
    else:
        text = FORMATS[form](found)
        if text:
            print(text)
    return exit_code(found)


def _check(file: str, data: str | None, model: str | None) -> tuple[Diagnostic, ...]:
    source, base = read(file)
    from varying.compiler.driver import check

    from ..api import read_data

    table = None if data is None else read_data(data, whole=False)
    return check(source, table, base=base, model=model)


def _count(file: str, found: tuple[Diagnostic, ...]) -> str:
    counts = [
        f"{number} {word}" if number == 1 else f"{number} {word}s"
        for severity, word in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "note"),
        )
        if (number := sum(d.severity is severity for d in found))
    ]
    return f"{file}: {', '.join(counts) or 'no faults'}"
