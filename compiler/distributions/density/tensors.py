"""A density read as a graph; PyTensor is handed over, so that nothing imports it."""

from __future__ import annotations

from typing import Any

from .operations import Operations

_PLAIN = ("exp", "log", "log1p", "expm1", "sqrt", "arctan", "erfc", "abs", "sigmoid")


class Tensors(Operations):
    """Operations on tensors: ``pt`` is ``pytensor.tensor``."""

    def __init__(self, pt: Any) -> None:
        for name in _PLAIN:
            setattr(self, name, getattr(pt, name))
        self._pt, self.equal = pt, pt.eq
        setattr(self, "square", pt.square)  # noqa: B010

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values, by row."""
        return self._pt.switch(condition, one, other)

    def log_sigmoid(self, x: Any) -> Any:
        """Return ``log(1 / (1 + exp(-x)))``."""
        return -self._pt.softplus(-x)
