"""A row of weight 3 is three rows: the same density, whatever the family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import coordinates, log_density
from varying.grammar.source import Source

PRIORS = """
  prior b ~ normal(0, 2)
  prior sd ~ exponential(1)
"""
FAMILIES = {
    "gaussian": (
        "y",
        "  prior Intercept ~ normal(0, 3)\n  prior sigma ~ exponential(1)",
    ),
    "lognormal": (
        "size",
        "  prior Intercept ~ normal(0, 3)\n  prior sigma ~ exponential(1)",
    ),
    "poisson": ("n", "  prior Intercept ~ normal(0, 3)"),
    "binomial": ("hits | trials(10)", "  prior Intercept ~ normal(0, 3)"),
    "ordlogit": ("grade", "  prior threshold ~ normal(0, 3)"),
}


def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = 30
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "g": rng.permutation(np.arange(rows) % 5).astype(str),
            "y": rng.normal(size=rows),
            "size": rng.lognormal(size=rows),
            "n": rng.poisson(3.0, rows),
            "hits": rng.binomial(10, 0.4, rows),
            "grade": rng.permutation(np.arange(rows) % 4),
            "w": rng.permutation(np.arange(rows) % 4),
        }
    )


def spec(family: str, weighted: bool) -> Source:
    response, priors = FAMILIES[family]
    join = " + " if " | " in response else " | "
    left = f"{response}{join}weights(w)" if weighted else response
    column = "column grade: ordered(0..3)\n" if family == "ordlogit" else ""
    return Source(
        f"{column}{left} ~ x + (1 + x | g), family={family}{PRIORS}{priors}\n"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_repeated_rows(family: str) -> None:
    frame = data()
    again = frame.loc[frame.index.repeat(frame["w"])]
    densities: list[list[float]] = []
    for weighted, rows in ((True, frame), (False, again)):
        found = compile_spec(Request(spec(family, weighted), table_from_frame(rows)))
        # as written: the means that columns are centred at are those of the rows
        program = found.lowered
        filled = fill(program, found.prepared.table)
        rng = np.random.default_rng(1)
        each = []
        for _ in range(3):
            point: dict[str, Any] = {
                one.name: rng.normal(size=one.shape) * 0.5
                for one in coordinates(program, filled)
            }
            each.append(log_density(program, filled, point))
        densities.append(each)
    assert densities[0] == pytest.approx(densities[1], rel=1e-12)


def test_the_fit_of_weights_is_that_of_repeated_rows() -> None:
    """With the effects integrated out, and the log likelihood of a row as it counts."""
    frame = data().query("w > 0")
    again = frame.loc[frame.index.repeat(frame["w"])]
    one, other = (
        varying.compile(spec("gaussian", weighted).text, rows).fit(seed=1, draws=2000)
        for weighted, rows in ((True, frame), (False, again))
    )
    for row, same in zip(one.summary(), other.summary(), strict=True):
        error = np.hypot(row.statistics.sd, same.statistics.sd) / 20
        assert abs(row.statistics.mean - same.statistics.mean) < 2 * error, row.label
    each = one.log_likelihood().mean(["chain", "draw"]).sum()
    assert float(each) == pytest.approx(
        float(other.log_likelihood().mean(["chain", "draw"]).sum()), abs=0.5
    )


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([-1.0, *[1.0] * 29], "`w` is to be numbers from 0"),
        ([0.0] * 30, "`w` is 0 in all rows"),
    ],
)
def test_impossible_weights(weights: list[float], said: str) -> None:
    with pytest.raises(varying.ModelError, match=said):
        varying.compile("y | weights(w) ~ x", data().assign(w=weights))


def test_a_prior_draw_has_no_weight() -> None:
    model = varying.compile("y | weights(w) ~ x", data())
    drawn = model.prior_predictive(draws=20, seed=1)
    assert drawn["prior_predictive"]["y"].shape == (1, 20, 30)


def test_fits_that_weigh_rows_otherwise_are_not_compared() -> None:
    fits = [
        varying.compile(text, data()).fit(seed=1, draws=200, tune=200, chains=2)
        for text in ("y ~ x", "y | weights(w) ~ x")
    ]
    with pytest.raises(varying.ModelError, match="they weigh the rows otherwise"):
        varying.compare({"one": fits[0], "other": fits[1]})
