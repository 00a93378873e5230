"""Reading standard input, and writing answers and notes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from varying.grammar.diagnostics import Diagnostic
from varying.grammar.render.safe import as_json, visible, visible_lines
from varying.grammar.source import Source

from ..files.spec_file import MOST_BYTES, decode, read_source
from .outcome import EnvironmentFault

__all__ = [
    "answer",
    "answer_json",
    "note",
    "print_diff",
    "print_text",
    "read",
    "warn",
    "warn_briefly",
]

#: What a spec is never called.
_DATA_SUFFIXES = {
    *(".csv", ".tsv", ".tab", ".xls", ".xlsx", ".ods", ".sav", ".dta", ".rds"),
    *(".parquet", ".feather", ".arrow", ".json"),
}
#: Lines looked at, and how many make a table.
_LINES, _FEWEST = 100, 3


def read(file: str) -> tuple[Source, Path]:
    """Return a spec and the folder that its paths start from; ``-`` is stdin.

    What looks like data is said to, before all the faults that it has as a spec.
    """
    if file == "-":
        try:
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        except OSError as error:  # a folder
            reason = (error.strerror or str(error)).lower()
            text = f"standard input cannot be read: {reason}"
            raise EnvironmentFault(text) from error
        return decode(raw, "-"), Path.cwd()
    path = Path(file)
    named = path.suffix.lower() in _DATA_SUFFIXES and path.is_file()
    if named:
        _say_data(file)
    source = read_source(file)
    if not named and _is_table(source.text):
        _say_data(file)
    return source, path.parent


def _say_data(file: str) -> None:
    note(
        f"`{file}` looks like a data file, not like a spec: write the model in a file "
        f'of its own that begins with `data "{Path(file).name}"`'
    )


def _is_table(text: str) -> bool:
    """Whether its first lines have the same number of cells, and no formula."""
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if len(lines) < _FEWEST or any("~" in line for line in lines):
        return False
    return any(
        counts[0] > 0 and len(set(counts)) == 1
        for separator in ",;\t"
        if (counts := [line.count(separator) for line in lines])
    )


def answer(result: object) -> None:
    """Print to stdout: tables fit a terminal, and are as wide as needed elsewhere."""
    if sys.stdout.isatty() and hasattr(result, "__rich__"):
        from rich.console import Console

        Console().print(result)
    else:
        print(visible_lines(str(result)))


def answer_json(value: Any) -> None:
    """Print JSON to stdout."""
    print(as_json(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)))


def note(text: str) -> None:
    """Print a line to stderr."""
    print(visible(text), file=sys.stderr)


def print_text(text: str) -> None:
    """Print a spec to stdout: as it is to a file or another program, in UTF-8."""
    if sys.stdout.isatty():
        sys.stdout.write(visible_lines(text))
    else:
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def print_diff(before: str, after: str, file: str) -> None:
    """Print to stdout how a text changes."""
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), file, file, lineterm=""
    )
    for line in lines:
        print(visible(line, "\t"))


def warn(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to stderr, in full."""
    if diagnostics:
        from varying.grammar.render import full

        print(full.render(diagnostics, color=colored(sys.stderr)), file=sys.stderr)


def warn_briefly(diagnostics: Sequence[Diagnostic], file: str) -> None:
    """Print diagnostics to stderr, two lines each at most, and where the rest is."""
    if diagnostics:
        from varying.grammar.render import brief

        print(brief.render(diagnostics), file=sys.stderr)
        if file != "-":
            note(f"more about them: varying check {file}")


def colored(stream: TextIO) -> bool:
    """Whether a stream wants colours (see no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
