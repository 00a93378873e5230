"""``varying check``: every fault of a spec and its data, and the fixes of some."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from varying.grammar.diagnostics import Diagnostic, ModelError, Severity, Sink
from varying.grammar.render import FORMATS, full
from varying.grammar.render.order import by_gravity
from varying.grammar.render.together import together
from varying.grammar.source import Source

from .families import chosen
from .mending import mended, say_fixed, write
from .outcome import exit_code
from .terminal import colored, note, print_diff, print_text, read


@dataclass(frozen=True, slots=True)
class Fixing:
    """What to do with fixes: nothing, apply them, or show what they would change.

    With ``unsafe`` also those are taken that may not be what was meant.
    """

    fix: bool = False
    unsafe: bool = False
    diff: bool = False


#: Only to say what is wrong.
ONLY_LOOK = Fixing()


def run(
    file: str,
    data: str | None,
    model: str | None,
    form: str,
    fixing: Fixing = ONLY_LOOK,
) -> int:
    """Print what is wrong; the answer is on stdout, whatever it is.

    Where a text or its changes are the answer, what is wrong goes to stderr.
    """
    try:
        source, base = read(file)
    except ModelError as error:
        _report(file, error.diagnostics, form, False)
        return exit_code(error.diagnostics)

    def look(text: Source) -> tuple[Diagnostic, ...]:
        return _check(text, base, data, model)

    blind = data is None and _lacks_data(source)
    if fixing.diff:
        result = mended(source, look, unsafe=fixing.unsafe)
        print_diff(source.text, result.source.text, file)
        say_fixed(file, result.applied, would=True)
        found = look(source)
        if not result.applied:
            _say_fixable(found)
        return exit_code(found)
    if not fixing.fix:
        found = look(source)
        _report(file, found, form, blind)
        if form == "full":
            _say_fixable(found)
        return exit_code(found)
    result = mended(source, look, unsafe=fixing.unsafe)
    if file == "-":
        print_text(result.source.text)
    elif result.applied:
        write(file, result.source.text)
    say_fixed(file, result.applied)
    _report(file, result.left, form, blind, to_stderr=file == "-")
    return exit_code(result.left)


def _check(
    source: Source, base: Path, data: str | None, model: str | None
) -> tuple[Diagnostic, ...]:
    from varying.compiler.driver import Request

    from ..api import data_file
    from ..workspace.workspace import workspace

    try:
        request = Request(source, data_file(data), base, model, families=chosen())
        return workspace().check(request)
    except ModelError as error:  # of the data file that was given
        return error.diagnostics


def _report(
    file: str,
    found: tuple[Diagnostic, ...],
    form: str,
    blind: bool,
    *,
    to_stderr: bool = False,
) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    if form == "full":
        text = full.render(found, color=colored(stream))
    else:
        text = FORMATS[form](found)
    if text:
        print(text, file=stream)
    if form != "full":
        return
    note(_count(file, found))
    if found:
        note(f"more about a rule: varying explain {by_gravity(found)[0].rule}")
    if blind:
        note(
            "the columns were not checked, for there are no data: name a file in "
            'the spec (`data "file.csv"`) or give one (`--data FILE`)'
        )


def _say_fixable(found: Sequence[Diagnostic]) -> None:
    """Say how many fixes there are, if any, and how they are applied."""
    fixes = [d.fix for d in found if d.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    if safe:
        note(f"{_counted(safe, 'fix', 'fixes')} can be applied by --fix")
    if len(fixes) > safe:
        note(
            f"{_counted(len(fixes) - safe, 'guess', 'guesses')} at what was meant can "
            "be applied by --fix --unsafe-fixes"
        )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _lacks_data(source: Source) -> bool:
    """Whether a spec has a model and names no data to look for its columns in."""
    from varying.grammar.layout import logical_lines
    from varying.grammar.parser import parse

    # a statement that cannot be read names data all the same
    lines, _ = logical_lines(source, Sink(source))
    named = any(line.kind == "data" for line in lines)
    return bool(parse(source, Sink(source)).models) and not named


def _count(file: str, found: tuple[Diagnostic, ...]) -> str:
    blocks = [group.first for group in together(found)]
    counts = [
        _counted(number, word, f"{word}s")
        for severity, word in (
            (Severity.ERROR, "error"),
            (Severity.WARNING, "warning"),
            (Severity.INFO, "note"),
        )
        if (number := sum(d.severity is severity for d in blocks))
    ]
    return f"{file}: {', '.join(counts) or 'no faults'}"
