"""Loops over rows: columns of the data made once, what rows share said before them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.backends.kernel.operations.densities import (
    density,
    likelihood_name,
    parameters,
    parts_of,
)
from varying.compiler.families import FAMILIES
from varying.compiler.families.combined.limits import base_name
from varying.compiler.families.family import Family

from .samples import MODERATE

Array = NDArray[Any]

ROWS = 40
#: Some of those whose rows have limits.
LIMITED = (
    *("gaussian | cens", "student | cens upper", "gamma | lb", "poisson | cens"),
    *("negbinomial | lb ub", "beta | cens", "weibull | cens ub"),
)
BY_ROWS = [
    one
    for one in (*FAMILIES.values(), *(FAMILIES[name] for name in LIMITED))
    if not one.thresholds and one.density is not None
]
#: Families, whether rows share parameters, whether rows are cells of several.
LOOPS = [
    (family, pooled, shared)
    for family in BY_ROWS
    for shared in (False, True)[: 2 if family.dpars else 1]
    for pooled in (False, True)[: 2 if family.pooled else 1]
]


def responses(family: Family, rng: np.random.Generator) -> tuple[Array, dict[str, Any]]:
    """Return responses, small counts and large ones, and what they are of."""
    moderate = MODERATE[base_name(family.name)]
    given = {name: float(np.ravel(v)[0]) for name, v in moderate.items()}
    given[family.predictor] += rng.normal(0.0, 0.5, ROWS)
    if family.predictor == "eta" and family.response == "count":
        given["eta"][: ROWS // 2] += 3.0
    if "trials" in given:
        given["trials"] = np.where(np.arange(ROWS) % 2 == 0, given["trials"], 200.0)
    rows = {name: np.broadcast_to(value, ROWS) for name, value in given.items()}
    y = np.asarray(FAMILIES[base_name(family.name)].simulate(rng, **rows), dtype=float)
    limits = {
        "cens": np.arange(ROWS) % (4 if "upper" in family.known else 3) - 1.0,
        **{"upper": y + 2.0, "lb": 0.5 * y - 0.1 * np.abs(y), "ub": y + 1.0},
    }
    if family.response == "count" and "lb" in family.known:
        # interpreted, the log of no count below is an error
        y, limits["lb"] = np.maximum(y, 1.0), np.maximum(np.floor(limits["lb"]), 1.0)
    return y, given | {name: limits[name] for name in family.known if name in limits}


@pytest.mark.parametrize(
    "family, pooled, shared",
    LOOPS,
    ids=[likelihood_name(one.name, *kind) for one, *kind in LOOPS],
)
def test_a_loop_has_the_density_and_its_slopes(
    family: Family, pooled: bool, shared: bool
) -> None:
    """Interpreted, with weights, beside the density of arrays by complex step."""
    rng = np.random.default_rng(5)
    y, given = responses(family, rng)
    names, name = parameters(family), likelihood_name(family.name, pooled, shared)
    own = {one: np.atleast_1d(given[one]) * 1.0 for one in names}
    if not shared:
        own = {one: np.repeat(v, ROWS // len(v)) for one, v in own.items()}
    weights = rng.integers(1, 4, ROWS) * 1.0
    data = {"y": y, **{one: np.broadcast_to(given[one], ROWS) for one in family.known}}
    cells = {"count": weights, "within": rng.exponential(size=ROWS)}
    parts = parts_of(name)
    columns, added = parts.data(data | cells)
    assert columns.shape == (ROWS, parts.width)
    # operation, rows, counts, columns; then each parameter
    words = [0, ROWS, -1 if pooled else 0, ROWS]
    for one in names:
        at = sum(len(own[other]) for other in names[: names.index(one)])
        words += [at, -1, int(len(own[one]) > 1)]
    values = np.concatenate([own[one] for one in names])
    slopes = np.zeros_like(values)
    numbers = np.concatenate([weights, columns.ravel()])
    forward = density(name).forward
    total = forward(words, 0, values, slopes, numbers, np.zeros(0, dtype=int))
    total += (added if pooled else weights * added).sum()

    known = {one: data[one] for one in family.known}

    def at(**moved: Array) -> Any:
        if pooled:
            assert family.pooled is not None
            return family.pooled.log_density(y, **cells, **{**own, **moved})
        return weights * family.log_density(y, **{**own, **known, **moved})

    assert total == pytest.approx(at().sum(), rel=1e-12)
    place = 0
    for one in names:
        step = np.imag(at(**{one: own[one] + 1e-30j})) / 1e-30
        wanted = step if len(own[one]) > 1 else step.sum(keepdims=True)
        found = slopes[place : place + len(own[one])]
        place += len(own[one])
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    "name, width, kept",
    [
        ("rows poisson", 2, 0),
        ("shared-rows gaussian", 1, 3),
        ("shared-rows lognormal", 1, 3),
        # the log of the response, and the response in no other form
        ("shared-rows weibull", 1, 5),
    ],
)
def test_terms_of_the_data_and_of_what_rows_share_leave_the_loop(
    name: str, width: int, kept: int
) -> None:
    parts = parts_of(name)
    assert (parts.width, parts.kept) == (width, kept)
