"""Functions that a program adds to the language: its own, vectorised, by name."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from varying.grammar.render.called import short_traceback

from ..data.own_function import OwnFunction
from .functions import FUNCTIONS

Functions = Mapping[str, OwnFunction]

# Where a signature cannot be read, or says `*x`.
_MOST = 20


def own_functions(functions: Mapping[str, Callable[..., Any]] | None) -> Functions:
    """Return functions of the caller's as the compiler knows functions.

    Parameters
    ----------
    functions
        By name; each takes one float array a column, of one length, by position, and
        returns one array of that length. A value depends on its own row alone.

    Raises
    ------
    TypeError
        If one cannot be called, or its name is no word.
    ValueError
        If the language has a function of that name.
    """
    found = {}
    if not isinstance(functions or {}, Mapping):
        kind = type(functions).__name__
        raise TypeError(
            "functions: pass a mapping of names to functions, such as "
            f"{{'logit': logit}}, not a {kind}"
        )
    for name, compute in (functions or {}).items():
        if not isinstance(name, str) or not name.isidentifier():
            raise TypeError(f"functions: {name!r} is no name of a function")
        if not callable(compute):
            raise TypeError(f"functions: {name!r} is not callable")
        if name in FUNCTIONS:
            raise ValueError(f"functions: the language has a function {name!r} already")
        parameters, required = _parameters(compute)
        own = _OwnFunction(name, compute)
        found[name] = OwnFunction(name, parameters, required, own)
    return found


class Unpicklable(pickle.PicklingError):
    """A function of the caller's that goes to no other process; the text says why."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows."""
        return short_traceback(self, f"{type(self).__name__}: {self}")


class _OwnFunction:
    """A function of the caller's, which says itself that it cannot be pickled."""

    def __init__(self, name: str, compute: Callable[..., Any]) -> None:
        self.name, self.compute = name, compute

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.compute(*args, **options)

    def __deepcopy__(self, memo: object) -> _OwnFunction:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            pickle.dumps(self.compute)
        except Exception as error:  # a class of the caller's may raise any
            reason = f"{type(error).__name__}: {error}"
            raise Unpicklable(
                f"the model calls `{self.name}`, a function of yours that pickle "
                "cannot take to another process: write it with `def` at the top of a "
                "module that is imported there too, or compile the model there "
                f"({reason})"
            ) from None
        return _OwnFunction, (self.name, self.compute)


def _parameters(compute: Callable[..., Any]) -> tuple[tuple[str, ...], int]:
    """Return the names of a function's positional arguments, and how many it needs."""
    numbered = tuple(f"x{place + 1}" for place in range(_MOST))
    try:
        parameters = signature(compute).parameters.values()
    except (TypeError, ValueError):  # built in, of NumPy
        return numbered, 1
    by_place = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    plain = [p for p in parameters if p.kind in by_place]
    names = tuple(p.name for p in plain)
    if any(p.kind is Parameter.VAR_POSITIONAL for p in parameters):
        names += numbered[len(names) :]
    required = sum(p.default is Parameter.empty for p in plain)
    return names or numbered[:1], max(required, 1)
