"""One of several categories without an order.

The family of a response is made when its categories are known: each but the first, the
reference, has a predictor of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import tensors
from ...distributions.density.arrays import log_density
from ..family import Array, DefaultPrior, Dpar, Family, Moments, SourceText

#: What names of predictors begin with.
MU = "mu"
_OPEN, _CLOSE = "categorical(", ")"


def names_of(categories: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the predictors of all categories but the first.

    As in brms they are ``mu`` and the category, of which letters, digits and ``_`` are
    left. Where two would be one, the place of the category is behind it.

    >>> names_of(("none", "bus", "on foot", "3"))
    ('mubus', 'muonfoot', 'mu3')
    >>> names_of(("a", "b+", "b-"))
    ('mub_2', 'mub_3')
    """
    plain = [MU + _plain(one) for one in categories[1:]]
    return tuple(
        name if plain.count(name) == 1 and name != MU else f"{name}_{place}"
        for place, name in enumerate(plain, start=2)
    )


def reference_name(categories: Sequence[str]) -> str:
    """Return what the predictor of the reference would be called, which has none.

    >>> reference_name(("on foot", "bus"))
    'muonfoot'
    """
    return MU + _plain(categories[0])


def _plain(category: str) -> str:
    return re.sub(r"[^\w]", "", category)


def made_name(names: Sequence[str]) -> str:
    """Return the name of the family with these predictors."""
    return f"{_OPEN}{', '.join(names)}{_CLOSE}"


def named(name: str) -> Family | None:
    """Return the family that such a name means; None: it is none."""
    if not (name.startswith(_OPEN) and name.endswith(_CLOSE)):
        return None
    return categorical(tuple(name[len(_OPEN) : -len(_CLOSE)].split(", ")))


def density(m: Any, y: Any, *predictors: Any) -> Any:
    """Log probability of a category: its predictor, less the log of all odds."""
    whole: Any = 0.0 * predictors[0]
    own = whole
    for place, eta in enumerate(predictors, start=1):
        whole = m.logaddexp(whole, eta)
        own = m.where(m.equal(y, 1.0 * place), eta, own)
    return own - whole


def log_probabilities(predictors: Sequence[Any]) -> Array:
    """Return the log probability of each category, behind the rows."""
    each = np.stack(np.broadcast_arrays(0.0 * predictors[0], *predictors), axis=-1)
    rest = each - each.max(axis=-1, keepdims=True)
    return np.asarray(rest - np.log(np.exp(rest).sum(axis=-1, keepdims=True)))


def moments(
    y: Array, count: Counts = None, *, categories: int | None = None
) -> Moments:
    """Return the log odds of each category against the reference.

    Half a row is added to each category, so that one that no row has is rare, and not
    impossible. ``m`` is that of the first predictor.
    """
    rows = weighted.total(y, count)
    each = range(int(np.max(y)) + 1 if categories is None else categories)
    counts = [weighted.mean(y == place, count) * rows + 0.5 for place in each]
    odds = [math.log(one / counts[0]) for one in counts[1:]]
    return Moments(odds[0], 1.0, each=tuple(Moments(one, 1.0) for one in odds))


def against_reference(name: str, meaning: str) -> Dpar:
    """Return the parameter that the predictor of a category is."""
    return Dpar(
        name,
        link="logit",
        support="real",
        meaning=f"{meaning}: {name}",
        default=lambda m: DefaultPrior(
            "normal", (("mu", 0.0), ("sigma", 1.5)), "any share of the category"
        ),
        center=lambda _: 0.0,
    )


def _dpar(name: str) -> Dpar:
    return against_reference(name, "log odds of a category against the reference")


_HELPERS = '''
def categorical_each(*predictors):
    """Log probability of each category, the reference first."""
    none = pt.zeros_like(predictors[0])
    each = pt.stack(pt.broadcast_arrays(none, *predictors), axis=-1)
    return each - pt.logsumexp(each, axis=-1, keepdims=True)


def categorical_logp(value, *predictors):
    """Log P(rank = value)."""
    each = categorical_each(*predictors)
    return pt.take_along_axis(each, value[..., None], axis=-1)[..., 0]


def categorical_draw(*predictors_and_size):
    """Draw ranks."""
    *predictors, size = predictors_and_size
    return pm.Categorical.dist(p=pt.exp(categorical_each(*predictors)), size=size)
'''


@cache
def categorical(names: tuple[str, ...]) -> Family:
    """Return the family whose categories but the first have these predictors."""
    count = len(names)

    def read(*given: Any, **by_name: Any) -> list[Any]:
        return [*given, *(by_name[name] for name in names[len(given) :])]

    def in_support(y: Array, **known: Array) -> NDArray[np.bool_]:
        """Whether a response is the rank of a category."""
        return np.isin(y, range(count + 1))

    def own_moments(y: Array, weights: Counts = None, **known: Any) -> Moments:
        return moments(y, weights, categories=count + 1)

    def simulate(rng: np.random.Generator, *given: Array, **by_name: Array) -> Array:
        """Draw ranks."""
        below = np.exp(log_probabilities(read(*given, **by_name))).cumsum(axis=-1)
        drawn = rng.random(below.shape[:-1])[..., None]
        return np.asarray((drawn > below[..., :-1]).sum(axis=-1)).astype(np.int64)

    def mean(*given: Array, **by_name: Array) -> Array:
        """Mean rank; here for checks, and not reported."""
        each = np.exp(log_probabilities(read(*given, **by_name)))
        return np.asarray(each @ np.arange(count + 1))

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``, whose density is exact far from even odds.

        ``pm.Categorical(logit_p=...)`` takes the log of a probability that may be 0.
        """

        def each(*predictors: Any) -> Any:
            none = pt.zeros_like(predictors[0])
            stacked = pt.stack(pt.broadcast_arrays(none, *predictors), axis=-1)
            return stacked - pt.logsumexp(stacked, axis=-1, keepdims=True)

        def logp(value: Any, *predictors: Any) -> Any:
            found = each(*predictors)
            return pt.take_along_axis(found, value[..., None], axis=-1)[..., 0]

        def draw(*given: Any) -> Any:
            *predictors, size = given
            return pm.Categorical.dist(p=pt.exp(each(*predictors)), size=size)

        parameters = [arguments[one] for one in names]
        return tensors.whole_numbers(
            pm, name, parameters, logp, draw, observed=observed, dims=dims
        )

    fields = ", ".join(f"{{{name}}}" for name in names)
    mains = tuple(map(_dpar, names))
    return Family(
        name=made_name(names) if names != (MU,) else "categorical",
        title="categorical distribution",
        response="nominal",
        links=("logit",),
        dpars=mains[1:],
        predictor=names[0],
        support="categories: a factor, or whole numbers that are names",
        in_support=in_support,
        moments=own_moments,
        log_density=log_density(density, names),
        density=density,
        simulate=simulate,
        mean=mean,
        observe=observe,
        source=SourceText(
            f"""pm.CustomDist(
    {{name}}, {fields},
    logp=categorical_logp, dist=categorical_draw,
    dtype="int64", observed={{observed}}, dims={{dims}},
)""",
            _HELPERS,
        ),
        mains=mains,
        by_response=(lambda categories: categorical(names_of(categories)))
        if names == (MU,)
        else None,
        doc=r"""One of K categories without an order: colours, parties, answers.

.. math:: P(Y = k) = \frac{e^{\eta_k}}{\sum_j e^{\eta_j}}, \quad \eta_0 = 0

Parameters: a predictor for each category but the first, the reference: ``mubus`` is
the log of the odds of ``bus`` against it (any real number). All have the formula of the
model; ``mubus ~ x`` is one of its own. Reference: Agresti (2013), Categorical data
analysis, chapter 8.
""",
    )


#: The family as it is named in a spec, of a response that is not known yet.
CATEGORICAL = categorical((MU,))
