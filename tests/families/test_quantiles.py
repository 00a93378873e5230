"""Quantiles of responses against SciPy, and against their definition."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import quad

from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of
from varying.compiler.families.combined.mixture import mixture
from varying.compiler.families.quantiles import _halved, quantile_of

SHARES = (1e-9, 0.01, 0.3, 0.5, 0.9, 1.0 - 1e-6)
#: A value for a parameter, by its support, and for what each row brings along.
VALUES = {"unit": 0.3, "real": 0.4, "at_least_one": 3.2}
KNOWN = 5.0
#: Those that have a formula, or a rule of their own.
CLOSED = [name for name, family in FAMILIES.items() if family.quantile is not None]
#: Those that SciPy has beside them.
NUMERIC = ("inverse_gaussian", "poisson", "negbinomial", "binomial", "beta_binomial")
NUMBERS = [
    name
    for name, family in FAMILIES.items()
    if family.response in ("continuous", "count", "successes") and not family.parts
]


def parameters(name: str) -> dict[str, np.ndarray]:
    """Two values of the main parameter, one of each other."""
    family = FAMILIES[name]
    found = {family.predictor: np.array([0.3, 0.9])}
    found |= {d.name: np.array(VALUES.get(d.support, 1.3)) for d in family.dpars}
    return found | dict.fromkeys(family.known, np.array(KNOWN))


class _Root:
    """A root of a variable of SciPy."""

    def __init__(self, of: stats.distributions, power: np.ndarray) -> None:
        self.of, self.power = of, power

    def ppf(self, share: float) -> np.ndarray:
        return self.of.ppf(share) ** (1.0 / self.power)


def by_scipy(name: str, given: Mapping[str, np.ndarray]) -> stats.distributions:
    """Return the distribution of SciPy that a family is."""
    main, *rest = given.values()
    match name:
        case "gaussian":
            return stats.norm(main, *rest)
        case "student":
            return stats.t(given["nu"], main, given["sigma"])
        case "lognormal":
            return stats.lognorm(rest[0], scale=np.exp(main))
        case "gamma":
            return stats.gamma(rest[0], scale=np.exp(main) / rest[0])
        case "weibull":
            scale = np.exp(main) / special.gamma(1.0 + 1.0 / rest[0])
            return stats.weibull_min(rest[0], scale=scale)
        case "exponential":
            return stats.expon(scale=np.exp(main))
        case "beta":
            share = special.expit(main)
            return stats.beta(share * rest[0], (1.0 - share) * rest[0])
        case "laplace":
            return stats.laplace(main, rest[0])
        case "asymmetric_laplace":
            q = given["quantile"]
            kappa = np.sqrt(q / (1.0 - q))
            scale = rest[0] / np.sqrt(q * (1.0 - q))
            return stats.laplace_asymmetric(kappa, main, scale)
        case "gumbel":
            return stats.gumbel_r(main, rest[0])
        case "gen_extreme_value":
            return stats.genextreme(-given["xi"], main, rest[0])
        case "frechet":
            nu = given["nu"]
            return stats.invweibull(nu, scale=np.exp(main) / special.gamma(1 - 1 / nu))
        case "shifted_lognormal":
            return stats.lognorm(rest[0], given["ndt"], np.exp(main))
        case "kumaraswamy":
            # the root of a beta variable with a first parameter of 1
            a = rest[0]
            b = np.log(0.5) / np.log1p(-(special.expit(main) ** a))
            return _Root(stats.beta(1.0, b), a)
        case "inverse_gaussian":
            return stats.invgauss(np.exp(main) / rest[0], scale=rest[0])
        case "poisson":
            return stats.poisson(np.exp(main))
        case "binomial":
            return stats.binom(KNOWN, special.expit(main))
        case "beta_binomial":
            share = special.expit(main)
            return stats.betabinom(KNOWN, share * rest[0], (1.0 - share) * rest[0])
        case "negbinomial":
            return stats.nbinom(rest[0], rest[0] / (rest[0] + np.exp(main)))
    raise KeyError(name)


@pytest.mark.parametrize(
    "name",
    [
        # SciPy's angles begin opposite to their mean
        *(name for name in CLOSED if name != "von_mises"),
        *NUMERIC,
    ],
)
def test_as_scipy(name: str) -> None:
    given = parameters(name)
    theirs, ours = by_scipy(name, given), quantile_of(FAMILIES[name])
    assert ours is not None
    for share in SHARES:
        np.testing.assert_allclose(ours(share, **given), theirs.ppf(share), rtol=1e-9)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_smallest_value_that_a_share_is_at_or_below(name: str) -> None:
    family, given = FAMILIES[name], parameters(name)
    ours = quantile_of(family)
    assert ours is not None
    drawn = family.simulate(
        np.random.default_rng(4),
        **{k: np.broadcast_to(v, (20_000, 2)) for k, v in given.items()},
    )
    for share in (0.05, 0.3, 0.9):
        found = ours(share, **given)
        assert (np.mean(drawn <= found, axis=0) > share - 0.02).all()
        assert (np.mean(drawn < found, axis=0) < share + 0.02).all()


@pytest.mark.parametrize("name", CLOSED)
def test_halving_comes_to_the_formula(name: str) -> None:
    given, tails = parameters(name), cdf_of(FAMILIES[name])
    assert tails is not None
    for share in (0.01, 0.5, 0.99):
        halved = _halved(tails, share, given, False)
        np.testing.assert_allclose(
            halved, FAMILIES[name].quantile(share, **given), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize(
    ("components", "told"),
    [
        (("gaussian", "student"), ()),
        (("gaussian", "lognormal", "gumbel"), ()),
        (("gaussian", "gaussian", "gaussian"), ("theta2", "theta3")),
        (("poisson", "negbinomial"), ("theta2",)),
        (("poisson", "com_poisson"), ()),
        (("hurdle_gamma", "gamma"), ()),
    ],
)
def test_of_mixtures(components: tuple[str, ...], told: tuple[str, ...]) -> None:
    """Against their definition, by responses that are drawn."""
    family = mixture(tuple(FAMILIES[one] for one in components), told)
    names = (family.predictor, *(dpar.name for dpar in family.dpars))
    values = {"unit": 0.3, "real": 0.4, "at_least_one": 3.2}
    supports = {dpar.name: dpar.support for dpar in family.dpars}
    given = {
        name: np.full((1, 2), values.get(supports.get(name, "real"), 1.3))
        for name in names
    }
    given["mu2"] = np.array([[-0.5, 1.5]])
    ours = quantile_of(family)
    assert ours is not None
    drawn = family.simulate(
        np.random.default_rng(4),
        **{k: np.broadcast_to(v, (100_000, 2)) for k, v in given.items()},
    )
    for share in (0.05, 0.5, 0.9):
        found = ours(share, **given)
        assert (np.mean(drawn <= found, axis=0) > share - 0.006).all()
        assert (np.mean(drawn < found, axis=0) < share + 0.006).all()


def test_each_family_of_numbers_has_them() -> None:
    assert all(quantile_of(FAMILIES[name]) is not None for name in NUMBERS)


@pytest.mark.parametrize("alpha", [-9.0, -0.8, 0.0, 0.3, 2.5, 20.0])
def test_tails_of_the_skew_normal(alpha: float) -> None:
    """Against the integral of its density, the thin tail too."""
    family = FAMILIES["skew_normal"]
    given = {"mu": np.array(0.4), "sigma": np.array(1.7), "alpha": np.array(alpha)}
    tails = cdf_of(family)
    assert tails is not None

    def mass(low: float, high: float) -> float:
        def density(y: float) -> float:
            return float(np.exp(family.log_density(np.array(y), **given)))

        ends = np.linspace(low, high, 60).tolist()
        parts = [
            quad(density, *one, epsrel=1e-11, epsabs=0.0) for one in pairwise(ends)
        ]
        return sum(part[0] for part in parts)

    for y in (-4.0, -2.0, -1.0, 0.4, 2.0, 5.0):
        below, above = tails(np.array(y), **given)
        np.testing.assert_allclose(below, mass(y - 25.0, y), rtol=1e-9, atol=1e-280)
        np.testing.assert_allclose(above, mass(y, y + 25.0), rtol=1e-9, atol=1e-280)


def test_none_is_reached_where_nothing_has_happened() -> None:
    """Beyond the last knot the hazard is not known."""
    family = FAMILIES["cox"]
    given = {dpar.name: np.array(1.0 / len(family.dpars)) for dpar in family.dpars}
    ours = quantile_of(family)
    assert ours is not None
    found = ours(0.9, eta=np.array([-3.0, 1.0]), **given)
    assert np.isinf(found[0]) and 0.0 < found[1] < 1.0
