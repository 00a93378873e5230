"""From the bound model and what it learned to the program, as written.

The program is stated in the parameters as reported (predictors at 0). Default
priors are about the model at the predictors' means, so the location of the
intercept's prior is an expression here; ``center_predictors`` simplifies it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import default_priors as defaults
from .bound import BoundModel, Grouping, PriorText
from .building import (
    BOUNDARY,
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
from .columns import Coded
from .distributions import POSITIVE, REAL, SUPPORTS
from .families import FAMILIES
from .families.family import DefaultPrior
from .ir import (
    Apply,
    Axis,
    Const,
    Correlation,
    Expr,
    Group,
    GroupUse,
    Intercept,
    LevelIndex,
    Likelihood,
    Linear,
    Matrix,
    Numbers,
    Outcome,
    Parameter,
    Predictor,
    Prior,
    Program,
    Ref,
    Shift,
    Slot,
)
from .learn import Learned
from .lower_thresholds import lower_thresholds

__all__ = ["PriorRow", "lower"]

#: Names that a grouping factor must not give to a dimension: those of other
#: dimensions and of quantities.
_TAKEN = {
    *(ROW, COEF, BOUNDARY, "gap", "category", "chain", "draw", "X", "X_mean", "b"),
    *("X_centered", "Intercept", "Intercept_centered", "mu", "eta", "threshold"),
    *("threshold_centered", "threshold_center", "log_gap", "log_gap_mean"),
    *("category_probability", *(d.name for f in FAMILIES.values() for d in f.dpars)),
}


def lower(bound: BoundModel, learned: Learned) -> tuple[Program, tuple[PriorRow, ...]]:
    """Return the program of a bound model, and its priors for people."""
    build = Builder(bound, learned)
    build.axes.append(Axis(ROW, "rows"))
    predictor = bound.family.predictor
    _population(build)
    _thresholds_or_intercept(build)
    arguments: list[tuple[str, Expr]] = [(predictor, Ref(predictor))]
    if bound.family.thresholds:
        arguments += [("threshold", Ref("threshold")), ("gap", Ref("gap"))]
    for position, grouping in enumerate(bound.groupings):
        _group(build, grouping, learned.group_scales[position])
    for dpar in bound.family.dpars:
        support = SUPPORTS[dpar.support]
        scalar(build, dpar.name, dpar.default(learned.moments), support)
        arguments.append((dpar.name, Ref(dpar.name)))

    response = bound.response
    build.slots.append(
        Slot(
            _observed_slot(bound), (ROW,), Outcome(response.column, response.categories)
        )
    )
    program = Program(
        name=bound.name,
        axes=tuple(build.axes),
        slots=tuple(build.slots),
        parameters=tuple(build.parameters),
        groups=tuple(build.groups),
        derived=tuple(build.derived),
        predictors=(
            Predictor(
                predictor,
                predictor,
                bound.link.name,
                ROW,
                tuple(build.blocks),
                build.shift,
                report=predictor in bound.keep,
            ),
        ),
        likelihood=Likelihood(
            _free_name(response.name, build),
            bound.family.name,
            tuple(arguments),
            _observed_slot(bound),
            ROW,
        ),
        notes=tuple(build.notes),
    )
    return program, tuple(build.rows)


def _observed_slot(bound: BoundModel) -> str:
    return f"{_without_slash(bound.response.name)}_observed"


def _taken(build: Builder) -> set[str]:
    """Return the names of dimensions and quantities so far, which PyMC mixes."""
    taken = {a.name for a in build.axes} | {s.name for s in build.slots} | _TAKEN
    taken |= {p.name for p in build.parameters} | {d.name for d in build.derived}
    for group in build.groups:
        taken |= {group.effects, group.base, group.correlation_matrix}
        taken.add(f"{group.coefs}_")  # the other side of the correlation matrix
    return taken | {_observed_slot(build.bound)}


def _free_name(wanted: str, build: Builder) -> str:
    taken = _taken(build)
    wanted = _without_slash(wanted)
    while wanted in taken:
        wanted += "_"
    return wanted


def _without_slash(name: str) -> str:
    # a data tree takes what stands before a slash for a group of its own
    return name.replace("/", "_")


def _free_group(wanted: str, build: Builder) -> tuple[str, str]:
    """Return what the names of a group's quantities are made of, and its dimension."""
    taken = _taken(build)
    wanted = _without_slash(wanted)

    def collide(name: str) -> bool:
        made = {f"{prefix}_{name}" for prefix in ("sd", "r", "z", "cor", "pcor", "Z")}
        made |= {f"{name}_{suffix}" for suffix in ("coef", "coef_", "index", "pair")}
        return not made.isdisjoint(taken)

    while collide(wanted):
        wanted += "_"
    return wanted, _free_name(wanted, build)


# ---- population ----------------------------------------------------------------------


def _population(build: Builder) -> None:
    bound, learned = build.bound, build.learned
    population = bound.population
    if not population.columns:
        return
    labels = tuple(column.name for column in population.columns)
    build.axes.append(Axis(COEF, "coefs", labels))
    build.slots.append(Slot("X", (ROW, COEF), Matrix(population.columns)))
    spanning = _spanning_term(bound)
    choices: list[PriorText | DefaultPrior] = []
    for column, scale in zip(population.columns, learned.scales, strict=True):
        target = f"b[{column.name}]"
        chosen = build.written(target)
        if chosen is None and column.term == spanning:
            default = defaults.intercept(bound, learned.moments)
            choices.append(
                DefaultPrior(
                    default.distribution,
                    default.arguments,
                    "there is no intercept: these columns are it",
                )
            )
        else:
            choices.append(chosen or defaults.effect(bound, learned.moments, scale))
        build.explain(target, choices[-1])
    vector(build, "b", COEF, labels, choices, REAL)
    build.blocks.append(Linear("b", "X"))
    if population.centered:
        build.slots.append(Slot("X_mean", (COEF,), Numbers(learned.means)))


def _spanning_term(bound: BoundModel) -> str | None:
    """Return the term whose columns add up to the missing intercept, if any."""
    if bound.population.intercept or bound.population.centered:
        return None
    for column in bound.population.columns:
        if all(isinstance(part, Coded) and part.dummy for part in column.parts):
            return column.term
    return None


def _thresholds_or_intercept(build: Builder) -> None:
    bound = build.bound
    centered = bound.population.centered and bool(bound.population.columns)
    delta = Apply("dot", (Ref("X_mean"), Ref("b"))) if centered else None
    if bound.family.thresholds:
        lower_thresholds(build, delta)
    elif bound.population.intercept:
        at_mean = build.written("Intercept[mean]")
        literal = build.written("Intercept")
        default = defaults.intercept(bound, build.learned.moments)
        chosen = literal or at_mean or default
        target = "Intercept" if literal or delta is None else "Intercept[mean]"
        build.explain(target, chosen)
        offset = None if literal or delta is None else delta
        argument = location(chosen)
        if literal and delta is not None and argument is None:
            build.notes.append("not centred: the prior of Intercept has no location")
        if offset is not None and argument is None:
            intercept_at_means(build, chosen, offset)
        else:
            scalar_from(build, "Intercept", chosen, REAL, offset, argument)
        build.blocks.insert(0, Intercept("Intercept"))
        if delta is not None and argument is not None:
            build.shift = Shift(
                "Intercept", "Intercept", argument, 1, "X", "b", "X_mean"
            )


# ---- groups --------------------------------------------------------------------------


def _group(build: Builder, grouping: Grouping, scales: Sequence[float]) -> None:
    bound, moments = build.bound, build.learned.moments
    name, dim = _free_group(grouping.name, build)
    coef_axis = f"{name}_coef"
    columns = grouping.columns
    labels = tuple(column.name for column in columns)
    build.axes += [
        Axis(dim, "levels", grouping.levels),
        Axis(coef_axis, "coefs", labels),
    ]
    index, design = f"{name}_index", f"Z_{name}"
    build.slots.append(
        Slot(index, (ROW,), LevelIndex(grouping.factors, grouping.levels), into=dim)
    )
    only_intercept = len(columns) == 1 and columns[0].is_intercept
    if not only_intercept:
        build.slots.append(Slot(design, (ROW, coef_axis), Matrix(columns)))
    choices: list[PriorText | DefaultPrior] = []
    for column, scale in zip(columns, scales, strict=True):
        target = f"sd[{grouping.name}, {column.name}]"
        chosen = build.written(target) or defaults.group_sd(
            bound, moments, scale, column.is_intercept
        )
        choices.append(chosen)
        build.explain(target, chosen)
    vector(build, f"sd_{name}", coef_axis, labels, choices, POSITIVE)

    correlations: list[Correlation] = []
    start = 0
    chosen_cor = build.written(f"cor[{grouping.name}]") or defaults.correlation()
    joint = [t for t in grouping.terms if t.correlated and len(t.columns) > 1]
    for term in grouping.terms:
        size = len(term.columns)
        if term in joint:
            partial, pair = f"pcor_{name}", f"{name}_pair"
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
        build.explain(f"cor[{grouping.name}]", chosen_cor)
    build.groups.append(
        Group(
            name,
            dim,
            coef_axis,
            f"sd_{name}",
            tuple(correlations),
            f"r_{name}",
            f"z_{name}",
            bound.parameterization,
        )
    )
    build.blocks.append(
        GroupUse(
            name,
            tuple(range(len(columns))),
            index,
            None if only_intercept else design,
        )
    )


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
