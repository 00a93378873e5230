"""Our likelihood at R's estimates is R's log likelihood, and is flat there.

No sampling. R maximised a likelihood with the group effects integrated out
(exactly, by the Laplace approximation, or by adaptive quadrature; REML
integrates the population coefficients out as well); ours, integrated the same way,
must have the same value at the same place. What is tested is the design, the coding
of factors, the indices of levels, the signs of the thresholds and the densities.
The fits and our specs of them are in ``references.py``; ``report.py`` makes the table
in ``docs/verification.md``.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from .marginal import REFERENCES, Marginal
from .references import (
    CASES,
    EXCLUDED,
    FITS,
    REDONE,
    Case,
    largest_step,
    standard_errors,
)
from .report import PAGE

IDS = [case.id for case in CASES]
by_case = pytest.mark.parametrize("case", CASES, ids=IDS)

#: Thresholds are laid out in three ways; the likelihood knows nothing of it.
LAYOUTS = ("", "prior threshold ~ normal(0, 100)", "prior threshold ~ dirichlet(1)")

LARGEST_DIFFERENCE, LARGEST_STEP = 1e-4, 0.01


def find(name: str) -> Case:
    return CASES[IDS.index(name)]


def test_each_fit_is_compared_or_excluded_for_a_reason() -> None:
    given = json.loads((REFERENCES / "fits.json").read_text("utf-8"))["fits"]
    names = [fit["id"] for fit in given]
    assert len(names) == len(set(names)) == 63
    assert set(IDS) >= {REDONE[name] for name in REDONE}
    treated = [*(name for name in IDS if name in names), *EXCLUDED, *REDONE]
    assert sorted(treated) == sorted(names)
    assert len(IDS) == len(set(IDS)) and set(IDS) <= set(FITS)


@by_case
def test_log_likelihood(case: Case) -> None:
    marginal = case.at_estimates
    response = marginal.model.frame[marginal.model.program.likelihood.value]
    assert len(response) == case.fit["nobs"]
    assert marginal.log_likelihood(case.method) == pytest.approx(
        case.log_likelihood, abs=LARGEST_DIFFERENCE
    )


@by_case
def test_flat_at_the_maximum(case: Case) -> None:
    assert largest_step(case) < LARGEST_STEP


@pytest.mark.parametrize("case", [c for c in CASES if c.boundary], ids=lambda c: c.id)
def test_falls_from_the_boundary(case: Case) -> None:
    """Where R's standard deviation is 0, a larger one is less likely."""
    right = case.at_estimates
    highest = right.log_likelihood(case.method)
    for name in case.boundary:
        for value in (0.01, 0.03, 0.1):
            away = Marginal(right.model, {**right.wanted, name: value})
            lower = away.log_likelihood(case.method)
            assert lower < highest
            highest = lower


@pytest.mark.parametrize("name", REDONE)
def test_why_a_fit_was_made_again(name: str) -> None:
    """With R's default tolerance the same fit in R stops below its maximum."""
    published, tight = FITS[name], FITS[REDONE[name]]
    assert published["formula"].replace(" ", "") == tight["formula"].replace(" ", "")
    gain = tight["logLik"] - published["logLik"]
    assert LARGEST_DIFFERENCE < gain < 0.003
    for coefficient, value in tight["coef"].items():
        moved = abs(published["coef"][coefficient] - value)
        assert moved < 0.03 * tight["se"][coefficient]


def test_the_page_has_each_fit() -> None:
    """To mend: ``python -m tests.statistics.report``."""
    lines = PAGE.read_text("utf-8").splitlines()
    for case in CASES:
        row = next(line for line in lines if line.startswith(f"| `{case.id}` |"))
        assert f"| {case.log_likelihood:.6f} |" in row


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_thresholds(layout: str) -> None:
    case = find("wine2")
    marginal = Marginal(case.compiled(layout + "\n"), case.at_estimates.wanted)
    assert marginal.log_likelihood("10") == pytest.approx(-81.53246071, abs=1e-4)


@by_case
def test_estimates_one_percent_larger_would_fail(case: Case) -> None:
    right = case.at_estimates
    moved = {name: 1.01 * value for name, value in right.wanted.items()}
    moved |= {name: right.wanted[name] for name in moved if name.startswith("cor_")}
    wrong = Marginal(right.model, moved)
    away = wrong.log_likelihood(case.method) - case.log_likelihood
    assert abs(away) > LARGEST_DIFFERENCE


@pytest.mark.parametrize(
    "name",
    ["sleep1", "cbpp2", "wine_clm6", "epilepsy2_tight", "epilepsy3", "radonmn4"],
)
def test_one_estimate_one_percent_larger_would_fail(name: str) -> None:
    """Of those that are not smaller than their standard error."""
    case = find(name)
    right = case.at_estimates
    errors = standard_errors(case.fit, right.labels)
    for label, error in errors.items():
        estimate = right.wanted[label]
        if abs(estimate) < error:
            continue
        wrong = Marginal(right.model, {**right.wanted, label: 1.01 * estimate})
        away = wrong.log_likelihood(case.method) - case.log_likelihood
        slopes = wrong.gradient(case.method)
        steps = [abs(slopes[n] * e) for n, e in errors.items()]
        assert abs(away) > LARGEST_DIFFERENCE or max(steps) > LARGEST_STEP, label


def test_effects_of_the_wrong_groups_would_fail() -> None:
    case = find("wine2")
    wrong = replace(case, formula=case.formula.replace("judge", "bottle"))
    wanted = {
        name.replace("judge", "bottle"): value
        for name, value in case.at_estimates.wanted.items()
    }
    model = wrong.compiled("prior threshold ~ normal(0, 100)\n")
    away = Marginal(model, wanted).log_likelihood("10") - case.log_likelihood
    assert abs(away) > 1.0
