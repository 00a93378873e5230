"""Models written by hand in PyMC, in its own idioms: the same density.

The hand-written models have other coordinates (``LKJCholeskyCov``, effects that are
not standardised, an intercept at 0). Densities are compared after the Jacobian of the
map from the program's coordinates to theirs, taken by complex step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.lower import default_priors as defaults
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.density import cholesky
from varying.grammar.source import Source

from .harness import BUILT, by_graph, random_point

Array = NDArray[Any]

PEOPLE, ITEMS, TOP = 6, 3, 6


def ratings() -> pd.DataFrame:
    """Six people in a 2 x 2 design, three ratings a cell."""
    rng = np.random.default_rng(12)
    rows = [
        (f"p{i}", block, cs)
        for i in range(PEOPLE)
        for block in ("early", "late")
        for cs in ("CS-", "CS+")
        for _ in range(ITEMS)
    ]
    data = pd.DataFrame(rows, columns=["subj", "block", "cs"])
    data["rating"] = rng.integers(0, TOP + 1, len(data))
    data["x"] = rng.normal(20.0, 3.0, len(data))
    data["y"] = rng.normal(300.0, 40.0, len(data))
    return data


RATINGS = f"""
column block: factor(early, late), contrast=simple
column cs: factor("CS-", "CS+"), contrast=simple
column rating: ordered(0..{TOP})
rating ~ block*cs + (1 + block*cs | subj), family=ordlogit
  prior threshold ~ normal(0, 3)
"""
NORMAL = "y ~ x + (1 + x || subj)"


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(ratings())))


def natural(
    model: Compiled, point: Mapping[str, Array], names: tuple[str, ...]
) -> dict[str, Array]:
    """Return the quantities that the hand-written model samples."""
    values = dict(evaluate(model.program, model.frame, point)[0])
    group = model.program.groups[0]
    if group.correlations:
        sd = values[group.sd]
        factor = sd[:, None] * cholesky(group, values, len(sd))
        values["chol"] = factor[np.tril_indices(len(sd))]
    return {name: np.asarray(values[name]) for name in names}


Natural = Callable[[Compiled, Mapping[str, Array], tuple[str, ...]], dict[str, Array]]


def log_determinant(
    model: Compiled,
    point: Mapping[str, Array],
    names: tuple[str, ...],
    natural: Natural = natural,
) -> float:
    columns = []
    for name, value in point.items():
        for place in np.ndindex(*np.shape(value)):
            moved = {k: np.asarray(v, dtype=complex) for k, v in point.items()}
            moved[name][place] += 1e-30j
            there = natural(model, moved, names)
            columns.append(
                np.concatenate([np.imag(there[n]).ravel() / 1e-30 for n in names])
            )
    return float(np.linalg.slogdet(np.column_stack(columns))[1])


def assert_same(
    model: Compiled,
    by_hand: pm.Model,
    names: tuple[str, ...],
    constant: float = 0.0,
    natural: Natural = natural,
) -> None:
    graph = by_graph(model.program, model.frame)
    density = by_hand.compile_fn(
        by_hand.logp(jacobian=False),
        inputs=by_hand.value_vars,
        point_fn=False,
        mode=BUILT,
        on_unused_input="ignore",
    )
    transforms = by_hand.rvs_to_transforms
    rng = np.random.default_rng(3)
    for scale in (0.2, 0.7, 1.2):
        point = random_point(rng, model.program, model.frame, scale)
        there = natural(model, point, names)
        inputs = []
        for rv, value in by_hand.rvs_to_values.items():
            if rv not in by_hand.free_RVs:
                continue
            at = pt.as_tensor_variable(np.real(there[rv.name]))
            if transforms[rv] is not None:
                at = transforms[rv].forward(at, *rv.owner.inputs)
            inputs.append((value, at.eval(mode="FAST_COMPILE")))
        order = {value: at for value, at in inputs}
        found = float(density(*(order[value] for value in by_hand.value_vars)))
        wanted = graph(point).density - log_determinant(model, point, names, natural)
        size = max(1.0, abs(wanted))
        assert abs(found + constant - wanted) < 1e-7 * size


def test_the_ratings_model() -> None:
    data = ratings()
    block = np.where(data["block"] == "late", 0.5, -0.5)
    cs = np.where(data["cs"] == "CS+", 0.5, -0.5)
    X = np.column_stack([block, cs, block * cs])
    Z = np.column_stack([np.ones(len(data)), X])
    subj = pd.Categorical(data["subj"]).codes
    with pm.Model() as by_hand:
        b = pm.Normal("b", 0, [defaults.EFFECT_WIDTH] * 3, shape=3)
        threshold = pm.Normal(
            "threshold", 0, 3, shape=TOP, transform=pm.distributions.transforms.ordered
        )
        chol, _, _ = pm.LKJCholeskyCov(
            "chol",
            n=4,
            eta=defaults.LKJ_SHAPE,
            sd_dist=pm.Exponential.dist(1.0, shape=4),
            compute_corr=True,
        )
        z = pm.Normal("z_subj", 0, 1, shape=(PEOPLE, 4))
        r = z @ chol.T
        eta = X @ b + (Z * r[subj]).sum(axis=1)
        pm.OrderedLogistic(
            "rating", eta=eta, cutpoints=threshold, observed=data["rating"].to_numpy()
        )
    # independent draws in order: each order is as likely as another
    constant = math.lgamma(TOP + 1)
    model = compiled(RATINGS)
    assert_same(model, by_hand, ("b", "threshold", "chol", "z_subj"), constant)


def test_thresholds_that_vary() -> None:
    """Each person has the middle of all, and distances of her own."""
    data = ratings()
    subj, observed = pd.Categorical(data["subj"]).codes, data["rating"].to_numpy()
    x = np.where(data["block"] == "late", 0.5, -0.5)
    with pm.Model() as by_hand:
        b = pm.Normal("b", 0, 1, shape=1)
        threshold = pm.Normal(
            "threshold", 0, 3, shape=TOP, transform=pm.distributions.transforms.ordered
        )
        sd = pm.Exponential("sd_subj", 1.0, shape=1)
        z = pm.Normal("z_subj", 0, 1, shape=(PEOPLE, 1))
        spread = pm.HalfNormal("threshold_sd", defaults.DPAR_GROUP_SD)
        away = pm.Normal("threshold_z", 0, 1, shape=PEOPLE * (TOP - 1))
        gaps = pt.diff(threshold) * pt.exp(spread * away.reshape((PEOPLE, TOP - 1)))
        places = pt.concatenate(
            [pt.zeros((PEOPLE, 1)), pt.cumsum(gaps, axis=1)], axis=1
        )
        low, high = TOP // 2 - 1, TOP // 2
        middle = 0.5 * (threshold[low] + threshold[high])
        own = middle + places - 0.5 * (places[:, [low]] + places[:, [high]])
        eta = b[0] * x + (sd * z)[subj, 0]
        far, rows = pt.full((len(data), 1), 1e8), np.arange(len(data))
        above = pt.concatenate([own[subj], far], axis=1)[rows, observed] - eta
        below = pt.concatenate([-far, own[subj]], axis=1)[rows, observed] - eta
        chosen = pt.log1mexp(below - above) - pt.softplus(-above) - pt.softplus(below)
        pm.Potential("rating", chosen.sum())
    text = (
        f"column rating: ordered(0..{TOP})\n"
        "column block: factor(early, late), contrast=simple\n"
        "rating ~ block + (1 | subj), family=ordlogit\n  threshold ~ (1 | subj)\n"
        "  prior threshold ~ normal(0, 3)\n  prior b ~ normal(0, 1)\n"
    )
    names = ("b", "threshold", "sd_subj", "z_subj", "threshold_sd", "threshold_z")
    assert_same(compiled(text), by_hand, names, math.lgamma(TOP + 1))


def test_a_normal_model() -> None:
    data = ratings()
    x, y = data["x"].to_numpy(), data["y"].to_numpy()
    subj = pd.Categorical(data["subj"]).codes
    m, s, c = y.mean(), y.std(ddof=1), x.std(ddof=1)
    with pm.Model() as by_hand:
        b = pm.Normal("b", 0, defaults.EFFECT_WIDTH * s / c, shape=1)
        intercept = pm.Normal(
            "Intercept", m - x.mean() * b[0], defaults.INTERCEPT_WIDTH * s
        )
        sd = pm.Exponential("sd_subj", [1 / s, c / s], shape=2)
        r = pm.Normal("r_subj", 0, sd, shape=(PEOPLE, 2))
        sigma = pm.Exponential("sigma", 1 / s)
        mu = intercept + b[0] * x + r[subj, 0] + r[subj, 1] * x
        pm.Normal("y", mu, sigma, observed=y)
    names = ("b", "Intercept", "sd_subj", "r_subj", "sigma")
    assert_same(compiled(NORMAL), by_hand, names)


def test_a_curve_that_is_not_linear() -> None:
    data = ratings()
    plus = np.where(data["cs"] == "CS+", 0.5, -0.5)
    subj = pd.Categorical(data["subj"]).codes
    x, y = data["x"].to_numpy(), data["y"].to_numpy()
    with pm.Model() as by_hand:
        a = pm.Normal("a_Intercept", 350, 60)
        sd = pm.HalfNormal("a_sd_subj", 20, shape=1)
        z = pm.Normal("a_z_subj", 0, 1, shape=(PEOPLE, 1))
        k = pm.LogNormal("k_Intercept", -4.0, 0.5)
        b = pm.Normal("k_b", 0, 0.01, shape=1)
        sigma = pm.HalfNormal("sigma", 40)
        top = a + sd[0] * z[subj, 0]
        rate = k + b[0] * plus
        pm.Normal("y", top * pt.exp(-rate * x) + 10.0, sigma, observed=y)
    text = """
column cs: factor("CS-", "CS+"), contrast=simple
y ~ a * exp(-k * x) + 10, nl=true
  a ~ 1 + (1 | subj)
  k ~ cs
  prior a ~ normal(350, 60)
  prior a.sd[subj] ~ half_normal(20)
  prior k.Intercept ~ lognormal(-4, 0.5)
  prior k.b[cs] ~ normal(0, 0.01)
  prior sigma ~ half_normal(40)
"""
    names = tuple(rv.name for rv in by_hand.free_RVs)
    assert_same(compiled(text), by_hand, names)


def test_formulas_that_calculate_with_the_same() -> None:
    data = ratings()
    subj = pd.Categorical(data["subj"]).codes
    x, y = data["x"].to_numpy(), data["y"].to_numpy()
    with pm.Model() as by_hand:
        a = pm.Normal("a_Intercept", 350, 60)
        sd = pm.HalfNormal("a_sd_subj", 20, shape=1)
        z = pm.Normal("a_z_subj", 0, 1, shape=(PEOPLE, 1))
        loglife = pm.Normal("loglife_Intercept", 4, 0.5)
        c = pm.Normal("c_Intercept", -2, 1)
        b = pm.Normal("c_b", 0, 0.1, shape=1)
        top = a + sd[0] * z[subj, 0]
        half = 2.0 ** (-1.0 / pt.exp(loglife))
        mu = top * half**x
        sigma = abs(mu) * pt.exp(c + b[0] * (x - 20.0))
        pm.Normal("y", mu, sigma, observed=y)
    text = """
let z = x - 20
y ~ m, nl=true
  m ~ a * half^x, nl=true
  half ~ 2^(-1 / exp(loglife)), nl=true
  a ~ 1 + (1 | subj)
  loglife ~ 1
  sigma ~ log(abs(m)) + c, nl=true
  c ~ z
  prior a ~ normal(350, 60)
  prior a.sd[subj] ~ half_normal(20)
  prior loglife ~ normal(4, 0.5)
  prior c.Intercept ~ normal(-2, 1)
  prior c.b ~ normal(0, 0.1)
"""
    names = tuple(rv.name for rv in by_hand.free_RVs)
    assert_same(compiled(text), by_hand, names)


def test_correlated_residuals() -> None:
    """With PyMC's multivariate normal, and one correlation of its LKJ prior."""
    data = ratings()
    model = compiled("mvbind(y, x) ~ block + (1 |p| subj), rescor=true")
    late = np.where(data["block"] == "late", 1.0, 0.0)
    very = late - late.mean()
    subj = pd.Categorical(data["subj"]).codes
    observed = data[["y", "x"]].to_numpy(float)
    numbers = {one.name: one.prior for one in model.program.parameters}

    def of(name: str, argument: str) -> Any:
        return dict(numbers[name].arguments)[argument].value  # type: ignore[union-attr]

    with pm.Model() as by_hand:
        means, sigmas, sds = [], [], []
        for name in ("y", "x"):
            at = of(f"{name}_Intercept_centered", "mu")
            wide = of(f"{name}_Intercept_centered", "sigma")
            intercept = pm.Normal(f"{name}_Intercept_centered", at, wide)
            b = pm.Normal(f"{name}_b", 0.0, of(f"{name}_b", "sigma"), shape=1)
            sigmas.append(pm.Exponential(f"{name}_sigma", of(f"{name}_sigma", "rate")))
            means.append(intercept + b[0] * very)
        rates = np.broadcast_to(of("y_sd_subj", "rate"), (2,))
        sds = pm.Exponential("y_sd_subj", rates, shape=2)
        z = pm.Normal("y_z_subj", 0.0, 1.0, shape=(PEOPLE, 2))
        p = pm.Beta("y_pcor_subj", defaults.LKJ_SHAPE, defaults.LKJ_SHAPE, shape=1)
        q = pm.Beta("pcor_rescor", defaults.LKJ_SHAPE, defaults.LKJ_SHAPE)
        r, rho = 2.0 * p[0] - 1.0, 2.0 * q - 1.0
        effects = pt.stack(
            [
                sds[0] * z[:, 0],
                sds[1] * (r * z[:, 0] + pt.sqrt(1.0 - r**2) * z[:, 1]),
            ],
            axis=1,
        )
        mu = pt.stack(means, axis=1) + effects[subj]
        one, other = sigmas
        both = rho * one * other
        covariance = pt.stacklists([[one**2, both], [both, other**2]])
        pm.MvNormal("rows", mu=mu, cov=covariance, observed=observed)
    names = tuple(rv.name for rv in by_hand.free_RVs)
    assert_same(model, by_hand, names)
