"""Monotonic effects: what they mean, beside models written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray

import varying
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import charts, coordinates, evaluate
from varying.compiler.program.interpret.density import (
    evaluate_expression,
    predictor_value,
)
from varying.compiler.program.ir import Frame, Program
from varying.compiler.program.verify import definition_order
from varying.grammar.source import Source

from .harness import BUILT, compare, random_point
from .kernels import compare_kernel
from .test_kernel import differences

Array = NDArray[Any]
LEVELS = ["low", "middle", "high", "top"]


def data() -> pd.DataFrame:
    rng = np.random.default_rng(41)
    rows = 60
    frame = pd.DataFrame(
        {
            "k": rng.permutation(np.arange(rows) % 5 + 3),
            "x": rng.normal(20.0, 4.0, rows).round(2),
            "f": rng.permutation(np.array(["a", "b", "c"])[np.arange(rows) % 3]),
            "g": rng.permutation(np.array([*"pqrst"])[np.arange(rows) % 5]),
            "level": rng.permutation(np.array(LEVELS)[np.arange(rows) % 4]),
        }
    )
    places = frame["level"].map({name: i for i, name in enumerate(LEVELS)})
    steps = np.array([0.0, 6.0, 7.0, 7.5])
    frame["y"] = (steps[places] + rng.normal(0.0, 1.0, rows)).round(3)
    frame["hits"] = rng.poisson(3.0, rows)
    frame["grade"] = rng.permutation(np.arange(rows) % 4)
    return frame


def compiled(text: str, frame: pd.DataFrame | None = None) -> Compiled:
    table = table_from_frame(data() if frame is None else frame)
    return compile_spec(Request(Source(f"{DECLARED}{text}\n"), table))


DECLARED = f"column level: ordered({', '.join(LEVELS)})\n"


def at(
    program: Program, frame: Frame, point: Mapping[str, Array]
) -> tuple[dict[str, Array], float]:
    """The quantities, and the density of the parameters themselves: no Jacobians."""
    values, density = evaluate(program, frame, point)
    for parameter in program.parameters:
        density -= charts.from_unconstrained(
            parameter, np.asarray(point[p(parameter)])
        )[1]
    return values, float(np.real(density))


def p(parameter: Any) -> str:
    return str(parameter.name)


# ---- what it means -------------------------------------------------------------------


def test_the_sums_are_the_definition() -> None:
    """mo(x) = D * (zeta[1] + ... + zeta[x]), and 0 at the first level."""
    found = compiled("y ~ mo(level)*x + mo(k)")
    program = found.lowered
    frame = fill(program, found.prepared.table)
    values, _ = evaluate(
        program, frame, random_point(np.random.default_rng(1), program, frame, 0.7)
    )
    rows, b = data(), np.asarray(values["b"])
    names = list(program.axis("coef").labels or ())
    assert names == ["x", "mo(level)", "mo(k)", "mo(level):x"]

    def mo(place: Array, zeta: Array) -> Array:
        return np.array([len(zeta) * zeta[:at].sum() for at in place])

    level = rows["level"].map({name: i for i, name in enumerate(LEVELS)}).to_numpy()
    k = (rows["k"] - 3).to_numpy()
    x = rows["x"].to_numpy()
    expected = (
        values["Intercept"]
        + b[0] * x
        + b[1] * mo(level, np.asarray(values["simo_mo(level)"]))
        + b[2] * mo(k, np.asarray(values["simo_mo(k)"]))
        + b[3] * x * mo(level, np.asarray(values["simo_mo(level):x"]))
    )
    assert np.asarray(values["mu"]) == pytest.approx(expected, rel=1e-12)


def test_whole_numbers_count_levels_that_no_row_has() -> None:
    frame = data().assign(k=lambda d: d["k"].replace(5, 9))
    found = compiled("y ~ mo(k)", frame)
    (special,) = found.bound.population.specials
    assert special.specials[0].levels == ("3", "4", "5", "6", "7", "8", "9")
    assert np.array_equal(found.frame["k_place"], frame["k"] - 3)


def test_two_levels_are_a_contrast() -> None:
    """There is one step, and nothing of it is estimated."""
    frame = data().assign(two=lambda d: d["k"] % 2)
    one = compiled("y ~ mo(two) + x", frame)
    other = compiled("y ~ x + two", frame)
    names = {c.name for c in coordinates(one.program, one.frame)}
    assert names == {"b", "Intercept_centered", "sigma"}
    found, wanted = (
        [r for r in c.priors if r.target.startswith("b[")][-1] for c in (one, other)
    )
    assert found.prior == wanted.prior


def test_the_default_is_the_same_for_a_reversed_scale() -> None:
    """The prior of the predictor, at the means, does not know which end is first."""
    frame = data()
    text = "y ~ mo(level) + x + f"
    one = compiled(text, frame)
    declared = f"column level: ordered({', '.join(reversed(LEVELS))})\n"
    table = table_from_frame(frame)
    other = compile_spec(Request(Source(f"{declared}{text}\n"), table))
    draws = [predictors(c) for c in (one, other)]
    sds = [found.std(axis=0) for found in draws]
    assert sds[0] == pytest.approx(sds[1], rel=0.08)
    # and its middle is the mean of the responses, not the first level's
    assert draws[0].mean() == pytest.approx(frame["y"].mean(), abs=0.5)


def predictors(found: Compiled) -> Array:
    """Prior draws of the predictor of each row."""
    program, frame = found.program, found.frame
    rng = np.random.default_rng(5)
    derived = {d.name: d.expression for d in program.derived}
    parameters = {q.name: q for q in program.parameters}
    rows = []
    for _ in range(2000):
        values: dict[str, Any] = dict(frame.arrays)
        for name in definition_order(program):
            if name in derived:
                values[name] = evaluate_expression(derived[name], values)
                continue
            one = parameters[name]
            prior = one.prior
            given = {n: evaluate_expression(e, values) for n, e in prior.arguments}
            size = tuple(frame.lengths[axis] for axis in one.axes)
            match prior.distribution:
                case "normal":
                    drawn: Any = rng.normal(given["mu"], given["sigma"], size)
                case "dirichlet":
                    drawn = rng.dirichlet(given["alpha"])
                case _:
                    drawn = rng.exponential(1.0 / given["rate"], size)
            values[name] = np.asarray(drawn)
        rows.append(predictor_value(program.predictors[0], program, frame, values))
    return np.array(rows)


# ---- by hand -------------------------------------------------------------------------

HAND = """y ~ mo(level)*x + mo(k)
  prior Intercept ~ normal(2, 5)
  prior b ~ normal(0, 3)
  prior b[mo(k)] ~ student_t(4, 0, 2)
  prior sigma ~ exponential(1)
  prior simo ~ dirichlet(2)
  prior simo[mo(level)] ~ dirichlet([3, 1, 1])
"""


def by_hand() -> pm.Model:
    rows = data()
    level = rows["level"].map({name: i for i, name in enumerate(LEVELS)}).to_numpy()
    k, x = (rows["k"] - 3).to_numpy(), rows["x"].to_numpy()
    with pm.Model() as model:
        intercept = pm.Normal("Intercept", np.float64(2.0), np.float64(5.0))
        slope = pm.Normal("x", 0.0, np.float64(3.0))
        by_level = pm.Normal("level", 0.0, np.float64(3.0))
        by_k = pm.StudentT("k", nu=np.float64(4.0), mu=0.0, sigma=np.float64(2.0))
        product = pm.Normal("level:x", 0.0, np.float64(3.0))
        sigma = pm.Exponential("sigma", 1.0)
        steps = pm.Dirichlet("steps", np.array([3.0, 1.0, 1.0]))
        own = pm.Dirichlet("own", np.full(3, 2.0))
        of_k = pm.Dirichlet("of_k", np.full(4, 2.0))
        # dummies of being above a step, in place of cumulative sums
        above = (level[:, None] > np.arange(3)).astype(float)
        above_k = (k[:, None] > np.arange(4)).astype(float)
        mu = (
            intercept
            + slope * x
            + by_level * 3.0 * pt.dot(above, steps)
            + by_k * 4.0 * pt.dot(above_k, of_k)
            + product * 3.0 * pt.dot(above, own) * x
        )
        pm.Normal("y", mu, sigma, observed=rows["y"].to_numpy())
    return model


def test_by_hand() -> None:
    found = compiled(HAND)
    program = found.lowered
    frame = fill(program, found.prepared.table)
    hand = by_hand()
    values_of = {rv.name: value for rv, value in hand.rvs_to_values.items()}
    density = hand.compile_fn(
        hand.logp(jacobian=False),
        inputs=hand.value_vars,
        point_fn=False,
        mode=BUILT,
    )
    rng = np.random.default_rng(2)
    for scale in (0.2, 0.7, 1.2):
        point = random_point(rng, program, frame, scale)
        values, ours = at(program, frame, point)
        b = np.asarray(values["b"])
        there = {
            "Intercept": values["Intercept"],
            "x": b[0],
            "level": b[1],
            "k": b[2],
            "level:x": b[3],
            "sigma": np.log(values["sigma"]),
            "steps": _free(values["simo_mo(level)"]),
            "own": _free(values["simo_mo(level):x"]),
            "of_k": _free(values["simo_mo(k)"]),
        }
        order = {values_of[name]: place for name, place in there.items()}
        theirs = float(density(*(order[value] for value in hand.value_vars)))
        assert ours == pytest.approx(theirs, rel=1e-11)


def _free(simplex: Any) -> Array:
    logs = np.log(np.asarray(simplex))
    return np.asarray((logs - logs.mean())[:-1])


# ---- backends ------------------------------------------------------------------------

SPECS = {
    "by a factor": "y ~ 0 + f + mo(level):f + (1 + x | g)",
    "two of them": "y ~ mo(level)*mo(k) + f",
    "a shared shape": "y ~ mo(level, id=s)*f + x",
    "a parameter's": "y ~ x\n  sigma ~ mo(k)*x + (1 | g)",
    "of levels": "y ~ mo(level) + x + (1 + x + mo(level) | g)",
    "of levels of two formulas": "y ~ mo(k) + (1 |a| g)\n"
    "  sigma ~ mo(k) + (1 + mo(k) |a| g)",
    "counts": "hits ~ mo(k) + (1 | g), family=poisson",
    "a latent scale": "grade ~ mo(level)*x, family=ordlogit\n  disc ~ mo(k)",
    "written": "y ~ mo(level)*x\n  prior Intercept ~ half_normal(10)\n"
    "  prior simo ~ dirichlet([1, 2, 3])\n  prior b[x] = 0.2",
    "two levels": "let two = ifelse(k > 5, 1, 0)\ny ~ mo(two) + x + mo(k):x\n"
    "  prior Intercept[mean] ~ normal(0, 10)",
}


@pytest.mark.parametrize("what", SPECS)
def test_backends_agree(what: str, tmp_path: Path) -> None:
    path = tmp_path / "case.csv"
    data().to_csv(path, index=False)
    text = SPECS[what]
    declared = DECLARED + ("column grade: ordered(0..3)\n" if "grade" in text else "")
    source = Source(f'data "case.csv"\n{declared}{text}\n', "case.model")
    found = compile_spec(Request(source, base=tmp_path))
    assert compare(found, path, 3, thorough=False) == []
    assert differences(found, 3) == []


def test_a_fault_in_the_block_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from varying.compiler.program.blocks import Product

    found = compiled("y ~ mo(level)*x")
    assert compare_kernel(found.program, found.frame, 1) == []
    whole = Product.value
    monkeypatch.setattr(Product, "value", lambda *given: 1.01 * whole(*given))
    assert compare_kernel(found.program, found.frame, 1) != []


# ---- fits ----------------------------------------------------------------------------


def test_a_fit_finds_the_steps(tmp_path: Path) -> None:
    model = varying.compile(
        f"""{DECLARED}y ~ mo(level) + (1 | g)
  prior simo[mo(level)] ~ dirichlet(1)
  keep mu
contrast level: high - low
quantity first = simo[mo(level), 1]
test early = simo[mo(level), 1] > 0.5
""",
        data(),
    )
    fit = model.fit(seed=1, draws=500)
    posterior = fit.data["posterior"]
    zeta, b = posterior["simo_mo(level)"], posterior["b"].sel(coef="mo(level)")
    means = zeta.mean(("chain", "draw")).values
    assert means == pytest.approx([0.8, 0.13, 0.07], abs=0.08)
    # the difference of cells is that of the predictor
    derived = fit.data["derived"]
    difference = 3.0 * b * zeta[..., :2].sum(zeta.dims[-1])
    contrast = derived["contrast"].values[..., 0]
    assert contrast == pytest.approx(difference.values, rel=1e-9)
    first = derived["quantity"].values[..., 0]
    assert first == pytest.approx(zeta.values[..., 0], rel=1e-12)
    # Beta(1, 2) has a quarter of its mass above one half
    (test,) = fit.summary().tests if hasattr(fit.summary(), "tests") else (None,)
    if test is not None:
        assert test.prior_probability == pytest.approx(0.25, abs=0.01)
    eta = fit.predict(kind="eta")
    assert eta.values == pytest.approx(posterior["mu"].values, rel=1e-9)
    fit.save(tmp_path / "one.fit")
    again = varying.load(tmp_path / "one.fit")
    assert str(again.summary()) == str(fit.summary())
    assert again.predict(kind="mean").values == pytest.approx(eta.values, rel=1e-9)
    assert np.isfinite(fit.loo().elpd)
