"""Priors of several ordered thresholds: independent draws, if they are in order."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy import integrate, stats

from varying.compiler.backends.pymc import emit
from varying.compiler.backends.source import emit as emit_source
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.distributions.in_order import log_chance_of_order
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.forwards import drawn_forwards
from varying.compiler.program.ir import Parameter
from varying.grammar.source import Source

from ..agreement.harness import BUILT

DRAWS = 100_000
LINE = "r ~ 1, family=ordlogit\n"


def compiled(categories: int, priors: dict[int, str]) -> Compiled:
    frame = pd.DataFrame({"r": np.arange(3 * categories) % categories})
    lines = (f"  prior threshold[{k}] ~ {one}\n" for k, one in priors.items())
    text = f"{LINE}{''.join(lines)}"
    return compile_spec(Request(Source(text), table_from_frame(frame)))


def independent(laws: list[Any], size: int, seed: int) -> np.ndarray:
    """Return draws of each, of which those that are in order are left."""
    rng = np.random.default_rng(seed)
    each = np.column_stack([law.rvs(size, random_state=rng) for law in laws])
    return each[(np.diff(each, axis=1) > 0.0).all(axis=1)]


#: Where each has the prior that brms gives it, and what it is in SciPy.
LAWS = {
    "normal": (
        ["normal(-1, 1)", "normal(0.5, 0.5)", "normal(0, 2)"],
        [stats.norm(-1.0, 1.0), stats.norm(0.5, 0.5), stats.norm(0.0, 2.0)],
    ),
    "student_t": (
        ["student_t(3, 1, 1)", "student_t(5, 0, 2)", "student_t(3, 2, 1)"],
        [stats.t(3, 1.0, 1.0), stats.t(5, 0.0, 2.0), stats.t(3, 2.0, 1.0)],
    ),
    "alike": (["normal(0, 2)"] * 3, [stats.norm(0.0, 2.0)] * 3),
}


@pytest.mark.parametrize("name", LAWS)
def test_all_thresholds_are_drawn_in_order(name: str) -> None:
    written, laws = LAWS[name]
    found = compiled(4, dict(enumerate(written, start=1)))
    (own,) = found.program.parameters
    assert own.chart == "ordered"
    drawn = drawn_forwards(found.program, found.frame, DRAWS, 1, ["threshold"])
    assert drawn is not None
    ours, theirs = drawn["threshold"][1], independent(laws, 4 * DRAWS, 2)
    assert (np.diff(ours, axis=1) > 0.0).all()
    for place in range(3):
        test = stats.ks_2samp(ours[:, place], theirs[:, place])
        assert test.pvalue > 1e-3
    # and their density is theirs, over the probability of the order
    chance = len(theirs) / (4 * DRAWS)
    point = np.array([-1.0, 0.2, -0.4])
    values, _ = evaluate(found.program, found.frame, {own.name: point})
    threshold = np.asarray(values["threshold"])
    assert threshold == pytest.approx(np.cumsum([-1.0, *np.exp(point[1:])]))
    assert prior_density(found, own, point) == pytest.approx(
        sum(law.logpdf(t) for law, t in zip(laws, threshold, strict=True))
        - math.log(chance),
        abs=0.02,
    )


def prior_density(found: Compiled, own: Parameter, point: np.ndarray) -> float:
    """Return the log density of thresholds, without their chart and the responses."""
    values, density = evaluate(found.program, found.frame, {own.name: point})
    threshold = np.asarray(values["threshold"])
    below = np.concatenate([[0.0], stats.logistic.cdf(threshold), [1.0]])
    observed = np.asarray(found.frame["r_observed"], dtype=int)
    return float(density - np.log(np.diff(below))[observed].sum() - point[1:].sum())


def test_graph_and_script_draw_them_in_order(tmp_path: Path) -> None:
    found = compiled(5, {1: "student_t(3, 0, 1)", 3: "student_t(5, 0.5, 2)"})
    names = ["threshold"]
    drawn = drawn_forwards(found.program, found.frame, 20_000, 1, names)
    assert drawn is not None
    theirs = drawn["threshold"][1]
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(emit_source(found), "emitted.py", "exec"), space)
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["r", *(f"{k % 5}" for k in range(15))]), "utf-8")
    scripted = space["build"](space["read"](path))
    for model in (emit(found.program, found.frame), scripted):
        own = model["threshold"]
        ours = pm.draw(own, 4_000, mode=BUILT, random_seed=5)
        assert (np.diff(ours, axis=1) > 0.0).all()
        for place in range(4):
            assert stats.ks_2samp(ours[:, place], theirs[:, place]).pvalue > 1e-3


def test_how_likely_the_order_is() -> None:
    two = (("mu", (1.0, 0.0)), ("sigma", (1.0, 2.0)))
    closed = stats.norm.logcdf((0.0 - 1.0) / math.hypot(1.0, 2.0))
    assert log_chance_of_order("normal", two) == pytest.approx(closed, abs=1e-5)
    three = (("nu", (3.0,) * 3), ("mu", (0.0, 0.5, 0.0)), ("sigma", (1.0, 1.0, 3.0)))
    laws = [stats.t(3, mu, s) for mu, s in ((0.0, 1.0), (0.5, 1.0), (0.0, 3.0))]
    # the middle one, with the first below it and the last above
    wanted, _ = integrate.quad(
        lambda t: laws[1].pdf(t) * laws[0].cdf(t) * laws[2].sf(t), -np.inf, np.inf
    )
    found = log_chance_of_order("student_t", three)
    assert found == pytest.approx(math.log(wanted), abs=1e-5)


def test_the_others_keep_to_those_with_priors() -> None:
    """Default distances beyond them; between two the proportions of such."""
    found = compiled(8, {2: "normal(-1, 0.5)", 3: "normal(0, 0.5)", 6: "normal(2, 1)"})
    names = ["threshold", "log_gap", "threshold_named", "gap"]
    drawn = drawn_forwards(found.program, found.frame, DRAWS, 3, names)
    assert drawn is not None
    threshold, logs, named, gap = (drawn[name][1] for name in names)
    assert np.allclose(threshold[:, [1, 2, 5]], named)
    assert np.allclose(np.diff(threshold, axis=1), gap) and (gap > 0.0).all()
    # of the distances 0 to 5 that between the first two with priors is theirs
    free = np.exp(logs)
    assert free.shape[1] == 5
    assert np.allclose(gap[:, 0], free[:, 0]) and np.allclose(gap[:, 5], free[:, 4])
    inner = free[:, 1:4] / free[:, 1:4].sum(axis=1, keepdims=True)
    assert np.allclose(gap[:, 2:5], inner * (named[:, 2] - named[:, 1])[:, None])
    laws = [stats.norm(-1.0, 0.5), stats.norm(0.0, 0.5), stats.norm(2.0, 1.0)]
    theirs = independent(laws, 2 * DRAWS, 4)
    for place in range(3):
        assert stats.ks_2samp(named[:, place], theirs[:, place]).pvalue > 1e-3
