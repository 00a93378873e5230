"""Checks of a bound model that need its rows, without fitting anything."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span
from varying.grammar.tree import Expr, Name
from varying.grammar.walk import unwrap

from ..data.spellings import quoted
from ..data.spread import dependencies, is_constant
from ..data.table import Floats, Table
from ..expressions.evaluation import evaluate
from ..expressions.rounding import rounding
from ..formula.column_rounding import column_rounding
from ..formula.columns import INTERCEPT, Coded, DesignColumn, Numeric
from ..formula.design import evaluate_columns
from ..formula.places import place_of
from ..prepare.derive import NO_NUMBER_NOTE
from .body_values import check_bodies
from .bound import BoundModel, BoundPredictor
from .composition import check_columns, check_composition
from .counting import counting
from .doubled_monotonic import check_doubled_monotonic
from .estimated import residual_scale
from .limit_values import check_limits
from .response import response_values

#: Columns beyond this are not searched for collinearity: the search is cubic.
_MOST_COLUMNS = 500
#: Beyond this, squares and their sums overflow.
LARGEST = 1e100
#: Offsets on the log scale that differ by more, a factor of 10^13, are no logarithms.
LARGEST_OFFSETS = 30.0
#: Columns that a message names.
_SHOWN = 4


def check_rows(bound: BoundModel, table: Table, sink: Sink) -> None:
    """Report values that are no numbers, collinear columns and empty cells.

    Parameters
    ----------
    bound, table
        The model and the rows used.
    sink
        Takes the warnings.
    """
    if not _finite(bound, table, sink) or not check_bodies(bound, table, sink):
        return
    # what a response is in a row of weight 0 does not matter; what stands beside it
    # does, for predictions of that row are made with it
    rows = counting(bound.response.weight, table)
    if (
        check_columns(bound, rows, sink)
        and _beside(bound, table, sink)
        and _support(bound, rows, sink)
        and check_limits(bound, table, sink)
    ):
        _varies(bound, rows, sink)
        _one_category(bound, rows, sink)
    _offsets(bound, table, sink)
    for part in bound.predictors:
        _empty_cells(part.population.columns, table, part.terms, sink)
        if 0 < len(part.population.effects) <= _MOST_COLUMNS:
            said = check_doubled_monotonic(part, table, _MOST_COLUMNS, sink)
            _collinear(part, table, said, sink)


def _beside(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report numbers that cannot stand beside a response."""
    good = True
    for term, variable in bound.response.beside:
        values = evaluate(variable.expression, table)
        wrong = ~term.allowed(values)
        if wrong.any():
            sink.add(
                "invalid-argument",
                variable.expression.span,
                f"`{variable.label}` is to be {term.needed}, and is not in "
                f"{_rows(table.count(wrong))}",
                f"the first is {values[np.argmax(wrong)]:g}",
            )
            good = False
        elif term.role == "weight" and not (values > 0).any():
            sink.add(
                "invalid-argument",
                variable.expression.span,
                f"`{variable.label}` is 0 in all rows: none of them counts",
            )
            good = False
    return good


def _offsets(bound: BoundModel, table: Table, sink: Sink) -> None:
    """Warn of an exposure that is there twice, or not as a logarithm."""
    rate = bound.response.rate
    if rate is not None and bound.link.name != "log":
        sink.add(
            "invalid-response-term",
            rate.expression.span,
            f"`rate({rate.label})` multiplies the mean, and the link "
            f"{bound.link.name} does not make a sum of that",
            "leave out `link=`: the link of counts with an exposure is log",
        )
    for variable in bound.population.offsets:
        span = variable.expression.span
        if rate is not None and variable.label == f"log({rate.label})":
            sink.add(
                "exposure-twice",
                span,
                f"`{rate.label}` is an exposure twice: as `rate({rate.label})` and as "
                f"`offset({variable.label})`",
                "leave one of them out",
            )
            continue
        values = evaluate(variable.expression, table)
        if bound.link.name == "log" and float(np.ptp(values)) > LARGEST_OFFSETS:
            sink.add(
                "offset-scale",
                span,
                f"`offset({variable.label})` multiplies the mean by up to "
                f"e^{np.ptp(values):.3g} from row to row",
                "an offset is added to the log of the mean: for an exposure write "
                f"`offset(log({variable.label}))`",
            )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _support(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report values of the response that the family cannot have."""
    response = bound.response
    if response.parts:
        return check_composition(bound, table, sink)
    values = response_values(response, table)
    known = {name: evaluate(v.expression, table) for name, v in response.known}
    outside = ~bound.family.in_support(values, **known)
    if outside.any():
        first = int(np.argmax(outside))
        of = "".join(f" of {array[first]:g} {name}" for name, array in known.items())
        times = 1 if table.counts is None else table.counts[outside]
        count = table.count(outside)
        sink.add(
            "response-support",
            response.span,
            f"{count:,} {'value' if count == 1 else 'values'} of the response "
            f"`{response.name}` {'is' if count == 1 else 'are'} outside the support of "
            f"{bound.family.shown}: {bound.family.support}",
            f"the first is {values[first]:g}{of}",
            *bound.family.outside(np.repeat(values[outside], times)),
        )
    return not outside.any()


#: Rounding alone seldom makes more different values of one.
_NOISE = 4


def _varies(bound: BoundModel, table: Table, sink: Sink) -> None:
    """Report a response without spread, and counts that are all at a bound."""
    if table.partial or not table.rows:
        return  # the rows that are not read may differ
    response, family = bound.response, bound.family
    if response.parts:
        return
    values = response_values(response, table)
    off = None
    if response.expression is not None:
        off = rounding(response.expression, table)
    elif response.column in table.columns:
        off = table.columns[response.column].rounding
    if family.response == "continuous":
        # the scale of a family of one parameter is its mean: it goes to 0 with that
        known = residual_scale(bound, table) == "known"
        known = known or (not family.dpars and bool(values.any()))
        if not known and is_constant(values, off):
            sink.add(
                "constant-response",
                response.span,
                *_constant_response(bound, values, table.total),
            )
        return
    bound_said = _at_bound(bound, values, table)
    if bound_said is not None:
        sink.add("boundary-response", response.span, *bound_said)


def _one_category(bound: BoundModel, rows: Table, sink: Sink) -> None:
    """Report rows that count of which all have one category."""
    response = bound.response
    if not response.categories or rows.partial or response.weight is None:
        return
    ranks = response_values(response, rows)
    if rows.rows and (ranks == ranks[0]).all():
        sink.add(
            "one-category",
            response.span,
            f"the rows of `{response.name}` that count have one category only: "
            f"`{response.categories[int(ranks[0])]}`",
            f"in the others `{response.weight.label}` is 0, and nothing is learned of "
            "them",
        )


def _constant_response(bound: BoundModel, values: Floats, rows: int) -> tuple[str, ...]:
    name = bound.response.name
    notes = (
        "there is nothing to explain: the nearer the scale of the residuals is to 0, "
        "the likelier is the data",
        "see whether `where` leaves out the rows that differ",
    )
    if rows == 1:
        return (
            f"there is one row, and so one value of the response `{name}`",
            notes[0],
        )
    message = f"the response `{name}` is {values[0]:g} in every row"
    if values.min() < values.max():
        message += ": its values differ by rounding alone"
    different = len(np.unique(values))
    if different > _NOISE:
        # rounding makes a few values of one, and not dozens
        step = float(np.spacing(np.abs(values).max()))
        return (
            f"the {different} values of the response `{name}` differ only in the last "
            f"digits that numbers of their size have: {values[0]:.6g}, in steps of "
            f"{step:.2g}",
            "a number in the computer has 16 digits, and nearly all of them are the "
            "same here: what differs is mostly rounded away",
            "subtract a constant before the file is written, such as the smallest "
            "value; a `let` comes too late, for the digits are gone by then",
        )
    return (message, *notes)


def _at_bound(
    bound: BoundModel, values: Floats, table: Table
) -> tuple[str, ...] | None:
    """Return what to say of counts that are all 0, or all as many as the trials."""
    name = bound.response.name
    note = (
        "the estimate has no end in this direction: the prior alone says how far it is"
    )
    match bound.family.response:
        case "count" if not values.any():
            return (f"the counts `{name}` are 0 in every row", note)
        case "successes":
            known = {name: v.expression for name, v in bound.response.known}
            trials = evaluate(known["trials"], table)
            if not values.any():
                return (f"there is no success in any row of `{name}`", note)
            if bool(np.all(values == trials)):
                return (f"all trials of `{name}` are successes", note)
    return None


def _finite(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report what cannot be calculated with: `log(x)` at 0, squares of 1e300."""
    good = True
    response = bound.response
    own: tuple[Numeric, ...] = response.parts
    if response.expression is not None:
        own = (Numeric(response.name, response.expression),)
    rows = counting(response.weight, table)
    if not own:
        count = rows.count(np.abs(response_values(response, rows)) > LARGEST)
        if count:
            _not_finite(response.name, "too large", count, response.span, sink)
            good = False
    numbers = {variable: table for _, variable in response.beside}
    columns: dict[DesignColumn, Expr] = {}
    for part in bound.predictors:
        groups = [column for g in part.groupings for column in g.columns]
        for column in (*part.population.effects, *groups):
            columns.setdefault(column, part.terms)
        if part.dpar != "sigma" or response.scale is None:  # else it is the log of that
            numbers |= dict.fromkeys(part.population.offsets, table)
        if part.body is not None:
            numbers |= dict.fromkeys(part.body.known, table)
    for column in columns:
        parts = [one for one in column.parts if isinstance(one, Numeric)]
        numbers |= dict.fromkeys(parts, table)
    for number, whose in {**dict.fromkeys(own, rows), **numbers}.items():
        values = evaluate(number.expression, whose)
        undefined = whose.count(np.isnan(values))
        infinite = whose.count(np.isinf(values))
        large = whose.count(np.abs(values) > LARGEST) - infinite
        for count, what in (
            (undefined, "no number"),
            (infinite, "infinite"),
            (large, "too large"),
        ):
            if count:
                _not_finite(number.label, what, count, number.expression.span, sink)
                good = False
                break
    if good:
        with np.errstate(over="ignore"):
            matrix = np.abs(evaluate_columns(tuple(columns), table))
        most = matrix.max(axis=0, initial=0.0)
        for place, (column, terms) in enumerate(columns.items()):
            undefined = table.count(np.isnan(matrix[:, place]))
            if undefined:
                where = place_of(column, terms)
                _not_finite(column.name, "no number", undefined, where, sink)
                good = False
            elif not most[place] <= LARGEST:
                _not_finite(column.name, "too large", 0, place_of(column, terms), sink)
                good = False
    return good


def _not_finite(name: str, what: str, count: int, span: Span, sink: Sink) -> None:
    of = "" if not count else " in 1 row" if count == 1 else f" in {count:,} rows"
    notes = {
        "no number": NO_NUMBER_NOTE,
        "infinite": "leave such rows out by `where`, or add a constant before `log`",
        "too large": f"the largest that can be used is {LARGEST:g}: rescale it",
    }
    sink.add("infinite-value", span, f"{quoted(name)} is {what}{of}", notes[what])


def _collinear(
    predictor: BoundPredictor,
    table: Table,
    said: Collection[DesignColumn],
    sink: Sink,
) -> None:
    """Report columns that others make up, but for those of which that is said."""
    effects = predictor.population.effects
    columns = tuple(column for column in effects if column not in said)
    terms = predictor.terms
    if predictor.population.centered or predictor.fixed:
        columns = (INTERCEPT, *columns)
    matrix = evaluate_columns(columns, table)
    roundings = [column_rounding(column, table) for column in columns]
    computed = [_is_computed(column, table) for column in columns]
    made_of = dependencies(matrix, roundings, table.counts, computed)
    special = {one.plain for one in predictor.population.specials}
    by_term: dict[str, list[int]] = {}
    for index in made_of:
        by_term.setdefault(columns[index].term, []).append(index)
    constant: set[Numeric | Coded] = set()
    for found in by_term.values():
        column = columns[found[0]]
        others = made_of[found[0]]
        if constant.intersection(column.parts):
            continue  # a product with what has been said to be constant
        if [columns[i] for i in others] in ([], [INTERCEPT]):
            constant.update(column.parts[:1] if len(column.parts) == 1 else ())
        of = ", ".join(quoted(columns[i].name) for i in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        if predictor.fixed and INTERCEPT in [columns[i] for i in others]:
            sink.add(
                "fixed-scale",
                place_of(column, terms),
                f"the columns of {quoted(column.term)} make an intercept, and "
                f"`{predictor.dpar}` has none: its scale is fixed",
                *(
                    ("write the margins as well: `a*b` instead of `a:b`",)
                    if ":" in column.term
                    else ()
                ),
            )
            continue
        notes = ["the prior alone decides how their effects are divided"]
        if not others:
            message = f"{quoted(column.name)} is 0 in every row"
        elif [columns[i] for i in others] == [INTERCEPT]:
            message = f"{quoted(column.name)} is the same in every row"
            values = matrix[:, found[0]]
            if values.min() < values.max():
                message += ": its values differ by rounding alone"
            notes = ["it is the intercept again: the prior alone tells them apart"]
        elif len(others) == 1:
            message = f"{quoted(column.name)} is an exact multiple of {of}"
        else:
            message = f"{quoted(column.name)} is an exact combination of {of}{more}"
        if not others:
            notes = ["its effect comes from the prior alone"]
        if special & {columns[i] for i in (found[0], *others)}:
            message += ", if its steps are equal"
        if len(found) > 1:
            rest = ", ".join(quoted(columns[i].name) for i in found[1 : _SHOWN + 1])
            notes.append(f"so are further columns of the term: {rest}")
        sink.add("collinear", place_of(column, terms), message, *notes)


def _is_computed(column: DesignColumn, table: Table) -> bool:
    """Whether a column of a design is more than a column of the data."""
    for part in column.parts:
        if isinstance(part, Coded):
            continue
        node = unwrap(part.expression)
        if not isinstance(node, Name) or node.text in table.made_of:
            return True
    return len(column.parts) > 1


def _empty_cells(
    columns: Sequence[DesignColumn], table: Table, terms: Expr, sink: Sink
) -> None:
    told: set[tuple[str, ...]] = set()
    for column in columns:
        coded = [part for part in column.parts if isinstance(part, Coded)]
        factors = tuple(part.factor for part in coded)
        if len(coded) < 2 or factors in told or len(set(factors)) != len(factors):
            continue
        told.add(factors)
        empty = _first_empty(coded, table)
        if empty is not None:
            cell = ", ".join(
                f"{factor}={level}"
                for factor, level in zip(factors, empty, strict=True)
            )
            sink.add(
                "empty-cell",
                place_of(column, terms),
                f"no row has the combination {cell} of `{':'.join(factors)}`",
                "its effect comes from the prior alone",
            )


def _present(factors: Sequence[str], table: Table) -> set[tuple[int, ...]]:
    codes = np.column_stack([table.columns[f].values for f in factors])
    return {tuple(row) for row in np.unique(codes, axis=0).tolist()}


def _first_empty(parts: Sequence[Coded], table: Table) -> tuple[str, ...] | None:
    present = _present([p.factor for p in parts], table)
    columns = [table.columns[p.factor] for p in parts]
    total = 1
    for part in parts:
        total *= len(part.levels)
    if len(present) >= total or total > 100_000:
        return None
    shape = tuple(len(part.levels) for part in parts)
    places = [
        {level: list(column.levels).index(level) for level in part.levels}
        for part, column in zip(parts, columns, strict=True)
        if not column.kind.is_number
    ]
    if len(places) != len(parts):
        return None
    for cell in np.ndindex(*shape):
        names = tuple(part.levels[i] for part, i in zip(parts, cell, strict=True))
        codes = tuple(p[name] for p, name in zip(places, names, strict=True))
        if codes not in present:
            return names
    return None
