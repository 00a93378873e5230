"""The blocks of linear predictors on a tape: ``BLOCKS``, a function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ....program.blocks import (
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
from ....program.expressions import Take

if TYPE_CHECKING:
    from .quantities import QuantityWriter


@dataclass(frozen=True, slots=True)
class Added:
    """Where a block is added.

    Attributes
    ----------
    out, length
        The place of the predictor, and how many numbers it has.
    array
        Gives the array of a slot, a row for each of these numbers.
    """

    out: int
    length: int
    array: Callable[[str], NDArray[Any]]

    @property
    def words(self) -> dict[str, int]:
        """The words that all operations on blocks begin with."""
        return {"n": self.length, "out": self.out}


def _intercept(block: Intercept, tape: QuantityWriter, added: Added) -> None:
    tape.writer.add("intercept", **added.words, a=tape.place(block.name).at)


def _linear(block: Linear, tape: QuantityWriter, added: Added) -> None:
    matrix = added.array(block.design)
    places = {"design": tape.writer.numbers(matrix), "q": matrix.shape[1]}
    tape.writer.add("linear", **added.words, **places, b=tape.place(block.coefs).at)


def _offset(block: Offset, tape: QuantityWriter, added: Added) -> None:
    number = tape.writer.numbers(added.array(block.slot))
    tape.writer.add("offset", **added.words, number=number)


def _group(block: GroupUse, tape: QuantityWriter, added: Added) -> None:
    writer, group = tape.writer, tape.program.group(block.group)
    places = {
        "r": tape.place(block.effects(tape.program)).at,
        "q": tape.frame.lengths[group.coefs],
        "index": writer.integers(added.array(block.index)),
    }
    if block.design is None:
        writer.add("level", **added.words, **places, place=block.positions[0])
        return
    places |= {
        "design": writer.numbers(added.array(block.design)),
        "m": len(block.positions),
        "places": writer.integers(block.positions),
    }
    writer.add("levels", **added.words, **places)


def _members(block: MemberUse, tape: QuantityWriter, added: Added) -> None:
    writer, group = tape.writer, tape.program.group(block.group)
    index = added.array(block.index)
    design = -1 if block.design is None else writer.numbers(added.array(block.design))
    writer.add(
        "members",
        **added.words,
        index=writer.integers(index),
        weights=writer.numbers(added.array(block.weights)),
        count=index.shape[1],
        r=tape.place(group.effects).at,
        q=tape.frame.lengths[group.coefs],
        design=design,
        m=len(block.positions),
        places=writer.integers(block.positions),
    )


def _product(block: Product, tape: QuantityWriter, added: Added) -> None:
    writer = tape.writer
    whole: int | None = None
    for one in block.factors:
        if isinstance(one, Take):
            at = tape.taken(one.vector, added.array(one.index)).at
        else:
            at = tape.loaded(added.array(one.name)).at
        if whole is not None:
            left, out = whole, writer.place(added.length)
            words = {"n": added.length, "out": out, "a": left, "s": 1, "b": at, "t": 1}
            writer.add("*", **words)
            at = out
        whole = at
    assert whole is not None
    coefficient = tape.place(block.coefs).at + block.place
    writer.add("product", **added.words, a=coefficient, b=whole)


def _group_product(block: GroupProduct, tape: QuantityWriter, added: Added) -> None:
    group = tape.program.group(block.group)
    tape.writer.add(
        "level_product",
        **added.words,
        index=tape.writer.integers(added.array(block.index)),
        r=tape.place(group.effects).at,
        q=tape.frame.lengths[group.coefs],
        place=block.position,
        b=tape.taken(block.factor.vector, added.array(block.factor.index)).at,
    )


def _basis(block: Basis, tape: QuantityWriter, added: Added) -> None:
    writer, matrix = tape.writer, added.array(block.design)
    size, scale = matrix.shape[1], tape.place(block.scales).at + block.place
    scaled, weights = writer.place(size), tape.place(block.weights).at
    writer.add("*", n=size, out=scaled, a=scale, s=0, b=weights, t=1)
    places = {"design": writer.numbers(matrix), "q": size, "b": scaled}
    writer.add("linear", **added.words, **places)


BLOCKS: Mapping[type[Block], Callable[[Any, QuantityWriter, Added], None]] = {
    Intercept: _intercept,
    Linear: _linear,
    Offset: _offset,
    GroupUse: _group,
    MemberUse: _members,
    Product: _product,
    GroupProduct: _group_product,
    Basis: _basis,
}
