"""The order by value of levels that are numbers: ``0.25mg 0.5mg 10mg``.

It is taken where it is sure: every level is a number, alone or with what all have in
common (a unit behind, a word before), or an interval of numbers and none reaches into
another. A number that no unit follows among such that have one is 0 or is none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

_SIGN = "[-+\u2212]"
_DIGITS = r"(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[.](?!\d))?(?:[eE][-+]?\d{1,3})?"
_NUMBER = re.compile(
    rf"(?P<before>\D*?)(?P<sign>{_SIGN}?)(?P<digits>{_DIGITS})(?P<after>\D*)"
)
_VALUE = rf"{_SIGN}?{_DIGITS}"
#: Intervals as `cut()` names them.
_CUT = re.compile(
    r"[\[(]\s*(-?inf|[-+]?[\d.]+(?:e[-+]?\d{1,3})?)\s*[,;]"
    r"\s*(\+?inf|[-+]?[\d.]+(?:e[-+]?\d{1,3})?)\s*[\])]",
    re.IGNORECASE,
)
#: Intervals as people write them: `age 5-9`, `18 to 24 years`, `<5`, `65+`.
_BETWEEN = re.compile(
    rf"(?P<before>\D*?)(?P<low>{_VALUE})\s*(?:-|\u2013|\u2014|\bto\b|\bbis\b|\.\.)\s*"
    rf"(?P<high>{_VALUE})(?P<after>[^\d+]*)",
    re.IGNORECASE,
)
_BELOW = re.compile(
    rf"(?P<before>\D*?)(?:<=?|\u2264|\b(?:under|below|up to|less than|at most)\b)\s*"
    rf"(?P<high>{_VALUE})(?P<after>[^\d+]*)",
    re.IGNORECASE,
)
_ABOVE = (
    re.compile(
        rf"(?P<before>\D*?)(?:>=?|\u2265|\b(?:over|above|more than|at least)\b)\s*"
        rf"(?P<low>{_VALUE})(?P<after>[^\d+]*)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<before>\D*?)(?P<low>{_VALUE})\s*(?:\+|(?:and|or|und) "
        rf"(?:more|over|older|above|up|mehr)\b)(?P<after>\D*)",
        re.IGNORECASE,
    ),
)
#: Beyond any number that is written down.
_FAR = Decimal("1e9999")


@dataclass(frozen=True, slots=True)
class _Read:
    """A level as numbers: where it begins and ends, and what stands around them."""

    before: str
    after: str
    low: Decimal
    high: Decimal


def value_keys(levels: Sequence[str]) -> list[tuple[Decimal, Decimal]] | None:
    """Return keys that sort levels by value; None where these are not sure.

    Parameters
    ----------
    levels
        Different texts.
    """
    if not levels or not any(map(str.isdigit, levels[0])):
        return None
    if _CUT.fullmatch(levels[0].strip()):
        return _cuts(levels)
    style = _style(levels)
    if style is None:
        return None
    for read in (_numbers, _intervals):
        found = read(levels, style)
        if found is not None:
            return found
    return None


def mixed_units(levels: Sequence[str]) -> tuple[str, str] | None:
    """Return two levels with different units, if all are numbers with a unit."""
    first: dict[str, str] = {}
    for level in levels:
        match = _NUMBER.fullmatch(level.strip())
        if match is None or match["before"].strip():
            return None
        unit = match["after"].strip()
        if not re.fullmatch(r"[^\W\d_]{1,5}\.?|%", unit):
            return None
        first.setdefault(unit, level)
    units = list(first.values())
    return (units[0], units[1]) if len(units) > 1 else None


# ---- signs of decimals ---------------------------------------------------------------

_DigitReader = Callable[[str], Decimal | None]
_WHOLE = re.compile(r"\d+(?:[eE][-+]?\d+)?\.?")
_POINT = re.compile(r"(?:\d*\.\d+|\d+)(?:[eE][-+]?\d+)?\.?")
_COMMA = re.compile(r"(?:\d*,\d+|\d+)(?:[eE][-+]?\d+)?")
_POINT_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_COMMA_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")


def _style(levels: Sequence[str]) -> _DigitReader | None:
    """Return what reads the digits of all levels; None if commas leave it open.

    ``1,250`` beside ``1500`` may be 1.25 or 1,250; ``1.250`` is 1.25, as everywhere
    here.
    """
    if not any("," in level for level in levels):
        return _by(_POINT, "")
    pieces = [p for level in levels for p in re.findall(_DIGITS, level)]
    commas = [piece for piece in pieces if "," in piece]
    if all(_POINT_THOUSANDS.fullmatch(piece) for piece in commas):
        # a point or a second comma says that the commas part thousands, and so do
        # numbers without one if they are all below 1,000
        others = [piece for piece in pieces if "," not in piece]
        if any("." in p or p.count(",") > 1 for p in pieces) or all(
            len(piece) < 4 for piece in others
        ):
            return _by(_POINT, ",", _POINT_THOUSANDS)
        return None
    if all(_COMMA.fullmatch(p) or _COMMA_THOUSANDS.fullmatch(p) for p in pieces):
        return _by(_COMMA, ".", _COMMA_THOUSANDS)
    return None


def _by(
    plain: re.Pattern[str], parts: str, grouped: re.Pattern[str] | None = None
) -> _DigitReader:
    def read(digits: str) -> Decimal | None:
        if grouped is not None and grouped.fullmatch(digits):
            digits = digits.replace(parts, "")
        elif not plain.fullmatch(digits):
            return None
        return Decimal(digits.replace(",", ".").rstrip("."))

    return read


def _signed(text: str, style: _DigitReader) -> Decimal | None:
    digits = style(text.lstrip("-+\u2212"))
    if digits is None:
        return None
    return -digits if text[0] in "-\u2212" else digits


# ---- numbers and intervals -----------------------------------------------------------


def _numbers(
    levels: Sequence[str], style: _DigitReader
) -> list[tuple[Decimal, Decimal]] | None:
    matches = []
    for level in levels:
        match = _NUMBER.fullmatch(level.strip())
        if match is None:
            return None
        matches.append(match)
    before = {match["before"].strip().casefold() for match in matches}
    signs = {match["sign"] for match in matches}
    if len(before) > 1:
        return None
    word = next(iter(before), "")
    # `week-1 week-2`: a hyphen; `-1 0 1` and `T-1 T0 T1`: a sign
    hyphen = bool(word) and len(signs) == 1
    values: list[Decimal] = []
    for match in matches:
        value = style(match["digits"])
        if value is None:
            return None
        minus = not hyphen and match["sign"] in ("-", "\u2212")
        values.append(-value if minus else value)
    if word and _numbered(matches):
        return None
    if not _one_unit([match["after"].strip() for match in matches], values):
        return None
    return [(value, value) for value in values]


def _numbered(matches: Sequence[re.Match[str]]) -> bool:
    """Whether numbers with a point are those of parts: ``Q1.9``, ``item 1.10``."""
    fractions = [m["digits"].partition(".")[2] for m in matches]
    if not any(fractions):
        return False
    if any((m["before"] + m["sign"])[-1:].isalpha() for m in matches):
        return True
    lengths = {len(fraction) for fraction in fractions}
    return len(lengths) > 1 and any(fraction.endswith("0") for fraction in fractions)


def _one_unit(units: Sequence[str], values: Sequence[Decimal]) -> bool:
    """Whether all numbers have one unit; 0 may go without."""
    named = {unit for unit, value in zip(units, values, strict=True) if unit or value}
    return len(named) <= 1


def _intervals(
    levels: Sequence[str], style: _DigitReader
) -> list[tuple[Decimal, Decimal]] | None:
    found: list[_Read] = []
    for level in levels:
        one = _interval(level.strip(), style)
        if one is None:
            return None
        found.append(one)
    if len({one.before for one in found}) > 1:
        return None
    if len({one.after for one in found if one.after}) > 1:
        return None
    return _apart([(one.low, one.high) for one in found])


def _cuts(levels: Sequence[str]) -> list[tuple[Decimal, Decimal]] | None:
    keys = []
    for level in levels:
        match = _CUT.fullmatch(level.strip())
        ends = [] if match is None else [_end(text) for text in match.groups()]
        low, high = ends or (None, None)
        if low is None or high is None:
            return None
        keys.append((low, high))
    return _apart(keys)


def _end(text: str) -> Decimal | None:
    if text.casefold().endswith("inf"):
        return -_FAR if text.startswith("-") else _FAR
    return _signed(text, _by(_POINT, ""))


def _apart(
    keys: list[tuple[Decimal, Decimal]],
) -> list[tuple[Decimal, Decimal]] | None:
    """Return intervals of which none reaches into another, as ids `1-2` would."""
    if all(low == high for low, high in keys):
        return None
    order = sorted(keys)
    pairs = zip(order, order[1:], strict=False)
    good = all(a[0] <= a[1] <= b[0] for a, b in pairs) and order[-1][0] <= order[-1][1]
    return keys if good else None


def _interval(level: str, style: _DigitReader) -> _Read | None:
    low: Decimal | None
    high: Decimal | None
    if match := _BETWEEN.fullmatch(level):
        low, high = (_signed(match[name], style) for name in ("low", "high"))
        return _read(match, low, high)
    if match := _BELOW.fullmatch(level):
        return _read(match, -_FAR, _signed(match["high"], style))
    for pattern in _ABOVE:
        if match := pattern.fullmatch(level):
            return _read(match, _signed(match["low"], style), _FAR)
    if match := _NUMBER.fullmatch(level):
        value = _signed(match["sign"] + match["digits"], style)
        return _read(match, value, value)
    return None


def _read(
    match: re.Match[str], low: Decimal | None, high: Decimal | None
) -> _Read | None:
    if low is None or high is None or low > high:
        return None
    before, after = match["before"].strip().casefold(), match["after"].strip()
    return _Read(before, after, low, high)
