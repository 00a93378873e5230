"""A row of weight 0 adds 0 in every backend, even if its response is impossible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret import log_density
from varying.grammar.source import Source

from .harness import compare, random_point
from .kernels import compare_kernel, variants

#: No time is as short as the shift: those of rows 0 and 1, of weight 0, are.
SPECS = {
    "alone": """
rt | weights(w) ~ x + (1 | g), family=shifted_lognormal
  prior ndt ~ uniform(0.25, 0.4)
  prior Intercept ~ normal(0, 1)
  prior sigma ~ exponential(1)
""",
    "mixed": """
rt | weights(w) ~ x, family=mixture(shifted_lognormal, shifted_lognormal)
  prior ndt1 ~ uniform(0.25, 0.4)
  prior ndt2 ~ uniform(0.25, 0.4)
""",
}


def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    rows = 24
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows).round(3),
            "g": [f"g{k % 4}" for k in range(rows)],
            "rt": (0.5 + rng.lognormal(-1.0, 0.5, rows)).round(3),
            "w": rng.permutation(np.arange(rows) % 3 + 1),
        }
    )
    frame.loc[:1, ["rt", "w"]] = 0.1, 0
    return frame


@pytest.mark.parametrize("name", SPECS)
def test_impossible_rows_of_weight_zero_add_nothing(name: str, tmp_path: Path) -> None:
    rows = data()
    model = compile_spec(Request(Source(SPECS[name]), table_from_frame(rows)))
    rng = np.random.default_rng(3)
    for _, program, frame in variants(model):
        y = program.likelihood.value
        impossible = frame[y] == 0.1
        assert impossible.any()
        possible = replace(
            frame, arrays={**frame.arrays, y: np.where(impossible, 0.7, frame[y])}
        )
        point = random_point(rng, program, frame, 0.5)
        here, there = (log_density(program, one, point) for one in (frame, possible))
        assert np.isfinite(here)
        assert here == there
    assert compare_kernel(program, frame, 4) == []
    if name == "alone":
        rows.to_csv(tmp_path / "rows.csv", index=False)
        assert compare(model, tmp_path / "rows.csv", 5, False) == []
