"""Times of a design: ``family=cox`` has no event after its last knot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from varying.grammar.tree import Call
from varying.grammar.walk import left_of_bar, postorder

from .answers import Companion, column_beside
from .faults import undrawable
from .marks import Marks, beside_response

if TYPE_CHECKING:
    from varying.compiler.data.table import Column
    from varying.compiler.prepare.responses import Written
    from varying.grammar.source import Source
    from varying.grammar.tree import Spec

__all__ = ["Times", "times_of"]

_ENDED = Companion(
    term="cens",
    example="cens(late)",
    drawn="who has no event by the last knot is drawn together with the times, into a "
    "column",
    what="who has no event",
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
        None: the spec says that, by the times themselves.
    """

    knots: tuple[float, ...]
    ended: str | None

    def ended_at(self, times: NDArray[Any]) -> list[Column]:
        """Return who has no event, of drawn times; nothing where the spec says it."""
        from varying.compiler.data.table import Column, Kind

        if self.ended is None:
            return []
        late = (times >= self.knots[-1]) * 1.0
        return [Column(self.ended, Kind.INTEGER, late)]


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
        raise undrawable(
            source,
            left_of_bar(response).span,
            f"nothing says between which knots the baseline hazard of `{one.text}` is",
            "the design has no times to take them from: say all, as in "
            f"`{one.text} | cens(late) + bhaz(knots=[3, 8], boundary=[0, 24])`; or "
            "draw times with `family=weibull` or `family=exponential`",
        )
    said = dict(beside_response(response, source)).get(_ENDED.term, {}).get("censored")
    if said is not None and Marks.of(one.text, said, spec).follow:
        return Times(knots, None)
    for node in postorder(response):
        if isinstance(node, Call) and node.function.text == _ENDED.term:
            return Times(knots, column_beside(node, _ENDED, written, spec, source))
    raise undrawable(
        source,
        left_of_bar(response).span,
        f"nothing says who has no event by the last knot, {knots[-1]:g}, which is then "
        "the time that is drawn",
        f"name a column for it, which will be 0 and 1: `{one.text} | {_ENDED.example}`",
    )
