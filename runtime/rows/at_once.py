"""What a program gives its rows at all draws at once.

Arrays of what rows have are draws by rows by nodes: a node is one choice of the group
effects (none, those of a level, a point of a rule that integrates over new levels).
What is the same in all rows, or at all nodes, has length 1 there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.distributions.density import arrays
from varying.compiler.distributions.density.links import LINKING
from varying.compiler.expressions.elementwise import ELEMENTWISE
from varying.compiler.families.family import Family
from varying.compiler.program.blocks import Block
from varying.compiler.program.expressions import (
    Apply,
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
    Take,
)
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.ir import Frame, Group, Predictor, Program

__all__ = ["AtOnce"]

Array = NDArray[Any]

_ROWWISE: Mapping[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "neg": np.negative,
    "exp": np.exp,
    "inv_square": lambda a: 1.0 / (a * a),
    **ELEMENTWISE,
    **{name: arrays.curve(curve) for name, (curve, _) in LINKING.items()},
}


class AtOnce:
    """A program with one response, its rows, and draws.

    Parameters
    ----------
    program, frame
        The program as lowered, and the arrays of its rows; levels of groups are not
        needed.
    draws
        Arrays with the draws in front, by the names of a posterior.
    """

    def __init__(
        self, program: Program, frame: Frame, draws: Mapping[str, Array]
    ) -> None:
        self.program, self.frame, self.draws = program, frame, draws
        self.size = len(next(iter(draws.values())))
        self._derived = {d.name: d for d in program.derived}
        self._found: dict[str, Array] = {}

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.frame.lengths[self.program.likelihood.rows]

    @property
    def family(self) -> Family:
        """The family of the response."""
        return self.program.likelihood.family

    @property
    def linear(self) -> tuple[Predictor, ...]:
        """The predictors that are sums of blocks."""
        return tuple(one for one in self.program.predictors if one.body is None)

    def some(self, start: int, stop: int) -> AtOnce:
        """Return the same at some of the draws."""
        part = {name: values[start:stop] for name, values in self.draws.items()}
        return AtOnce(self.program, self.frame, part)

    def chosen(self, places: Array) -> AtOnce:
        """Return the same at the draws of these places."""
        part = {name: values[places] for name, values in self.draws.items()}
        return AtOnce(self.program, self.frame, part)

    # ---- predictors ------------------------------------------------------------------

    def fixed(self, predictor: Predictor) -> Array:
        """Return a linear predictor where all group effects are 0: draws by rows."""
        found: Any = np.zeros((self.size, self.rows))
        for block in predictor.blocks:
            if not block.effects_used():
                found = found + self.value(block)
        return np.asarray(found)

    def value(self, block: Block) -> Any:
        """Return what a block adds: draws by rows, or what these are broadcast of."""
        return block.value(self.program, self.frame, _Values(self))

    def column(self, one: Symbol | Take) -> Array:
        """Return a factor of a product: rows, or draws by rows."""
        if isinstance(one, Symbol):
            return self.frame[one.name]
        assert isinstance(one.vector, Symbol)
        return self.vector(one.vector.name)[:, self.frame[one.index]]

    def weights_of_effects(self, predictor: Predictor) -> dict[str, Array]:
        """Return what the effects of each group are multiplied by in a predictor.

        Draws (or 1) by rows by the effects of the group. Where a row has several
        levels, these are as one whose effects are as far apart as the weighted sum of
        theirs.
        """
        found: dict[str, Array] = {}
        values = _Values(self)
        for block in predictor.group_blocks:
            group = self.program.group(block.group)
            size = self.frame.lengths[group.coefs]
            own = block.multipliers(self.frame, values)
            own = own * block.joint_weight(self.frame)[:, None]
            draws = own.shape[0] if own.ndim == 3 else 1
            whole = np.zeros((draws, self.rows, size))
            whole[..., list(block.places)] = own
            there = found.get(group.name)
            found[group.name] = whole if there is None else there + whole
        return found

    def covariance(self, group: Group) -> Array:
        """Return the covariance of a group's effects: draws by sds by sds.

        Of levels that differ in their variance (see ``spreads.py``) it is that of a
        level whose multiple is 1.
        """
        sd = self.draws[group.reported_sd]
        if group.correlation_matrix in self.draws:
            return self.draws[group.correlation_matrix] * sd[:, :, None] * sd[:, None]
        return np.eye(sd.shape[1]) * np.square(sd)[:, :, None]

    # ---- what the family is given ----------------------------------------------------

    def arguments(
        self, predictors: Mapping[str, Array], names: Collection[str] | None = None
    ) -> dict[str, Array]:
        """Return what the family's functions take, given the linear predictors.

        A vector such as the thresholds has its elements behind the nodes.

        Parameters
        ----------
        predictors
            Values by name, draws by rows by nodes.
        names
            The arguments that are needed; None: all.
        """
        values = self.with_bodies(predictors)
        return {
            name: self._value(expression, values)
            for name, expression in self.program.likelihood.arguments
            if names is None or name in names
        }

    def with_bodies(self, predictors: Mapping[str, Array]) -> dict[str, Array]:
        """Return the predictors with those that are functions of others."""
        values = dict(predictors)
        for one in self.program.in_order:
            if one.body is not None:
                values[one.name] = self._value(one.body, values)
        return values

    def _value(self, expr: ProgramExpr, values: Mapping[str, Array]) -> Array:
        match expr:
            case Const(value):
                return np.asarray(value, dtype=float)
            case Symbol(name) if name in values:
                return values[name]
            case Symbol(name) if name in self.frame.arrays:
                return self._slot(name)
            case Symbol(name):
                vector = self.vector(name)
                return vector.reshape(self.size, 1, 1, *vector.shape[1:])
            case Apply("by_threshold", (Symbol(slot), Symbol(name))):
                design, vector = self.frame[slot], self.vector(name)
                vector = vector.reshape(self.size, design.shape[1], -1)
                return np.asarray(design @ vector)[:, :, None]
            case Apply("beside", several):
                given = [self._value(one, values) for one in several]
                return np.stack(np.broadcast_arrays(*given), axis=-1)
            case Assemble():
                found = evaluate_expression(expr, _Values(self))
                return np.broadcast_to(found, (self.size, found.shape[-1]))[
                    :, None, None
                ]
            case Take(Symbol(name), index):
                return self.vector(name)[:, self.frame[index], None]
            case Apply("element", (Symbol(name), Const(float(place)))):
                return self.vector(name)[:, int(place)].reshape(self.size, 1, 1)
            case Apply(operation, arguments) if operation in _ROWWISE:
                given = [self._value(one, values) for one in arguments]
                with np.errstate(all="ignore"):
                    return np.asarray(_ROWWISE[operation](*given))
        raise NotImplementedError(str(expr))

    def _slot(self, name: str) -> Array:
        array = self.frame[name]
        slot = next((one for one in self.program.slots if one.name == name), None)
        if (
            slot is not None
            and slot.axes
            and slot.axes[0] != self.program.likelihood.rows
        ):
            return array
        return array[:, None]

    def vector(self, name: str) -> Array:
        """Return a quantity that rows have no part in: draws by its elements."""
        if name in self.draws:
            return self.draws[name]
        if name not in self._found:
            derived = self._derived[name]
            found = evaluate_expression(derived.expression, _Values(self))
            if not derived.axes:
                found = np.broadcast_to(found.reshape(-1), (self.size,))
            elif found.ndim == 1:  # the same at all draws
                found = np.broadcast_to(found, (self.size, len(found)))
            self._found[name] = found
        return self._found[name]


class _Values(Mapping[str, Array]):
    """What blocks and expressions take of many draws: scalars have an axis of one."""

    def __init__(self, at_once: AtOnce) -> None:
        self._all = at_once

    def __getitem__(self, name: str) -> Array:
        if name in self._all.frame.arrays:
            return self._all.frame[name]
        found = self._all.vector(name)
        return found[:, None] if found.ndim == 1 else found

    def __iter__(self) -> Any:
        return iter((*self._all.draws, *self._all.frame.arrays))

    def __len__(self) -> int:
        return sum(1 for _ in self)
