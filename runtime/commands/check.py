"""``varying check``: every fault of a spec and its data."""

from __future__ import annotations

import sys
from pathlib import Path

from varying.grammar.diagnostics import Diagnostic, ModelError, Severity, Sink
from varying.grammar.render import FORMATS, full
from varying.grammar.source import Source

from .outcome import exit_code
from .terminal import colored, note, read


def run(file: str, data: str | None, model: str | None, form: str) -> int:
    """Print what is wrong; the answer is on stdout, whatever it is."""
    blind = False
    try:
        source, base = read(file)
        blind = data is None and _lacks_data(source)
        found = _check(source, base, data, model)
    except ModelError as error:
        found = error.diagnostics
    if form == "full":
        text = full.render(found, color=colored(sys.stdout))
        if text:
            print(text)
        note(_count(file, found))
        if blind:
            note(
                "the columns were not checked, for there are no data: name a file in "
                'the spec (`data "file.csv"`) or give one (`--data FILE`)'
            )
    else:
        text = FORMATS[form](found)
        if text:
            print(text)
    return exit_code(found)


def _check(
    source: Source, base: Path, data: str | None, model: str | None
) -> tuple[Diagnostic, ...]:
    from varying.compiler.driver import check

    from ..api import data_file

    return check(source, data_file(data), base=base, model=model)


def _lacks_data(source: Source) -> bool:
    """Whether a spec has a model and names no data to look for its columns in."""
    from varying.grammar.parser import parse
    from varying.grammar.tree import DataStatement

    spec = parse(source, Sink(source))
    named = any(isinstance(statement, DataStatement) for statement in spec.statements)
    return bool(spec.models) and not named


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
