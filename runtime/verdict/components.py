"""Chains of a mixture that have its components in different places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..draws.statistics import elements

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.program.ir import Derived, Parameter, Program

__all__ = ["apart"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Chains are in different places if the means of some number have a gap between them
#: of so many sds of the chains. Chains that mix slowly stay below.
_SDS = 2.0
#: Numbers of a parameter that are looked at, at most.
_NUMBERS = 30


def apart(program: Program, posterior: Dataset) -> Iterator[str]:
    """Yield which chains have the components elsewhere, by the number that tells most.

    The posterior of a mixture often has several modes. A chain stays in that which it
    found, so how many chains are in one says little of its probability.
    """
    items: list[Parameter | Derived] = [*program.parameters, *program.derived]
    names = [item.name for item in items if item.report]
    mixed = any(one.family.components for one in program.likelihoods)
    if not mixed or posterior.sizes["chain"] < 2:
        return
    found: list[tuple[float, str, Floats]] = []
    for name in names:
        # numbers and coefficients, not what is there for each level or row
        if name not in posterior or np.prod(posterior[name].shape[2:]) > _NUMBERS:
            continue
        for coord, draws in elements(posterior[name]):
            gap, means = _gap(draws)
            if gap > _SDS:
                found.append((gap, f"{name}[{coord}]" if coord else name, means))
    if not found:
        return
    _, label, means = max(found, key=lambda one: one[0])
    few, many = sorted(_parted(means), key=len)
    chains = _named(few)
    yield (
        f"{chains} the components in another place: {label} is about "
        f"{means[few].mean():.3g} there, and {means[many].mean():.3g} in the rest. A "
        "posterior of components often has several such places, and a chain stays in "
        "the one that it finds: figures of all chains together weigh them by chance. "
        "Say what is known of the components in priors of their intercepts, let them "
        "share what they have in common (`prior sigma2 = sigma1`), or take fewer."
    )


def _gap(draws: Floats) -> tuple[float, Floats]:
    """Return the widest gap between means of chains, in sds of a chain, and these."""
    means, sd = draws.mean(axis=1), float(draws.std(axis=1).mean())
    if not np.isfinite(means).all() or not sd > 0.0:
        return 0.0, means
    return float(np.diff(np.sort(means)).max()) / sd, means


def _parted(means: Floats) -> list[Places]:
    """Return the chains below the widest gap, and those above."""
    order = np.argsort(means, kind="stable")
    cut = int(np.diff(means[order]).argmax()) + 1
    return [np.sort(order[:cut]), np.sort(order[cut:])]


def _named(chains: Places) -> str:
    numbers = [str(chain + 1) for chain in chains]
    if len(numbers) == 1:
        return f"Chain {numbers[0]} has"
    return f"Chains {', '.join(numbers[:-1])} and {numbers[-1]} have"
