"""Measures of rows: what is asked of the response at given predictors.

Each is computed at all draws, rows and nodes at once; see ``at_once``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from varying.compiler.distributions.density.arrays import ARRAYS
from varying.compiler.distributions.density.latent import LATENT
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of
from varying.compiler.families.combined.limits import base_name
from varying.compiler.families.family import ANSWER, Family
from varying.compiler.families.ordinal.cumulative import CUMULATIVE
from varying.compiler.families.ordinal.items import VECTORS
from varying.compiler.families.ordinal.lowest import (
    HURDLE_CUMULATIVE,
    ZERO_INFLATED_CUMULATIVE,
)
from varying.compiler.families.quantiles import quantile_of

from .at_once import AtOnce

if TYPE_CHECKING:
    from varying.compiler.families.ordinal.steps import StepLogits

__all__ = [
    "Measure",
    "answers",
    "between",
    "exceeding",
    "expected_number",
    "expected_numbers",
    "mean",
    "predictor",
    "probabilities",
    "quantile",
]

Array = NDArray[Any]
Arguments = Mapping[str, Array]

#: Counts up to here are added up for a probability; beyond, it would take long.
MOST_COUNTS = 10_000

#: Families whose mean is a multiple of the inverse of the main parameter's link.
_MULTIPLES = frozenset(
    (
        "gaussian student gamma exponential weibull beta bernoulli binomial "
        "beta_binomial poisson negbinomial geometric zero_inflated_poisson "
        "zero_inflated_negbinomial zero_inflated_binomial zero_inflated_beta "
        "zero_inflated_beta_binomial hurdle_gamma"
    ).split()
)
#: Families whose mean is a multiple of the exponential of the main parameter itself.
_EXPONENTIAL = frozenset({"lognormal", "hurdle_lognormal"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A function of the predictors of a row.

    Attributes
    ----------
    value
        From a program at all draws and its predictors by name to draws by rows by
        nodes, and by ``several`` numbers where there are more than one.
    several
        How many numbers it has for each row.
    work
        How many numbers are computed for each row and node on the way.
    bounded
        Whether it has bounds, as a probability has.
    curve
        The link of whose inverse it is a multiple, as a function of the main
        predictor: its average over a normal predictor then has a formula.
    """

    value: Callable[[AtOnce, Mapping[str, Array]], Array]
    several: int = 1
    work: int = 1
    bounded: bool = False
    curve: str | None = None


def predictor(at: AtOnce) -> Measure:
    """Return the linear predictor of the main parameter."""
    main = at.program.predictors[0]

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        return at.with_bodies(predictors)[main.name]

    return Measure(value, curve="identity" if main.body is None else None)


def mean(at: AtOnce) -> Measure:
    """Return the mean of the response; of ordered categories see below."""
    family, main = at.family, at.program.predictors[0]
    parts = family.parts

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        found = family.mean(**at.arguments(predictors))
        return np.asarray(found)

    if parts:
        return Measure(value, parts, parts, True)
    curve: str | None = None
    name = base_name(family.name)
    truncated = not {"lb", "ub"}.isdisjoint(family.known)
    if main.body is None and name in _MULTIPLES and not truncated:
        curve = main.link
    elif main.body is None and name in _EXPONENTIAL and not truncated:
        curve = "log" if main.link == "identity" else None
    return Measure(
        value, bounded=family.response in ("binary", "successes"), curve=curve
    )


def latent(at: AtOnce, sd: float) -> Measure:
    """Return the linear predictor in residual sds of the latent response."""
    main = at.program.predictors[0]

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        found = at.with_bodies(predictors)[main.name] / sd
        arguments = at.arguments(predictors, ("disc",))
        return np.asarray(found * arguments.get("disc", 1.0))

    return Measure(value, curve="identity" if main.body is None else None)


def probabilities(
    at: AtOnce, events: Sequence[Sequence[int]], *, rest: bool = False
) -> Measure:
    """Return the probabilities of events of a response that is a rank or a count.

    Parameters
    ----------
    at
        The rows.
    events
        Of each the values that it is made of, in rising order.
    rest
        Whether the probabilities of all other values are meant.
    """
    family = at.family
    if family.shares is not None:
        return _of_shares(family.shares, events)
    if family.response == "ordinal":
        return _of_ranks(family, [_runs(one) for one in events])
    are_single = all(len(event) == 1 for event in events)

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        arguments = at.arguments(predictors)
        if are_single:
            # all at once: what parameters alone say, such as a sum, is computed once
            depth = max(np.ndim(one) for one in arguments.values())
            values = np.asarray(events).reshape(-1, *[1] * depth)
            each = np.exp(family.log_density(values, **arguments))
            whole = np.moveaxis(np.asarray(each, dtype=float), 0, -1)
            return 1.0 - whole if rest else whole
        found = [
            sum(np.exp(family.log_density(np.asarray(y), **arguments)) for y in event)
            for event in events
        ]
        whole = np.stack([np.asarray(one, dtype=float) for one in found], axis=-1)
        return 1.0 - whole if rest else whole

    binary = family.response == "binary" and are_single
    curve = at.program.predictors[0].link if binary and _exact_share(at) else None
    several = len(events)
    return Measure(value, several, max(map(len, events)), True, curve)


def _of_shares(
    shares: Callable[..., Array], events: Sequence[Sequence[int]]
) -> Measure:
    """Return the shares of categories, or of several together."""

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        each = shares(**at.arguments(predictors))
        found = [each[..., list(event)].sum(axis=-1) for event in events]
        return np.stack(found, axis=-1)

    return Measure(value, len(events), 2 * len(events), True)


def answers(at: AtOnce, which: Sequence[int]) -> Measure:
    """Return the probabilities of answers that responses are told of: 1 is upper."""
    chance = at.family.answers
    assert chance is not None

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        arguments = at.arguments(predictors)
        upper = chance(**{n: v for n, v in arguments.items() if n != ANSWER})
        return np.stack([upper if one else 1.0 - upper for one in which], axis=-1)

    return Measure(value, len(which), len(which), True)


def between(at: AtOnce, low: float, high: float) -> Measure:
    """Return the probability that a number, or a count, is in ``(low, high]``."""
    tails = cdf_of(at.family)
    assert tails is not None

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        arguments = at.arguments(predictors)
        if low == -np.inf:
            return np.asarray(tails(np.asarray(high), **arguments)[0])
        below_low, above_low = tails(np.asarray(low), **arguments)
        if high == np.inf:
            return np.asarray(above_low)
        below_high, above_high = tails(np.asarray(high), **arguments)
        # by the smaller tail: no digits are lost far out
        found = np.where(
            below_low > 0.5, above_low - above_high, below_high - below_low
        )
        return np.asarray(np.maximum(found, 0.0))

    return Measure(value, work=4, bounded=True)


def exceeding(at: AtOnce, count: int) -> Measure:
    """Return the probabilities of categories above each of the first ranks."""
    family = at.family

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        return _above(family, at, predictors, np.arange(count))

    return Measure(value, count, count, True)


def quantile(at: AtOnce, share: float, numbers: Sequence[float]) -> Measure:
    """Return the smallest value that a share of responses is at or below.

    Parameters
    ----------
    at, share
        The rows, and which quantile.
    numbers
        Of ordered categories: which numbers they are.
    """
    family = at.family
    if family.response == "ordinal":
        values = np.asarray(numbers, dtype=float)
        each = exceeding(at, len(values) - 1)

        def of_ranks(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
            above = each.value(at, predictors)
            return np.asarray(values[(above > 1.0 - share).sum(axis=-1)])

        return Measure(of_ranks, work=len(values))
    found = quantile_of(family)
    assert found is not None

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        return np.asarray(found(share, **at.arguments(predictors)))

    return Measure(value, work=8)


def expected_number(at: AtOnce, numbers: Sequence[float]) -> Measure:
    """Return the mean of ordered categories that are numbers, taken literally."""
    both = expected_numbers(at, (numbers,))

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        return np.asarray(both.value(at, predictors)[..., 0])

    return replace(both, value=value, several=1)


def expected_numbers(at: AtOnce, several: Sequence[Sequence[float]]) -> Measure:
    """Return the means of several numbers that each category has."""
    values = np.asarray(several, dtype=float)
    steps, family = np.diff(values, axis=1).T, at.family

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        above = _above(family, at, predictors, np.arange(len(steps)))
        return np.asarray(values[:, 0] + above @ steps)

    return Measure(value, len(values), len(steps), True)


def _exact_share(at: AtOnce) -> bool:
    """Whether an average of a share has a formula, and no bound to cut it at."""
    return at.program.predictors[0].body is None and at.program.predictors[0].link in (
        "probit",
    )


# ---- ordered categories --------------------------------------------------------------


def _runs(ranks: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of neighbours."""
    found: list[tuple[int, int]] = []
    for rank in ranks:
        if found and rank == found[-1][1] + 1:
            found[-1] = (found[-1][0], rank)
        else:
            found.append((rank, rank))
    return found


def _of_ranks(family: Family, events: Sequence[list[tuple[int, int]]]) -> Measure:
    """Return probabilities of runs of ranks: differences of those to exceed one."""
    ends = sorted({e for runs in events for low, high in runs for e in (low - 1, high)})
    place = {end: number for number, end in enumerate(ends)}

    def value(at: AtOnce, predictors: Mapping[str, Array]) -> Array:
        above = _above(family, at, predictors, np.asarray(ends))
        found = [
            sum(
                above[..., place[low - 1]] - above[..., place[high]]
                for low, high in runs
            )
            for runs in events
        ]
        return np.stack([np.asarray(one) for one in found], axis=-1)

    return Measure(value, len(events), len(ends), True)


def _above(
    family: Family, at: AtOnce, predictors: Mapping[str, Array], ranks: Array
) -> Array:
    """Return the probabilities of categories above ranks, behind the nodes.

    A rank of -1 is below all categories, the last category is above none.
    """
    if family.items:
        return _above_of_items(family, at.arguments(predictors, _NEEDED), ranks)
    # the gaps of thresholds are for densities
    every = _of_family(family) is _each_draw
    arguments = at.arguments(predictors, None if every else _NEEDED)
    return _exceeding(family, arguments, ranks)


def _above_of_items(family: Family, arguments: Arguments, ranks: Array) -> Array:
    """Return the same where rows look at the thresholds of their item."""
    base = FAMILIES[base_name(family.name)]
    item = np.ravel(np.asarray(arguments["item"])).astype(int)
    cuts = np.asarray(arguments["cuts"]).astype(int)
    ends = np.cumsum(cuts)
    plain = {n: np.asarray(v) for n, v in arguments.items() if n not in VECTORS}
    effects = plain.pop("effects", None)
    shapes = [v.shape for n, v in plain.items() if n != "item"]
    if effects is not None:
        shapes.append(effects.shape[:-1])
    shape = np.broadcast_shapes(*shapes, (1, len(item), 1))
    found = np.empty((*shape, len(ranks)))
    for one in np.unique(item).tolist():
        rows = np.flatnonzero(item == one)
        own = {
            n: v[:, rows] if v.ndim > 1 and v.shape[1] == len(item) else v
            for n, v in plain.items()
            if n != "item"
        }
        first = ends[one] - cuts[one]
        own["threshold"] = arguments["threshold"][..., first : ends[one]]
        if effects is not None:
            own["effects"] = effects[:, rows, ..., : cuts[one]]
        found[:, rows] = _exceeding(base, own, ranks)
    return found


def _exceeding(family: Family, arguments: Arguments, ranks: Array) -> Array:
    own = _of_family(family)
    count, apart = np.shape(arguments["threshold"])[-1], family.apart
    inner = np.clip(ranks - apart, 0, count - 1)
    found = own(family, arguments, inner)
    for name in _LOWEST & set(arguments):
        rest = 1.0 - np.asarray(arguments[name])[..., None]
        found = found * rest
        below = ranks < apart
        found[..., below] = np.broadcast_to(rest, found.shape)[..., below]
    found[..., ranks < 0] = 1.0
    found[..., ranks >= count + apart] = 0.0
    return found


def _of_family(family: Family) -> Callable[[Family, Arguments, Array], Array]:
    """Return what gives the probabilities of categories above ranks, of a family."""
    if family.name == "ordlogit":
        return _ordlogit
    if family.name in _LATENT:
        return _cumulative
    return _each_draw if family.steps is None else _stepwise


def _over(arguments: Arguments, ranks: Array) -> Array:
    eta, thresholds = arguments["eta"], arguments["threshold"]
    disc = arguments.get("disc")
    shapes = (np.shape(thresholds)[:-1], *([] if disc is None else [np.shape(disc)]))
    # rank by rank in memory: NumPy is slow along an axis of three or four numbers
    over = np.empty((len(ranks), *np.broadcast_shapes(np.shape(eta), *shapes)))
    for own, rank in zip(over, ranks, strict=True):
        np.subtract(eta, thresholds[..., rank], out=own)
        if disc is not None:
            np.multiply(own, disc, out=own)
    return np.moveaxis(over, 0, -1)


def _ordlogit(family: Family, arguments: Arguments, ranks: Array) -> Array:
    over = _over(arguments, ranks)
    # the logistic function, in place: there are very many of these
    np.tanh(np.multiply(over, 0.5, out=over), out=over)
    return np.add(np.multiply(over, 0.5, out=over), 0.5, out=over)


def _cumulative(family: Family, arguments: Arguments, ranks: Array) -> Array:
    latent = LATENT[_LATENT[family.name]]
    return np.asarray(np.exp(latent.above(ARRAYS, -_over(arguments, ranks))))


def _stepwise(family: Family, arguments: Arguments, ranks: Array) -> Array:
    assert family.steps is not None
    steps = cast("StepLogits", family.steps)
    each = np.exp(steps.log_probabilities(**arguments))
    above = np.cumsum(each[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray(above[..., ranks + 1])


def _each_draw(family: Family, arguments: Arguments, ranks: Array) -> Array:
    """Add up the probabilities of the categories, one draw after the other."""
    arguments = {
        name: values if np.ndim(values) else np.reshape(values, (1, 1, 1))
        for name, values in arguments.items()
    }
    rows = np.broadcast_shapes(
        *(a.shape[:3] for name, a in arguments.items() if name not in _VECTORS)
    )
    count = np.shape(arguments["threshold"])[-1]
    found = np.empty((*rows, len(ranks)))
    every = np.arange(count + 1)[:, None]
    for draw in range(rows[0]):
        own = {
            name: values[draw % len(values), 0, 0]
            if name in _VECTORS
            else np.broadcast_to(
                values[draw % len(values)], (*rows[1:], *values.shape[3:])
            ).reshape(-1, *values.shape[3:])
            for name, values in arguments.items()
        }
        each = np.exp(family.log_density(every, **own))
        below = np.cumsum(each, axis=0)[ranks]
        found[draw] = np.moveaxis(1.0 - below, 0, -1).reshape(*rows[1:], len(ranks))
    return found


#: What cumulative and stepwise families make probabilities of.
_NEEDED = ("eta", "threshold", "disc", "effects", "hu", "zi", "item", "cuts")
#: Parameters that are a share of the lowest category.
_LOWEST = frozenset({"hu", "zi"})
#: Arguments of ordinal families that have an element for each threshold or gap.
_VECTORS = frozenset({"threshold", "gap"})
#: Cumulative families, those of another lowest category among them.
_CUMULATIVE = (CUMULATIVE, HURDLE_CUMULATIVE, ZERO_INFLATED_CUMULATIVE)
#: Their links, by their names.
_LATENT = {family.name: "logit" for family in _CUMULATIVE} | {
    name: link for one in _CUMULATIVE for link, (name, _) in one.under.items()
}
