"""Thresholds of steps that are the same on both sides of their middle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.ir import Parameter, Program
from varying.grammar.source import Source


def normal_of(program: Program, name: str) -> tuple[np.ndarray, np.ndarray]:
    found: dict[str, Parameter] = {one.name: one for one in program.parameters}
    given = dict(found[name].prior.arguments)
    mu, sigma = given["mu"], given["sigma"]
    assert isinstance(mu, Const) and isinstance(sigma, Const)
    return np.asarray(mu.value), np.asarray(sigma.value)


@pytest.mark.parametrize("family", ["sratio", "cratio, link=cloglog", "acat"])
@pytest.mark.parametrize("top", [1, 2, 3, 4, 7])
def test_symmetric_thresholds_are_independent_ones_by_least_squares(
    family: str, top: int
) -> None:
    frame = pd.DataFrame({"r": np.arange(3 * (top + 1)) % (top + 1)})

    def compiled(layout: str) -> Compiled:
        text = f"r ~ 1, family={family}, threshold={layout}"
        return compile_spec(Request(Source(text), table_from_frame(frame)))

    rng, half = np.random.default_rng(top), top // 2
    plain, found = compiled("flexible").program, compiled("symmetric")
    mu, sd = (np.broadcast_to(x, top) for x in normal_of(plain, "threshold"))
    center, center_sd = normal_of(found.program, "threshold_center")
    assert center == pytest.approx(mu.mean()) and center_sd == pytest.approx(sd[0])
    point = {"threshold_center": np.asarray(rng.normal())}
    if half:
        # what half of the difference of two independent thresholds has
        side, side_sd = normal_of(found.program, "threshold_half")
        assert side == pytest.approx(0.5 * (mu[::-1] - mu)[:half])
        assert side_sd == pytest.approx(np.hypot(0.5 * sd[0], 0.5 * sd[0]))
        point["threshold_half"] = rng.normal(size=half)
    values, _ = evaluate(found.program, found.frame, point)
    threshold = np.asarray(values["threshold"])
    assert len(threshold) == top and len(point) == len(found.program.parameters)
    assert np.allclose(threshold + threshold[::-1], 2.0 * point["threshold_center"])
    if half:
        away = threshold[::-1][:half] - point["threshold_center"]
        assert np.allclose(away, point["threshold_half"])
