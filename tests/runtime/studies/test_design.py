"""Planned studies: the arithmetic of their figures, the same runs again, real power."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.compiler.data.frames import table_from_frame
from varying.grammar.source import Source
from varying.runtime.studies.power import Planned, planned
from varying.runtime.studies.runs import REFUSED, RunAnswer
from varying.runtime.studies.simulate import Simulator
from varying.runtime.studies.truth import parsed

PILOT = pd.DataFrame({"g": ["a"] * 4 + ["b"] * 4, "x": ["u", "v"] * 4})
SPEC = "y ~ x + (1 | g)"
TRUTH = {"Intercept": 1, "b[x]": 1, "sd[g, Intercept]": 0.5, "sigma": 1}


def answered(run: int, mean: float, half: float, rhat: float = 1.0) -> RunAnswer:
    return RunAnswer(
        5, run, "estimate", "q", mean, mean - half, mean + half, math.nan, rhat, 0
    )


def test_figures_by_hand() -> None:
    runs = [answered(0, 2, 1), answered(1, 1, 2), answered(2, -3, 1), answered(3, 4, 1)]
    found = Planned.of(runs, 2.0)
    assert found.power == 0.75  # all but the second exclude 0
    assert found.covered == 0.5  # the first two have 2 in them
    assert found.wrong_sign == pytest.approx(1 / 3)
    assert found.exaggeration == pytest.approx((2 + 3 + 4) / 3 / 2)
    assert (found.mean, found.width) == (1.0, 2.0)
    assert found.mcse == pytest.approx(math.sqrt(5 / 8 * 3 / 8 / 8))
    null = Planned.of(runs, 0.0)
    assert math.isnan(null.wrong_sign) and math.isnan(null.exaggeration)


def test_a_test_counts_from_its_probability() -> None:
    runs = [
        RunAnswer(5, n, "test", "t", 1.0, -1.0, 3.0, p, 1.0, 0)
        for n, p in enumerate([0.9, 0.975, 0.99, 1.0])
    ]
    assert Planned.of(runs, 1.0).power == 0.75


def test_fits_that_have_not_settled_are_said() -> None:
    runs = [answered(0, 2, 1), answered(1, 1, 2, rhat=1.2)]
    found = planned(runs, {5: {"q": 2.0}}, "g", 1)
    assert (found.unsettled, found.fits) == (1, 2)
    assert "in 1 of 2 fits the chains do not agree" in repr(found)


def test_studies_whose_data_say_nothing_show_nothing() -> None:
    nan = math.nan
    empty = [
        RunAnswer(people, 2, REFUSED, "no value is known", *(nan,) * 5, 0)
        for people in (5, 3)
    ]
    runs = [answered(0, 2, 1), answered(1, 1, 2), *empty]
    found = planned(runs, {n: {"q": 2.0} for n in (3, 5)}, "g", 1)
    none, some = found.rows
    assert (some.runs, some.power, some.mean) == (3, 1 / 3, 1.5)
    assert (none.people, none.runs, none.power) == (3, 1, 0.0)
    assert math.isnan(none.width)
    assert (found.refused, found.fits) == (
        {n: {"no value is known": 1} for n in (3, 5)},
        2,
    )
    assert "g = 5: nothing could be fitted in 1 study (no value is known)" in repr(
        found
    )


@pytest.mark.parametrize(
    ("spec", "truth", "why"),
    [
        ("y ~ x, family=bernoulli", {"Intercept": -40}, "has one value only: `0`"),
        ("y ~ x, family=lognormal", {"Intercept": 1, "sigma": 1e-300}, "in every row"),
        (
            "y | cens(y >= 2) ~ x",
            {"Intercept": 99, "sigma": 1},
            "all of `y` is censored",
        ),
    ],
)
def test_data_that_cannot_be_fitted_end_no_study(
    spec: str, truth: dict[str, float], why: str
) -> None:
    given = {**truth, "b[x]": 0}
    found = varying.design(
        spec, given, PILOT, people=[2], by="g", runs=2, cores=1, seed=1
    )
    ((reason, count),) = found.refused[2].items()
    assert (count, found.rows, found.fits) == (2, (), 0)
    assert why in reason


def test_runs_are_the_same_again_and_are_gone_on_with(tmp_path: Path) -> None:
    settings = {"people": [3, 4], "draws": 60, "seed": 5, "cores": 1}
    ask = [
        "quantity d = b[x] / sigma",
        "contrast step = x: v - u",
        "test more = b[x] > 0",
    ]
    file = tmp_path / "runs.csv"
    whole = varying.design(SPEC, TRUTH, PILOT, runs=2, ask=ask, **settings)
    part = varying.design(SPEC, TRUTH, PILOT, runs=1, ask=ask, out=file, **settings)
    told: list[tuple[int, int]] = []
    again = varying.design(
        SPEC,
        TRUTH,
        PILOT,
        runs=2,
        ask=ask,
        out=file,
        progress=lambda *done: told.append(done),
        **settings,
    )
    assert told == [(2, 4), (3, 4), (4, 4)]
    pd.testing.assert_frame_equal(whole.to_frame(), again.to_frame())
    assert [row.runs for row in part.rows] == [1] * 6
    frame = whole.to_frame().set_index(["label", "people"])
    assert frame.loc["d", "truth"].tolist() == [1.0, 1.0]
    assert frame.loc["step", "truth"].tolist() == [1.0, 1.0]
    # another truth is another study
    with pytest.raises(ValueError, match="runs of another study"):
        varying.design(
            SPEC, {**TRUTH, "sigma": 2}, PILOT, runs=2, out=file, ask=ask, **settings
        )
    file.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(ValueError, match="no runs of a study"):
        varying.design(SPEC, TRUTH, PILOT, runs=1, out=file, **settings)


def test_effects_are_those_of_formulas_whatever_categories_are_called() -> None:
    truth = """mub.Intercept = 0
mub.b[z] = 1
muc.Intercept = 0
muc.b[z] = -1
sigmab = 0.5
sigmac = 0.5
lncor[b, c] = 0"""
    simulator = Simulator.of(
        Source("cbind(a, b, c) ~ z, family=logistic_normal"),
        Path(),
        parsed(Source(truth)),
        table_from_frame(pd.DataFrame({"z": [-1.0, 0.0, 1.0, 2.0]})),
    )
    assert dict(simulator.coefficients()) == {"mub_b[z]": 1.0, "muc_b[z]": -1.0}


def test_means_have_a_width_and_slopes_a_power() -> None:
    """No question is left out; 0 is no value that a mean is held against.

    The sds of a group called ``b`` are no effects.
    """
    data = pd.DataFrame({"b": ["a"] * 4 + ["b"] * 4, "z": [-1.0, 0, 1, 2] * 2})
    truth = {"Intercept": 1, "b[z]": 1, "sd[b, Intercept]": 0.5, "sigma": 1}
    asked: list[tuple[str | list[str], list[str]]] = [
        ("means m = z, z=[0, 2]", ["b[z]", "m[z=0]", "m[z=2]"]),
        (["slope s = z", "means m = z, z=[0, 2]"], ["s", "m[z=0]", "m[z=2]"]),
    ]
    for ask, labels in asked:
        found = varying.design(
            "y ~ z + (1 | b)",
            truth,
            data,
            people=[3],
            runs=2,
            draws=60,
            seed=1,
            ask=ask,
            cores=1,
        )
        assert [row.label for row in found.rows] == labels
        assert [row.truth for row in found.rows] == pytest.approx([1, 1, 3])
        assert [row.kind for row in found.rows] == ["estimate", "mean", "mean"]
        assert [math.isnan(row.power) for row in found.rows] == [False, True, True]
        assert all(row.width > 0 and row.covered >= 0 for row in found.rows)
        assert "means have a width and no power" in repr(found)


def test_people_beyond_the_pilot_have_its_designs_in_turn(tmp_path: Path) -> None:
    data = pd.DataFrame({"g": ["a", "a", "b"], "x": ["u", "v", "v"]})
    file = tmp_path / "runs.csv"
    varying.design(
        SPEC, TRUTH, data, people=[5], runs=1, draws=50, seed=1, out=file, cores=1
    )
    from varying.grammar.source import Source
    from varying.runtime.studies.runs import Study
    from varying.runtime.studies.simulate import table_of

    spec = Source(SPEC)
    table = table_of(data, spec, tmp_path)
    study = Study(spec, tmp_path, None, Source(""), table, "g", 50, 2, 1)
    found = study.design(5)
    codes = found.columns["g"].values
    x = np.array(found.columns["x"].levels)[found.columns["x"].values]
    assert codes.tolist() == [0, 0, 1, 2, 2, 3, 4, 4]
    assert x.tolist() == ["u", "v", "v", "u", "v", "v", "u", "v"]
    assert found.columns["g"].levels == ("g1", "g2", "g3", "g4", "g5")


def test_faults_of_questions_are_told_at_their_place() -> None:
    ask = ["test more = b[x] > 0", "means z"]
    with pytest.raises(varying.ModelError) as caught:
        varying.design(SPEC, TRUTH, PILOT, people=[3], runs=1, ask=ask)
    found = next(d for d in caught.value.diagnostics if d.severity == "error")
    assert found.source.text == "\n".join(ask)
    assert found.source.slice(found.span) == "z"
    with pytest.raises(varying.ModelError, match="asks nothing of a fit"):
        varying.design(
            SPEC, TRUTH, PILOT, people=[3], runs=1, ask="prior b ~ normal(0, 1)"
        )


#: Arguments that make no sense, and a piece of what is said.
WRONG = {
    "people: 1": ({"people": [1]}, "each 2 or more"),
    "people: text": ({"people": "10"}, "list of numbers"),
    "runs": ({"people": [3], "runs": 0}, "runs is how many"),
    "by": ({"people": [3], "by": "q"}, "column of the design"),
    "draws": ({"people": [3], "draws": 0}, "draws"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(name: str) -> None:
    arguments, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        varying.design(SPEC, TRUTH, PILOT, **arguments)


def test_which_are_the_people_has_to_be_said() -> None:
    data = PILOT.assign(h=["p", "q"] * 4)
    truth = {**TRUTH, "sd[h, Intercept]": 1}
    with pytest.raises(ValueError, match="`g`, `h`"):
        varying.design("y ~ x + (1 | g) + (1 | h)", truth, data, people=[3])
    with pytest.raises(ValueError, match="no grouping factor"):
        varying.design(
            "y ~ x", {"Intercept": 0, "b[x]": 1, "sigma": 1}, data, people=[3]
        )


@pytest.mark.slow
def test_power_of_a_t_test() -> None:
    """Without group effects, and flat priors, it is that of the two-sample t-test."""
    data = pd.DataFrame({"g": ["a", "b"], "x": ["u", "v"]})
    spec = "y ~ x\n  prior Intercept ~ normal(0, 1000)\n  prior b ~ flat"
    truth = {"Intercept": 0, "b[x]": 1, "sigma": 1}
    n, runs = 20, 300
    found = varying.design(
        spec, truth, data, people=[2 * n], by="g", runs=runs, seed=1, draws=500
    )
    (row,) = found.rows
    shift = 1 / math.sqrt(2 / n)
    df = 2 * n - 2
    limit = stats.t(df).ppf(0.975)
    power = stats.nct(df, shift).sf(limit) + stats.nct(df, shift).cdf(-limit)
    assert abs(row.power - power) < 3 * math.sqrt(power * (1 - power) / runs)
    assert abs(row.covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / runs)


def test_a_script_that_other_processes_read_is_told_so(tmp_path: Path) -> None:
    """Each of them calls ``design`` again, where nothing keeps it from that."""
    script = tmp_path / "study.py"
    script.write_text(
        "import varying\n"
        "design = {'g': list('abcd'), 'x': [0.0, 1.0, 0.0, 1.0]}\n"
        "truth = {'Intercept': 0, 'b[x]': 1, 'sigma': 1}\n"
        "varying.design('y ~ x', truth, design, by='g', people=[4], runs=2, cores=2)\n",
        encoding="utf-8",
    )
    found = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert 'stands below `if __name__ == "__main__":`' in found.stderr
    assert found.stderr.count("Traceback") == 1
