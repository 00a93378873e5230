"""The kernels of the priors, compiled, against the table's densities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.distributions.kernels import PRIOR_KERNELS
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
    if row.name == "gumbel":
        # exp(-z) is a number for these
        out = signs * np.minimum(size, 200.0 * arguments["sigma"])
    elif row.support == POSITIVE:
        out = size + (arguments["m"] if row.name == "pareto" else 0.0)
    elif row.support == UNIT:
        out = np.exp(rng.uniform(-600.0, 0.0, COUNT))
    elif row.name in ("uniform", "triangular"):
        return likely
    else:
        out = signs * size
    return np.where(half, likely, out)


def called(row: Distribution, value: Array, arguments: Mapping[str, Array]) -> Array:
    columns = (arguments[argument.name] for argument in row.arguments)
    return scalar(PRIOR_KERNELS[row.name])(np.column_stack([value, *columns]))


def test_every_distribution_has_a_kernel() -> None:
    assert PRIOR_KERNELS.keys() == DISTRIBUTIONS.keys()


@every
def test_a_kernel_is_the_density_but_for_a_constant(row: Distribution) -> None:
    arguments = arguments_of(row, np.random.default_rng(1))
    one, two = far(row, arguments, 2), far(row, arguments, 3)
    found, from_ = called(row, one, arguments)[0], called(row, two, arguments)[0]
    wanted = row.log_density(one, **arguments), row.log_density(two, **arguments)
    size = np.maximum(1.0, np.maximum(*np.abs(wanted)))
    assert error((found - from_) / size, (wanted[0] - wanted[1]) / size) < 1e-13


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
    compiled = scalar(PRIOR_KERNELS["dirichlet"])
    densities, slopes = compiled(np.column_stack([one, alpha]))
    from_ = compiled(np.column_stack([two, alpha]))[0]
    wanted = row.log_density(one, alpha=alpha) - row.log_density(two, alpha=alpha)
    assert densities.sum() - from_.sum() == pytest.approx(float(wanted), rel=1e-12)
    for i in range(6):
        stepped = row.log_density(one + 1e-30j * (np.arange(6) == i), alpha=alpha)
        assert slopes[i] == pytest.approx(float(np.imag(stepped)) / 1e-30, rel=1e-12)
