"""Figures as text: as many digits as they are worth."""

from __future__ import annotations

import math

from .statistics import Statistics

__all__ = ["cells", "decimals", "headings"]

#: More decimals than this, or numbers above that, are written with powers of ten.
MOST_DECIMALS, LARGEST_WHOLE = 7, 1e9


def decimals(found: Statistics) -> int:
    """Return how many decimals of a row are worth printing.

    The last one printed is that of the Monte Carlo error; two or three, unless
    the numbers are so large that fewer, or so small that more are needed.
    """
    return max(0, _last(found))


def _last(found: Statistics) -> int:
    """Return the last decimal that is worth printing; below 0: tens, hundreds."""
    if not 0 < found.sd < math.inf:
        return 2
    for_two_digits = 1 - math.floor(math.log10(found.sd))
    error = found.mcse if found.mcse is not None else found.sd / 10
    wanted = -math.floor(math.log10(error)) if error > 0 else 2
    return min(wanted, max(3, for_two_digits))


def headings(prob: float) -> tuple[str, ...]:
    """Return the headings of figures, with intervals of that mass."""
    tail = 50.0 * (1.0 - prob)
    interval = (f"{tail:.3g}%", f"{100 - tail:.4g}%")
    return ("mean", "sd", "median", *interval, "ess bulk", "ess tail", "R-hat")


def cells(found: Statistics) -> tuple[str, ...]:
    """Return the figures as text."""
    places, last = decimals(found), _last(found)
    numbers = (found.mean, found.sd, found.median, found.lower, found.upper)
    if math.isnan(found.sd):  # some draws are infinite: nothing says of digits
        shown = tuple(f"{number:.3g}" for number in numbers)
    elif found.sd in (0, math.inf):  # the sd of numbers near the largest overflows
        shown = tuple(f"{number:.6g}" for number in numbers)
    elif places > MOST_DECIMALS or max(map(abs, numbers)) > LARGEST_WHOLE:
        shown = tuple(_powers(number, last) for number in numbers)
    else:
        shown = tuple(_fixed(number, places) for number in numbers)
    sizes = (found.ess_bulk, found.ess_tail)
    rhat = "" if found.rhat is None else f"{found.rhat:.3f}"
    return (*shown, *("" if n is None else f"{n:.0f}" for n in sizes), rhat)


def _powers(number: float, last: int) -> str:
    """Format a number with a power of ten, up to a decimal."""
    if number == 0.0 or not math.isfinite(number):
        return f"{number:g}"
    return f"{number:.{max(1, math.floor(math.log10(abs(number))) + last)}e}"


def _fixed(number: float, places: int) -> str:
    """Format a number; what rounds to nothing has no sign."""
    text = f"{number:.{places}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text
