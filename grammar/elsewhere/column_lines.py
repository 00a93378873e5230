"""``contrasts(cond) <- contr.sum(3)``, as a statement about the column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ..printer import name_text
from .code import Word, matching, string_of, written

_SCHEME = regex.compile(r"(?:MASS::)?contr\.(\w+)(?:\(\s*(?:\d+|n\s*=\s*\d+)?\s*\))?")
_BASE = regex.compile(r"contr\.treatment\(.*\bbase\s*=.*\)")


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Contrasts that code gives to a column.

    Attributes
    ----------
    column
        The column.
    scheme
        Their name; None if they are a matrix or have a base.
    based
        Whether it is the base that they choose.
    """

    column: str
    scheme: str | None
    based: bool = False

    @property
    def line(self) -> str:
        """The statement."""
        return f"column {name_text(self.column)}: factor, contrast={self.scheme}"

    def is_declared(self, text: str) -> bool:
        """Whether a text has a statement about the column already."""
        name = regex.escape(name_text(self.column))
        before = r"^[^\S\r\n]*column\b[^\r\n:]*(?<![\w.`])"
        return bool(regex.search(f"{before}{name}(?![\\w.`])", text, regex.MULTILINE))


def contrasts_of(words: Sequence[Word]) -> Contrasts | None:
    """Return the contrasts that a statement gives; None if it is any other."""
    if len(words) < 6 or words[0].text != "contrasts" or words[1].text != "(":
        return None
    close = matching(words, 1)
    if close is None or close + 2 >= len(words):
        return None
    if words[close + 1].text not in ("<-", "<<-", "="):
        return None
    inside, value = words[2:close], words[close + 2 :]
    column = _column(inside)
    if column is None:
        return None
    text = string_of(value) or written(value)
    plain = _SCHEME.fullmatch(text)
    if plain is not None:
        return Contrasts(column, plain[1])
    return Contrasts(column, None, based=_BASE.fullmatch(text) is not None)


def _column(words: Sequence[Word]) -> str | None:
    """Return the column that ``cond``, ``d$cond`` or ``d[["cond"]]`` is."""
    last = words[-1] if words else None
    if last is None:
        return None
    if last.kind in ("name", "quoted"):
        return last.text.strip("`")
    names = [word for word in words if word.kind == "string"]
    return string_of(names) if len(names) == 1 and last.text == "]" else None


__all__ = ["Contrasts", "contrasts_of"]
