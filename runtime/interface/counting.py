"""Progress of work in many equal pieces: runs of a study, refits, blocks of rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

__all__ = ["CountReport", "counting"]

#: Called with the number of pieces that are done, and that of all.
CountReport = Callable[[int, int], None]

#: Seconds between two lines where there is no terminal.
_BETWEEN = 10.0


@contextmanager
def counting(what: str, *, quiet: bool = False) -> Iterator[CountReport | None]:
    """Show on stderr how many pieces are done: a bar, or lines in a log.

    Parameters
    ----------
    what
        The pieces, in the plural: ``runs``.
    quiet
        Show nothing; what is yielded is then None.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        task = bars.add_task(what, total=None)

        def move(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield move


def _lines(what: str) -> CountReport:
    last = monotonic()

    def say(done: int, total: int) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= _BETWEEN and done < total:
            last = now
            print(f"{done} of {total} {what}", file=sys.stderr, flush=True)

    return say
