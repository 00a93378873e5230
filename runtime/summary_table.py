"""How a summary looks: in a terminal, as plain text, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from .figures import Figures
    from .summary import Row, Summary

__all__ = ["as_markdown", "as_rich", "as_text", "decimals"]

#: Widest text on a terminal.
WIDTH = 88
#: A block of more rows than this is shortened, unless the whole is asked for ...
LONGEST_BLOCK = 12
#: ... to so many at its start and at its end.
ENDS = 3


def decimals(found: Figures) -> int:
    """Return how many decimals of a row are worth printing.

    The last one printed is that of the Monte Carlo error; two or three, unless
    the numbers are so large that fewer, or so small that more are needed.
    """
    if not found.sd > 0:
        return 2
    for_two_digits = 1 - math.floor(math.log10(found.sd))
    error = found.mcse if found.mcse is not None else found.sd / 10
    wanted = -math.floor(math.log10(error)) if error > 0 else 2
    return max(0, min(wanted, max(3, for_two_digits)))


def _headings(summary: Summary) -> tuple[str, ...]:
    tail = 50.0 * (1.0 - summary.prob)
    interval = (f"{tail:.3g}%", f"{100 - tail:.4g}%")
    return ("mean", "sd", "median", *interval, "ess bulk", "ess tail", "R-hat")


def _cells(found: Figures) -> tuple[str, ...]:
    places = decimals(found)
    numbers = (found.mean, found.sd, found.median, found.lower, found.upper)
    if found.sd == 0:
        shown = tuple(f"{number:.6g}" for number in numbers)
    else:
        shown = tuple(_fixed(number, places) for number in numbers)
    sizes = (found.ess_bulk, found.ess_tail)
    rhat = "" if found.rhat is None else f"{found.rhat:.3f}"
    return (*shown, *("" if n is None else f"{n:.0f}" for n in sizes), rhat)


def _fixed(number: float, places: int) -> str:
    """Format a number; what rounds to nothing has no sign."""
    text = f"{number:.{places}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _blocks(summary: Summary) -> Iterator[tuple[str, list[Row], int]]:
    """Yield each parameter: its name, the rows shown, how many are not."""
    for name, group in groupby(summary.rows, key=lambda row: row.name):
        rows = list(group)
        hidden = 0
        if len(rows) > LONGEST_BLOCK and not summary.whole:
            hidden = len(rows) - 2 * ENDS
            rows = [*rows[:ENDS], *rows[-ENDS:]]
        yield name, rows, hidden


def as_rich(summary: Summary) -> Group:
    """Return what a terminal shows: the formula, the table, the verdict."""
    from rich.console import Group
    from rich.constrain import Constrain
    from rich.text import Text

    head = [Text(line) for line in summary.head]
    verdict = Text(str(summary.sampling.verdict))
    return Group(*head, _table(summary), Constrain(verdict, WIDTH))


def _table(summary: Summary) -> Table:
    """Return the table: a heading line a parameter."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("", overflow="fold")
    for heading in _headings(summary):
        table.add_column(heading, justify="right", no_wrap=True)
    # Labels go in as `Text`: "b[cs]" would be read as markup.
    for name, rows, hidden in _blocks(summary):
        if len(rows) == 1 and not rows[0].coord:
            table.add_row(Text(name, "bold"), *_cells(rows[0].figures))
            continue
        table.add_row(Text(name, "bold"))
        for position, row in enumerate(rows):
            if hidden and position == ENDS:
                table.add_row(Text(f"  ... {hidden} more", "dim"))
            table.add_row(Text(f"  {row.coord}"), *_cells(row.figures))
    return table


def as_text(summary: Summary) -> str:
    """Return the same as plain text: the table as wide as it needs to be."""
    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=10_000, color_system=None)
    console.print(_table(summary))
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    table = "\n".join(lines).strip("\n")
    head = "".join(f"{line}\n" for line in summary.head)
    head = f"{head}\n" if head else ""
    return f"{head}{table}\n\n{summary.sampling.verdict}"


def _code(text: str) -> str:
    """Return a text as code; a name in back-quotes needs two around it."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def as_markdown(summary: Summary) -> str:
    """Return a table with every row, names and labels together.

    The formula is above it, the verdict below.
    """
    headings = ("parameter", *_headings(summary))
    rule = ("---", *("---:",) * (len(headings) - 1))
    lines = [headings, rule]
    for row in summary.rows:
        label = row.label.replace("|", r"\|")
        lines.append((f"`{label}`", *_cells(row.figures)))
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    head = [_code(summary.formula)] if summary.formula else []
    head += summary.head[len(head) :]
    return "\n\n".join([*head, table, *summary.sampling.verdict.sentences])
