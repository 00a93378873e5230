"""What is said beside answers: the scale, the groups, where the rest is held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from varying.compiler.families.continuous.cox import baseline_of

if TYPE_CHECKING:
    from varying.compiler.bind.question import CellQuestion
    from varying.compiler.compiled import Compiled

__all__ = ["note_of"]

_SCALES: Mapping[str, str] = {
    "link": "on the scale of the linear predictor ({link})",
    "latent": "of the latent response, in its residual standard deviations",
    "response": "of the mean of the response",
    "prob": "of the probability of {outcomes}",
    "odds": "of the odds of {outcomes}",
    "quantile": "of the {outcomes} quantile of the response",
}
#: Of responses of several columns.
_SHARE = "of the mean share of {outcomes}"
#: Of responses that are told which of two answers they are of.
_TIMES: Mapping[str, str] = {
    "response": "of the mean time of the upper answer",
    "quantile": "of the {outcomes} quantile of the time of the upper answer",
}
#: Of times until an event, whose hazard is not known for ever.
_UNTIL = "of the restricted mean: of times until the last knot, {last:.6g}"
_ANSWER, _GIVEN = "each answer", "a time {0}, given the upper answer"
#: What differences on the log scale of odds are.
_RATIO = "ratio of the odds of {outcomes}"
_GROUPS: Mapping[str, str] = {
    "average": "averaged over new {of} of the population",
    "fitted": "averaged over the {of} of the data",
    "zero": "group effects = 0",
}


def note_of(
    question: CellQuestion,
    compiled: Compiled,
    numbers: Mapping[str, float],
    moved: bool,
) -> str:
    """Say on what scale an answer is, and where the rest of the model is held.

    Parameters
    ----------
    question, compiled
        What is asked, and the model.
    numbers
        Where numeric predictors are.
    moved
        Whether their place has a part in the answer.
    """
    bound = compiled.bound
    form = _SCALES[question.scale]
    if question.scale == "prob" and bound.response.parts:
        form = _SHARE
    if question.scale == "odds" and question.verb == "contrast":
        form = _RATIO
    if question.scale == "odds" and question.verb == "slope":
        form = "factor of the odds of {outcomes}, for one more"
    answers = bound.family.answers is not None
    if answers:
        form = _TIMES.get(question.scale, form)
    baseline = baseline_of(bound.family)
    if question.scale == "response" and baseline is not None:
        form = _UNTIL.format(last=baseline.knots[-1])
    outcomes = _ANSWER if answers else "each category"
    if question.outcomes is not None:
        outcomes = f"`{question.outcomes.text}`"
        if answers and question.outcomes.between is not None:
            outcomes = _GIVEN.format(outcomes)
    said = [form.format(link=bound.link.name, outcomes=outcomes)]
    held = [f"{name} = {level}" for name, level in question.fixed]
    if question.variable in dict(question.by):
        numbers = {n: v for n, v in numbers.items() if n != question.variable}
    if moved and not question.over:
        held += [f"{name} = {value:.4g}" for name, value in numbers.items()]
    linear = question.scale in ("link", "latent") and bound.main.body is None
    groupings = bound.grouping_factors
    if not linear:
        offset = any(part.population.offsets for part in bound.predictors)
        held += ["offset = 0"] if offset else []
        held += ["exposure = 1"] if bound.response.rate is not None else []
        # shares are the same of any number of trials, and an answer is said in words
        if not bound.response.parts and not answers:
            known = bound.response.known
            held += [f"{name} = {question.trials}" for name, _ in known]
    shown = not linear or question.groups == "fitted"
    if groupings and shown and question.groups == "zero":
        held.append(_GROUPS["zero"])
    if groupings and shown and question.groups != "zero":
        of = f"levels of {' and '.join(groupings)}"
        said.append(_GROUPS[question.groups].format(of=of))
        if question.over and question.groups == "fitted":
            said[-1] = f"each row with the effects of its own {' and '.join(groupings)}"
    if question.over:
        said.append("averaged over the rows of the data")
    if question.observed:
        said.append("cells weighted as the data have them")
    if held:
        said.append(f"at {', '.join(held)}")
    return "; ".join(said)
