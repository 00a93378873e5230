"""The verifier: what must hold of every program, before and after each pass."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..distributions.table import DISTRIBUTIONS
from .expressions import ANY, OPERATIONS, Apply, Assemble, ProgramExpr, Take, names_in
from .ir import Frame, Group, Likelihood, Program, Slot
from .recipes import Matrix, Outcome, Parts, RowValues, Single


class InvalidProgram(Exception):
    """A program that a stage or pass built wrong: a bug of Varying."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InvalidProgram(message)


def _check_expression(expr: ProgramExpr) -> None:
    match expr:
        case Apply(operation, arguments):
            _require(operation in OPERATIONS, f"no operation {operation}")
            _require(
                OPERATIONS[operation] in (len(arguments), ANY),
                f"{operation} takes {OPERATIONS[operation]} arguments",
            )
            for argument in arguments:
                _check_expression(argument)
        case Assemble(parts, _):
            for part in parts:
                _check_expression(part)
        case Take(vector, _):
            _check_expression(vector)
        case _:
            pass


def verify(program: Program, frame: Frame | None = None) -> None:
    """Raise ``InvalidProgram`` unless every name resolves and every use fits.

    Parameters and derived quantities may refer to each other as long as they
    can be put in an order (``definition_order``), which backends walk.
    """
    axes = {axis.name for axis in program.axes}
    slots = {slot.name: slot for slot in program.slots}
    names = [
        *slots,
        *(p.name for p in program.parameters),
        *(d.name for d in program.derived),
        *(g.effects for g in program.groups),
        *(g.base for g in program.groups),
        *(name for g in program.groups if (m := g.moved) for name in (m.effects, m.sd)),
        *(p.name for p in program.predictors),
    ]
    _require(len(names) == len(set(names)), f"a name is defined twice in {names}")
    _require(len(axes) == len(program.axes), "an axis is defined twice")
    for slot in program.slots:
        _require(set(slot.axes) <= axes, f"{slot.name}: unknown axis")
        _require(slot.into is None or slot.into in axes, f"{slot.name}: unknown axis")

    everything = set(names)
    for parameter in program.parameters:
        _require(set(parameter.axes) <= axes, f"{parameter.name}: unknown axis")
        _require(
            parameter.prior.distribution in DISTRIBUTIONS,
            f"{parameter.name}: no distribution {parameter.prior.distribution}",
        )
        row = DISTRIBUTIONS[parameter.prior.distribution]
        _require(
            {n for n, _ in parameter.prior.arguments}
            == {a.name for a in row.arguments},
            f"{parameter.name}: arguments of {row.name}",
        )
        for _, argument in parameter.prior.arguments:
            _check_expression(argument)
            unknown = set(names_in(argument)) - everything
            _require(not unknown, f"{parameter.name}: unknown {unknown}")
    for derived in program.derived:
        _require(set(derived.axes) <= axes, f"{derived.name}: unknown axis")
        _check_expression(derived.expression)
        unknown = set(names_in(derived.expression)) - everything
        _require(not unknown, f"{derived.name}: unknown {unknown}")
    definition_order(program)

    scales = {p.name for p in program.parameters} | {d.name for d in program.derived}
    for group in program.groups:
        known = {group.levels, group.coefs, group.sds} <= axes
        _require(known, f"{group.name}: unknown axis")
        _check_strata(group, program)
        _require(group.sd in scales, f"{group.name}: unknown {group.sd}")
        _check_centering(group, slots, scales)
        if group.moved is not None:
            size = len(program.axis(group.coefs).labels or ())
            shape = np.shape(group.moved.basis)
            _require(shape == (size, size), f"{group.name}: basis of {shape}")
        positions = [i for c in group.correlations for i in c.positions]
        _require(len(positions) == len(set(positions)), f"{group.name}: overlap")
        unknown = {*group.quantities} - scales | {*group.slots} - slots.keys()
        _require(not unknown, f"{group.name}: unknown {unknown}")
        _require(
            group.plain or group.form in ("auto", "noncentered"),
            f"{group.name}: {group.form}",
        )
    used: list[tuple[str, int]] = []
    for predictor in program.predictors:
        if predictor.body is not None:
            _check_expression(predictor.body)
            unknown = set(names_in(predictor.body)) - everything
            _require(not unknown, f"{predictor.name}: unknown {unknown}")
            _require(not predictor.blocks, f"{predictor.name}: a body and blocks")
        for block in predictor.blocks:
            unknown = {*block.slots()} - slots.keys() | {*block.quantities()} - scales
            _require(not unknown, f"{predictor.name}: unknown {unknown}")
            for fault in block.faults(program):
                _require(False, f"{predictor.name}: {fault}")
            used += block.effects_used()
    wanted = [
        (group.name, position)
        for group in program.groups
        for position in range(len(program.axis(group.coefs).labels or ()))
    ]
    _require(sorted(used) == sorted(wanted), "every group effect is used once")
    for group in program.groups:
        users = [
            one.name
            for one in program.predictors
            if group.name in {g for b in one.blocks for g, _ in b.effects_used()}
        ]
        alone = group.form != "marginal" or len(users) == 1
        _require(alone, f"{group.name} is integrated out of {users}")
    named = [one.name for one in program.likelihoods]
    _require(len(named) == len({*named}), "a response is there twice")
    _require({p.response for p in program.predictors} <= {*named}, "no such response")
    for likelihood in program.likelihoods:
        _check_likelihood(likelihood, slots, everything)
    if frame is not None:
        _verify_frame(program, frame)


def _check_likelihood(
    likelihood: Likelihood, slots: Mapping[str, Slot], everything: set[str]
) -> None:
    _require(likelihood.value in slots, f"unknown {likelihood.value}")
    for _, argument in likelihood.arguments:
        _check_expression(argument)
        unknown = set(names_in(argument)) - everything
        _require(not unknown, f"likelihood: unknown {unknown}")
    rows = (likelihood.rows,)
    for counted in (likelihood.count, likelihood.within, likelihood.weight):
        _require(
            counted is None or (counted in slots and slots[counted].axes == rows),
            f"{counted} is no slot over {likelihood.rows}",
        )
    _require(
        likelihood.within is None
        or (likelihood.count is not None and likelihood.family.pooled is not None),
        f"{likelihood.family.name} does not pool",
    )


def _check_strata(group: Group, program: Program) -> None:
    if group.by is None:
        return
    levels, effects, sds = (
        len(program.axis(name).labels or ())
        for name in (group.levels, group.coefs, group.sds)
    )
    _require(sum(group.by.levels) == levels, f"{group.name}: levels in strata")
    _require(len(group.by.levels) * effects == sds, f"{group.name}: sds of strata")
    for one in group.correlations:
        strata = {place // effects for place in one.positions}
        _require(len(strata) == 1, f"{group.name}: a correlation across strata")


def _check_centering(group: Group, slots: Mapping[str, Slot], scales: set[str]) -> None:
    centering = group.centering
    _require(
        (centering is not None) == (group.form == "partial"), f"{group.name}: form"
    )
    if centering is None:
        return
    _require(centering.weights in slots, f"{group.name}: {centering.weights}")
    _require(
        slots[centering.weights].axes == (group.levels, group.coefs),
        f"{group.name}: axes of {centering.weights}",
    )
    _require(centering.around in slots, f"{group.name}: {centering.around}")
    around = slots[centering.around].axes
    _require(around[:2] == (group.levels, group.coefs), f"{group.name}: {around}")
    basis = centering.basis
    _require(
        not basis or {len(basis)} == {len(row) for row in basis},
        f"{group.name}: the basis is not square",
    )
    named = {one.name for one in centering.elements}
    _require(named <= scales, f"{group.name}: unknown {named - scales}")


def _verify_frame(program: Program, frame: Frame) -> None:
    lengths = dict(frame.lengths)
    observed = {one.value for one in program.likelihoods}
    counts = {one.count for one in program.likelihoods}
    nonnegative = {one.within for one in program.likelihoods}
    nonnegative |= {one.weight for one in program.likelihoods}
    for axis in program.axes:
        if axis.labels is not None:
            _require(
                lengths.get(axis.name, len(axis.labels)) == len(axis.labels),
                f"{axis.name} has {len(axis.labels)} labels",
            )
            lengths[axis.name] = len(axis.labels)
    for slot in program.slots:
        _require(slot.name in frame.arrays, f"the frame lacks {slot.name}")
        array = frame[slot.name]
        shape = tuple(lengths[axis] for axis in slot.axes)
        _require(array.shape == shape, f"{slot.name}: {array.shape} is not {shape}")
        if slot.into is not None:
            inside = array.size == 0 or (
                array.min() >= 0 and array.max() < lengths[slot.into]
            )
            _require(bool(inside), f"{slot.name} points outside {slot.into}")
        if slot.name in counts:
            _require(bool((array >= 1).all()), f"{slot.name} is below one")
        if slot.name in nonnegative:
            _require(bool((array >= 0).all()), f"{slot.name} is negative")
        if isinstance(slot.recipe, Outcome) and slot.recipe.categories:
            last = len(slot.recipe.categories) - 1
            inside = array.size == 0 or (array.min() >= 0 and array.max() <= last)
            _require(bool(inside), f"{slot.name} has ranks beyond its categories")
        if isinstance(slot.recipe, Matrix | Parts | Single):
            _require(bool(np.isfinite(array).all()), f"{slot.name} is not finite")
        if isinstance(slot.recipe, RowValues) and slot.name not in observed:
            _require(bool(np.isfinite(array).all()), f"{slot.name} is not finite")


def definition_order(program: Program) -> tuple[str, ...]:
    """Return parameters and derived quantities so that each follows what it needs.

    Raises ``InvalidProgram`` where two need each other.
    """
    needs: dict[str, set[str]] = {}
    for parameter in program.parameters:
        needs[parameter.name] = {
            name for _, a in parameter.prior.arguments for name in names_in(a)
        }
    for derived in program.derived:
        needs[derived.name] = set(names_in(derived.expression))
    order: list[str] = []
    waiting = dict(needs)
    while waiting:
        ready = [name for name, uses in waiting.items() if not (uses & waiting.keys())]
        _require(bool(ready), f"{sorted(waiting)} need each other")
        for name in ready:
            order.append(name)
            del waiting[name]
    return tuple(order)
