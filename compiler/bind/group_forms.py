"""How effects of groups may be sampled."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.tree import Option

from .bound import Grouping


def check_centered(
    groupings: Sequence[Grouping], option: Option | None, sink: Sink
) -> None:
    """Report effects that are asked for in a form that they are not sampled in.

    Parameters
    ----------
    groupings
        Those of all formulas of a model.
    option
        ``parameterization=centered``.
    sink
        Takes the faults.
    """
    at_fault = [one for one in groupings if not one.plain]
    if not at_fault or option is None:
        return
    sink.add(
        "not-yet",
        option.span,
        f"`parameterization=centered` with the effects of `{at_fault[0].text}` is not "
        "compiled by this version",
        "they are made of standard normals, whatever the others are",
        fix=Fix.write(option.value.span, "auto"),
    )
