"""The likelihood around the posterior's mean, as weighted least squares.

With ``g`` and ``w`` the slope and the negative curvature of a row's log likelihood in
its linear predictor, the log likelihood near there is that of the working response
``eta + g / w`` with variance ``1 / w`` (McCullagh & Nelder 1989, section 2.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.counted import counted
from varying.compiler.program.interpret.density import (
    cholesky,
    evaluate_expression,
    likelihood_arguments,
    predictor_value,
)
from varying.compiler.program.verify import definition_order

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.program.blocks import GroupUse
    from varying.compiler.program.ir import Frame, Predictor, Program

__all__ = ["Centre", "Working"]

Array = NDArray[Any]
_STEP = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """Every quantity of a program at the mean of its posterior.

    Attributes
    ----------
    values
        Slots, parameters, derived quantities, effects, predictors.
    sds
        Posterior sds of the parameters.
    """

    program: Program
    frame: Frame
    values: Mapping[str, Any]
    sds: Mapping[str, Array]

    @classmethod
    def of(cls, program: Program, frame: Frame, posterior: Dataset) -> Centre:
        """Return it; a ``KeyError`` names a parameter without draws."""
        values: dict[str, Any] = dict(frame.arrays)
        sds: dict[str, Array] = {}
        parameters = {one.name for one in program.parameters}
        derived = {one.name: one for one in program.derived}
        for name in definition_order(program):
            if name in parameters:
                draws = posterior[name].transpose("chain", "draw", ...).values
                values[name] = draws.mean(axis=(0, 1))
                sds[name] = draws.std(axis=(0, 1))
            else:
                values[name] = evaluate_expression(derived[name].expression, values)
        for group in program.groups:
            draws = posterior[group.effects].transpose("chain", "draw", ...).values
            effects = draws.mean(axis=(0, 1))
            values[group.effects] = values[group.stated] = effects
            if group.moved is not None:
                basis = np.asarray(group.moved.basis)
                values[group.stated] = effects @ np.linalg.inv(basis).T
        for predictor in program.in_order:
            values[predictor.name] = predictor_value(predictor, program, frame, values)
        return cls(program, frame, values, sds)

    def of_response(self, response: str) -> Centre:
        """Return the same with the likelihood of one response alone."""
        if len(self.program.likelihoods) == 1:
            return self
        return replace(self, program=self.program.of(response))

    def scaled(self, use: GroupUse) -> Array:
        """Return a factor of the covariance of each level's effects, (J, q, q)."""
        group, lengths = self.program.group(use.group), self.frame.lengths
        count, size = lengths[group.sds], lengths[group.coefs]
        spread = np.broadcast_to(self.values[group.sd], (count,))
        whole = np.asarray(spread[:, None] * cholesky(group, self.values, count))
        basis = group.basis_of_sds()
        if basis is not None and not use.stated:
            whole = basis @ whole
        found = np.empty((lengths[group.levels], size, size))
        for levels, places in group.strata(len(found), size):
            found[levels] = whole[places, places]
        if group.mixture is not None:
            variance = np.asarray(self.values[group.mixture.variance])
            found *= np.sqrt(variance)[:, None, None]
        return found

    def effects(self, use: GroupUse) -> Array:
        """Return the effects that the design of a use is multiplied by."""
        group = self.program.group(use.group)
        return np.asarray(self.values[group.stated if use.stated else group.effects])

    def densities(self, predictor: str, eta: Array) -> Array:
        """Return the log likelihood of each row at a linear predictor."""
        likelihood = self.program.likelihood
        family = likelihood.family
        values = {**self.values, predictor: eta}
        arguments = likelihood_arguments(self.program, values)
        response = self.frame[likelihood.value]
        times, within = likelihood.times(self.frame), likelihood.spread(self.frame)
        if times is None:
            return np.asarray(family.log_density(response, **arguments))
        if within is None:
            return counted(times, family.log_density(response, **arguments))
        assert family.pooled is not None
        found = family.pooled.log_density(response, times, within, **arguments)
        return counted(times != 0, found)


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """Slopes ``g`` and weights ``w`` of the rows in one linear predictor."""

    slopes: Array
    weights: Array

    @classmethod
    def of(
        cls, centre: Centre, predictor: Predictor, eta: Array | None = None
    ) -> Working | None:
        """Return them at a linear predictor; None where they are not finite.

        Without one it is that of the posterior's mean.
        """
        name = predictor.name
        eta = np.asarray(centre.values[name] if eta is None else eta, dtype=float)
        with np.errstate(all="ignore"):
            slopes = _slopes(centre, name, eta)
            size = float(np.sqrt(np.mean(slopes**2)))
            if not (np.isfinite(size) and size > 0.0):
                return None
            # about a thousandth of what the likelihood takes to fall
            step = 1e-3 / size
            after, before = (
                _slopes(centre, name, eta + sign * step) for sign in (1.0, -1.0)
            )
            weights = (before - after) / (2.0 * step)
        if not (np.isfinite(slopes).all() and np.isfinite(weights).all()):
            return None
        return cls(slopes, np.maximum(weights, 0.0))


def _slopes(centre: Centre, predictor: str, eta: Array) -> Array:
    """Return derivatives by complex step, exact to rounding."""
    found = np.imag(centre.densities(predictor, eta + 1j * _STEP)) / _STEP
    return np.broadcast_to(found, eta.shape)
