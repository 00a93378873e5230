"""Priors that the user wrote: from statements to scalar targets.

The more specific of two statements wins; of two equally specific ones the
model's wins over the file's; two in one place are an error.
"""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import PriorStatement

from .bound import PriorText
from .prior_targets import Targets, matches
from .prior_values import read_prior


def resolve_priors(
    file_level: Sequence[PriorStatement],
    model_level: Sequence[PriorStatement],
    targets: Targets,
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
    chosen: dict[str, tuple[tuple[int, int], PriorText]] = {}
    for place, statements in enumerate((file_level, model_level)):
        for statement in statements:
            found = matches(statement, targets, sink)
            if not found:
                read_prior(statement, None, sink)
            for specificity, scalar in found:
                prior = read_prior(statement, scalar, sink)
                if prior is None:
                    break
                rank = (specificity, place)
                old = chosen.get(scalar.target)
                if old is not None and old[0] == rank:
                    sink.add(
                        "duplicate-prior",
                        statement.target.span,
                        f"`{scalar.target}` has two priors of equal specificity",
                        f"the other is on line {old[1].line}",
                    )
                    break
                if old is None or old[0] < rank:
                    chosen[scalar.target] = (rank, prior)
    return tuple((target, prior) for target, (_, prior) in chosen.items())
