"""Data sets drawn from a spec whose parameters are given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.distributions.numerics import LARGEST_MEAN
from varying.compiler.program.interpret.density import spread_out
from varying.compiler.program.persons import each_persons
from varying.grammar.diagnostics import Diagnostic, ModelError, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span

from ..rows.answers import answer_of, untold
from ..rows.engine import Rows
from ..rows.predict import joint_draws
from ..sampling.settings import SamplerSettings
from .answers import DrawnAnswers
from .cut_off import CutOff
from .faults import undrawable
from .responses import check_read, with_responses
from .times import Times
from .true_thresholds import by_item
from .truth import Truth, residual_partial, values_of

if TYPE_CHECKING:
    from pandas import DataFrame
    from xarray import Dataset

    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Column, Table
    from varying.compiler.families.family import Family
    from varying.compiler.program.ir import Derived, Frame, Group, Parameter, Program

__all__ = ["Simulator", "frame_of", "table_of"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Simulator:
    """A model with a value of each parameter, on the rows of a design.

    Attributes
    ----------
    compiled
        The model on the design, with a response that stands for the one to be drawn.
    questions
        The same with the questions of the spec alone.
    values
        Of each variable of the posterior but the effects of groups.
    table
        The design: the rows that the model uses, with that response.
    told
        By variable of a response what its answers are drawn into, ``dec(answer)``.
    times
        By column of times between which knots they are, of ``family=cox``.
    cut
        By column where a response is cut off, of ``cens`` and ``trunc``.
    """

    compiled: Compiled
    questions: Compiled
    values: Mapping[str, Array]
    table: Table
    told: Mapping[str, DrawnAnswers] = field(default_factory=dict)
    times: Mapping[str, Times] = field(default_factory=dict)
    cut: Mapping[str, CutOff] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        source: Source,
        base: Path,
        truth: Truth,
        table: Table,
        model: str | None = None,
        families: Mapping[str, Family] = MappingProxyType({}),
    ) -> Simulator:
        """Compile a spec on a design, with the values of a truth.

        Parameters
        ----------
        source, base
            The spec, and the folder that its paths start from.
        truth
            A value of each parameter.
        table
            The design. A response that it has is written over.
        model
            Which of several.
        families
            Those of the caller's, by name.

        Raises
        ------
        ModelError
            For all that is wrong with spec, design and truth.
        """
        from varying.compiler.driver import Request, compile_spec
        from varying.compiler.families.own import naming

        with naming(families):
            with_response, times, cut, answers = with_responses(source, table, model)
        try:
            joined = truth.joined(source)
            request = Request(joined, with_response, base, model, families=families)
            compiled = compile_spec(request)
        except ModelError as error:
            raise ModelError(truth.told(error.diagnostics, source)) from None
        values = values_of(truth, compiled)
        rows = with_response.take(compiled.prepared.rows)
        cut = {name: one.take(compiled.prepared.rows) for name, one in cut.items()}
        check_read(compiled, cut)
        told = _told(compiled, answers, rows, source)
        return cls(compiled, truth.left_out(compiled), values, rows, told, times, cut)

    def draw(self, sets: int, seed: int | None = None) -> Iterator[Table]:
        """Yield data sets: the design with drawn responses.

        The effects of groups are drawn anew in each; levels of a grouping factor are
        those of the design. The curve of a smooth term is the same in all.

        Parameters
        ----------
        sets
            How many.
        seed
            The same seed gives the same data sets.
        """
        rng = np.random.default_rng(SamplerSettings.checked(seed=seed).seed)
        each_rows = [
            replace(rows, program=untold(rows.program))
            for rows in Rows.given(self.compiled)
        ]
        parameters = self._parameters(sets, rng)
        with np.errstate(over="ignore", invalid="ignore"):  # see `_check_numbers`
            drawn = joint_draws(each_rows, parameters, int(rng.integers(2**31)))
        names = {v: k for k, v in self.compiled.variables.items()}
        each = {one.responses[0]: one for one in self.compiled.each}
        for place in range(sets):
            columns = []
            for variable, values in drawn.items():
                parts = each[variable].bound.response.parts
                for at, part in enumerate(parts):
                    there = self.table.columns[part.label]
                    own = values.values[0, place, :, at]
                    columns.append(_column(there, own, ()))
                if parts:
                    continue
                categories = each[variable].bound.response.categories
                coded = values.attrs.get("coded") == "rank"
                if values.ndim > 3:
                    answers = values.values[0, place, :, 1]
                    columns.append(self.told[variable].drawn(answers))
                    values = values[..., 0]
                name, response = names[variable], values.values[0, place]
                _check_numbers(each[variable], response)
                there = self.table.columns[name]
                if name in self.cut:
                    response = self.cut[name].recorded(response)
                columns.append(_column(there, response, categories if coded else ()))
                if name in self.times:
                    columns += self.times[name].ended_at(response)
            yield self.table.adding(columns)

    def answers(self) -> Dataset | None:
        """Return what the questions of the spec come to if the truth is as given."""
        from ..questions.quantities import answer

        rng = np.random.default_rng(0)
        found = answer(self.questions, self._parameters(1, rng), 0)
        return found

    @property
    def effects(self) -> frozenset[str]:
        """What the population effects of each formula are called among the draws.

        No other names: a grouping factor may be called ``b``, and so may a category.
        """
        return frozenset(f"{one.prefix}b" for one in self.compiled.joint.predictors)

    def coefficients(self) -> Iterator[tuple[str, float]]:
        """Yield the values of all population effects, by their labels."""
        program, effects = self.compiled.lowered, self.effects
        labels = {axis.name: axis.labels for axis in program.axes}
        nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
        for node in nodes:
            if node.name in effects and node.name in self.values:
                own = labels[node.axes[0]] or ()
                for label, value in zip(own, self.values[node.name], strict=True):
                    yield f"{node.name}[{label}]", float(value)

    def _parameters(self, sets: int, rng: np.random.Generator) -> Dataset:
        """Return a posterior of which each draw is a data set's parameters."""
        from xarray import Dataset

        program, frame = self.compiled.lowered, self.compiled.frame
        derived = {node.name for node in program.derived}
        variables: dict[str, Any] = {}
        for name, value in self.values.items():
            variables[name] = _variable(name, value, sets)
            gap = f"{name.removesuffix('threshold')}gap"
            if name.endswith("threshold") and gap in derived:
                gaps = _gaps(value, self.compiled, name)
                variables[gap] = _variable(gap, gaps, sets)
        for name, number in residual_partial(program, self.values).items():
            variables[name] = _variable(name, np.asarray(number), sets)
        for name, size in _curves(program, frame).items():
            variables[name] = _variable(name, size, sets)
        for _, persons in each_persons(program):
            distances = len(persons.levels) * persons.gaps
            sd = float(np.ravel(self.values[persons.sd])[0])
            variables[persons.effects] = (
                ("chain", "draw", f"{persons.effects}#0"),
                sd * rng.standard_normal((1, sets, distances)),
            )
        for group in program.groups:
            lengths = frame.lengths[group.levels], frame.lengths[group.coefs]
            effects = _effects(group, self.values, lengths, sets, rng)
            known = dict(frame.arrays)
            if group.mixture is not None:
                half = 0.5 * float(np.ravel(self.values[group.mixture.df])[0])
                drawn = rng.standard_gamma(half, effects.shape[:2])
                known[group.mixture.variance] = half / drawn
            effects = spread_out(group, effects, known)
            variables[group.effects] = (
                ("chain", "draw", f"{group.effects}#0", f"{group.effects}#1"),
                effects[None],
            )
        return Dataset(variables, {"chain": [0], "draw": np.arange(sets)})


def _told(
    compiled: Compiled, answers: Mapping[str, DrawnAnswers], rows: Table, source: Source
) -> dict[str, DrawnAnswers]:
    """Return by variable what answers are drawn into, the lower one's value first."""
    from varying.compiler.expressions.evaluation import evaluate

    found: dict[str, DrawnAnswers] = {}
    names = {variable: name for name, variable in compiled.variables.items()}
    for likelihood in compiled.lowered.likelihoods:
        told = answer_of(compiled.lowered, likelihood)
        if told is None:
            continue
        own = answers[names[likelihood.name]]
        values = rows.columns[own.column.name].values
        each = evaluate(told, compiled.prepared.table)
        found[likelihood.name] = own.in_order(each, values, source)
    return found


def _check_numbers(compiled: Compiled, drawn: Array) -> None:
    """Refuse a truth under which responses leave the numbers that there are."""
    bound = compiled.bound
    beyond = ~np.isfinite(drawn)
    if bound.family.response == "count":  # see `LARGEST_MEAN`: no mean is larger
        beyond |= drawn > 0.9 * LARGEST_MEAN
    if not beyond.any():
        return
    raise undrawable(
        compiled.spec.source,
        bound.statement.formula.span,
        f"`{bound.response.name}` would be {drawn[np.argmax(beyond)]:.2g} in "
        f"{beyond.sum():,} of {len(drawn):,} rows",
        "some number of the truth is far too large: effects are on the scale of their "
        "link, where 5 is a factor of 148 under a log",
        rule="truth-value",
    )


def _gaps(value: Array, compiled: Compiled, name: str) -> Array:
    """Return the distances of thresholds: those of items each by themselves."""
    of = name.removesuffix("threshold")
    one = next(m for m in compiled.joint.members if m.prefix == of)
    return np.concatenate([np.diff(value[own]) for _, own in by_item(len(value), one)])


def _variable(name: str, value: Array, sets: int) -> tuple[tuple[str, ...], Array]:
    """Return a variable of a posterior that has one value in all draws."""
    dims = tuple(f"{name}#{place}" for place in range(value.ndim))
    return ("chain", "draw", *dims), np.broadcast_to(value, (1, sets, *value.shape))


def _curves(program: Program, frame: Frame) -> dict[str, Array]:
    """Return coefficients of smooth terms: one curve each, the same in all data sets.

    What a study is asked has one answer then; another curve is another truth.
    """
    found: dict[str, Array] = {}
    for predictor in program.predictors:
        for block in predictor.blocks:
            for name in block.standard_normals():
                shape = [frame.lengths[axis] for axis in program.parameter(name).axes]
                rng = np.random.default_rng([81, len(found)])
                found[name] = np.asarray(rng.normal(size=shape))
    return found


def _effects(
    group: Group,
    values: Mapping[str, Array],
    lengths: tuple[int, int],
    sets: int,
    rng: np.random.Generator,
) -> Array:
    """Draw the effects of the levels of a group: data sets, levels, coefficients."""
    sd = values[group.sd]
    matrix = values.get(group.correlation_matrix, np.eye(len(sd)))
    result: Array = np.empty((sets, *lengths))
    for levels, own in group.strata(*lengths):
        count = len(range(*levels.indices(lengths[0])))
        covariance = sd[own, None] * matrix[own, own] * sd[own]
        result[:, levels] = rng.multivariate_normal(
            np.zeros(lengths[1]), covariance, (sets, count), method="eigh"
        )
    return result


def _column(stand_in: Column, values: Array, categories: tuple[str, ...]) -> Column:
    """Return drawn values as a column like the one that stood for them."""
    from varying.compiler.data.table import Kind

    if not categories:
        kind = (
            Kind.INTEGER if np.equal(values, np.round(values)).all() else Kind.NUMERIC
        )
        found = np.asarray(values, dtype=np.float64)
        return replace(stand_in, kind=kind, values=found, levels=())
    codes = np.asarray(values, dtype=np.int64)
    if stand_in.kind.is_number:
        return replace(stand_in, values=codes.astype(np.float64))
    return replace(stand_in, values=codes, levels=categories)


# ---- tables and frames ---------------------------------------------------------------


def table_of(data: Any, source: Source, base: Path) -> Table:
    """Return a design: of a file, a data frame, or the file that the spec names."""
    from varying.compiler.data.file import DataFile, read_data
    from varying.compiler.data.frames import table_from_frame
    from varying.compiler.data.wanted import Wanted
    from varying.compiler.prepare.source import data_statement

    sink = Sink(source)
    spec = parse(source, sink)
    if sink.failed:
        raise ModelError(sink.sorted())
    named = data_statement(spec)
    if data is None and named is not None:
        data = base / named.path.text
    if data is None:
        raise ModelError(
            [
                Diagnostic(
                    "needs-data",
                    "there is no design: neither the spec nor you named a file",
                    source,
                    Span(0, 0),
                    ("give one: `--data FILE` on the command line",),
                )
            ]
        )
    if not isinstance(data, str | os.PathLike):
        return table_from_frame(data)
    place = Span(0, 0) if named is None else named.path.span
    file = DataFile(Path(data), reduce=False)
    table = read_data(file, Wanted.by(spec), sink, place)
    if table is None or sink.failed:
        raise ModelError(sink.sorted())
    return table


def frame_of(table: Table) -> DataFrame:
    """Return a table as a data frame, with texts for codes."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, column in table.columns.items():
        if column.kind.is_number:
            values: Any = column.values
            if np.isfinite(values).all() and np.equal(values, np.round(values)).all():
                values = values.astype(np.int64)
            columns[name] = values
        else:
            texts = np.array([*column.levels, None], dtype=object)
            columns[name] = texts[column.values]
    return pd.DataFrame(columns)
