"""Progress in a notebook: one output that changes, without widgets.

Jupyter, VS Code, Colab and Quarto all replace an output by its number, so no
extension is needed, and what is left when a notebook is saved is one line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from importlib import import_module
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import visible

from .grids import page, paragraph
from .progress_text import compiled_text, compiling_text, outcome_text

if TYPE_CHECKING:
    from ..sampling.settings import SamplerSettings

__all__ = ["NotebookOutput", "in_notebook"]

#: Seconds between two changes: a page that is read over a network need not do more.
_EVERY = 0.2


def in_notebook() -> bool:
    """Whether what is displayed goes to a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class NotebookOutput:
    """A bar a chain; a line is left of it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._now: str | None = None
        self._chains: list[tuple[int, int]] = []
        self._total = 0
        self._start = self._shown = 0.0
        self._compiles = False
        self._handle: Any = None
        # Reports come from another thread, which has its own idea of the current cell.
        self._context = copy_context()
        self._lock = Lock()

    @contextmanager
    def compiling(self, why: str | None = None) -> Iterator[None]:
        """Show that something happens, and say how long it took."""
        start = perf_counter()
        self._now = compiling_text(why)
        self._show()
        yield
        self._now = None
        self._lines.append(compiled_text(perf_counter() - start))
        self._show()

    @contextmanager
    def sampling(
        self, settings: SamplerSettings, *, compiles: bool = False
    ) -> Iterator[None]:
        """Show the bars."""
        self._compiles = compiles
        self._now = compiling_text() if compiles else None
        self._total = settings.tune + settings.draws
        self._chains = [(0, 0)] * settings.chains
        self._start = perf_counter()
        self._show()
        try:
            yield
        finally:
            with self._lock:
                self._chains, self._now = [], None
            self._show()

    def update(self, chain: int, done: int, divergences: int) -> None:
        """Move a chain's bar."""
        with self._lock:
            if chain >= len(self._chains):
                return  # it is over
            self._now = None
            self._chains[chain] = (done, divergences)
            if perf_counter() - self._shown < _EVERY:
                return
            self._shown = perf_counter()
        self._show()

    def note(self, text: str) -> None:
        """Say it."""
        self._lines.append(text)
        self._show()

    def finish(self, divergences: int, seconds: float | None = None) -> None:
        """Leave one line in place of the bars."""
        elapsed = perf_counter() - self._start if seconds is None else seconds
        self._lines.append(outcome_text(elapsed, divergences, self._compiles))

    def _show(self) -> None:
        with self._lock:
            self._context.run(self._display, self._bundle())

    def _bundle(self) -> dict[str, str]:
        lines = [*self._lines, *([self._now] if self._now else [])]
        bars = [*enumerate(self._chains, 1)]
        words = [
            f"chain {chain}: {done} of {self._total} draws, {_divergences(bad)}"
            for chain, (done, bad) in bars
        ]
        html = [paragraph(line, "f") for line in lines]
        html += [
            f'<div class="f"><progress value="{done}" max="{self._total}"></progress> '
            f"{text}</div>"
            for (_, (done, _)), text in zip(bars, words, strict=True)
        ]
        plain = "\n".join(map(visible, [*lines, *words]))
        return {"text/plain": plain, "text/html": page(*html)}

    def _display(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            show = import_module("IPython.display").display
            self._handle = show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _divergences(number: int) -> str:
    return f"{number} {'divergence' if number == 1 else 'divergences'}"
