"""Many rows and many levels: nothing dense of size rows x levels.

30,000 rows with 3,000 levels would be 720 MB as one dense matrix; the 100,000 rows with
10,000 levels of the slow tests, 8 GB.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytensor
import pytest

import varying

from .command_line import varying as command

QUICK, MANY = 30_000, 100_000
#: Bytes a row. The arrays of the largest model here are 8 numbers; reading and coding
#: the columns takes several times as much. One dense matrix of rows and levels would be
#: 24,000 and 80,000.
MOST = 1_500

SPECS = {
    "gaussian": "y ~ x + c + (1 + x | g)\n  sigma ~ c + (1 | g)",
    "crossed": "y ~ x + (1 | g) + (1 | h) + (1 | g:c)",
    "ordlogit": "column k: ordered(0..5)\nk ~ x + c + (1 + x | g), family=ordlogit",
    "poisson": "n | rate(t) ~ x + (1 | g), family=poisson",
    "binomial": "n | trials(m) ~ x + (1 | g), family=binomial",
}


@cache
def data(rows: int) -> pd.DataFrame:
    """Return rows of which ten are a level each."""
    rng = np.random.default_rng(1)
    levels = rows // 10
    g = rng.permutation(np.arange(rows) % levels)
    x = rng.normal(size=rows).round(4)
    eta = 0.3 * x + rng.normal(size=levels)[g]
    counts = rng.poisson(np.exp(eta / 2))
    return pd.DataFrame(
        {
            "g": np.char.add("p", g.astype(str)),
            "h": rng.integers(0, levels, rows),
            "x": x,
            "c": np.where(rng.random(rows) < 0.5, "a", "b"),
            "y": (eta + rng.normal(size=rows)).round(4),
            "k": np.digitize(eta + rng.logistic(size=rows), [-2, -1, 0, 1, 2]),
            "n": counts,
            "m": counts + rng.integers(1, 5, rows),
            "t": rng.uniform(0.5, 2.0, rows).round(3),
        }
    )


@contextmanager
def held() -> Iterator[list[int]]:
    """Measure how many bytes Python and NumPy hold at most, beyond those before."""
    found: list[int] = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("rows", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SPECS)
def test_compiling_holds_nothing_dense(name: str, rows: int) -> None:
    table = data(rows)
    with held() as most:
        model = varying.compile(SPECS[name], table)
    assert model.compiled is not None
    frame = model.compiled.frame
    width = {slot: array.size / rows for slot, array in frame.arrays.items()}
    assert max(width.values()) <= 2, width
    assert most[0] < MOST * rows
    graph = model.pymc
    with held() as most:
        logp = graph.compile_logp(mode=pytensor.compile.mode.Mode("py", None))
        assert np.isfinite(logp(graph.initial_point()))
    assert most[0] < MOST * rows


def test_the_measure_sees_a_dense_matrix() -> None:
    with held() as most:
        np.zeros((QUICK, 200))
    assert most[0] > MOST * QUICK


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian", "ordlogit"])
def test_sampling_starts(name: str, tmp_path: Path) -> None:
    """The whole command; the sampler's own compiler holds the most."""
    data(MANY).to_csv(tmp_path / "large.csv", index=False)
    text = f'data "large.csv"\n{SPECS[name]}\n'
    (tmp_path / "large.model").write_text(text, "utf-8")
    checked = command("check", "large.model", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    script = (
        "import resource, varying\n"
        "fit = varying.compile('large.model').fit("
        "draws=2, tune=2, chains=1, seed=1, progress=False)\n"
        "assert fit.data['posterior']['r_g'].shape[2] == 10_000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 1_500
