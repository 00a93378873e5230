"""Families that can be right for a response, the first one the one to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from varying.grammar.printer import name_text
from varying.grammar.quoting import recoded

from .facts import OVERDISPERSED, Facts

__all__ = ["Candidate", "candidates_of", "declared"]

#: More zeros than this share of rows are worth a family of their own.
MANY_ZEROS = 0.2
#: More categories without an order than this are seldom meant: each has effects.
MOST_CATEGORIES = 12
#: Positive numbers whose smallest is more than this share of their mean begin late.
SHIFTED = 0.3
#: Whole numbers with more skewness than this are like times, not like sums.
SKEWED = 0.5
#: Of so many steps a scale is as good as continuous.
FINE = 15


@dataclass(frozen=True, slots=True)
class Candidate:
    """A family that can be right.

    Attributes
    ----------
    name
        Of the model.
    family
        As after ``family=``.
    response
        The left side of its formula.
    why
        For and against it, in a sentence.
    lets
        Statements that it needs.
    """

    name: str
    family: str
    response: str
    why: str
    lets: tuple[str, ...] = ()


def candidates_of(facts: Facts, trials: str | None = None) -> tuple[Candidate, ...]:
    """Return the families for a response; none if no family is compiled for it."""
    y = name_text(facts.name)
    if trials is not None:
        return _successes(y, trials)
    match facts.kind:
        case "two":
            return (
                Candidate(
                    *("bernoulli", "bernoulli", y),
                    "two values: the probability of the second one",
                ),
            )
        case "levels" if 2 < len(facts.levels) <= MOST_CATEGORIES:
            return (
                Candidate(
                    *("categorical", "categorical", y),
                    f"{len(facts.levels)} categories without an order: the odds of "
                    f"each against the first, `{facts.levels[0]}`",
                ),
            )
        case "ordered":
            return (_ordinal(y, len(facts.levels)),)
        case "rating":
            return tuple(_ratings(facts, y))
        case "count":
            return tuple(_counts(facts, y))
        case "whole":
            return tuple(_whole(facts, y))
        case "share":
            return tuple(_shares(facts, y))
        case "positive":
            return tuple(_positive(facts, y))
        case "real":
            return tuple(_real(facts, y))
    return ()


def _ordinal(y: str, steps: int) -> Candidate:
    return Candidate(
        *("ordlogit", "ordlogit", y),
        f"{steps} ordered categories with a probability each: any pile of answers, at "
        "an end or in the middle, is just a category, and nothing is assumed of the "
        "distances",
    )


def _successes(y: str, trials: str) -> tuple[Candidate, ...]:
    left = f"{y} | trials({trials})"
    return (
        Candidate(
            *("beta_binomial", "beta_binomial", left),
            "successes whose chance differs from row to row; binomial at the limit",
        ),
        Candidate("binomial", "binomial", left, "successes of one chance a row"),
    )


def _ratings(facts: Facts, y: str) -> list[Candidate]:
    low, high = facts.low, facts.high
    steps = round(high - low) + 1
    found = [_ordinal(y, steps)]
    if facts.piled and low == 0.0 and steps > 2:
        found += _apart(facts, y)
    if steps < FINE:
        return found
    share = f"{y}/{high:g}" if low == 0.0 else f"({y} - {low:g})/{high - low:g}"
    low_end, high_end = facts.at_low > 0.0, facts.at_high > 0.0
    if low_end or high_end:
        found.append(
            Candidate(
                *("ordered_beta", "ordered_beta", share),
                "a continuous share with both ends of the scale as answers of their "
                "own; few parameters, one effect for the ends and what is between",
            )
        )
    if low_end and not high_end:
        found.append(
            Candidate(
                *("zero_inflated_beta", "zero_inflated_beta", share),
                "the same, with zeros that have nothing to do with the rest",
            )
        )
    if high_end:
        found.append(
            Candidate(
                *("zero_one_inflated_beta", "zero_one_inflated_beta", share),
                "the same, with ends that have nothing to do with the rest",
            )
        )
    if not (low_end or high_end):
        found.append(
            Candidate("beta", "beta", share, "a continuous share that is never an end")
        )
    end = f"{facts.name}_end"
    let = (
        f"let {name_text(end)} = ifelse({y} == {low:g}, -1, "
        f"ifelse({y} == {high:g}, 1, 0))"
    )
    found.append(
        Candidate(
            *("censored", "gaussian", f"{y} | cens({name_text(end)})"),
            "a normal answer that the scale cuts off at its ends; the effects are in "
            "the units of the scale",
            (let,),
        )
    )
    return found


def _apart(facts: Facts, y: str) -> list[Candidate]:
    """Return ordinal families whose lowest category is of another kind."""
    return [
        Candidate(
            *("hurdle", "hurdle_cumulative", y),
            f"the same with 0 ({100 * facts.at_low:.0f} % of the rows) apart: whether "
            "at all, and then how much, each with effects of its own (`hu ~ ...`)",
        ),
        Candidate(
            *("zero_inflated", "zero_inflated_cumulative", y),
            "the same with further zeros, of rows where nothing is felt whatever the "
            "predictors",
        ),
    ]


def _whole(facts: Facts, y: str) -> list[Candidate]:
    """Return families of whole numbers far from 0: times, sums of answers, counts."""
    ratio = facts.variance / facts.mean
    counts = Candidate(
        *("negbinomial", "negbinomial", y),
        f"if they are counts (their variance is {ratio:.2g} times their mean)",
    )
    if ratio < 1.0:
        counts = Candidate(
            *("poisson", "poisson", y),
            f"if they are counts (their variance is {ratio:.2g} times their mean, and "
            "that of Poisson ones is no smaller)",
        )
    if facts.skew > SKEWED:
        return [*_times(facts, y), counts]
    return [
        Candidate(
            *("gaussian", "gaussian", y),
            "so far from 0 whole numbers are as good as continuous; effects are in "
            "the unit of the response. Of a sum of answers whose ends are near, "
            "`family=beta_binomial` of `trials` above the lowest one keeps to them",
        ),
        Candidate(*("student", "student", y), "the same, with outliers"),
        counts,
    ]


def _counts(facts: Facts, y: str) -> list[Candidate]:
    ratio = facts.variance / facts.mean if facts.mean > 0.0 else 1.0
    zeros = facts.at_low > MANY_ZEROS
    more = f"their variance is {ratio:.2g} times their mean"
    negbinomial = Candidate(
        *("negbinomial", "negbinomial", y),
        f"counts that vary more than Poisson ones ({more})"
        if ratio > OVERDISPERSED
        else "counts; Poisson ones are its limit",
    )
    poisson = Candidate(
        *("poisson", "poisson", y),
        f"counts whose variance is their mean given the predictors ({more})",
    )
    found = [negbinomial, poisson] if ratio > OVERDISPERSED else [poisson, negbinomial]
    if zeros:
        share = f"{100 * facts.at_low:.0f} %"
        found.append(
            Candidate(
                *("zero_inflated", "zero_inflated_negbinomial", y),
                f"the same with further zeros ({share} are 0), of rows where nothing "
                "can happen",
            )
        )
        found.append(
            Candidate(
                *("hurdle", "hurdle_negbinomial", y),
                "the same with all zeros apart: whether, and then how many",
            )
        )
    return found


def _shares(facts: Facts, y: str) -> list[Candidate]:
    if facts.at_low == 0.0 and facts.at_high == 0.0:
        return [Candidate("beta", "beta", y, "shares that are never 0 or 1")]
    found = [
        Candidate(
            *("ordered_beta", "ordered_beta", y),
            "shares with 0 and 1 as the ends of one scale",
        ),
        Candidate(
            *("zero_one_inflated_beta", "zero_one_inflated_beta", y),
            "shares with ends that have nothing to do with the rest"
            + (
                "; none is 0, so the share of ones among the ends, `coi`, is near 1"
                if facts.at_low == 0.0
                else ""
            ),
        ),
    ]
    if facts.at_high == 0.0:
        found[1] = Candidate(
            *("zero_inflated_beta", "zero_inflated_beta", y),
            "shares with zeros that have nothing to do with the rest",
        )
    return found


def _positive(facts: Facts, y: str) -> list[Candidate]:
    if facts.low == 0.0:
        return [
            Candidate(
                *("hurdle_lognormal", "hurdle_lognormal", y),
                "whether there is anything, and then how much, skewed to the right",
            ),
            Candidate(
                *("hurdle_gamma", "hurdle_gamma", y), "the same with a lighter tail"
            ),
        ]
    found = _times(facts, y)
    if facts.at_high > 0.0:
        found.insert(0, _censored(facts, y, "lognormal"))
    return found


def _times(facts: Facts, y: str) -> list[Candidate]:
    """Return families of positive numbers, such as times."""
    found = [
        Candidate(
            *("lognormal", "lognormal", y),
            "positive and skewed to the right; effects are factors",
        ),
        Candidate("gamma", "gamma", y, "the same with a lighter tail"),
        Candidate(
            "weibull", "weibull", y, "the same, of times until something happens"
        ),
    ]
    if facts.low > SHIFTED * facts.mean:
        found += [
            Candidate(
                *("shifted_lognormal", "shifted_lognormal", y),
                "the same after a part that is always there, as in reaction times: the "
                f"shortest, {facts.low:.4g}, is far from 0; with the answers, "
                + recoded(f"`{y} | dec(answer)`, `family=wiener` is of both"),
            ),
            Candidate(
                *("exgaussian", "exgaussian", y),
                "normal times with an exponential tail of slow ones; effects are in "
                "the unit of the response",
            ),
        ]
    return found


def _censored(facts: Facts, y: str, family: str) -> Candidate:
    tests = []
    if facts.at_low > 0.0 and family == "gaussian":
        tests.append(("-1", facts.low))
    if facts.at_high > 0.0:
        tests.append(("1", facts.high))
    status = "0"
    for code, at in reversed(tests):
        status = f"ifelse({y} == {at:g}, {code}, {status})"
    end = name_text(f"{facts.name}_end")
    return Candidate(
        *("censored", family, f"{y} | cens({end})"),
        "values pile up where the measure ends: what is beyond is there, and not seen",
        (f"let {end} = {status}",),
    )


def _real(facts: Facts, y: str) -> list[Candidate]:
    gaussian = Candidate("gaussian", "gaussian", y, "any number, normal residuals")
    student = Candidate(
        *("student", "student", y),
        "any number, with outliers"
        + (": the tails are heavier than normal ones" if facts.tails > 3.0 else ""),
    )
    found = [student, gaussian] if facts.tails > 3.0 else [gaussian, student]
    if facts.at_low > 0.0 or facts.at_high > 0.0:
        found.insert(0, _censored(facts, y, "gaussian"))
    return found


def declared(facts: Facts) -> Sequence[str]:
    """Return the ``column`` statement of a response."""
    name = name_text(facts.name)
    if facts.kind == "rating":
        range_ = f"ordered({facts.low:g}..{facts.high:g})"
        return (f"column {name}: {range_}{_missing(facts)}",)
    if facts.kind == "ordered":
        levels = ", ".join(_quoted(level) for level in facts.levels)
        return (f"column {name}: ordered({levels})",)
    if facts.odd:
        return (f"column {name}: numeric{_missing(facts)}",)
    return ()


def _missing(facts: Facts) -> str:
    return f", missing=[{', '.join(map(_quoted, facts.odd))}]" if facts.odd else ""


def _quoted(level: str) -> str:
    return '"' + level.replace("\\", "\\\\").replace('"', '\\"') + '"'
