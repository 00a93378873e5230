"""Which response is meant, where a model may have several."""

from __future__ import annotations

from collections.abc import Sequence

from ..interface.arguments import ArgumentError, given

__all__ = ["chosen"]


def chosen(response: object, known: Sequence[str]) -> str:
    """Return the response that is meant: of None the only one.

    Raises
    ------
    ArgumentError
        If there are several, or none is called so.
    """
    if response is None and len(known) == 1:
        return known[0]
    if isinstance(response, str) and response in known:
        return response
    listed = ", ".join(repr(name) for name in known)
    if response is None:
        raise ArgumentError(
            f"the model has several responses: choose one by response=: {listed}"
        )
    raise ArgumentError(
        f"response is the name of a response of the model, not {given(response)}; "
        f"there is: {listed}"
    )
