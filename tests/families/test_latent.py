"""Gaps of latent distributions in decimals, and the ordinal families made of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from varying.compiler.distributions.density import python
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.distributions.density.latent import LATENT
from varying.compiler.families import FAMILIES, VARIANTS
from varying.compiler.families.link import LINKS

from .decimals import DIGITS, HALF, PI, STEP, arctan, erfc

Array = NDArray[Any]
POINTS = 80


def _cauchit(x: Decimal) -> Decimal:
    return arctan(-1 / x) / PI if x < 0 else HALF + arctan(x) / PI


#: Logs of gaps as textbooks have them, in the tail that both ends are in.
GAPS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "logit": lambda a, b: (1 / (1 + (-a).exp()) - 1 / (1 + (-b).exp())).ln(),
    "probit": lambda a, b: (
        erfc(b / Decimal(2).sqrt()) / 2 - erfc(a / Decimal(2).sqrt()) / 2
    ).ln(),
    "cloglog": lambda a, b: ((-b.exp()).exp() - (-a.exp()).exp()).ln(),
    "loglog": lambda a, b: ((-(-a).exp()).exp() - (-(-b).exp()).exp()).ln(),
    "cauchit": lambda a, b: (_cauchit(a) - _cauchit(b)).ln(),
}


def places(link: str) -> tuple[Array, Array]:
    rng = np.random.default_rng(9)
    half = POINTS // 2
    b = np.concatenate([rng.normal(0.0, 3.0, half), rng.uniform(-38.0, 38.0, half)])
    if link == "logit":
        b = np.clip(b, -100.0, 100.0)
    elif link == "cloglog":
        b = np.minimum(b, 4.0)
    elif link == "loglog":
        b = np.maximum(b, -4.0)
    elif link == "probit":
        b = np.abs(b)
    return b, np.minimum(10.0 ** rng.uniform(-9.0, 1.0, POINTS), 3.0)


@pytest.mark.parametrize("link", LATENT)
def test_gaps_have_all_digits(link: str) -> None:
    low, width = places(link)
    wanted = np.empty((POINTS, 3))
    # the lower end is of 53 digits, the upper one as far above it as the gap says
    with localcontext(prec=6 * DIGITS):
        gap = GAPS[link]
        for row, (one, wide) in enumerate(zip(low, width, strict=True)):
            b = Decimal(float(one))
            a = b + Decimal(float(wide))
            by_eta = gap(a - STEP, b - STEP) - gap(a + STEP, b + STEP)
            by_width = gap(a + STEP, b) - gap(a - STEP, b)
            slopes = (by_eta / (2 * STEP), by_width / (2 * STEP))
            wanted[row] = [float(gap(a, b)), *map(float, slopes)]
    between = LATENT[link].between
    kernel = python.kernel(
        link,
        lambda m, a, b, width: between(m, a, b, width),
        ("a", "b", "width"),
        ("a", "b", "width"),
    )
    found = np.array(
        [
            kernel(float(b + w), float(b), float(w))
            for b, w in zip(low, width, strict=True)
        ]
    )
    mine = [
        found[:, 0],
        -(found[:, 1] + found[:, 2]),
        # the gap itself, with the end that it moves
        found[:, 1] + found[:, 3],
    ]
    for column, one in enumerate(mine):
        right = wanted[:, column]
        error = np.abs(one - right) / np.maximum(1.0, np.abs(right))
        assert error.max() < 1e-10, (link, column, low[error.argmax()])
    arrays = between(ARRAYS, low + width, low, width)
    error = np.abs(arrays - wanted[:, 0]) / np.maximum(1.0, np.abs(wanted[:, 0]))
    assert error.max() < 1e-12


SCIPY: dict[str, Any] = {
    "ordlogit": stats.logistic,
    "ordprobit": stats.norm,
    "cumulative_cloglog": stats.gumbel_l,
    "cumulative_loglog": stats.gumbel_r,
    "cumulative_cauchit": stats.cauchy,
}


@pytest.mark.parametrize("name", SCIPY)
def test_probabilities_are_those_of_scipy(name: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(2)
    threshold = np.array([-1.2, -0.3, 0.4, 2.0])
    gap, disc = np.diff(threshold), rng.uniform(0.5, 2.0, 50)
    eta = rng.normal(size=50)
    cdf = SCIPY[name].cdf(disc[:, None] * (threshold - eta[:, None]))
    wanted = np.diff(np.column_stack([np.zeros(50), cdf, np.ones(50)]))
    for rank in range(5):
        y = np.full(50, rank)
        found = np.exp(family.log_density(y, eta, threshold, gap, disc))
        assert np.allclose(found, wanted[:, rank], rtol=1e-10)
    many = np.full(20_000, 0.4)
    drawn = family.simulate(rng, many, threshold, gap)
    shares = np.bincount(drawn, minlength=5) / len(many)
    each = np.exp(family.log_density(np.arange(5), many[:5], threshold, gap))
    assert np.allclose(shares, each, atol=0.015)
    mean = family.mean(many[:1], threshold, gap)[0]
    assert np.isclose(mean, np.arange(5) @ each, rtol=1e-10)


@pytest.mark.parametrize("name", SCIPY)
def test_thresholds_at_shares(name: str) -> None:
    family = FAMILIES[name]
    shares = np.array([0.1, 0.4, 0.3, 0.2])
    assert family.at_shares is not None
    threshold = family.at_shares(shares)
    found = family.log_density(np.arange(4), np.zeros(4), threshold, np.diff(threshold))
    assert np.allclose(np.exp(found), shares)
    ranks = np.repeat(np.arange(4), [10, 40, 30, 20])
    moments = family.moments(ranks, categories=4)
    assert (
        np.isclose(moments.m, threshold[1])
        and moments.s == LINKS[family.links[0]].scale
    )


def test_variants_are_families() -> None:
    for name, (family, link) in VARIANTS.items():
        assert FAMILIES[name].name == name and FAMILIES[name].links == (link,)
        assert FAMILIES[family].with_link(link) is FAMILIES[name]
        assert link in FAMILIES[family].links
