"""Probabilities of numbers of successes: ``scale=prob[>3], trials=20``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.cells import AnswerLine, cell_lines

Array = np.ndarray[Any, Any]

ETA = np.array([[0.5, -1.2], [-1.0, 0.4]])  # draws by levels
PHI, ZI = np.array([4.0, 30.0]), np.array([0.2, 0.05])
DRAWS = {"Intercept": ETA[:, 0], "b": np.diff(ETA), "phi": PHI, "zi": ZI}
GROUPS = np.array([0.8, 1.7])


def data() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "k": [0, 5, 2, 3, 4, 1, 3, 2],
            "t": [5, 9, 5, 9, 5, 9, 5, 9],
            "f": ["a", "b"] * 4,
            "g": ["u", "u", "v", "v"] * 2,
        }
    )


def asked(
    model: str, question: str, other: dict[str, Array] | None = None
) -> list[AnswerLine]:
    source = Source(f"{model}\n{question}\n")
    found = compile_spec(Request(source, table_from_frame(data())))
    draws = {name: values[None] for name, values in (DRAWS | (other or {})).items()}
    draws["sd_g"] = GROUPS[None, :, None]
    return cell_lines(found.joint.questions.cells[0], found, draws)


def of(family: str, trials: int) -> Callable[[Array], Array]:
    """Return the probabilities of 0 to all successes, by SciPy: the first axis."""

    def masses(eta: Array) -> Array:
        k, p = np.arange(trials + 1)[:, None, None], expit(eta)
        phi, zi = PHI[:, None], ZI[:, None]
        found = np.asarray(stats.binom.pmf(k, trials, p))
        if "beta" in family:
            a, b = p * phi, (1.0 - p) * phi
            found = np.asarray(stats.betabinom.pmf(k, trials, a, b))
        if "zero" in family:
            found = zi * (k == 0) + (1.0 - zi) * found
        return found

    return masses


FAMILIES = (
    "binomial",
    "beta_binomial",
    "zero_inflated_binomial",
    "zero_inflated_beta_binomial",
)
EVENTS = {
    "0": [0],
    "7": [7],
    ">3": range(4, 21),
    ">=3": range(3, 21),
    "<3": range(3),
    "<=3": range(4),
    "2..5": range(2, 6),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_probabilities_are_those_of_scipy(family: str) -> None:
    masses = of(family, 20)(ETA)
    for event, values in EVENTS.items():
        expected = masses[list(values)].sum(axis=0)
        for scale, known in (("prob", expected), ("odds", expected / (1 - expected))):
            lines = asked(
                f"k | trials(t) ~ f, family={family}",
                f"means f, scale={scale}[{event}], trials=20",
            )
            found = np.stack([line.draws[0] for line in lines], axis=1)
            np.testing.assert_allclose(found, known, rtol=1e-9)
            assert "at trials = 20" in lines[0].note
            assert lines[0].observed is None


@pytest.mark.parametrize(
    ("event", "low", "high"),
    [
        (">20000", 20_000, np.inf),
        ("<20000", -1, 19_999),
        ("18000..30000", 17_999, 30_000),
        ("20000", 19_999, 20_000),
    ],
)
def test_counts_of_many_thousands(event: str, low: float, high: float) -> None:
    """By the distribution function, where so many would be added up."""
    question = f"means f, scale=prob[{event}]"
    lines = asked("k | trials(t) ~ f, family=binomial", f"{question}, trials=32000")
    law = stats.binom(32_000, expit(ETA))
    expected = law.cdf(high) - law.cdf(low)
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)

    lines = asked("k ~ f, family=poisson", question, {"Intercept": ETA[:, 0] + 9.5})
    rates = stats.poisson(np.exp(ETA + 9.5))
    expected = rates.cdf(high) - rates.cdf(low)
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_rows_that_all_have_as_many_say_of_how_many() -> None:
    lines = asked("k | trials(9) ~ f, family=binomial", "means f, scale=prob[>2]")
    expected = stats.binom.sf(2, 9, expit(ETA))
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert [line.observed for line in lines] == [2 / 4, 2 / 4]
    assert lines[0].note == "of the probability of `>2`; at trials = 9"


def test_over_new_groups_they_are_integrals() -> None:
    lines = asked(
        "k | trials(9) ~ f + (1 | g), family=binomial",
        "means f, scale=prob[0], groups=average",
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    eta = ETA[..., None] + GROUPS[:, None, None] * nodes
    expected = stats.binom.pmf(0, 9, expit(eta)) @ weights / weights.sum()
    found = np.stack([line.draws[0] for line in lines], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=2e-8)


@pytest.mark.parametrize(
    ("trials", "question", "message"),
    [
        ("t", "means f, scale=prob[0]", "probability of `0` of successes is of a"),
        ("t", "means f, scale=odds[>3]", "rows have 5 to 9"),
        ("t", "means f, scale=prob[>3], trials=2.5", "is a whole number above 0"),
        ("9", "means f, scale=prob[>9]", "no number of successes in 9 trials is"),
        ("9", "means f, scale=prob[<=9]", "every number of successes in 9 trials"),
        ("9", "means f, scale=prob[12]", "no number of successes in 9 trials"),
        ("9", "means f, scale=prob[2.5]", "is no count"),
        ("9", "means f, scale=prob", "or `trials=20`"),
        ("9", "means f, scale=odds, trials=9", "other scales are of one trial"),
    ],
)
def test_what_has_none(trials: str, question: str, message: str) -> None:
    model = f"k | trials({trials}) ~ f, family=binomial"
    with pytest.raises(varying.ModelError, match=message):
        varying.compile(f"{model}\n{question}\n", data())
