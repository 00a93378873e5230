"""The size of one step of a numeric column."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.lower.steps import numeric_step

RNG = np.random.default_rng(4)
NORMAL = RNG.normal(50.0, 3.0, 400)


def test_of_a_column_whose_values_seldom_repeat_it_is_the_sd() -> None:
    assert numeric_step(NORMAL, None) == pytest.approx(np.std(NORMAL, ddof=1))
    days = np.tile(np.arange(10.0), 18)
    assert numeric_step(days, None) == pytest.approx(np.std(days, ddof=1))
    five = np.repeat(np.arange(1.0, 6.0), 7)
    assert numeric_step(five, None) == pytest.approx(np.std(five, ddof=1))


@pytest.mark.parametrize("share", [0.5, 0.9, 0.05, 0.002])
def test_of_two_values_it_is_their_range(share: float) -> None:
    ones = np.arange(1000) < 1000 * share
    assert numeric_step(np.where(ones, 12.0, 2.0), None) == pytest.approx(10.0)


@pytest.mark.parametrize("share", [0.5, 0.3, 0.9, 0.05])
@pytest.mark.parametrize("rows", [40, 400])
def test_one_more_value_is_no_jump(share: float, rows: int) -> None:
    """One 1 that becomes a 2 does not change what a step is; nor do a few values."""
    ones = (np.arange(rows) < rows * share).astype(float)
    before = numeric_step(ones, None)
    for other, most in ((2.0, 6.0 / rows), (1.5, 6.0 / rows), (0.9, 6.0 / rows)):
        changed = ones.copy()
        changed[0] = other
        # a few rows have few others that differ from them
        few = min(share, 1.0 - share)
        assert numeric_step(changed, None) == pytest.approx(before, rel=most / few)


def test_counts_are_rows() -> None:
    values = np.array([0.0, 1.0, 3.5, 4.0, 9.0])
    for counts in (
        [1, 2, 1, 1, 5],
        [30, 20, 1, 1, 1],
        [3, 3, 3, 3, 3],
        [9, 1, 1, 1, 1],
    ):
        each = np.repeat(values, counts)
        found = numeric_step(values, np.array(counts))
        assert found == pytest.approx(numeric_step(each, None), rel=1e-12)


@pytest.mark.parametrize("unit", [1e-20, 1e-9, 1.0, 1e12])
@pytest.mark.parametrize("zero", [0.0, -7.0, 2000.0])
def test_units_and_zero_do_not_matter(unit: float, zero: float) -> None:
    for values in (NORMAL, np.repeat([1.0, 2.0, 4.0], [60, 30, 2])):
        found = numeric_step(unit * (values + zero), None)
        assert found == pytest.approx(unit * numeric_step(values, None), rel=1e-9)


def test_a_constant_column_has_no_step() -> None:
    assert numeric_step(np.full(5, 3.0), None) == 0.0
    assert numeric_step(np.zeros(0), None) == 0.0
