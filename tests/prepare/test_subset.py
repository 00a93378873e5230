"""``y | subset(keep)`` has the rows that ``where`` would leave that model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source


def data() -> pd.DataFrame:
    """Twenty rows; what is not kept has no response, and may have no predictor."""
    rng = np.random.default_rng(3)
    keep = np.arange(20) % 3 != 0
    y = np.where(keep, rng.normal(size=20), np.nan)
    y[1] = np.nan
    return pd.DataFrame(
        {
            "y": y,
            "z": rng.normal(size=20),
            "x": rng.normal(size=20),
            "g": np.repeat(["a", "b", "c", "d"], 5),
            "keep": keep,
            "one": keep.astype(int),
            "gap": np.where(keep, 1.0, np.nan),
        }
    )


def compiled(text: str, model: str | None = None) -> Compiled:
    """Compile a spec against the data."""
    table = table_from_frame(data())
    return compile_spec(Request(Source(text), table, model=model))


@pytest.mark.parametrize(
    ("subset", "where"),
    [
        ("y | subset(keep) ~ scale(x)", "where keep\ny ~ scale(x)"),
        ("y | subset(one) ~ x + (1 | g)", "where one == 1\ny ~ x + (1 | g)"),
        ('where x > 0\ny | subset(g != "a") ~ x', 'where x > 0 & g != "a"\ny ~ x'),
        ("mvbind(y, z) | subset(keep) ~ x", "where keep\nmvbind(y, z) ~ x"),
        (
            "y | subset(keep) + weights(2) ~ x\n  z | subset(keep) ~ x",
            "where keep\ny | weights(2) ~ x\n  z ~ x",
        ),
    ],
)
def test_rows_and_what_is_learned_of_them(subset: str, where: str) -> None:
    found, expected = compiled(subset), compiled(where)
    assert found.prepared.rows.tolist() == expected.prepared.rows.tolist()
    assert found.program.parameters == expected.program.parameters
    assert found.frame.arrays.keys() == expected.frame.arrays.keys()
    for name, values in found.frame.arrays.items():
        np.testing.assert_array_equal(values, expected.frame[name])


def test_it_is_of_its_model_alone() -> None:
    text = "model a: y | subset(keep) ~ x\nmodel b: z ~ x\nmodel c: z ~ 1"
    assert len(compiled(text, "a").prepared.rows) == 12
    assert len(compiled(text, "b").prepared.rows) == 20
    reasons = [gone.reason for gone in compiled(text, "a").prepared.dropped]
    assert reasons.count("`subset` is false") == 7
    assert reasons.count("`y` is missing") == 1


@pytest.mark.parametrize(
    ("left", "rule", "message"),
    [
        ("subset(gap)", "invalid-response-term", "`gap` has no value in 7 rows"),
        ("subset(x)", "invalid-response-term", "`x` is neither 0 nor 1 in 20 rows"),
        ("subset(g)", "wrong-type", "`g` is a factor"),
        ("subset()", "invalid-argument", "takes one argument: a condition"),
        ("subset(keep, one)", "invalid-argument", "takes one argument: a condition"),
        ("subset(scale(x) > 0)", "learned-in-where", "the rows that `subset` leaves"),
        ("subset(x > 99)", "empty-data", "`subset` leaves no row"),
        ("subset(keep) + subset(one)", "invalid-response-term", "is given twice"),
        ("resp_subset(keep)", "invalid-response-term", "is written `subset`"),
        ("subse(keep)", "invalid-response-term", "there is no term `subse`"),
    ],
)
def test_what_chooses_no_rows(left: str, rule: str, message: str) -> None:
    with pytest.raises(ModelError) as found:
        compiled(f"y | {left} ~ x")
    faults = [d for d in found.value.diagnostics if d.rule == rule]
    assert any(message in fault.message for fault in faults), faults
