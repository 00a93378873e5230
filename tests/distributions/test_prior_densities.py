"""The densities of priors whose arguments depend on parameters, and their kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.backends.kernel.operations.densities import (
    VARIED,
    density,
    varied_name,
)
from varying.compiler.distributions.density import arrays
from varying.compiler.distributions.density.priors import PRIOR_DENSITIES
from varying.compiler.distributions.table import DISTRIBUTIONS, Distribution

from ..backends.kernel.compiled import scalar
from .test_distributions import COUNT, arguments_of, error, values_of

Array = NDArray[Any]

each = pytest.mark.parametrize("name", sorted(VARIED))


def case(name: str, seed: int) -> tuple[Distribution, list[Array]]:
    """Return a distribution with values and arguments at random."""
    row, rng = DISTRIBUTIONS[name], np.random.default_rng([65, seed])
    arguments = arguments_of(row, rng)
    value = values_of(row, arguments, rng)
    return row, [value, *(arguments[one.name] for one in row.arguments)]


def kernel(name: str) -> Any:
    """The kernel inside of the operation."""
    return density(varied_name(name)).forward.__globals__["kernel"]


def test_only_those_whose_support_is_fixed_are_there() -> None:
    assert all(DISTRIBUTIONS[name].support_of is None for name in VARIED)
    assert {*DISTRIBUTIONS} - VARIED == {
        *("uniform", "pareto", "triangular", "flat", "half_flat", "dirichlet")
    }


@each
def test_it_is_the_density_of_the_table(name: str) -> None:
    row, given = case(name, 1)
    named = dict(zip([one.name for one in row.arguments], given[1:], strict=True))
    wanted = row.log_density(given[0], **named)
    size = np.maximum(1.0, np.abs(wanted))
    found = arrays.log_density(PRIOR_DENSITIES[name])(*given)
    assert error(found / size, wanted / size) < 1e-12
    compiled = scalar(kernel(name))(np.column_stack(given))
    assert error(compiled[0] / size, wanted / size) < 1e-12


@each
def test_slopes_are_those_of_the_density(name: str) -> None:
    """In the value and in every argument."""
    row, given = case(name, 2)
    names = [one.name for one in row.arguments]
    found = scalar(kernel(name))(np.column_stack(given))[1:]
    assert len(found) == len(given)
    for place, slope in enumerate(found):
        moved = [np.asarray(one, dtype=complex) for one in given]
        moved[place] = moved[place] * (1.0 + 1e-30j)
        stepped = row.log_density(moved[0], **dict(zip(names, moved[1:], strict=True)))
        wanted = np.imag(np.broadcast_to(stepped, (COUNT,))) / 1e-30
        size = np.maximum(1.0, np.abs(wanted))
        assert error(slope * given[place] / size, wanted / size) < 1e-10, place
