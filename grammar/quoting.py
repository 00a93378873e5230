"""Pieces of a spec in messages: names that have back-quotes inside back-quotes.

A message is written with each piece between back-quotes. Where a name in the piece
needs its own, as in ``center(`x z`)``, nobody could tell where the piece ends: it then
stands between two of them and blanks, as in Markdown. A name alone needs no more.
"""

from __future__ import annotations

__all__ = ["recoded"]

#: What can stand behind a piece.
_BEHIND = frozenset(("", *" \n,.;:!?)'\""))


def recoded(text: str) -> str:
    """Return a message whose pieces of a spec can be told from what is around them."""
    if text.count("`") < 3:
        return text
    out: list[str] = []
    place = 0
    while True:
        start = text.find("`", place)
        if start < 0:
            return "".join((*out, text[place:]))
        out.append(text[place:start])
        if text.startswith("`` ", start):
            end = text.find(" ``", start + 2)
            if end < 0:
                return text
            out.append(text[start : end + 3])
            place = end + 3
            continue
        end = _end(text, start + 1)
        if end < 0:
            return text
        piece = text[start + 1 : end]
        if "`" not in piece:
            out.append(f"`{piece}`")
        elif piece.count("`") == 2 and piece[0] == piece[-1] == "`":
            out.append(piece)
        else:
            out.append(f"`` {piece} ``")
        place = end + 1


def _end(text: str, place: int) -> int:
    """Return where the back-quote is that closes a piece; -1: nowhere."""
    start = place
    while True:
        at = text.find("`", place)
        if at < 0:
            return -1
        behind = text[at + 1 : at + 2]
        before = text[at - 1] if at > start else " "
        if before.isalnum() or before in "_)]" or (before != " " and behind in _BEHIND):
            return at
        if at == start and behind in ("", " "):
            return -1
        # a name in back-quotes inside the piece
        closing = text.find("`", at + 1)
        if closing < 0:
            return -1
        place = closing + 1
