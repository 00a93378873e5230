"""Studies of ordered responses: every family, every link, and thresholds that differ.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler:
probabilities of categories are written out from the definitions of the families.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

from .studies import LEVELS, ROWS, Named, Study, X, effects, eta, ordinal_prior
from .studies import G as GROUP

Array = NDArray[np.float64]
Rng = np.random.Generator
Curve = Callable[[Array], Array]

CATEGORIES = 4
#: Of which item each row is; the second has a category fewer.
ITEM = np.arange(ROWS) // 2 % 2

CURVES: dict[str, Curve] = {
    "logit": expit,
    "probit": stats.norm.cdf,
    "cloglog": lambda x: -np.expm1(-np.exp(x)),
    "loglog": lambda x: np.exp(-np.exp(-x)),
    "cauchit": stats.cauchy.cdf,
}
_HEAD = "column y: ordered(1..4)\n"
_OF_EFFECTS = """
prior b ~ normal(0, 1)
prior sd ~ exponential(1)
"""
_PRIORS = f"{_OF_EFFECTS}prior threshold ~ normal(0, 2)\n"
_RESPONSE = np.arange(ROWS) % CATEGORIES + 1.0
#: The same shares from both ends of each item, 3, 2, 2, 3 and 3, 4, 3.
_OF_ITEMS = np.empty(ROWS)
_OF_ITEMS[ITEM == 0] = np.repeat([1.0, 2.0, 3.0, 4.0], [3, 2, 2, 3])
_OF_ITEMS[ITEM == 1] = np.repeat([1.0, 2.0, 3.0], [3, 4, 3])


def between(below: Array) -> Array:
    """Return the probabilities of categories from those up to each threshold."""
    ends = [(0, 0)] * (below.ndim - 1)
    whole = np.pad(below, [*ends, (1, 0)])
    return np.diff(np.pad(whole, [*ends, (0, 1)], constant_values=1.0), axis=-1)


def places(p: Named) -> tuple[Array, Array]:
    """Return predictors and thresholds, parameters by rows by thresholds."""
    cuts = p["threshold"][:, None, :]
    if "bcs" not in p:
        return eta(p)[:, :, None], cuts
    of_groups = p["r_g"][:, :, 0][:, GROUP][:, :, None]
    return of_groups + p["bcs"][:, None, :] * X[:, None], cuts


def cumulative(curve: Curve, p: Named) -> Array:
    at, cuts = places(p)
    return between(curve(cuts - at))


def stopping(stop: Array) -> Array:
    """Return the probabilities of categories from those of stopping at one reached."""
    ends = [(0, 0)] * (stop.ndim - 1)
    reached = np.pad(
        np.cumprod(1.0 - stop, axis=-1), [*ends, (1, 0)], constant_values=1
    )
    return reached * np.pad(stop, [*ends, (0, 1)], constant_values=1.0)


def sratio(p: Named) -> Array:
    at, cuts = places(p)
    return stopping(expit(cuts - at))


def cratio(p: Named) -> Array:
    at, cuts = places(p)
    return stopping(1.0 - CURVES["cloglog"](at - cuts))


def acat(p: Named) -> Array:
    at, cuts = places(p)
    sums = np.cumsum(at - cuts, axis=-1)
    sums = np.pad(sums, [(0, 0), (0, 0), (1, 0)])
    each = np.exp(sums - sums.max(axis=-1, keepdims=True))
    return np.asarray(each / each.sum(axis=-1, keepdims=True))


def discriminating(p: Named) -> Array:
    at, cuts = places(p)
    scale = np.exp(p["disc_b"][:, :1] * X)[:, :, None]
    return between(stats.norm.cdf(scale * (cuts - at)))


def hurdle(p: Named) -> Array:
    """Whether at all, and what is above it by a threshold fewer."""
    at, cuts = places(p)
    share = p["hu"][:, None, None]
    above = (1.0 - share) * between(expit(cuts - at))
    return np.concatenate([np.broadcast_to(share, above[:, :, :1].shape), above], -1)


def inflated(p: Named) -> Array:
    share = p["zi"][:, None, None]
    lowest = np.arange(CATEGORIES) == 0
    return share * lowest + (1.0 - share) * cumulative(expit, p)


def of_items(each: Callable[[Named], Array], p: Named) -> Array:
    """Return probabilities where items have thresholds of their own: three, and two."""
    first, second = (
        each({**p, "threshold": own}) for own in np.split(p["threshold"], [3], axis=1)
    )
    second = np.pad(second, [(0, 0), (0, 0), (0, 1)])
    return np.where(ITEM[:, None] == 0, first, second)


def persons(p: Named) -> Array:
    """Return probabilities where distances from the middle threshold vary."""
    middle = p["threshold"][:, 1:2]
    gaps = np.diff(p["threshold"], axis=1)[:, None, :]
    own = gaps * np.exp(p["threshold_r"].reshape(-1, LEVELS, 2))
    low, high = middle - own[:, :, 0], middle + own[:, :, 1]
    cuts = np.stack([low, np.broadcast_to(middle, low.shape), high], axis=-1)
    return between(expit(cuts[:, GROUP] - eta(p)[:, :, None]))


def study(
    formula: str,
    probabilities: Callable[[Named], Array],
    prior: Callable[[Rng, int], Named] = ordinal_prior,
    more: str = "",
    response: Array = _RESPONSE,
    priors: str = _PRIORS,
) -> Study:
    """Return the study of a family whose probabilities of categories are given."""

    def simulate(rng: Rng, p: Named) -> Array:
        below = probabilities(p)[0].cumsum(axis=-1)
        return 1.0 + (rng.random(ROWS)[:, None] > below[:, :-1]).sum(axis=1)

    def log_likelihood(y: Array, p: Named) -> Array:
        rank = y.astype(int) - 1
        chance = np.take_along_axis(probabilities(p), rank[None, :, None], axis=-1)
        return np.asarray(np.log(np.maximum(chance, 1e-300)).sum(axis=(1, 2)))

    spec = f"{_HEAD}{formula}{priors}{more}"
    return Study(spec, response, prior, simulate, log_likelihood)


def _with(**more: Callable[[Rng, int], Array]) -> Callable[[Rng, int], Named]:
    def prior(rng: Rng, size: int) -> Named:
        return {
            **ordinal_prior(rng, size),
            **{name: draw(rng, size) for name, draw in more.items()},
        }

    return prior


def _in_no_order(rng: Rng, size: int) -> Named:
    return {**ordinal_prior(rng, size), "threshold": rng.normal(0.0, 2.0, (size, 3))}


def _category(rng: Rng, size: int) -> Named:
    """Effects for each threshold in the place of the one for all."""
    found = _in_no_order(rng, size)
    del found["b"]
    return {**found, "bcs": rng.normal(0.0, 1.0, (size, 3))}


def _one_fewer(rng: Rng, size: int) -> Named:
    found = ordinal_prior(rng, size)
    found["threshold"] = np.sort(rng.normal(0.0, 2.0, (size, 2)), axis=1)
    return {**found, "hu": rng.beta(2.0, 4.0, size)}


def _of_items(rng: Rng, size: int) -> Named:
    drawn = [np.sort(rng.normal(0.0, 2.0, (size, k)), axis=1) for k in (3, 2)]
    return {**ordinal_prior(rng, size), "threshold": np.concatenate(drawn, axis=1)}


# Layouts have their default priors: where shares of categories are the same from both
# ends, or even, their m is 0.


def _equidistant_acat(rng: Rng, size: int) -> Named:
    """Thresholds of two items at one distance each; they are 0 at equal shares."""
    laid = []
    for count in (3, 2):
        sd = 3.0 * (1.0 - 1.0 / (count + 1)) * (2.0 / (count + 1)) ** 0.5
        places = np.arange(count) - 0.5 * (count - 1)
        gap = rng.normal(0.0, sd / (places @ places) ** 0.5, (size, 1))
        laid.append(rng.normal(0.0, sd, (size, 1)) + gap * places)
    return {**effects(rng, size), "threshold": np.concatenate(laid, axis=1)}


#: Stopping thresholds where four categories are equally likely, and their prior sd.
_EQUAL, _SD = logit(1.0 / np.array([4.0, 3.0, 2.0])), 3.0 * (1.0 - 1.0 / 4.0)


def _symmetric_sratio(rng: Rng, size: int) -> Named:
    middle = rng.normal(_EQUAL.mean(), _SD, (size, 1))
    away = 0.5 * (_EQUAL[2] - _EQUAL[0])
    half = rng.normal(away, _SD / 2.0**0.5, (size, 1))
    return {**effects(rng, size), "threshold": middle + half * np.arange(-1.0, 2.0)}


def _zero_sum_sratio(rng: Rng, size: int) -> Named:
    free = rng.normal(_EQUAL, _SD, (size, 3))
    centred = free - free.mean(axis=1, keepdims=True)
    return {**effects(rng, size), "threshold": centred}


def _of_persons(rng: Rng, size: int) -> Named:
    sd = rng.exponential(0.5, size)
    return {
        **ordinal_prior(rng, size),
        "threshold_sd": sd,
        "threshold_r": sd[:, None] * rng.normal(size=(size, 2 * LEVELS)),
    }


_LINE = "y ~ x + (1 | g)"

ORDINAL = {
    **{
        f"cumulative, {link}": study(
            f"{_LINE}, family=cumulative, link={link}",
            lambda p, curve=CURVES[link]: cumulative(curve, p),  # type: ignore[misc]
        )
        for link in ("probit", "cloglog", "loglog", "cauchit")
    },
    "sratio": study(f"{_LINE}, family=sratio", sratio, _in_no_order),
    "cratio, cloglog": study(
        f"{_LINE}, family=cratio, link=cloglog", cratio, _in_no_order
    ),
    "acat": study(f"{_LINE}, family=acat", acat, _in_no_order),
    "cumulative, probit, disc": study(
        f"{_LINE}, family=cumulative, link=probit\n  disc ~ x",
        discriminating,
        _with(disc_b=lambda rng, size: rng.normal(0.0, 0.4, (size, 1))),
        "prior disc.b ~ normal(0, 0.4)\n",
    ),
    "hurdle_cumulative": study(
        f"{_LINE}, family=hurdle_cumulative",
        hurdle,
        _one_fewer,
        "prior hu ~ beta(2, 4)\n",
    ),
    "zero_inflated_cumulative": study(
        f"{_LINE}, family=zero_inflated_cumulative",
        inflated,
        _with(zi=lambda rng, size: rng.beta(2.0, 4.0, size)),
        "prior zi ~ beta(2, 4)\n",
    ),
    "thresholds of items": study(
        "y | thres(cuts, gr=item) ~ x + (1 | g), family=cumulative",
        partial(of_items, partial(cumulative, expit)),
        _of_items,
        response=np.where(ITEM == 0, np.arange(ROWS) % 4, np.arange(ROWS) % 3) + 1.0,
    ),
    "thresholds of persons": study(
        f"{_LINE}, family=cumulative\n  threshold ~ (1 | g)",
        persons,
        _of_persons,
        "prior threshold.sd[g] ~ exponential(2)\n",
    ),
    "acat of items, equidistant": study(
        "y | thres(cuts, gr=item) ~ x + (1 | g), family=acat, threshold=equidistant",
        partial(of_items, acat),
        _equidistant_acat,
        response=_OF_ITEMS,
        priors=_OF_EFFECTS,
    ),
    "sratio, symmetric": study(
        f"{_LINE}, family=sratio, threshold=symmetric",
        sratio,
        _symmetric_sratio,
        priors=_OF_EFFECTS,
    ),
    "sratio, sum_to_zero": study(
        f"{_LINE}, family=sratio, threshold=sum_to_zero",
        sratio,
        _zero_sum_sratio,
        priors=_OF_EFFECTS,
    ),
    "sratio, cs": replace(
        study(
            "y ~ cs(x) + (1 | g), family=sratio",
            sratio,
            _category,
        ),
        spec=f"{_HEAD}y ~ cs(x) + (1 | g), family=sratio\n"
        "prior bcs ~ normal(0, 1)\nprior threshold ~ normal(0, 2)\n"
        "prior sd ~ exponential(1)\n",
    ),
}
