"""Fits beside each other by leave-one-out cross-validation, where that means anything.

The elpd of a fit is a sum over rows of the log of a density or a probability. Two of
them can be compared if they are about the same responses in the same rows, and are both
densities or both probabilities: a density depends on the unit of the response, and a
probability has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.source import Source

from ..interface.arguments import ArgumentError, given
from ..interface.calls import called
from ..interface.faults import fault
from ..rows.categories import numbers_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..rows.predict import FittedRows
    from .fit import Fit

__all__ = ["compare"]


@called
def compare(fits: Mapping[str, Fit], *, method: str = "stacking") -> DataFrame:
    """Compare fits of the same responses by leave-one-out cross-validation.

    Parameters
    ----------
    fits
        Two or more, by the names that the table is to give them.
    method
        How ``arviz.compare`` computes weights: ``stacking``, ``BB-pseudo-BMA`` or
        ``pseudo-BMA``.

    Returns
    -------
    DataFrame
        What ``arviz.compare`` returns: a row a fit, the best first.

    Raises
    ------
    ModelError
        ``not-comparable`` if rows, responses or measures differ.
    TypeError, ValueError
        If there are not two fits by name.

    References
    ----------
    Vehtari, Gelman & Gabry (2017). Practical Bayesian model evaluation using
    leave-one-out cross-validation and WAIC. Statistics and Computing 27.
    """
    from .fit import Fit

    if not isinstance(fits, Mapping):
        raise ArgumentError(
            "compare takes fits by name, such as "
            f'compare({{"slopes": fit, "intercepts": other}}), not {given(fits)}'
        )
    for name, one in fits.items():
        if not isinstance(one, Fit):
            raise ArgumentError(f"{name!r} is no fit: {given(one)}")
    if len(fits) < 2:
        raise ArgumentError(f"compare takes two fits or more, not {len(fits)}")
    (first, one), *others = fits.items()
    for second, other in others:
        unlike = _responses_unlike(one, other) or _differ(one, other)
        if unlike is not None:
            raise fault(
                Source(other.spec, other.provenance.spec_name),
                "not-comparable",
                f"the fits `{first}` and `{second}` cannot be compared: {unlike[0]}",
                *unlike[1:],
            )
    import arviz as az

    found: DataFrame = az.compare(
        {name: one.loo().to_arviz() for name, one in fits.items()},
        method=method,
        # ArviZ rounds to what the standard error allows: -60 for -55.7
        round_to="none",
    )
    return found


def _responses_unlike(one: Fit, other: Fit) -> tuple[str, ...] | None:
    """Return why the rows of two fits cannot be compared; None: they can."""
    first, second = one._origin.responses, other._origin.responses
    if len(first) != len(second):
        return (
            f"one has {_counted(len(first))}, the other {_counted(len(second))}",
            "a row of several responses has their joint density",
        )
    for left, right in zip(_in_order(first), _in_order(second), strict=True):
        unlike = _unlike(left, right)
        if unlike is not None:
            return unlike
    return None


def _counted(number: int) -> str:
    return "one response" if number == 1 else f"{number} responses"


def _in_order(responses: Mapping[str, FittedRows]) -> list[FittedRows]:
    """Return the rows of responses, in the order of their names where several."""
    return [responses[name] for name in sorted(responses)]


def _unlike(one: FittedRows, other: FittedRows) -> tuple[str, ...] | None:
    """Return why two fits cannot be compared, and what to do; None: they can."""
    if (one.counts is None) is not (other.counts is None):
        return (
            "one is of rows, the other of cells of equal rows",
            "compile both with the same `reduce`",
        )
    if not np.array_equal(one.labels, other.labels):
        return (
            f"they are about different rows ({_number(one)} and {_number(other)})",
            "a column that only one model uses may have missing values: fit both on "
            "the same rows, in one file, without `rows=own`",
        )
    if not _equal(one.counts, other.counts):
        return (
            "their cells stand for different rows",
            "write both models in one file: they have the same cells there",
        )
    if _is_density(one) is not _is_density(other):
        continuous, discrete = (one, other) if _is_density(one) else (other, one)
        return (
            f"`{continuous.family.name}` gives a response a density, "
            f"`{discrete.family.name}` a probability",
            "a density depends on the unit of the response, a probability does not: "
            "compare families of one kind",
        )
    if not _equal(_weights(one), _weights(other)):
        return (
            "they weigh the rows otherwise",
            "give both models the same `weights(...)`: it says how much data a row is",
        )
    for name in sorted({*one.family.known} & {*other.family.known}):
        if not _equal(one.known(name), other.known(name)):
            return (f"`{name}(...)` has other values in the same rows",)
    return None


def _differ(one: Fit, other: Fit) -> tuple[str, ...] | None:
    """Return how the responses of two fits of the same rows differ; None: not."""
    first, second = one._origin.responses, other._origin.responses
    pairs = zip(_in_order(first), _in_order(second), strict=True)
    if all(_equal(_responses(left), _responses(right)) for left, right in pairs):
        return None
    names = [fit.provenance.formula.partition("~")[0].strip() for fit in (one, other)]
    if names[0] == names[1]:
        return (
            f"the response `{names[0]}` has other values in the same rows",
            "are the data files the same?",
        )
    return (
        f"their responses differ, `{names[0]}` and `{names[1]}`",
        "give both models the same left side: it is about one response in one unit",
    )


def _number(rows: FittedRows) -> str:
    number = len(rows.labels) if rows.counts is None else int(rows.counts.sum())
    return f"{number:,} rows" if number != 1 else "1 row"


def _is_density(rows: FittedRows) -> bool:
    return rows.family.response == "continuous"


def _weights(rows: FittedRows) -> NDArray[Any] | None:
    weight = rows.program.likelihood.weight
    return None if weight is None else rows.frame[weight]


def _responses(rows: FittedRows) -> NDArray[Any]:
    """Return what was observed: numbers, or names of categories."""
    values = np.asarray(rows.frame[rows.program.likelihood.value])
    if not rows.categories:
        return values
    numbers = numbers_of(rows.categories)
    names = np.array(rows.categories if numbers is None else numbers)
    return np.asarray(names[values.astype(np.int64)])


def _equal(left: NDArray[Any] | None, right: NDArray[Any] | None) -> bool:
    """Whether two arrays say the same; numbers but for rounding."""
    if left is None or right is None:
        return left is right
    kinds = {left.dtype.kind in "biuf", right.dtype.kind in "biuf"}
    if left.shape != right.shape or len(kinds) > 1:
        return False
    if kinds == {False}:
        return bool((left == right).all())
    return bool(np.allclose(left, right, rtol=1e-12, atol=0.0))
