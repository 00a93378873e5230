"""The state of a smooth term: cubic splines by their values at knots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...data.table import Floats

if TYPE_CHECKING:
    from ...data.table import Table


@dataclass(frozen=True, slots=True)
class Curves:
    """Columns that are cubic splines: a straight line, where there is one, and curves.

    A cubic spline is known by its values at its knots. Curves are natural: beyond the
    outermost knots they are straight. Those that are ``periodic`` begin again there.
    Thin plate splines in one variable are natural splines with a knot at each value
    that the rows of the fit have.

    Attributes
    ----------
    knots
        In rising order.
    values
        Of each knot, the value of each curve there.
    periodic
        Whether the last knot is the first one again.
    center
        The line is ``x - center``; None: there is none.
    """

    knots: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    periodic: bool
    center: float | None

    def columns(self, x: Floats, table: Table) -> tuple[Floats, ...]:
        """Return the line, if there is one, and the curves over rows."""
        curves = spline(self.knots, self.values, x, self.periodic)
        line = () if self.center is None else (x - self.center,)
        return (*line, *(np.ascontiguousarray(one) for one in curves.T))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.values[0]) + (self.center is not None)


def spline(knots: object, values: object, x: Floats, periodic: bool) -> Floats:
    """Return cubic splines at ``x``, a column each; NaN where ``x`` is.

    Parameters
    ----------
    knots : (K,)
        In rising order.
    values : (K, P)
        Of each knot, the value of each spline.
    x : (N,)
        Where they are wanted.
    periodic
        Whether they begin again after the last knot; else they are straight beyond
        the outermost knots.
    """
    from scipy.interpolate import CubicSpline

    at, known = np.asarray(knots), np.asarray(values)
    curve = CubicSpline(at, known, bc_type="periodic" if periodic else "natural")
    low, high = at[0], at[-1]
    if periodic:
        return np.asarray(curve(low + (x - low) % (high - low)))
    inside = np.clip(x, low, high)
    beyond = (x - inside)[:, None]
    return np.asarray(curve(inside) + beyond * curve(inside, 1))
