"""Lowering correlations of residuals: of several responses, or of one of columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..bind.bound import PriorText
from ..distributions.correlations import lkj_shape, pairs
from ..families.family import DefaultPrior
from ..program.coupling import PARTIAL, RESCOR, Coupling, correlations
from ..program.expressions import Assemble, Const
from ..program.ir import Axis, Derived, Parameter, Prior
from . import default_priors as defaults
from .builder import Builder, numbered

__all__ = ["lower_correlations", "lower_coupling", "partial_names"]


def partial_names(name: str, count: int) -> tuple[str, ...]:
    """Return what the partial ones of so many correlations are called."""
    own = f"{PARTIAL}{name}"
    if count == 1:
        return (own,)
    return tuple(numbered(own, number) for number in range(1, count + 1))


def lower_coupling(
    build: Builder, responses: Sequence[str], names: Sequence[str]
) -> Coupling | None:
    """Correlate the residuals of responses, which a spec calls by these names.

    The default prior is that of correlations of group effects: residuals that are as
    good as the same, or each other's opposite, are unlikely, all else is left open.
    """
    if build.joint.coupling is None:
        return None
    target = build.joint.coupling.target
    chosen = build.written(target) or defaults.residual_correlation()
    build.explain(target, chosen)
    partial = lower_correlations(build, RESCOR, chosen, names)
    return Coupling(tuple(responses), partial)


def lower_correlations(
    build: Builder, name: str, chosen: PriorText | DefaultPrior, labels: Sequence[str]
) -> tuple[str, ...]:
    """Give each pair its partial correlation, on (0, 1); return what these are called.

    They are distributed as those of LKJ are, and the correlations derived from them.
    """
    shape, size = dict(chosen.arguments)["eta"], len(labels)
    every = pairs(size)
    partial = partial_names(name, len(every))
    for own, (_, column) in zip(partial, every, strict=True):
        alpha = Const(lkj_shape(shape, size, column))
        prior = Prior("beta", (("alpha", alpha), ("beta", alpha)))
        build.parameters.append(
            Parameter(own, (), prior, bounds=(0.0, 1.0), report=False)
        )
    axis = f"{name}_pair"
    texts = tuple(f"{labels[column]}, {labels[row]}" for row, column in every)
    build.axes.append(Axis(axis, "pairs", texts))
    found = correlations(partial, size)
    whole = Assemble(found, tuple(range(len(found))))
    build.derived.append(Derived(name, (axis,), whole))
    return partial
