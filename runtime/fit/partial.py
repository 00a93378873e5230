"""Fits with fewer draws than were asked for: the sampling was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verdict.verdict import Verdict

if TYPE_CHECKING:
    from ..sampling.settings import SamplerSettings

__all__ = ["FIRST", "stopped", "told"]

#: How the verdict of a partial fit begins.
FIRST = "A partial fit"


def stopped(drawn: tuple[int, int], settings: SamplerSettings) -> str | None:
    """Return how far a fit came, as a clause; None if it is whole.

    Parameters
    ----------
    drawn
        Chains, and draws of each, that there are.
    settings
        What was asked for.
    """
    chains, draws = drawn
    if (chains, draws) == (settings.chains, settings.draws):
        return None
    far = f"after {draws} of {settings.draws} draws"
    many = f"with {chains} of {settings.chains} chains"
    if chains == settings.chains:
        return f"stopped {far}"
    return f"stopped {many}" if draws == settings.draws else f"stopped {far}, {many}"


def told(
    verdict: Verdict, drawn: tuple[int, int], settings: SamplerSettings
) -> Verdict:
    """Return a verdict that says of a partial fit that it is one.

    The draws that there are have been judged as any others: where to stop was not
    chosen by what they say.
    """
    how = stopped(drawn, settings)
    if how is None:
        return verdict
    first, *others = verdict.sentences
    more = (
        "Go on from it with `varying fit --resume FIT`, or with `fit.resume()` in "
        "Python: new draws are added to those that there are."
    )
    return Verdict(verdict.ok, (f"{FIRST}, {how}. {first}", *others, more))
