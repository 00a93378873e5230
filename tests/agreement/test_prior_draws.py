"""Draws from the prior through the graph, against bounds and against the density.

Where x and y are drawn together from a density that vanishes at the ends, its score
has mean 0, and mean -1 times the coordinate it belongs to (Stein's identity). Holding
draws of the unconstrained coordinates and the response against that needs no sampler,
and notices a draw, a transform and a density that do not belong together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from pytensor.compile.mode import Mode

from varying.compiler.backends.pymc import emit
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source

from ..strategies import random_case
from .harness import BUILT, MODE

Array = NDArray[Any]

ROWS = 24
_RNG = np.random.default_rng(2)
DATA: dict[str, Any] = {
    "x": _RNG.normal(4.0, 2.0, ROWS),
    "f": [("a", "b", "c")[i % 3] for i in range(ROWS)],
    "g": [f"g{i % 5}" for i in range(ROWS)],
    "y": _RNG.normal(2.0, 1.0, ROWS),
    "w": [i % 2 for i in range(ROWS)],
    "k": [i % 4 for i in range(ROWS)],
}

THRESHOLDS: Mapping[str, str] = {
    "default": "",
    "independent": "prior threshold ~ normal(0, 3)",
    "independent at the means": "prior threshold[mean] ~ student_t(3, 0, 2.5)",
    "dirichlet": "prior threshold ~ dirichlet(1)",
}


def compiled(text: str, data: Mapping[str, Any] = DATA) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(data)))


def draw(model: pm.Model, names: list[str], draws: int, seed: int) -> list[Array]:
    wanted = [model[name] for name in names]
    found = pm.draw(wanted, draws=draws, random_seed=seed, mode=BUILT)
    return [np.asarray(array) for array in found]


@pytest.mark.parametrize("prior", list(THRESHOLDS))
@pytest.mark.parametrize("top", [1, 3, 10, 99])
def test_thresholds_are_drawn_in_order(prior: str, top: int) -> None:
    text = f"column k: ordered(0..{top})\nk ~ x + (1 | g), family=ordlogit\n"
    data = {**DATA, "k": [min(i % 4, top) for i in range(ROWS)]}
    compiled_model = compiled(f"{text}  {THRESHOLDS[prior]}", data)
    model = emit(compiled_model.program, compiled_model.frame)
    found, ranks = draw(model, ["threshold", "k"], 200, 1)
    assert found.shape == (200, top)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
    # two may meet where a probability is below the spacing of floats
    assert (np.diff(found, axis=1) > 0).mean() > 0.999 if top > 1 else True
    assert ranks.min() >= 0 and ranks.max() <= top
    assert len(np.unique(ranks)) > min(top, 3)


@pytest.mark.parametrize("seed", range(0, 24, 3))
def test_parameters_are_drawn_within_their_bounds(seed: int, tmp_path: Any) -> None:
    number = seed + seed // 3 % 3
    while "flat" in (drawn := random_case(number)).text:
        number += 100  # a flat prior cannot be drawn from
    case = drawn.compile(tmp_path)
    program = case.program
    model = emit(program, case.frame)
    names = [parameter.name for parameter in program.parameters]
    for parameter, values in zip(
        program.parameters, draw(model, names, 50, seed), strict=True
    ):
        low, high = parameter.bounds
        assert (values >= low).all() and (values <= high).all(), parameter.name
        if parameter.chart == "simplex":
            np.testing.assert_allclose(values.sum(axis=-1), 1.0)
    response = program.likelihood.name
    ranks = draw(model, [response], 20, seed)[0]
    times = program.likelihood.times(case.frame)
    rows = len(case.frame[program.likelihood.value])
    # a row of weight 0 is none of the variable
    assert ranks.shape == (20, rows if times is None else np.count_nonzero(times))


# ---- draws and density belong together ---------------------------------------------

#: Priors without weight at 0 for scales that a density divides by: the score must
#: have a variance.
MODELS: Mapping[str, str] = {
    "normal": "y ~ x + f\n  prior sigma ~ gamma(6, 3)",
    "normal, groups": "y ~ x + (x | g)\n  prior sigma ~ lognormal(0, 0.3)",
    "normal, centered groups": "y ~ 1 + (1 | g), parameterization=centered\n"
    "  prior sd ~ lognormal(0, 0.3)\n  prior sigma ~ lognormal(0, 0.3)",
    "normal, narrow priors": "y ~ x + f\n  prior Intercept[mean] ~ gamma(4, 2)\n"
    "  prior b[x] ~ normal(0, 1, lb=-1, ub=2)\n  prior b[f] ~ beta(2, 3)\n"
    "  prior sigma ~ uniform(1, 3)",
    "bernoulli": "w ~ x + (1 + x | g), family=bernoulli",
    **{
        f"ordinal, {name}": f"k ~ x + (1 | g), family=ordlogit\n  {prior}"
        for name, prior in THRESHOLDS.items()
    },
}


def stein(
    model: pm.Model,
    response: str,
    observed: str,
    draws: int,
    drawn_from: pm.Model | None = None,
    mode: Mode = BUILT,
) -> Array:
    """Return how many standard errors each identity is off.

    ``drawn_from``: another model that the draws come from.
    """
    source = drawn_from or model
    coordinates = []
    for rv in source.free_RVs:
        transform = source.rvs_to_transforms[rv]
        given = rv.owner.inputs
        coordinates.append(rv if transform is None else transform.forward(rv, *given))
    drawn = pm.draw(
        [*coordinates, source[response]], draws=draws, random_seed=4, mode=mode
    )
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    score = pytensor.function(values, pt.grad(model.logp(), values), mode=mode)
    data = model[observed]
    points, scores = [], []
    for *point, rows in zip(*drawn, strict=True):
        data.set_value(np.asarray(rows, dtype=data.get_value().dtype))
        slopes = score(*(np.asarray(p, dtype=float) for p in point))
        points.append(np.concatenate([np.ravel(p) for p in point]))
        scores.append(np.concatenate([np.ravel(s) for s in slopes]))
    return misses(np.array(points), np.array(scores))


def misses(points: Array, scores: Array) -> Array:
    centred = points - points.mean(axis=0)
    both = np.concatenate([scores, centred * scores + 1.0], axis=1)
    return np.asarray(
        both.mean(axis=0) / (both.std(axis=0) / math.sqrt(len(both))), dtype=float
    )


def graph_and_names(name: str) -> tuple[pm.Model, str, str]:
    model = compiled(MODELS[name])
    likelihood = model.program.likelihood
    return emit(model.program, model.frame), likelihood.name, likelihood.value


@pytest.mark.parametrize("name", list(MODELS))
def test_draws_belong_to_the_density(name: str) -> None:
    found = stein(*graph_and_names(name), draws=400)
    assert np.abs(found).max() < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS))
def test_many_draws_belong_to_the_density(name: str) -> None:
    found = stein(*graph_and_names(name), draws=20_000, mode=MODE)
    assert np.abs(found).max() < 5.0


def test_draws_of_another_density_are_noticed() -> None:
    """Standard normals against a density with standard deviation 1.15."""
    points = np.random.default_rng(1).normal(size=(2_000, 3))
    assert np.abs(misses(points, -points)).max() < 5.0
    assert np.abs(misses(points, -points / 1.15**2)).max() > 5.0


def test_a_wrong_draw_of_the_graph_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Coefficients drawn from a prior 1.5 times as wide as the one of the density."""
    module = __import__(emit.__module__, fromlist=["_arguments"])
    right = module._arguments

    def wrong(prior: Any, values: Any) -> Any:
        found = right(prior, values)
        return {k: v * 1.5 if k == "sigma" else v for k, v in found.items()}

    model = compiled(MODELS["bernoulli"])
    exact = emit(model.program, model.frame)
    monkeypatch.setattr(module, "_arguments", wrong)
    wide = emit(model.program, model.frame)
    names = ("w", model.program.likelihood.value)
    assert np.abs(stein(exact, *names, draws=400)).max() < 5.0
    mixed = stein(exact, *names, draws=400, drawn_from=wide)
    assert np.abs(mixed).max() > 5.0
