"""What a smooth term learns from the rows of the fit."""

from __future__ import annotations

import numpy as np

from ...data import weighted
from ...data.table import Floats, Ints
from .bases import BASES, CLOSE, DEFAULT_BASIS, DEFAULT_SIZE, MOST_KNOTS, BasisCounts
from .curves import Curves

#: More curves are a mistake.
MOST_CURVES = 1_000
#: A curve bends if its penalty is above this share of the largest.
_BENDS = 1e-10


class Unsuited(Exception):
    """The values do not allow a smooth; the message and its notes are shown."""

    def __init__(self, message: str, *notes: str) -> None:
        super().__init__(message)
        self.message, self.notes = message, notes


def learn_smooth(
    values: Floats,
    counts: BasisCounts,
    distinct: Floats,
    basis: str | None,
    k: int | None,
) -> Curves:
    r"""Return the columns of a smooth as random effects have them.

    With the rows :math:`X` of a basis and its penalty :math:`S`, a sum of its curves
    that has the mean 0 over the rows is a straight line, which no penalty touches, and
    :math:`Z u` with independent :math:`u_j \sim N(0, \mathrm{sds}^2)`: then
    :math:`Z Z^T = X_c S_c^{+} X_c^T`, where :math:`c` says that the mean is 0 (Wood
    2004, J Am Stat Assoc 99:673; the same as ``smooth2random`` of mgcv, on which
    brms is built). :math:`S` is first multiplied by
    :math:`\lVert X \rVert_\infty^2 / \lVert S \rVert_1` so that ``sds`` does not depend
    on the unit of the variable.

    What curves have in common with the line over the rows is then left to the line, so
    that its coefficient is the slope of the straight line that is nearest to the whole,
    and the rows know it apart from the curves. Where the prior of that coefficient is
    flat it is the same model.

    Parameters
    ----------
    values, counts
        The value in each row, and how often each counts; None: once.
    distinct
        The different values, in rising order.
    basis, k
        Which curves, and how many; None: the default.

    Raises
    ------
    Unsuited
        Where there are too few different values.
    """
    kind = BASES[basis or DEFAULT_BASIS]
    size = DEFAULT_SIZE if k is None else k
    knots = _apart(distinct)
    # each value once: the order of the rows makes no difference
    values, counts = _once(values, counts)
    _check(kind.name, kind.least, size, k, knots)
    raw = kind.make(values, counts, knots, size)
    scale = np.abs(raw.rows).sum(axis=1).max() ** 2 / np.abs(raw.penalty).sum(0).max()
    mean = weighted.means(raw.rows, counts)
    # the coefficients of curves whose mean is 0
    free = np.linalg.qr(mean[:, None], mode="complete")[0][:, 1:]
    bends, along = np.linalg.eigh(free.T @ (scale * raw.penalty) @ free)
    bent = bends > _BENDS * bends[-1]
    weights = free @ (along[:, bent] / np.sqrt(bends[bent]))
    rows, curves = (raw.rows - mean) @ weights, raw.values @ weights
    shares = (counts / counts.sum())[:, None]
    center = weighted.mean(values, counts)
    if kind.straight:
        line = (values - center)[:, None]
        slopes = (shares * line * rows).sum(axis=0) / (shares * line**2).sum()
        rows = rows - line * slopes
        curves = curves - (raw.knots - center)[:, None] * slopes
    # any rotation of them is the same: that in which the rows know each by itself
    curves = curves @ np.linalg.eigh(rows.T @ (shares * rows))[1][:, ::-1]
    # a curve and its negative are one: that which ends higher
    curves = curves * np.where(curves[-1] < 0.0, -1.0, 1.0)
    return Curves(
        tuple(raw.knots.tolist()),
        tuple(map(tuple, curves.tolist())),
        kind.periodic,
        center if kind.straight else None,
    )


def _once(values: Floats, counts: BasisCounts) -> tuple[Floats, Ints]:
    """Return the values in rising order, and how often each is there."""
    found, places = np.unique(values, return_inverse=True)
    often = np.ones(len(values), dtype=np.int64) if counts is None else counts
    total = np.zeros(len(found), dtype=np.int64)
    np.add.at(total, places, often.astype(np.int64))
    return found, total


def _apart(distinct: Floats) -> Floats:
    """Return the values that are knots: not too near each other, and not too many."""
    width = distinct[-1] - distinct[0]
    near = np.diff(distinct) <= CLOSE * width
    found: Floats = distinct[np.concatenate([[True], ~near])]
    if len(found) > MOST_KNOTS:
        places = np.linspace(0, len(found) - 1, MOST_KNOTS).round().astype(np.int64)
        found = found[places]
    return found


def _check(name: str, least: int, size: int, k: int | None, knots: Floats) -> None:
    if size < least:
        raise Unsuited(
            f"`k` must be {least} or more for `bs={name}`",
            "it bounds how often the curve can bend; how much it does is estimated",
        )
    count = len(knots)
    if size > MOST_CURVES:
        raise Unsuited(f"`k` must be at most {MOST_CURVES:,}")
    if size <= count:
        return
    if count < least:
        raise Unsuited(
            f"a curve needs {least} different values or more, and there are {count}",
            "as levels of a factor: `factor(x)`",
        )
    said = f"`k={size}`" if k is not None else f"`k={size}`, the default,"
    raise Unsuited(
        f"{said} needs as many different values, and there are {count}",
        f"write `k={count}` or less"
        if count > least
        else f"write `k={count}`: it is the least",
    )
