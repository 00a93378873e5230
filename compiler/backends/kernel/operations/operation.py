"""What an operation of the kernel is.

Operations are plain Python on numbers behind pointers, which ``translate``
compiles; ``machine`` says which. All take the same arguments:

``o, p``
    The instructions and where this one begins; its words are ``o[p + 1]`` on.
``v, d``
    The values and their slopes: the derivative of the log density in each value.
``c, k``
    The numbers and the whole numbers of the data.

Words that name a place are offsets into one of these. ``forward`` writes values
and returns what the operation adds to the log density; the slopes of that are
added at once. ``backward`` takes the slopes of the results back to the operands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Words of an instruction: the number of the operation and its operands.
WIDTH = 40

OperationFunction = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: its name, its words in order, and its two directions.

    Attributes
    ----------
    name
        Its key in ``OPERATIONS``.
    words
        Names of its operands.
    forward
        Returns a float.
    backward
        None where ``forward`` has done everything.
    """

    name: str
    words: tuple[str, ...]
    forward: OperationFunction
    backward: OperationFunction | None = None
