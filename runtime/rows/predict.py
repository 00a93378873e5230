"""Predictions of rows and their log likelihood, by the row engine (``engine.py``).

Everything is computed from the program as lowered and the variables of the
posterior, with NumPy: no PyMC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families.ordinal.items import VECTORS
from varying.compiler.program.expressions import Apply, Symbol
from varying.compiler.program.interpret.density import evaluate_expression

from ..interface.arguments import ArgumentError, choice, given, whole
from ..sampling.settings import SamplerSettings
from .alike import alike
from .answers import ANSWERS, draw_both, is_untold, mean_of_both, shares
from .categories import coded, numbers_of
from .engine import Draws, RowBatch, Rows, blocks, gathered
from .over_groups import average_of, expected_of

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from .alike import Alike

__all__ = [
    "PredictionKind",
    "Prediction",
    "check_kind",
    "computed",
    "joint_draws",
    "joint_log_likelihood",
    "log_likelihood",
    "predict",
    "thinned",
    "together",
]

PredictionKind = Literal["response", "mean", "prob", "eta", "membership"]
Prediction = PredictionKind | Literal["quantile"]

Array = NDArray[Any]


def predict(
    rows: Rows,
    posterior: Dataset,
    kind: PredictionKind,
    seed: int | None,
    dpar: str | None = None,
) -> DataArray:
    """Return predictions; see ``Fit.predict``."""
    return labelled(computed(rows, kind, dpar, seed), Draws(posterior))


def labelled(one: RowComputation, draws: Draws) -> DataArray:
    """Return what is computed of all rows, with its labels."""
    rows, same = one.rows, one.alike()
    if same is not None:
        own = one.some(same.first)
        once = gathered(own.rows, draws, own.each(draws), own.more)
        dims = list(once.dims)  # whose coordinates are in this order too
        every = once.isel(row=same.which).drop_vars(dims)
        coords = {name: once[name].values for name in dims} | {"row": rows.labels}
        return every.assign_coords(coords).rename(one.name)
    found = gathered(rows, draws, one.each(draws), one.more).rename(one.name)
    if one.is_response and rows.ranks:
        return coded(found, rows.categories, numbers=True)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class RowComputation:
    """What is computed of rows: see ``computed``.

    Attributes
    ----------
    rows
        The rows.
    name
        What it is called.
    function
        From a block to its numbers: by draws, rows and what else there is.
    seed
        Of the effects of new levels.
    more
        Coordinates of what else there is.
    is_response
        Whether it is new responses: ranks, where they are categories.
    work
        Numbers that are made on the way, for each that there is.
    again
        Makes the same of other rows with their strata; None where each row has numbers
        of its own.
    strata
        Where it is about new groups: see ``alike``.
    """

    rows: Rows
    name: str
    function: Callable[[RowBatch], Array]
    seed: int
    more: Mapping[str, Any] = field(default_factory=dict)
    is_response: bool = False
    work: int = 1
    again: Callable[[Rows, Mapping[str, Array]], RowComputation] | None = None
    strata: Mapping[str, Array] | None = None

    def alike(self) -> Alike | None:
        """Return which rows are alike; None if it is not worth it to ask."""
        if self.again is None or self.rows.counts is not None:
            return None
        return alike(self.rows, self.strata)

    def some(self, places: Array) -> RowComputation:
        """Return what is computed, of some of the rows."""
        assert self.again is not None
        strata = {name: one[places] for name, one in (self.strata or {}).items()}
        return replace(self.again(self.rows.some(places), strata), again=None)

    @property
    def several(self) -> int:
        """How many numbers there are for each draw and row."""
        return int(np.prod([len(values) for values in self.more.values()]))

    def each(self, draws: Draws) -> Iterator[tuple[slice, Array]]:
        """Yield the numbers block by block: of which rows, by draws, rows and so on."""
        each = self.several * self.work
        for block in blocks(self.rows, draws, seed=self.seed, each=each):
            yield block.place, self.function(block)


def averages(
    rows: Rows,
    kind: PredictionKind,
    strata: Mapping[str, Array],
    dpar: str | None = None,
) -> RowComputation:
    """Return a prediction averaged over new groups, ready to be computed."""
    plain = computed(rows, kind, dpar)
    if kind == "membership":
        raise ArgumentError("membership is of rows, each in its group: groups='fitted'")
    if kind == "response":
        raise ArgumentError(
            "a response is of a group: groups='new' draws it for another one; "
            "groups='average' goes with kind='mean', 'prob' and 'eta'"
        )
    if dpar is not None and rows.family.is_main(dpar):
        raise ArgumentError(
            "groups='average' is there for kind='prob' of such a response, not for one "
            "of its predictors"
        )
    if dpar is not None and kind == "mean":
        raise ArgumentError(
            "groups='average' averages the mean of the response, not that of `dpar`"
        )
    if dpar is not None:
        raise ArgumentError(
            f"the average of the predictor of `{dpar}` is that of a group whose "
            "effects are 0: groups='zero'"
        )

    def function(block: RowBatch) -> Array:
        return average_of(block, kind, strata)

    def again(rows: Rows, strata: Mapping[str, Array]) -> RowComputation:
        return averages(rows, kind, strata, dpar)

    return replace(plain, function=function, again=again, strata=strata)


def computed(
    rows: Rows, kind: PredictionKind, dpar: str | None = None, seed: int | None = None
) -> RowComputation:
    """Return what a kind of prediction is, ready to be computed block by block."""
    check_kind(kind)
    chosen = SamplerSettings.checked(seed=seed).seed
    if kind == "response" and dpar is None:
        rng, more = np.random.default_rng(chosen), _both(rows)
        draw = draw_both if is_untold(rows) else _drawn
        return RowComputation(
            rows, rows.name, lambda b: draw(b, rng), chosen, more, True
        )
    if kind == "membership" and dpar is None:  # given the response of the row
        return _membership(rows, chosen)

    def again(rows: Rows, strata: Mapping[str, Array]) -> RowComputation:
        return computed(rows, kind, dpar, chosen)

    return replace(_not_drawn(rows, kind, dpar, chosen), again=again)


def _not_drawn(
    rows: Rows, kind: PredictionKind, dpar: str | None, chosen: int
) -> RowComputation:
    """Return what rows that are alike share: no new responses."""
    if dpar is not None:
        name, function = _parameter(rows, kind, dpar)
        return RowComputation(rows, name, function, chosen)
    family = rows.family
    match kind:
        case "mean":
            if family.response == "nominal":
                raise ArgumentError(
                    "categories without an order have no mean; kind='prob' gives the "
                    "probability of each"
                )
            if family.response == "ordinal":
                return _expected(rows, chosen)
            mean = mean_of_both if is_untold(rows) else _mean
            return RowComputation(rows, kind, mean, chosen, _columns(rows))
        case "prob":
            if family.answers is not None:
                return RowComputation(
                    rows, kind, shares, chosen, {"answer": list(ANSWERS)}
                )
            if not rows.categories:
                raise ArgumentError(
                    f"the response `{rows.title}` has no categories; kind='prob' is "
                    "for ordinal and binary ones"
                )
            labels = numbers_of(rows.ranks) or list(rows.categories)
            return RowComputation(
                rows, kind, _probabilities, chosen, {"category": labels}
            )
        case _:
            main = family.predictor
            if family.mains:
                names = ", ".join(repr(one.name) for one in family.mains)
                raise ArgumentError(
                    f"the model has several predictors: dpar is one of {names}"
                )
            return RowComputation(rows, kind, lambda b: b.predictor(main), chosen)


def _columns(rows: Rows) -> dict[str, Any]:
    """Return what the columns of a response are called; nothing: it has one."""
    return {"category": list(rows.categories)} if rows.family.parts else {}


def _membership(rows: Rows, seed: int) -> RowComputation:
    """Return how likely rows are of each component of a mixture, given responses."""
    family = rows.family
    if family.members is None:
        raise ArgumentError(
            f"kind='membership' is of mixtures, and {family.shown} is one family"
        )
    members, count = family.members, len(family.components)

    def function(block: RowBatch) -> Array:
        observed = block.frame[block.rows.program.likelihood.value]
        found = members(observed, **block.arguments())
        return np.broadcast_to(found, (*block.shape, count))

    numbers = list(range(1, count + 1))
    return RowComputation(rows, "membership", function, seed, {"component": numbers})


def _both(rows: Rows) -> dict[str, Any]:
    """Return what the numbers of a response are called; nothing: there is one."""
    if rows.family.parts:
        return _columns(rows)
    return {"of": [rows.title or rows.name, "answer"]} if is_untold(rows) else {}


def _drawn(block: RowBatch, rng: np.random.Generator) -> Array:
    """Return new responses: one for each draw and row."""
    family = block.rows.family
    kind = _KINDS.get(family.response, float)
    if family.parts and "trials" in family.known:
        kind = np.int64
    return block.simulate(block.arguments(), rng).astype(kind)


#: Arguments that are numbers of a row, or thresholds: those of most ordinal families.
_OF_A_ROW = frozenset({"eta", "disc", "hu", "zi", "threshold", "gap"})
#: Draws at a time there: what is made on the way stays near the processor.
_FEW = 250
#: Types of responses that are whole numbers.
_KINDS: Mapping[str, Any] = dict.fromkeys(
    ("binary", "ordinal", "nominal", "count", "successes"), np.int64
)


def _mean(block: RowBatch) -> Array:
    return block.by(block.rows.family.mean, block.arguments())


def _expected(rows: Rows, seed: int) -> RowComputation:
    """Return the means of ordered categories that are numbers, taken literally."""
    numbers = numbers_of(rows.categories)
    if numbers is None:
        raise ArgumentError(
            f"the categories of `{rows.title}` are no numbers, and have no mean; "
            "kind='prob' gives the probability of each category"
        )
    own = list(numbers)
    # some rows at a time: thresholds are read once for all of them
    work = max(1, len(own) // 8)
    return RowComputation(rows, "mean", lambda b: expected_of(b, own), seed, work=work)


def _probabilities(block: RowBatch) -> Array:
    """Return the probability of each category: draws, rows, categories."""
    rows, arguments = block.rows, block.arguments()
    if rows.family.shares is not None:
        return block.by(rows.family.shares, arguments)
    found = np.empty((*block.shape, len(rows.categories)))
    ranks = np.arange(len(rows.categories))
    if block.shape[1] < len(ranks) and arguments.keys() <= _OF_A_ROW:
        # the categories of a row as if they were rows: thresholds are read once
        for first in range(0, block.count, _FEW):
            some = slice(first, min(first + _FEW, block.count))
            wide = replace(
                block, place=slice(0, len(ranks)), count=some.stop - some.start
            )
            for row in range(block.shape[1]):
                own = {
                    name: _of_a_row(name, value, block, some, row)
                    for name, value in arguments.items()
                }
                each = wide.by(rows.family.log_density, own, ranks)
                np.exp(each, out=found[some, row])
        return found
    for rank in range(len(rows.categories)):
        ranks = np.full(block.shape[1], rank)
        found[..., rank] = np.exp(block.by(rows.family.log_density, arguments, ranks))
    return found


def _of_a_row(name: str, value: Array, block: RowBatch, some: slice, row: int) -> Array:
    """Return an argument of one row at some of the draws."""
    if name not in VECTORS and np.shape(value)[-1:] == block.shape[1:]:
        value = value[..., row : row + 1]
    if np.ndim(value) > 1 and len(value) == block.count:
        value = value[some]
    return value


def check_kind(kind: object) -> None:
    """Refuse what is no kind of prediction."""
    choice("kind", kind, get_args(PredictionKind))


def _parameter(
    rows: Rows, kind: PredictionKind, dpar: str
) -> tuple[str, Callable[[RowBatch], Array]]:
    """Return the linear predictor, or the value, of a parameter beside the main one."""
    program, frame = rows.program, rows.frame
    arguments = dict(program.likelihood.arguments)
    family = rows.family
    each = dict.fromkeys(one.name for one in (*family.mains, *family.dpars))
    # what a column says is no parameter: `shape` of `geometric` with `rate(t)`
    held = {
        name
        for name, value in arguments.items()
        if isinstance(value, Symbol) and value.name in frame.arrays
    }
    valued = [name for name in each if name in arguments and name not in held]
    predictors = {p.dpar: p.name for p in program.predictors if p.dpar in valued}
    inner = {p.dpar: p.name for p in program.predictors if p.inner}
    predictors |= inner
    valued += inner
    there: Collection[str] = predictors if kind == "eta" else valued
    if kind not in ("eta", "mean"):
        raise ArgumentError(f"dpar goes with kind='eta' or kind='mean', not {kind!r}")
    if dpar not in there:
        what = "a formula of its own" if kind == "eta" else "a value"
        known = ", ".join(repr(name) for name in there) or "none"
        raise ArgumentError(
            f"dpar is a parameter that has {what}, not {given(dpar)}; there is: {known}"
        )
    if kind == "eta" or dpar in inner:
        name = predictors[dpar]
        shown = dpar if dpar in inner else name
        return shown, lambda block: block.whole(block.quantities[name])
    match arguments[dpar]:
        case Apply("*", (value, Symbol(rate))) if rate in frame.arrays:
            pass  # `shape` of `y | rate(t)`: of t = 1
        case value:
            pass
    return dpar, lambda b: b.whole(evaluate_expression(value, b.quantities))


def log_likelihood(rows: Rows, posterior: Dataset) -> DataArray:
    """Return the log density of each row's response at each draw.

    Times its weight, where rows have one.
    """
    draws = Draws(posterior)
    found = ((b.place, b.log_density()) for b in blocks(rows, draws))
    return gathered(rows, draws, found).rename(rows.name)


def joint_log_likelihood(
    each: Sequence[Rows], posterior: Dataset, name: str
) -> DataArray:
    """Return the log density of all responses of each row at each draw."""
    draws = Draws(posterior)

    def found() -> Iterator[tuple[slice, Array]]:
        for several in zip(*(blocks(rows, draws) for rows in each), strict=True):
            total = sum(block.log_density() for block in several)
            yield several[0].place, np.asarray(total)

    return gathered(each[0], draws, found()).rename(name)


def together(
    each: Sequence[Rows], name: str, seed: int | None, stream: int | None = None
) -> RowComputation:
    """Return new responses of one name, drawn together with the others.

    ``each`` are given those before them: see ``Rows.given``. The same seed gives
    responses of one joint distribution, whichever is asked for: one that is drawn by
    itself, as only parameters tie it to others, has a ``stream`` of its own.
    """
    chosen = SamplerSettings.checked(seed=seed).seed
    rng = np.random.default_rng(chosen if stream is None else [chosen, stream])
    (of,) = (rows for rows in each if rows.name == name)

    def function(block: RowBatch) -> Array:
        arrays = dict(block.frame.arrays)
        found: dict[str, Array] = {}
        for rows in each:
            frame = replace(block.frame, arrays=arrays)
            draw = draw_both if is_untold(rows) else _drawn
            values = draw(replace(block, rows=rows, frame=frame), rng)
            found[rows.name] = values
            values = values[..., 0] if is_untold(rows) else values
            arrays[rows.program.likelihood.value] = values
        return found[name]

    return RowComputation(of, name, function, chosen, _both(of), True, len(each))


def joint_draws(
    each: Sequence[Rows], posterior: Dataset, seed: int | None
) -> dict[str, DataArray]:
    """Return new responses by name, drawn together."""
    chosen, draws = SamplerSettings.checked(seed=seed).seed, Draws(posterior)
    return {
        rows.name: labelled(together(each, rows.name, chosen), draws) for rows in each
    }


def thinned(posterior: Dataset, draws: int | None) -> Dataset:
    """Return so many draws of each chain, evenly spaced; None: all.

    Raises
    ------
    ValueError
        If there are fewer, or the number makes no sense.
    """
    if draws is None:
        return posterior
    there = posterior.sizes["draw"]
    number = whole("draws", draws)
    if not 1 <= number <= there:
        raise ArgumentError(
            f"draws is how many to take of each chain, 1 to {there}, not {number}"
        )
    # the middles of as many stretches of equal length
    places = (2 * np.arange(number) + 1) * there // (2 * number)
    return posterior.isel(draw=places)
