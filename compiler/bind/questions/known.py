"""What questions about cells are held against, and what their options say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...families.family import Family
from ..question import CellGroups, Outcomes, Scale

__all__ = ["Choices", "ModelCells"]


@dataclass(frozen=True, slots=True)
class ModelCells:
    """The predictors of a model, and what is known beside them.

    Attributes
    ----------
    factors
        Of the main predictor's population part, with their levels.
    every
        Those of the other formulas and of group effects too.
    numbers
        Numeric predictors of all formulas.
    main_numbers
        Those of the main predictor's population part.
    further
        Predictors that only formulas of further parameters have: of which.
    grouped
        Predictors of group effects.
    guessed
        Names that a fault may have kept out of the formula; None: any.
    family, link, categories
        Of the response; None where they are not known.
    groups
        Grouping factors by the parameter whose formula has them.
    linear
        Whether the main predictor is a sum.
    heavy
        Grouping factors whose effects have a t distribution.
    grouping_factors
        Whose levels differ, in effects or in thresholds.
    trials
        The different numbers of trials that rows have; none: there are no trials, or no
        rows.
    inside
        Grouping factors in what further parameters are calculated from.
    """

    factors: Mapping[str, tuple[str, ...]]
    every: Mapping[str, tuple[str, ...]]
    numbers: frozenset[str]
    main_numbers: frozenset[str]
    further: Mapping[str, tuple[str, ...]]
    grouped: frozenset[str]
    guessed: frozenset[str] | None
    family: Family | None
    link: str | None
    categories: tuple[str, ...] | None
    groups: Mapping[str, tuple[str, ...]]
    linear: bool = True
    heavy: tuple[str, ...] = ()
    grouping_factors: tuple[str, ...] = ()
    trials: tuple[int, ...] = ()
    inside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def levels(self, name: str, scale: Scale) -> tuple[str, ...] | None:
        """Return the levels of a factor by which what ``scale`` says may differ."""
        if name in self.further and scale != "link":
            return self.every.get(name)
        return self.factors.get(name)

    def differs(self, name: str, scale: Scale, groups: CellGroups) -> bool:
        """Whether what is asked for may differ by a predictor of the model."""
        if scale != "link" or name in self.factors or name in self.main_numbers:
            return True
        if name in self.grouped:
            return groups == "fitted" or (groups == "average" and not self.linear)
        return name not in self.further

    def forgives(self, name: str) -> bool:
        """Whether a fault may be why the model has no such predictor."""
        return self.guessed is None or name in self.guessed


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options of a question say.

    ``at`` are the levels, or values as they are spelled, of the predictors that options
    name.
    """

    scale: Scale = "link"
    outcomes: Outcomes | None = None
    groups: CellGroups = "zero"
    observed: bool = False
    over: bool = False
    at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
