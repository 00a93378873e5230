"""Data drawn from given parameters: their moments, and what a truth may say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.grammar.diagnostics import ModelError

GROUPS = 20_000


def design(groups: int = GROUPS, times: int = 2) -> pd.DataFrame:
    """Rows of groups that all have both conditions."""
    return pd.DataFrame(
        {
            "g": np.repeat(np.arange(groups), 2 * times).astype(str),
            "x": np.tile(np.repeat(["a", "b"], times), groups),
            "z": np.tile(np.linspace(-1.0, 1.0, 2 * times), groups),
            "n": 10,
        }
    )


def test_moments_of_correlated_effects() -> None:
    """Means, and the covariance between rows of a group, against the closed form."""
    truth = {
        "Intercept": 50,
        "b[x[b]]": -8,
        "sd[g, Intercept]": 12,
        "sd[g, x[b]]": 4,
        "cor[g, Intercept, x[b]]": 0.5,
        "sigma": 3,
    }
    found = varying.simulate("y ~ x + (1 + x | g)", truth, design(), seed=2)
    wide = found.y.to_numpy().reshape(GROUPS, 4)
    effects = np.array([[144.0, 24.0], [24.0, 16.0]])
    z = np.array([[1, 0], [1, 0], [1, 1], [1, 1]])
    expected = z @ effects @ z.T + 9.0 * np.eye(4)
    error = np.sqrt(expected / GROUPS)
    assert np.all(np.abs(wide.mean(0) - [50, 50, 42, 42]) < 4 * np.diag(error))
    limit = 4 * np.sqrt((np.outer(np.diag(expected), np.diag(expected))) * 2 / GROUPS)
    assert np.all(np.abs(np.cov(wide.T) - expected) < limit)


#: Spec, truth, and the response's distribution in the rows of x = b.
ALONE: dict[str, tuple[str, dict[str, Any], Any]] = {
    "poisson": (
        "y ~ x, family=poisson",
        {"Intercept": 1.0, "b[x[b]]": 0.5},
        stats.poisson(np.exp(1.5)),
    ),
    "binomial": (
        "y | trials(n) ~ x, family=binomial",
        {"Intercept": -1.0, "b[x[b]]": 0.5},
        stats.binom(10, 1 / (1 + np.exp(0.5))),
    ),
    "bernoulli": (
        "y ~ x, family=bernoulli",
        {"Intercept": -1.0, "b[x[b]]": 0.5},
        stats.bernoulli(1 / (1 + np.exp(0.5))),
    ),
    "negbinomial": (
        "y ~ x, family=negbinomial",
        {"Intercept": 1.0, "b[x[b]]": 0.5, "shape": 2},
        stats.nbinom(2, 2 / (2 + np.exp(1.5))),
    ),
    "gamma": (
        "y ~ x, family=gamma",
        {"Intercept": 1.0, "b[x[b]]": 0.5, "shape": 3},
        stats.gamma(3, scale=np.exp(1.5) / 3),
    ),
    "sigma of its own": (
        "y ~ x\n  sigma ~ x",
        {"Intercept": 1, "b[x[b]]": 1, "sigma.Intercept": 0, "sigma.b[x[b]]": 1},
        stats.norm(2, np.e),
    ),
    "ordlogit": (
        "column y: ordered(0..2)\ny ~ x, family=ordlogit",
        {"threshold": [-1, 1], "b[x[b]]": 0.5},
        stats.rv_discrete(
            values=(
                [0, 1, 2],
                np.diff([0, 1 / (1 + np.exp(1.5)), 1 / (1 + np.exp(-0.5)), 1]),
            )
        ),
    ),
    "sum": (
        "column x: factor(a, b), contrast=sum\ny ~ x",
        {"Intercept": 1, "b[x[S.a]]": 1, "sigma": 1},
        stats.norm(0, 1),
    ),
    # what a spec fixes has its value, of one element of several too
    "fixed": (
        "y ~ x + z\n  prior b[x] = 2\n  prior sigma = 0.5",
        {"Intercept": 1, "b[z]": 0},
        stats.norm(3, 0.5),
    ),
    "a fixed quantile": (
        "y ~ x, family=asymmetric_laplace\n  prior quantile = 0.9",
        {"Intercept": 1, "b[x[b]]": 1, "sigma": 0.2},
        # SciPy's kappa is sqrt(q / (1 - q)), its scale sigma / sqrt(q (1 - q))
        stats.laplace_asymmetric(3, loc=2, scale=0.2 / 0.3),
    ),
    "one parameter for two": (
        "y ~ x, family=mixture(gaussian, gaussian)\n  prior sigma2 = sigma1\n"
        "  prior theta1 = 0.999999999",
        {
            "mu1.Intercept": 1,
            "mu1.b[x[b]]": 1,
            "mu2.Intercept": 9,
            "mu2.b[x[b]]": 0,
            "sigma1": 0.5,
        },
        stats.norm(2, 0.5),
    ),
}


def test_people_have_thresholds_of_their_own() -> None:
    """One threshold is the middle of three, others are as far off as people vary."""
    people = 400
    rows = pd.DataFrame({"g": np.repeat([f"p{i}" for i in range(people)], 40)})
    found = varying.simulate(
        "column y: ordered(0..3)\ny ~ 1 + (1 | g), family=ordlogit\n"
        "  threshold ~ (1 | g)\n",
        {"threshold": [-1, 0, 1.5], "sd[g]": 1e-6, "threshold.sd[g]": 0.5},
        rows,
        seed=4,
    )
    y = found.y.astype(int).to_numpy().reshape(people, 40)
    assert (y < 2).mean() == pytest.approx(0.5, abs=0.02)
    z = np.random.default_rng(1).normal(size=100_000)
    share = 1.0 / (1.0 + np.exp(1.5 * np.exp(0.5 * z)))
    assert (y == 3).mean() == pytest.approx(share.mean(), abs=0.012)
    between = (y == 3).mean(axis=1).var()
    wanted = share.var() + (share * (1.0 - share)).mean() / 40
    assert between == pytest.approx(wanted, rel=0.25)


def test_effects_on_single_thresholds_are_drawn() -> None:
    """Of the group of `cs()` and of that of another parameter, by their names."""
    rows = pd.DataFrame({"g": np.repeat([f"p{i}" for i in range(400)], 40), "x": 0.0})
    truth = {"threshold": [0, 0], "disc.b[x]": 0.3, "disc.sd[g, Intercept]": 1e-6}
    truth |= {"sd[g, Intercept[0|1]]": 1.5, "sd[g, Intercept[1|2]]": 1e-6}
    found = varying.simulate(
        "column y: ordered(0..2)\ny ~ 1 + (cs(1) || g), family=sratio\n"
        "  disc ~ x + (1 | g)\n",
        truth,
        rows,
        seed=4,
    )
    y = found.y.astype(int).to_numpy().reshape(400, 40)
    first = (y > 0).mean(axis=1)
    share = 1.0 / (1.0 + np.exp(1.5 * np.random.default_rng(1).normal(size=100_000)))
    wanted = share.var() + (share * (1.0 - share)).mean() / 40
    assert first.var() == pytest.approx(wanted, rel=0.25)
    # at the second threshold people are alike
    often = first > 0.25
    above = (y[often] == 2).sum(axis=1) / (y[often] > 0).sum(axis=1)
    assert above.mean() == pytest.approx(0.5, abs=0.03)
    assert above.var() == pytest.approx(
        0.25 * (1.0 / (40 * first[often])).mean(), rel=0.3
    )


@pytest.mark.parametrize("family", ["ordlogit", "sratio"])
@pytest.mark.parametrize("layout", ["equidistant", "symmetric", "sum_to_zero"])
def test_thresholds_that_are_laid_out_are_given_as_others(
    family: str, layout: str
) -> None:
    rows, truth = pd.DataFrame({"x": np.zeros(50)}), {"threshold": [-1, 0, 1]}
    start = f"column y: ordered(0..3)\ny ~ 1, family={family}"
    laid, free = (
        varying.simulate(f"{start}{option}\n", truth, rows, seed=1)
        for option in (f", threshold={layout}", "")
    )
    assert laid.y.tolist() == free.y.tolist()


def test_thresholds_of_items_are_lists() -> None:
    rows = pd.DataFrame({"item": ["a", "b, 2"] * 2000})
    spec = "column y: ordered(0..3)\ny | thres(gr=item) ~ 1, family=ordlogit"
    thresholds = [-1.0, 0.0, 2.0], [0.5, 0.6, 0.7]
    truth = dict(zip(["threshold[a]", 'threshold["b, 2"]'], thresholds, strict=True))
    y = varying.simulate(spec, truth, rows, seed=1).y.astype(int).to_numpy()
    for place, own in enumerate(thresholds):
        below = [(y[place::2] <= k).mean() for k in range(3)]
        assert below == pytest.approx(stats.logistic.cdf(own), abs=0.04)


OF_ITEMS = "column y: ordered(0..3)\ny | thres(gr=item) ~ 1, family={}, threshold={}"
PERSONS = "column y: ordered(0..3)\ny ~ 1, family=ordlogit\n  threshold ~ (1 | item)"
RISING = {"threshold[a]": [-1, 0, 1], "threshold[b]": [0, 1, 3]}

#: A spec, a truth and what is wrong with it.
NOT_LAID_OUT: list[tuple[str, dict[str, Any] | str, str]] = [
    (
        OF_ITEMS.format("acat", "equidistant"),
        {"threshold[a]": [1, 0, -1], "threshold[b]": [0, 1, 3]},
        r"`threshold\[b\]` are not at one distance.*"
        r"\[-0.166667, 1.33333, 2.83333\]",
    ),
    (
        OF_ITEMS.format("ordlogit", "symmetric"),
        RISING,
        r"not at the same distances on both sides.*\[-0.166667, 1.33333, 2.83333\]",
    ),
    (
        OF_ITEMS.format("sratio", "sum_to_zero"),
        {"threshold[a]": [2, -1, -1], "threshold[b]": [0, 1, 3]},
        r"`threshold\[b\]` do not sum to 0.*\[-1.33333, -0.333333, 1.66667\]",
    ),
    (
        OF_ITEMS.format("ordlogit", "flexible"),
        {**RISING, "threshold[a]": [-1, 1, 0]},
        r"`threshold\[a\]` do not rise",
    ),
    (
        PERSONS,
        {"threshold": [-1, 1, 0], "threshold.sd[item]": 1},
        "`threshold` do not rise",
    ),
    (OF_ITEMS.format("acat", "flexible"), {"threshold": [0, 1, 2]}, "has its own"),
    ("y ~ 1", "Intercept = 1\nIntercept = 2\nsigma = 1", "`Intercept` has two values"),
]


@pytest.mark.parametrize(("spec", "truth", "message"), NOT_LAID_OUT)
def test_thresholds_that_a_spec_cannot_have(
    spec: str, truth: dict[str, Any] | str, message: str
) -> None:
    rows = pd.DataFrame({"item": ["a", "b"] * 4})
    with pytest.raises(ModelError, match=f"(?s)^(?!.*error.*error).*{message}"):
        varying.simulate(spec, truth, rows)


@pytest.mark.parametrize("name", ALONE)
def test_rows_have_the_distribution(name: str) -> None:
    spec, truth, expected = ALONE[name]
    found = varying.simulate(spec, truth, design(2_000), seed=4)
    values = found.y[found.x == "b"].to_numpy(dtype=float)
    if hasattr(expected, "pmf"):
        at = np.arange(int(values.max()) + 1)
        counts = np.array([(values == k).sum() for k in at])
        probs = expected.pmf(at) * len(values)
        kept = probs > 5
        chi2 = ((counts - probs)[kept] ** 2 / probs[kept]).sum()
        assert stats.chi2(kept.sum()).sf(chi2) > 1e-4
    else:
        assert stats.kstest(values, expected.cdf).pvalue > 1e-4


def test_strata_have_effects_of_their_own() -> None:
    data = design(4_000).assign(f=lambda d: np.where(d.g.astype(int) < 2_000, "p", "q"))
    truth = {
        "Intercept": 0,
        "sd[g, Intercept:f[p]]": 1,
        "sd[g, Intercept:f[q]]": 5,
        "sigma": 0.01,
    }
    found = varying.simulate("y ~ 1 + (1 | gr(g, by=f))", truth, data, seed=1)
    each = found.groupby(["f", "g"]).y.mean().groupby("f").std()
    np.testing.assert_allclose(each.to_numpy(), [1, 5], rtol=4 / np.sqrt(4_000))


def test_responses_with_correlated_residuals() -> None:
    truth = {
        "y1.Intercept": 0,
        "y2.Intercept": 5,
        "y1.sigma": 1,
        "y2.sigma": 2,
        "rescor[y1, y2]": 0.7,
    }
    spec = "mvbind(y1, y2) ~ 1, rescor=true"
    found = varying.simulate(spec, truth, design(2_500), seed=1)
    cov = np.cov(found.y1, found.y2)
    np.testing.assert_allclose(cov, [[1, 1.4], [1.4, 4]], atol=0.25)


def test_names_of_categories_are_kept() -> None:
    spec = "column y: ordered(no, maybe, yes)\ny ~ x, family=ordlogit"
    truth = {"threshold[1]": -1, "threshold[2]": 1, "b[x]": 0.5}
    found = varying.simulate(spec, truth, design(50), seed=1)
    assert set(found.y) == {"no", "maybe", "yes"}
    # and what was drawn can be fitted
    assert varying.compile(spec, found).compiled is not None


def test_the_same_seed_the_same_data_and_what_is_there_is_written_over() -> None:
    truth = {"Intercept": 0, "b[x]": 1, "sigma": 1}
    data = design(5).assign(y=7.0)
    one = varying.simulate("y ~ x", truth, data, seed=3)
    pd.testing.assert_frame_equal(one, varying.simulate("y ~ x", truth, data, seed=3))
    assert not one.equals(varying.simulate("y ~ x", truth, data, seed=4))
    assert not (one.y == 7.0).any()


SPEC = "y ~ x + (1 + x | g)"
FULL = {
    "Intercept": 1,
    "b[x]": 1,
    "sd[g, Intercept]": 1,
    "sd[g, x]": 1,
    "cor[g, Intercept, x]": 0,
    "sigma": 1,
}

#: A truth that differs from the full one, the rule, and a piece of the message.
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "missing": ({"sd[g, x]": None}, "needs-truth", "no value for `sd[g, x[b]]`"),
    "no such level": ({"b[q]": 1}, "unknown-target", "`q`"),
    "negative": ({"sd[g, x]": -1}, "truth-value", "is from 0 up, not -1"),
    "correlation": ({"cor[g, Intercept, x]": 1.2}, "truth-value", "no correlation"),
    "effects": ({"r[g, 1, Intercept]": 1}, "truth-value", "drawn anew"),
    "twice": ({"b[x[b]]": 2}, "truth-value", "two values"),
    "a sum": ({"b[x] + 1": 2}, "truth-value", "no single parameter"),
    "no number": ({"sigma": float("nan")}, "truth-value", "no `NAME = number`"),
    "of brms": ({"b_x": 1, "b[x]": None}, "unknown-target", "no parameter `b_x`"),
    "a list": ({"sigma": [1, 2]}, "unknown-target", "a single number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_truth_that_is_none(name: str) -> None:
    changed, rule, message = WRONG[name]
    truth = {k: v for k, v in {**FULL, **changed}.items() if v is not None}
    with pytest.raises(ModelError) as caught:
        varying.simulate(SPEC, truth, design(4))
    found = caught.value.diagnostics
    (one,) = [each for each in found if each.severity == "error"]
    assert one.rule == rule
    assert message in one.message
    assert one.source.name == "truth"


#: Specs that fix a parameter, what a truth says of it, and what is said of that.
FIXED = [
    (
        "y ~ 1\n  prior sigma = 1",
        {"sigma": 2},
        "fixes `sigma` at 1, and the truth says 2",
    ),
    ("y ~ 1\n  prior sigma = 1", {"sigma": 1}, ""),
    ("y ~ z\n  prior b[z] = 0.1", {"sigma": 1, "b[z]": 1}, "fixes `b[z]` at 0.1"),
    ("y ~ z\n  prior b[z] = 0.1", {"b[z]": 0.1, "sigma": 1}, ""),
    (
        "y ~ 1\n  sigma ~ 1\n  prior sigma.Intercept = -1",
        {"sigma.Intercept": 0},
        "at -1",
    ),
]
TWO = "y ~ 1, family=mixture(gaussian, gaussian)\n  prior sigma2 = sigma1"
OF_TWO = {"mu1.Intercept": 0, "mu2.Intercept": 1, "theta1": 0.5, "sigma1": 0.5}
FIXED += [
    (TWO, {**OF_TWO, "sigma2": 1}, "fixes `sigma2` at 0.5, and the truth says 1"),
    (TWO, {**OF_TWO, "sigma2": 0.5}, ""),
]


@pytest.mark.parametrize(("spec", "truth", "message"), FIXED)
def test_what_the_spec_fixes_has_no_other_value(
    spec: str, truth: dict[str, float], message: str
) -> None:
    whole = truth if "mixture" in spec else {"Intercept": 1, **truth}
    if not message:
        assert len(varying.simulate(spec, whole, design(4), seed=1)) == 16
        return
    with pytest.raises(ModelError, match=re.escape(message)) as caught:
        varying.simulate(spec, whole, design(4))
    (one,) = caught.value.diagnostics
    assert one.rule == "truth-value"
    assert one.source.slice(one.span).startswith(list(whole)[-1])


def test_lines_of_a_truth() -> None:
    text = "Intercept = 1\n\n  # of x\nb[x] = 1  # here\n \nsigma = 1\n\n"
    assert len(varying.simulate("y ~ x", text, design(4), seed=1)) == 16
    ordinal = "column y: ordered(1..4)\ny ~ 1, family=ordlogit"
    for spec, lines, message in (
        ("y ~ 1", "Intercept = 1,5\nsigma = 1", "a point: `Intercept = 1.5`"),
        (ordinal, "threshold = 1", "a list: `threshold = [..., ..., ...]`"),
        ("y ~ 1", "\n\nIntercept = 1", "no value for `sigma`"),
    ):
        with pytest.raises(ModelError, match=re.escape(message)):
            varying.simulate(spec, lines + "\n", design(4))
    for value in ("a", {"a": 1}, [[1, 2]], 1j):
        with pytest.raises(ValueError, match="'sigma' .*: it is a number, or a list"):
            varying.simulate("y ~ 1", {"Intercept": 1, "sigma": value}, design(4))


#: Specs of which a truth is asked for everything.
ASKED = [
    "y ~ mo(k)\n  sigma ~ mo(k) + s(z, k=4)\n  w ~ x + (1 + x | g), family=student",
    "y ~ x + (1 + x | gr(g, dist=student))\n  sigma ~ x + (1 |p| g)\n  "
    "w ~ (1 |p| g), family=poisson",
    "column y: factor(u, v, w)\ny ~ x + (1 | g), family=categorical\n"
    "  c ~ x, family=negbinomial",
    "cbind(u, v, w) ~ x, family=logistic_normal\n  y ~ x",
    "column y: ordered(1..4)\ny ~ cs(x + z), family=sratio\n  c ~ x + (1 | g)",
    "mvbind(y, w) ~ x, rescor=true",
    "y ~ x, family=mixture(gaussian, gaussian, student)",
]


@pytest.mark.parametrize("spec", ASKED)
def test_what_is_missing_is_named_as_a_truth_names_it(spec: str) -> None:
    """All that is asked for at once can be given, and nothing else is asked for."""
    rows = design(3).assign(k=np.tile([1, 2, 3], 4))
    rows["g"] = np.tile(["a", "b", "c", "d"], 3)
    given: dict[str, float] = {}
    for _ in range(5):
        try:
            varying.simulate(spec, given, rows, seed=1)
        except ModelError as error:
            (one,) = [each for each in error.diagnostics if each.severity == "error"]
            assert one.rule == "needs-truth", one
            asked = re.findall(r"`([^`]*) = \.\.\.`", one.notes[0])
            assert asked and not given.keys() & set(asked)
            given |= {name: VALUES.get(_kind(name), 0.4) for name in asked}
            given |= {n: int(n[-2]) for n in asked if "threshold[" in n}
            continue
        return
    raise AssertionError(given)


#: Values of kinds of parameters that are not just any number.
VALUES = {"simo": 0.5, "nu": 4.0, "df": 4.0, "theta": 0.3}


def _kind(name: str) -> str:
    return name.partition("[")[0].rpartition(".")[2].rstrip("123")


def test_responses_beyond_all_numbers() -> None:
    for spec, truth in (
        ("y ~ 1, family=poisson", {"Intercept": 900}),
        ("y ~ 1\n  sigma ~ 1", {"Intercept": 0, "sigma.Intercept": 1e5}),
    ):
        with pytest.raises(ModelError, match="in [0-9]+ of 16 rows"):
            varying.simulate(spec, truth, design(4), seed=1)


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ModelError, match="needs-truth.*no column"):
        varying.simulate("log(y) ~ x", FULL, design(4))
    with pytest.raises(ModelError, match="categories of `y` are not declared"):
        varying.simulate("y ~ x, family=ordlogit", FULL, design(4))
    with pytest.raises(ModelError, match="unknown-column"):
        varying.simulate("y ~ x + q", FULL, design(4))
    with pytest.raises(ModelError, match="needs-data"):
        varying.simulate("y ~ x", FULL)


#: Statements below a formula, and what `where` is said to read.
OF_THE_RESPONSE = [
    ("where y > 150 & y < 3000", "`where` reads the response `y`, which is drawn"),
    ("where x == 'a' & z > 0\nlet z = y / 2", "reads `z`, of the response `y`, which"),
]


@pytest.mark.parametrize(("below", "message"), OF_THE_RESPONSE)
def test_rows_are_not_chosen_by_what_is_drawn(below: str, message: str) -> None:
    spec = f"{SPEC}\n{below}"
    with pytest.raises(ModelError, match="not-yet") as caught:
        varying.simulate(spec, FULL, design(4))
    (one,) = caught.value.diagnostics
    assert message in one.message
    assert one.source.slice(one.span).startswith("where ")


def test_rows_that_the_model_leaves_out_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("x,z\n1,2\n2,NA\n3,4\n4,5\n", "utf-8")
    truth = "Intercept = 0  # at 0\nb[z] = 1\nsigma = 0.1\n"
    found = varying.simulate("y ~ z", truth, file, seed=1)
    assert found.z.tolist() == [2, 4, 5]


def test_effects_with_heavy_tails() -> None:
    truth = {"Intercept": 0, "sd[g, Intercept]": 1, "df[g]": 3, "sigma": 1e-3}
    spec = "y ~ 1 + (1 | gr(g, dist=student))"
    found = varying.simulate(spec, truth, design(4_000, 1), seed=1)
    assert stats.kstest(found.y[::2], stats.t(3).cdf).pvalue > 1e-3
    assert stats.kstest(found.y[::2], stats.norm.cdf).pvalue < 1e-6


def test_effects_of_related_levels(tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(4)]
    known = 0.8 + 0.2 * np.eye(4)
    file = tmp_path / "A.csv"
    pd.DataFrame(known, names, names).to_csv(file)
    spec = tmp_path / "y.model"
    spec.write_text('y ~ 1 + (1 | gr(g, cov="A.csv"))\n', "utf-8")
    truth = {"Intercept": 0, "sd[g, Intercept]": 1, "sigma": 1e-3}
    data = pd.DataFrame({"g": names * 3})
    drawn = [varying.simulate(spec, truth, data, seed=s).y[:4] for s in range(150)]
    # a correlation of 0.8 in 150 data sets has a standard error of 0.03
    np.testing.assert_allclose(np.corrcoef(np.array(drawn).T), known, atol=0.12)


def test_times_are_drawn_together_with_their_answers() -> None:
    """The share of upper answers, and the mean time, by their closed forms."""
    truth = {"Intercept": 1.2, "bs": 1.4, "ndt": 0.25, "bias": 0.5}
    spec = "rt | dec(right) ~ 1, family=wiener"
    found = varying.simulate(spec, truth, pd.DataFrame({"x": range(40_000)}), seed=1)
    share = 1.0 / (1.0 + np.exp(-1.2 * 1.4))
    assert found.right.mean() == pytest.approx(share, abs=0.006)
    mean = 0.25 + 1.4 / (2.0 * 1.2) * np.tanh(1.2 * 1.4 / 2.0)
    assert found.rt.mean() == pytest.approx(mean, abs=0.006)


#: What says which answers are right, and the two values of their column.
RIGHT = [
    ("", "a", [0, 1]),
    ("", "1 - a", [1, 0]),
    ("", 'word == "right"', ["wrong", "right"]),
    ("", 'word != "wrong"', ["wrong", "right"]),
    ("", "two == 1", [2, 1]),
    ('let ok = word == "right"', "ok", ["wrong", "right"]),
    ('let ok = ifelse(word == "right", 1, 0)', "ok", ["wrong", "right"]),
    ("column new: factor(wrong, right)", "new", ["wrong", "right"]),
    ("column new: factor(wrong, right)", 'new == "wrong"', ["right", "wrong"]),
    ("column new: factor(1, 2)", "new", [1, 2]),
    ("column a: factor(lower, upper)", "a", ["lower", "upper"]),
]


@pytest.mark.parametrize(("above", "answer", "values"), RIGHT)
def test_answers_are_drawn_into_the_column_that_is_read(
    above: str, answer: str, values: list[Any]
) -> None:
    """Upper answers alone, nearly: a share of 1 / (1 + exp(-12))."""
    rows = pd.DataFrame({"a": [0, 1] * 4, "two": [1, 2] * 4})
    rows["word"] = ["wrong", "right"] * 4
    spec = f"{above}\nrt | dec({answer}) ~ 1, family=wiener"
    for drift, expected in zip((-6, 6), values, strict=True):
        truth = {"Intercept": drift, "bs": 2, "ndt": 0.2, "bias": 0.5}
        found = varying.simulate(spec, truth, rows, seed=1)
        name = next(n for n in ("new", "word", "two", "a") if n in above + answer)
        assert found[name].tolist() == [expected] * 8
        assert found.columns.tolist().count("ok") == 0


#: Specs of times and answers, and what cannot be drawn of them.
ANSWERS = [
    ("rt | dec(a + b) ~ x", "reads `a` and `b`", "a + b"),
    ("rt | dec(1) ~ x", "reads no column", "1"),
    ("rt | dec(a) ~ a", "stands in a formula", "a"),
    ("rt | dec(a) ~ x\n  bs ~ a", "stands in a formula", "a"),
    ('let ok = a == "r"\nrt | dec(ok) ~ x + ok', "stands in a formula", "ok"),
    ('rt | dec(a == "right") ~ x', "which two values `a` has", 'a == "right"'),
    ("column a: factor(l, m, r)\nrt | dec(a) ~ x", "with 3 levels", "a"),
    (
        'column a: factor(l, r)\nrt | dec(ifelse(a == "r", 1, 1)) ~ x',
        "whose two values `l` and `r` are not one of each",
        'ifelse(a == "r", 1, 1)',
    ),
    ("where a == 1\nrt | dec(a) ~ x", "the answers `a`", "where a == 1"),
]


@pytest.mark.parametrize(("spec", "message", "place"), ANSWERS)
def test_answers_that_cannot_be_drawn(spec: str, message: str, place: str) -> None:
    text = re.sub("(rt .*)", r"\1, family=wiener", spec)
    truth = {"Intercept": 1, "b[x[b]]": 0, "bs": 1, "ndt": 0.2, "bias": 0.5}
    with pytest.raises(ModelError, match="not-yet|needs-truth") as caught:
        varying.simulate(text, truth, design(4))
    (one,) = caught.value.diagnostics
    assert message in one.message
    assert one.source.slice(one.span) == place


TRUNCATED: list[tuple[str, dict[str, float], Any, float, float]] = [
    ("trunc(lb=5) ~ 1", {"Intercept": 6, "sigma": 1}, stats.norm(6), 5, np.inf),
    ("trunc(ub=-1) ~ 1", {"Intercept": 0, "sigma": 1}, stats.norm(), -np.inf, -1),
    (
        "trunc(-low, high) ~ 1, family=von_mises",
        {"Intercept": 0, "kappa": 2},
        stats.vonmises(2),
        -2,
        3,
    ),
    (
        # 2 itself is seen
        "trunc(lb=low) ~ 1, family=poisson",
        {"Intercept": float(np.log(3))},
        stats.poisson(3),
        1,
        np.inf,
    ),
]


@pytest.mark.parametrize(("spec", "truth", "drawn", "low", "high"), TRUNCATED)
def test_truncated_responses_are_drawn_between_their_bounds(
    spec: str, truth: dict[str, float], drawn: Any, low: float, high: float
) -> None:
    """The design has no response that could be between them."""
    design = pd.DataFrame({"low": [2.0] * 2000, "high": [3.0] * 2000})
    y = varying.simulate(f"y | {spec}", truth, design, seed=3)["y"].to_numpy()
    assert ((y >= low) & (y <= high)).all()
    middle = float(np.median(y))
    share = (drawn.cdf(middle) - drawn.cdf(low)) / (drawn.cdf(high) - drawn.cdf(low))
    assert np.mean(y <= middle) == pytest.approx(share, abs=0.05)
