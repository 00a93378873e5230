"""Binding group terms: which factors, which levels, which effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Chain,
    Expr,
    ModelStatement,
    Name,
    Paren,
    PartStatement,
)
from varying.grammar.walk import column_names, postorder, smallest_with

from ..data.codes import group_levels
from ..data.schema import Schema
from ..data.spellings import warn_spellings
from ..expressions.types import report_unknown
from ..families.family import Family
from ..formula.coding import code
from ..formula.columns import INTERCEPT, DesignColumn, SpecialColumn
from ..formula.expansion import Expansion, GroupBar
from ..formula.groups import by_factor, correlated, expand_group, known_factors
from ..formula.terms import expand_bar
from ..prepare.rows import Prepared
from .bound import Grouping, GroupTerm
from .strata import bind_by


def check_dropped(expansion: Expansion, schema: Schema, sink: Sink) -> None:
    """Report names that are no columns, in what a minus takes out."""
    for variable in expansion.dropped:
        for name in column_names(variable.expression):
            if name.text not in schema.columns and name.text != ".":
                report_unknown(name, schema, sink)


@dataclass(slots=True)
class _Bars:
    """The bar terms of one grouping factor, while they are collected."""

    factors: tuple[str, ...]
    span: Span
    terms: list[GroupTerm]
    by: Name | None = None


def bind_groupings(
    bars: Sequence[GroupBar],
    response: Expr,
    prepared: Prepared,
    family: Family | None,
    sink: Sink,
    dpar: str | None = None,
    population: Sequence[SpecialColumn] = (),
) -> tuple[Grouping, ...]:
    """Return the groupings of a right side, their terms in the order written.

    Parameters
    ----------
    bars
        The group terms.
    response
        The left side of the model: no part of it can be an effect.
    prepared
        The rows used.
    family
        None if its name is at fault.
    sink
        Takes the faults.
    dpar
        The parameter that the formula is for; None: the main one.
    population
        The columns of its population part that hold parameters: effects of groups
        share these.
    """
    main = family.predictor if family is not None else "mu"
    schema = prepared.schema
    found: dict[frozenset[str], _Bars] = {}
    for bar in bars:
        expansion = expand_bar(bar, response, schema.names, sink)
        check_dropped(expansion, schema, sink)
        coded = code(expansion.terms, expansion.intercept, schema, sink)
        known = (INTERCEPT, *coded.columns) if expansion.intercept else coded.columns
        fitting = [
            one for one in coded.specials if _fits(one, known, population, bar, sink)
        ]
        columns = (*known, *(one.plain for one in fitting))
        by = by_factor(bar.group)
        if by is not None and by.text not in schema.columns:
            report_unknown(by, schema, sink)
            continue
        if by is not None:
            warn_spellings(schema.columns[by.text], by.span, sink)
        for factors in expand_group(bar.group, sink):
            there = known_factors(factors, bar.group, schema, sink)
            if not there or not columns:
                continue
            term = GroupTerm(
                f"{expression_text(bar.lhs)} {bar.bar} {':'.join(factors)}",
                dpar or main,
                columns,
                bar.bar == "|" and correlated(bar.group),
                bar.id,
                tuple(fitting),
                span=bar.span,
            )
            span = smallest_with(frozenset(factors), bar.group).span
            new = _Bars(factors, span, [], by)
            bars_of = found.setdefault(frozenset(factors), new)
            if bar.id is not None:
                # other formulas write it so as well
                bars_of.factors = factors
            _check_by(bars_of, by, bar, sink)
            if bar.id is not None and not term.correlated:
                _not_joined(bar, sink)
            _add_term(bars_of, term, sink)
    groupings = []
    for bars_of in found.values():
        levels = group_levels(bars_of.factors, prepared.table)
        _check_levels(bars_of, levels, sink)
        strata = None
        if bars_of.by is not None:
            strata, levels = bind_by(
                bars_of.by, bars_of.factors, levels, prepared.table, sink
            )
        groupings.append(
            Grouping(
                ":".join(bars_of.factors),
                bars_of.factors,
                levels,
                tuple(bars_of.terms),
                strata,
                span=bars_of.span,
            )
        )
    return tuple(groupings)


def _check_by(bars: _Bars, by: Name | None, bar: GroupBar, sink: Sink) -> None:
    """Report terms over one factor of which not all say the same of ``by``."""
    one, other = (None if name is None else name.text for name in (bars.by, by))
    if one == other:
        return
    group = ":".join(bars.factors)
    sink.add(
        "not-yet",
        bar.span,
        f"terms over `{group}` with and without the same `by=` are not compiled by "
        "this version",
        "all terms over one grouping factor have one `by=`: "
        f"`gr({group}, by={one or other})`",
    )


def _not_joined(bar: GroupBar, sink: Sink) -> None:
    """Report an id of a term that has no correlations."""
    sink.add(
        "two-bars",
        bar.span,
        f"the id `{bar.id}` joins correlations, and `cor=FALSE` leaves none",
        "leave out the id, or `cor=FALSE`",
    )


def _fits(
    column: SpecialColumn,
    known: Sequence[DesignColumn],
    population: Sequence[SpecialColumn],
    bar: GroupBar,
    sink: Sink,
) -> bool:
    """Whether a special term can be an effect of groups; reported where it cannot.

    It is the effect of the population by level: they have one simplex.
    """
    variable, group = column.specials[0], expression_text(bar.group)
    if column.known.parts or len(column.specials) > 1:
        message = f"the product `{column.term}` as a group effect is not compiled by "
        message += "this version"
        note = f"until then: `(1 + {variable.label} | {group})`"
    elif column.name not in {one.name for one in population}:
        message = f"`{variable.label}` as a group effect without one of the population "
        message += "is not compiled by this version"
        note = f"they share their steps: add `{variable.label} +`"
    elif not known:
        message = (
            f"`{variable.label}` as the only effect of a group is not compiled by "
        )
        message += "this version"
        note = f"with levels that differ in height as well: `(1 + {variable.label} | "
        note += f"{group})`"
    else:
        return True
    place = smallest_with(frozenset({variable.column}), bar.lhs).span
    sink.add("not-yet", place, message, note)
    return False


def _add_term(bars: _Bars, term: GroupTerm, sink: Sink) -> None:
    names = {column.name for other in bars.terms for column in other.columns}
    twice = [column.name for column in term.columns if column.name in names]
    if twice:
        group = ":".join(bars.factors)
        sink.add(
            "duplicate-group-effect",
            term.span,
            f"`{group}` has the effect `{twice[0]}` twice",
            "a bar has an intercept unless it says `0 +`"
            if twice[0] == "Intercept"
            else "leave it out of one of the terms",
        )
        return
    for place, other in enumerate(bars.terms):
        if term.identity is not None and other.identity == term.identity:
            bars.terms[place] = replace(
                other,
                text=f"{other.text} + {term.text}",
                columns=(*other.columns, *term.columns),
                specials=(*other.specials, *term.specials),
            )
            return
    bars.terms.append(term)


def check_identities(
    responses: Sequence[ModelStatement], schema: Schema, sink: Sink
) -> None:
    """Report ids of ``(1 |id| g)`` that join nothing, or what cannot be joined.

    What ``mvbind(y1, y2)`` has is there once for each response.
    """
    formulas = [
        formula
        for model in responses
        for formula in (
            model.formula,
            *(s.formula for s in model.body if isinstance(s, PartStatement)),
        )
    ]
    found: dict[str, list[tuple[int, str, Name]]] = {}
    for number, formula in enumerate(formulas):
        for node in postorder(formula.terms):
            match node:
                case Paren(
                    inner=Chain(
                        operators=("|", "|"), operands=(_, Name() as name, group)
                    )
                ) if name.text not in schema.columns:
                    group_text = expression_text(group)
                    found.setdefault(name.text, []).append((number, group_text, name))
    for text, places in found.items():
        places.sort(key=lambda place: place[2].span.start)
        name = places[-1][2]
        if len(places) == 1:
            _used_once(name, schema, sink)
        elif len({group for _, group, _ in places}) > 1:
            groups = " and ".join(f"`{group}`" for _, group, _ in places)
            message = f"the id `{text}` joins terms of different groups: {groups}"
            sink.add("two-bars", name.span, message)


def _used_once(name: Name, schema: Schema, sink: Sink) -> None:
    """Report an id that joins nothing: without it the term means the same.

    One that is nearly a column may be meant as a grouping factor.
    """
    text, known = sink.source.text, bool(schema.columns) and not schema.open
    start, end = text.rfind("|", 0, name.span.start), text.find("|", name.span.end)
    fix = None
    if known and not nearest(name.text, schema.columns, 1):
        edit = Edit(Span(start, end + 1), "|")
        fix = Fix("leave it out", (edit,), safe=True)
    sink.add(
        "two-bars",
        name.span,
        f"the id `{name.text}` is used once, so it joins nothing",
        "a group term is `(effects | group)`; terms with one id share their "
        "correlations",
        "for two groups write two terms, or `(1 | a/b)`, `(1 | a:b)`",
        fix=fix,
    )


def _check_levels(bars: _Bars, levels: Sequence[str], sink: Sink) -> None:
    group = ":".join(bars.factors)
    if len(levels) < 2:
        sink.add(
            "one-group",
            bars.span,
            f"the grouping factor `{group}` has one level only: {', '.join(levels)}",
            "there is nothing to vary over",
        )
    elif len(levels) < 5:
        sink.add(
            "few-groups",
            bars.span,
            f"the grouping factor `{group}` has {len(levels)} levels",
            "a standard deviation over so few is mostly its prior",
        )
