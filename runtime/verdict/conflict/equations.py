"""The maximum of a likelihood in the coefficients of a predictor.

Effects of groups have their distribution at the posterior's mean, so that coefficients
are estimated as in a mixed model (Henderson 1975), by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.blocks import GroupUse

from .working import Centre, Working

if TYPE_CHECKING:
    from varying.compiler.program.ir import Predictor

__all__ = ["MOST_EFFECTS", "Equations", "Solved", "maximum"]

Array = NDArray[Any]
#: With more effects than this the equations take too long.
MOST_EFFECTS = 20_000
#: Steps to the maximum, and halvings of each.
_STEPS, _HALVINGS = 30, 12


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Standardised coefficients, their errors, and standard normal effects."""

    places: Array
    errors: Array
    effects: Array


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """A linear predictor as ``base + H v + Z z``.

    Attributes
    ----------
    base
        What does not depend on coefficients and effects.
    design
        ``H``: rows by standardised coefficients.
    sparse
        ``Z``: rows by standard normal effects; None without groups.
    start
        The coefficients and effects at the posterior's mean.
    """

    base: Array
    design: Array
    sparse: Any
    start: Solved

    @classmethod
    def of(
        cls, centre: Centre, predictor: Predictor, design: Array, place: Array
    ) -> Equations | None:
        """Return the equations; None if there are too many effects."""
        program, frame = centre.program, centre.frame
        uses = predictor.group_uses
        groups = [program.group(use.group) for use in uses]
        number = sum(frame.lengths[g.levels] * frame.lengths[g.coefs] for g in groups)
        if number > MOST_EFFECTS:
            return None
        eta = np.asarray(centre.values[predictor.name], dtype=float)
        base, sparse, effects = eta - design @ place, None, np.zeros(0)
        if uses:
            from scipy.sparse import hstack

            factors = [centre.scaled(use) for use in uses]
            pairs = list(zip(uses, factors, strict=True))
            sparse = hstack([_design(centre, *one) for one in pairs], format="csr")
            known = [
                np.einsum("jik,jk->ji", np.linalg.pinv(f), centre.effects(u)).ravel()
                for u, f in pairs
            ]
            effects = np.concatenate(known)
            base = base - sparse @ effects
        start = Solved(place, np.full(len(place), np.inf), effects)
        return cls(base, design, sparse, start)

    def at(self, solved: Solved) -> Array:
        """Return the linear predictor."""
        eta = self.base + self.design @ solved.places
        if self.sparse is not None:
            eta = eta + self.sparse @ solved.effects
        return np.asarray(eta)

    def solve(self, working: Working, now: Solved) -> Solved | None:
        """Return where weighted least squares lead; None where they lead nowhere.

        The sum of ``w (y - H v - Z z)^2`` and ``z'z`` is minimal, with ``w y = g + w
        (H v0 + Z z0)`` at the point of ``g`` and ``w``.
        """
        weights, design = working.weights, self.design
        right = working.slopes + weights * (self.at(now) - self.base)
        weighted = weights[:, None] * design
        information, target = design.T @ weighted, design.T @ right
        across = both = None
        if self.sparse is not None:
            from scipy.sparse import diags_array, eye_array
            from scipy.sparse.linalg import splu

            z = self.sparse
            inner = z.T @ diags_array(weights) @ z + eye_array(z.shape[1])
            across = z.T @ weighted
            columns = np.column_stack([across, z.T @ right])
            both = splu(inner.tocsc()).solve(columns)
            information = information - across.T @ both[:, :-1]
            target = target - across.T @ both[:, -1]
        if not np.isfinite(information).all():
            return None
        size = np.sqrt(np.maximum(np.diagonal(information), 0.0))
        # of a constant column the data know nothing
        size = np.where(size > 0.0, size, 1.0)
        values, vectors = np.linalg.eigh(information / np.outer(size, size))
        # directions that the data know nothing of have an error beyond all bounds
        values = np.maximum(values, 1e-12)
        inverse = (vectors / values) @ vectors.T / np.outer(size, size)
        places, effects = inverse @ target, now.effects
        if both is not None:
            effects = both[:, -1] - both[:, :-1] @ places
        return Solved(places, np.sqrt(np.diagonal(inverse)), effects)


def maximum(
    centre: Centre, predictor: Predictor, equations: Equations, first: Solved
) -> Solved:
    """Return the maximum, by Newton's method with steps that are halved.

    Where there is none (a likelihood that only rises) it ends after some steps.
    """

    def value(one: Solved) -> float:
        with np.errstate(all="ignore"):
            rows = centre.densities(predictor.name, equations.at(one))
        return float(np.real(rows).sum() - 0.5 * one.effects @ one.effects)

    now, ahead = equations.start, first
    reached = value(now)
    for _ in range(_STEPS):
        share = 1.0
        for _ in range(_HALVINGS):
            tried = Solved(
                now.places + share * (ahead.places - now.places),
                ahead.errors,
                now.effects + share * (ahead.effects - now.effects),
            )
            found = value(tried)
            if found >= reached:
                break
            share /= 2.0
        else:
            break
        gained, now, reached = found - reached, tried, found
        working = Working.of(centre, predictor, equations.at(now))
        solved = None if working is None else equations.solve(working, now)
        if solved is None:
            break
        ahead = solved
        if gained < 1e-6:
            break
    return Solved(now.places, ahead.errors, now.effects)


def _design(centre: Centre, use: GroupUse, factor: Array) -> Any:
    """Return the sparse design of the standard normal effects of a group.

    ``factor`` is that of each level's effects.
    """
    from scipy.sparse import csr_array

    frame = centre.frame
    index = np.asarray(frame[use.index])
    size, rows = factor.shape[-1], len(index)
    design = np.zeros((rows, size))
    design[:, list(use.positions)] = 1.0 if use.design is None else frame[use.design]
    values = np.einsum("ni,nik->nk", design, factor[index])
    columns = index[:, None] * size + np.arange(size)
    levels = frame.lengths[centre.program.group(use.group).levels]
    pointers = np.arange(rows + 1) * size
    shape = (rows, levels * size)
    return csr_array((values.ravel(), columns.ravel(), pointers), shape)
