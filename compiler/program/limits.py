"""Programs without what is known of their rows in place of values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..families import FAMILIES
from ..families.combined.limits import LIMITS, base_name, limited_name
from .ir import Likelihood, Program


def uncensored(program: Program) -> Program:
    """Return a program of what would be seen without censoring, within its bounds."""
    return _with(program, ("lb", "ub"))


def unlimited(program: Program) -> Program:
    """Return a program of responses that are neither censored nor truncated."""
    return _with(program, ())


def _with(program: Program, kept: Collection[str]) -> Program:
    likelihoods = tuple(_limited(one, kept) for one in program.likelihoods)
    return replace(program, likelihoods=likelihoods)


def _limited(likelihood: Likelihood, kept: Collection[str]) -> Likelihood:
    family = base_name(likelihood.family.name)
    if all(name not in LIMITS for name, _ in likelihood.arguments):
        return likelihood
    left = [name for name, _ in likelihood.arguments if name in LIMITS]
    left = [name for name in left if name in kept]
    arguments = tuple(
        (name, value)
        for name, value in likelihood.arguments
        if name not in LIMITS or name in left
    )
    limited = FAMILIES[limited_name(family, left)]
    return replace(likelihood, family=limited, arguments=arguments)
