"""How a parameter of a program is called in a spec, and what its prior is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from varying.compiler.program.blocks import GroupUse

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.lower.builder import PriorRow

__all__ = ["Targets"]


@dataclass(frozen=True, slots=True)
class Targets:
    """The priors of a model, by parameter and label of the element.

    Attributes
    ----------
    rows
        Priors by target, as ``show priors`` has them.
    places
        Targets by name of the parameter; ``{}`` stands for the label.
    """

    rows: Mapping[str, PriorRow]
    places: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, compiled: Compiled) -> Targets:
        """Return those of a model."""
        program = compiled.program
        places: dict[str, tuple[str, ...]] = {}
        for part, predictor in zip(
            compiled.bound.parts, program.predictors, strict=True
        ):
            own, prefix = part.target, part.prefix
            for name in (f"{prefix}b", f"{prefix}b_at_means"):
                places[name] = (f"{own}b[{{}}]",)
            for name in (f"{prefix}Intercept", f"{prefix}Intercept_centered"):
                places[name] = (f"{own}Intercept[mean]", f"{own}Intercept")
            uses = [b for b in predictor.blocks if isinstance(b, GroupUse)]
            for use, grouping in zip(uses, part.groupings, strict=True):
                sd = program.group(use.group).sd
                places[sd] = (f"{own}sd[{grouping.name}, {{}}]",)
        return cls({row.target: row for row in compiled.priors}, places)

    def name(self, parameter: str, label: str) -> str | None:
        """Return how an element is called; None for what only a backend knows."""
        row = self.find(parameter, label)
        return None if row is None else row.target

    def find(self, parameter: str, label: str) -> PriorRow | None:
        """Return the prior of an element; None for what only a backend knows."""
        # vectors of several kinds of prior are in numbered parts
        base = parameter.partition("#")[0]
        known = self.places.get(base, (base.removesuffix("_inv_sqrt"),))
        for place in known:
            row = self.rows.get(place.replace("{}", label))
            if row is not None:
                return row
        return None
