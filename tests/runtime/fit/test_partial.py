from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import varying
from varying.runtime.fit.fit import Fit
from varying.runtime.fit.partial import stopped, told
from varying.runtime.interface.interrupts import interruptible
from varying.runtime.sampling.samplers.draws import rectangle
from varying.runtime.verdict.verdict import Verdict

from ..fits import settings

rng = np.random.default_rng(1)
X = rng.normal(size=60)
DATA = {
    "x": X,
    "g": [f"g{n % 6}" for n in range(60)],
    "y": X + rng.normal(size=60),
}
SPEC = "y ~ x + (1 | g)\nkeep mu\nquantity half = b[x] / 2\n"


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([], ([], 0)),
        ([0, 0], ([0, 1], 0)),
        ([1000, 1000, 559, 0], ([0, 1], 1000)),
        ([412, 398, 405, 401], ([0, 1, 2, 3], 398)),
        ([0, 7], ([1], 7)),
        ([10, 5], ([0, 1], 5)),  # as many draws either way: more chains
    ],
)
def test_the_most_draws(lengths: list[int], expected: tuple[list[int], int]) -> None:
    assert rectangle(lengths) == expected


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        ((4, 250), None),
        ((4, 100), "stopped after 100 of 250 draws"),
        ((2, 250), "stopped with 2 of 4 chains"),
        ((3, 10), "stopped after 10 of 250 draws, with 3 of 4 chains"),
    ],
)
def test_how_far_it_came(drawn: tuple[int, int], text: str | None) -> None:
    assert stopped(drawn, settings()) == text
    verdict = told(Verdict(True, ("Good.", "More.")), drawn, settings())
    if text is None:
        assert verdict.sentences == ("Good.", "More.")
    else:
        assert verdict.sentences[0] == f"A partial fit, {text}. Good."


def fitted(draws: int = 60) -> Fit:
    model = varying.compile(SPEC, DATA)
    return model.fit(draws=draws, tune=200, chains=2, seed=3, progress=False)


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted()


def test_a_whole_fit_can_be_gone_on_with(fit: Fit, tmp_path: Path) -> None:
    """As by the command: from a file, with what is computed of all draws."""
    assert not fit.partial and len(fit.provenance.runs) == 1
    with pytest.raises(ValueError, match="60 draws in each of 2 chains"):
        fit.resume()
    fit.save(tmp_path / "a.fit")
    loaded = varying.load(tmp_path / "a.fit")
    assert loaded.provenance == fit.provenance
    more = loaded.resume(draws=400, progress=False)
    assert more.provenance.drawn == (2, 400) and not more.partial
    first, second = more.provenance.runs
    assert first == fit.provenance.runs[0]
    assert (second.chains, second.draws, second.tune) == (2, 340, 200)
    assert second.continued and second.seed != first.seed
    assert more.provenance.seconds > fit.provenance.seconds
    old, new = (one.data["posterior"].to_dataset() for one in (fit, more))
    assert set(old.data_vars) == set(new.data_vars)
    for name in old.data_vars:
        assert new[name].isel(draw=slice(60)).identical(old[name]), name
    assert new["draw"].values.tolist() == list(range(400))
    assert more.data["derived"].sizes["draw"] == 400
    assert len(np.unique(new["sigma"].values)) > 700
    for group in ("sample_stats", "observed_data"):
        assert set(more.data[group].data_vars) == set(fit.data[group].data_vars)
    # the same twice, and as good as a fit of so many draws
    again = loaded.resume(draws=400, progress=False)
    assert again.data.equals(more.data)
    whole = fitted(400).summary().rows
    for one, other in zip(more.summary().rows, whole, strict=True):
        assert (
            abs(one.statistics.mean - other.statistics.mean)
            < 0.35 * other.statistics.sd
        )
    more.save(tmp_path / "b.fit")
    assert varying.load(tmp_path / "b.fit").data.identical(more.data)


def in_a_while(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    return timer


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("own", [False, True])
def test_python_returns_what_there_is(own: bool) -> None:
    """And goes on from it; also where the program has a handler of its own."""

    def handler(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    mine = handler if own else signal.default_int_handler
    signal.signal(signal.SIGINT, mine)
    try:
        timer = in_a_while(0.8)
        with pytest.warns(UserWarning, match="interrupted: A partial fit"):
            fit = varying.compile(SPEC, DATA).fit(
                *(300_000, 100), chains=3, cores=1, seed=3, progress=False
            )
        timer.join()
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)
    chains, draws = fit.provenance.drawn
    # the others have not begun
    assert fit.partial and chains == 1 and 0 < draws < 300_000
    more = fit.resume(draws=draws, progress=False)
    assert more.provenance.drawn == (3, draws) and not more.partial
    assert more.data["posterior"]["chain"].values.tolist() == [0, 1, 2]
    assert [run.chains for run in more.provenance.runs] == [1, 2]


def test_signals_wait_only_where_something_is_held() -> None:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            os.kill(os.getpid(), signal.SIGINT)
            signal.getsignal(signal.SIGINT)
        with interruptible() as outer, interruptible() as inner:
            assert inner is outer and outer.handled
            inner.holding = True
            signal.raise_signal(signal.SIGINT)
            assert outer.requested
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with interruptible() as lost:
            with suppress(KeyboardInterrupt):  # as Python's import system does
                signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                lost.holding = True
    finally:
        signal.signal(signal.SIGINT, before)
