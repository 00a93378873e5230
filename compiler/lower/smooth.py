"""Smooth terms in a program: standard normals times what they share, the sd."""

from __future__ import annotations

from ..bind.bound import BoundPredictor
from ..distributions.table import POSITIVE
from ..program.blocks import Basis
from ..program.expressions import Const
from ..program.ir import Axis, Parameter, Prior, Slot
from ..program.recipes import Matrix
from . import default_priors as defaults
from .builder import Builder, vector
from .learn import LearnedPart
from .names import free_name
from .nonlinear import moments_of


def lower_smooths(
    build: Builder, part: BoundPredictor, learned: LearnedPart
) -> list[Basis]:
    """Lower the penalised parts of smooth terms; return their blocks.

    What is sampled are standard normals, whatever the data say: a curve has few
    coefficients, and what rows say of them, all together, is seldom much.
    """
    smooths, prefix = part.population.smooths, part.prefix
    if not smooths:
        return []
    labels = tuple(smooth.name for smooth in smooths)
    axis, scales = f"{prefix}smooth", f"{prefix}sds"
    build.axes.append(Axis(axis, "coefs", labels))
    moments, family = moments_of(build, part), build.bound.family
    choices = []
    for label, size in zip(labels, learned.smooths, strict=True):
        target = f"{part.target}sds[{label}]"
        default = defaults.smooth_sd(family, part, moments, size)
        choices.append(build.written(target) or default)
        build.explain(target, choices[-1])
    vector(build, scales, axis, labels, choices, POSITIVE)
    blocks = []
    for place, smooth in enumerate(smooths):
        weights = free_name(f"{prefix}z_{smooth.name}", build)
        own = f"{weights}_curve"
        names = tuple(column.name for column in smooth.columns)
        build.axes.append(Axis(own, "coefs", names))
        normal = Prior("normal", (("mu", Const(0.0)), ("sigma", Const(1.0))))
        build.parameters.append(Parameter(weights, (own,), normal, report=False))
        design = free_name(f"{prefix}X_{smooth.name}", build)
        build.slots.append(Slot(design, (build.row, own), Matrix(smooth.columns)))
        blocks.append(Basis(design, weights, scales, place))
    return blocks
