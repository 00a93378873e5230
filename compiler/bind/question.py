"""What a spec asks of the posterior: quantities, tests, contrasts, rows to keep.

Data: names are resolved, nothing is computed. ``runtime/questions`` computes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from varying.grammar.source import Span

Scale = Literal["link", "response", "prob"]
SCALES: tuple[Scale, ...] = ("link", "response", "prob")

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
        ``b``, ``sd``, ``cor``, ``r`` (effects of groups), ``threshold``, ``simo``
        (steps of monotonic terms), or the name of what has one number: ``Intercept``,
        ``sigma``.
    dpar
        The parameter of the family whose formula it belongs to; empty: the main one.
        Of several responses it begins with the response: ``y1``, ``y1.sigma``.
    group
        The grouping factor, for ``sd``, ``cor`` and ``r``; the simplex, for ``simo``.
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
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Use:
    """A quantity that is defined further up, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Operators between operands, from the left; or a function of one operand.

    ``operators`` holds ``+ - * / ^``, or one of ``neg sqrt exp log``.
    """

    operators: tuple[str, ...]
    operands: tuple[Formula, ...]


Formula = Constant | Reference | Use | Operation

# ---- statements ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """``quantity NAME = expression``; ``references`` are all that it rests on."""

    name: str
    text: str
    formula: Formula
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
    operands: tuple[Formula, ...]
    operators: tuple[str, ...]
    value: Formula | None
    of: str
    references: tuple[Reference, ...]
    span: Span = field(compare=False, kw_only=True)

    @property
    def codings(self) -> tuple[str, ...]:
        """What there is to know of the coding of its coefficients."""
        return tuple(dict.fromkeys(c for one in self.references for c in one.coding))


@dataclass(frozen=True, slots=True)
class CellContrast:
    """``contrast NAME = FACTOR: weights, ... | by, scale=...``.

    Attributes
    ----------
    name, text
        The name, and the contrast as written; equal if it was given none.
    parts
        For each factor the weights of its levels, which add up to 0.
    by
        Factors for whose levels it is given one by one.
    levels
        The levels of each factor of ``by``.
    scale
        Of what it is taken: the linear predictor, the mean of the response, the
        probability of each category.
    response
        Of which response, where there are several; else empty.
    """

    name: str
    text: str
    parts: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    by: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    scale: Scale
    response: str = ""
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Questions:
    """All that a model is asked, in the order of the text."""

    quantities: tuple[Quantity, ...] = ()
    tests: tuple[Test, ...] = ()
    contrasts: tuple[CellContrast, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.quantities or self.tests or self.contrasts)
