"""Responses of several families at once: which of them a row is of is not known.

``mixture(gaussian, student)`` is made of the records of its components: their
parameters have a number behind, ``mu1``, ``sigma1``, ``mu2``, and ``theta1`` is the
share of the first. With more than two, ``theta2`` is the share of the second among
those that are not of the first, and so on.

Where shares have formulas, ``mixture(gaussian, gaussian, gaussian)[theta2, theta3]``,
these are the logs of their odds against the component without one. Of two components
``theta2`` is the share of the second then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ..between import by_shares
from ..family import Array, DefaultPrior, Dpar, Family, Moments
from ..written import readings_by_numpy
from .limits import is_whole
from .mixed_tails import tails_of

__all__ = ["MIXTURE", "fault", "mixture", "named"]

MIXTURE = "mixture"
_OPEN, _CLOSE = f"{MIXTURE}(", ")"
#: Of the default priors of residual scales, gamma with this shape, and of shares,
#: Dirichlet: wider ones have posteriors with several modes (``docs/decisions/0006``).
_SHAPE, _EACH = 4.0, 2.0
#: Kinds of responses that are mixed.
_KINDS = ("continuous", "count")


def named(families: Mapping[str, Family], name: str) -> Family | None:
    """Return the family that such a name means; None: it is none."""
    whole, _, told = name.partition("[")
    if told and not told.endswith("]"):
        return None  # it has limits
    if not (whole.startswith(_OPEN) and whole.endswith(_CLOSE)):
        return None
    names = whole[len(_OPEN) : -len(_CLOSE)].split(", ")
    shares = tuple(told.removesuffix("]").split(", ")) if told else ()
    return mixture(tuple(families[one] for one in names), shares)


def fault(components: Sequence[Family]) -> str | None:
    """Return why families cannot be mixed; None: they can."""
    if len(components) < 2:
        return "a mixture has two components or more"
    for one in components:
        whole = one.density is not None and not (one.thresholds or one.mains)
        whole = whole and not any(dpar.within for dpar in one.dpars)
        if not whole or one.response not in _KINDS or one.known:
            return f"`{one.shown}` is no component of a mixture in this version"
        if one.default_link:
            return (
                f"a component has the link of its density, `{one.links[0]}` of "
                f"`{one.shown}`, and `{one.default_link}` is the default of its record"
            )
    if len({one.response for one in components}) > 1:
        return "a mixture is of numbers or of counts, and not of both"
    return None


def _main(family: Family, number: int, place: int) -> Dpar:
    link = family.links[0]
    return Dpar(
        f"mu{number}",
        link=link,
        support="real",
        meaning=f"main predictor of component {number}, {family.name}",
        default=lambda m: DefaultPrior(
            "normal", (("mu", m.each[place].m), ("sigma", m.each[place].s)), ""
        ),
        center=lambda m: m.each[place].m,
    )


def _numbered(dpar: Dpar, number: int, family: Family, count: int) -> Dpar:
    """Return a parameter of a component, in terms of its moments.

    These are of all rows: a residual scale of one of several components is smaller.
    """

    def own(moments: Moments) -> Moments:
        return moments.each[number - 1]

    def default(moments: Moments) -> DefaultPrior:
        prior = dpar.default(own(moments))
        if dpar.name == "sigma" and prior.distribution == "exponential":
            rate = _SHAPE * count * dict(prior.arguments)["rate"]
            shared = (("alpha", _SHAPE), ("beta", rate))
            return DefaultPrior("gamma", shared, f"{prior.reason} over {count}")
        return replace(prior, half=f"{prior.half}{number}") if prior.half else prior

    return replace(
        dpar,
        name=f"{dpar.name}{number}",
        meaning=f"{dpar.meaning}, of component {number}, {family.name}",
        default=default,
        center=lambda moments: (
            dpar.center(own(moments)) - (math.log(count) if dpar.name == "sigma" else 0)
        ),
        # a response before the shift of one is of another
        below=False,
    )


def _share(number: int, count: int) -> Dpar:
    """Return the share of a component among those from it on."""
    rest = count - number

    def default(_: Moments) -> DefaultPrior:
        return DefaultPrior(
            "beta",
            (("alpha", _EACH), ("beta", _EACH * rest)),
            "no component is without rows, no other is preferred",
        )

    of = "" if number == 1 else f" of those that are not of 1 to {number - 1}"
    return Dpar(
        f"theta{number}",
        link="logit",
        support="unit",
        meaning=f"share of component {number}{of}",
        default=default,
        center=lambda _: 0.0 - math.log(rest),
    )


def _told(name: str, count: int) -> Dpar:
    """Return a share that has a formula, against that of the one without."""
    of_two = count == 2
    number = name.removeprefix("theta")
    return Dpar(
        name,
        link="logit" if of_two else "identity",
        support="unit" if of_two else "real",
        meaning=f"share of component {number}"
        if of_two
        else f"log of the odds of component {number} against the one without a formula",
        default=lambda _: DefaultPrior("normal", (("mu", 0.0), ("sigma", 1.0)), ""),
        center=lambda _: 0.0,
        spread=1.0,
    )


def _log_shares(m: Any, told: Sequence[int], count: int, thetas: Sequence[Any]) -> Any:
    """Return the logs of the shares of all components; ``told`` are places."""
    if not told:
        found, rest = [], 0.0
        for theta in thetas:
            found.append(rest + m.log(theta))
            rest = rest + m.log1p(-theta)
        return [*found, rest]
    if count == 2:
        (theta,) = thetas
        found = [m.log1p(-theta), m.log(theta)]
        return found if told[0] == 1 else found[::-1]
    known = dict(zip(told, thetas, strict=True))
    odds = [known.get(place, 0.0) for place in range(count)]
    total = odds[0]
    for one in odds[1:]:
        total = m.logaddexp(total, one)
    return [one - total for one in odds]


def _shares_text(told: Sequence[int], thetas: Sequence[str], count: int) -> str:
    """Return lines of a script that make a list ``shares``: ``_log_shares`` there."""
    if not told:
        before = [f"(1 - {theta})" for theta in thetas]
        each = [" * ".join((*before[:k], one)) for k, one in enumerate(thetas)]
        each.append(" * ".join(before))
    elif count == 2:
        (theta,) = thetas
        each = [f"1 - {theta}", theta] if told[0] == 1 else [theta, f"1 - {theta}"]
    else:
        known = dict(zip(told, thetas, strict=True))
        odds = [f"pt.exp({known[k]})" if k in known else "1" for k in range(count)]
        total = " + ".join(odds)
        each = [f"{one} / ({total})" for one in odds]
    return f"    shares = [{', '.join(each)}]"


@cache
def mixture(components: tuple[Family, ...], told: tuple[str, ...] = ()) -> Family:
    """Return the family whose rows are each of one of several families.

    ``told`` are the shares that have formulas; none: those of two or more are numbers,
    or the first of two has one.
    """
    wrong = fault(components)
    if wrong is not None:
        raise ValueError(wrong)
    if told == ("theta1",) and len(components) == 2:
        return mixture(components)
    numbers = range(1, len(components) + 1)
    mains = tuple(
        _main(one, number, number - 1)
        for number, one in zip(numbers, components, strict=True)
    )
    own = tuple(
        _numbered(dpar, number, one, len(components))
        for number, one in zip(numbers, components, strict=True)
        for dpar in one.dpars
    )
    count = len(components)
    shares = tuple(_share(number, count) for number in numbers[:-1])
    shares = tuple(_told(name, count) for name in told) or shares
    dpars = (*mains[1:], *own, *shares)
    names = (mains[0].name, *(one.name for one in dpars))
    places = [
        [
            names.index(f"mu{number}"),
            *(names.index(f"{dpar.name}{number}") for dpar in one.dpars),
        ]
        for number, one in zip(numbers, components, strict=True)
    ]
    first_share = len(names) - len(shares)
    of_told = tuple(int(name.removeprefix("theta")) - 1 for name in told)

    def each_density(m: Any, y: Any, given: Sequence[Any]) -> list[Any]:
        """Return the logs of what each component adds to the density."""
        logs = _log_shares(m, of_told, count, given[first_share:])
        found = []
        for one, own_places, share in zip(components, places, logs, strict=True):
            assert one.density is not None
            part = one.density(m, y, *(given[at] for at in own_places))
            found.append(part + share)
        return found

    def density(m: Any, y: Any, *given: Any) -> Any:
        total, *rest = each_density(m, y, given)
        for one in rest:
            total = m.logaddexp(total, one)
        return total

    def read(given: Sequence[Any], by_name: Mapping[str, Any]) -> list[Any]:
        return [*given, *(by_name[name] for name in names[len(given) :])]

    def shares_of(whole: Sequence[Any]) -> list[Array]:
        thetas = [np.asarray(one, dtype=float) for one in whole[first_share:]]
        with np.errstate(divide="ignore"):
            logs = _log_shares(ARRAYS, of_told, count, thetas)
        return [np.exp(one) for one in logs]

    def members(y: Array, *given: Array, **by_name: Array) -> Array:
        """Return the probability that a response is of each component, an axis more."""
        whole = [np.asarray(one, dtype=float) for one in read(given, by_name)]
        with np.errstate(all="ignore"):
            logs = each_density(ARRAYS, np.asarray(y), whole)
        return by_shares(logs)

    def split(**by_name: Array) -> list[tuple[Array, dict[str, Array]]]:
        """Return the share and the parameters of each component."""
        whole = read((), by_name)
        own_names = [
            (c.predictor, *(dpar.name for dpar in c.dpars)) for c in components
        ]
        return [
            (share, {n: whole[at] for n, at in zip(own, own_places, strict=True)})
            for share, own, own_places in zip(
                shares_of(whole), own_names, places, strict=True
            )
        ]

    def simulate(rng: np.random.Generator, *given: Array, **by_name: Array) -> Array:
        """Draw a response of one of the components."""
        whole = np.broadcast_arrays(*read(given, by_name))
        chosen = rng.random(whole[0].shape)
        below: Any = 0.0
        found: Array | None = None
        for one, at, share in zip(components, places, shares_of(whole), strict=True):
            drawn = one.simulate(rng, *(whole[place] for place in at))
            found = drawn if found is None else np.where(chosen < below, found, drawn)
            below = below + share
        assert found is not None
        return np.asarray(found)

    def mean(*given: Array, **by_name: Array) -> Array:
        """Mean response: that of the components, by their shares."""
        whole = read(given, by_name)
        parts = [
            share * one.mean(*(whole[place] for place in at))
            for one, at, share in zip(components, places, shares_of(whole), strict=True)
        ]
        return np.asarray(sum(parts))

    def moments(y: Array, count: Counts = None) -> Moments:
        """Return those of each component, as if all rows were of it."""
        each = tuple(one.moments(y, count) for one in components)
        return replace(each[0], each=each)

    def in_support(y: Array) -> NDArray[np.bool_]:
        """Whether a response is one of all components."""
        return np.asarray(np.all([one.in_support(y) for one in components], axis=0))

    more = f"[{', '.join(told)}]" if told else ""
    title = " and ".join(one.name for one in components)
    name, shown = (
        f"{_OPEN}{', '.join(each)}{_CLOSE}{more}"
        for each in ([c.name for c in components], [c.shown for c in components])
    )
    return Family(
        name=name,
        called="" if shown == name else shown,
        title=f"mixture of {title}",
        response=components[0].response,
        links=(components[0].links[0],),
        dpars=dpars,
        predictor=mains[0].name,
        support=" and ".join(dict.fromkeys(one.support for one in components)),
        in_support=in_support,
        moments=moments,
        simulate=simulate,
        mean=mean,
        **readings_by_numpy(
            *(MIXTURE, density, names, simulate, "Log density of a mixture"),
            whole=is_whole(components[0]),
        ),
        tails=tails_of(
            components,
            places,
            names,
            lambda m, given: _log_shares(m, of_told, count, given[first_share:]),
            _shares_text(of_told, names[first_share:], count),
        ),
        mains=mains,
        alike=len({one.name for one in components}) == 1,
        components=components,
        members=members,
        split=split,
        doc="""Rows that are each of one of several families, and nobody says of which.

.. math:: f(y) = \\sum_{k=1}^K \\theta_k f_k(y), \\quad \\sum_{k=1}^K \\theta_k = 1

Parameters: those of each component with its number behind: ``mu1``, ``sigma1``,
``mu2``, ``sigma2``; and shares. ``theta1`` is that of the first component, and of three
or more ``theta2`` is that of the second among the rows that are not of the first, and
so on, so that the last one has what is left. Reference: McLachlan & Peel (2000), Finite
mixture models.
""",
    )
