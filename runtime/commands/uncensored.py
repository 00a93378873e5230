"""What is said below answers in which censored responses are without censoring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import note

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled

__all__ = ["say_uncensored"]


def say_uncensored(compiled: Compiled, response: str | None, what: str) -> None:
    """Say of each response that is censored that what is shown of it is not.

    Parameters
    ----------
    compiled
        The model.
    response
        The response that is shown; None: all.
    what
        What is shown, in the plural.
    """
    for one in compiled.each:
        bound = one.bound.response
        name = bound.name
        if bound.is_censored and response in (None, name):
            until = ", until the last knot" if one.bound.family.events else ""
            note(
                f"`{name}` is censored in the data: {what} are of `{name}` as it would "
                f"be without censoring{until}"
            )
