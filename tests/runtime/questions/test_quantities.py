"""Quantities and tests, from made-up draws, against formulas by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from arviz_stats.base import array_stats
from scipy import stats

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.answers import GROUP, Answers, answers_of
from varying.runtime.questions.evidence import DRAWS as PRIOR_DRAWS
from varying.runtime.questions.quantities import answer

CHAINS, DRAWS = 2, 400
Array = np.ndarray[Any, Any]

SPEC = """
column cs: factor("CS-", "CS+")
y ~ block*cs + (1 + cs | subj) + (1 | item)
  sigma ~ block
"""
PRIORS = """
column cs: factor("CS-", "CS+"), contrast=sum
y ~ block*cs + (1 + cs | subj)
  prior b ~ normal(0, 2)
  prior b[block] ~ student_t(4, 1, 0.5)
  prior Intercept ~ normal(3, 1, lb=0)
  prior sd[subj] ~ exponential(2)
  prior sd[subj, cs] ~ half_student_t(3, 1)
  prior cor ~ lkj(3)
  prior sigma = 1
"""
ORDINAL = """
column k: ordered(1..5)
k ~ cs, family=ordlogit
  prior b ~ flat
"""


@cache
def data() -> dict[str, list[Any]]:
    rng = np.random.default_rng(4)
    rows = 60
    return {
        "subj": [f"s{i % 6}" for i in range(rows)],
        "item": [f"i{i % 5}" for i in range(rows)],
        "block": ["early" if i // 6 % 2 else "late" for i in range(rows)],
        "cs": ["CS-" if i // 12 % 2 else "CS+" for i in range(rows)],
        "y": rng.normal(3, 1, rows).tolist(),
        "k": (1 + np.arange(rows) % 5).tolist(),
    }


def compiled(spec: str) -> Compiled:
    return compile_spec(Request(Source(spec), table_from_frame(data())))


def posterior(found: Compiled) -> xr.Dataset:
    """Draws of every variable that a fit would have; correlations are such."""
    rng = np.random.default_rng(9)
    program = found.lowered
    lengths = {a.name: len(a.labels or ()) for a in program.axes}
    shapes = {p.name: p.axes for p in (*program.parameters, *program.derived)}
    for group in program.groups:
        shapes[group.effects] = (group.levels, group.coefs)
    variables: dict[str, Any] = {}
    for name, axes in shapes.items():
        values = rng.normal(size=(CHAINS, DRAWS, *(lengths[a] for a in axes)))
        if name.startswith(("sd_", "sigma")) and name != "sigma_Intercept":
            values = np.abs(values)
        if name == "threshold":
            values = np.sort(values, axis=-1)
        variables[name] = (("chain", "draw", *axes), values)
    for group in program.groups:
        if group.correlations:
            size = lengths[group.coefs]
            cor = np.tanh(rng.normal(size=(CHAINS, DRAWS, size, size)))
            dims = ("chain", "draw", group.coefs, f"{group.coefs}_")
            variables[group.correlation_matrix] = (dims, cor)
    coords = {"chain": np.arange(CHAINS), "draw": np.arange(DRAWS)}
    return xr.Dataset(variables, coords)


def asked(
    spec: str, text: str, seed: int = 1
) -> tuple[Answers, xr.Dataset, xr.Dataset]:
    """What is answered, the draws behind it, and the posterior."""
    found = compiled(f"{spec.strip()}\n{text}\n")
    draws = posterior(found)
    derived = answer(found, draws, seed)
    assert derived is not None
    tree = xr.DataTree.from_dict({GROUP: derived})
    return answers_of(tree, 0.95), derived, draws


def b(p: xr.Dataset, place: int) -> Array:
    return p["b"].values[..., place]


#: Expressions, and the same by hand from the variables of the posterior.
QUANTITIES: dict[str, tuple[str, Callable[[xr.Dataset], Array]]] = {
    "b[cs]": (SPEC, lambda p: b(p, 1)),
    "b[cs[CS+]]": (SPEC, lambda p: b(p, 1)),
    "b[cs[CS+]:block[late]]": (SPEC, lambda p: b(p, 2)),
    "Intercept": (SPEC, lambda p: p["Intercept"].values),
    "sd[subj, Intercept]": (SPEC, lambda p: p["sd_subj"].values[..., 0]),
    "sd[subj, cs]": (SPEC, lambda p: p["sd_subj"].values[..., 1]),
    "sd[item]": (SPEC, lambda p: p["sd_item"].values[..., 0]),
    "cor[subj]": (SPEC, lambda p: p["cor_subj"].values[..., 1, 0]),
    "cor[subj, cs, Intercept]": (SPEC, lambda p: p["cor_subj"].values[..., 1, 0]),
    "r[subj, s3, cs]": (SPEC, lambda p: p["r_subj"].values[..., 3, 1]),
    "r[item, i2]": (SPEC, lambda p: p["r_item"].values[..., 2, 0]),
    "sigma.Intercept": (SPEC, lambda p: p["sigma_Intercept"].values),
    "sigma.b[block]": (SPEC, lambda p: p["sigma_b"].values[..., 0]),
    "threshold[3]": (ORDINAL, lambda p: p["threshold"].values[..., 2]),
    "sigma": (PRIORS, lambda p: p["sigma"].values),
    "1 + 2*b[cs] - b[block]/4 - -3": (SPEC, lambda p: 4 + 2 * b(p, 1) - b(p, 0) / 4),
    "-b[cs]^2": (SPEC, lambda p: -(b(p, 1) ** 2)),
    "2^b[cs]": (SPEC, lambda p: 2 ** b(p, 1)),
    "12 / (b[cs] * 3) / 2": (SPEC, lambda p: 2 / b(p, 1)),
    "sqrt(exp(b[cs])) + log(sd[item])": (
        SPEC,
        lambda p: np.exp(b(p, 1) / 2) + np.log(p["sd_item"].values[..., 0]),
    ),
}


@pytest.mark.parametrize("text", QUANTITIES)
def test_a_quantity_is_what_it_says(text: str) -> None:
    spec, by_hand = QUANTITIES[text]
    answers, derived, draws = asked(spec, f"quantity q = {text}")
    wanted = by_hand(draws)
    found = derived["quantity"].values[..., 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    (row,) = answers.quantities
    assert row.statistics.mean == pytest.approx(wanted.mean())
    assert row.statistics.sd == pytest.approx(wanted.std(ddof=1))
    assert row.statistics.median == pytest.approx(np.median(wanted))
    assert row.statistics.lower == pytest.approx(np.quantile(wanted, 0.025))
    assert row.statistics.ess_bulk == pytest.approx(
        array_stats.ess(found, method="bulk")
    )
    assert row.statistics.rhat == pytest.approx(array_stats.rhat(found, method="rank"))


def test_quantities_may_use_those_above() -> None:
    lines = "quantity d = b[cs] / sd[item]\nquantity e = d^2 + d\ntest t = e > d"
    answers, derived, draws = asked(SPEC, lines)
    d = b(draws, 1) / draws["sd_item"].values[..., 0]
    np.testing.assert_allclose(derived["quantity"].values[..., 1], d * d + d)
    assert answers.tests[0].probability == pytest.approx((d * d > 0).mean())
    assert answers.tests[0].of == "e - d"


def test_a_chain_of_quantities_costs_what_it_is_long() -> None:
    lines = ["quantity q0 = b[cs]"]
    lines += [f"quantity q{i} = q{i - 1} + q{i - 1}" for i in range(1, 60)]
    _, derived, draws = asked(SPEC, "\n".join(lines))
    np.testing.assert_allclose(
        derived["quantity"].values[..., 59], b(draws, 1) * 2.0**59
    )


def test_undefined_draws_are_said() -> None:
    lines = "quantity q = log(b[cs])\ntest t = log(b[cs]) > 0\nquantity whole = b[cs]"
    answers, _, draws = asked(SPEC, lines)
    negative = int((b(draws, 1) < 0).sum())
    note = f"{negative} of {CHAINS * DRAWS} draws are not finite"
    assert answers.quantities[0].notes == (note,)
    assert math.isnan(answers.quantities[0].statistics.mean)
    assert answers.quantities[1].notes == ()
    test = answers.tests[0]
    assert (test.probability, test.mcse, test.notes) == (None, None, (note,))
    json.dumps(answers.to_dict(), allow_nan=False)


# ---- tests ---------------------------------------------------------------------------

#: Comparisons, in which draws they hold, and what the figures are about.
TESTS: dict[str, tuple[Callable[[xr.Dataset], Array], str]] = {
    "b[cs] > 0": (lambda p: b(p, 1) > 0, "b[cs]"),
    "0 >= b[cs]": (lambda p: b(p, 1) <= 0, "b[cs]"),
    "-0.5 < b[cs] < 0.5": (lambda p: abs(b(p, 1)) < 0.5, "b[cs]"),
    "0.5 > b[cs] >= -0.5": (lambda p: abs(b(p, 1)) < 0.5, "b[cs]"),
    "b[cs] < b[block]": (lambda p: b(p, 1) < b(p, 0), "b[block] - b[cs]"),
    "b[cs] > b[block] - 1": (
        lambda p: b(p, 1) > b(p, 0) - 1,
        "b[cs] - (b[block] - 1)",
    ),
    "b[cs] < b[block] < Intercept": (
        lambda p: (b(p, 1) < b(p, 0)) & (b(p, 0) < p["Intercept"].values),
        "",
    ),
}


@pytest.mark.parametrize("text", TESTS)
def test_a_probability_is_the_share_of_draws(text: str) -> None:
    region_of, of = TESTS[text]
    answers, derived, draws = asked(SPEC, f"test t = {text}")
    (test,) = answers.tests
    region = region_of(draws)
    assert test.probability == pytest.approx(region.mean(), abs=1e-12)
    assert test.of == of and test.text == text
    spread = region.std(ddof=0) / math.sqrt(
        float(array_stats.ess(region, method="mean"))
    )
    assert test.mcse == pytest.approx(spread, rel=0.01)
    # independent draws: near the textbook's
    assert test.mcse == pytest.approx(region.std() / math.sqrt(region.size), rel=0.3)
    assert test.bayes_factor is test.prior_probability is test.bound is None
    if of:
        assert test.statistics is not None
        assert test.statistics.mean == pytest.approx(derived["test"].values.mean())
    else:
        # of what several operands are, there are no figures of one
        assert test.statistics is None and "test" not in derived
        row = test.to_dict()
        assert row["mean"] is row["sd"] is row["rhat"] is None


def test_figures_stay_with_their_test() -> None:
    several = "test a = b[cs] > 0\ntest c = b[cs] < b[block] < Intercept\n"
    answers, derived, draws = asked(SPEC, several + "test d = Intercept > 0")
    first, chain, last = answers.tests
    assert chain.statistics is None
    assert first.statistics is not None and last.statistics is not None
    assert first.statistics.mean == pytest.approx(b(draws, 1).mean())
    assert last.statistics.mean == pytest.approx(draws["Intercept"].values.mean())
    assert derived["test"]["compared_name"].values.tolist() == ["a", "d"]


def prior(text: str) -> float:
    """The prior probability that a test has under ``PRIORS``."""
    (test,) = asked(PRIORS, f"test t = {text}")[0].tests
    assert test.prior_probability is not None
    return test.prior_probability


T = stats.t(4, 1, 0.5)
NORMAL = stats.truncnorm(-3, np.inf, 3, 1)

#: Comparisons of one parameter with numbers, and their prior probability.
EXACT = {
    "b[cs] > 0": 0.5,
    "b[cs] < -1": stats.norm.cdf(-0.5),
    "-0.1 < b[block:cs] < 0.1": stats.norm.cdf(0.05) - stats.norm.cdf(-0.05),
    "1 > b[block] >= 2 - 2": T.cdf(1) - T.cdf(0),
    "Intercept > 4": NORMAL.sf(4),
    "Intercept > 30": NORMAL.sf(30),
    "Intercept < 1": NORMAL.cdf(1),
    "sd[subj, Intercept] < 0.5": 1 - math.exp(-1),
    "-1 < sd[subj, Intercept] < 0.5": 1 - math.exp(-1),
    "0 < 1 < b[cs]": stats.norm.sf(0.5),
    "2 < 1 < b[cs]": 0.0,
    "1 < b[cs] < 1": 0.0,
}


@pytest.mark.parametrize("text", EXACT)
def test_prior_probabilities_are_exact(text: str) -> None:
    assert prior(text) == pytest.approx(EXACT[text], rel=1e-9, abs=1e-300)


#: Others, by draws.
DRAWN = {
    "b[cs] < b[block:cs]": 0.5,
    "b[cs] + b[block:cs] > 1": stats.norm.sf(1 / math.sqrt(8)),
    "b[cs]^2 < 4": 2 * stats.norm.cdf(1) - 1,
    "b[cs] > 0.5 * b[cs]": 0.5,
    "sd[subj, cs] < 1": 2 * stats.t(3).cdf(1) - 1,
    "2*Intercept > 8": NORMAL.sf(4),
    "cor[subj] > 0.5": stats.beta(3, 3).sf(0.75),
    "b[cs] * sigma > 1": stats.norm.sf(0.5),
}


@pytest.mark.parametrize("text", DRAWN)
def test_prior_probabilities_by_draws(text: str) -> None:
    wanted = DRAWN[text]
    error = math.sqrt(wanted * (1 - wanted) / PRIOR_DRAWS)
    assert abs(prior(text) - wanted) < 4 * error


@pytest.mark.parametrize(
    ("line", "text", "wanted"),
    [
        ("threshold ~ normal(0, 2)", "threshold[1] < 0", 1 - 0.5**4),
        ("threshold ~ normal(0, 2)", "threshold[4] - threshold[3] > 0", 1.0),
        ("threshold ~ dirichlet(1)", "threshold[1] < 0", 1 - 0.5**4),
        ("threshold ~ dirichlet(1)", "threshold[4] < 0", 0.5**4),
    ],
)
def test_prior_probabilities_of_thresholds(line: str, text: str, wanted: float) -> None:
    spec = ORDINAL.replace("b ~ flat", line)
    (test,) = asked(spec, f"test t = {text}")[0].tests
    error = math.sqrt(wanted * (1 - wanted) / PRIOR_DRAWS)
    assert test.prior_probability == pytest.approx(wanted, abs=4 * error + 1e-12)


#: Where there is no Bayes factor, and what is said of it.
WITHOUT = {
    (SPEC, "b[cs] > 0"): "",
    (SPEC + "  prior b[cs] ~ normal(0, 1)\n", "b[block] > 0"): "",
    (SPEC + "  prior b[cs] ~ normal(0, 1)\n", "b[block] < b[cs]"): "",
    (SPEC + "  prior Intercept[mean] ~ normal(0, 1)\n", "Intercept > 0"): "",
    (ORDINAL, "b[cs] > 0"): "no Bayes factor: the prior of `b[cs[CS-]]` is flat",
    (PRIORS, "r[subj, s1, cs] > 0"): "",
    (PRIORS, "sigma > 0.5"): "always holds",
    (PRIORS, "sigma < 0.5"): "never holds",
    (PRIORS, "sd[subj, Intercept] > 0"): "always holds",
}


@pytest.mark.parametrize(("spec", "text"), WITHOUT)
def test_there_is_no_bayes_factor(spec: str, text: str) -> None:
    (test,) = asked(spec, f"test t = {text}")[0].tests
    assert test.bayes_factor is None
    said = "; ".join(note for note in test.notes if "is +1" not in note)
    wanted = WITHOUT[spec, text]
    assert wanted in said and bool(wanted) == bool(said)


def test_a_bayes_factor_is_a_ratio_of_odds() -> None:
    (test,) = asked(PRIORS, "test t = b[cs] < -1")[0].tests
    p, q = test.probability, stats.norm.cdf(-0.5)
    assert p is not None and 0 < p < 1
    assert test.bayes_factor == pytest.approx(p / (1 - p) * (1 - q) / q)
    assert test.bound is None


@pytest.mark.parametrize(
    ("text", "bound", "odds"), [("<", "above", 799.0), (">", "below", 1 / 799)]
)
def test_odds_beyond_the_draws_are_bounds(text: str, bound: str, odds: float) -> None:
    answers, _, _ = asked(PRIORS, f"test t = b[cs] {text} 6")
    (test,) = answers.tests
    prior_odds = 1 / (1 / stats.norm.cdf(3) - 1)
    prior_odds = prior_odds if text == "<" else 1 / prior_odds
    assert test.bound == bound
    assert test.bayes_factor == pytest.approx(odds / prior_odds)
    assert test.mcse is None
    assert answers.to_dict()["tests"][0]["bayes_factor_bound"] == bound


def test_sum_coding_is_spelled_out() -> None:
    (test,) = asked(PRIORS, "test t = b[block:cs] > b[cs]")[0].tests
    assert "in `cs[S.CS-]`, `CS-` is +1 and `CS+` is -1" in test.notes
    (other,) = asked(SPEC, "test t = b[cs] > 0")[0].tests
    assert other.notes == ()


def test_the_same_seed_gives_the_same_prior_draws() -> None:
    text = "test t = b[cs] < b[block:cs]"
    once, again, other = (asked(PRIORS, text, seed)[0].tests[0] for seed in (1, 1, 2))
    assert once == again
    assert once.prior_probability != other.prior_probability
