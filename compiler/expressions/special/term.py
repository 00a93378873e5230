"""What a special term is: ``mo(x)``, a column of a design that holds parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Argument

from ...data.schema import ColumnInfo
from ..function import Function

if TYPE_CHECKING:
    from .monotonic import Monotonic


@dataclass(frozen=True, slots=True)
class SpecialTerm:
    """One special term of the language, as far as text and columns go.

    What it is in a program is said in ``lower/special/``, in a file of the same name.

    Attributes
    ----------
    function
        How it is called: its arguments and their kinds. The first is a column.
    read
        Returns the term for a column of the data, or None after a fault. It is given
        the canonical spelling, the first argument, what is known of the column, the
        other arguments and the sink.
    """

    function: Function
    read: Callable[
        [str, Argument, ColumnInfo, Mapping[str, Any], Sink], Monotonic | None
    ]

    @property
    def name(self) -> str:
        """As it is called."""
        return self.function.name
