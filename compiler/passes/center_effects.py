"""Sample group effects where they are, as far as the data know them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..program.blocks import GroupUse
from ..program.interpret.density import (
    evaluate_expression,
)
from ..program.ir import (
    Axis,
    Centering,
    Frame,
    Group,
    Program,
    Slot,
)
from ..program.names import free_in
from ..program.recipes import Around, Weights
from .centering.around import around_of
from .centering.levels import basis_of, estimate, estimate_again
from .centering.population import Population, population_of
from .centering.rows import at_null

Array = NDArray[Any]

#: Weights are multiples of one over this: the equal ones of levels with nearly as
#: many rows cost one power, and those near 0 and 1 are 0 and 1.
STEPS = 20
#: Mean weight below which an effect is a standard normal in all levels.
_LEAST_KNOWN = 0.3


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
    population = population_of(main, program, frame)
    rows = at_null(population, program, frame)
    if rows is None:
        return program, frame
    try:
        found = {use.group: estimate(use, rows, program, frame) for use in free}
        again = estimate_again(free, found, rows, program, frame)
        around = around_of(free, found, rows, population, program, frame)
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
            basis = basis_of(found[use.group].information, weights, step)
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
    population: Population,
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
