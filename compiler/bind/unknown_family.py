"""What is said of a name that is no family, wherever it is written."""

from __future__ import annotations

from varying.grammar.diagnostics import Fix, Sink, did_you_mean
from varying.grammar.tree import Expr

from ..families import COMPILED, FAMILY_SPELLINGS, PLANNED_FAMILIES, own
from ..families.elsewhere import NO_FAMILY, UNTIL_THEN, other_name

__all__ = ["add_unknown", "known_as"]

#: How a family that is not of the language is named.
OWN = (
    "a family of your own is made and passed in Python: `varying.compile(spec, data, "
    "families=[...])`; the command takes a file that makes it, `--families FILE.py`"
)


def known_as(text: str) -> str | None:
    """Return the family that a name means here or in another package."""
    if text in PLANNED_FAMILIES:
        return text
    return other_name(text, (*FAMILY_SPELLINGS, *PLANNED_FAMILIES))


def _add_planned(text: str, family: str, node: Expr, sink: Sink) -> None:
    sink.add(
        "not-yet",
        node.span,
        f"the family `{text}` is not compiled by this version",
        *UNTIL_THEN.get(family, ()),
        f"compiled are {COMPILED}",
    )


def add_unknown(text: str, node: Expr, sink: Sink) -> None:
    """Say what a family is called here, or what else may have been meant."""
    found = known_as(text)
    if found is not None and found in PLANNED_FAMILIES:
        _add_planned(text, found, node, sink)
        return
    if found is not None:
        sink.add(
            "unknown-family",
            node.span,
            f"the family `{text}` is called `{found}` here",
            fix=Fix.write(node.span, found, safe=True),
        )
        return
    message = f"there is no family `{text}`"
    if text in NO_FAMILY:
        sink.add("unknown-family", node.span, message, NO_FAMILY[text])
        return
    known = (*FAMILY_SPELLINGS, *PLANNED_FAMILIES, *own.names())
    notes, fix = did_you_mean(text, known, node.span)
    if fix is None:
        notes = (f"compiled are {COMPILED}",)
    if fix is None or text[-1:].isdigit():
        notes = (*notes, OWN)
    sink.add("unknown-family", node.span, message, *notes, fix=fix)
