"""Questions about ``wiener``: how likely each of two answers is, and their times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families.continuous import wiener
from varying.grammar.source import Source
from varying.runtime.questions.cells import AnswerLine, cell_lines
from varying.runtime.rows.engine import Draws
from varying.runtime.rows.kept import with_kept
from varying.runtime.rows.new import new_rows, read_rows
from varying.runtime.rows.predict import averages, labelled

MODEL = "rt | dec(right) ~ f + (1 | g), family=wiener\n  bs ~ f"
DRIFTS = np.array([[0.7, -0.4], [-0.9, 2.0]])  # draws by levels
#: Of a reference level, and what the other has beside it.
DRAWS = {
    "Intercept": DRIFTS[:, 0],
    "b": np.diff(DRIFTS),
    "bs_Intercept": np.log([1.2, 2.0]),
    "bs_b": np.array([[0.1], [-0.3]]),
    "ndt": np.array([0.2, 0.1]),
    "bias": np.array([0.5, 0.6]),
    "sd_g": np.array([[0.8], [1.7]]),
}


def data() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rt": np.tile([0.5, 0.9, 0.7, 1.4], 3),
            "right": [0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1],
            "f": np.tile(["a", "b"], 6),
            "g": np.repeat(["u", "v", "w"], 4),
        }
    )


def posterior_of(values: dict[str, Any]) -> xr.Dataset:
    dims = {"b": ["coef"], "bs_b": ["coef"], "sd_g": ["effect"]}
    return xr.Dataset(
        {
            name: (("chain", "draw", *dims.get(name, [])), each[None])
            for name, each in values.items()
        },
        {"chain": [0], "draw": [0, 1]},
    )


def asked(question: str) -> list[AnswerLine]:
    source = Source(f"{MODEL}\n{question}\n")
    found = compile_spec(Request(source, table_from_frame(data())))
    draws = {name: values[None] for name, values in DRAWS.items()}
    return cell_lines(found.joint.questions.cells[0], found, draws)


def chances(drift: Any) -> np.ndarray[Any, Any]:
    """Return how likely the upper answer is, by draws and levels.

    Cox and Miller (1965), section 5.7: of a process that starts at ``a w``.
    """
    distance = np.exp(DRAWS["bs_Intercept"][:, None] + [0.0, 1.0] * DRAWS["bs_b"])
    start = DRAWS["bias"][:, None] * distance
    return np.asarray(
        (1.0 - np.exp(-2.0 * drift * start)) / (1.0 - np.exp(-2.0 * drift * distance))
    )


UPPER = chances(DRIFTS)


@pytest.mark.parametrize("one", ["1", "upper"])
def test_how_likely_the_upper_answer_is(one: str) -> None:
    lines = asked(f"means f, scale=prob[{one}], groups=zero")
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, UPPER, rtol=1e-12)
    assert [line.observed for line in lines] == pytest.approx([3 / 6, 4 / 6])
    assert lines[0].note == ("of the probability of `upper`; at group effects = 0")


def test_each_answer_has_a_line() -> None:
    lines = asked("means f, scale=prob, groups=zero")
    assert [line.coord for line in lines] == [
        "a, lower",
        "a, upper",
        "b, lower",
        "b, upper",
    ]
    np.testing.assert_allclose(lines[2].draws[0], 1.0 - UPPER[:, 1], rtol=1e-12)
    assert lines[2].observed == pytest.approx(2 / 6)
    assert "of the probability of each answer" in lines[0].note


def test_contrasts_of_chances_and_ratios_of_odds() -> None:
    (line,) = asked("contrast f: b - a, scale=prob[1], groups=zero")
    np.testing.assert_allclose(line.draws[0], UPPER[:, 1] - UPPER[:, 0], rtol=1e-10)
    for which, sign in (("", 1.0), ("[lower]", -1.0)):
        (line,) = asked(f"contrast f: b - a, scale=odds{which}, groups=zero")
        odds = UPPER / (1.0 - UPPER)
        ratio = (odds[:, 1] / odds[:, 0]) ** sign
        np.testing.assert_allclose(line.draws[0], ratio, rtol=1e-9)


def test_over_new_groups_it_is_that_of_many_that_are_drawn() -> None:
    """By questions, and by ``predict(groups="average")``, without answers."""
    rng = np.random.default_rng(4)
    effects = DRAWS["sd_g"][..., None] * rng.standard_normal((2, 1, 200_000))
    distance = np.exp(DRAWS["bs_Intercept"][:, None] + [0.0, 1.0] * DRAWS["bs_b"])
    drawn = wiener.upper(
        DRIFTS[..., None] + effects,
        distance[..., None],
        0.0,
        DRAWS["bias"][:, None, None],
    )
    expected = drawn.mean(axis=-1)
    lines = asked("means f, scale=prob[1]")
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, expected, atol=0.003)
    assert "averaged over new levels of g" in lines[0].note

    compiled = compile_spec(Request(Source(MODEL), table_from_frame(data())))
    posterior = posterior_of(DRAWS)
    read = read_rows(pd.DataFrame({"f": ["a", "b"]}), compiled)
    (rows,) = new_rows(compiled, read, kind="prob", groups="average").each
    predicted = labelled(averages(rows, "prob", {}), Draws(posterior))
    assert list(predicted["answer"].values) == ["lower", "upper"]
    np.testing.assert_allclose(predicted.values[0, ..., 1], found, rtol=1e-6)
    np.testing.assert_allclose(predicted.sum("answer"), 1.0)


def test_the_chances_of_both_answers_are_kept() -> None:
    model = "keep prob\nrt | dec(right) ~ f, family=wiener\n  bs ~ f"
    compiled = compile_spec(Request(Source(model), table_from_frame(data())))
    own = {name: each for name, each in DRAWS.items() if name != "sd_g"}
    kept = with_kept(posterior_of(own), compiled)["prob"]
    assert kept.dims == ("chain", "draw", "row", "answer")
    assert list(kept["answer"].values) == ["lower", "upper"]
    upper = kept.sel(answer="upper", chain=0)
    np.testing.assert_allclose(upper, np.tile(UPPER, (1, 6)), rtol=1e-10)


def test_the_mean_is_that_of_the_upper_answer() -> None:
    (line,) = asked("means 1, scale=response, groups=zero")
    assert line.note == "of the mean time of the upper answer; at group effects = 0"
    right = data().query("right == 1")["rt"]
    assert line.observed == pytest.approx(right.mean())


@pytest.mark.parametrize("groups", ["zero", "average"])
def test_quantiles_and_probabilities_of_times_are_those_of_the_upper_answer(
    groups: str,
) -> None:
    """By times that are drawn, of one group and of many."""
    rng, many = np.random.default_rng(6), 100_000
    sd = DRAWS["sd_g"][:, None] if groups == "average" else 0.0
    drifts = DRIFTS[..., None] + sd * rng.standard_normal((2, 1, many))
    distance = np.exp(DRAWS["bs_Intercept"][:, None] + [0.0, 1.0] * DRAWS["bs_b"])
    given = (distance, DRAWS["ndt"][:, None], DRAWS["bias"][:, None])
    times = wiener.simulate(rng, drifts, *(one[..., None] for one in given), 1.0)
    lines = asked(f"means f, scale=quantile[0.8], groups={groups}")
    found = np.stack([line.draws[0] for line in lines], axis=1)
    shares = (times <= found[..., None]).mean(axis=-1)
    np.testing.assert_allclose(shares, 0.8, atol=0.006)
    assert "the `0.8` quantile of the time of the upper answer" in lines[0].note
    lines = asked(f"means f, scale=prob[>1.2], groups={groups}")
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, (times > 1.2).mean(axis=-1), atol=0.006)
    assert "a time `>1.2`, given the upper answer" in lines[0].note
    right = data().query("right == 1")
    late = (right["rt"] > 1.2).groupby(right["f"]).mean()
    assert [line.observed for line in lines] == pytest.approx(list(late))


def test_a_slope_is_that_of_the_closed_form() -> None:
    model = "rt | dec(right) ~ x, family=wiener\nslope x, scale=prob[1], x=0.5\n"
    frame = data().assign(x=np.linspace(0.0, 2.0, 12))
    found = compile_spec(Request(Source(model), table_from_frame(frame)))
    draws = {"Intercept": 0.4, "bs": 1.3, "ndt": 0.1, "bias": 0.5}
    given = {name: np.full((1, 1), value) for name, value in draws.items()}
    given["b"] = np.full((1, 1, 1), 0.8)
    (line,) = cell_lines(found.joint.questions.cells[0], found, given)
    # from the middle it is a logistic function of drift times distance
    chance = expit(1.3 * 0.8)
    expected = 1.3 * 0.8 * chance * (1.0 - chance)
    np.testing.assert_allclose(line.draws, expected, rtol=1e-6)
