"""Thresholds of steps that sum to 0: independent ones less their mean, all alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.ir import Parameter
from varying.grammar.source import Source

DRAWS = 100_000


def compiled(text: str, layout: str) -> Compiled:
    # six answers to one item and three to the other
    frame = pd.DataFrame({"r": [0, 1, 2, 3, 4, 5, 0, 1, 2] * 2})
    frame["item"] = np.repeat(["a", "a", "b"], 3).tolist() * 2
    frame["x"] = np.arange(18.0)
    found = compile_spec(
        Request(Source(f"{text}, threshold={layout}"), table_from_frame(frame))
    )
    assert not [one for one in found.diagnostics if one.severity.name == "ERROR"]
    return found


def drawn(rng: np.random.Generator, parameter: Parameter, count: int) -> np.ndarray:
    given = dict(parameter.prior.arguments)
    assert parameter.prior.distribution == "normal"
    mu, sigma = given["mu"], given["sigma"]
    assert isinstance(mu, Const) and isinstance(sigma, Const)
    return rng.normal(mu.value, sigma.value, (DRAWS, count))


@pytest.mark.parametrize("family", ["sratio", "cratio, link=cloglog", "acat"])
@pytest.mark.parametrize(
    ("left", "counts"), [("r", [5]), ("r | thres(gr=item)", [5, 2])]
)
def test_thresholds_are_independent_ones_less_their_mean(
    family: str, left: str, counts: list[int]
) -> None:
    rng, text = np.random.default_rng(1), f"{left} ~ 1, family={family}"
    (flexible,) = compiled(text, "flexible").program.parameters
    found = compiled(text, "sum_to_zero")
    (free,) = found.program.parameters
    count = sum(counts) - len(counts)

    def laid(values: np.ndarray) -> np.ndarray:
        at, _ = evaluate(found.program, found.frame, {free.name: values})
        return np.asarray(at["threshold"])

    zero = laid(np.zeros(count))
    basis = np.stack([laid(one) - zero for one in np.eye(count)])
    ours = zero + drawn(rng, free, count) @ basis
    theirs = drawn(rng, flexible, sum(counts))
    ends = np.cumsum([0, *counts])
    for first, last in zip(ends, ends[1:], strict=False):
        own = slice(first, last)
        theirs[:, own] -= theirs[:, own].mean(axis=1, keepdims=True)
        assert np.allclose(ours[:, own].sum(axis=1), 0.0)
        sds = ours[:, own].std(axis=0)
        assert np.allclose(sds, sds.mean(), rtol=0.01)
    sd = theirs.std(axis=0)
    assert np.allclose(ours.std(axis=0), sd, rtol=0.01)
    assert (abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 0.02 * sd).all()
    assert np.allclose(np.corrcoef(ours.T), np.corrcoef(theirs.T), atol=0.015)


def test_two_categories_have_no_free_threshold() -> None:
    frame = pd.DataFrame({"r": [0, 1] * 4, "x": np.arange(8.0)})
    text = "r ~ x, family=acat, threshold=sum_to_zero"
    found = compile_spec(Request(Source(text), table_from_frame(frame)))
    assert [one.name for one in found.program.parameters] == ["b"]
    values, _ = evaluate(found.program, found.frame, {"b": np.ones(1)})
    assert np.asarray(values["threshold"]).tolist() == [0.0]
    (row,) = [one for one in found.priors if one.target == "threshold"]
    assert row.prior == "0"
