"""One measure for several fits: what each says of what was observed, in one unit.

A density depends on the unit of the response, a probability has none. Fits are put on
one measure where that is possible:

* fits of one response that all give densities, or all probabilities, as they are;
* densities of functions of one column, such as ``log(y)`` and ``y``, as densities of
  the column: times the slope of the function;
* densities and probabilities of a column of whole numbers as probabilities: a
  continuous family gives ``y`` the probability of what is rounded to it,
  ``F(y + 1/2) - F(y - 1/2)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.response import outcome_values
from varying.compiler.data.table import Kind
from varying.compiler.expressions.evaluation import evaluate
from varying.compiler.families.cdf import (
    atoms_of,
    cdf_of,
    log_mass_between,
    without_cdf,
)
from varying.compiler.families.combined.limits import (
    INTERVAL,
    LEFT,
    LIMITS,
    RIGHT,
    base_name,
)
from varying.compiler.program.counted import counted

from ..rows.categories import numbers_of
from ..rows.engine import Draws, blocks
from .report import in_words

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.bind.bound import Response
    from varying.compiler.compiled import Compiled

    from ..rows.engine import Rows

__all__ = [
    "ComparisonMeasure",
    "NotComparable",
    "ComparedFit",
    "check_columns",
    "common_measure",
]

Array = NDArray[Any]

#: Relative step of the slope of a function of the response.
_STEP = 1e-5


class NotComparable(Exception):
    """Fits have no measure in common; the texts say why, and what to do."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = texts


@dataclass(frozen=True, slots=True, eq=False)
class ComparedFit:
    """A fit that is compared: its name, model, rows and draws."""

    name: str
    compiled: Compiled
    rows: Rows
    posterior: Dataset

    @property
    def response(self) -> Response:
        """What it predicts."""
        return self.compiled.bound.response

    @property
    def density(self) -> bool:
        """Whether its family gives a density."""
        return self.rows.family.has_density

    @property
    def points(self) -> NDArray[np.bool_]:
        """In which rows it gives a probability."""
        observed = np.asarray(self.rows.frame[self.rows.program.likelihood.value])
        if not self.density or self.response.parts:
            return np.ones(len(observed), dtype=np.bool_)
        found = np.isin(observed, atoms_of(self.rows.family))
        if "cens" in self.rows.family.known:
            found |= self.rows.known("cens") != 0.0
        return found

    def base(self) -> Array:
        """Return the column that the response is made of, row by row."""
        table, response = self.compiled.prepared.table, self.response
        column = table.columns[response.column]
        if response.categories and not column.kind.is_number:
            numbers = numbers_of(response.categories)
            names = np.array(response.categories if numbers is None else numbers)
            ranks = outcome_values(response.column, response.categories, table)
            return np.asarray(names[ranks.astype(np.int64)])
        return np.asarray(outcome_values(response.column, (), table))

    def transformed(self, values: Array) -> Array:
        """Return the response at other values of its column."""
        expression = self.response.expression
        if expression is None:
            return values
        table = self.compiled.prepared.table
        column = replace(
            table.columns[self.response.column],
            kind=Kind.NUMERIC,
            values=np.asarray(values, dtype=np.float64),
            levels=(),
            numbers=None,
        )
        with np.errstate(all="ignore"):
            return np.asarray(evaluate(expression, table.adding([column])))

    def log_slope(self) -> Array:
        """Return the log of how the response changes with its column, row by row."""
        values = np.asarray(self.base(), dtype=np.float64)
        step = _STEP * np.maximum(np.abs(values), np.abs(values).mean() * 1e-3)
        up, down = self.transformed(values + step), self.transformed(values - step)
        slope = (up - down) / (2.0 * step)
        if not (np.isfinite(slope).all() and (slope != 0.0).all()):
            raise NotComparable(
                f"`{self.response.name}` of `{self.name}` is no smooth function of "
                f"`{self.response.column}` in every row, or one that was learned from "
                "all rows",
                "write the same response in both, or one without `scale()`",
            )
        return np.asarray(np.log(np.abs(slope)))

    def log_rounded(self) -> Array:
        """Return the log probability of what is rounded to each value, by row, draw."""
        values = np.asarray(self.base(), dtype=np.float64)
        ends = [self.transformed(values + side) for side in (-0.5, 0.5)]
        # outside of where the function is defined there is nothing on that side
        low = np.where(np.isnan(ends[0]), -np.inf, ends[0])
        high = np.where(np.isnan(ends[1]), np.inf, ends[1])
        if not (low < high).all():
            raise NotComparable(
                f"`{self.response.name}` of `{self.name}` does not rise with "
                f"`{self.response.column}`, so its values are no rounded ones"
            )
        low, high = self._known_between(low, high)
        found = []
        for block in blocks(self.rows, Draws(self.posterior)):
            arguments = block.arguments()
            mass = log_mass_between(
                base_name(self.rows.family.name),
                low[block.place],
                high[block.place],
                {n: value for n, value in arguments.items() if n not in LIMITS},
            )
            found.append(block.whole(mass))
        whole = np.concatenate(found, axis=1).T
        weight = self.rows.program.likelihood.weight
        if weight is None:
            return whole
        return counted(self.rows.frame[weight][:, None], whole)

    def _known_between(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Return where what was observed is, of rows that are censored as well."""
        family = self.rows.family
        if not {"lb", "ub"}.isdisjoint(family.known):
            raise NotComparable(
                f"`{self.name}` is of responses between bounds, so that no other is "
                "possible in it",
                "compare it with models that have the same `trunc(...)`",
            )
        if "cens" not in family.known:
            return low, high
        status = np.asarray(self.rows.known("cens"))
        if "upper" in family.known:
            upper = np.asarray(self.rows.known("upper")) + 0.5 * (high - low)
            high = np.where(status == INTERVAL, upper, high)
        low = np.where(status == LEFT, -np.inf, low)
        return low, np.where(status == RIGHT, np.inf, high)


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonMeasure:
    """What fits are compared by.

    Attributes
    ----------
    kind, of
        A density or a probability, and of which response.
    converted
        Names of the fits whose own measure is another one, and how in words.
    shift
        By name of a fit what is added to its log density, row by row.
    mass
        By name of a fit log probabilities in place of its densities, row by draw.
    """

    kind: Literal["density", "probability"]
    of: str
    converted: Mapping[str, str]
    shift: Mapping[str, Array]
    mass: Mapping[str, Array]

    @property
    def sentence(self) -> str:
        """What all are compared by, in words."""
        text = f"All are compared by the {self.kind} of `{self.of}`"
        if not self.converted:
            return f"{text}, which each of them gives."
        how = "; ".join(f"`{name}` {what}" for name, what in self.converted.items())
        return f"{text}: {how}."


def check_columns(responses: Sequence[Response]) -> None:
    """Refuse responses of different columns, whatever their rows are.

    Raises
    ------
    NotComparable
        If they are.
    """
    if len({one.column for one in responses}) > 1:
        names = sorted({one.name for one in responses})
        raise NotComparable(
            f"their responses differ, {in_words([f'`{one}`' for one in names])}",
            "give the models the same left side, or functions of one column in it "
            "(`log(y) ~ x` beside `y ~ x`)",
        )


def common_measure(subjects: Sequence[ComparedFit]) -> ComparisonMeasure:
    """Return a measure that fits of the same rows have in common.

    Raises
    ------
    NotComparable
        If there is none.
    """
    first, *others = subjects
    _same_answers(subjects)
    names = {one.response.name for one in subjects}
    kinds = {one.density for one in subjects}
    if len(kinds) == 1 and len(names) == 1:
        _same_values(subjects)
        if first.density:
            _same_points(subjects)
        kind: Literal["density", "probability"] = (
            "density" if first.density else "probability"
        )
        return ComparisonMeasure(kind, first.response.name, {}, {}, {})
    check_columns([one.response for one in subjects])
    if any(one.response.parts for one in subjects):
        told = in_words([f"`{one}`" for one in sorted(names)])
        raise NotComparable(
            f"their responses differ, {told}"
            if len(names) > 1
            else f"one family gives {told} a density, another a probability",
            "models of several columns are compared where all have the same ones",
        )
    _same_base(subjects)
    column = first.response.column
    if kinds == {False}:
        told = in_words([f"`{one}`" for one in sorted(names)])
        raise NotComparable(f"their responses differ, {told}")
    if kinds == {True}:
        _same_points(subjects)
        shift = {
            one.name: one.log_slope() * ~one.points
            for one in subjects
            if one.response.expression is not None
        }
        converted = {
            name: "is turned into it by the slope of "
            f"`{_of(subjects, name).response.name}`"
            for name in shift
        }
        return ComparisonMeasure("density", column, converted, shift, {})
    return _rounded(subjects, column)


def _same_answers(subjects: Sequence[ComparedFit]) -> None:
    """Report times with their answers beside times alone."""
    with_answers = [one for one in subjects if "dec" in one.rows.family.known]
    if with_answers and len(with_answers) < len(subjects):
        two = next(one for one in subjects if one not in with_answers)
        raise NotComparable(
            f"`{with_answers[0].name}` predicts times and their answers, "
            f"`{two.name}` times alone",
            "a model of two responses has what the first one has: the answers as a "
            "further one, `answer ~ x, family=bernoulli`, indented below",
        )


def _of(subjects: Sequence[ComparedFit], name: str) -> ComparedFit:
    return next(one for one in subjects if one.name == name)


def _rounded(subjects: Sequence[ComparedFit], column: str) -> ComparisonMeasure:
    """Return the probability of whole numbers, which continuous families round to."""
    mass: dict[str, Array] = {}
    converted = {}
    continuous = next(one for one in subjects if one.density)
    discrete = next(one for one in subjects if not one.density)
    apart = (
        f"`{continuous.rows.family.shown}` gives a response a density, "
        f"`{discrete.rows.family.shown}` a probability"
    )
    base = continuous.base()
    if base.dtype.kind not in "iuf" or not (np.mod(base, 1.0) == 0.0).all():
        raise NotComparable(
            apart,
            "a density depends on the unit of the response, a probability does not; "
            f"they have one measure where all values of `{column}` are whole numbers",
        )
    for one in subjects:
        if not one.density:
            if one.response.expression is not None:
                raise NotComparable(
                    f"their responses differ, `{one.response.name}` and `{column}`"
                )
            _check_steps(one, apart)
            continue
        family = one.rows.family.shown
        if cdf_of(one.rows.family) is None:
            raise NotComparable(
                apart,
                f"`{family}` has no distribution function here, so the probability of "
                "a rounded value is not known",
                *([why] if (why := without_cdf(one.rows.family)) else ()),
            )
        mass[one.name] = one.log_rounded()
        converted[one.name] = (
            f"({family}) gives the probability of what is rounded to it, from half "
            "below to half above"
        )
    return ComparisonMeasure("probability", column, converted, {}, mass)


def _check_steps(one: ComparedFit, apart: str) -> None:
    """Refuse categories that are not one whole number after the other."""
    if not one.rows.categories:
        return
    numbers = np.asarray(numbers_of(one.rows.categories) or [0.5], dtype=np.float64)
    steps = np.diff(numbers)
    if (np.mod(numbers, 1.0) != 0.0).any() or (steps != 1.0).any():
        raise NotComparable(
            apart,
            f"the categories of `{one.response.name}` are not one whole number after "
            "the other, so a density has no probability that stands beside theirs",
        )


def _same_values(subjects: Sequence[ComparedFit]) -> None:
    """Refuse other values of a response of one name."""
    first, *others = subjects
    _same_base(subjects)
    for other in others:
        left, right = (
            np.asarray(one.rows.frame[one.rows.program.likelihood.value], dtype=float)
            for one in (first, other)
        )
        categories = (first.rows.categories, other.rows.categories)
        if categories[0] == categories[1] and not _close(left, right):
            _other_values(first.response.name)


def _same_base(subjects: Sequence[ComparedFit]) -> None:
    first, *others = subjects
    base = first.base()
    for other in others:
        if not _close(base, other.base()):
            _other_values(first.response.column)


def _other_values(name: str) -> None:
    raise NotComparable(
        f"the response `{name}` has other values in the same rows",
        "are the data files the same?",
    )


def _same_points(subjects: Sequence[ComparedFit]) -> None:
    """Refuse rows in which one family gives a density and another a probability."""
    first, *others = subjects
    for other in others:
        if not np.array_equal(first.points, other.points):
            one, two = first, other
            if not one.points.any():
                one, two = other, first
            raise NotComparable(
                f"`{one.rows.family.name}` gives some values, such as 0, a "
                f"probability, and `{two.rows.family.name}` gives them a density",
                "compare families that have the same values apart",
            )


def _close(left: Array, right: Array) -> bool:
    """Whether two arrays say the same; numbers but for rounding."""
    kinds = {left.dtype.kind in "biuf", right.dtype.kind in "biuf"}
    if left.shape != right.shape or len(kinds) > 1:
        return False
    if kinds == {False}:
        return bool((left == right).all())
    return bool(np.allclose(left, right, rtol=1e-12, atol=0.0))
