"""Beside the mean direction of a model stands that of the angles, on the circle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import circmean

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.cells import cell_lines

#: Around pi: of numbers, the means are near 0.
ANGLES = np.array([3.0, -2.9, 2.7, -3.1, 2.2, -2.5, 3.1, 2.9])
WEIGHTS = np.array([1, 2, 1, 1, 3, 1, 1, 2])


@pytest.mark.parametrize("left", ["y", "y | weights(w)"])
def test_the_mean_of_angles_beside_a_mean(left: str) -> None:
    frame = pd.DataFrame({"y": ANGLES, "w": WEIGHTS, "f": ["a", "b"] * 4})
    spec = f"{left} ~ f, family=von_mises\nmeans f, scale=response\n"
    found = compile_spec(Request(Source(spec), table_from_frame(frame)))
    draws = {"Intercept": np.zeros((1, 2)), "b": np.zeros((1, 2, 1))}
    draws["kappa"] = np.ones((1, 2))
    lines = cell_lines(found.joint.questions.cells[0], found, draws)
    times = WEIGHTS if "weights" in left else np.ones_like(WEIGHTS)
    for line, start in zip(lines, (0, 1), strict=True):
        angles = np.repeat(ANGLES[start::2], times[start::2])
        assert line.observed == pytest.approx(circmean(angles, np.pi, -np.pi))
