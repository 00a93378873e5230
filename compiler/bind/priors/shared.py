"""Parameters that components of a mixture share: ``prior sigma2 = sigma1``."""

from __future__ import annotations

import re

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Expr, Name, PriorStatement
from varying.grammar.walk import unwrap

from ..bound import PriorText
from .constants import line_of, target_text
from .scalars import Scalar, ScalarParameters

__all__ = ["named_parameter", "shared"]

#: A parameter of a component: what it is, and the number.
_NUMBERED = re.compile(r"(.*[A-Za-z])([1-9][0-9]*)")


def named_parameter(statement: PriorStatement) -> Name | None:
    """Return the name that stands right of ``=``, where a number would."""
    value: Expr = unwrap(statement.value)
    if statement.operator != "=" or not isinstance(value, Name):
        return None
    found = _NUMBERED.fullmatch(statement.target.name.text.rpartition(".")[2])
    return value if found is not None else None


def shared(
    statement: PriorStatement,
    value: Name,
    scalar: Scalar,
    targets: ScalarParameters,
    sink: Sink,
) -> PriorText | None:
    """Return a parameter that is another one; None, and what is wrong, if it cannot be.

    It is that of an earlier component, so that none is made of itself.
    """
    of, _, name = scalar.target.rpartition(".")
    mine = _NUMBERED.fullmatch(name)
    assert mine is not None  # see `named_parameter`
    text = value.text.rpartition(".")[2]
    theirs = _NUMBERED.fullmatch(text)
    target = f"{of}.{text}" if of else text
    alike = [
        one.target.rpartition(".")[2]
        for one in targets.scalars
        if one.target.rpartition(".")[0] == of
        and one.target != scalar.target
        and (found := _NUMBERED.fullmatch(one.target.rpartition(".")[2]))
        and found[1] == mine[1]
    ]
    place = statement.value.span
    if mine[1] == "theta":
        message = "shares of components are not made equal by a name"
        note = "equal shares of two are `prior theta1 = 0.5`"
        sink.add("invalid-argument", place, message, note)
        return None
    if text not in alike:
        notes, fix = did_you_mean(text, alike, place, f"to share with {name} there is")
        sink.add(
            "invalid-argument",
            place,
            f"`{target_text(statement)}` cannot be `{expression_text(value)}`",
            *notes,
            "components share a parameter of one kind that has no formula, as in "
            "`prior sigma2 = sigma1`; else a parameter is fixed at a number",
            fix=fix,
        )
        return None
    assert theirs is not None
    if int(theirs[2]) > int(mine[2]):
        sink.add(
            "invalid-argument",
            place,
            f"`{text}` is of a later component",
            f"the later one is that of the earlier: `prior {text} = {name}`",
        )
        return None
    return PriorText(
        "constant",
        (),
        f"= {text}",
        line_of(statement, sink),
        same=target,
        span=statement.span,
    )
