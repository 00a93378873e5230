"""The passes: functions ``(Program, Frame) -> (Program, Frame)``, in order."""

from __future__ import annotations

from collections.abc import Callable

from ..program.ir import Frame, Program
from ..program.verify import verify
from .center_effects import center_effects
from .center_hazard import center_hazard
from .center_predictors import center_predictors
from .center_slopes import center_slopes
from .compose_columns import compose_columns
from .end_below_responses import end_below_responses
from .integrate_effects import integrate_effects
from .merge_cells import merge_cells
from .noncenter import noncenter
from .prune import prune
from .scale_parameters import scale_parameters

Pass = Callable[[Program, Frame], tuple[Program, Frame]]

PASSES: tuple[Pass, ...] = (
    # first, because it is about the parameters as reported
    center_predictors,
    # before the groups are given a form
    center_slopes,
    # any place would do: it touches the groups alone
    noncenter,
    # last, to sweep up what the others left
    prune,
)


#: Of what is sampled alone: predictions are by row, and so is ``Model.pymc``.
SAMPLING_PASSES: tuple[Pass, ...] = (
    # before rows are merged, which pools the responses that units are taken from
    compose_columns,
    # before units, which are inside the ends
    end_below_responses,
    scale_parameters,
    # after units, which are of what the intercept adds to all rows
    center_hazard,
    merge_cells,
)

#: Of what the kernel samples: forms that a PyMC model would state with difficulty.
KERNEL_PASSES: tuple[Pass, ...] = (
    # before those that are sampled are given a form
    integrate_effects,
    center_effects,
)


def optimize(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Run all passes, with the verifier before the first and after each."""
    verify(program, frame)
    return _run(PASSES, program, frame)


def for_sampling(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Return what a sampler sees of an optimized program.

    The log density is the same but for a constant, that of the units. Coordinates are
    of the part of a prior where the data leave any density.
    """
    return _run(SAMPLING_PASSES, program, frame)


def for_kernel(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Return what the kernel sees of a program for sampling."""
    return _run(KERNEL_PASSES, program, frame)


def _run(
    passes: tuple[Pass, ...], program: Program, frame: Frame
) -> tuple[Program, Frame]:
    for apply in passes:
        program, frame = apply(program, frame)
        verify(program, frame)
    return program, frame
