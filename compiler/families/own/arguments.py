"""What a program may pass of a family of its own: each fault is said, none guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from ..link import POSITIVES, REALS, SHARES
from .names import check_name

__all__ = [
    "check_kinds",
    "check_names",
    "check_response",
    "check_tails",
    "check_takes",
    "is_logged",
    "links_of",
]

#: What rows may bring along: whole numbers and numbers.
KNOWN = ("trials", "vint1", "vint2", "vint3", "vreal1", "vreal2", "vreal3")
#: By where the main parameter lives: the link that a density is written on, the first,
#: and those of a formula.
_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "real": REALS,
    "positive": POSITIVES,
    "unit": SHARES,
}
#: Names that stand for something else in results.
_TAKEN = frozenset({"Intercept", "b", "sd", "cor", "r", "threshold", "y"})


def check_names(
    name: str, predictor: str, dpars: Iterable[str], known: tuple[str, ...]
) -> None:
    """Refuse names that a spec or its results have something else for."""
    check_name(name)
    for one in (predictor, *dpars):
        if not isinstance(one, str) or not one.isidentifier() or "_" in one:
            raise ValueError(f"{one!r} is no name of a parameter: letters and digits")
        if one in _TAKEN or (one == "eta" and one != predictor):
            raise ValueError(f"a parameter cannot be called {one!r}")
    if predictor in dpars:
        raise ValueError(f"{predictor!r} is the main parameter, and among dpars too")
    unknown = [one for one in known if one not in KNOWN]
    if unknown:
        raise ValueError(
            f"known is of {', '.join(KNOWN)}, and not {unknown[0]!r}: rows bring "
            "numbers along by `vint(n)`, `vreal(x)` and `trials(n)`"
        )


def check_kinds(dpars: object, bounds: object, atoms: object) -> None:
    """Refuse arguments of another kind than what is read of them."""
    readable = dpars is None or (
        isinstance(dpars, Mapping) and all(map(_is_default, dpars.values()))
    )
    if not readable:
        raise TypeError(
            "dpars is a mapping of names to default priors, {'sigma': 'exponential(1)'}"
            f", or to pairs of these and a link, not {dpars!r}"
        )
    if not _are_numbers(bounds) or len(tuple(bounds)) != 2:  # type: ignore[arg-type]
        raise TypeError(f"bounds is two numbers, such as (0, inf), not {bounds!r}")
    if not _are_numbers(atoms):
        raise TypeError(f"atoms is numbers, such as [0], not {atoms!r}")


def _is_default(given: object) -> bool:
    """Whether something is a default prior, alone or with a link."""
    pair = given if isinstance(given, tuple) and len(given) == 2 else (given,)
    return all(isinstance(one, str) for one in pair)


def _are_numbers(given: object) -> bool:
    # no iterator: it would be empty when it is read
    return isinstance(given, Sequence | np.ndarray) and all(
        isinstance(one, int | float | np.number) for one in given
    )


def check_takes(name: str, function: Any, given: tuple[str, ...]) -> None:
    """Refuse a function that does not take what it is called with."""
    if function is None:
        return
    if not callable(function):
        raise TypeError(f"`{name}` is a function, not {function!r}")
    try:
        takes = signature(function)
    except (TypeError, ValueError):  # of one that is not written in Python
        return
    try:
        takes.bind(*given)
    except TypeError:
        raise TypeError(
            f"`{name}` is called with ({', '.join(given)}), and takes {takes}"
        ) from None


def check_response(response: str, known: tuple[str, ...]) -> None:
    """Refuse kinds of responses that there are not, or that lack their trials."""
    if response not in ("continuous", "count", "successes"):
        raise ValueError(
            f"response is continuous, count or successes, not {response!r}"
        )
    if response == "successes" and "trials" not in known:
        raise ValueError("successes are out of trials: known=('trials',)")


def check_tails(
    log_cdf: object,
    log_sf: object,
    bounds: tuple[float, float],
    atoms: tuple[float, ...],
    response: str,
) -> None:
    """Refuse one tail without the other, and ends that are none."""
    if (log_cdf is None) is not (log_sf is None):
        missing = "log_cdf" if log_cdf is None else "log_sf"
        raise ValueError(
            f"`log_cdf` and `log_sf` are passed together, and `{missing}` is missing: "
            "each is exact in its tail, and `m.log1mexp(-x)` is the log of 1 - exp(x)"
        )
    low, high = bounds
    if not low < high:
        raise ValueError(f"bounds: {low:g} is not below {high:g}")
    outside = [one for one in atoms if not low <= one <= high or math.isinf(one)]
    if outside or (atoms and response != "continuous"):
        raise ValueError(
            "atoms are single values that a continuous response has with a probability "
            "each, at the bounds or between them"
        )
    if response != "continuous" and bounds != (-math.inf, math.inf):
        raise ValueError(
            "bounds are of continuous responses: counts start at 0, and `in_support` "
            "says where else there are none"
        )


def is_logged(measure: str, link: str, bounds: tuple[float, float]) -> bool:
    """Return whether the main parameter is a mean of logs."""
    if measure not in ("response", "log"):
        raise ValueError(f"measure is response or log, not {measure!r}")
    if measure == "log" and (link != "identity" or bounds[0] < 0.0):
        raise ValueError(
            "measure='log': the main parameter is any number, a mean of logs of "
            "responses above 0, link='identity' and bounds=(0, inf)"
        )
    return measure == "log"


def links_of(link: str, domain: str | None) -> tuple[str, ...]:
    """Return the links of the main parameter, that of the density first."""
    if domain is None:
        fits = [one for one in ("positive", "unit") if link in _DOMAINS[one]]
        domain = "real" if link == "identity" or not fits else fits[0]
    if domain not in _DOMAINS:
        raise ValueError(f"domain is one of {', '.join(_DOMAINS)}, not {domain!r}")
    links = _DOMAINS[domain]
    every = dict.fromkeys(one for each in _DOMAINS.values() for one in each)
    if link not in every:
        raise ValueError(f"link is one of {', '.join(every)}, not {link!r}")
    if link not in links:
        raise ValueError(f"link of a {domain} parameter is one of {', '.join(links)}")
    return links
