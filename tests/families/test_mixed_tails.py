"""Censored and truncated mixtures: their definition by SciPy, slopes, means, draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import integrate, special, stats

from varying.compiler.families import FAMILIES
from varying.compiler.families.combined.limits import is_whole
from varying.compiler.families.family import Family

from ..agreement.harness import BUILT

Values = Mapping[str, float]


#: SciPy's distributions, of the parameters of a component.
def _com_poisson(eta: float, shape: float) -> tuple[Any, Any]:
    """Return counts and their probabilities."""
    counts = np.arange(100.0)
    logs = shape * (counts * eta - special.gammaln(counts + 1.0))
    return counts, np.exp(logs - special.logsumexp(logs))


LAWS: dict[str, Callable[[Values], Any]] = {
    "gaussian": lambda p: stats.norm(p["mu"], p["sigma"]),
    "lognormal": lambda p: stats.lognorm(p["sigma"], 0.0, np.exp(p["mu"])),
    "shifted_lognormal": lambda p: stats.lognorm(p["sigma"], p["ndt"], np.exp(p["mu"])),
    "beta": lambda p: stats.beta(
        p["phi"] * special.expit(p["eta"]), p["phi"] * special.expit(-p["eta"])
    ),
    "poisson": lambda p: stats.poisson(np.exp(p["eta"])),
    "negbinomial": lambda p: stats.nbinom(
        p["shape"], p["shape"] / (p["shape"] + np.exp(p["eta"]))
    ),
    "com_poisson": lambda p: stats.rv_discrete(values=_com_poisson(**p)),
}
#: Of components with one end and several, of shares of each kind: the response, where
#: an interval ends, and the bounds. The last ones are beyond one component.
CASES = [
    ("mixture(gaussian, gaussian)", (0.4, 1.3, -0.8, 2.0)),
    ("mixture(gaussian, gaussian)", (19.4, 20.3, 18.8, 22.0)),
    ("mixture(lognormal, shifted_lognormal)[theta2]", (0.9, 1.3, 0.4, 2.0)),
    ("mixture(lognormal, shifted_lognormal)", (0.5, 0.7, 0.4, 2.0)),
    ("mixture(shifted_lognormal, shifted_lognormal)", (0.9, 1.1, 0.1, 2.0)),
    ("mixture(poisson, negbinomial)", (3.0, 5.0, 1.0, 9.0)),
    ("mixture(com_poisson, com_poisson)", (2.0, 5.0, 1.0, 9.0)),
    ("mixture(gaussian, lognormal, gaussian)[theta1, theta3]", (0.4, 0.5, -0.8, 2.0)),
    ("mixture(gaussian, beta)", (0.4, 0.6, -0.8, 2.0)),
    ("mixture(gaussian, beta)", (0.4, 0.6, 0.1, 0.9)),
]
#: Status of a row, and the probability of what is known of it.
STATUS = {-1.0: ("lb", "y"), 1.0: ("y", "ub"), 2.0: ("y", "upper")}


def parameters(family: Family) -> dict[str, float]:
    values = {"unit": 0.3, "real": 0.4}
    found = {family.predictor: 0.2}
    for place, dpar in enumerate(family.dpars):
        found[dpar.name] = values.get(dpar.support, 0.6 + 0.1 * place)
        if dpar.name.startswith("mu"):
            found[dpar.name] = 0.5
    return found


def laws(base: Family, given: Values) -> list[tuple[float, Any]]:
    """Return the share and the distribution of each component."""
    assert base.split is not None
    parts = base.split(**{name: np.asarray(value) for name, value in given.items()})
    return [
        (float(share), LAWS[one.name]({n: float(v) for n, v in own.items()}))
        for one, (share, own) in zip(base.components, parts, strict=True)
    ]


def mass(parts: list[tuple[float, Any]], low: float, high: float) -> float:
    """Return the probability above a number, up to another, from the nearer tail."""
    total = 0.0
    for share, of in parts:
        upper = of.cdf(low) > 0.5
        part = of.sf(low) - of.sf(high) if upper else of.cdf(high) - of.cdf(low)
        total += share * float(part)
    return total


@pytest.mark.parametrize(("name", "numbers"), CASES)
def test_it_is_the_mixture_over_its_own_mass(
    name: str, numbers: tuple[float, float, float, float]
) -> None:
    base, family = FAMILIES[name], FAMILIES[f"{name} | cens upper lb ub"]
    given, whole = parameters(base), is_whole(base)
    at = dict(zip(("y", "upper", "lb", "ub"), numbers, strict=True))
    parts, step = laws(base, given), 1.0 if whole else 0.0
    seen = mass(parts, at["lb"] - step, at["ub"])
    heights = [s * (of.pmf if whole else of.pdf)(at["y"]) for s, of in parts]
    wanted = {0.0: float(sum(heights))}
    for status, (low, high) in STATUS.items():
        start = at[low] - step * (low == "lb")
        wanted[status] = mass(parts, start, at[high])
    limits = {key: np.asarray(at[key]) for key in ("upper", "lb", "ub")}
    arrays = {key: np.asarray(value) for key, value in given.items()}
    for status, probability in wanted.items():
        known = {"cens": np.asarray(status), **limits}
        found = family.log_density(np.asarray(at["y"]), **arrays, **known)
        assert found == pytest.approx(np.log(probability / seen), rel=1e-9, abs=1e-10)
        row = (at["y"], *given.values(), *(float(one) for one in known.values()))
        density, *slopes = family.kernel(*row)
        assert density == pytest.approx(float(found), rel=1e-12, abs=1e-12)
        for key, slope in zip(given, slopes, strict=True):
            moved: dict[str, Any] = {**arrays, key: given[key] + 1e-30j}
            stepped = family.log_density(np.asarray(at["y"]), **moved, **known)
            assert slope == pytest.approx(np.imag(stepped) / 1e-30, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize(("name", "numbers"), CASES)
def test_rows_are_of_components_as_often_as_what_is_known_is(
    name: str, numbers: tuple[float, float, float, float]
) -> None:
    """The share of each component times its probability of that, by SciPy."""
    base, family = FAMILIES[name], FAMILIES[f"{name} | cens upper lb ub"]
    given, step = parameters(base), 1.0 if is_whole(base) else 0.0
    at = dict(zip(("y", "upper", "lb", "ub"), numbers, strict=True))
    parts = laws(base, given)
    kind = "pmf" if is_whole(base) else "pdf"
    wanted = [[share * getattr(of, kind)(at["y"]) for share, of in parts]]
    for low, high in STATUS.values():
        start = at[low] - step * (low == "lb")
        wanted.append([mass([one], start, at[high]) for one in parts])
    rows = {key: np.full(4, value) for key, value in {**given, **at}.items()}
    rows["cens"] = np.array([0.0, *STATUS])
    y = rows.pop("y")
    assert family.members is not None
    found = family.members(y, **rows)
    chances = np.array(wanted) / np.sum(wanted, axis=1, keepdims=True)
    assert found == pytest.approx(chances, rel=1e-8, abs=1e-10)
    # of one end alone there are no bounds
    some = {key: rows[key] for key in (*given, "cens")}
    some["cens"] = np.array([-1.0, 1.0, 0.0, 1.0])
    open_ended = FAMILIES[f"{name} | cens"].members
    assert open_ended is not None
    free = open_ended(y, **some)
    below = [share * of.cdf(at["y"]) for share, of in parts]
    above = [share * of.sf(at["y"]) for share, of in parts]
    assert free[0] == pytest.approx(np.array(below) / sum(below), rel=1e-8, abs=1e-10)
    assert free[1] == pytest.approx(np.array(above) / sum(above), rel=1e-8, abs=1e-10)
    assert free[2] == pytest.approx(chances[0], rel=1e-8, abs=1e-10)


@pytest.mark.parametrize(("name", "numbers"), CASES[:-2])
def test_means_and_draws_are_those_between_the_bounds(
    name: str, numbers: tuple[float, float, float, float]
) -> None:
    base, family = FAMILIES[name], FAMILIES[f"{name} | lb ub"]
    given, (low, high) = parameters(base), numbers[2:]
    parts = laws(base, given)
    if is_whole(base):
        counts = np.arange(low, high + 1.0)
        chances = sum(share * of.pmf(counts) for share, of in parts)
        mean = float((counts * chances).sum() / chances.sum())
    else:
        ends = sorted({low, high, *(x for x in (0.0, 0.6, 0.9) if low < x < high)})
        areas = [
            integrate.quad(lambda y: mass(parts, y, high), *pair, epsabs=0.0)[0]
            for pair in zip(ends, ends[1:], strict=False)
        ]
        mean = low + sum(areas) / mass(parts, low, high)
    known = {"lb": np.asarray(low), "ub": np.asarray(high)}
    arrays = {key: np.asarray(value) for key, value in given.items()}
    assert float(family.mean(**arrays, **known)) == pytest.approx(mean, rel=1e-7)
    draws = 4_000
    each = {key: np.full(draws, value) for key, value in {**arrays, **known}.items()}
    drawn = family.simulate(np.random.default_rng(2), **each)
    assert ((drawn >= low) & (drawn <= high)).all()
    assert drawn.mean() == pytest.approx(mean, abs=5 * drawn.std() / np.sqrt(draws))


@pytest.mark.parametrize("name", [CASES[0][0], CASES[2][0], CASES[5][0], CASES[7][0]])
def test_graph_and_script_draw_what_is_censored(name: str) -> None:
    """As it would be without; bounds are PyMC's part, as of every family."""
    family, rows = FAMILIES[f"{name} | cens"], 4_000
    given = {**parameters(FAMILIES[name]), "cens": 0.0}
    mean = float(family.mean(**{key: np.asarray(v) for key, v in given.items()}))
    each = {key: np.full(rows, value) for key, value in given.items()}
    with pm.Model(coords={"row": range(rows)}):
        observed = family.observe(pm, pt, "y", each, None, "row")
        text = family.source.statement.format(
            name='"there"', observed="None", dims='"row"', **{k: k for k in each}
        )
        space: dict[str, Any] = {"pm": pm, "pt": pt, "np": np, **each}
        exec(family.source.definitions, space)
        for variable in (observed, eval(text, space)):
            drawn = pm.draw(variable, random_seed=3, mode=BUILT)
            assert drawn.mean() == pytest.approx(mean, abs=4 * drawn.std() / rows**0.5)
