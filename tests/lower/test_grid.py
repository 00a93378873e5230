"""The grid of prior-predictive sanity, and that draws forwards are PyMC's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from varying.compiler.backends.pymc import emit
from varying.compiler.families import FAMILIES
from varying.compiler.lower import default_priors as defaults

from ..agreement.harness import BUILT
from .grid import (
    CASES,
    DPARS,
    EIGHT,
    LAID_OUT,
    SCALES,
    SHARED,
    Case,
    Design,
)
from .grid_measure import KNOWN, known, measure, misses
from .prior_draws import data_sets, draw_parameters

#: Of each family: every design on one response, and its other responses plain.
FAST = [
    case
    for case in CASES
    if case.design.name == "1"
    or case.design.dpar
    or case.scale.name.startswith("rate")
    # designs are the same in all families: two have them all
    or (case.family in ("poisson", "ordlogit") and case.design in SHARED)
    # layouts are the same in all families of steps
    or (case.design in LAID_OUT and case.name.startswith("acat, 1 to 5"))
    # log odds that are nearly the log of a mean, over a shape
    or (case.family == "discrete_weibull" and case.design == EIGHT)
]
SLOW = [case for case in CASES if case not in FAST]


def named(family: str, scale: str, design: str) -> Case:
    (found,) = (
        case
        for case in CASES
        if (case.family, case.scale.name) == (family, scale)
        and case.name.endswith(f", {design}")
    )
    return found


# ---- the grid ------------------------------------------------------------------


def sane(case: Case) -> None:
    found = misses(case, measure(case))
    assert found <= known(case), found - known(case)


@pytest.mark.parametrize("case", FAST, ids=lambda case: case.name)
def test_prior_data_sets_are_sane(case: Case) -> None:
    sane(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW, ids=lambda case: case.name)
def test_prior_data_sets_of_the_rest_are_sane(case: Case) -> None:
    sane(case)


@pytest.mark.slow
def test_what_is_known_to_miss_does() -> None:
    """A miss that is mended must leave the list."""
    found = {case: misses(case, measure(case)) for case in CASES if known(case)}
    for miss in KNOWN:
        covered = [found[case] for case in found if miss.of(case)]
        assert covered, miss.reason
        assert set().union(*covered) >= miss.what, miss.reason


def test_every_family_is_on_the_grid() -> None:
    # the knots of cox are those of its times, so that it is no one family
    mixtures = {name for name in SCALES if name.startswith("mixture(")}
    assert set(SCALES) == {*FAMILIES, "cox", *mixtures} and len(mixtures) == 2
    for name, family in FAMILIES.items():
        tried = {design.dpar[0] for design in DPARS.get(name, ()) if design.dpar}
        assert tried == {dpar.name for dpar in family.dpars}


def exponential_rate(factor: float) -> Any:
    right = defaults.group_sd

    def wrong(*args: Any) -> Any:
        found = right(*args)
        (name, value), *_ = found.arguments
        return replace(found, arguments=((name, value * factor),))

    return wrong


@pytest.mark.parametrize(
    ("constant", "value", "case", "wanted"),
    [
        ("INTERCEPT_WIDTH", 25.0, ("gaussian", "RT, ms", "1"), "far"),
        ("INTERCEPT_WIDTH_LOG", 25.0, ("poisson", "around 3", "1"), "far"),
        ("INTERCEPT_WIDTH", 0.01, ("lognormal", "RT, s", "1"), None),
        ("EFFECT_WIDTH_LOG", 15.0, ("poisson", "around 3", "age"), "far"),
        (
            "group_sd",
            exponential_rate(1e-4),
            ("poisson", "around 3", "a*b + (1 + a*b | subj)"),
            "degenerate",
        ),
        (
            "DPAR_GROUP_SD",
            6.0,
            ("lognormal", "RT, ms", "a; sigma ~ cond + (1 | subj)"),
            "not finite",
        ),
    ],
)
def test_a_wrong_constant_is_noticed(
    constant: str,
    value: Any,
    case: tuple[str, str, str],
    wanted: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = named(*case)
    assert not misses(row, measure(row))
    monkeypatch.setattr(defaults, constant, value)
    found = misses(row, measure(row))
    # a narrow intercept alone leaves the data where they are: it is around them
    assert wanted in found if wanted else not found


def test_a_location_beside_the_data_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of counts whose exposure was forgotten."""
    from varying.compiler.lower import learn

    row = named("poisson", "rate(t), t to 1e5", "1")
    assert not misses(row, measure(row))
    monkeypatch.setattr(learn, "_known", lambda *_: 0.0)
    assert {"mean", "zeros"} & misses(row, measure(row))


# ---- the draws ------------------------------------------------------------------

WITH_PYMC = [
    Case("gaussian", SCALES["gaussian"][0], Design("", "age + (1 + age | subj)")),
    Case(
        "student",
        SCALES["student"][1],
        Design("", "a", dpar=("sigma", "cond + (1 | subj)")),
    ),
    Case("negbinomial", SCALES["negbinomial"][1], Design("", "0 + cond")),
    Case("ordlogit", SCALES["ordlogit"][0], Design("", "a*b + (1 + a | subj)")),
]


@pytest.mark.parametrize("case", WITH_PYMC, ids=lambda case: case.family)
def test_draws_are_those_of_the_graph(case: Case) -> None:
    """Two samples of each scalar, of the first element of each vector, and of y."""
    model = case.compile()
    draws, response = 1000, model.program.likelihood.name
    graph = emit(model.program, model.frame)
    groups = [group.effects for group in model.program.groups]
    names = [p.name for p in model.program.parameters] + groups
    theirs = pm.draw(
        [graph[name] for name in (*names, response)],
        draws=draws,
        random_seed=5,
        mode=BUILT,
    )
    rng = np.random.default_rng(6)
    ours = draw_parameters(rng, model.program, model.frame, draws)
    y = np.stack([y for _, y in data_sets(rng, model.program, model.frame, draws)])
    for name, graphs, mine in zip(
        (*names, response), theirs, (*(ours[name] for name in names), y), strict=True
    ):
        assert np.shape(graphs) == mine.shape, name
        for place in (0, -1):
            pair = [x.reshape(draws, -1)[:, place] for x in (np.asarray(graphs), mine)]
            assert stats.ks_2samp(*pair).pvalue > 1e-4, name


def test_correlations_are_drawn_as_lkj() -> None:
    """Of two coefficients of a group, LKJ(2) makes (1 + r)/2 beta(2, 2)."""
    case = Case("gaussian", SCALES["gaussian"][0], Design("", "1 + (1 + agec | subj)"))
    model = case.compile()
    rng = np.random.default_rng(7)
    found = draw_parameters(rng, model.program, model.frame, 2000)
    r = 2.0 * found["pcor_subj"][:, 0] - 1.0
    assert stats.kstest((1.0 + r) / 2.0, stats.beta(2, 2).cdf).pvalue > 1e-4
    effects = found["r_subj"] / found["sd_subj"][:, None, :]
    products = (effects[..., 0] * effects[..., 1]).mean(axis=1)
    # people are few, so the mean product scatters around r
    assert abs(np.mean(products - r)) < 4.0 / np.sqrt(2000 * 20)
    assert np.corrcoef(products, r)[0, 1] > 0.7
    assert np.std(effects) == pytest.approx(1.0, abs=0.02)
