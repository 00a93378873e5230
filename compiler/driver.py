"""The stages in their order: the table of contents of the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from varying.grammar.diagnostics import (
    Diagnostic,
    ModelError,
    Severity,
    Sink,
    did_you_mean,
)
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.tree import (
    DataStatement,
    ModelStatement,
    PriorStatement,
    Spec,
)

from .bind import bind
from .bound import BoundModel
from .checks import check_rows
from .fill import fill
from .ir import Frame, Program
from .learn import learn
from .lower import PriorRow, lower
from .passes import optimize
from .prepare import NO_DATA, Prepared, prepare
from .read import WHOLE_FILE, read_table
from .responses import response_values
from .table import Table

#: Errors that leave the columns and groups of the design as they are.
BESIDE_THE_DESIGN = frozenset({"group-per-row", "one-category", "one-group"})
ABOUT_PRIORS = frozenset(
    {"duplicate-prior", "prior-support", "unknown-distribution", "unknown-target"}
)

#: Rules about the values of the rows used: silent where these are not certain.
ABOUT_VALUES = frozenset(
    {
        "few-groups",
        "group-per-row",
        "guessed-order",
        "one-category",
        "one-group",
        "one-level",
        "response-support",
        "unused-level",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Designed:
    """A model whose names and types are resolved, with the rows it uses.

    ``diagnostics`` may hold errors that leave the design as it is: a grouping
    factor with one level, a prior with an unknown target.
    """

    prepared: Prepared
    bound: BoundModel
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """One model of a spec, compiled against data.

    Attributes
    ----------
    spec
        The tree of the whole text.
    prepared
        The rows used, and those dropped with the reason.
    bound
        The model with its names resolved.
    frame
        The arrays of the program's slots, after the passes.
    lowered, program
        The program before and after the passes.
    priors
        Every prior, with its reason.
    diagnostics
        Warnings and notes; an error would have been raised.
    """

    spec: Spec
    prepared: Prepared
    bound: BoundModel
    frame: Frame
    lowered: Program
    program: Program
    priors: tuple[PriorRow, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def data_path(self) -> str | None:
        """The data file as the spec names it, if it names one."""
        statement = _data_statement(self.spec)
        return statement.path.text if statement is not None else None


def check(
    source: Source,
    table: Table | None = None,
    *,
    base: Path | None = None,
    model: str | None = None,
) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a spec, in the order of its places.

    Parameters
    ----------
    source
        The text.
    table
        The data; otherwise the file that the spec names, if it names one.
    base
        The folder that the spec's file names are relative to.
    model
        Check this model only; otherwise all.
    """
    sink = Sink(source)
    spec = parse(source, sink)
    chosen = spec.models if model is None else _choose(spec, model, sink)
    prepared = _prepared(spec, table, base, sink)
    for statement, bound in _bind(spec, chosen, prepared, sink):
        if bound is not None and not sink.failed:
            check_rows(bound, prepared.table, statement.formula.terms, sink)
    named = _data_statement(spec)
    if prepared.table.partial and named is not None:
        sink.add(
            "partial-data",
            named.path.span,
            f"only the first {prepared.read:,} rows of the data were checked",
            "a fit reads them all",
        )
    return sink.sorted()


def design_spec(
    source: Source,
    table: Table | None = None,
    *,
    base: Path | None = None,
    model: str | None = None,
) -> Designed:
    """Return the design of one model, although it may have other faults.

    Raises
    ------
    ModelError
        With everything found, where a fault leaves the design in doubt.
    """
    sink = Sink(source)
    bound, prepared, _ = _bound(source, table, base, model, sink)
    beside = {*BESIDE_THE_DESIGN, *ABOUT_PRIORS}
    doubtful = any(
        found.severity is Severity.ERROR and found.rule not in beside
        for found in sink.diagnostics
    )
    if bound is None or doubtful:
        raise ModelError(sink.sorted())
    return Designed(prepared, bound, sink.sorted())


def compile_spec(
    source: Source,
    table: Table | None = None,
    *,
    base: Path | None = None,
    model: str | None = None,
) -> Compiled:
    """Compile one model of a spec against data.

    Parameters
    ----------
    source, table, base
        As for ``check``.
    model
        Name of the model; None: the only one, or ``main``.

    Raises
    ------
    ModelError
        With everything found, if an error is among it.
    """
    sink = Sink(source)
    bound, prepared, spec = _bound(source, table, base, model, sink)
    sink.raise_errors()
    assert bound is not None  # without an error there is one
    sink.raise_errors()
    column = prepared.table.columns[bound.response.column]
    learned = learn(bound, prepared.table, response_values(bound.response, column))
    lowered, priors = lower(bound, learned)
    written = fill(lowered, prepared.table, bound.response)
    program, frame = optimize(lowered, written)
    return Compiled(
        spec, prepared, bound, frame, lowered, program, priors, sink.sorted()
    )


def _bound(
    source: Source,
    table: Table | None,
    base: Path | None,
    model: str | None,
    sink: Sink,
) -> tuple[BoundModel | None, Prepared, Spec]:
    """Bind the chosen model to the whole of its data, and check its rows."""
    spec = parse(source, sink)
    chosen = _choose(spec, model, sink)
    prepared = _prepared(spec, table, base, sink, whole=True)
    if table is None and _data_statement(spec) is None:
        sink.add(
            "needs-data",
            Span(0, 0),
            "the spec names no data file and none was given",
            'write `data "file.csv"`, or give the data to the call',
        )
    bound = None
    for statement, bound in _bind(spec, chosen, prepared, sink):
        if bound is not None and not sink.failed:
            check_rows(bound, prepared.table, statement.formula.terms, sink)
    return bound, prepared, spec


def _choose(spec: Spec, name: str | None, sink: Sink) -> tuple[ModelStatement, ...]:
    """Return the model of a name as the only element; nothing after a fault."""
    models = {statement.label: statement for statement in spec.models}
    if not models:
        return ()
    if name is None:
        if len(models) == 1:
            return spec.models
        if "main" in models:
            return (models["main"],)
        sink.add(
            "ambiguous-model",
            Span(0, 0),
            "the file has several models and none was chosen",
            f"models: {', '.join(models)}",
        )
        return ()
    if name not in models:
        notes, _ = did_you_mean(name, tuple(models), Span(0, 0), "models")
        sink.add("unknown-model", Span(0, 0), f"the file has no model `{name}`", *notes)
        return ()
    return (models[name],)


def _data_statement(spec: Spec) -> DataStatement | None:
    found = [s for s in spec.statements if isinstance(s, DataStatement)]
    return found[0] if found else None


def _prepared(
    spec: Spec,
    table: Table | None,
    base: Path | None,
    sink: Sink,
    whole: bool = False,
) -> Prepared:
    """Return the rows used; without data, or if they cannot be read, an outline.

    A check is content with the head of a very long file; a fit needs it whole.
    """
    statement = _data_statement(spec)
    if table is None and statement is not None:
        path = Path(statement.path.text)
        if base is not None:
            path = base / path
        limits = {"head": WHOLE_FILE} if whole else {}
        table = read_table(path, sink, statement.path.span, **limits)
    return prepare(spec, NO_DATA if table is None else table, sink)


def _bind(
    spec: Spec, chosen: Sequence[ModelStatement], prepared: Prepared, sink: Sink
) -> list[tuple[ModelStatement, BoundModel | None]]:
    """Bind the chosen models.

    Of a prior before the first model it is enough that one model has its target,
    so the others are bound as well. Where the rows are not certain, nothing is
    said of their values.
    """
    common = [s.span for s in spec.statements if isinstance(s, PriorStatement)]
    every = spec.models if common else chosen
    sinks = [Sink(sink.source) for _ in every]
    models = [
        (statement, bind(spec, statement, prepared, own), own)
        for statement, own in zip(every, sinks, strict=True)
    ]
    unknown = [
        {found.span for found in own.diagnostics if found.rule == "unknown-target"}
        for own in sinks
    ]
    everywhere = set.intersection(*unknown) if unknown else set()
    bound: list[tuple[ModelStatement, BoundModel | None]] = []
    for statement, model, own in models:
        if not any(statement is one for one in chosen):
            continue
        bound.append((statement, model))
        for found in own.diagnostics:
            shared = found.rule == "unknown-target" and any(
                span.start <= found.span.start < span.end for span in common
            )
            doubtful = not prepared.certain and found.rule in ABOUT_VALUES
            if shared:
                doubtful = found.span not in everywhere
                everywhere.discard(found.span)
                same = [d for one in sinks for d in one.diagnostics]
                same = [d for d in same if (d.span, d.rule) == (found.span, found.rule)]
                found = next((d for d in same if d.fix is not None), found)
            if not doubtful:
                text = (found.message, *found.notes)
                sink.add(found.rule, found.span, *text, fix=found.fix)
    return bound
