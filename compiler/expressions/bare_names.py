"""Columns whose names are no plain names, written without their back-quotes.

``reaction time``, ``2nd_rating`` and ``RT (ms)`` are read as something else, or not at
all. Where the data have such a column, the text at the place says which it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from varying.grammar.diagnostics import Edit, Fix, Sink, nearest
from varying.grammar.printer import name_text
from varying.grammar.source import Span

from ..data.schema import Schema
from ..data.table import Table

_PLAIN = (
    "so is every name that is not letters, digits, `_` and `.` only, or that begins "
    "with a digit"
)


def all_names(data: Table | Schema) -> tuple[str, ...]:
    """Return the names of all columns of the data, read or not."""
    return tuple(dict.fromkeys((*data.columns, *data.unread, *data.unusable)))


def report_bare(span: Span, data: Table | Schema, sink: Sink) -> bool:
    """Report a place that is part of a column's name as it is spelled; whether it is.

    ``RT (ms)`` is no call of ``RT`` if there is a column that is called so.
    """
    found = _bare(span, all_names(data), sink.source.text)
    if found is None:
        return False
    name, place = found
    sink.add(
        "unquoted-name",
        place,
        f"the column `{name}` is written in back-quotes",
        _PLAIN,
        fix=_fix(name, place),
    )
    return True


def _bare(span: Span, names: Iterable[str], text: str) -> tuple[str, Span] | None:
    """Return the longest such name around a place, and where it stands."""
    best: tuple[str, Span] | None = None
    for name in names:
        quoted = name_text(name)
        if quoted == name or "`" in name or (best and len(name) <= len(best[0])):
            continue
        first = max(0, span.end - len(name))
        for start in range(first, span.start + 1):
            if text.startswith(name, start) and _alone(text, start, start + len(name)):
                best = name, Span(start, start + len(name))
                break
    return best


def _alone(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or quote goes on at either end."""
    return not any(
        character.isalnum() or character in "_`\"'"
        for character in (text[start - 1 : start], text[end : end + 1])
        if character
    )


def _fix(name: str, span: Span) -> Fix:
    return Fix(f"write `` `{name}` ``", (Edit(span, f"`{name}`"),), safe=True)


def settle_names(data: Table | Schema, sink: Sink) -> None:
    """Make certain what the parser could only guess, now that the columns are known.

    A name with a blank in it is a column's, or is none.
    """
    names = all_names(data)
    if data.open or not names:
        return
    for place, found in enumerate(sink.diagnostics):
        if found.rule not in ("unquoted-name", "syntax"):
            continue
        known = _bare(found.span, names, found.source.text)
        if known is not None:
            name, span = known
            sink.diagnostics[place] = replace(
                found,
                rule="unquoted-name",
                message=f"the column `{name}` is written in back-quotes",
                span=span,
                notes=(_PLAIN,),
                fix=_fix(name, span),
            )
        elif found.rule == "syntax":
            continue
        elif found.fix is not None and "`" in found.fix.title:
            text = found.source.slice(found.span)
            words = text.split()
            near = nearest(text, [n for n in names if name_text(n) != n], 1)
            joined = " + ".join(words)
            if len(words) > 1 and {*words} <= {*names}:
                fix = Fix.write(found.span, joined)
            elif near:
                edit = Edit(found.span, f"`{near[0]}`")
                fix = Fix(f"write `` `{near[0]}` ``", (edit,))
            elif found.fix.edits[0].text.startswith("`"):
                fix = None
            else:
                continue
            sink.diagnostics[place] = replace(found, fix=fix)
