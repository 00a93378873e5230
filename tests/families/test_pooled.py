"""What families say of a cell: the density of its responses, from three numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.distributions.density import python
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family

Array = NDArray[Any]

POOLING = [family for family in FAMILIES.values() if family.pooled is not None]
#: Sizes of cells; where and how far the responses (or their logs) scatter.
SIZES = (1, 2, 3, 40)
PLACES = ((0.0, 1.0), (3.0, 0.01), (-2.0, 5.0), (6.0, 1e-6))


def cell(family: Family, size: int, place: tuple[float, float]) -> Array:
    y = np.random.default_rng(size).normal(*place, size)
    assert family.pooled is not None
    return np.exp(y) if family.pooled.logged else y


def summary(family: Family, y: Array) -> tuple[float, float, float]:
    """Return the mean, the number and the squared deviations, in the usual way."""
    assert family.pooled is not None
    if family.pooled.logged:
        y = np.log(y)
    mean = math.fsum(y) / len(y)
    within = math.fsum((y - mean) ** 2)
    return (math.exp(mean) if family.pooled.logged else mean), len(y), within


def values(family: Family, place: tuple[float, float]) -> list[list[float]]:
    """Return parameters: near the responses and far from them."""
    assert [dpar.name for dpar in family.dpars] == ["sigma"]
    mu, sigma = place
    return [[mu, sigma], [mu + 3 * sigma, 0.2 * sigma], [mu - 7.0, 30.0]]


def names(family: Family) -> list[str]:
    return [family.predictor, *(dpar.name for dpar in family.dpars)]


def test_some_pool() -> None:
    assert {family.name for family in POOLING} == {"gaussian", "lognormal"}


@pytest.mark.parametrize("family", POOLING, ids=lambda family: family.name)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", SIZES)
def test_a_cell_has_the_density_of_its_rows(
    family: Family, size: int, place: tuple[float, float]
) -> None:
    y = cell(family, size, place)
    mean, count, within = summary(family, y)
    assert family.pooled is not None
    for given in values(family, place):
        arguments = dict(zip(names(family), map(np.asarray, given), strict=True))
        rows = math.fsum(family.log_density(y, **arguments))
        # sums of squares in sigmas are as large as this
        size_of = 1.0 + count * np.abs(family.log_density(y, **arguments)).max()
        cells = (np.asarray(mean), np.asarray(count), np.asarray(within))
        together = family.pooled.log_density(*cells, **arguments)
        assert abs(float(together) - rows) < 1e-9 * size_of
        # the graph is made of this
        alone = family.log_density(np.asarray(mean), **arguments)
        added = family.pooled.deviations(within, **arguments)
        assert float(count * alone + added) == pytest.approx(float(together), 1e-14)


@pytest.mark.parametrize("family", POOLING, ids=lambda family: family.name)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", SIZES)
def test_the_kernel_is_the_density_with_its_slopes(
    family: Family, size: int, place: tuple[float, float]
) -> None:
    mean, count, within = summary(family, cell(family, size, place))
    assert family.pooled is not None
    own = names(family)
    kernel = python.kernel(
        f"cells of {family.name}",
        family.pooled.density,
        ("y", *own, "count", "within"),
        own,
    )
    for given in values(family, place):
        density, *slopes = kernel(mean, *given, float(count), within)
        for number, slope in enumerate(slopes):
            moved = [np.asarray(value, dtype=complex) for value in given]
            moved[number] = moved[number] + 1e-30j
            arguments = dict(zip(names(family), moved, strict=True))
            cells = (np.asarray(mean), np.asarray(count), np.asarray(within))
            exact = complex(family.pooled.log_density(*cells, **arguments))
            assert density == pytest.approx(exact.real, rel=1e-12, abs=1e-12)
            by_step = exact.imag / 1e-30
            scale = count / given[1]
            assert slope == pytest.approx(by_step, rel=1e-11, abs=1e-11 * scale)
        assert len(slopes) == len(given)
