"""The families in PyMC: draws, density and gradient, also of an emitted program."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from scipy import integrate

from varying.compiler.families import FAMILIES
from varying.compiler.families.family import SourceText

from ..agreement.harness import BUILT, as_built, shares
from .drawing import Sample
from .samples import (
    MODERATE,
    SAMPLES,
    SHARED,
    density_of,
    error,
    family_of,
    known_of,
    moved_of,
    repeated,
    slope_of,
)

Array = NDArray[Any]

MODE = Mode(
    "py", RewriteDatabaseQuery(include=["fast_compile", "canonicalize", "stabilize"])
)

cases = pytest.mark.parametrize("case", list(SAMPLES))

# ---- draws -------------------------------------------------------------------------

DRAWS = 40_000


def assert_drawn_from(case: str, draws: Array) -> None:
    """Hold draws against the density (5 standard errors) and the mean."""
    family, arguments = FAMILIES[family_of(case)], MODERATE[case]
    mean = float(family.mean(**arguments)[0])
    assert draws.mean() == pytest.approx(
        mean, abs=5 * draws.std() / math.sqrt(len(draws))
    )
    if family.response == "continuous":
        lowest = -np.inf if family.in_support(np.array(-1.0)) else 0.0
        if lowest and not family.in_support(np.array(-1e6)):
            lowest = -np.pi
        zeros = 0.0
        if {"hu", "zi", "zoi", "cutzero"} & set(arguments):
            zeros = float(np.exp(family.log_density(np.zeros(1), **arguments))[0])
            lowest = lowest or 1e-12
        inside = draws[(draws != 0.0) & (draws != 1.0)]
        edges = np.quantile(inside, [0.05, 0.3, 0.6, 0.9])
        whole = 1.0
        if "dec" in arguments:  # a time, given its answer
            whole, _ = integrate.quad(
                lambda y: float(np.exp(family.log_density(y, **arguments))[0]),
                *(arguments["ndt"][0], 20.0),
                points=[0.5, 1.0],
            )
        for edge in edges:
            wanted, _ = integrate.quad(
                lambda y: float(np.exp(family.log_density(y, **arguments))[0]),
                lowest,
                edge,
            )
            share = (draws <= edge).mean()
            assert share == pytest.approx(
                wanted / whole + zeros * (edge > 0.0),
                abs=5 * 0.5 / math.sqrt(len(draws)),
            )
        return
    for y in range(int(draws.max()) + 1):
        wanted = float(np.exp(family.log_density(np.array([y]), **arguments))[0])
        # one draw too many of a rare value is no fault
        spread = 5 * math.sqrt(wanted * (1 - wanted) / len(draws)) + 1 / len(draws)
        assert (draws == y).mean() == pytest.approx(wanted, abs=spread)


@cases
def test_simulated_responses_follow_the_density(case: str) -> None:
    family, rng = FAMILIES[family_of(case)], np.random.default_rng(3)
    arguments = repeated(case, DRAWS)
    draws = family.simulate(rng, **arguments)
    assert draws.shape == (DRAWS,)
    assert (draws.dtype == np.int64) == (family.response != "continuous")
    assert family.in_support(draws, **known_of(case, arguments)).all()
    assert_drawn_from(case, draws.astype(float))


def graph_of(case: str, arguments: Mapping[str, Any], observed: Array) -> pm.Model:
    with pm.Model(coords={"row": range(len(observed))}) as model:
        FAMILIES[family_of(case)].observe(
            pm,
            pt,
            "y",
            {key: pt.as_tensor_variable(value) for key, value in arguments.items()},
            pm.Data("observed", observed, dims="row"),
            "row",
        )
    return model


@pytest.mark.parametrize(("case", "rewritten"), shares(SAMPLES, 3, 2))
def test_the_graph_draws_from_the_density(case: str, rewritten: bool) -> None:
    """Of parameters that all rows share, but for the predictor."""
    predictor = FAMILIES[family_of(case)].predictor
    arguments = repeated(case, DRAWS)
    observed = FAMILIES[family_of(case)].simulate(np.random.default_rng(4), **arguments)
    shared = {
        key: value if key in (predictor, *SHARED) else value[0]
        for key, value in arguments.items()
    }
    mode = MODE if rewritten else BUILT
    draws = pm.draw(graph_of(case, shared, observed)["y"], random_seed=5, mode=mode)
    assert draws.shape == (DRAWS,)
    assert_drawn_from(case, draws.astype(float))


@pytest.mark.parametrize("case", ["poisson", "negbinomial", "binomial", "geometric"])
def test_counts_can_be_drawn_whatever_the_priors_ask_for(case: str) -> None:
    eta = np.array([-1e4, -700.0, -40.0, 40.0, 43.7, 700.0, 1e4])
    extremes = {
        "eta": eta,
        **{k: v[0] for k, v in MODERATE[case].items() if k != "eta"},
    }
    for shape in (1e-9, 1.0, 1e18):
        if case == "negbinomial":
            extremes["shape"] = np.array(shape)
        family = FAMILIES[case]
        draws = family.simulate(np.random.default_rng(1), **extremes)
        model = graph_of(case, extremes, np.zeros(len(eta), dtype=np.int64))
        for found in (draws, pm.draw(model["y"], random_seed=1, mode=MODE)):
            assert found.dtype == np.int64
            assert (found >= 0).all() and (found[:2] == 0).all()


# ---- graph -------------------------------------------------------------------------


def function_of(
    inputs: list[Any], outputs: list[Any], rewritten: bool
) -> Callable[..., list[Any]]:
    """Return a graph as a function, rewritten as samplers do or as it is built."""
    if rewritten:
        return pm.compile(inputs, outputs, mode=MODE)
    return as_built(inputs, outputs)


@pytest.mark.parametrize(("case", "rewritten"), shares(SAMPLES, 3))
def test_the_graph_has_the_density_and_gradient(case: str, rewritten: bool) -> None:
    """Also in the far tails: the gradient must stay a number there."""
    sample = SAMPLES[case](np.random.default_rng(11), 2_000)
    moved = moved_of(case)
    inputs = {name: pt.dvector(name) for name in moved}
    model = graph_of(case, {**sample.arguments, **inputs}, sample.y)
    density = pm.logp(model["y"], model["observed"])
    slopes = pt.grad(density.sum(), list(inputs.values()))
    compiled = function_of(list(inputs.values()), [density, *slopes], rewritten)
    found = compiled(*(sample.arguments[name] for name in moved))
    assert error(found[0], density_of(case, sample)) < 1e-10
    for slope, (name, logarithm) in zip(found[1:], moved.items(), strict=True):
        scaled = slope * sample.arguments[name] if logarithm else slope
        assert error(scaled, slope_of(case, sample, name, logarithm)) < 1e-10


@pytest.mark.parametrize(
    ("case", "far"),
    [
        ("bernoulli", 60.0),
        ("binomial", 60.0),
        ("poisson", 60.0),
        ("negbinomial", 60.0),
        ("geometric", 60.0),
        # what is left of the precision has no square there
        ("beta_binomial", 600.0),
    ],
)
def test_a_sure_response_has_a_gradient(case: str, far: float) -> None:
    """Density and gradient in one function, as samplers compile them.

    What they share must not keep rewrites from saving the gradient beyond eta = 37.
    """
    rest = {k: v[0] for k, v in MODERATE[case].items() if k != "eta"}
    if "trials" in rest:
        rest["trials"] = 1
    y = np.array([0, 1, 0, 1])
    with pm.Model(coords={"row": range(4)}) as model:
        b = pm.Normal("b", 0.0, 1.0, shape=2)
        predictor = pm.Data("X", np.ones((4, 2))) @ b
        observed = pm.Data("observed", y, dims="row")
        arguments = {"eta": predictor, **rest}
        FAMILIES[case].observe(pm, pt, "y", arguments, observed, "row")
    density = model.logp()
    slope = pt.grad(density, model.value_vars[0])
    both = pm.compile(model.value_vars, [density, slope], mode=MODE)
    for eta in (-far, far):
        at = Sample(y, {"eta": np.full(4, eta), **rest})
        wanted = slope_of(case, at, "eta", False).sum() - eta / 2
        found = both(np.full(2, eta / 2))[1]
        np.testing.assert_allclose(found, [wanted, wanted], rtol=1e-12)


# ---- emitted programs ------------------------------------------------------------


def source_of(case: str) -> SourceText:
    source = FAMILIES[family_of(case)].source
    return next((t for n, t in source.when if n in MODERATE[case]), source)


@pytest.mark.parametrize(("case", "rewritten"), shares(SAMPLES, 3, 1))
def test_the_source_statement_has_the_density_and_gradient(
    case: str, rewritten: bool
) -> None:
    """Of moderate rows. The third that is rewritten is another than above."""
    source, count = source_of(case), 200
    arguments = repeated(case, count)
    moved = list(moved_of(case))
    rng = np.random.default_rng(2)
    arguments[moved[0]] = rng.normal(0.5, 1.0, count)
    sample = Sample(
        FAMILIES[family_of(case)].simulate(rng, **arguments), dict(arguments)
    )
    namespace: dict[str, Any] = {"pm": pm, "pt": pt, "np": np, **arguments}
    namespace["data"] = sample.y
    inputs = [pt.dvector(name) for name in moved]
    namespace.update(zip(moved, inputs, strict=True))
    exec(source.definitions, namespace)
    fields = {key: key for key in arguments}
    text = source.statement.format(name='"y"', observed="data", dims='"row"', **fields)
    with pm.Model(coords={"row": range(count)}) as model:
        eval(text, namespace)
    density = pm.logp(model["y"], sample.y)
    outputs = [density, *pt.grad(density.sum(), inputs)]
    compiled = function_of(inputs, outputs, rewritten)
    found = compiled(*(arguments[name] for name in moved))
    assert error(found[0], density_of(case, sample)) < 1e-9
    for slope, (name, _) in zip(found[1:], moved_of(case).items(), strict=True):
        assert error(slope, slope_of(case, sample, name, False)) < 1e-9


#: Families whose distributions in PyMC refuse parameters that are 0 to the machine: how
#: far out the predictor may be that these are made of. Of ratios and powers it is less.
MADE_OF_A_PREDICTOR = [
    ("beta", -3000.0, 3000.0),
    ("exponential", -200.0, 700.0),
    ("gamma", -200.0, 300.0),
    ("inverse_gaussian", -100.0, 100.0),
    ("poisson", -700.0, 700.0),
    ("weibull", -100.0, 300.0),
]


@pytest.mark.parametrize(("case", "low", "high"), MADE_OF_A_PREDICTOR)
def test_the_source_statement_has_the_density_far_out(
    case: str, low: float, high: float
) -> None:
    """A response of which the predictor is sure, and is wrong."""
    rest = {k: v[:1] for k, v in MODERATE[case].items() if k != "eta"}
    y = FAMILIES[case].simulate(np.random.default_rng(1), eta=np.zeros(1), **rest)
    eta = pt.dvector()
    namespace = {"pm": pm, "pt": pt, "data": y, "eta": eta, **rest}
    source, fields = source_of(case), {key: key for key in (*rest, "eta")}
    exec(source.definitions, namespace)
    text = source.statement.format(name='"y"', observed="data", dims='"row"', **fields)
    with pm.Model(coords={"row": range(1)}) as model:
        eval(text, namespace)
    density = pm.logp(model["y"], y)
    found = pm.compile([eta], [density, pt.grad(density.sum(), eta)], mode=BUILT)
    for at in (low, -40.0, 40.0, high):
        sample = Sample(y, {"eta": np.full(1, at), **rest})
        got = found(np.full(1, at))
        assert error(got[0], density_of(case, sample)) < 1e-9
        assert error(got[1], slope_of(case, sample, "eta", False)) < 1e-9


def test_the_emitted_counts_stay_exact_where_they_are_nearly_poisson() -> None:
    """Log gammas of a huge shape have no digits left for their difference."""
    namespace: dict[str, Any] = {"pm": pm, "pt": pt, "np": np}
    exec(FAMILIES["negbinomial"].source.definitions, namespace)
    rng = np.random.default_rng(1)
    y = rng.poisson(20.0, 300)
    eta = rng.normal(3.0, 0.5, 300)
    shape = np.exp(rng.uniform(np.log(1e-6), np.log(1e15), 300))
    value, at, size = pt.vector(dtype="int64"), pt.dvector(), pt.dvector()
    density = namespace["negbinomial_log_logp"](value, at, size)
    slopes = pt.grad(density.sum(), [at, size])
    found = pm.compile([value, at, size], [density, *slopes], mode=MODE)
    got = found(y, eta, shape)
    wanted = FAMILIES["negbinomial"].log_density(y, eta, shape)
    assert error(got[0], wanted) < 1e-8
    assert all(np.isfinite(slope).all() for slope in got[1:])
