"""Monotonic effects that other columns can take the place of.

The effect of ``mo(x)`` is a sum over its steps, each with a share of its own. Where a
step is a combination of other columns, as each is beside ``x`` as a factor, and one of
them beside ``x`` as a number, something of the effect can be moved from the one to the
other without a change of the likelihood, whatever the shares are.
"""

from __future__ import annotations

from varying.grammar.diagnostics import Sink

from ..data.spellings import quoted
from ..data.spread import dependencies
from ..data.table import Table
from ..formula.column_rounding import column_rounding
from ..formula.columns import INTERCEPT, DesignColumn, SpecialColumn
from ..formula.design import evaluate_columns
from ..formula.places import place_of
from .bound import BoundPredictor


def check_doubled_monotonic(
    predictor: BoundPredictor, table: Table, most: int, sink: Sink
) -> frozenset[DesignColumn]:
    """Report them; return their columns at equal steps, of which no more is said.

    Parameters
    ----------
    predictor, table
        The predictor and the rows used.
    most
        As many columns are compared with each other.
    sink
        Takes the warnings.
    """
    specials = predictor.population.specials
    plain = {one.plain for one in specials}
    columns = [c for c in predictor.population.effects if c not in plain]
    if predictor.population.centered or predictor.fixed:
        columns = [INTERCEPT, *columns]
    of: dict[int, SpecialColumn] = {}
    for one in specials:
        of |= dict.fromkeys(range(len(columns), len(columns) + len(one.steps)), one)
        columns += one.steps
    if not specials or len(columns) > most:
        return frozenset()
    matrix = evaluate_columns(columns, table)
    roundings = [column_rounding(column, table) for column in columns]
    doubled: dict[SpecialColumn, dict[str, None]] = {}
    for step, parts in dependencies(matrix, roundings, table.counts).items():
        if step not in of:
            continue
        # steps that no row tells apart are another matter
        others = [p for p in parts if of.get(p) is not of[step]]
        terms = {columns[p].term: None for p in others if columns[p] != INTERCEPT}
        if terms:
            doubled[of[step]] = doubled.get(of[step], {}) | terms
    for special, terms in doubled.items():
        name, shown = quoted(special.name), ", ".join(map(quoted, terms))
        sink.add(
            "doubled-monotonic",
            place_of(special.plain, predictor.terms),
            f"{name} cannot be told apart from {shown}: with other steps the one says "
            "what the other does",
            "the priors alone decide how their effects are divided",
            f"leave one of them out: {name} goes one way at every step, a factor goes "
            "any way",
        )
    return frozenset(one.plain for one in doubled)
