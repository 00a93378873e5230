"""Groups of several formulas and in strata, against models by hand in PyMC."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.lower import default_priors as defaults
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.density import cholesky
from varying.grammar.source import Source

from .harness import compare, shares
from .kernels import compare_kernel, variants
from .test_by_hand import Array, assert_same

PATIENTS = 8


def patients() -> pd.DataFrame:
    """Eight patients in two arms, seen five times each."""
    rng = np.random.default_rng(31)
    rows = [
        (f"p{i + 1}", "placebo" if i % 3 == 0 else "drug")
        for i in range(PATIENTS)
        for _ in range(5)
    ]
    data = pd.DataFrame(rows, columns=["patient", "treat"])
    data["x"] = rng.normal(0.0, 1.0, len(data))
    data["far"] = rng.normal(40.0, 2.0, len(data))
    data["y"] = rng.normal(3.0, 2.0, len(data))
    data["k"] = rng.integers(0, 4, len(data))
    return data


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(patients())))


SHARED = """
y ~ x + (1 + x |p| patient)
  sigma ~ 1 + (1 |p| patient)
  prior b ~ normal(0, 2)
  prior Intercept ~ normal(3, 2)
  prior sigma.Intercept ~ normal(0, 1)
  prior sd ~ exponential(1)
  prior sigma.sd ~ exponential(2)
"""


def test_effects_on_mean_and_sigma_are_one_group() -> None:
    data = patients()
    patient = pd.Categorical(data["patient"]).codes
    with pm.Model() as by_hand:
        intercept = pm.Normal("Intercept", 3, 2)
        b = pm.Normal("b", 0, 2, shape=1)
        sigma_intercept = pm.Normal("sigma_Intercept", 0, 1)
        chol, _, _ = pm.LKJCholeskyCov(
            "chol",
            n=3,
            eta=defaults.LKJ_SHAPE,
            sd_dist=pm.Exponential.dist([1.0, 1.0, 2.0], shape=3),
        )
        r = pm.MvNormal("r_patient", np.zeros(3), chol=chol, shape=(PATIENTS, 3))
        mu = intercept + b[0] * data["x"].to_numpy()
        mu = mu + r[patient, 0] + r[patient, 1] * data["x"].to_numpy()
        sigma = pm.math.exp(sigma_intercept + r[patient, 2])
        pm.Normal("y", mu, sigma, observed=data["y"])
    names = ("Intercept", "b", "sigma_Intercept", "chol", "r_patient")
    assert_same(compiled(SHARED), by_hand, names)


BY = """
y ~ x + (1 + x | gr(patient, by=treat))
  prior b ~ normal(0, 2)
  prior Intercept ~ normal(3, 2)
  prior sigma ~ exponential(1)
  prior sd ~ exponential(1)
  prior sd[patient, x] ~ exponential(2)
  prior sd[patient, Intercept:treat[drug]] ~ exponential(3)
  prior sd[patient, treat[placebo]:x] ~ exponential(4)
"""
#: Patients of each arm, in the order of the levels.
ARMS = (slice(0, 5), slice(5, 8))


def of_arms(
    model: Compiled, point: Mapping[str, Array], names: tuple[str, ...]
) -> dict[str, Array]:
    values = dict(evaluate(model.program, model.frame, point)[0])
    group = model.program.groups[0]
    whole = values[group.sd][:, None] * cholesky(group, values, 4)
    for arm, levels in enumerate(ARMS):
        at = slice(2 * arm, 2 * arm + 2)
        values[f"chol_{arm}"] = whole[at, at][np.tril_indices(2)]
        values[f"r_{arm}"] = values["r_patient"][levels]
    return {name: np.asarray(values[name]) for name in names}


def test_each_arm_has_its_own_covariance() -> None:
    data, model = patients(), compiled(BY)
    order = model.bound.groupings[0].levels
    assert order == ("p2", "p3", "p5", "p6", "p8", "p1", "p4", "p7")
    patient = pd.Categorical(data["patient"], order).codes
    rates = ([3.0, 2.0], [1.0, 4.0])
    with pm.Model() as by_hand:
        intercept = pm.Normal("Intercept", 3, 2)
        b = pm.Normal("b", 0, 2, shape=1)
        sigma = pm.Exponential("sigma", 1.0)
        effects = []
        for arm, levels in enumerate(ARMS):
            chol, _, _ = pm.LKJCholeskyCov(
                f"chol_{arm}",
                n=2,
                eta=defaults.LKJ_SHAPE,
                sd_dist=pm.Exponential.dist(rates[arm], shape=2),
            )
            shape = (levels.stop - levels.start, 2)
            effects.append(pm.MvNormal(f"r_{arm}", np.zeros(2), chol=chol, shape=shape))
        r = pt.concatenate(effects)
        mu = intercept + b[0] * data["x"].to_numpy()
        mu = mu + r[patient, 0] + r[patient, 1] * data["x"].to_numpy()
        pm.Normal("y", mu, sigma, observed=data["y"])
    names = ("Intercept", "b", "sigma", "chol_0", "chol_1", "r_0", "r_1")
    assert_same(model, by_hand, names, natural=of_arms)


#: Whole models with shared groups: slopes at means, terms of their own beside, three
#: formulas, other families, a form of the user's.
MODELS = {
    "plain": SHARED,
    "stated at means": """
y ~ far + (1 + far |p| patient)
  sigma ~ far + (1 |p| patient)
""",
    "beside": """
y ~ x + (1 |p| patient) + (0 + x + far || patient)
  sigma ~ 1 + (0 + treat || patient) + (1 |p| patient)
""",
    "two ids": """
y ~ x + (1 |p| patient) + (0 + x |q| patient), family=student
  sigma ~ 1 + (1 |q| patient)
  nu ~ 1 + (1 + x |p| patient)
""",
    "without the mean": """
y ~ x + (1 | patient), family=student
  sigma ~ 1 + (1 |p| patient)
  nu ~ 1 + (1 |p| patient)
""",
    "ordinal": """
k ~ x + (1 + x |p| patient), family=ordlogit
  disc ~ 0 + x + (1 |p| patient)
""",
    "centered": """
y ~ far + (1 + far |p| patient), parameterization=centered
  sigma ~ 1 + (1 |p| patient)
""",
    "by": BY,
    "by, stated at means": """
y ~ far + (1 + far | gr(patient, by=treat))
""",
    "by, centered": """
y ~ far + (1 + far | gr(patient, by=treat)), parameterization=centered
""",
    "by, not correlated": """
k ~ x + (1 + x || gr(patient, by=treat)), family=ordlogit
""",
    "by, not correlated, centered": """
k ~ x + (1 + x || gr(patient, by=treat)), family=ordlogit, parameterization=centered
""",
    "by, several terms": """
y ~ x + (1 | gr(patient, by=treat)) + (0 + x + I(x^2) | gr(patient, by=treat))
  prior sd[patient, Intercept:treat[drug]] = 0.4
""",
    "by, shared": """
y ~ far + (1 + far |p| gr(patient, by=treat))
  sigma ~ 1 + (1 |p| gr(patient, by=treat))
""",
    "by, two nested": """
y ~ far + (1 | gr(patient, by=treat)) + (1 | patient:k)
""",
    "by, cells": """
y ~ x + (1 + x | gr(treat:patient, by=treat)) + (1 | patient)
  sigma ~ 1 + (1 | gr(patient, by=treat))
""",
}


@pytest.mark.parametrize(("name", "thorough"), shares(MODELS, 6))
def test_backends_agree(name: str, thorough: bool, tmp_path: Path) -> None:
    patients().to_csv(tmp_path / "case.csv", index=False)
    source = Source(f'data "case.csv"\n{MODELS[name]}', "case.model")
    model = compile_spec(Request(source, base=tmp_path))
    seed = list(MODELS).index(name)
    assert compare(model, tmp_path / "case.csv", seed, thorough) == []
    kernels = [
        f"{form}: {line}"
        for form, program, frame in variants(model)
        for line in compare_kernel(program, frame, seed)
    ]
    assert kernels == []
