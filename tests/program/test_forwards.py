"""Draws from the priors by NumPy, against SciPy by distribution and PyMC by model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy import stats

from varying.compiler.backends.pymc import emit
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.distributions.table import (
    DISTRIBUTIONS,
    POSITIVE,
    REAL,
    UNIT,
)
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret.forwards import GENERATORS, drawn_forwards
from varying.grammar.source import Source

from ..agreement.harness import BUILT

DRAWS = 2_000
#: Of arguments, but for those of distributions between two ends.
VALUES = {POSITIVE: 2.5, REAL: 0.4, UNIT: 0.3}
BETWEEN = {"lower": -0.5, "c": 0.2, "upper": 3.0}


def cdf_of(name: str, arguments: dict[str, float]) -> Any:
    if name == "half_student_t":
        t = stats.t(arguments["nu"], scale=arguments["sigma"])
        return lambda x: 2.0 * t.cdf(x) - 1.0
    if name == "kumaraswamy":
        power = stats.beta(1.0, arguments["b"])
        return lambda x: power.cdf(x ** arguments["a"])
    row = DISTRIBUTIONS[name]
    if name == "von_mises":
        angle = stats.vonmises(arguments["kappa"], arguments["mu"])
        return lambda x: angle.cdf(x) - angle.cdf(-np.pi)
    assert row.scipy is not None
    other, frozen = row.scipy(**arguments)
    return getattr(stats, other)(**frozen).cdf


@pytest.mark.parametrize("name", [n for n in GENERATORS if n != "dirichlet"])
def test_a_generator_is_the_distribution(name: str) -> None:
    arguments = {
        one.name: BETWEEN.get(one.name, VALUES[one.domain])
        for one in DISTRIBUTIONS[name].arguments
    }
    drawn = GENERATORS[name](np.random.default_rng(1), (DRAWS, 2), **arguments)
    assert drawn.shape == (DRAWS, 2)
    assert stats.kstest(drawn.ravel(), cdf_of(name, arguments)).pvalue > 1e-3
    assert abs(np.corrcoef(stats.rankdata(drawn, axis=0).T)[0, 1]) < 0.1


def test_a_simplex_is_drawn() -> None:
    drawn = GENERATORS["dirichlet"](np.random.default_rng(1), (DRAWS, 3), alpha=2.0)
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)
    assert stats.kstest(drawn[:, 1], stats.beta(2, 4).cdf).pvalue > 1e-3


def test_every_proper_distribution_is_drawn() -> None:
    assert {n for n, row in DISTRIBUTIONS.items() if row.proper} == {*GENERATORS}


def compiled(text: str) -> Compiled:
    rng = np.random.default_rng(2)
    rows = 48
    data = pd.DataFrame(
        {
            "y": rng.normal(2.0, 1.0, rows),
            "x": rng.normal(4.0, 2.0, rows),
            "g": [f"g{i % 6}" for i in range(rows)],
            "h": ["a" if i % 6 < 3 else "b" for i in range(rows)],
            "k": np.arange(rows) % 4,
        }
    )
    return compile_spec(Request(Source(text), table_from_frame(data)))


@pytest.mark.parametrize(
    "text",
    [
        "y ~ x + (1 + x | g)\n  prior sd[g] ~ gamma(2, 3)",
        "column k: ordered(0..3)\nk ~ x + (1 + h || g), family=ordlogit",
        "column k: ordered(0..3)\nk ~ x, family=ordlogit\n"
        "  prior threshold ~ normal(0, 3)",
        "y ~ x + mo(k) + (1 + x | gr(g, by=h))\n  sigma ~ x",
    ],
)
def test_draws_are_those_of_the_graph(text: str) -> None:
    """Two samples of the first and the last number of all that is reported."""
    model = compiled(text)
    program = model.program
    graph = emit(program, model.frame)
    names = [p.name for p in program.parameters]
    names += [d.name for d in program.derived if d.report]
    for group in program.groups:
        if group.correlations:
            names += [group.correlation_matrix, group.reported_sd]
    names = list(dict.fromkeys(names))
    theirs = pm.draw([graph[n] for n in names], draws=DRAWS, random_seed=5, mode=BUILT)
    ours = drawn_forwards(program, model.frame, DRAWS, 6, names)
    assert ours is not None
    for name, graphs in zip(names, theirs, strict=True):
        axes, mine = ours[name]
        assert np.shape(graphs) == mine.shape, name
        assert axes == tuple(graph.named_vars_to_dims.get(name, ())), name
        size = max(1, mine[0].size)
        # the last but one of a matrix: its last is on the diagonal
        for place in (0, size - 1, max(0, size - 2)):
            pair = [
                np.reshape(x, (DRAWS, -1))[:, place].round(9) for x in (graphs, mine)
            ]
            assert stats.ks_2samp(*pair).pvalue > 1e-4, (name, place)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("y ~ x\n  prior sigma ~ uniform(1, 3, ub=2)", "sigma"),
        ("y ~ x + (1 | g)", "r_g"),
    ],
)
def test_what_is_not_drawn_here(text: str, name: str) -> None:
    model = compiled(text)
    assert drawn_forwards(model.program, model.frame, 10, 1, [name]) is None
