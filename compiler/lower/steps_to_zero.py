"""Lowering thresholds of steps that sum to 0.

They are independent ones less their mean, ``t = e - mean(e) + Q z`` with ``z`` iid
``normal(0, sd)``. The columns of ``Q`` are an orthonormal basis of the vectors that sum
to 0, so that ``Q Q' = I - 11'/n``: each of n thresholds has the prior sd
``sd sqrt(1 - 1/n)``, and no order of them is preferred. What the basis is makes no
difference to their prior; it is Helmert's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.table import Floats
from ..families.family import Moments
from ..program.expressions import Apply, Const, ProgramExpr, Symbol
from ..program.ir import Axis, Derived, Parameter, Prior, Slot
from ..program.recipes import Numbers
from . import default_priors as defaults
from .builder import BOUNDARY, Builder, PriorRow


def lower_to_zero(
    build: Builder,
    labels: tuple[str, ...],
    each: Sequence[tuple[int, Moments]],
    moved: bool,
) -> None:
    """Lower thresholds that sum to 0, or those of each item do.

    Parameters
    ----------
    build
        Takes the parameter, the thresholds and their line in ``show priors``.
    labels
        Names of all thresholds, those of an item side by side.
    each
        How many there are of each item, and the moments of its responses.
    moved
        Whether the predictor has columns that could have been centred.
    """
    family, of = build.bound.family, build.bound.prefix
    assert family.at_shares is not None and family.steps is not None
    places: list[float] = []
    sds: list[float] = []
    own: list[float] = []
    for count, moments in each:
        equal = family.at_shares(np.full(count + 1, 1.0 / (count + 1)))
        sd = defaults.step_sd(moments, count + 1, family.steps.adds_up)
        places += [round(float(one), 12) + 0.0 for one in equal - np.mean(equal)]
        sds += [sd] * (count - 1)
        own.append(sd * (1.0 - 1.0 / count) ** 0.5)
    axis, value = f"{of}{BOUNDARY}", _laid(build, labels, each, places, sds)
    build.derived.append(Derived(f"{of}threshold", (axis,), value))
    items = build.bound.response.items is not None
    e = "where all categories are equally likely, less the mean of these"
    reason = f"they sum to 0, all alike; e: {e}"
    if items:
        reason = f"of each item by itself: {reason}"
    text = f"normal({'e' if any(places) else '0'}, {max(own):.4g})" if sds else "0"
    target = f"{build.bound.target}threshold"
    build.rows.append(PriorRow(target, text, "default", reason if sds else "it is 0"))
    if moved:
        whose = "the thresholds of each item" if items else "the thresholds"
        build.notes.append(f"not centred: {whose} sum to 0")


def _laid(
    build: Builder,
    labels: tuple[str, ...],
    each: Sequence[tuple[int, Moments]],
    places: list[float],
    sds: list[float],
) -> ProgramExpr:
    """Add what is free of the thresholds; return them."""
    where = Const(tuple(places))
    if not sds:
        return where
    of = build.bound.prefix
    name, basis = f"{of}threshold_contrast", f"{of}threshold_basis"
    axis, boundary = f"{of}free_{BOUNDARY}", f"{of}{BOUNDARY}"
    whole, inner, row = np.zeros((len(labels), len(sds))), list[str](), 0
    for count, _ in each:
        first, last = len(inner), len(inner) + count - 1
        whole[row : row + count, first:last] = to_zero_basis(count)
        inner += labels[row + 1 : row + count]
        row += count
    build.axes.append(Axis(axis, "boundaries", tuple(inner)))
    sigma = Const(sds[0] if len(set(sds)) == 1 else tuple(sds))
    prior = Prior("normal", (("mu", Const(0.0)), ("sigma", sigma)))
    build.parameters.append(Parameter(name, (axis,), prior, report=False))
    recipe = Numbers(tuple(whole.ravel().tolist()), whole.shape[1])
    build.slots.append(Slot(basis, (boundary, axis), recipe))
    return Apply("+", (where, Apply("matvec", (Symbol(basis), Symbol(name)))))


def to_zero_basis(count: int) -> Floats:
    """Return an orthonormal basis of the vectors that sum to 0, one a column.

    Helmert's: each is a value against the mean of those before it.

    >>> to_zero_basis(2).round(3).tolist()
    [[-0.707], [0.707]]
    """
    basis = np.zeros((count, count - 1))
    for k in range(1, count):
        length = (k * (k + 1.0)) ** 0.5
        basis[:k, k - 1] = -1.0 / length
        basis[k, k - 1] = k / length
    return basis
