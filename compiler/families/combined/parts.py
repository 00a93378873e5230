"""Parts of families with zeros of their own: parameters, draws, texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...distributions.density.operations import DensityFunction
from ..family import Array, DefaultPrior, Dpar, Family, Moments


@dataclass(frozen=True, slots=True)
class Base:
    """A family that zeros are added to.

    Attributes
    ----------
    family
        It, with all that is known of it.
    draw
        Its draws in a graph: ``draw(pm, pt, *arguments, size)``.
    draw_text
        The same in a script: lines that end in a variable ``drawn``.
    """

    family: Family
    draw: Callable[..., Any]
    draw_text: str

    @property
    def density(self) -> DensityFunction:
        """Its density over operations."""
        assert self.family.density is not None
        return self.family.density

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of its density."""
        return (self.family.predictor, *(dpar.name for dpar in self.family.dpars))

    def with_chance(self, chance: str) -> tuple[str, ...]:
        """Return the arguments with the chance of a zero, which stands before trials.

        That is the order of a kernel: parameters, then what is known of rows.
        """
        return (*self.names, chance, *self.family.known)

    def parted(self, given: Sequence[Any]) -> tuple[list[Any], Any]:
        """Return the arguments of the density itself, and the chance of a zero."""
        place = len(self.names)
        return [*given[:place], *given[place + 1 :]], given[place]

    def draw_some(self, pm: Any, pt: Any, *given: Any, size: Any) -> Any:
        """Draw in a graph: zeros of their own, and else of the family."""
        own, chance = self.parted(pt.broadcast_arrays(*given))
        some = pm.Bernoulli.dist(1.0 - chance, size=size)
        return some * self.draw(pm, pt, *own, size=size)

    def some_text(self, chance: str) -> str:
        """Return the same in a script."""
        listed = ", ".join(self.with_chance(chance))
        own = self.draw_text.strip("\n")
        return f"""
    {listed} = pt.broadcast_arrays({listed})
{own}
    return pm.Bernoulli.dist(1 - {chance}, size=size) * drawn
"""

    @property
    def is_whole(self) -> bool:
        """Whether its responses are whole numbers."""
        return self.family.response in ("count", "successes")


def in_order(
    base: Base,
    names: Sequence[str],
    given: Sequence[Array],
    named: Mapping[str, Array],
) -> tuple[list[Array], Array]:
    """Return the arguments of the base, and the chance of a zero."""
    return base.parted([*given, *(named[name] for name in names[len(given) :])])


def chance(name: str, meaning: str) -> Dpar:
    """Return a parameter that is the chance of a zero."""

    def default(_: Moments) -> DefaultPrior:
        return DefaultPrior(
            "beta", (("alpha", 1.0), ("beta", 1.0)), "any share of such zeros is alike"
        )

    return Dpar(
        name,
        link="logit",
        support="unit",
        meaning=meaning,
        default=default,
        center=lambda _: 0.0,
    )
