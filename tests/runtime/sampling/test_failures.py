"""Samplers that cannot start, or break down: what is said, and that it ends there."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.runtime.sampling.samplers import failure, nutpie_native
from varying.runtime.sampling.settings import Backend

SMALL: dict[str, Any] = {"draws": 30, "tune": 40, "chains": 4, "seed": 3, "cores": 2}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(600.0, 140.0, 60).round()
    return pd.DataFrame(
        {
            "x": x,
            "z": np.arange(60) % 2 - 0.5,
            "far": 4000.0 + x,
            "y": rng.normal(0.0, 1.0, 60).round(3),
            "c": rng.poisson(3.0, 60),
        }
    )


#: Specs without a density anywhere near, and what is to be said of them.
CAUSES = {
    "a fixed effect": (
        "c ~ x, family=poisson\n  prior b[x] = 30",
        ("the predictor is", "on the log scale", "largest part is `b[x]`"),
    ),
    "an offset": (
        "c ~ 0 + z + offset(far), family=poisson\n  prior b[z] ~ normal(0, 0.0001)",
        ("the predictor is", "largest part is the offset `far`"),
    ),
    "a fixed effect on sigma": (
        "y ~ x\n  sigma ~ x\n  prior sigma.b[x] = -300",
        ("the predictor of sigma is", "largest part is `sigma_b[x]`"),
    ),
    "a prior beyond numbers": (
        "y ~ x\n  prior b[x] ~ normal(1e200, 1e-200)",
        ("the prior of `b[x]` has no density at",),
    ),
}


def fault_of(spec: str, **options: Any) -> varying.Diagnostic:
    model = varying.compile(spec, data())
    with pytest.raises(varying.ModelError) as found:
        model.fit(progress=False, **{**SMALL, **options})
    (fault,) = found.value.diagnostics
    assert fault.rule == "sampling-failed"
    assert "Traceback" not in str(found.value)
    return fault


@pytest.mark.parametrize("what", list(CAUSES))
@pytest.mark.parametrize("backend", ["kernel", "graph"])
def test_the_cause_is_named(what: str, backend: Backend) -> None:
    spec, words = CAUSES[what]
    notes = " ".join(fault_of(spec, backend=backend).notes)
    assert [word for word in words if word not in notes] == []


def test_a_panic_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """nutpie breaks down without a draw to tune; it is no `Exception` in Python."""
    monkeypatch.setattr(nutpie_native, "LEAST_TUNE", 0)
    notes = fault_of("c ~ 1, family=poisson", tune=0).notes
    assert notes[0].startswith("it broke down: ")
    assert notes[1].startswith("no cause was found: ")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), ValueError()])
def test_other_exceptions_are_what_they_are(error: BaseException) -> None:
    assert failure(error) is None


#: A process that ends as soon as it has been told; other chains were at work.
ENDS = """
import pandas as pd
import varying
from varying.runtime.sampling.samplers import kernel, nutpie_native

{change}
data = pd.DataFrame({{"c": [1, 2, 3] * 9, "x": range(27)}})
model = varying.compile("c ~ x, family=poisson\\n  prior b[x] = {fixed}", data)
try:
    model.fit(progress=False, tune={tune}, chains=4, cores=2, seed=1)
except varying.ModelError:
    print("told")
"""


@pytest.mark.parametrize(
    ("change", "fixed", "tune"),
    [
        ("", 3000, 9),
        # nutpie itself looks for a place to start
        ("kernel._check = lambda _: None", 3000, 9),
        ("nutpie_native.LEAST_TUNE = 0", 0.1, 0),
    ],
)
def test_the_process_ends_as_it_should(
    change: str, fixed: float, tune: int, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(ENDS.format(change=change, fixed=fixed, tune=tune))
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "told\n"), done.stderr
