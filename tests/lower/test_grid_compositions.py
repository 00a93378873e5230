"""What data sets the default priors of categories expect: of one, or several columns.

As the grid of ``grid``, with shares of categories in the place of responses: of counts
those that the rows have, of one category 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.bind.response import response_values
from varying.compiler.families import BY_RESPONSE
from varying.compiler.families.composition import COMPOSITIONS
from varying.compiler.lower import default_priors as defaults
from varying.compiler.lower.learn import learn

from .grid import (
    CELLS_ONLY,
    CELLS_YEAR,
    ONE,
    SHARED,
    SIMPLE,
    WITHIN,
    Case,
    Design,
    Make,
    Scale,
)
from .grid_measure import DEGENERATE_SHARE, FAR, FAR_SHARE, known
from .prior_draws import data_sets

Array = NDArray[Any]

NAMES = ("p", "q", "r")
DATA_SETS = 400
#: A row is of one category where that has so much.
WHOLE = 0.999


def _shares(rng: np.random.Generator, z: Array, at: tuple[float, float]) -> Array:
    """Return shares: those of two move with the score, one of them more."""
    noise = rng.normal(0.0, 0.4, (len(z), 2))
    logs = np.asarray(at) + np.outer(z, (0.5, -0.3)) + noise
    odds = np.exp(np.concatenate([np.zeros((len(z), 1)), logs], axis=1))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _make(at: tuple[float, float], trials: int) -> Make:
    def make(rng: np.random.Generator, z: Array) -> dict[str, Array]:
        shares = _shares(rng, z, at)
        found = rng.multinomial(trials, shares) if trials else shares
        return dict(zip(NAMES, found.T, strict=True))

    return make


def _one(at: tuple[float, float]) -> Make:
    """Return how rows get one category each."""
    counts = _make(at, 1)

    def make(rng: np.random.Generator, z: Array) -> dict[str, Array]:
        found = counts(rng, z)
        return {"c": sum(place * found[name] for place, name in enumerate(NAMES))}

    return make


#: Even ones, a rare reference, a rare other one, one that has nearly all.
AT = {
    "even": (0.0, 0.0),
    "reference 2 %": (3.3, 3.3),
    "one 1 %": (0.0, -4.0),
    "one 90 %": (3.0, 0.0),
}


def _scales(family: str) -> tuple[Scale, ...]:
    if family == "categorical":
        return tuple(Scale(name, _one(at), "c") for name, at in AT.items())
    counted = "multinomial" in family
    return tuple(
        Scale(f"{name}{f', of {n}' if n else ''}", _make(at, n), "cbind(p, q, r)")
        for n in ((10, 1_000) if counted else (0,))
        for name, at in AT.items()
    )


DPARS = {
    "categorical": (),
    "multinomial": (),
    "dirichlet_multinomial": ("phi",),
    "dirichlet": ("phi",),
    "logistic_normal": ("sigmaq",),
}


def _designs(family: str, first: bool) -> tuple[Design, ...]:
    if not first:
        return (ONE, WITHIN)
    of = tuple(
        Design(f"a; {dpar}", "a", SIMPLE, (dpar, "cond + (1 | subj)"))
        for dpar in DPARS[family]
    )
    return (ONE, WITHIN, *of, *SHARED, CELLS_ONLY, CELLS_YEAR)


FAMILIES = ("categorical", *(one.name for one in COMPOSITIONS))
COUNTS = ("multinomial", True)

CASES = [
    Case(one, scale, design)
    for one in FAMILIES
    for number, scale in enumerate(_scales(one))
    for design in _designs(one, number == 0)
]
#: Every response of three families, and formulas of parameters.
FAST = [
    case
    for case in CASES
    if case.design.dpar
    or (case.design == ONE and case.family in ("categorical", "logistic_normal"))
    or (case.design == ONE and (case.family, "of 10" in case.scale.name) == COUNTS)
]
SLOW = [case for case in CASES if case not in FAST]


@dataclass(frozen=True)
class Measures:
    """What data sets from the priors of a case are like.

    Attributes
    ----------
    not_finite
        Share of data sets with a parameter or a share that is no number.
    uncovered
        Categories of which the data's central 90 % are not in the prior's 95 %.
    far
        Largest share, of all predictors, of rows that are more than 5 s from m.
    degenerate
        Share of data sets in which all rows are as good as one category.
    mean
        Categories whose mean share is not in the central 95 % of data sets.
    """

    not_finite: float
    uncovered: tuple[str, ...]
    far: float
    degenerate: float
    mean: tuple[str, ...]

    @property
    def misses(self) -> set[str]:
        found = {
            "not finite": self.not_finite > 0,
            "covers": bool(self.uncovered),
            "far": self.far > FAR_SHARE,
            "degenerate": self.degenerate > DEGENERATE_SHARE,
            "mean": bool(self.mean),
        }
        return {name for name, is_so in found.items() if is_so}


def _of_rows(y: Array) -> Array:
    """Return the shares of the categories in each row."""
    if y.ndim == 1:
        return np.eye(len(NAMES))[y.astype(int)]
    return np.asarray(y / y.sum(axis=-1, keepdims=True))


def _outside(theirs: Array, low: Array, high: Array) -> tuple[str, ...]:
    """Return categories of which the ends are not in the central 95 %."""
    bounds = np.quantile(theirs.reshape(-1, 3), [0.025, 0.975], axis=0)
    there = (bounds[0] <= low) & (high <= bounds[1])
    return tuple(name for name, ok in zip(NAMES, there, strict=True) if not ok)


def measure(case: Case, draws: int = DATA_SETS) -> Measures:
    model = case.compile()
    program, frame = model.program, model.frame
    family = program.likelihood.family
    moments = learn(
        model.bound,
        model.prepared.table,
        response_values(model.bound.response, model.prepared.table),
        model.prepared.computed,
    ).moments
    observed = _of_rows(np.asarray(frame[program.likelihood.value], dtype=float))
    shares = np.empty((draws, *observed.shape))
    finite = np.ones(draws, dtype=bool)
    far = np.zeros((draws, len(family.mains)))
    rng = np.random.default_rng(1)
    for i, (arguments, y) in enumerate(data_sets(rng, program, frame, draws)):
        shares[i] = _of_rows(np.asarray(y))
        finite[i] = all(np.isfinite(one).all() for one in arguments.values())
        for k, (main, own) in enumerate(zip(family.mains, moments.each, strict=True)):
            away = np.abs(arguments[main.name] - own.m)
            far[i, k] = (away > FAR * own.step).mean()
    finite &= np.isfinite(shares).all(axis=(1, 2))
    low, high = np.quantile(observed, [0.05, 0.95], axis=0)
    middle = observed.mean(axis=0)
    return Measures(
        not_finite=float(1.0 - finite.mean()),
        uncovered=_outside(shares, low, high),
        far=float(far.mean(axis=0).max()),
        degenerate=float((shares > WHOLE).all(axis=1).any(axis=1).mean()),
        mean=_outside(shares.mean(axis=1), middle, middle),
    )


def sane(case: Case) -> None:
    found = measure(case).misses
    assert found <= known(case), found - known(case)


@pytest.mark.parametrize("case", FAST, ids=lambda case: case.name)
def test_prior_data_sets_are_sane(case: Case) -> None:
    sane(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW, ids=lambda case: case.name)
def test_prior_data_sets_of_the_rest_are_sane(case: Case) -> None:
    sane(case)


def test_all_of_them_are_tried() -> None:
    assert set(FAMILIES) == set(DPARS)
    assert {case.family for case in FAST} == set(DPARS) <= set(BY_RESPONSE)


def test_a_wrong_constant_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(one for one in FAST if one.family == "logistic_normal")
    assert not measure(case).misses
    monkeypatch.setattr(defaults, "INTERCEPT_WIDTH", 25.0)
    assert "far" in measure(case).misses
