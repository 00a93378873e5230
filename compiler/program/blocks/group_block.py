"""What blocks have in common that add effects of a group's levels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .block import Array, Block

if TYPE_CHECKING:
    from ..ir import Frame


class GroupBlock(Block):
    """A block that adds effects of the level, or of the levels, of a row.

    Passes, predictions and questions ask what is said here and name no type, so that
    another such block needs no line of theirs.

    Attributes
    ----------
    group
        The group.
    index
        The slot of each row's level, or of its levels.
    """

    __slots__ = ()

    group: str
    index: str

    @property
    @abstractmethod
    def places(self) -> tuple[int, ...]:
        """Which of the group's effects it adds."""

    @property
    def members(self) -> str | None:
        """The slot with the weights of a row's levels; None: a row has one level."""
        return None

    @abstractmethod
    def multipliers(
        self, frame: Frame, values: Mapping[str, Any] | None = None
    ) -> Array:
        """Return what each of the effects is multiplied by, beside weights of members.

        Parameters
        ----------
        frame
            The arrays of the rows.
        values
            Parameters and derived quantities by name, as ``value`` takes them; None:
            at typical values of these.

        Returns
        -------
        Array
            Rows by effects, of many draws with an axis of draws before; one row where
            all rows share it.
        """

    def effects_used(self) -> tuple[tuple[str, int], ...]:
        """Return the effects that it adds."""
        return tuple((self.group, place) for place in self.places)

    def joint_weight(self, frame: Frame) -> Array:
        """Return how far apart effects of a row's levels are, against those of one.

        That is 1 for one level; of several the root of the sum of squared weights, as
        variances of independent levels add up, those of one level taken together.
        """
        if self.members is None:
            return np.ones(1)
        weights = frame[self.members]
        if self.index not in frame.arrays:  # new levels are different ones
            return np.asarray(np.sqrt(np.square(weights).sum(axis=1)))
        index = frame[self.index]
        same = index[:, :, None] == index[:, None, :]
        squared = weights[:, :, None] * weights[:, None, :] * same
        return np.asarray(np.sqrt(squared.sum(axis=(1, 2))))
