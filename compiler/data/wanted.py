"""What a spec wants of a data file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from varying.grammar.reads import columns_named, names_otherwise
from varying.grammar.tree import Spec

from .missing import MissingCode, codes_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that reading a file takes from a spec: equal ones read equal tables.

    Attributes
    ----------
    named
        Names that the spec reads as columns; None: all that there are (``.``).
    otherwise
        Names that need be no column, although the spec has them.
    missing
        The codes for missing values of each column.
    """

    named: frozenset[str] | None
    otherwise: frozenset[str]
    missing: tuple[tuple[str, tuple[MissingCode, ...]], ...]

    @classmethod
    def by(cls, spec: Spec) -> Wanted:
        """Return what a spec wants."""
        codes = tuple(sorted(codes_of(spec).items()))
        return cls(columns_named(spec), names_otherwise(spec), codes)

    @property
    def codes(self) -> Mapping[str, Sequence[MissingCode]]:
        """The codes for missing values by column."""
        return dict(self.missing)

    def among(self, names: Collection[str]) -> frozenset[str]:
        """Return which of some columns are read."""
        there = frozenset(names)
        return there if self.named is None else self.named & there
