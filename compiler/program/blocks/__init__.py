"""The blocks of linear predictors: one file each."""

from __future__ import annotations

from .basis import Basis
from .block import Block
from .group_block import GroupBlock
from .group_product import GroupProduct
from .group_use import GroupUse
from .intercept import Intercept
from .linear import Linear
from .member_use import MemberUse
from .offset import Offset
from .product import Product

__all__ = [
    "Basis",
    "Block",
    "GroupBlock",
    "GroupProduct",
    "GroupUse",
    "Intercept",
    "Linear",
    "MemberUse",
    "Offset",
    "Product",
]
