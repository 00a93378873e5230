"""``varying.Family``: a family of your own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .interface.arguments import ArgumentError

if TYPE_CHECKING:
    from varying.compiler.families import family

__all__ = ["Family"]


def Family(  # noqa: N802 - it returns the record that it is called after
    name: str,
    density: Callable[..., Any],
    *,
    link: str = "identity",
    domain: Literal["real", "positive", "unit"] | None = None,
    measure: Literal["response", "log"] = "response",
    dpars: Mapping[str, str | tuple[str, str]] | None = None,
    response: Literal["continuous", "count", "successes"] = "continuous",
    known: Iterable[str] = (),
    simulate: Callable[..., Any],
    mean: Callable[..., Any],
    log_cdf: Callable[..., Any] | None = None,
    log_sf: Callable[..., Any] | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    atoms: Sequence[float] = (),
    in_support: Callable[..., Any] | None = None,
    support: str = "",
    predictor: str = "mu",
    doc: str = "",
) -> family.Family:
    """Return a family of your own, for ``families=`` of ``varying.compile``.

    Parameters
    ----------
    name
        What a spec calls it: ``family=beta_binomial2``.
    density
        ``density(m, y, mu, ..., known)``: the log density of one response, given the
        main parameter, the ``dpars`` in their order and what is ``known`` of the row.
        It is written with arithmetic and the operations of ``m``, such as ``m.log``
        (``docs/own-family.md`` lists them).
    link
        Of the main parameter, where a spec names none: ``identity``, ``log``, ``sqrt``,
        ``inverse``, ``softplus``, ``logit``, ``probit``, ``cloglog`` or another of the
        language.
    domain
        Where it lives: any number, above 0, or between 0 and 1. None: where the link
        leads from, any number of ``identity``.
    measure
        What the main parameter is a mean of, for default priors: the response, or its
        log, as ``mu`` of ``lognormal`` is.
    dpars
        Further parameters by name, with their default priors: ``{"phi":
        "exponential(0.1)"}``, in which ``sd`` is the spread of the response (1 where
        ``link`` is not the identity). The prior says where they live, and that their
        link; ``("exponential(0.1)", "softplus")`` names another.
    response
        What a response is: a number, a count, or successes out of ``trials``.
    known
        Numbers that each row brings along: ``trials`` of ``y | trials(n)``, ``vint1``
        of ``y | vint(n)``, ``vreal1`` of ``y | vreal(x)``.
    simulate
        ``simulate(rng, mu, ..., known)``: responses, of arrays of one shape.
    mean
        ``mean(mu, ..., known)``: the mean of the response.
    log_cdf, log_sf
        The logs of the probability of a response up to ``y``, and of one above it: of
        what ``density`` takes, written in the same way, each exact where it is small.
        With them the family can be censored and truncated, and there are
        probabilities, quantiles and LOO-PIT. None: it has none of that.
    bounds
        Between which numbers a continuous response is: ``(0, inf)`` if it is positive.
    atoms
        Single values that a continuous response has with a probability each, as the
        zeros of a hurdle family: there ``density`` is the log of that.
    in_support
        ``in_support(y, known)``: which responses are possible. None: numbers between
        the ``bounds``, or whole numbers from 0 (to ``trials``).
    support
        The same in words, for messages.
    predictor
        What the main parameter is called.
    doc
        A sentence about it.

    Returns
    -------
    Family
        A record as those of the language are, held against itself at three points: the
        slopes of the density, what ``simulate`` draws, ``mean``, and the tails.

    Raises
    ------
    ValueError, TypeError
        If something does not fit the rest; the message says what, and where.
    """
    from varying.compiler.families.own import check_family, own_family

    try:
        made = own_family(
            name,
            density,
            link=link,
            domain=domain,
            measure=measure,
            dpars=dpars,
            response=response,
            known=known,
            simulate=simulate,
            mean=mean,
            log_cdf=log_cdf,
            log_sf=log_sf,
            bounds=bounds,
            atoms=atoms,
            in_support=in_support,
            support=support,
            predictor=predictor,
            doc=doc,
        )
        check_family(made)
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from error
    return made
