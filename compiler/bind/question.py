"""What a spec asks of the posterior: quantities, tests, contrasts, rows to keep.

Data: names are resolved, nothing is computed. ``runtime/questions`` computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from varying.grammar.source import Span

Scale = Literal["link", "latent", "response", "prob", "odds", "quantile"]
SCALES: tuple[Scale, ...] = (
    *("link", "latent", "response", "prob", "odds", "quantile"),
)

CellGroups = Literal["zero", "average", "fitted"]
GROUPS: tuple[CellGroups, ...] = ("zero", "average", "fitted")

Verb = Literal["means", "contrast", "slope"]

Keep = Literal["eta", "mu", "prob"]
KEEPS: tuple[Keep, ...] = ("eta", "mu", "prob")

# ---- expressions over parameters -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """One number of the posterior.

    Attributes
    ----------
    text
        As it would be written: ``sd[subj, Intercept]``.
    kind
        ``b``, ``sd``, ``cor``, ``r`` (effects of groups), ``threshold``, ``bcs``
        (effects on single thresholds), ``simo``
        (steps of monotonic terms), ``sbhaz`` (shares of splines), ``line`` (of a
        question about cells), ``icc``, ``r2``, or the name of what has one number:
        ``Intercept``, ``sigma``.
    dpar
        The parameter of the family whose formula it belongs to; empty: the main one.
        Of several responses it begins with the response: ``y1``, ``y1.sigma``.
    group
        The grouping factor, for ``sd``, ``cor`` and ``r``; the simplex, for ``simo``;
        the question, for ``line``.
    places
        Its place in the variable: of the coefficient, of both coefficients of a
        correlation, of level and coefficient of an effect, of the threshold or step.
    target
        What a prior of it is called in ``BoundModel.priors``.
    coding
        Which levels are +1 and which -1, where a factor is coded so.
    """

    text: str
    kind: str
    dpar: str = ""
    group: str = ""
    places: tuple[int, ...] = ()
    target: str = ""
    coding: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Use:
    """A quantity that is defined further up, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operators between operands, from the left; or a function of one operand.

    ``operators`` holds ``+ - * / ^ min max``, or one of ``neg sqrt exp log abs``.
    """

    operators: tuple[str, ...]
    operands: tuple[PosteriorFormula, ...]


PosteriorFormula = NumberLiteral | Reference | Use | Arithmetic

# ---- statements ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """``quantity NAME = expression``; ``references`` are all that it rests on."""

    name: str
    text: str
    formula: PosteriorFormula
    references: tuple[Reference, ...]
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Test:
    """``test NAME = a < b < c``.

    Attributes
    ----------
    name, text
        The name, and the comparison as written.
    operands, operators
        What is compared, and how: one operator less.
    value, of
        What is summarised beside the probability, and how that is written: the only
        operand that is no number, else a difference that is positive where the test
        holds. None and empty where more than two operands are compared and several
        are no numbers: the figures of one of them would say little of the test.
    references
        All that it rests on.
    """

    name: str
    text: str
    operands: tuple[PosteriorFormula, ...]
    operators: tuple[str, ...]
    value: PosteriorFormula | None
    of: str
    references: tuple[Reference, ...]
    span: Span = field(compare=False, kw_only=True)

    @property
    def codings(self) -> tuple[str, ...]:
        """What there is to know of the coding of its coefficients."""
        return tuple(dict.fromkeys(c for one in self.references for c in one.coding))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Values of the response whose probability is asked for: ``prob[> 50]``.

    Or the share of responses below the value that is asked for: ``quantile[0.9]``.

    Attributes
    ----------
    text
        As written between the brackets.
    values
        Ranks of categories, or counts, in rising order.
    rest
        Whether all other values are meant.
    between
        Of a continuous response: the values above the first number, up to the second.
    share
        Of a quantile: which.
    trials
        Of a quantile, or numbers, of successes: of how many trials.
    """

    text: str
    values: tuple[int, ...]
    rest: bool = False
    between: tuple[float, float] | None = None
    share: float | None = None
    trials: int | None = None


#: What a row of successes counts: one of its trials has the value 1.
SUCCESS = Outcomes("success", (1,))

#: Weights of the levels of a factor, or of values of a numeric predictor.
NamedWeights = tuple[tuple[str, float], ...]


#: A cell: the level of each of some factors.
DesignCell = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CellQuestion:
    """``means``, ``contrast`` or ``slope``: weighted cells on some scale.

    A cell is a combination of the levels of factors and of values of numeric
    predictors, which then are as factors.

    Attributes
    ----------
    verb
        Which of the three.
    name, text
        The name, and the question as written; equal if it was given none.
    parts
        For each factor of a contrast what is compared: one or several weights of its
        levels that add up to 0, each with what its line is called.
    pairs
        Pairs of cells of several factors that are compared: what their line is called,
        and the level of each factor in the first and in the second.
    by
        Factors, and the levels for which it is given one by one.
    fixed
        Factors that are held at one level.
    numbers
        Those of the names above that are numeric predictors.
    variable
        The predictor that a slope is of.
    scale
        Of what it is taken: the linear predictor, the same in standard deviations of
        the latent response, the mean of the response, probabilities, odds.
    outcomes
        Whose probability or odds; None: of each category, or of the second of two.
    groups
        Which group effects: 0, averaged over new groups, or those of the data.
    observed
        Whether factors that are not named are weighted as the data have them.
    over
        Whether everything that is not named is as in each row of the data, in turn.
    response
        Of which response, where there are several; else empty.
    """

    verb: Verb
    name: str
    text: str
    parts: tuple[tuple[str, tuple[tuple[str, NamedWeights], ...]], ...] = ()
    pairs: tuple[tuple[str, DesignCell, DesignCell], ...] = ()
    by: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()
    variable: str = ""
    scale: Scale = "link"
    outcomes: Outcomes | None = None
    groups: CellGroups = "zero"
    observed: bool = False
    over: bool = False
    response: str = ""
    span: Span = field(compare=False, kw_only=True)

    @property
    def scale_text(self) -> str:
        """The scale as it is written: ``prob[>50]``."""
        return self.scale + ("" if self.outcomes is None else f"[{self.outcomes.text}]")

    @property
    def trials(self) -> int:
        """Of how many trials a response of successes is: 1, unless it is asked."""
        asked = None if self.outcomes is None else self.outcomes.trials
        return 1 if asked is None else asked


@dataclass(frozen=True, slots=True)
class Questions:
    """All that a model is asked, in the order of the text.

    ``shown`` are the statements that are asked for themselves; None: all.
    """

    quantities: tuple[Quantity, ...] = ()
    tests: tuple[Test, ...] = ()
    cells: tuple[CellQuestion, ...] = ()
    shown: frozenset[Span] | None = None

    def is_shown(self, span: Span) -> bool:
        """Whether a question is asked for itself, and not for others to use."""
        return self.shown is None or span in self.shown

    @property
    def references(self) -> tuple[Reference, ...]:
        """All numbers that quantities and tests rest on, each once."""
        every = [r for quantity in self.quantities for r in quantity.references]
        every += [r for test in self.tests for r in test.references]
        return tuple(dict.fromkeys(every))

    def only(self, shown: Iterable[Span]) -> Questions:
        """Return those of these statements, and what they rest on."""
        own = frozenset(shown)
        tests = tuple(one for one in self.tests if one.span in own)
        used = {r for test in tests for r in test.references}
        used |= {r for q in self.quantities if q.span in own for r in q.references}
        quantities = tuple(
            q for q in self.quantities if q.span in own or {*q.references} <= used
        )
        lines = {r.group for r in used if r.kind == "line"}
        cells = tuple(c for c in self.cells if c.span in own or c.name in lines)
        return Questions(quantities, tests, cells, own)

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.quantities or self.tests or self.cells)
