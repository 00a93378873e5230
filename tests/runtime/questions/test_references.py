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
from varying.compiler.data.frames import table_from_frame
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


RATINGS_SLOPES = RATINGS.replace("block*cs", "block*cs + trial + trial:cs")
TENS = """\
column block: factor(early, late)
column cs: factor("CS-", "CS+")
column tens: ordered(0..10)
tens ~ block*cs + trial, family=ordlogit
"""
WINE_SLOPES = """\
column rating: ordered(1..5)
rating ~ temp*contact + judge + judge:temp, family=ordlogit
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
        judge = {"judge": MEANS["wine slopes"]["judge"]}
        table = MEANS["wine"]["data"] | judge
    else:
        folder = RATINGS_DATA if data == "ratings.csv" else REFERENCES
        text = (folder / data).read_text().splitlines()
        rows = [line.split(",") for line in text]
        table = {
            name.strip('"'): [row[k].strip('"') for row in rows[1:]]
            for k, name in enumerate(rows[0])
        }
        for name in ("Reaction", "Days", "rating", "trial"):
            if name in table:
                table[name] = [float(value) for value in table[name]]
        if data == "ratings.csv":
            table["tens"] = MEANS["ratings in tens"]["tens"]
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


def _each(*names: str) -> list[tuple[str, str]]:
    return [(name, question) for name in names for question in _asked(MEANS[name])]


@pytest.mark.parametrize(("name", "question"), _each("ratings", "ratings slopes"))
def test_ratings_by_emmeans(name: str, question: str) -> None:
    spec = RATINGS if name == "ratings" else RATINGS_SLOPES
    model = compiled(spec, "ratings.csv")
    intercept, *b = MEANS[name]["coefs"]
    got = answered(question, model, point(Intercept=intercept, b=b))
    np.testing.assert_allclose(got, np.atleast_1d(MEANS[name][question]), rtol=1e-8)


ORDINAL = {
    "wine": (WINE, "wine"),
    "wine slopes": (WINE_SLOPES, "wine"),
    "ratings in tens": (TENS, "ratings.csv"),
}


@pytest.mark.parametrize(("name", "question"), _each(*ORDINAL))
def test_ordered_categories_by_emmeans(name: str, question: str) -> None:
    wanted, model = MEANS[name], compiled(*ORDINAL[name])
    posterior = point(threshold=wanted["thresholds"], b=wanted["coefs"])
    got = answered(question, model, posterior)
    np.testing.assert_allclose(
        got, np.atleast_1d(wanted[question]), rtol=2e-6, atol=1e-8
    )


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


#: Models of one design each, and where statsmodels has our coefficients.
_DESIGNS = {
    "sleepstudy": (SLEEP, "sleepstudy.csv", [1]),
    "ratings": (RATINGS_SLOPES, "ratings.csv", [1, 2, 4, 3, 5]),
    "wine": (WINE_SLOPES, "wine", [0, 1, 3, 2, 4]),
}


@pytest.mark.parametrize(
    ("name", "question"),
    [(name, question) for name in _DESIGNS for question in _asked(MARGINS[name])],
)
def test_designs_by_marginaleffects(name: str, question: str) -> None:
    wanted, (spec, data, order) = MARGINS[name], _DESIGNS[name]
    model, coefs = compiled(spec, data), np.asarray(wanted["coefs"])
    if "thresholds" in wanted:
        posterior = point(threshold=wanted["thresholds"], b=coefs[order])
        asked = f"{question}, scale=prob, over=data"
    else:
        posterior = point(Intercept=coefs[0], b=coefs[order])
        asked = f"{question}, over=data"
    # its slopes are differences of two points
    rtol = 2e-4 if "slope" in question else 1e-7
    np.testing.assert_allclose(
        answered(asked, model, posterior), wanted[question], rtol=rtol, atol=1e-9
    )
