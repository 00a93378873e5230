"""Binding: from the tree and the schema to a model with every name resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from varying.grammar.diagnostics import Severity, Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import (
    CellStatement,
    ModelStatement,
    PartStatement,
    PriorStatement,
    QuantityStatement,
    Spec,
    TestStatement,
)

from ..data import weighted
from ..data.table import Table
from ..data.wide_hint import suggest_wide
from ..expressions.evaluation import evaluate
from ..formula.columns import DesignColumn
from ..prepare.rows import Prepared
from .bound import (
    Grouping,
    JointModel,
    Population,
    PriorText,
    Response,
    grouping_factors,
    groups_inside,
    known_columns,
    made_of,
)
from .chained import check_doubled, responses_read
from .counting import counting
from .coupling import bind_coupling, with_coupling
from .draft import ResponseDraft, draft_of
from .effects import effects_of
from .estimated import check_estimated, check_residuals
from .group_forms import check_centered
from .groupings import check_identities
from .items import check_items, item_columns
from .ordinal import check_category_scale, check_priors_of_thresholds
from .own_rows import check_own_rows
from .persons import check_persons
from .priors.needed import check_needed
from .priors.scalars import ScalarParameters, joint_targets
from .priors.statements import resolve_priors
from .question import CellQuestion, Questions
from .questions.cells import bind_cells, cells_name
from .questions.grid import factors_of, labels_of, numbers_read
from .questions.known import ModelCells
from .questions.quantities import bind_quantities, check_names
from .questions.scope import Scope
from .response import response_values
from .several import by_response, one_by_one


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
    drafts = [draft_of(spec, one, prepared.of(one.name), sink) for one in ones]
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
    read = responses_read(spec, statements)
    coupling = bind_coupling(
        [(draft.one, draft.family, draft.response, draft.others) for draft in drafts],
        drafts[0].options.get("rescor"),
        read,
        {draft.one.name: draft.terms for draft in drafts},
        sink,
    )
    check_own_rows(model, prepared, drafts, read, coupling, sink)
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
            _check_needed(draft, priors, prepared.of(draft.one.name), sink)
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
            table = prepared.of(member.main.response).table
            check_residuals(member, table, sink)
            check_priors_of_thresholds(member, sink)
            check_items(member, table, sink)
            check_persons(member, asked.cells, len(members) > 1, sink)
    return JointModel(model.label, text, members, priors, asked, coupling)


def _formulas(
    drafts: Sequence[ResponseDraft],
) -> Iterator[tuple[str, tuple[Population, tuple[Grouping, ...]]]]:
    """Yield population and groupings of each formula by what targets begin with."""
    for draft in drafts:
        yield draft.main_target, (draft.population, draft.groupings)
        for part in draft.others:
            yield part.target[:-1], (part.population, part.groupings)


def _check_needed(
    draft: ResponseDraft,
    priors: Sequence[tuple[str, PriorText]],
    prepared: Prepared,
    sink: Sink,
) -> None:
    """Report parameters of formulas that are not linear and have no prior."""
    curves, link, response = draft.curves, draft.link, draft.response
    if curves is None or not draft.whole or curves.misnamed:
        return
    if curves.unsaid:
        return  # that it is none comes first
    size = None
    on_scale = curves.main is not None and link is not None and link.name == "identity"
    alone = None if response is None or response.parts else response
    if (
        on_scale
        and alone is not None
        and prepared.table.rows
        and not prepared.schema.open
    ):
        rows = counting(alone.weight, prepared.table)
        values, counts = response_values(alone, rows), rows.counts
        if np.isfinite(values).all():
            mean, sd = weighted.mean(values, counts), weighted.sd(values, counts)
            size = (alone.name, mean, sd) if sd > 0.0 else None
    check_needed(
        [part for part in draft.others if part.inner and part.body is None],
        {one.name.text: one.name.span for one in curves.inner},
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
    drafts: Sequence[ResponseDraft],
    targets: ScalarParameters,
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
        its = prepared.of(name)
        found = bind_cells(own, _cells(name, drafts, its), its, sink)
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
    items = {
        draft.one.name: None if draft.response is None else draft.response.items
        for draft in drafts
    }
    scope = Scope(
        targets, formulas, categories, lines, families, links, truncated, items
    )
    quantities, tests = bind_quantities(spec, scope, sink)
    return Questions(quantities, tests, tuple(cells))


def _cells(
    name: str, drafts: Sequence[ResponseDraft], prepared: Prepared
) -> ModelCells:
    """Return the predictors of one response."""
    draft = next(one for one in drafts if one.one.name == name)
    table, computed = prepared.table, prepared.computed

    def factors(columns: Sequence[DesignColumn]) -> dict[str, tuple[str, ...]]:
        return dict(factors_of(columns, table, computed))

    def numbers(columns: Sequence[DesignColumn]) -> frozenset[str]:
        return frozenset(numbers_read(columns, table, computed))

    inside = made_of(draft.body, draft.others)
    columns = [
        *draft.population.known,
        *item_columns(draft.response),
        *known_columns([draft.body]),
    ]
    others: list[tuple[str, list[DesignColumn]]] = []
    for part in draft.others:
        own = [*part.population.known, *known_columns([part.body])]
        if part in inside or part.main:  # what is calculated; further main ones
            columns += own
        else:
            others.append((part.dpar, own))
    main, main_numbers = factors(columns), numbers(columns)
    further: dict[str, tuple[str, ...]] = {}
    for dpar, own in others:
        columns += own
        for name in {**factors(own), **dict.fromkeys(sorted(numbers(own)))}:
            if name not in main and name not in main_numbers:
                further[name] = (*further.get(name, ()), dpar)
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
        numbers([*columns, *effects]),
        main_numbers,
        further,
        numbers(effects) | factors(effects).keys(),
        draft.guessed,
        draft.family,
        None if draft.link is None else draft.link.name,
        None if draft.response is None else draft.response.categories,
        {dpar: tuple(g.name for g in several) for dpar, several in groupings.items()},
        draft.body is None,
        tuple(
            g.name
            for several in groupings.values()
            for g in several
            if g.distribution != "gaussian"
        ),
        grouping_factors(
            (g for several in groupings.values() for g in several), draft.response
        ),
        _trials(draft.response, table),
        groups_inside(draft.others),
    )


def _trials(response: Response | None, table: Table) -> tuple[int, ...]:
    """Return the different numbers of trials that rows have."""
    trials = None if response is None else dict(response.known).get("trials")
    if trials is None or not table.rows:
        return ()
    values = np.asarray(evaluate(trials.expression, table), dtype=float)
    # one that is no number has been reported
    return tuple(int(one) for one in np.unique(values[np.isfinite(values)]))
