"""What ``Fit.predict`` does: arguments checked, rows found, then the row engine."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, get_args
from warnings import warn

from varying.compiler.bind.bound import groups_inside
from varying.compiler.bind.questions.existence import INSTEAD, absence
from varying.compiler.data.codes import with_ids
from varying.compiler.data.table import Column
from varying.compiler.data.table import Kind as ColumnKind
from varying.compiler.program.persons import of_all
from varying.compiler.program.reached import without_groups
from varying.grammar.source import Source

from ..files.streams import write_arrays, write_csv, write_parquet
from ..interface.arguments import (
    ArgumentError,
    between,
    choice,
    flag,
    given,
    path_text,
)
from ..interface.counting import counting
from ..interface.elsewhere import KINDS
from ..rows.answers import is_untold
from ..rows.categories import numbers_of
from ..rows.engine import Draws, Rows, in_turn
from ..rows.new import check_groups, new_rows, read_rows, strata_of_rows
from ..rows.outside import outside_of
from ..rows.predict import (
    PredictionKind,
    RowComputation,
    averages,
    computed,
    labelled,
    thinned,
    together,
)
from ..rows.responses import chosen
from ..rows.tables import TableStatistics, draw_lines, summary_lines

if TYPE_CHECKING:
    from pandas import DataFrame
    from xarray import DataArray, Dataset

    from varying.compiler.bind.bound import BoundModel
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table
    from varying.compiler.program.ir import Program

    from ..rows.new import Groups
    from .origin import Origin

__all__ = ["PredictOptions", "PredictionRequest", "predicted", "request_of"]

#: Quantiles where none are chosen.
_QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
_KINDS = (*get_args(PredictionKind), "quantile")
#: Kinds that some families alone have.
_OF_SOME = ("prob", "membership")
_ENDINGS = (".csv", ".parquet", ".zarr")
#: What there is instead of an average over new groups, as arguments.
_INSTEAD = INSTEAD.replace("groups=fitted", "groups='fitted'").replace(
    "groups=zero", "groups='zero'"
)
#: Names that a warning lists.
_SHOWN = 8


class PredictOptions(TypedDict, total=False):
    """Arguments of ``Fit.predict`` that leave open what it returns."""

    groups: Groups
    draws: int | None
    seed: int | None
    dpar: str | None
    response: str | None
    quantiles: Sequence[float] | None
    prob: float
    overwrite: bool
    progress: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PredictionRequest:
    """A prediction that is asked for; the fields are arguments of ``Fit.predict``.

    ``quantiles`` are those of new responses, if these are asked for; else none.
    """

    data: Any
    kind: PredictionKind
    groups: Groups
    draws: int | None
    seed: int | None
    dpar: str | None
    response: str | None
    quantiles: tuple[float, ...] = ()
    summary: bool | None = None
    prob: float = 0.95
    out: Path | None = None
    overwrite: bool = False
    progress: bool = True

    def columns(self, one: RowComputation) -> TableStatistics:
        """Return the figures of a table."""
        discrete = one.is_response and not one.rows.family.has_density
        return TableStatistics(self.prob, self.quantiles, discrete)


def request_of(
    *,
    data: Any,
    kind: Any,
    groups: Any,
    quantiles: Any = None,
    summary: Any = None,
    prob: Any = 0.95,
    out: Any = None,
    overwrite: Any = False,
    progress: Any = True,
    **others: Any,
) -> PredictionRequest:
    """Return what is asked for, with its arguments checked.

    A word in place of data is a kind: a data file has an ending.
    """
    choice("kind", kind, _KINDS, elsewhere=KINDS)
    if isinstance(data, str) and "." not in data and not os.path.exists(data):
        choice("kind", data, _KINDS, elsewhere=KINDS)
        if kind != "response":
            raise ArgumentError(f"data are a kind, {data!r}, and kind is {kind!r}")
        data, kind = None, data
    wanted: tuple[float, ...] = ()
    if kind == "quantile":
        kind = "response"
        given_ = _QUANTILES if quantiles is None else tuple(quantiles)
        wanted = tuple(between("quantiles", one) for one in given_)
        if not wanted:
            raise ArgumentError("quantiles are numbers between 0 and 1, not none")
        if others.get("dpar") is not None:
            raise ArgumentError("kind='quantile' is of new responses, not of a dpar")
    elif quantiles is not None:
        raise ArgumentError("quantiles go with kind='quantile'")
    if summary is not None:
        flag("summary", summary)
    return PredictionRequest(
        data=data,
        kind=kind,
        groups=check_groups(groups),
        quantiles=wanted,
        summary=summary,
        prob=between("prob", prob),
        out=None if out is None else _target(out, flag("overwrite", overwrite)),
        overwrite=overwrite,
        progress=flag("progress", progress),
        **others,
    )


def _target(out: Any, overwrite: bool) -> Path:
    """Return the file that is to be written, or refuse it before the work."""
    path = Path(path_text("out", out, "the path of the file to write"))
    if path.suffix.lower() not in _ENDINGS:
        raise ArgumentError(
            f"out ends in one of {', '.join(_ENDINGS)}, which says what is written; "
            f"{given(str(path))} does not"
        )
    if path.exists() and not overwrite:
        raise FileExistsError(
            errno.EEXIST, "it is there already; overwrite=True replaces it", str(path)
        )
    return path


def predicted(
    origin: Origin, posterior: Dataset, request: PredictionRequest
) -> DataArray | DataFrame | Path:
    """Return the prediction that is asked for: see ``Fit.predict``."""
    draws = Draws(thinned(posterior, request.draws))
    one, table = _computed(origin, request)
    if request.out is not None:
        return _saved(one, draws, table, request, request.out)
    if request.summary:
        return _summarized(one, draws, table, request)
    if request.quantiles:
        return _quantiles(one, draws, request)
    _check_room(origin, draws, max(one.several, 1) * len(one.rows.labels))
    return labelled(one, draws)


def _check_room(origin: Origin, draws: Draws, numbers: int) -> None:
    from ..sampling.sizes import check_rows

    there = origin.provenance
    check_rows(Source(there.spec, there.spec_name), draws.count, numbers)


def _computed(
    origin: Origin, request: PredictionRequest
) -> tuple[RowComputation, Table]:
    """Return the prediction of one response, ready to be computed, and its rows."""
    compiled = origin.compiled
    name = chosen(request.response, compiled.variables)
    kind, dpar, seed = request.kind, request.dpar, request.seed
    fitted = origin.responses[name]
    if request.groups == "average" or dpar is not None or kind in _OF_SOME:
        # what is asked for is refused before new rows are looked at
        if request.groups == "average":
            averages(fitted, kind, {}, dpar)
            _check_average(compiled.of(name).bound, kind)
        computed(fitted, kind, dpar)
    drawn_together = kind == "response" and dpar is None
    several = len(compiled.responses) > 1
    coupling, stream = compiled.lowered.coupling, None
    coupled = coupling is not None and name in coupling.responses
    if compiled.own_rows or (request.data is not None and not coupled):
        # the rows need not have what the others are made of
        stream = compiled.responses.index(name)
    whole = not several or (drawn_together and stream is None)
    of = compiled if whole else compiled.of(name)
    if request.data is None:
        table = of.prepared.table
        each, program = _of_fit(origin, request)
        if compiled.own_rows:
            each = tuple(one for one in each if one.name == name)
            program = each[0].program
    else:
        read = read_rows(request.data, of)
        others = _others(compiled, name)
        new = new_rows(
            of,
            read,
            request.groups,
            dpar=dpar,
            kind=kind,
            response=kind == "membership",
            others=others,
        )
        each, program, table = new.each, new.program, new.table
        for column in outside_of(of, read):
            warn(str(column), stacklevel=2)
    rows = next(one for one in each if one.name == name)
    known = compiled.prepared.data.columns
    beside = read if request.data is not None else _as_read(table, known)
    beside = with_ids(beside, compiled.joint.grouping_columns)
    if request.groups == "average":
        return averages(rows, kind, strata_of_rows(of, table), dpar), beside
    if drawn_together and several:
        return together(in_turn(program, each), name, seed, stream), beside
    return computed(rows, kind, dpar, seed), beside


def _check_average(bound: BoundModel, kind: PredictionKind) -> None:
    """Refuse an average over new groups where there is none."""
    groups = {
        one.dpar: tuple(grouping.name for grouping in one.groupings)
        for one in bound.predictors
    }
    heavy = [
        grouping.name
        for one in bound.predictors
        for grouping in one.groupings
        if grouping.distribution != "gaussian"
    ]
    linear = bound.main.body is None
    if kind == "eta" and linear:
        return
    absent = absence(
        bound.family,
        bound.link.name,
        groups,
        mean=kind == "mean",
        linear=linear,
        heavy=heavy,
        inside=groups_inside(bound.predictors),
    )
    if absent is not None:
        raise ArgumentError(f"{absent[0]}: {absent[1]}; {_INSTEAD}")


def _others(compiled: Compiled, name: str) -> dict[str, str]:
    """Return what is said of the columns of other responses where they are not there.

    A response that is a predictor of another is the observed one, as in brms.
    """
    each = zip(compiled.responses, compiled.each, strict=True)
    responses = {variable: one.bound.response for variable, one in each}
    own = responses.pop(name)
    return {
        one.column: (
            f"`{one.name}` is a response as well, and `{own.name}` is predicted from "
            "its values, not from predictions of it: give it some, such as draws of "
            f"`predict(rows, response={one.name!r})`"
        )
        for one in responses.values()
    }


def _as_read(table: Table, known: Collection[str]) -> Table:
    """Return the rows of the fit with the columns of the data alone."""
    kept = {name: column for name, column in table.columns.items() if name in known}
    if table.counts is not None:
        name = "count" if "count" not in kept else "count_"
        kept[name] = Column(name, ColumnKind.INTEGER, table.counts.astype(float))
    return replace(table, columns=kept, calls={})


def _of_fit(
    origin: Origin, request: PredictionRequest
) -> tuple[tuple[Rows, ...], Program]:
    """Return the rows of the fit with the effects of groups that are asked for."""
    if request.groups == "new":
        raise ArgumentError(
            "groups='new' is for rows of levels that the fit has not seen, and the "
            "rows of the fit have none: give data"
        )
    each, program = tuple(origin.responses.values()), origin.compiled.lowered
    if request.groups != "zero":
        return each, program
    bare = (
        replace(rows, program=of_all(without_groups(rows.program))) for rows in each
    )
    return tuple(bare), of_all(without_groups(program))


# ---- tables and files ----------------------------------------------------------------


def _quantiles(
    one: RowComputation, draws: Draws, request: PredictionRequest
) -> DataArray:
    """Return quantiles of new responses: quantiles by rows, and by columns."""
    import numpy as np
    from xarray import DataArray

    if is_untold(one.rows):
        raise ArgumentError(
            "the rows do not say which answer a time is of: give them that column, or "
            "ask for summary=True"
        )
    columns = request.columns(one)
    parts = [
        np.stack(list(found.values())[len(one.more) :])
        for _, found in _watched(summary_lines(one, draws, columns, None), one, request)
    ]
    values = np.concatenate(parts, axis=1)
    coords = {"quantile": list(request.quantiles), "row": one.rows.labels, **one.more}
    shape = tuple(len(labels) for labels in coords.values())
    return DataArray(values.reshape(shape), coords, tuple(coords), name=one.name)


def _summarized(
    one: RowComputation, draws: Draws, table: Table, request: PredictionRequest
) -> DataFrame:
    """Return the figures of each row beside its columns."""
    import numpy as np
    from pandas import DataFrame, concat

    data, given = request.data, request.data is not None
    own = isinstance(data, DataFrame)  # with its index, and columns of any type
    beside = None if own else table
    taken = [str(name) for name in data.columns] if own else []
    lines = summary_lines(one, draws, request.columns(one), beside, taken)
    parts = [found for _, found in _watched(lines, one, request)]
    made = DataFrame({n: np.concatenate([part[n] for part in parts]) for n in parts[0]})
    if not own:
        if given:
            _say_left_out(table)
        return made
    rows = data.iloc[np.repeat(np.arange(len(data)), len(made) // len(data))]
    both: DataFrame = concat([rows, made.set_index(rows.index)], axis=1)
    return both


def _say_left_out(table: Table) -> None:
    """Warn of columns that stand beside no figure, as they were not read."""
    names = [*table.unusable, *table.unread]
    if names:
        listed = ", ".join(f"`{name}`" for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        warn(
            f"columns that are not read are not in the table: {listed}{more}",
            stacklevel=2,
        )


def _saved(
    one: RowComputation,
    draws: Draws,
    table: Table,
    request: PredictionRequest,
    out: Path,
) -> Path:
    """Write the prediction; return where it is."""
    ending = out.suffix.lower()
    is_table = ending != ".zarr"
    if request.quantiles or (is_table if request.summary is None else request.summary):
        lines = summary_lines(one, draws, request.columns(one), table)
    elif is_table:
        lines = draw_lines(one, draws)
    else:
        _save_draws(one, draws, request, out)
        return out
    if not is_table:
        raise ArgumentError("a summary is a table: out ends in .csv or .parquet")
    if request.data is not None and lines is not None:
        _say_left_out(table)
    write = write_csv if ending == ".csv" else write_parquet
    write(out, (found for _, found in _watched(lines, one, request)))
    return out


def _save_draws(
    one: RowComputation, draws: Draws, request: PredictionRequest, out: Path
) -> None:
    """Write all draws as a Zarr store: chains, draws, rows."""
    import numpy as np

    rows = one.rows
    coords = {**draws.coords, "row": rows.labels}
    coords |= {name: np.asarray(values) for name, values in one.more.items()}
    known = {name: ((name,), np.asarray(values)) for name, values in coords.items()}
    ranks = one.is_response and rows.ranks
    numbers = numbers_of(rows.categories) if ranks else None
    pieces = one.each(draws)
    first = next(pieces)
    kind = first[1].dtype if numbers is None else np.asarray(numbers).dtype
    shape = tuple(len(values) for values in coords.values())

    def each() -> Iterator[tuple[slice, dict[str, Any]]]:
        for place, values in chain((first,), pieces):
            if numbers is not None:
                values = np.asarray(numbers)[values]
            by_chain = (draws.chains, draws.length, *values.shape[1:])
            yield place, {one.name: values.reshape(by_chain)}

    write_arrays(
        out,
        {one.name: (tuple(coords), shape, kind)},
        known,
        _watched(each(), one, request),
        first[0].stop,
    )


def _watched[Found](
    pieces: Iterator[tuple[slice, Found]],
    one: RowComputation,
    request: PredictionRequest,
) -> Iterator[tuple[slice, Found]]:
    """Yield what comes, and show how far it is."""
    with counting("rows", quiet=not request.progress) as move:
        for place, found in pieces:
            yield place, found
            if move is not None:
                move(place.stop, len(one.rows.labels))
