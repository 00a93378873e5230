"""Which response is meant, where a model may have several."""

from __future__ import annotations

from collections.abc import Mapping

from ..interface.arguments import ArgumentError, given

__all__ = ["chosen"]


def chosen(response: object, known: Mapping[str, str]) -> str:
    """Return the variable of the response that is meant: of None the only one.

    Parameters
    ----------
    response
        As the spec names it, or its variable, which may have another name: no
        variable can be called ``row``.
    known
        The variables by the names of the spec.

    Raises
    ------
    ArgumentError
        If there are several, or none is called so.
    """
    if response is None and len(known) == 1:
        return next(iter(known.values()))
    if isinstance(response, str):
        variables = {name: name for name in known.values()}
        found = {**variables, **known}.get(response)
        if found is not None:
            return found
    listed = ", ".join(repr(name) for name in known)
    if response is None:
        raise ArgumentError(
            f"the model has several responses: choose one by response=: {listed}"
        )
    raise ArgumentError(
        f"response is the name of a response of the model, not {given(response)}; "
        f"there is: {listed}"
    )
