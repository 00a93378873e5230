"""Log densities of rows, each as often as it counts."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ir import Frame, Program

Array = NDArray[Any]


def with_possible_responses(program: Program, frame: Frame) -> Frame:
    """Return a frame whose rows that do not count have a response of one that does.

    What theirs is makes no difference to a density. It may be impossible, and what is
    computed of all responses, such as their logarithms, is then no number.
    """
    arrays = dict(frame.arrays)
    for likelihood in program.likelihoods:
        times = likelihood.times(frame)
        if times is None or np.all(times) or not np.any(times):
            continue
        values = np.array(frame[likelihood.value])
        values[np.asarray(times) == 0] = values[int(np.argmax(times))]
        arrays[likelihood.value] = values
    return replace(frame, arrays=arrays)


def quiet_beside(times: Any) -> AbstractContextManager[object]:
    """Silence NumPy where some rows do not count, whose response may be impossible."""
    if times is None or np.all(np.asarray(times)):
        return nullcontext()
    return np.errstate(divide="ignore", invalid="ignore", over="ignore")


def counted(times: Any, density: Any) -> Array:
    """Return log densities times how often each counts.

    A row that does not count adds nothing, even where its response is impossible: 0
    times minus infinity would be no number.
    """
    times = np.asarray(times)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(times == 0, 0.0, times * np.asarray(density)))
