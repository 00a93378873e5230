"""New rows: other rows than those of a fit, with the raw columns of the data.

What the spec makes of columns (``column``, ``let``, ``scale(x)``, ``ns(x, 4)``,
codings) is made of theirs, with the numbers that were learned from the rows of the fit.
``where`` is not applied: a row that is asked about is asked about. The response may be
missing.

``groups`` says what the effects of groups are:

``fitted``
    Those of the fit. A level that the fit has not seen is an error.
``new``
    Levels that the fit has not seen are other ones of the same population: at each draw
    their effects are drawn from it, the same in all rows of the level. Rows without a
    value, or without the column, are each a level of their own. Levels that the fit has
    seen keep their effects (as with ``allow_new_levels`` of brms).
``zero``
    0: a group in the middle of the population. ``population`` is another name of it.
``average``
    The mean over new groups of the population: see ``average.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args
from warnings import warn

import numpy as np

from varying.compiler.bind.bound import By
from varying.compiler.data.codes import group_index
from varying.compiler.formula.columns import Coded, DesignColumn
from varying.compiler.prepare.elsewhere import (
    SHOWN,
    Needs,
    replayed,
    report_new_levels,
    rows_named,
    sink_of,
)
from varying.compiler.program.expressions import names_in
from varying.compiler.program.fill import fill
from varying.compiler.program.ir import NewLevels
from varying.compiler.program.limits import uncensored
from varying.compiler.program.persons import (
    each_persons,
    of_all,
    open_to_new,
    with_more,
)
from varying.compiler.program.reached import only_for, without_groups
from varying.compiler.program.recipes import (
    LevelIndex,
    LevelPlace,
    Matrix,
    MemberIndex,
    MemberWeights,
    Outcome,
    Parts,
    RowValues,
    Single,
)
from varying.grammar.diagnostics import Sink
from varying.grammar.source import Source, Span
from varying.grammar.tree import Expr, Name

from ..interface.arguments import ArgumentError, choice, given
from ..interface.elsewhere import GROUPS
from .answers import answer_columns, untold
from .engine import Rows, in_turn

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Ints, Table
    from varying.compiler.program.ir import Frame, Likelihood, Program

__all__ = ["Groups", "check_groups", "new_rows", "read_rows"]

Groups = Literal["fitted", "new", "zero", "population", "average"]


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """New rows of a model.

    Attributes
    ----------
    program
        With what was asked for, of all responses.
    table
        The rows with the columns that are made of theirs.
    each
        As the program of each response needs them.
    """

    program: Program
    table: Table
    each: tuple[Rows, ...]

    @property
    def together(self) -> tuple[Rows, ...]:
        """The rows of each response, given those before it in the same row."""
        return in_turn(self.program, self.each)


def check_groups(groups: object) -> Groups:
    """Return what is to be done about groups, or refuse it."""
    found: Any = choice("groups", groups, get_args(Groups), elsewhere=GROUPS)
    chosen: Groups = "zero" if found == "population" else found
    return chosen


def read_rows(data: Any, compiled: Compiled) -> Table:
    """Return new rows as they were read.

    Parameters
    ----------
    data
        A data frame, a mapping of names to columns, or the path of a data file.
    compiled
        The model; how its spec's own file is read holds for a file.

    Raises
    ------
    ModelError
        For a file that cannot be read, and for data without a row.
    """
    from varying.compiler.data.file import DataFile, read_data
    from varying.compiler.data.frames import table_from_frame
    from varying.compiler.data.options import DataOptions, data_options
    from varying.compiler.data.wanted import Wanted
    from varying.compiler.prepare.source import data_statement

    if isinstance(data, str | os.PathLike):
        sink = Sink(Source("", os.fspath(data)))
        statement = data_statement(compiled.spec)
        options = DataOptions()
        if statement is not None:
            options = replace(data_options(statement, Sink(sink.source)), given=())
        file = DataFile(Path(data), False, options)
        wanted = Wanted.by(compiled.spec)
        table = read_data(file, wanted, sink, Span(0, 0), whole=True)
        sink.raise_errors()
        assert table is not None
    elif hasattr(data, "columns") or isinstance(data, Mapping):
        table = table_from_frame(data)
        sink = sink_of(table)
    else:
        raise ArgumentError(
            "data are a data frame, a mapping of names to columns or the path of a "
            f"file, not {given(data)}"
        )
    if not table.rows:
        sink.add("empty-data", Span(0, 0), "the new data have no rows")
    sink.raise_errors()
    return table


def new_rows(
    compiled: Compiled,
    table: Table,
    groups: Groups = "fitted",
    *,
    dpar: str | None = None,
    kind: str = "response",
    response: bool = False,
    others: Mapping[str, str] = MappingProxyType({}),
) -> NewRows:
    """Return new rows for the responses of a model.

    Parameters
    ----------
    compiled
        The model. Of one that has several responses: all of them, or ``Compiled.of``.
    table
        The rows as they were read: see ``read_rows``.
    groups
        What the effects of groups are.
    dpar, kind
        What is wanted: what that does not need may be missing. ``eta``: the linear
        predictor of ``dpar``, of None of the main parameter.
    response
        Whether the response is needed, for log densities.
    others
        What is added of some columns where they are needed and not there.

    Raises
    ------
    ModelError
        ``unknown-column``, ``new-level``, ``missing-value``, ``wrong-type`` or
        ``infinite-value``, with the column and the rows.
    """
    program = compiled.lowered if response else uncensored(compiled.lowered)
    if groups in ("zero", "average"):
        program = of_all(program)
    elif groups == "new":
        program = open_to_new(program)
    if groups == "zero":
        program = without_groups(program)
    answers = [answer_columns(program, one) for one in program.likelihoods]
    there = {name for name, one in table.columns.items() if not one.missing.all()}
    drawn = groups != "average" and any(one - there for one in answers)
    if not response and (kind == "prob" or drawn):
        program = untold(program)
    if kind == "prob":
        program = _of_shares(program)
    program = only_for(program, _wanted(program, kind, dpar, response))
    if groups == "average":
        program = _without_levels(program)
    strata = {} if groups == "fitted" else _strata_of(compiled)
    sink = sink_of(table)
    found = replayed(
        _asked(program, strata.values()),
        table,
        compiled.spec,
        compiled.prepared,
        sink,
        open_groups=groups != "fitted",
        said=others,
    )
    sink.raise_errors()
    assert found is not None
    frame = fill(program, found)
    if groups == "fitted":
        _refuse_new(program, frame, found, sink)
    elif groups == "new":
        _refuse_related(program, frame, sink)
    if groups == "new":
        _say_nameless(program, frame)
        frame = _with_strata(strata, frame, found, program, sink)
        program = _with_new_persons(program, frame)
    sink.raise_errors()
    labels = np.arange(table.rows, dtype=np.int64)
    each = tuple(
        Rows(
            replace(
                program,
                predictors=tuple(
                    p for p in program.predictors if p.response == one.responses[0]
                ),
                likelihoods=tuple(
                    own
                    for own in program.likelihoods
                    if own.name == one.lowered.likelihood.name
                ),
                coupling=None,
            ),
            frame,
            labels,
            one.bound.response.categories,
            None,
            one.bound.response.name,
        )
        for one in compiled.each
    )
    return NewRows(program, found, each)


def _with_new_persons(program: Program, frame: Frame) -> Program:
    """Return the program with the persons that the fit has not seen."""
    for _, persons in each_persons(program):
        new = frame.new_levels.get(persons.axis)
        if new is not None:
            count = len(persons.levels) + len(new.labels)
            program = with_more(program, persons, count)
    return program


def _wanted(
    program: Program, kind: str, dpar: str | None, response: bool
) -> frozenset[str]:
    """Return the names that are needed of a program."""
    found: set[str] = set()
    for likelihood in program.likelihoods:
        own = [p for p in program.predictors if p.response == likelihood.name]
        if kind == "eta" or (dpar is not None and dpar in {p.dpar for p in own}):
            main = own[0].dpar if dpar is None else dpar
            found |= {p.name for p in own if p.dpar == main}
            continue
        for name, value in likelihood.arguments:
            if dpar is None or name == dpar:
                found |= set(names_in(value))
    if response:
        found |= {name for one in program.likelihoods for name in one.slots}
    return frozenset(found)


def _of_shares(program: Program) -> Program:
    """Return the program without what the shares of categories have no need of.

    They are the same of one trial and of a hundred.
    """

    def plain(one: Likelihood) -> Likelihood:
        family = one.family
        if family.shares is None:
            return one
        kept = tuple(pair for pair in one.arguments if pair[0] not in family.known)
        return replace(one, arguments=kept)

    return replace(program, likelihoods=tuple(map(plain, program.likelihoods)))


def _without_levels(program: Program) -> Program:
    """Return the program without the places of rows among levels."""
    levels = (LevelIndex, MemberIndex)
    kept = (s for s in program.slots if not isinstance(s.recipe, levels))
    return replace(program, slots=tuple(kept))


def _asked(program: Program, strata: Iterable[By]) -> Needs:
    """Return the columns that the slots of a program are made of."""
    expressions: dict[str, Expr] = {}
    factors: dict[str, tuple[str, ...]] = {}
    grouping: set[str] = set()

    def columns(several: tuple[DesignColumn, ...]) -> None:
        for column in several:
            for part in column.parts:
                if isinstance(part, Coded):
                    factors[part.factor] = part.levels
                else:
                    expressions[part.label] = part.expression

    for slot in program.slots:
        match slot.recipe:
            case Matrix(several):
                columns(several)
            case Single(column):
                columns((column,))
            case LevelPlace(column, levels):
                factors[column] = levels
            case RowValues(variable):
                expressions[variable.label] = variable.expression
            case Parts(several):
                expressions |= {one.label: one.expression for one in several}
            case LevelIndex(names) | MemberIndex(names):
                grouping |= set(names)
            case MemberWeights(several):
                expressions |= {one.label: one.expression for one in several}
            case Outcome(column, levels) if levels:
                factors[column] = levels
            case Outcome(column):
                name = Name(column, quoted=True, span=Span(0, 0))
                expressions[column] = name
    factors |= {by.name: by.levels for by in strata}
    return Needs(tuple(expressions.values()), factors, frozenset(grouping))


# ---- new levels ----------------------------------------------------------------------


def _say_nameless(program: Program, frame: Frame) -> None:
    """Warn that rows without a value of a grouping factor are of different groups."""
    for slot in program.slots:
        levels = frame.new_levels.get(slot.into or "")
        nameless = 0 if levels is None else levels.labels.count("")
        if nameless > 1:
            warn(
                f"{nameless:,} rows have no value of `{slot.into}`: each is a group of "
                "its own; give them one to have several rows of a group",
                stacklevel=2,
            )


def _refuse_new(program: Program, frame: Frame, table: Table, sink: Sink) -> None:
    """Report levels of grouping factors that the fit has not seen."""
    for slot in program.slots:
        recipe = slot.recipe
        levels = frame.new_levels.get(slot.into or "")
        if not isinstance(recipe, LevelIndex | MemberIndex) or levels is None:
            continue
        known, index = len(recipe.levels), frame[slot.name].reshape(table.rows, -1)
        found = {
            label: (index == known + place).any(axis=1)
            for place, label in enumerate(levels.labels[:SHOWN])
        }
        if isinstance(recipe, MemberIndex):
            name = ", ".join(recipe.columns)
        else:
            name = ":".join(recipe.factors)
        count = len(levels.labels)
        report_new_levels(name, found, count, recipe.levels, sink, group=True)


def _refuse_related(program: Program, frame: Frame, sink: Sink) -> None:
    """Report new levels of groups whose levels are related: the matrix lacks them."""
    for group in program.groups:
        levels = frame.new_levels.get(group.levels)
        if group.relation is None or levels is None or not levels.labels:
            continue
        sink.add(
            "not-yet",
            Span(0, 0),
            f"the known covariance of `{group.levels}` does not say how new levels are "
            f"related to those of the fit: {', '.join(map(repr, levels.labels[:5]))}",
            "groups='average' is the mean over levels that are related to none, "
            "groups='zero' has effects of 0",
        )


def _strata_of(compiled: Compiled) -> dict[str, By]:
    """Return by the axes of levels what tells their strata apart: ``gr(g, by=f)``."""
    groupings = [one for part in compiled.joint.predictors for one in part.groupings]
    found: dict[str, By] = {}
    for slot in compiled.lowered.slots:
        recipe = slot.recipe
        if not isinstance(recipe, LevelIndex) or slot.into is None:
            continue
        for one in groupings:
            same = one.factors == recipe.factors and one.levels == recipe.levels
            if same and one.by is not None:
                found[slot.into] = one.by
    return found


def _with_strata(
    strata: Mapping[str, By], frame: Frame, table: Table, program: Program, sink: Sink
) -> Frame:
    """Return the frame whose new levels are in strata, where levels are."""
    new = dict(frame.new_levels)
    for slot in program.slots:
        axis = slot.into or ""
        by = strata.get(axis)
        if by is None or axis not in new:
            continue
        recipe = slot.recipe
        assert isinstance(recipe, LevelIndex)
        of = group_index((by.name,), by.levels, table)
        index = frame[slot.name] - len(recipe.levels)
        rows = np.flatnonzero(index >= 0)
        levels = new[axis]
        chosen = np.zeros(len(levels.labels), dtype=np.int64)
        chosen[index[rows]] = of[rows]
        crossed = rows[chosen[index[rows]] != of[rows]]
        if len(crossed):
            name = ":".join(recipe.factors)
            label = levels.labels[index[crossed[0]]]
            same = np.zeros(table.rows, dtype=bool)
            same[rows] = index[rows] == index[crossed[0]]
            sink.add(
                "group-not-nested",
                Span(0, 0),
                f"the level `{label}` of `{name}` has more than one level of "
                f"`{by.name}`, in {rows_named(same)}",
                f"the model has `gr({name}, by={by.name})`: each level of `{name}` "
                f"belongs to one of `{by.name}`",
            )
        new[axis] = NewLevels(levels.labels, chosen)
    return replace(frame, new_levels=new)


def strata_of_rows(compiled: Compiled, table: Table) -> dict[str, Ints]:
    """Return by group the stratum of each row, where levels are in strata."""
    strata = _strata_of(compiled)
    return {
        group.name: group_index((by.name,), by.levels, table)
        for group in compiled.lowered.groups
        for by in (strata.get(group.levels),)
        if by is not None
    }
