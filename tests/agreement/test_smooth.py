"""Smooth terms: what they mean, beside models written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import evaluate
from varying.grammar.source import Source

from .harness import compare, random_point
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


# ---- backends ------------------------------------------------------------------------

SPECS = {
    "two of them": "y ~ s(x) + s(z, bs=cr, k=5) + f",
    "beside a group": "y ~ s(x, k=6) + (1 + x | g)",
    "a parameter's": "y ~ s(x, bs=cc)\n  sigma ~ s(z, k=4) + (1 | g)",
    "without a line": "y ~ s(x, bs=ts, k=5)",
    "without an intercept": "y ~ 0 + f + s(x)",
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
