"""Texts, data files and models, each parsed, read and compiled once.

What is remembered is a function of its key, and the key is of content: of a text its
characters, of a file the hash of its bytes, of a data frame the hash of what was read
of it. So nothing has to be forgotten when something changes, and it makes no difference
which thread asks. What a caller's own functions have computed is not remembered: what a
function does cannot be told from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from varying.compiler.data.file import DataFile, read_data, same_for_all
from varying.compiler.driver import (
    Request,
    check,
    compile_or_outline,
    design_spec,
    for_sampler,
)
from varying.compiler.prepare.request import Reader
from varying.compiler.prepare.source import data_statement
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse

from .contents import Content, Contents, table_hash
from .store import Store, settle

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled, Designed, Outline
    from varying.compiler.data.table import Table
    from varying.compiler.data.wanted import Wanted
    from varying.compiler.sampled import Sampled
    from varying.grammar.diagnostics import Diagnostic
    from varying.grammar.source import Source, Span
    from varying.grammar.tree import Spec

__all__ = ["Workspace", "workspace"]

T = TypeVar("T")

#: Bytes that a workspace holds at most.
MOST = 1 << 28
#: Bytes of a tree, for each character of its text: about.
_BY_CHARACTER = 200


@dataclass(frozen=True, slots=True)
class _Said:
    """What reading a file said, whatever the place is at which the spec names it."""

    rule: str
    message: str
    notes: tuple[str, ...]


class Workspace:
    """Texts, data files and models that have been looked at, as far as memory allows.

    Parameters
    ----------
    most
        Bytes to hold.
    """

    def __init__(self, most: int = MOST) -> None:
        self._store = Store(most)
        self._contents = Contents()

    @property
    def held(self) -> int:
        """About how many bytes are held."""
        return self._store.held

    def clear(self) -> None:
        """Forget all."""
        self._store.clear()

    def check(self, request: Request) -> tuple[Diagnostic, ...]:
        """Return what is wrong with a spec; see ``driver.check``."""
        return self._answer(check, request)

    def compile(self, request: Request) -> Compiled | Outline:
        """Return a compiled model; see ``driver.compile_or_outline``."""
        return self._answer(compile_or_outline, request)

    def design(self, request: Request) -> Designed:
        """Return the design of a model; see ``driver.design_spec``."""
        return self._answer(design_spec, request)

    def sampled(self, compiled: Compiled) -> Sampled:
        """Return what a sampler sees of a model, with its tapes if they were made."""
        key = ("sampled", id(compiled))
        found: tuple[Compiled, Sampled] | None = self._store.get(key)
        # while the model is held, its id is no other's
        if found is None:
            found = (compiled, for_sampler(compiled))
            # the arrays of the tapes are made of those of the frame
            self._store.keep(key, found, 2 * settle(compiled.frame))
        return found[1]

    # ---- answers ---------------------------------------------------------------------

    def _answer(self, stage: Callable[[Request], T], request: Request) -> T:
        """Return what a stage makes of a request."""
        read: list[Content | None] = []
        reader = Reader(self._parsed, partial(self._read, read))
        request = replace(request, reader=reader)
        content, data = self._data(request)
        key = (stage.__name__, request.source, data, request.model, request.reduce)
        own = bool(request.functions or request.matrices or request.families)
        # matrices in files are not hashed
        known = data is not None and not own and "cov" not in request.source.text
        if known:
            found: T | None = self._store.get(key)
            if found is not None:
                return found
        made = stage(request)
        # what was read may be another file than the one that was hashed
        if known and all(one == content for one in read):
            self._store.keep(key, made, settle(made))
        return made

    def _data(self, request: Request) -> tuple[Content | None, Hashable]:
        """Return the content of the data file, and a key for the data.

        The key is None where one cannot tell whether they have changed.
        """
        table, options = request.table, None
        if isinstance(table, DataFile):
            path, options = table.path, (table.reduce, table.options)
        elif table is not None:
            digest = table_hash(table)
            return None, None if digest is None else ("table", digest)
        else:
            source = request.source
            statement = data_statement(self._parsed(source, Sink(source)))
            if statement is None:
                return None, "none"
            path = request.beside(Path(statement.path.text))
        content = self._contents.of(path)
        if content is None:
            return None, None
        return content, ("file", str(path), options, content.digest)

    # ---- stages ----------------------------------------------------------------------

    def _parsed(self, source: Source, sink: Sink) -> Spec:
        """Return the tree of a text; see ``parse``."""
        key = ("parsed", source)
        found: tuple[Spec, tuple[Diagnostic, ...]] | None = self._store.get(key)
        if found is None:
            own = Sink(source)
            found = (parse(source, own), tuple(own.diagnostics))
            self._store.keep(key, found, _BY_CHARACTER * len(source.text))
        spec, said = found
        for one in said:
            sink.keep(one)
        return spec

    def _read(
        self,
        read: list[Content | None],
        file: DataFile,
        wanted: Wanted,
        sink: Sink,
        span: Span,
        *,
        whole: bool = True,
    ) -> Table | None:
        """Return the table in a data file; see ``read_data``.

        What was in the file is added to ``read``: None if that is not known.
        """
        content = self._contents.of(file.path)
        read.append(content)
        if content is None:
            return read_data(file, wanted, sink, span, whole=whole)
        given = tuple(option.name.text for option in file.options.given)
        plain = replace(file, options=replace(file.options, given=()))
        key = ("read", plain, given, wanted, content.digest)
        found: tuple[Table, tuple[_Said, ...]] | None = self._store.get((*key, whole))
        if found is None:
            own = Sink(sink.source)
            table = read_data(file, wanted, own, span, whole=whole)
            for one in own.diagnostics:
                sink.keep(one)
            if self._contents.of(file.path) != content:
                read[-1] = None  # it was written while it was read
                return table
            if table is None or any(d.span != span or d.fix for d in own.diagnostics):
                return table
            said = tuple(_Said(d.rule, d.message, d.notes) for d in own.diagnostics)
            size = settle(table)
            same = same_for_all(file, table)
            for how in (True, False) if same else (whole,):
                self._store.keep((*key, how), (table, said), size)
            return table
        table, said = found
        for note in said:
            sink.add(note.rule, span, note.message, *note.notes)
        return table


_OF_THIS_PROCESS = Workspace()


def workspace() -> Workspace:
    """Return the workspace of this process, which all threads share."""
    return _OF_THIS_PROCESS
