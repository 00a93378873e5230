"""A density read as a graph; PyTensor is handed over, so that nothing imports it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import falling
from .compoisson_text import COM_SUM
from .incomplete_text import BETA_TAILS, GAMMA_TAILS
from .operations import ROOT_HALF, Operations
from .sums import BETABINOM_TAILS

_PLAIN = ("exp", "log", "log1p", "expm1", "sqrt", "arctan", "erfc", "abs")
_MORE = ("sin", "cos", "sigmoid")
_TEXTS = {
    "gamma_tails": GAMMA_TAILS,
    "beta_tails": BETA_TAILS,
    "betabinom_tails": BETABINOM_TAILS,
    "log_com_sum": COM_SUM,
    "log_skew_tail": falling.SKEW_TEXT,
    "log_arc": falling.ARC_TEXT,
}


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes one graph of the same arguments.

    They are long: of rows with limits one is asked for several times.
    """
    made: dict[tuple[Any, ...], Any] = {}

    def called(*given: Any) -> Any:
        key = tuple(
            one if isinstance(one, int | float) else ("at", id(one)) for one in given
        )
        if key not in made:
            # held: what is gone leaves its address to another one
            made[key] = function(*given), given
        return made[key][0]

    return called


class Tensors(Operations):
    """Operations on tensors: ``pt`` is ``pytensor.tensor``."""

    def __init__(self, pt: Any) -> None:
        for name in (*_PLAIN, *_MORE):
            setattr(self, name, _of_numbers(getattr(pt, name)))
        self._pt, self.equal = pt, pt.eq
        setattr(self, "square", pt.square)  # noqa: B010
        space = {"pt": pt, "np": np, "log1mexp": self.log1mexp}
        space |= {one: getattr(self, one) for one in ("exp_excess", "gamma_remainder")}
        space |= {one: getattr(self, one) for one in ("log1p_excess", "log_mills")}
        space["log_i0e"] = self.log_i0e
        for name, text in _TEXTS.items():
            exec(text, space)
            setattr(self, name, _once(space[name]))

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """Return one of two values, by row."""
        if isinstance(condition, bool):  # of numbers that are known
            return one if condition else other
        return self._pt.switch(condition, one, other)

    def log_ndtr(self, x: Any) -> Any:
        """Return the log of the normal distribution function."""
        pt = self._pt
        low, high = pt.minimum(x, -1.0), pt.maximum(x, -1.0)
        tail = pt.log(0.5 * pt.erfcx(-low * ROOT_HALF)) - 0.5 * low * low
        return pt.switch(x < -1.0, tail, pt.log1p(-0.5 * pt.erfc(high * ROOT_HALF)))

    def log_i0e(self, x: Any) -> Any:
        """Return the log of the modified Bessel function ``I_0`` over ``exp(x)``."""
        return self._pt.log(self._pt.ive(0.0, x))

    def log_sigmoid(self, x: Any) -> Any:
        """Return ``log(1 / (1 + exp(-x)))``."""
        return -self._pt.softplus(-x)


def _of_numbers(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of tensors and of numbers, which stay in double precision."""
    return lambda x: function(np.float64(x) if isinstance(x, int | float) else x)


def whole_numbers(
    pm: Any, name: str, parameters: Sequence[Any], logp: Any, draw: Any, **keywords: Any
) -> Any:
    """Return a ``pm.CustomDist`` of whole numbers, with its density and its draws."""
    return pm.CustomDist(
        name, *parameters, logp=logp, dist=draw, dtype="int64", **keywords
    )
