"""What the families are tried on that are made by a response: an entry each.

Categories, compositions, hazards between knots, mixtures. Their densities in decimals
are in ``made_exact.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from varying.compiler.distributions.table import SUPPORTS
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family

from .drawing import Array, Rng, Sample, far, spread, whole


@dataclass(frozen=True, slots=True)
class Made:
    """A family that is made, and rows of it, some responses far out."""

    name: str
    sample: Callable[[Rng, int], Sample]

    @property
    def family(self) -> Family:
        return FAMILIES[self.name]

    @property
    def moved(self) -> dict[str, bool]:
        """Parameters that a formula or a prior moves, and whether they are positive."""
        dpars = {dpar.name: dpar for dpar in (*self.family.mains, *self.family.dpars)}
        found = {self.family.predictor: False}
        return found | {
            name: math.isfinite(SUPPORTS[dpar.support][0])
            for name, dpar in dpars.items()
        }


MUS = ("mub", "muc", "mud")


def _predictors(rng: Rng, rows: int) -> dict[str, Array]:
    """Half of them moderate, half out to the ends."""
    near = rng.random(rows) < 0.5
    return {
        name: np.where(near, rng.normal(0.0, 2.0, rows), far(rng, rows)) for name in MUS
    }


def _shares(etas: Mapping[str, Array]) -> Array:
    each = np.stack([np.zeros_like(etas["mub"]), *etas.values()], axis=-1)
    return np.asarray(special.softmax(each, axis=-1))


def _categorical(rng: Rng, rows: int) -> Sample:
    return Sample(rng.integers(0, len(MUS) + 1, rows), _predictors(rng, rows))


def _counts(rng: Rng, shares: Array, most: float) -> tuple[Array, Array]:
    """Return counts of trials, half of them likely ones, and the trials."""
    rows = len(shares)
    trials, equal = whole(rng, rows, most), np.full(shares.shape[-1], 0.25)
    likely = rng.random(rows) < 0.5
    chances = np.where(likely[:, None], shares, rng.dirichlet(equal, rows))
    return rng.multinomial(trials, chances / chances.sum(-1, keepdims=True)), trials


def _multinomial(rng: Rng, rows: int) -> Sample:
    """Up to 10^4 trials: of 10^6, 1e-8 is lost, which no parameter is in."""
    etas = _predictors(rng, rows)
    y, trials = _counts(rng, _shares(etas), 1e4)
    return Sample(y, {**etas, "trials": trials})


def _drawn_shares(rng: Rng, a: Array) -> Array:
    """Return likely shares; none is 0, and together they are 1."""
    drawn = np.maximum(rng.gamma(np.maximum(a, 1e-3)), 1e-30)
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def _dirichlet(rng: Rng, rows: int) -> Sample:
    """Precisions from 1e-3 to 10^4: of more, how shares are rounded would count."""
    etas, phi = _predictors(rng, rows), spread(rng, rows, 1e-3, 1e4)
    likely = (rng.random(rows) < 0.5)[:, None]
    a = np.where(likely, phi[:, None] * _shares(etas), 0.5)
    return Sample(_drawn_shares(rng, a), {**etas, "phi": phi})


def _dirichlet_multinomial(rng: Rng, rows: int) -> Sample:
    etas, phi = _predictors(rng, rows), spread(rng, rows, 1e-3, 1e6)
    shares = _drawn_shares(rng, phi[:, None] * _shares(etas))
    y, trials = _counts(rng, shares, 1e4)
    return Sample(y, {**etas, "phi": phi, "trials": trials})


def _logistic_normal(rng: Rng, rows: int) -> Sample:
    """Logs up to a hundred standard deviations out, correlations near -1 and 1."""
    given = {name: rng.normal(0.0, 2.0, rows) for name in MUS}
    given |= {f"sigma{name[2:]}": spread(rng, rows, 0.1, 10.0) for name in MUS}
    for name in ("lncor1", "lncor2", "lncor3"):
        small = spread(rng, rows, 1e-2, 0.5)
        given[name] = np.where(rng.random(rows) < 0.5, small, 1.0 - small)
    logs = [np.zeros(rows)]
    for name in MUS:
        size = np.where(rng.random(rows) < 0.7, 1.0, 30.0)
        away = given[f"sigma{name[2:]}"] * size * rng.normal(size=rows)
        logs.append(given[name] + np.clip(away, -200.0, 200.0))
    return Sample(special.softmax(np.stack(logs, axis=-1), axis=-1), given)


KNOTS = (0.5, 2.0, 3.5, 9.0)


def _cox(rng: Rng, rows: int) -> Sample:
    """Times between the knots, near the ends too; hazards from e^-20 to e^5."""
    most = KNOTS[-1] - KNOTS[0]
    off = np.where(
        rng.random(rows) < 0.5,
        rng.uniform(0.0, most, rows),
        spread(rng, rows, 1e-3, most),
    )
    y = np.where(rng.random(rows) < 0.8, KNOTS[0] + off, KNOTS[-1] - off)
    y = np.clip(y, KNOTS[0] + 1e-3, KNOTS[-1] - 1e-3)
    shares = rng.dirichlet(np.ones(6), rows) + 1e-4
    each = {f"sbhaz{k + 1}": shares[:, k] for k in range(6)}
    return Sample(y, {"eta": rng.uniform(-20.0, 5.0, rows), **each})


def _numbers(rng: Rng, rows: int) -> Sample:
    """Responses up to 10^3 scales from both components; shares near 0 and 1."""
    mu1, sigma1 = rng.normal(0.0, 10.0, rows), np.exp(rng.normal(0.0, 2.0, rows))
    mu2, sigma2 = rng.normal(0.0, 10.0, rows), np.exp(rng.normal(0.0, 2.0, rows))
    middle = np.where(rng.random(rows) < 0.5, mu1, mu2)
    z = rng.choice([-1.0, 1.0], rows) * spread(rng, rows, 1e-3, 1e3)
    y = middle + sigma1 * np.where(rng.random(rows) < 0.5, rng.normal(size=rows), z)
    nu = 1.0 + spread(rng, rows, 1e-3, 1e6)
    given = {"mu1": mu1, "mu2": mu2, "sigma1": sigma1, "sigma2": sigma2, "nu2": nu}
    return Sample(y, {**given, "theta1": _theta(rng, rows)})


def _theta(rng: Rng, rows: int) -> Array:
    small = spread(rng, rows, 1e-6, 0.5)
    return np.where(rng.random(rows) < 0.5, small, 1.0 - small)


def _mixed_counts(rng: Rng, rows: int) -> Sample:
    """Counts up to 10^4; means and shapes of all magnitudes."""
    y, shape = whole(rng, rows, 1e4), spread(rng, rows, 1e-3, 1e6)
    near = np.log(y + 0.5)
    given = {
        "mu1": near + rng.normal(0.0, 0.3, rows),
        "mu2": rng.normal(1.0, 3.0, rows),
        "shape2": shape,
        "theta1": _theta(rng, rows),
    }
    return Sample(y, given)


def _three(rng: Rng, rows: int, shares: Mapping[str, Array]) -> Sample:
    mus = {f"mu{k}": rng.normal(3.0 * k, 3.0, rows) for k in (1, 2, 3)}
    sigmas = {f"sigma{k}": np.exp(rng.normal(0.0, 1.0, rows)) for k in (1, 2, 3)}
    y = rng.normal(6.0, 1.0, rows) * spread(rng, rows, 0.1, 100.0)
    return Sample(y, {**mus, **sigmas, **shares})


#: By what a case is called.
MADE: Mapping[str, Made] = {
    "categorical": Made(f"categorical({', '.join(MUS)})", _categorical),
    "multinomial": Made(f"multinomial({', '.join(MUS)})", _multinomial),
    "dirichlet": Made(f"dirichlet({', '.join(MUS)})", _dirichlet),
    "dirichlet_multinomial": Made(
        f"dirichlet_multinomial({', '.join(MUS)})", _dirichlet_multinomial
    ),
    "logistic_normal": Made(f"logistic_normal({', '.join(MUS)})", _logistic_normal),
    "cox": Made(f"cox({', '.join(map(str, KNOTS))})", _cox),
    "mixture_of_two": Made("mixture(gaussian, student)", _numbers),
    "mixture_of_counts": Made("mixture(poisson, negbinomial)", _mixed_counts),
    "mixture_of_three": Made(
        "mixture(gaussian, gaussian, gaussian)",
        lambda rng, rows: _three(
            rng, rows, {"theta1": _theta(rng, rows), "theta2": _theta(rng, rows)}
        ),
    ),
    "mixture_with_odds": Made(
        "mixture(gaussian, gaussian, gaussian)[theta1, theta3]",
        lambda rng, rows: _three(
            rng,
            rows,
            {name: rng.normal(0.0, 10.0, rows) for name in ("theta1", "theta3")},
        ),
    ),
}
