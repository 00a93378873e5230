"""What a fit says of its rows: predictions and the log likelihood, draw by draw.

Everything is computed from the program as lowered and the variables of the
posterior, with NumPy: no PyMC. Beside the result there is never more than one
draw's worth of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from varying.compiler.families import FAMILIES
from varying.compiler.program.expressions import Apply, Symbol
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.interpret.rows import row_arguments, row_predictor

from ..interface.arguments import ArgumentError, choice, given, whole
from ..sampling.settings import Settings
from .categories import coded, numbers_of

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table
    from varying.compiler.families.family import Family
    from varying.compiler.program.ir import Frame, Program

__all__ = [
    "FittedRows",
    "Kind",
    "check_kind",
    "joint_draws",
    "joint_log_likelihood",
    "log_likelihood",
    "predict",
    "thinned",
]

Kind = Literal["response", "mean", "prob", "eta"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class FittedRows:
    """The rows of a fit as its program needs them.

    Attributes
    ----------
    program, frame
        The program as lowered, whose parameters are those reported, and its
        arrays.
    labels
        Numbers of the rows in the data, from 0.
    categories
        Of the response, if it has any.
    counts
        How many rows of the data each stands for; None: one.
    title
        What the spec calls the response: ``name`` may be another.
    """

    program: Program
    frame: Frame
    labels: NDArray[np.int64]
    categories: tuple[str, ...]
    counts: NDArray[np.int64] | None = None
    title: str = ""

    @classmethod
    def of(cls, compiled: Compiled, table: Table | None = None) -> FittedRows:
        """Return the rows that a model was compiled with, or those of a table.

        Such a table is made of the cells of a reduced one. The model has one response:
        see ``each``.
        """
        (found,) = cls.each(compiled, table)
        return found

    @classmethod
    def each(
        cls, compiled: Compiled, table: Table | None = None
    ) -> tuple[FittedRows, ...]:
        """Return the same for each response of a model."""
        labels = compiled.prepared.rows
        if table is None:
            table = compiled.prepared.table
        elif table.firsts is not None:
            labels = table.firsts
        # the frame of the fit is that of the program after the passes
        frame = fill(compiled.lowered, table)
        return tuple(
            cls(
                one.lowered,
                frame,
                labels,
                one.bound.response.categories,
                table.counts,
                one.bound.response.name,
            )
            for one in compiled.each
        )

    @classmethod
    def given(cls, compiled: Compiled) -> tuple[FittedRows, ...]:
        """Return the rows of each response, given those before it in the same row.

        Their densities add up to that of all responses.
        """
        program = compiled.lowered
        return tuple(
            replace(rows, program=replace(program, likelihoods=(one,), coupling=None))
            for rows, one in zip(cls.each(compiled), program.observed, strict=True)
        )

    @property
    def name(self) -> str:
        """The variable that the response is."""
        return self.program.likelihood.name

    @property
    def count_name(self) -> str:
        """The coordinate that the counts are, beside a response of any name."""
        return "count" if self.name != "count" else "count_"

    @property
    def family(self) -> Family:
        """The family of the response."""
        return FAMILIES[self.program.likelihood.family]

    def known(self, name: str) -> Array:
        """Return what each row brings along for the family: ``trials``."""
        argument = dict(self.program.likelihood.arguments)[name]
        return np.asarray(evaluate_expression(argument, self.frame.arrays))

    def arguments(self, draw: Mapping[str, Array]) -> dict[str, Array]:
        """Return what the family's functions take at one draw."""
        return row_arguments(self.program, self.frame, draw)

    def log_density(self, draw: Mapping[str, Array]) -> Array:
        """Return the log density of each row's response, times its weight."""
        likelihood = self.program.likelihood
        observed = self.frame[likelihood.value]
        found: Any = self.family.log_density(observed, **self.arguments(draw))
        if likelihood.weight is not None:
            found = self.frame[likelihood.weight] * found
        return _spread(found, self.labels.shape)


def predict(
    rows: FittedRows,
    posterior: Dataset,
    kind: Kind,
    seed: int | None,
    dpar: str | None = None,
) -> DataArray:
    """Return predictions; see ``Fit.predict``."""
    check_kind(kind)
    chosen = Settings.checked(seed=seed).seed
    if dpar is not None:
        return _parameter(rows, posterior, kind, dpar)
    family = rows.family
    shape = rows.labels.shape
    match kind:
        case "response":
            rng = np.random.default_rng(chosen)
            drawn = _each_draw(
                rows,
                posterior,
                lambda draw: _spread(
                    family.simulate(rng, **rows.arguments(draw)), shape
                ),
            )
            drawn = drawn.rename(rows.name)
            if not rows.categories:
                return drawn
            return coded(drawn, rows.categories, numbers=True)
        case "mean":
            if family.response == "ordinal":
                raise ArgumentError(
                    "a mean of ranks would treat the categories as equally spaced; "
                    "kind='prob' gives the probability of each category"
                )
            found = _each_draw(
                rows,
                posterior,
                lambda draw: _spread(family.mean(**rows.arguments(draw)), shape),
            )
        case "prob":
            found = _probabilities(rows, posterior)
        case "eta":
            found = _each_draw(
                rows,
                posterior,
                lambda draw: row_predictor(
                    rows.program, rows.frame, draw, family.predictor
                ),
            )
    return found.rename(kind)


def check_kind(kind: object) -> None:
    """Refuse what is no kind of prediction, and data in its place."""
    if hasattr(kind, "columns"):
        raise ArgumentError("predictions are for the rows of the fit: pass no data")
    choice("kind", kind, get_args(Kind))


def _parameter(
    rows: FittedRows, posterior: Dataset, kind: Kind, dpar: str
) -> DataArray:
    """Return the linear predictor, or the value, of a parameter beside the main one."""
    program, frame = rows.program, rows.frame
    arguments = dict(program.likelihood.arguments)
    valued = [one.name for one in rows.family.dpars if one.name in arguments]
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
        found = _each_draw(
            rows, posterior, lambda draw: row_predictor(program, frame, draw, dpar)
        )
        return found.rename(dpar if dpar in inner else predictors[dpar])
    match arguments[dpar]:
        case Apply("*", (value, Symbol(rate))) if rate in frame.arrays:
            pass  # `shape` of `y | rate(t)`: of t = 1
        case value:
            pass
    likelihood = replace(program.likelihood, arguments=((dpar, value),))
    only = replace(program, likelihoods=(likelihood,))

    def values(draw: Mapping[str, Array]) -> Array:
        found = row_arguments(only, frame, draw)[dpar]
        return _spread(found, rows.labels.shape)

    return _each_draw(rows, posterior, values).rename(dpar)


def log_likelihood(rows: FittedRows, posterior: Dataset) -> DataArray:
    """Return the log density of each row's response at each draw.

    Times its weight, where rows have one.
    """
    return _each_draw(rows, posterior, rows.log_density).rename(rows.name)


def joint_log_likelihood(
    each: Sequence[FittedRows], posterior: Dataset, name: str
) -> DataArray:
    """Return the log density of all responses of each row at each draw."""

    def density(draw: Mapping[str, Array]) -> Array:
        return np.asarray(sum(rows.log_density(draw) for rows in each))

    return _each_draw(each[0], posterior, density).rename(name)


def joint_draws(
    each: Sequence[FittedRows], posterior: Dataset, seed: int | None
) -> dict[str, DataArray]:
    """Return new responses by name, drawn together: see ``FittedRows.given``."""
    rng = np.random.default_rng(Settings.checked(seed=seed).seed)
    names = [rows.name for rows in each]
    kinds: dict[str, Any] = {}

    def drawn(draw: Mapping[str, Array]) -> Array:
        arrays = dict(each[0].frame.arrays)
        found = []
        for rows in each:
            frame = replace(rows.frame, arrays=arrays)
            arguments = row_arguments(rows.program, frame, draw)
            values = _spread(rows.family.simulate(rng, **arguments), rows.labels.shape)
            arrays[rows.program.likelihood.value] = values
            kinds[rows.name] = values.dtype
            found.append(values)
        return np.stack(found, axis=-1)

    whole = _each_draw(each[0], posterior, drawn, {"response": names})
    return {
        rows.name: coded(one, rows.categories, numbers=True) if rows.categories else one
        for rows in each
        for one in [
            whole.sel(response=rows.name, drop=True)
            .rename(rows.name)
            .astype(kinds[rows.name])
        ]
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


def _probabilities(rows: FittedRows, posterior: Dataset) -> DataArray:
    if not rows.categories:
        raise ArgumentError(
            f"the response `{rows.title}` has no categories; kind='prob' is for "
            "ordinal and binary ones"
        )
    ranks = np.arange(len(rows.categories))[:, None]
    shape = (len(ranks), len(rows.labels))

    def each(draw: Mapping[str, Array]) -> Array:
        found = rows.family.log_density(ranks, **rows.arguments(draw))
        return np.exp(_spread(found, shape)).T

    labels = numbers_of(rows.categories) or list(rows.categories)
    return _each_draw(rows, posterior, each, {"category": labels})


def _spread(values: Any, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.asarray(values), shape)


def _each_draw(
    rows: FittedRows,
    posterior: Dataset,
    function: Callable[[Mapping[str, Array]], Array],
    more: Mapping[str, Any] | None = None,
) -> DataArray:
    """Return what a function gives for each draw, in the order of the draws."""
    from xarray import DataArray

    sample = ("chain", "draw")
    held = {
        str(name): variable.transpose(*sample, ...).values
        for name, variable in posterior.data_vars.items()
    }
    coords = {name: posterior[name].values for name in sample}
    coords |= {"row": rows.labels, **(more or {})}
    dims = tuple(coords)
    sizes = tuple(len(values) for values in coords.values())
    result: Array | None = None
    for place in np.ndindex(*sizes[:2]):
        values = function({name: array[place] for name, array in held.items()})
        if result is None:
            result = np.empty(sizes, values.dtype)
        result[place] = values
    found = DataArray(result, coords, dims)
    if rows.counts is None:
        return found
    return found.assign_coords({rows.count_name: ("row", rows.counts)})
