"""The rows of a program at one draw: what the family is given for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir import Frame, Predictor, Program
from .density import evaluate_expression, likelihood_arguments, predictor_value

Array = NDArray[Any]


def row_arguments(
    program: Program, frame: Frame, draw: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the arguments of the family at one draw, by name.

    Parameters
    ----------
    program, frame
        The program as lowered, with the columns as written, and its arrays: of
        the rows of the fit or of others.
    draw
        Values of one draw by the names of a posterior: what is reported and
        what was sampled.

    Returns
    -------
    dict
        What ``Family.log_density``, ``simulate`` and ``mean`` take. Predictors
        have shape (N,); what is the same in every row has none.
    """
    return likelihood_arguments(program, _Quantities(program, frame, draw))


def row_predictor(
    program: Program, frame: Frame, draw: Mapping[str, Array], dpar: str
) -> Array:
    """Return the linear predictor of a distributional parameter, shape (N,)."""
    predictor = next(p for p in program.predictors if p.dpar == dpar)
    return _Quantities(program, frame, draw)[predictor.name]


class _Quantities(Mapping[str, Array]):
    """The quantities of a program at one draw, each computed when asked for.

    A predictor is computed from the frame even where ``keep`` has put it in the
    draw, which is about the rows of the fit. What was neither sampled nor
    reported follows from what was: the gaps of thresholds are ``exp(log_gap)``
    or a function of the simplex, as they were when sampling, so that nothing
    cancels; only where the thresholds themselves were sampled are they their
    differences.
    """

    def __init__(
        self, program: Program, frame: Frame, draw: Mapping[str, Array]
    ) -> None:
        self._program, self._frame, self._draw = program, frame, draw
        self._predictors: dict[str, Predictor] = {p.name: p for p in program.predictors}
        self._derived = {d.name: d.expression for d in program.derived}

    def __getitem__(self, name: str) -> Array:
        if name in self._frame.arrays:
            return self._frame[name]
        if name in self._predictors:
            predictor = self._predictors[name]
            return predictor_value(predictor, self._program, self._frame, self)
        if name in self._draw:
            return np.asarray(self._draw[name])
        return evaluate_expression(self._derived[name], self)

    def __iter__(self) -> Iterator[str]:
        names = {**self._frame.arrays, **self._predictors, **self._draw}
        return iter({**names, **self._derived})

    def __len__(self) -> int:
        return sum(1 for _ in self)
