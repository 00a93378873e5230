"""The record of a family of the caller's, made of what a program passes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ...distributions.density.operations import DensityFunction
from ...distributions.quantiles import middle_and_spread
from ...distributions.table import DISTRIBUTIONS, SUPPORTS
from ..continuous import lognormal
from ..family import Array, Dpar, Family, Moments
from ..link import FITTING, LINKS
from ..written import readings_by_numpy
from .arguments import (
    check_kinds,
    check_names,
    check_response,
    check_tails,
    check_takes,
    is_logged,
    links_of,
)
from .priors import read_prior
from .tails import tails_of

__all__ = ["own_family"]

_INVERSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "identity": lambda m, x: x,
    "log": lambda m, x: m.exp(x),
    "logit": lambda m, x: m.sigmoid(x),
}
#: The link that a parameter beside it is written on, by where it lives.
_WRITTEN_ON = {
    "real": "identity",
    "positive": "log",
    "at_least_one": "logm1",
    "unit": "logit",
}


def own_family(
    name: str,
    density: DensityFunction,
    *,
    link: str = "identity",
    domain: Literal["real", "positive", "unit"] | None = None,
    measure: Literal["response", "log"] = "response",
    dpars: Mapping[str, str | tuple[str, str]] | None = None,
    response: Literal["continuous", "count", "successes"] = "continuous",
    known: Iterable[str] = (),
    simulate: Callable[..., Any],
    mean: Callable[..., Any],
    log_cdf: DensityFunction | None = None,
    log_sf: DensityFunction | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    atoms: Sequence[float] = (),
    in_support: Callable[..., Any] | None = None,
    support: str = "",
    predictor: str = "mu",
    doc: str = "",
) -> Family:
    """Return the record of a family of the caller's, not yet held against itself.

    The arguments are those of ``varying.Family``, which documents them and lets
    ``checks.py`` look at what is made here.

    Raises
    ------
    ValueError, TypeError
        If something is missing, or does not fit the rest.
    """
    check_kinds(dpars, bounds, atoms)
    own, rows = dict(dpars or {}), (known,) if isinstance(known, str) else tuple(known)
    points = tuple(sorted(map(float, atoms)))
    check_names(name, predictor, own, rows)
    links = links_of(link, domain)
    check_response(response, rows)
    logged = is_logged(measure, links[0], bounds)
    check_tails(log_cdf, log_sf, bounds, points, response)
    parameters = (predictor, *own)
    names, inverse = (*parameters, *rows), _INVERSES[links[0]]

    for one, function, given in (
        ("density", density, ("m", "y", *names)),
        ("log_cdf", log_cdf, ("m", "y", *names)),
        ("log_sf", log_sf, ("m", "y", *names)),
        ("simulate", simulate, ("rng", *names)),
        ("mean", mean, names),
        ("in_support", in_support, ("y", *rows)),
    ):
        check_takes(one, function, given)

    def on_link(m: Any, y: Any, *given: Any) -> Any:
        return density(m, y, inverse(m, given[0]), *given[1:])

    def natural(given: tuple[Any, ...], by_name: Mapping[str, Any]) -> list[Any]:
        whole = [*given, *(by_name[one] for one in names[len(given) :])]
        with np.errstate(over="ignore"):
            first = inverse(ARRAYS, np.asarray(whole[0], dtype=float))
        return [first, *whole[1:]]

    def drawn(rng: np.random.Generator, *given: Any, **by_name: Any) -> Array:
        """Draw responses."""
        whole = np.broadcast_arrays(*natural(given, by_name))
        found = np.asarray(simulate(rng, *whole))
        if response == "continuous":
            return found
        broken = found != np.floor(found)
        if broken.any():
            raise ValueError(f"`simulate` draws {found[broken][0]:g}, no whole number")
        return found.astype(np.int64)

    def means(*given: Any, **by_name: Any) -> Array:
        """Mean response."""
        return np.asarray(mean(*natural(given, by_name)))

    return Family(
        name=name,
        title=f"{name} distribution",
        response=response,
        links=links,
        default_link="" if link == links[0] else link,
        dpars=tuple(_dpar(one, given) for one, given in own.items()),
        predictor=predictor,
        support=support or _in_words(response, bounds),
        in_support=_support(response, rows, bounds, points, in_support),
        moments=_moments_of_logs if logged else _moments(links[0], rows),
        measure="the log of the response" if logged else "the response",
        simulate=drawn,
        mean=means,
        **readings_by_numpy(
            *(name, on_link, names, drawn, f"Log density of {name}"),
            whole=response != "continuous",
        ),
        tails=None
        if log_cdf is None or log_sf is None
        else tails_of(
            lambda m, y, eta, *given: (
                log_cdf(m, y, inverse(m, eta), *given),
                log_sf(m, y, inverse(m, eta), *given),
            ),
            names,
            response,
            bounds,
            points,
        ),
        doc=doc or f"A family of your own: ``{name}``.",
        known=rows,
        own=True,
    )


def _support(
    response: str,
    rows: tuple[str, ...],
    bounds: tuple[float, float],
    atoms: tuple[float, ...],
    in_support: Callable[..., Any] | None,
) -> Callable[..., NDArray[np.bool_]]:
    """Return which responses are possible, as the caller says or by their kind."""

    def possible(y: Array, **of: Array) -> NDArray[np.bool_]:
        """Whether a response is possible."""
        if in_support is not None:
            return np.asarray(in_support(y, *(of[one] for one in rows)), dtype=bool)
        if response == "continuous":
            inside: NDArray[np.bool_] = (y > bounds[0]) & (y < bounds[1])
            return (inside & np.isfinite(y)) | np.isin(y, atoms)
        counts: NDArray[np.bool_] = np.isfinite(y) & (y >= 0) & (y == np.floor(y))
        return counts & (y <= of["trials"]) if response == "successes" else counts

    return possible


def _in_words(response: str, bounds: tuple[float, float]) -> str:
    """Return which responses are possible, where nothing else is said."""
    if response == "continuous":
        return _between(*bounds)
    if response == "count":
        return "counts: whole numbers, 0 among them"
    return "successes: whole numbers from 0 to the number of trials"


def _between(low: float, high: float) -> str:
    """Return in words which numbers are between two."""
    if low == -math.inf:
        return "any number" if high == math.inf else f"numbers below {high:g}"
    if high == math.inf:
        return "positive numbers" if low == 0.0 else f"numbers above {low:g}"
    return f"numbers between {low:g} and {high:g}"


def _dpar(name: str, given: str | tuple[str, str]) -> Dpar:
    """Return a parameter by its default prior, and the link of its formulas."""
    text, link = (given, "") if isinstance(given, str) else given
    first = read_prior(name, text, None)(Moments(0.0, 1.0))
    bounds = DISTRIBUTIONS[first.distribution].bounds(dict(first.arguments))
    support = next((one for one, found in SUPPORTS.items() if found == bounds), None)
    # whatever is above 0 can be cut off at 1
    lower = 1.0 if support == "positive" and link == "logm1" else None
    support = "at_least_one" if lower else support
    if support is None:
        raise ValueError(
            f"dpars: `{text}` of {name!r} is over {bounds[0]:g} to {bounds[1]:g}; a "
            "parameter is any number, above 0, or between 0 and 1"
        )
    written = _WRITTEN_ON[support]
    if link and link not in FITTING[written]:
        raise ValueError(
            f"dpars: the link of {name!r} is one of {', '.join(FITTING[written])}, "
            f"not {link!r}"
        )
    prior = read_prior(name, text, lower)

    def center(moments: Moments) -> float:
        """Return the link of the prior's median."""
        own = prior(moments)
        found = middle_and_spread(own.distribution, dict(own.arguments), lower, None)
        return LINKS[written].forward(found[0]) if found is not None else 0.0

    return Dpar(
        name,
        written,
        support,
        name,
        prior,
        center,
        default_link="" if link == written else link,
    )


def _moments_of_logs(y: Array, count: Counts = None, **_: Array) -> Moments:
    """Return the mean and the spread of the logs of responses."""
    return lognormal.moments(y, count)


def _moments(link: str, known: tuple[str, ...]) -> Callable[..., Moments]:
    """Return centre and spread of responses on the scale of a link."""
    totals = next((one for one in known if one in ("trials", "vint1")), None)

    def moments(y: Array, count: Counts = None, **of: Array) -> Moments:
        """Return the link of the mean response; the spread of the response, or 1."""
        mean = weighted.mean(y, count)
        if link == "identity":
            return Moments(mean, weighted.sd(np.asarray(y, float), count) or 1.0)
        if link == "log":
            return Moments(float(np.log(max(mean, 1e-3))), 1.0)
        if totals is not None:
            mean = mean / max(weighted.mean(np.asarray(of[totals], float), count), 1e-9)
        share = min(max(mean, 1e-3), 1.0 - 1e-3)
        return Moments(float(np.log(share / (1.0 - share))), 1.0)

    return moments
