"""``mm(g, h)`` and ``gr(g, dist=)``, by all backends and by hand in PyMC."""

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
from varying.compiler.passes import for_sampling
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.density import cholesky
from varying.grammar.source import Source

from .harness import compare
from .kernels import compare_kernel, variants
from .test_by_hand import Array, assert_same

SCHOOLS = 6


def pupils() -> pd.DataFrame:
    """Forty pupils in two of six schools; the last column has another spelling."""
    rng = np.random.default_rng([64, 0])
    first = rng.integers(0, SCHOOLS - 1, 40)
    second = rng.integers(1, SCHOOLS, 40)
    data = pd.DataFrame({"g": [f"s{i}" for i in first], "h": [f"s{i}" for i in second]})
    data["a"], data["b"] = 10 * first, 10 * second
    data["u"] = rng.uniform(0.1, 2.0, 40).round(2)
    data["v"] = rng.uniform(0.1, 2.0, 40).round(2)
    data["x"] = rng.normal(0.0, 1.0, 40)
    data["far"] = rng.normal(40.0, 2.0, 40)
    data["y"] = rng.normal(3.0, 2.0, 40)
    data["k"] = rng.integers(0, 4, 40)
    data["p"] = np.arange(40) % 5
    return data


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(pupils())))


WEIGHTED = """
y ~ x + (1 + x || mm(g, h, weights=cbind(u, v)))
  prior b ~ normal(0, 2)
  prior Intercept ~ normal(3, 2)
  prior sigma ~ exponential(1)
  prior sd ~ exponential(2)
"""


def test_weighted_sums_of_effects() -> None:
    data = pupils()
    x, total = data["x"].to_numpy(), (data["u"] + data["v"]).to_numpy()
    first, second = (data[name].str[1:].astype(int).to_numpy() for name in ("g", "h"))
    with pm.Model() as by_hand:
        intercept = pm.Normal("Intercept", 3, 2)
        b = pm.Normal("b", 0, 2, shape=1)
        sigma = pm.Exponential("sigma", 1.0)
        sd = pm.Exponential("sd_mmgh", 2.0, shape=2)
        r = pm.Normal("r_mmgh", 0.0, sd, shape=(SCHOOLS, 2))
        effects = r[:, 0][:, None] + r[:, 1][:, None] * x
        rows = np.arange(len(x))
        own = effects[first, rows] * data["u"].to_numpy() / total
        own = own + effects[second, rows] * data["v"].to_numpy() / total
        pm.Normal("y", intercept + b[0] * x + own, sigma, observed=data["y"])
    names = ("Intercept", "b", "sigma", "sd_mmgh", "r_mmgh")
    assert_same(compiled(WEIGHTED), by_hand, names)


STUDENT = """
y ~ x + (1 + x | gr(g, dist=student))
  prior b ~ normal(0, 2)
  prior Intercept ~ normal(3, 2)
  prior sigma ~ exponential(1)
  prior sd ~ exponential(2)
  prior df[g] ~ gamma(2, 0.2, lb=1)
"""


def of_levels(
    model: Compiled, point: Mapping[str, Array], names: tuple[str, ...]
) -> dict[str, Array]:
    """Return what the model by hand samples: variances as inverse chi-squared."""
    values = dict(evaluate(model.program, model.frame, point)[0])
    values["u"] = values["mix_g"] / values["df_g"]
    lower = values["sd_g"][:, None] * cholesky(model.program.groups[0], values, 2)
    values["chol"] = lower[np.tril_indices(2)]
    return {name: np.asarray(values[name]) for name in names}


def test_effects_with_a_t_distribution() -> None:
    """A multivariate t by its definition: normals over the root of a chi-squared."""
    data = pupils()
    x, level = data["x"].to_numpy(), data["g"].str[1:].astype(int).to_numpy()
    with pm.Model() as by_hand:
        intercept = pm.Normal("Intercept", 3, 2)
        b = pm.Normal("b", 0, 2, shape=1)
        sigma = pm.Exponential("sigma", 1.0)
        df = pm.Truncated("df_g", pm.Gamma.dist(2.0, 0.2), lower=1.0)
        u = pm.InverseGamma("u", 0.5 * df, 0.5, shape=SCHOOLS - 1)
        chol, _, _ = pm.LKJCholeskyCov(
            "chol", n=2, eta=defaults.LKJ_SHAPE, sd_dist=pm.Exponential.dist([2.0, 2.0])
        )
        scale = pt.sqrt(df * u)[:, None, None] * chol
        r = pm.MvNormal("r_g", np.zeros(2), chol=scale, shape=(SCHOOLS - 1, 2))
        mu = intercept + b[0] * x + r[level, 0] + r[level, 1] * x
        pm.Normal("y", mu, sigma, observed=data["y"])
    names = ("Intercept", "b", "sigma", "df_g", "u", "chol", "r_g")
    assert_same(compiled(STUDENT), by_hand, names, natural=of_levels)


MODELS = {
    "student": STUDENT,
    "student, stated at means": """
y ~ far + (1 + far | gr(g, dist=student)) + (1 | mm(a, b, dist=student))
  sigma ~ 1 + (1 | gr(p, dist=student))
  prior sigma.df[p] = 4
""",
    "weighted": WEIGHTED,
    "equal": "k ~ x + (1 | mm(g, h)), family=ordlogit",
    "stated at means": "y ~ far + (1 + far | mm(g, h, weights=cbind(u, v)))",
    "several terms, as they are": """
y ~ x + (1 | mm(g, h, weights=cbind(u, -v), scale=FALSE)) + (1 | p)
      + (0 + x | mm(g, h, weights=cbind(u, -v), scale=FALSE))
""",
    "numbers": "k ~ x + (1 | mm(a, b)), family=poisson",
    "shared": """
y ~ x + (1 |q| mm(g, h))
  sigma ~ 1 + (1 |q| mm(g, h))
""",
    "centered": "y ~ far + (1 + far | mm(g, h)), parameterization=centered",
    "several responses": "mvbind(y, far) ~ x + (1 |q| mm(g, h)), rescor=true",
    "not linear": """
y ~ a1 * exp(-x), nl=true
  a1 ~ 1 + (1 | mm(g, h))
  prior a1 ~ normal(0, 1)
""",
}


@pytest.mark.parametrize("name", MODELS)
def test_backends_agree(name: str, tmp_path: Path) -> None:
    pupils().to_csv(tmp_path / "case.csv", index=False)
    source = Source(f'data "case.csv"\n{MODELS[name]}', "case.model")
    model = compile_spec(Request(source, base=tmp_path))
    seed = list(MODELS).index(name)
    assert compare(model, tmp_path / "case.csv", seed) == []
    kernels = [
        f"{form}: {line}"
        for form, program, frame in variants(model)
        for line in compare_kernel(program, frame, seed)
    ]
    assert kernels == []


def test_levels_are_those_of_all_columns() -> None:
    model = compiled("y ~ x + (1 | mm(g, h))")
    (grouping,) = model.bound.groupings
    assert grouping.levels == ("s0", "s1", "s2", "s3", "s4", "s5")
    assert grouping.name == "mmgh"
    weights = model.frame["mmgh_weight"]
    assert (weights == 0.5).all() and weights.shape == (40, 2)
    scaled = compiled(WEIGHTED).frame["mmgh_weight"]
    data = pupils()
    assert scaled[:, 0] == pytest.approx(data["u"] / (data["u"] + data["v"]))


def test_equal_rows_are_merged_with_their_levels() -> None:
    """Rows of the same levels and weights are one, those of other weights are not."""
    data = pd.concat([pupils()] * 2, ignore_index=True)
    data["x"] = 1.0 * (data["p"] > 2)
    text = "k ~ x + (1 | mm(g, h)), family=poisson"
    model = compile_spec(Request(Source(text), table_from_frame(data)))
    program, frame = for_sampling(model.program, model.frame)
    whole = len(data[["g", "h", "x", "k"]].drop_duplicates())
    assert frame.lengths[program.likelihood.rows] == whole
