"""Censored and truncated responses: all backends, brms, survreg, and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy import stats

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.grammar.source import Source

from ..statistics.marginal import REFERENCES, Marginal, compiled
from ..strategies import random_case
from .harness import BUILT, compare, random_point
from .test_agreement import disagreement

FOLDER = REFERENCES / "brms"
PRIORS = (
    "  prior Intercept[mean] ~ normal(0.5, 1)\n  prior b ~ normal(0, 1)\n"
    "  prior {} ~ exponential(1)\n"
)
#: Of ``limits_more.json`` and ``limits_com_poisson.json``: the response, the family,
#: its parameters with their priors.
FURTHER = {
    "measured_student": (
        "score | se(error, sigma = TRUE) + cens(status, upper)",
        "student",
        {"sigma": "exponential(1)", "nu": "gamma(2, 0.1, lb=1)"},
    ),
    "measured": (
        "score | se(error, sigma = TRUE)",
        "gaussian",
        {"sigma": "exponential(1)"},
    ),
    "waited": ("time | cens(status, later)", "gamma", {"shape": "exponential(1)"}),
    "varied": (
        "count | trunc(lb = 1, ub = 12)",
        "negbinomial",
        {"shape": "exponential(1)"},
    ),
    "won": ("hits | trials(of) + trunc(lb = 1)", "binomial", {}),
    "shared": ("share | cens(status, higher)", "beta", {"phi": "exponential(1)"}),
    "censored": (
        "count | cens(status, most)",
        "com_poisson",
        {"shape": "exponential(1)"},
    ),
    "came": ("came | trunc(lb = 1)", "com_poisson", {"shape": "exponential(1)"}),
}
MODELS = {
    "censored_gaussian": ("score | cens(status, upper)", "gaussian", "sigma"),
    "truncated_gaussian": ("inside | trunc(lb = -1, ub = 3)", "gaussian", "sigma"),
    "censored_weibull": ("time | cens(late)", "weibull", "shape"),
}
#: Of ``random_case``: intervals, censored and truncated rows, weights, groups.
SEEDS = (0, 36, 86, 96)


@pytest.mark.parametrize("seed", SEEDS)
def test_backends_agree(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    assert {"cens", "trunc"} & case.features
    assert disagreement(case, tmp_path) == [], case.text


#: One spec a kind of tail, of which a graph takes its time: with an interval, a bound,
#: and a parameter that has a formula, and of whole numbers.
SPECS = {
    "student": (
        "score | se(error, sigma=TRUE) + cens(status, upper) + trunc(lb = -9) ~ x\n"
    ),
    "skew_normal": "score | trunc(ub = 9) ~ x\n  alpha ~ x\n",
    "wiener": 'time | dec(hits > 5) + cens(status == "right") ~ x\n',
    "von_mises": "share | trunc(lb = -1, ub = 2) ~ x\n",
    "poisson": "count | cens(status, most) + trunc(lb = 1) ~ x + (1 | status)\n",
    "com_poisson": 'count | cens(status == "right") + trunc(lb = 1) ~ x\n  shape ~ x\n',
    "beta_binomial": "hits | trials(of) + trunc(lb = 1) ~ x\n",
    "ordered_beta": "share | cens(status, higher) ~ x\n",
    "hurdle_negbinomial": "count | cens(status, most) + trunc(ub = 90) ~ x\n  hu ~ x\n",
}


@pytest.mark.parametrize("family", SPECS)
def test_backends_agree_on_each_kind_of_tail(family: str) -> None:
    head, _, parts = SPECS[family].partition("\n")
    text = f'data "limits_more.csv"\n{head}, family={family}\n{parts}'
    model = compiled(text, FOLDER)
    assert compare(model, FOLDER / "limits_more.csv", 5, False) == []


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    response, family, dpar = MODELS[name]
    priors = PRIORS.format(dpar) if dpar else "".join(PRIORS.splitlines(True)[:2])
    model = compiled(
        f'data "limits.csv"\n{response} ~ x, family={family}\n{priors}', FOLDER
    )
    program, frame = model.program, model.frame
    found = json.loads((FOLDER / "limits.json").read_text("utf-8"))[name]
    assert len(found) == 3
    for given in found:
        theirs = given["values"]
        point = {
            "b": np.atleast_1d(theirs["b"]),
            "Intercept_centered": np.asarray(theirs["Intercept"]),
        }
        if dpar:
            point[dpar] = np.asarray(np.log(theirs[dpar]))
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        # normal tails of Stan 2.21 have 8 digits; ours are held against SciPy's to 10
        digits = 1e-7 if "censored" in name and dpar == "sigma" else 1e-10
        assert density == pytest.approx(given["log_density"], rel=digits)


@pytest.mark.parametrize("name", FURTHER)
def test_the_log_density_of_further_families_is_that_of_brms(name: str) -> None:
    response, family, dpars = FURTHER[name]
    stem = "limits_com_poisson" if family == "com_poisson" else "limits_more"
    text = f'data "{stem}.csv"\n{response} ~ x, family={family}\n'
    priors = {"Intercept[mean]": "normal(0.5, 1)", "b": "normal(0, 1)", **dpars}
    text += "".join(f"  prior {of} ~ {law}\n" for of, law in priors.items())
    model = compiled(text, FOLDER)
    found = json.loads((FOLDER / f"{stem}.json").read_text("utf-8"))[name]
    assert len(found) == 3
    for given in found:
        theirs = given["values"]
        point = {
            "b": np.atleast_1d(theirs["b"]),
            "Intercept_centered": np.asarray(theirs["Intercept"]),
        }
        for dpar in dpars:
            least = 1.0 if dpar == "nu" else 0.0
            point[dpar] = np.asarray(np.log(theirs[dpar] - least))
        _, density = evaluate(model.program, model.frame, point)
        for one in model.program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        assert density == pytest.approx(given["log_density"], rel=1e-11)


@pytest.mark.parametrize("family", ["weibull", "exponential", "lognormal"])
def test_the_log_likelihood_is_that_of_survreg_and_flat_there(family: str) -> None:
    theirs = json.loads((REFERENCES / "survival.json").read_text("utf-8"))[family]
    model = compiled(
        f'data "limits.csv"\ntime | cens(late) ~ x, family={family}\n', FOLDER
    )
    scale, intercept = theirs["scale"], theirs["coef"]["(Intercept)"]
    wanted = {"b[x]": theirs["coef"]["x"], "Intercept": intercept}
    if family == "weibull":
        # ours is the log of the mean, not of the scale
        wanted |= {
            "Intercept": intercept + math.lgamma(1.0 + scale),
            "shape": 1.0 / scale,
        }
    if family == "lognormal":
        wanted["sigma"] = scale
    marginal = Marginal(model, wanted)
    assert marginal.log_likelihood("exact") == pytest.approx(theirs["logLik"], abs=1e-6)
    assert max(map(abs, marginal.gradient("exact").values())) < 1e-4


def test_a_known_standard_error_is_the_residual_sd() -> None:
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"x": rng.normal(size=20), "s": rng.gamma(2.0, 0.2, 20)})
    data["y"] = 0.3 + data["x"] + data["s"] * rng.normal(size=20)
    priors = "  prior Intercept ~ normal(0, 2)\n  prior b ~ normal(0, 1)\n"
    model = compile_spec(
        Request(Source(f"y | se(s) ~ x\n{priors}"), table_from_frame(data))
    )
    assert [one.name for one in model.lowered.parameters] == ["b", "Intercept"]
    for _ in range(3):
        point = random_point(rng, model.program, model.frame, 0.5)
        values, density = evaluate(model.program, model.frame, point)
        for one in model.program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        intercept, b = float(values["Intercept"]), float(values["b"][0])
        wanted = stats.norm(0, 2).logpdf(intercept) + stats.norm(0, 1).logpdf(b)
        wanted += (
            stats.norm(intercept + b * data["x"], data["s"]).logpdf(data["y"]).sum()
        )
        assert density == pytest.approx(wanted, rel=1e-12)


def test_the_density_is_that_of_pymc_by_hand() -> None:
    """Censored from the right, and truncated, as PyMC has them."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=40)})
    data["y"] = np.clip(1 + data["x"] + rng.normal(size=40), -2.0, 2.5)
    data["late"] = data["y"] >= 2.5
    priors = (
        "  prior Intercept ~ normal(0, 2)\n  prior b ~ normal(0, 1)\n"
        "  prior sigma ~ exponential(1)\n"
    )
    for response in ("y | cens(late)", "y | trunc(lb=-2.5, ub=3)"):
        model = compile_spec(
            Request(Source(f"{response} ~ x\n{priors}"), table_from_frame(data))
        )
        with pm.Model() as hand:
            intercept = pm.Normal("Intercept", 0.0, 2.0)
            b, sigma = pm.Normal("b", 0.0, 1.0), pm.Exponential("sigma", 1.0)
            normal = pm.Normal.dist(intercept + b * data["x"].to_numpy(), sigma)
            observed = data["y"].to_numpy()
            if "cens" in response:
                pm.Censored("y", normal, lower=None, upper=2.5, observed=observed)
            else:
                pm.Truncated("y", normal, lower=-2.5, upper=3.0, observed=observed)
        theirs = hand.compile_logp(jacobian=False, mode=BUILT)
        for _ in range(3):
            point = random_point(rng, model.program, model.frame, 0.3)
            values, density = evaluate(model.program, model.frame, point)
            for one in model.program.parameters:
                density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
            given = {
                "Intercept": values["Intercept"],
                "b": np.asarray(values["b"])[0],
                "sigma_log__": np.log(values["sigma"]),
            }
            # a normal tail of PyMC has 8 digits
            assert density == pytest.approx(float(theirs(given)), rel=1e-8)
