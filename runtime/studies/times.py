"""Times of a design: ``family=cox`` has no event after its last knot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.tree import Call
from varying.grammar.walk import left_of_bar, postorder

from .answers import Companion, column_beside

if TYPE_CHECKING:
    from varying.compiler.data.table import Column
    from varying.compiler.prepare.responses import Written
    from varying.grammar.source import Source
    from varying.grammar.tree import Expr, Spec

__all__ = ["Times", "times_of"]

_ENDED = Companion(
    "cens",
    "who has no event by the last knot is drawn together with the times, into a column",
    "cens(late)",
    "who has no event",
)


@dataclass(frozen=True, slots=True)
class Times:
    """Between which knots times are drawn.

    Attributes
    ----------
    knots
        All of them, as the spec says.
    ended
        The column that says who has no event by the last one, and has it as the time.
    """

    knots: tuple[float, ...]
    ended: str

    def stand_ins(self, place: Column) -> list[Column]:
        """Return times in place of numbers from 0 to 1, and that all have events."""
        low, high = self.knots[0], self.knots[-1]
        times = replace(place, values=low + (high - low) * place.values)
        return [times, self.ended_at(times.values)]

    def ended_at(self, times: NDArray[Any]) -> Column:
        """Return who has no event, of drawn times."""
        from varying.compiler.data.table import Column, Kind

        return Column(self.ended, Kind.INTEGER, (times >= self.knots[-1]) * 1.0)


def times_of(
    one: Written, written: Sequence[Written], spec: Spec, source: Source
) -> Times:
    """Return between which knots the times of a response are drawn.

    Raises
    ------
    ModelError
        If the spec does not say all of them, or no column for who has no event.
    """
    from varying.compiler.bind.baseline import stated_knots

    response = one.formula.response
    knots = stated_knots(response, source)
    if knots is None:
        raise _fault(
            source,
            left_of_bar(response),
            f"nothing says between which knots the baseline hazard of `{one.text}` is",
            "the design has no times to take them from: say all, as in "
            f"`{one.text} | cens(late) + bhaz(knots=[3, 8], boundary=[0, 24])`; or "
            "draw times with `family=weibull` or `family=exponential`",
        )
    for node in postorder(response):
        if isinstance(node, Call) and node.function.text == _ENDED.term:
            return Times(knots, column_beside(node, _ENDED, written, spec, source))
    raise _fault(
        source,
        left_of_bar(response),
        f"nothing says who has no event by the last knot, {knots[-1]:g}, which is then "
        "the time that is drawn",
        f"name a column for it, which will be 0 and 1: `{one.text} | {_ENDED.example}`",
    )


def _fault(source: Source, node: Expr, message: str, *notes: str) -> ModelError:
    return ModelError([Diagnostic("needs-truth", message, source, node.span, notes)])
