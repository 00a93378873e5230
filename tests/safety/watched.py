"""A process that checks specs and notes what else it does.

    python -m tests.safety.watched FOLDER < specs.json

Python says what it does by audit events (PEP 578): files opened, code run, modules
imported, processes and sockets made. All libraries are loaded before, by specs that do
no harm; from then on each spec's events are noted, and printed with its diagnostics.
What DuckDB opens Python does not see; that has a lock of its own.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from varying.compiler.backends.source.emit import emit
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar import ModelError, Source, format_spec, parse
from varying.grammar.render import FORMATS

#: Of other events nothing is noted: looking at a folder, or at an object, is no harm.
NOTED = (
    *("open", "exec", "compile", "import", "marshal.", "pickle.", "code.", "ctypes."),
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link"),
    *("os.chmod", "os.chown", "os.truncate", "os.utime", "os.putenv", "os.kill"),
    *("subprocess.", "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "shutil."),
    *("tempfile.", "webbrowser.", "sqlite3.", "builtins.input", "sys._getframe"),
)

events: list[list[str]] = []
noting = False


def note(event: str, arguments: tuple[Any, ...]) -> None:
    """Keep an event; the hook itself must not make any."""
    if noting and event.startswith(NOTED):
        events.append([event, *(_plain(argument) for argument in arguments[:2])])


def _plain(argument: object) -> str:
    if isinstance(argument, bytes):
        return os.fsdecode(argument)
    code = getattr(argument, "co_filename", None)
    return str(argument) if code is None else f"code of {code}"


def taken(text: str, folder: Path) -> list[str]:
    """Do with a spec what the command does short of fitting; return the rules."""
    source = Source(text, "attack.model")
    found = check(Request(source, base=folder))
    for render in FORMATS.values():
        render(found)
    try:
        format_spec(parse(source))
        emit(compile_spec(Request(source, base=folder)))
    except ModelError as error:
        str(error)
    return sorted({diagnostic.rule for diagnostic in found})


def main(folder: Path) -> None:
    """Take the specs of the standard input."""
    global noting
    asked = json.load(sys.stdin)
    for text in asked["harmless"]:
        taken(text, folder)
    sys.addaudithook(note)
    results = []
    for text in asked["attacks"]:
        events.clear()
        noting = True
        try:
            rules = taken(text, folder)
        finally:
            noting = False
        results.append({"rules": rules, "events": list(events)})
    print(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
