"""Logs of distances between thresholds, alike given how large they are on the whole."""

from __future__ import annotations

from ..program.expressions import Const, Symbol
from ..program.ir import Parameter, Prior
from .builder import Builder
from .default_priors import ThresholdDefaults

__all__ = ["lower_log_gaps", "told_of"]


def lower_log_gaps(build: Builder, axis: str, numbers: ThresholdDefaults) -> Symbol:
    """Add logs of distances along an axis, and their common mean; return them."""
    mean, logs = (f"{build.bound.prefix}log_gap{end}" for end in ("_mean", ""))
    location = ("mu", Const(numbers.gap_location))
    sd = ("sigma", Const(numbers.gap_location_sd))
    prior = Prior("normal", (location, sd))
    build.parameters.append(Parameter(mean, (), prior, report=False))
    prior = Prior("normal", (("mu", Symbol(mean)), ("sigma", Const(numbers.gap_sd))))
    build.parameters.append(Parameter(logs, (axis,), prior, report=False))
    return Symbol(logs)


def told_of(numbers: ThresholdDefaults) -> str:
    """Return their priors in words."""
    return (
        f"log gaps ~ normal(g, {numbers.gap_sd:.4g}), "
        f"g ~ normal({numbers.gap_location:.4g}, {numbers.gap_location_sd:g})"
    )
