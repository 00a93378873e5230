"""What ``Fit.predict`` does: arguments checked, rows found, then the row engine."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from varying.compiler.program.reached import without_groups
from varying.grammar.source import Source

from ..interface.arguments import ArgumentError
from ..rows.engine import Draws, Rows, in_turn
from ..rows.new import check_groups, new_rows, read_rows, strata_of_rows
from ..rows.predict import (
    Computed,
    Kind,
    averages,
    check_kind,
    computed,
    joint_draws,
    labelled,
    thinned,
)
from ..rows.responses import chosen

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from ..rows.new import Groups
    from .origin import Origin

__all__ = ["PredictionRequest", "predicted", "request_of"]


@dataclass(frozen=True, slots=True, eq=False)
class PredictionRequest:
    """A prediction that is asked for; the fields are arguments of ``Fit.predict``."""

    data: Any
    kind: Kind
    groups: Groups
    draws: int | None
    seed: int | None
    dpar: str | None
    response: str | None


def request_of(
    data: Any,
    kind: Any,
    groups: Any,
    draws: int | None,
    seed: int | None,
    dpar: str | None,
    response: str | None,
) -> PredictionRequest:
    """Return what is asked for, with its arguments checked.

    A word in place of data is a kind: a data file has an ending.
    """
    check_kind(kind)
    if isinstance(data, str) and "." not in data and not os.path.exists(data):
        check_kind(data)
        if kind != "response":
            raise ArgumentError(f"data are a kind, {data!r}, and kind is {kind!r}")
        data, kind = None, data
    return PredictionRequest(
        data, kind, check_groups(groups), draws, seed, dpar, response
    )


def predicted(
    origin: Origin, posterior: Dataset, request: PredictionRequest
) -> DataArray:
    """Return the prediction that is asked for: see ``Fit.predict``."""
    posterior = thinned(posterior, request.draws)
    name = chosen(request.response, origin.compiled.variables)
    together = request.kind == "response" and request.dpar is None
    if together and len(origin.responses) > 1:
        if request.groups == "average":
            averages(origin.responses[name], request.kind, {})  # says that it cannot be
        each = _each(origin, request)
        _check_room(origin, posterior, len(each) * len(each[0].labels))
        return joint_draws(each, posterior, request.seed)[name]
    one = _computed(origin, request, name)
    _check_room(origin, posterior, max(one.several, 1) * len(one.rows.labels))
    return labelled(one, Draws(posterior))


def _check_room(origin: Origin, posterior: Dataset, numbers: int) -> None:
    from ..sampling.sizes import check_rows

    there = origin.provenance
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    check_rows(Source(there.spec, there.spec_name), draws, numbers)


def _computed(origin: Origin, request: PredictionRequest, name: str) -> Computed:
    """Return the prediction of one response, ready to be computed."""
    compiled = origin.compiled
    if request.data is None:
        rows = _of_fit(origin.responses[name], request)
        if request.groups == "average":
            strata = strata_of_rows(compiled, compiled.prepared.table)
            return averages(rows, request.kind, strata, request.dpar)
        return computed(rows, request.kind, request.dpar, request.seed)
    of = compiled if len(compiled.responses) == 1 else compiled.of(name)
    table = read_rows(request.data, of)
    kind, dpar = request.kind, request.dpar
    if dpar is not None or kind == "prob" or request.groups == "average":
        # what is asked for is refused before the rows are looked at
        _refused(origin.responses[name], request)
    new = new_rows(of, table, request.groups, dpar=dpar, kind=kind)
    (rows,) = new.each
    if request.groups == "average":
        return averages(rows, kind, strata_of_rows(of, new.table), dpar)
    return computed(rows, kind, dpar, request.seed)


def _refused(rows: Rows, request: PredictionRequest) -> None:
    if request.groups == "average":
        averages(rows, request.kind, {}, request.dpar)
    computed(rows, request.kind, request.dpar, request.seed)


def _of_fit(rows: Rows, request: PredictionRequest) -> Rows:
    """Return the rows of the fit with the effects of groups that are asked for."""
    if request.groups == "new":
        raise ArgumentError(
            "groups='new' is for rows of levels that the fit has not seen, and the "
            "rows of the fit have none: give data"
        )
    if request.groups == "population":
        return replace(rows, program=without_groups(rows.program))
    return rows


def _each(origin: Origin, request: PredictionRequest) -> tuple[Rows, ...]:
    """Return the rows of all responses, each given those before it."""
    compiled = origin.compiled
    if request.data is not None:
        table = read_rows(request.data, compiled)
        return new_rows(compiled, table, request.groups).together
    each = tuple(_of_fit(rows, request) for rows in origin.responses.values())
    program = compiled.lowered
    if request.groups == "population":
        program = without_groups(program)
    return in_turn(program, each)
