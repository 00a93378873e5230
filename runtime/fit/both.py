"""Times with their answers in one response, beside both as two responses.

``rt | dec(answer)`` has the density of a time and its answer together. So has a model
of two responses, ``rt`` and ``answer``, where the second is binary: their elpds are of
the same thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..rows.answers import answer_columns

if TYPE_CHECKING:
    from .fit import Fit

__all__ = ["are_both", "both_unlike"]

Array = NDArray[Any]


def _single(fit: Fit) -> dict[str, Array] | None:
    """Return times and answers by column, of a fit that has them in one response."""
    compiled = fit._origin.compiled
    if len(compiled.responses) > 1 or fit._origin.rows.family.answers is None:
        return None
    rows, response = fit._origin.rows, compiled.bound.response
    answer = answer_columns(compiled.lowered, rows.program.likelihood)
    if response.expression is not None or len(answer) != 1:
        return None
    times = np.asarray(rows.frame[rows.program.likelihood.value])
    return {response.column: times, next(iter(answer)): rows.known("dec")}


def _two(fit: Fit) -> dict[str, Array] | None:
    """Return the same of a fit that has two responses, of which one is binary."""
    compiled = fit._origin.compiled
    found: dict[str, Array] = {}
    kinds = set()
    for one, rows in zip(compiled.each, fit._origin.responses.values(), strict=True):
        if one.bound.response.expression is not None or rows.family.known:
            return None
        kinds.add(rows.family.response)
        found[one.bound.response.column] = np.asarray(
            rows.frame[rows.program.likelihood.value], dtype=float
        )
    return found if kinds == {"continuous", "binary"} and len(found) == 2 else None


def are_both(one: Fit, other: Fit) -> bool:
    """Whether one has in one response what the other has in two."""
    first, second = _single(one), _two(other)
    if first is None:
        first, second = _single(other), _two(one)
    return first is not None and second is not None and first.keys() == second.keys()


def both_unlike(one: Fit, other: Fit) -> tuple[str, ...] | None:
    """Return why two such fits cannot be compared; None: they can."""
    first, second = (_single(fit) or _two(fit) for fit in (one, other))
    assert first is not None and second is not None  # see `are_both`
    left, right = (next(iter(f._origin.responses.values())) for f in (one, other))
    if not np.array_equal(left.labels, right.labels):
        return (
            f"they are about different rows ({len(left.labels):,} and "
            f"{len(right.labels):,} rows)",
            "a column that only one model uses may have missing values: fit both on "
            "the same rows, in one file, without `rows=own`",
        )
    if left.counts is not None or right.counts is not None:
        return ("rows are cells of equal rows", "compile both with `reduce=False`")
    weighted = [
        rows.program.likelihood.weight is not None
        for fit in (one, other)
        for rows in fit._origin.responses.values()
    ]
    if any(weighted):
        return ("they weigh the rows", "leave `weights(...)` out of both")
    for name, values in first.items():
        # the second category of a binary response may be the lower answer
        alike = [values, 1.0 - values] if set(np.unique(values)) <= {0, 1} else [values]
        if not any(np.allclose(v, second[name], rtol=1e-12, atol=0.0) for v in alike):
            return (
                f"the response `{name}` has other values in the same rows",
                "are the data files the same?",
            )
    return None
