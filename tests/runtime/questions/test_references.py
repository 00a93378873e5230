"""Questions at the coefficients of R's and statsmodels' fits, against their figures.

The posterior has one draw: the coefficients that emmeans and marginaleffects were
given. What these estimate is then to be found to the digit.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.compiled import Compiled
from varying.compiler.data.plain import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.asking import ask

REFERENCES = Path(__file__).parents[2] / "references"
RATINGS_DATA = Path(__file__).parents[3] / "examples" / "ratings"
MEANS = json.loads((REFERENCES / "means.json").read_text())

Array = np.ndarray[Any, Any]

THREE = """\
column a: factor(a1, a2, a3)
column b: factor(lo, hi)
column c: factor(x, y)
{} ~ a*b + c + age + age:a, family={}
"""
WINE = """\
column rating: ordered(1..5)
rating ~ temp*contact, family=ordlogit
"""
SLEEP = "Reaction ~ Days + (Days | Subject)\n"
RATINGS = """\
column block: factor(early, late)
column cs: factor("CS-", "CS+")
rating ~ block*cs + (1 + cs | subj), family=gaussian
"""


def point(**values: Any) -> dict[str, Array]:
    """A posterior of one draw."""
    return {
        name: np.asarray(value, float)[None, None] for name, value in values.items()
    }


def answered(question: str, compiled: Compiled, posterior: dict[str, Array]) -> Array:
    found = ask(question, compiled, posterior, 1).derived.lines
    return np.array([float(values[0, 0]) for _, values in found])


@cache
def compiled(spec: str, data: str) -> Compiled:
    table: dict[str, Any]
    if data == "three":
        table = MEANS["three"]["data"]
    elif data == "wine":
        table = MEANS["wine"]["data"]
    else:
        folder = RATINGS_DATA if data == "ratings.csv" else REFERENCES
        text = (folder / data).read_text().splitlines()
        rows = [line.split(",") for line in text]
        table = {
            name.strip('"'): [row[k].strip('"') for row in rows[1:]]
            for k, name in enumerate(rows[0])
        }
        for name in ("Reaction", "Days", "rating"):
            if name in table:
                table[name] = [float(value) for value in table[name]]
    return compile_spec(Request(Source(spec), table_from_frame(table)))


def _asked(found: dict[str, Any]) -> list[str]:
    verbs = ("means", "contrast", "slope")
    return [key for key in found if key.split()[0] in verbs]


FAMILIES = {"gaussian": "y", "bernoulli": "yes", "poisson": "count"}


@pytest.mark.parametrize(
    ("family", "question"),
    [(family, key) for family in FAMILIES for key in _asked(MEANS["three"][family])],
)
def test_three_factors_by_emmeans(family: str, question: str) -> None:
    wanted = MEANS["three"][family]
    model = compiled(THREE.format(FAMILIES[family], family), "three")
    intercept, *b = wanted["coefs"]
    posterior = point(Intercept=intercept, b=b, sigma=1.0)
    np.testing.assert_allclose(
        answered(question, model, posterior), wanted[question], rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize("question", _asked(MEANS["sleepstudy"]))
def test_sleepstudy_by_emmeans(question: str) -> None:
    model = compiled(SLEEP, "sleepstudy.csv")
    intercept, *b = MEANS["sleepstudy"]["coefs"]
    got = answered(question, model, point(Intercept=intercept, b=b))
    np.testing.assert_allclose(
        got, np.atleast_1d(MEANS["sleepstudy"][question]), rtol=1e-8
    )


@pytest.mark.parametrize("question", _asked(MEANS["ratings"]))
def test_ratings_by_emmeans(question: str) -> None:
    model = compiled(RATINGS, "ratings.csv")
    intercept, *b = MEANS["ratings"]["coefs"]
    got = answered(question, model, point(Intercept=intercept, b=b))
    np.testing.assert_allclose(
        got, np.atleast_1d(MEANS["ratings"][question]), rtol=1e-8
    )


@pytest.mark.parametrize("question", _asked(MEANS["wine"]))
def test_wine_by_emmeans(question: str) -> None:
    wanted = MEANS["wine"]
    model = compiled(WINE, "wine")
    posterior = point(threshold=wanted["thresholds"], b=wanted["coefs"])
    got = answered(question, model, posterior)
    np.testing.assert_allclose(got, wanted[question], rtol=2e-6, atol=1e-8)


MARGINS = json.loads((REFERENCES / "margins.json").read_text())
#: Where statsmodels has our coefficients among its own.
_ORDER = [1, 2, 3, 4, 7, 5, 6, 8, 9]
#: Questions, by the names of the figures of marginaleffects.
_OVER_DATA = {
    "means a": "means a",
    "slope age": "slope age",
    "slope age | a": "slope age | a, age=[30, 60]",
    "contrast a": "contrast a: pairwise",
    "contrast age: 60 - 30": "contrast age: 60 - 30",
}


@pytest.mark.parametrize("name", _OVER_DATA)
@pytest.mark.parametrize("family", FAMILIES)
def test_averages_over_the_data_by_marginaleffects(family: str, name: str) -> None:
    wanted = MARGINS[family]
    model = compiled(THREE.format(FAMILIES[family], family), "three")
    coefs = np.asarray(wanted["coefs"])
    posterior = point(Intercept=coefs[0], b=coefs[_ORDER], sigma=1.0)
    question = f"{_OVER_DATA[name]}, scale=response, over=data"
    got = answered(question, model, posterior)
    # its slopes are differences of two points
    rtol = 2e-4 if "slope" in name else 1e-7
    np.testing.assert_allclose(got, wanted[name], rtol=rtol, atol=1e-9)
