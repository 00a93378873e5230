"""What stands for the responses of a design until they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from varying.grammar.diagnostics import ModelError, Sink
from varying.grammar.parser import parse
from varying.grammar.printer import name_text
from varying.grammar.tree import LetStatement
from varying.grammar.walk import column_names

from .answers import DrawnAnswers, answers_of
from .cut_off import CutOff, cut_off
from .faults import undrawable
from .stated import stated_levels, whole_numbers
from .times import Times, times_of

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Column, Table
    from varying.compiler.prepare.responses import Written
    from varying.compiler.prepare.subset import Choice
    from varying.grammar.source import Source
    from varying.grammar.tree import Expr, ModelStatement, Spec

__all__ = ["check_read", "with_responses"]


def with_responses(
    source: Source, table: Table, model: str | None
) -> tuple[Table, dict[str, Times], dict[str, CutOff], dict[str, DrawnAnswers]]:
    """Return a design with values that a response could have, in place of any.

    And by their column between which knots times are, where responses are cut off, and
    what their answers are drawn into.
    """
    from varying.compiler.prepare.responses import family_named, responses_of
    from varying.compiler.prepare.subset import choices, subset_of, subsets

    from .columns import stand_ins

    sink = Sink(source)
    spec = parse(source, sink)
    if sink.failed:
        raise ModelError(sink.sorted())
    found = _chosen(spec, model)
    written = () if found is None else responses_of(found).written
    chosen = () if found is None else (found,)
    for model_ in chosen:
        calls = [call for call in subsets(model_) if call is not None]
        if calls and subset_of(model_) is None:
            raise undrawable(
                source,
                calls[0].span,
                "data are not drawn by this version for responses with rows of their "
                "own",
                "draw all rows, and write the condition into the spec that fits them",
                rule="not-yet",
            )
    conditions = tuple(choices(spec, chosen))
    answers: dict[str, DrawnAnswers] = {}
    what = {one.text: f"the response `{one.text}`" for one in written}
    for one in written:
        told = answers_of(one, written, spec, table, source)
        if told is not None:
            answers[one.text] = told
            what[told.column.name] = f"the answers `{told.column.name}`"
    _check_choices(spec, conditions, what, source)
    columns: list[Column] = []
    times: dict[str, Times] = {}
    cut: dict[str, CutOff] = {}
    drawn = [one.text for one in written]
    for one in written:
        family = family_named(one.formula)
        if family is not None and family.has_columns:
            columns += stand_ins(one, family, table, source)
            continue
        column = _stand_in(one, spec, table, source)
        if family is None:
            columns.append(column)
            continue
        own = times_of(one, written, spec, source) if family.events else None
        ends = cut_off(one, family, spec, table, source, drawn, own)
        if ends is not None:
            cut[one.text] = ends
            if stated_levels(one.text, spec) is None:
                column = ends.stand_in(column)
        columns.append(column)
        if own is not None:
            times[one.text] = own
            columns += own.ended_at(column.values)
    columns += [told.column for told in answers.values()]
    return table.adding(columns), times, cut, answers


def check_read(compiled: Compiled, cut: Mapping[str, CutOff]) -> None:
    """Refuse what reads a response that is recorded otherwise than it is drawn."""
    from varying.compiler.bind.chained import responses_read

    censored = {name for name, one in cut.items() if one.is_censored}
    each = {one.response.name: one.statement for one in compiled.joint.members}
    for name, others in responses_read(compiled.spec, each).items():
        for other in censored.intersection(others):
            raise undrawable(
                compiled.spec.source,
                each[name].formula.span,
                f"`{other}` is censored and a predictor of `{name}`: drawing the two "
                "together is not possible yet",
                f"draw `{other}` first, by a spec of it alone, and then `{name}` with "
                "these data as its design",
                rule="not-yet",
            )


def _check_choices(
    spec: Spec,
    conditions: Sequence[Choice],
    drawn: Mapping[str, str],
    source: Source,
) -> None:
    """Refuse to choose rows by what is drawn, which has no values before.

    ``drawn`` says what each such column is.
    """
    read = dict(drawn)

    def what(node: Expr) -> str | None:
        found = (read[n.text] for n in column_names(node) if n.text in read)
        return next(found, None)

    # `where` may stand above the `let`s that it reads; these stand in their order
    for one in spec.statements:
        if isinstance(one, LetStatement):
            known = what(one.expression)
            if known is not None:
                read.setdefault(one.name.text, f"`{one.name.text}`, of {known}")
    for choice in conditions:
        known = what(choice.condition)
        if known is None:
            continue
        raise undrawable(
            source,
            choice.span,
            f"`{choice.word}` reads {known}, which is drawn only afterwards",
            f"data are drawn for the rows that `{choice.word}` leaves: take this "
            "condition out of the spec that draws; `varying simulate` writes data that "
            "another spec, which has it, fits",
            rule="not-yet",
        )


def _chosen(spec: Spec, model: str | None) -> ModelStatement | None:
    """Return the model wanted; None where the compiler will say what is wrong."""
    wanted = "main" if model is None and len(spec.models) > 1 else model
    return next((m for m in spec.models if wanted is None or m.label == wanted), None)


def _stand_in(one: Written, spec: Spec, table: Table, source: Source) -> Column:
    from varying.compiler.data.table import Column, Kind
    from varying.compiler.prepare.responses import family_named
    from varying.grammar.tree import Name
    from varying.grammar.walk import left_of_bar, unwrap

    node = unwrap(left_of_bar(one.formula.response))
    if not isinstance(node, Name):
        raise undrawable(
            source,
            node.span,
            f"`{one.text}` is no column, so that none can be drawn",
            "simulate draws what stands left of `~`: name a column there, and say the "
            "rest by the family (`log(rt) ~ x` is `rt ~ x, family=lognormal`)",
        )
    rows = np.arange(table.rows)
    family = family_named(one.formula)
    kind = "continuous" if family is None else family.response
    levels = stated_levels(one.text, spec)
    if levels is not None:
        numbers = whole_numbers(levels)
        if numbers is not None:
            chosen = np.array(numbers, dtype=np.float64)[rows % len(numbers)]
            return Column(one.text, Kind.INTEGER, chosen)
        return Column(one.text, Kind.TEXT, rows % len(levels), levels)
    if kind in ("ordinal", "nominal"):
        listed = "ordered(1..7)" if kind == "ordinal" else "factor(bus, car, train)"
        raise undrawable(
            source,
            node.span,
            f"the categories of `{one.text}` are not declared",
            f"the design has no answers to take them from: write `column "
            f"{name_text(one.text)}: {listed}`, with yours",
        )
    if kind == "continuous":
        return Column(one.text, Kind.NUMERIC, (rows + 1.0) / (table.rows + 1.0))
    return Column(one.text, Kind.INTEGER, (rows % 2).astype(np.float64))
