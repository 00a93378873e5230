"""Many rows and many levels: nothing dense of size rows x levels.

100,000 rows with 10,000 levels would be 8 GB as one dense matrix.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytensor
import pytest

import varying

from .command_line import varying as command

ROWS, LEVELS = 100_000, 10_000
#: Megabytes. The arrays of the largest model here are 8 numbers a row, 6 MB; reading
#: and coding the columns takes several times as much. One dense matrix of rows and
#: levels would be 8,000.
MOST = 150.0

SPECS = {
    "gaussian": "y ~ x + c + (1 + x | g)\n  sigma ~ c + (1 | g)",
    "crossed": "y ~ x + (1 | g) + (1 | h) + (1 | g:c)",
    "ordlogit": "column k: ordered(0..5)\nk ~ x + c + (1 + x | g), family=ordlogit",
    "poisson": "n | rate(t) ~ x + (1 | g), family=poisson",
    "binomial": "n | trials(m) ~ x + (1 | g), family=binomial",
}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    g = rng.permutation(np.arange(ROWS) % LEVELS)
    x = rng.normal(size=ROWS).round(4)
    eta = 0.3 * x + rng.normal(size=LEVELS)[g]
    counts = rng.poisson(np.exp(eta / 2))
    return pd.DataFrame(
        {
            "g": np.char.add("p", g.astype(str)),
            "h": rng.integers(0, LEVELS, ROWS),
            "x": x,
            "c": np.where(rng.random(ROWS) < 0.5, "a", "b"),
            "y": (eta + rng.normal(size=ROWS)).round(4),
            "k": np.digitize(eta + rng.logistic(size=ROWS), [-2, -1, 0, 1, 2]),
            "n": counts,
            "m": counts + rng.integers(1, 5, ROWS),
            "t": rng.uniform(0.5, 2.0, ROWS).round(3),
        }
    )


@contextmanager
def megabytes() -> Iterator[list[float]]:
    """Measure what Python and NumPy hold at most, beyond what they held before."""
    found: list[float] = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield found
        found.append((tracemalloc.get_traced_memory()[1] - before) / 1e6)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", SPECS)
def test_compiling_holds_nothing_dense(name: str, data: pd.DataFrame) -> None:
    with megabytes() as most:
        model = varying.compile(SPECS[name], data)
    assert model.compiled is not None
    frame = model.compiled.frame
    width = {slot: array.size / ROWS for slot, array in frame.arrays.items()}
    assert max(width.values()) <= 2, width
    assert most[0] < MOST
    graph = model.pymc
    with megabytes() as most:
        logp = graph.compile_logp(mode=pytensor.compile.mode.Mode("py", None))
        assert np.isfinite(logp(graph.initial_point()))
    assert most[0] < MOST


def test_the_measure_sees_a_dense_matrix() -> None:
    with megabytes() as most:
        np.zeros((ROWS, 200))
    assert most[0] > MOST


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian", "ordlogit"])
def test_sampling_starts(name: str, data: pd.DataFrame, tmp_path: Path) -> None:
    """The whole command; the sampler's own compiler holds the most."""
    data.to_csv(tmp_path / "large.csv", index=False)
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
