"""Sums of ``com_poisson``: of few terms and of many, of all and of tails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray
from scipy import special

from varying.compiler.distributions.density import compoisson, python
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.distributions.density.tensors import Tensors
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of
from varying.compiler.families.counts import com_poisson

from ..agreement.harness import BUILT, as_built
from ..backends.kernel.compiled import scalar
from ..statistics.marginal import REFERENCES

Array = NDArray[np.float64]

#: Modes and shapes: none of many terms, many from 0 on, many far from it, one term.
POINTS = np.array(
    [
        *((0.9, 1.8), (-3.0, 0.2), (-800.0, 0.5), (2.0, 40.0)),
        *((1.0, 0.02), (4.0, 0.3), (5.0, 0.9), (3.4, 0.6), (2.5, 0.01)),
        *((7.0, 0.5), (8.5, 0.05), (0.3, 2e3)),
    ]
)


#: From the first count to the last.
ALL = (0.0, np.inf)


def plain(eta: float, shape: float) -> tuple[float, float, float]:
    """Return the sum of all terms, and its slopes."""
    k = np.arange(2e5)
    away = special.gammaln(k + 1.0) - k * eta + np.exp(eta)
    logs = -shape * away
    total = special.logsumexp(logs)
    part = np.exp(logs - total)
    return total, shape * np.sum(part * (k - np.exp(eta))), -np.sum(part * away)


WANTED = np.array([plain(*point) for point in POINTS.tolist()]).T


@pytest.mark.parametrize("reading", ["arrays", "kernel"])
def test_the_sum_is_that_of_all_terms(reading: str) -> None:
    found = np.array(compoisson.log_com_sum(ARRAYS, *POINTS.T, *ALL))
    if reading == "kernel":
        ends = np.broadcast_to(ALL, (len(POINTS), 2))
        found = scalar(compoisson.row_log_com_sum)(np.hstack([POINTS, ends]))
    assert (np.abs(found - WANTED) / np.maximum(1.0, np.abs(WANTED))).max() < 1e-10


def test_slopes_are_those_of_a_complex_step() -> None:
    eta, shape = POINTS[:8].T
    by_eta = np.imag(ARRAYS.log_com_sum(eta + 1e-30j, shape, *ALL)) / 1e-30
    by_shape = np.imag(ARRAYS.log_com_sum(eta, shape + 1e-30j, *ALL)) / 1e-30
    np.testing.assert_allclose([by_eta, by_shape], WANTED[1:, :8], rtol=1e-9, atol=1e-9)


def test_there_are_no_terms_beyond_the_ends() -> None:
    """Bounds that are proved: deviances are large there, and at their counts."""
    eta, shape = POINTS.T
    top, below, above = compoisson.ends(ARRAYS, eta, shape, *map(np.array, ALL))
    mu = np.exp(eta)
    np.testing.assert_array_equal(top, mu)
    for x in (mu + above, mu - below):
        inside = x > 0.0
        at = np.where(inside, x, 1.0)
        deviance = at * (np.log(at) - eta) - at + mu
        assert (shape * deviance > compoisson.DEEP * (1.0 - 1e-6))[inside].all()


def test_a_parameter_that_is_no_number_has_no_sum() -> None:
    """Of a link whose predictor is below 0; the rows beside it have theirs."""
    eta, shape = np.array([np.nan, *POINTS[:3, 0]]), np.array([1.0, *POINTS[:3, 1]])
    found = np.array(compoisson.log_com_sum(ARRAYS, eta, shape, *ALL))
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_allclose(found[:, 1:], WANTED[:, :3], rtol=1e-9, atol=1e-9)


def test_draws_end_where_parameters_are_at_their_ends() -> None:
    """Tries that are never taken would be repeated without end."""
    draw, rng = FAMILIES["com_poisson"].simulate, np.random.default_rng(3)
    ends = draw(rng, np.array([-np.inf, -1e4, np.inf]), np.array([1.0, 0.02, 1.0]))
    assert ends[0] == ends[1] == 0 and ends[2] > 1e14
    with pytest.raises(ValueError, match="no number"):
        draw(rng, np.array([1.0, np.nan]), np.array([1.0, 1.0]))


#: Parameters, the first and the last count (-1: there is none), a log probability and
#: its slopes.
STORED = np.load(REFERENCES / "special" / "com_poisson.npz")["rows"]
#: Of operations, the parameters and both counts, which rows they are asked of.
PARTS: dict[str, tuple[Callable[..., Any], Array]] = {
    "below": (
        lambda m, eta, shape, low, high: com_poisson.log_tails(m, high, eta, shape)[0],
        (STORED[:, 2] == 0.0) & (STORED[:, 3] >= 0.0),
    ),
    "above": (
        lambda m, eta, shape, low, high: com_poisson.log_tails(
            m, low - 1.0, eta, shape
        )[1],
        STORED[:, 3] < 0.0,
    ),
    "between": (
        lambda m, eta, shape, low, high: com_poisson.log_between(
            m, low - 1.0, high, eta, shape
        ),
        STORED[:, 3] >= 0.0,
    ),
}


def by_arrays(of: Callable[..., Any], given: Array) -> Array:
    eta, shape, *ends = given.T
    by_eta = np.imag(of(ARRAYS, eta + 1e-30j, shape, *ends)) / 1e-30
    by_shape = np.imag(of(ARRAYS, eta, shape + 1e-30j, *ends)) / 1e-30
    return np.stack([of(ARRAYS, eta, shape, *ends), by_eta, by_shape])


def by_kernel(of: Callable[..., Any], given: Array) -> Array:
    names = ("eta", "shape", "low", "high")
    return scalar(python.kernel("com_poisson", of, names, names[:2]))(given)


def by_graph(of: Callable[..., Any], given: Array) -> Array:
    inputs = [pt.dvector() for _ in range(4)]
    value = of(Tensors(pt), *inputs)
    slopes = pytensor.grad(value.sum(), inputs[:2])
    return np.array(as_built(inputs, [value, *slopes])(*given.T))


@pytest.mark.parametrize(
    ("reading", "which"),
    [
        *((reading, which) for reading in (by_arrays, by_kernel) for which in PARTS),
        (by_graph, "above"),
    ],
)
def test_tails_and_slopes_have_ten_digits(
    reading: Callable[..., Array], which: str
) -> None:
    of, rows = PARTS[which]
    found, wanted = reading(of, STORED[rows, :4]), STORED[rows, 4:].T
    assert np.isfinite(found).all()
    # of a tail each digit, of what is between two counts those of its size or of 1
    size = np.maximum(np.abs(wanted), 1.0 if which == "between" else 1e-290)
    assert np.max(np.abs(found - wanted) / size) < 3e-11


def test_both_tails_by_sums_of_both_sides() -> None:
    """What questions are answered by, also between whole numbers and below them."""
    tails = cdf_of(FAMILIES["com_poisson"])
    assert tails is not None
    y = np.array([-1.0, -0.3, 0.0, 2.7, 40.0])
    given = {"eta": np.array([[0.4], [3.0]]), "shape": np.array([[1.7], [0.1]])}
    wanted = com_poisson.log_tails(ARRAYS, np.floor(y), *given.values())
    np.testing.assert_allclose(tails(y, **given), np.exp(wanted), rtol=1e-11)


@pytest.mark.parametrize(("end", "below"), [(-np.inf, 0.0), (np.inf, 1.0)])
def test_all_counts_are_on_one_side_of_an_infinite_end(
    end: float, below: float
) -> None:
    tails = cdf_of(FAMILIES["com_poisson"])
    assert tails is not None
    given = {"eta": np.array([0.4, 3.0]), "shape": np.array([1.7, 0.1])}
    wanted = [[below, below], [1.0 - below, 1.0 - below]]
    np.testing.assert_array_equal(tails(np.asarray(end), **given), wanted)


def test_what_is_below_all_counts_is_nothing() -> None:
    """Also of bounds in a column, some of which cut nothing off."""
    found = com_poisson.log_tails(ARRAYS, np.array([-1.0]), 0.7, 1.3)
    assert found[0] < -1e29 and found[1] == 0.0


def test_graph_and_script_draw_between_bounds() -> None:
    """Near and far ones, and none above: no draw is thrown away."""
    family, rows = FAMILIES["com_poisson | lb ub"], 250
    low, high = np.repeat([1.0, 14.0, 0.0], rows), np.repeat([9.0, 1e6, 1.0], rows)
    each = {"eta": 0.4, "shape": 0.7, "lb": low, "ub": high}
    mean = family.mean(**each).reshape(3, rows)[:, 0]
    space: dict[str, Any] = {"pm": pm, "pt": pt, "np": np}
    exec(family.source.definitions, space)
    size = (3 * rows,)
    by_script = space["com_poisson_lb_ub_draw"](*each.values(), size=size)
    own = each["eta"], each["shape"]
    by_graph = com_poisson._draw_between(pm, pt, own, low, high, size)
    both = pm.draw([by_graph, by_script], random_seed=3, mode=BUILT)
    ours = family.simulate(np.random.default_rng(1), **each)
    for drawn in (*both, ours):
        assert ((drawn >= low) & (drawn <= high)).all()
        found = drawn.reshape(3, rows)
        error = 4.0 * found.std(axis=1) / np.sqrt(rows)
        assert (np.abs(found.mean(axis=1) - mean) < error).all()
