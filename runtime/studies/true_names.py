"""How a truth writes the numbers of a posterior: ``sigma.b[x]`` of ``sigma_b``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from varying.compiler.bind.effects import GroupEffects, effects_of_parts
from varying.compiler.bind.priors.named import target_text
from varying.compiler.bind.question import Reference
from varying.compiler.formula.columns import simplexes
from varying.compiler.program.persons import each_persons

from ..questions.quantities import variable_of
from .true_thresholds import by_item

if TYPE_CHECKING:
    from varying.compiler.bind.bound import BoundPredictor
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Derived, Parameter

__all__ = ["TrueNames"]

#: What a predictor has of its own.
_OF_PREDICTORS = ("Intercept", "b", "bcs", "sds", "threshold")


@dataclass(frozen=True, slots=True, eq=False)
class TrueNames:
    """Names of the numbers of a model, as targets and quantities have them.

    Attributes
    ----------
    whole
        By variable of the posterior what a truth calls all of it.
    deviations, correlations
        By variable the effects of the group that it is of.
    steps
        By variable the beginning of a simplex's name: ``simo[mo(x)``.
    compiled
        The model.
    """

    whole: Mapping[str, str]
    deviations: Mapping[str, GroupEffects]
    correlations: Mapping[str, GroupEffects]
    steps: Mapping[str, str]
    compiled: Compiled

    @classmethod
    def of(cls, compiled: Compiled) -> TrueNames:
        """Return the names of a model."""
        joint, whole, steps = compiled.joint, dict[str, str](), dict[str, str]()
        deviations: dict[str, GroupEffects] = {}
        correlations: dict[str, GroupEffects] = {}
        for member in joint.members:
            for dpar in member.family.dpars:
                for name in (dpar.name, dpar.within):
                    if name:
                        whole[f"{member.prefix}{name}"] = f"{member.target}{name}"
        for part in joint.predictors:
            for kind in _OF_PREDICTORS:
                whole[f"{part.prefix}{kind}"] = f"{part.target}{kind}"
            for name in _simplexes(part):
                reference = Reference("", "simo", part.target[:-1], name)
                variable = variable_of(reference, compiled)
                steps[variable] = f"{part.target}simo[{name}"
        for effects in effects_of_parts(joint.predictors):
            of = effects.members[0].dpar
            for kind, found in (("sd", deviations), ("cor", correlations)):
                reference = Reference("", kind, of, effects.name)
                found[variable_of(reference, compiled)] = effects
            if effects.df is not None:
                reference = Reference("", "df", of, effects.name)
                whole[variable_of(reference, compiled)] = effects.df
        for _, persons in each_persons(compiled.lowered):
            member = next(m for m in joint.members if persons.sd.startswith(m.prefix))
            whole[persons.sd] = f"{member.target}threshold.sd[{persons.column}]"
        return cls(whole, deviations, correlations, steps, compiled)

    def at(self, variable: str, places: tuple[int, ...]) -> str:
        """Return the name of the number at a place of a variable."""
        joint = self.compiled.joint
        groups = [one.name for one in self.deviations.values()]
        found = self._plain(variable, places)
        return target_text(found, joint.responses, groups)

    def all_of(self, variable: str) -> str:
        """Return what all numbers of a variable are called together."""
        begun = self.steps.get(variable)
        if begun is not None:
            return f"{begun}]"
        return self.whole.get(variable, variable)

    def _plain(self, variable: str, places: tuple[int, ...]) -> str:
        if variable in self.deviations:
            return self.deviations[variable].sds[places[0]].target
        if variable in self.correlations:
            effects = self.correlations[variable]
            labels = [sd.label for sd in effects.sds]
            pair = ", ".join(labels[place] for place in places)
            return f"{effects.cor[:-1]}, {pair}]"
        if variable in self.steps:
            return f"{self.steps[variable]}, {places[0] + 1}]"
        if variable.endswith("bcs"):
            return self._threshold_effect(variable, places[0])
        called = self.whole.get(variable, variable)
        inside = ", ".join(self._labels(variable, places))
        return f"{called}[{inside}]" if inside else called

    def _labels(self, variable: str, places: tuple[int, ...]) -> Iterator[str]:
        program = self.compiled.lowered
        if variable.endswith("threshold"):
            yield self._threshold(variable.removesuffix("threshold"), places[0])
            return
        labels = {axis.name: axis.labels for axis in program.axes}
        nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
        axes = next(one.axes for one in nodes if one.name == variable)
        for axis, place in zip(axes, places, strict=True):
            own = labels[axis]
            if own is not None and variable not in self._single:
                yield str(own[place])

    @property
    def _single(self) -> frozenset[str]:
        """Variables with an axis of one number, which is not named."""
        return frozenset(one.sd for _, one in each_persons(self.compiled.lowered))

    def _threshold_effect(self, variable: str, place: int) -> str:
        prefix = variable.removesuffix("bcs")
        members = self.compiled.joint.members
        member = next(one for one in members if one.prefix == prefix)
        count = len(member.response.categories) - 1
        column = member.main.population.by_threshold[place // count]
        return f"{self.whole[variable]}[{column.name}, {place % count + 1}]"

    def _threshold(self, prefix: str, place: int) -> str:
        """Return what a threshold is called in brackets: ``2``, ``a, 2`` of items."""
        members = self.compiled.joint.members
        member = next(one for one in members if one.prefix == prefix)
        for level, places in by_item(place + 1, member):
            if place < places.stop:
                number = str(place - places.start + 1)
                return number if level is None else f"{level}, {number}"
        raise IndexError(place)


def _simplexes(part: BoundPredictor) -> Iterator[str]:
    for one in simplexes(part.population.specials):
        if len(one.steps) > 1:
            yield one.name
