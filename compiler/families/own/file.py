"""Families in a file of Python that a program, or its user, names.

The file is run, once for what is in it. Nothing else is: neither a spec nor a fit names
such a file. A process that is handed a model finds its families there again.
"""

from __future__ import annotations

import hashlib
import os
import sys
import traceback
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source, Span

from ..family import Family

__all__ = ["families_in"]

#: By path and content: what has been run.
_RUN: dict[tuple[str, str], tuple[Family, ...]] = {}
_RULE = "family-file"


def families_in(path: str | os.PathLike[str]) -> tuple[Family, ...]:
    """Return the families that a file of Python makes; it is run.

    Raises
    ------
    ModelError
        ``no-such-file``, ``unreadable-file``, ``family-file``.
    """
    shown, place = os.fspath(path), Path(path).absolute()
    text = _read(shown, place)
    key = str(place), hashlib.sha256(text).hexdigest()
    if key not in _RUN:
        module = _run(shown, place, text)
        found = [
            one for one in vars(module).values() if isinstance(one, Family) and one.own
        ]
        if not found:
            raise _fault(
                shown,
                _RULE,
                f"`{shown}` makes no family of your own",
                "one is what `varying.Family(...)` returns, with a name in the file: "
                "`mine = varying.Family('mine', density, ...)`",
            )
        by_name = {one.name: one for one in found}
        twice = next((one.name for one in found if by_name[one.name] is not one), None)
        if twice is not None:
            raise _fault(
                shown,
                _RULE,
                f"`{shown}` makes two families that are called `{twice}`",
            )
        _RUN[key] = tuple(
            replace(one, home=(str(place), name)) for name, one in by_name.items()
        )
    return _RUN[key]


def _read(shown: str, place: Path) -> bytes:
    """Return what is in a file, which is one: no device, and no pipe."""
    try:
        if place.exists() and not place.is_file():
            reason = "it is no file"
        else:
            return place.read_bytes()
    except FileNotFoundError:
        raise _fault(shown, "no-such-file", f"there is no file `{shown}`") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
    raise _fault(shown, "unreadable-file", f"`{shown}` cannot be read: {reason}")


def _run(shown: str, place: Path, text: bytes) -> ModuleType:
    """Run a file as a module of its own; its folder is where its imports start."""
    name = f"_varying_families_{hashlib.sha256(str(place).encode()).hexdigest()[:12]}"
    spec = spec_from_loader(name, loader=None, origin=str(place))
    assert spec is not None
    module = module_from_spec(spec)
    module.__file__ = str(place)
    sys.modules[name] = module
    sys.path.insert(0, str(place.parent))
    try:
        exec(compile(text, str(place), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        raise _stopped(shown, place, text, error) from error
    finally:
        sys.path.remove(str(place.parent))
    return module


def _stopped(shown: str, place: Path, text: bytes, error: BaseException) -> ModelError:
    """Return the diagnostic of what a file did not get past, at its line."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(place) and frame.lineno is not None
    ]
    if isinstance(error, SyntaxError) and error.filename == str(place):
        lines = [error.lineno or 1]
    source = Source(text.decode("utf-8", "replace"), shown)
    *before, line = source.text.split("\n")[: (lines or [1])[-1]]
    start = sum(len(one) + 1 for one in before)
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    kind = type(error).__name__
    what = said if kind == "ArgumentError" else f"{kind}: {said}"
    message = f"`{shown}`, which makes families of your own, does not run: {what}"
    return ModelError(
        [Diagnostic(_RULE, message, source, Span(start, start + len(line)), ())]
    )


def _fault(shown: str, rule: str, message: str, *notes: str) -> ModelError:
    return ModelError([Diagnostic(rule, message, Source("", shown), Span(0, 0), notes)])
