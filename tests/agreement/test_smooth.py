"""Smooth terms: what they mean, beside models written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

import varying
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import charts, evaluate
from varying.grammar.source import Source

from .harness import BUILT, compare, random_point
from .kernels import compare_kernel
from .test_kernel import differences

Array = NDArray[Any]


def data() -> pd.DataFrame:
    rng = np.random.default_rng(43)
    rows = 60
    x = rng.uniform(0.0, 10.0, rows).round(1)
    frame = pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(2.0, 1.0, rows).round(2),
            "f": rng.permutation(np.array(["a", "b", "c"])[np.arange(rows) % 3]),
            "g": rng.permutation(np.array([*"pqrst"])[np.arange(rows) % 5]),
            "hits": rng.poisson(np.exp(np.sin(x))),
            "grade": rng.permutation(np.arange(rows) % 4),
        }
    )
    frame["y"] = (np.sin(x) + 0.1 * x + rng.normal(0.0, 0.3, rows)).round(3)
    return frame


def compiled(text: str, frame: pd.DataFrame | None = None) -> Compiled:
    table = table_from_frame(data() if frame is None else frame)
    return compile_spec(Request(Source(f"{text}\n"), table))


def test_the_predictor_is_the_definition() -> None:
    """A line about the mean of x, and curves with normal coefficients."""
    found = compiled("y ~ s(x) + s(z, k=4, bs=ts)")
    program = found.lowered
    frame = fill(program, found.prepared.table)
    point = random_point(np.random.default_rng(1), program, frame, 0.7)
    values, _ = evaluate(program, frame, point)
    table, rows = found.prepared.table, data()
    assert program.axis("coef").labels == ("s(x)",)
    assert program.axis("smooth").labels == ("s(x)", "s(z, k = 4, bs = ts)")

    def curves(label: str, first: int, count: int) -> Array:
        names = [f"{label}[{place}]" for place in range(first, first + count)]
        return np.column_stack([table.columns[name].values for name in names])

    x, b, sds = rows["x"].to_numpy(), np.asarray(values["b"]), values["sds"]
    one, two = curves("s(x)", 2, 8), curves("s(z, k = 4, bs = ts)", 1, 3)
    expected = (
        values["Intercept"]
        + b[0] * (x - x.mean())
        + sds[0] * (one @ values["z_s(x)"])
        + sds[1] * (two @ values["z_s(z, k = 4, bs = ts)"])
    )
    assert np.asarray(values["mu"]) == pytest.approx(expected, rel=1e-12)
    # the mean of each curve is 0, and each is known by itself
    for design in (one, two):
        assert design.mean(axis=0) == pytest.approx(0.0, abs=1e-9)
        products = design.T @ design
        assert products == pytest.approx(np.diag(np.diag(products)), abs=1e-8)


# ---- brms ----------------------------------------------------------------------------

BRMS = Path(__file__).parents[1] / "references" / "brms"
#: The formula, and of each part what begins its names, its lines and its curves there.
MODELS = {
    "curve": ("y ~ s(x)", {"": ["s(x)"]}),
    "two": (
        "y ~ s(x, bs=cr, k=6) + s(w, k=5)",
        {"": ["s(x, bs = cr, k = 6)", "s(w, k = 5)"]},
    ),
    "cyclic": ("k ~ s(x, bs=cc, k=7), family=poisson", {"": ["s(x, bs = cc, k = 7)"]}),
    "part": (
        "y ~ s(x, k=6)\n  sigma ~ s(w, k=4)",
        {"": ["s(x, k = 6)"], "sigma": ["s(w, k = 4)"]},
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_log_density_of_brms(name: str) -> None:
    """Of the parameters themselves; curves are those of brms, rotated.

    What is straight in curves of brms is of the line here, whose prior is flat for
    that.
    """
    formula, parts = MODELS[name]
    given = json.loads((BRMS / "smooth.json").read_text())[name]
    rows = pd.read_csv(BRMS / "smooth.csv")
    columns = {key: np.array(one, float) for key, one in given["columns"].items()}

    def of(part: str, text: str, number: int) -> str:
        return f"{text}_{part}_{number}_1" if part else f"{text}_{number}_1"

    found = compiled(formula, rows)
    table = found.prepared.table
    text = f"{formula}\n"
    lines: dict[str, Array] = {}
    for part in parts:
        before = f"{part}." if part else ""
        location = "normal(0, 1)" if part else "normal(1, 2)"
        text += f"  prior {before}Intercept ~ {location}\n"
        text += f"  prior {before}sds ~ half_student_t(3, 2.5)\n"
        lines[part] = columns[f"Xs_{part}" if part else "Xs"].reshape(len(rows), -1)
        if lines[part].shape[1]:
            text += f"  prior {before}b ~ flat\n"
    if "sigma" not in parts and "poisson" not in formula:
        text += "  prior sigma ~ exponential(1)\n"
    model = compiled(text, rows)
    program = model.lowered
    frame = fill(program, model.prepared.table)
    for theirs in given["points"]:
        values = {key: np.array(one, float) for key, one in theirs["values"].items()}
        point: dict[str, Array] = {}
        wanted = theirs["log_density"]
        for part, labels in parts.items():
            own, end = (f"{part}_", f"_{part}") if part else ("", "")
            point[f"{own}Intercept"] = values[f"Intercept{end}"]
            steps = np.atleast_1d(values.get(f"bs{end}", np.empty(0)))
            wanted -= norm(0.0, 3.0).logpdf(steps).sum()
            slopes, scales = [], []
            for number, label in enumerate(labels, start=1):
                scales.append(values[of(part, "sds", number)])
                curves = frame[f"{own}X_{label}"]
                brms_curves = columns[of(part, "Zs", number)]
                weights = values[of(part, "zs", number)]
                if len(steps):
                    line = table.columns[f"{label}[1]"].values
                    whole = lines[part][:, number - 1] * steps[number - 1]
                    whole = whole + scales[-1] * (brms_curves @ weights)
                    slopes.append(float(line @ whole / (line @ line)))
                    brms_curves = brms_curves - np.outer(
                        line, line @ brms_curves / (line @ line)
                    )
                turn, *_ = np.linalg.lstsq(curves, brms_curves)
                assert turn @ turn.T == pytest.approx(np.eye(len(turn)), abs=1e-9)
                point[f"{own}z_{label}"] = turn @ weights
            if slopes:
                point[f"{own}b"] = np.array(slopes)
            point[f"{own}sds"] = np.log(np.ravel(scales))
        if "sigma" in values:
            point["sigma"] = np.log(values["sigma"])
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= charts.from_unconstrained(one, np.asarray(point[one.name]))[1]
        assert density == pytest.approx(wanted, rel=1e-10)


# ---- by hand -------------------------------------------------------------------------

HAND = """y ~ s(x, bs=cr) + w
  prior Intercept ~ normal(1, 2)
  prior b[s(x, bs=cr)] ~ flat
  prior b[w] ~ normal(0, 1)
  prior sds ~ exponential(0.5)
  prior sigma ~ exponential(1)
"""


def test_by_hand() -> None:
    """In PyMC, with the columns that mgcv made: our curves are these, rotated."""
    mgcv = json.loads((BRMS.parent / "smooths.json").read_text())
    (case,) = (
        c for c in mgcv["cases"] if (c["data"], c["bs"], c["k"]) == ("few", "cr", 10)
    )
    their_line, their_curves = np.array(case["line"]), np.array(case["random"])
    x = np.array(mgcv["data"]["few"])
    w, y = np.cos(np.arange(len(x))), np.sin(x) + 1.0
    with pm.Model() as hand:
        intercept = pm.Normal("Intercept", np.float64(1.0), np.float64(2.0))
        slope = pm.Flat("line")
        of_w = pm.Normal("w", 0.0, 1.0)
        sds = pm.Exponential("sds", np.float64(0.5))
        weights = pm.Normal("weights", 0.0, 1.0, shape=their_curves.shape[1])
        sigma = pm.Exponential("sigma", 1.0)
        curve = slope * their_line + pt.dot(their_curves, sds * weights)
        pm.Normal("y", intercept + of_w * w + curve, sigma, observed=y)
    values_of = {rv.name: value for rv, value in hand.rvs_to_values.items()}
    density = hand.compile_fn(
        hand.logp(jacobian=False), inputs=hand.value_vars, point_fn=False, mode=BUILT
    )
    found = compiled(HAND, pd.DataFrame({"x": x, "w": w, "y": y}))
    program = found.lowered
    frame = fill(program, found.prepared.table)
    line = frame["X"][:, 0]
    own = frame["X_s(x, bs = cr)"]
    straight = line @ their_curves / (line @ line)
    turn, *_ = np.linalg.lstsq(their_curves - np.outer(line, straight), own)
    rng = np.random.default_rng(2)
    for scale in (0.2, 0.7, 1.2):
        point = random_point(rng, program, frame, scale)
        values, ours = evaluate(program, frame, point)
        for one in program.parameters:
            ours -= charts.from_unconstrained(one, np.asarray(point[one.name]))[1]
        theirs = turn @ values["z_s(x, bs = cr)"]
        rest = values["b"][0] - values["sds"][0] * (straight @ theirs)
        there = {
            "Intercept": values["Intercept"],
            "line": rest * (line @ line) / (line @ their_line),
            "w": values["b"][1],
            "sds": np.log(values["sds"][0]),
            "weights": theirs,
            "sigma": np.log(values["sigma"]),
        }
        order = {values_of[name]: place for name, place in there.items()}
        wanted = float(density(*(order[value] for value in hand.value_vars)))
        assert ours == pytest.approx(wanted, rel=1e-10)


# ---- backends ------------------------------------------------------------------------

SPECS = {
    "two of them": "y ~ s(x) + s(z, bs=cr, k=5) + f",
    "beside a group": "y ~ s(x, k=6) + (1 + x | g)",
    "a parameter's": "y ~ s(x, bs=cc)\n  sigma ~ s(z, k=4) + (1 | g)",
    "without an intercept": "y ~ 0 + f + s(x, bs=ts, k=5)",
    "by levels": "y ~ f + s(x, by=f, k=5) + (1 | g)",
    "by a number": "y ~ s(x, by=z, k=6)\n  sigma ~ z + s(x, by=z, k=4, bs=cc)",
    "counts": "hits ~ s(x) + (1 | g), family=poisson",
    "a latent scale": "grade ~ s(x, k=5) + z, family=ordlogit\n  disc ~ s(z, k=4)",
    "written": "y ~ s(x) + s(z, k=4)\n  prior sds ~ half_student_t(3, 2.5)\n"
    "  prior sds[s(z, k=4)] = 0.5\n  prior b[s(x)] ~ normal(0, 1)",
    "a curve's parameter": "y ~ a + b * z, nl=true\n  a ~ s(x)\n  b ~ 1\n"
    "  prior a.Intercept ~ normal(0, 2)\n  prior b ~ normal(0, 1)",
    "of two responses": "mvbind(y, z) ~ s(x, k=5), rescor=true",
}


@pytest.mark.parametrize("what", SPECS)
def test_backends_agree(what: str, tmp_path: Path) -> None:
    path = tmp_path / "case.csv"
    data().to_csv(path, index=False)
    text = SPECS[what]
    declared = "column grade: ordered(0..3)\n" if "grade" in text else ""
    source = Source(f'data "case.csv"\n{declared}{text}\n', "case.model")
    found = compile_spec(Request(source, base=tmp_path))
    assert compare(found, path, 3, thorough=False) == []
    assert differences(found, 3) == []


def test_a_fault_in_the_block_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from varying.compiler.program.blocks import Basis

    found = compiled("y ~ s(x)")
    assert compare_kernel(found.program, found.frame, 1) == []
    whole = Basis.value
    monkeypatch.setattr(Basis, "value", lambda *given: 1.01 * whole(*given))
    assert compare_kernel(found.program, found.frame, 1) != []


# ---- fits ----------------------------------------------------------------------------


def test_a_fit_draws_the_curve(tmp_path: Path) -> None:
    text = """y ~ s(x, k=8) + f + (1 | g)
quantity twice = 2 * sds[s(x, k=8)]
means at = x, x=[3, 6]
slope steep = x, x=[3]
contrast between = x: 6 - 3
"""
    fit = varying.compile(text, data()).fit(seed=1, draws=150, tune=300, chains=2)
    posterior, inner = fit.data["posterior"], fit.data["unconstrained"]
    state = fit._origin.compiled.prepared.computed[0].state
    weights = posterior["sds"].values * inner["z_s(x, k = 8)"].values

    def curve(x: float) -> Array:
        line, *curves = state.columns(np.array([x]), None)
        own = weights @ np.concatenate(curves)
        return np.asarray(posterior["b"].values[..., 0] * line[0] + own)

    derived = fit.data["derived"]
    twice = derived["quantity"].values[..., 0]
    assert twice == pytest.approx(2.0 * posterior["sds"].values[..., 0])
    levels = posterior["b"].values[..., 1:].sum(axis=-1) / 3.0
    means = derived["means"].values
    for place, x in enumerate((3.0, 6.0)):
        wanted = posterior["Intercept"].values + levels + curve(x)
        assert means[..., place] == pytest.approx(wanted, rel=1e-9)
    between = derived["contrast"].values[..., 0]
    assert between == pytest.approx(curve(6.0) - curve(3.0), rel=1e-9)
    tangent = (curve(3.0 + 1e-4) - curve(3.0 - 1e-4)) / 2e-4
    slope = derived["slope"].values[..., 0]
    assert slope == pytest.approx(tangent, abs=1e-5 * np.abs(tangent).max())
    # straight beyond the data, of a stored fit too
    fit.save(tmp_path / "one.fit")
    rows = pd.DataFrame({"x": [-1.0, 12.0, 13.0, 15.0], "f": "a"})
    for one in (fit, varying.load(tmp_path / "one.fit")):
        with pytest.warns(UserWarning, match="extrapolates"):
            eta = one.predict(rows, kind="eta", groups="population").values
        assert eta[..., 0] == pytest.approx(
            posterior["Intercept"].values + curve(-1.0), rel=1e-9
        )
        steps = np.diff(eta[..., 1:], axis=-1)
        assert steps[..., 1] == pytest.approx(2.0 * steps[..., 0], rel=1e-6)
