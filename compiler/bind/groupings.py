"""Binding group terms: which factors, which levels, which effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.nonlinear import names_left
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Chain,
    Expr,
    Formula,
    ModelStatement,
    Name,
    Paren,
    PartStatement,
    String,
)
from varying.grammar.walk import column_names, postorder, smallest_with

from ..data.codes import group_levels, pooled_levels
from ..data.schema import Schema
from ..data.spellings import warn_spellings
from ..expressions.types import report_unknown
from ..families.family import Family
from ..formula.coding import code
from ..formula.columns import INTERCEPT, DesignColumn, SpecialColumn
from ..formula.expansion import Expansion, GroupBar
from ..formula.group_options import EffectsDistribution, group_options, parts_of_group
from ..formula.groups import expand_group, known_factors
from ..formula.terms import expand_bar
from ..prepare.responses import family_named
from ..prepare.rows import Prepared
from .bound import Grouping, GroupTerm
from .category_groups import Thresholds, without_category
from .membership import Membership, bind_membership
from .relation import bind_relation
from .strata import bind_by


def check_dropped(expansion: Expansion, schema: Schema, sink: Sink) -> None:
    """Report names that are no columns, in what a minus takes out."""
    for variable in expansion.dropped:
        for name in column_names(variable.expression):
            if name.text not in schema.columns and name.text != ".":
                report_unknown(name, schema, sink)


@dataclass(frozen=True, slots=True)
class _GroupingOptions:
    """What a grouping factor says of its levels and effects."""

    by: Name | None
    correlated: bool
    membership: Membership | None
    distribution: EffectsDistribution
    cov: Name | String | None

    def name(self, factors: Sequence[str]) -> str:
        """Return what the grouping is called."""
        return ":".join(factors) if self.membership is None else self.membership.name


@dataclass(slots=True)
class _Bars:
    """The bar terms of one grouping factor, while they are collected."""

    factors: tuple[str, ...]
    span: Span
    terms: list[GroupTerm]
    own: _GroupingOptions


def bind_groupings(
    bars: Sequence[GroupBar],
    response: Expr,
    prepared: Prepared,
    family: Family | None,
    sink: Sink,
    dpar: str | None = None,
    population: Sequence[SpecialColumn] = (),
    thresholds: Thresholds | None = None,
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
    thresholds
        Those that ``cs()`` has effects for; None: of another formula.
    """
    main = family.predictor if family is not None else "mu"
    schema = prepared.schema
    found: dict[object, _Bars] = {}
    for written in bars:
        found_bar = without_category(written, family, thresholds is not None, sink)
        if found_bar is None:
            continue
        bar, by_threshold = found_bar
        expansion = expand_bar(bar, response, schema.names, sink)
        check_dropped(expansion, schema, sink)
        coded = code(expansion.terms, expansion.intercept, schema, sink)
        for smooth in coded.smooths:
            _smooth_of_levels(smooth.name, bar, sink)
        known = (INTERCEPT, *coded.columns) if expansion.intercept else coded.columns
        fitting = [
            one for one in coded.specials if _fits(one, known, population, bar, sink)
        ]
        columns = (*known, *(one.plain for one in fitting))
        if by_threshold and thresholds is not None:
            if fitting:
                _special_of_thresholds(fitting[0], bar, sink)
                continue
            columns = thresholds.columns(columns)
        for factors, own, part in _factors_of(bar, prepared, sink):
            if not columns:
                continue
            term = GroupTerm(
                f"{expression_text(written.lhs)} {bar.bar} {own.name(factors)}",
                dpar or main,
                columns,
                bar.bar == "|" and own.correlated,
                bar.id,
                tuple(fitting),
                span=bar.span,
            )
            if own.membership is not None and fitting:
                _special_of_members(fitting[0], bar, own.membership, sink)
                continue
            span = smallest_with(frozenset(factors), part).span
            new = _Bars(factors, span, [], own)
            key = frozenset(factors), own.membership is not None
            bars_of = found.setdefault(key, new)
            if bar.id is not None:
                # other formulas write it so as well
                bars_of.factors = factors
            _check_alike(bars_of, own, bar, sink)
            if bar.id is not None and not term.correlated:
                _not_joined(bar, sink)
            _add_term(bars_of, term, sink)
    groupings = []
    for bars_of in found.values():
        by, membership = bars_of.own.by, bars_of.own.membership
        pooled = membership is not None
        levels_of = pooled_levels if pooled else group_levels
        every = prepared.every_row
        levels = levels_of(bars_of.factors, every)
        check_levels(bars_of.own.name(bars_of.factors), levels, bars_of.span, sink)
        strata = None
        if by is not None:
            strata, levels = bind_by(by, bars_of.factors, levels, every, sink)
        relation = None
        if bars_of.own.cov is not None and not schema.open:
            name = bars_of.own.name(bars_of.factors)
            cov = bars_of.own.cov
            relation = bind_relation(cov, name, levels, every, sink)
        groupings.append(
            Grouping(
                bars_of.own.name(bars_of.factors),
                bars_of.factors,
                levels,
                tuple(bars_of.terms),
                strata,
                membership,
                bars_of.own.distribution,
                relation,
                span=bars_of.span,
            )
        )
    _check_names(groupings, sink)
    return tuple(groupings)


def _factors_of(
    bar: GroupBar, prepared: Prepared, sink: Sink
) -> Iterator[tuple[tuple[str, ...], _GroupingOptions, Expr]]:
    """Yield the grouping factors of a bar that are known, each with its options."""
    schema = prepared.schema
    # `g + g` is one grouping, and so are `a:b` and `b:a`
    done: set[object] = set()
    for part in parts_of_group(bar.group):
        options = group_options(part, sink)
        if options is None:
            continue
        by = options.by
        if by is not None and by.text not in schema.columns:
            report_unknown(by, schema, sink)
            continue
        if by is not None:
            warn_spellings(schema.columns[by.text], by.span, sink)
        for factors in expand_group(part, sink):
            if not known_factors(factors, part, schema, sink):
                continue
            membership = None
            if options.members is not None:
                membership = bind_membership(options.members, prepared, sink)
                if membership is None:
                    continue
            own = _GroupingOptions(
                by, options.correlated, membership, options.distribution, options.cov
            )
            key = frozenset(factors), own
            if key not in done:
                done.add(key)
                yield factors, own, part


def _special_of_members(
    column: SpecialColumn, bar: GroupBar, membership: Membership, sink: Sink
) -> None:
    """Report an effect of pooled levels that is of a column with parameters."""
    variable = column.specials[0]
    sink.add(
        "not-yet",
        smallest_with(frozenset({variable.column}), bar.lhs).span,
        f"`{variable.label}` as an effect of `{membership.text}` is not compiled by "
        "this version",
        f"until then: `(1 | {membership.text})`",
    )


def _special_of_thresholds(column: SpecialColumn, bar: GroupBar, sink: Sink) -> None:
    """Report effects of each threshold that are of a column with parameters."""
    label = column.specials[0].label
    sink.add(
        "not-yet",
        bar.span,
        f"`{label}` inside of `cs()` is not compiled by this version",
        "until then: the levels as a factor, or as a number",
    )


def _check_names(groupings: Sequence[Grouping], sink: Sink) -> None:
    """Report two groupings that would be called the same."""
    names = [one.name for one in groupings]
    for grouping in groupings:
        if grouping.membership is not None and names.count(grouping.name) > 1:
            sink.add(
                "invalid-group",
                grouping.span,
                f"`{grouping.membership.text}` is called `{grouping.name}`, and so is "
                "another grouping factor",
                "give one of the columns another name before the formula: "
                "`let school = ...`",
            )


def _check_alike(bars: _Bars, own: _GroupingOptions, bar: GroupBar, sink: Sink) -> None:
    """Report terms over one factor of which not all say the same of its levels."""
    if own.membership != bars.own.membership:
        assert own.membership is not None
        sink.add(
            "not-yet",
            bar.span,
            f"terms over `{own.membership.text}` with different weights are not "
            "compiled by this version",
            "all terms over one grouping factor have the same `weights=` and `scale=`",
        )
    if own.distribution != bars.own.distribution:
        group = own.name(bars.factors)
        sink.add(
            "not-yet",
            bar.span,
            f"terms over `{group}` with and without `dist=student` are not compiled by "
            "this version",
            "all terms over one grouping factor have the same `dist=`",
        )
    if own.cov != bars.own.cov:
        group = own.name(bars.factors)
        sink.add(
            "not-yet",
            bar.span,
            f"terms over `{group}` with and without the same `cov=` are not compiled "
            "by this version",
            "all terms over one grouping factor have the same `cov=`",
        )
    both = bars.own.by, own.by
    one, other = (None if name is None else name.text for name in both)
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


def _smooth_of_levels(name: str, bar: GroupBar, sink: Sink) -> None:
    """Report curves of levels."""
    group = expression_text(bar.group)
    sink.add(
        "not-yet",
        bar.span,
        f"curves of levels, `({name} | {group})`, are not compiled by this version",
        "until then: a curve for all of them, and straight lines that differ: "
        f"`{name} + (1 + x | {group})`",
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
        group = bars.own.name(bars.factors)
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

    What ``mvbind(y1, y2)`` has is there once for each response, the formula of a family
    with several main predictors once for each of these, and ``a + k ~ ...`` for both.
    """
    formulas: list[Formula] = []
    for model in responses:
        formulas += [model.formula] * (2 if _several(model) else 1)
        for part in model.body:
            if isinstance(part, PartStatement):
                times = max(len(names_left(part.formula.response)), 1)
                formulas += [part.formula] * times
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


def _several(model: ModelStatement) -> bool:
    family = family_named(model.formula)
    return family is not None and bool(family.mains)


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


def check_levels(group: str, levels: Sequence[str], span: Span, sink: Sink) -> None:
    """Report a grouping factor with one level, or with few."""
    if len(levels) < 2:
        sink.add(
            "one-group",
            span,
            f"the grouping factor `{group}` has one level only: {', '.join(levels)}",
            "there is nothing to vary over",
        )
    elif len(levels) < 5:
        sink.add(
            "few-groups",
            span,
            f"the grouping factor `{group}` has {len(levels)} levels",
            "a standard deviation over so few is mostly its prior",
        )
