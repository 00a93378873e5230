"""The rows of a program at draws: what the family is given for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir import Frame, Predictor, Program
from .density import evaluate_expression, likelihood_arguments, predictor_value

Array = NDArray[Any]


def row_arguments(
    program: Program, frame: Frame, draw: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the arguments of the family at one draw, or at many, by name.

    Parameters
    ----------
    program, frame
        The program as lowered, with the columns as written, and its arrays: of
        the rows of the fit or of others.
    draw
        Values of one draw by the names of a posterior: what is reported and
        what was sampled. Those of many draws have a first axis of draws more, and
        scalars a last axis of one number.

    Returns
    -------
    dict
        What ``Family.log_density``, ``simulate`` and ``mean`` take. Predictors
        have shape (N,), of many draws (draws, N); what is the same in every row has
        none, or (draws, 1).
    """
    return likelihood_arguments(program, Quantities(program, frame, draw))


def row_predictor(
    program: Program, frame: Frame, draw: Mapping[str, Array], dpar: str
) -> Array:
    """Return the linear predictor of a distributional parameter, shape (N,).

    Of many draws it has shape (draws, N): see ``row_arguments``.
    """
    predictor = next(p for p in program.predictors if p.dpar == dpar)
    return Quantities(program, frame, draw)[predictor.name]


class Quantities(Mapping[str, Array]):
    """The quantities of a program at draws, each computed when asked for.

    A predictor is computed from the frame even where ``keep`` has put it in the
    draw, which is about the rows of the fit. What was neither sampled nor
    reported follows from what was: the gaps of thresholds are ``exp(log_gap)``
    or a function of the simplex, as they were when sampling, so that nothing
    cancels; only where the thresholds themselves were sampled are they their
    differences.

    Parameters
    ----------
    program, frame, draw
        As of ``row_arguments``.
    shared
        What was computed before from the same draws and is not about rows; takes
        what is.
    """

    def __init__(
        self,
        program: Program,
        frame: Frame,
        draw: Mapping[str, Array],
        shared: MutableMapping[str, Array] | None = None,
    ) -> None:
        self._program, self._frame, self._draw = program, frame, draw
        self._predictors: dict[str, Predictor] = {p.name: p for p in program.predictors}
        self._derived = {d.name: d for d in program.derived}
        self._rows = {axis.name for axis in program.axes if axis.kind == "rows"}
        self._shared: MutableMapping[str, Array] = {} if shared is None else shared

    def __getitem__(self, name: str) -> Array:
        if name in self._frame.arrays:
            return self._frame[name]
        if name in self._predictors:
            predictor = self._predictors[name]
            return predictor_value(predictor, self._program, self._frame, self)
        if name in self._draw:
            return np.asarray(self._draw[name])
        if name in self._shared:
            return self._shared[name]
        derived = self._derived[name]
        found = evaluate_expression(derived.expression, self)
        if not self._rows.intersection(derived.axes):
            self._shared[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        names = {**self._frame.arrays, **self._predictors, **self._draw}
        return iter({**names, **self._derived})

    def __len__(self) -> int:
        return sum(1 for _ in self)
