"""Sample group effects where they are, as far as the data know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..families import FAMILIES
from ..program.blocks import GroupProduct, GroupUse
from ..program.expressions import Symbol
from ..program.interpret import coordinates
from ..program.interpret.density import (
    evaluate,
    evaluate_expression,
    likelihood_arguments,
)
from ..program.interpret.start import start
from ..program.ir import (
    Axis,
    Centering,
    Element,
    Frame,
    Group,
    Predictor,
    Program,
    Slot,
)
from ..program.names import free_in
from ..program.recipes import Around, Weights

Array = NDArray[Any]

#: Weights are multiples of one over this: the equal ones of levels with nearly as
#: many rows cost one power, and those near 0 and 1 are 0 and 1.
STEPS = 20
#: Steps of expectation and maximisation; the sds need to be known to some tenths.
_ROUNDS = 30
#: Standard errors of the log of an sd that its lower end is away.
_CAUTION = 3.0
#: Mean weight below which an effect is a standard normal in all levels.
_LEAST_KNOWN = 0.3
#: Mean weight from which on effects are turned to be independent.
_WELL_KNOWN = 0.9
#: Keeps the regression on columns that a level has twice from being singular.
_RIDGE = 1e-9
#: Effects, and their sds, are taken as no larger, in standard errors of a typical one;
#: sds as no smaller than its inverse.
_FAR = 1e6
#: Share of a population column below which a group leaves it alone.
_LEAST_EXPLAINED = 0.1


def center_effects(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Give effects whose form is free the partly centered form.

    The weight of an effect is its reliability, the share of its variance that the
    data of its level explain: ``V A / (V A + 1)``, with ``V`` the variance between
    levels and ``A`` the Fisher information of the level's rows. Both are estimated
    at the model without group effects: ``A`` from the curvature of the log density
    in the predictor, ``V`` by expectation and maximisation from the scores; of ``V``
    the lower end of what is plausible is taken, because a weight too large makes a
    funnel where the sd is small. It is done again at the effects by that estimate,
    where levels whose responses are all alike know less, and the mean of both is
    taken. Where the data know an effect well it is sampled as it is, around what the
    population part says of its level; where they know nothing, as a standard normal::

        group r_subj[subj, subj_coef] = z_subj[...] ~ normal(0, 1), scaled by sd_subj
    becomes
        data w_subj[subj, subj_coef] = numbers of the centering, mean [0.95]
        group r_subj[subj, subj_coef] = partly centered by w_subj around Intercept[0]

    The density is the same after the Jacobian. An estimate far off costs time, and
    changes no result.
    """
    if len(program.likelihoods) > 1:
        return program, frame
    main = program.predictors[0]
    uses = [block for block in main.blocks if isinstance(block, GroupUse)]
    free = [use for use in uses if _is_free(program.group(use.group))]
    if not free:
        return program, frame
    population = _population(main, program, frame)
    rows = _at_null(population, program, frame)
    if rows is None:
        return program, frame
    try:
        found = {use.group: _estimate(use, rows, program, frame) for use in free}
        again = _again(free, found, rows, program, frame)
        around = _around(free, found, rows, population, program, frame)
    except np.linalg.LinAlgError:
        # numbers beyond all scales: the effects stay as they are
        return program, frame
    estimates = [one[use.group] for one in (found, again) for use in free]
    if not all(np.isfinite(one.weights).all() for one in estimates):
        return program, frame
    for use in free:
        both = found[use.group].weights + again[use.group].weights
        weights = np.round(0.5 * both * STEPS) / STEPS
        weights[:, weights.mean(axis=0) < _LEAST_KNOWN] = 0.0
        # an sd that the user has set to 0 leaves nothing to be centered
        weights[_without_spread(program.group(use.group), program, frame)] = 0.0
        if weights.any():
            # from columns of size 1 to what is sampled
            unit = program.group(use.group).unit or (1.0,) * weights.shape[1]
            step = found[use.group].sizes * np.array(unit)
            projected = around[use.group] * population.sizes / step[:, None]
            basis = _basis(found[use.group].information, weights, step)
            program, frame = _centered(
                use, weights, projected, basis, population, program, frame
            )
    return program, frame


def _without_spread(group: Group, program: Program, frame: Frame) -> Array:
    """Return which effects have an sd that is 0 whatever the parameters, (J, q)."""
    lengths = frame.lengths
    size = lengths[group.coefs]
    found = np.zeros((lengths[group.levels], size), dtype=bool)
    values: dict[str, Any] = {
        parameter.name: np.ones([lengths[axis] for axis in parameter.axes])
        for parameter in program.parameters
    }
    if group.sd in values:
        return found
    expression = next(d.expression for d in program.derived if d.name == group.sd)
    sd = np.atleast_1d(evaluate_expression(expression, values))
    none = np.broadcast_to(sd == 0.0, (lengths[group.sds],))
    for levels, places in group.strata(len(found), size):
        found[levels] = none[places]
    return found


def _centered(
    use: GroupUse,
    weights: Array,
    around: Array,
    basis: tuple[tuple[float, ...], ...],
    population: _Population,
    program: Program,
    frame: Frame,
) -> tuple[Program, Frame]:
    group = program.group(use.group)
    # what the population part has no share in needs no place
    kept = np.flatnonzero(np.abs(around).max(axis=(0, 1)) > 0.0)
    elements = tuple(population.elements[i] for i in kept)
    weight = free_in(f"w_{group.name}", program)
    place = free_in(f"around_{group.name}", program)
    axis = f"{group.name}_around"
    labels = tuple(f"{one.name}[{one.place}]" for one in elements)
    numbers = tuple(float(x) for x in weights.mean(axis=0))
    axes = (group.levels, group.coefs)
    slots = (
        Slot(weight, axes, Weights(numbers)),
        Slot(place, (*axes, axis), Around()),
    )
    changed = replace(
        group, form="partial", centering=Centering(weight, place, elements, basis)
    )
    program = replace(
        program,
        axes=(*program.axes, Axis(axis, "around", labels)),
        slots=(*program.slots, *slots),
        groups=tuple(changed if g is group else g for g in program.groups),
    )
    arrays = {weight: weights, place: np.ascontiguousarray(around[..., kept])}
    lengths = {**frame.lengths, axis: len(labels)}
    return program, Frame({**frame.arrays, **arrays}, lengths)


def _is_free(group: Group) -> bool:
    return group.free and group.form in ("auto", "noncentered")


# ---- what the rows say of the predictor ----------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Score and Fisher information of each row in the main predictor, shape (N,)."""

    score: Array
    information: Array
    moved: Callable[[Array], _Rows] | None = None


def _at_null(population: _Population, program: Program, frame: Frame) -> _Rows | None:
    """Return them at the model without group effects; None if they are no numbers.

    That is at its maximum in the population part: what levels differ in because the
    values of a predictor do would else be taken for effects of theirs.
    """
    likelihood = program.likelihood
    family = FAMILIES[likelihood.family]
    first = start(program, frame)
    point = {
        c.name: first[c.name].reshape(c.shape) for c in coordinates(program, frame)
    }
    with np.errstate(all="ignore"):
        values, _ = evaluate(program, frame, point)
        arguments = likelihood_arguments(program, values)
        y = frame[likelihood.value]
        rows = len(y)
        times = likelihood.times(frame)
        count = np.ones(rows) if times is None else times
        if family.thresholds:
            arguments |= _thresholds(y, count, len(arguments["threshold"]) + 1)
        eta = np.broadcast_to(arguments[family.predictor], (rows,)).astype(float)

        def score(at: Array) -> Array:
            given = {**arguments, family.predictor: at + 1e-30j}
            return np.imag(family.log_density(y, **given)) / 1e-30

        scale = 1.0 / np.sqrt(np.average(score(eta) ** 2, weights=count))
        for _ in range(_ROUNDS):
            found = _curved(score, eta, 1e-4 * scale)
            step = _step(population.design, count, found)
            largest = np.abs(step).max(initial=0.0)
            eta = eta + step * min(1.0, 2.0 * scale / max(largest, 1e-300))
            if not largest > 1e-3 * scale:
                break
        found = _curved(score, eta, 1e-4 * scale)

    def moved(shift: Array) -> _Rows:
        with np.errstate(all="ignore"):
            one = _curved(score, eta + shift, 1e-4 * scale)
            information = np.maximum(count * one.information, 0.0)
            return _Rows(count * one.score, information)

    rows_ = moved(np.zeros(rows))
    return replace(rows_, moved=moved) if _finite(rows_) else None


def _finite(rows: _Rows) -> bool:
    return bool(np.isfinite(rows.score).all() and np.isfinite(rows.information).all())


def _step(design: Array, count: Array, rows: _Rows) -> Array:
    """Return a step of Newton's method in the population part, by row.

    Rows that curve upwards (outliers of a Student t) count as flat ones.
    """
    weight = count * np.maximum(rows.information, 0.0)
    matrix = design.T @ (design * weight[:, None])
    ridge = 1e-6 * np.diagonal(matrix) + 1e-300
    away: Array = np.linalg.solve(
        matrix + np.diag(ridge), design.T @ (count * rows.score)
    )
    return design @ away


def _curved(score: Any, eta: Array, step: float) -> _Rows:
    above, below = score(eta + step), score(eta - step)
    return _Rows(0.5 * (above + below), (below - above) / (2.0 * step))


def _thresholds(y: Array, count: Array, categories: int) -> dict[str, Array]:
    """Return the thresholds that give the shares of the data, a little smoothed."""
    shares = np.bincount(y, weights=count, minlength=categories) + 0.5
    below = np.cumsum(shares)[:-1] / shares.sum()
    threshold = np.log(below) - np.log1p(-below)
    return {"threshold": threshold, "gap": np.diff(threshold)}


# ---- what the levels say of the effects ----------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Estimate:
    """What is known of the effects of a group.

    Attributes
    ----------
    weights : (J, q)
        Of centering.
    unsure : (q,)
        Variance between levels over their number: of what levels tell of a mean.
    means : (J, q)
        The effects by these variances.
    design : (N, q)
        The numbers that the effects are multiplied by.
    information : (J, q, q)
        Fisher information of each level's rows.
    sizes : (q,)
        What these numbers were divided by, to be of the size of 1.
    """

    weights: Array
    unsure: Array
    means: Array
    design: Array
    information: Array
    sizes: Array


def _again(
    uses: Sequence[GroupUse],
    found: Mapping[str, _Estimate],
    rows: _Rows,
    program: Program,
    frame: Frame,
) -> dict[str, _Estimate]:
    """Estimate once more, where the effects are by the first estimate.

    A level whose responses are all alike knows less there than it seemed to: what it
    says is that its effect is large, and not how large.
    """
    assert rows.moved is not None
    shifts = {
        use.group: (
            found[use.group].design * found[use.group].means[frame[use.index]]
        ).sum(axis=1)
        for use in uses
    }
    there = rows.moved(sum(shifts.values(), start=np.zeros(len(rows.score))))
    if not _finite(there):
        return dict(found)
    return {
        use.group: _estimate(
            use,
            # the score at 0 of the parabola that there is at the effects
            replace(there, score=there.score + there.information * shifts[use.group]),
            program,
            frame,
        )
        for use in uses
    }


def _estimate(use: GroupUse, rows: _Rows, program: Program, frame: Frame) -> _Estimate:
    """Estimate the variances between levels and the reliability of each effect."""
    group = program.group(use.group)
    levels, size = frame.lengths[group.levels], frame.lengths[group.coefs]
    index = frame[use.index]
    # of effects that other predictors use these rows say nothing
    design = np.zeros((len(index), size))
    design[:, list(use.positions)] = 1.0 if use.design is None else frame[use.design]
    for block in program.predictors[0].blocks:
        if isinstance(block, GroupProduct) and block.group == use.group:
            design[:, block.position] = block.column(frame)
    design, sizes = _normalised(design)
    score = np.zeros((levels, size))
    information = np.zeros((levels, size, size))
    for i in range(size):
        score[:, i] = np.bincount(index, rows.score * design[:, i], minlength=levels)
        for j in range(i + 1):
            product = rows.information * design[:, i] * design[:, j]
            total = np.bincount(index, product, minlength=levels)
            information[:, i, j] = information[:, j, i] = total
    strata = group.strata(levels, size)
    parts = [_variances(score[own], information[own]) for own, _ in strata]
    weights, means, unsure = zip(*parts, strict=True)
    return _Estimate(
        np.concatenate(weights),
        np.max(unsure, axis=0),
        np.concatenate(means),
        design,
        information,
        sizes,
    )


def _variances(score: Array, information: Array) -> tuple[Array, Array, Array]:
    """Return weights, effects and what levels leave unsure, of one stratum.

    Parameters
    ----------
    score, information
        Of each level, (J, q) and (J, q, q).
    """
    levels, size = score.shape
    # in units in which a typical level has information 1, or none
    typical = np.einsum("jii->ji", information).mean(axis=0)
    unit = np.where(typical > 0.0, 1.0 / np.sqrt(np.maximum(typical, 1e-300)), 0.0)
    scaled = information * unit[:, None] * unit
    most = _FAR * np.einsum("jii->ji", scaled)
    score = np.clip(score * unit, -most, most)
    variance = np.ones(size)
    identity = np.eye(size)
    for _ in range(_ROUNDS):
        # posterior variance and mean of each level's effects, given the variances
        shrunk = np.linalg.solve(identity + variance[:, None] * scaled, identity)
        spread = shrunk * variance
        mean = np.einsum("jik,jk->ji", spread, score)
        away = mean - mean.mean(axis=0)
        own = np.einsum("jii->ji", spread)
        variance = np.clip((away**2 + own).mean(axis=0), _FAR**-2, _FAR**2)
    reliability = 1.0 - np.einsum("jii->ji", shrunk)
    # Fisher information of the levels on the log of each sd
    known = 2.0 * (reliability**2).sum(axis=0)
    lower = variance * np.exp(-2.0 * _CAUTION / np.sqrt(np.maximum(known, 1e-12)))
    shrunk = np.linalg.solve(identity + lower[:, None] * scaled, identity)
    weights = np.clip(1.0 - np.einsum("jii->ji", shrunk), 0.0, 1.0)
    return weights, mean * unit, variance * unit**2 / levels


def _normalised(design: Array) -> tuple[Array, Array]:
    """Return columns of the size of 1, and their sizes: 1 where all is 0."""
    sizes = np.abs(design).max(axis=0, initial=0.0)
    sizes = np.where(sizes > 0.0, sizes, 1.0)
    return design / sizes, sizes


def _basis(
    information: Array, weights: Array, step: Array
) -> tuple[tuple[float, ...], ...]:
    """Return the basis in which effects known well are nearly independent.

    With ``A = R' R`` their mean information, ``R x`` is: up to scale, which the
    sampler finds, this is ``x`` in the basis of the columns of ``R^-1``. Effects that
    are mostly standard normals stay as they are. ``step`` is what one of each is in
    the units of A.
    """
    known = np.flatnonzero(weights.mean(axis=0) >= _WELL_KNOWN)
    if len(known) < 2:
        return ()
    mean = information.mean(axis=0)[np.ix_(known, known)]
    try:
        root = np.linalg.cholesky(mean).T
    except np.linalg.LinAlgError:
        return ()
    basis = np.eye(weights.shape[1])
    basis[np.ix_(known, known)] = np.linalg.inv(root) * np.diag(root)
    basis *= step / step[:, None]
    return tuple(tuple(float(x) for x in row) for row in basis)


# ---- what the population part says of the levels -------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Population:
    """The population part: its quantities and their columns, shape (N, p).

    The columns are of the size of 1, by ``sizes``.
    """

    elements: tuple[Element, ...]
    design: Array
    sizes: Array


def _population(predictor: Predictor, program: Program, frame: Frame) -> _Population:
    rows = frame.lengths[predictor.rows]
    elements: list[Element] = []
    columns: list[Array] = []
    for block in predictor.blocks:
        found = block.population(frame)
        if found is not None:
            name, places, matrix = found
            elements += [Element(name, place) for place in places]
            columns.append(np.broadcast_to(matrix, (rows, len(places))))
    arguments = dict(program.likelihood.arguments)
    threshold = arguments.get("threshold")
    if isinstance(threshold, Symbol):
        boundaries = next(axis for axis in program.axes if axis.kind == "boundaries")
        count = len(boundaries.labels or ())
        elements.append(Element(threshold.name, (count - 1) // 2, -1.0))
        columns.append(np.ones((rows, 1)))
    design = np.hstack(columns) if columns else np.zeros((rows, 0))
    return _Population(tuple(elements), *_normalised(design))


def _around(
    uses: Sequence[GroupUse],
    found: Mapping[str, _Estimate],
    rows: _Rows,
    population: _Population,
    program: Program,
    frame: Frame,
) -> dict[str, Array]:
    """Return by group the population part in terms of its effects, (J, q, p).

    It is the regression of the population's columns on those of the effects, within
    each level and weighted by information: 1 where they are the same column, the
    level's value where a column is constant within levels, 0 for what varies within
    them alone. Where groups cross, the one takes a column that tells least of it:
    with the largest variance of a mean over its levels, times the share of the
    column that it explains.
    """
    projected: dict[str, Array] = {}
    claims: list[Array] = []
    weighted = rows.information[:, None] * population.design
    whole = (population.design * weighted).sum(axis=0)
    for use in uses:
        estimate, index = found[use.group], frame[use.index]
        levels, size = estimate.weights.shape
        products = np.zeros((levels, size, weighted.shape[1]))
        for i in range(size):
            for m in range(weighted.shape[1]):
                column = estimate.design[:, i] * weighted[:, m]
                products[:, i, m] = np.bincount(index, column, minlength=levels)
        # in units in which the diagonal is 1, or 0 where a level knows nothing
        diagonal = np.einsum("jii->ji", estimate.information)
        unit = np.where(diagonal > 0.0, 1.0 / np.sqrt(np.maximum(diagonal, 1e-300)), 0)
        matrix = estimate.information * unit[:, :, None] * unit[:, None, :]
        matrix += np.where(diagonal > 0.0, _RIDGE, 1.0)[:, :, None] * np.eye(size)
        solved = np.linalg.solve(matrix, products * unit[:, :, None])
        solved *= unit[:, :, None]
        solved[np.abs(solved) < 1e-7] = 0.0
        projected[use.group] = solved
        explained = (solved * products).sum(axis=(0, 1)) / np.maximum(whole, 1e-300)
        explained[explained < _LEAST_EXPLAINED] = 0.0
        claims.append(explained * estimate.unsure.max())
    best = np.argmax(np.array(claims), axis=0)
    for number, use in enumerate(uses):
        taken = (best == number) & (claims[number] > 0.0)
        projected[use.group] = projected[use.group] * taken
    return projected
