"""Statements that are code: what each is made of, and what it may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..layout import LogicalLine
from ..source import Span
from ..tokens import KEYWORDS
from .code import Called, Word, called, matching, says_formula, split, without_comments
from .column_lines import contrasts_of
from .settings import SETTERS
from .tables import (
    COMMANDS,
    MODEL_CALLS,
    PRIOR_CALLS,
    READERS,
    WRAPPERS,
    command,
)

_ASSIGN = frozenset(("<-", "<<-", "="))
_LISTS = frozenset(("c", "list", "dict"))


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement that is code.

    Attributes
    ----------
    words
        All of its words but comments.
    value
        Those right of an assignment, or all.
    name
        The variable that it is assigned to.
    comments
        Those that stand inside: a fix writes them above what it writes.
    span
        From its first word to its last.
    """

    words: tuple[Word, ...]
    value: tuple[Word, ...]
    name: str | None
    comments: tuple[str, ...]
    span: Span


def piece_of(words: Sequence[Word]) -> Piece | None:
    """Return a statement that is code; None if it is, or may be, of the language."""
    plain = without_comments(words)
    while plain and plain[-1].text == ";":
        plain.pop()
    if not plain:
        return None
    span = Span(plain[0].start, plain[-1].end)
    if plain[0].text == "(" and matching(plain, 0) == len(plain) - 1:
        # `(m <- lmer(...))` prints what it assigns
        if any(word.text in _ASSIGN for word in plain[2:3]):
            plain = [replace(word, depth=word.depth - 1) for word in plain[1:-1]]
    comments = tuple(
        word.text
        for word in words
        if word.kind == "comment" and span.start < word.start < plain[-1].end
    )
    if contrasts_of(plain) is not None:
        return Piece(tuple(plain), tuple(plain), None, comments, span)
    name, value = _assigned(plain)
    value = _piped(value)
    if name == "data" or not value:
        return None
    if [word.text for word in plain[:2]] == ["with", "pm.Model"]:
        return Piece(tuple(plain), tuple(plain[1:]), None, comments, span)
    first = value[0]
    tilde = [w for w in value if w.text == "~" and w.depth == 0]
    if plain[0].text in ("import", "from") and len(plain) > 1 and not tilde:
        if plain[1].kind == "name":
            return Piece(tuple(plain), tuple(value), None, comments, span)
    piece = Piece(tuple(plain), tuple(value), name, comments, span)
    if first.kind == "string" and "~" in first.text:
        return piece if not tilde else None
    if name is not None and tilde and not is_call(value):
        # `f <- y ~ x`, `formula = y ~ x`
        return piece
    if tilde:
        return None
    if first.text in ("{", "[") and name is not None:
        return piece if any(w.text.endswith("Prior") for w in value) else None
    if not is_call(value):
        return None
    call = first.text.rpartition(":")[2]
    base = call.rpartition(".")[2]
    if call in _LISTS:
        known = any(w.text in PRIOR_CALLS or w.text.endswith("Prior") for w in value)
    else:
        known = (
            call in MODEL_CALLS
            or call in WRAPPERS
            or call in PRIOR_CALLS
            or call in COMMANDS
            or call in SETTERS
            or call in READERS
            or ("." in call and (base in COMMANDS or base in READERS))
            or call.startswith("pm.")
            or base == "Prior"
            or base == "set_priors"
            or any(says_formula(w) for w in value)
        )
    return piece if known else None


def _assigned(words: Sequence[Word]) -> tuple[str | None, Sequence[Word]]:
    """Return the variable of an assignment, and its value."""
    if len(words) > 2 and words[0].kind == "name" and words[1].text in _ASSIGN:
        return words[0].text, words[2:]
    if len(words) > 2 and words[0].text in ("formula", "priors", "prior"):
        if words[1].text == ":":
            return words[0].text, words[2:]
    return None, words


def _piped(words: Sequence[Word]) -> Sequence[Word]:
    """Return the call that a pipe goes through: of ``d |> brm(y ~ x)`` the second."""
    pieces = split(words, "|>", "%>%")
    known = (*MODEL_CALLS, *WRAPPERS, *READERS)
    calls = [piece for piece in pieces if is_call(piece)]
    chosen = [piece for piece in calls if piece[0].text in known]
    # of what is done with a fit the last
    chosen += [piece for piece in reversed(calls) if command(piece[0].text)]
    return chosen[0] if len(pieces) > 1 and chosen else words


def is_call(words: Sequence[Word]) -> bool:
    """Whether words begin with a name and a bracket."""
    return (
        len(words) > 1
        and words[0].kind == "name"
        and words[1].text == "("
        and words[0].text not in KEYWORDS
    ) or (
        len(words) > 1
        and words[0].text in ("prior", "contrast")
        and words[1].text == "("
    )


def head_of(words: Sequence[Word]) -> Called | None:
    """Return the call that a statement begins with."""
    first = split(split(words, ",")[0], "+", "|>")[0]
    whole = called(first)
    if whole is None and is_call(words):
        return Called(words[0].text.rpartition(":")[2], ())
    return whole


def holds_model(piece: Piece, values: dict[str, tuple[Word, ...]]) -> bool:
    """Whether a statement is a model of another package, or its formula."""
    first = piece.value[0]
    if first.kind == "string":
        return True
    if any(w.text == "~" and w.depth == 0 for w in piece.value):
        return True
    call = head_of(piece.value)
    if call is None or call.name in PRIOR_CALLS or call.name.startswith("pm."):
        return False
    names = {
        word.text.rpartition(":")[2]
        for word, after in zip(piece.value, piece.value[1:], strict=False)
        if after.text == "("
    }
    known = names & {*MODEL_CALLS, *WRAPPERS}
    if not known and command(call.name) is not None:
        return False  # `emmeans(fit, pairwise ~ a)`
    return bool(known) or any(says_formula(word) for word in piece.value)


def has_tilde_outside(words: Sequence[Word]) -> bool:
    """Whether a `~` stands outside brackets, or in a string that begins it all."""
    outside = any(word.text == "~" and word.depth == 0 for word in words)
    return outside or words[0].kind == "string"


def line_has_tilde(line: LogicalLine) -> bool:
    """Whether a `~` stands outside the brackets of a line of the language."""
    depth = 0
    for token in line.tokens:
        depth += token.type in ("LPAR", "LSQB")
        depth -= token.type in ("RPAR", "RSQB")
        if token.type == "TILDE" and depth == 0:
            return True
    return False


def is_formula(words: Sequence[Word]) -> bool:
    """Whether a statement of the language is a formula at the margin."""
    if words[0].text in ("prior",):
        return False
    return any(word.text == "~" and word.depth == 0 for word in words)
