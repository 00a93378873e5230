"""Lowering the residual correlation of several responses."""

from __future__ import annotations

from collections.abc import Sequence

from ..program.coupling import Coupling, correlations
from ..program.expressions import Assemble, Const
from ..program.ir import Axis, Derived, Parameter, Prior
from . import default_priors as defaults
from .builder import Builder, numbered
from .names import RESCOR


def lower_coupling(
    build: Builder, responses: Sequence[str], names: Sequence[str]
) -> Coupling | None:
    """Give each pair of responses its partial correlation, on (0, 1).

    LKJ(eta) for n responses makes that of column k of the C-vine Beta(a, a) on (-1, 1)
    with a = eta + (n - 2 - k) / 2 (Lewandowski, Kurowicka & Joe 2009). The default is
    that of correlations of group effects: residuals that are as good as the same, or
    each other's opposite, are unlikely, all else is left open. The pairs are called by
    the names that the responses have in the spec.
    """
    if build.joint.coupling is None:
        return None
    target = build.joint.coupling.target
    chosen = build.written(target) or defaults.residual_correlation()
    build.explain(target, chosen)
    shape, size = dict(chosen.arguments)["eta"], len(responses)
    pairs = [(i, k) for i in range(size) for k in range(i)]
    partial: list[str] = []
    for number, (_, k) in enumerate(pairs, start=1):
        name = f"pcor_{RESCOR}"
        name = name if len(pairs) == 1 else numbered(name, number)
        alpha = Const(shape + (size - 2 - k) / 2)
        prior = Prior("beta", (("alpha", alpha), ("beta", alpha)))
        build.parameters.append(
            Parameter(name, (), prior, bounds=(0.0, 1.0), report=False)
        )
        partial.append(name)
    labels = tuple(f"{names[k]}, {names[i]}" for i, k in pairs)
    axis = f"{RESCOR}_pair"
    build.axes.append(Axis(axis, "pairs", labels))
    found = correlations(tuple(partial), size)
    whole = Assemble(found, tuple(range(len(found))))
    build.derived.append(Derived(RESCOR, (axis,), whole))
    return Coupling(tuple(responses), tuple(partial))
