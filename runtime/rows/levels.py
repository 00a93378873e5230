"""Effects of levels that a fit has not seen: drawn from the fitted population.

At each draw of the posterior the effects of a new level are normal, with the standard
deviations and correlations of that draw; or they have a t distribution with its degrees
of freedom, where the fitted ones have. They are the same in all rows of the level, in
whichever predictor they are used: a level has a stream of random numbers of its own,
which begins at its place among the new levels of its group.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.interpret.density import scaled_factors
from varying.compiler.program.interpret.rows import Quantities
from varying.compiler.program.persons import each_persons

if TYPE_CHECKING:
    from varying.compiler.program.ir import Frame, Group, Program
    from varying.compiler.program.persons import Persons

    from .engine import Draws

__all__ = ["NewEffects"]

Array = NDArray[Any]

#: Effects that are kept once they are drawn, in numbers; more are drawn block by block.
_KEPT = 1 << 23


class NewEffects:
    """The effects of the new levels of a frame.

    Parameters
    ----------
    program, frame
        The program as lowered, and the arrays of all rows.
    draws
        The posterior.
    seed
        The same seed gives the same effects; None: any.
    """

    def __init__(
        self, program: Program, frame: Frame, draws: Draws, seed: int | None
    ) -> None:
        self._program, self._frame, self._draws = program, frame, draws
        there = {axis for axis, levels in frame.new_levels.items() if levels.labels}
        self._groups = [group for group in program.groups if group.levels in there]
        self._persons = [p for _, p in each_persons(program) if p.axis in there]
        there -= {one.axis for one in self._persons}
        self._index = {
            slot.into: slot.name
            for slot in program.slots
            if slot.into in there and slot.name in frame.arrays
        }
        # a known seed gives known effects; without one nobody can ask for them again
        entropy = np.random.SeedSequence(seed)
        self._key = int(entropy.generate_state(1, np.uint64)[0])
        self._values = Quantities(program, frame, draws, draws.shared)
        self._factors: dict[str, list[Array]] = {}
        self._kept: dict[str, Array] = {}

    def at(
        self, arrays: Mapping[str, Array]
    ) -> tuple[dict[str, Array], Mapping[str, Array]]:
        """Return the arrays of some rows, and draws that have the effects they need.

        Where rows are of new levels, their indices are into the levels that are there.
        """
        changed, effects = dict(arrays), {}
        for axis, slot in self._index.items():
            assert axis is not None
            known = self._frame.lengths[axis]
            levels, place = np.unique(arrays[slot], return_inverse=True)
            place = place.reshape(arrays[slot].shape)
            if not len(levels) or levels[-1] < known:
                continue
            changed[slot] = place
            first = int(np.searchsorted(levels, known))
            for group in self._groups:
                if group.levels == axis:
                    own = self._draws[group.effects][:, levels[:first]]
                    new = self._drawn(group, levels[first:] - known)
                    effects[group.effects] = np.concatenate([own, new], axis=1)
        for one in self._persons:
            effects[one.effects] = self._of_persons(one)
        return changed, ChainMap(effects, self._draws)  # type: ignore[arg-type]

    def _of_persons(self, persons: Persons) -> Array:
        """Return the effects on thresholds of those of the fit and of new persons."""
        if persons.effects not in self._kept:
            count, gaps = self._draws.count, persons.gaps
            sd = np.asarray(self._draws[persons.sd]).reshape(-1, 1)
            found = [self._draws[persons.effects]]
            for place in range(len(self._frame.new_levels[persons.axis].labels)):
                key = [self._key, len(self._program.groups)]
                stream = np.random.Philox(key=key, counter=[0, 0, place, 0])
                z = np.random.Generator(stream).standard_normal((count, gaps))
                found.append(sd * z)
            self._kept[persons.effects] = np.concatenate(found, axis=1)
        return self._kept[persons.effects]

    def _drawn(self, group: Group, places: Array) -> Array:
        """Return draws, levels, effects of some of the new levels of a group."""
        levels = self._frame.new_levels[group.levels]
        numbers = self._draws.count * self._frame.lengths[group.coefs]
        if len(levels.labels) * numbers > _KEPT:
            return self._made(group, places)
        if group.name not in self._kept:
            every = np.arange(len(levels.labels))
            self._kept[group.name] = self._made(group, every)
        return self._kept[group.name][:, places]

    def _made(self, group: Group, places: Array) -> Array:
        number = self._program.groups.index(group)
        size, count = self._frame.lengths[group.coefs], self._draws.count
        factors, half_df = self._factor(group), None
        if group.mixture is not None:
            df = np.asarray(self._values[group.mixture.df]).reshape(-1)
            half_df = 0.5 * np.broadcast_to(df, (count,))
        strata = self._frame.new_levels[group.levels].strata
        found = np.empty((count, len(places), size))
        for at, place in enumerate(places.tolist()):
            stream = np.random.Philox(key=[self._key, number], counter=[0, 0, place, 0])
            rng = np.random.Generator(stream)
            z = rng.standard_normal((count, size))
            if half_df is not None:  # normal, with a variance that is inverse gamma
                z *= np.sqrt(half_df / rng.standard_gamma(half_df))[:, None]
            factor = factors[0 if strata is None else int(strata[place])]
            found[:, at] = np.einsum("dik,dk->di", factor, z)
        return found

    def _factor(self, group: Group) -> list[Array]:
        """Return a factor of the covariance of the effects as written, by stratum."""
        if group.name not in self._factors:
            found = scaled_factors(group, self._frame, self._values)
            factors = [factor for _, factor in found]
            if group.moved is not None:
                basis = np.asarray(group.moved.basis)
                factors = [basis @ factor for factor in factors]
            shape = (self._draws.count, *factors[0].shape[-2:])
            self._factors[group.name] = [np.broadcast_to(f, shape) for f in factors]
        return self._factors[group.name]
