"""Of how many trials a question about successes is: ``trials=20``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Expr, Number, Option, Unary
from varying.grammar.walk import unwrap

from ..question import Outcomes, Scale
from .known import ModelCells

__all__ = ["ONE_TRIAL", "has_trials", "number_of", "of_successes", "with_trials"]

ONE_TRIAL = (
    "`trials` goes with `scale=quantile[...]`, `prob[...]` and `odds[...]`: other "
    "scales are of one trial"
)


def of_successes(cells: ModelCells) -> bool:
    """Whether responses are of a number of trials."""
    return cells.family is not None and cells.family.response == "successes"


def has_trials(cells: ModelCells) -> bool:
    """Whether ``trials=`` says of how many a question is, and is no predictor."""
    return of_successes(cells) and "trials" not in {*cells.every, *cells.numbers}


def with_trials(
    scale: tuple[Scale, Outcomes | None],
    asked: Option,
    options: Sequence[Option],
    cells: ModelCells,
    sink: Sink,
) -> tuple[Scale, Outcomes | None] | None:
    """Return a scale with the number of trials that its outcomes are of."""
    name, outcomes = scale
    option = None
    if has_trials(cells):
        option = next((one for one in options if one.name.text == "trials"), None)
    if outcomes is None:
        if option is None:
            return scale
        sink.add("invalid-argument", option.span, ONE_TRIAL)
        return None
    if option is None and len(cells.trials) > 1:
        few, most = cells.trials[0], cells.trials[-1]
        what = f"the probability of `{outcomes.text}`"
        if name == "quantile":
            what = "a quantile"
        sink.add(
            "invalid-argument",
            asked.span,
            f"{what} of successes is of a number of trials, and rows have "
            f"{few} to {most}",
            f"`trials={most}` says of how many it is asked",
        )
        return None
    if option is None and not cells.trials:
        return name, replace(outcomes, trials=1)  # without rows nothing is computed
    trials = cells.trials[0] if option is None else _whole(option, sink)
    if trials is None:
        return None
    which = _always(outcomes, trials)
    if which:
        sink.add(
            "invalid-argument",
            asked.span,
            f"{which} of successes in {trials} trials is `{outcomes.text}`: the "
            "probability is always the same",
            "`trials=` says of how many trials it is asked",
        )
        return None
    return name, replace(outcomes, trials=trials)


def _whole(option: Option, sink: Sink) -> int | None:
    """Return the number of trials that an option has; None: a fault."""
    number = number_of(unwrap(option.value))
    if number is not None and number >= 1.0 and number == int(number):
        return int(number)
    text = expression_text(option.value)
    message = f"`trials` is a whole number above 0, not `{text}`"
    sink.add("invalid-argument", option.value.span, message)
    return None


def _always(outcomes: Outcomes, trials: int) -> str:
    """Return which numbers of successes are in an event, if all or none."""
    if outcomes.share is not None:
        return ""
    low, high = outcomes.between or (outcomes.values[0] - 1.0, outcomes.values[0])
    if low >= trials:
        return "no number"
    return "every number" if low < 0.0 and high >= trials else ""


def number_of(node: Expr) -> float | None:
    """Return the number that an expression is; None: it is none."""
    match node:
        case Number(value=value):
            return float(value)
        case Unary(operator="-", operand=Number(value=value)):
            return -float(value)
    return None
