"""Counts of ``t`` units: the sum of ``t`` counts of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import evaluate
from varying.grammar.source import Source

DATA = pd.DataFrame(
    {"k": [0, 3, 1, 7, 2, 5], "t": [1.0, 2.0, 3.0, 4.0, 0.5, 2.5], "x": range(6)}
)


def test_geometric_counts_of_several_units_are_their_sum() -> None:
    spec = Source("k | rate(t) ~ x, family=geometric")
    model = compile_spec(Request(spec, table_from_frame(DATA)))
    point = {"Intercept_centered": np.asarray(0.4), "b": np.array([0.2])}
    values, density = evaluate(model.program, model.frame, point)
    mu = np.exp(values["Intercept"] + 0.2 * DATA["x"])
    # t waits for a success, each of a chance of 1 / (1 + mu)
    wanted = stats.nbinom(DATA["t"], 1.0 / (1.0 + mu)).logpmf(DATA["k"]).sum()
    for one in model.program.parameters:
        given = [
            value.value for _, value in one.prior.arguments if type(value) is Const
        ]
        wanted += stats.norm(*given).logpdf(point[one.name]).sum()
    assert density == pytest.approx(wanted, rel=1e-12)
