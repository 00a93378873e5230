"""How much memory and disk a piece of work needs, said before it begins.

Arrays that do not fit end a process in whatever way the library chooses that asked
for them: nutpie's aborts, and an operating system that has promised more than it has
kills. So the number is computed first.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..interface.faults import fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Frame, Program
    from varying.grammar.source import Source

    from .settings import SamplerSettings

__all__ = [
    "check_memory",
    "check_rows",
    "check_sampling",
    "fit_bytes",
    "free_disk",
    "free_memory",
    "in_words",
    "numbers_drawn",
    "numbers_kept",
    "numbers_reported",
    "sampling_bytes",
]

_BYTES = 8
#: Numbers that nutpie keeps of each draw beside the parameters.
_STATISTICS = 30
#: Copies that are there at once: of the sampler's draws, when they are taken over, and
#: of what is reported, when it is summarised and compressed.
_COPIES = 2

#: What compression leaves of draws.
_COMPRESSED = 0.9

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def in_words(size: float) -> str:
    """Return a number of bytes: ``1.4 GB``."""
    if size < 1000:
        return f"{size:.0f} bytes"
    place = min(int(math.log10(size) // 3), len(_UNITS) - 1)
    return f"{size / 1000**place:,.1f} {_UNITS[place]}"


def numbers_drawn(program: Program, frame: Frame) -> int:
    """Return how many numbers a draw of the sampler has."""
    axes = [node.axes for node in program.parameters]
    axes += [(group.levels, group.coefs) for group in program.groups]
    return _numbers(axes, frame)


def numbers_reported(program: Program, frame: Frame) -> int:
    """Return how many numbers are kept of each draw."""
    axes = [node.axes for node in program.parameters]
    axes += [node.axes for node in program.derived if node.report]
    axes += [(g.sds, g.sds) for g in program.groups if g.correlations]
    # the effects, and the standard normals that they are made of
    axes += [(g.levels, g.coefs) for g in program.groups for _ in range(2)]
    return _numbers(axes, frame)


def _numbers(several: Iterable[tuple[str, ...]], frame: Frame) -> int:
    return sum(
        math.prod(frame.lengths.get(axis, 1) for axis in axes) for axes in several
    )


def sampling_bytes(settings: SamplerSettings, drawn: int, kept: int) -> int:
    """Return what the draws take in memory where they take most.

    Parameters
    ----------
    settings
        How many draws.
    drawn, kept
        Numbers of each draw: of the sampler, and of the result.
    """
    every = settings.draws + settings.tune
    sampler = every * (drawn + _STATISTICS)
    result = settings.draws * (drawn + _COPIES * kept + _STATISTICS)
    return _BYTES * settings.chains * (sampler + result)


def check_sampling(compiled: Compiled, settings: SamplerSettings) -> None:
    """Refuse draws that do not fit into memory.

    Raises
    ------
    ModelError
        ``not-enough-memory``.
    """
    program, frame = compiled.program, compiled.frame
    drawn, kept = numbers_drawn(program, frame), numbers_kept(compiled)
    needed = sampling_bytes(settings, drawn, kept)
    usual = replace(settings, draws=1000, tune=1000, chains=min(settings.chains, 4))
    chains = "1 chain" if settings.chains == 1 else f"{settings.chains:,} chains"
    check_memory(
        compiled.spec.source,
        needed,
        f"{chains} of {settings.draws:,} draws, and {settings.tune:,} to tune,",
        f"take fewer: {usual.chains} x 1,000 draws, and 1,000 to tune, suffice most "
        f"often, and take {in_words(sampling_bytes(usual, drawn, kept))}",
        *(
            ("`keep` takes its numbers for each row and draw",)
            if _kept(compiled)
            else ()
        ),
    )


def check_rows(source: Source, draws: int, rows: int, of: str = "draws") -> None:
    """Refuse a number for each row and draw where they do not fit into memory.

    Raises
    ------
    ModelError
        ``not-enough-memory``.
    """
    check_memory(
        source,
        _BYTES * draws * rows,
        f"{draws:,} {of} of {rows:,} numbers",
        "take fewer: `draws` says how many",
    )


def fit_bytes(compiled: Compiled, settings: SamplerSettings) -> int:
    """Return what a fit takes on disk, about.

    Draws are hardly compressed, statistics that are whole numbers are.
    """
    each = _BYTES * settings.chains * settings.draws
    return int(_COMPRESSED * each * (numbers_kept(compiled) + _STATISTICS // 3))


def numbers_kept(compiled: Compiled) -> int:
    """Return how many numbers a fit has of each draw."""
    return numbers_reported(compiled.program, compiled.frame) + _kept(compiled)


def _kept(compiled: Compiled) -> int:
    """Return how many of them are there for ``keep``."""
    rows = len(compiled.prepared.rows)
    each = (
        max(len(one.response.categories), 1) if name == "prob" else 1
        for one in compiled.joint.members
        for name in one.keep
    )
    return rows * sum(each)


def free_memory() -> int | None:
    """Return how many bytes this process may still take; None if nobody knows."""
    known = [
        one
        for one in (_machine(), _control_group(), _address_space())
        if one is not None
    ]
    return min(known, default=None)


def _machine() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    with suppress(AttributeError, OSError, ValueError):
        # what is free is less, but much of what is not can be made free
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return _windows() if sys.platform == "win32" else None


def _windows() -> int | None:  # pragma: no cover
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"size_{n}", ctypes.c_ulonglong) for n in range(7)),
        )

    status = Status(length=ctypes.sizeof(Status))
    call = ctypes.WinDLL("kernel32").GlobalMemoryStatusEx  # type: ignore[attr-defined]
    return int(status.size_1) if call(ctypes.byref(status)) else None


def _control_group() -> int | None:
    """Return what a container leaves; what it keeps of files can be made free."""
    for folder, most, used in (
        ("/sys/fs/cgroup", "memory.max", "memory.current"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError, KeyError):
            limit = int(Path(folder, most).read_text("ascii"))
            taken = int(Path(folder, used).read_text("ascii"))
            lines = Path(folder, "memory.stat").read_text("ascii").splitlines()
            stat = dict(line.split() for line in lines)
            cached = int(stat["inactive_file"]) + int(stat["active_file"])
            return max(limit - taken + cached, 0)
    return None


def _address_space() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def free_disk(folder: Path) -> int | None:
    """Return how many bytes may be written in a folder; None if nobody knows."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return None


def check_memory(source: Source, needed: int, what: str, *help: str) -> None:
    """Refuse what does not fit into memory.

    Parameters
    ----------
    source
        Of the model.
    needed
        Bytes.
    what
        What needs them, such as ``4 chains of 1,000 draws``.
    help
        What to do.

    Raises
    ------
    ModelError
        ``not-enough-memory``.
    """
    free = free_memory()
    # Beyond what any machine has, whatever this one says of itself.
    if needed <= (2**46 if free is None else free):
        return
    there = "" if free is None else f", and {in_words(free)} are free"
    raise fault(
        source,
        "not-enough-memory",
        f"{what} take {in_words(needed)} of memory{there}",
        *help,
    )
