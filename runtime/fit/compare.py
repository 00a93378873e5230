"""Fits beside each other by leave-one-out cross-validation, where that means anything.

The elpd of a fit is a sum over rows of the log of a density or a probability. Two of
them can be compared if they are about the same rows, and can be put on one measure: see
``runtime/compare/measures.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from varying.grammar.source import Source

from ..compare.comparison import Compared, Comparison, compared, stacking
from ..compare.loo import efficiency
from ..compare.measures import (
    ComparedFit,
    ComparisonMeasure,
    NotComparable,
    check_columns,
    common_measure,
)
from ..compare.units import counted_rows, units_of
from ..interface.arguments import ArgumentError, choice, flag, given
from ..interface.calls import called
from ..interface.faults import fault
from ..rows.categories import numbers_of
from .both import are_both, both_unlike

if TYPE_CHECKING:
    from ..rows.engine import Rows
    from .fit import Fit

__all__ = ["compare"]


@called
def compare(
    fits: Mapping[str, Fit],
    *,
    method: Literal["stacking", "pseudo-BMA"] = "stacking",
    by: str | None = None,
    refit: bool = False,
    progress: bool = True,
) -> Comparison:
    """Compare fits of the same rows by leave-one-out cross-validation.

    They are put on one measure, which is said: densities of functions of one column
    (``log(y)`` beside ``y``) become densities of the column; where one gives a density
    and another a probability, and all values are whole numbers, the first becomes the
    probability of what is rounded to the value.

    Parameters
    ----------
    fits
        Two or more, by the names that the table is to give them.
    method
        Of the weights: ``stacking`` or ``pseudo-BMA``.
    by
        A grouping factor, or a column, whose levels are left out whole, as by
        ``Fit.loo``: which model predicts new levels better. None: rows are left out.
    refit
        With ``by``: whether to fit again without each level of which Pareto k is too
        large.
    progress
        Whether to say on stderr how far refits are.

    Returns
    -------
    Comparison
        Prints as a table with sentences; ``to_frame()`` has a row a fit, the best
        first.

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
    choice("method", method, ("stacking", "pseudo-BMA"))
    flag("refit", refit)
    if refit and by is None:
        raise ArgumentError("refit=True goes with by=: rows are left out by `Fit.loo`")
    measure = _measure(fits)
    if by is not None:
        return _by_level(fits, measure, by, method, refit, progress)
    (_, first), *_ = fits.items()
    counts = first._origin.rows.counts
    found = []
    for name, one in fits.items():
        values = one.log_likelihood().transpose("row", "chain", "draw").values
        found.append(
            compared(
                name,
                one.provenance.formula,
                ", ".join(r.family.shown for r in one._origin.responses.values()),
                np.asarray(values.reshape(len(values), -1), dtype=np.float64),
                efficiency(one.data["posterior"].to_dataset()),
                measure,
                counts,
            )
        )
    # rows of weight 0 add nothing, and are not among those that are counted
    kept = counted_rows(first._origin.compiled)
    if not kept.all():
        counts = None if counts is None else counts[kept]
        found = [replace(one, each=one.each[kept]) for one in found]
    draws = min(math.prod(one.provenance.drawn) for one in fits.values())
    return _ordered(found, measure, counts, method, draws)


def _by_level(
    fits: Mapping[str, Fit],
    measure: ComparisonMeasure,
    by: str,
    method: str,
    refit: bool,
    progress: bool,
) -> Comparison:
    """Compare fits by how well they predict whole levels of a column."""
    (first, one), *_ = fits.items()
    source = Source(one.spec, one.provenance.spec_name)
    if measure.mass:
        (name, *_) = measure.mass
        raise fault(
            source,
            "not-comparable",
            f"`{name}` gives the density of all responses of a level together, and "
            f"others a probability: they have no measure in common by `{by}`",
            "compare them by rows",
        )
    found = []
    results = {}
    for name, fit in fits.items():
        result = results[name] = fit.loo(by=by, refit=refit, progress=progress)
        labels = results[first].labels
        if sorted(result.labels) != sorted(labels):
            raise fault(
                source,
                "not-comparable",
                f"`{by}` has other levels in `{first}` and `{name}`",
            )
        each = result.each
        if name in measure.shift:
            index = units_of(fit._origin.compiled, by).index
            each = each + np.bincount(index, measure.shift[name], len(each))
        # strata of `gr(g, by=)` have levels in an order of their own
        each = each[[result.labels.index(label) for label in labels]]
        families = ", ".join(r.family.shown for r in fit._origin.responses.values())
        found.append(
            Compared(
                name,
                fit.provenance.formula,
                families,
                each,
                result.p,
                len(result.bad),
            )
        )
    draws = min(result.draws for result in results.values())
    return _ordered(found, measure, None, method, draws, by)


def _ordered(
    found: list[Compared],
    measure: ComparisonMeasure,
    counts: NDArray[np.int64] | None,
    method: str,
    draws: int,
    by: str = "",
) -> Comparison:
    """Return the comparison, the best first."""
    times = np.ones(len(found[0].each)) if counts is None else counts.astype(float)
    ordered = sorted(found, key=lambda one: -float(times @ one.each))
    each = np.stack([one.each for one in ordered], axis=1)
    if method == "stacking":
        weights = stacking(each, times)
    else:
        sums = times @ each
        weights = np.exp(sums - sums.max())
        weights = weights / weights.sum()
    return Comparison(tuple(ordered), measure, weights, counts, method, draws, by)


def _measure(fits: Mapping[str, Fit]) -> ComparisonMeasure:
    """Return the measure that fits have in common.

    Raises
    ------
    ModelError
        ``not-comparable`` if there is none.
    """
    (first, one), *others = fits.items()
    for second, other in others:
        try:
            unlike = _responses_unlike(one, other)
            if unlike is None:
                found = _pair({first: one, second: other})
        except NotComparable as error:
            unlike = error.texts
        if unlike is not None:
            raise fault(
                Source(other.spec, other.provenance.spec_name),
                "not-comparable",
                f"the fits `{first}` and `{second}` cannot be compared: {unlike[0]}",
                *unlike[1:],
            )
    if len(others) == 1:
        return found
    try:
        return _pair(fits)
    except NotComparable as error:
        raise fault(
            Source(one.spec, one.provenance.spec_name), "not-comparable", *error.texts
        ) from error


def _pair(fits: Mapping[str, Fit]) -> ComparisonMeasure:
    """Return the measure of fits whose rows are the same."""
    (_, one), *_ = fits.items()
    origin = one._origin
    together = [fit for fit in fits.values() if are_both(one, fit)]
    if together:
        # of times and their answers those that have both as two responses
        two = one if len(origin.responses) > 1 else together[0]
        names = [rows.title for rows in two._origin.responses.values()]
        return ComparisonMeasure("density", " and ".join(names), {}, {}, {})
    if len(origin.responses) > 1:
        for other in fits.values():
            unlike = _differ(one, other)
            if unlike is not None:
                raise NotComparable(*unlike)
        kind: Literal["density", "probability"] = (
            "density" if _is_density(origin.rows) else "probability"
        )
        names = [rows.title for rows in origin.responses.values()]
        return ComparisonMeasure(kind, " and ".join(names), {}, {}, {})
    return common_measure(
        [
            ComparedFit(name, one._origin.compiled, one._origin.rows, one._posterior)
            for name, one in fits.items()
        ]
    )


def _responses_unlike(one: Fit, other: Fit) -> tuple[str, ...] | None:
    """Return why the rows of two fits cannot be compared; None: they can.

    Raises
    ------
    NotComparable
        If their responses are different columns.
    """
    first, second = one._origin.responses, other._origin.responses
    if are_both(one, other):
        return both_unlike(one, other)
    if len(first) != len(second):
        return (
            f"one has {_counted(len(first))}, the other {_counted(len(second))}",
            "a row of several responses has their joint density",
        )
    if len(first) == 1:  # before the rows, which may differ for this alone
        check_columns([fit._origin.compiled.bound.response for fit in (one, other)])
    for left, right in zip(_in_order(first), _in_order(second), strict=True):
        unlike = _unlike(left, right)
        if unlike is not None:
            return unlike
        if len(first) > 1 and _is_density(left) is not _is_density(right):
            return ("a response has a density in one, and a probability in the other",)
    return None


def _counted(number: int) -> str:
    return "one response" if number == 1 else f"{number} responses"


def _in_order(responses: Mapping[str, Rows]) -> list[Rows]:
    """Return the rows of responses, in the order of their names where several."""
    return [responses[name] for name in sorted(responses)]


def _unlike(one: Rows, other: Rows) -> tuple[str, ...] | None:
    """Return why two fits cannot be compared, and what to do; None: they can."""
    if (one.counts is None) is not (other.counts is None):
        return (
            "one is of rows, the other of cells of equal rows",
            "compile both with the same `reduce`",
        )
    if not np.array_equal(one.labels, other.labels):
        numbers = [_number(one), _number(other)]
        each = f"{numbers[0]} each" if len({*numbers}) == 1 else " and ".join(numbers)
        return (
            f"they are about different rows ({each})",
            "a column that only one model uses may have missing values: fit both on "
            "the same rows, in one file, without `rows=own`",
        )
    if not _equal(one.counts, other.counts):
        return (
            "their cells stand for different rows",
            "write both models in one file: they have the same cells there",
        )
    known = {*one.family.known} ^ {*other.family.known}
    if known and _is_density(one) and _is_density(other):
        return (
            "responses are censored or truncated in one of them only",
            "a censored row has a probability, and another one a density",
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


def _number(rows: Rows) -> str:
    number = len(rows.labels) if rows.counts is None else int(rows.counts.sum())
    return f"{number:,} rows" if number != 1 else "1 row"


def _is_density(rows: Rows) -> bool:
    return rows.family.has_density


def _weights(rows: Rows) -> NDArray[Any] | None:
    weight = rows.program.likelihood.weight
    return None if weight is None else rows.frame[weight]


def _responses(rows: Rows) -> NDArray[Any]:
    """Return what was observed: numbers, or names of categories."""
    values = np.asarray(rows.frame[rows.program.likelihood.value])
    if not rows.ranks:
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
