"""A model while it is read from code of another package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .code import Given, Word

#: What was assigned to variables above a model.
WordsByName = Mapping[str, tuple[Word, ...]]


@dataclass(slots=True)
class ModelDraft:
    """A model while it is read.

    Attributes
    ----------
    formula
        Its formula; empty as long as none was found.
    options
        Options behind the formula, in their order.
    parts, priors
        The lines below it.
    left_out
        Arguments that say nothing of the model, with where they belong.
    blocked
        Why it cannot be written as it stands.
    notes
        What else is to be known.
    inner
        Parameters of a formula that is not linear, with the terms of each.
    calculated
        Parameters whose own formula is not linear.
    uncentered
        Parameters whose intercept is a coefficient like the others; that of the mean
        has the empty name.
    at_zero
        Whether the intercept that Bambi names is the one at 0.
    used
        Variables whose values are in it.
    further
        The models of further responses.
    own_family
        The family of the first formula itself, where there are further ones: another
        is that of all formulas that have none.
    rescor
        Whether residuals are said to be correlated; None: nothing is said.
    sure
        Whether there is no other reading.
    """

    formula: str = ""
    options: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    priors: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inner: dict[str, str] = field(default_factory=dict)
    calculated: set[str] = field(default_factory=set)
    uncentered: set[str] = field(default_factory=set)
    at_zero: bool = False
    used: list[str] = field(default_factory=list)
    further: list[ModelDraft] = field(default_factory=list)
    own_family: str | None = None
    rescor: bool | None = None
    sure: bool = True
    #: Priors are read last, for they depend on the family: those of brms and Bambi, and
    #: those of rstanarm by what they are about.
    given_priors: list[tuple[Word, ...]] = field(default_factory=list)
    by_keyword: list[tuple[str, Given]] = field(default_factory=list)
    #: Formulas of glmmTMB for the spread and for zeros, which need the family too.
    spread: str = ""
    #: Weights of lm and lmer, which need the family too.
    precisions: str = ""
    zeros: str = ""

    @property
    def family(self) -> str:
        """The name of its family, without link and quotes."""
        chosen = self.options.get("family", "gaussian")
        return chosen.partition("(")[0].strip("\"'")

    @property
    def line(self) -> str:
        """The formula with its options."""
        options = [f"{name}={value}" for name, value in self.options.items()]
        return ", ".join([self.formula, *options])

    def block(self, why: str) -> None:
        """Note why there is no fix, once."""
        if why not in self.blocked:
            self.blocked.append(why)

    @property
    def reasons(self) -> list[str]:
        """What is left out, and why: a sentence for each reason."""
        found: dict[str, list[str]] = {}
        for name, why in self.left_out.items():
            found.setdefault(why, []).append(f"`{name}`")
        return [f"left out: {', '.join(names)}: {why}" for why, names in found.items()]
