"""Binding one response, without the priors, which are those of the whole model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from varying.grammar.diagnostics import Edit, Fix, Severity, Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    Chain,
    ColumnStatement,
    Expr,
    ModelStatement,
    Option,
    PartStatement,
    Spec,
)
from varying.grammar.walk import column_names, plain_number, postorder

from ..data.schema import Schema
from ..families.family import Family
from ..families.link import Link
from ..formula.coding import code
from ..formula.expansion import Expansion
from ..formula.leaks import check_leaks
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .baseline import with_baseline
from .body import bind_body
from .bound import (
    Body,
    BoundModel,
    BoundPredictor,
    Grouping,
    Layout,
    Population,
    PriorText,
    Response,
)
from .category import bind_category, split_category
from .category_groups import thresholds_of
from .effects import GroupEffects
from .groupings import bind_groupings, check_dropped
from .items import with_items
from .known_scale import with_known_scale
from .mains import (
    by_category,
    of_response,
    with_mains,
    with_reference,
    with_reference_target,
)
from .mixture import with_shares
from .nonlinear import NonLinear, bind_inner, main_curve, nonlinear
from .offsets import bind_offsets
from .options import check_threshold, family_of, link_of, read_options, word_of
from .ordinal import with_thresholds
from .parts import bind_parts
from .persons import split_persons, with_person_targets, with_persons
from .priors.scalars import ScalarParameters, targets_of
from .question import Keep
from .questions.keep import bind_keep
from .response import bind_response
from .several import OneResponse

Parameterization = Literal["auto", "centered", "noncentered"]


@dataclass(frozen=True, slots=True)
class ResponseDraft:
    """What binding one response has come to; None is what a fault has left out."""

    one: OneResponse
    options: Mapping[str, Option]
    family: Family | None
    link: Link | None
    response: Response | None
    population: Population
    groupings: tuple[Grouping, ...]
    others: tuple[BoundPredictor, ...]
    whole: bool
    keep: tuple[Keep, ...]
    guessed: frozenset[str] | None
    possible: tuple[str, ...]
    curves: NonLinear | None
    body: Body | None
    first: BoundPredictor | None = None

    @property
    def main_target(self) -> str:
        """What targets of the main predictor begin with, without its dot."""
        if self.first is None:
            return self.one.name
        return replace(self.first, response=self.one.name).target[:-1]

    def targets(self, joined: Sequence[GroupEffects]) -> ScalarParameters:
        """Return what priors may be about."""
        found = targets_of(
            self.family,
            self.population,
            self.groupings,
            self.others,
            self.guessed,
            self.possible,
            self.one.name,
            joined,
            self.first,
        )
        found = with_person_targets(found, self.response, self.one.name)
        found = with_reference_target(found, self.family, self.response, self.one.name)
        return with_thresholds(found, self.family, self.response, self.one.name)

    @property
    def terms(self) -> frozenset[str]:
        """What its formula has: coefficients, and grouping factors."""
        columns = (column.name for column in self.population.columns)
        return frozenset(columns) | {f"| {g.name}" for g in self.groupings}

    @property
    def parameterization(self) -> Parameterization:
        """How its group effects are sampled, if the user says so."""
        return cast(Parameterization, word_of(self.options, "parameterization", "auto"))

    @property
    def sure(self) -> bool:
        """Whether all of its parts are known."""
        return self.whole and self.guessed == frozenset()

    def bound(
        self, text: str, priors: tuple[tuple[str, PriorText], ...]
    ) -> BoundModel | None:
        """Return the response with the priors of the model."""
        if self.family is None or self.link is None or self.response is None:
            return None
        if main_curve(self.curves) is not None and self.body is None:
            return None
        statement = self.one.statement
        main = self.first or BoundPredictor(
            self.family.predictor,
            self.link,
            self.population,
            self.groupings,
            statement.formula.terms,
            body=self.body,
        )
        main = replace(main, response=self.one.name)
        return BoundModel(
            name=statement.label,
            text=text,
            response=self.response,
            family=self.family,
            predictors=(main, *self.others),
            priors=priors,
            keep=self.keep,
            parameterization=self.parameterization,
            thresholds=cast(Layout, word_of(self.options, "threshold", "flexible")),
            statement=statement,
        )


def draft_of(
    spec: Spec, one: OneResponse, prepared: Prepared, sink: Sink
) -> ResponseDraft:
    """Bind one response without the priors, which are those of the whole model."""
    model, schema = one.statement, prepared.schema
    options = read_options(model.formula.options, sink)
    family = family_of(options.get("family"), sink)
    link = link_of(options, family, sink)
    if family is not None and link is not None:
        family = family.with_link(link.name)
    family = with_shares(family, model, sink)
    check_threshold(options, family, sink)
    declared = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    response = bind_response(
        model.formula.response, family, schema, sink, declared, options.get("family")
    )
    response = with_items(response, model.formula.response, family, prepared, sink)
    model, varied = split_persons(model, prepared)
    response = with_persons(
        response, model.formula.response, varied, family, prepared, sink
    )
    response = with_reference(response, family, options, sink)
    family = of_response(family, response)
    family = with_baseline(family, response, model.formula.response, prepared, sink)
    model, named = by_category(model, family, response, sink)
    curves = nonlinear(model, family, schema, sink)
    curve = main_curve(curves)
    if curve is not None and family is not None and family.mains:
        lines = [f"`{dpar.name} ~ ..., nl=true`" for dpar in family.mains[:3]]
        sink.add(
            "invalid-argument",
            model.formula.terms.span,
            f"{family.shown} has several predictors, and a formula that is not linear "
            "is that of one",
            f"each has one of its own, on an indented line: {', '.join(lines)}",
        )
        family = None
    calls: tuple[Call, ...] = ()
    if curve is None:
        model, calls = split_category(model, schema)
    # what `.` stands for: every column but the responses
    names = tuple(name for name in schema.names if name not in one.others)
    expansion = Expansion((), False)
    if curve is None:
        expansion = expand(model.formula.terms, model.formula.response, names, sink)
    check_leaks(expansion, model.formula.response, schema, sink)
    check_dropped(expansion, schema, sink)
    population = Population(family.predictor if family else "mu", False, False, ())
    if curve is None:
        population = _population(model, expansion, family, schema, sink)
        own = model.formula.response
        category = bind_category(calls, own, expansion.terms, family, schema, sink)
        population = replace(population, by_threshold=category)
    body = None
    if curves is not None and curve is not None:
        left = curve.response
        body = bind_body(curve, curves.names, left, family, schema, sink)
    groupings = bind_groupings(
        expansion.groups,
        model.formula.response,
        prepared,
        family,
        sink,
        population=population.specials,
        thresholds=None if curve is not None else thresholds_of(family, response),
    )
    linear = model if curves is None else curves.linear
    # By the formula as written: a first predictor may have one of its own below
    guessed: frozenset[str] | None = frozenset() if body is not None else None
    if curve is None:
        guessed = _guessed(model, expansion, population, groupings, schema, sink)
    others, whole = _parts(linear, curves, family, prepared, sink)
    first = None
    if family is not None and family.mains and link is not None:
        written = BoundPredictor(
            family.predictor, link, population, groupings, model.formula.terms
        )
        whole = whole and named
        first, others = with_mains(family, written, others, whole, sink)
        population, groupings = first.population, first.groupings
    if curves is not None:
        inner, known = bind_inner(curves, family, prepared, sink)
        others = (*others, *inner)
        whole = whole and known and (curve is None or body is not None)
    others = with_known_scale(others, response, sink)
    others = tuple(replace(part, response=one.name) for part in others)
    return ResponseDraft(
        one,
        options,
        family,
        link,
        response,
        population,
        groupings,
        others,
        whole,
        bind_keep(
            spec,
            model,
            family,
            frozenset() if curves is None else frozenset(curves.names),
            sink,
        ),
        guessed if whole else None,
        _possible(expansion),
        curves,
        body,
        first,
    )


def _parts(
    model: ModelStatement,
    curves: NonLinear | None,
    family: Family | None,
    prepared: Prepared,
    sink: Sink,
) -> tuple[tuple[BoundPredictor, ...], bool]:
    """Return the predictors that have formulas of their own; see ``bind_parts``.

    Of a family whose parameters depend on a response that is not known, none is.
    """
    if family is not None and family.by_response is not None:
        return (), not any(isinstance(part, PartStatement) for part in model.body)
    return bind_parts(model, curves, family, prepared, sink)


def _guessed(
    model: ModelStatement,
    expansion: Expansion,
    population: Population,
    groupings: Sequence[Grouping],
    schema: Schema,
    sink: Sink,
) -> frozenset[str] | None:
    """Return the names of which, after a fault, a prior may be about.

    Empty if every term of the formula is known; None if nothing can be said.
    """
    if schema.open:
        return None
    terms = model.formula.terms
    inside = [d for d in sink.diagnostics if d.severity is Severity.ERROR]
    faulty = any(
        terms.span.start <= d.span.start and d.span.end <= terms.span.end
        for d in inside
    )
    coded = {column.term for column in population.effects}
    coded |= {column.term for g in groupings for column in g.columns}
    lost = {name.text for name in column_names(terms)} - {*schema.names, "Intercept"}
    # a name that is no column and no fault is something else: the id of `(1 |p| g)`
    unknown = not lost.isdisjoint(schema.faulty)
    if not faulty and not unknown and {t.label for t in expansion.terms} <= coded:
        return frozenset()
    return frozenset({*lost, *schema.names, *schema.faulty})


def _possible(expansion: Expansion) -> tuple[str, ...]:
    """Return the classes of parameters that the formula as written may have."""
    effects = [plain_number(bar.lhs) is None for bar in expansion.groups]
    correlated = [bar.bar == "|" for bar in expansion.groups]
    found = {
        "b": bool(expansion.terms),
        "sd": bool(effects),
        "cor": any(
            several and c for several, c in zip(effects, correlated, strict=True)
        ),
    }
    return tuple(name for name, there in found.items() if there)


def _population(
    model: ModelStatement,
    expansion: Expansion,
    family: Family | None,
    schema: Schema,
    sink: Sink,
) -> Population:
    ordinal = family is not None and family.thresholds
    if ordinal and not expansion.intercept:
        span, fix = _removed_intercept(model.formula.terms)
        fix = _with_margins(model.formula.terms, expansion, fix)
        sink.add(
            "no-intercept-ordinal",
            span,
            "an ordinal model cannot leave out its intercept: the thresholds are it",
            "effects are differences from the reference level, as beside an intercept",
            fix=fix,
        )
    intercept = expansion.intercept or ordinal
    found = code(expansion.terms, intercept, schema, sink)
    return Population(
        dpar=family.predictor if family is not None else "mu",
        intercept=intercept and not ordinal,
        centered=intercept,
        columns=found.columns,
        offsets=bind_offsets(expansion, schema, sink),
        specials=found.specials,
        smooths=found.smooths,
    )


def _removed_intercept(terms: Expr) -> tuple[Span, Fix | None]:
    """Return where a formula leaves out its intercept, and how to undo that."""
    for node in postorder(terms):
        if not isinstance(node, Chain) or not set(node.operators) <= {"+", "-"}:
            continue
        signs = ("+", *node.operators)
        for index, (sign, operand) in enumerate(zip(signs, node.operands, strict=True)):
            number = plain_number(operand)
            if number is None or (sign == "+") is (number == 1.0):
                continue
            last = node.operands[index - 1] if index else None
            if last is not None:
                cut = Span(last.span.end, operand.span.end)
            elif node.operators[0] == "+":
                cut = Span(operand.span.start, node.operands[1].span.start)
            else:
                return operand.span, None
            return operand.span, Fix("leave it out", (Edit(cut, ""),))
    if plain_number(terms) == 0.0:
        return terms.span, Fix("write `1`", (Edit(terms.span, "1"),))
    return terms.span, None


def _with_margins(terms: Expr, expansion: Expansion, fix: Fix | None) -> Fix | None:
    """Return a fix that also adds the margins of cells: `a:b` becomes `a*b`.

    Beside an intercept, cells without their margins are one column too many.
    """
    labels = {term.label for term in expansion.terms}
    bare = {
        term.label
        for term in expansion.terms
        if len(term.variables) > 1
        and not labels & {variable.label for variable in term.variables}
    }
    if fix is None or not bare:
        return fix
    edits = list(fix.edits)
    operands = terms.operands if isinstance(terms, Chain) else ()
    for operand in operands:
        if isinstance(operand, Chain) and set(operand.operators) == {":"}:
            label = expression_text(operand)
            if label in bare:
                crossed = "*".join(expression_text(part) for part in operand.operands)
                edits.append(Edit(operand.span, crossed))
                bare.remove(label)
    if bare:
        return None
    return Fix("leave it out, and add the margins", tuple(edits))
