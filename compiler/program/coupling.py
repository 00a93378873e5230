"""Residual correlation of several responses, as one response given the others.

The joint density of a row is that of its first response times that of each other one
given those before it. With ``r_k = (y_k - mu_k) / sigma_k`` and ``L`` the Cholesky
factor of the correlations, ``e = L^-1 r``, that of a normal is

    y_k | y_1 .. y_k-1 ~ normal(mu_k + sigma_k sum_{j<k} L_kj e_j, sigma_k L_kk)

and a multivariate t with ``nu`` degrees of freedom has, with ``q = sum_{j<k} e_j^2``,

    y_k | y_1 .. y_k-1 ~ t(nu + k - 1, the same mean,
                           sigma_k L_kk sqrt((nu + q) / (nu + k - 1)))

(Ding 2016, The American Statistician 70, "On the conditional distribution of the
multivariate t distribution"). So a family needs no other density, and every backend has
the joint one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .expressions import Apply, Const, ProgramExpr, Symbol

if TYPE_CHECKING:
    from .ir import Likelihood, Program

ONE = Const(1.0)
#: What the names of partial correlations begin with.
PARTIAL = "pcor_"
#: What the residual correlations of responses are called.
RESCOR = "rescor"


@dataclass(frozen=True, slots=True)
class Coupling:
    """Likelihoods whose residuals are correlated.

    Attributes
    ----------
    responses
        Their names; the others are independent of these.
    partial
        Partial correlations of the C-vine on (0, 1), one scalar parameter a pair, in
        the order of ``numpy.tril_indices(n, -1)``: see
        ``distributions/correlations.py``.
    """

    responses: tuple[str, ...]
    partial: tuple[str, ...]


def times(left: ProgramExpr, right: ProgramExpr) -> ProgramExpr:
    """Return a product; one of them may be 1."""
    if left == ONE:
        return right
    return left if right == ONE else Apply("*", (left, right))


def add(left: ProgramExpr | None, right: ProgramExpr) -> ProgramExpr:
    """Return a sum; the first part may not be there."""
    return right if left is None else Apply("+", (left, right))


def factor(partial: tuple[str, ...], size: int) -> list[list[ProgramExpr]]:
    """Return the rows of the Cholesky factor of the correlations, as expressions.

    For what they are see ``distributions/correlations.py``.
    """
    rows: list[list[ProgramExpr]] = []
    number = 0
    for i in range(size):
        row: list[ProgramExpr] = []
        left: ProgramExpr = ONE
        for _ in range(i):
            p = Symbol(partial[number])
            number += 1
            r = Apply("-", (times(Const(2.0), p), ONE))
            row.append(times(r, left))
            rest = Apply("sqrt", (times(p, Apply("-", (ONE, p))),))
            left = times(left, times(Const(2.0), rest))
        rows.append([*row, left])
    return rows


def correlations(partial: tuple[str, ...], size: int) -> tuple[ProgramExpr, ...]:
    """Return the correlation of each pair, in the order of the partial ones."""
    rows = factor(partial, size)
    found: list[ProgramExpr] = []
    for i in range(size):
        for k in range(i):
            total: ProgramExpr | None = None
            for j in range(k + 1):
                total = add(total, times(rows[i][j], rows[k][j]))
            assert total is not None
            found.append(total)
    return tuple(found)


def correlated(program: Program) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield the correlations of residuals: name, partial ones, of how many they are.

    Those of responses, and those within a response of several columns.
    """
    if program.coupling is not None:
        yield RESCOR, program.coupling.partial, len(program.coupling.responses)
    for one in program.likelihoods:
        arguments = dict(one.arguments)
        own = [arguments[dpar.name] for dpar in one.family.dpars if dpar.partial]
        names = tuple(value.name for value in own if isinstance(value, Symbol))
        if names:
            whole = names[0].partition("#")[0].removeprefix(PARTIAL)
            yield whole, names, len(one.family.mains)


def conditional(program: Program) -> tuple[Likelihood, ...]:
    """Return the likelihoods of a program, each given the ones it is coupled with."""
    coupling = program.coupling
    if coupling is None:
        return program.likelihoods
    rows = factor(coupling.partial, len(coupling.responses))
    known: list[ProgramExpr] = []
    found: list[Likelihood] = []
    for likelihood in program.likelihoods:
        if likelihood.name not in coupling.responses:
            found.append(likelihood)
            continue
        given, innovation = _given(likelihood, rows[len(known)], known)
        known.append(innovation)
        found.append(given)
    return tuple(found)


def _given(
    likelihood: Likelihood, row: list[ProgramExpr], known: list[ProgramExpr]
) -> tuple[Likelihood, ProgramExpr]:
    """Return a likelihood given the innovations before it, and its own innovation."""
    arguments = dict(likelihood.arguments)
    mu, sigma = arguments["mu"], arguments["sigma"]
    *before, own = row
    scale = times(sigma, own)
    for weight, innovation in zip(before, known, strict=True):
        mu = add(mu, times(times(sigma, weight), innovation))
    residual = Apply("-", (Symbol(likelihood.value), mu))
    changed = {"mu": mu, "sigma": scale}
    if "nu" in arguments and known:
        nu, squares = arguments["nu"], arguments["nu"]
        for innovation in known:
            squares = add(squares, times(innovation, innovation))
        changed["nu"] = add(nu, Const(float(len(known))))
        wider = Apply("sqrt", (Apply("/", (squares, changed["nu"])),))
        changed["sigma"] = times(scale, wider)
    named = tuple((n, changed.get(n, value)) for n, value in likelihood.arguments)
    return replace(likelihood, arguments=named), Apply("/", (residual, scale))
