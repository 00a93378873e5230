"""``varying fmt``: a spec in its canonical form."""

from __future__ import annotations

from varying.grammar import format_spec, parse
from varying.grammar.diagnostics import Sink

from ..files.whole_file import replacing
from .outcome import FAULTS, OK
from .terminal import note, print_diff, print_text, read


def run(file: str, check: bool, diff: bool) -> int:
    """Format a file in place, or stdin to stdout.

    With ``check`` or ``diff`` nothing is written; with ``check`` the exit code
    is 1 if something would be.
    """
    source, _ = read(file)
    sink = Sink(source)
    spec = parse(source, sink)
    sink.raise_errors()
    formatted = format_spec(spec)
    changed = formatted != source.text
    if diff and changed:
        print_diff(source.text, formatted, file)
    if check:
        if changed:
            note(f"{file}: would be reformatted")
        return FAULTS if changed else OK
    if diff:
        return OK
    if file == "-":
        print_text(formatted)
    elif changed:
        with replacing(file) as out:
            out.write(formatted.encode())
        note(f"{file}: reformatted")
    return OK
