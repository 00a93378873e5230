"""What is shown on stderr while a model compiles and is sampled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from varying.grammar.render.safe import visible

from .progress_text import compiled_text, compiling_text, outcome_text

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ..sampling.settings import SamplerSettings

__all__ = [
    "Bars",
    "Lines",
    "Progress",
    "Silent",
    "compiled_text",
    "compiling_text",
    "outcome_text",
    "progress_for",
]


class Progress(Protocol):
    """What a sampler tells of its work; calls may come from another thread."""

    @contextmanager
    def compiling(self, why: str | None = None) -> Iterator[None]:
        """Cover the compilation; ``why`` in words, if it is not the graph's."""
        yield

    @contextmanager
    def sampling(
        self, settings: SamplerSettings, *, compiles: bool = False
    ) -> Iterator[None]:
        """Cover the sampling; ``compiles`` if it begins with a compilation."""
        yield

    def update(self, chain: int, done: int, divergences: int) -> None:
        """Say how far a chain (from 0) is, its draws to tune by included."""

    def note(self, text: str) -> None:
        """Say something that is worth a line."""

    def finish(self, divergences: int, seconds: float | None = None) -> None:
        """Say that all chains are done; ``seconds`` if not since ``sampling``."""


def progress_for(wanted: bool) -> Progress:
    """Return bars on a terminal, an output in a notebook, else lines, or silence."""
    from .notebook import NotebookOutput, in_notebook

    if not wanted:
        return Silent()
    if in_notebook():
        return NotebookOutput()
    return Bars() if sys.stderr.isatty() else Lines()


class Silent:
    """No word at all."""

    @contextmanager
    def compiling(self, why: str | None = None) -> Iterator[None]:
        """Cover the compilation."""
        yield

    @contextmanager
    def sampling(
        self, settings: SamplerSettings, *, compiles: bool = False
    ) -> Iterator[None]:
        """Cover the sampling."""
        yield

    def update(self, chain: int, done: int, divergences: int) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def finish(self, divergences: int, seconds: float | None = None) -> None:
        """Ignore it."""


class Lines(Silent):
    """A line at the start and one at the end: for logs."""

    def __init__(self) -> None:
        self._start = 0.0
        self._compiles = False

    @contextmanager
    def compiling(self, why: str | None = None) -> Iterator[None]:
        """Announce the compilation, and say how long it took."""
        _say(compiling_text(why))
        start = perf_counter()
        yield
        _say(compiled_text(perf_counter() - start))

    @contextmanager
    def sampling(
        self, settings: SamplerSettings, *, compiles: bool = False
    ) -> Iterator[None]:
        """Announce the sampling."""
        self._compiles = compiles
        if compiles:
            _say(compiling_text())
        _say(f"{_plan(settings)} ...")
        self._start = perf_counter()
        yield

    def note(self, text: str) -> None:
        """Say it."""
        _say(text)

    def finish(self, divergences: int, seconds: float | None = None) -> None:
        """Say how it went."""
        elapsed = perf_counter() - self._start if seconds is None else seconds
        _say(outcome_text(elapsed, divergences, self._compiles))


class Bars:
    """A bar a chain: draws, divergences, time left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._bars: RichProgress | None = None
        self._tasks: tuple[TaskID, ...] = ()
        self._total = 0
        self._start = 0.0
        self._compiles = False

    @contextmanager
    def compiling(self, why: str | None = None) -> Iterator[None]:
        """Show that something happens, and say how long it took."""
        start = perf_counter()
        with self._console.status(compiling_text(why)):
            yield
        self._print(compiled_text(perf_counter() - start))

    @contextmanager
    def sampling(
        self, settings: SamplerSettings, *, compiles: bool = False
    ) -> Iterator[None]:
        """Show the bars."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        self._compiles = compiles
        if compiles:
            self._print(compiling_text())
        self._total = settings.tune + settings.draws
        self._start = perf_counter()
        with RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("draws, {task.fields[divergences]} divergences"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        ) as bars:
            self._bars = bars
            self._tasks = tuple(
                bars.add_task(f"chain {n + 1}", total=self._total, divergences=0)
                for n in range(settings.chains)
            )
            try:
                yield
            finally:
                self._bars = None

    def update(self, chain: int, done: int, divergences: int) -> None:
        """Move a chain's bar."""
        if self._bars is not None:
            self._bars.update(
                self._tasks[chain], completed=done, divergences=divergences
            )

    def note(self, text: str) -> None:
        """Say it."""
        self._print(text)

    def finish(self, divergences: int, seconds: float | None = None) -> None:
        """Leave one line in place of the bars."""
        elapsed = perf_counter() - self._start if seconds is None else seconds
        text = outcome_text(elapsed, divergences, self._compiles)
        self._print(text)

    def _print(self, text: str) -> None:
        # as it is: "[red]" in a name is no colour
        self._console.print(visible(text), highlight=False, markup=False)


def _say(text: str) -> None:
    print(visible(text), file=sys.stderr, flush=True)


def _plan(settings: SamplerSettings) -> str:
    chains = "1 chain" if settings.chains == 1 else f"{settings.chains} chains"
    return (
        f"sampling {chains} of {settings.tune} draws to tune and "
        f"{settings.draws} to keep with {settings.sampler}"
    )
