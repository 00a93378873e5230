"""The form in which group effects are sampled does not change the posterior.

The effects of a level are ``r = F z`` with ``F = diag(sd) L``. The density of
the centered form in ``r`` must be that of the non-centered form in ``z`` over
the volume of the map, at any point; and samples of both must agree.
"""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import cholesky
from varying.compiler.program.ir import Program

from .marginal import compiled
from .sampling import apart, divergences, estimates, fit

SLEEP = """\
data "sleepstudy.csv"
column Subject: factor
Reaction ~ Days + ({} | Subject), parameterization={}
"""
RATINGS = """\
data "sim_ratings.csv"
column rating: ordered(1..7)
column block: factor(acq, ext), contrast=simple
column cs: factor(CSm, CSp), contrast=simple
column subj: factor
rating ~ block * cs + ({} | subj), family=ordlogit, parameterization={}
"""

CASES = {
    "one effect": (SLEEP, "1"),
    "two effects": (SLEEP, "1 + Days"),
    "four effects": (RATINGS, "1 + block * cs"),
}


def volume(program: Program, values: dict[str, np.ndarray]) -> float:
    """Return the log volume of the map from z to the effects."""
    total = 0.0
    for group in program.groups:
        levels, coefs = values[group.effects].shape
        factor = values[group.sd][:, None] * cholesky(group, values, coefs)
        total += levels * np.linalg.slogdet(factor)[1]
    return total


@pytest.mark.parametrize("name", CASES)
def test_same_density(name: str) -> None:
    text, effects = CASES[name]
    centered = compiled(text.format(effects, "centered"))
    noncentered = compiled(text.format(effects, "noncentered"))
    assert {g.form for g in centered.program.groups} == {"centered"}
    assert {g.form for g in noncentered.program.groups} == {"noncentered"}
    rng = np.random.default_rng(1)
    for _ in range(20):
        z = {
            c.name: rng.normal(size=c.shape)
            for c in coordinates(noncentered.program, noncentered.frame)
        }
        values, wanted = evaluate(noncentered.program, noncentered.frame, z)
        r = {
            c.name: z[c.name] if c.name in z else values[c.name]
            for c in coordinates(centered.program, centered.frame)
        }
        _, found = evaluate(centered.program, centered.frame, r)
        expected = wanted - volume(noncentered.program, values)
        assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.slow
def test_same_samples() -> None:
    text, effects = CASES["two effects"]
    settings = {"draws": 2000, "seed": 1}
    forms = ("centered", "noncentered")
    fits = [fit(text.format(effects, form), **settings) for form in forms]
    assert [divergences(each) for each in fits] == [0, 0]
    assert apart(estimates(fits[0]), estimates(fits[1])) == {}
