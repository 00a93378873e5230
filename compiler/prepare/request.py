"""What is asked of the compiler: a text, its data, and which model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.tree import Spec

from ..data.file import DataFile, read_data
from ..data.matrices import KnownMatrix
from ..data.table import Table
from ..data.wanted import Wanted
from ..expressions.own import Functions
from ..families.family import Family


class ReadData(Protocol):
    """What reads a data file: ``read_data``, or what remembers what that returned."""

    def __call__(
        self,
        file: DataFile,
        wanted: Wanted,
        sink: Sink,
        span: Span,
        *,
        whole: bool = True,
    ) -> Table | None:
        """Return the table in a data file, or None after a fault."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How texts are parsed and data files are read."""

    parse: Callable[[Source, Sink], Spec] = parse
    read: ReadData = read_data


#: Parses and reads every time.
DIRECT = Reader()


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the compiler.

    Attributes
    ----------
    source
        The text.
    table
        The data, or their file; None: the file that the spec names, if it names one.
    base
        The folder that the spec's file names are relative to.
    model
        Name of the model. None: the only one, or ``main``; a check is of all.
    reduce
        As in ``DataFile``, for the file that the spec names.
    functions
        Functions of the caller's, by name; see ``own_functions``.
    reader
        How the text is parsed and files are read.
    matrices
        Known covariances between levels, by name; see ``matrices_of``.
    families
        Families of the caller's, by name; see ``own_families``.
    """

    source: Source
    table: Table | DataFile | None = None
    base: Path | None = None
    model: str | None = None
    reduce: bool | None = None
    functions: Functions = field(default_factory=dict)
    reader: Reader = DIRECT
    matrices: Mapping[str, KnownMatrix] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)

    def beside(self, path: Path) -> Path:
        """Return where a file is that the spec names."""
        return path if self.base is None else self.base / path
