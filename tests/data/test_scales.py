"""Levels whose order is known from what they say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.scales import scale_order
from varying.compiler.driver import Request, check
from varying.grammar.source import Source


@pytest.mark.parametrize(
    "order",
    [
        ("Jan", "Feb", "Mar", "Apr"),
        ("low", "medium", "high"),
        ("I", "II", "IV", "V", "IX"),
        ("stimme nicht zu", "teils/teils", "stimme zu"),
        ("nie", "selten", "oft", "immer"),
        ("S", "M", "L", "XL"),
    ],
)
def test_the_order_that_is_offered_is_that_of_the_words(order: Sequence[str]) -> None:
    assert scale_order(sorted(order)) == tuple(order)
    frame = {"y": [*order] * 4, "x": list(range(4 * len(order)))}
    found = check(Request(Source("y ~ x, family=ordlogit"), table_from_frame(frame)))
    (said,) = [d for d in found if d.rule == "guessed-order"]
    assert said.fix is not None
    places = [said.fix.edits[0].text.index(level) for level in order[1:]]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "levels", [("bad", "best", "worst"), ("low", "red"), ("May", "may"), ("aa", "bb")]
)
def test_no_order_is_offered_where_none_is_known(levels: Sequence[str]) -> None:
    assert scale_order(levels) is None
    frame = {"y": [*levels] * 6, "x": list(range(6 * len(levels)))}
    found = check(Request(Source("y ~ x, family=ordlogit"), table_from_frame(frame)))
    (said,) = [d for d in found if d.rule == "guessed-order"]
    assert said.fix is None and "from low to high" in " ".join(said.notes)
