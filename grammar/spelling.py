"""How numbers are spelled as names of levels."""

from __future__ import annotations

# From here on float64 does not hold every whole number: two ids could merge.
MOST_EXACT = 2**53


def spell_number(value: float) -> str:
    """Return a number as a level's name: ``1`` and not ``1.0``."""
    if value.is_integer() and abs(value) < MOST_EXACT:
        return str(int(value))
    return repr(float(value))
