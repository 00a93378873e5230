"""Mixtures: their density by hand and by every backend, and the order of components."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from .harness import compare, random_point
from .kernels import compare_kernel, variants

PRIORS = "  prior Intercept ~ normal(1, 3)\n  prior b ~ normal(0, 1)\n"


def data() -> pd.DataFrame:
    rng = np.random.default_rng(81)
    rows = 40
    low = rng.random(rows) < 0.4
    x = rng.normal(size=rows).round(3)
    return pd.DataFrame(
        {
            "y": (np.where(low, -1.0 + x, 3.0) + rng.normal(0.0, 0.7, rows)).round(3),
            "x": x,
            "z": rng.permutation(np.arange(rows) % 4 - 1.5),
            "steps": np.arange(rows) % 4,
            "k": rng.poisson(np.where(low, 1.0, 7.0)),
            "g": [f"g{k % 5}" for k in range(rows)],
        }
    )


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(data())))


SPECS = {
    "same": "y ~ x, family=mixture(gaussian, gaussian)",
    "three": "y ~ 1, family=mixture(gaussian, nmix=3)",
    "parts": "y ~ x + (1 | g), family=mixture(gaussian, student)\n"
    "  mu2 ~ z\n  theta1 ~ x\n  sigma1 ~ z + (1 | g)",
    "counts": "k ~ x + offset(z), family=mixture(poisson, negbinomial)",
    "shared": "y ~ x + (1 |p| g), family=mixture(gaussian, gaussian)",
    "shares": "y ~ 1, family=mixture(gaussian, student, gaussian)\n"
    "  theta1 ~ x\n  theta3 ~ z + (1 | g)\n  prior sigma3 = sigma1",
    "skewed": "y | weights(k) ~ mo(steps), family=mixture(skew_normal, skew_normal)",
    "second share": "y ~ 1, family=mixture(gaussian, gaussian)\n  theta2 ~ x",
}


def test_the_kernel_agrees() -> None:
    # each set of operations is a machine to compile: one is enough
    _, program, frame = list(variants(compiled(SPECS["parts"])))[-1]
    assert compare_kernel(program, frame, 2) == []


@pytest.mark.parametrize("name", SPECS)
def test_what_is_sampled_has_the_density(name: str) -> None:
    """Passes for sampling change the coordinates by constants alone."""
    model = compiled(SPECS[name])
    program, frame = list(variants(model))[-1][1:]
    rng = np.random.default_rng(6)
    for _ in range(2):
        point = random_point(rng, program, frame, 0.5)
        assert np.isfinite(evaluate(program, frame, point)[1])


@pytest.mark.parametrize("name", SPECS)
def test_slopes_are_those_of_the_density(name: str) -> None:
    """The text that the kernel is compiled of, beside steps of 1e-30."""
    model = compiled(SPECS[name])
    family, rng = model.bound.family, np.random.default_rng(5)
    names = [family.predictor, *(one.name for one in family.dpars)]
    for y in (0.0, 1.0, 6.0):
        point = {n: 0.4 if n[:2] == "th" else rng.uniform(0.5, 2.0) for n in names}
        density, *slopes = family.kernel(y, *point.values())
        there = family.log_density(np.asarray(y), **point)
        assert density == pytest.approx(float(there), rel=1e-12)
        for one, slope in zip(names, slopes, strict=True):
            moved: dict[str, Any] = {**point, one: point[one] + 1e-30j}
            step = np.imag(family.log_density(np.asarray(y), **moved)) / 1e-30
            assert slope == pytest.approx(float(step), rel=1e-9, abs=1e-14)


def test_graph_and_script_agree(tmp_path: Path) -> None:
    data().to_csv(tmp_path / "case.csv", index=False)
    found = compiled("y ~ 1, family=mixture(gaussian, gaussian)")
    assert compare(found, tmp_path / "case.csv", 3, thorough=False) == []


#: One a kind of response: with an interval, a bound, and shares of both kinds.
LIMITED = {
    "numbers": "y | cens(side, upper) + trunc(lb=-9) ~ x, "
    "family=mixture(gaussian, gaussian)\n  theta2 ~ x",
    "counts": "k | trunc(ub=99) ~ x, "
    "family=mixture(poisson, zero_inflated_poisson, negbinomial)\n"
    "  theta2 ~ x\n  theta3 ~ 1",
}


@pytest.mark.parametrize("name", LIMITED)
def test_backends_agree_on_limits(name: str, tmp_path: Path) -> None:
    rows = data().assign(side=lambda d: d["steps"] - 1, upper=lambda d: d["y"] + 1.5)
    rows.to_csv(tmp_path / "case.csv", index=False)
    found = compile_spec(Request(Source(LIMITED[name]), table_from_frame(rows)))
    assert compare(found, tmp_path / "case.csv", 3, thorough=False) == []


def test_it_is_the_density_by_hand() -> None:
    """Intercepts from their prior, conditioned on their order: 3! times three."""
    model = compiled(f"y ~ x, family=mixture(gaussian, nmix=3)\n{PRIORS}")
    program, frame = model.program, model.frame
    rows = data()
    point = random_point(np.random.default_rng(4), program, frame, 0.7)
    values, density = evaluate(program, frame, point)
    for one in program.parameters:
        density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
    at: dict[str, Any] = {name: np.asarray(value) for name, value in values.items()}
    intercepts = [float(at[f"mu{k}_Intercept"]) for k in (1, 2, 3)]
    assert intercepts == sorted(intercepts)
    shares = [at["theta1"], (1 - at["theta1"]) * at["theta2"]]
    shares.append(1.0 - sum(shares))
    each = [
        np.log(shares[k - 1])
        + stats.norm.logpdf(
            rows["y"],
            intercepts[k - 1] + float(at[f"mu{k}_b"][0]) * rows["x"],
            float(at[f"sigma{k}"]),
        )
        for k in (1, 2, 3)
    ]
    total = special.logsumexp(each, axis=0).sum() + math.log(6.0)
    unit = 0.3 * 3.0  # intercepts are sampled in these
    total += sum(stats.norm.logpdf(i, 1.0, 3.0) + math.log(unit) for i in intercepts)
    for k in (1, 2, 3):
        total += float(stats.norm.logpdf(at[f"mu{k}_b"]).sum())
        scale = float(rows["y"].std())
        prior = stats.gamma(4.0, scale=scale / (3.0 * 4.0))
        total += float(prior.logpdf(at[f"sigma{k}"]))
    # a Dirichlet of twos, as sticks
    total += float(stats.beta.logpdf(at["theta1"], 2, 4))
    total += float(stats.beta.logpdf(at["theta2"], 2, 2))
    assert float(np.real(density)) == pytest.approx(float(total), rel=1e-6)


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("y ~ x, family=mixture(gaussian, gaussian)", True),
        (f"y ~ x, family=mixture(gaussian, gaussian)\n{PRIORS}", True),
        (
            "y ~ x, family=mixture(gaussian, gaussian)\n"
            "  prior mu1.Intercept ~ normal(-1, 1)",
            False,
        ),
        ("y ~ 0 + x, family=mixture(gaussian, gaussian)", False),
        ("y ~ x, family=mixture(gaussian, student)", False),
    ],
)
def test_components_that_could_change_places_are_in_order(
    text: str, ordered: bool
) -> None:
    program = compiled(text).lowered
    assert any(one.chart == "ordered" for one in program.parameters) == ordered


def test_shares_with_formulas_are_a_softmax() -> None:
    """As in brms: odds against the component without a formula."""
    name = "mixture(gaussian, gaussian, gaussian)[theta1, theta3]"
    family = FAMILIES[name]
    assert family.name == name
    mus, odds = np.array([-1.0, 0.5, 2.0]), np.array([0.3, 0.0, -1.2])
    given = {f"mu{k}": mus[k - 1] for k in (1, 2, 3)}
    given |= {f"sigma{k}": 1.0 + k for k in (1, 2, 3)}
    given |= {"theta1": odds[0], "theta3": odds[2]}
    shares = special.softmax(odds)
    each = shares * stats.norm.pdf(0.7, mus, 1.0 + np.arange(1.0, 4.0))
    found = family.log_density(np.asarray(0.7), **given)
    assert float(found) == pytest.approx(np.log(each.sum()))
    assert family.members is not None
    members = family.members(np.asarray([0.7, 0.7]), **given)
    assert members == pytest.approx(np.tile(each / each.sum(), (2, 1)))
    assert float(family.mean(**given)) == pytest.approx(shares @ mus)
    # far from all components, where no density is a number
    far = family.members(np.asarray([1e3]), **given)
    assert far[0] == pytest.approx([0.0, 0.0, 1.0])


def test_the_share_of_the_second_is_one_less_that_of_the_first() -> None:
    first, second = (
        FAMILIES[f"mixture(gaussian, student){more}"] for more in ("", "[theta2]")
    )
    given = {"mu1": 0.0, "mu2": 2.0, "sigma1": 1.0, "sigma2": 2.0, "nu2": 4.0}
    y = np.array([-1.0, 0.0, 5.0])
    assert second.log_density(y, **given, theta2=0.3) == pytest.approx(
        first.log_density(y, **given, theta1=0.7)
    )


#: Formulas of shares of three components, and what is wrong with them.
SHARES = [
    ("theta1 ~ x", "all but one of the 3 have: `theta2`, `theta3` have none"),
    ("theta1 + theta2 + theta3 ~ x", "all 3 shares have a formula"),
    ("theta4 ~ x", "has no parameter `theta4`"),
]


@pytest.mark.parametrize(("left", "message"), SHARES)
def test_one_share_has_no_formula(left: str, message: str) -> None:
    names, _, right = left.partition(" ~ ")
    lines = "".join(f"\n  {name} ~ {right}" for name in names.split(" + "))
    with pytest.raises(ModelError, match=re.escape(message)):
        compiled(f"y ~ 1, family=mixture(gaussian, nmix=3){lines}")


#: What is written of two components, and what is said.
SHARED = [
    ("prior sigma1 = sigma2", "`sigma2` is of a later component"),
    ("prior sigma2 = sigma3", "`sigma2` cannot be `sigma3`"),
    ("prior theta1 = theta2", "shares of components"),
    ("prior sigma2 = sigma1\n  sigma1 ~ x", "`sigma2` cannot be `sigma1`"),
    ("prior sigma2 = mu1", "`sigma2` cannot be `mu1`"),
    ("sigma2 = sigma1", "`=` where a formula has `~`"),
    ('sigma2 = "sigma1"', "`=` where a formula has `~`"),
]


@pytest.mark.parametrize(("line", "message"), SHARED)
def test_what_components_cannot_share(line: str, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        compiled(f"y ~ 1, family=mixture(gaussian, gaussian)\n  {line}")


def test_brms_way_to_share_is_rewritten() -> None:
    text = "y ~ 1, family=mixture(gaussian, gaussian)\n  "
    with pytest.raises(ModelError) as caught:
        compiled(f'{text}sigma2 = "sigma1"')
    (one,) = caught.value.diagnostics
    assert one.fix is not None and one.fix.safe
    (edit,) = one.fix.edits
    assert edit.text == "prior sigma2 = sigma1"
    program = compiled(f"{text}{edit.text}").program
    assert "sigma2" not in {one.name for one in program.parameters}


def test_shares_are_of_one_response_of_several() -> None:
    text = "mvbind(y, z) ~ 1, family=mixture(gaussian, gaussian)\n"
    program = compiled(f"{text}  prior y.sigma2 = sigma1").program
    names = {one.name for one in program.parameters}
    assert "z_sigma2" in names and "y_sigma2" not in names


def test_draws_have_the_mean_and_the_shares() -> None:
    family = FAMILIES["mixture(gaussian, gaussian, gaussian)"]
    given = {"mu1": -20.0, "mu2": 0.0, "mu3": 30.0, "theta1": 0.5, "theta2": 0.2}
    given |= {"sigma1": 1.0, "sigma2": 1.0, "sigma3": 1.0}
    drawn = family.simulate(
        np.random.default_rng(1), **{n: np.full(20_000, v) for n, v in given.items()}
    )
    assert float(family.mean(**given)) == pytest.approx(-10.0 + 12.0)
    assert (drawn < -10).mean() == pytest.approx(0.5, abs=0.015)
    assert (drawn > 15).mean() == pytest.approx(0.4, abs=0.015)
