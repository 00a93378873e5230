"""The passes: functions ``(Program, Frame) -> (Program, Frame)``, in order."""

from __future__ import annotations

from collections.abc import Callable

from ..ir import Frame, Program
from ..verify import verify
from .center_predictors import center_predictors
from .noncenter import noncenter
from .prune import prune

Pass = Callable[[Program, Frame], tuple[Program, Frame]]

PASSES: tuple[Pass, ...] = (
    # first, because it is about the parameters as reported
    center_predictors,
    # any place would do: it touches the groups alone
    noncenter,
    # last, to sweep up what the others left
    prune,
)


def optimize(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Run all passes, with the verifier before the first and after each."""
    verify(program, frame)
    for apply in PASSES:
        program, frame = apply(program, frame)
        verify(program, frame)
    return program, frame
