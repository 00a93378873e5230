"""Ordered response cut from a latent variable of any distribution.

``ordlogit`` is the one with a logistic variable, which has a kernel of its own; the
others are made here of ``distributions/density/latent.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ...distributions.density.latent import LATENT, category
from ...distributions.density.tensors import Tensors
from ...distributions.numerics import pooled_logit
from ..family import Array, Family, Moments, SourceText
from ..link import LATENT as LATENT_LINKS
from ..link import LINKS
from .ordlogit import ORDLOGIT
from .thresholds import beside_rows, middle, ranks_of, with_ends

#: A threshold beyond it is none: an end of the scale.
_END = 1e300


def rows_of(y: Any, count: int) -> tuple[Any, Any, Any]:
    """Return ranks, and which are the lowest and the highest."""
    ranks = np.asarray(y, dtype=np.int64)
    return ranks, ranks == 0, ranks == count


def log_density(link: str) -> Callable[..., Array]:
    """Return the log probability of each row's category under a link."""

    def of_link(
        y: Array,
        eta: Array,
        threshold: Array,
        gap: Array,
        disc: Array | float = 1.0,
    ) -> Array:
        """Log probability of each row's category, in O(1) a row."""
        eta, threshold = np.asarray(eta), np.asarray(threshold)
        ranks, lowest, highest = rows_of(y, threshold.shape[-1])
        # what is not there is any number that is harmless
        first, last = threshold[..., :1] - 1.0, threshold[..., -1:] + 1.0
        upper = np.concatenate([threshold, last], axis=-1)[..., ranks]
        lower = np.concatenate([first, threshold], axis=-1)[..., ranks]
        width = with_ends(1.0, np.asarray(gap))[..., ranks]
        scaled = np.asarray(disc) * width
        over, under = disc * (upper - eta), disc * (lower - eta)
        with np.errstate(over="ignore"):
            found = category(ARRAYS, link, lowest, highest, over, under, scaled)
        return np.asarray(found)

    return of_link


def density_of(link: str) -> Callable[..., Any]:
    """Return the log probability of one row, for the kernel."""

    def density(
        m: Any, y: Any, eta: Any, lower: Any, upper: Any, gap: Any, disc: Any
    ) -> Any:
        over, under = disc * (upper - eta), disc * (lower - eta)
        first, last = lower < -_END, upper > _END
        return category(m, link, first, last, over, under, disc * gap)

    return density


#: Draws of the latent variable around 0: with NumPy, with PyMC, in a script.
NOISE: Mapping[str, tuple[Callable[..., Array], Callable[[Any, Any], Any], str]] = {
    "logit": (
        lambda rng, rows: rng.logistic(size=rows),
        lambda pm, size: pm.Logistic.dist(0.0, 1.0, size=size),
        "pm.Logistic.dist(0, 1, size=size)",
    ),
    "probit": (
        lambda rng, rows: rng.normal(size=rows),
        lambda pm, size: pm.Normal.dist(0.0, 1.0, size=size),
        "pm.Normal.dist(0, 1, size=size)",
    ),
    "cloglog": (
        lambda rng, rows: -rng.gumbel(size=rows),
        lambda pm, size: -pm.Gumbel.dist(0.0, 1.0, size=size),
        "-pm.Gumbel.dist(0, 1, size=size)",
    ),
    "loglog": (
        lambda rng, rows: rng.gumbel(size=rows),
        lambda pm, size: pm.Gumbel.dist(0.0, 1.0, size=size),
        "pm.Gumbel.dist(0, 1, size=size)",
    ),
    "cauchit": (
        lambda rng, rows: rng.standard_cauchy(rows),
        lambda pm, size: pm.Cauchy.dist(0.0, 1.0, size=size),
        "pm.Cauchy.dist(0, 1, size=size)",
    ),
}


def simulate_of(link: str) -> Callable[..., Array]:
    """Return what draws ranks under a link."""
    noise, _, _ = NOISE[link]

    def simulate(
        rng: np.random.Generator,
        eta: Array,
        threshold: Array,
        gap: Array,
        disc: Array | float = 1.0,
    ) -> Array:
        """Draw ranks: the number of thresholds below a latent draw."""
        rows = np.broadcast_shapes(np.shape(eta), np.shape(disc))
        latent = np.asarray(eta) + noise(rng, rows) / np.asarray(disc)
        return ranks_of(latent, np.asarray(threshold))

    return simulate


def mean_of(link: str) -> Callable[..., Array]:
    """Return the mean rank under a link."""

    def mean(
        eta: Array, threshold: Array, gap: Array, disc: Array | float = 1.0
    ) -> Array:
        """Mean rank, the sum over thresholds of the probability to exceed them."""
        over = beside_rows(np.asarray(threshold)) - np.asarray(eta)[..., None]
        with np.errstate(over="ignore"):
            above = LATENT[link].above(ARRAYS, np.asarray(disc)[..., None] * over)
        return np.asarray(np.exp(above).sum(-1))

    return mean


def moments_under(link: str) -> Callable[..., Moments]:
    """Return where the middle threshold would be, and the spread of the latent one."""

    def moments(y: Array, count: Counts = None, *, categories: int) -> Moments:
        """Return centre and spread of the latent variable."""
        rows = weighted.total(y, count)
        logits = [
            pooled_logit(weighted.mean(y <= place, count) * rows, rows)
            for place in middle(categories - 1)
        ]
        share = LINKS["logit"].backward
        places = [LINKS[link].forward(share(one)) for one in logits]
        return Moments(sum(places) / 2.0, LINKS[link].scale)

    return moments


def graph_density(
    pt: Any, link: str, value: Any, eta: Any, threshold: Any, gap: Any, disc: Any
) -> Any:
    """Return the log probability of ranks as a graph."""
    lowest, highest = pt.eq(value, 0), pt.eq(value, threshold.shape[-1])
    upper = pt.concatenate([threshold, threshold[-1:] + 1.0])[value]
    lower = pt.concatenate([threshold[:1] - 1.0, threshold])[value]
    width = pt.concatenate([[1.0], gap, [1.0]])[value]
    over, under = disc * (upper - eta), disc * (lower - eta)
    return category(Tensors(pt), link, lowest, highest, over, under, disc * width)


def _observe(link: str) -> Callable[..., Any]:
    _, noise, _ = NOISE[link]

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``: the density above, and latent draws."""

        def logp(value: Any, eta: Any, threshold: Any, gap: Any, disc: Any) -> Any:
            return graph_density(pt, link, value, eta, threshold, gap, disc)

        def draw(eta: Any, threshold: Any, gap: Any, disc: Any, size: Any) -> Any:
            latent = eta + noise(pm, size) / disc
            return (latent[..., None] > threshold).sum(axis=-1)

        return pm.CustomDist(
            name,
            *(arguments[one] for one in ("eta", "threshold", "gap")),
            arguments.get("disc", np.float64(1.0)),
            logp=logp,
            dist=draw,
            signature="(),(b),(g),()->()",
            dtype="int64",
            observed=observed,
            dims=dims,
        )

    return observe


def _script(link: str, name: str, disc: str) -> SourceText:
    names = ("first", "last", "over", "under", "width")
    document = "Log probability between two thresholds, given as far as eta is"

    def helpers() -> str:
        from ...distributions.density.text import definitions

        def of_link(
            m: Any, first: Any, last: Any, over: Any, under: Any, width: Any
        ) -> Any:
            return category(m, link, first, last, over, under, width)

        made = definitions(f"{link}_category", of_link, names, document)
        return f'''{made}

def {name}_logp(value, eta, threshold, gap, disc):
    """Log P(rank = value) for a latent scale of 1/disc, exact in the far tails."""
    upper = pt.concatenate([threshold, threshold[-1:] + 1.0])[value]
    lower = pt.concatenate([threshold[:1] - 1.0, threshold])[value]
    width = pt.concatenate([[1.0], gap, [1.0]])[value]
    first, last = pt.eq(value, 0), pt.eq(value, threshold.shape[-1])
    over, under = disc * (upper - eta), disc * (lower - eta)
    return {link}_category(first, last, over, under, disc * width)


def {name}_draw(eta, threshold, gap, disc, size):
    """Draw ranks: how many thresholds lie below a latent draw around eta."""
    latent = eta + {NOISE[link][2]} / disc
    return (latent[..., None] > threshold).sum(axis=-1)
'''

    return SourceText(
        f"""pm.CustomDist(
    {{name}}, {{eta}}, {{threshold}}, {{gap}}, {disc},
    logp={name}_logp, dist={name}_draw,
    signature="(),(b),(g),()->()", dtype="int64",
    observed={{observed}}, dims={{dims}},
)""",
        helpers,
    )


_TITLES: Mapping[str, tuple[str, str]] = {
    "probit": ("ordprobit", "ordered probit distribution (cumulative probit)"),
    "cloglog": (
        "cumulative_cloglog",
        "cumulative model with the complementary log-log link (proportional hazards)",
    ),
    "loglog": ("cumulative_loglog", "cumulative model with the log-log link"),
    "cauchit": ("cumulative_cauchit", "cumulative model with the Cauchy link"),
}


def at_shares(link: str) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return the thresholds that give shares of categories where ``eta`` is 0."""

    def thresholds(shares: NDArray[Any]) -> NDArray[Any]:
        below = np.cumsum(shares)[:-1] / np.sum(shares)
        return np.array([LINKS[link].forward(float(one)) for one in below])

    return thresholds


def cumulative(link: str) -> Family:
    """Return the cumulative model of a link that is not the logit."""
    name, title = _TITLES[link]
    return ORDLOGIT.derive(
        name=name,
        title=title,
        links=(link,),
        known_links=(),
        moments=moments_under(link),
        log_density=log_density(link),
        density=density_of(link),
        simulate=simulate_of(link),
        mean=mean_of(link),
        observe=_observe(link),
        source=replace(
            _script(link, name, "1.0"),
            when=(("disc", _script(link, name, "{disc}")),),
        ),
        many_draws=True,
        at_shares=at_shares(link),
        doc=rf"""Ordered categories 0, ..., K - 1 cut from a latent variable.

.. math:: P(Y \le k \mid \eta) = F(\delta\,(\tau_k - \eta)), \quad
          F^{{-1}}(p) = \text{{{LINKS[link].formula}}}, \quad
          \tau_0 < \dots < \tau_{{K-2}}

Parameters: as those of ``ordlogit``, with the distribution function of the link
``{link}`` in the place of the logistic one. Reference: McCullagh (1980), Regression
models for ordinal data, JRSS B 42, 109-142.
""",
    )


#: The cumulative models: ``ordlogit`` and, under other links, the others.
CUMULATIVE = replace(
    ORDLOGIT,
    links=LATENT_LINKS,
    known_links=(),
    under={
        link: (name, partial(cumulative, link)) for link, (name, _) in _TITLES.items()
    },
    at_shares=at_shares("logit"),
)
