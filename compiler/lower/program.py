"""From the bound model and what it learned to the program, as written.

The program is stated in the parameters as reported (predictors at 0). Default
priors are about the model at the predictors' means, so the location of the
intercept's prior is an expression here; ``center_predictors`` simplifies it.

One file, although it is long: it is the order in which a program is put
together. Groups, thresholds, smooth and special terms have files of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from varying.grammar.tree import Chain, Number, Paren

from ..bind.bound import (
    BoundModel,
    BoundPredictor,
    JointModel,
    PriorText,
    offsets,
)
from ..bind.spanning import spanning_columns
from ..distributions.table import REAL, SUPPORTS
from ..families import FAMILIES
from ..families.combined.limits import limited_name
from ..families.family import DefaultPrior, Family
from ..families.link import allowed
from ..families.ordinal.items import ITEMS
from ..formula.columns import Numeric
from ..program.blocks import Block, Intercept, Linear, Offset
from ..program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Derived, Likelihood, Predictor, Program, Shift, Slot
from ..program.recipes import Count, Matrix, Numbers, Outcome, Parts, RowValues
from . import default_priors as defaults
from .builder import (
    COEF,
    ROW,
    Builder,
    PriorRow,
    intercept_at_means,
    location,
    numbered,
    scalar,
    scalar_from,
    vector,
)
from .coupling import lower_coupling
from .groups import lower_groups
from .in_order import intercept_in_order, is_in_order
from .increments import Increments, where_of
from .items import item_arguments, lower_items
from .learn import Learned, LearnedPart
from .links import INVERSES, WRITTEN
from .names import free_name, observed_slot
from .nonlinear import body_of, moments_of
from .persons import lower_persons, person_arguments
from .simplex import element_of
from .smooth import lower_smooths
from .special import (
    known_coefs,
    lower_specials,
    shift_of,
    special_delta,
    special_step,
)
from .thresholds import lower_category, lower_steps, lower_thresholds

__all__ = ["PriorRow", "lower"]


def lower(
    joint: JointModel,
    learned: Sequence[Learned],
    *,
    counted: bool = False,
    own_rows: frozenset[str] = frozenset(),
) -> tuple[Program, tuple[PriorRow, ...]]:
    """Return the program of a bound model, and its priors for people.

    Parameters
    ----------
    joint, learned
        The model, and what was learned of each of its responses.
    counted
        Whether each row of the table stands for several of the data.
    own_rows
        The responses that have rows of their own.
    """
    build = Builder(joint, learned, joint.members[0], learned[0], own_rows=own_rows)
    rows = tuple(dict.fromkeys(build.row_of(one) for one in joint.members))
    build.axes += [Axis(name, "rows") for name in rows]
    made: list[tuple[Likelihood, list[Predictor]]] = []
    beside: list[tuple[Likelihood, list[Predictor]]] = []
    for build.bound, build.learned in zip(joint.members, learned, strict=True):
        build.predictors, build.beside = [], []
        made.append((_response(build), build.predictors))
        beside.append((made[-1][0], build.beside))
    coupling = lower_coupling(build, [one.name for one, _ in made], joint.responses)
    counts: dict[str, str] = {}
    if counted:
        # a response keeps its name
        names = {one.name for one, _ in made}
        for axis in rows:
            name = axis.removesuffix(ROW) + "count"
            counts[axis] = free_name(name if name not in names else f"{name}_", build)
            build.slots.append(Slot(counts[axis], (axis,), Count()))
    program = Program(
        name=joint.name,
        axes=tuple(build.axes),
        slots=tuple(build.slots),
        parameters=tuple(build.parameters),
        groups=tuple(build.groups),
        derived=tuple(build.derived),
        # the response may have had to take another name
        predictors=tuple(
            replace(predictor, response=one.name)
            for one, predictors in (*made, *beside)
            for predictor in predictors
        ),
        likelihoods=tuple(replace(one, count=counts.get(one.rows)) for one, _ in made),
        notes=tuple(build.notes),
        coupling=coupling,
    )
    return program, tuple(build.rows)


def _response(build: Builder) -> Likelihood:
    """Lower one response: its predictors, parameters and likelihood."""
    bound = build.bound
    arguments = _main(build)
    arguments += _dpars(build)
    arguments += _known(build)
    _curves(build)
    response = bound.response
    recipe: Outcome | Parts | RowValues
    recipe = Outcome(response.column, response.categories)
    axes: tuple[str, ...] = (build.row,)
    if response.expression is not None:
        recipe = RowValues(Numeric(response.name, response.expression))
    if response.parts:
        recipe = Parts(response.parts)
        axes = (build.row, f"{bound.prefix}category")
        build.axes.append(Axis(axes[1], "categories", response.categories))
    observed = observed_slot(bound)
    build.slots.append(Slot(observed, axes, recipe))
    return Likelihood(
        free_name(response.name, build),
        _family(bound),
        tuple(arguments),
        observed,
        build.row,
        weight=None if response.weight is None else f"{bound.prefix}weight",
    )


def _family(bound: BoundModel) -> Family:
    """Return the family, with what rows bring along."""
    response = bound.response
    more = [name for name, _ in response.limits]
    if response.items is not None:
        more.append(ITEMS)
    family = bound.family
    exposed = family.exposed if response.rate is not None else None
    return FAMILIES[limited_name(exposed[0] if exposed else family.name, more)]


NamedExpressions = list[tuple[str, ProgramExpr]]


def _main(build: Builder) -> NamedExpressions:
    """Lower the main predictor, and the thresholds.

    One that is not linear has no blocks; what it is, is lowered last: ``_curves``.
    """
    bound, of, dpar = build.bound, build.bound.prefix, build.bound.family.predictor
    name = f"{of}{dpar}"
    _predictor(
        build,
        bound.main,
        build.learned.parts[0],
        name,
        () if bound.main.body is not None else offsets(bound),
        report=() if bound.main.named else _kept(bound),
    )
    own = bound.family.links[0]
    value: ProgramExpr = Symbol(name)
    if bound.link.name != own:
        value = WRITTEN[own][bound.link.name](value)
        _note_range(build, bound.main, own)
    arguments: NamedExpressions = [(dpar, value)]
    if bound.family.thresholds and bound.response.items is not None:
        items = bound.response.items
        of_items = person_arguments if items.varied else item_arguments
        arguments += of_items(build, items)
    elif bound.family.thresholds:
        names = ("threshold", "gap") if bound.family.steps is None else ("threshold",)
        arguments += [(one, Symbol(f"{of}{one}")) for one in names]
    if bound.family.thresholds:
        arguments += lower_category(build)
    return arguments


def _note_range(build: Builder, part: BoundPredictor, own: str) -> None:
    """Say that a predictor has to be between bounds."""
    low, high = allowed(part.link, own)
    ends = [
        f"{word} {end:g}"
        for word, end in (("above", low), ("below", high))
        if math.isfinite(end)
    ]
    if ends:
        build.notes.append(
            f"link {part.link.name}: rows whose predictor of {part.dpar} is not "
            f"{' and '.join(ends)} have no density"
        )


def _curves(build: Builder) -> None:
    """Lower what formulas that are not linear are made of, and then themselves."""
    bound, names = build.bound, {}
    parts = list(zip(bound.predictors, build.learned.parts, strict=True))
    for part, learned in parts:
        if part.inner:
            names[part.dpar] = free_name(f"{bound.prefix}{part.dpar}", build)
            known = part.population.offsets
            _predictor(build, part, learned, names[part.dpar], known)
    slots: dict[str, ProgramExpr] = {}
    for part, _ in parts:
        if part.body is None:
            continue
        whole = body_of(build, part.body.expression, names, slots)
        if part is bound.main:
            for block in _offsets(build, part, offsets(bound)):
                for slot in block.slots():
                    whole = Apply("+", (whole, Symbol(slot)))
        place = next(
            place
            for place, one in enumerate(build.predictors)
            if (one.dpar, one.inner) == (part.dpar, part.inner)
        )
        build.predictors[place] = replace(build.predictors[place], body=whole)


def _kept(bound: BoundModel) -> tuple[str, ...]:
    """Return the names under which the main predictor is to be reported.

    It is the mean of the response where the link is the identity.
    """
    is_mean = bound.link.name == "identity" and bound.family.measure == "the response"
    names = ("eta", "mu") if is_mean else ("eta",)
    return tuple(f"{bound.prefix}{name}" for name in names if name in bound.keep)


def _predictor(
    build: Builder,
    part: BoundPredictor,
    learned: LearnedPart,
    name: str,
    known: Sequence[Numeric],
    report: tuple[str, ...] = (),
) -> None:
    """Lower a linear predictor; ``known`` is what is added to it."""
    blocks = _population(build, part, learned)
    if part.main and build.bound.family.thresholds:
        items = build.bound.response.items
        laid = lower_thresholds if build.bound.family.steps is None else lower_steps
        if items is not None and not items.varied:
            shift = lower_items(build, part, items, _delta(part))
        else:
            shift = laid(build, part, _delta(part))
        if items is not None and items.varied:
            lower_persons(build, items)
    else:
        shift = _intercept(build, part, learned, blocks)
    blocks += _offsets(build, part, known)
    blocks += lower_smooths(build, part, learned)
    blocks += lower_groups(build, part)
    build.predictors.append(
        Predictor(
            name,
            build.bound.response.name,
            part.dpar,
            part.link.name,
            build.row,
            tuple(blocks),
            shift,
            report=report,
            inner=part.inner,
            prefix=part.prefix,
        )
    )


def _dpars(build: Builder) -> NamedExpressions:
    """Lower the other parameters: scalars, or predictors of their own."""
    bound = build.bound
    formulas = {
        part.dpar: (part, learned)
        for part, learned in zip(
            bound.predictors[1:], build.learned.parts[1:], strict=True
        )
    }
    arguments: NamedExpressions = []
    for dpar in bound.family.dpars:
        if dpar.name in formulas:
            value = _predicted(build, *formulas[dpar.name])
        elif dpar.fixed is not None:
            continue
        elif dpar.within:
            value = element_of(build, dpar)
        else:
            moments = build.learned.own
            coupling = build.joint.coupling
            shared = coupling is not None and coupling.shared == dpar.name
            of, target = ("", "") if shared else (bound.prefix, bound.target)
            name, target = f"{of}{dpar.name}", f"{target}{dpar.name}"
            if not (shared and bound is not build.joint.members[0]):
                default = dpar.default(moments)
                half = _half(build, default, dict(arguments))
                scalar(build, target, name, default, SUPPORTS[dpar.support], half)
            value = Symbol(name)
        if bound.response.rate is not None and dpar.name in (bound.family.rate or ()):
            value = Apply("*", (value, Symbol(f"{bound.prefix}rate")))
        if bound.response.error is not None and dpar.name == "sigma":
            error = Symbol(f"{bound.prefix}se")
            squares = (Apply("*", (one, one)) for one in (value, error))
            value = Apply("sqrt", (Apply("+", tuple(squares)),))
        arguments.append((dpar.name, value))
    if bound.response.rate is not None and bound.family.exposed is not None:
        arguments.append((bound.family.exposed[1], Symbol(f"{bound.prefix}rate")))
    return arguments


def _half(
    build: Builder, default: DefaultPrior, arguments: Mapping[str, ProgramExpr]
) -> ProgramExpr | None:
    """Return half of the parameter that a default adds first; None: it adds none.

    Of one that has a formula it is a number, what the intercept's prior is around.
    """
    if not default.half:
        return None
    value = arguments[default.half]
    if not isinstance(value, Symbol):
        dpar = next(d for d in build.bound.family.dpars if d.name == default.half)
        value = Const(math.exp(dpar.center(build.learned.own)))
    return Apply("*", (Const(0.5), value))


def _predicted(
    build: Builder, part: BoundPredictor, learned: LearnedPart
) -> ProgramExpr:
    """Lower the predictor of a distributional parameter; return the parameter."""
    link = part.link.name.replace("1/mu^2", "inverse_squared")
    name = f"{build.bound.prefix}{link}_{part.dpar}"
    if part.main:
        name = f"{build.bound.prefix}{part.dpar}"
    known = part.population.offsets
    if part.fixed and learned.known:
        # with its numeric predictors: the parameter is 1 where the data are
        known = (_less(known[0], learned.known), *known[1:])
    _predictor(build, part, learned, name, known)
    own = next(d.link for d in build.bound.family.dpars if d.name == part.dpar)
    if part.main:
        # the density is written in its predictor
        return Symbol(name)
    if part.link.name != own:
        _note_range(build, part, own)
    return INVERSES[part.link.name](Symbol(name))


def _less(variable: Numeric, number: float) -> Numeric:
    """Return a variable less a number."""
    span = variable.expression.span
    whole = Chain(
        ("-" if number > 0.0 else "+",),
        (
            Paren(variable.expression, span=span),
            Number(repr(abs(number)), span=span),
        ),
        span=span,
    )
    return Numeric(f"{variable.label} {whole.operators[0]} {abs(number):g}", whole)


def _known(build: Builder) -> NamedExpressions:
    """Add the numbers that each row brings along."""
    response, of = build.bound.response, build.bound.prefix
    family = build.bound.family
    if response.rate is not None and (family.rate or family.exposed):
        build.slots.append(Slot(f"{of}rate", (build.row,), RowValues(response.rate)))
    if response.error is not None:
        build.slots.append(Slot(f"{of}se", (build.row,), RowValues(response.error)))
    if response.weight is not None:
        build.slots.append(
            Slot(f"{of}weight", (build.row,), RowValues(response.weight))
        )
    beside = (*response.known, *response.limits)
    for name, variable in beside:
        build.slots.append(Slot(f"{of}{name}", (build.row,), RowValues(variable)))
    return [(name, Symbol(f"{of}{name}")) for name, _ in beside]


def _offsets(
    build: Builder, part: BoundPredictor, variables: Sequence[Numeric]
) -> list[Block]:
    blocks: list[Block] = []
    for number, variable in enumerate(variables, start=1):
        name = f"{part.prefix}offset"
        name = name if len(variables) == 1 else numbered(name, number)
        build.slots.append(Slot(name, (build.row,), RowValues(variable)))
        blocks.append(Offset(name))
    return blocks


# ---- population ----------------------------------------------------------------------


def _population(
    build: Builder, part: BoundPredictor, learned: LearnedPart
) -> list[Block]:
    population, prefix = part.population, part.prefix
    if not population.effects:
        return []
    moments = moments_of(build, part)
    labels = tuple(column.name for column in population.effects)
    axis, coefs = f"{prefix}{COEF}", f"{prefix}b"
    build.axes.append(Axis(axis, "coefs", labels))
    zero = _zero_of(part, learned)
    blocks = _known_columns(build, part, axis, zero)
    spanning = spanning_columns(part)
    found = learned.population
    choices: list[PriorText | DefaultPrior] = []
    for place, label in enumerate(labels):
        family, chosen = build.bound.family, build.written(f"{part.target}b[{label}]")
        if chosen is None and place in spanning:
            default = defaults.intercept(family, part, moments, learned.known)
            reason = "there is no intercept: these columns are it"
            choices.append(replace(default, reason=reason))
            continue
        scale, beside = found.scales[place], found.beside[place]
        step = special_step(part, place)
        default = defaults.effect(family, part, moments, scale, beside, step)
        choices.append(chosen or default)
    basis = _basis(found, choices)
    for place, choice in enumerate(choices):
        if zero is not None and place < len(zero) and zero[place]:
            build.notes.append(f"{part.dpar} is 1 at the mean of {labels[place]}")
        if isinstance(choice, DefaultPrior) and basis is not None:
            choice = replace(choice, reason=choice.reason + where_of(found, place))
        build.explain(f"{part.target}b[{labels[place]}]", choice)
    if basis is None:
        vector(build, coefs, axis, labels, choices, REAL)
    else:
        raw, numbers = f"{coefs}_at_means", tuple(float(x) for x in basis.flat)
        vector(build, raw, axis, labels, choices, REAL, report=False)
        recipe = Numbers(numbers, len(labels))
        build.slots.append(Slot(f"{coefs}_basis", (axis, axis), recipe))
        value = Apply("matvec", (Symbol(f"{coefs}_basis"), Symbol(raw)))
        build.derived.append(Derived(coefs, (axis,), value))
    if population.centered and blocks:
        axis = f"{prefix}known_{COEF}" if population.specials else axis
        means = Numbers(learned.means)
        build.slots.append(Slot(f"{prefix}X_mean", (axis,), means))
    return [*blocks, *lower_specials(build, part, learned)]


def _known_columns(
    build: Builder, part: BoundPredictor, axis: str, zero: tuple[float, ...] | None
) -> list[Block]:
    """Lower the columns that are known: a matrix, beside those that hold parameters."""
    population, prefix = part.population, part.prefix
    columns, coefs = population.columns, known_coefs(part)
    if not columns:
        return []
    if population.specials:
        axis = f"{prefix}known_{COEF}"
        build.axes.append(Axis(axis, "coefs", tuple(c.name for c in columns)))
        value = Assemble((Symbol(f"{prefix}b"),), tuple(range(len(columns))))
        build.derived.append(Derived(coefs, (axis,), value, report=False))
    design = f"{prefix}X"
    build.slots.append(Slot(design, (build.row, axis), Matrix(columns, zero)))
    return [Linear(coefs, design)]


def _zero_of(part: BoundPredictor, learned: LearnedPart) -> tuple[float, ...] | None:
    """Return what is taken from the columns of a part whose scale is fixed, if any.

    Its parameter is 1 where all columns are 0, and the unit of the latent scale with
    it. Numeric predictors are about their means, where the data are: at the birth of
    the people, or at 0 of a clock, there is no such scale.
    """
    if not part.fixed:
        return None
    columns = part.population.columns
    means = tuple(
        mean if all(isinstance(one, Numeric) for one in column.parts) else 0.0
        for column, mean in zip(columns, learned.means, strict=True)
    )
    return means if any(means) else None


def _basis(increments: Increments, choices: Sequence[PriorText | DefaultPrior]) -> Any:
    """Return the effects as written, from those that priors are of; None: the same.

    With ``T`` the basis, defaults are of ``T^-1 b``, rows of what the user gave a prior
    are of ``b``.
    """
    basis, identity = increments.basis, np.eye(len(choices))
    literal = [isinstance(choice, PriorText) for choice in choices]
    if (basis[literal] != identity[literal]).any():
        inverse = np.linalg.inv(basis)
        inverse[literal] = identity[literal]
        basis = np.linalg.inv(inverse)
    return None if (basis == identity).all() else basis


def _delta(part: BoundPredictor) -> ProgramExpr | None:
    """Return what the predictor is at the predictors' means, less its intercept.

    None if that is nothing.
    """
    if not part.population.centered:
        return None
    found = special_delta(part)
    if part.population.columns:
        known = Symbol(known_coefs(part))
        plain = Apply("dot", (Symbol(f"{part.prefix}X_mean"), known))
        found = plain if found is None else Apply("+", (found, plain))
    return found


def _intercept(
    build: Builder, part: BoundPredictor, learned: LearnedPart, blocks: list[Block]
) -> Shift | None:
    """Put the intercept before the blocks; return how it takes up a shift."""
    if not part.population.intercept:
        return None
    delta, name = _delta(part), f"{part.prefix}Intercept"
    plain = f"{part.target}Intercept"
    at_mean, literal = build.written(f"{plain}[mean]"), build.written(plain)
    moments = moments_of(build, part)
    written = literal or at_mean
    family = build.bound.family
    chosen = written or defaults.intercept(family, part, moments, learned.known)
    ordered = part.named and is_in_order(build.bound)
    if ordered and isinstance(chosen, DefaultPrior):
        order = "; the components are in the order of their intercepts"
        chosen = replace(chosen, reason=chosen.reason + order)
    build.explain(plain if literal or delta is None else f"{plain}[mean]", chosen)
    offset = None if literal or delta is None else delta
    if ordered:
        intercept_in_order(build, part, chosen, offset)
        blocks.insert(0, Intercept(name))
        return None
    argument = location(chosen)
    if literal and delta is not None and argument is None:
        build.notes.append(f"not centred: the prior of {plain} has no location")
    if offset is not None and argument is None:
        intercept_at_means(build, name, chosen, offset)
    else:
        scalar_from(build, name, chosen, REAL, offset, argument)
    blocks.insert(0, Intercept(name))
    if delta is None or argument is None:
        return None
    return shift_of(part, name, name, argument, 1)
