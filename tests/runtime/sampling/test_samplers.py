from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from varying.runtime.interface import progress_text
from varying.runtime.interface.progress import Bars, Lines, Silent, progress_for
from varying.runtime.sampling.samplers import SAMPLERS, SamplingError, reason
from varying.runtime.sampling.samplers.draws import tidy
from varying.runtime.sampling.settings import SamplerSettings

SETTINGS = SamplerSettings.checked(draws=20, tune=20, chains=2, seed=1)


def test_tidy_leaves_plain_groups() -> None:
    sample = ("chain", "draw")
    data = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {"b": ((*sample, "coef"), np.zeros((2, 3, 1)))},
                coords={"coef": np.array(["x"], dtype=object)},
            ),
            "sample_stats": xr.Dataset(
                {
                    "depth": (sample, np.ones((2, 3), dtype=int)),
                    "message": (sample, np.full((2, 3), None, dtype=object)),
                }
            ),
            "constant_data": xr.Dataset({"X": ("row", np.zeros(5))}),
        }
    )
    found = tidy(data, {"depth": "tree_depth", "absent": "other"})
    assert set(found.children) == {"posterior", "sample_stats"}
    assert list(found["sample_stats"].data_vars) == ["tree_depth"]
    assert found["posterior"].coords["coef"].dtype.kind == "U"


def test_what_nutpie_says_without_its_stack() -> None:
    said = "All points failed\n\nCaused by:\n    logp error\n\nStack backtrace:\n 0: x"
    assert reason(RuntimeError(said)) == "All points failed: Caused by: logp error"


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Lines()
    with shown.compiling():
        pass
    with shown.sampling(SETTINGS):
        shown.update(0, 40, 1)
        shown.finish(1)
    out, err = capsys.readouterr()
    first, done, second, third = err.splitlines()
    assert out == ""
    assert first.startswith("compiling")
    assert done == "compiled in 0.0 s"
    assert second.startswith("sampling 2 chains of 20 draws to tune and 20 to keep")
    assert third.startswith("sampled in 0.0 s, 1 divergence")


def test_the_seconds_of_a_sampler_count(capsys: pytest.CaptureFixture[str]) -> None:
    for shown in (Lines(), Bars()):
        with shown.sampling(SETTINGS):
            shown.finish(0, 12.34)
        assert "sampled in 12.3 s, 0 divergences" in capsys.readouterr().err


def test_only_a_first_compilation_is_said_to_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "numba"
    assert progress_text._kept().name == "numba"
    monkeypatch.setattr(progress_text, "_kept", lambda: kept)
    assert (
        progress_text.compiling_text() == "compiling: about a minute the first time ..."
    )
    kept.mkdir()
    (kept / "a.nbc").touch()
    assert progress_text.compiling_text() == "compiling ..."


def test_bars(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Bars()
    with shown.compiling():
        pass
    with shown.sampling(SETTINGS, compiles=True):
        shown.update(1, 40, 0)
        shown.finish(0)
    shown.update(1, 40, 0)  # a late call of another thread
    out, err = capsys.readouterr()
    assert out == ""
    assert "compiled in 0.0 s" in err
    assert "compiled and sampled in 0.0 s, 0 divergences" in err


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress_for(False)
    assert isinstance(shown, Silent)
    with shown.compiling(), shown.sampling(SETTINGS):
        shown.update(0, 1, 0)
        shown.finish(0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SAMPLERS))
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_cannot_start(name: str, tmp_path: Path) -> None:
    import pymc as pm

    with pm.Model() as model:
        x = pm.Normal("x")
        pm.Potential("nowhere", -np.inf * pm.math.exp(x))
    settings = SamplerSettings.checked(draws=9, tune=9, chains=1, seed=1, cores=1)
    with pytest.raises(SamplingError):
        SAMPLERS[name](model, settings, Silent())
