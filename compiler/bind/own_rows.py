"""What goes with responses that have rows of their own, ``y | subset(keep)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import ModelStatement

from ..prepare.rows import Prepared
from ..prepare.subset import subsets
from .bound import ResidualCorrelation
from .draft import ResponseDraft

__all__ = ["check_own_rows"]


def check_own_rows(
    model: ModelStatement,
    prepared: Prepared,
    drafts: Sequence[ResponseDraft],
    read: Mapping[str, Sequence[str]],
    coupling: ResidualCorrelation | None,
    sink: Sink,
) -> None:
    """Report what needs the same rows of all responses.

    Parameters
    ----------
    model, prepared
        The model, and its rows.
    drafts
        Its responses.
    read
        Which other responses the formulas of each read.
    coupling
        The correlation of their residuals.
    sink
        Takes the faults.
    """
    call = next((one for one in subsets(model) if one is not None), None)
    if not prepared.kept or call is None:
        return
    text = expression_text(call)
    alike = "alike beside each response, `subset` chooses the rows of the model"
    if coupling is not None:
        sink.add(
            "residual-correlation",
            call.span,
            f"`{text}` is not beside all responses alike, and residuals are "
            "correlated within rows that all of them have",
            f"{alike}; group effects that share an id, `(1 |p| g)`, are correlated "
            "whatever the rows",
        )
    for name, others in read.items():
        if not others:
            continue
        sink.add(
            "not-yet",
            call.span,
            f"`{name}` is predicted from `{others[0]}`, and `{text}` gives them "
            "different rows: this version does not compile it",
            alike,
        )
    for draft in drafts:
        if draft.keep:
            sink.add(
                "not-yet",
                call.span,
                f"`keep` of responses with rows of their own, by `{text}`, is not "
                "compiled by this version",
                "`varying predict --response` gives the same afterwards",
            )
            break
