"""What families of several columns have in common: names, shares, moments, readings.

A response is a row of numbers, a category each; its last axis are the categories. The
family is made when they are known: each but the first, the reference, has a predictor
of its own, as in ``categorical``. Densities are written over the columns: those of the
response first, then the parameters, then what is known of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.operations import DensityFunction
from ...distributions.density.tensors import Tensors
from ..family import Array, Dpar, Moments, Observe, SourceText
from ..nominal.categorical import against_reference

#: What names of predictors begin with.
MU = "mu"
#: What is added to each mean share, so that a category without any is rare.
_LEAST_SHARE = 1e-4
#: Drawn shares are between these.
_TINY, _MOST = float(np.finfo(float).tiny), 1.0 - 2.0**-53


def made_name(name: str, names: Sequence[str]) -> str:
    """Return the name of a family with these predictors; of unknown ones its own."""
    return name if tuple(names) == (MU,) else f"{name}({', '.join(names)})"


def names_in(made: str, name: str) -> tuple[str, ...] | None:
    """Return the predictors that such a name has; None: it is of another family."""
    head, tail = f"{name}(", ")"
    if not (made.startswith(head) and made.endswith(tail)):
        return None
    return tuple(made[len(head) : -len(tail)].split(", "))


def predictors(names: Sequence[str]) -> tuple[Dpar, ...]:
    """Return the parameters that the predictors of all categories but one are."""
    meaning = "log of the share of a category over the reference's"
    return tuple(against_reference(name, meaning) for name in names)


def log_shares(m: Any, etas: Sequence[Any]) -> list[Any]:
    """Return the log of the share of each category, the reference first."""
    whole: Any = 0.0 * etas[0]
    for eta in etas:
        whole = m.logaddexp(whole, eta)
    return [-whole, *(eta - whole for eta in etas)]


def shares(etas: Sequence[Any]) -> Array:
    """Return the share of each category, behind the rows."""
    each = np.stack(np.broadcast_arrays(0.0 * etas[0], *etas), axis=-1)
    odds = np.exp(each - each.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def shares_in_graph(pt: Any, etas: Any) -> Any:
    """Return the share of each category, of a matrix of predictors."""
    each = pt.concatenate([pt.zeros_like(etas[..., :1]), etas], axis=-1)
    return pt.exp(each - pt.logsumexp(each, axis=-1, keepdims=True))


def reader(names: Sequence[str]) -> Callable[..., list[Any]]:
    """Return what puts arguments by place and by name in the order of names.

    Others by name are left out.
    """

    def read(*given: Any, **by_name: Any) -> list[Any]:
        return [*given, *(by_name[name] for name in names[len(given) :])]

    return read


def moments_of_counts(y: Array, count: Counts = None, **known: Any) -> Moments:
    """Return the log odds of each category against the reference, of all counts.

    Half a count is added to each.
    """
    rows = weighted.total(y, count)
    totals = [weighted.mean(one, count) * rows + 0.5 for one in np.moveaxis(y, -1, 0)]
    return _of([math.log(one / totals[0]) for one in totals[1:]])


def moments_of_shares(y: Array, count: Counts = None) -> Moments:
    """Return the log of each mean share over that of the reference."""
    means = [weighted.mean(one, count) + _LEAST_SHARE for one in np.moveaxis(y, -1, 0)]
    return _of([math.log(one / means[0]) for one in means[1:]])


def _of(odds: Sequence[float]) -> Moments:
    return Moments(odds[0], 1.0, each=tuple(Moments(one, 1.0) for one in odds))


def whole_counts(y: Array, trials: Array) -> NDArray[np.bool_]:
    """Return which rows are whole numbers from 0 on that add up to the trials."""
    whole = np.isfinite(y) & (y == np.floor(y)) & (y >= 0.0)
    return np.asarray(whole.all(axis=-1) & (y.sum(axis=-1) == trials))


def log_density(
    density: DensityFunction, parts: int, names: Sequence[str]
) -> Callable[..., Array]:
    """Return a density as a function of an array whose last axis are the categories.

    ``names`` are the arguments behind the columns of the response.
    """
    columns = [f"y{place}" for place in range(2, parts + 1)]
    inner = arrays.log_density(density, (*columns, *names))

    def read(y: Any, *given: Any, **named: Any) -> Array:
        """Return the log density of each row."""
        first, *others = np.moveaxis(np.asarray(y), -1, 0)
        return inner(first, *others, *given, **named)

    return read


def graph(
    density: DensityFunction,
    parts: int,
    mains: Sequence[str],
    others: Sequence[str],
    draw: Callable[..., Any],
    *,
    whole: bool,
) -> Observe:
    """Return the PyMC form: a ``pm.CustomDist`` of vectors.

    Parameters
    ----------
    density
        As it is written.
    parts, mains, others
        How many categories there are, the predictors, the other arguments.
    draw
        ``draw(pm, pt, predictors, *others, size)``, where the last axis of
        ``predictors`` are they.
    whole
        Whether responses are whole numbers.
    """

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: Any,
    ) -> Any:
        """Return the observed variable."""

        def logp(value: Any, etas: Any, *given: Any) -> Any:
            value = pt.cast(value, "float64")
            columns = [value[..., place] for place in range(parts)]
            each = [etas[..., place] for place in range(parts - 1)]
            return density(Tensors(pt), *columns, *each, *given)

        def drawn(etas: Any, *given: Any) -> Any:
            *more, size = given
            return draw(pm, pt, etas, *more, size=size)

        stacked = pt.stack(
            pt.broadcast_arrays(*(arguments[one] for one in mains)), axis=-1
        )
        rest = [arguments[one] for one in others]
        slots = ",".join(["(j)", *("()" for _ in rest)])
        return pm.CustomDist(
            name,
            stacked,
            *rest,
            logp=logp,
            dist=drawn,
            signature=f"{slots}->(k)",
            dtype="int64" if whole else "float64",
            observed=observed,
            dims=dims,
        )

    return observe


#: In a script: the logs of all shares, of a matrix of predictors.
LOG_SHARES = '''
def log_shares(predictors):
    """Log of the share of each category, the reference first."""
    none = pt.zeros_like(predictors[..., :1])
    each = pt.concatenate([none, predictors], axis=-1)
    return each - pt.logsumexp(each, axis=-1, keepdims=True)
'''


def script(
    name: str, mains: Sequence[str], others: Sequence[str], text: str, *, whole: bool
) -> SourceText:
    """Return the form in a script: ``NAME_logp`` and ``NAME_draw`` are in its text."""
    fields = ", ".join(f"{{{one}}}" for one in mains)
    rest = "".join(f" {{{one}}}," for one in others)
    slots = ",".join(["(j)", *("()" for _ in others)])
    kind = ' dtype="int64",' if whole else ""
    return SourceText(
        f"""pm.CustomDist(
    {{name}}, pt.stack(pt.broadcast_arrays({fields}), axis=-1),{rest}
    logp={name}_logp, dist={name}_draw, signature="{slots}->(k)",{kind}
    observed={{observed}}, dims={{dims}},
)""",
        LOG_SHARES + text,
    )


def many_gammas(rng: np.random.Generator, shape: Array) -> Array:
    """Return logs of gamma numbers; those of tiny shapes are no 0."""
    shape = np.maximum(shape, 1e-300)
    more = np.log(rng.standard_gamma(shape + 1.0))
    return np.asarray(more + np.log1p(-rng.random(np.shape(shape))) / shape)


def drawn_shares(rng: np.random.Generator, a: Array) -> Array:
    """Draw shares of a Dirichlet distribution; none is 0, and none rounds to 1."""
    logs = many_gammas(rng, a)
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True))
    found = odds / odds.sum(axis=-1, keepdims=True)
    return np.asarray(np.clip(found, _TINY, _MOST))
