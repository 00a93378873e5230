"""Whether the draws can be used, in plain words and with what to do.

nutpie checks nothing itself, so this is where a fit that failed says so.
Limits: R-hat and effective sample sizes of Vehtari et al. (2021), E-BFMI of
Betancourt (2016).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.grammar.render.safe import visible

from ..draws.chains import bfmi
from ..sampling.settings import DIVERGED_BEFORE, DIVERGENT_ONE_IN, DRAWN_BEFORE
from .convergence import beyond_chance, copies
from .subject import JudgedFit

if TYPE_CHECKING:
    from xarray import Dataset

    from ..draws.row import StatisticsRow
    from ..draws.statistics import Statistics
    from ..sampling.settings import SamplerSettings

    Found = Sequence[tuple[str, Statistics]]

__all__ = ["Verdict", "judge"]

RHAT_MOST = 1.01
#: Up to here chance can explain it, if it does: see ``convergence``.
RHAT_CHANCE = 1.02
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
        from .page import of_verdict

        return of_verdict(self)


def judge(
    rows: Sequence[StatisticsRow],
    stats: Dataset,
    settings: SamplerSettings,
    subject: JudgedFit | None = None,
) -> Verdict:
    """Return the verdict on a fit.

    It says of nothing that it is well which it has not looked at: a number without an
    R-hat counts as agreement only if it is a constant by the spec.

    Parameters
    ----------
    rows
        All that is reported, group effects included.
    stats
        The sampler's own statistics (group ``sample_stats``).
    settings
        What it was run with, for the advice.
    subject
        The draws, and what is known of the model; None: the figures alone are judged,
        and no number is known to be a constant.
    """
    subject = subject or JudgedFit()
    found = [
        (row.label, row.statistics) for row in rows if row.label not in subject.fixed
    ]
    broken = _not_finite(found, stats, subject)
    stuck = () if broken else _stuck(found, stats, subject)
    unknown = () if broken or stuck else _unknown(found, settings)
    high, by_chance = _high(found, subject)
    disagree = _chains_disagree(found, () if stuck or unknown else high, settings)
    trouble, remarks = _divergences(stats, settings)
    trouble += _energy(stats, settings)
    few, rough = _too_few(found, settings, agree=not disagree)
    conflicts, skipped = ((), ()) if broken or stuck or unknown else subject.conflicts()
    if broken:
        first = "Some draws are not finite: the figures cannot be used."
    elif stuck:
        first = "The chains did not move: do not use the figures."
    elif disagree and settings.chains == 1:
        first = "One chain cannot show that it found the posterior."
    elif unknown:
        first = "Too few draws to tell whether the chains agree: do not use them."
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
    elif conflicts:
        first = "The chains agree, but a prior and the data do not: see below."
    else:
        first = "The chains agree; the figures can be used."
    findings = (*broken, *stuck, *unknown, *disagree, *trouble, *few, *conflicts)
    long = _depth(stats)
    causes = subject.causes(stats) if (findings or long) and not broken else ()
    unmet = settings.chains > 1 and (disagree or trouble)
    if unmet and not (causes or broken or stuck or unknown or conflicts):
        causes = (_NO_CAUSE,)
    remarks = (*by_chance, *remarks, *rough, *skipped, *long)
    return Verdict(not findings, (first, *findings, *causes, *remarks))


def _highest(found: Found) -> float:
    return max((f.rhat for _, f in found if f.rhat is not None), default=1.0)


_NO_CAUSE = (
    "If that does not help, the data hardly tell some parameters apart, or some prior "
    "is much wider than what they say: look at the priors, or simplify the model."
)


# ---- what there is -------------------------------------------------------------------


def _not_finite(found: Found, stats: Dataset, subject: JudgedFit) -> tuple[str, ...]:
    names = [label for label, f in found if not math.isfinite(f.mean)]
    names += [name for name in subject.not_finite() if name not in names]
    names += [
        f"{_STATISTICS[name]} ({name})"
        for name in _STATISTICS
        if name in stats and not np.isfinite(stats[name].values).all()
    ]
    if not names:
        return ()
    return (f"Not finite: {_some(names)}. Look at the data and the priors.",)


#: Statistics that a sampler cannot do without, in words.
_STATISTICS = {"lp": "log density", "energy": "energy"}


def _stuck(found: Found, stats: Dataset, subject: JudgedFit) -> tuple[str, ...]:
    """Return which chains stand still, or are other chains again."""
    if stats.sizes.get("draw", 0) < 2:
        return ()
    said = []
    standing = [label for label, f in found if f.sd == 0.0]
    if standing:
        said.append(
            f"{_of(len(standing), len(found))} never moved: {_some(standing)}. "
            "No draw was accepted, or the model does not let them vary. Look at the "
            "scale of the data and at the priors."
        )
    for chain, labels in subject.standing().items():
        said.append(
            f"Chain {chain} never moved in {_of(len(labels), len(found))} "
            f"({_some(labels)}): it is no sample. Run again with another seed; if some "
            "chain still stands, look at the scale of the data and at the priors."
        )
    for name in _STATISTICS:
        pair = copies(stats[name].values) if name in stats else None
        if pair is not None:
            first, second = pair
            said.append(
                f"Chains {first} and {second} have the same draws: they are one chain, "
                "and their agreement shows nothing. Run again with another seed."
            )
            break
    return tuple(said)


def _unknown(found: Found, settings: SamplerSettings) -> tuple[str, ...]:
    """Return what there is no R-hat or effective sample size of."""
    names = [
        label
        for label, f in found
        if f.ess_bulk is None
        or f.ess_tail is None
        or (settings.chains > 1 and not _is_known(f.rhat))
    ]
    if not found:
        return ("No number is estimated: there is nothing that chains could agree on.",)
    if not names:
        return ()
    return (
        f"R-hat or the effective sample size cannot be computed for "
        f"{_of(len(names), len(found))} ({_some(names)}), from {settings.draws} "
        f"{'draw' if settings.draws == 1 else 'draws'} a chain. Take more draws "
        f"({_options(draws=max(1000, settings.draws))}).",
    )


def _is_known(rhat: float | None) -> bool:
    return rhat is not None and math.isfinite(rhat)


# ---- chains --------------------------------------------------------------------------


def _high(found: Found, subject: JudgedFit) -> tuple[set[str], tuple[str, ...]]:
    """Return of what R-hat is too high, and a remark on what is high by chance."""
    above = [(label, f.rhat, f) for label, f in found if f.rhat is not None]
    above = [one for one in above if one[1] > RHAT_MOST]
    tried = {
        label: (rhat, draws)
        for label, rhat, f in above
        if rhat <= RHAT_CHANCE
        and min(f.ess_bulk or 0.0, f.ess_tail or 0.0) >= ESS_LEAST / 2
        and (draws := subject.draws(label)) is not None
    }
    beyond = beyond_chance([draws for _, draws in tried.values()], len(found))
    chance = [
        (rhat, label)
        for (label, (rhat, _)), wrong in zip(tried.items(), beyond, strict=True)
        if not wrong
    ]
    if len(chance) < len(above) or not chance:
        return {label for label, _, _ in above}, ()
    rhat, label = max(chance)
    return set(), (
        f"R-hat is a little above {RHAT_MOST} for {_of(len(chance), len(found))} "
        f"(highest: {_above(RHAT_MOST, rhat)}, {label}), no more than chance brings "
        "about with so many numbers and draws.",
    )


def _chains_disagree(
    found: Found, high: Collection[str], settings: SamplerSettings
) -> tuple[str, ...]:
    if settings.chains == 1:
        return (f"Run at least 4 chains ({_options(chains=4)}): R-hat compares them.",)
    known = [(label, f.rhat) for label, f in found if f.rhat is not None]
    above = [(rhat, label) for label, rhat in known if label in high]
    if not above:
        return ()
    rhat, label = max(above)
    longer = {"draws": 2 * settings.draws, "tune": 2 * max(settings.tune, 500)}
    return (
        f"R-hat is above {RHAT_MOST} for {_of(len(above), len(known))} "
        f"(highest: {_above(RHAT_MOST, rhat)}, {label}): the chains have not met. "
        f"Run longer: more draws and tune ({_options(**longer)}).",
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
    found: Found, settings: SamplerSettings, *, agree: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return that there are too few effective draws, or a remark that some are few.

    Few are too few where it is so of half of the numbers, or where one has less than
    half of what it should have: see ``docs/decisions/0005-verdict.md``.
    """
    least = max(ESS_LEAST, ESS_LEAST_PER_CHAIN * settings.chains)
    known = [
        (min(f.ess_bulk, f.ess_tail), label)
        for label, f in found
        if f.ess_bulk is not None and f.ess_tail is not None
    ]
    below = [entry for entry in known if entry[0] < least]
    if not below:
        return (), ()
    smallest, label = min(below)
    some = (
        f"The effective sample size is below {least} for "
        f"{_of(len(below), len(known))} (smallest: {smallest:.0f}, {label})"
    )
    wanted = settings.draws * 1.2 * least / max(smallest, 1.0)
    # A little more than in proportion, rounded up to hundreds.
    more = f"({_options(draws=math.ceil(wanted / 100) * 100)})"
    if agree and smallest >= least / 2 and 2 * len(below) <= len(known):
        error = 100.0 / math.sqrt(smallest)
        return (), (
            f"{some}: the figures can be used, but the chains know the mean of "
            f"{label} to {error:.0f} % of its sd only. More draws make it firmer "
            f"{more}.",
        )
    text = f"{some}: means and intervals are rough."
    return (f"{text} Take more draws {more}." if agree else text,), ()


# ---- the sampler's own statistics ----------------------------------------------------


def _divergences(
    stats: Dataset, settings: SamplerSettings
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is wrong, and what is a remark only: fewer than 1 draw in 500."""
    if "diverging" not in stats:
        return (
            "Whether draws diverged was not looked at: the sampler does not say. "
            "Sample with nutpie or PyMC.",
        ), ()
    diverging = stats["diverging"].values
    count = int(diverging.sum())
    before: tuple[str, ...] = ()
    if DIVERGED_BEFORE in stats.attrs:
        before = (
            f"Sampled a second time, with smaller steps (target_accept "
            f"{settings.target_accept}): {stats.attrs[DIVERGED_BEFORE]} of "
            f"{stats.attrs[DRAWN_BEFORE]} draws had diverged.",
        )
    if not count:
        return (), before
    accept = 0.95 if (settings.target_accept or 0.8) < 0.95 else 0.99
    share = 100.0 * count / diverging.size
    said = f"{count} of {diverging.size} draws ({share:.2g} %) diverged"
    smaller = f"smaller steps ({_options(target_accept=accept)})"
    if count * DIVERGENT_ONE_IN < diverging.size:
        return (), (
            *before,
            f"{said}: so few hardly move the figures. To be sure of what is near the "
            f"edge of the posterior, such as an sd near 0, take {smaller}.",
        )
    return (
        f"{said}: a part of the posterior was not explored, and the figures may be "
        f"biased. Take {smaller}.",
    ), before


def _energy(stats: Dataset, settings: SamplerSettings) -> tuple[str, ...]:
    if "energy" not in stats:
        return (
            "Whether the tails were explored was not looked at: the sampler gives no "
            "energies. Sample with nutpie or PyMC.",
        )
    if stats["energy"].sizes["draw"] < 2:
        return ()
    low = [
        (value, chain + 1)
        for chain, value in enumerate(_ebfmi(stats["energy"].values))
        if not value >= EBFMI_LEAST
    ]
    if not low:
        return ()
    value, _ = min(low)
    chains = ", ".join(str(chain) for _, chain in low)
    word = "chain" if len(low) == 1 else "chains"
    return (
        f"E-BFMI is below {EBFMI_LEAST} in {word} {chains} (smallest: {value:.2f}): "
        "the tails were explored too slowly. Run longer with more draws to tune "
        f"({_options(tune=2 * max(settings.tune, 500))}).",
    )


def _ebfmi(energy: Any) -> list[float]:
    """Return the energy Bayesian fraction of missing information of each chain."""
    values = np.asarray(energy, dtype=np.float64)
    if not np.isfinite(values).all():
        return []
    with np.errstate(all="ignore"):
        return [float(value) for value in bfmi(values)]


def _depth(stats: Dataset) -> tuple[str, ...]:
    if "reached_max_treedepth" not in stats:
        return ()
    reached = stats["reached_max_treedepth"].values
    count = int(reached.sum())
    if not count:
        return ()
    return (
        f"{count} of {reached.size} draws reached the longest trajectory: the "
        "figures are not wrong for that, but sampling is slow.",
    )


def _of(count: int, total: int) -> str:
    return f"{count} of {total} {'parameter' if total == 1 else 'parameters'}"


def _some(labels: Sequence[str], most: int = 3) -> str:
    rest = len(labels) - most
    shown = ", ".join(labels[:most])
    return f"{shown} and {rest} more" if rest > 0 else shown
