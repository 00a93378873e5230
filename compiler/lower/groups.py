"""Lowering groups: standard deviations, correlations, effects, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..bind.bound import BoundPredictor, Grouping, GroupTerm, PriorText
from ..bind.effects import GroupEffects, Member, Sd, effects_of_parts
from ..distributions.table import ABOVE_ONE, POSITIVE
from ..families.family import DefaultPrior
from ..families.ordinal.thresholds import threshold_labels
from ..formula.columns import DesignColumn
from ..program.blocks import Block, GroupProduct, GroupUse, MemberUse
from ..program.expressions import Apply, Const, Symbol
from ..program.ir import (
    Axis,
    Correlation,
    Group,
    Mixture,
    Moved,
    Parameter,
    Prior,
    Slot,
    Strata,
)
from ..program.recipes import LevelIndex, Matrix, MemberIndex, MemberWeights, Numbers
from . import default_priors as defaults
from .builder import Builder, numbered, scalar, vector
from .increments import Increments, where_of
from .names import free_group
from .nonlinear import moments_of


def lower_groups(build: Builder, part: BoundPredictor) -> list[Block]:
    """Lower the groups of a part; return the blocks that use them.

    A group that several formulas have effects in is lowered with the first of them.
    """
    dpar = part.target[:-1]
    blocks: list[Block] = []
    for effects in effects_of_parts(build.joint.predictors):
        member = next((one for one in effects.members if one.dpar == dpar), None)
        if member is None:
            continue
        owner = build.joint.predictor(effects.members[0].dpar)
        name, dim = _group_name(build, member.grouping)
        axis = f"{part.prefix}{name}_coef"
        if owner is part:
            build.axes.append(Axis(axis, "coefs", effects.labels))
            _group(build, part, effects, name, dim)
        specials = member.grouping.specials
        pairs = list(zip(member.positions, member.grouping.columns, strict=True))
        group, (index, weights) = (
            f"{owner.prefix}{name}",
            _rows(build, member.grouping, name, dim),
        )
        rows = (index, weights if member.grouping.membership is not None else None)
        pairs = _without_thresholds(build, part, pairs, name, group, rows)
        if not pairs:
            continue
        known = [(at, one) for at, one in pairs if one.name not in specials]
        columns, design = [column for _, column in known], None
        if len(columns) > 1 or not columns[0].is_intercept:
            if (
                len(effects.members) > 1
                or specials
                or len(columns) < len(effects.labels)
            ):
                axis = f"{part.prefix}{name}_column"
                names = tuple(column.name for column in columns)
                build.axes.append(Axis(axis, "coefs", names))
            design = f"{part.prefix}Z_{name}"
            build.slots.append(Slot(design, (build.row, axis), Matrix(tuple(columns))))
        places = tuple(at for at, _ in known)
        if member.grouping.membership is not None:
            blocks.append(MemberUse(group, places, index, weights, design))
        else:
            blocks.append(GroupUse(group, places, index, design))
        for at, column in pairs:
            if column.name in specials:
                factor, typical = build.factors[f"{part.prefix}{column.name}"]
                blocks.append(GroupProduct(group, at, index, factor, typical))
    return blocks


def _without_thresholds(
    build: Builder,
    part: BoundPredictor,
    pairs: Sequence[tuple[int, DesignColumn]],
    name: str,
    group: str,
    rows: tuple[str, str | None],
) -> list[tuple[int, DesignColumn]]:
    """Lower effects on single thresholds; return the others with their places.

    ``rows`` are the slots of the levels of rows, and of the weights of members. The
    block of each threshold is of a predictor of its own: see ``lower_category``.
    """
    own = [(at, one) for at, one in pairs if one.threshold is not None]
    if own:
        labels = threshold_labels(build.bound.response.categories)
        first = labels[0]
        columns = tuple(
            replace(one, name=one.name.removesuffix(f"[{first}]"), threshold=None)
            for _, one in own
            if one.threshold == 0
        )
        design = None
        if len(columns) > 1 or not columns[0].is_intercept:
            design, axis = f"{part.prefix}Z_{name}_cs", f"{part.prefix}{name}_cs_column"
            build.axes.append(Axis(axis, "coefs", tuple(one.name for one in columns)))
            build.slots.append(Slot(design, (build.row, axis), Matrix(columns)))
        for threshold in range(len(labels)):
            places = tuple(at for at, one in own if one.threshold == threshold)
            index, weight = rows
            block: Block = GroupUse(group, places, index, design)
            if weight is not None:
                block = MemberUse(group, places, index, weight, design)
            build.by_threshold.setdefault(threshold, []).append(block)
    return [(at, one) for at, one in pairs if one.threshold is None]


def _group(
    build: Builder, part: BoundPredictor, effects: GroupEffects, name: str, dim: str
) -> None:
    """Add a group, under the names of the part that it belongs to."""
    prefix, labels = part.prefix, effects.labels
    coef_axis = f"{prefix}{name}_coef"
    by: Strata | None = None
    sd_axis = coef_axis
    if effects.by is not None:
        sd_axis = f"{prefix}{name}_by"
        by = Strata(sd_axis, effects.by.counts)
        labels = tuple(one.label for one in effects.sds)
        build.axes.append(Axis(sd_axis, "coefs", labels))
    # by stratum: priors of all its columns
    strata: list[list[PriorText | DefaultPrior]] = [[] for _ in effects.strata]
    bases = []
    size, start = len(effects.labels), 0
    for member in effects.members:
        for term, found in _terms(build, member):
            stop = start + len(term.columns)
            places = range(0, size * len(strata), size)
            sds = [effects.sds[at + start : at + stop] for at in places]
            chosen, basis = _group_sds(build, sds, effects.cor, term, found)
            for choices, more in zip(strata, chosen, strict=True):
                choices += more
            bases.append(np.eye(len(term.columns)) if basis is None else basis)
            start = stop
    every = [choice for choices in strata for choice in choices]
    for one, choice in zip(effects.sds, every, strict=True):
        build.explain(one.target, choice)
    moved = None
    sd = f"{prefix}sd_{name}"
    if any((basis != np.eye(len(basis))).any() for basis in bases):
        whole = _diagonal(bases)
        rows = tuple(tuple(float(x) for x in row) for row in whole)
        moved = Moved(rows, f"{prefix}r_{name}_at_means", sd)
        sd = f"{sd}_at_means"
    vector(build, sd, sd_axis, labels, every, POSITIVE, report=moved is None)

    correlations: list[Correlation] = []
    chosen_cor = build.written(effects.cor) or defaults.correlation()
    for number, joint in enumerate(effects.correlated, start=1):
        partial, pair = f"{prefix}pcor_{name}", f"{prefix}{name}_pair"
        if len(effects.correlated) > 1:
            partial, pair = numbered(partial, number), numbered(pair, number)
        correlations.append(
            _correlation(
                build,
                dict(chosen_cor.arguments)["eta"],
                partial,
                pair,
                tuple(labels[place] for place in joint.positions),
                joint.positions,
            )
        )
    if correlations:
        build.explain(effects.cor, chosen_cor)
    mixture = _mixture(build, prefix, effects, name, dim)
    relation = _relation(build, prefix, effects, name, dim)
    columns = [one.column for one in effects.sds]
    plain = mixture is None and relation is None
    # what the data know of effects on single thresholds is not computed
    whole_rows = all(one.threshold is None for one in columns)
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
            form=build.bound.parameterization if plain else "noncentered",
            free=build.bound.parameterization == "auto" and plain and whole_rows,
            moved=moved,
            by=by,
            mixture=mixture,
            relation=relation,
        )
    )


def _relation(
    build: Builder, prefix: str, effects: GroupEffects, name: str, dim: str
) -> str | None:
    """Add the slot of how levels are related."""
    relation = effects.members[0].grouping.relation
    if relation is None:
        return None
    slot, count = f"{prefix}{name}_relation", build.axis_length(dim)
    build.slots.append(Slot(slot, (dim, dim), Numbers(relation.factor, count)))
    return slot


def _mixture(
    build: Builder, prefix: str, effects: GroupEffects, name: str, dim: str
) -> Mixture | None:
    """Lower the t distribution of effects: a variance for each level, around 1.

    brms has ``u`` with an inverse chi-squared distribution in place of ``u df``; its
    size is then not that of ``1 / df``, and it depends less on ``df``.
    """
    if effects.df is None:
        return None
    df, variance = f"{prefix}df_{name}", f"{prefix}mix_{name}"
    scalar(build, effects.df, df, defaults.group_df(), ABOVE_ONE)
    half = Apply("*", (Const(0.5), Symbol(df)))
    prior = Prior("inverse_gamma", (("alpha", half), ("beta", half)))
    build.parameters.append(
        Parameter(variance, (dim,), prior, bounds=POSITIVE, report=False)
    )
    return Mixture(df, variance)


def _terms(build: Builder, member: Member) -> Iterable[tuple[GroupTerm, Increments]]:
    """Return the terms of a formula over a factor, and what their columns add."""
    part = build.joint.predictor(member.dpar)
    learned = build.learned_of(part)
    found = learned.groups[part.groupings.index(member.grouping)]
    return zip(member.grouping.terms, found, strict=True)


def _group_sds(
    build: Builder,
    strata: Sequence[Sequence[Sd]],
    cor: str,
    term: GroupTerm,
    found: Increments,
) -> tuple[list[list[PriorText | DefaultPrior]], Any]:
    """Return the priors of a term's sds, and the basis that they are stated in.

    Defaults of correlated effects are about what each column adds to the others: of
    levels, at the means of the slopes' predictors. Priors of the user's, of an sd or of
    the correlations, are about the effects as written, and so is the whole term then:
    the default of an effect that reaches from the data to 0 is as much wider there.
    Effects that are not correlated as written would be correlated anywhere else.

    Each stratum of ``gr(g, by=)`` has the same defaults, which say how much levels may
    differ in the units of the response: that arms differ in this is for the data.
    """
    part = build.joint.predictor(strata[0][0].member.dpar)
    family, moments = build.response_of(part)[0].family, moments_of(build, part)
    written = [[build.written(sd.target) for sd in sds] for sds in strata]
    basis: Any = found.basis if term.correlated else np.eye(len(term.columns))
    reaching = (basis != np.eye(len(basis))).any(axis=1)
    literal = build.written(cor) is not None or any(
        prior is not None and far
        for priors in written
        for prior, far in zip(priors, reaching, strict=True)
    )
    steps = np.asarray(found.scales)
    if not reaching.any():
        basis = None
    elif literal:
        steps = 1.0 / np.sqrt(np.square(basis / steps).sum(axis=1))
        basis = None
    known: list[DefaultPrior] = []
    for i, column in enumerate(term.columns):
        one = column.is_intercept
        own = moments if column.threshold is None else moments.at_one_threshold
        default = defaults.group_sd(family, part, own, float(steps[i]), one)
        if basis is not None:
            default = replace(default, reason=default.reason + where_of(found, i))
        known.append(default)
    choices = [
        [prior or default for prior, default in zip(priors, known, strict=True)]
        for priors in written
    ]
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
    the levels, and the rows' places among them where these are the same rows.
    """
    recipe = _recipe(grouping)
    for slot in build.slots:
        if slot.recipe == recipe and slot.into is not None:
            return slot.name.removesuffix("_index"), slot.into
    name, dim = free_group(grouping.name, build)
    build.axes.append(Axis(dim, "levels", grouping.levels))
    membership = grouping.membership
    if membership is not None:
        build.axes.append(Axis(f"{name}_member", "members", membership.columns))
    _add_rows(build, grouping, name, name, dim)
    return name, dim


def _recipe(grouping: Grouping) -> LevelIndex | MemberIndex:
    if grouping.membership is not None:
        return MemberIndex(grouping.membership.columns, grouping.levels)
    return LevelIndex(grouping.factors, grouping.levels)


def _rows(build: Builder, grouping: Grouping, name: str, dim: str) -> tuple[str, str]:
    """Return the slots of the levels of a response's rows, and of their weights."""
    recipe = _recipe(grouping)
    for slot in build.slots:
        same = slot.recipe == recipe and slot.into == dim
        if same and slot.axes[0] == build.row:
            return slot.name, f"{slot.name.removesuffix('_index')}_weight"
    # the response has rows of its own
    own = f"{build.bound.prefix}{name}"
    _add_rows(build, grouping, own, name, dim)
    return f"{own}_index", f"{own}_weight"


def _add_rows(
    build: Builder, grouping: Grouping, own: str, name: str, dim: str
) -> None:
    """Add the slots of the levels of rows, under a name of their own."""
    axes: tuple[str, ...] = (build.row,)
    membership = grouping.membership
    if membership is not None:
        count = len(membership.columns)
        axes = (build.row, f"{name}_member")
        shares = MemberWeights(membership.weights, count, membership.scaled)
        build.slots.append(Slot(f"{own}_weight", axes, shares))
    build.slots.append(Slot(f"{own}_index", axes, _recipe(grouping), into=dim))


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
