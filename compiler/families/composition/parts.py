"""What families of several columns have in common: names, shares, moments, readings.

A response is a row of numbers, a category each; its last axis are the categories. The
family is made when they are known: each but the first, the reference, has a predictor
of its own, as in ``categorical``. Densities are written over the columns: those of the
response first, then the parameters, then what is known of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.density.operations import DensityFunction
from ...distributions.density.tensors import Tensors
from ..family import Array, Dpar, Family, Moments, Observe, SourceText
from ..nominal.categorical import against_reference, names_of

#: What names of predictors begin with.
MU = "mu"
#: What is added to each mean share, so that a category without any is rare.
_LEAST_SHARE = 1e-4
#: How far a sum of shares may be from 1: they are rounded.
OFF = 1e-6
#: Drawn shares are between these.
TINY, MOST = float(np.finfo(float).tiny), 1.0 - 2.0**-53


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


def shares(etas: Sequence[Any], *_: Any) -> Array:
    """Return the share of each category, behind the rows: the predictors' alone."""
    each = np.stack(np.broadcast_arrays(0.0 * etas[0], *etas), axis=-1)
    odds = np.exp(each - each.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def shares_in_graph(pt: Any, etas: Any) -> Any:
    """Return the share of each category, of a matrix of predictors."""
    each = pt.concatenate([pt.zeros_like(etas[..., :1]), etas], axis=-1)
    return pt.exp(each - pt.logsumexp(each, axis=-1, keepdims=True))


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


def shares_inside(y: Array) -> NDArray[np.bool_]:
    """Return which rows are shares inside of 0 and 1 that add up to 1."""
    inside = ((y > 0.0) & (y < 1.0)).all(axis=-1)
    return np.asarray(inside & (np.abs(y.sum(axis=-1) - 1.0) <= OFF))


@dataclass(frozen=True, slots=True)
class DensityArguments:
    """What a density is given beside the response: vectors first, then numbers.

    Attributes
    ----------
    vectors
        The names in each vector: predictors first. One of no names is there too.
    others
        The names of the numbers.
    """

    vectors: tuple[tuple[str, ...], ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, one after the other."""
        return (*(name for one in self.vectors for name in one), *self.others)

    def grouped(self, given: Sequence[Any]) -> list[Any]:
        """Return values in the order of the names, those of a vector as a list."""
        found: list[Any] = []
        first = 0
        for one in self.vectors:
            found.append(list(given[first : first + len(one)]))
            first += len(one)
        return [*found, *given[first:]]

    def read(self, *given: Any, **by_name: Any) -> list[Any]:
        """Return arguments by place and by name, grouped; others are left out."""
        rest = (by_name[name] for name in self.names[len(given) :])
        return self.grouped([*given, *rest])

    @property
    def slots(self) -> str:
        """The signature of a distribution of vectors with these parameters."""
        kinds = [f"({'jlm'[place]})" for place in range(len(self.vectors))]
        return f"{','.join([*kinds, *('()' for _ in self.others)])}->(k)"


def composition(
    make: Callable[[tuple[str, ...]], Family],
    name: str,
    names: tuple[str, ...],
    *,
    title: str,
    doc: str,
    density: DensityFunction,
    simulate: Callable[..., Array],
    draw: Callable[..., Any],
    text: str,
    dpars: tuple[Dpar, ...] = (),
    vectors: tuple[tuple[str, ...], ...] = (),
    known: tuple[str, ...] = (),
    of_each: tuple[str, ...] = (),
    mains: tuple[Dpar, ...] | None = None,
    mean_shares: Callable[..., Array] = shares,
    moments: Callable[..., Moments] | None = None,
    measure: str = "the response",
) -> Family:
    """Return a family of several columns.

    Its functions are given the predictors as a list, then what else there is.

    Parameters
    ----------
    make, name, names
        The function that makes the family of its predictors, its name, and theirs.
    title, doc, of_each, measure
        As those of a ``Family``.
    density
        ``density(m, columns, predictors, ...)``: of the columns of the response.
    simulate
        ``simulate(rng, predictors, ...)``: the same, as arrays.
    draw, text
        ``draw(pm, pt, predictors, ..., size)`` in a graph, where vectors are arrays
        whose last axis they are; ``NAME_logp`` and ``NAME_draw`` of a script.
    dpars, vectors, known
        Parameters beside the predictors, those of them that are vectors, and what is
        known of rows: ``trials`` of counts.
    mains
        The predictors; None: they are logs of mean shares over the reference's.
    mean_shares
        Of the predictors and the parameters.
    moments
        As of a ``Family``; None: the predictors of all rows together.
    """
    count, whole = len(names) + 1, "trials" in known
    mains = predictors(names) if mains is None else mains
    beside = tuple(one.name for one in dpars)
    inside = {one for vector in vectors for one in vector}
    others = tuple(one for one in beside if one not in inside)
    own = DensityArguments((names, *vectors), others)
    given = DensityArguments(own.vectors, (*others, *known))

    def flat(m: Any, *values: Any) -> Any:
        return density(m, values[:count], *given.grouped(values[count:]))

    def drawn(rng: np.random.Generator, *values: Array, **by_name: Array) -> Array:
        """Draw responses."""
        return simulate(rng, *given.read(*values, **by_name))

    def chances(*values: Array, **by_name: Array) -> Array:
        """Return the mean share of each category."""
        return mean_shares(*own.read(*values, **by_name))

    def counts(*values: Array, **by_name: Array) -> Array:
        """Return the mean count of each category."""
        *rest, trials = given.read(*values, **by_name)
        return np.asarray(np.asarray(trials)[..., None] * mean_shares(*rest))

    own_moments = moments_of_counts if whole else moments_of_shares
    return Family(
        name=made_name(name, names),
        title=title,
        response="composition",
        links=(mains[0].link,),
        dpars=(*mains[1:], *dpars),
        predictor=names[0],
        support="counts: whole numbers from 0 on that add up to the trials"
        if whole
        else "shares above 0 and below 1 that add up to 1",
        in_support=whole_counts if whole else shares_inside,
        moments=own_moments if moments is None else moments,
        log_density=_log_density(flat, count, given.names),
        density=flat,
        simulate=drawn,
        mean=counts if whole else chances,
        shares=chances,
        parts=count,
        observe=_graph(flat, count, given, draw, whole=whole),
        source=_script(name, given, text, whole=whole),
        mains=mains,
        by_response=(lambda categories: make(names_of(categories)))
        if names == (MU,)
        else None,
        known=known,
        of_each=of_each,
        called=name,
        measure=measure,
        doc=doc,
    )


def _log_density(
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


def _graph(
    density: DensityFunction,
    parts: int,
    of: DensityArguments,
    draw: Callable[..., Any],
    *,
    whole: bool,
) -> Observe:
    """Return the PyMC form: a ``pm.CustomDist`` of vectors.

    ``draw`` is as that of ``composition``; ``whole`` says whether responses are whole
    numbers.
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

        def logp(value: Any, *given: Any) -> Any:
            value = pt.cast(value, "float64")
            columns = [value[..., place] for place in range(parts)]
            flat = [
                given[k][..., place]
                for k, one in enumerate(of.vectors)
                for place in range(len(one))
            ]
            return density(Tensors(pt), *columns, *flat, *given[len(of.vectors) :])

        def drawn(*given: Any) -> Any:
            *more, size = given
            return draw(pm, pt, *more, size=size)

        stacked = [
            pt.stack(pt.broadcast_arrays(*(arguments[one] for one in vector)), axis=-1)
            if vector
            else pt.zeros(0)
            for vector in of.vectors
        ]
        return pm.CustomDist(
            name,
            *stacked,
            *(arguments[one] for one in of.others),
            logp=logp,
            dist=drawn,
            signature=of.slots,
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


def _script(name: str, of: DensityArguments, text: str, *, whole: bool) -> SourceText:
    """Return the form in a script: ``NAME_logp`` and ``NAME_draw`` are in its text."""
    vectors = []
    for vector in of.vectors:
        fields = ", ".join(f"{{{one}}}" for one in vector)
        stacked = f"pt.stack(pt.broadcast_arrays({fields}), axis=-1)"
        vectors.append(stacked if vector else "pt.zeros(0)")
    first, *others = [*vectors, *(f"{{{one}}}" for one in of.others)]
    rest = "".join(f" {one}," for one in others)
    kind = ' dtype="int64",' if whole else ""
    return SourceText(
        f"""pm.CustomDist(
    {{name}}, {first},{rest}
    logp={name}_logp, dist={name}_draw, signature="{of.slots}",{kind}
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
    return np.asarray(np.clip(found, TINY, MOST))


def drawn_counts(rng: np.random.Generator, trials: Array, chances: Array) -> Array:
    """Draw counts of categories with these chances."""
    number = np.asarray(trials).astype(np.int64)
    rows = np.broadcast_shapes(chances.shape[:-1], number.shape)
    drawn = rng.multinomial(
        np.broadcast_to(number, rows),
        np.broadcast_to(chances, (*rows, chances.shape[-1])),
    )
    return np.asarray(drawn).astype(np.int64)
