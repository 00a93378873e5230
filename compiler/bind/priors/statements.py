"""Priors that the user wrote: from statements to scalar targets.

The more specific of two statements wins, of two equally specific ones that which
names the response, then the model's over the file's; two in one place are an error.
"""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import PriorStatement

from ..bound import PriorText
from .scalars import ScalarParameters
from .shared import named_parameter, shared
from .targets import matches
from .values import read_prior


def resolve_priors(
    file_level: Sequence[PriorStatement],
    model_level: Sequence[PriorStatement],
    targets: ScalarParameters,
    sink: Sink,
) -> tuple[tuple[str, PriorText], ...]:
    """Return what the user wrote, by scalar target.

    Parameters
    ----------
    file_level, model_level
        Prior statements before the first model, and those of this one.
    targets
        What the model has.
    sink
        Takes the faults.
    """
    chosen: dict[str, tuple[tuple[int, int, int], str, PriorText]] = {}
    for place, statements in enumerate((file_level, model_level)):
        for statement in statements:
            found = matches(statement.target, targets, sink)
            if not found and named_parameter(statement) is None:
                read_prior(statement, None, sink)
            for specificity, scalar in found:
                other = named_parameter(statement)
                if other is None:
                    prior = read_prior(statement, scalar, sink)
                else:
                    prior = shared(statement, other, scalar, targets, sink)
                if prior is None:
                    break
                # one that names the response is closer than one of all responses
                named = int(scalar.kind.startswith(statement.target.name.text))
                rank = (specificity, named, place)
                # at the predictors' means or at 0: the intercept has one prior
                slot = scalar.target.removesuffix("[mean]")
                old = chosen.get(slot)
                if old is not None and old[0] == rank:
                    sink.add(
                        "duplicate-prior",
                        statement.target.span,
                        f"`{slot}` has two priors of equal specificity",
                        f"the other is on line {old[2].line}",
                        *(
                            (f"`{slot}` and `{slot}[mean]` are the same parameter",)
                            if old[1] != scalar.target
                            else ()
                        ),
                    )
                    break
                if old is None or old[0] < rank:
                    chosen[slot] = (rank, scalar.target, prior)
    return tuple((target, prior) for _, target, prior in chosen.values())
