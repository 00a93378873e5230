"""Quantities of a program as linear functions of its parameters.

The coefficients of a predictor are often not what is sampled: effects at 0 follow from
effects at the means, vectors are put together from parts and from fixed numbers. What
such quantities have in common is that they are ``constant + sum matrix @ parameter``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..expressions import Apply, Assemble, Const, ProgramExpr, Symbol, Take
from ..ir import Frame, Program
from .density import evaluate_expression

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class AffineMap:
    """``constant + sum matrix @ parameter``.

    Attributes
    ----------
    constant : shape of the quantity
    by
        By the name of a parameter: shape of the quantity, times its length.
    """

    constant: Array
    by: Mapping[str, Array] = field(default_factory=dict)

    @property
    def chosen(self) -> bool:
        """Whether each element is one of a parameter, or fixed, and none is twice."""
        taken = np.zeros(np.atleast_1d(self.constant).shape)
        for matrix in self.by.values():
            matrix = np.reshape(matrix, (-1, matrix.shape[-1]))
            if not (np.isin(matrix, (0.0, 1.0)).all() and (matrix.sum(0) <= 1).all()):
                return False
            taken = taken + matrix.sum(axis=1)
        return bool(((taken + (np.atleast_1d(self.constant) != 0.0)) <= 1).all())


def linear(program: Program, frame: Frame, name: str) -> AffineMap | None:
    """Return a quantity as a linear function of parameters; None if it is none.

    Parameters
    ----------
    program, frame
        The program and its arrays.
    name
        Of a parameter or a derived quantity: a scalar or a vector.
    """
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d.expression for d in program.derived}

    def named(one: str) -> AffineMap | None:
        if one in derived:
            return of(derived[one])
        if one not in parameters:
            return AffineMap(np.asarray(frame[one], dtype=float))
        shape = tuple(frame.lengths[axis] for axis in parameters[one].axes)
        identity = np.eye(math.prod(shape)) if shape else np.ones(1)
        return AffineMap(np.zeros(shape), {one: identity})

    def of(expr: ProgramExpr) -> AffineMap | None:
        match expr:
            case Const(value):
                return AffineMap(np.asarray(value, dtype=float))
            case Symbol(one):
                return named(one)
            case Take():
                return None  # a vector over rows is no coefficient
            case Assemble(parts, order):
                found = [of(part) for part in parts]
                pieces = [one for one in found if one is not None]
                if len(pieces) < len(found):
                    return None
                return _assembled(pieces, order)
            case Apply(operation, arguments):
                found = [of(argument) for argument in arguments]
                pieces = [one for one in found if one is not None]
                if len(pieces) < len(found):
                    return None
                return _applied(operation, pieces)

    return of(Symbol(name))


def _assembled(pieces: list[AffineMap], order: tuple[int, ...]) -> AffineMap:
    places = list(order)
    constants = [np.atleast_1d(one.constant) for one in pieces]
    by: dict[str, Array] = {}
    for name in dict.fromkeys(name for one in pieces for name in one.by):
        size = next(one.by[name].shape[-1] for one in pieces if name in one.by)
        rows = [
            np.reshape(one.by[name], (len(constant), size))
            if name in one.by
            else np.zeros((len(constant), size))
            for one, constant in zip(pieces, constants, strict=True)
        ]
        by[name] = np.concatenate(rows)[places]
    return AffineMap(np.concatenate(constants)[places], by)


def _applied(operation: str, pieces: list[AffineMap]) -> AffineMap | None:
    if not any(one.by for one in pieces):
        names = [f"#{i}" for i in range(len(pieces))]
        values = {n: one.constant for n, one in zip(names, pieces, strict=True)}
        expression = Apply(operation, tuple(Symbol(n) for n in names))
        return AffineMap(evaluate_expression(expression, values))
    match operation, pieces:
        case "neg", [one]:
            return AffineMap(-one.constant, {n: -m for n, m in one.by.items()})
        case (("+" | "-"), [one, other]):
            sign = 1.0 if operation == "+" else -1.0
            constant = one.constant + sign * other.constant
            by = {n: _wide(m, constant) for n, m in one.by.items()}
            for name, matrix in other.by.items():
                by[name] = by.get(name, 0.0) + sign * _wide(matrix, constant)
            return AffineMap(constant, by)
        case "*", [one, other]:
            if one.by and other.by:
                return None
            factor, moved = (other, one) if one.by else (one, other)
            constant = one.constant * other.constant
            numbers = np.broadcast_to(factor.constant, constant.shape)[..., None]
            by = {n: _wide(m, constant) * numbers for n, m in moved.by.items()}
            return AffineMap(constant, by)
        case (("dot" | "matvec"), [one, other]):
            if one.by and (other.by or operation == "matvec"):
                return None
            constant = np.asarray(np.dot(one.constant, other.constant))
            if one.by:
                by = {n: np.dot(other.constant, m) for n, m in one.by.items()}
            else:
                by = {n: np.dot(one.constant, m) for n, m in other.by.items()}
            return AffineMap(constant, by)
        case _:
            return None


def _wide(matrix: Array, constant: Array) -> Array:
    """Return a matrix in the shape of what it is a part of."""
    return np.broadcast_to(matrix, (*constant.shape, matrix.shape[-1]))
