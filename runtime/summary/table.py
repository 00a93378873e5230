"""How a summary looks: in a terminal, as plain text, in HTML, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import code, prose, visible

from ..draws.digits import cells, decimals, headings
from ..interface.grids import Cell, TextTable, code_html, page, paragraph
from ..questions.tables import latex, line, markdown, markdown_parts, sections
from ..verdict.page import verdict_html

if TYPE_CHECKING:
    from rich.console import Group

    from ..draws.row import StatisticsRow
    from .summary import Summary

__all__ = [
    "as_html",
    "as_latex",
    "as_markdown",
    "as_rich",
    "as_text",
    "decimals",
    "tables_html",
]

#: Widest text on a terminal.
WIDTH = 88
#: A block of more rows than this is shortened, unless the whole is asked for ...
LONGEST_BLOCK = 12
#: ... to so many at its start and at its end.
ENDS = 3


def _blocks(summary: Summary) -> Iterator[tuple[str, list[StatisticsRow], int]]:
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

    head = [Text(visible(text)) for text in summary.head]
    parts: list[Any] = []
    for table, notes in sections(summary.answers, summary.prob):
        parts += [table.rich(), *(sentence(note, "dim") for note in notes)]
        parts += [Text("")] if notes else []
    verdict = map(sentence, summary.sampling.verdict.sentences)
    return Group(*head, _table(summary).rich(), *parts, *verdict)


def _table(summary: Summary) -> TextTable:
    """Return the table: a heading line a parameter."""
    lines: list[tuple[Cell, ...]] = []
    for name, rows, hidden in _blocks(summary):
        if len(rows) == 1 and not rows[0].coord:
            lines.append(line(Cell.of(name, "strong"), cells(rows[0].statistics)))
            continue
        lines.append((Cell.of(name, "strong"),))
        for position, row in enumerate(rows):
            if hidden and position == ENDS:
                lines.append((Cell.of(f"... {hidden} more", "faint", 2),))
            lines.append(line(Cell.of(row.coord, indent=2), cells(row.statistics)))
    return TextTable(("", *headings(summary.prob)), tuple(lines))


def as_text(summary: Summary) -> str:
    """Return the same as plain text: the tables as wide as they need to be."""
    head = "\n".join(map(visible, summary.head))
    parts = [head] if head else []
    parts.append(_table(summary).text())
    for table, notes in sections(summary.answers, summary.prob):
        parts.append("\n".join([table.text(), *map(visible, notes)]))
    return "\n\n".join([*parts, str(summary.sampling.verdict)])


def as_html(summary: Summary) -> str:
    """Return the same for a notebook: the formula, the tables, the verdict."""
    verdict = verdict_html(summary.sampling.verdict)
    return page(*tables_html(summary), verdict)


def tables_html(summary: Summary) -> Iterator[str]:
    """Yield the formula and the tables, without the verdict."""
    for text in summary.head:
        yield code_html(text) if text == summary.formula else paragraph(text)
    yield _table(summary).html()
    for table, notes in sections(summary.answers, summary.prob):
        yield table.html()
        for note in notes:
            yield paragraph(note, "f")


def as_latex(summary: Summary) -> str:
    """Return the tables as LaTeX, the verdict below; long blocks are shortened."""
    tables: list[tuple[TextTable, list[str]]] = [(_table(summary), [])]
    tables += sections(summary.answers, summary.prob)
    tables[-1][1].extend(summary.sampling.verdict.sentences)
    return latex(tables)


def as_markdown(summary: Summary) -> str:
    """Return a table with names and labels together.

    The formula is above it, the verdict below. Long blocks are shortened as on a
    terminal.
    """
    titles = headings(summary.prob)
    rows: list[tuple[str, Sequence[str]]] = []
    for _, block, hidden in _blocks(summary):
        shown: list[tuple[str, Sequence[str]]] = []
        shown += [(row.label, cells(row.statistics)) for row in block]
        if hidden:
            shown.insert(ENDS, (f"... {hidden} more", [""] * len(titles)))
        rows += shown
    parts = [code(summary.formula)] if summary.formula else []
    parts += map(prose, summary.head[len(parts) :])
    parts.append(markdown("parameter", titles, rows))
    parts += markdown_parts(summary.answers, summary.prob)
    return "\n\n".join([*parts, *map(prose, summary.sampling.verdict.sentences)])
