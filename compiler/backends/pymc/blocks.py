"""The blocks of linear predictors as PyTensor graphs: ``BLOCKS``, a function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...program.blocks import (
    Basis,
    Block,
    GroupProduct,
    GroupUse,
    Intercept,
    Linear,
    MemberUse,
    Offset,
    Product,
)
from ...program.ir import Program
from .operations import expression

GraphValues = Mapping[str, Any]


def _intercept(block: Intercept, values: GraphValues, program: Program) -> Any:
    return values[block.name]


def _linear(block: Linear, values: GraphValues, program: Program) -> Any:
    return values[block.design] @ values[block.coefs]


def _offset(block: Offset, values: GraphValues, program: Program) -> Any:
    return values[block.slot]


def _group(block: GroupUse, values: GraphValues, program: Program) -> Any:
    effects, index = values[block.effects(program)], values[block.index]
    if block.design is None:
        return effects[index, block.positions[0]]
    labels = program.axis(program.group(block.group).coefs).labels
    if block.positions != tuple(range(len(labels or ()))):
        effects = effects[:, list(block.positions)]
    # one gather and one sum: PyTensor fuses them into one loop
    return (values[block.design] * effects[index]).sum(axis=-1)


def _members(block: MemberUse, values: GraphValues, program: Program) -> Any:
    effects = values[program.group(block.group).effects]
    index, weights = values[block.index], values[block.weights]
    if block.design is None:
        return (weights * effects[index, block.positions[0]]).sum(axis=-1)
    chosen = effects[:, list(block.positions)][index]
    pooled = (weights[:, :, None] * chosen).sum(axis=1)
    return (values[block.design] * pooled).sum(axis=-1)


def _product(block: Product, values: GraphValues, program: Program) -> Any:
    found = values[block.coefs][block.place]
    for one in block.factors:
        found = found * expression(one, values)
    return found


def _group_product(block: GroupProduct, values: GraphValues, program: Program) -> Any:
    effects = values[program.group(block.group).effects]
    effect = effects[values[block.index], block.position]
    return effect * expression(block.factor, values)


def _basis(block: Basis, values: GraphValues, program: Program) -> Any:
    scale = values[block.scales][block.place]
    return values[block.design] @ (scale * values[block.weights])


BLOCKS: Mapping[type[Block], Callable[[Any, GraphValues, Program], Any]] = {
    Intercept: _intercept,
    Linear: _linear,
    Offset: _offset,
    GroupUse: _group,
    MemberUse: _members,
    Product: _product,
    GroupProduct: _group_product,
    Basis: _basis,
}
