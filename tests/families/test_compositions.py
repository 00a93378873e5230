"""Families of several columns against SciPy: masses, slopes, draws, means, supports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from varying.compiler.distributions.correlations import factor, partial_of
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families import FAMILIES
from varying.compiler.families.composition.expected import softmax_mean

NAMES = ("mub", "muc", "mud")
ROWS = 200


def family(name: str) -> Any:
    return FAMILIES[f"{name}({', '.join(NAMES)})"]


def predictors(rng: np.random.Generator, sd: float) -> dict[str, NDArray[Any]]:
    return {one: rng.normal(0.0, sd, ROWS) for one in NAMES}


def shares_of(etas: dict[str, NDArray[Any]]) -> NDArray[Any]:
    each = np.stack([np.zeros(ROWS), *etas.values()], axis=-1)
    return np.asarray(special.softmax(each, axis=-1))


def drawn(
    name: str, sd: float, size: int
) -> tuple[NDArray[Any], dict[str, Any], dict[str, Any]]:
    """Return responses, the family's arguments, and what is among them."""
    rng = np.random.default_rng(11)
    etas = predictors(rng, sd)
    trials = rng.integers(0, size, ROWS)
    counts = rng.multinomial(trials, shares_of(etas))
    return counts, {**etas, "trials": trials}, etas


@pytest.mark.parametrize(("sd", "size"), [(1.0, 20), (4.0, 2_000), (0.1, 3)])
def test_the_mass_is_that_of_scipy(sd: float, size: int) -> None:
    y, given, etas = drawn("multinomial", sd, size)
    found = family("multinomial").log_density(y, **given)
    # one after the other: each a binomial of what is left
    shares = shares_of(etas)
    left, rest, expected = given["trials"], np.ones(ROWS), np.zeros(ROWS)
    for place in range(3):
        chance = np.clip(shares[:, place] / rest, 0.0, 1.0)
        expected = expected + stats.binom.logpmf(y[:, place], left, chance)
        left, rest = left - y[:, place], rest - shares[:, place]
    some = np.isfinite(expected) & (rest > 1e-6)
    assert some.sum() > ROWS / 2
    assert found[some] == pytest.approx(expected[some], rel=1e-8, abs=1e-8)


def test_slopes_are_counts_less_what_is_expected() -> None:
    y, given, etas = drawn("multinomial", 2.0, 40)
    one = family("multinomial")
    expected = y - one.mean(**given)
    for place, name in enumerate(NAMES, start=1):
        moved = {**given, name: given[name] + 1e-30j}
        slope = np.imag(one.log_density(y, **moved)) / 1e-30
        assert slope == pytest.approx(expected[:, place], rel=1e-9, abs=1e-9)
        row = one.kernel(*(float(k) for k in y[3]), *(float(etas[n][3]) for n in NAMES),
                         float(given["trials"][3]))  # fmt: skip
        assert row[place] == pytest.approx(expected[3, place], rel=1e-9, abs=1e-9)


def test_far_out_there_is_no_nan() -> None:
    one, y = family("multinomial"), np.array([[0, 3, 0, 1]])
    given = {"mub": 800.0, "muc": -800.0, "mud": 790.0, "trials": 4}
    assert one.log_density(y, **given) == pytest.approx([np.log(4.0) - 10.0], rel=1e-4)
    assert one.log_density(y, **{**given, "mub": -800.0}) == pytest.approx(
        [np.log(4.0) - 3 * 1590.0], rel=1e-10
    )


def test_draws_are_those_of_the_mass() -> None:
    """Of few trials all counts are tried: how often each is drawn."""
    one, rng = family("multinomial"), np.random.default_rng(5)
    given: dict[str, Any] = {"mub": 0.4, "muc": -0.7, "mud": 0.1, "trials": 3}
    size = 40_000
    many = {name: np.full(size, value) for name, value in given.items()}
    y = one.simulate(rng, **many)
    assert y.shape == (size, 4) and (y.sum(axis=1) == 3).all()
    kinds, counts = np.unique(y, axis=0, return_counts=True)
    mass = np.exp(one.log_density(kinds, **given))
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)  # all 20 have been drawn
    assert np.abs(counts / size - mass).max() < 5.0 * np.sqrt(0.25 / size)
    assert y.mean(axis=0) == pytest.approx(one.mean(**given), abs=0.03)
    assert one.shares(**given) * 3.0 == pytest.approx(one.mean(**given))


def rows_of(name: str, sd: float, log_phi: float) -> tuple[Any, dict[str, Any], Any]:
    """Return drawn responses, their arguments, and the concentrations."""
    rng = np.random.default_rng(12)
    etas = predictors(rng, sd)
    given: dict[str, Any] = {**etas, "phi": np.exp(rng.normal(log_phi, 1.0, ROWS))}
    if name != "dirichlet":
        given["trials"] = rng.integers(1, 40, ROWS)
    y = family(name).simulate(rng, **given)
    return y, given, given["phi"][:, None] * shares_of(etas)


@pytest.mark.parametrize(("sd", "log_phi"), [(1.0, 2.0), (0.5, 6.0), (2.0, -1.0)])
def test_shares_that_vary_have_the_mass_of_scipy(sd: float, log_phi: float) -> None:
    y, given, a = rows_of("dirichlet_multinomial", sd, log_phi)
    found = family("dirichlet_multinomial").log_density(y, **given)
    each = zip(y, a, given["trials"], strict=True)
    expected = [stats.dirichlet_multinomial.logpmf(k, b, n) for k, b, n in each]
    assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("sd", "log_phi"), [(1.0, 2.0), (0.5, 6.0), (2.0, 0.0)])
def test_shares_have_the_density_of_scipy(sd: float, log_phi: float) -> None:
    y, given, a = rows_of("dirichlet", sd, log_phi)
    some = (y > 1e-12).all(axis=1)
    assert some.sum() > ROWS / 3
    found = family("dirichlet").log_density(y, **given)[some]
    each = zip(y[some], a[some], strict=True)
    expected = [stats.dirichlet.logpdf(k / k.sum(), b) for k, b in each]
    assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ["dirichlet", "dirichlet_multinomial"])
def test_slopes_are_those_of_the_density(name: str) -> None:
    y, given, _ = rows_of(name, 1.0, 2.0)
    one, names = family(name), (*NAMES, "phi")
    density = one.log_density(y, **given)
    step = 1e-30
    for row in range(0, ROWS, 20):
        own = (float(given[n][row]) for n in (*names, *one.known))
        found = one.kernel(*map(float, y[row]), *own)
        assert found[0] == pytest.approx(density[row], rel=1e-10)
        for place, moved in enumerate(names, start=1):
            at = {**given, moved: given[moved] + 1j * step}
            slope = np.imag(one.log_density(y, **at)[row]) / step
            assert found[place] == pytest.approx(slope, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("name", ["dirichlet", "dirichlet_multinomial"])
def test_draws_have_the_moments_of_the_family(name: str) -> None:
    rng, size = np.random.default_rng(6), 60_000
    given: dict[str, Any] = {"mub": 0.4, "muc": -0.7, "mud": 0.1, "phi": 4.0}
    times, more = 1.0, 1.0 / 5.0
    if name != "dirichlet":
        given["trials"], times = 10, 10.0
        more = times * (times + 4.0) / 5.0 / times**2
    many = {n: np.full(size, value) for n, value in given.items()}
    y = family(name).simulate(rng, **many)
    mean = family(name).mean(**given)
    assert y.sum(axis=1) == pytest.approx(times)
    assert y.mean(axis=0) == pytest.approx(mean, rel=0.02)
    variance = mean * (times - mean) * more
    assert y.var(axis=0) == pytest.approx(variance, rel=0.03)


def test_no_share_is_drawn_that_has_no_density() -> None:
    """Of a small precision nearly all is in one category."""
    one, rng = family("dirichlet"), np.random.default_rng(8)
    many = {name: np.full(500, 2.0) for name in NAMES}
    y = one.simulate(rng, **many, phi=np.full(500, 0.02))
    assert one.in_support(y).all() and (y > 1.0 - 1e-12).any()
    assert np.isfinite(one.log_density(y, **many, phi=0.02)).all()


def test_of_two_they_are_beta() -> None:
    rng = np.random.default_rng(2)
    eta, phi = rng.normal(0.0, 2.0, 50), np.exp(rng.normal(3.0, 2.0, 50))
    counts, share = rng.integers(0, 10**6, 50), rng.uniform(0.01, 0.99, 50)
    whole = np.full(50, 10**6)
    found = FAMILIES["dirichlet_multinomial(mub)"].log_density(
        np.stack([whole - counts, counts], axis=-1), mub=eta, phi=phi, trials=whole
    )
    expected = FAMILIES["beta_binomial"].log_density(counts, eta, phi, trials=whole)
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-8)
    found = FAMILIES["dirichlet(mub)"].log_density(
        np.stack([1.0 - share, share], axis=-1), mub=eta, phi=phi
    )
    assert found == pytest.approx(FAMILIES["beta"].log_density(share, eta, phi))


@pytest.mark.parametrize(
    ("y", "possible"),
    [
        ((0.2, 0.3, 0.4, 0.1), True),
        ((0.2, 0.3, 0.5, 0.0), False),
        ((0.2, 0.3, 0.4, 0.2), False),
        ((0.2, 0.3, 0.4, 0.1 + 1e-8), True),
        ((1.2, 0.3, -0.6, 0.1), False),
        ((np.nan, 0.3, 0.6, 0.1), False),
    ],
)
def test_support_of_shares(y: Any, possible: bool) -> None:
    assert family("dirichlet").in_support(np.array([y])).tolist() == [possible]


@pytest.mark.parametrize(
    ("y", "trials", "possible"),
    [
        ((1, 2, 0, 0), 3, True),
        ((0, 0, 0, 0), 0, True),
        ((1, 2, 0, 0), 4, False),
        ((1.5, 1.5, 0, 0), 3, False),
        ((4, -1, 0, 0), 3, False),
        ((np.inf, 0, 0, 0), np.inf, False),
    ],
)
def test_support_of_counts(y: Any, trials: float, possible: bool) -> None:
    found = family("multinomial").in_support(np.array([y], float), np.array([trials]))
    assert found.tolist() == [possible]


def test_of_two_it_is_binomial() -> None:
    rng = np.random.default_rng(1)
    eta, y = rng.normal(0.0, 2.0, 50), rng.integers(0, 9, 50)
    both = np.stack([9 - y, y], axis=-1)
    found = FAMILIES["multinomial(mub)"].log_density(both, mub=eta, trials=9)
    assert found == pytest.approx(stats.binom.logpmf(y, 9, special.expit(eta)))


def test_moments_are_the_log_odds_of_all_counts() -> None:
    y = np.array([[2.0, 6.0, 0.0], [3.0, 1.0, 0.0]])
    found = FAMILIES["multinomial(mub, muc)"].moments(y, trials=None)
    assert [one.m for one in found.each] == pytest.approx(
        [np.log(7.5 / 5.5), np.log(0.5 / 5.5)]
    )
    twice = FAMILIES["multinomial(mub, muc)"].moments(y, np.array([1, 3]), trials=None)
    assert twice.each[0].m == pytest.approx(np.log(9.5 / 11.5))


SIGMAS, PARTIAL = ("sigmab", "sigmac", "sigmad"), ("lncor1", "lncor2", "lncor3")


def logs_of(sd: float) -> tuple[Any, dict[str, Any], NDArray[Any], NDArray[Any]]:
    """Return drawn shares, their arguments, means of logs and their covariances."""
    rng = np.random.default_rng(14)
    etas = predictors(rng, sd)
    given: dict[str, Any] = dict(etas)
    given |= {name: np.exp(rng.normal(-0.5, 0.7, ROWS)) for name in SIGMAS}
    given |= {name: rng.beta(1.0, 1.0, ROWS) for name in PARTIAL}
    y = family("logistic_normal").simulate(rng, **given)
    covariances = np.empty((ROWS, 3, 3))
    for row in range(ROWS):
        # r_cd given b from that, and those with b: the recursion of partial ones
        cb, db, cd = (2.0 * given[name][row] - 1.0 for name in PARTIAL)
        cd = cd * np.sqrt((1.0 - cb**2) * (1.0 - db**2)) + cb * db
        correlations = np.array([[1.0, cb, db], [cb, 1.0, cd], [db, cd, 1.0]])
        sds = np.array([given[name][row] for name in SIGMAS])
        covariances[row] = correlations * np.outer(sds, sds)
    return y, given, np.stack([etas[name] for name in NAMES], axis=-1), covariances


@pytest.mark.parametrize("sd", [0.5, 3.0])
def test_logs_of_shares_have_the_density_of_scipy(sd: float) -> None:
    y, given, means, covariances = logs_of(sd)
    one = family("logistic_normal")
    assert one.in_support(y).all()
    found = one.log_density(y, **given)
    logs = np.log(y)
    each = zip(logs[:, 1:] - logs[:, :1], means, covariances, strict=True)
    expected = [stats.multivariate_normal.logpdf(*row) for row in each]
    expected = np.array(expected) - logs.sum(axis=1)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_slopes_of_logs_are_those_of_the_density() -> None:
    y, given, _, _ = logs_of(1.0)
    one, names = family("logistic_normal"), (*NAMES, *SIGMAS, *PARTIAL)
    step = 1e-30
    for row in range(0, ROWS, 20):
        found = one.kernel(*map(float, y[row]), *(float(given[n][row]) for n in names))
        for place, moved in enumerate(names, start=1):
            at = {**given, moved: given[moved] + 1j * step}
            slope = np.imag(one.log_density(y, **at)[row]) / step
            assert found[place] == pytest.approx(slope, rel=1e-8, abs=1e-8)


def test_drawn_logs_have_their_means_and_covariances() -> None:
    one, size = family("logistic_normal"), 200_000
    _, given, means, covariances = logs_of(1.0)
    many = {name: np.full(size, value[0]) for name, value in given.items()}
    y = one.simulate(np.random.default_rng(3), **many)
    logs = np.log(y[:, 1:] / y[:, :1])
    error = np.sqrt(np.diag(covariances[0]) / size)
    assert (np.abs(logs.mean(axis=0) - means[0]) < 4.0 * error).all()
    away = np.cov(logs.T) - covariances[0]
    assert (np.abs(away) < 6.0 * np.sqrt(size) * np.outer(error, error)).all()
    # the mean shares are those of the draws, and not those of the mean logs
    mean = one.mean(**{name: value[:1] for name, value in given.items()})[0]
    assert mean == pytest.approx(one.shares(**given)[0], abs=1e-15)
    assert np.abs(y.mean(axis=0) - mean).max() < 4.0 * 0.5 / np.sqrt(size)
    middle = one.mean(
        **{n: v[0] * (0.001 if n in SIGMAS else 1.0) for n, v in given.items()}
    )
    assert np.abs(y.mean(axis=0) - middle).max() > 0.01


def test_of_two_the_log_odds_are_normal() -> None:
    rng = np.random.default_rng(2)
    y, sigma = rng.uniform(0.01, 0.99, 50), np.exp(rng.normal(0.0, 1.0, 50))
    mu = rng.normal(0.0, 2.0, 50)
    found = FAMILIES["logistic_normal(mub)"].log_density(
        np.stack([1.0 - y, y], axis=-1), mub=mu, sigmab=sigma
    )
    odds = stats.norm.logpdf(special.logit(y), mu, sigma)
    assert found == pytest.approx(odds - np.log(y * (1.0 - y)), rel=1e-11)


@pytest.mark.parametrize(
    ("sds", "off"),
    [
        ((0.3,), 1e-5),
        ((1.2,), 1e-5),
        ((6.0,), 1e-5),
        ((0.5, 0.9), 1e-5),
        ((1.5, 3.0), 1e-5),
        ((0.4, 0.7, 1.0), 1e-4),
        ((0.3, 0.5, 0.4, 0.2), 1e-4),
        ((1.0, 1.5, 1.2), 1e-4),
        ((3.0, 4.0, 5.0), 3e-3),
        ((0.8, 1.5, 1.0, 1.2, 2.0), 3e-3),
    ],
)
def test_mean_shares_are_right_to_what_is_promised(
    sds: tuple[float, ...], off: float
) -> None:
    """Against a finer sum; of five logs, against many draws."""
    rng, size = np.random.default_rng(7), len(sds)
    mixed = rng.normal(size=(size, size + 1))
    whole = mixed @ mixed.T
    scales = np.asarray(sds) / np.sqrt(np.diag(whole))
    root = np.linalg.cholesky(whole * np.outer(scales, scales))
    centre = rng.normal(0.0, 1.5, size)
    number = {1: 2_001, 2: 301, 3: 101, 4: 31}.get(size)
    if number is None:
        steps = stats.qmc.MultivariateNormalQMC(np.zeros(size), seed=1).random(2**17)
        weights = np.ones(len(steps))
    else:
        axis = np.linspace(-8.0, 8.0, number)
        steps = np.stack(np.meshgrid(*[axis] * size), axis=-1).reshape(-1, size)
        weights = np.exp(-0.5 * np.square(steps).sum(axis=-1))
    logs = np.concatenate([np.zeros((len(steps), 1)), centre + steps @ root.T], axis=1)
    expected = np.average(special.softmax(logs, axis=1), axis=0, weights=weights)
    found = softmax_mean(centre, root)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(found - expected).max() < off


def test_partial_correlations_are_taken_from_correlations_and_back() -> None:
    correlations = np.array([0.3, -0.5, 0.4, 0.1, 0.2, -0.3])
    rows = factor(ARRAYS, partial_of(correlations, 4), 4)
    root = np.array([[*row, *(0.0,) * (4 - len(row))] for row in rows])
    assert (root @ root.T)[np.tril_indices(4, -1)] == pytest.approx(correlations)
