"""Cox models: splines, draws and means, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, interpolate, stats

from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.families import FAMILIES
from varying.compiler.families.continuous.baseline import Baseline
from varying.compiler.families.continuous.cox import cox, knots_of
from varying.compiler.families.quantiles import quantile_of

KNOTS = (0.5, 2.0, 3.5, 9.0)
SHARES = dict(
    zip(
        (f"sbhaz{k}" for k in range(1, 7)),
        (0.1, 0.2, 0.05, 0.3, 0.15, 0.2),
        strict=True,
    )
)


def test_splines_are_scipy_s() -> None:
    base, at = Baseline(KNOTS), np.linspace(0.5, 8.99, 40)
    t = np.concatenate([[KNOTS[0]] * 3, KNOTS, [KNOTS[-1]] * 3])
    for place, unit in enumerate(np.eye(base.size)):
        spline = interpolate.BSpline(t, unit * 4 / (t[place + 4] - t[place]), 3)
        found = base.hazard(ARRAYS, at, unit)
        assert found == pytest.approx(spline(at), abs=1e-12)
        sums = base.cumulative(ARRAYS, at, unit)
        assert sums == pytest.approx(spline.antiderivative()(at), abs=1e-12)
    ends = np.array([0.0, 0.49, 9.0, 20.0])
    assert base.hazard(ARRAYS, ends[[0, 1, 3]], [1.0] * 6) == pytest.approx([0, 0, 0])
    whole = base.cumulative(ARRAYS, ends, [1.0] * 6)
    assert whole == pytest.approx([0, 0, 6, 6], abs=1e-12)


def test_knots_are_those_of_brms_and_of_rows_however_they_are_counted() -> None:
    """By hand: a fiftieth of the range beyond, not below 0, quantiles inside."""
    y = np.array([1.5, 2.0, 3.2, 4.0, 5.5, 6.0, 7.3, 9.1, 10.0, 0.7])
    assert knots_of(y) == pytest.approx((0.514, 4.75, 10.186))
    assert knots_of(y + 3.0, df=7)[1:-1] == pytest.approx(
        np.quantile(y + 3.0, [0.25, 0.5, 0.75])
    )
    assert knots_of(np.array([0.01, 1.0, 2.0]))[0] == 0.0
    counts = np.array([1, 2, 3, 1, 1, 1, 1, 1, 1, 4])
    assert knots_of(y, counts) == knots_of(np.repeat(y, counts))
    assert knots_of(y, beyond=y + 2.0)[-1] == pytest.approx(12.0 + 11.3 / 50.0)
    with pytest.raises(ValueError, match="apart"):
        knots_of(np.array([0.0, 0.0, 0.0, 1.0]))


@pytest.mark.parametrize("eta", [-1.0, 0.5, 4.0])
def test_draws_and_means_are_those_of_the_density(eta: float) -> None:
    family = cox(KNOTS)

    def survival(y: float) -> float:
        assert family.tails is not None
        given = [np.asarray(x) for x in (eta, *SHARES.values())]
        with np.errstate(divide="ignore"):
            below, above = family.tails.log_tails(ARRAYS, np.asarray(y), *given)
        assert np.exp(below) + np.exp(above) == pytest.approx(1.0)
        return float(np.exp(above))

    rng = np.random.default_rng(1602)
    drawn = family.simulate(rng, np.full(4000, eta), **SHARES)
    ends = drawn == KNOTS[-1]
    share = survival(KNOTS[-1])
    assert abs(ends.mean() - share) < 4.0 * np.sqrt(share / 4000) + 1e-12
    inside = np.array([1.0 - survival(y) for y in drawn[~ends]]) / (1.0 - share)
    assert stats.kstest(inside, "uniform").pvalue > 1e-3
    area = integrate.quad(survival, 0.0, KNOTS[-1], limit=200, points=KNOTS[:-1])[0]
    assert family.mean(np.asarray(eta), **SHARES) == pytest.approx(area, rel=1e-8)
    density = integrate.quad(
        lambda y: float(np.exp(family.log_density(np.asarray(y), eta, **SHARES))),
        *(KNOTS[0], KNOTS[-1]),
        limit=200,
        points=KNOTS[1:-1],
    )[0]
    assert density == pytest.approx(1.0 - share, rel=1e-8)


def test_a_quantile_beyond_the_last_knot_is_infinite() -> None:
    family, eta = cox(KNOTS), np.array([-1.0, 0.5, 4.0])
    ours = quantile_of(family)
    assert ours is not None and family.tails is not None
    given = {name: np.full(3, share) for name, share in SHARES.items()}
    found = ours(0.6, eta=eta, **given)
    # at the last knot 1 - exp(-exp(eta)) have had their event
    np.testing.assert_array_equal(np.isinf(found), -np.expm1(-np.exp(eta)) < 0.6)
    below, _ = family.tails.log_tails(ARRAYS, found[1:], eta[1:], *SHARES.values())
    np.testing.assert_allclose(np.exp(below), 0.6, rtol=1e-9)


def test_it_is_found_by_its_name() -> None:
    family = cox(KNOTS)
    assert FAMILIES[family.name] is family and family.shown == "cox"
    assert FAMILIES[f"{family.name} | cens upper"].shown == "cox | cens upper"
    assert FAMILIES["cox"].name == "cox"
