"""Studies of shares with answers at both ends, and of responses between bounds.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from .combined_studies import OTHERS, study
from .studies import ROWS, Named, beta, mu

Array = NDArray[np.float64]
Rng = np.random.Generator

OTHERS |= {
    "cutgap": ("gamma(3, 1)", lambda rng, size: rng.gamma(3.0, 1.0, size)),
    "cutzero": ("normal(-1, 1)", lambda rng, size: rng.normal(-1.0, 1.0, size)),
    "zoi": ("beta(2, 4)", lambda rng, size: rng.beta(2.0, 4.0, size)),
    "coi": ("beta(2, 2)", lambda rng, size: rng.beta(2.0, 2.0, size)),
}
#: Between them responses are seen.
BOUNDS = (-1.5, 3.5)


def ends(p: Named) -> tuple[Array, Array]:
    """Return the chances of 0 and of 1 of each row."""
    if "zi" in p:
        return p["zi"][:, None] + 0.0 * mu(p), 0.0 * mu(p)
    if "zoi" in p:
        zoi, coi = p["zoi"][:, None], p["coi"][:, None] + 0.0 * mu(p)
        return zoi * (1.0 - coi), zoi * coi
    cut, gap = p["cutzero"][:, None], p["cutgap"][:, None]
    return expit(cut - mu(p)), expit(mu(p) - cut - gap)


def draw_shares(rng: Rng, p: Named) -> Array:
    none, whole = (one[0] for one in ends(p))
    a, b = (one[0] for one in beta(p))
    inside = np.clip(rng.beta(a, b), 1e-300, 1.0 - 1e-16)
    at = rng.random(ROWS)
    return np.where(at < none, 0.0, np.where(at > 1.0 - whole, 1.0, inside))


def shares(y: Array, p: Named) -> Array:
    none, whole = ends(p)
    inside = (y > 0.0) & (y < 1.0)
    law = stats.beta(*beta(p)).logpdf(np.where(inside, y, 0.5))
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.select(
                [y == 0.0, y == 1.0],
                [np.log(none), np.log(whole)],
                np.log(np.maximum(1.0 - none - whole, 1e-300)) + law,
            )
        )


def truncated(p: Named) -> stats.rv_frozen:
    sigma = p["sigma"][:, None]
    low, high = ((bound - mu(p)) / sigma for bound in BOUNDS)
    return stats.truncnorm(low, high, mu(p), sigma)


_SHARES = np.where(np.arange(ROWS) % 5 == 0, 0.0, np.linspace(0.2, 0.8, ROWS))
_ENDS = np.where(np.arange(ROWS) % 7 == 0, 1.0, _SHARES)

BOUNDED = {
    **{
        family: study(family, ("phi", *others), response, draw_shares, shares)
        for family, others, response in (
            ("ordered_beta", ("cutgap", "cutzero"), _ENDS),
            ("zero_one_inflated_beta", ("zoi", "coi"), _ENDS),
            ("zero_inflated_beta", ("zi",), _SHARES),
        )
    },
    "truncated": study(
        "gaussian",
        ("sigma",),
        np.linspace(-1.0, 3.0, ROWS),
        lambda rng, p: truncated(p).ppf(rng.random(ROWS))[0],
        lambda y, p: truncated(p).logpdf(y),
        left=f"y | trunc(lb={BOUNDS[0]}, ub={BOUNDS[1]})",
    ),
}
