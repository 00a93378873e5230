"""Contrasts of cells against combinations of cell means by hand.

The coefficients are made from draws of the means of the cells, by inverting the design,
so that every coding of the factors stands for the same cells.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from varying.compiler.bind.questions.grid import grid_of
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.formula.design import evaluate_columns
from varying.grammar.source import Source
from varying.runtime.questions.quantities import answer

CHAINS, DRAWS = 2, 30
BLOCK, CS = ("early", "middle", "late"), ("CS-", "CS+")
Array = np.ndarray[Any, Any]

HEAD = "column block: factor(early, middle, late){block}\n"
HEAD += 'column cs: factor("CS-", "CS+"){cs}\n'
CODINGS = {
    "treatment": HEAD.format(block="", cs=""),
    "sum": HEAD.format(block=", contrast=sum", cs=", contrast=sum"),
    "simple": HEAD.format(block=", contrast=simple", cs=", contrast=simple"),
    "helmert": HEAD.format(block=", contrast=helmert", cs=", contrast=deviation"),
    "mixed": HEAD.format(block=", contrast=sdif", cs=", ref='CS+'"),
    "another order": HEAD.replace("early, middle, late", "late, early, middle").format(
        block=", contrast=poly", cs=""
    ),
}


@cache
def data() -> dict[str, list[Any]]:
    """Rows in every cell, and many more in some."""
    rng = np.random.default_rng(2)
    rows = 90
    block = rng.choice(BLOCK, rows, p=[0.6, 0.3, 0.1])
    cs = rng.choice(CS, rows, p=[0.3, 0.7])
    return {
        "block": ["early", "middle", "late", *block[3:]],
        "cs": cs.tolist(),
        "dose": rng.choice([1, 2, 5], rows).tolist(),
        "x": rng.gamma(2, 2, rows).round(2).tolist(),
        "t": rng.uniform(1, 3, rows).tolist(),
        "n": rng.integers(5, 9, rows).tolist(),
        "few": rng.integers(0, 5, rows).tolist(),
        "g": [f"s{i % 7}" for i in range(rows)],
        "y": rng.normal(0, 1, rows).tolist(),
        "count": rng.poisson(3, rows).tolist(),
        "k": (1 + np.arange(rows) % 4).tolist(),
        "word": np.take(["lo", "mid", "hi"], np.arange(rows) % 3).tolist(),
        "yes": (np.arange(rows) % 2).tolist(),
        "u": rng.lognormal(0, 1, rows).tolist(),
    }


def compiled(spec: str) -> Compiled:
    return compile_spec(Request(Source(spec), table_from_frame(data())))


def draws_from(rng: np.random.Generator, *axes: int) -> Array:
    return rng.normal(size=(CHAINS, DRAWS, *axes))


def posterior(found: Compiled, **given: Array) -> xr.Dataset:
    """Draws of all that is sampled or reported, some of them given."""
    rng = np.random.default_rng(11)
    program = found.lowered
    lengths = {a.name: len(a.labels or ()) for a in program.axes}
    variables: dict[str, Any] = {}
    for one in (*program.parameters, *program.derived):
        values = draws_from(rng, *(lengths[a] for a in one.axes))
        if one.name in ("sigma", "shape", "gap"):
            values = np.exp(values)
        values = given.get(one.name, values)
        variables[one.name] = (("chain", "draw", *one.axes), values)
    if "threshold" in variables and "threshold" not in given:
        dims, values = variables["threshold"]
        variables["threshold"] = (dims, np.sort(values, axis=-1))
        variables.pop("gap", None)
    coords = {"chain": np.arange(CHAINS), "draw": np.arange(DRAWS)}
    return xr.Dataset(variables, coords)


def lines(found: Compiled, draws: xr.Dataset) -> dict[str, Array]:
    """The draws of each line by its label."""
    derived = answer(found, draws, 1)
    assert derived is not None
    names = derived["contrast_name"].values.tolist()
    return {n: derived["contrast"].values[..., i] for i, n in enumerate(names)}


def cell_means() -> Array:
    """Draws of the means of the cells: chains, draws, blocks, conditions."""
    return draws_from(np.random.default_rng(5), len(BLOCK), len(CS))


def with_means(found: Compiled, means: Array, intercept: bool = True) -> xr.Dataset:
    """The posterior in which the cells have these means."""
    columns = list(found.bound.population.columns)
    grid = grid_of(columns, found.prepared.table, found.prepared.computed)
    design = evaluate_columns(columns, grid.table)
    assert set(grid.factors) == {"block", "cs"}
    order = [BLOCK.index(level) for level in grid.factors["block"]]
    turn = [CS.index(level) for level in grid.factors["cs"]]
    flat = means[:, :, order][:, :, :, turn].reshape(CHAINS, DRAWS, -1)
    if list(grid.factors) == ["cs", "block"]:
        flat = means[:, :, order][:, :, :, turn].swapaxes(2, 3).reshape(*flat.shape)
    whole = np.column_stack([np.ones(len(design)), design])
    solved = flat @ np.linalg.inv(whole).T
    return posterior(found, Intercept=solved[..., 0], b=solved[..., 1:])


E, M, L = range(3)

#: Contrasts, and by hand from the means of blocks (axis 2) and conditions (axis 3).
BY_HAND: dict[str, dict[str, Any]] = {
    "block: late - early": {"": lambda m: (m[:, :, L] - m[:, :, E]).mean(-1)},
    "block: late - (early + middle)/2": {
        "": lambda m: (m[:, :, L] - m[:, :, [E, M]].mean(2)).mean(-1)
    },
    'cs: "CS+" - "CS-"': {"": lambda m: (m[..., 1] - m[..., 0]).mean(-1)},
    "block: late - early | cs": {
        "CS-": lambda m: m[:, :, L, 0] - m[:, :, E, 0],
        "CS+": lambda m: m[:, :, L, 1] - m[:, :, E, 1],
    },
    'block: 2*late - 2*middle, cs: "CS+" - "CS-"': {
        "": lambda m: (
            2 * (m[:, :, L, 1] - m[:, :, L, 0] - m[:, :, M, 1] + m[:, :, M, 0])
        )
    },
    'cs: "CS+" - "CS-" | block': {
        "early": lambda m: m[:, :, E, 1] - m[:, :, E, 0],
        "middle": lambda m: m[:, :, M, 1] - m[:, :, M, 0],
        "late": lambda m: m[:, :, L, 1] - m[:, :, L, 0],
    },
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("formula", ["block*cs", "cs*block", "block + cs + block:cs"])
@pytest.mark.parametrize("text", BY_HAND)
def test_a_contrast_is_of_cells_whatever_the_coding(
    text: str, formula: str, coding: str
) -> None:
    means = cell_means()
    spec = f"{CODINGS[coding]}y ~ {formula} + (1 | g)\ncontrast c = {text}"
    found = compiled(spec)
    got = lines(found, with_means(found, means))
    wanted = BY_HAND[text]
    assert set(got) == {f"c[{key}]" if key else "c" for key in wanted}
    for key, by_hand in wanted.items():
        np.testing.assert_allclose(
            got[f"c[{key}]" if key else "c"], by_hand(means), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("coding", ["treatment", "another order"])
@pytest.mark.parametrize(("word", "count"), [("pairwise", 15), ("reference", 5)])
def test_pairs_of_cells(word: str, count: int, coding: str) -> None:
    means = cell_means()
    found = compiled(f"{CODINGS[coding]}y ~ block*cs\ncontrast c = block*cs: {word}")
    got = lines(found, with_means(found, means))
    assert len(got) == count
    for label, values in got.items():
        cells = re.findall(r"\((\w+), (CS.)\)", label)
        first, second = [means[:, :, BLOCK.index(a), CS.index(b)] for a, b in cells]
        np.testing.assert_allclose(values, first - second, rtol=1e-9, atol=1e-12)


def test_the_default_name_is_the_text() -> None:
    text = "block: late - early | cs"
    found = compiled(f"y ~ block*cs\ncontrast {text}, scale=response")
    assert set(lines(found, posterior(found))) == {
        f"{text}, scale=response[CS+]",
        f"{text}, scale=response[CS-]",
    }


# ---- numeric predictors --------------------------------------------------------------


def mean_of(name: str) -> float:
    return float(np.mean(data()[name]))


#: Formulas, and by hand the place of what goes with `block[late]` in `late - early`.
AT_MEANS: dict[str, list[tuple[str, float]]] = {
    "block + x": [("block[late]", 1.0)],
    "block*x": [("block[late]", 1.0), ("block[late]:x", mean_of("x"))],
    "block*log(x)": [
        ("block[late]", 1.0),
        ("block[late]:log(x)", np.log(mean_of("x"))),
    ],
    "block*I(x^2) + x": [
        ("block[late]", 1.0),
        ("block[late]:I(x^2)", mean_of("x") ** 2),
    ],
    "block*center(x)": [("block[late]", 1.0)],
    "block*scale(log(x))": [
        ("block[late]", 1.0),
        (
            "block[late]:scale(log(x))",
            (np.log(mean_of("x")) - np.log(data()["x"]).mean())
            / np.log(data()["x"]).std(ddof=1),
        ),
    ],
    "block*within(x, g)": [("block[late]", 1.0)],
    "block:x + block": [
        ("block[late]", 1.0),
        ("block[late]:x", mean_of("x")),
        ("block[early]:x", -mean_of("x")),
    ],
    "block*factor(dose)": [
        ("block[late]", 1.0),
        ("block[late]:factor(dose)[2]", 1 / 3),
        ("block[late]:factor(dose)[5]", 1 / 3),
    ],
    'block*I(cs == "CS+")': [
        ("block[late]", 1.0),
        ('block[late]:I(cs == "CS+")[TRUE]', 0.5),
    ],
}


@pytest.mark.parametrize("formula", AT_MEANS)
def test_numbers_are_at_their_means(formula: str) -> None:
    head = "column block: factor(early, middle, late)\n"
    found = compiled(f"{head}y ~ {formula} + (1 | g)\ncontrast block: late - early")
    names = [column.name for column in found.bound.population.columns]
    draws = posterior(found)
    wanted: Any = 0.0
    for name, weight in AT_MEANS[formula]:
        place = next(
            i
            for i, n in enumerate(names)
            if sorted(n.split(":")) == sorted(name.split(":"))
        )
        wanted = wanted + weight * draws["b"].values[..., place]
    (got,) = lines(found, draws).values()
    np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_a_polynomial_is_at_the_mean() -> None:
    head = "column block: factor(early, middle, late)\n"
    spec = f"{head}y ~ block*poly(x, 2, raw=TRUE)\ncontrast block: late - early"
    found = compiled(spec)
    draws = posterior(found)
    b = {c.name: i for i, c in enumerate(found.bound.population.columns)}
    late, first, second = (
        draws["b"].values[..., b[name]] for name in b if name.startswith("block[late]")
    )
    (got,) = lines(found, draws).values()
    m = mean_of("x")
    np.testing.assert_allclose(got, late + m * first + m * m * second, atol=1e-9)


# ---- scales --------------------------------------------------------------------------


def test_the_mean_of_counts_is_of_one_unit_of_exposure() -> None:
    means = cell_means()
    spec = CODINGS["sum"] + "count | rate(t) ~ block*cs + (1 | g), family=poisson\n"
    spec += "contrast block: late - early, scale=response, groups=zero\n"
    spec += 'contrast d = block: late - early, cs: "CS+" - "CS-", scale=response, '
    spec += "groups=zero\n"

    found = compiled(spec)
    first, second = lines(found, with_means(found, means)).values()
    mu = np.exp(means)
    np.testing.assert_allclose(first, (mu[:, :, L] - mu[:, :, E]).mean(-1))
    np.testing.assert_allclose(
        second, mu[:, :, L, 1] - mu[:, :, L, 0] - mu[:, :, E, 1] + mu[:, :, E, 0]
    )


def test_the_mean_of_successes_is_of_one_trial() -> None:
    means = cell_means()
    spec = CODINGS["treatment"]
    spec += "few | trials(n) ~ block*cs + offset(t) + (1 | g), family=binomial\n"
    spec += "contrast block: late - early | cs, scale=response, groups=zero"
    found = compiled(spec)
    low, high = lines(found, with_means(found, means)).values()
    p = expit(means)
    np.testing.assert_allclose(low, p[:, :, L, 0] - p[:, :, E, 0])
    np.testing.assert_allclose(high, p[:, :, L, 1] - p[:, :, E, 1])


def test_a_mean_takes_the_formulas_of_other_parameters() -> None:
    means = cell_means()
    spec = CODINGS["treatment"] + "u ~ block*cs, family=lognormal\n  sigma ~ cs\n"
    spec += "contrast block: late - early, scale=response"
    found = compiled(spec)
    draws = with_means(found, means)
    log_sigma = draws["sigma_Intercept"].values[..., None] + (
        draws["sigma_b"].values * np.array([0.0, 1.0])
    )
    mu = np.exp(means + np.exp(2 * log_sigma)[:, :, None] / 2)
    (got,) = lines(found, draws).values()
    np.testing.assert_allclose(got, (mu[:, :, L] - mu[:, :, E]).mean(-1))


def ordinal(response: str, declared: str, scale: str) -> tuple[dict[str, Array], Array]:
    """Lines of `cs: "CS+" - "CS-"`, and the probabilities of categories by hand."""
    spec = f'column {response}: ordered({declared})\ncolumn cs: factor("CS-", "CS+")\n'
    spec += f"{response} ~ cs, family=ordlogit\n  disc ~ cs\n"
    spec += "  prior threshold ~ normal(0, 2)\n"
    spec += f'contrast c = cs: "CS+" - "CS-", scale={scale}'
    found = compiled(spec)
    draws = posterior(found)
    cut = draws["threshold"].values
    disc = np.exp(draws["disc_b"].values)
    below = [expit(cut), expit(disc * (cut - draws["b"].values))]
    ends = [np.zeros((CHAINS, DRAWS, 1)), np.ones((CHAINS, DRAWS, 1))]
    shares = [np.diff(np.concatenate([ends[0], p, ends[1]], axis=-1)) for p in below]
    return lines(found, draws), shares[1] - shares[0]


def test_probabilities_of_categories() -> None:
    got, wanted = ordinal("word", "lo, mid, hi", "prob")
    assert list(got) == ["c[lo]", "c[mid]", "c[hi]"]
    for place, values in enumerate(got.values()):
        np.testing.assert_allclose(values, wanted[..., place], atol=1e-12)


def test_the_linear_predictor_of_thresholds_alone_is_0() -> None:
    spec = "column k: ordered(1..5)\nk ~ 1 + (1 | g), family=ordlogit\n"
    found = compiled(spec + "means m = 1")
    asked = answer(found, posterior(found), 1)
    assert asked is not None
    np.testing.assert_array_equal(asked["means"], np.zeros((CHAINS, DRAWS, 1)))


def test_the_mean_of_categories_that_are_numbers() -> None:
    got, shares = ordinal("k", "1..5", "response")
    np.testing.assert_allclose(got["c"], shares @ np.arange(1.0, 6.0), atol=1e-12)


def test_probabilities_of_a_binary_response() -> None:
    means = cell_means()
    spec = CODINGS["simple"] + "yes ~ block*cs + (1 | g), family=bernoulli\n"
    spec += "contrast c = block: late - early, scale=prob, groups=zero\n"
    spec += "contrast d = block: late - early, scale=response, groups=zero"
    found = compiled(spec)
    got = lines(found, with_means(found, means))
    p = expit(means)
    wanted = (p[:, :, L] - p[:, :, E]).mean(-1)
    np.testing.assert_allclose(got["c[1]"], wanted)
    np.testing.assert_allclose(got["c[0]"], -wanted)
    np.testing.assert_allclose(got["d"], wanted)


def test_many_cells_are_done_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = CODINGS["sum"] + "yes ~ block*cs*factor(dose), family=bernoulli\n"
    spec += "contrast c = block: late - early | cs, scale=prob"
    found = compiled(spec)
    draws = posterior(found)
    whole = lines(found, draws)
    monkeypatch.setattr("varying.runtime.questions.cells._AT_ONCE", 500)
    for name, values in lines(found, draws).items():
        np.testing.assert_allclose(values, whole[name], atol=1e-12)
