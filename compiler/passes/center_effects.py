"""Sample group effects where they are, as far as the data know them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..program.interpret.density import (
    evaluate_expression,
)
from ..program.ir import (
    Axis,
    Centering,
    Frame,
    Group,
    Predictor,
    Program,
    Slot,
)
from ..program.names import free_in
from ..program.reached import reached
from ..program.recipes import Around, Weights
from .centering.around import around_of
from .centering.curves import curve_null
from .centering.levels import basis_of, effects_of, estimate, estimate_again, refitted
from .centering.population import PopulationDesign, joined, population_of, stacked
from .centering.rows import Density, Null, linear_null, together

Array = NDArray[Any]

#: Weights are multiples of one over this: the equal ones of levels with nearly as
#: many rows cost one power, and those near 0 and 1 are 0 and 1.
STEPS = 20
#: Mean weight below which an effect is a standard normal in all levels.
_LEAST_KNOWN = 0.3
#: How often effects and the residual sd that they leave are estimated in turn.
_REFITS = 4


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
    free = {group.name: group for group in program.groups if _is_free(group)}
    nulls: list[Null] = []
    populations: list[PopulationDesign] = []
    for one in program.likelihoods:
        view = program.of(one.name)
        for main in _mains(view):
            uses = _uses(view, main) & free.keys()
            null = _null(view, frame, main) if uses else None
            if null is not None:
                nulls.append(null)
                populations.append(joined(null.population))
    used = {name for null in nulls for p, _ in null.predictors for name in _groups(p)}
    bundles = _with_the_same_levels([g for n, g in free.items() if n in used])
    if not bundles:
        return program, frame
    rows = together([null.rows for null in nulls])
    population = stacked(populations)
    try:
        effects = [effects_of(groups, nulls, frame) for groups in bundles]
        found = [estimate(one, rows) for one in effects]
        for _ in range(_REFITS if any(null.refitted for null in nulls) else 0):
            nulls = refitted(effects, found, nulls)
            rows = together([null.rows for null in nulls])
            found = [estimate(one, rows) for one in effects]
        again = estimate_again(effects, found, nulls)
        around = around_of(effects, found, rows, population)
    except np.linalg.LinAlgError:
        # numbers beyond all scales: the effects stay as they are
        return program, frame
    if not all(np.isfinite(one.weights).all() for one in (*found, *again)):
        return program, frame
    for number, each in enumerate(effects):
        both = 0.5 * (found[number].weights + again[number].weights)
        for group, places in zip(each.groups, each.places, strict=True):
            weights = np.round(both[:, places] * STEPS) / STEPS
            weights[:, weights.mean(axis=0) < _LEAST_KNOWN] = 0.0
            # an sd that the user has set to 0 leaves nothing to be centered
            weights[_without_spread(group, program, frame)] = 0.0
            if weights.any():
                # from columns of size 1 to what is sampled
                unit = group.unit or (1.0,) * weights.shape[1]
                step = each.sizes[places] * np.array(unit)
                scale = population.sizes / step[:, None]
                information = found[number].information[:, places, places]
                program, frame = _centered(
                    group,
                    weights,
                    around[number][:, places] * scale,
                    basis_of(information, weights, step),
                    population,
                    program,
                    frame,
                )
    return program, frame


def _mains(program: Program) -> list[Predictor]:
    """Return the main predictors of a program with one response."""
    family = program.likelihood.family
    first, *others = program.predictors
    return [first, *(one for one in others if one.is_main_of(family))]


def _null(program: Program, frame: Frame, main: Predictor) -> Null | None:
    """Return one response, at one of its main predictors, without group effects."""
    density = Density.of(program, frame, main)
    part = population_of(main, program, frame)
    if main.body is None:
        return linear_null(density, part)
    parts = [
        (one, population_of(one, program, frame)) for one in _made_of(program, main)
    ]
    return curve_null(density, [(main, part), *parts])


def _uses(program: Program, main: Predictor) -> set[str]:
    """Return the groups that the predictors of a main parameter use."""
    return {n for one in (main, *_made_of(program, main)) for n in _groups(one)}


def _made_of(program: Program, main: Predictor) -> list[Predictor]:
    """Return the sums of terms that a main predictor is calculated from."""
    names = reached(program, [main.name])
    return [
        one
        for one in program.predictors
        if one.inner and one.body is None and one.name in names
    ]


def _groups(predictor: Predictor) -> Iterator[str]:
    return (block.group for block in predictor.group_blocks if block.members is None)


def _with_the_same_levels(groups: Sequence[Group]) -> list[list[Group]]:
    """Return groups that are to be estimated together, in their order."""
    found: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        alone = "" if group.by is None else group.name
        found.setdefault((group.levels, alone), []).append(group)
    return list(found.values())


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
    group: Group,
    weights: Array,
    around: Array,
    basis: tuple[tuple[float, ...], ...],
    population: PopulationDesign,
    program: Program,
    frame: Frame,
) -> tuple[Program, Frame]:
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
