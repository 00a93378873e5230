"""The blocks of linear predictors as text: ``BLOCKS``, a function each."""

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
from .writer import Writer


def _intercept(block: Intercept, writer: Writer) -> str:
    return writer.name(block.name)


def _linear(block: Linear, writer: Writer) -> str:
    return f"{writer.name(block.design)} @ {writer.name(block.coefs)}"


def _offset(block: Offset, writer: Writer) -> str:
    return writer.name(block.slot)


def _group(block: GroupUse, writer: Writer) -> str:
    program = writer.program
    effects, index = writer.name(block.effects(program)), writer.name(block.index)
    if block.design is None:
        return f"{effects}[{index}, {block.positions[0]}]"
    design = writer.name(block.design)
    labels = program.axis(program.group(block.group).coefs).labels
    if block.positions != tuple(range(len(labels or ()))):
        effects = f"{effects}[:, {list(block.positions)}]"
    return f"({design} * {effects}[{index}]).sum(axis=-1)"


def _members(block: MemberUse, writer: Writer) -> str:
    effects = writer.name(writer.program.group(block.group).effects)
    index, weights = writer.name(block.index), writer.name(block.weights)
    if block.design is None:
        return f"({weights} * {effects}[{index}, {block.positions[0]}]).sum(axis=-1)"
    labels = writer.program.axis(writer.program.group(block.group).coefs).labels
    if block.positions != tuple(range(len(labels or ()))):
        effects = f"{effects}[:, {list(block.positions)}]"
    numbers = f"{weights}[:, :, None] * {writer.name(block.design)}[:, None]"
    return f"({numbers} * {effects}[{index}]).sum(axis=(1, 2))"


def _product(block: Product, writer: Writer) -> str:
    factors = [writer.expression(one) for one in block.factors]
    return " * ".join([f"{writer.name(block.coefs)}[{block.place}]", *factors])


def _group_product(block: GroupProduct, writer: Writer) -> str:
    effects = writer.name(writer.program.group(block.group).effects)
    effect = f"{effects}[{writer.name(block.index)}, {block.position}]"
    return f"{effect} * {writer.expression(block.factor)}"


def _basis(block: Basis, writer: Writer) -> str:
    scale = f"{writer.name(block.scales)}[{block.place}]"
    return f"{writer.name(block.design)} @ ({scale} * {writer.name(block.weights)})"


BLOCKS: Mapping[type[Block], Callable[[Any, Writer], str]] = {
    Intercept: _intercept,
    Linear: _linear,
    Offset: _offset,
    GroupUse: _group,
    MemberUse: _members,
    Product: _product,
    GroupProduct: _group_product,
    Basis: _basis,
}
