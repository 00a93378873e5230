"""Means, probabilities and quantiles of each family, beside draws of the family."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.grammar.source import Source
from varying.runtime.questions.asking import ask

from ...families.samples import MODERATE

Array = np.ndarray[Any, Any]

#: Of a mixture, the parameters; the others are in ``samples.py``.
MIXTURES = {
    "mixture(gaussian, student)": {
        **{"mu1": 1.0, "mu2": 4.0, "sigma1": 0.6, "sigma2": 1.1},
        **{"nu2": 6.0, "theta1": 0.6},
    },
    "mixture(poisson, negbinomial)": {
        **{"mu1": 0.3, "mu2": 2.2, "shape2": 3.0, "theta1": 0.6},
    },
}
#: Times of an answer have a test of their own: ``test_answers_of_times.py``.
NAMES = [
    *(
        name
        for name, family in FAMILIES.items()
        if not family.of_categories and family.response != "binary" and name != "wiener"
    ),
    *MIXTURES,
]
#: As in ``samples.py``.
TRIALS = 9
ROWS, DRAWN = 60, 100_000
#: Five standard errors of a share of draws.
OFF = 5.0 * 0.5 / math.sqrt(DRAWN)


def asked(name: str, given: dict[str, float], y: Array, scale: str) -> Array:
    """Return the draws of an answer of a model with these parameters."""
    family = FAMILIES[name]
    columns = {
        "y": y,
        "x": np.linspace(-1.0, 1.0, len(y)),
        "n": np.full(len(y), TRIALS),
    }
    left = "y | trials(n)" if "trials" in family.known else "y"
    spec = f"{left} ~ x, family={name}"
    found = compile_spec(Request(Source(spec), table_from_frame(columns)))
    draws: dict[str, Array] = {}
    mains = {one.name: f"{one.name}_" for one in family.mains}
    mains = mains or {family.predictor: ""}
    for key, value in given.items():
        if key in mains:
            draws[f"{mains[key]}Intercept"] = np.full((1, 2), value)
            draws[f"{mains[key]}b"] = np.zeros((1, 2, 1))
        elif key not in family.known:
            draws[key] = np.full((1, 2), value)
    question = f"means 1, scale={scale}"
    ((_, values),) = ask(question, found, draws, 1).derived.lines
    return np.asarray(values)


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_draws(name: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(5)
    given = MIXTURES.get(name) or {k: float(v[0]) for k, v in MODERATE[name].items()}
    y = family.simulate(rng, **{k: np.full(DRAWN, v) for k, v in given.items()})
    rows = y[:ROWS]
    middle = float(np.round(np.quantile(y, 0.6), 2))
    # of successes it is their share
    of = given.get("trials", 1.0)
    found = of * asked(name, given, rows, "response")
    assert found == pytest.approx(y.mean(), abs=5.0 * y.std() / math.sqrt(DRAWN))
    above = f"prob[>{middle:g}]"
    found = asked(name, given, rows, above)
    assert found == pytest.approx((y > middle).mean(), abs=OFF)
    for share in (0.25, 0.5, 0.9):
        at = asked(name, given, rows, f"quantile[{share}]")
        # of values that have a probability each, on both sides of it
        assert (y < at.min()).mean() - OFF < share < (y <= at.max()).mean() + OFF
