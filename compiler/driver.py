"""The stages in their order: the table of contents of the compiler.

``check`` parses, reads, prepares, binds and looks at the rows. ``compile_spec`` goes
on: it learns, lowers, fills and optimizes. ``for_sampler`` is the last stage: the
passes for sampling, and behind them the kernel's tapes or the PyMC graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

from varying.grammar.allowed import reported
from varying.grammar.diagnostics import (
    Diagnostic,
    ModelError,
    Severity,
    Sink,
    nearest,
)
from varying.grammar.source import Span
from varying.grammar.tree import (
    CellStatement,
    KeepStatement,
    ModelStatement,
    PriorStatement,
    QuantityStatement,
    Spec,
    TestStatement,
)

from .bind.bound import JointModel
from .bind.checks import check_rows
from .bind.common import OF_ANY_MODEL, inside, is_common, unknown_everywhere
from .bind.model import bind
from .bind.options import has_own_rows
from .bind.response import response_values
from .compiled import Compiled, Designed, Outline
from .data.head import of_the_head
from .expressions.bare_names import settle_names
from .expressions.evaluation import FunctionFault
from .families.own import naming
from .lints import lint
from .prepare.models import RowsOfModels, rows_of_models
from .prepare.request import Request
from .prepare.rows import Prepared
from .prepare.source import data_statement
from .prepare.subset import subsets

if TYPE_CHECKING:
    from .sampled import Sampled

__all__ = [
    "Request",
    "check",
    "compile_or_outline",
    "compile_spec",
    "design_spec",
    "for_sampler",
]

#: Statements, and rules, whose faults leave the columns and groups of the design
#: as they are.
BESIDE_THE_DESIGN = (
    CellStatement,
    KeepStatement,
    PriorStatement,
    QuantityStatement,
    TestStatement,
)
ABOUT_COUNTS = frozenset(
    {
        "constant-response",
        "group-per-row",
        "nothing-to-estimate",
        "one-category",
        "one-group",
    }
)

#: Rules about the values of the rows used: silent where these are not certain.
ABOUT_VALUES = frozenset(
    {
        "few-groups",
        "group-per-row",
        "decimal-comma",
        "guessed-order",
        "level-per-row",
        "made-dates",
        "merged-spellings",
        "one-category",
        "one-group",
        "one-level",
        "response-support",
        "similar-levels",
        "summary-row",
        "unused-level",
    }
)


def _naming[T](stage: Callable[[Request], T]) -> Callable[[Request], T]:
    """Let the spec of a request name the caller's families."""

    @wraps(stage)
    def named(request: Request) -> T:
        with naming(request.families):
            return stage(request)

    return named


@_naming
def check(request: Request) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a spec, in the order of its places.

    That is of the model asked for; of all, if none is.
    """
    sink, model = Sink(request.source), request.model
    spec = request.reader.parse(request.source, sink)
    chosen = spec.models if model is None else _choose(spec, model, sink)
    with _calling(sink):
        rows = rows_of_models(spec, chosen, _alone(spec), request, sink)
        _bind(spec, chosen, rows, sink, hints=True)
        settle_names(rows.shared.table, sink)
    named = data_statement(spec)
    prepared = rows.shared
    if prepared.table.partial:
        place = Span(0, 0) if named is None else named.path.span
        sink = of_the_head(sink, prepared.read, place)
    every = [prepared, *rows.own.values()]
    complete = model is None and all(one.certain for one in every)
    complete &= not any(one.table.partial or one.table.open for one in every)
    return reported(sink, complete=complete and not sink.failed)


@_naming
def design_spec(request: Request) -> Designed:
    """Return the design of one model, although it may have other faults.

    Raises
    ------
    ModelError
        With everything found, where a fault leaves the design in doubt.
    """
    sink = Sink(request.source)
    found = _bound(request, sink)
    if found.without_data:
        _needs_data(sink)
    if found.bound is None or _design_in_doubt(found.spec, sink):
        raise ModelError(reported(sink))
    return Designed(found.prepared, found.bound, reported(sink))


def _design_in_doubt(spec: Spec, sink: Sink) -> bool:
    """Whether an error may be about the columns or the groups of the design."""
    statements = [*spec.statements, *(s for m in spec.models for s in m.body)]
    beside = [s.span for s in statements if isinstance(s, BESIDE_THE_DESIGN)]
    return any(
        found.severity is Severity.ERROR
        and found.rule not in ABOUT_COUNTS
        and not any(inside(found.span, span) for span in beside)
        for found in sink.diagnostics
    )


@_naming
def compile_spec(request: Request) -> Compiled:
    """Compile one model of a spec against data.

    Raises
    ------
    ModelError
        With everything found, if an error is among it.
    """
    sink = Sink(request.source)
    with _calling(sink):
        found = _bound(request, sink)
    if found.without_data:
        _needs_data(sink)
    return _compiled(found, sink)


@_naming
def compile_or_outline(request: Request) -> Compiled | Outline:
    """Compile one model, or without data only check it; see ``compile_spec``."""
    sink = Sink(request.source)
    with _calling(sink):
        found = _bound(request, sink)
    if not found.without_data:
        return _compiled(found, sink)
    _raise_errors(sink)
    assert found.name is not None  # without an error there is one
    return Outline(found.spec, found.name, reported(sink))


@dataclass(frozen=True, slots=True, eq=False)
class _Bound:
    """What a chosen model came to; nothing is, after faults, in place of it."""

    spec: Spec
    name: str | None
    prepared: Prepared
    bound: JointModel | None
    without_data: bool


def _bound(request: Request, sink: Sink) -> _Bound:
    """Bind the chosen model to the whole of its data, and check its rows."""
    spec = request.reader.parse(request.source, sink)
    chosen = _choose(spec, request.model, sink)
    rows = rows_of_models(spec, chosen, _alone(spec), request, sink, whole=True)
    bound = _bind(spec, chosen, rows, sink)
    settle_names(rows.shared.table, sink)
    without = request.table is None and data_statement(spec) is None
    return _Bound(
        spec,
        chosen[0].label if chosen else None,
        rows.of(chosen[0]) if chosen else rows.shared,
        bound[0] if bound else None,
        without,
    )


def _alone(spec: Spec) -> list[str]:
    """Return the names of the models that have rows of their own."""
    return [
        model.label
        for model in spec.models
        if has_own_rows(model) or any(subsets(model))
    ]


def _needs_data(sink: Sink) -> None:
    sink.add(
        "needs-data",
        Span(0, 0),
        "the spec names no data file and none was given",
        'name a file in the spec (`data "file.csv"`), or give one: `--data FILE` on '
        "the command line, `varying.compile(spec, data)` in Python",
    )


def _raise_errors(sink: Sink) -> None:
    if sink.failed:
        raise ModelError(reported(sink))


def _compiled(found: _Bound, sink: Sink) -> Compiled:
    # `check` ends before these, and is the quicker for not importing them
    from .lower.learn import learn
    from .lower.program import lower
    from .passes import optimize
    from .program.fill import fill

    _raise_errors(sink)
    bound, prepared = found.bound, found.prepared
    assert bound is not None  # without an error there is one
    each = [prepared.of(one.main.response) for one in bound.members]
    learned = [
        learn(one, own.table, response_values(one.response, own.table), own.computed)
        for one, own in zip(bound.members, each, strict=True)
    ]
    counted = prepared.table.counts is not None
    own_rows = frozenset(prepared.kept)
    lowered, priors = lower(bound, learned, counted=counted, own_rows=own_rows)
    tables = {
        one.rows: own.table for one, own in zip(lowered.likelihoods, each, strict=True)
    }
    written = fill(lowered, prepared.table, tables)
    program, frame = optimize(lowered, written)
    return Compiled(
        found.spec, prepared, bound, frame, lowered, program, priors, reported(sink)
    )


def for_sampler(compiled: Compiled) -> Sampled:
    """Return what a sampler sees of a compiled model: a kernel's tapes, or a graph."""
    from .sampled import Sampled

    return Sampled(compiled)


def _choose(spec: Spec, wanted: str | None, sink: Sink) -> tuple[ModelStatement, ...]:
    """Return the model wanted, the only one, or ``main``; nothing after a fault."""
    models = {statement.label: statement for statement in spec.models}
    known = ", ".join(f"`{name}`" for name in models) or "none"
    if wanted is None and len(models) <= 1:
        return spec.models
    chosen = models.get("main" if wanted is None else wanted)
    if chosen is not None:
        return (chosen,)
    if wanted is None:
        sink.add(
            "ambiguous-model",
            Span(0, 0),
            f"the spec has {len(models)} models and none is chosen: {known}",
            "choose one by its name: `model=` in Python, `--model` on the command line",
        )
    else:
        close = nearest(wanted, models)
        sink.add(
            "unknown-model",
            Span(0, 0),
            f"there is no model called `{wanted}`",
            f"did you mean `{close[0]}`?" if close else f"models: {known}",
        )
    return ()


@contextmanager
def _calling(sink: Sink) -> Iterator[None]:
    """Report what goes wrong inside a function of the caller's."""
    try:
        yield
    except FunctionFault as fault:
        sink.add("function-failed", fault.span, fault.message, *fault.notes)
        raise ModelError(sink.sorted()) from fault.__cause__


def _bind(
    spec: Spec,
    chosen: Sequence[ModelStatement],
    rows: RowsOfModels,
    sink: Sink,
    *,
    hints: bool = False,
) -> list[JointModel | None]:
    """Bind the chosen models, and check their rows; ``hints`` are for ``check``.

    Of a prior before the first model, a quantity, a test or a contrast it is enough
    that one model has what it names, so the others are bound as well. Where the rows
    are not certain, nothing is said of their values.
    """
    common = [s for s in spec.statements if isinstance(s, OF_ANY_MODEL)]
    every = spec.models if common else chosen
    found: list[JointModel | None] = []
    sinks: list[Sink] = []
    for statement in every:
        own = Sink(sink.source)
        prepared = rows.of(statement)
        model = bind(spec, statement, prepared, own)
        sinks.append(own)
        if not any(statement is one for one in chosen):
            continue
        found.append(model)
        named = (statement.label,) if len(spec.models) > 1 else ()
        for fault in own.diagnostics:
            if not prepared.certain and fault.rule in ABOUT_VALUES:
                continue
            if is_common(fault, common):
                continue
            sink.keep(fault, *named)
        large = any(fault.rule == "too-many-coefficients" for fault in own.diagnostics)
        if model is not None and prepared.certain and not large:
            rest = Sink(sink.source)
            for member in model.members:
                its = prepared.of(member.main.response)
                check_rows(member, its.table, rest)
            if not sink.failed and not rest.failed:
                for member in model.members:
                    its = prepared.of(member.main.response)
                    lint(member, its, spec, rest, hints=hints)
            for fault in rest.diagnostics:
                sink.keep(fault, *named)
    if chosen:
        for shared in common:
            for fault in unknown_everywhere(shared, sinks):
                text = (fault.message, *fault.notes)
                sink.add(fault.rule, fault.span, *text, fix=fault.fix)
    return found
