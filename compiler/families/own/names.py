"""Which family of the caller's a name means: in a spec, and in a program."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from types import MappingProxyType

from ..combined.limits import base_name, is_whole
from ..combined.mixture import MIXTURE
from ..family import Family
from ..written import script_alone
from .file import families_in

FamiliesByName = Mapping[str, Family]

#: Records by the names that programs have for them: each is there once.
_REGISTERED: dict[str, Family] = {}
_NONE: FamiliesByName = MappingProxyType({})
#: Those that the specs that are being compiled may name.
_NAMED: ContextVar[FamiliesByName] = ContextVar("own families", default=_NONE)


#: Families of the caller's, as they are passed: records, or files that make them.
type OwnFamilies = (
    FamiliesByName
    | Iterable[Family | str | os.PathLike[str]]
    | Family
    | str
    | os.PathLike[str]
    | None
)


def own_families(families: OwnFamilies) -> dict[str, Family]:
    """Return families of the caller's by the names that a spec has for them.

    A record is kept for as long as the process is: programs name it. Another one of
    the same name has a number behind it there.

    Raises
    ------
    TypeError, ValueError
        If one is no record of ``varying.Family``, or its name is another's.
    ModelError
        If a file makes none.
    """
    if families is None:
        return {}
    given: list[tuple[object, object]]
    if isinstance(families, Mapping):
        given = list(families.items())
    else:
        one_alone = isinstance(families, Family | str | os.PathLike)
        listed = [families] if one_alone else list(families)  # type: ignore[arg-type]
        given = [
            (getattr(one, "name", ""), one) for each in listed for one in _in(each)
        ]
    found: dict[str, Family] = {}
    for name, one in given:
        if not isinstance(one, Family) or not one.own:
            raise TypeError(
                f"families: {name or one!r} is no family of yours: pass what "
                "varying.Family() returns, or the path of a file that makes some"
            )
        if name in found:
            raise ValueError(
                f"families: two are called {name!r}; in Python a mapping gives one of "
                "them another name, families={'other': ...}"
            )
        check_name(name)
        assert isinstance(name, str)
        found[name] = _registered(_called(one, name))
    return found


def _called(family: Family, name: str) -> Family:
    """Return a family under another name, which its functions in a script have too."""
    if name in (family.name, plain_name(family)):
        return replace(family, name=name)
    assert family.density is not None
    names = (family.predictor, *(one.name for one in family.dpars), *family.known)
    document = f"Log density of {name}"
    source = script_alone(
        *(name, family.density, names, document), whole=is_whole(family)
    )
    return replace(family, name=name, title=f"{name} distribution", source=source)


def _in(given: object) -> Iterable[object]:
    """Return what a file makes; what is no file is itself."""
    return families_in(given) if isinstance(given, str | os.PathLike) else (given,)


def check_name(name: object) -> None:
    """Refuse what no spec can call a family."""
    from .. import FAMILY_SPELLINGS

    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"{name!r} is no name of a family: letters, digits and _")
    if name in FAMILY_SPELLINGS or name == MIXTURE:
        raise ValueError(f"the language has a family {name!r} already")


def _registered(family: Family) -> Family:
    number, name = 1, family.name
    while name in _REGISTERED and not _same(_REGISTERED[name], family):
        number += 1
        name = f"{family.name}#{number}"
    called = "" if name == family.name else family.name
    return _REGISTERED.setdefault(name, replace(family, name=name, called=called))


def _same(one: Family, other: Family) -> bool:
    return one.simulate is other.simulate


def handed_over(family: Family) -> tuple[str, tuple[str, str], str]:
    """Return by what another process finds a family: its name, file and hash.

    Raises
    ------
    PicklingError
        If no file makes it.
    """
    name = base_name(family.name)
    found = _REGISTERED.get(name)
    if found is None or found.home is None:
        raise pickle.PicklingError(
            f"the model has a family of yours, `{name.partition('#')[0]}`, which "
            "pickle cannot take to another process: compile the model there, or with "
            "the path of a file that makes it, families='FILE.py'"
        )
    return name, found.home, fingerprint(found)


def find_again(name: str, home: tuple[str, str], version: str) -> None:
    """Have a family here that another process handed over, from the file it is in.

    Raises
    ------
    ValueError
        If the file makes another one now.
    """
    found = _REGISTERED.get(name)
    if found is None:
        path, there = home
        one = next((each for each in families_in(path) if each.name == there), None)
        if one is not None:
            plain = name.partition("#")[0]
            found = replace(one, name=name, called="" if plain == name else plain)
    if found is None or fingerprint(found) != version:
        raise ValueError(
            f"`{name}` of `{home[0]}` is not the family that the model was compiled "
            "with: compile it again"
        )
    _REGISTERED.setdefault(name, found)


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
    found = (_REGISTERED.get(base_name(one.name)) for one in each)
    return {plain_name(one): one for one in found if one is not None}


def plain_name(family: Family) -> str:
    """Return what specs call a family."""
    return family.name.partition("#")[0] if family.own else family.name


def fingerprint(family: Family) -> str:
    """Return a hash of what a family computes: its density and its parameters."""
    from ...distributions.density.text import definitions

    assert family.density is not None
    parameters = (family.predictor, *(one.name for one in family.dpars))
    names = ("value", *parameters, *family.known)
    text = definitions("density", family.density, names, "")
    said = [text, family.response, family.default_link or family.links[0]]
    said += [
        f"{one.name} {one.default_link or one.link} {one.support}"
        for one in family.dpars
    ]
    if family.tails is not None:
        tails = family.tails.log_tails
        said += [
            definitions(
                "tail", lambda m, *given, at=at: tails(m, *given)[at], names, ""
            )
            for at in (0, 1)
        ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
