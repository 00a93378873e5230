"""Families that a program adds to the language: records made of a density.

``own_family`` makes a record as those of the language have, of a density over the
operations ``m`` (``distributions/density``): the kernel with its slopes, the graph and
the script are readings of that one text. ``checks.py`` holds it against itself.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import weighted
from ..data.weighted import Counts
from ..distributions.density.arrays import ARRAYS, log_density
from ..distributions.density.operations import DensityFunction
from ..distributions.density.tensors import Tensors
from ..distributions.quantiles import middle_and_spread
from ..distributions.table import DISTRIBUTIONS, SUPPORTS
from .family import Array, DefaultPrior, Dpar, Family, Moments, SourceText
from .link import LINKS

__all__ = [
    "fingerprint",
    "naming",
    "own_families",
    "own_family",
    "own_names",
    "registered",
]

FamiliesByName = Mapping[str, Family]

#: What rows may bring along: whole numbers and numbers.
KNOWN = ("trials", "vint1", "vint2", "vint3", "vreal1", "vreal2", "vreal3")
_INVERSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "identity": lambda m, x: x,
    "log": lambda m, x: m.exp(x),
    "logit": lambda m, x: m.sigmoid(x),
}
#: The link of a formula for a parameter, by where it lives.
_LINKS = {"real": "identity", "positive": "log", "unit": "logit"}
#: Names that stand for something else in results.
_TAKEN = frozenset({"Intercept", "b", "sd", "cor", "r", "threshold", "eta", "y"})


def own_family(
    name: str,
    density: DensityFunction,
    *,
    link: Literal["identity", "log", "logit"] = "identity",
    dpars: Mapping[str, str] | None = None,
    response: Literal["continuous", "count", "successes"] = "continuous",
    known: Iterable[str] = (),
    simulate: Callable[..., Any],
    mean: Callable[..., Any],
    in_support: Callable[..., Any] | None = None,
    support: str = "",
    predictor: str = "mu",
    doc: str = "",
) -> Family:
    """Return the record of a family of the caller's, not yet held against itself.

    The arguments are those of ``varying.Family``, which documents them and lets
    ``own_checks`` look at what is made here.

    Raises
    ------
    ValueError, TypeError
        If something is missing, or does not fit the rest.
    """
    own, rows = dict(dpars or {}), tuple(known)
    _check_names(name, predictor, own, rows)
    if link not in _INVERSES:
        raise ValueError(f"link is one of {', '.join(_INVERSES)}, not {link!r}")
    if response not in ("continuous", "count", "successes"):
        raise ValueError(
            f"response is continuous, count or successes, not {response!r}"
        )
    if response == "successes" and "trials" not in rows:
        raise ValueError("successes are out of trials: known=('trials',)")
    parameters = (predictor, *own)
    names, inverse = (*parameters, *rows), _INVERSES[link]

    def on_link(m: Any, y: Any, *given: Any) -> Any:
        return density(m, y, inverse(m, given[0]), *given[1:])

    def natural(given: tuple[Any, ...], by_name: Mapping[str, Any]) -> list[Any]:
        whole = [*given, *(by_name[one] for one in names[len(given) :])]
        with np.errstate(over="ignore"):
            first = inverse(ARRAYS, np.asarray(whole[0], dtype=float))
        return [first, *whole[1:]]

    def drawn(rng: np.random.Generator, *given: Any, **by_name: Any) -> Array:
        """Draw responses."""
        whole = np.broadcast_arrays(*natural(given, by_name))
        found = np.asarray(simulate(rng, *whole))
        return found if response == "continuous" else found.astype(np.int64)

    def means(*given: Any, **by_name: Any) -> Array:
        """Mean response."""
        return np.asarray(mean(*natural(given, by_name)))

    def possible(y: Array, **of: Array) -> NDArray[np.bool_]:
        """Whether a response is possible."""
        if in_support is not None:
            return np.asarray(in_support(y, *(of[one] for one in rows)), dtype=bool)
        if response == "continuous":
            return np.isfinite(y)
        counts: NDArray[np.bool_] = np.isfinite(y) & (y >= 0) & (y == np.floor(y))
        return counts & (y <= of["trials"]) if response == "successes" else counts

    made = log_density(on_link, names)

    def read(y: Array, *given: Array, **by_name: Array) -> Array:
        """Log density of each row; no number, or none that is finite, far out."""
        with np.errstate(all="ignore"):
            return made(y, *given, **by_name)

    whole = response != "continuous"
    words = {
        "continuous": "any number",
        "count": "counts: whole numbers, 0 among them",
        "successes": "successes: whole numbers from 0 to the number of trials",
    }
    return Family(
        name=name,
        title=f"{name} distribution",
        response=response,
        links=(link,),
        dpars=tuple(_dpar(one, text) for one, text in own.items()),
        predictor=predictor,
        support=support or words[response],
        in_support=possible,
        moments=_moments(link, rows),
        log_density=read,
        density=on_link,
        simulate=drawn,
        mean=means,
        observe=_graph(on_link, names, drawn, whole=whole),
        source=_script(name, on_link, names, whole=whole),
        doc=doc or f"A family of your own: ``{name}``.",
        known=rows,
        own=True,
    )


def _check_names(
    name: str, predictor: str, dpars: Mapping[str, str], known: tuple[str, ...]
) -> None:
    from . import FAMILY_SPELLINGS

    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"{name!r} is no name of a family: letters, digits and _")
    if name in FAMILY_SPELLINGS:
        raise ValueError(f"the language has a family {name!r} already")
    for one in (predictor, *dpars):
        if not isinstance(one, str) or not one.isidentifier() or "_" in one:
            raise ValueError(f"{one!r} is no name of a parameter: letters and digits")
        if one in _TAKEN and one != "eta":
            raise ValueError(f"a parameter cannot be called {one!r}")
    if predictor in dpars:
        raise ValueError(f"{predictor!r} is the main parameter, and among dpars too")
    unknown = [one for one in known if one not in KNOWN]
    if unknown:
        raise ValueError(
            f"known is of {', '.join(KNOWN)}, and not {unknown[0]!r}: rows bring "
            "numbers along by `vint(n)`, `vreal(x)` and `trials(n)`"
        )


def _dpar(name: str, text: str) -> Dpar:
    """Return a parameter by its default prior."""
    distribution, arguments = _prior(name, text)
    row = DISTRIBUTIONS[distribution]
    bounds = row.bounds(dict(arguments))
    support = next((one for one, found in SUPPORTS.items() if found == bounds), None)
    if support not in _LINKS:
        raise ValueError(
            f"dpars: `{text}` of {name!r} is over {bounds[0]:g} to {bounds[1]:g}; a "
            "parameter is any number, above 0, or between 0 and 1"
        )
    link = _LINKS[support]
    found = middle_and_spread(distribution, dict(arguments), None, None)
    middle = LINKS[link].forward(found[0]) if found is not None else 0.0
    prior = DefaultPrior(distribution, arguments, "the default of the family")
    return Dpar(name, link, support, name, lambda _: prior, lambda _: middle)


def _prior(name: str, text: str) -> tuple[str, tuple[tuple[str, float], ...]]:
    wrong = ValueError(
        f"dpars: {name!r} has a default prior such as 'exponential(1)', not {text!r}"
    )
    try:
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        row = DISTRIBUTIONS[node.func.id]
        known = [one.name for one in row.arguments]
        values = dict(zip(known, map(ast.literal_eval, node.args), strict=False))
        assert len(node.args) <= len(known)
        for keyword in node.keywords:
            assert keyword.arg in known and keyword.arg not in values
            values[keyword.arg] = ast.literal_eval(keyword.value)
        for one in row.arguments:
            if one.name not in values:
                assert one.default is not None
                values[one.name] = one.default
        return row.name, tuple((one, float(values[one])) for one in known)
    except (SyntaxError, AssertionError, KeyError, ValueError, TypeError):
        raise wrong from None


def _moments(link: str, known: tuple[str, ...]) -> Callable[..., Moments]:
    """Return centre and spread of responses on the scale of a link."""
    totals = next((one for one in known if one in ("trials", "vint1")), None)

    def moments(y: Array, count: Counts = None, **of: Array) -> Moments:
        """Return the link of the mean response; the spread of the response, or 1."""
        mean = weighted.mean(y, count)
        if link == "identity":
            return Moments(mean, weighted.sd(np.asarray(y, float), count) or 1.0)
        if link == "log":
            return Moments(float(np.log(max(mean, 1e-3))), 1.0)
        if totals is not None:
            mean = mean / max(weighted.mean(np.asarray(of[totals], float), count), 1e-9)
        share = min(max(mean, 1e-3), 1.0 - 1e-3)
        return Moments(float(np.log(share / (1.0 - share))), 1.0)

    return moments


def _graph(
    density: DensityFunction, names: tuple[str, ...], simulate: Any, *, whole: bool
) -> Callable[..., Any]:
    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``: the density as written, draws by NumPy."""

        def logp(value: Any, *given: Any) -> Any:
            return density(Tensors(pt), value, *given)

        def random(*given: Any, rng: Any = None, size: Any = None) -> Any:
            whole = [np.broadcast_to(one, size or np.shape(one)) for one in given]
            return simulate(rng, *whole)

        return pm.CustomDist(
            name,
            *(arguments[one] for one in names),
            logp=logp,
            random=random,
            dtype="int64" if whole else "float64",
            observed=observed,
            dims=dims,
        )

    return observe


def _script(
    name: str, density: DensityFunction, names: tuple[str, ...], *, whole: bool
) -> SourceText:
    """Return the form in a script, which has the density alone."""

    def helpers() -> str:
        from ..distributions.density.text import definitions

        document = f"Log density of {name}"
        return definitions(f"{name}_logp", density, ("value", *names), document)

    fields = ", ".join(f"{{{one}}}" for one in names)
    kind = ' dtype="int64",' if whole else ""
    return SourceText(
        f"pm.CustomDist(\n    {{name}}, {fields},\n    logp={name}_logp,{kind}\n"
        "    observed={observed}, dims={dims},\n)",
        helpers,
    )


# ---- which family a name means -------------------------------------------------------

#: Records by the names that programs have for them: each is there once.
_REGISTERED: dict[str, Family] = {}
_NONE: FamiliesByName = MappingProxyType({})
#: Those that the specs that are being compiled may name.
_NAMED: ContextVar[FamiliesByName] = ContextVar("own families", default=_NONE)


def own_families(
    families: FamiliesByName | Iterable[Family] | None,
) -> dict[str, Family]:
    """Return families of the caller's by the names that a spec has for them.

    A record is kept for as long as the process is: programs name it. Another one of
    the same name has a number behind it there.

    Raises
    ------
    TypeError, ValueError
        If one is no record of ``varying.Family``, or its name is another's.
    """
    if families is None:
        return {}
    if isinstance(families, Mapping):
        given = dict(families)
    else:
        listed = [families] if isinstance(families, Family) else list(families)
        given = {one.name: one for one in listed if isinstance(one, Family)}
        if len(given) < len(listed):
            raise TypeError("families: pass what varying.Family() returns")
    for name, one in given.items():
        if not isinstance(one, Family) or not one.own:
            raise TypeError(
                f"families: {name!r} is no family of yours: pass what "
                "varying.Family() returns"
            )
        if name != one.name:
            raise ValueError(
                f"families: {name!r} is called {one.name!r} in its own record"
            )
    return {name: _registered(one) for name, one in given.items()}


def _registered(family: Family) -> Family:
    number, name = 1, family.name
    while name in _REGISTERED and not _same(_REGISTERED[name], family):
        number += 1
        name = f"{family.name}#{number}"
    return _REGISTERED.setdefault(name, replace(family, name=name))


def _same(one: Family, other: Family) -> bool:
    return one.simulate is other.simulate


def registered(name: str) -> Family | None:
    """Return the record that a program names; None if it is none of the caller's."""
    return _REGISTERED.get(name)


@contextmanager
def naming(families: FamiliesByName) -> Iterator[None]:
    """Let specs name these families."""
    token = _NAMED.set(families)
    try:
        yield
    finally:
        _NAMED.reset(token)


def named(text: str) -> Family | None:
    """Return the family of the caller's that a spec names so."""
    return _NAMED.get().get(text)


def names() -> tuple[str, ...]:
    """Return the names of the caller's families."""
    return tuple(_NAMED.get())


def own_names(families: Iterable[Family]) -> FamiliesByName:
    """Return those that are the caller's, by what specs call them.

    Components of mixtures are among them.
    """
    each = (member for one in families for member in (one.components or (one,)))
    found = (_REGISTERED.get(one.name) for one in each)
    return {plain_name(one): one for one in found if one is not None}


def plain_name(family: Family) -> str:
    """Return what specs call a family."""
    return family.name.partition("#")[0] if family.own else family.name


def fingerprint(family: Family) -> str:
    """Return a hash of what a family computes: its density and its parameters."""
    from ..distributions.density.text import definitions

    assert family.density is not None
    parameters = (family.predictor, *(one.name for one in family.dpars))
    names = ("value", *parameters, *family.known)
    text = definitions("density", family.density, names, "")
    said = [text, family.response, *family.links]
    said += [f"{one.name} {one.link} {one.support}" for one in family.dpars]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
