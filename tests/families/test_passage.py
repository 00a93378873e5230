"""Distribution functions of first-passage times against mpmath, and their slopes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from varying.compiler.distributions.density import python
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families.continuous import passage

from ..backends.kernel.compiled import scalar
from ..statistics.marginal import REFERENCES

STORED = np.array(
    json.loads((REFERENCES / "special" / "passage.json").read_text("utf-8"))
)
NAMES = ("u", "w", "drift")


@pytest.mark.parametrize("reading", ["arrays", "kernel"])
@pytest.mark.parametrize("which", ["below", "after"])
def test_both_tails_and_their_slopes_have_ten_digits(which: str, reading: str) -> None:
    place = ("below", "after").index(which)

    def tail(m: Any, u: Any, w: Any, drift: Any) -> Any:
        whole = passage.log_chance(m, w, 1.0 - w, drift)
        return passage.log_tails(m, u, whole, w, 1.0 - w, drift)[place]

    given, start = STORED[:, :3], 6 + 3 * place
    if reading == "kernel":
        found = scalar(python.kernel(which, tail, NAMES, NAMES))(given).T
    else:
        columns = [np.real(tail(ARRAYS, *given.T))]
        for number in range(3):
            moved = [*given.T]
            moved[number] = moved[number] + 1e-30j
            columns.append(np.imag(tail(ARRAYS, *moved)) / 1e-30)
        found = np.column_stack(columns)
    assert np.isfinite(found).all()
    # a log near 0 is that of nearly all, of which 15 digits are as many as there are
    np.testing.assert_allclose(found[:, 0], STORED[:, 3 + place], 1e-10, 1e-14)
    slopes = STORED[:, start : start + 3]
    np.testing.assert_allclose(found[:, 1:], slopes, rtol=1e-10, atol=1e-11)


def test_the_chance_of_an_answer_has_thirteen_digits() -> None:
    _, w, drift = STORED[:, :3].T
    found = passage.log_chance(ARRAYS, w, 1.0 - w, drift)
    np.testing.assert_allclose(found, STORED[:, 5], rtol=1e-13, atol=1e-16)
