"""Cox models: all backends, brms, coxph, and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source

from .harness import compare
from .kernels import compare_kernel, variants


def data() -> pd.DataFrame:
    """Times with all kinds of censoring; some are seen after a while alone."""
    rng = np.random.default_rng(1601)
    rows = 40
    x = rng.normal(size=rows).round(2)
    time = 6.0 * rng.weibull(1.4, rows) * np.exp(-0.5 * x) + 0.3
    status = np.arange(rows) % 4 - 1
    return pd.DataFrame(
        {
            "time": time.round(2),
            "later": (time * 1.4 + 0.1).round(2),
            "from": np.where(status == 0, 0.2, 0.01),
            "late": (status == 1).astype(int),
            "status": status,
            "x": x,
            "w": 1 + np.arange(rows) % 3,
            "steps": np.arange(rows) % 4,
            "g": [f"g{k % 5}" for k in range(rows)],
        }
    )


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(data())))


SPECS = {
    "plain": "time ~ x, family=cox",
    "late": "time | cens(late) ~ x + (1 | g), family=cox",
    "all": "time | cens(status, later) + trunc(lb=from) + weights(w) ~ mo(steps), "
    "family=cox",
}


@pytest.mark.parametrize("name", SPECS)
def test_backends_agree(name: str, tmp_path: Path) -> None:
    data().to_csv(tmp_path / "t.csv", index=False)
    model = compiled(SPECS[name])
    assert compare(model, tmp_path / "t.csv", 3, name == "all") == []


def test_the_kernel_agrees() -> None:
    _, program, frame = list(variants(compiled(SPECS["all"])))[-1]
    assert compare_kernel(program, frame, 2) == []
