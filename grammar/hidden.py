"""Characters that cannot be seen: where they stand, and what is wrong with them.

See the Unicode technical reports 9 (bidirectional text) and 39 (security), and
Boucher & Anderson (2023), "Trojan Source", for what can be done with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container

import regex

from .diagnostics import Edit, Fix, Sink
from .source import Span

# Control characters, halves of characters, and all that Unicode says is shown as
# nothing. Joiners and variation selectors are part of how a letter of another script
# is written, or a small picture, and stand behind it.
HIDDEN = regex.compile(
    r"[[\p{Cc}\p{Cs}\p{DI}]--[\t\n\r\f]]"
    r"(?<!(?=[^\x00-\x7f]).[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef])",
    regex.V1,
)
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}]")

# Marks that reorder the text on the screen, and what ends them.
_EMBEDDINGS, _ISOLATES = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
_POP_EMBEDDING, _POP_ISOLATE = "\u202c", "\u2069"
_REORDERING = frozenset(_EMBEDDINGS + _ISOLATES + _POP_EMBEDDING + _POP_ISOLATE)

# Tokens that say what the data hold: all else may be mended without a loss.
_QUOTED = frozenset(("STRING", "QNAME", "of_name", "unclosed", "smart"))

_SAID = {
    "unexpected-character": ("is not allowed", ()),
    "bidi-control": (
        "reorders the text on the screen",
        (
            "what is read is not what is shown: a text can look like another one",
            "inside quotes and comments they are allowed where they are ended as well",
        ),
    ),
    "invisible-character": (
        "is not allowed here",
        ("if the name of a column holds it, that stands in back-quotes",),
    ),
    "invisible-in-quotes": (
        "is part of the text in quotes",
        ("two texts that look alike differ if one of them holds it",),
    ),
}


def inside(kind: str) -> bool:
    """Whether a token of this kind is a text that is not the language's."""
    return kind in _QUOTED or kind == "comment"


def left_open(text: str) -> set[int]:
    """Return the places of the marks that reorder more than this text."""
    open_: list[int] = []
    isolates = 0
    for place, character in enumerate(text):
        if character in _EMBEDDINGS or character in _ISOLATES:
            open_.append(place)
            isolates += character in _ISOLATES
        elif character == _POP_EMBEDDING:
            if open_ and text[open_[-1]] in _EMBEDDINGS:
                open_.pop()
        elif character == _POP_ISOLATE and isolates:
            # it ends what was begun inside as well
            while text[open_.pop()] not in _ISOLATES:
                pass
            isolates -= 1
    return set(open_)


def hidden_fault(
    kind: str, character: str, at: int, reordering: Container[int], sink: Sink
) -> bool:
    """Report a character that cannot be seen, if there is anything to say.

    Parameters
    ----------
    kind
        Of the token or comment that it is in.
    character, at
        It, and its place in the text.
    reordering
        Places where a mark reorders more than the text it stands in.
    """
    if _CONTROL.match(character):
        rule = "unexpected-character"
    elif character in _REORDERING and at in reordering:
        rule = "bidi-control"
    elif kind in _QUOTED:
        rule = "invisible-in-quotes"
    elif inside(kind):
        return False
    else:
        rule = "invisible-character"
    does, notes = _SAID[rule]
    span = Span(at, at + 1)
    # one of a pair without the other would reorder what follows
    paired = rule == "invisible-in-quotes" and character in _REORDERING
    sink.add(
        rule,
        span,
        f"{_called(character)}, an invisible character, {does}",
        *notes,
        fix=None if paired else Fix("remove it", (Edit(span, ""),)),
    )
    return True


def _called(character: str) -> str:
    """Return the number of a character, with its name if it has one."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")
