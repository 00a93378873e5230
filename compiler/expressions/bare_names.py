"""Columns whose names are no plain names, written without their back-quotes.

``reaction time``, ``2nd_rating`` and ``RT (ms)`` are read as something else, or not at
all. Where the data have such a column, the text at the place says which it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import regex

from varying.grammar.diagnostics import Diagnostic, Edit, Fix, Severity, Sink, nearest
from varying.grammar.printer import name_text
from varying.grammar.rules import RULE_GROUPS
from varying.grammar.source import Span
from varying.grammar.tokens import NAME_PATTERN

from ..data.schema import Schema
from ..data.table import Table

_PLAIN = (
    "so is every name that is not letters, digits, `_` and `.` only, or that begins "
    "with a digit"
)


def call_columns(data: Table | Schema) -> set[str]:
    """Return the columns that calls over rows gave: nobody knows these names."""
    return {name for names in data.calls.values() for name in names}


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
        if _needs_none(name) or (best and len(name) <= len(best[0])):
            continue
        first = max(0, span.end - len(name))
        for start in range(first, span.start + 1):
            if text.startswith(name, start) and _alone(text, start, start + len(name)):
                best = name, Span(start, start + len(name))
                break
    return best


def _needs_none(name: str) -> bool:
    """Say whether no back-quotes are of use to a name."""
    return "`" in name or name_text(name) == name


def _alone(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or quote goes on at either end.

    What is beside a sign, as of `50%` or `"A"`, may be anything.
    """
    left, right = text[start - 1 : start], text[end : end + 1]
    return not any(
        beside in "_`\"'" or (beside.isalnum() and own.isalnum())
        for beside, own in ((left, text[start]), (right, text[end - 1]))
        if beside
    )


def _fix(name: str, span: Span) -> Fix:
    return Fix(f"write `` `{name}` ``", (Edit(span, f"`{name}`"),), safe=True)


# ---- what was read as something else ------------------------------------------------

#: Rules of texts that could not be read: a name in it was not looked up.
_UNREAD = frozenset(
    rule.id
    for group in ("Characters, brackets and strings", "Statements")
    for rule in RULE_GROUPS[group]
) - frozenset(
    "bidi-control invisible-character unquoted-name not-yet duplicate-model "
    "second-formula misplaced-statement unknown-statement".split()
)
#: Where a line that a name begins was taken for a statement.
_TAKEN = frozenset(("no-model", "unknown-statement"))

_QUOTED = regex.compile(r"""`[^`\r\n]+`|"(?:[^"\\\r\n]|\\[^\r\n])*"|\#[^\r\n]*""")
_WORD = regex.compile(NAME_PATTERN)


def settle_names(data: Table | Schema, sink: Sink) -> None:
    """Say of errors that a name without its back-quotes is their cause.

    The parser can only guess that; here the columns are known. A name with a blank in
    it is a column's, or is none.
    """
    names = all_names(data)
    if data.open or not names or not sink.failed:
        return
    given = [name for name in names if name not in call_columns(data)]
    places = list(_places(given, sink.source.text))
    settled: dict[object, Diagnostic] = {}
    for found in sink.diagnostics:
        cause = _cause(found, places, names) if places else None
        if cause is None:
            found = _near(found, names) if found.rule == "unquoted-name" else found
            settled[found] = found
            continue
        for name, span in _with_it(cause, found, places, names):
            bare = Diagnostic(
                "unquoted-name",
                f"the column `{name}` is written in back-quotes",
                found.source,
                span,
                (_PLAIN,),
                _fix(name, span),
                found.models,
            )
            settled.setdefault(span, bare)
    sink.diagnostics[:] = settled.values()


_Place = tuple[str, Span]


def _with_it(
    cause: _Place, found: Diagnostic, places: Sequence[_Place], names: Sequence[str]
) -> list[_Place]:
    """Return the name that an error comes from, and all in a line that is not read."""
    if found.rule not in _UNREAD | {"unquoted-name"}:
        return [cause]
    text, taken = found.source.text, [cause]
    first, end = _line_start(text, cause[1].start), _line_end(text, cause[1].end)
    for name, span in places:
        apart = all(s.end <= span.start or span.end <= s.start for _, s in taken)
        inside = first <= span.start and span.end <= end
        if apart and inside and not _says_something(name, span, text, names):
            taken.append((name, span))
    return taken


def _says_something(name: str, span: Span, text: str, names: Sequence[str]) -> bool:
    """Say whether a name may stand there without back-quotes.

    `log(rt)` is what it says where `rt` is a column, `2` a number, `a[b c]` a level.
    """
    words = {*_WORD.findall(name)}
    if name.isdigit() or (words and words <= {*names}):
        return True
    level = regex.search(rf"({NAME_PATTERN}|`)\s*\[\s*\Z", text[: span.start])
    return level is not None and level[1].strip("`") in ("", *names)


def _places(names: Iterable[str], text: str) -> Iterator[tuple[str, Span]]:
    """Yield names that need back-quotes and have none, the longest first."""
    quoted = [Span(*match.span()) for match in _QUOTED.finditer(text)]
    for name in sorted(names, key=len, reverse=True):
        if _needs_none(name) or not name.strip():
            continue
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            inside = any(q.start <= start and end <= q.end for q in quoted)
            if not inside and _alone(text, start, end):
                yield name, Span(start, end)
            start = text.find(name, start + 1)


def _cause(
    found: Diagnostic, places: Sequence[_Place], names: Sequence[str]
) -> _Place | None:
    """Return the name that an error comes from, and where it stands."""
    if found.severity is not Severity.ERROR:
        return None
    text, at = found.source.text, found.span
    for name, span in places:
        if found.rule == "unquoted-name":
            if at.start < span.end and span.start < at.end:
                return name, span
        elif found.rule in _UNREAD:
            # faulty is the word behind it, and what a quote or `#` in it cuts off
            cuts = {*"#'\""} & {*name}
            blanks = len(text[span.end :]) - len(text[span.end :].lstrip(" \t"))
            reach = _line_end(text, span.end) if cuts else span.end + blanks + 1
            first = _line_start(text, span.start) if cuts else span.start
            if at.start < reach and first < at.end:
                return name, span
        elif found.rule in _TAKEN:
            line = text[span.end : _line_end(text, span.end)].lstrip()
            begins = not text[_line_start(text, span.start) : span.start].strip()
            if begins and line.startswith("~"):
                return name, span
        elif at.start < span.end and span.start < at.end:
            digits = name.isdigit() and at == span
            if digits or not _says_something(name, span, text, names):
                return name, span
    return None


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def _line_end(text: str, place: int) -> int:
    ends = [end for end in (text.find("\n", place), text.find("\r", place)) if end >= 0]
    return min(ends, default=len(text))


def _near(found: Diagnostic, names: Sequence[str]) -> Diagnostic:
    """Return what the parser took for a name, with the name that may be meant."""
    if found.fix is None or "`" not in found.fix.title or found.fix.safe:
        return found
    text = found.source.slice(found.span)
    words = text.split()
    near = nearest(text, [n for n in names if name_text(n) != n], 1)
    if len(words) > 1 and {*words} <= {*names}:
        fix: Fix | None = Fix.write(found.span, " + ".join(words))
    elif near:
        fix = Fix(f"write `` `{near[0]}` ``", (Edit(found.span, f"`{near[0]}`"),))
    elif found.fix.edits[0].text.startswith("`"):
        fix = None
    else:
        return found
    return replace(found, fix=fix)
