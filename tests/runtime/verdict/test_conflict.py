"""Where a prior and the data disagree, held against least squares and by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.sampled import Sampled
from varying.runtime.verdict.conflict.found import conflicts
from varying.runtime.verdict.conflict.locations import Location, locations
from varying.runtime.verdict.conflict.words import rounded_up
from varying.runtime.verdict.conflict.working import Centre, Working

CASES = Path(__file__).parents[2] / "references" / "cases"
SMALL: dict[str, Any] = {"draws": 500, "tune": 500, "seed": 3, "progress": False}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    rows, levels = 240, 24
    g = np.arange(rows) % levels
    h = np.arange(rows) // levels
    x = rng.normal(size=rows)
    year = 2000 + np.arange(rows) % 21
    z = rng.normal(5.0, 2.0, rows)
    slope = 3.0 + 0.5 * rng.normal(size=levels)[g]
    own = 2.0 * rng.normal(size=levels)[g]
    eta = 0.8 * x + 0.7 * rng.normal(size=levels)[g]
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "same": 3.0,
            "year": year,
            "g": [f"g{i}" for i in g],
            "h": [f"h{i}" for i in h],
            "y": 10.0 + slope * x + own + rng.normal(size=rows),
            "curved": 0.02 * (year - 2010) ** 2 + 0.3 * rng.normal(size=rows),
            "bit": (rng.random(rows) < 1 / (1 + np.exp(-2 * eta))).astype(int),
            "count": rng.poisson(np.exp(1 + eta)),
            "noisy": rng.normal(size=rows) * np.exp(0.5 * x),
            "rating": np.clip(np.round(3 + eta + rng.logistic(size=rows)), 1, 5),
        }
    )


def fit(spec: str, **changes: Any) -> varying.Fit:
    return varying.compile(spec, data()).fit(**{**SMALL, **changes})


def without(found: varying.Fit) -> set[str]:
    """Return the free parameters that are not among the draws."""
    program = Sampled(found._origin.compiled).program
    return {p.name for p in program.parameters} - set(found._posterior.data_vars)


def looked_at(found: varying.Fit) -> dict[str, Location]:
    """What is computed of each coefficient of the main predictor."""
    sampled = Sampled(found._origin.compiled)
    posterior = found._posterior
    centre = Centre.of(sampled.program, sampled.frame, posterior)
    predictor = sampled.program.predictors[0]
    working = Working.of(centre, predictor)
    assert working is not None
    places = locations(centre, predictor, working)
    assert places is not None
    return {one.label or one.parameter: one for one in places}


# ---- the data's own estimate ---------------------------------------------------------


@pytest.mark.parametrize("prior", ["normal(0, 0.01)", "normal(2, 0.5)", "normal(0, 9)"])
def test_it_is_least_squares(prior: str) -> None:
    found = fit(f"y ~ x + z\n  prior b[x] ~ {prior}\n")
    frame = data()
    design = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    beta, *_ = np.linalg.lstsq(design, frame["y"], rcond=None)
    sigma = float(found.data["posterior"]["sigma"].mean())
    errors = sigma * np.sqrt(np.diagonal(np.linalg.inv(design.T @ design)))
    places = looked_at(found)
    for at, name in ((1, "x"), (2, "z")):
        assert places[name].estimate == pytest.approx(beta[at], rel=1e-6)
        # posterior means of 1 / sigma^2 and sigma differ a little
        assert places[name].error == pytest.approx(errors[at], rel=0.02)


def test_effects_of_groups_are_integrated_out() -> None:
    found = fit("y ~ x + (1 + x | g) + (1 | h)\n  prior b[x] ~ normal(0, 0.02)\n")
    frame, posterior = data(), found.data["posterior"]
    place = looked_at(found)["x"]
    covariance = np.eye(len(frame)) * float(posterior["sigma"].mean()) ** 2
    sd = posterior["sd_g"].mean(("chain", "draw")).values
    cor = posterior["cor_g"].mean(("chain", "draw")).values
    z = np.column_stack([np.ones(len(frame)), frame["x"]])
    same = (frame["g"].to_numpy()[:, None] == frame["g"].to_numpy()).astype(float)
    covariance += same * (z @ (sd[:, None] * cor * sd) @ z.T)
    same = (frame["h"].to_numpy()[:, None] == frame["h"].to_numpy()).astype(float)
    covariance += same * float(posterior["sd_h"].mean()) ** 2
    inverse = np.linalg.inv(covariance)
    information = z.T @ inverse @ z
    beta = np.linalg.solve(information, z.T @ inverse @ frame["y"])
    # the mean of the correlation is not that of partial ones on another scale
    assert place.estimate == pytest.approx(beta[1], rel=0.02)
    error = float(np.sqrt(np.linalg.inv(information)[1, 1]))
    assert place.error == pytest.approx(error, rel=0.05)


LINKED = {
    "bit ~ x, family=bernoulli": "x",
    "count ~ x, family=poisson": "x",
    "column rating: ordered(1..5)\nrating ~ x, family=ordlogit": "x",
}


@pytest.mark.parametrize("spec", LINKED)
def test_it_is_the_maximum_of_the_likelihood(spec: str) -> None:
    """From a posterior under wide priors a Newton step leads to its own mean."""
    found = fit(f"{spec}\n  prior b ~ normal(0, 100)\n")
    place = looked_at(found)[LINKED[spec]]
    posterior = found.data["posterior"]["b"]
    assert place.posterior == pytest.approx(float(posterior.mean()))
    assert abs(place.estimate - place.posterior) < 0.15 * float(posterior.std())
    assert place.error == pytest.approx(float(posterior.std()), rel=0.1)


@pytest.mark.parametrize(
    ("spec", "fitted"),
    [
        ("bit ~ x, family=bernoulli", "normal(-8, 0.1)"),
        ("count ~ x, family=poisson", "normal(0, 0.01)"),
        ("count ~ x + (1 | g), family=poisson", "normal(6, 0.1)"),
    ],
)
def test_it_is_found_from_afar(spec: str, fitted: str) -> None:
    """Under a prior that is wrong by far the maximum is that under a wide one."""
    far, near = (
        looked_at(fit(f"{spec}\n  prior b ~ {prior}\n"))["x"]
        for prior in (fitted, "normal(0, 10)")
    )
    assert abs(far.z) > 10 and abs(near.z) < 3
    # the sd of the group is another one as well
    tolerance = 0.35 if "g)" in spec else 0.02
    assert far.estimate == pytest.approx(near.estimate, rel=tolerance)


def test_a_likelihood_that_only_rises_has_no_maximum() -> None:
    frame = data().assign(side=(data()["x"] > 0).astype(int))
    for prior, disagree in (("normal(0, 0.1)", True), ("normal(0, 5)", False)):
        spec = f"side ~ x, family=bernoulli\n  prior b ~ {prior}\n"
        found = varying.compile(spec, frame).fit(**SMALL)
        assert ("disagree" in str(found.verdict)) is disagree


# ---- what is said --------------------------------------------------------------------

RATINGS = "column rating: ordered(1..5)\n"
#: A spec, and the targets that are named; none: nothing is.
SAID: list[tuple[str, set[str]]] = [
    ("y ~ x", set()),
    ("y ~ x + (1 + x | g)", set()),
    ("y ~ x + same", set()),
    ("y ~ x + same\n  prior b[x] ~ normal(0, 0.02)", {"b[x]"}),
    ("y ~ x*z + (1 | g) + (1 | h)", set()),
    ("curved ~ poly(year, 2)", set()),
    ("curved ~ year + I(year^2)", set()),
    ("y ~ x + (1 + year | g)", set()),
    ("bit ~ x + (1 | g), family=bernoulli", set()),
    ("count ~ x + (1 | g), family=poisson", set()),
    (f"{RATINGS}rating ~ x + (1 | g), family=ordlogit", set()),
    ("noisy ~ x\n  sigma ~ x", set()),
    # a prior that agrees, and one that is narrow and agrees
    ("y ~ x\n  prior b[x] ~ normal(3, 1)", set()),
    ("y ~ x\n  prior b[x] ~ normal(3, 0.05)", set()),
    # wrong by far, and outweighed: the figures are those of the data
    ("y ~ x\n  prior Intercept ~ normal(0, 2.5)", set()),
    ("y ~ x\n  prior b[x] ~ normal(0, 0.02)", {"b[x]"}),
    ("y ~ x\n  prior b[x] ~ normal(-4, 0.3)", {"b[x]"}),
    ("y ~ x + (1 | g)\n  prior b ~ normal(0, 0.05)", {"b[x]"}),
    ("y ~ x\n  prior Intercept ~ normal(0, 0.1)", {"Intercept"}),
    # the whole curve is lost between two narrow priors
    (
        "curved ~ year + I(year^2)\n"
        "  prior b[year] ~ normal(0, 0.2)\n  prior b[I(year^2)] ~ normal(0, 0.00005)",
        {"b[year]", "b[I(year^2)]"},
    ),
    ("bit ~ x, family=bernoulli\n  prior b ~ normal(0, 0.01)", {"b[x]"}),
    ("count ~ x, family=poisson\n  prior b ~ normal(-3, 0.1)", {"b[x]"}),
    (
        f"{RATINGS}rating ~ x, family=ordlogit\n  prior b ~ normal(0, 0.01)",
        {"b[x]"},
    ),
    ("noisy ~ x\n  sigma ~ x\n    prior sigma.b ~ normal(0, 0.005)", {"sigma.b[x]"}),
    # of groups: pinned to 0, and far out in the tail
    ("y ~ x + (1 | g)\n  prior sd[g] ~ exponential(500)", {"sd[g, Intercept]"}),
    ("y ~ x + (1 | g)\n  prior sd[g] ~ half_normal(0.01)", {"sd[g, Intercept]"}),
    (
        "y ~ x + (1 + x || g)\n  prior sd[g, x] ~ exponential(1000)",
        {"sd[g, x]"},
    ),
    ("y ~ x + (1 | g)\n  prior sd[g] ~ half_cauchy(0.5)", set()),
    # as written it is about levels at the birth of Christ
    (
        "y ~ x + (1 + year | g)\n  prior sd[g, Intercept] ~ exponential(1)\n"
        "  prior sd[g, year] ~ exponential(1)",
        set(),
    ),
    ("y ~ x + (1 | g)\n  prior sigma ~ exponential(500)", {"sigma"}),
    ("y ~ x + (1 | g)\n  prior sigma ~ normal(0, 0.02, lb=0)", {"sigma"}),
]


@pytest.mark.parametrize(("spec", "targets"), SAID)
def test_what_is_said(spec: str, targets: set[str]) -> None:
    found = fit(spec)
    sampled = Sampled(found._origin.compiled)
    posterior = found._posterior
    assert without(found) == set()
    every, skipped = conflicts(
        sampled.compiled, sampled.program, sampled.frame, posterior
    )
    assert {one.target for one in every} == targets
    assert skipped == ()
    said = str(found.verdict)
    for target in targets:
        assert f"The prior of {target} and the data disagree" in said
        assert f"`prior {target} ~ " in said
    if targets:
        assert not found.verdict.ok
        assert "can be used" not in found.verdict.sentences[0]


def test_the_graph_is_looked_at_as_the_kernel_is() -> None:
    spec = "y ~ x + (1 | g)\n  prior b ~ normal(0, 0.05)"
    found = fit(spec, backend="graph", draws=200, tune=300, chains=2, sampler="pymc")
    assert "The prior of b[x] and the data disagree" in str(found.verdict)


def test_what_is_written_helps() -> None:
    found = fit("y ~ x\n  prior b[x] ~ normal(0, 0.02)")
    (sentence,) = [one for one in found.verdict.sentences if "disagree" in one]
    prior = sentence.split("write `prior b[x] ~ ")[1].split("`")[0]
    assert fit(f"y ~ x\n  prior b[x] ~ {prior}").verdict.ok


def test_a_check_that_fails_loses_no_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr("varying.runtime.verdict.conflict.conflicts", broken)
    found = fit("y ~ x", draws=100, tune=100)
    assert "priors were not held against the data: ZeroDivisionError" in str(
        found.verdict
    )


@pytest.mark.parametrize(
    ("number", "up"), [(0.0218, 0.03), (1.0, 1.0), (9.1, 10.0), (0.0, 1.0), (210, 300)]
)
def test_rounding_up(number: float, up: float) -> None:
    assert rounded_up(number) == up


# ---- how often it is said ------------------------------------------------------------


def test_it_is_seldom_said_of_data_that_the_prior_gives() -> None:
    """``z`` is standard normal over data sets that prior and model give.

    Conjugate, by hand: y normal with mean b x and sd 1, b normal with mean 0 and sd s.
    """
    rng = np.random.default_rng(2)
    scores = []
    for number in range(300):
        size = 10.0 ** rng.uniform(-2, 1)
        x = rng.normal(size=20)
        y = size * rng.normal() * x + rng.normal(size=20)
        precision = x @ x + size**-2
        posterior = float(x @ y / precision)
        estimate, error = float(x @ y / (x @ x)), float((x @ x) ** -0.5)
        one = Location("b", "x", 0.0, size, posterior, estimate, error)
        scores.append(one.z)
        assert number < 0 or abs(one.z) < 4.0
    assert np.std(scores) == pytest.approx(1.0, abs=0.1)
    assert np.mean(scores) == pytest.approx(0.0, abs=0.15)


def test_every_free_parameter_is_among_the_draws_of_the_graph() -> None:
    """What the check needs; of the kernel ``test_what_is_said`` holds it."""
    spec = "y ~ x + (1 + x | g)"
    found = fit(spec, backend="graph", draws=20, tune=30, chains=1)
    assert without(found) == set()
