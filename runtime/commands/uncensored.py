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
    # commands begin without what families need
    from varying.compiler.families.continuous.cox import baseline_of

    for one in compiled.each:
        bound = one.bound.response
        name = bound.name
        if bound.is_censored and response in (None, name):
            baseline = baseline_of(one.bound.family)
            until = ""
            if baseline is not None:
                until = f", until the last knot, {baseline.knots[-1]:.6g}"
            note(
                f"`{name}` is censored in the data: {what} are of `{name}` as it would "
                f"be without censoring{until}"
            )
