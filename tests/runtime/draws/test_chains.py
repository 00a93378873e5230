"""R-hat and effective sample sizes, against ArviZ, one number at a time."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from arviz_stats.base import array_stats

from varying.runtime.draws import chains

Array = np.ndarray


def autoregressive(shape: tuple[int, int, int], by: float, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=shape)
    values = np.empty(shape)
    values[..., 0] = noise[..., 0]
    for at in range(1, shape[2]):
        values[..., at] = by * values[..., at - 1] + noise[..., at]
    return values


def draws(kind: str, shape: tuple[int, int, int]) -> Array:
    rng = np.random.default_rng(7)
    values = rng.normal(size=shape)
    match kind:
        case "apart":
            return values + 0.3 * np.arange(shape[1])[:, None]
        case "spread":
            return values * (1 + np.arange(shape[1]))[:, None]
        case "slow":
            return autoregressive(shape, 0.97, 1)
        case "alternating":
            return autoregressive(shape, -0.9, 2)
        case "ties":
            return np.round(2 * values)
        case "two values":
            return (values > 1.0).astype(float)
        case "rare":
            return (np.arange(values.size) == 3).astype(float).reshape(shape)
        case "repeated":  # a sampler that stays where it is
            return np.repeat(values, 5, axis=2)[..., : shape[2]]
        case "a chain that stands":
            values[:, 0] = 1.5
            return values
        case "trend":
            return values + 0.01 * np.arange(shape[2])
        case "heavy":
            return rng.standard_cauchy(size=shape)
        case "tiny":
            return 1e-17 * values
        case "far":
            return 1e9 + values
    return values


KINDS = (
    *("normal", "apart", "spread", "slow", "alternating", "ties", "two values", "rare"),
    *("repeated", "a chain that stands", "trend", "heavy", "tiny", "far"),
)
SHAPES = [(3, 4, 250), (2, 4, 251), (2, 1, 100), (2, 2, 4), (2, 2, 5), (2, 3, 6)]
SHAPES += [(2, 2, 7), (2, 2, 8), (2, 2, 11), (1, 8, 33)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_as_arviz(kind: str, shape: tuple[int, int, int]) -> None:
    values = draws(kind, shape)
    axes = {"chain_axis": 1, "draw_axis": 2}
    tails = (0.05, 0.95)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        three = chains.convergence(values, tails)
        pairs = {
            "bulk": (
                three.bulk,
                array_stats.ess(values, method="bulk", **axes),
            ),
            "tail": (
                three.tail,
                array_stats.ess(values, method="tail", prob=tails, **axes),
            ),
            "mean": (
                chains.ess_mean(values),
                array_stats.ess(values, method="mean", **axes),
            ),
            "rhat": (
                three.rhat,
                array_stats.rhat(values, method="rank", **axes),
            ),
            "bfmi": (
                chains.bfmi(values[0]),
                array_stats.bfmi(values[0], chain_axis=0, draw_axis=1),
            ),
        }
    for name, (found, expected) in pairs.items():
        np.testing.assert_allclose(
            found,
            expected,
            rtol=1e-9 if kind in ("far", "tiny") else 1e-12,
            err_msg=name,
        )


def test_scores_are_normal_quantiles() -> None:
    from scipy.special import ndtri

    for size in (1, 2, 3, 8, 9, 1000):
        ranks = 1 + np.arange(2 * size - 1) / 2
        expected = ndtri((ranks - 0.375) / (size + 0.25))
        np.testing.assert_allclose(
            chains._scores(size), expected, rtol=1e-13, atol=1e-15
        )
