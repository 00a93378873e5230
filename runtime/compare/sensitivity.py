"""What the priors decide: power-scaling of prior and likelihood.

Each is raised to a power near 1, and how far the posterior of a parameter moves is the
cumulative Jensen-Shannon distance by the log of the power to base 2 (Kallioinen,
Paananen, Buerkner & Vehtari 2024, Statistics and Computing 34). The formulas are those
of ``arviz.psense``, which the tests hold them against; taken for all parameters at
once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.ordinal import single_priors
from varying.compiler.lower.builder import BOUNDARY

from ..draws.chains import ess_mean
from ..draws.statistics import elements
from .psis import good_shape, smoothed
from .report import Report, fixed, in_words, json_number, table

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.compiled import Compiled

    from ..draws.names import Names
    from ..interface.grids import TextTable

__all__ = ["Sensitive", "Sensitivity", "distances", "sensitivity"]

Floats = NDArray[np.float64]

#: From here on a posterior is said to depend on the prior, or on the data.
THRESHOLD = 0.05
#: The powers that prior and likelihood are raised to.
_POWERS = (0.99, 1.01)
#: Elements of one parameter beyond which only those that depend are listed.
_LONG = 12


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One number of the posterior.

    Attributes
    ----------
    name, coord
        Of the parameter, as in a summary.
    by_prior, by_likelihood
        How far it moves with the power of each.
    mean, sd
        Of its posterior.
    prior, source
        Its prior as it is written, and whether that is a default; empty if none is its
        own.
    """

    name: str
    coord: str
    by_prior: float
    by_likelihood: float
    mean: float
    sd: float
    prior: str = ""
    source: str = ""

    @property
    def label(self) -> str:
        """The name with the coordinate."""
        return f"{self.name}[{self.coord}]" if self.coord else self.name

    @property
    def kind(self) -> str:
        """What the two say: ``""``, ``prior`` or ``conflict``."""
        if not self.by_prior >= THRESHOLD:
            return ""
        return "conflict" if self.by_likelihood >= THRESHOLD else "prior"


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Report):
    """How far the posterior depends on the priors, and on the data.

    Attributes
    ----------
    parameters
        All numbers that a summary lists.
    conflicts
        Sentences of the verdict about priors that the data contradict.
    shape
        The larger Pareto k of the weights of the powers.
    draws
        How many there are.
    left_out
        Names of what is a level down a hierarchy, whose density is not scaled.
    """

    parameters: tuple[Sensitive, ...]
    conflicts: tuple[str, ...]
    shape: float
    draws: int
    left_out: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is answered."""
        return "Sensitivity of the posterior to prior and data (power-scaling)"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """A line a number; of long parameters those that depend on the prior."""
        lengths: dict[str, int] = {}
        for one in self.parameters:
            lengths[one.name] = lengths.get(one.name, 0) + 1
        lines = [
            (
                one.label,
                fixed(one.by_prior, 3),
                fixed(one.by_likelihood, 3),
                fixed(one.mean, 3),
                fixed(one.sd, 3),
                one.prior,
                _KINDS[one.kind],
            )
            for one in self.parameters
            if lengths[one.name] <= _LONG or one.kind
        ]
        heads = ("parameter", "prior", "data", "mean", "sd", "its prior", "")
        return (table(heads, lines),)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean, and what to look at."""
        found = [
            "`prior` and `data` say how far the posterior of a parameter moves where "
            "the prior, or the likelihood, is made stronger or weaker. Below "
            f"{THRESHOLD} that hardly matters; {THRESHOLD} is about a third of a "
            "posterior sd for a power of 2."
        ]
        for kind, text in _SENTENCES.items():
            named = [one.label for one in self.parameters if one.kind == kind]
            if named:
                found.append(text.format(in_words([f"`{one}`" for one in named])))
        if not any(one.kind for one in self.parameters):
            found.append("No parameter depends on its prior to speak of.")
        if self.conflicts:
            found.append(
                "The verdict of the fit names where they contradict each other:"
            )
            found += self.conflicts
        elif any(one.kind == "conflict" for one in self.parameters):
            found.append(
                "The verdict of the fit names no prior that the data contradict."
            )
        hidden = [
            one
            for one in self.parameters
            if one.kind == "" and self._length(one.name) > _LONG
        ]
        if hidden:
            names = in_words(sorted({f"`{one.name}`" for one in hidden}))
            found.append(
                f"Of {names} only what depends on the prior is listed; all is in "
                "`to_frame()` and `--format json`."
            )
        if self.left_out:
            names = in_words(self.left_out)
            found.append(
                "The prior is that of the top of the hierarchy: the distribution of "
                f"{names} belongs to the model of the data and is not scaled."
            )
        if self.shape > good_shape(self.draws):
            found.append(
                f"Pareto k of the weights is {fixed(self.shape, 2)}: the posterior "
                "moves so far that its draws do not show it well, and the figures are "
                "rough."
            )
        return tuple(found)

    def _length(self, name: str) -> int:
        return sum(one.name == name for one in self.parameters)

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each number."""
        return [
            {
                "name": one.name,
                "coord": one.coord,
                "prior": one.by_prior,
                "likelihood": one.by_likelihood,
                "mean": one.mean,
                "sd": one.sd,
                "its_prior": one.prior,
                "source": one.source,
                "diagnosis": one.kind,
            }
            for one in self.parameters
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        rows = [
            {k: json_number(v) if isinstance(v, float) else v for k, v in row.items()}
            for row in self.frame_rows()
        ]
        return {
            "threshold": THRESHOLD,
            "parameters": rows,
            "conflicts": list(self.conflicts),
            "pareto_k": json_number(self.shape),
            "notes": list(self.sentences),
        }


#: What stands in the last column.
_KINDS = {"": "", "prior": "prior decides", "conflict": "both"}
_SENTENCES = {
    "conflict": "Prior and data both move {}: another prior that is as good would give "
    "other figures. Where the two say different things, these are a compromise; where "
    "they agree, the prior adds to few data.",
    "prior": "The prior decides {}: the data say little of it. Report it with its "
    "prior, or leave it out.",
}


def sensitivity(
    posterior: Dataset,
    names: Names,
    log_prior: Floats,
    log_likelihood: Floats,
    compiled: Compiled,
    conflicts: tuple[str, ...],
    left_out: tuple[str, ...],
) -> Sensitivity:
    """Return how far each number of a posterior depends on prior and data.

    Parameters
    ----------
    posterior, names
        The draws, and what a summary lists of them.
    log_prior, log_likelihood : (draws,)
        Of all parameters, of all rows together.
    compiled
        The model, for its priors.
    conflicts, left_out
        See ``Sensitivity``.
    """
    labels: list[tuple[str, str]] = []
    draws: list[Floats] = []
    for name in names.parameters:
        triangle = name in names.correlations
        for coord, values in elements(posterior[name], triangle=triangle):
            labels.append((name, coord))
            draws.append(np.asarray(values, dtype=np.float64).ravel())
    whole = np.stack(draws)
    chains = posterior.sizes["chain"]
    moved, shapes = {}, []
    for key, density in (("prior", log_prior), ("likelihood", log_likelihood)):
        weights, shape = _weights(density, chains)
        moved[key] = distances(whole, weights)
        shapes.append(shape)
    written = dict(_priors(compiled))
    found = []
    for place, (name, coord) in enumerate(labels):
        prior, source = _prior_of(name, coord, written)
        found.append(
            Sensitive(
                name,
                coord,
                float(moved["prior"][place]),
                float(moved["likelihood"][place]),
                float(whole[place].mean()),
                float(whole[place].std(ddof=1)),
                prior,
                source,
            )
        )
    return Sensitivity(tuple(found), conflicts, max(shapes), whole.shape[1], left_out)


def _weights(density: Floats, chains: int) -> tuple[list[Floats], float]:
    """Return the weights of the draws at both powers, and the larger Pareto k."""
    by_chain = density.reshape(1, chains, -1)
    with np.errstate(all="ignore"):
        effective = float(ess_mean(by_chain)[0]) / density.size
    if not (math.isfinite(effective) and effective > 0):
        effective = 1.0
    found, shapes = [], []
    for power in _POWERS:
        weights, shape = smoothed((power - 1.0) * density[None], effective)
        found.append(np.exp(weights[0]))
        shapes.append(float(shape[0]))
    return found, max(shapes)


def distances(values: Floats, weights: Sequence[Floats]) -> Floats:
    """Return how far numbers move with the log to base 2 of the power.

    Parameters
    ----------
    values
        Numbers by draws.
    weights
        Of the draws at the lower power and at the upper one.
    """
    lower, upper = (
        np.maximum(_moved(values, own), _moved(-values, own)) for own in weights
    )
    down, up = (math.log2(power) for power in _POWERS)
    found: Floats = 0.5 * (-lower / down + upper / up)
    return found


def _moved(values: Floats, weights: Floats) -> Floats:
    """Return cumulative Jensen-Shannon distances of draws from the weighted ones."""
    order = np.argsort(values, axis=1)
    count = values.shape[1]
    widths = np.diff(np.take_along_axis(values, order, axis=1), axis=1)
    p = np.linspace(1 / count, 1 - 1 / count, count - 1)
    q = np.cumsum(weights[order] / weights.sum(), axis=1)[:, :-1]
    with np.errstate(divide="ignore"):
        log_p = np.log2(p)
        log_q = np.where(q > 0, np.log2(np.where(q > 0, q, 1.0)), 0.0)
    log_middle = np.log2(0.5 * (p + q))
    whole_p, whole_q = widths @ p, (widths * q).sum(axis=1)
    away = 0.5 / math.log(2.0) * (whole_q - whole_p)
    first = (widths * p * (log_p - log_middle)).sum(axis=1) + away
    second = (widths * q * (log_q - log_middle)).sum(axis=1) - away
    bound = whole_p + whole_q
    total = np.maximum(first, 0.0) + np.maximum(second, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.sqrt(np.where(bound > 0, total / bound, 0.0))
    return found


def _priors(compiled: Compiled) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield priors by targets; those of single thresholds by their labels too."""
    rows = {row.target: (row.prior, str(row.source)) for row in compiled.priors}
    yield from rows.items()
    for member in compiled.joint.members:
        if not member.family.thresholds:
            continue
        labels = compiled.program.axis(f"{member.prefix}{BOUNDARY}").labels or ()
        for place, (target, _) in single_priors(member).items():
            yield f"{member.prefix}threshold[{labels[place]}]", rows[target]


def _prior_of(
    name: str, coord: str, written: Mapping[str, tuple[str, str]]
) -> tuple[str, str]:
    """Return the prior of a number of a summary, found by its target."""
    targets = [f"{name}[{coord}]", name] if coord else [name]
    prefix, kind, rest = name.partition("sd_")
    if kind:
        targets += [
            f"{prefix}sd[{rest}, {coord}]",
            f"{prefix}sd[{rest}]",
            f"{prefix}sd",
        ]
    prefix, kind, rest = name.partition("cor_")
    if kind:
        targets += [f"{prefix}cor[{rest}]", f"{prefix}cor"]
    return next((written[one] for one in targets if one in written), ("", ""))
