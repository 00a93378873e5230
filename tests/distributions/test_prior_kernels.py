"""The kernels of the priors, compiled, against the table's densities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.backends.kernel.operations.densities import prior_parts
from varying.compiler.distributions.density.priors import PRIOR_DENSITIES
from varying.compiler.distributions.table import (
    DISTRIBUTIONS,
    POSITIVE,
    REAL,
    UNIT,
    Distribution,
)

from ..backends.kernel.compiled import scalar
from .test_distributions import COUNT, arguments_of, error, every, values_of

Array = NDArray[Any]


def far(row: Distribution, arguments: Mapping[str, Array], seed: int) -> Array:
    """Quantiles down to 1e-6, and half of the values much further out."""
    rng = np.random.default_rng(seed)
    likely = values_of(row, arguments, rng)
    signs, half = rng.choice([-1.0, 1.0], COUNT), rng.random(COUNT) < 0.5
    low, high = math.log(1e-8), math.log(1e6)
    size = np.exp(rng.uniform(low, high, COUNT))
    if row.name in ("gumbel", "moyal"):
        # exp(-z) is a number for these
        out = signs * np.minimum(size, 200.0 * arguments["sigma"])
    elif row.support == POSITIVE:
        out = size + (arguments["m"] if row.name == "pareto" else 0.0)
    elif row.support == UNIT:
        out = np.exp(rng.uniform(-600.0, 0.0, COUNT))
    elif row.name in ("uniform", "triangular", "von_mises"):
        return likely
    else:
        out = signs * size
    return np.where(half, likely, out)


def called(row: Distribution, value: Array, arguments: Mapping[str, Array]) -> Array:
    """Density and slope, without what arguments alone add."""
    parts = prior_parts(row.name)
    columns = parts.data({"x": value, **arguments})[0]
    return scalar(parts.kernel)(np.column_stack([columns, value]))


def constant(row: Distribution, arguments: Mapping[str, Array]) -> Array:
    """What they add."""
    return prior_parts(row.name).data(arguments)[1]


def test_every_distribution_has_a_kernel() -> None:
    assert PRIOR_DENSITIES.keys() == DISTRIBUTIONS.keys()


@every
def test_a_kernel_is_the_density_but_for_a_constant(row: Distribution) -> None:
    arguments = arguments_of(row, np.random.default_rng(1))
    value = far(row, arguments, 2)
    found = called(row, value, arguments)[0] + constant(row, arguments)
    wanted = row.log_density(value, **arguments)
    size = np.maximum(1.0, np.abs(wanted))
    assert error(found / size, wanted / size) < 1e-13


@every
def test_its_slope_is_that_of_the_density(row: Distribution) -> None:
    """Per share of the value: there are values of 1e-260."""
    arguments = arguments_of(row, np.random.default_rng(4))
    value = far(row, arguments, 5)
    found = called(row, value, arguments)[1] * value
    stepped = row.log_density(value * (1.0 + 1e-30j), **arguments)
    assert error(found, np.imag(stepped) / 1e-30) < 1e-12


@every
def test_a_location_can_be_taken_off_before(row: Distribution) -> None:
    if row.location is None:
        assert row.support != REAL or row.name in ("uniform", "triangular", "flat")
        return
    arguments = arguments_of(row, np.random.default_rng(6))
    value = far(row, arguments, 7)
    none = {**arguments, row.location: np.zeros(COUNT)}
    moved = called(row, value - arguments[row.location], none)
    np.testing.assert_array_equal(moved, called(row, value, arguments))


def test_the_dirichlet_is_by_element() -> None:
    rng = np.random.default_rng(8)
    row = DISTRIBUTIONS["dirichlet"]
    alpha = rng.uniform(0.3, 5.0, 6)
    one, two = rng.dirichlet(alpha), rng.dirichlet(alpha)
    densities, slopes = called(row, one, {"alpha": alpha})
    from_ = called(row, two, {"alpha": alpha})[0]
    wanted = row.log_density(one, alpha=alpha) - row.log_density(two, alpha=alpha)
    assert densities.sum() - from_.sum() == pytest.approx(float(wanted), rel=1e-12)
    for i in range(6):
        stepped = row.log_density(one + 1e-30j * (np.arange(6) == i), alpha=alpha)
        assert slopes[i] == pytest.approx(float(np.imag(stepped)) / 1e-30, rel=1e-12)
