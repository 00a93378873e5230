"""Levels: the order of names nobody ordered.

Natural order is by value where every level is a number (``value_order``). Elsewhere it
takes digits as numbers, then ignores case, then puts lower case first:
``_x a a2 a10 b B``. It does not depend on a locale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from varying.grammar.diagnostics import Edit, Fix, nearest
from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number

from .value_order import value_keys

_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Return the key that sorts texts in natural order."""
    # The pieces alternate text and digits, so like meets like. Digits compare
    # by length and then as text: int() refuses more than 4,300 of them.
    pieces: list[str | tuple[int, str]] = []
    for index, piece in enumerate(_DIGITS.split(text)):
        if index % 2:
            digits = piece.lstrip("0")
            pieces.append((len(digits), digits))
        else:
            pieces.append(piece.casefold())
    return tuple(pieces), text.swapcase()


def natural_order(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts in natural order: ``s2`` before ``s10``, ``0.25`` before ``0.5``."""
    found = sorted(texts, key=natural_key)
    values = value_keys(found)
    if values is None:
        return tuple(found)
    # equal values, as `1` and `01`, stay as they are
    places = sorted(range(len(found)), key=values.__getitem__)
    return tuple(found[place] for place in places)


def numbers_of(categories: tuple[str, ...]) -> list[int] | list[float] | None:
    """Return categories as numbers, if each is one, spelled as numbers are."""
    try:
        values = [float(category) for category in categories]
    except ValueError:
        return None
    if not all(math.isfinite(value) for value in values):
        return None
    if any(spell_number(v) != c for v, c in zip(values, categories, strict=True)):
        return None
    if all(value.is_integer() for value in values):
        return [int(value) for value in values]
    return values


def level_spelled(level: str) -> str:
    """Return a level as it is written in a list of levels."""
    return level if name_text(level) == level else string_text(level)


def suggest_level(
    level: str, levels: Sequence[str], span: Span
) -> tuple[tuple[str, ...], Fix | None]:
    """Return notes and a fix for an unknown level, which is put into quotes."""
    close = nearest(level, levels)
    if close:
        fix = Fix(f'replace by "{close[0]}"', (Edit(span, string_text(close[0])),))
        return (f"did you mean `{close[0]}`?",), fix
    if not levels:
        return (), None
    shown = ", ".join(levels[:20]) + (", ..." if len(levels) > 20 else "")
    return (f"levels: {shown}",), None
