"""What is said of priors: every number against one computed by hand."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest

import varying
from varying.compiler.distributions.numerics import LARGEST_MEAN
from varying.compiler.families.family import ResponseKind
from varying.runtime.look.prior_check import STATISTICS, check_prior, written
from varying.runtime.rows.replicates import Replicates

SETS = 400


@pytest.fixture
def rng() -> np.random.Generator:
    """Return numbers of a test's own: what others draw does not move them."""
    return np.random.default_rng(8)


def quantiles(values: np.ndarray, method: str = "linear") -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975], method=method)
    return float(low), float(high)


def test_every_kind_has_two_to_four_statements(rng: np.random.Generator) -> None:
    assert set(STATISTICS) == set(get_args(ResponseKind))
    trials = np.full(6, 9)
    for kind in get_args(ResponseKind):
        categories = ("a", "b") if kind in ("binary", "ordinal", "nominal") else ()
        values = rng.integers(0, 2, (SETS, 6))
        if kind == "composition":  # a column a category
            categories, values = ("a", "b", "c"), rng.integers(1, 5, (SETS, 6, 3))
        data = Replicates(kind, kind, values[0], values, categories, trials)
        count = len(check_prior(data, 1).statements)
        assert count == 1 if kind == "binary" else 2 <= count <= 4


def test_the_ends_are_those_of_95_percent() -> None:
    """Of 400 sets the 10th and the 390th: 5 % of them are as far out, or further."""
    drawn = np.arange(1, SETS + 1)[:, None]
    check = check_prior(Replicates("n", "count", np.array([7]), drawn), 1)
    assert [(one.lower, one.upper) for one in check.statements[1:]] == [(10, 390)] * 2


def test_ratings(rng: np.random.Generator) -> None:
    drawn = rng.integers(0, 5, (SETS, 30))
    observed = np.array([0] * 24 + [1] * 3 + [4] * 3)
    names = ("never", "seldom", "at times", "often", "always")
    lowest, highest, median = check_prior(
        Replicates("worry", "ordinal", observed, drawn, names), 1
    )
    low, high = quantiles((drawn == 0).mean(axis=1))
    assert (lowest.lower, lowest.upper, lowest.observed) == (low, high, 0.8)
    assert not lowest.inside
    assert lowest.text == (
        f"95 % of prior data sets have between {100 * low:.0f} % "
        f"and {100 * high:.0f} % of the answers in the lowest category, never "
        "(in your data: 80 %, above that)."
    )
    assert (highest.lower, highest.upper) == quantiles((drawn == 4).mean(axis=1))
    assert "highest category, always (in your data: 10 %" in highest.text
    middle = np.sort(drawn, axis=1)[:, 14]  # the lower of the two in the middle
    assert (median.lower, median.upper) == quantiles(middle, "inverted_cdf")
    assert f"between the categories {names[int(median.lower)]} and" in median.text
    assert "(in your data: never, below that)" in median.text


def test_counts(rng: np.random.Generator) -> None:
    drawn = rng.poisson(rng.gamma(2, 2, (SETS, 1)), (SETS, 20))
    observed = np.array([0] * 5 + [2] * 15)
    zeros, mean, largest = check_prior(Replicates("n", "count", observed, drawn), 1)
    assert (zeros.lower, zeros.upper) == quantiles((drawn == 0).mean(axis=1))
    assert zeros.text.endswith("zeros (in your data: 25 %).")
    assert (mean.lower, mean.upper) == quantiles(drawn.mean(axis=1))
    assert mean.observed == 1.5
    assert (largest.lower, largest.upper) == quantiles(
        drawn.max(axis=1), "inverted_cdf"
    )
    assert "." not in largest.text.split("(")[0]


def test_continuous_says_what_is_impossible(rng: np.random.Generator) -> None:
    drawn = rng.normal(400, 200, (SETS, 50))  # one set in three is all above 0
    observed = np.linspace(200, 400, 50)
    statements = check_prior(Replicates("rt", "continuous", observed, drawn), 1)
    mean, sd, negative, high = statements
    assert (mean.lower, mean.upper) == quantiles(drawn.mean(axis=1))
    assert sd.observed == pytest.approx(observed.std(ddof=1))
    assert (sd.lower, sd.upper) == quantiles(drawn.std(axis=1, ddof=1))
    assert (negative.lower, negative.upper) == quantiles((drawn < 0).mean(axis=1))
    assert negative.text.endswith("of values below 0 (in your data: 0 %).")
    assert (high.lower, high.upper) == quantiles(np.quantile(drawn, 0.95, axis=1))
    positive = Replicates("rt", "continuous", observed, np.abs(drawn))
    names = [statement.name for statement in check_prior(positive, 1)]
    assert names == ["mean", "sd", "low", "high"]
    shifted = Replicates("rt", "continuous", observed - 300, drawn - 300)
    names = [statement.name for statement in check_prior(shifted, 1)]
    assert names == ["mean", "sd", "low", "high"]


def test_successes_and_binary(rng: np.random.Generator) -> None:
    trials = np.array([2, 3, 5])
    drawn = rng.binomial(trials, 0.5, (SETS, 3))
    data = Replicates("s", "successes", np.array([0, 3, 1]), drawn, (), trials)
    share, none, whole = check_prior(data, 1)
    assert (share.lower, share.upper) == quantiles(drawn.sum(axis=1) / 10)
    assert share.observed == 0.4
    assert (none.observed, whole.observed) == pytest.approx((1 / 3, 1 / 3))
    assert (whole.lower, whole.upper) == quantiles((drawn == trials).mean(axis=1))
    drawn = rng.integers(0, 2, (SETS, 40))
    data = Replicates("won", "binary", np.array([1] * 40), drawn, ("no", "yes"))
    (share,) = check_prior(data, 1)
    assert (share.lower, share.upper) == quantiles(drawn.mean(axis=1))
    assert "of rows with won = yes (in your data: 100 %, above that)" in share.text


def test_rows_without_trials_are_neither(rng: np.random.Generator) -> None:
    trials = np.array([0, 3, 5, 0])
    drawn = rng.binomial(trials, 0.5, (SETS, 4))
    data = Replicates("s", "successes", np.array([0, 3, 0, 0]), drawn, (), trials)
    share, none, whole = check_prior(data, 1)
    assert share.observed == 3 / 8
    assert (none.observed, whole.observed) == (0.5, 0.5)
    some = drawn[:, 1:3]
    assert (none.lower, none.upper) == quantiles((some == 0).mean(axis=1))
    assert (whole.lower, whole.upper) == quantiles((some == trials[1:3]).mean(axis=1))
    empty = Replicates("s", "successes", drawn[0] * 0, drawn * 0, (), trials * 0)
    assert [statement.name for statement in check_prior(empty, 1)] == ["share"]


def test_counts_that_were_cut_off(rng: np.random.Generator) -> None:
    """Draws stop at a mean of 10^15: that is no claim of the prior."""
    cap = int(LARGEST_MEAN)
    drawn = rng.poisson(4, (SETS, 2))
    drawn[:200] = rng.poisson(LARGEST_MEAN, (200, 2))
    observed = np.array([3, 5])
    zeros, mean, largest = check_prior(Replicates("n", "count", observed, drawn), 1)
    for statement in (mean, largest):
        assert " and more than 10^15 (in your data:" in statement.text
        assert f"between {written(statement.lower, 'number')} and" in statement.text
    assert "more" not in zeros.text
    both = check_prior(Replicates("n", "count", observed, drawn[:200]), 1).sentences
    assert "have a mean of more than 10^15 (in your data: 4, below that)." in both[1]
    # one row of two was cut off: the mean is at least half of that
    half = np.tile([cap, 0], (SETS, 1))
    found = check_prior(Replicates("n", "count", observed, half), 1)
    assert "have a mean of more than 5.00e+14" in found.sentences[1]
    assert found.to_dict()["statements"][1]["upper"] == pytest.approx(5e14)
    # and one data set beyond the bounds changes none of them
    rare = rng.poisson(4, (SETS, 2))
    rare[0] = cap
    found = check_prior(Replicates("n", "count", observed, rare), 1)
    assert not any("more than" in text for text in found.sentences)


def test_a_prior_that_is_cut_off() -> None:
    spec = "c ~ x, family=poisson\n  prior Intercept ~ normal(0, 1e6)\n"
    model = varying.compile(spec, {"c": [0, 1, 2, 5], "x": [0.1, 0.3, 0.2, 0.4]})
    sentences = model.prior_check(draws=60, seed=1).sentences
    assert sentences[1].endswith(" 0 and more than 10^15 (in your data: 2).")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.14159, "-3.14"),
        (999.4, "999"),
        (12_345.0, "12,300"),
        (99_950.0, "100,000"),
        (3e12, "3.00e+12"),
        (float("inf"), "infinity"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert written(value, "number") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (0.001, "under 1 %"),
        (0.354, "35 %"),
        (0.999, "over 99 %"),
        (1, "100 %"),
    ],
)
def test_shares(value: float, text: str) -> None:
    assert written(value, "share") == text


def test_infinite_draws_are_said_and_drawn(rng: np.random.Generator) -> None:
    with np.errstate(over="ignore"):
        drawn = np.exp(rng.normal(0, 1000, (SETS, 20)))
    check = check_prior(Replicates("rt", "continuous", np.arange(1.0, 21), drawn), 1)
    assert " and infinity (in your data: 10.5, below" in check.sentences[0]
    assert check.to_dict()["statements"][0]["upper"] is None
    assert check.plot()._repr_png_().startswith(b"\x89PNG")


def test_json(rng: np.random.Generator) -> None:
    drawn = rng.integers(0, 3, (SETS, 30))
    data = Replicates("worry", "ordinal", drawn[0], drawn, ("a", "b", "c"))
    found = json.loads(json.dumps(check_prior(data, 7).to_dict(), allow_nan=False))
    assert (found["seed"], found["draws"]) == (7, SETS)
    assert found["interval"] == {"kind": "eti", "prob": 0.95}
    assert found["statements"][2]["lower"] in ("a", "b", "c")
    assert found["statements"][0]["text"] == check_prior(data, 7).sentences[0]


def test_of_a_model() -> None:
    """A coded response is counted by its categories, whatever their numbers are."""
    ratings = [10, 20, 40, 40] * 5
    spec = "column y: ordered(10, 20, 40)\ny ~ 1, family=ordlogit\n"
    model = varying.compile(spec, {"y": ratings})
    check = model.prior_check(draws=60, seed=3)
    drawn = model.prior_predictive(60, seed=3)["prior_predictive"]["y"].values[0]
    lowest, highest, median = check
    assert lowest.observed == 0.25
    assert (lowest.lower, lowest.upper) == quantiles((drawn == 10).mean(axis=1))
    assert (highest.lower, highest.upper) == quantiles((drawn == 40).mean(axis=1))
    assert "(in your data: 20" in median.text
    assert repr(check) == "\n".join(check.sentences)
    assert check.sentences == model.prior_check(draws=60, seed=check.seed).sentences
    with pytest.raises(ValueError, match="draws is at least 1"):
        model.prior_check(draws=0)
