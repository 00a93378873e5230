"""Binding: from the tree and the schema to a model with every name resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np

from varying.grammar.diagnostics import Edit, Fix, Severity, Sink
from varying.grammar.nonlinear import is_nonlinear
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Call,
    CellStatement,
    Chain,
    ColumnStatement,
    Expr,
    ModelStatement,
    Option,
    PartStatement,
    PriorStatement,
    QuantityStatement,
    Spec,
    TestStatement,
)
from varying.grammar.walk import column_names, plain_number, postorder

from ..data import weighted
from ..data.schema import Schema
from ..data.wide_hint import suggest_wide
from ..families.family import Family
from ..families.link import Link
from ..formula.coding import code
from ..formula.columns import DesignColumn
from ..formula.expansion import Expansion
from ..formula.leaks import check_leaks
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .body import bind_body
from .bound import (
    Body,
    BoundModel,
    BoundPredictor,
    Grouping,
    JointModel,
    Layout,
    Population,
    PriorText,
    Response,
    known_columns,
)
from .category import bind_category, split_category
from .chained import check_doubled, responses_read
from .coupling import bind_coupling, with_coupling
from .effects import Effects, effects_of
from .estimated import check_estimated, check_residuals
from .group_forms import check_centered
from .groupings import bind_groupings, check_dropped, check_identities
from .known_scale import with_known_scale
from .nonlinear import NonLinear, bind_inner, nonlinear
from .offsets import bind_offsets
from .options import check_threshold, family_of, link_of, read_options, word_of
from .ordinal import check_category_scale, check_priors_of_thresholds
from .parts import bind_parts
from .priors.needed import check_needed
from .priors.scalars import Targets, joint_targets, targets_of
from .priors.statements import resolve_priors
from .question import CellQuestion, Keep, Questions
from .questions.cells import bind_cells, cells_name
from .questions.grid import factors_of, labels_of, numbers_read
from .questions.keep import bind_keep
from .questions.quantities import bind_quantities, check_names
from .questions.references import Scope
from .questions.scales import ModelCells
from .response import bind_response, response_values
from .several import OneResponse, by_response, one_by_one

Parameterization = Literal["auto", "centered", "noncentered"]


@dataclass(frozen=True, slots=True)
class _Draft:
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
    curve: NonLinear | None
    body: Body | None

    def targets(self, joined: Sequence[Effects]) -> Targets:
        """Return what priors may be about."""
        return targets_of(
            self.family,
            self.population,
            self.groupings,
            self.others,
            self.guessed,
            self.possible,
            self.one.name,
            joined,
        )

    @property
    def terms(self) -> frozenset[str]:
        """What its formula has: coefficients, and grouping factors."""
        columns = (column.name for column in self.population.columns)
        return frozenset(columns) | {f"| {g.name}" for g in self.groupings}

    @property
    def parameterization(self) -> Parameterization:
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
        if self.curve is not None and self.body is None:
            return None
        statement = self.one.statement
        main = BoundPredictor(
            self.family.predictor,
            self.link,
            self.population,
            self.groupings,
            statement.formula.terms,
            body=self.body,
            response=self.one.name,
        )
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


def bind(
    spec: Spec, model: ModelStatement, prepared: Prepared, sink: Sink
) -> JointModel | None:
    """Return the bound model; None if a fault leaves nothing to bind.

    Parameters
    ----------
    spec
        The whole spec: statements at the margin hold for all its models.
    model
        The model of it.
    prepared
        The rows used and their schema.
    sink
        Takes the faults. With an error in it the model is not to be used.
    """
    ones = one_by_one(model, prepared.schema, sink)
    check_identities([one.statement for one in ones], prepared.schema, sink)
    drafts = [_draft(spec, one, prepared, sink) for one in ones]
    # it adds to what a draft says of a response that is no column
    suggest_wide(spec, model, prepared.data, sink)
    joined = effects_of({of: groupings for of, (_, groupings) in _formulas(drafts)})
    targets = joint_targets(
        [draft.targets(joined) for draft in drafts],
        [draft.one.name for draft in drafts],
        joined,
    )
    statements = {one.name: one.statement for one in ones}
    check_doubled(spec, statements, sink)
    coupling = bind_coupling(
        [(draft.one, draft.family, draft.response, draft.others) for draft in drafts],
        drafts[0].options.get("rescor"),
        responses_read(spec, statements),
        {draft.one.name: draft.terms for draft in drafts},
        sink,
    )
    targets = with_coupling(targets, coupling)
    faults = len(sink.diagnostics)
    priors = resolve_priors(
        [s for s in spec.statements if isinstance(s, PriorStatement)],
        [s for s in model.body if isinstance(s, PriorStatement)],
        targets,
        sink,
    )
    if len(sink.diagnostics) == faults:
        for draft in drafts:
            _check_needed(draft, priors, prepared, sink)
    for draft in drafts:
        if draft.parameterization == "centered":
            _check_singular(priors, sink)
            others = (g for part in draft.others for g in part.groupings)
            option = draft.options.get("parameterization")
            check_centered((*draft.groupings, *others), option, sink)
    asked = _asked(spec, drafts, targets, prepared, sink)
    text = formula_text(model)
    found = [draft.bound(text, priors) for draft in drafts]
    members = tuple(one for one in found if one is not None)
    if len(members) < len(found):
        return None
    if all(draft.sure for draft in drafts) and not _faulty_parts(model, sink):
        check_estimated(members, coupling is not None, model.formula.terms, sink)
        for member in members:
            check_category_scale(member, asked.cells, len(members) > 1, sink)
            check_residuals(member, prepared.table, sink)
            check_priors_of_thresholds(member, sink)
    return JointModel(model.label, text, members, priors, asked, coupling)


def _draft(spec: Spec, one: OneResponse, prepared: Prepared, sink: Sink) -> _Draft:
    """Bind one response without the priors, which are those of the whole model."""
    model, schema = one.statement, prepared.schema
    options = read_options(model.formula.options, sink)
    family = family_of(options.get("family"), sink)
    link = link_of(options, family, sink)
    if family is not None and link is not None:
        family = family.with_link(link.name)
    check_threshold(options, family, sink)
    declared = [s for s in spec.statements if isinstance(s, ColumnStatement)]
    response = bind_response(
        model.formula.response, family, schema, sink, declared, options.get("family")
    )
    curve = nonlinear(model, family, schema, sink)
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
    body = None if curve is None else bind_body(curve, family, schema, sink)
    groupings = bind_groupings(
        expansion.groups,
        model.formula.response,
        prepared,
        family,
        sink,
        population=population.specials,
    )
    linear = model if curve is None else curve.linear
    others, whole = bind_parts(linear, family, prepared, sink)
    if curve is not None:
        others = (*others, *bind_inner(curve, family, prepared, sink))
        whole = whole and body is not None
    others = with_known_scale(others, response, sink)
    others = tuple(replace(part, response=one.name) for part in others)
    guessed: frozenset[str] | None = frozenset() if body is not None else None
    if curve is None:
        guessed = _guessed(model, expansion, population, groupings, schema, sink)
    return _Draft(
        one,
        options,
        family,
        link,
        response,
        population,
        groupings,
        others,
        whole,
        bind_keep(spec, model, family, sink),
        guessed if whole else None,
        _possible(expansion),
        curve,
        body,
    )


def _formulas(
    drafts: Sequence[_Draft],
) -> Iterator[tuple[str, tuple[Population, tuple[Grouping, ...]]]]:
    """Yield population and groupings of each formula by what targets begin with."""
    for draft in drafts:
        yield draft.one.name, (draft.population, draft.groupings)
        for part in draft.others:
            yield part.target[:-1], (part.population, part.groupings)


def _check_needed(
    draft: _Draft,
    priors: Sequence[tuple[str, PriorText]],
    prepared: Prepared,
    sink: Sink,
) -> None:
    """Report parameters of a formula that is not linear and have no prior."""
    curve, link, response = draft.curve, draft.link, draft.response
    if curve is None or draft.body is None or curve.misnamed:
        return
    if not is_nonlinear(curve.formula):
        return  # that it is none comes first
    size = None
    on_scale = link is not None and link.name == "identity" and response is not None
    if on_scale and prepared.table.rows and not prepared.schema.open:
        assert response is not None
        values = response_values(response, prepared.table)
        if np.isfinite(values).all():
            counts = prepared.table.counts
            mean, sd = weighted.mean(values, counts), weighted.sd(values, counts)
            size = (response.name, mean, sd) if sd > 0.0 else None
    check_needed(
        [part for part in draft.others if part.inner],
        {one.name.text: one.name.span for one in curve.inner},
        dict(priors),
        size,
        sink,
    )


def _faulty_parts(model: ModelStatement, sink: Sink) -> bool:
    """Whether something of the formulas of parameters may be missing."""
    parts = [s.span for s in model.body if isinstance(s, PartStatement)]
    errors = [d.span for d in sink.diagnostics if d.severity is Severity.ERROR]
    return any(
        part.start <= error.start and error.end <= part.end
        for part in parts
        for error in errors
    )


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
    if not faulty and not lost and {t.label for t in expansion.terms} <= coded:
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


def _check_singular(priors: Sequence[tuple[str, PriorText]], sink: Sink) -> None:
    """Report standard deviations of 0 that the centred form would divide by."""
    for target, prior in priors:
        of_sd = target.partition("[")[0].rpartition(".")[2] == "sd"
        fixed = of_sd and prior.distribution == "constant"
        if fixed and dict(prior.arguments)["value"] == 0:
            sink.add(
                "prior-support",
                prior.span,
                f"`{target}` cannot be 0 with `parameterization=centered`",
                "effects without spread have no density of their own there; "
                "`noncentered` and `auto` multiply by the standard deviation",
            )


def formula_text(model: ModelStatement) -> str:
    """Return the formula of a model, and those of its parameters, in one line."""
    formula = model.formula
    parts = [f"{expression_text(formula.response)} ~ {expression_text(formula.terms)}"]
    parts += [f"{o.name.text}={expression_text(o.value)}" for o in formula.options]
    lines = [", ".join(parts)]
    for part in model.body:
        if isinstance(part, PartStatement):
            left = expression_text(part.formula.response)
            line = [f"{left} ~ {expression_text(part.formula.terms)}"]
            line += [
                f"{option.name.text}={expression_text(option.value)}"
                for option in part.formula.options
            ]
            lines.append(", ".join(line))
    return "; ".join(lines)


# ---- statements and options ------------------------------------------------------


def _asked(
    spec: Spec,
    drafts: Sequence[_Draft],
    targets: Targets,
    prepared: Prepared,
    sink: Sink,
) -> Questions:
    """Return the quantities, tests and contrasts that the model has."""
    statements = [
        s
        for s in spec.statements
        if isinstance(s, QuantityStatement | TestStatement | CellStatement)
    ]
    if not statements:
        return Questions()
    named = [
        (cells_name(s), s.span) if s.name is None else (s.name.text, s.name.span)
        for s in statements
    ]
    check_names(named, sink)
    categories = {
        draft.one.name: None if draft.response is None else draft.response.categories
        for draft in drafts
    }
    cells: list[CellQuestion] = []
    names = {
        draft.one.name: None if draft.response is None else draft.response.name
        for draft in drafts
    }
    for name, own in by_response(spec, names, sink):
        found = bind_cells(own, _cells(name, drafts, prepared), prepared, sink)
        cells += [replace(one, response=name) for one in found]
    lines = {one.name: labels_of(one, categories[one.response]) for one in cells}
    families = {draft.one.name: draft.family for draft in drafts}
    truncated = any(
        term.name in ("lb", "ub")
        for draft in drafts
        if draft.response is not None
        for term, _ in draft.response.beside
    )
    formulas = dict(_formulas(drafts))
    links = {d.one.name: None if d.link is None else d.link.name for d in drafts}
    scope = Scope(targets, formulas, categories, lines, families, links, truncated)
    quantities, tests = bind_quantities(spec, scope, sink)
    return Questions(quantities, tests, tuple(cells))


def _cells(name: str, drafts: Sequence[_Draft], prepared: Prepared) -> ModelCells:
    """Return the predictors of one response."""
    draft = next(one for one in drafts if one.one.name == name)
    table, computed = prepared.table, prepared.computed

    def factors(columns: Sequence[DesignColumn]) -> dict[str, tuple[str, ...]]:
        return dict(factors_of(columns, table, computed))

    columns = [*draft.population.effects, *draft.population.by_threshold]
    main = factors(columns)
    for part in draft.others:
        columns += part.population.effects
        if part.inner:  # what is not linear is made of these
            main |= factors(part.population.effects)
    if draft.body is not None:
        columns += known_columns(draft.body)
    groupings = {
        (draft.family.predictor if draft.family is not None else ""): draft.groupings,
        **{part.dpar: part.groupings for part in draft.others},
    }
    effects = [c for several in groupings.values() for g in several for c in g.columns]
    by = {
        g.by.name: g.by.levels
        for several in groupings.values()
        for g in several
        if g.by is not None
    }
    return ModelCells(
        main,
        {**factors(effects), **by, **factors(columns)},
        frozenset(numbers_read([*columns, *effects], table, computed)),
        frozenset(factors(effects)),
        draft.guessed,
        draft.family,
        None if draft.link is None else draft.link.name,
        None if draft.response is None else draft.response.categories,
        {dpar: tuple(g.name for g in several) for dpar, several in groupings.items()},
        draft.body is None,
        tuple(g.name for several in groupings.values() for g in several if not g.plain),
    )


# ---- population and groups -------------------------------------------------------


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
