"""Priors that only the user can give: those of what formulas not linear are made of.

A parameter of such a formula has whatever unit and size the formula gives it: a rate
per day, an asymptote, a power. No data set says what is too large for it, so any
default would decide something that nobody looked at, and an improper flat prior leaves
posteriors that are improper where the data say little (an asymptote that is not
reached). Its location therefore needs a prior that is written. Its effects and the sds
of its groups do not: the spread of that prior is the unit in which they are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Span

from ..bound import BoundPredictor, PriorText
from ..spanning import spanning_columns


def check_needed(
    parts: Sequence[BoundPredictor],
    names: Mapping[str, Span],
    priors: Mapping[str, PriorText],
    size: tuple[str, float, float] | None,
    sink: Sink,
) -> None:
    """Report parameters of a formula that is not linear and have no prior.

    Parameters
    ----------
    parts
        Their predictors.
    names
        Where each is named first in a formula of its own.
    priors
        Those that are written, by target.
    size
        The response, its mean and its sd, where the formula is on its scale.
    sink
        Takes the faults.
    """
    for part in parts:
        lacking = list(_lacking(part, priors))
        if not lacking:
            continue
        target, located = lacking[0]
        rest = [one for one, _ in lacking[1:]]
        name = part.target.removesuffix(".")
        if located:
            message = f"the parameter `{name}` of the formula has no prior"
            notes = [
                "what it may be depends on the formula alone, so there is no default: "
                f"say what is known of it, `prior {target} ~ normal(mean, sd)`",
            ]
            if size is not None:
                response, mean, sd = size
                notes.append(
                    f"if it is in the units of `{response}` (mean {mean:.3g}, sd "
                    f"{sd:.3g}), say, `normal({mean:.2g}, {2.0 * sd:.2g})`"
                )
            notes.append(
                "what is positive has `normal(mean, sd, lb=0)`, or `lognormal(m, s)` "
                "with mean and sd of its log"
            )
        else:
            message = f"`{target}` has no prior"
            notes = [
                f"its default is in units of the spread of the prior of `{name}`, "
                "which has none: say what is known of it",
            ]
        if rest:
            shown = ", ".join(f"`{one}`" for one in rest[:4])
            more = f" and {len(rest) - 4} more" if len(rest) > 4 else ""
            notes.append(f"so for {shown}{more}")
        sink.add("needs-prior", names[part.dpar], message, *notes)


def _lacking(
    part: BoundPredictor, priors: Mapping[str, PriorText]
) -> Iterator[tuple[str, bool]]:
    """Yield targets without a prior, and whether each is a location."""
    written = locating(part, priors)
    if part.population.intercept:
        if written is None:
            plain = not (part.population.effects or part.population.smooths)
            name = part.target.removesuffix(".")
            yield name if plain else f"{part.target}Intercept", True
            return
    else:
        spanning = spanning_columns(part)
        for place in spanning:
            target = f"{part.target}b[{part.population.effects[place].name}]"
            if target not in priors:
                yield target, True
    if written is not None and written.distribution != "constant":
        return
    for column in part.population.effects:
        target = f"{part.target}b[{column.name}]"
        if target not in priors:
            yield target, False
    for smooth in part.population.smooths:
        target = f"{part.target}sds[{smooth.name}]"
        if target not in priors:
            yield target, False
    for grouping in part.groupings:
        for column in grouping.columns:
            target = f"{part.target}sd[{grouping.name}, {column.name}]"
            if target not in priors:
                yield target, False


def locating(part: BoundPredictor, priors: Mapping[str, PriorText]) -> PriorText | None:
    """Return the prior that says where a parameter is; None if it has none.

    It is that of the intercept; without one, of the first of the columns that are it,
    such as those of the levels in ``0 + group``.
    """
    if part.population.intercept:
        target = f"{part.target}Intercept"
        return priors.get(target) or priors.get(f"{target}[mean]")
    for place in spanning_columns(part):
        target = f"{part.target}b[{part.population.effects[place].name}]"
        if (found := priors.get(target)) is not None:
            return found
    return None
