"""Thresholds of steps laid out around a middle: least squares of independent ones."""

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


def compiled(left: str, family: str, layout: str, counts: list[int]) -> Compiled:
    answers = [np.arange(3 * (top + 1)) % (top + 1) for top in counts]
    frame = pd.DataFrame({"r": np.concatenate(answers)})
    frame["item"] = np.repeat(["a", "b", "c"][: len(counts)], [len(a) for a in answers])
    text = f"{left} ~ 1, family={family}, threshold={layout}"
    found = compile_spec(Request(Source(text), table_from_frame(frame)))
    assert not [one for one in found.diagnostics if one.severity.name == "ERROR"]
    return found


def drawn(rng: np.random.Generator, one: Parameter, size: int) -> np.ndarray:
    given = dict(one.prior.arguments)
    mu, sigma = given["mu"], given["sigma"]
    assert one.prior.distribution == "normal"
    assert isinstance(mu, Const) and isinstance(sigma, Const)
    return rng.normal(mu.value, sigma.value, (DRAWS, size))


def projection(layout: str, count: int) -> np.ndarray:
    """Return the matrix of what least squares has of distances from the middle."""
    places = np.arange(count) - 0.5 * (count - 1)
    if layout == "equidistant":
        return np.outer(places, places) / ((places @ places) or 1.0)
    return 0.5 * (np.eye(count) - np.eye(count)[::-1])


@pytest.mark.parametrize("layout", ["equidistant", "symmetric"])
@pytest.mark.parametrize("family", ["sratio", "cratio, link=cloglog", "acat"])
@pytest.mark.parametrize(
    ("left", "counts"),
    [*(("r", [top]) for top in (1, 2, 3, 4, 7)), ("r | thres(gr=item)", [4, 1, 3])],
)
def test_thresholds_are_independent_ones_by_least_squares(
    left: str, counts: list[int], family: str, layout: str
) -> None:
    rng = np.random.default_rng(1)
    (flexible,) = compiled(left, family, "flexible", counts).program.parameters
    found = compiled(left, family, layout, counts)
    sizes = {
        one.name: int(np.prod([found.frame.lengths[axis] for axis in one.axes]))
        for one in found.program.parameters
    }

    def laid(values: dict[str, np.ndarray]) -> np.ndarray:
        shaped = {
            one.name: values[one.name].reshape([sizes[one.name]] if one.axes else [])
            for one in found.program.parameters
        }
        return np.asarray(evaluate(found.program, found.frame, shaped)[0]["threshold"])

    zeros = {name: np.zeros(size) for name, size in sizes.items()}
    ours = np.tile(laid(zeros), (DRAWS, 1))
    for one in found.program.parameters:
        size = sizes[one.name]
        units = [laid({**zeros, one.name: unit}) for unit in np.eye(size)]
        ours += drawn(rng, one, size) @ (np.stack(units) - laid(zeros))
    theirs, ends = drawn(rng, flexible, sum(counts)), np.cumsum([0, *counts])
    for first, count in zip(ends[:-1], counts, strict=True):
        own = slice(first, first + count)
        middles, sd = ours[:, own].mean(axis=1), theirs[:, first].std()
        assert middles.mean() == pytest.approx(theirs[:, own].mean(), abs=0.02 * sd)
        assert middles.std() == pytest.approx(sd, rel=0.01)
        away = ours[:, own] - middles[:, None]
        fitted = theirs[:, own] @ projection(layout, count)
        assert np.allclose(away @ projection(layout, count), away)
        assert (abs((away - fitted).mean(axis=0)) < 0.02 * sd).all()
        assert np.allclose(np.cov(away.T), np.cov(fitted.T), atol=0.02 * sd**2)
        # what is of one item says nothing of the others
        others = np.delete(ours, own, axis=1)
        both = np.corrcoef(np.column_stack([middles, others]).T)
        assert (abs(np.atleast_2d(both)[0, 1:]) < 0.02).all()
