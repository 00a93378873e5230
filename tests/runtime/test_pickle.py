"""Models and results go through pickle and copies: to other processes and back."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

import varying
from varying.compiler.bind.response_terms.table import TERMS
from varying.compiler.families import FAMILIES

from .fits import DATA, SPEC, made_fit

_RNG = np.random.default_rng(1)
ROWS: dict[str, Any] = {
    "y": _RNG.normal(size=24),
    "x": _RNG.normal(size=24),
    "p": np.exp(_RNG.normal(size=24)),
    "c": _RNG.integers(0, 5, 24),
    "h": (np.arange(24) * 7 % 24 + 0.5) / 24,
    "b": np.arange(24) % 2,
    "t": np.full(24, 6),
    "g": [f"s{row % 4}" for row in range(24)],
    "f": [["u", "v", "w"][row % 3] for row in range(24)],
}
SPECS = {
    "gaussian": "y ~ poly(x, 2) + f + (1 + x | g)\n  sigma ~ x",
    "student": "y ~ scale(x)*f",
    "lognormal": "p ~ x + (1 | g:f)",
    "gamma": "p ~ x\n  shape ~ f",
    "exponential": "p ~ x",
    "weibull": "p ~ x",
    **dict.fromkeys(("inverse_gaussian", "frechet"), "p ~ x"),
    **dict.fromkeys(("von_mises", "kumaraswamy"), "h ~ x"),
    "wiener": "p | dec(b) ~ x\n  bs ~ f",
    "shifted_lognormal": "p ~ x\n  sigma ~ f",
    "beta": "h ~ x\n  phi ~ f",
    "ordered_beta": "h ~ x\n  cutzero ~ f",
    "zero_one_inflated_beta": "h ~ x\n  coi ~ f",
    "zero_inflated_beta": "h ~ x\n  zi ~ f",
    "beta_binomial": "c | trials(t) ~ x",
    "zero_inflated_binomial": "c | trials(t) ~ x\n  zi ~ f",
    "zero_inflated_beta_binomial": "c | trials(t) ~ x\n  zi ~ f",
    "zero_inflated_negbinomial": "c ~ x\n  zi ~ f",
    "hurdle_gamma": "p ~ x\n  hu ~ f",
    "bernoulli": "b ~ x\nquantity twice = 2 * b[x]\ntest up = b[x] > 0",
    "binomial": "c | trials(t) ~ x\nlet z = x^2",
    "poisson": "c | rate(t) ~ x\nprior b[x] ~ normal(0, 1)",
    "negbinomial": "c | rate(t) ~ x\n  shape ~ f",
    "ordlogit": "c ~ f + (1 | g)\n  disc ~ x\ncontrast pair: u - v\n",
}


def seen(model: varying.Model) -> tuple[str, ...]:
    shown = (model, model.priors, model.design, model.ir, model.source)
    return tuple(map(str, shown))


def spec_of(family: str) -> str:
    formula, *rest = SPECS.get(family, "c ~ x").split("\n")
    lines = [line for line in rest if not line.startswith("contrast")]
    return "\n".join([f"{formula}, family={family}", *lines])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_each_family(family: str) -> None:
    model = varying.compile(spec_of(family), ROWS)
    before = seen(model)
    again = pickle.loads(pickle.dumps(model))
    assert seen(again) == before
    assert again.compiled.bound.family is FAMILIES[family]
    assert seen(copy.deepcopy(model)) == before


@pytest.mark.parametrize("name", TERMS)
def test_a_term_beside_a_response(name: str) -> None:
    assert pickle.loads(pickle.dumps(TERMS[name])) == TERMS[name]


def test_the_graph_is_made_again() -> None:
    model = varying.compile(SPEC, DATA)
    names = set(model.pymc.named_vars)
    again = pickle.loads(pickle.dumps(model))
    assert set(again.pymc.named_vars) == names


def test_results() -> None:
    model, fit = varying.compile(SPEC, DATA), made_fit()
    check = model.prior_check(draws=5, seed=1)
    found = (model.priors, model.design, check, fit, fit.summary(), fit.verdict)
    for one in (*found, fit.settings, fit.provenance, varying.compile(SPEC)):
        for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
            assert type(again) is type(one)
            assert str(again) == str(one)
    again = pickle.loads(pickle.dumps(fit))
    assert again.data.identical(fit.data)
    assert again.predict("mean").equals(fit.predict("mean"))


def test_an_error() -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile("y ~ nothing", DATA)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def half(values: Any) -> Any:
    return values / 2


def test_functions_of_the_caller() -> None:
    """Those of a module go along; of others it is said which, and what to do."""
    spec = "y ~ half(x)"
    model = varying.compile(spec, ROWS, functions={"half": half})
    assert pickle.loads(pickle.dumps(model)).ir == model.ir
    model = varying.compile(spec, ROWS, functions={"half": lambda x: x / 2})
    assert copy.deepcopy(model).ir == model.ir
    with pytest.raises(pickle.PicklingError, match="calls `half`, a function of yours"):
        pickle.dumps(model)


def figures(model: varying.Model) -> list[float]:
    fit = model.fit(draws=10, tune=10, chains=1, seed=3, progress=False)
    return [float(fit.data["posterior"]["sigma"].mean())]


def test_another_process_fits_the_same() -> None:
    model = varying.compile("y ~ x", ROWS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(figures, model).result()
    assert there == figures(model)
