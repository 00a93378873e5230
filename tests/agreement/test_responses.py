"""Several responses in one model: the densities of each, and of all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.passes import for_kernel, for_sampling
from varying.compiler.program.interpret import coordinates, evaluate
from varying.grammar.source import Source

from ..strategies import Case
from .harness import compare, compare_cells, random_point
from .kernels import compare_kernel, variants

Rng = np.random.Generator

#: Left sides with a family, and what stands beside them.
OUTCOMES = {
    "speed": ("", "gaussian"),
    "size": ("", "lognormal"),
    "heavy": ("", "student"),
    "count": ("", "poisson"),
    "rated": (" | rate(n)", "negbinomial"),
    "hits": (" | trials(10)", "binomial"),
    "done": ("", "bernoulli"),
    "grade": ("", "ordlogit"),
}
TERMS = ("x", "f", "x*f", "0 + f", "x + (1 | g)", "x + (1 + x | g)", "f + (1 | g/f)")
SHARED = ("x + (1 |p| g)", "f + (1 + x |p| g)", "x + (0 + x |p| g)")


def data(rng: Rng, rows: int = 36) -> pd.DataFrame:
    normal = rng.normal(size=(rows, 3))
    return pd.DataFrame(
        {
            "x": rng.normal(3.0, 2.0, rows),
            "f": rng.permutation(np.array(["a", "b", "c"])[np.arange(rows) % 3]),
            "g": [f"g{k}" for k in rng.permutation(np.arange(rows) % 6)],
            "n": rng.uniform(0.5, 3.0, rows),
            "w": rng.uniform(0.0, 2.0, rows),
            "speed": normal[:, 0] + rng.normal(size=rows),
            "heavy": normal[:, 0] + rng.standard_t(4, rows),
            "other": normal[:, 1] - normal[:, 0],
            "third": 10.0 * normal[:, 2] + normal[:, 1],
            "size": rng.lognormal(size=rows),
            "count": rng.poisson(2.0, rows),
            "rated": rng.poisson(4.0, rows),
            "hits": rng.binomial(10, 0.4, rows),
            "done": rng.permutation(np.arange(rows) % 2),
            "grade": rng.permutation(np.arange(rows) % 4),
        }
    )


def random_models(seed: int) -> Case:
    """Return a random model of two or three responses."""
    rng = np.random.default_rng([41, seed])

    def pick(items: Sequence[str]) -> str:
        return items[int(rng.integers(len(items)))]

    if seed % 3 == 2:
        return Case(seed, _coupled(rng, pick), data(rng), frozenset())
    names = [list(OUTCOMES)[i] for i in rng.permutation(len(OUTCOMES))[:2]]
    names += [str(pick(list(OUTCOMES)))] if seed % 4 == 1 else []
    shared = seed % 2 == 1
    lines, options = ["column grade: ordered(0..3)"], ""
    for number, name in enumerate(dict.fromkeys(names)):
        beside, family = OUTCOMES[name]
        terms = pick(SHARED if shared else TERMS)
        terms = terms.replace("0 + f", "f") if family == "ordlogit" else terms
        weights = " | weights(w)" if not beside and rng.random() < 0.2 else beside
        indent = "  " if number else ""
        lines.append(f"{indent}{name}{weights} ~ {terms}, family={family}{options}")
    for name in dict.fromkeys(names):
        if OUTCOMES[name][1] in ("gaussian", "lognormal", "student"):
            lines.append(f"  {name}.sigma ~ {pick(('x', '1 + (1 | g)', '0 + f'))}")
    if rng.random() < 0.5:
        lines += ["  prior b ~ normal(0, 2)", f"  prior {names[0]}.b ~ normal(0, 1)"]
    return Case(seed, "\n".join(lines), data(rng), frozenset())


def _coupled(rng: Rng, pick: Callable[[Sequence[str]], str]) -> str:
    several = ["speed", "other", "third"][: 2 + int(rng.integers(2))]
    family = pick(("gaussian", "student"))
    lines = [
        f"mvbind({', '.join(several)}) ~ {pick((*TERMS, *SHARED))}, "
        f"family={family}, rescor=true"
    ]
    if rng.random() < 0.5:
        lines.append(f"  {several[-1]}.sigma ~ {pick(('x', '1 + (1 | g)'))}")
    if rng.random() < 0.5:
        lines.append(f"  prior rescor ~ lkj({pick(('1', '4'))})")
    return "\n".join(lines)


@pytest.mark.parametrize("seed", (0, 1, 2, 8))
def test_backends_agree(seed: int, tmp_path: Path) -> None:
    case = random_models(seed)
    compiled = case.compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", seed, False) == [], case.text


def test_the_script_has_thresholds_of_one_of_several() -> None:
    text = "column grade: ordered(0..3)\nspeed ~ x\n  grade ~ f, family=ordlogit\n"
    model = varying.compile(text, data(np.random.default_rng(5)))
    assert "spread(grade_threshold_center, grade_gap, 3)" in model.source


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(9, 60))
def test_backends_agree_on_many(seed: int, tmp_path: Path) -> None:
    case = random_models(seed)
    compiled = case.compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", seed, True) == [], case.text


@pytest.mark.parametrize("seed", range(24))
def test_the_kernel_agrees(seed: int, tmp_path: Path) -> None:
    case = random_models(seed)
    compiled = case.compile(tmp_path)
    found = [
        f"{name}: {line}"
        for name, program, frame in variants(compiled)
        for line in compare_kernel(program, frame, seed)
    ]
    assert found + compare_cells(compiled, seed, graph=False) == [], case.text


def coarse(rng: Rng) -> pd.DataFrame:
    """Data in which many rows are alike, of one response more than of another."""
    frame = data(rng, 120)
    frame["x"] = frame["x"].round() % 3.0
    frame["n"] = np.where(frame["n"] > 1.5, 2.0, 0.5)
    return frame.assign(w=frame["w"].round())


@pytest.mark.parametrize("seed", range(30, 54))
def test_rows_are_merged_by_response(seed: int, tmp_path: Path) -> None:
    """In the program, the graph and the kernel, with the same density."""
    case = replace(random_models(seed), data=coarse(np.random.default_rng([42, seed])))
    compiled = case.compile(tmp_path)
    program, frame = for_sampling(compiled.program, compiled.frame)
    # of a Student t no two responses are the same
    apart = {"heavy"}
    if program.coupling is not None:
        apart |= {*program.coupling.responses}
    rows = {one.name: frame.lengths[one.rows] for one in program.likelihoods}
    assert {name for name, count in rows.items() if count == 120} <= apart
    assert all(rows[name] == 120 for name in apart & {*rows})
    found = compare_kernel(program, frame, seed)
    found += compare_kernel(*for_kernel(program, frame), seed)
    assert found + compare_cells(compiled, seed, graph=seed % 6 == 0) == [], case.text


# ---- each response, and all --------------------------------------------------------


def compiled_of(text: str, frame: pd.DataFrame) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(frame)))


def test_curves_of_several_responses_are_as_many_models() -> None:
    frame = data(np.random.default_rng(1))
    inner = ", nl=true\n  a ~ 1 + (1 | g)\n  prior a.Intercept ~ normal(0, 1)"
    whole = compiled_of(f"mvbind(speed, heavy) ~ a * x{inner}", frame)
    point = random_point(np.random.default_rng(2), whole.program, whole.frame, 0.7)
    total = 0.0
    for name in whole.joint.responses:
        one = compiled_of(f"{name} ~ a * x{inner}", frame)
        names = [c.name for c in coordinates(one.program, one.frame)]
        own = {of: point[f"{name}_{of}"] for of in names}
        total += evaluate(one.program, one.frame, own)[1]
    assert evaluate(whole.program, whole.frame, point)[1] == pytest.approx(total)


def test_the_more_specific_prior_wins_then_the_one_that_names_the_response() -> None:
    text = (
        "mvbind(speed, other) ~ x + n\n  prior b[x] ~ normal(0, 1)\n"
        "  prior b ~ normal(0, 5)\n  prior other.b ~ normal(0, 9)\n"
    )
    found = compiled_of(text, data(np.random.default_rng(6)))
    priors = {row.target: row.prior for row in found.priors}
    assert priors["speed.b[x]"] == priors["other.b[x]"] == "normal(0, 1)"
    assert priors["speed.b[n]"] == "normal(0, 5)"
    assert priors["other.b[n]"] == "normal(0, 9)"


def test_responses_that_share_nothing_are_as_many_models() -> None:
    frame = data(np.random.default_rng(1))
    head = "column grade: ordered(0..3)\n"
    formulas = (
        "speed | weights(w) ~ x*f + (1 + x | g)",
        "grade ~ x + (1 | g), family=ordlogit",
        "rated | rate(n) ~ f, family=negbinomial",
    )
    whole = compiled_of(head + "\n  ".join(formulas) + "\n  speed.sigma ~ x", frame)
    single = [
        compiled_of(f"{head}{formula}{more}", frame)
        for formula, more in zip(formulas, ("\n  sigma ~ x", "", ""), strict=True)
    ]
    point = random_point(np.random.default_rng(2), whole.program, whole.frame, 0.7)
    total, used = 0.0, 0
    for one, name in zip(single, whole.joint.responses, strict=True):
        own = {
            c.name: point[f"{name}_{c.name}"]
            for c in coordinates(one.program, one.frame)
        }
        used += len(own)
        total += evaluate(one.program, one.frame, own)[1]
    assert used == len(point)
    assert evaluate(whole.program, whole.frame, point)[1] == pytest.approx(total)


@pytest.mark.parametrize("family", ["gaussian", "student"])
@pytest.mark.parametrize("names", [("speed", "other"), ("third", "speed", "other")])
def test_coupled_rows_have_the_density_of_scipy(
    family: str, names: tuple[str, ...]
) -> None:
    frame = data(np.random.default_rng(3))
    text = f"mvbind({', '.join(names)}) ~ x, family={family}, rescor=true"
    found = compiled_of(f"{text}\n  {names[0]}.sigma ~ x", frame)
    alone = compiled_of(
        text.replace(", rescor=true", f"\n  {names[0]}.sigma ~ x"), frame
    )
    del alone
    rng = np.random.default_rng(4)
    for _ in range(3):
        point = random_point(rng, found.program, found.frame, 0.6)
        values, density = evaluate(found.program, found.frame, point)
        bare = _without_rows(found, point)
        size = len(names)
        correlation = np.eye(size)
        pairs = [(i, k) for i in range(size) for k in range(i)]
        for (i, k), r in zip(pairs, np.atleast_1d(values["rescor"]), strict=True):
            correlation[i, k] = correlation[k, i] = r
        expected = 0.0
        for row in range(len(frame)):
            y = frame.loc[row, list(names)].to_numpy(dtype=float)
            mu = np.array([values[f"{name}_mu"][row] for name in names])
            sigma = np.array(
                [np.exp(values[f"{names[0]}_log_sigma"][row])]
                + [float(values[f"{name}_sigma"]) for name in names[1:]]
            )
            scale = sigma[:, None] * correlation * sigma
            if family == "gaussian":
                expected += stats.multivariate_normal.logpdf(y, mu, scale)
            else:
                nu = float(values["nu"])
                expected += stats.multivariate_t.logpdf(y, mu, scale, df=nu)
        assert density - bare == pytest.approx(expected, rel=1e-10)


def _without_rows(found: Compiled, point: Any) -> float:
    """Return the log density of the priors alone."""
    program = replace(found.program, likelihoods=(), coupling=None)
    return float(evaluate(program, found.frame, point)[1])


def test_names_of_quantities_are_free_for_responses() -> None:
    """Of several responses all quantities have a prefix."""
    frame = data(np.random.default_rng(6)).rename(columns={"speed": "b", "other": "mu"})
    found = compiled_of("mvbind(b, mu) ~ x\n  count ~ x + (1 | grade)", frame)
    assert found.responses == ("b", "mu", "count")
    grouped = compiled_of("count ~ x, family=poisson\n  b ~ x + (1 | count)", frame)
    assert grouped.responses == ("count", "b")
    assert grouped.program.groups[0].levels == "count_"


def test_rows_are_drawn_and_judged_together() -> None:
    """Residuals of drawn rows are correlated, and a row has the joint density."""
    frame = data(np.random.default_rng(7))
    text = "mvbind(speed, heavy) ~ x, rescor=true\n  prior rescor ~ lkj(1)"
    fit = varying.compile(text, frame).fit(
        draws=300, tune=300, chains=2, seed=1, progress=False
    )
    drawn = fit.to_arviz(log_likelihood=False, seed=1)["posterior_predictive"]
    rest = [
        (drawn[name] - fit.predict("mean", response=name)).values.ravel()
        for name in ("speed", "heavy")
    ]
    known = float(fit.data["posterior"]["rescor"].mean())
    assert known > 0.2
    assert np.corrcoef(*rest)[0, 1] == pytest.approx(known, abs=0.05)
    each = sum(fit.log_likelihood(name) for name in ("speed", "heavy"))
    assert float((fit.log_likelihood() - each).sum("row").mean()) > 0.0
    with pytest.raises(ValueError, match="choose one by response=: 'speed', 'heavy'"):
        fit.predict()
