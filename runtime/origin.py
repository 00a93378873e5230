"""What a fit was compiled from, so that it can be compiled again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from .faults import file_fault
from .provenance import Provenance, describe_data
from .stored_table import columns_named

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.own_functions import Functions
    from varying.compiler.table import Table

    from .predict import FittedRows

__all__ = ["Origin"]


@dataclass(frozen=True, eq=False)
class Origin:
    """The data of a fit as they were read, and what is compiled from them.

    Attributes
    ----------
    table
        All rows, of the columns that the spec reads.
    provenance
        The text of the spec, and the hash of the data that the fit was made
        with.
    path
        The fit file, for messages; empty if it comes from none.
    functions
        The caller's own that the spec may call.
    made
        The model that was fitted, if it is still there.
    """

    table: Table
    provenance: Provenance
    path: str = ""
    functions: Functions = field(default_factory=dict)
    made: Compiled | None = None

    @classmethod
    def of(cls, compiled: Compiled, provenance: Provenance) -> Origin:
        """Return the origin of a fit that has just been made."""
        table = columns_named(compiled.spec, compiled.prepared.data)
        return cls(table, provenance, made=compiled)

    @cached_property
    def compiled(self) -> Compiled:
        """The model with its data; without PyMC.

        Raises
        ------
        ModelError
            ``not-a-fit`` if these are not the data of the fit.
        """
        if self.made is not None:
            return self.made
        from varying.compiler.driver import compile_spec

        there = self.provenance
        source = Source(there.spec, there.spec_name)
        try:
            compiled = compile_spec(
                source, self.table, model=there.model, functions=self.functions
            )
        except (ModelError, MemoryError):
            raise
        except Exception as error:  # of a table or a text that nobody wrote
            raise file_fault(
                self.path,
                "not-a-fit",
                f"the model stored in `{self.path}` cannot be made again from the data",
                f"{type(error).__name__}: {error}",
            ) from error
        prepared = compiled.prepared
        data = describe_data(prepared.table, prepared.used)
        if data.sha256 != there.data.sha256:
            raise file_fault(
                self.path,
                "not-a-fit",
                f"the data stored in `{self.path}` are not those of its draws",
                "fit the model again, or take another copy of the file",
            )
        return compiled

    def __getstate__(self) -> dict[str, object]:
        """Leave out what can be compiled again: families hold functions."""
        kept = ("table", "provenance", "path")
        left_out: dict[str, object] = {"functions": {}, "made": None}
        plain = replace(self.table, functions={})  # a caller's may be of any kind
        return {**{name: vars(self)[name] for name in kept}, **left_out, "table": plain}

    @cached_property
    def rows(self) -> FittedRows:
        """The rows as the program needs them."""
        from .predict import FittedRows

        return FittedRows.of(self.compiled)
