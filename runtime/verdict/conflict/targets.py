"""How a parameter of a program is called in a spec, and what its prior is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from varying.compiler.bind.effects import effects_of_parts

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.lower.builder import PriorRow

__all__ = ["PriorTargets"]


@dataclass(frozen=True, slots=True)
class PriorTargets:
    """The priors of a model, by parameter and label of the element.

    Attributes
    ----------
    rows
        Priors by target, as ``show priors`` has them.
    places
        Targets by name of the parameter; ``{}`` stands for the label.
    sds
        Targets of the sds of groups, by name of the parameter and label.
    """

    rows: Mapping[str, PriorRow]
    places: Mapping[str, tuple[str, ...]]
    sds: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, compiled: Compiled) -> PriorTargets:
        """Return those of a model."""
        program = compiled.program
        places: dict[str, tuple[str, ...]] = {}
        for part in compiled.joint.predictors:
            own, prefix = part.target, part.prefix
            for name in (f"{prefix}b", f"{prefix}b_at_means"):
                places[name] = (f"{own}b[{{}}]",)
            places[f"{prefix}sds"] = (f"{own}sds[{{}}]",)
            for name in (f"{prefix}Intercept", f"{prefix}Intercept_centered"):
                places[name] = (f"{own}Intercept[mean]", f"{own}Intercept")
        sds: dict[tuple[str, str], str] = {}
        groups = zip(
            effects_of_parts(compiled.joint.predictors), program.groups, strict=True
        )
        for effects, group in groups:
            labels = program.axis(group.sds).labels or ()
            named = zip(labels, effects.sds, strict=True)
            sds |= {(group.sd, label): sd.target for label, sd in named}
            if group.mixture is not None and effects.df is not None:
                places[group.mixture.df] = (effects.df,)
        for member in compiled.joint.members:
            for dpar in member.family.dpars:
                name, target = f"{member.prefix}{dpar.name}", member.target + dpar.name
                places |= dict.fromkeys((name, f"{name}_inv_sqrt"), (target,))
                if dpar.within:
                    shares = f"{member.prefix}{dpar.within}"
                    places[shares] = (member.target + dpar.within,)
        return cls({row.target: row for row in compiled.priors}, places, sds)

    def name(self, parameter: str, label: str) -> str | None:
        """Return how an element is called; None for what only a backend knows."""
        row = self.find(parameter, label)
        return None if row is None else row.target

    def find(self, parameter: str, label: str) -> PriorRow | None:
        """Return the prior of an element; None for what only a backend knows."""
        # vectors of several kinds of prior are in numbered parts
        base = parameter.partition("#")[0]
        known = self.places.get(base, (base.removesuffix("_inv_sqrt"),))
        if (base, label) in self.sds:
            known = (self.sds[base, label],)
        for place in known:
            row = self.rows.get(place.replace("{}", label))
            if row is not None:
                return row
        return None
