"""Compiled machines on disk, so that they are compiled once on a computer.

A machine's file is named by a hash of everything that it came from: the functions of
its operations and all that these call, the text of what makes machine code of them,
LLVM, Python and the processor. Nothing is ever checked against dates, and a family that
a machine has nothing of is none of its business.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any

from ..tape.quantities import NoKernel
from ..tape.tape import find
from . import native
from .build import compile_machine
from .native import Machine

#: Folders of the kernel whose text says how machine code is made.
_MAKERS = ("llvm", "machine")

#: Seconds after which a machine that nobody has used is removed: 90 days.
KEPT = 90 * 24 * 3600.0


def folder() -> Path:
    """Return where machines are kept; ``VARYING_CACHE`` names another place."""
    chosen = os.environ.get("VARYING_CACHE")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("varying", appauthor=False) / "kernels"


@cache
def machine(operations: tuple[str, ...]) -> Machine:
    """Return the machine of these operations: from disk, or compiled and kept."""
    path = folder() / f"{key(operations)}.kernel"
    with suppress(OSError, ValueError, RuntimeError):
        code = _read(path)
        os.utime(path)  # the time of its last use
        return native.load(code, operations)
    try:
        code = compile_machine(operations)
        _write(path, code)
        return native.load(code, operations)
    except RuntimeError as error:
        raise NoKernel(f"LLVM has no code for this computer ({error})") from error


def compiled(operations: tuple[str, ...]) -> bool:
    """Whether the machine of these operations is on disk."""
    path = folder() / f"{key(operations)}.kernel"
    with suppress(OSError):
        return path.is_file() and _trusted(path)
    return False


def key(operations: tuple[str, ...]) -> str:
    """Return the name of a machine: a hash of what it is made of."""
    import llvmlite.binding as llvm

    found = hashlib.sha256(_makers())
    for part in _functions(operations):
        found.update(part.encode() + b"\0")
    made_by = (
        *operations,
        *(version("llvmlite"), sys.version, platform.platform()),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    found.update("\0".join(made_by).encode())
    return found.hexdigest()[:40]


@cache
def _makers() -> bytes:
    """Return a hash of the text of all files that make machine code."""
    root = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for name in _MAKERS:
        for file in sorted((root / name).rglob("*.py")):
            found.update(file.relative_to(root).as_posix().encode() + b"\0")
            found.update(file.read_bytes() + b"\0")
    return found.digest()


def _functions(operations: tuple[str, ...]) -> Iterator[str]:
    """Yield what the functions of operations, and those that they call, consist of.

    Python's code for them, their annotations and the numbers that they name: what
    ``llvm`` translates, without names of files or numbers of lines.
    """
    steps = [(find(name).forward, find(name).backward) for name in operations]
    waiting: list[Any] = [step for pair in steps for step in pair if step is not None]
    seen = set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        code = function.__code__
        names = {name: function.__globals__.get(name) for name in code.co_names}
        waiting += [one for one in names.values() if isinstance(one, FunctionType)]
        numbers = {n: v for n, v in names.items() if isinstance(v, int | float | tuple)}
        yield f"{function.__qualname__} {code.co_code.hex()} {code.co_varnames}"
        yield f"{code.co_names} {code.co_consts} {function.__annotations__} {numbers}"


def _read(path: Path) -> bytes:
    """Return the object code in a file.

    Raises
    ------
    ValueError
        If it is damaged, or if others than this user could have written it: it is
        code that this process runs.
    """
    if not _trusted(path):
        raise ValueError(f"{path} may be another user's")
    head, _, code = path.read_bytes().partition(b"\n")
    if hashlib.sha256(code).hexdigest().encode() != head:
        raise ValueError(f"{path} is damaged")
    return code


def _trusted(path: Path) -> bool:
    """Whether nobody else can have written a file, or can put one in its place."""
    return _own(path) and _own(path.parent)


def _own(path: Path) -> bool:
    """Whether a file or folder is this user's, and nobody else can write it."""
    if not hasattr(os, "geteuid"):
        return True  # Windows: a profile's folders are its user's
    about = path.stat()
    return about.st_uid == os.geteuid() and not about.st_mode & 0o022


def _write(path: Path, code: bytes) -> None:
    """Keep a machine; where that cannot be done, it is compiled anew next time."""
    head = hashlib.sha256(code).hexdigest().encode()
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _own(path.parent):
            return
        _remove_old(path.parent)
        # two processes may do this at once: each writes a whole file
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            whole = Path(file.name)
            try:
                file.write(head + b"\n" + code)
                file.close()
                os.replace(whole, path)
            except OSError:
                whole.unlink()


def _remove_old(place: Path) -> None:
    """Remove machines that have not been made or used for a season."""
    for file in place.glob("*.kernel"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > KEPT:
                file.unlink()
