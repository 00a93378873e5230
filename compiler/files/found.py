"""What a reader finds in a file, and how it says that it cannot."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.source import Span

from ..table import Column


class FileFault(Exception):
    """What is wrong with a file: a rule, a sentence, notes and maybe a fix."""

    def __init__(
        self,
        rule: str,
        message: str,
        notes: tuple[str, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.notes, self.fix = rule, message, notes, fix

    def report(self, sink: Sink, span: Span) -> None:
        """Put the fault where the spec names the file."""
        sink.add(self.rule, span, self.message, *self.notes, fix=self.fix)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a user is told of a file that is read, without being a fault.

    ``column``: it is of interest only where the spec reads this column.
    """

    rule: str
    message: str
    notes: tuple[str, ...] = ()
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The columns of a file in their order.

    In place of a column that cannot be used stands the reason, as a sentence. A
    column without a name has an empty one.
    """

    columns: Sequence[tuple[str, Column | str]]
    rows: int
    remarks: tuple[Remark, ...] = ()


@contextmanager
def reading(file: Path, kind: str) -> Iterator[None]:
    """Turn whatever a reader of somebody else's raises into a fault of the file.

    Damaged files make readers raise nearly anything, so nearly anything is caught.
    What they warn of are parts of a file that hold no data, or types, which are
    looked at here.
    """
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        message = f"`{file}` cannot be read: {error.strerror or error}"
        raise FileFault("unreadable-file", message) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FileFault:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        reason = lines[0].strip() if lines else type(error).__name__
        message = f"`{file.name}` cannot be read as {kind}"
        raise FileFault("data-format", message, (reason,)) from None
