from __future__ import annotations

from pathlib import Path

import pytest

import varying
from varying.runtime.sampling import sizes
from varying.runtime.sampling.sizes import in_words

from ..fits import compiled, made_fit, settings

DATA = {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 2.0, 3.0]}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (2_345_678, "2.3 MB"),
        (3.2e12, "3.2 TB"),
        (1e22, "10,000.0 EB"),
    ],
)
def test_bytes_in_words(size: float, text: str) -> None:
    assert in_words(size) == text


def test_the_numbers_of_a_draw() -> None:
    """Of `y ~ x + (1 + x | g)`: counted by hand."""
    made = compiled()
    # Intercept, b, 2 sd, 1 partial correlation, 3 x 2 effects
    assert sizes.numbers_drawn(made.program, made.frame) == 1 + 1 + 2 + 1 + 6
    names = {"Intercept": 1, "b": 1, "sd": 2, "pcor": 1, "cor": 4, "z": 6, "r": 6}
    found = sizes.numbers_reported(made.program, made.frame)
    # those that passes add, such as a centred intercept, come on top
    assert sum(names.values()) <= found <= sum(names.values()) + 2


@pytest.mark.parametrize(
    "options",
    [
        {"draws": 10**13},
        {"tune": 10**13},
        {"draws": 10**9, "chains": 10**4},
        {"draws": 10**13, "backend": "graph"},
        {"draws": 10**13, "sampler": "pymc"},
    ],
)
def test_more_draws_than_fit_into_memory(options: dict[str, int]) -> None:
    model = varying.compile("y ~ x", DATA)
    with pytest.raises(varying.ModelError, match=r"take [\d.,]+ [TPE]B") as caught:
        model.fit(**options)  # type: ignore[arg-type]
    assert [one.rule for one in caught.value.diagnostics] == ["not-enough-memory"]


def test_more_prior_draws_than_fit_into_memory() -> None:
    model = varying.compile("y ~ x", DATA)
    for draw in (model.prior_predictive, model.prior_check):
        with pytest.raises(varying.ModelError, match="prior draws") as caught:
            draw(draws=10**13)
        assert caught.value.diagnostics[0].rule == "not-enough-memory"


def test_what_is_kept_of_rows_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the rows, twice the numbers: not so without `keep`."""
    plain = varying.compile("y ~ x", DATA)
    keeping = varying.compile("y ~ x\nkeep eta\nkeep mu\n", DATA)
    assert plain.compiled is not None and keeping.compiled is not None
    more = sizes.numbers_kept(keeping.compiled) - sizes.numbers_kept(plain.compiled)
    assert more == 2 * len(DATA["y"])
    need = sizes.fit_bytes(keeping.compiled, settings())
    assert need > sizes.fit_bytes(plain.compiled, settings())
    monkeypatch.setattr(sizes, "free_memory", lambda: 1000)
    with pytest.raises(varying.ModelError, match="`keep` takes"):
        keeping.fit(progress=False)


def test_predictions_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = made_fit()
    monkeypatch.setattr(sizes, "free_memory", lambda: 8 * 4 * 250 * 4 - 1)
    for asked in (fit.predict, fit.log_likelihood):
        with pytest.raises(varying.ModelError, match="1,000 draws of 4 numbers"):
            asked()
    assert fit.predict(draws=10).shape == (4, 10, 4)


def test_this_machine_has_memory_and_disk(tmp_path: Path) -> None:
    memory = sizes.free_memory()
    assert memory is None or 10**7 < memory < 10**15
    disk = sizes.free_disk(tmp_path)
    assert disk is not None and disk >= 0
    assert sizes.free_disk(tmp_path / "none") is None
