"""Which effects are one group: those over a factor in one formula, and shared ids.

Terms over one grouping factor that share an id, ``(1 |p| g)``, are one normal
distribution, whichever formulas they stand in: effects on the mean may be correlated
with effects on ``sigma``. Their group is that of the first formula; the columns of the
others are called by their parameter there, ``sigma_Intercept``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .bound import Grouping, Part

__all__ = ["Effects", "Joint", "Member", "effects_of", "effects_of_parts"]


@dataclass(frozen=True, slots=True)
class Member:
    """What one formula has of a group.

    Attributes
    ----------
    dpar
        The parameter that the formula is for; empty: the main one.
    grouping
        The factor, and the terms of the formula over it.
    positions
        Where its columns are among all columns of the group.
    """

    dpar: str
    grouping: Grouping
    positions: tuple[int, ...]

    @property
    def target(self) -> str:
        """What targets of its priors begin with: ``sigma.``, or nothing."""
        return f"{self.dpar}." if self.dpar else ""


@dataclass(frozen=True, slots=True)
class Joint:
    """Columns that are one term, by their positions."""

    positions: tuple[int, ...]
    correlated: bool


@dataclass(frozen=True, slots=True)
class Effects:
    """All effects of a group.

    Attributes
    ----------
    members
        The formulas that have a part in it; its names are those of the first.
    labels
        The names of its columns.
    joints
        Its terms: correlations are within one.
    """

    members: tuple[Member, ...]
    labels: tuple[str, ...]
    joints: tuple[Joint, ...]

    @property
    def name(self) -> str:
        """The name of the grouping factor."""
        return self.members[0].grouping.name

    @property
    def cor(self) -> str:
        """How priors name its correlations: ``cor[g]``, ``sigma.cor[g]``."""
        return f"{self.members[0].target}cor[{self.name}]"

    @property
    def correlated(self) -> tuple[Joint, ...]:
        """The terms that have correlations."""
        return tuple(j for j in self.joints if j.correlated and len(j.positions) > 1)

    def member(self, dpar: str) -> Member:
        """Return what the formula of a parameter has of it."""
        return next(member for member in self.members if member.dpar == dpar)

    def sd_targets(self) -> tuple[str, ...]:
        """Return how priors name the standard deviation of each column."""
        return tuple(
            f"{member.target}sd[{member.grouping.name}, {column.name}]"
            for member in self.members
            for column in member.grouping.columns
        )

    def other_names(self) -> Iterator[tuple[str, str]]:
        """Yield targets that there are not, and the ones that are meant."""
        owner, *others = self.members
        targets = self.sd_targets()
        for member in others:
            for place in member.positions:
                label = self.labels[place]
                yield f"{owner.target}sd[{self.name}, {label}]", targets[place]
            if self.correlated:
                yield f"{member.target}cor", f"{owner.target}cor"
                yield f"{member.target}cor[{self.name}]", self.cor


def effects_of_parts(parts: Sequence[Part]) -> tuple[Effects, ...]:
    """Return the groups of a model, in the order of their first use."""
    return effects_of({"" if p.main else p.dpar: p.groupings for p in parts})


def effects_of(formulas: Mapping[str, Sequence[Grouping]]) -> tuple[Effects, ...]:
    """Return the groups of several formulas, in the order of their first use.

    Parameters
    ----------
    formulas
        Groupings by the parameter that the formula is for; the main one by an empty
        name.
    """
    found: list[list[tuple[str, Grouping]]] = []
    for dpar, groupings in formulas.items():
        for grouping in groupings:
            joined = [
                group
                for group in found
                if any(_share(grouping, other) for _, other in group)
            ]
            for group in joined[1:]:
                joined[0].extend(group)
                found.remove(group)
            if joined:
                joined[0].append((dpar, grouping))
            else:
                found.append([(dpar, grouping)])
    return tuple(map(_effects, found))


def _share(one: Grouping, other: Grouping) -> bool:
    """Whether terms of two groupings have the same id."""
    ids, others = (
        {term.identity for term in grouping.terms if term.identity is not None}
        for grouping in (one, other)
    )
    return one.factors == other.factors and bool(ids & others)


def _effects(group: Sequence[tuple[str, Grouping]]) -> Effects:
    members: list[Member] = []
    labels: list[str] = []
    joints: dict[object, Joint] = {}
    owner = group[0][0]
    for dpar, grouping in group:
        start = len(labels)
        for number, term in enumerate(grouping.terms):
            first = len(labels)
            for column in term.columns:
                label = column.name if dpar == owner else f"{dpar}_{column.name}"
                while label in labels:
                    label += "_"
                labels.append(label)
            places = tuple(range(first, len(labels)))
            key = (dpar, number) if term.identity is None else term.identity
            before = joints.get(key)
            if before is not None:
                places = (*before.positions, *places)
            joints[key] = Joint(places, term.correlated)
        members.append(Member(dpar, grouping, tuple(range(start, len(labels)))))
    return Effects(tuple(members), tuple(labels), tuple(joints.values()))
