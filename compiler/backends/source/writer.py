"""What one script needs to know while it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from varying.grammar import tree

from ...data.table import Column, Table
from ...distributions.density.links import LINKING
from ...families import FAMILIES
from ...formula.columns import Part
from ...prepare.derive import Computation
from ...prepare.subset import Choice
from ...program.expressions import Apply, ProgramExpr, Symbol
from ...program.ir import Program
from . import definitions
from .text import identifier, program_expression

#: Indentation of the statements of `build`, and of those that make the model.
BODY = 4
MODEL = 8


@dataclass(slots=True)
class Writer:
    """What one script needs to know while it is written.

    ``computations`` are the columns that are computed, the first ``early`` of them
    before ``choices``, the conditions that rows are chosen by.
    """

    program: Program
    spec: tree.Spec
    table: Table
    used: tuple[str, ...]
    computations: tuple[Computation, ...] = ()
    early: int = 0
    choices: tuple[Choice, ...] = ()
    helpers: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[Part, str] = field(default_factory=dict)
    levels: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns of the data, and those of ``let``."""
        return self.table.columns

    def name(self, wanted: str) -> str:
        """Return the Python name of a name of the program, unique in it.

        What is no name of the program has a suffix: ``x of data``.
        """
        if wanted not in self.names:
            text = identifier(
                re.sub("( #[0-9]+)? of (data|levels|likelihood)$", "", wanted)
            )
            while text in self.names.values() or text in RESERVED:
                text += "_"
            self.names[wanted] = text
        return self.names[wanted]

    def expression(self, expr: ProgramExpr) -> str:
        """Return an expression of the program; `spread` is told the count."""
        match expr:
            case Apply("spread", (center, Symbol(name) as gap)):
                # gaps are an axis of their own name, which may begin with a response
                count = len(self.program.axis(name).labels or ()) + 1
                texts = (self.expression(center), self.expression(gap))
                return f"spread({texts[0]}, {texts[1]}, {count})"
        return program_expression(expr, 0, self.name)


#: What a script uses itself: no variable of it may have such a name.
RESERVED = {
    *(
        "np",
        "pd",
        "pm",
        "pt",
        "az",
        "sys",
        "names",
        "data",
        "path",
        "coords",
        "model",
        "fit",
    ),
    *("build", "read", "categories", "draw", "logp", "rv_size_is_none"),
    *("str", "len", "range", "float", "print"),
    *("lkj_cholesky", "sorted_draws", *definitions.OPERATIONS, *LINKING, "log_ndtr"),
    *definitions.DATA,
    *(
        name
        for family in FAMILIES.values()
        for source in (family.source, *(text for _, text in family.source.when))
        for name in re.findall(r"^def (\w+)", source.definitions, re.MULTILINE)
    ),
}
