"""Faults about what is estimated leave the design as it is, so that it can be shown."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, design_spec
from varying.grammar.source import Source

_RNG = np.random.default_rng(1)
TABLE = table_from_frame(
    {
        "y": _RNG.normal(size=30),
        "x": _RNG.normal(size=30),
        "row": [f"r{row}" for row in range(30)],
    }
)

SPECS = (
    (
        "y ~ x\n  prior b = 1\n  prior Intercept = 0\n  prior sigma = 1",
        "nothing-to-estimate",
    ),
    ("y ~ x + (1 | row)", "group-per-row"),
)


@pytest.mark.parametrize(("spec", "rule"), SPECS)
def test_the_design_is_there(spec: str, rule: str) -> None:
    found = design_spec(Request(Source(spec), TABLE))
    assert [one.rule for one in found.diagnostics] == [rule]
    assert [column.name for column in found.bound.population.columns] == ["x"]
