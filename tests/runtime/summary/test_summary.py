from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varying.runtime.draws.digits import cells, decimals
from varying.runtime.draws.statistics import Statistics, summarize

from ..fits import made_fit

KEYS = [
    "name",
    "coord",
    "mean",
    "sd",
    "median",
    "lower",
    "upper",
    "ess_bulk",
    "ess_tail",
    "rhat",
]


def test_json_is_the_contract() -> None:
    found = made_fit().summary().to_dict()
    asked = ["quantities", "tests", "contrasts", "means", "slopes"]
    assert list(found) == ["interval", "parameters", *asked, "sampling"]
    assert all(found[key] == [] for key in asked)
    assert found["interval"] == {"kind": "eti", "prob": 0.95}
    assert all(list(row) == KEYS for row in found["parameters"])
    assert [(row["name"], row["coord"]) for row in found["parameters"]] == [
        ("Intercept", ""),
        ("b", "x"),
        ("sd_g", "Intercept"),
        ("sd_g", "x"),
        ("cor_g", "x, Intercept"),
        ("sigma", ""),
    ]
    constant = found["parameters"][-1]
    assert constant["sd"] == 0
    assert constant["ess_bulk"] is constant["ess_tail"] is constant["rhat"] is None
    assert list(found["sampling"]) == [
        "draws",
        "tune",
        "chains",
        "divergences",
        "seconds",
        "sampler",
        "versions",
        "verdict",
    ]
    assert found["sampling"]["verdict"]["ok"] is True
    json.dumps(found, allow_nan=False)


def test_a_table_for_a_paper_and_one_for_a_file(tmp_path: Path) -> None:
    summary = made_fit().summary(prob=0.9)
    assert summary.to_csv(tmp_path / "s.csv") is None
    read = pd.read_csv(tmp_path / "s.csv", keep_default_na=False, na_values=[""])
    assert list(read) == ["kind", *KEYS]
    assert set(read["kind"]) == {"parameter"}
    wanted = summary.to_frame().reset_index()
    np.testing.assert_array_equal(read["mean"], wanted["mean"])
    np.testing.assert_array_equal(read["lower"], wanted["lower"])
    latex = summary.to_latex()
    assert r"\begin{tabular}{lrrrrrrrr}" in latex and r"5\%" in latex
    assert r"sd\_g & " in latex and r"\quad x & " in latex
    # figures never go without what they are worth
    assert latex.rstrip().endswith(summary.sampling.verdict.sentences[-1])


def test_effects_only_on_request_and_internals_never() -> None:
    names = {row.name for row in made_fit().summary(all=True)}
    assert "r_g" in names
    assert "z_g" not in names
    assert "r_g" not in {row.name for row in made_fit().summary()}
    coords = [row.coord for row in made_fit().summary(all=True) if row.name == "r_g"]
    assert coords[:2] == ["s1, Intercept", "s1, x"]


def test_prob_changes_the_interval() -> None:
    fit = made_fit()
    narrow = fit.summary(prob=0.5)
    assert narrow.to_dict()["interval"]["prob"] == 0.5
    assert narrow.rows[0].statistics.lower > fit.summary().rows[0].statistics.lower
    with pytest.raises(ValueError, match="between 0 and 1"):
        fit.summary(prob=95)


def test_text_and_markdown() -> None:
    summary = made_fit().summary()
    text = repr(summary)
    assert "2.5%" in text
    assert "97.5%" in text
    assert "sd_g" in text
    assert "x, Intercept" in text
    assert text.splitlines()[0] == "y ~ x + (1 + x | g)"
    assert text.splitlines()[-1] == "The chains agree; the figures can be used."
    formula, table, verdict = summary.to_markdown().split("\n\n")
    assert formula == "`y ~ x + (1 + x | g)`"
    assert verdict == "The chains agree; the figures can be used."
    markdown = table.splitlines()
    assert len(markdown) == 2 + len(summary)
    assert len({line.count(" | ") for line in markdown}) == 1
    assert markdown[3].startswith("| `b[x]` | ")


def test_a_terminal_shows_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    summary = made_fit().summary()
    Console(width=120).print(summary)
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    plain = [line.strip() for line in repr(summary).splitlines()]
    assert [line for line in shown if line] == [line for line in plain if line]


def test_long_blocks_are_shortened_in_print_only() -> None:
    fit = made_fit()
    summary = fit.summary()
    row = summary.rows[1]
    rows = tuple(
        type(row)("threshold", f"{k}|{k + 1}", row.statistics) for k in range(40)
    )
    long = type(summary)(rows, 0.95, summary.sampling)
    assert "... 34 more" in repr(long)
    assert len(long.to_dict()["parameters"]) == 40
    table = long.to_markdown()
    assert table.count("threshold") == 6
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert "... 34 more" in lines[5]
    assert len({line.count("|") - line.count("\\|") for line in lines}) == 1
    whole = type(summary)(rows, 0.95, summary.sampling, whole=True)
    assert "39|40" in repr(whole)
    assert "more" not in repr(whole)
    assert whole.to_markdown().count("threshold") == 40


def test_frame() -> None:
    frame = made_fit().summary().to_frame()
    assert frame.loc[("b", "x"), "sd"] == pytest.approx(1e-3, rel=0.1)
    assert np.isnan(frame.loc[("sigma", ""), "rhat"])
    assert list(frame.columns) == KEYS[2:]


@pytest.mark.parametrize(
    ("sd", "ess", "expected"),
    [
        (1.0, 4000, 2),  # error 0.016
        (0.3, 4000, 3),  # error 0.005
        (0.001, 4000, 4),
        (50.0, 4000, 1),
        (1000.0, 400, 0),
        (1.0, 1e9, 3),
    ],
)
def test_decimals_follow_the_error(sd: float, ess: float, expected: int) -> None:
    assert decimals(Statistics(0.0, sd, 0.0, 0.0, 0.0, ess, ess, 1.0)) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1e-19, ("1.230e-19", "2.0e-21", "1.230e-19", "-6.0e-21")),
        (1e-6, ("1.230e-06", "2.0e-08", "1.230e-06", "-6.0e-08")),
        (1e-3, ("0.001230", "0.000020", "0.001230", "-0.000060")),
        (1e12, ("1.230e+12", "2.0e+10", "1.230e+12", "-6.0e+10")),
    ],
)
def test_very_small_and_large_numbers_have_powers_of_ten(
    size: float, expected: tuple[str, ...]
) -> None:
    numbers = (1.2304 * size, 0.0201 * size, 1.2304 * size, -0.0601 * size)
    found = Statistics(*numbers, 1.3 * size, 9.0, 9.0, 1.0)
    assert cells(found)[:4] == expected


def test_an_sd_that_overflows() -> None:
    """Of draws near the largest numbers: they are finite, and printed."""
    draws = np.array([[1e305, -1.5e305, 1e305, -1e305, 0.5e305]] * 2)
    found = summarize(draws)
    assert found.sd == float("inf")
    assert cells(found)[1] == "inf"
