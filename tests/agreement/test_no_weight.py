"""A row of weight 0 adds 0 in every backend, even if its response is impossible."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret import log_density
from varying.compiler.sampled import Sampled
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


#: A left side and its family, and what no row can have in its columns.
IMPOSSIBLE: dict[tuple[str, str], dict[str, float]] = {
    **{
        ("amount | weights(w)", family): {"amount": -5.0}
        for family in (
            *("gamma", "lognormal", "weibull", "exponential", "inverse_gaussian"),
            *("hurdle_gamma", "shifted_lognormal", "mixture(gamma, lognormal)", "cox"),
        )
    },
    **{
        ("share | weights(w)", family): {"share": 1.5}
        for family in ("beta", "ordered_beta", "kumaraswamy")
    },
    **{
        ("count | weights(w)", family): {"count": -1.0}
        for family in ("poisson", "zero_inflated_poisson", "com_poisson")
    },
    ("log(amount) | weights(w)", "gaussian"): {"amount": -5.0},
    ("amount | weights(w)", "student"): {"amount": 1e200},
    ("amount | trunc(lb=0.001) + weights(w)", "gamma"): {"amount": -5.0},
    ("amount | cens(late) + weights(w)", "weibull"): {"amount": -5.0},
    ("count | trials(20) + weights(w)", "binomial"): {"count": 30.0},
    ("cbind(share, rest) | weights(w)", "dirichlet"): {"share": 2.0},
}


def rows_that_count() -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), 20
    share = rng.beta(2.0, 2.0, rows)
    return pd.DataFrame(
        {
            "amount": rng.gamma(2.0, 2.0, rows) + 0.1,
            "share": share,
            "rest": 1.0 - share,
            "count": rng.poisson(3.0, rows),
            "late": np.arange(rows) % 3 // 2,
            "w": np.arange(rows) % 2 + 1.0,
        }
    )


@pytest.mark.parametrize(("left", "family"), IMPOSSIBLE)
def test_a_model_is_that_of_the_rows_that_count(left: str, family: str) -> None:
    rows = rows_that_count()
    beside = rows.head(3).assign(w=0.0, **IMPOSSIBLE[left, family])
    both = pd.concat([rows, beside], ignore_index=True)
    source = Source(f"{left} ~ 1, family={family}")
    here, there = (
        compile_spec(Request(source, table_from_frame(one))) for one in (both, rows)
    )
    assert here.diagnostics == there.diagnostics
    assert here.priors == there.priors
    assert repr(here.program.parameters) == repr(there.program.parameters)
    for seed in range(3):
        point = random_point(
            np.random.default_rng(seed), there.program, there.frame, 0.2
        )
        density = log_density(there.program, there.frame, point)
        assert np.isfinite(density)
        found = log_density(here.program, here.frame, point)
        assert found == pytest.approx(density, rel=1e-12)
    # passes of what is sampled take logarithms of all responses
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        arrays = Sampled(here).frame.arrays
    assert all(np.isfinite(one).all() for one in arrays.values())
    if family in ("gamma", "binomial"):
        assert compare_kernel(here.program, here.frame, 4) == []


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
