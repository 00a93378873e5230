"""What counts as equal: in any order of the rows, any unit, around any 0."""

from __future__ import annotations

import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from varying.compiler.data import exact, spread, weighted

Floats = NDArray[np.float64]

#: Tenths up to 100, from 2 to 40 of them.
TENTHS = st.lists(st.integers(-1000, 1000), min_size=2, max_size=40)
UNITS = st.integers(-20, 15).map(lambda power: 10.0**power)
SHUFFLES = st.randoms(use_true_random=False)


def floats(numbers: list[int], unit: float = 1.0) -> Floats:
    return np.array(numbers, dtype=np.float64) / 10.0 * unit


def exact_mean(values: Floats) -> float:
    return float(sum(map(Fraction, values.tolist())) / len(values))


# ---- sums ----------------------------------------------------------------------------

NUMBERS = st.lists(
    st.floats(-1e300, 1e300, allow_subnormal=True), min_size=1, max_size=50
)


@settings(deadline=None)
@given(NUMBERS)
def test_a_mean_is_the_one_of_fractions(numbers: list[float]) -> None:
    values = np.array(numbers)
    assert exact.mean(values) == exact_mean(values)


def test_long_and_counted_sums_are_exact() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=50_000) * 10.0 ** rng.integers(-30, 30, 50_000)
    counts = rng.integers(1, 2**20, len(values))
    pairs = list(zip(map(Fraction, values.tolist()), counts.tolist(), strict=True))
    assert exact.mean(values) == exact_mean(values)
    assert exact.total(values) == float(sum(value for value, _ in pairs))
    counted = sum((value * count for value, count in pairs), Fraction(0))
    assert exact.total(values, counts) == float(counted)
    assert exact.mean(values, counts) == float(counted / int(counts.sum()))


@pytest.mark.parametrize("unit", [1.0, 1e-290, 1e300])
@pytest.mark.parametrize("counted", [False, True])
def test_means_of_groups_are_exact(unit: float, counted: bool) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=3_000) * unit * 10.0 ** rng.integers(-3, 3, 3_000)
    places = rng.integers(0, 400, 3_000)
    counts = rng.integers(1, 1_000, 3_000) if counted else None
    found = exact.group_means(values, places, 401, counts)
    of = np.ones(3_000, dtype=int) if counts is None else counts
    for place in range(400):
        rows = places == place
        pairs = zip(values[rows].tolist(), of[rows].tolist(), strict=True)
        total = sum((Fraction(value) * count for value, count in pairs), Fraction(0))
        assert found[place] == float(total / int(of[rows].sum()))
    assert np.isnan(found[400])


def test_what_is_not_finite_is_not_summed_exactly() -> None:
    assert exact.mean(np.array([1.0, np.inf])) == np.inf
    assert np.isnan(exact.mean(np.array([])))
    places = np.array([0, 0, 1])
    found = exact.group_means(np.array([1.0, np.inf, 2.0]), places, 2)
    assert found.tolist() == [np.inf, 2.0]


# ---- spread --------------------------------------------------------------------------


@settings(deadline=None)
@given(TENTHS, UNITS, SHUFFLES)
def test_spread_is_that_of_fractions_in_any_unit_and_order(
    numbers: list[int], unit: float, shuffle: object
) -> None:
    values = floats(numbers, unit)
    sd = spread.sd(values)
    assert sd == pytest.approx(statistics.stdev(map(Fraction, values.tolist())))
    assert (sd == 0.0) == (len(set(numbers)) == 1)
    assert sd == pytest.approx(spread.sd(floats(numbers)) * unit, rel=1e-14)
    assert spread.is_constant(values) == (len(set(numbers)) == 1)
    assert len(spread.distinct(values)) == len(set(numbers))
    shuffle.shuffle(numbers)  # type: ignore[attr-defined]
    other = floats(numbers, unit)
    assert (exact.mean(other), spread.sd(other)) == (exact.mean(values), sd)


@settings(deadline=None)
@given(TENTHS, st.integers(0, 49))
def test_spread_of_whole_numbers_is_the_same_around_any_zero(
    numbers: list[int], power: int
) -> None:
    values = np.array(numbers, dtype=np.float64)
    moved = values + 2.0**power
    assert spread.sd(moved) == pytest.approx(spread.sd(values), rel=1e-12)
    assert spread.two_values(moved) == spread.two_values(values)
    assert len(spread.distinct(moved)) == len(spread.distinct(values))
    _, rest = spread.centered(moved)
    assert abs(exact.mean(rest)) <= 1e-15 * max(1.0, float(np.abs(rest).max()))


@settings(deadline=None)
@given(TENTHS, st.lists(st.integers(1, 9), min_size=40, max_size=40), UNITS)
def test_counted_values_are_as_many_rows(
    numbers: list[int], counts: list[int], unit: float
) -> None:
    values, of = floats(numbers, unit), np.array(counts[: len(numbers)])
    rows = np.repeat(values, of)
    assert weighted.mean(values, of) == weighted.mean(rows, None)
    assert weighted.sd(values, of) == weighted.sd(rows, None)


NOISE = [
    pytest.param([0.1] * 30, id="equal"),
    pytest.param([0.3, 0.1 + 0.2] * 15, id="a sum"),
    pytest.param([3.3, 1.1 + 2.2, 3.3000000000000003] * 9, id="another sum"),
    pytest.param([1.0, sum([0.1] * 10), 0.1 * 3 + 0.7], id="long sums"),
]


@pytest.mark.parametrize("unit", [1.0, 1e-19, 1e12])
@pytest.mark.parametrize("numbers", NOISE)
def test_what_is_rounding_is_no_spread(numbers: list[float], unit: float) -> None:
    values = np.array(numbers) * unit
    assert spread.is_constant(values)
    assert spread.sd(values) == 0.0
    assert spread.two_values(values) is None


STEPS = np.arange(60.0)
SPREADS = [
    pytest.param(1.7e9 + STEPS, 1.0, id="seconds"),
    pytest.param(1.7e12 + 1000 * STEPS, 1000.0, id="milliseconds"),
    pytest.param(1.7e15 + STEPS, 1.0, id="microseconds"),
    pytest.param(1.7e9 + STEPS / 1000, 1e-3, id="seconds with three digits"),
    pytest.param(2460000.5 + STEPS / 86400, 1 / 86400, id="Julian days"),
    pytest.param(1e-19 * (5 + STEPS), 1e-19, id="charges"),
    pytest.param(1.7e18 + 1e9 * STEPS, 1e9, id="nanoseconds"),
]


@pytest.mark.parametrize(("values", "step"), SPREADS)
def test_what_is_far_from_zero_or_small_has_spread(values: Floats, step: float) -> None:
    assert not spread.is_constant(values)
    assert spread.sd(values) == pytest.approx(step * STEPS.std(ddof=1), rel=1e-3)
    assert len(spread.distinct(values)) == 60


def test_two_values_are_two_but_for_rounding() -> None:
    values = np.array([0.1, 0.3, 0.1 + 0.2, 0.1])
    assert spread.two_values(values) == pytest.approx(0.2)
    assert spread.two_values(np.array([0.1, 0.3, 0.5])) is None
    assert spread.distinct(values).tolist() == [0.1, 0.3]
    # the first of those that are the same, however many there are in a row
    close = 1.0 + np.arange(40) * 2.0**-52
    assert spread.distinct(close, 2.0**-53).tolist() == close[::5].tolist()


# ---- rank ----------------------------------------------------------------------------

RNG = np.random.default_rng(0)
ONE, X = np.ones(60), RNG.normal(size=60).round(3)
A, B = RNG.random((2, 60)).round(2)
J = RNG.uniform(5e-19, 12e-19, 60)
SECONDS = 1.7e9 + STEPS
DUMMIES = list(np.eye(3)[RNG.integers(0, 3, 60)].T)

RANKS: list[tuple[str, list[Floats], dict[int, tuple[int, ...]]]] = [
    ("seconds", [ONE, SECONDS], {}),
    ("seconds and days", [ONE, SECONDS, STEPS], {2: (0, 1)}),
    ("seconds without an intercept", [SECONDS, SECONDS + 1], {}),
    ("and once more", [SECONDS, SECONDS + 1, SECONDS + 2], {2: (0, 1)}),
    ("charges", [ONE, J], {}),
    ("charges twice", [ONE, J, 2 * J], {2: (1,)}),
    ("charges and other units", [ONE, SECONDS, X * 1e12, J], {}),
    ("degrees", [ONE, X, 1.8 * X + 32], {2: (0, 1)}),
    ("degrees without an intercept", [X, 1.8 * X + 32], {}),
    ("cells", DUMMIES, {}),
    ("cells beside an intercept", [ONE, *DUMMIES], {3: (0, 1, 2)}),
    ("shares", [ONE, A, B, 100 - A - B], {3: (0, 1, 2)}),
    ("powers of years", [ONE, *((1950 + STEPS) ** k for k in (1, 2, 3))], {}),
    (
        "powers of days in seconds",
        [ONE, *((1.7e9 + 86400 * STEPS) ** k for k in (1, 2))],
        {},
    ),
    ("a constant", [ONE, 7 * ONE, X], {1: (0,)}),
    (
        "a constant but for rounding",
        [ONE, np.where(A > 0.5, 0.3, 0.1 + 0.2)],
        {1: (0,)},
    ),
    ("a constant without an intercept", [7 * ONE, X, 2 * ONE], {2: (0,)}),
    ("nothing", [ONE, 0 * ONE, X], {1: ()}),
    ("far from 0 for its spread", [ONE, 1000 + X * 1e-4, 3700 + X * 3.7e-4], {2: (1,)}),
]


@pytest.mark.parametrize(
    ("columns", "made_of", "unit"),
    [
        pytest.param(columns, made_of, unit, id=f"{name}, {unit:g}")
        for name, columns, made_of in RANKS
        # seconds in such units are rounded, and `t + 1` is a multiple of `t` then
        for unit in ([1.0] if columns[0] is SECONDS else [1.0, 1e-20, 1e15])
    ],
)
def test_columns_that_others_make(
    columns: list[Floats], made_of: dict[int, tuple[int, ...]], unit: float
) -> None:
    scales = [1.0 if (column == 1.0).all() else unit for column in columns]
    matrix = np.column_stack(columns) * np.array(scales)
    off = [spread.rounding_of(column) for column in matrix.T]
    assert spread.dependencies(matrix, off) == made_of
    # rows that are counted, in another order
    order = RNG.permutation(60)
    counts = RNG.integers(1, 5, 60)
    found = spread.dependencies(matrix[order], off, counts)
    assert found == made_of
