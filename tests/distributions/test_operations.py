"""Operations by hand for one number: what they are made of, and its slopes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.distributions.density import scalars
from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.distributions.density.operations import DERIVED, KNOWN

COUNT = 300


def size(rng: np.random.Generator, low: float, high: float) -> NDArray[np.float64]:
    """Positive numbers of all magnitudes."""
    return np.exp(rng.uniform(np.log(low), np.log(high), COUNT))


def numbers(name: str, place: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return what an operation takes there."""
    signs = rng.choice([-1.0, 1.0], COUNT)
    match name, place:
        case "log_rising", 1:
            return np.floor(size(rng, 1.0, 1e5))
        case "exp_excess" | "logaddexp" | "softplus_excess", _:
            return signs * size(rng, 1e-9, 30.0)
        case "log1p_excess", _:
            return np.maximum(signs * size(rng, 1e-9, 1e6), -0.99)
        case "log1mexp", _:
            return size(rng, 1e-9, 30.0)
    return size(rng, 1e-6, 1e6)


#: Tables and files of their own are behind these:
#: `test_latent.py`, `test_compoisson.py`, `families/test_falling.py`.
APART = ("log_ndtr", "log_com_sum", "log_skew_tail", "log_arc")


@pytest.mark.parametrize("name", [name for name in DERIVED if name not in APART])
def test_an_operation_by_hand_is_what_it_is_made_of(name: str) -> None:
    """Values and slopes: by complex step, whose own errors are those of rounding."""
    rng = np.random.default_rng([7, len(name)])
    given = [numbers(name, place, rng) for place in range(DERIVED[name])]
    made, by_hand = getattr(ARRAYS, name), getattr(scalars, f"row_{name}")
    rows = zip(*(one.tolist() for one in given), strict=True)
    found = np.array([by_hand(*row) for row in rows]).T
    assert len(found) == 1 + DERIVED[name] - KNOWN.get(name, 0)
    wanted = [np.real(made(*given))]
    for place in range(len(found) - 1):
        moved = [one + 0j for one in given]
        moved[place] = moved[place] * (1.0 + 1e-30j)
        wanted.append(np.imag(made(*moved)) / 1e-30)
        found[place + 1] *= given[place]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-11)
