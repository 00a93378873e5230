"""Responses with rows of their own: those of weight 0 in a model of all rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.backends.pymc import emit
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret import log_density
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from .harness import ByModel, random_point
from .kernels import compare_kernel, variants

LINES = {
    "shared": (
        "y | subset(a) ~ x*f + (1 |p| g)\n"
        "  z | subset(b) ~ x + (1 + x |p| g), family=poisson"
    ),
    "own groups": (
        "y | subset(a) ~ x + (1 | g) + (1 | f)\n"
        "  y.sigma ~ x + (1 | g)\n"
        "  z ~ x + (1 | g), family=poisson"
    ),
    "members": (
        "y | subset(a) ~ x + (1 | mm(g, h))\n"
        "  z | subset(b) ~ mo(k) + (1 | mm(g, h)), family=poisson"
    ),
    "thresholds": (
        "k | subset(a) ~ x + (1 | g), family=ordlogit\n"
        "  z | subset(b) ~ x + (1 | g), family=poisson"
    ),
    "smooth": "y | subset(a) ~ s(x)\n  z | subset(b) ~ f, family=poisson",
}


def data() -> pd.DataFrame:
    """Rows of which each response has a part, and a few that none has."""
    rng = np.random.default_rng(57)
    rows = 48
    a, b = rng.random(rows) < 0.6, rng.random(rows) < 0.5
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "f": rng.permutation(np.array(["u", "v", "w"])[np.arange(rows) % 3]),
            "g": [f"g{k}" for k in rng.permutation(np.arange(rows) % 6)],
            "h": [f"g{k}" for k in rng.permutation(np.arange(rows) % 6)],
            "k": rng.permutation(np.arange(rows) % 4),
            "y": np.where(a, rng.normal(size=rows), np.nan),
            "z": np.where(b, rng.poisson(3.0, rows), np.nan),
            "a": a,
            "b": b,
        }
    )


def compiled(text: str, frame: pd.DataFrame) -> Compiled:
    """Compile lines with priors that do not depend on the rows."""
    text = f"column k: ordered(0..3)\n{text}\n"
    return compile_spec(Request(Source(text), table_from_frame(frame)))


def priors(text: str) -> str:
    lines = [
        f"  prior {of}.{what} ~ {prior}"
        for of in ("y", "z", "k")
        for what, prior in (
            ("Intercept", "normal(0, 3)"),
            ("b", "normal(0, 1)"),
            ("sigma", "exponential(1)"),
            ("sigma.Intercept", "normal(0, 1)"),
            ("sigma.b", "normal(0, 1)"),
            ("threshold", "normal(0, 2)"),
        )
        if f"\n  {of} " in f"\n  {text}"
        and (what != "sigma" or (of == "y" and "sigma" not in text))
        and (not what.startswith("sigma.") or (of == "y" and "sigma" in text))
        and (what == "threshold") == (of == "k" and what != "b")
    ]
    return "\n".join([text, *lines, "  prior sd ~ exponential(1)"])


@pytest.mark.parametrize("name", [name for name in LINES if name != "smooth"])
def test_density_of_rows_of_weight_0(name: str) -> None:
    frame, text = data(), priors(LINES[name])
    ours = compiled(text, frame)
    both = "z | subset" in text
    full = frame[frame["a"] | frame["b"]] if both else frame.dropna(subset=["z"])
    # what is not counted needs a value, and it does not matter which
    full = full.assign(a=full["a"] * 1.0, b=full["b"] * 1.0).fillna(2.0)
    theirs = compiled(text.replace("subset", "weights"), full)
    rng = np.random.default_rng(3)
    for _ in range(3):
        point = random_point(rng, ours.lowered, ours.written_frame, 0.5)
        assert log_density(ours.lowered, ours.written_frame, point) == pytest.approx(
            log_density(theirs.lowered, theirs.written_frame, point), rel=1e-12
        )


@pytest.mark.parametrize("name", LINES)
def test_the_kernel_agrees(name: str) -> None:
    found = compiled(LINES[name], data())
    lines = [
        f"{stage}: {line}"
        for stage, program, frame in variants(found)
        for line in compare_kernel(program, frame, 1)
    ]
    assert lines == []


def test_the_graph_agrees() -> None:
    found = compiled(LINES["shared"], data())
    numbers = {axis: own.rows.tolist() for axis, own in found.rows_by_axis.items()}
    model = emit(found.program, found.frame, numbers)
    assert {axis: list(model.coords[axis] or ()) for axis in numbers} == numbers
    point = random_point(np.random.default_rng(5), found.program, found.frame, 0.4)
    density = ByModel(model, slopes=False)(point).density
    assert density == pytest.approx(
        float(log_density(found.program, found.frame, point)), rel=1e-10
    )


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        (
            "y | subset(a) ~ x, rescor=true\n  x | subset(b) ~ f",
            "residual-correlation",
            "residuals are correlated within rows that all of them have",
        ),
        ("y | subset(a) ~ z\n  z ~ x", "not-yet", "`y` is predicted from `z`"),
        (
            "y | subset(a) ~ x\n  z | subset(b) ~ x, family=poisson\n  keep eta",
            "not-yet",
            "`keep` of responses with rows of their own",
        ),
        (
            "y | subset(a) ~ x\n  z | subset(x > 9) ~ x",
            "empty-data",
            "`subset(x > 9)` leaves no row of `z`",
        ),
        (
            "y | subset(a) ~ x\n  z | subset(f) ~ x",
            "wrong-type",
            "`f` is a factor, not a condition",
        ),
    ],
)
def test_what_needs_the_same_rows(text: str, rule: str, message: str) -> None:
    with pytest.raises(ModelError) as found:
        compiled(text, data())
    faults = [d.message for d in found.value.diagnostics if d.rule == rule]
    assert any(message in fault for fault in faults), found.value


def test_gaps_where_no_response_has_the_row() -> None:
    frame = data()
    frame.loc[~frame["a"], "f"] = None  # only `y` reads it
    found = compiled("y | subset(a) ~ f\n  z | subset(b) ~ x", frame)
    assert len(found.frame["y_observed"]) == frame["a"].sum()
    assert len(found.frame["z_observed"]) == frame["b"].sum()
    # what is learned is learned from all rows of the model
    frame.loc[~frame["a"], "x"] = np.nan
    found = compiled("y | subset(a) ~ scale(x)\n  z | subset(b) ~ 1", frame)
    assert len(found.frame["z_observed"]) == (frame["a"] & frame["b"]).sum()
