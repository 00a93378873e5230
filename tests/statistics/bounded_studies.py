"""Studies of responses that are seen between bounds.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from .combined_studies import study
from .studies import ROWS, Named, mu

#: Between them responses are seen.
BOUNDS = (-1.5, 3.5)


def truncated(p: Named) -> stats.rv_frozen:
    sigma = p["sigma"][:, None]
    low, high = ((bound - mu(p)) / sigma for bound in BOUNDS)
    return stats.truncnorm(low, high, mu(p), sigma)


BOUNDED = {
    "truncated": study(
        "gaussian",
        ("sigma",),
        np.linspace(-1.0, 3.0, ROWS),
        lambda rng, p: truncated(p).ppf(rng.random(ROWS))[0],
        lambda y, p: truncated(p).logpdf(y),
        left=f"y | trunc(lb={BOUNDS[0]}, ub={BOUNDS[1]})",
    ),
}
