"""What expressions of a model may refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Target

from ...families.family import Family
from ..bound import Grouping, Items, Population
from ..effects import GroupEffects, effects_of
from ..priors.scalars import ScalarParameters

__all__ = ["SHOWN", "Scope", "several"]

#: Coefficients that a message lists.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions of a model may refer to.

    Attributes
    ----------
    targets
        Its parameters, as priors name them.
    parts
        Population and groupings of each formula, by the parameter of the family;
        the main one by an empty name.
    categories
        Of each response, by its name where there are several; None where they are
        not known.
    lines
        Of each question about cells, by its name, what its lines are called.
    families, links, items
        Of each response, by its name where there are several.
    truncated
        Whether a response is.
    """

    targets: ScalarParameters
    parts: Mapping[str, tuple[Population, Sequence[Grouping]]]
    categories: Mapping[str, tuple[str, ...] | None]
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: Mapping[str, Family | None] = field(default_factory=dict)
    links: Mapping[str, str | None] = field(default_factory=dict)
    truncated: bool = False
    items: Mapping[str, Items | None] = field(default_factory=dict)

    def grouping(self, dpar: str, name: str) -> Grouping:
        """Return a grouping of a formula."""
        return next(g for g in self.parts[dpar][1] if g.name == name)

    @property
    def groups(self) -> tuple[GroupEffects, ...]:
        """All groups of the model."""
        return effects_of({of: groupings for of, (_, groupings) in self.parts.items()})

    def effects(self, dpar: str, name: str) -> GroupEffects:
        """Return the group that a formula has effects of."""
        return next(
            effects
            for effects in self.groups
            if effects.name == name and any(m.dpar == dpar for m in effects.members)
        )


def several(target: Target, found: Sequence[str], sink: Sink) -> None:
    """Report that a target is several numbers, where one is needed."""
    shown = ", ".join(f"`{text}`" for text in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    sink.add(
        "several-columns",
        target.span,
        f"`{expression_text(target)}` is {len(found)} numbers, and one is needed here",
        f"choose one: {shown}{more}",
    )
