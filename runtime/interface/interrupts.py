"""Ctrl-C while draws are made: what is finished is kept, and the second one ends all.

Python's own handler raises ``KeyboardInterrupt`` wherever the program is, which loses
hours of draws. From the first draw on, ours takes note of it: the sampler sees that
and hands back what it has, and what follows (figures, the file) is done to its end.
SIGTERM and SIGHUP (a terminal that is closed) are the same, where the program has made
them raise ``KeyboardInterrupt`` too.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import FrameType

__all__ = ["Interrupts", "ignore_signals", "interruptible", "take_signals"]

#: Windows has no SIGHUP.
_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)
_STDOUT, _STDERR = 1, 2

_WITHIN = "stopping: what is drawn is kept; again to stop at once"
_AFTER = "the draws are made, and are being saved; again to stop at once"


def _without_terminal(number: int) -> None:
    """After a SIGHUP, write what is for the terminal nowhere: it is gone.

    Else the next line that is written would end the program, with all its draws.
    """
    if number != getattr(signal, "SIGHUP", None):
        return
    for stream in (_STDOUT, _STDERR):
        with suppress(OSError):
            # of one that is gone `isatty` says no
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream)
                os.close(nowhere)


class Interrupts:
    """Whether somebody has asked to stop.

    Attributes
    ----------
    requested
        Whether that is so.
    holding
        Whether there is something to keep: else an interrupt ends the program. To set
        it raises where one came before and was lost: Python drops exceptions in
        callbacks, such as those of its import system.
    drawn
        Whether sampling has ended.
    handled
        Whether signals come here: not in a thread, nor where the program has
        handlers of its own.
    """

    def __init__(self, say: bool) -> None:
        self.requested = self.drawn = self.handled = False
        self._holding = self._missed = False
        self._say = say
        self._process = os.getpid()

    @property
    def holding(self) -> bool:
        """Whether there is something to keep."""
        return self._holding

    @holding.setter
    def holding(self, value: bool) -> None:
        if self._missed:
            raise KeyboardInterrupt
        self._holding = value

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal; the second one raises."""
        if os.getpid() != self._process:
            # A worker that was forked: what a terminal sends to all of them is its
            # parent's, which ends it.
            if number == signal.SIGTERM:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            return
        _without_terminal(number)
        if self.requested or not self._holding:
            self._missed = True
            raise KeyboardInterrupt
        self.requested = True
        if self._say:
            text = _AFTER if self.drawn else _WITHIN
            with suppress(OSError):  # `print` is not to be used in a handler
                os.write(_STDERR, f"\n{text}\n".encode())


class _Remembered:
    """Python's own handler, which remembers that it raised.

    Python drops exceptions in finalizers and in callbacks of its import system; an
    interrupt that hits one of these would be lost.
    """

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        _without_terminal(number)
        self.came = True
        raise KeyboardInterrupt


_REMEMBERED = _Remembered()


def take_signals() -> None:
    """Let SIGTERM and SIGHUP be as Ctrl-C is, in a program of ours: none is lost."""
    for one in _SIGNALS:
        if signal.getsignal(one) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(one, _REMEMBERED)


def ignore_signals() -> None:
    """Let a program that has been told to end do so: the next signal is in its way.

    It would be raised while Python ends, which then ends by SIGINT and not with the
    code that says why.
    """
    for one in _SIGNALS:
        if signal.getsignal(one) is _REMEMBERED:
            signal.signal(one, signal.SIG_IGN)


_CURRENT: ContextVar[Interrupts | None] = ContextVar("interrupts", default=None)


@contextmanager
def interruptible(*, say: bool = False) -> Iterator[Interrupts]:
    """Take interrupts until the end of the block; within another one, do nothing.

    Parameters
    ----------
    say
        Whether to say on stderr what an interrupt does.
    """
    outer = _CURRENT.get()
    if outer is not None:
        yield outer
        return
    if _REMEMBERED.came:
        raise KeyboardInterrupt
    made = Interrupts(say)
    before = {}
    if threading.current_thread() is threading.main_thread():
        for one in _SIGNALS:
            if signal.getsignal(one) in (signal.default_int_handler, _REMEMBERED):
                before[one] = signal.signal(one, made.handle)
    made.handled = signal.SIGINT in before
    token = _CURRENT.set(made)
    try:
        yield made
    finally:
        _CURRENT.reset(token)
        for one, handler in before.items():
            signal.signal(one, handler)
