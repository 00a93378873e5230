"""How a summary looks: in a terminal, as plain text, in HTML, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import code, prose, visible

from ..interface.grids import Cell, Grid, code_html, page, paragraph
from ..verdict.page import verdict_html

if TYPE_CHECKING:
    from rich.console import Group

    from ..draws.row import Row
    from ..draws.statistics import Statistics
    from ..interface.grids import Weight
    from ..questions.answers import Computed, Tested
    from .summary import Summary

__all__ = ["as_html", "as_markdown", "as_rich", "as_text", "decimals", "tables_html"]

#: Widest text on a terminal.
WIDTH = 88
#: A block of more rows than this is shortened, unless the whole is asked for ...
LONGEST_BLOCK = 12
#: ... to so many at its start and at its end.
ENDS = 3


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


def _headings(summary: Summary) -> tuple[str, ...]:
    tail = 50.0 * (1.0 - summary.prob)
    interval = (f"{tail:.3g}%", f"{100 - tail:.4g}%")
    return ("mean", "sd", "median", *interval, "ess bulk", "ess tail", "R-hat")


def _cells(found: Statistics) -> tuple[str, ...]:
    places, last = decimals(found), _last(found)
    numbers = (found.mean, found.sd, found.median, found.lower, found.upper)
    if found.sd in (0, math.inf):  # the sd of numbers near the largest overflows
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
    """Return what a terminal shows: the formula, the tables, the verdict."""
    from rich.console import Group
    from rich.constrain import Constrain
    from rich.text import Text

    def sentence(text: str, style: str = "") -> Constrain:
        return Constrain(Text(visible(text), style), WIDTH)

    head = [Text(visible(line)) for line in summary.head]
    parts: list[Any] = []
    for table, notes in _sections(summary):
        parts += [table.rich(), *(sentence(note, "dim") for note in notes)]
        parts += [Text("")] if notes else []
    verdict = map(sentence, summary.sampling.verdict.sentences)
    return Group(*head, _table(summary).rich(), *parts, *verdict)


def _table(summary: Summary) -> Grid:
    """Return the table: a heading line a parameter."""
    lines: list[tuple[Cell, ...]] = []
    for name, rows, hidden in _blocks(summary):
        if len(rows) == 1 and not rows[0].coord:
            lines.append(_line(Cell.of(name, "strong"), _cells(rows[0].figures)))
            continue
        lines.append((Cell.of(name, "strong"),))
        for position, row in enumerate(rows):
            if hidden and position == ENDS:
                lines.append((Cell.of(f"... {hidden} more", "faint", 2),))
            lines.append(_line(Cell.of(row.coord, indent=2), _cells(row.figures)))
    return Grid(("", *_headings(summary)), tuple(lines))


def _line(label: Cell, cells: Sequence[str]) -> tuple[Cell, ...]:
    return (label, *map(Cell.of, cells))


def as_text(summary: Summary) -> str:
    """Return the same as plain text: the tables as wide as they need to be."""
    head = "\n".join(map(visible, summary.head))
    parts = [head] if head else []
    parts.append(_table(summary).text())
    for table, notes in _sections(summary):
        parts.append("\n".join([table.text(), *map(visible, notes)]))
    return "\n\n".join([*parts, str(summary.sampling.verdict)])


def as_html(summary: Summary) -> str:
    """Return the same for a notebook: the formula, the tables, the verdict."""
    verdict = verdict_html(summary.sampling.verdict)
    return page(*tables_html(summary), verdict)


def tables_html(summary: Summary) -> Iterator[str]:
    """Yield the formula and the tables, without the verdict."""
    for line in summary.head:
        yield code_html(line) if line == summary.formula else paragraph(line)
    yield _table(summary).html()
    for table, notes in _sections(summary):
        yield table.html()
        for note in notes:
            yield paragraph(note, "f")


# ---- quantities, tests, contrasts ----------------------------------------------------

_TEST_HEADINGS = ("probability", "MCSE", "prior", "Bayes factor")
_BAYES_FACTOR = (
    "Bayes factor: of the region against its complement, posterior odds over prior odds"
)


def _sections(summary: Summary) -> Iterator[tuple[Grid, list[str]]]:
    """Yield the tables below that of the parameters, with the notes of each."""
    answers = summary.answers
    for title, rows in (
        ("Quantities", answers.quantities),
        ("Contrasts", answers.contrasts),
    ):
        if title == "Contrasts" and answers.tests:
            yield _test_table(answers.tests), _test_notes(answers.tests)
        if rows:
            yield _computed_table(title, rows, summary), _notes(rows)


def _computed_table(title: str, rows: Sequence[Computed], summary: Summary) -> Grid:
    lines: list[tuple[Cell, ...]] = []
    for (name, text), group in groupby(rows, key=lambda row: (row.name, row.text)):
        several = list(group)
        parts: list[tuple[str, Weight]] = [(name, "strong")]
        if text != name:
            said = f" = {text}" if title == "Quantities" else f"  {text}"
            parts.append((said, "faint"))
        label = Cell(tuple(parts))
        if len(several) == 1 and not several[0].coord:
            lines.append(_line(label, _cells(several[0].figures)))
            continue
        lines.append((label,))
        for row in several:
            lines.append(_line(Cell.of(row.coord, indent=2), _cells(row.figures)))
    return Grid((title, *_headings(summary)), tuple(lines))


def _test_table(tests: Sequence[Tested]) -> Grid:
    lines = [
        _line(Cell(((t.name, "strong"), (f"  {t.text}", "faint"))), _test_cells(t))
        for t in tests
    ]
    return Grid(("Tests", *_TEST_HEADINGS), tuple(lines))


def _test_cells(test: Tested) -> tuple[str, ...]:
    return (
        _probability(test),
        "" if test.mcse is None else f"{test.mcse:.1g}",
        "" if test.prior_probability is None else f"{test.prior_probability:.3g}",
        _factor(test),
    )


def _probability(test: Tested) -> str:
    """Return a probability to the digit of its error; of all draws or none a bound."""
    p = test.probability
    if p is None:
        return "undefined"
    if p in (0.0, 1.0):
        # rounded so that the bound stays one
        places = max(2, -math.floor(math.log10(1.0 / test.draws)))
        bound = math.ceil(10**places / test.draws) / 10**places
        return f"> {1.0 - bound:.{places}f}" if p == 1.0 else f"< {bound:.{places}f}"
    error = test.mcse
    places = 3 if not error else min(6, max(2, -math.floor(math.log10(error))))
    return f"{p:.{places}f}"


def _factor(test: Tested) -> str:
    if test.bayes_factor is None:
        return ""
    sign = {"above": "> ", "below": "< ", None: ""}[test.bound]
    number = test.bayes_factor
    return f"{sign}{number:.0f}" if number >= 1000 else f"{sign}{number:.3g}"


def _notes(rows: Sequence[Computed | Tested]) -> list[str]:
    """Return what is to be said of rows, what is said of several once."""
    said: dict[str, dict[str, None]] = {}
    for row in rows:
        for note in row.notes:
            said.setdefault(note, {})[row.name] = None
    every = len({row.name for row in rows})
    return [
        note if len(names) == every else f"{', '.join(map(code, names))}: {note}"
        for note, names in said.items()
    ]


def _test_notes(tests: Sequence[Tested]) -> list[str]:
    notes = _notes(tests)
    if any(test.bayes_factor is not None for test in tests):
        notes.append(_BAYES_FACTOR)
    return notes


def as_markdown(summary: Summary) -> str:
    """Return a table with names and labels together.

    The formula is above it, the verdict below. Long blocks are shortened as on a
    terminal.
    """
    headings = _headings(summary)
    answers = summary.answers
    rows: list[tuple[str, Sequence[str]]] = []
    for _, block, hidden in _blocks(summary):
        shown: list[tuple[str, Sequence[str]]] = []
        shown += [(row.label, _cells(row.figures)) for row in block]
        if hidden:
            shown.insert(ENDS, (f"... {hidden} more", [""] * len(headings)))
        rows += shown
    parts = [code(summary.formula)] if summary.formula else []
    parts += map(prose, summary.head[len(parts) :])
    parts.append(_markdown("parameter", headings, rows))
    if answers.quantities:
        rows = [
            (f"{row.label} = {row.text}", _cells(row.figures))
            for row in answers.quantities
        ]
        parts.append(_markdown("quantity", headings, rows))
        parts += map(prose, _notes(answers.quantities))
    if answers.tests:
        rows = [(f"{t.name}: {t.text}", _test_cells(t)) for t in answers.tests]
        parts.append(_markdown("test", _TEST_HEADINGS, rows))
        parts += map(prose, _test_notes(answers.tests))
    if answers.contrasts:
        rows = [(row.label, _cells(row.figures)) for row in answers.contrasts]
        parts.append(_markdown("contrast", headings, rows))
        parts += map(prose, _notes(answers.contrasts))
    return "\n\n".join([*parts, *map(prose, summary.sampling.verdict.sentences)])


def _markdown(
    title: str, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """Return one Markdown table."""
    lines: list[Sequence[str]] = [(title, *headings)]
    lines.append(("---", *("---:",) * len(headings)))
    for label, cells in rows:
        lines.append((code(label, cell=True), *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
