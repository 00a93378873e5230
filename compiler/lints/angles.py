"""The lint of angles that are opposite to where angles are measured from."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from varying.grammar.printer import name_text

from ..families.continuous.von_mises import resultant
from .subject import Finding, LintedModel

#: From this mean direction on: three quarters of the way to the opposite of 0.
_FAR = 0.75 * math.pi
#: Rows times the square of the mean resultant length, beyond which a mean direction is
#: there: of angles without one that is so in one of 1,000 (Rayleigh's test).
_THERE = math.log(1000.0)


def opposite(subject: LintedModel) -> Iterator[Finding]:
    """Find angles whose mean is near pi, where their link has its ends."""
    response, angles = subject.bound.response, subject.response
    if subject.bound.link.name != "tan_half" or not len(angles):
        return
    counts = subject.table.counts
    times = np.ones(len(angles)) if counts is None else counts.astype(float)
    direction, length = resultant(angles, times)
    if abs(direction) < _FAR or times.sum() * length * length < _THERE:
        return
    notes = [
        "`eta` is the tangent of half the mean, which jumps from one end to the other "
        "there: means on both sides are as far from each other as can be, and chains "
        "seldom go from one to the other",
    ]
    if response.expression is None:
        name = name_text(response.column)
        notes.append(
            "measured from the opposite direction they are around 0: `let turned = "
            f"ifelse({name} > 0, {name} - {math.pi}, {name} + {math.pi})`"
        )
    yield Finding(
        response.span,
        f"the angles `{response.name}` are around {direction:.3g}, opposite to 0",
        tuple(notes),
    )
