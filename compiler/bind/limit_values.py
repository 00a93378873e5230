"""Checks of censored and truncated responses, which need their rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Sink

from ..data.table import Floats, Table
from ..expressions.evaluation import evaluate
from ..families.combined.limits import INTERVAL, LEFT, NONE, RIGHT, is_whole
from ..formula.columns import Numeric
from .bound import BoundModel
from .counting import counting
from .response import response_values


def check_limits(bound: BoundModel, table: Table, sink: Sink) -> bool:
    """Report rows that cannot be censored, or seen, as they are said to be."""
    variables = dict(bound.response.limits)
    if not variables:
        return True
    variables |= dict(bound.response.known)
    limits = _values(variables, table)
    if not _bounds(bound, variables, limits, table, sink):
        return False  # a response cannot be within bounds that cannot be
    table = counting(bound.response.weight, table)
    y, limits = response_values(bound.response, table), _values(variables, table)
    good = _within(bound, y, variables, limits, table, sink)
    if "cens" in limits:
        good = _censoring(bound, y, variables, limits, table, sink) and good
    return good


def _values(variables: dict[str, Numeric], table: Table) -> dict[str, Any]:
    return {name: evaluate(one.expression, table) for name, one in variables.items()}


def _report(
    wrong: NDArray[np.bool_],
    variable: Numeric,
    table: Table,
    sink: Sink,
    message: str,
    *notes: str,
) -> bool:
    if not wrong.any():
        return True
    count = table.count(wrong)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    span = variable.expression.span
    sink.add("invalid-limit", span, message.replace("ROWS", rows), *notes)
    return False


def _bounds(
    bound: BoundModel,
    variables: dict[str, Numeric],
    limits: dict[str, Any],
    table: Table,
    sink: Sink,
) -> bool:
    """Report bounds that are wrong whatever the response is."""
    whole = is_whole(bound.family)
    good = True
    if {"lb", "ub"} <= set(limits):
        lower, upper = variables["lb"].label, variables["ub"].label
        crossed = np.greater if whole else np.greater_equal
        good = _report(
            np.asarray(crossed(limits["lb"], limits["ub"])),
            variables["ub"],
            table,
            sink,
            f"the bounds `lb={lower}` and `ub={upper}` have nothing between them in "
            "ROWS",
            "`lb` is the lower one, below which no response is seen, and `ub` the "
            "upper one",
        )
        if not good:
            return False  # the ends of a family say no more of such bounds
    for key in ("lb", "ub", "upper") if whole else ():
        if key in limits:
            at = np.asarray(limits[key], dtype=float)
            good &= _report(
                at != np.floor(at),
                variables[key],
                table,
                sink,
                f"`{variables[key].label}` is no whole number in ROWS",
                f"a response of {bound.family.shown} is one, and may be its bound",
            )
    for key in ("lb", "ub"):
        if key in limits:
            good &= _says_something(bound, key, limits, variables, table, sink)
    return good


def _within(
    bound: BoundModel,
    y: Floats,
    variables: dict[str, Numeric],
    limits: dict[str, Any],
    table: Table,
    sink: Sink,
) -> bool:
    """Report rows whose response is beyond its bounds."""
    good = True
    name = bound.response.name
    for key, beyond in (("lb", np.less), ("ub", np.greater)):
        if key not in limits:
            continue
        side = "below" if key == "lb" else "above"
        good &= _report(
            beyond(y, limits[key]),
            variables[key],
            table,
            sink,
            f"`{name}` is {side} its bound `{variables[key].label}` in ROWS",
            "`trunc` says that such a response is never seen; where it was seen as the "
            "bound, `cens` says so",
        )
    return good


def _says_something(
    bound: BoundModel,
    key: str,
    limits: dict[str, Any],
    variables: dict[str, Numeric],
    table: Table,
    sink: Sink,
) -> bool:
    """Report a bound that cuts nothing off, or all that the family can give."""
    tails = bound.family.tails
    assert tails is not None
    whole = is_whole(bound.family)
    ends = (0.0 if whole else tails.lowest, tails.highest)
    below = key == "lb"
    near, far = ends if below else ends[::-1]
    # turned around, an upper bound is a lower one
    sign = 1.0 if below else -1.0
    at = sign * np.asarray(limits[key])
    # a whole number that is the bound is seen
    past = np.greater if whole and not below else np.greater_equal
    side, keyword = ("below", "ub") if below else ("above", "lb")
    reached = f"{far:g} or {side}" if far in tails.atoms or whole else f"{side} {far:g}"
    return _report(
        at <= sign * near,
        variables[key],
        table,
        sink,
        f"no response of {bound.family.shown} is {side} {near:g}: the bound says "
        "nothing in ROWS",
        f"leave it out: `trunc({keyword}=...)`, or no `trunc` at all",
    ) & _report(
        np.asarray(past(at, sign * far)),
        variables[key],
        table,
        sink,
        f"every response of {bound.family.shown} is {reached}: with the "
        "bound there is none in ROWS",
        "a bound is in the units of the response",
    )


def _turned(
    bound: BoundModel,
    reversed_: NDArray[np.bool_],
    interval: NDArray[np.bool_],
    variables: dict[str, Numeric],
) -> tuple[str, ...]:
    """Say that all intervals end below their beginning, if they do."""
    if not (reversed_ == interval).all():
        return ()
    upper, cens = variables["upper"].label, variables["cens"].label
    return (
        "all of them end below where they begin: the response is the lower end, "
        f"`{upper} | cens({cens}, {bound.response.name})`",
    )


def _censoring(
    bound: BoundModel,
    y: Floats,
    variables: dict[str, Numeric],
    limits: dict[str, Any],
    table: Table,
    sink: Sink,
) -> bool:
    status, variable = np.asarray(limits["cens"]), variables["cens"]
    interval = status == INTERVAL
    name = bound.response.name
    if "upper" not in limits:
        good = _report(
            interval,
            variable,
            table,
            sink,
            f"`{variable.label}` says interval in ROWS, and not where it ends",
            f"write `{name} | cens({variable.label}, y2)`, with the column of the ends",
        )
    else:
        empty = interval & (y >= limits["upper"])
        good = _report(
            empty,
            variables["upper"],
            table,
            sink,
            f"the interval from `{name}` to `{variables['upper'].label}` has nothing "
            "inside in ROWS",
            *_turned(bound, interval & (y > limits["upper"]), interval, variables),
        )
    tails = bound.family.tails
    assert tails is not None
    # one that has a probability of its own is at most that
    lowest = -np.inf if tails.lowest in tails.atoms else tails.lowest
    for beyond, end, side in (
        ((status == RIGHT) & (y >= tails.highest), tails.highest, "above"),
        ((status == LEFT) & (y <= lowest), lowest, "below"),
    ):
        good &= _report(
            beyond,
            variable,
            table,
            sink,
            f"in ROWS a censored `{name}` is {end:g}, and no response of "
            f"{bound.family.shown} is {side}",
        )
    # at most a number is that number as well, where numbers are whole
    least = np.less if is_whole(bound.family) else np.less_equal
    ends = (
        ("lb", least, LEFT),
        ("ub", np.greater_equal, RIGHT),
        ("trials", np.greater_equal, RIGHT),
    )
    for key, reached, code in ends:
        if key in limits:
            good &= _report(
                (status == code) & reached(y, limits[key]),
                variable,
                table,
                sink,
                f"in ROWS a censored `{name}` is at `{variables[key].label}`, and "
                "nothing is beyond",
            )
    if good and not (status == NONE).any() and not interval.any():
        return _report(
            np.ones(len(y), dtype=bool),
            variable,
            table,
            sink,
            f"all of `{name}` is censored: no value is known",
            "its default priors and its scale have nothing to go by",
        )
    return good
