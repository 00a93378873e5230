"""What a reader finds in a file, and how it says that it cannot."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.source import Span
from varying.grammar.tree import Option

from .bounded import TooLarge
from .table import Column

#: Whether the spec says that a code of a column stands for a missing value.
Gone = Callable[[str, object], bool]


@dataclass(frozen=True, slots=True)
class Reads:
    """Which of the columns in a file are read.

    Attributes
    ----------
    named
        Returns those that the spec names.
    every
        Whether all are read: of a small file, so that a name that is no column may be
        known for a level of one.
    otherwise
        Names that need be no column, although the spec has them.
    """

    named: Callable[[Sequence[str]], frozenset[str]]
    every: bool = False
    otherwise: frozenset[str] = frozenset()

    def __call__(self, names: Sequence[str]) -> frozenset[str]:
        """Return which of some columns are read."""
        return frozenset(names) if self.every else self.named(names)


#: All columns are read.
EVERY = Reads(frozenset, every=True)


class FileFault(Exception):
    """What is wrong with a file: a rule, a sentence, notes and maybe a fix.

    ``option`` is that of ``data`` which asks for what is not there, ``instead`` what it
    may be meant to be, and ``add`` an option that is lacking.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        notes: tuple[str, ...] = (),
        fix: Fix | None = None,
        option: str | None = None,
        instead: str | None = None,
        add: str | None = None,
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.notes, self.fix = rule, message, notes, fix
        self.option, self.instead, self.add = option, instead, add

    def report(self, sink: Sink, span: Span, options: Sequence[Option] = ()) -> None:
        """Put the fault where the spec names the file, or the option at fault."""
        given = next((one for one in options if one.name.text == self.option), None)
        fix = self.fix
        if self.add is not None and span.end:
            edit = Edit(Span(span.end, span.end), self.add)
            fix = Fix(f"add {self.add.removeprefix(', ')}", (edit,))
        if given is None:
            sink.add(self.rule, span, self.message, *self.notes, fix=fix)
            return
        if self.instead is not None:
            edit = Edit(given.value.span, self.instead)
            fix = Fix(f"replace by {self.instead}", (edit,))
        sink.add(self.rule, given.span, self.message, *self.notes, fix=fix)


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
    column without a name has an empty one. ``unread`` are the names of those that
    are there, and that nobody asked for.
    """

    columns: Sequence[tuple[str, Column | str]]
    rows: int
    remarks: tuple[Remark, ...] = ()
    unread: tuple[str, ...] = ()


def one_line(written: str) -> str:
    """Return the name of a column in NFC, with a blank where it has a line break.

    Spreadsheets have such names, and a spec cannot: it writes them on one line.
    """
    lines = written.replace("\r", "\n").split("\n")
    if len(lines) > 1:
        written = " ".join(filter(None, map(str.strip, lines)))
    return unicodedata.normalize("NFC", written)


def normal_name(written: str) -> str:
    """Return the name of a column as it is compared: without blanks around."""
    return one_line(written.strip())


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
    except TooLarge as error:
        message = f"`{file.name}` is not unpacked"
        raise FileFault("data-format", message, (str(error),)) from None
    except Exception as error:
        lines = str(error).strip().splitlines()
        # an error without words says nothing of the file
        reason = lines[0].strip() if lines else "its contents are not those of one"
        if isinstance(error, MemoryError):
            reason = "it takes more memory than there is"
        message = f"`{file.name}` cannot be read as {kind}"
        raise FileFault("data-format", message, (reason,)) from None
