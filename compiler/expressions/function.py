"""What a function of the language is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from varying.grammar.diagnostics import Sink
    from varying.grammar.tree import Call

FunctionRole = Literal["elementwise", "rows", "learned", "coding", "algebra", "term"]
Setting = Literal[
    "number", "integer", "whole", "flag", "numbers", "levels", "by", "name"
]


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes
    ----------
    name
        As it is called.
    parameters
        Names of its arguments in order; they may be given by keyword.
    required
        How many of them must be given.
    compute
        Row-wise numpy function of the arguments, for elementwise ones.
    role
        ``elementwise``: row by row, without state. ``rows``: from the rows as they
        were read, before ``where``. ``learned``: takes numbers from the rows of the
        fit. ``coding``: makes a factor. ``algebra``: has a meaning among the terms
        only. ``term``: a special term.
    settings
        Parameters that are no values of rows, and what they take: a plain number or
        whole number, TRUE or FALSE, numbers in a list (or one), names of levels,
        columns to group by, a name of one's own.
    keyword
        How many parameters may be given by position; None: all.
    matrix
        Whether it gives several columns, and so must be a variable by itself.
    domain, summary, prediction
        For the reference: arguments it takes, what it gives, what it does with rows
        that it has not learned from.
    ready
        Whether this version compiles it.
    refuse
        Reports what a call has that is not compiled; whether it has some.
    """

    name: str
    parameters: tuple[str, ...]
    required: int
    role: FunctionRole = "elementwise"
    compute: Callable[..., Any] | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    keyword: int | None = None
    matrix: bool = False
    domain: str = "any number"
    summary: str = ""
    prediction: str = "row by row"
    ready: bool = True
    refuse: Callable[[Call, Sink], bool] | None = None

    @property
    def stateful(self) -> bool:
        """Whether a value depends on other rows than its own."""
        return self.role in ("learned", "rows")
