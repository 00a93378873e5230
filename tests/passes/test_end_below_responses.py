"""Shifts end at the shortest response that counts, and their density stays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.passes import for_sampling
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.start import start
from varying.compiler.program.ir import Frame, Parameter, Program
from varying.grammar.source import Source

Y = np.array([0.2, 0.5, 0.8, 0.7, 1.1, 0.9, 0.4, 0.6])
DATA: dict[str, Any] = {
    "y": Y.tolist(),
    "x": np.linspace(-1.0, 1.0, len(Y)).tolist(),
    "w": [0, 1, 1, 1, 1, 1, 2, 1],
    "c": ["left", *["none"] * 7],
    "up": [0, 1] * 4,
}
PRIOR = "\n  prior ndt ~ lognormal(-1, 0.3)"


def sampled(spec: str) -> tuple[Program, Frame]:
    compiled = compile_spec(Request(Source(spec), table_from_frame(DATA)))
    return for_sampling(compiled.program, compiled.frame)


def shift(program: Program, name: str = "ndt") -> Parameter:
    return next(one for one in program.parameters if one.name == name)


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        ("y ~ x, family=shifted_lognormal" + PRIOR, 0.2),
        ("y | dec(up) ~ x, family=wiener" + PRIOR, 0.2),
        # a row without weight is not looked at
        ("y | weights(w) ~ x, family=shifted_lognormal" + PRIOR, 0.4),
        # a prior that ends before that keeps its end
        ("y ~ x, family=shifted_lognormal\n  prior ndt ~ uniform(0, 0.1)", 0.1),
        # what is at most a time is after it, what is above one need not be
        ("y | cens(c) ~ x, family=shifted_lognormal" + PRIOR, 0.2),
        ('y | cens(c == "left") ~ x, family=shifted_lognormal' + PRIOR, 0.4),
        (
            'y | cens(ifelse(c == "left", 2, 0), y + 0.1) ~ x, '
            "family=shifted_lognormal" + PRIOR,
            0.2 + 0.1,
        ),
        ("y | dec(up) + cens(y < 0.5) + trunc(ub=2) ~ x, family=wiener" + PRIOR, 0.5),
    ],
)
def test_a_shift_ends_at_the_shortest_response(spec: str, end: float) -> None:
    program, _ = sampled(spec)
    assert shift(program).bounds == (0.0, end)


def test_a_component_may_be_after_a_response() -> None:
    spec = "y ~ 1, family=mixture(gaussian, shifted_lognormal)"
    program, _ = sampled(spec + "\n  prior ndt2 ~ lognormal(-1, 0.3)")
    assert shift(program, "ndt2").bounds == (0.0, math.inf)


def test_the_density_is_that_of_the_prior_as_written() -> None:
    """Chains start where there is density, though the prior's middle is beyond."""
    spec = "y ~ 1, family=shifted_lognormal" + PRIOR
    program, frame = sampled(
        spec + "\n  prior Intercept ~ normal(0, 1)\n  prior sigma ~ exponential(1)"
    )
    middle = {name: np.reshape(x, ()) for name, x in start(program, frame).items()}
    for at in (middle, {name: x + 0.3 for name, x in middle.items()}):
        values, density = evaluate(program, frame, at)
        mu, sigma, ndt = (float(values[k]) for k in ("Intercept", "sigma", "ndt"))
        assert 0.0 < ndt < 0.2
        expected = (
            stats.lognorm(sigma, ndt, math.exp(mu)).logpdf(Y).sum()
            + stats.norm(0.0, 1.0).logpdf(mu)
            + stats.expon().logpdf(sigma)
            + stats.lognorm(0.3, 0.0, math.exp(-1.0)).logpdf(ndt)
            + math.log(sigma)
            + math.log(ndt * (0.2 - ndt) / 0.2)
        )
        unit = next(one for one in program.parameters if "Intercept" in one.name).unit
        step = 0.0 if unit is None else math.log(unit.scale[0])
        assert density == pytest.approx(expected + step, rel=1e-12)
