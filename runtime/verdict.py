"""Whether the draws can be used, in plain words and with what to do.

nutpie checks nothing itself, so this is where a fit that failed says so.
Limits: R-hat and effective sample sizes of Vehtari et al. (2021), E-BFMI of
Betancourt (2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.grammar.render.safe import visible

if TYPE_CHECKING:
    from xarray import Dataset

    from .figures import Figures
    from .settings import Settings
    from .summary import Row

__all__ = ["Verdict", "judge"]

RHAT_MOST = 1.01
#: Up to here more draws most often mend it; above, something is wrong.
RHAT_NEARLY = 1.05
ESS_LEAST = 400
ESS_LEAST_PER_CHAIN = 100
EBFMI_LEAST = 0.3


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What the diagnostics of a fit come to.

    Attributes
    ----------
    ok
        Whether the figures can be used.
    sentences
        The first is the verdict; each other names a finding and what to do.
    """

    ok: bool
    sentences: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(map(visible, self.sentences))

    def _repr_html_(self) -> str:
        from .pages import of_verdict

        return of_verdict(self)


def judge(rows: Sequence[Row], stats: Dataset, settings: Settings) -> Verdict:
    """Return the verdict on a fit.

    Parameters
    ----------
    rows
        All that is reported, group effects included.
    stats
        The sampler's own statistics (group ``sample_stats``).
    settings
        What it was run with, for the advice.
    """
    found = [(row.label, row.figures) for row in rows]
    broken = tuple(label for label, f in found if math.isnan(f.mean))
    disagree = _chains_disagree(found, settings)
    trouble = (*_divergences(stats, settings), *_energy(stats, settings))
    few = _too_few(found, settings, agree=not disagree)
    if broken:
        first = "Some draws are not finite: the figures cannot be used."
        broken = (f"Not finite: {_some(broken)}. Look at the data and the priors.",)
    elif disagree and settings.chains == 1:
        first = "One chain cannot show that it found the posterior."
    elif disagree and _highest(found) > RHAT_NEARLY:
        first = "The chains do not agree: do not use the figures."
    elif disagree and few:
        first = (
            "Too few effective draws, and R-hat is a little high with them: "
            "run longer before using the figures."
        )
    elif disagree:
        first = (
            "The chains do not agree yet (R-hat is a little high): "
            "run longer before using the figures."
        )
    elif trouble:
        first = "The sampler had trouble: do not rely on the figures yet."
    elif few:
        first = "The chains agree, but the figures are rough: too few draws."
    else:
        first = "The chains agree; the figures can be used."
    findings = (*broken, *disagree, *trouble, *few)
    return Verdict(not findings, (first, *findings, *_depth(stats)))


def _highest(found: Sequence[tuple[str, Figures]]) -> float:
    return max((f.rhat for _, f in found if f.rhat is not None), default=1.0)


def _chains_disagree(
    found: Sequence[tuple[str, Figures]], settings: Settings
) -> tuple[str, ...]:
    if settings.chains == 1:
        return (f"Run at least 4 chains ({_options(chains=4)}): R-hat compares them.",)
    known = [(label, f.rhat) for label, f in found if f.rhat is not None]
    above = [(rhat, label) for label, rhat in known if rhat > RHAT_MOST]
    if not above:
        return ()
    rhat, label = max(above)
    longer = {"draws": 2 * settings.draws, "tune": 2 * max(settings.tune, 500)}
    return (
        f"R-hat is above {RHAT_MOST} for {_of(len(above), len(known))} "
        f"(highest: {_above(RHAT_MOST, rhat)}, {label}): the chains have not met. "
        f"Run longer: more draws and tune ({_options(**longer)}); if that does not "
        "help, the data do not tell some parameters apart: look at the priors, or "
        "simplify the model.",
    )


def _above(limit: float, value: float) -> str:
    """Format a number that is above a limit with so many digits that it is seen."""
    places = 3
    while float(text := f"{value:.{places}f}") <= limit < value and places < 17:
        places += 1
    return text


def _options(**numbers: float) -> str:
    """Return how arguments are written, to the command and in Python."""
    command = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in numbers.items()
    )
    python = ", ".join(f"{name}={value}" for name, value in numbers.items())
    return f"`{command}`, or `{python}` in Python"


def _too_few(
    found: Sequence[tuple[str, Figures]], settings: Settings, *, agree: bool
) -> tuple[str, ...]:
    least = max(ESS_LEAST, ESS_LEAST_PER_CHAIN * settings.chains)
    known = [
        (min(f.ess_bulk, f.ess_tail), label)
        for label, f in found
        if f.ess_bulk is not None and f.ess_tail is not None
    ]
    below = [entry for entry in known if entry[0] < least]
    if not below:
        return ()
    smallest, label = min(below)
    text = (
        f"The effective sample size is below {least} for "
        f"{_of(len(below), len(known))} (smallest: {smallest:.0f}, {label}): "
        "means and intervals are rough."
    )
    if agree:
        # A little more than in proportion, rounded up to hundreds.
        wanted = settings.draws * 1.2 * least / max(smallest, 1.0)
        wanted = math.ceil(wanted / 100) * 100
        text += f" Take more draws ({_options(draws=wanted)})."
    return (text,)


def _divergences(stats: Dataset, settings: Settings) -> tuple[str, ...]:
    if "diverging" not in stats:
        return ()
    diverging = stats["diverging"].values
    count = int(diverging.sum())
    if not count:
        return ()
    accept = 0.95 if (settings.target_accept or 0.8) < 0.95 else 0.99
    share = 100.0 * count / diverging.size
    return (
        f"{count} of {diverging.size} draws ({share:.2g} %) diverged: a part of the "
        "posterior was not explored, and the figures may be biased. "
        f"Take smaller steps ({_options(target_accept=accept)}); if some stay, give "
        "the sd of the groups tighter priors, or leave out varying effects that the "
        "data cannot tell from 0.",
    )


def _energy(stats: Dataset, settings: Settings) -> tuple[str, ...]:
    if "energy" not in stats or stats["energy"].sizes["draw"] < 2:
        return ()
    low = [
        (value, chain + 1)
        for chain, value in enumerate(_ebfmi(stats["energy"].values))
        if value < EBFMI_LEAST
    ]
    if not low:
        return ()
    value, _ = min(low)
    chains = ", ".join(str(chain) for _, chain in low)
    word = "chain" if len(low) == 1 else "chains"
    return (
        f"E-BFMI is below {EBFMI_LEAST} in {word} {chains} (smallest: {value:.2f}): "
        "the tails were explored too slowly. Run longer with more draws to tune "
        f"({_options(tune=2 * max(settings.tune, 500))}); if that does not help, some "
        "prior is much wider than what the data say: look at the priors.",
    )


def _ebfmi(energy: Any) -> list[float]:
    """Return the energy Bayesian fraction of missing information of each chain."""
    from arviz_stats.base import array_stats

    values = np.asarray(energy, dtype=np.float64)
    if not np.isfinite(values).all():
        return []
    with np.errstate(all="ignore"):
        found = array_stats.bfmi(values, chain_axis=0, draw_axis=1)
    return [float(value) for value in np.atleast_1d(found)]


def _depth(stats: Dataset) -> tuple[str, ...]:
    if "reached_max_treedepth" not in stats:
        return ()
    reached = stats["reached_max_treedepth"].values
    count = int(reached.sum())
    if not count:
        return ()
    return (
        f"{count} of {reached.size} draws reached the longest trajectory: the "
        "figures are not wrong for that, but sampling is slow. Predictors on very "
        "different scales are a common cause: try `scale(x)`.",
    )


def _of(count: int, total: int) -> str:
    return f"{count} of {total} {'parameter' if total == 1 else 'parameters'}"


def _some(labels: Sequence[str], most: int = 3) -> str:
    rest = len(labels) - most
    shown = ", ".join(labels[:most])
    return f"{shown} and {rest} more" if rest > 0 else shown
