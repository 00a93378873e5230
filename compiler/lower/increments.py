"""What each design column adds to the columns before it.

``year`` and ``year^2`` go up together: a step of one column while the other stays is
no change that the data know. Default priors are therefore about what a column adds:
the rest of its regression on the columns before it that are functions of the same
variables, and on a constant. Columns of different variables are left as they are: that
they happen to be correlated says nothing of their effects.

A column is a product of contrast codes and of functions of numeric variables. Each
function is taken for itself, so that ``b[a]`` beside ``b[a:age]`` is about the mean
age, and ``b[a:age]`` beside ``b[a:I(age^2)]`` about the trend over the ages at hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Expr
from varying.grammar.walk import column_names, postorder

from ..data import weighted
from ..data.spread import DEPENDENT, ROUNDINGS, centered
from ..data.table import Floats, Table
from ..expressions.calls import below_calls
from ..expressions.evaluation import evaluate
from ..expressions.functions import is_stateful
from ..expressions.rounding import rounding
from ..formula.columns import Coded, DesignColumn, Numeric
from ..prepare.derive import Computation, Step
from .steps import code_step, numeric_step

#: Calls whose value in a row depends on the rows around it: they give a variable of
#: its own.
_OTHER_ROWS = frozenset({"between", "within", "lag", "mean", "min", "max"})
#: Levels of a group are not stated at 0 if the mean is farther away, in steps: they
#: would differ there by more than three times what they do in the middle.
_FARTHEST = 3.0
#: A smaller correlation with a column before it is rounding.
_NO_SHARE = 1e-10
#: Columns of a spline beyond this are judged alone, as those of a local basis can be:
#: the cost is cubic.
_MOST = 60

Variables = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Increments:
    """What columns add to those before them.

    With ``X`` the columns, what they add is ``X @ basis``; effects ``g`` of that are
    effects ``basis @ g`` of the columns.

    Attributes
    ----------
    basis : (p, p)
        The identity, but ``basis[i, j]`` times column ``i`` is added to column ``j``.
        With the columns in another order it is unit upper triangular.
    scales : (p,)
        One step, ``c``, of what each column adds.
    at_means
        By column: the variables at whose means its effect is.
    shared
        By column: later columns, whose share in its trend counts as its own.
    beside
        By column: earlier ones, which it adds to.
    """

    basis: Floats
    scales: tuple[float, ...]
    at_means: tuple[tuple[str, ...], ...]
    shared: tuple[tuple[str, ...], ...]
    beside: tuple[tuple[str, ...], ...]


def where_of(increments: Increments, place: int) -> str:
    """Return what a default is about beside the column itself, for its reason."""
    texts = []
    if increments.at_means[place]:
        texts.append(f"at the mean of {' and '.join(increments.at_means[place])}")
    if increments.shared[place]:
        shared = increments.shared[place]
        names = ", ".join(shared[:3]) + (", ..." if len(shared) > 3 else "")
        texts.append(f"the trend of {names} included")
    return "".join(f", {text}" for text in texts)


def variables_made(made: Iterable[Computation]) -> dict[str, frozenset[str]]:
    """Return by computed column the variables of the data that it is a function of."""
    found: dict[str, frozenset[str]] = {}
    for one in made:
        if isinstance(one, Step):
            variables = frozenset({expression_text(one.call)})
            if one.call.function.text not in _OTHER_ROWS:
                variables = variables_of(one.value, found)
            found |= dict.fromkeys(one.columns, variables)
        else:
            found[one.name.text] = variables_of(one.expression, found)
    return found


def variables_of(expression: Expr, made: Variables) -> frozenset[str]:
    """Return the variables that an expression is a function of, through ``let``."""
    calls = [
        node
        for node in postorder(expression, below_calls)
        if isinstance(node, Call) and is_stateful(node)
    ]
    inside = {id(name) for call in calls for name in column_names(call)}
    texts = [expression_text(call) for call in calls]
    texts += [n.text for n in column_names(expression) if id(n) not in inside]
    return frozenset().union(*(made.get(text, frozenset({text})) for text in texts))


@dataclass(frozen=True, slots=True)
class _NumericFactor:
    """A function of numeric variables: the product of some parts of a column."""

    parts: tuple[Numeric, ...]
    variables: frozenset[str] = field(compare=False)

    @property
    def label(self) -> str:
        return ":".join(part.label for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Product:
    """A column as a product of contrast codes and of functions."""

    coded: frozenset[Coded]
    factors: frozenset[_NumericFactor]


@dataclass(frozen=True, slots=True)
class _Adjusted:
    """A function less what those before it say of it.

    ``taken`` has the numbers that others, products of functions too, and a constant
    (the empty product) are multiplied by before they are added.
    """

    taken: tuple[tuple[frozenset[_NumericFactor], float], ...]
    scale: float


def increments(
    columns: Sequence[DesignColumn],
    table: Table,
    made: Variables,
    *,
    constant: bool,
    spanning: Sequence[int] = (),
    levels: bool = False,
) -> Increments:
    """Return what each column adds to those before it.

    Parameters
    ----------
    columns
        Of one design; the intercept may be among them.
    table, made
        The rows of the fit; the variables of its computed columns.
    constant
        Whether an intercept at the columns' means makes up for what is constant.
    spanning
        Columns that add up to a constant and make up for it where there is none.
    levels
        Whether the columns are those of a group.
    """
    work = _Design(columns, table, made, constant or bool(spanning), levels)
    basis = np.eye(len(columns))
    scales: list[float] = []
    at_means, shared, beside = ([set[str]() for _ in columns] for _ in range(3))
    for place, whole in enumerate(work.products):
        scale = math.prod(code_step(code.weights) for code in whole.coded)
        choices: list[
            list[tuple[_NumericFactor, frozenset[_NumericFactor], float]]
        ] = []
        for factor in whole.factors:
            adjusted = work.adjusted(whole, factor)
            scale *= adjusted.scale
            taken = [(factor, other, by) for other, by in adjusted.taken]
            choices.append([(factor, frozenset({factor}), 1.0), *taken])
        scales.append(scale)
        for chosen in product(*choices):
            changed = [(old, new) for old, new, _ in chosen if new != {old}]
            if not changed:
                continue
            left = frozenset().union(*(new for _, new, _ in chosen))
            target = work.places.get(_Product(whole.coded, left))
            targets = spanning if target is None and not (left or whole.coded) else ()
            for one in (target,) if target is not None else targets:
                basis[one, place] += math.prod(by for _, _, by in chosen)
                if any(new for _, new in changed):
                    shared[one].add(columns[place].name)
                    beside[place].add(columns[one].name)
                else:
                    at_means[one] |= {old.label for old, _ in changed}
    texts = (tuple(tuple(sorted(o)) for o in one) for one in (at_means, shared, beside))
    return Increments(basis, tuple(scales), *texts)


class _Design:
    """The columns of one design as products, and the values of their functions."""

    def __init__(
        self,
        columns: Sequence[DesignColumn],
        table: Table,
        made: Variables,
        constant: bool,
        levels: bool,
    ) -> None:
        self._table, self._constant, self._levels = table, constant, levels
        self._values: dict[Numeric, Floats] = {}
        found = [_product(column, made) for column in columns]
        self.products = [_merged(one, found) for one in found]
        self.places = {one: i for i, one in reversed([*enumerate(self.products)])}
        every = dict.fromkeys(f for one in self.products for f in _in_order(one))
        # functions of one variable before those of several, else as written
        self._order = sorted(every, key=lambda factor: len(factor.variables))

    def adjusted(self, whole: _Product, factor: _NumericFactor) -> _Adjusted:
        """Return what a factor of a column adds to what is there without it."""
        others = whole.factors - {factor}
        before = [
            frozenset({one})
            for one in self._order[: self._order.index(factor)]
            if one.variables <= factor.variables
            and _Product(whole.coded, others | {one}) in self.places
        ]
        # a product of functions is before a function of all their variables
        before += [
            one.factors - others
            for one in self.places
            if one.coded == whole.coded
            and others <= one.factors
            and len(one.factors) > len(others) + 1
            and all(f.variables < factor.variables for f in one.factors - others)
        ]
        bare = _Product(whole.coded, others)
        constant = bare in self.places or (self._constant and bare == _NOTHING)
        values, off = self._of(factor), self._rounding(factor)
        counts = self._table.counts
        if before and len(before) <= _MOST:
            earlier = [
                np.asarray(math.prod(self._of(f) for f in one)) for one in before
            ]
            found = _regression(earlier, values, counts, constant, off or 0.0)
            if found is None:
                return _Adjusted((), numeric_step(values, counts, off) or 1.0)
            weights, shift, rest = found
            if weights.any():
                taken: list[tuple[frozenset[_NumericFactor], float]] = [
                    (one, -float(weight))
                    for one, weight in zip(before, weights, strict=True)
                    if weight
                ]
                taken += [(frozenset(), -shift)] if constant else []
                return _Adjusted(tuple(taken), numeric_step(rest, counts) or 1.0)
        step = numeric_step(values, counts, off) or 1.0
        mean = weighted.mean(values, counts)
        far = constant and self._far(values, mean, step)
        return _Adjusted(((frozenset(), -mean),) if far else (), step)

    def _far(self, values: Floats, mean: float, step: float) -> bool:
        """Whether an effect at 0 of a function is none of rows at hand.

        A moderator is taken at its mean where that is more than a step from 0. How
        levels of a group differ is stated where the user has put the 0, such as the
        first day, if rows are as near to it as a step.
        """
        if not self._levels:
            return abs(mean) > step
        low, high = float(values.min()), float(values.max())
        near = low - step <= 0.0 <= high + step
        return not near or abs(mean) > _FARTHEST * step

    def _rounding(self, factor: _NumericFactor) -> float | None:
        """Return how far off the values of a function may be; None: as numbers are."""
        if len(factor.parts) > 1:
            return None
        return rounding(factor.parts[0].expression, self._table)

    def _of(self, factor: _NumericFactor) -> Floats:
        found = np.ones(self._table.rows)
        for part in factor.parts:
            if part not in self._values:
                self._values[part] = evaluate(part.expression, self._table)
            found = found * self._values[part]
        return found


_NOTHING = _Product(frozenset(), frozenset())


def _product(column: DesignColumn, made: Variables) -> _Product:
    """Return a column as a product; parts that share a variable are one function."""
    coded = frozenset(part for part in column.parts if isinstance(part, Coded))
    factors: list[_NumericFactor] = []
    for part in column.parts:
        if isinstance(part, Coded):
            continue
        variables = variables_of(part.expression, made)
        parts: tuple[Numeric, ...] = (part,)
        for other in [one for one in factors if one.variables & variables]:
            factors.remove(other)
            parts, variables = (*other.parts, *parts), variables | other.variables
        factors.append(_NumericFactor(parts, variables))
    return _Product(coded, frozenset(factors))


def _merged(whole: _Product, every: Sequence[_Product]) -> _Product:
    """Return a product as one function where its margins are there otherwise written.

    ``year + w + p:w`` with ``let p = year - 2000`` lacks ``p``, so its factors cannot
    be taken at their means one by one; what it adds to ``year`` and ``w`` is known.
    """
    margins = [_Product(whole.coded, whole.factors - {one}) for one in whole.factors]
    if len(margins) < 2 or all(one in every for one in margins):
        return whole
    variables = frozenset().union(*(one.variables for one in whole.factors))
    related = any(
        one.coded == whole.coded
        and not one.factors <= whole.factors
        and all(factor.variables <= variables for factor in one.factors)
        for one in every
    )
    if not related:
        return whole
    parts = tuple(part for one in _in_order(whole) for part in one.parts)
    return _Product(whole.coded, frozenset({_NumericFactor(parts, variables)}))


def _in_order(whole: _Product) -> Iterator[_NumericFactor]:
    return iter(sorted(whole.factors, key=lambda factor: factor.label))


def _regression(
    before: Sequence[Floats],
    values: Floats,
    counts: weighted.Counts,
    constant: bool,
    off: float,
) -> tuple[Floats, float, Floats] | None:
    """Return weights, constant and rest of a regression; None if nothing is left.

    Columns are in units of their own length about their means, so that neither units
    nor means cost digits. ``off`` is how far off the values may be: what is left is
    nothing if it is as small as that makes it.
    """
    columns = np.column_stack([*before, values])
    means = np.zeros(columns.shape[1])
    if constant:
        for place, column in enumerate(columns.T):
            means[place], columns[:, place] = centered(column, counts)
    root = 1.0 if counts is None else np.sqrt(counts)[:, None]
    lengths = np.sqrt(np.square(columns * root).sum(axis=0))
    usable = lengths[:-1] > 0.0
    if not lengths[-1] > 0.0:
        return None
    units = np.where(lengths > 0.0, lengths, 1.0)
    scaled = columns * root / units
    design, target = scaled[:, :-1][:, usable], scaled[:, -1]
    found = np.linalg.lstsq(design, target, rcond=DEPENDENT)[0]
    # once more, for the digits that columns nearly alike cost
    found = found + np.linalg.lstsq(design, target - design @ found, rcond=DEPENDENT)[0]
    found[np.abs(found) < _NO_SHARE] = 0.0
    rest = target - design @ found
    least = ROUNDINGS * off * math.sqrt(weighted.total(values, counts)) / units[-1]
    if not float(np.sqrt(rest @ rest)) > max(DEPENDENT, least):
        return None
    weights = np.zeros(len(before))
    weights[usable] = found
    weights = weights * units[-1] / units[:-1]
    left = columns[:, -1] - columns[:, :-1] @ weights
    return weights, float(means[-1] - means[:-1] @ weights), left
