"""Thresholds of each item's own: ``y | thres(gr=item)``.

A family of this kind is made of another one, whose thresholds all rows share: a row
looks at those of its item. They stand in one vector, those of an item side by side;
``cuts`` says how many each item has, and ``item`` which one a row is of. The gap of a
threshold to the next one stands at its place, and behind the last of an item any
number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...distributions.density.latent import category
from ...distributions.density.tensors import Tensors
from ..family import Array, Family, Moments, SourceText
from .cumulative import CUMULATIVE, NOISE
from .lowest import KINDS, Lowest
from .ordlogit import FAR

#: What stands behind the name of a family whose thresholds are those of items.
ITEMS = "thres"
#: Of a family with thresholds, what is no number of each row.
VECTORS = ("threshold", "gap", "cuts")


def by_item(base: Family) -> Family:
    """Return the family of a response whose items have thresholds of their own."""

    def apart(
        given: Mapping[str, Array], y: Array | None = None
    ) -> Iterator[tuple[NDArray[np.int64], int, dict[str, Array], Array | None]]:
        """Yield the rows of each item, how many thresholds it has, and their values."""
        # the same at all draws
        item = np.asarray(given["item"], dtype=np.int64)
        item = item.reshape(-1, item.shape[-1])[0]
        cuts = np.asarray(given["cuts"], dtype=np.int64)
        first = np.cumsum(cuts) - cuts
        rows = len(item)

        def of(value: Array, at: NDArray[np.int64]) -> Array:
            value = np.asarray(value)
            by_row = value.ndim > 0 and value.shape[-1] == rows
            return np.asarray(value[..., at]) if by_row else value

        for one in np.unique(item).tolist():
            at = np.flatnonzero(item == one)
            own = {n: of(v, at) for n, v in given.items() if n not in _OWN}
            if "effects" in given:
                # an effect of the k-th threshold of any item
                own["effects"] = np.asarray(given["effects"])[..., at, : int(cuts[one])]
            low, count = int(first[one]), int(cuts[one])
            own["threshold"] = np.asarray(given["threshold"])[..., low : low + count]
            if "gap" in given:
                own["gap"] = np.asarray(given["gap"])[..., low : low + count - 1]
            yield at, count, own, None if y is None else of(y, at)

    def whole(given: Mapping[str, Array], pieces: list[Any], *more: Any) -> Array:
        plain = (v for n, v in given.items() if n not in (*VECTORS, "effects"))
        shape = np.broadcast_shapes(*map(np.shape, (*plain, *more)))
        found = np.empty(shape, dtype=np.result_type(*(piece for _, piece in pieces)))
        for at, piece in pieces:
            found[..., at] = piece
        return found

    def log_density(y: Array, **given: Array) -> Array:
        """Log probability of each row's category; of one that its item lacks, none."""
        y, pieces = np.asarray(y), []
        for at, count, own, ranks in apart(given, y):
            assert ranks is not None
            last = count + base.apart
            inside = base.log_density(np.minimum(ranks, last), **own)
            pieces.append((at, np.where(ranks > last, -np.inf, inside)))
        return whole(given, pieces, y)

    def simulate(rng: np.random.Generator, **given: Array) -> Array:
        """Draw ranks, each among those of its item."""
        pieces = []
        for at, _, own, _ in apart(given):
            shape = np.broadcast_shapes(
                at.shape,
                *(
                    np.shape(v)
                    for n, v in own.items()
                    if n not in (*VECTORS, "effects")
                ),
            )
            own["eta"] = np.broadcast_to(own["eta"], shape)
            pieces.append((at, base.simulate(rng, **own)))
        return whole(given, pieces)

    def mean(**given: Array) -> Array:
        """Mean rank; here for checks, and not reported."""
        return whole(given, [(at, base.mean(**own)) for at, _, own, _ in apart(given)])

    def in_support(y: Array, **known: Array) -> NDArray[np.bool_]:
        """Tell ranks of categories."""
        return base.in_support(y)

    return replace(
        base,
        name=f"{base.name} | {ITEMS}",
        aliases=(),
        links=(base.links[0],),
        under={},
        items=True,
        known=("item", "cuts"),
        in_support=in_support,
        moments=_moments(base),
        log_density=log_density,
        simulate=simulate,
        mean=mean,
        observe=_observe(base),
        source=_source(base),
        at_once=None,
        many_draws=True,
    )


def _moments(base: Family) -> Callable[..., Moments]:
    def moments(
        y: Array, count: Any = None, *, categories: int, **known: Array
    ) -> Moments:
        """Return those of the responses as if all items had the same thresholds."""
        return base.moments(y, count, categories=categories)

    return moments


_OWN = frozenset({"item", "cuts", "threshold", "gap", "effects"})


# ---- a graph -------------------------------------------------------------------------

#: Links of the cumulative families, and what is done with the lowest category.
CUMULATIVE_OF: Mapping[str, tuple[str, Lowest | None]] = {
    **{CUMULATIVE.name: (CUMULATIVE.links[0], None)},
    **{name: (link, None) for link, (name, _) in CUMULATIVE.under.items()},
    **{
        (kind.name if link == "logit" else f"{kind.name}_{link}"): (
            link,
            replace(kind, link=link),
        )
        for kind in KINDS
        for link in CUMULATIVE.links
    },
}


def placed(pt: Any, value: Any, item: Any, cuts: Any) -> tuple[Any, Any, Any, Any]:
    """Return where the thresholds around a rank are, and which ends there are none of.

    The places of the upper one and of the lower one, and whether the rank is the lowest
    or the highest of its item.
    """
    last = cuts[item]
    first = (pt.cumsum(cuts) - cuts)[item]
    lowest, highest = pt.le(value, 0), pt.ge(value, last)
    upper = first + pt.clip(value, 0, last - 1)
    lower = first + pt.clip(value - 1, 0, last - 1)
    return upper, lower, lowest, highest


def beside(pt: Any, threshold: Any, item: Any, cuts: Any) -> tuple[Any, Any]:
    """Return the thresholds of each row behind it, and which of them its item has."""
    first, each = (pt.cumsum(cuts) - cuts)[item], pt.arange(pt.max(cuts))
    places = pt.minimum(first[:, None] + each, threshold.shape[-1] - 1)
    return threshold[places], pt.lt(each, cuts[item][:, None])


_TEXT = '''
def placed(value, item, cuts):
    """Where the thresholds around a rank are, and which ends there are none of."""
    last = cuts[item]
    first = (pt.cumsum(cuts) - cuts)[item]
    lowest, highest = pt.le(value, 0), pt.ge(value, last)
    upper = first + pt.clip(value, 0, last - 1)
    lower = first + pt.clip(value - 1, 0, last - 1)
    return upper, lower, lowest, highest


def beside(threshold, item, cuts):
    """The thresholds of each row behind it, and which of them its item has."""
    first, each = (pt.cumsum(cuts) - cuts)[item], pt.arange(pt.max(cuts))
    places = pt.minimum(first[:, None] + each, threshold.shape[-1] - 1)
    return threshold[places], pt.lt(each, cuts[item][:, None])
'''


def _order(base: Family, effects: bool = False) -> tuple[str, ...]:
    """Return the arguments of the graph in their order."""
    gap = () if base.steps is not None else ("gap",)
    return (
        *("eta", "threshold", *gap, "item", "cuts"),
        *(dpar.name for dpar in base.dpars),
        *(("effects",) if effects else ()),
    )


_SLOTS = {"threshold": "(b)", "gap": "(b)", "cuts": "(c)", "effects": "(e)"}


def _signature(names: Sequence[str]) -> str:
    return ",".join(_SLOTS.get(one, "()") for one in names) + "->()"


def _observe(base: Family) -> Callable[..., Any]:
    make = _cumulative_graph if base.steps is None else _steps_graph

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist`` of rows that look at the thresholds of items."""
        names = _order(base, "effects" in arguments)
        logp, draw = make(base, pm, pt)
        given = {"disc": np.float64(1.0), **arguments}
        given["cuts"] = pt.cast(pt.as_tensor_variable(given["cuts"]), "int64")
        return pm.CustomDist(
            name,
            *(given[one] for one in names),
            logp=lambda value, *rest: logp(value, **_named(names, rest)),
            dist=lambda *rest: draw(**_named((*names, "size"), rest)),
            signature=_signature(names),
            dtype="int64",
            observed=observed,
            dims=dims,
        )

    return observe


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _cumulative_graph(base: Family, pm: Any, pt: Any) -> tuple[Any, Any]:
    link, lowest = CUMULATIVE_OF[base.name]

    def logp(
        value: Any,
        eta: Any,
        threshold: Any,
        gap: Any,
        item: Any,
        cuts: Any,
        disc: Any,
        **share: Any,
    ) -> Any:
        rank = pt.maximum(value - base.apart, 0)
        above, below, first, last = placed(pt, rank, item, cuts)
        low, high = threshold[below], threshold[above]
        high = pt.switch(last, low + 1.0, high)
        low = pt.switch(first, high - 1.0, low)
        width = disc * pt.switch(first | last, 1.0, gap[below])
        over, under = disc * (high - eta), disc * (low - eta)
        own = category(Tensors(pt), link, first, last, over, under, width)
        if lowest is None:
            return own
        (chance,) = share.values()
        return lowest.written(Tensors(pt), pt.eq(value, 0), own, chance)

    def draw(
        eta: Any,
        threshold: Any,
        gap: Any,
        item: Any,
        cuts: Any,
        disc: Any,
        size: Any,
        **share: Any,
    ) -> Any:
        latent = eta + NOISE[link][1](pm, size) / disc
        each, there = beside(pt, threshold, item, cuts)
        cut = ((latent[..., None] > each) & there).sum(axis=-1) + base.apart
        for one in share.values():
            cut = pm.Bernoulli.dist(1.0 - one, size=size) * cut
        return cut

    return logp, draw


def _steps_graph(base: Family, pm: Any, pt: Any) -> tuple[Any, Any]:
    steps: Any = base.steps
    # where there is no threshold, the category before is the last
    beyond = -FAR if steps.adds_up else FAR

    def each(
        eta: Any, threshold: Any, item: Any, cuts: Any, disc: Any, effects: Any = None
    ) -> Any:
        found, there = beside(pt, threshold, item, cuts)
        scale = disc[..., None] if disc.ndim else disc
        over = eta[..., None] - pt.switch(there, found, 0.0)
        if effects is not None:
            over = over + effects[..., : found.shape[-1]]
        over = scale * over
        logits = pt.switch(there, steps.logits(Tensors(pt), over), beyond)
        none = pt.zeros_like(logits[..., :1])
        if steps.adds_up:
            sums = pt.concatenate([none, pt.cumsum(logits, axis=-1)], axis=-1)
            return sums - pt.logsumexp(sums, axis=-1, keepdims=True)
        passed = pt.cumsum(-pt.softplus(logits), axis=-1)
        before = pt.concatenate([none, passed], axis=-1)
        return before + pt.concatenate([-pt.softplus(-logits), none], axis=-1)

    def logp(value: Any, **given: Any) -> Any:
        return pt.take_along_axis(each(**given), value[..., None], axis=-1)[..., 0]

    def draw(size: Any, **given: Any) -> Any:
        return pm.Categorical.dist(p=pt.exp(each(**given)), size=size)

    return logp, draw


# ---- a script ------------------------------------------------------------------------


def _source(base: Family) -> SourceText:
    name = f"{base.name}_items"
    make = _cumulative_text if base.steps is None else _steps_text

    def helpers() -> str:
        return _TEXT + make(base, name, _order(base))

    def statement(disc: str, effects: bool = False) -> SourceText:
        names = _order(base, effects)
        texts = {"disc": disc, "cuts": 'pt.cast({cuts}, "int64")'}
        fields = ", ".join(texts.get(one, f"{{{one}}}") for one in names)
        return SourceText(
            f"pm.CustomDist(\n    {{name}}, {fields},\n"
            f"    logp={name}_logp, dist={name}_draw,\n"
            f'    signature="{_signature(names)}", dtype="int64",\n'
            "    observed={observed}, dims={dims},\n)",
            helpers,
        )

    when = [("disc", statement("{disc}"))]
    if base.steps is not None:
        when.insert(0, ("effects", statement("{disc}", True)))
    return replace(statement("1.0"), when=tuple(when))


def _cumulative_text(base: Family, name: str, names: Sequence[str]) -> str:
    from ...distributions.density.text import definitions

    link, lowest = CUMULATIVE_OF[base.name]

    def density(m: Any, lowest_: Any, *given: Any) -> Any:
        *rest, share = given if lowest is not None else (*given, None)
        own = category(m, link, *rest)
        return own if lowest is None else lowest.written(m, lowest_, own, share)

    share = [dpar.name for dpar in base.dpars if dpar.name != "disc"]
    of = ("lowest", "first", "last", "over", "under", "width", *share)
    document = "Log probability of a category, given as far as eta is"
    made = definitions(f"{name}_category", density, of, document)
    drawn = "".join(
        f"    cut = pm.Bernoulli.dist(1 - {one}, size=size) * cut\n" for one in share
    )
    given = ", ".join(names)
    more = f" + {base.apart}" if base.apart else ""
    less = f"pt.maximum(value - {base.apart}, 0)" if base.apart else "value"
    return f'''{made}

def {name}_logp(value, {given}):
    """Log P(rank = value) between the thresholds of a row's item."""
    above, below, first, last = placed({less}, item, cuts)
    low, high = threshold[below], threshold[above]
    high = pt.switch(last, low + 1.0, high)
    low = pt.switch(first, high - 1.0, low)
    width = disc * pt.switch(first | last, 1.0, gap[below])
    over, under = disc * (high - eta), disc * (low - eta)
    lowest = pt.eq(value, 0)
    return {name}_category({", ".join(of)})


def {name}_draw({given}, size):
    """Draw ranks: how many thresholds of the item lie below a latent draw."""
    latent = eta + {NOISE[link][2]} / disc
    each, there = beside(threshold, item, cuts)
    cut = ((latent[..., None] > each) & there).sum(axis=-1){more}
{drawn}    return cut
'''


def _steps_text(base: Family, name: str, names: Sequence[str]) -> str:
    steps: Any = base.steps
    made, curve, body = steps.parts_of_text()
    beyond = -FAR if steps.adds_up else FAR
    sign = "-" if steps.kind == "sratio" else ""
    given = ", ".join(names)
    return f'''{made}

def {name}_each({given}, effects=None):
    """Log probability of each category, behind the rows."""
    found, there = beside(threshold, item, cuts)
    over = eta[..., None] - pt.switch(there, found, 0.0)
    if effects is not None:
        over = over + effects[..., : found.shape[-1]]
    scaled = {sign}(disc[..., None] if disc.ndim else disc) * over
    logits = pt.switch(there, {curve}, {beyond:g})
    none = pt.zeros_like(logits[..., :1])
{body}


def {name}_logp(value, *parameters):
    """Log P(rank = value)."""
    each = {name}_each(*parameters)
    return pt.take_along_axis(each, value[..., None], axis=-1)[..., 0]


def {name}_draw(*parameters_and_size):
    """Draw ranks."""
    *parameters, size = parameters_and_size
    return pm.Categorical.dist(p=pt.exp({name}_each(*parameters)), size=size)
'''
