"""The intercept of brms that is a coefficient like the others.

It is that with ``0 + Intercept + x`` and with ``bf(..., center = FALSE)``: priors of
class ``b`` are its priors too. In the language it has a name of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import regex

_BARS = regex.compile(r"\([^()|]*\|[^()]*\)")
_SUM = regex.compile(r"(?=[+-])")
_CLASS_B = regex.compile(r"prior ((?:\w+\.)?)b ([~=] .+)")


def terms_of(formula: str) -> list[str]:
    """Return the terms of a sum right of a ``~``, without group terms.

    What is left out by ``- 1`` counts as ``0``.
    """
    found = []
    for piece in _SUM.split(_BARS.sub("", formula)):
        term = "".join(piece.split())
        if term == "-1":
            term = "0"
        term = term.removeprefix("+")
        if term:
            found.append(term)
    return found


def is_coefficient(formula: str) -> bool:
    """Whether the intercept is a coefficient: ``0 + Intercept + x``."""
    return {"0", "Intercept"} <= {*terms_of(formula)}


def only_intercept(formula: str) -> bool:
    """Whether a formula has an intercept and no other coefficient."""
    terms = {*terms_of(formula)}
    return terms <= {"1"} or terms == {"0", "Intercept"}


def with_intercept(
    priors: Sequence[str], among: Collection[str], alone: Collection[str] = ()
) -> list[str]:
    """Return priors, those of class ``b`` of intercepts that are coefficients too.

    Parameters
    ----------
    priors
        Statements.
    among
        The parameters whose intercept is a coefficient; that of the mean is empty.
    alone
        Those of them that have no other coefficient.
    """
    found: list[str] = []
    for text in priors:
        match = _CLASS_B.fullmatch(text)
        of = None if match is None else match[1].rstrip(".")
        if match is None or of not in among:
            found.append(text)
            continue
        if of not in alone:
            found.append(text)
        target = f"prior {match[1]}Intercept"
        if not any(one.startswith((f"{target} ", f"{target}[")) for one in priors):
            found.append(f"{target} {match[2]}")
    return found


__all__ = ["is_coefficient", "only_intercept", "terms_of", "with_intercept"]
