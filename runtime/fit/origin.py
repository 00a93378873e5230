"""What a fit was compiled from, so that it can be compiled again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from varying.compiler.data.bounded import Unsound
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from ..interface.faults import file_fault
from .provenance import SEALED, Provenance, describe_data
from .stored_draws import check_model
from .stored_table import columns_named

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from xarray import DataTree

    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table
    from varying.compiler.expressions.own import Functions
    from varying.compiler.families.family import Family

    from ..rows.engine import Rows
    from .stored_draws import StoredVariable

__all__ = ["Origin", "observed_in"]

#: Rows of which a model is not compiled before it is needed.
_MANY = 100_000
_AGAIN = "fit the model again, or take another copy of the file"
#: Errors that are not the file's: it holds no functions of the caller's.
_OF_THE_CALLER = frozenset({"unknown-function"})


def observed_in(data: DataTree) -> dict[str, ArrayLike]:
    """Return the responses that are stored with draws, by variable."""
    there = data["observed_data"].data_vars if "observed_data" in data else {}
    return {str(name): one.values for name, one in there.items()}


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
    stored
        Of the draws in the file; see ``check_model``. None: the model drew them.
    families
        The caller's own that the spec may name.
    """

    table: Table
    provenance: Provenance
    path: str = ""
    functions: Functions = field(default_factory=dict)
    made: Compiled | None = None
    stored: Mapping[str, StoredVariable] | None = None
    families: Mapping[str, Family] = field(default_factory=dict)

    @classmethod
    def of(cls, compiled: Compiled, provenance: Provenance) -> Origin:
        """Return the origin of a fit that has just been made."""
        from varying.compiler.families.own import own_names

        table = columns_named(compiled.spec, compiled.prepared.data)
        families = own_names(member.family for member in compiled.joint.members)
        return cls(table, provenance, made=compiled, families=families)

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
        compiled = self._compile()
        self._check(compiled)
        return compiled

    def _compile(self) -> Compiled:
        from varying.compiler.driver import Request, compile_spec

        there = self.provenance
        source = Source(there.spec, there.spec_name)
        try:
            return compile_spec(
                Request(
                    source,
                    self.table,
                    model=there.model,
                    functions=self.functions,
                    families=self.families,
                )
            )
        except MemoryError:
            raise
        except ModelError as error:
            first = error.diagnostics[0]
            self._check_families()
            if self.functions or first.rule in _OF_THE_CALLER:
                raise
            raise self._unmade(
                f"{first.severity}[{first.rule}]: {first.message}"
            ) from error
        except Exception as error:  # of a table or a text that nobody wrote
            raise self._unmade(f"{type(error).__name__}: {error}") from error

    def check_loaded(self, data: DataTree) -> None:
        """Refuse a file whose draws are not those of its own model and data.

        A spec that this version cannot compile is no reason not to look at the draws:
        that is said where the model is needed, as all is where functions of the
        caller's are called, of very many rows, and of the formats before hashes.

        Raises
        ------
        ModelError
            ``not-a-fit``.
        """
        early = self.provenance.format >= SEALED and not self.functions
        if self.families:
            self._check_families()
        if not early or self.table.rows > _MANY:
            return
        try:
            compiled = self._compile()
        except (ModelError, MemoryError):
            return
        self._check(compiled)
        vars(self)["compiled"] = compiled
        self.check_observed(observed_in(data))

    def _check_families(self) -> None:
        """Refuse a model whose own family is not there, or is another one."""
        from varying.compiler.families.own import fingerprint

        for name, version in self.provenance.versions.items():
            kind, _, family = name.partition(" ")
            if kind != "family":
                continue
            if family not in self.families:
                raise file_fault(
                    self.path,
                    "unknown-family",
                    f"the fit has a family of your own, `{family}`, and a file holds "
                    "no code",
                    f"varying.load(path, families=[{family}]), with its record; or "
                    "with the path of a file that makes it, families='FILE.py', which "
                    "is `--families FILE.py` of the command",
                )
            if fingerprint(self.families[family]) != version:
                raise file_fault(
                    self.path,
                    "not-a-fit",
                    f"`{family}` is not the family that the fit was made with: its "
                    "density, parameters or links are others",
                    _AGAIN,
                )

    def _check(self, compiled: Compiled) -> None:
        self._check_families()
        there, prepared = self.provenance, compiled.prepared
        data = describe_data(prepared.table, prepared.used)
        # what a file is called is escaped in the description
        if replace(data, name=there.data.name) != there.data:
            raise self._unlike("data", "draws")
        try:
            if self.stored is not None:
                check_model(compiled, there, self.stored)
        except Unsound as error:
            raise self._unlike("draws", "model", str(error)) from error

    def _unlike(self, what: str, other: str, *notes: str) -> ModelError:
        said = f"the {what} stored in `{self.path}` are not those of its {other}"
        return file_fault(self.path, "not-a-fit", said, *notes, _AGAIN)

    def check_observed(self, observed: Mapping[str, ArrayLike]) -> None:
        """Refuse other responses, by variable, than those of the data.

        Raises
        ------
        ModelError
            ``not-a-fit``.
        """
        import numpy as np

        for name, rows in self.responses.items():
            if self.stored is None or name not in observed:
                continue
            there = np.asarray(observed[name])
            expected = rows.frame[rows.program.likelihood.value]
            if there.shape != expected.shape or not np.allclose(
                there, expected, rtol=1e-12
            ):
                raise self._unlike("responses", "data")

    def _unmade(self, reason: str) -> ModelError:
        return file_fault(
            self.path,
            "not-a-fit",
            f"the model stored in `{self.path}` cannot be made again from the data",
            reason,
            _AGAIN,
        )

    def __getstate__(self) -> dict[str, object]:
        """Leave out what can be compiled again, and families that no file makes."""
        kept = ("table", "provenance", "path", "stored")
        found = {n: one for n, one in self.families.items() if one.home is not None}
        left_out: dict[str, object] = {"functions": {}, "made": None, "families": found}
        plain = replace(self.table, functions={})  # a caller's may be of any kind
        return {**{name: vars(self)[name] for name in kept}, **left_out, "table": plain}

    @cached_property
    def responses(self) -> Mapping[str, Rows]:
        """The rows as the program needs them, of each response by its variable."""
        from ..rows.engine import Rows

        return {rows.name: rows for rows in Rows.each(self.compiled)}

    @property
    def together(self) -> tuple[Rows, ...]:
        """Rows whose log densities add up to that of all responses."""
        from ..rows.engine import Rows

        if self.compiled.lowered.coupling is None:
            return tuple(self.responses.values())
        return Rows.given(self.compiled)

    @property
    def name(self) -> str:
        """The variable of what is about all responses: that of the only one."""
        if len(self.responses) == 1:
            return self.rows.name
        wanted = "joint"
        while wanted in self.responses:
            wanted += "_"
        return wanted

    def rows_of(self, response: object) -> Rows:
        """Return the rows of a response; of None, of the only one.

        Raises
        ------
        ValueError
            If there is no such response, or None is given and there are several.
        """
        from ..rows.responses import chosen

        return self.responses[chosen(response, self.compiled.variables)]

    @property
    def rows(self) -> Rows:
        """The rows of the only response, or of the first of several."""
        return next(iter(self.responses.values()))
