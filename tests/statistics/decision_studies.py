"""Studies of times and answers of decisions: evidence drifts until one of two bounds.

In one of them there is a deadline: a row without an answer by then is censored. As in
``studies``, what is drawn and how likely it is owes nothing to the compiler: the
density is the two series of Feller (1968, XIV.6), and draws are read off its sums; what
is after a deadline is the sum of the integrals of its sines.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .combined_studies import study
from .studies import ROWS, Named, mu

Array = NDArray[np.float64]
Rng = np.random.Generator

OWN = {
    "bs": ("lognormal(0.3, 0.3)", lambda rng, size: rng.lognormal(0.3, 0.3, size)),
    "bias": ("beta(4, 4)", lambda rng, size: rng.beta(4.0, 4.0, size)),
    "ndt": ("lognormal(-1, 0.3)", lambda rng, size: rng.lognormal(-1.0, 0.3, size)),
}
#: Until when there are answers, of which a fifth come later.
DEADLINE = 0.9
#: Of times over the square of the distance: from here on the series of sines is taken.
SWITCH = 0.3
#: Such times between which draws are: outside are less than 1e-10 of them.
GRID = np.exp(np.linspace(np.log(1e-3), np.log(12.0), 4000))


def to_lower(u: Array, w: Array) -> Array:
    """Return the density of the time to the lower of 0 and 1 without drift, from w."""
    short, long = np.minimum(u, SWITCH), np.maximum(u, SWITCH)
    images = sum(
        (w + 2.0 * k) * np.exp(-((w + 2.0 * k) ** 2) / (2.0 * short))
        for k in range(-5, 6)
    )
    sines = sum(
        k * np.exp(-((k * np.pi) ** 2) * long / 2.0) * np.sin(k * np.pi * w)
        for k in range(1, 12)
    )
    early = images / np.sqrt(2.0 * np.pi * short**3)
    return np.where(u < SWITCH, early, np.pi * sines)


def log_joint(time: Array, upper: Array, at: Array, bs: Array, bias: Array) -> Array:
    """Return the log density of a time without shift, and an answer."""
    drift, w = np.where(upper, -at, at), np.where(upper, 1.0 - bias, bias)
    passage = np.log(np.maximum(to_lower(time / bs**2, w), 1e-300))
    return passage - 2.0 * np.log(bs) - drift * bs * w - drift**2 * time / 2.0


def draw(rng: Rng, p: Named) -> Array:
    """Return a column of times and one of answers."""
    at, (bs, bias, ndt) = mu(p)[0], (p[name][0] for name in ("bs", "bias", "ndt"))
    times = GRID * bs**2
    heights = np.stack(
        [np.exp(log_joint(times, upper, at[:, None], bs, bias)) for upper in (0, 1)], 1
    )
    steps = (heights[..., 1:] + heights[..., :-1]) / 2.0 * np.diff(times)
    found = np.empty((ROWS, 2))
    for row, (up, u) in enumerate(zip(rng.random(ROWS), rng.random(ROWS), strict=True)):
        each = steps[row].sum(axis=1)
        upper = int(up < each[1] / each.sum())
        sums = np.concatenate([[0.0], np.cumsum(steps[row, upper])])
        found[row] = ndt + np.interp(u * sums[-1], sums, times), upper
    return found


def draw_until(rng: Rng, p: Named) -> Array:
    """Return times, answers, and whether none came in time; its answer is any."""
    found = draw(rng, p)
    late = found[:, 0] > DEADLINE
    answers = np.where(late, rng.integers(0, 2, ROWS), found[:, 1])
    return np.stack([np.minimum(found[:, 0], DEADLINE), answers, late], axis=1)


def log_after(time: Array, at: Array, bs: Array, bias: Array) -> Array:
    """Return the log of the probability that there is no answer yet."""
    u = np.maximum(time / bs**2, 2e-3)
    total: Array = np.zeros(1)
    for drift, w in ((at * bs, bias), (-at * bs, 1.0 - bias)):
        sines: Array = np.zeros(1)
        for k in range(1, 121):
            rate = drift**2 + (k * np.pi) ** 2
            sines = sines + k * np.sin(k * np.pi * w) * np.exp(-rate * u / 2.0) / rate
        total = total + 2.0 * np.pi * np.exp(-drift * w) * sines
    return np.asarray(np.where(time > 0.0, np.log(np.maximum(total, 1e-300)), 0.0))


def density_until(y: Array, p: Named) -> Array:
    bs, bias, ndt = (p[name][:, None] for name in ("bs", "bias", "ndt"))
    after = log_after(DEADLINE - ndt, mu(p), bs, bias)
    return np.where(y[:, 2] == 1.0, after, density(y[:, :2], p))


def density(y: Array, p: Named) -> Array:
    bs, bias, ndt = (p[name][:, None] for name in ("bs", "bias", "ndt"))
    time, upper = y[:, 0] - ndt, y[:, 1] == 1.0
    found = log_joint(np.maximum(time, 1e-3), upper, mu(p), bs, bias)
    return np.where(time > 0.0, found, -np.inf)


DECISIONS = {
    "wiener": replace(
        study(
            "wiener",
            tuple(OWN),
            np.linspace(1.5, 3.0, ROWS),
            draw,
            density,
            left="y | dec(late)",
            own=OWN,
        ),
        known=lambda y: {"y_observed": y[:, 0], "dec": y[:, 1]},
    ),
    "wiener_deadline": replace(
        study(
            "wiener",
            tuple(OWN),
            np.linspace(0.6, DEADLINE, ROWS),
            draw_until,
            density_until,
            # both are other columns in each data set
            left="y | dec(late) + cens(late)",
            own=OWN,
        ),
        known=lambda y: {"y_observed": y[:, 0], "dec": y[:, 1], "cens": y[:, 2]},
    ),
}
