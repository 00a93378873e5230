"""Censored and truncated responses of a design: where rows are cut off.

What is drawn is the response as it would be without censoring. Which rows are censored
follows from it where marks are made of the response, as in ``t | cens(t >= end)``:
drawn values beyond a bound are then recorded as the bound, which the marks name. A
column of marks says which rows of other data are censored, and nothing of those drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import ModelError, Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import ColumnStatement, Name
from varying.grammar.walk import column_names, unwrap

from .faults import undrawable
from .marks import Marks, beside_response, lets_read

if TYPE_CHECKING:
    from varying.compiler.data.table import Column, Table
    from varying.compiler.families.family import Family
    from varying.compiler.prepare.responses import Written
    from varying.grammar.source import Source
    from varying.grammar.tree import Expr, Spec

    from .times import Times

__all__ = ["CutOff", "cut_off"]

Array = NDArray[Any]

#: Words of a column of marks that say that a row is not censored.
_EXACT = ("none", "false")


@dataclass(frozen=True, slots=True, eq=False)
class CutOff:
    """Where the response of each row of a design is cut off; infinite: nowhere.

    Attributes
    ----------
    low, high
        What is drawn below or above them is recorded as they are, and censored.
    least, most
        Between which numbers responses are at all.
    whole
        Whether they are whole numbers.
    """

    low: Array
    high: Array
    least: Array
    most: Array
    whole: bool

    @property
    def is_censored(self) -> bool:
        """Whether a row can be."""
        return bool((np.isfinite(self.low) | np.isfinite(self.high)).any())

    def take(self, rows: Array) -> CutOff:
        """Return the same of these rows."""
        return CutOff(
            self.low[rows],
            self.high[rows],
            self.least[rows],
            self.most[rows],
            self.whole,
        )

    def recorded(self, drawn: Array) -> Array:
        """Return drawn responses as they are recorded."""
        return np.clip(drawn, self.low, self.high) if self.is_censored else drawn

    def stand_in(self, place: Column) -> Column:
        """Return responses that are not censored and can be seen.

        Parameters
        ----------
        place
            Numbers from 0 to 1.
        """
        low = np.fmax(self.low, self.least)
        high = np.fmin(self.high, self.most)
        if self.whole:
            first = np.where(self.low >= low, np.floor(low) + 1.0, np.ceil(low))
            first = np.where(np.isfinite(first), first, 0.0)
            second = place.values % 2.0
            return replace(place, values=np.fmin(first + second, np.fmax(first, high)))
        share = place.values
        with np.errstate(invalid="ignore"):
            between = low + (high - low) * share
        found = np.where(np.isfinite(low), low + share, share)
        found = np.where(~np.isfinite(low) & np.isfinite(high), high - share, found)
        found = np.where(np.isfinite(low) & np.isfinite(high), between, found)
        return replace(place, values=found)


def cut_off(
    one: Written,
    family: Family,
    spec: Spec,
    table: Table,
    source: Source,
    drawn: Collection[str],
    times: Times | None = None,
) -> CutOff | None:
    """Return where a response is cut off; None if it is nowhere.

    Parameters
    ----------
    one, family
        The response as written, and its family.
    spec, table, source
        The spec, its design, its text.
    drawn
        The columns that are drawn, of all responses.
    times
        Of ``family=cox``, between which knots its times are.

    Raises
    ------
    ModelError
        If it does not follow from the spec which drawn rows are censored.
    """
    from varying.compiler.families.combined.limits import is_whole

    tails = family.tails
    given = dict(beside_response(one.formula.response, source))
    if tails is None or not given:
        return None
    known = _DesignRows(
        spec, _declared(spec, table, source, drawn), source, frozenset(drawn)
    )
    low, high = np.full((2, table.rows), np.inf) * [[-1.0], [1.0]]
    ends = (tails.lowest, tails.highest)
    if times is not None:
        ends = (times.knots[0], times.knots[-1])
    least, most = (np.full(table.rows, end) for end in ends)
    trunc = given.get("trunc", {})
    if "lb" in trunc:
        least = np.fmax(least, known.values(trunc["lb"]))
    if "ub" in trunc:
        most = np.fmin(most, known.values(trunc["ub"]))
    # bounds that cannot be are a fault of the spec, which is found when it is bound:
    # what stands for the response is not to be a fault beside it
    crossed = least > most if is_whole(family) else least >= most
    least, most = np.where(crossed, ends[0], least), np.where(crossed, ends[1], most)
    cens = given.get("cens", {})
    expression = cens.get("censored")
    if expression is not None:
        marks = Marks.of(one.text, expression, spec)
        if marks.follow:
            low, high = _ends(marks, known)
            _check_kept(marks, family, high, known)
            _check_seen(marks, low > most, high < least, trunc, source)
        elif times is None and known.marked(marks):
            raise (_no_interval if "y2" in cens else _nothing_says)(marks, source)
        if times is not None and marks.follow and (high > times.knots[-1]).any():
            raise undrawable(
                source,
                marks.expression.span,
                f"`{marks.label}` does not mark who has no event by the last knot, "
                f"{times.knots[-1]:g}, which is then the time that is drawn",
                "bounds are the last knot or before it: "
                f"`cens({one.text} >= {times.knots[-1]:g})`",
            )
    return CutOff(low, high, least, most, is_whole(family))


# ---- what does not follow ------------------------------------------------------------


def _nothing_says(marks: Marks, source: Source) -> ModelError:
    y = name_text(marks.response)
    return undrawable(
        source,
        marks.expression.span,
        f"nothing says where `{marks.response}` is cut off: `{marks.label}` marks rows "
        "of data that are there, not of those that are drawn",
        "say where, by a number or a column of the design: "
        f"`{y} | cens({y} >= 24)`, or `{y} | cens(ifelse({y} <= 0, -1, 0))` at a lower "
        "end",
        "to draw it as it is without censoring, mark no row, or take `cens` out of the "
        "spec that draws",
    )


def _no_interval(marks: Marks, source: Source) -> ModelError:
    y = marks.response
    return undrawable(
        source,
        marks.expression.span,
        f"`{marks.label}` may say interval, and it does not follow from the spec "
        f"which one a drawn `{y}` is in",
        f"take `cens` out of the spec that draws: `varying simulate` writes `{y}` "
        "itself, of which you make the intervals that another spec fits",
        rule="not-yet",
    )


def _check_kept(marks: Marks, family: Family, high: Array, known: _DesignRows) -> None:
    """Refuse upper bounds that have a probability: some rows there are not above."""
    from varying.compiler.families.combined.limits import is_whole

    assert family.tails is not None
    there = np.isfinite(high)
    if not is_whole(family):
        there &= np.isin(high, family.tails.atoms)
    if not there.any():
        return
    at, y = high[there][0], marks.response
    beside = f': "{at:g} or more" is 1 beside {at - 1:g}' if is_whole(family) else ""
    raise undrawable(
        known.source,
        marks.expression.span,
        f"`{marks.label}` marks each `{y}` of {at:g}, and of {family.name} some are "
        f"{at:g} and not above it",
        "`cens` says of a row marked 1 that it is above what is observed",
        "take `cens` out of the spec that draws, and mark the rows of what is drawn"
        + beside,
        rule="not-yet",
    )


def _check_seen(
    marks: Marks, below: Array, above: Array, trunc: Mapping[str, Expr], source: Source
) -> None:
    """Refuse rows that are censored beyond where responses are seen."""
    for beyond, key in ((above, "lb"), (below, "ub")):
        if not beyond.any() or key not in trunc:
            continue
        bound = expression_text(trunc[key])
        side, word = ("below", "above") if key == "lb" else ("above", "below")
        raise undrawable(
            source,
            marks.expression.span,
            f"`{marks.label}` records `{marks.response}` as a number {side} "
            f"`{key}={bound}`, and `trunc` says that none is seen there",
            f"responses are seen {word} `{bound}` alone: cut them off there or further "
            "on",
        )


# ---- values on a design --------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _DesignRows:
    """The rows of a design, for what is computed from its columns alone."""

    spec: Spec
    table: Table
    source: Source
    drawn: frozenset[str]

    def values(self, expression: Expr, y: Mapping[str, Array] | None = None) -> Array:
        """Return the value of an expression in each row.

        Parameters
        ----------
        expression
            It reads columns of the design, and ``let``s of them.
        y
            Values of a response.

        Raises
        ------
        ModelError
            If it reads more.
        """
        from varying.compiler.data.table import Column, Kind
        from varying.compiler.expressions.calls import stateful_calls
        from varying.compiler.expressions.evaluation import evaluate
        from varying.compiler.expressions.types import type_of
        from varying.compiler.prepare.lets import computed

        given = y or {}
        table = self.table.adding(
            [Column(name, Kind.NUMERIC, values) for name, values in given.items()]
        )
        lets = lets_read(expression, self.spec)
        whole = (expression, *(one.expression for one in lets))
        read = {name.text for one in whole for name in column_names(one)}
        if (read & self.drawn) - given.keys() or any(map(stateful_calls, whole)):
            raise self._more(expression)
        sink = Sink(self.source)
        columns = (computed(one, table, sink) for one in lets)
        for column in columns:
            if column is not None:
                table = table.adding([column])
        typed = None if sink.failed else type_of(expression, table, sink)
        if sink.failed:
            raise ModelError(sink.sorted())
        if typed is None or not typed.is_number:
            return np.full(table.rows, np.nan)  # said where it is bound
        return evaluate(expression, table)

    def marked(self, marks: Marks) -> bool:
        """Whether marks that the response is no part of say that a row is censored."""
        from varying.compiler.data.table import Kind

        if marks.read & self.drawn:
            return True
        name = unwrap(marks.expression)
        if not isinstance(name, Name) or marks.lets:
            return bool((self.values(marks.expression) != 0.0).any())
        column = self.table.columns.get(name.text)
        if column is None:
            return True
        if column.kind.is_number:
            return bool((np.nan_to_num(column.values) != 0.0).any())
        exact = [code for code, v in enumerate(column.levels) if v.casefold() in _EXACT]
        values = column.values[~column.missing]
        if column.kind is Kind.LOGICAL:
            return bool((values == 1).any())
        return not bool(np.isin(values, exact).all())

    def _more(self, expression: Expr) -> ModelError:
        return undrawable(
            self.source,
            expression.span,
            f"`{expression_text(expression)}` is made of more than the columns of the "
            "design, row by row",
            "name a column of the design, or a number",
        )


def _declared(
    spec: Spec, table: Table, source: Source, drawn: Collection[str]
) -> Table:
    """Return a table with those of its columns as declared that are there."""
    from varying.compiler.prepare.declared import declare

    there = table.columns.keys() - set(drawn)
    statements = [
        replace(one, columns=columns)
        for one in spec.statements
        if isinstance(one, ColumnStatement)
        and (columns := tuple(c for c in one.columns if c.text in there))
    ]
    sink = Sink(source)
    found = declare(table, statements, sink)
    if sink.failed:
        raise ModelError(sink.sorted())
    return found


def _ends(marks: Marks, known: _DesignRows) -> tuple[Array, Array]:
    """Return the lower and the upper bound of each row that marks name.

    Between the values that a response is compared with, marks are the same: they are
    looked at there, and at each of these values.
    """
    bounds = marks.bounds()
    if not bounds:
        raise _unclear(marks, known)
    places = np.array([known.values(one) for one in bounds])
    places = np.sort(np.where(np.isnan(places), np.inf, places), axis=0)
    probes = _probes(places)
    status = np.array(
        [known.values(marks.expression, {marks.response: one}) for one in probes]
    )
    numbers = np.arange(len(probes))[:, None]
    right = np.where(status == 1.0, numbers, len(probes)).min(axis=0)
    left = np.where(status == -1.0, numbers, -1).max(axis=0)
    inside = (numbers > left) & (numbers < right)
    odd = inside & (status != 0.0) & ~np.isnan(status)
    # a bound is one of the values, not what is between them: those have odd numbers
    no_bound = ((right < len(probes)) & (right % 2 == 0)) | (
        (left >= 0) & (left % 2 == 0)
    )
    if (odd & (status == 2.0)).any():
        raise _no_interval(marks, known.source)
    if odd.any() or no_bound.any() or (left > right).any():
        raise _unclear(marks, known)
    columns = np.arange(probes.shape[1])
    high = np.where(right < len(probes), probes[right % len(probes), columns], np.inf)
    low = np.where(left >= 0, probes[left, columns], -np.inf)
    return low, high


def _probes(places: Array) -> Array:
    """Return values before, at, between and after those of each row, which rise."""
    with np.errstate(invalid="ignore"):
        middles = 0.5 * (places[:-1] + places[1:])
    middles = np.where(np.isfinite(middles), middles, places[:-1] + 1.0)
    before = np.where(np.isfinite(places[:1]), places[:1] - 1.0, 0.0)
    gaps = np.concatenate([before, middles, places[-1:] + 1.0])
    found = np.empty((2 * len(places) + 1, places.shape[1]))
    found[::2], found[1::2] = gaps, places
    return found


def _unclear(marks: Marks, known: _DesignRows) -> ModelError:
    y = name_text(marks.response)
    return undrawable(
        known.source,
        marks.expression.span,
        f"it does not follow from `{marks.label}` where `{marks.response}` is cut off",
        f"compare `{y}` with a number, or with a column of the design, which is marked "
        f"itself and nothing before it: `cens({y} >= 24)`, `cens({y} == end)`; at a "
        f"lower end `cens(ifelse({y} <= 0, -1, 0))`",
    )
