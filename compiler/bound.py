"""The bound model: every name resolved, every default chosen, no data.

Made by ``bind`` from the tree and the kinds and levels of the data. Priors
keep what the user wrote; the numbers of the default priors need rows and come
later (``lower``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from varying.grammar.source import Span

from .columns import DesignColumn
from .families.family import Family
from .links import Link
from .table import Kind


@dataclass(frozen=True, slots=True)
class Response:
    """The left side.

    Attributes
    ----------
    name
        Canonical spelling; the name of the observed variable.
    column
        The column of the data it reads.
    kind
        Kind of that column.
    categories
        Names of the categories in order (ordinal and binary families).
    unseen
        Those of them that no row has.
    """

    name: str
    column: str
    kind: Kind
    categories: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class PriorText:
    """A prior that the user wrote, resolved as far as names go.

    Attributes
    ----------
    distribution
        Key of ``DISTRIBUTIONS``, or ``constant``.
    arguments
        Numbers by argument name, defaults filled in.
    lower, upper
        Truncation by ``lb=`` and ``ub=``.
    text
        As written (canonical spacing).
    line
        Line of the spec, from 1.
    """

    distribution: str
    arguments: tuple[tuple[str, float], ...]
    text: str
    line: int
    lower: float | None = None
    upper: float | None = None
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Population:
    """The population-level part of one distributional parameter.

    ``columns`` has no intercept among them; ``intercept`` says whether there is
    one (for ordinal families the thresholds are it, and it is False).
    ``centered`` says whether the columns are centred inside: there is an
    intercept or thresholds to take up the shift.
    """

    dpar: str
    intercept: bool
    centered: bool
    columns: tuple[DesignColumn, ...]


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """One bar term: its columns (the intercept among them) and correlation."""

    text: str
    dpar: str
    columns: tuple[DesignColumn, ...]
    correlated: bool
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping factor and all bar terms over it, in the order written.

    ``factors`` are the columns whose combinations are the levels (one, or
    several for ``a:b``); ``levels`` the observed combinations in order.
    """

    name: str
    factors: tuple[str, ...]
    levels: tuple[str, ...]
    terms: tuple[GroupTerm, ...]

    @property
    def columns(self) -> tuple[DesignColumn, ...]:
        """All columns over this factor, in order."""
        return tuple(c for term in self.terms for c in term.columns)


@dataclass(frozen=True, slots=True)
class BoundModel:
    """One model of a spec, ready for data.

    ``priors`` maps a scalar target (``b[cs[CS+]]``, ``sd[subj, Intercept]``,
    ``cor[subj]``, ``sigma``, ``threshold``, ``Intercept``) to what the user
    wrote for it; absent targets have the default.
    """

    name: str
    text: str
    response: Response
    family: Family
    link: Link
    population: Population
    groupings: tuple[Grouping, ...]
    priors: tuple[tuple[str, PriorText], ...]
    keep: tuple[str, ...]
    parameterization: Literal["auto", "centered", "noncentered"]
