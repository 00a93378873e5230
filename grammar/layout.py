"""Rows of tokens to logical lines, each with the kind of its statement.

* A row continues the line above if a bracket is open, if that line ends in an infix
  operator or a comma, or if it is indented and begins with one.
* A row that can only be a statement ends an open bracket, so that one forgotten `)`
  is one fault, at its `(`.
* A word is a keyword only first in a line and only if what follows fits it, so
  ``test ~ x`` and ``data ~ prior + model`` are formulas.
* Indentation is measured against the first statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lark import Token

from .diagnostics import Sink
from .source import Source, Span
from .tokens import INFIX, KEYWORDS, TokenLine, begins_statement, tokenize
from .tree import Comment

MAX_BRACKETS = 100

_CLOSING = {"RPAR": "LPAR", "RSQB": "LSQB"}


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One statement's tokens.

    Attributes
    ----------
    kind
        A keyword, or ``formula`` where none begins the line. The first token of a
        keyword's line has the keyword as its type.
    indented
        Whether it stands further right than the first statement.
    faulty
        Whether a fault in it has been reported.
    """

    kind: str
    tokens: tuple[Token, ...]
    indented: bool
    faulty: bool = False

    @property
    def span(self) -> Span:
        """From its first token to its last."""
        return span_of(self.tokens[0]).to(span_of(self.tokens[-1]))


def span_of(token: Token) -> Span:
    """Return where a token stands."""
    assert token.start_pos is not None and token.end_pos is not None
    return Span(token.start_pos, token.end_pos)


def keyword(tokens: Sequence[Token]) -> str | None:
    """Return the keyword that begins these tokens; None if it is a column."""
    word = str(tokens[0])
    if tokens[0].type != "NAME" or word not in KEYWORDS:
        return None
    if begins_statement(tokens) or not _tilde(tokens):
        return word
    # `model: y ~ x` lacks its name; it is no formula for the cell of `model` and `y`.
    if word == "model" and len(tokens) > 1 and tokens[1].type == "COLON":
        return word
    return None


def _tilde(tokens: Sequence[Token], *, inside: bool = False) -> bool:
    """Whether a `~` stands outside the brackets that these tokens open.

    With ``inside``, one behind a bracket that they close does not count.
    """
    depth = 0
    for token in tokens:
        if token.type in ("LPAR", "LSQB"):
            depth += 1
        elif token.type in _CLOSING:
            depth -= 1
            if inside and depth < 0:
                return False
        elif token.type == "TILDE" and depth <= 0:
            return True
    return False


@dataclass(slots=True)
class _Draft:
    """A line that may still go on."""

    indented: bool
    tokens: list[Token] = field(default_factory=list)
    open: list[Token] = field(default_factory=list)
    faulty: bool = False
    cut: bool = False
    tilde: bool = False


def logical_lines(
    source: Source, sink: Sink
) -> tuple[list[LogicalLine], list[Comment]]:
    """Return the logical lines and the comments of a text."""
    rows, comments = tokenize(source, sink)
    lines: list[LogicalLine] = []
    draft: _Draft | None = None
    margin = rows[0].indent if rows else 0
    for row in rows:
        indented = row.indent > margin
        if draft is None or not _continues(draft, row, indented):
            if draft is not None:
                lines.append(_finish(draft, sink))
            draft = _Draft(indented)
        _take(draft, row, sink)
    if draft is not None:
        lines.append(_finish(draft, sink))
    return lines, comments


def _continues(draft: _Draft, row: TokenLine, indented: bool) -> bool:
    """Whether a row belongs to the line that is being read."""
    if begins_statement(row.tokens):
        return False
    first, last = row.tokens[0].type, draft.tokens[-1].type
    if first in ("NAME", "QNAME") and _tilde(row.tokens, inside=bool(draft.open)):
        # No `~` stands inside brackets, and no statement takes a second one.
        if draft.open or draft.tilde or _takes_no_tilde(draft.tokens):
            return False
    if draft.open or last in INFIX:
        return True
    return indented and first in INFIX


def _takes_no_tilde(tokens: Sequence[Token]) -> bool:
    return begins_statement(tokens) and tokens[0] not in ("model", "prior")


def _take(draft: _Draft, row: TokenLine, sink: Sink) -> None:
    """Add a row's tokens and keep account of the brackets."""
    draft.faulty |= row.faulty
    draft.cut |= row.cut
    for token in row.tokens:
        draft.tokens.append(token)
        if token.type in ("LPAR", "LSQB"):
            draft.open.append(token)
            if len(draft.open) == MAX_BRACKETS + 1:
                draft.faulty = True
                sink.add(
                    "nested-too-deep",
                    span_of(token),
                    f"more than {MAX_BRACKETS} brackets inside each other",
                )
        elif token.type in _CLOSING:
            _close(draft, token, sink)
        elif token.type == "TILDE" and not draft.open:
            draft.tilde = True


def _close(draft: _Draft, token: Token, sink: Sink) -> None:
    """Match a closing bracket with the innermost open one."""
    if draft.open and draft.open[-1].type == _CLOSING[token.type]:
        draft.open.pop()
        return
    draft.faulty = True
    notes: tuple[str, ...] = ("leave it out, or open one before it",)
    if draft.open:
        notes = (f"the innermost open bracket is `{draft.open[-1]}`",)
        if any(opening.type == _CLOSING[token.type] for opening in draft.open):
            # Its partner is further out: what lies between was never closed.
            while draft.open[-1].type != _CLOSING[token.type]:
                _unclosed(draft.open.pop(), sink)
            draft.open.pop()
            return
    sink.add(
        "unmatched-bracket",
        span_of(token),
        f"`{token}` closes a bracket that was never opened",
        *notes,
    )


def _unclosed(token: Token, sink: Sink) -> None:
    closing = {"(": ")", "[": "]"}[str(token)]
    sink.add(
        "unclosed-bracket",
        span_of(token),
        f"`{token}` is never closed",
        f"a `{closing}` is missing behind it",
    )


def _finish(draft: _Draft, sink: Sink) -> LogicalLine:
    """Report what is still open and decide the line's kind."""
    # A hundred of them is one fault, which has been reported.
    if len(draft.open) <= MAX_BRACKETS:
        for token in draft.open:
            draft.faulty = True
            # A string that is not closed has taken the closing bracket as well.
            if not draft.cut:
                _unclosed(token, sink)
    word = keyword(draft.tokens)
    tokens = draft.tokens
    if word is not None:
        tokens = [Token.new_borrow_pos(word.upper(), word, tokens[0]), *tokens[1:]]
    return LogicalLine(word or "formula", tuple(tokens), draft.indented, draft.faulty)
