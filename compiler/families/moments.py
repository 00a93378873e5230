"""Centre and spread of a response on the scale of any link of its family."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import weighted
from ..data.weighted import Counts
from .family import Array, Dpar, Family, Moments
from .link import LINKS, Link, allowed

#: A predictor that has to be above or below something is that far from it at least, in
#: spreads: default priors are 2.5 of them wide, and chains start inside.
FROM_AN_END = 5.0


def moments_of(
    family: Family, link: str, y: Array, count: Counts = None, **known: Any
) -> Moments:
    """Return ``m`` and ``s`` of a response under a link.

    ``m`` is the link of the mean (of what the family says is the centre). ``s`` is that
    of the latent distribution where there is one, 1 under a log, and else what a
    spread of the response is there: ``|g'(mean)| sd(y)``.
    """
    own = family.moments(y, count, **known)
    if link == family.links[0]:
        return own
    written, chosen = LINKS[family.links[0]], LINKS[link]
    center = written.backward(own.m)
    if family.links[0] == "logit":
        spread = math.sqrt(center * (1.0 - center))
    elif family.links[0] == "identity":
        spread = own.s
        if link != "identity":
            # such a mean is above 0, if that of the data is not
            center = max(center, 0.1 * spread)
    else:
        numbers = np.asarray(y, dtype=float)
        spread = weighted.sd(numbers, count) or center
    return replace(
        own,
        m=chosen.forward(center),
        s=spread_of(chosen, family.links[0], center, spread),
    )


def parameter_moments(dpar: Dpar, link: str, moments: Moments) -> tuple[float, float]:
    """Return where a parameter beside the predictor is under a link, and what is much.

    On its own link that is 1 (a spread of the response, where that is the identity);
    on another one, what a change by its own size is there.
    """
    center = dpar.center(moments)
    if link == dpar.link:
        much = moments.s if dpar.spread is None else dpar.spread
        return center, much if link == "identity" else 1.0
    value = LINKS[dpar.link].backward(center)
    spread = value * (1.0 - value) if dpar.link == "logit" else value
    return (
        LINKS[link].forward(value),
        spread_of(LINKS[link], dpar.link, value, spread),
    )


def spread_of(link: Link, own: str, center: float, spread: float) -> float:
    """Return the spread of a parameter on the scale of a link.

    Parameters
    ----------
    link, own
        The link, and the one that the density of the parameter is written on.
    center, spread
        Of the parameter.
    """
    if link.is_latent:
        return link.scale
    found = 1.0 if link.name == "log" else link.slope(center) * spread
    low, high = allowed(link, own)
    at = link.forward(center)
    found = min(found, (at - low) / FROM_AN_END, (high - at) / FROM_AN_END)
    return found if 0.0 < found < math.inf else 1.0
