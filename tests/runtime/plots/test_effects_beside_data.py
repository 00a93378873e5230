"""What stands behind means of cells: the rows that the mean is of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import varying

SHORT: dict[str, Any] = {"draws": 20, "tune": 60, "chains": 2, "seed": 1}


def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rt = 0.3 + rng.gamma(2.0, 0.2, 40)
    return pd.DataFrame(
        {
            "rt": rt.round(4),
            "right": rng.integers(0, 2, 40),
            "part": np.where(rng.random(40) < 0.4, 0.0, rt.round(4)),
            "f": ["a", "b"] * 20,
        }
    )


def heights(axes: Any) -> list[float]:
    """Return the heights of the points of the data, in order."""
    points = [line for line in axes.lines if line.get_markersize() == 1.6]
    return sorted(float(y) for line in points for y in line.get_ydata())


def test_a_mean_of_the_upper_answer_stands_before_its_times() -> None:
    frame = data()
    spec = "rt | dec(right) ~ f, family=wiener"
    fit = varying.compile(spec, frame).fit(**SHORT, progress=False)
    (axes,) = fit.plot("effects").axes
    assert axes.get_ylabel() == "mean of rt, upper answer"
    assert heights(axes) == sorted(frame["rt"][frame["right"] == 1])


def test_factors_of_a_further_parameter_have_cells() -> None:
    frame = data()
    spec = "part ~ 1, family=hurdle_gamma\n  hu ~ f"
    fit = varying.compile(spec, frame).fit(**SHORT, progress=False)
    (axes,) = fit.plot("effects").axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]
    assert heights(axes) == sorted(frame["part"])
    assert len(fit.plot("cells").axes) > 1
