"""Answers as tables: quantities, tests, means, contrasts, slopes."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import code, prose, visible

from ..draws.digits import cells, decimals, headings
from ..interface.grids import Cell, TextTable
from ..interface.printed import Printed

if TYPE_CHECKING:
    from ..interface.grids import Weight
    from .answers import Answers, Computed, Tested

__all__ = [
    "comma_separated",
    "latex",
    "line",
    "markdown",
    "markdown_parts",
    "sections",
]

_TEST_HEADINGS = ("probability", "MCSE", "prior", "Bayes factor")
_BAYES_FACTOR = (
    "Bayes factor: of the region against its complement, posterior odds over prior odds"
)


def sections(answers: Answers, prob: float) -> Iterator[tuple[TextTable, list[str]]]:
    """Yield the tables below that of the parameters, with the notes of each."""
    for title, rows in _computed(answers).items():
        if title == "Means" and answers.tests:
            yield _test_table(answers.tests), _test_notes(answers.tests)
        if rows:
            yield _computed_table(title, rows, prob), _notes(rows)


def _computed(answers: Answers) -> dict[str, tuple[Computed, ...]]:
    """Return what has figures, by what the tables are called, in their order."""
    return {
        "Quantities": answers.quantities,
        "Means": answers.means,
        "Contrasts": answers.contrasts,
        "Slopes": answers.slopes,
    }


def _computed_table(title: str, rows: Sequence[Computed], prob: float) -> TextTable:
    lines: list[tuple[Cell, ...]] = []
    data = any(row.observed is not None for row in rows)
    for (name, text), group in groupby(rows, key=lambda row: (row.name, row.text)):
        several = list(group)
        parts: list[tuple[str, Weight]] = [(name, "strong")]
        if text != name:
            said = f" = {text}" if title == "Quantities" else f"  {text}"
            parts.append((said, "faint"))
        label = Cell(tuple(parts))
        if len(several) == 1 and not several[0].coord:
            lines.append(line(label, _figures(several[0], data)))
            continue
        lines.append((label,))
        for row in several:
            lines.append(line(Cell.of(row.coord, indent=2), _figures(row, data)))
    return TextTable((title, *headings(prob), *_data(data)), tuple(lines))


def _data(there: bool) -> tuple[str, ...]:
    """Return the heading of the column with what the data have."""
    return ("data",) if there else ()


def _figures(row: Computed, data: bool) -> tuple[str, ...]:
    found = cells(row.statistics)
    if not data:
        return found
    seen = (
        "" if row.observed is None else f"{row.observed:.{decimals(row.statistics)}f}"
    )
    return (*found, seen)


def line(label: Cell, values: Sequence[str]) -> tuple[Cell, ...]:
    """Return a line of a table: what it is about, and its cells."""
    return (label, *map(Cell.of, values))


def _test_table(tests: Sequence[Tested]) -> TextTable:
    lines = [
        line(Cell(((t.name, "strong"), (f"  {t.text}", "faint"))), _test_cells(t))
        for t in tests
    ]
    # without a Bayes factor there is nothing to say of priors
    kept = 4 if any(t.prior_probability is not None for t in tests) else 2
    lines = [one[: 1 + kept] for one in lines]
    return TextTable(("Tests", *_TEST_HEADINGS[:kept]), tuple(lines))


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


def markdown_parts(answers: Answers, prob: float) -> list[str]:
    """Return the same as Markdown: tables with names and labels together, notes."""
    parts: list[str] = []
    for title, rows in _computed(answers).items():
        if title == "Means" and answers.tests:
            tests = [(f"{t.name}: {t.text}", _test_cells(t)) for t in answers.tests]
            parts.append(markdown("test", _TEST_HEADINGS, tests))
            parts += map(prose, _test_notes(answers.tests))
        if rows:
            data = any(row.observed is not None for row in rows)
            shown = [
                (
                    f"{row.label} = {row.text}" if title == "Quantities" else row.label,
                    _figures(row, data),
                )
                for row in rows
            ]
            heading = _SINGULAR[title]
            parts.append(markdown(heading, (*headings(prob), *_data(data)), shown))
            parts += map(prose, _notes(rows))
    return parts


_SINGULAR = {
    "Quantities": "quantity",
    "Means": "mean of",
    "Contrasts": "contrast",
    "Slopes": "slope",
}


def markdown(
    title: str, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """Return one Markdown table."""
    lines: list[Sequence[str]] = [(title, *headings)]
    lines.append(("---", *("---:",) * len(headings)))
    for label, values in rows:
        lines.append((code(label, cell=True), *values))
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)


def comma_separated(
    rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str] | None = None
) -> str | None:
    """Return rows as lines of comma-separated values, or write them to a file."""
    buffer = io.StringIO(newline="")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    text = buffer.getvalue()
    if path is None:
        return Printed(text)
    from ..files.whole_file import replacing

    with replacing(path) as file:
        file.write(text.encode())
    return None


def latex(tables: Iterable[tuple[TextTable, Sequence[str]]]) -> str:
    """Return tables as LaTeX with the rules of ``booktabs``, notes below each."""
    parts: list[str] = []
    for grid, notes in tables:
        columns = "l" + "r" * (len(grid.headings) - 1)
        lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule"]
        lines.append(_latex_row([(heading, 0) for heading in grid.headings]))
        lines.append(r"\midrule")
        for row in grid.rows:
            texts = [("".join(t for t, _ in cell.parts), cell.indent) for cell in row]
            texts += [("", 0)] * (len(grid.headings) - len(row))
            lines.append(_latex_row(texts))
        lines += [r"\bottomrule", r"\end{tabular}"]
        parts.append("\n".join(lines))
        parts += [_latex_text(note) for note in notes]
    return "\n\n".join(parts) + "\n"


def _latex_row(cells: Sequence[tuple[str, int]]) -> str:
    shown = [r"\quad " * (indent // 2) + _latex_text(text) for text, indent in cells]
    return " & ".join(shown) + r" \\"


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "-": "-",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}


def _latex_text(text: str) -> str:
    """Return a text with what LaTeX reads as commands escaped, minus signs as such."""
    shown = "".join(_LATEX.get(sign, sign) for sign in visible(text))
    number = text[1:] if text.startswith("-") else ""
    if number and number.replace(".", "", 1).isdigit():
        return f"${text}$"
    return shown
