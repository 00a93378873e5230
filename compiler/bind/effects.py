"""Which effects are one group: those over a factor in one formula, and shared ids.

Terms over one grouping factor that share an id, ``(1 |p| g)``, are one normal
distribution, whichever formulas they stand in: effects on the mean may be correlated
with effects on ``sigma``, those on one response with those on another. Their group is
that of the first formula; the columns of the others are called by their parameter
there, ``sigma_Intercept``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..formula.columns import DesignColumn
from .bound import BoundPredictor, By, Grouping

__all__ = ["GroupEffects", "Joint", "Member", "Sd", "effects_of", "effects_of_parts"]


@dataclass(frozen=True, slots=True)
class Member:
    """What one formula has of a group.

    Attributes
    ----------
    dpar
        The parameter that the formula is for; empty: the main one. Of several
        responses it begins with the response: ``y1``, ``y1.sigma``.
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
class Sd:
    """A standard deviation of a group.

    Attributes
    ----------
    target, label
        How priors name it, and what it is called among those of its group:
        ``Intercept``, ``Intercept:treat[drug]``.
    member
        The formula whose effects it is of.
    column
        The column, as it is called there.
    stratum
        The level of ``by`` whose effects it is of: ``treat[drug]``; empty: all.
    """

    target: str
    label: str
    member: Member
    column: DesignColumn
    stratum: str = ""

    @property
    def coefficient(self) -> str:
        """What it is called in its formula: ``Intercept:treat[drug]``."""
        return _in(self.column.name, self.stratum)


@dataclass(frozen=True, slots=True)
class GroupEffects:
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
    def by(self) -> By | None:
        """What its levels are told apart by."""
        return self.members[0].grouping.by

    @property
    def cor(self) -> str:
        """How priors name its correlations: ``cor[g]``, ``sigma.cor[g]``."""
        return f"{self.members[0].target}cor[{self.name}]"

    @property
    def df(self) -> str | None:
        """How priors name the degrees of freedom of effects with a t distribution."""
        if self.members[0].grouping.distribution != "student":
            return None
        return f"{self.members[0].target}df[{self.name}]"

    @property
    def strata(self) -> tuple[str, ...]:
        """The levels of ``by``; of none: one without a name."""
        return ("",) if self.by is None else self.by.labels

    @property
    def correlated(self) -> tuple[Joint, ...]:
        """The terms that have correlations, in each stratum; places are among sds."""
        size = len(self.labels)
        return tuple(
            Joint(tuple(place + stratum * size for place in joint.positions), True)
            for stratum in range(len(self.strata))
            for joint in self.joints
            if joint.correlated and len(joint.positions) > 1
        )

    def member(self, dpar: str) -> Member:
        """Return what the formula of a parameter has of it."""
        return next(member for member in self.members if member.dpar == dpar)

    @property
    def sds(self) -> tuple[Sd, ...]:
        """Its standard deviations: of its columns, stratum by stratum."""
        columns = [(m, column) for m in self.members for column in m.grouping.columns]
        return tuple(
            Sd(
                f"{member.target}sd[{self.name}, {_in(column.name, stratum)}]",
                _in(label, stratum),
                member,
                column,
                stratum,
            )
            for stratum in self.strata
            for label, (member, column) in zip(self.labels, columns, strict=True)
        )

    def place_of(self, target: str) -> int:
        """Return the place of a standard deviation, by how priors name it."""
        return [sd.target for sd in self.sds].index(target)

    def other_names(self) -> Iterator[tuple[str, str]]:
        """Yield targets that there are not, and the ones that are meant."""
        owner, *others = self.members
        for sd in self.sds:
            if sd.member is not owner:
                yield f"{owner.target}sd[{self.name}, {sd.label}]", sd.target
        for member in others:
            if self.correlated:
                yield f"{member.target}cor", f"{owner.target}cor"
                yield f"{member.target}cor[{self.name}]", self.cor


def _in(name: str, stratum: str) -> str:
    return f"{name}:{stratum}" if stratum else name


def effects_of_parts(parts: Sequence[BoundPredictor]) -> tuple[GroupEffects, ...]:
    """Return the groups of a model, in the order of their first use."""
    return effects_of({part.target[:-1]: part.groupings for part in parts})


def effects_of(formulas: Mapping[str, Sequence[Grouping]]) -> tuple[GroupEffects, ...]:
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
    # the names are those of the formula that is written first; what `mvbind()` has
    # several times stays in the order of the responses
    return tuple(
        _effects(sorted(group, key=lambda one: one[1].span.start)) for group in found
    )


def _share(one: Grouping, other: Grouping) -> bool:
    """Whether terms of two groupings have the same id."""
    ids, others = (
        {term.identity for term in grouping.terms if term.identity is not None}
        for grouping in (one, other)
    )
    same = one.factors == other.factors and one.by == other.by
    same = same and one.membership == other.membership
    same = same and one.distribution == other.distribution
    same = same and one.relation == other.relation
    return same and bool(ids & others)


def _effects(group: Sequence[tuple[str, Grouping]]) -> GroupEffects:
    members: list[Member] = []
    labels: list[str] = []
    joints: dict[object, Joint] = {}
    owner = group[0][0]
    for dpar, grouping in group:
        start = len(labels)
        for number, term in enumerate(grouping.terms):
            first = len(labels)
            for column in term.columns:
                of = f"{dpar.replace('.', '_')}_"
                label = column.name if dpar == owner else f"{of}{column.name}"
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
    return GroupEffects(tuple(members), tuple(labels), tuple(joints.values()))
