"""Our likelihood at R's estimates is R's log likelihood, and is flat there.

No sampling. R maximised a likelihood with the group effects integrated out
(exactly, by the Laplace approximation, or by adaptive quadrature with 10 nodes);
ours, integrated the same way, must have the same value at the same place. What
is tested is the design, the coding of factors, the indices of levels, the signs
of the thresholds and the densities. The fits are `fits` in
``references/fits.json`` and ``references/ratings_fits.json``; see the README beside
them for versions and data.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from .marginal import REFERENCES, Marginal, compiled
from .ratings import TENS, write_tens

FITS: dict[str, dict[str, Any]] = {
    fit["id"]: fit
    for name in ("fits.json", "ratings_fits.json")
    for fit in json.loads((REFERENCES / name).read_text("utf-8"))["fits"]
}

SLEEP = 'data "sleepstudy.csv"\ncolumn Subject: factor\n'
WINE = """\
data "wine.csv"
column rating: ordered(1..5)
column temp: factor(cold, warm)
column contact: factor(no, yes)
column judge: factor
column bottle: factor
"""
RATINGS = """\
data "sim_ratings.csv"
column rating: ordered(1..7)
column block: factor(acq, ext)
column cs: factor(CSm, CSp)
column subj: factor
"""


@dataclass(frozen=True)
class Case:
    """A fit of R, its spec, and how R integrated."""

    fit: str
    columns: str
    formula: str
    method: str

    @property
    def spec(self) -> str:
        """The whole spec."""
        return f"{self.columns}\n{self.formula}\n"


CUMULATIVE = ", family=ordlogit"
BINARY = ", family=bernoulli"
CASES = (
    Case("sleep1ml", SLEEP, "Reaction ~ Days + (Days | Subject)", "exact"),
    Case("wine_clm1", WINE, "rating ~ temp + contact" + CUMULATIVE, "exact"),
    Case("wine_clm3", WINE, "rating ~ temp * contact" + CUMULATIVE, "exact"),
    Case(
        "wine1", WINE, "rating ~ temp + contact + (1 | judge)" + CUMULATIVE, "laplace"
    ),
    Case("wine2", WINE, "rating ~ temp + contact + (1 | judge)" + CUMULATIVE, "10"),
    Case(
        "wine4",
        WINE,
        "rating ~ temp + contact + (1 + temp | judge)" + CUMULATIVE,
        "laplace",
    ),
    Case(
        "wine5",
        WINE,
        "rating ~ temp + contact + (1 | judge) + (1 | bottle)" + CUMULATIVE,
        "laplace",
    ),
    Case("sim1", RATINGS, "rating ~ block * cs + (1 | subj)" + CUMULATIVE, "laplace"),
    Case(
        "sim2",
        RATINGS,
        "rating ~ block * cs + (1 + block * cs | subj)" + CUMULATIVE,
        "laplace",
    ),
    Case("tens2", TENS, "rating ~ block*cs + (1 + cs | subj)" + CUMULATIVE, "laplace"),
    Case(
        "tens4",
        TENS,
        "rating ~ block*cs + (1 + block*cs | subj)" + CUMULATIVE,
        "laplace",
    ),
    Case("zero1", TENS, "zero ~ block*cs" + BINARY, "exact"),
    Case("zero2", TENS, "zero ~ block*cs + (1 | subj)" + BINARY, "laplace"),
    Case("zero3", TENS, "zero ~ block*cs + (1 | subj)" + BINARY, "10"),
)
IDS = [case.fit for case in CASES]
#: Four effects a person, and a slope for each parameter: half a minute each.
LONG = ("sim2", "tens4")

#: Thresholds are laid out in three ways; the likelihood knows nothing of it.
LAYOUTS = ("", "prior threshold ~ normal(0, 100)", "prior threshold ~ dirichlet(1)")


def label(name: str) -> str:
    """Return R's name of a coefficient: ``tempwarm`` for ``temp[warm]``."""
    return "(Intercept)" if name == "Intercept" else re.sub(r"[\[\]]", "", name)


def estimates(fit: dict[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    """Return R's estimates by our labels."""
    found: dict[str, float] = {}
    groups = {group["group"]: group for group in fit.get("re", ())}
    for name in names:
        if name in ("Intercept", "sigma"):
            found[name] = (
                fit["sigma"] if name == "sigma" else fit["coef"]["(Intercept)"]
            )
            continue
        kind, inner = re.fullmatch(r"(\w+)\[(.*)\]", name).groups()  # type: ignore[union-attr]
        if kind == "b":
            found[name] = fit["coef"][label(inner)]
        elif kind == "threshold":
            found[name] = fit["thresholds"][inner]
        else:
            what, group = kind.split("_", 1)
            places = [groups[group]["terms"].index(label(i)) for i in inner.split(", ")]
            table = groups[group][what]
            for place in places:
                table = table[place]
            found[name] = table
    return found


def standard_errors(fit: dict[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    """Return R's standard errors; for a standard deviation, its estimate.

    R gives none for standard deviations; as a rule theirs are smaller. None for
    correlations: in two of the fits they are at or near the boundary, where the
    likelihood need not be flat.
    """
    found = {}
    for name, value in estimates(fit, names).items():
        inner = name.partition("[")[2].removesuffix("]")
        if name == "Intercept":
            found[name] = fit["se"]["(Intercept)"]
        elif name.startswith("b["):
            found[name] = fit["se"][label(inner)]
        elif name.startswith("threshold["):
            if "thresholds_se" in fit:
                found[name] = fit["thresholds_se"][inner]
        elif not name.startswith("cor_"):
            found[name] = value
    return found


def at_estimates(
    case: Case, layout: str = "prior threshold ~ normal(0, 100)"
) -> Marginal:
    ordinal = CUMULATIVE in case.formula
    text = case.spec + (layout if ordinal else "") + "\n"
    if case.columns == TENS:
        with TemporaryDirectory() as folder:
            write_tens(Path(folder))
            model = compiled(text, Path(folder))
    else:
        model = compiled(text)
    names = Marginal(model, {}).labels
    return Marginal(model, estimates(FITS[case.fit], names))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_log_likelihood(case: Case) -> None:
    marginal = at_estimates(case)
    fit = FITS[case.fit]
    response = marginal.model.frame[marginal.model.program.likelihood.value]
    assert len(response) == fit["nobs"]
    assert marginal.log_likelihood(case.method) == pytest.approx(
        fit["logLik"], abs=1e-4
    )


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.slow if case.fit in LONG else ())
        for case in CASES
    ],
    ids=IDS,
)
def test_flat_at_the_maximum(case: Case) -> None:
    marginal = at_estimates(case)
    slopes = marginal.gradient(case.method)
    errors = standard_errors(FITS[case.fit], marginal.labels)
    steps = {name: slopes[name] * error for name, error in errors.items()}
    assert {name: step for name, step in steps.items() if abs(step) > 0.01} == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_thresholds(layout: str) -> None:
    marginal = at_estimates(CASES[IDS.index("wine2")], layout)
    assert marginal.log_likelihood("10") == pytest.approx(-81.53246071, abs=1e-4)


def test_the_harness_can_fail() -> None:
    case = CASES[IDS.index("wine2")]
    right = at_estimates(case)
    moved = {n: v + (n == "b[temp[warm]]") * 0.1 for n, v in right.wanted.items()}
    wrong = Marginal(right.model, moved)
    assert wrong.log_likelihood("10") < right.log_likelihood("10") - 1e-3
    assert abs(wrong.gradient("10")["b[temp[warm]]"]) * 0.6 > 0.05
