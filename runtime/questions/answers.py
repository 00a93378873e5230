"""Quantities, tests and contrasts of a fit, as rows of a summary."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..draws.chains import ess_mean
from ..draws.statistics import Statistics, summarize_each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pandas import DataFrame
    from xarray import Dataset, DataTree

    from ..files.arrays import ArrayGroup

__all__ = [
    "ABOUT",
    "VERBS",
    "GROUP",
    "Answers",
    "Computed",
    "Tested",
    "answers_from",
    "answers_in",
    "answers_of",
    "frame_of",
]

#: The group of a fit that holds the draws, and its attribute that describes them.
GROUP, ABOUT = "derived", "about"

Array = NDArray[Any]
BoundSide = Literal["above", "below"]

#: Questions about cells, and where they stand among the answers.
VERBS = {"means": "means", "contrast": "contrasts", "slope": "slopes"}

#: Fewer draws than this in a chain have no Monte Carlo error.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Computed:
    """A quantity, or a line of a contrast.

    Attributes
    ----------
    name, coord
        Its name; of a contrast's line what the line is about.
    text
        As written in the spec.
    statistics
        Of its draws.
    notes
        What there is to know beside.
    observed
        The same of the rows of the data, beside a mean of the model; None: not known.
    """

    name: str
    coord: str
    text: str
    statistics: Statistics
    notes: tuple[str, ...] = ()
    observed: float | None = None

    @property
    def label(self) -> str:
        """Name and labels together."""
        return f"{self.name}[{self.coord}]" if self.coord else self.name

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values; what is not known or infinite is None."""
        head = {"name": self.name, "coord": self.coord}
        return {
            **head,
            **_plain(self.statistics),
            "text": self.text,
            "note": _joined(self.notes),
            **({} if self.observed is None else {"observed": self.observed}),
        }


@dataclass(frozen=True, slots=True)
class Tested:
    """A test: its posterior probability, and what it compares.

    Attributes
    ----------
    name, text
        Its name, and the comparison as written.
    of, statistics
        What is compared with something else, and the statistics of its draws; empty and
        None in a chain such as ``a < b < c``, which compares several.
    probability, mcse
        Share of the draws in which the test holds, and the Monte Carlo standard error
        of that share by the effective sample size of what is averaged; None where a
        draw is undefined. All draws or none: no standard error.
    draws
        Number of draws.
    prior_probability
        Probability that the priors give it; None where there is no Bayes factor.
    bayes_factor
        Of the region against its complement: posterior odds over prior odds.
    bound
        ``above`` or ``below``, where the Bayes factor is on that side of the number:
        the test holds in all draws or in none.
    notes
        What there is to know beside.
    """

    name: str
    text: str
    of: str
    statistics: Statistics | None
    probability: float | None
    mcse: float | None
    draws: int
    prior_probability: float | None
    bayes_factor: float | None
    bound: BoundSide | None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values; what is not known or infinite is None."""
        return {
            "name": self.name,
            "coord": "",
            **_plain(self.statistics),
            "text": self.text,
            "of": self.of,
            "probability": self.probability,
            "mcse": self.mcse,
            "prior_probability": self.prior_probability,
            "bayes_factor": self.bayes_factor,
            "bayes_factor_bound": self.bound,
            "note": _joined(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """All of a fit: nothing where the spec asks nothing."""

    quantities: tuple[Computed, ...] = ()
    tests: tuple[Tested, ...] = ()
    contrasts: tuple[Computed, ...] = ()
    means: tuple[Computed, ...] = ()
    slopes: tuple[Computed, ...] = ()

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Return the lists, as JSON has them."""
        return {
            "quantities": [row.to_dict() for row in self.quantities],
            "tests": [row.to_dict() for row in self.tests],
            "contrasts": [row.to_dict() for row in self.contrasts],
            "means": [row.to_dict() for row in self.means],
            "slopes": [row.to_dict() for row in self.slopes],
        }


def lines_of(answers: Answers) -> list[dict[str, Any]]:
    """Return the lines of all answers, each with its ``kind``: those of a CSV file."""
    each: dict[str, Sequence[Computed | Tested]] = {
        "quantity": answers.quantities,
        "mean": answers.means,
        "contrast": answers.contrasts,
        "slope": answers.slopes,
        "test": answers.tests,
    }
    return [
        {"kind": kind, **row.to_dict()} for kind, rows in each.items() for row in rows
    ]


def frame_of(rows: Sequence[Computed | Tested]) -> DataFrame:
    """Return a pandas data frame, one row a number, indexed by name and coord."""
    import pandas as pd

    figures = list(Statistics.__slots__)
    frame = pd.DataFrame([row.to_dict() for row in rows])
    if not rows:
        frame = pd.DataFrame(columns=["name", "coord", *figures])
    return frame.astype(dict.fromkeys(figures, "float64")).set_index(["name", "coord"])


def answers_of(data: DataTree, prob: float) -> Answers:
    """Return what a fit has been asked.

    Parameters
    ----------
    data
        The groups of the fit.
    prob
        Mass of the equal-tailed intervals.
    """
    if GROUP not in data.children:
        return Answers()
    return answers_in(data[GROUP].to_dataset(), prob)


def answers_in(derived: Dataset | ArrayGroup, prob: float) -> Answers:
    """Return what a fit has been asked, of the group with the draws of it."""

    def draws(name: str) -> list[Array]:
        if name not in derived:
            return []
        values: Array = derived[name].transpose("chain", "draw", ...).values
        return [values[..., place] for place in range(values.shape[-1])]

    return answers_from(json.loads(derived.attrs[ABOUT]), draws, prob)


def answers_from(
    about: Mapping[str, Sequence[Mapping[str, Any]]],
    draws: Callable[[str], Sequence[Array]],
    prob: float,
) -> Answers:
    """Return answers, given what is said of them and the draws by their kinds."""
    quantities = _computed(about["quantities"], draws("quantity"), prob)
    cells = {
        key: _computed(about.get(key, ()), draws(verb), prob)
        for verb, key in VERBS.items()
    }
    compared = draws("test")
    figures = iter(zip(summarize_each(compared, prob), compared, strict=True))
    tests = tuple(
        _tested(one, next(figures) if one["of"] else None, region)
        for one, region in zip(about["tests"], draws("holds"), strict=True)
    )
    return Answers(quantities, tests, **cells)


def _computed(
    about: Sequence[Mapping[str, Any]], draws: Sequence[Array], prob: float
) -> tuple[Computed, ...]:
    return tuple(
        Computed(
            one["name"],
            one.get("coord", ""),
            one["text"],
            figures,
            tuple(filter(None, (one.get("note", ""), _undefined(values)))),
            one.get("observed"),
        )
        for one, values, figures in zip(
            about, draws, summarize_each(draws, prob), strict=True
        )
    )


def _undefined(values: Array) -> str:
    """Say how many draws have no finite value, and what is said of the others."""
    number = int((~np.isfinite(values)).sum())
    if not number:
        return ""
    note = f"{number} of {values.size} draws are not finite"
    if np.isnan(values).any():
        return note
    return f"{note}: median and interval count them, mean and sd are not there"


def _tested(
    about: Mapping[str, Any], compared: tuple[Statistics, Array] | None, region: Array
) -> Tested:
    figures, values = (None, region) if compared is None else compared
    notes = [*about["notes"], _undefined(values)]
    unknown = bool(np.isnan(region).any())
    probability = None if unknown else float(region.mean())
    prior = about["prior_probability"]
    factor: float | None = None
    bound: BoundSide | None = None
    if prior is not None and probability is not None:
        if about["prior_drawn"]:
            notes.append("the prior probability is a share of 100,000 draws")
        if 0.0 < prior < 1.0:
            factor, bound = _bayes_factor(probability, prior, region.size)
        else:
            always = "always" if prior == 1.0 else "never"
            notes.append(f"no Bayes factor: by the priors it {always} holds")
    return Tested(
        about["name"],
        about["text"],
        about["of"],
        figures,
        probability,
        None if unknown else _standard_error(region),
        region.size,
        prior,
        factor,
        bound,
        tuple(filter(None, notes)),
    )


def _bayes_factor(
    probability: float, prior: float, draws: int
) -> tuple[float | None, BoundSide | None]:
    """Return posterior odds over prior odds, or what they are above or below.

    Where all draws are in the region, or none, the odds are beyond those that so many
    draws can show: ``draws - 1`` to 1.
    """
    prior_odds = prior / (1.0 - prior)
    if 0.0 < probability < 1.0:
        return probability / (1.0 - probability) / prior_odds, None
    if draws < 2:
        return None, None
    if probability == 1.0:
        return (draws - 1) / prior_odds, "above"
    return 1.0 / (draws - 1) / prior_odds, "below"


def _standard_error(region: Array) -> float | None:
    """Return the Monte Carlo standard error of a share, by its ESS."""
    if region.shape[1] < _FEWEST or region.min() == region.max():
        return None
    with np.errstate(all="ignore"):
        size = float(ess_mean(np.asarray(region, np.float64)[None])[0])
        found = float(np.std(region, ddof=1) / np.sqrt(size))
    return found if math.isfinite(found) else None


def _joined(notes: Sequence[str]) -> str:
    return "; ".join(notes)


def _plain(figures: Statistics | None) -> dict[str, float | None]:
    if figures is None:
        return dict.fromkeys(Statistics.__slots__)
    return {
        key: value if value is not None and math.isfinite(value) else None
        for key, value in asdict(figures).items()
    }
