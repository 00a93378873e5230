"""From a program and a frame to a ``pymc.Model``.

One case a node. Every random variable is given its transform from the
program's charts, so nothing depends on PyMC's defaults; arrays are ``pm.Data``,
so new rows do not mean a new compilation.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions import transforms
from pymc.distributions.shape_utils import rv_size_is_none

from ...distributions.in_order import draw_in_order
from ...distributions.table import DISTRIBUTIONS
from ...program.expressions import Const
from ...program.in_order import are_alike, log_chance, middles
from ...program.interpret.forwards import GENERATORS
from ...program.ir import (
    Derived,
    Frame,
    Group,
    Likelihood,
    Parameter,
    Predictor,
    Prior,
    Program,
)
from ...program.reached import by_row
from ...program.recipes import Numbers
from ...program.verify import definition_order
from .blocks import BLOCKS
from .operations import UnitTransform, expression, lkj_cholesky


def emit(
    program: Program, frame: Frame, rows: Mapping[str, Sequence[int]] | None = None
) -> pm.Model:
    """Return the model of a program on a frame.

    Parameters
    ----------
    program
        Verified; any form (before or after passes).
    frame
        The arrays of its slots.
    rows
        Numbers of the rows by axis, their labels in the model; None: from 0.

    Returns
    -------
    A ``pymc.Model`` with the axes of the program as dims, its labels as
    coords, and the reported quantities under their names.
    """
    coords = _coords(program, frame)
    coords |= {axis: list(numbers) for axis, numbers in (rows or {}).items()}
    with pm.Model(coords=coords, check_bounds=False) as model:
        values: dict[str, Any] = {}
        observed = {one.value for one in program.likelihoods}
        for slot in program.slots:
            if slot.name not in observed:
                values[slot.name] = _data(slot.name, slot.axes, slot.recipe, frame)
        parameters = {p.name: p for p in program.parameters}
        derived = {d.name: d for d in program.derived}
        for name in definition_order(program):
            if name in parameters:
                values[name] = _parameter(parameters[name], values)
            else:
                values[name] = _derived(derived[name], values)
        for group in program.groups:
            values |= _group(group, program, values)
        for predictor in program.in_order:
            values[predictor.name] = _predictor(predictor, values, program, frame)
        for likelihood in program.observed:
            _observe(likelihood, program, frame, values)
            # what another response is given: drawn where it is
            values[likelihood.value] = model[likelihood.name]
    return model


def _coords(program: Program, frame: Frame) -> dict[str, Any]:
    coords: dict[str, Any] = {}
    for axis in program.axes:
        if axis.labels is None:
            coords[axis.name] = np.arange(frame.lengths[axis.name])
        else:
            coords[axis.name] = list(axis.labels)
    for group in program.groups:
        if group.correlations:
            # a matrix needs two names for the same coefficients
            coords[f"{group.sds}_"] = coords[group.sds]
    return coords


def _data(name: str, axes: tuple[str, ...], recipe: Any, frame: Frame) -> Any:
    if isinstance(recipe, Numbers):
        # learned once and part of the model: not data that may be replaced
        return pt.as_tensor_variable(frame[name])
    return pm.Data(name, frame[name], dims=axes)


# ---- parameters ------------------------------------------------------------------


def _transform(parameter: Parameter) -> Any:
    if parameter.chart == "ordered":
        return transforms.ordered
    if parameter.chart == "simplex":
        return transforms.simplex
    if parameter.unbounded:
        unit = parameter.steps
        if unit is None:
            return None
        if not parameter.axes:
            return UnitTransform(unit.center[0], unit.scale[0])
        return UnitTransform(np.array(unit.center), np.array(unit.scale))
    low, high = parameter.bounds
    if (low, high) == (0.0, math.inf):
        return transforms.log
    if (low, high) == (0.0, 1.0):
        return transforms.logodds
    return transforms.Interval(
        None if math.isinf(low) else np.float64(low),
        None if math.isinf(high) else np.float64(high),
    )


def _arguments(prior: Prior, values: dict[str, Any]) -> dict[str, Any]:
    keywords = {
        argument.name: argument.keyword
        for argument in DISTRIBUTIONS[prior.distribution].arguments
    }
    return {
        keywords[name]: expression(value, values) for name, value in prior.arguments
    }


def _parameter(parameter: Parameter, values: dict[str, Any]) -> Any:
    prior = parameter.prior
    arguments = _arguments(prior, values)
    distribution = getattr(pm, DISTRIBUTIONS[prior.distribution].pymc)
    dims = parameter.axes or None
    transform = _transform(parameter)
    if parameter.chart == "ordered" and are_alike(prior):
        return _ordered(parameter, distribution, arguments)
    if parameter.chart == "ordered":
        return _in_order(parameter, distribution, arguments)
    if prior.lower is not None or prior.upper is not None:
        with warnings.catch_warnings():
            # it looks for an inverse cdf, which not all have (inverse_gamma)
            warnings.filterwarnings("ignore", "RandomVariables", UserWarning)
            return pm.Truncated(
                parameter.name,
                distribution.dist(**arguments),
                lower=prior.lower,
                upper=prior.upper,
                dims=dims,
                default_transform=transform,
            )
    return distribution(
        parameter.name, **arguments, dims=dims, default_transform=transform
    )


def _ordered(parameter: Parameter, distribution: Any, arguments: dict[str, Any]) -> Any:
    """Independent draws, conditioned on their order: drawn by sorting."""
    model = pm.modelcontext(None)
    count = len(model.coords[parameter.axes[0]] or ())
    names = list(arguments)
    scalars = [pt.as_tensor_variable(arguments[name]) for name in names]

    def draw(*rest: Any) -> Any:
        *given, size = rest
        size = () if rv_size_is_none(size) else tuple(size)
        keywords = {n: g[..., None] for n, g in zip(names, given, strict=True)}
        return pt.sort(distribution.dist(**keywords, size=(*size, count)), axis=-1)

    def logp(value: Any, *given: Any) -> Any:
        keywords = dict(zip(names, given, strict=True))
        each = pm.logp(distribution.dist(**keywords), value)
        return each.sum(-1) + math.lgamma(count + 1)

    def support_point(rv: Any, size: Any, *given: Any) -> Any:
        return pt.constant(np.linspace(-2.0, 2.0, count))

    return pm.CustomDist(
        parameter.name,
        *scalars,
        dist=draw,
        logp=logp,
        support_point=support_point,
        signature=",".join("()" for _ in names) + "->(b)",
        transform=transforms.ordered,
        dims=parameter.axes,
    )


def _in_order(
    parameter: Parameter, distribution: Any, arguments: dict[str, Any]
) -> Any:
    """Draws of different distributions, drawn again until they are in order."""
    count = len(pm.modelcontext(None).coords[parameter.axes[0]] or ())
    names, prior = list(arguments), parameter.prior
    constant, start = -log_chance(prior, count), middles(prior, count)
    generator = GENERATORS[prior.distribution]
    vectors = [
        pt.as_tensor_variable(arguments[name]) * np.ones(count) for name in names
    ]

    def draw(*given: Any, rng: Any = None, size: Any = None) -> Any:
        keywords = dict(zip((n for n, _ in prior.arguments), given, strict=True))
        return draw_in_order(rng, generator, (*(size or ()), count), keywords, False)

    def logp(value: Any, *given: Any) -> Any:
        keywords = dict(zip(names, given, strict=True))
        return pm.logp(distribution.dist(**keywords), value).sum(-1) + constant

    return pm.CustomDist(
        parameter.name,
        *vectors,
        random=draw,
        logp=logp,
        support_point=lambda rv, size, *given: pt.constant(start),
        signature=",".join("(b)" for _ in names) + "->(b)",
        transform=transforms.ordered,
        dims=parameter.axes,
    )


def _derived(derived: Derived, values: dict[str, Any]) -> Any:
    value = expression(derived.expression, values)
    if not derived.report:
        return value
    if isinstance(derived.expression, Const):
        value = pt.as_tensor_variable(value)
    return pm.Deterministic(derived.name, value, dims=derived.axes or None)


# ---- groups and predictors -----------------------------------------------------------


def _group(group: Group, program: Program, values: dict[str, Any]) -> dict[str, Any]:
    """Add the effects of a group; return them by name."""
    size = len(program.axis(group.coefs).labels or ())
    sd = values[group.sd]
    dims = (group.levels, group.coefs)
    factor: Any = None
    if group.correlations:
        factor = _cholesky(group, values, len(program.axis(group.sds).labels or ()))
        _correlations(group, factor @ factor.T, sd)
    chol = None if factor is None else sd[:, None] * factor
    if group.by is not None:
        # of each level: those of its stratum
        strata = np.repeat(np.arange(len(group.by.levels)), group.by.levels)
        sd = sd.reshape((-1, size))[strata]
        if chol is not None:
            parts = range(0, size * len(group.by.levels), size)
            blocks = [chol[at : at + size, at : at + size] for at in parts]
            chol = pt.stack(blocks)[strata]
    steps = None
    if group.unit:
        steps = UnitTransform(
            0.0, np.asarray(group.unit), joint=int(factor is not None)
        )
    if group.form == "noncentered":
        base = pm.Normal(group.base, 0.0, 1.0, dims=dims)
        effects = base * sd if chol is None else _times(chol, base)
        if group.relation is not None:
            effects = values[group.relation] @ effects
        if group.mixture is not None:
            effects = pt.sqrt(values[group.mixture.variance])[:, None] * effects
        if group.moved is None:
            effects = pm.Deterministic(group.effects, effects, dims=dims)
    elif chol is None:
        effects = pm.Normal(group.stated, 0.0, sd, dims=dims, default_transform=steps)
    else:
        effects = pm.MvNormal(
            group.stated, pt.zeros(size), chol=chol, dims=dims, default_transform=steps
        )
    if group.moved is None:
        return {group.effects: effects}
    written = effects @ np.asarray(group.moved.basis).T
    written = pm.Deterministic(group.effects, written, dims=dims)
    return {group.stated: effects, group.effects: written}


def _times(factor: Any, base: Any) -> Any:
    """Return standard normals times the factor of all levels, or of each."""
    if factor.ndim == 2:
        return base @ factor.T
    return (factor @ base[:, :, None])[:, :, 0]


def _correlations(group: Group, matrix: Any, sd: Any) -> None:
    """Report correlations, and sds that are not those that were sampled."""
    basis = group.basis_of_sds()
    if group.moved is not None and basis is not None:
        covariance = basis @ (sd[:, None] * matrix * sd) @ basis.T
        sd = pt.sqrt(pt.diag(covariance))
        pm.Deterministic(group.moved.sd, sd, dims=group.sds)
        # an effect without spread is correlated with none
        unit = pt.switch(sd > 0.0, 1.0 / pt.switch(sd > 0.0, sd, 1.0), 0.0)
        scaled = covariance * unit[:, None] * unit
        matrix = pt.fill_diagonal(scaled, 1.0)
    dims = (group.sds, f"{group.sds}_")
    pm.Deterministic(group.correlation_matrix, matrix, dims=dims)


def _cholesky(group: Group, values: dict[str, Any], size: int) -> Any:
    factors = [
        (c.positions, lkj_cholesky(values[c.parameter], len(c.positions)))
        for c in group.correlations
    ]
    if len(factors) == 1 and len(factors[0][0]) == size:
        return factors[0][1]
    whole = pt.eye(size)
    for positions, factor in factors:
        places = np.ix_(positions, positions)
        whole = whole[places].set(factor)
    return whole


def _predictor(
    predictor: Predictor, values: dict[str, Any], program: Program, frame: Frame
) -> Any:
    total: Any = None
    if predictor.body is not None:
        total = expression(predictor.body, values)
    for block in predictor.blocks:
        term = BLOCKS[type(block)](block, values, program)
        total = term if total is None else total + term
    rows_axis = frame.lengths[predictor.rows]
    if total is None or total.ndim == 0:
        total = (0.0 if total is None else total) + pt.zeros(rows_axis)
    for name in predictor.report:
        pm.Deterministic(name, total, dims=predictor.rows)
    return total


def _observe(
    likelihood: Likelihood, program: Program, frame: Frame, values: dict[str, Any]
) -> None:
    arguments = {n: expression(e, values) for n, e in likelihood.arguments}
    y, dims = frame[likelihood.value], likelihood.rows
    counting = {n: values[n] for n in (likelihood.count, likelihood.weight) if n}
    within = {n: values[n] for n in (likelihood.within, likelihood.weight) if n}
    weight = None if likelihood.weight is None else frame[likelihood.weight]
    if weight is not None and not weight.all():
        # rows of weight 0 are none of the variable: what they say may be impossible
        there = np.flatnonzero(weight)
        for name in by_row(program, likelihood):
            arguments[name] = arguments[name][there]
        counting = {name: values[name][there] for name in counting}
        within = {name: values[name][there] for name in within}
        labels = pm.modelcontext(None).coords[dims]
        dims = f"{likelihood.weight}_{dims}"
        pm.modelcontext(None).add_coord(dims, np.asarray(labels)[there])
        y = y[there]
    more = program.slot(likelihood.value).axes[1:]
    whole: Any = (dims, *more) if more else dims
    observed = pm.Data(likelihood.value, y, dims=whole)
    family = likelihood.family
    variable = family.observe(pm, pt, likelihood.name, arguments, observed, whole)
    if not counting:
        return
    # the observed variable counts each row once
    others = (math.prod(counting.values()) - 1.0) * pm.logp(variable, observed)
    if likelihood.within is not None:
        assert family.pooled is not None
        rest = math.prod(within.values())
        others = others + family.pooled.deviations(rest, **arguments)
    pm.Potential(f"{likelihood.name}#others", others, dims=dims)
