"""Levels that are spelled differently and can hardly be told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from varying.grammar.spelling import spell_number

from .texts import is_missing, parse_numbers

#: Letters of other scripts that look like Latin ones, in Cyrillic and in Greek.
_LETTERS = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABEKMHOPCTYXIJSaeopcyxijs" + "ABEZHIKMNOPTYXo",
)
_QUOTES = str.maketrans("‘’‛′´`“”„″", "''''''\"\"\"\"")
_MINUS = "−"
#: Zeros at the start of a number that is no fraction of one, as in `VP01`.
_ZEROS = re.compile(r"(?<![\d.,])0+(?=\d)")
#: Blanks, unless they part two numbers.
_BLANKS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
_TRUTH = {
    **dict.fromkeys(("true", "t", "1", "yes", "y", "wahr", "ja"), "true"),
    **dict.fromkeys(("false", "f", "0", "no", "n", "falsch", "nein"), "false"),
}


def nearly_same(levels: Sequence[str]) -> list[list[str]]:
    """Return the sets of levels that look alike, or that mean the same value.

    They differ in case, blanks, signs that are not seen, dashes, letters of another
    script, zeros before a number, or in how a number or a truth value is written.
    """
    words = [text.strip().casefold() for text in levels if not is_missing(text)]
    truth = len(words) > 2 and set(words) <= set(_TRUTH)
    alike: dict[str, list[str]] = {}
    for level in levels:
        key = _TRUTH.get(level.strip().casefold()) if truth else None
        alike.setdefault(key or _skeleton(level), []).append(level)
    return [found for found in alike.values() if len(found) > 1]


def _skeleton(text: str) -> str:
    """Return what is left of a text without what is easily overlooked."""
    number = parse_numbers([text])
    if number is not None:
        return spell_number(number[text])
    kept = []
    for sign in unicodedata.normalize("NFC", text).translate(_LETTERS):
        kind = unicodedata.category(sign)
        if kind == "Cf":
            continue
        if kind == "Zs":
            kept.append(" ")
        elif kind == "Pd" or sign == _MINUS:
            kept.append("-")
        elif "\uff01" <= sign <= "\uff5e":  # of full width
            kept.append(unicodedata.normalize("NFKC", sign))
        else:
            kept.append(sign)
    plain = "".join(kept).translate(_QUOTES).strip()
    return _ZEROS.sub("", _BLANKS.sub("", plain)).casefold()


def shown(text: str) -> str:
    """Return a text with numbers in the place of signs that are not seen.

    >>> shown("a\u200b")
    'a<U+200B>'
    """
    return "".join(
        f"<U+{ord(sign):04X}>"
        if sign != " " and unicodedata.category(sign) in ("Cf", "Zs", "Cc")
        else sign
        for sign in text
    )


def difference(levels: Sequence[str]) -> str:
    """Return in words what levels that are alike differ in."""
    folded = {text.strip().casefold() for text in levels}
    if len(folded) == 1:
        return "differ in case or surrounding blanks only"
    if all(parse_numbers([text]) for text in levels):
        return "are one number"
    if folded <= set(_TRUTH):
        return "are one truth value"
    odd = [
        sign
        for sign in dict.fromkeys("".join(levels))
        if not sign.isascii() and any(sign not in text for text in levels)
    ]
    if odd:
        named = ", ".join(
            f"{unicodedata.name(sign, 'an unnamed sign')} (U+{ord(sign):04X})"
            for sign in odd[:3]
        )
        return f"look alike, and differ in {named}"
    if len({re.sub(r"\s+", "", text) for text in folded}) == 1:
        return "differ in blanks only"
    return "differ in zeros before a number, or blanks"
