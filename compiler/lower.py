"""From the bound model and what it learned to the program, as written.

The program is stated in the parameters as reported (predictors at 0). Default
priors are about the model at the predictors' means, so the location of the
intercept's prior is an expression here; ``center_predictors`` simplifies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import default_priors as defaults
from .bound import BoundModel, Grouping, GroupTerm, Part, PriorText, offsets
from .building import (
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
from .columns import Numeric
from .distributions import POSITIVE, REAL, SUPPORTS
from .families.family import DefaultPrior
from .free_names import free_group, free_name, observed_slot
from .increments import Increments
from .ir import (
    Apply,
    Axis,
    Block,
    Const,
    Correlation,
    Derived,
    Expr,
    Group,
    GroupUse,
    Intercept,
    Likelihood,
    Linear,
    Moved,
    Offset,
    Parameter,
    Predictor,
    Prior,
    Program,
    Ref,
    Shift,
    Slot,
)
from .learn import Learned, LearnedPart, spanning_columns
from .lower_thresholds import lower_thresholds
from .recipes import Count, LevelIndex, Matrix, Numbers, Outcome, Variable

__all__ = ["PriorRow", "lower"]


def lower(
    bound: BoundModel, learned: Learned, *, counted: bool = False
) -> tuple[Program, tuple[PriorRow, ...]]:
    """Return the program of a bound model, and its priors for people.

    ``counted`` says whether each row of the table stands for several of the data.
    """
    build = Builder(bound, learned)
    build.axes.append(Axis(ROW, "rows"))
    arguments = _main(build)
    arguments += _dpars(build)
    arguments += _known(build)

    response = bound.response
    recipe: Outcome | Variable = Outcome(response.column, response.categories)
    if response.expression is not None:
        recipe = Variable(Numeric(response.name, response.expression))
    build.slots.append(Slot(observed_slot(bound), (ROW,), recipe))
    name, count = free_name(response.name, build), None
    if counted:
        # the response keeps its name
        count = free_name("count" if name != "count" else "count_", build)
        build.slots.append(Slot(count, (ROW,), Count()))
    program = Program(
        name=bound.name,
        axes=tuple(build.axes),
        slots=tuple(build.slots),
        parameters=tuple(build.parameters),
        groups=tuple(build.groups),
        derived=tuple(build.derived),
        predictors=tuple(build.predictors),
        likelihood=Likelihood(
            name,
            bound.family.name,
            tuple(arguments),
            observed_slot(bound),
            ROW,
            count=count,
        ),
        notes=tuple(build.notes),
    )
    return program, tuple(build.rows)


Arguments = list[tuple[str, Expr]]

#: By link: the parameter of a predictor, for the links that formulas of
#: distributional parameters have.
INVERSES: Mapping[str, Callable[[Expr], Expr]] = {
    "log": lambda eta: Apply("exp", (eta,)),
    "logm1": lambda eta: Apply("+", (Const(1.0), Apply("exp", (eta,)))),
    "identity": lambda eta: eta,
}


def _main(build: Builder) -> Arguments:
    """Lower the main predictor, and the thresholds."""
    bound, name = build.bound, build.bound.family.predictor
    _predictor(
        build,
        bound.main,
        build.learned.parts[0],
        name,
        offsets(bound),
        report=_kept(bound),
    )
    arguments: Arguments = [(name, Ref(name))]
    if bound.family.thresholds:
        arguments += [("threshold", Ref("threshold")), ("gap", Ref("gap"))]
    return arguments


def _kept(bound: BoundModel) -> tuple[str, ...]:
    """Return the names under which the main predictor is to be reported.

    It is the mean of the response where the link is the identity.
    """
    is_mean = bound.link.name == "identity" and bound.family.measure == "the response"
    names = ("eta", "mu") if is_mean else ("eta",)
    return tuple(name for name in names if name in bound.keep)


def _predictor(
    build: Builder,
    part: Part,
    learned: LearnedPart,
    name: str,
    known: Sequence[Numeric],
    report: tuple[str, ...] = (),
) -> None:
    """Lower a linear predictor; ``known`` is what is added to it."""
    blocks = _population(build, part, learned)
    if part.main and build.bound.family.thresholds:
        shift = lower_thresholds(build, _delta(part))
    else:
        shift = _intercept(build, part, learned, blocks)
    blocks += _offsets(build, part, known)
    blocks += _groups(build, part, learned)
    build.predictors.append(
        Predictor(
            name, part.dpar, part.link.name, ROW, tuple(blocks), shift, report=report
        )
    )


def _dpars(build: Builder) -> Arguments:
    """Lower the other parameters: scalars, or predictors of their own."""
    bound = build.bound
    formulas = {
        part.dpar: (part, learned)
        for part, learned in zip(bound.parts[1:], build.learned.parts[1:], strict=True)
    }
    arguments: Arguments = []
    for dpar in bound.family.dpars:
        if dpar.name in formulas:
            value = _predicted(build, *formulas[dpar.name])
        elif dpar.fixed is not None:
            continue
        else:
            moments = build.learned.moments
            scalar(build, dpar.name, dpar.default(moments), SUPPORTS[dpar.support])
            value = Ref(dpar.name)
        if bound.response.rate is not None and dpar.name in (bound.family.rate or ()):
            value = Apply("*", (value, Ref("rate")))
        arguments.append((dpar.name, value))
    return arguments


def _predicted(build: Builder, part: Part, learned: LearnedPart) -> Expr:
    """Lower the predictor of a distributional parameter; return the parameter."""
    name = f"{part.link.name}_{part.dpar}"
    _predictor(build, part, learned, name, part.population.offsets)
    return INVERSES[part.link.name](Ref(name))


def _known(build: Builder) -> Arguments:
    """Add the numbers that each row brings along."""
    response = build.bound.response
    if response.rate is not None and build.bound.family.rate:
        build.slots.append(Slot("rate", (ROW,), Variable(response.rate)))
    for name, variable in response.known:
        build.slots.append(Slot(name, (ROW,), Variable(variable)))
    return [(name, Ref(name)) for name, _ in response.known]


def _offsets(build: Builder, part: Part, variables: Sequence[Numeric]) -> list[Block]:
    blocks: list[Block] = []
    for number, variable in enumerate(variables, start=1):
        name = f"{part.prefix}offset"
        name = name if len(variables) == 1 else numbered(name, number)
        build.slots.append(Slot(name, (ROW,), Variable(variable)))
        blocks.append(Offset(name))
    return blocks


# ---- population ----------------------------------------------------------------------


def _population(build: Builder, part: Part, learned: LearnedPart) -> list[Block]:
    population, prefix = part.population, part.prefix
    if not population.columns:
        return []
    moments = build.learned.moments
    labels = tuple(column.name for column in population.columns)
    axis, design, coefs = f"{prefix}{COEF}", f"{prefix}X", f"{prefix}b"
    build.axes.append(Axis(axis, "coefs", labels))
    zero = _zero_of(part, learned)
    build.slots.append(Slot(design, (ROW, axis), Matrix(population.columns, zero)))
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
        default = defaults.effect(family, part, moments, scale, beside)
        choices.append(chosen or default)
    basis = _basis(found, choices)
    for place, choice in enumerate(choices):
        if zero is not None and zero[place]:
            build.notes.append(f"{part.dpar} is 1 at the mean of {labels[place]}")
        if isinstance(choice, DefaultPrior) and basis is not None:
            choice = replace(choice, reason=choice.reason + _where(found, place))
        build.explain(f"{part.target}b[{labels[place]}]", choice)
    if basis is None:
        vector(build, coefs, axis, labels, choices, REAL)
    else:
        raw, numbers = f"{coefs}_at_means", tuple(float(x) for x in basis.flat)
        vector(build, raw, axis, labels, choices, REAL, report=False)
        recipe = Numbers(numbers, len(labels))
        build.slots.append(Slot(f"{coefs}_basis", (axis, axis), recipe))
        value = Apply("matvec", (Ref(f"{coefs}_basis"), Ref(raw)))
        build.derived.append(Derived(coefs, (axis,), value))
    if population.centered:
        means = Numbers(learned.means)
        build.slots.append(Slot(f"{prefix}X_mean", (axis,), means))
    return [Linear(coefs, design)]


def _zero_of(part: Part, learned: LearnedPart) -> tuple[float, ...] | None:
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


def _where(increments: Increments, place: int) -> str:
    """Return what a default is about beside the column itself, for its reason."""
    texts = []
    if increments.at_means[place]:
        texts.append(f"at the mean of {' and '.join(increments.at_means[place])}")
    if increments.shared[place]:
        shared = increments.shared[place]
        names = ", ".join(shared[:3]) + (", ..." if len(shared) > 3 else "")
        texts.append(f"the trend of {names} included")
    return "".join(f", {text}" for text in texts)


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


def _delta(part: Part) -> Expr | None:
    """Return what centring takes from the predictor; None if it does nothing."""
    if not (part.population.centered and part.population.columns):
        return None
    return Apply("dot", (Ref(f"{part.prefix}X_mean"), Ref(f"{part.prefix}b")))


def _intercept(
    build: Builder, part: Part, learned: LearnedPart, blocks: list[Block]
) -> Shift | None:
    """Put the intercept before the blocks; return how it takes up a shift."""
    if not part.population.intercept:
        return None
    delta, name = _delta(part), f"{part.prefix}Intercept"
    plain = f"{part.target}Intercept"
    at_mean, literal = build.written(f"{plain}[mean]"), build.written(plain)
    moments = build.learned.moments
    default = defaults.intercept(build.bound.family, part, moments, learned.known)
    chosen = literal or at_mean or default
    build.explain(plain if literal or delta is None else f"{plain}[mean]", chosen)
    offset = None if literal or delta is None else delta
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
    prefix = part.prefix
    return Shift(name, name, argument, 1, f"{prefix}X", f"{prefix}b", f"{prefix}X_mean")


# ---- groups --------------------------------------------------------------------------


def _groups(build: Builder, part: Part, learned: LearnedPart) -> list[Block]:
    return [
        _group(build, part, grouping, terms)
        for grouping, terms in zip(part.groupings, learned.groups, strict=True)
    ]


def _group(
    build: Builder, part: Part, grouping: Grouping, terms: Sequence[Increments]
) -> Block:
    prefix, target = part.prefix, part.target
    name, dim = _group_name(build, grouping)
    coef_axis = f"{prefix}{name}_coef"
    columns = grouping.columns
    labels = tuple(column.name for column in columns)
    build.axes.append(Axis(coef_axis, "coefs", labels))
    index, design = f"{name}_index", f"{prefix}Z_{name}"
    only_intercept = len(columns) == 1 and columns[0].is_intercept
    if not only_intercept:
        build.slots.append(Slot(design, (ROW, coef_axis), Matrix(columns)))
    choices: list[PriorText | DefaultPrior] = []
    bases = []
    for term, found in zip(grouping.terms, terms, strict=True):
        chosen, basis = _group_sds(build, part, grouping, term, found)
        choices += chosen
        bases.append(basis)
    moved = None
    sd = f"{prefix}sd_{name}"
    if any(basis is not None for basis in bases):
        whole = _diagonal(
            [
                np.eye(len(term.columns)) if basis is None else basis
                for term, basis in zip(grouping.terms, bases, strict=True)
            ]
        )
        rows = tuple(tuple(float(x) for x in row) for row in whole)
        moved = Moved(rows, f"{prefix}r_{name}_at_means", sd)
        sd = f"{sd}_at_means"
    vector(build, sd, coef_axis, labels, choices, POSITIVE, report=moved is None)

    correlations: list[Correlation] = []
    start = 0
    place = f"{target}cor[{grouping.name}]"
    chosen_cor = build.written(place) or defaults.correlation()
    joint = [t for t in grouping.terms if t.correlated and len(t.columns) > 1]
    for term in grouping.terms:
        size = len(term.columns)
        if term in joint:
            partial, pair = f"{prefix}pcor_{name}", f"{prefix}{name}_pair"
            if len(joint) > 1:
                number = len(correlations) + 1
                partial, pair = numbered(partial, number), numbered(pair, number)
            correlations.append(
                _correlation(
                    build,
                    dict(chosen_cor.arguments)["eta"],
                    partial,
                    pair,
                    labels[start : start + size],
                    tuple(range(start, start + size)),
                )
            )
        start += size
    if correlations:
        build.explain(place, chosen_cor)
    build.groups.append(
        Group(
            f"{prefix}{name}",
            dim,
            coef_axis,
            sd,
            tuple(correlations),
            effects=f"{prefix}r_{name}",
            base=f"{prefix}z_{name}",
            correlation_matrix=f"{prefix}cor_{name}",
            form=build.bound.parameterization,
            free=build.bound.parameterization == "auto",
            moved=moved,
        )
    )
    return GroupUse(
        f"{prefix}{name}",
        tuple(range(len(columns))),
        index,
        None if only_intercept else design,
    )


def _group_sds(
    build: Builder, part: Part, grouping: Grouping, term: GroupTerm, found: Increments
) -> tuple[list[PriorText | DefaultPrior], Any]:
    """Return the priors of a term's sds, and the basis that they are stated in.

    Defaults of correlated effects are about what each column adds to the others: of
    levels, at the means of the slopes' predictors. Priors of the user's, of an sd or of
    the correlations, are about the effects as written, and so is the whole term then:
    the default of an effect that reaches from the data to 0 is as much wider there.
    Effects that are not correlated as written would be correlated anywhere else.
    """
    family, moments = build.bound.family, build.learned.moments
    places = [f"{part.target}sd[{grouping.name}, {c.name}]" for c in term.columns]
    written = [build.written(place) for place in places]
    basis: Any = found.basis if term.correlated else np.eye(len(places))
    reaching = (basis != np.eye(len(places))).any(axis=1)
    literal = build.written(f"{part.target}cor[{grouping.name}]") is not None or any(
        prior is not None and far for prior, far in zip(written, reaching, strict=True)
    )
    steps = np.asarray(found.scales)
    if not reaching.any():
        basis = None
    elif literal:
        steps = 1.0 / np.sqrt(np.square(basis / steps).sum(axis=1))
        basis = None
    choices: list[PriorText | DefaultPrior] = []
    for i, (place, column) in enumerate(zip(places, term.columns, strict=True)):
        one = column.is_intercept
        default = defaults.group_sd(family, part, moments, float(steps[i]), one)
        if basis is not None:
            default = replace(default, reason=default.reason + _where(found, i))
        choice = written[i] or default
        choices.append(choice)
        build.explain(place, choice)
    return choices, basis


def _diagonal(blocks: Sequence[Any]) -> Any:
    """Return a matrix with these blocks along its diagonal."""
    size = sum(len(block) for block in blocks)
    whole, at = np.zeros((size, size)), 0
    for block in blocks:
        whole[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return whole


def _group_name(build: Builder, grouping: Grouping) -> tuple[str, str]:
    """Return what the names of a group are made of, and the axis of its levels.

    The first part that uses a grouping factor gives it both; the others share
    the levels and the rows' places among them.
    """
    recipe = LevelIndex(grouping.factors, grouping.levels)
    for slot in build.slots:
        if slot.recipe == recipe and slot.into is not None:
            return slot.name.removesuffix("_index"), slot.into
    name, dim = free_group(grouping.name, build)
    build.axes.append(Axis(dim, "levels", grouping.levels))
    build.slots.append(Slot(f"{name}_index", (ROW,), recipe, into=dim))
    return name, dim


def _correlation(
    build: Builder,
    shape: float,
    name: str,
    axis: str,
    labels: tuple[str, ...],
    positions: tuple[int, ...],
) -> Correlation:
    """Give each pair its partial correlation, on (0, 1).

    LKJ(eta) for n coefficients makes the partial correlation of column k of
    the C-vine Beta(a, a) on (-1, 1) with a = eta + (n - 2 - k) / 2
    (Lewandowski, Kurowicka & Joe 2009).
    """
    size = len(positions)
    pairs = [(i, k) for i in range(size) for k in range(i)]
    build.axes.append(
        Axis(axis, "pairs", tuple(f"{labels[i]}, {labels[k]}" for i, k in pairs))
    )
    alpha = Const(tuple(shape + (size - 2 - k) / 2 for _, k in pairs))
    build.parameters.append(
        Parameter(
            name,
            (axis,),
            Prior("beta", (("alpha", alpha), ("beta", alpha))),
            bounds=(0.0, 1.0),
            report=False,
        )
    )
    return Correlation(name, positions)
