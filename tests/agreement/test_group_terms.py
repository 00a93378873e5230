"""``mm(g, h)`` and ``gr(g, dist=)``, by all backends and by hand in PyMC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats

import varying
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.matrices import matrices_of
from varying.compiler.driver import Request, compile_spec
from varying.compiler.lower import default_priors as defaults
from varying.compiler.passes import for_sampling
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.density import cholesky
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source
from varying.runtime.compare.integrals import density_of_units
from varying.runtime.compare.units import in_front, units_of

from .harness import compare, shares
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


RELATED = """
y ~ x + (1 + x | gr(g, cov=A))
  prior b ~ normal(0, 2)
  prior Intercept ~ normal(3, 2)
  prior sigma ~ exponential(1)
  prior sd ~ exponential(2)
"""


def related() -> pd.DataFrame:
    """A covariance of one school more than there are, in another order."""
    rng = np.random.default_rng([64, 1])
    factor = np.tril(rng.normal(0.0, 0.5, (7, 7)), -1) + np.diag(rng.uniform(0.5, 1, 7))
    order = rng.permutation(7)
    names = [f"s{i}" for i in order]
    return pd.DataFrame((factor @ factor.T)[np.ix_(order, order)], names, names)


def test_effects_of_related_levels() -> None:
    """Of all effects together: a Kronecker product of the two covariances."""
    data, matrix = pupils(), related()
    levels = [f"s{i}" for i in range(SCHOOLS - 1)]
    known = matrix.loc[levels, levels].to_numpy()
    x, level = data["x"].to_numpy(), data["g"].str[1:].astype(int).to_numpy()
    with pm.Model() as by_hand:
        intercept = pm.Normal("Intercept", 3, 2)
        b = pm.Normal("b", 0, 2, shape=1)
        sigma = pm.Exponential("sigma", 1.0)
        chol, _, _ = pm.LKJCholeskyCov(
            "chol", n=2, eta=defaults.LKJ_SHAPE, sd_dist=pm.Exponential.dist([2.0, 2.0])
        )
        own = chol @ chol.T
        whole = known[:, None, :, None] * own[None, :, None, :]
        size = 2 * len(levels)
        r = pm.MvNormal("r_g", np.zeros(size), cov=whole.reshape((size, size)))
        effects = r.reshape((-1, 2))
        mu = intercept + b[0] * x + effects[level, 0] + effects[level, 1] * x
        pm.Normal("y", mu, sigma, observed=data["y"])

    def flat(
        model: Compiled, point: Mapping[str, Array], names: tuple[str, ...]
    ) -> dict[str, Array]:
        values = dict(evaluate(model.program, model.frame, point)[0])
        lower = values["sd_g"][:, None] * cholesky(model.program.groups[0], values, 2)
        values["chol"] = lower[np.tril_indices(2)]
        values["r_g"] = np.ravel(values["r_g"])
        return {name: np.asarray(values[name]) for name in names}

    names = ("Intercept", "b", "sigma", "chol", "r_g")
    known_ = matrices_of({"A": matrix})
    request = Request(Source(RELATED), table_from_frame(data), matrices=known_)
    assert_same(compile_spec(request), by_hand, names, natural=flat)


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (lambda m: m.drop(index="s3", columns="s3"), "no row for levels of `g`: `s3`"),
        (lambda m: m - 2.0 * np.eye(7), "is not positive definite"),
        (lambda m: m + np.triu(np.ones((7, 7)), 1), "is not symmetric"),
        (lambda m: m * np.where(m.index == "s0", np.nan, 1.0), "not finite"),
    ],
)
def test_what_is_no_covariance(
    change: Callable[[pd.DataFrame], pd.DataFrame], phrase: str
) -> None:
    matrices = matrices_of({"A": change(related())})
    with pytest.raises(ModelError) as found:
        compile_spec(
            Request(Source(RELATED), table_from_frame(pupils()), matrices=matrices)
        )
    (fault,) = found.value.diagnostics
    assert fault.rule == "invalid-covariance" and phrase in fault.message


def test_levels_of_another_column_are_left_out() -> None:
    """Effects of rows of several levels stay: those of ``p`` have none here."""
    fit = varying.compile(WEIGHTED, pupils()).fit(
        draws=10, tune=20, chains=1, seed=1, progress=False
    )
    model = fit._origin.compiled
    units = units_of(model, "p")
    assert units.groups == () and units.others == ("mmgh",)
    rows = fit.log_likelihood().transpose("chain", "draw", "row").to_numpy()[0]
    wanted = [rows[:, units.index == k].sum(axis=1) for k in range(units.count)]
    found = density_of_units(model, units, in_front(fit._posterior))
    assert found == pytest.approx(np.stack(wanted), abs=1e-10)
    with pytest.raises(ModelError, match="a row may have several"):
        fit.loo(by="g")


def test_new_levels_have_a_t_distribution() -> None:
    text = (
        "y ~ x + (1 | gr(g, dist=student))\n"
        "  prior sd[g] = 1.5\n  prior df[g] = 3\n  prior sigma = 2\n"
    )
    fit = varying.compile(text, pupils()).fit(
        draws=500, tune=200, chains=2, seed=1, progress=False
    )
    new = pd.DataFrame({"g": [f"new {i}" for i in range(4)], "x": np.zeros(4)})
    with_effects = fit.predict(new, groups="new", kind="eta", seed=2)
    without = fit.predict(new, groups="zero", kind="eta")
    effects = np.ravel((with_effects - without).to_numpy()) / 1.5
    assert stats.kstest(effects, stats.t(3).cdf).pvalue > 1e-3
    assert stats.kstest(effects, stats.norm.cdf).pvalue < 1e-6
    assert np.isfinite(fit.loo(by="g").elpd)


def test_a_stored_fit_has_its_matrix(tmp_path: Path) -> None:
    """Neither the file nor the name is needed to compile the model again."""
    pupils().to_csv(tmp_path / "case.csv", index=False)
    related().to_csv(tmp_path / "A.csv")
    spec = tmp_path / "case.model"
    spec.write_text(
        'data "case.csv"\ny ~ x + (1 | gr(g, cov="A.csv", dist=student))\n', "utf-8"
    )
    fit = varying.compile(spec).fit(draws=20, tune=20, chains=1, seed=1, progress=False)
    fit.save(tmp_path / "case.fit")
    for name in ("A.csv", "case.csv"):
        (tmp_path / name).unlink()
    again = varying.load(tmp_path / "case.fit")
    wanted = fit.predict(kind="mean").to_numpy()
    assert (again.predict(kind="mean").to_numpy() == wanted).all()
    new = pd.DataFrame({"g": ["s1", "new"], "x": [0.0, 0.0]})
    with pytest.raises(ModelError, match="does not say how new levels"):
        again.predict(new, groups="new")
    assert again.predict(new, groups="zero", kind="mean").sizes["row"] == 2


MODELS = {
    "related": """
y ~ far + (1 + far | gr(g, cov="A.csv")) + (1 | mm(g, h, cov="A.csv", dist=student))
""",
    "student, stated at means": """
y ~ far + (1 + far | gr(g, dist=student)) + (1 | mm(a, b, dist=student))
  sigma ~ 1 + (1 | gr(p, dist=student))
  prior sigma.df[p] = 4
""",
    "stated at means": "y ~ far + (1 + far | mm(g, h, weights=cbind(u, v)))",
    "several terms, as they are": """
y ~ x + (1 | mm(g, h, weights=cbind(u, -v), scale=FALSE)) + (1 | p)
      + (0 + x | mm(g, h, weights=cbind(u, -v), scale=FALSE))
""",
    "numbers": "k ~ x + (1 | mm(a, b)), family=ordlogit",
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


@pytest.mark.parametrize(("name", "thorough"), shares(MODELS, 6))
def test_backends_agree(name: str, thorough: bool, tmp_path: Path) -> None:
    pupils().to_csv(tmp_path / "case.csv", index=False)
    related().to_csv(tmp_path / "A.csv")
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
