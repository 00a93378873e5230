"""Lists of terms on a stack, on which the steps of an expansion work."""

from __future__ import annotations

from collections.abc import Callable

TermSet = dict[int, None]  # an ordered set of bit patterns
TermListStep = Callable[[list[TermSet]], None]


def push(terms: TermSet) -> TermListStep:
    """Return the step that puts terms on the stack."""
    return lambda stack: stack.append(terms)


def forget(stack: list[TermSet]) -> None:
    """Empty the list on top of the stack."""
    stack[-1] = {}


def union(terms: TermSet) -> TermSet:
    """Return the term with the variables of all of them."""
    mask = 0
    for term in terms:
        mask |= term
    return {mask: None} if terms else {}
