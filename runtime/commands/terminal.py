"""Reading standard input, and writing answers and notes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from varying.grammar.diagnostics import Diagnostic
from varying.grammar.source import Source

from ..spec_file import MOST_BYTES, decode, read_source

__all__ = ["answer", "answer_json", "note", "read", "warn"]


def read(file: str) -> tuple[Source, Path]:
    """Return a spec and the folder that its paths start from; ``-`` is stdin."""
    if file == "-":
        return decode(sys.stdin.buffer.read(MOST_BYTES + 1), "-"), Path.cwd()
    return read_source(file), Path(file).parent


def answer(result: object) -> None:
    """Print to stdout: tables fit a terminal, and are as wide as needed elsewhere."""
    if sys.stdout.isatty() and hasattr(result, "__rich__"):
        from rich.console import Console

        Console().print(result)
    else:
        print(result)


def answer_json(value: Any) -> None:
    """Print JSON to stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def note(text: str) -> None:
    """Print a line to stderr."""
    print(text, file=sys.stderr)


def warn(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to stderr, in full."""
    if diagnostics:
        from varying.grammar.render import full

        note(full.render(diagnostics, color=colored(sys.stderr)))


def colored(stream: TextIO) -> bool:
    """Whether a stream wants colours (see no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
