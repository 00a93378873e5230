"""Comments that silence a warning: ``y ~ x  # varying: allow few-groups``.

Such a comment holds for the line of the spec that it stands in, with all rows that
the line goes over; on a row of its own, for the line that it stands in or above.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import regex

from .diagnostics import Diagnostic, Severity, Sink, did_you_mean
from .layout import LogicalLine, logical_lines
from .rules import RULES
from .source import Source, Span
from .tree import Comment

__all__ = ["reported"]

_OURS = regex.compile(r"\s*varying\s*:")
_ALLOW = regex.compile(r"\s*varying\s*:\s*allow(?=\s|$)(?P<names>[^#]*)")
_NAME = regex.compile(r"[^\s,]+")


@dataclass(slots=True)
class _Allowance:
    """A rule that a comment names, and the part of the text that it is for."""

    rule: str
    span: Span
    line: Span | None
    used: bool = field(default=False, compare=False)

    def covers(self, found: Diagnostic) -> bool:
        """Whether it silences a diagnostic: an error it never does."""
        if found.rule != self.rule or found.severity is Severity.ERROR:
            return False
        line, start = self.line, found.span.start
        return line is not None and line.start <= start < max(line.end, line.start + 1)


def reported(sink: Sink, *, complete: bool = False) -> tuple[Diagnostic, ...]:
    """Return what was found in the order of its places, without what is allowed.

    What is wrong with the comments themselves is among it.

    Parameters
    ----------
    sink
        What was found.
    complete
        Whether all that can be found was looked for, so that a comment that silences
        nothing can be called idle.
    """
    source = sink.source
    if "varying" not in source.text:
        return sink.sorted()
    own = Sink(source)
    allowances = list(_allowances(source, own))
    for found in sink.diagnostics:
        covering = [one for one in allowances if one.covers(found)]
        for one in covering:
            one.used = True
        if not covering:
            own.keep(found)
    for one in allowances:
        if complete and not one.used:
            own.add(
                "unused-allow",
                one.span,
                f"`{one.rule}` has nothing to say here, so nothing is silenced",
                "the comment holds for the line that it stands in",
            )
    return own.sorted()


def _allowances(source: Source, sink: Sink) -> Iterable[_Allowance]:
    """Yield what the comments of a text allow; faults of theirs are reported."""
    lines, comments = logical_lines(source, Sink(source))
    for comment in comments:
        if not _OURS.match(comment.text):
            continue
        start = comment.span.start + 1
        found = _ALLOW.match(comment.text)
        if found is None:
            sink.add(
                "invalid-allow",
                comment.span,
                "a comment that begins with `varying:` says `allow` and names rules",
                "such as `# varying: allow few-groups`",
            )
            continue
        names = list(_NAME.finditer(found["names"]))
        if not names:
            message = "the comment allows no rule: it names none"
            note = "such as `# varying: allow few-groups`"
            sink.add("invalid-allow", comment.span, message, note)
        line = _line_of(comment, lines, source)
        first = start + found.start("names")
        for name in names:
            span = Span(first + name.start(), first + name.end())
            if _known(name[0], span, sink):
                yield _Allowance(name[0], span, line)


def _known(name: str, span: Span, sink: Sink) -> bool:
    """Whether a name is that of a rule that can be allowed; else that is reported."""
    rule = RULES.get(name)
    if rule is None:
        notes, fix = did_you_mean(name, list(RULES), span, "")
        sink.add("invalid-allow", span, f"no rule is called `{name}`", *notes, fix=fix)
    elif rule.severity is Severity.ERROR:
        message = f"`{name}` is an error, which a comment cannot silence"
        sink.add("invalid-allow", span, message)
    return rule is not None and rule.severity is not Severity.ERROR


def _line_of(
    comment: Comment, lines: Sequence[LogicalLine], source: Source
) -> Span | None:
    """Return what a comment is about: whole rows of the text; None for nothing."""
    number = source.position(comment.span.start).line
    spans = [
        (source.position(line.span.start).line, source.position(line.span.end).line)
        for line in lines
    ]
    place = bisect_left([last for _, last in spans], number)
    if place == len(spans):
        return None
    first, last = spans[place]
    if first > number and not comment.own_line:
        return None
    span = lines[place].span
    before = source.position(span.start).column - 1
    return Span(span.start - before, span.end)
