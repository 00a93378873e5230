"""The kernels of the families, compiled, against their NumPy densities."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.families import FAMILIES

from ..backends.kernel.compiled import scalar
from .drawing import Sample
from .samples import (
    MODERATE,
    SAMPLES,
    density_of,
    error,
    family_of,
    moved_of,
    repeated,
    slope_of,
)

Array = NDArray[Any]

POINTS = 5_000
#: Those that have a kernel of one row; others loop over thresholds in an operation.
KERNELS = [case for case in SAMPLES if FAMILIES[family_of(case)].steps is None]
cases = pytest.mark.parametrize("case", KERNELS)
moves = pytest.mark.parametrize(
    "case, parameter, logarithm",
    [(case, *move) for case in KERNELS for move in moved_of(case).items()],
)


def parameters(case: str) -> tuple[str, ...]:
    """What a kernel returns a slope of, in its order."""
    family = FAMILIES[family_of(case)]
    ends = ("lower", "upper", "gap") if family.thresholds else ()
    return (family.predictor, *ends, *(dpar.name for dpar in family.dpars))


def columns(case: str, sample: Sample) -> list[Array]:
    """The arguments of each row, for the kernel."""
    family, found = FAMILIES[family_of(case)], dict(sample.arguments)
    if family.thresholds:
        y, inf = sample.y, [math.inf]
        # what is apart is below the first: beyond all ends
        low = [-math.inf] * (1 + family.apart)
        ends = np.concatenate([low, found["threshold"], inf])
        found["lower"], found["upper"] = ends[y], ends[y + 1]
        found["upper"] = np.where(y < family.apart, math.inf, found["upper"])
        gap = np.concatenate([inf * (1 + family.apart), found["gap"], inf])
        found["gap"] = gap[y]
    for dpar in family.dpars:
        if dpar.fixed is not None:
            found.setdefault(dpar.name, np.asarray(dpar.fixed))
    names = (*parameters(case), *family.known)
    return [sample.y, *(found[name] for name in names)]


def rows_of(arguments: list[Array]) -> Array:
    """All numbers are floats, as in the machine."""
    return np.column_stack(np.broadcast_arrays(*arguments)).astype(float)


def called(kernel: Callable[..., Any], arguments: list[Array]) -> Array:
    """Density and slopes by the compiled kernel, a row each."""
    return scalar(kernel)(rows_of(arguments))


def of_sample(case: str, seed: int) -> tuple[Sample, Array]:
    sample = SAMPLES[case](np.random.default_rng(seed), POINTS)
    kernel = FAMILIES[family_of(case)].kernel
    return sample, called(kernel, columns(case, sample))


# ---- the densities -----------------------------------------------------------


@cases
def test_a_kernel_is_the_density(case: str) -> None:
    sample, found = of_sample(case, 1)
    assert len(found) == 1 + len(parameters(case))
    assert np.isfinite(found).all()
    assert error(found[0], density_of(case, sample)) < 1e-12


@moves
def test_its_slopes_are_those_of_the_density(
    case: str, parameter: str, logarithm: bool
) -> None:
    sample, found = of_sample(case, 2)
    slope = found[1 + parameters(case).index(parameter)]
    if logarithm:
        slope = slope * sample.arguments[parameter]
    assert error(slope, slope_of(case, sample, parameter, logarithm)) < 1e-10


@pytest.mark.parametrize("case", ["ordlogit", "ordlogit with disc"])
def test_slopes_in_thresholds_and_gaps(case: str) -> None:
    """Every other threshold is moved: it is the end of either side of a row."""
    sample, found = of_sample(case, 3)
    names, even = parameters(case), sample.y % 2 == 0
    below, above, within = (
        found[1 + names.index(name)] for name in ("lower", "upper", "gap")
    )

    def moved(name: str, step: Array) -> Array:
        arguments = {**sample.arguments, name: sample.arguments[name] + step}
        return np.imag(density_of(case, Sample(sample.y, arguments))) / 1e-30

    places = np.arange(len(sample.arguments["threshold"]))
    for parity in (0, 1):
        slope = moved("threshold", np.where(places % 2 == parity, 1e-30j, 0.0))
        assert error(np.where(even == (parity == 0), above, below), slope) < 1e-10
    # a share of the gap: some are 1e-12, and the slope is one over it
    gap = sample.arguments["gap"]
    per_row = np.concatenate([[0.0], gap, [0.0]])[sample.y]
    assert error(within * per_row, moved("gap", gap * 1e-30j)) < 1e-10
    lowest, highest = sample.y == 0, sample.y == len(gap) + 1
    assert lowest.any() and highest.any()
    assert not below[lowest].any() and not above[highest].any()
    assert not within[lowest | highest].any()


#: Families of positive numbers.
POSITIVE = (
    "frechet",
    "inverse_gaussian",
    "gamma",
    "exponential",
    "weibull",
    "hurdle_gamma",
)


#: Of shares inside, whose mean is no parameter.
SHARES = ("kumaraswamy",)


#: Where exponentials are infinite or 0; the reference has its ends at 10^8.
@pytest.mark.parametrize("eta", [-1e6, -1e3, -746.0, 746.0, 1e3, 1e6])
@pytest.mark.parametrize(
    "case", [case for case in KERNELS if parameters(case)[0] == "eta"]
)
def test_predictors_out_of_any_range(case: str, eta: float) -> None:
    count = 60
    arguments = {**repeated(case, count), "eta": np.full(count, eta)}
    few = {"ordlogit": 4, "bernoulli": 2, "zero_inflated_cumulative": 4}
    most = {**few, "hurdle_cumulative": 5}.get(family_of(case), count)
    most = 10 if "trials" in arguments else most
    y = np.arange(count) % most + (case in POSITIVE)
    sample = Sample(
        (0.5 + y) / (1 + count)
        if case in SHARES or ("beta" in case and most == count)
        else y,
        arguments,
    )
    found = called(FAMILIES[family_of(case)].kernel, columns(case, sample))
    wanted = density_of(case, sample)
    finite = np.isfinite(wanted)
    if case in ("zero_inflated_poisson", "hurdle_poisson") and eta > 709:
        # zeros that are no counts have a density there
        assert error(found[0, finite], wanted[finite]) < 1e-12
        return
    # where the mean, or a response over it, is beyond all numbers
    assert (
        finite.all()
        or (case in ("poisson", "com_poisson") and eta > 709)
        or (case in SHARES and eta < -700)
        or (case in POSITIVE and (eta > 700 if case == "frechet" else eta < -700))
    )
    assert (found[0, ~finite] == -math.inf).all()
    if finite.any():
        assert np.isfinite(found).all()
        assert error(found[0], wanted) < 1e-12
        assert error(found[1], slope_of(case, sample, "eta", False)) < 1e-10


@pytest.mark.parametrize(
    "case",
    [
        *("poisson", "binomial", "negbinomial", "beta_binomial"),
        *("zero_inflated_binomial", "zero_inflated_beta_binomial"),
    ],
)
def test_counts_on_both_sides_of_few(case: str) -> None:
    """Products of small numbers go over into series, at all of them."""
    count = 200
    arguments = repeated(case, count)
    if "trials" in arguments:
        arguments["trials"] = np.full(count, count)
    sample = Sample(np.arange(count), arguments)
    found = called(FAMILIES[case].kernel, columns(case, sample))
    assert error(found[0], density_of(case, sample)) < 1e-13


@pytest.mark.parametrize("shape", [1e-100, 1e-12, 1e-8, 1e8, 1e20, 1e100])
def test_shapes_of_all_magnitudes(shape: float) -> None:
    case, y = "negbinomial", np.array([0, 1, 2, 20, 21, 10_000])
    arguments = {"eta": np.full(6, 3.0), "shape": np.full(6, shape)}
    sample = Sample(y, arguments)
    found = called(FAMILIES[case].kernel, columns(case, sample))
    assert error(found[0], density_of(case, sample)) < 1e-12
    wanted = slope_of(case, sample, "shape", True)
    assert error(found[2] * shape, wanted) < 1e-10


@cases
def test_it_is_plain_python(case: str) -> None:
    """Interpreted it is the same."""
    family, arguments = FAMILIES[family_of(case)], repeated(case, 20)
    y = family.simulate(np.random.default_rng(1), **arguments)
    rows = rows_of(columns(case, Sample(y, arguments)))
    interpreted = np.array([family.kernel(*row) for row in rows.tolist()]).T
    np.testing.assert_allclose(interpreted, scalar(family.kernel)(rows), 1e-14, 1e-14)
    assert MODERATE[case].keys() == arguments.keys()
