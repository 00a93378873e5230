"""Tables to look at: the same rows for a terminal, as plain text and in HTML.

What is in a cell is text, whatever it looks like: nothing in a name is read as markup
or reaches the screen unseen (``varying.grammar.render.safe``).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from varying.grammar.render.safe import as_html, prose_html, visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = [
    "Cell",
    "TextTable",
    "Weight",
    "code_html",
    "heading",
    "page",
    "paragraph",
    "plain",
]

#: Of a part of a cell: of first rank, as the rest, or beside.
Weight = Literal["strong", "usual", "faint"]
_RICH = {"strong": "bold", "usual": "", "faint": "dim"}
_TAGS = {"strong": "<b>{}</b>", "usual": "{}", "faint": '<span class="f">{}</span>'}

#: Greys that can be read on white and on black, and no colour of ours beside.
_STYLE = (
    "<style>"
    # the class twice: else the rules of JupyterLab go before, with texts on the right
    "div.varying{font-size:.9em;line-height:1.4;max-width:100%;overflow-x:auto}"
    "div.varying.varying table{border-collapse:collapse;margin:.4em 0;border:0;"
    "width:auto}"
    "div.varying.varying table tr{background:none;border:0}"
    "div.varying.varying table th,div.varying.varying table td{padding:.1em 1em .1em 0;"
    "border:0;text-align:left;vertical-align:top;background:none;"
    "white-space:pre-wrap;max-width:36em}"
    "div.varying.varying table thead th{border-bottom:1px solid #808080;"
    "font-weight:600;white-space:nowrap}"
    "div.varying.varying table tbody th{font-weight:400;white-space:pre}"
    "div.varying.varying table .n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}"
    "div.varying.varying p{margin:.3em 0;max-width:60em}"
    "div.varying.varying code{background:none;padding:0;color:inherit}"
    "div.varying.varying .f{opacity:.7}"
    "div.varying.varying .v{font-weight:600}"
    "div.varying.varying .w{border-left:3px solid #b8860b;padding-left:.6em}"
    "</style>"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands at one place: pieces of text, each with its weight."""

    parts: tuple[tuple[str, Weight], ...]
    indent: int = 0

    @classmethod
    def of(cls, text: str, weight: Weight = "usual", indent: int = 0) -> Cell:
        """Return a cell of one piece."""
        return cls(((text, weight),), indent)


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows under headings.

    Attributes
    ----------
    headings
        Of the columns.
    rows
        A row may end early: what is missing is empty.
    numeric
        Whether all columns but the first are numbers, on the right of theirs.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: bool = True

    def rich(self) -> Table:
        """Return what a terminal shows."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for place, heading in enumerate(self.headings):
            if place and self.numeric:
                table.add_column(Text(heading), justify="right", no_wrap=True)
            else:
                table.add_column(Text(heading), overflow="fold")
        # Cells go in as `Text`: "b[cs]" would be read as markup.
        for row in self.rows:
            table.add_row(*(_rich(cell) for cell in row))
        return table

    def text(self) -> str:
        """Return the same as plain text, as wide as it needs to be."""
        if len(self.rows) >= _MANY and (made := self._lines()) is not None:
            return made
        return plain(self.rich())

    def _lines(self) -> str | None:
        """Return what rich writes, in a tenth of its time; None of cells of lines."""
        from rich.cells import cell_len

        width = len(self.headings)
        empty = ("",) * width
        rows: list[tuple[str, ...]] = [self.headings]
        for row in self.rows:
            texts = tuple(map(_text, row))
            rows.append((*texts, *empty[len(texts) :]))
        if any(len(one) > width or not all(map(_is_line, one)) for one in rows):
            return None
        sizes = [[cell_len(text) for text in one] for one in rows]
        widths = [max(column) for column in zip(*sizes, strict=True)]
        lines = []
        for texts, taken in zip(rows, sizes, strict=True):
            gaps = [" " * (w - t) for w, t in zip(widths, taken, strict=True)]
            cells = tuple(
                gap + cell if place and self.numeric else cell + gap
                for place, (cell, gap) in enumerate(zip(texts, gaps, strict=True))
            )
            lines.append(f" {'   '.join(cells)}".rstrip())
        lines.insert(1, " " + "─" * (sum(widths) + 3 * (width - 1)))
        return "\n".join(lines)

    def html(self) -> str:
        """Return a table of HTML; the style is that of the page."""
        head = "".join(
            f'<th scope="col"{self._class(place)}>{as_html(heading)}</th>'
            for place, heading in enumerate(self.headings)
        )
        body = "".join(f"<tr>{self._html_row(row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _html_row(self, row: tuple[Cell, ...]) -> str:
        empty = Cell(())
        cells = [*row, *(empty for _ in self.headings[len(row) :])]
        first, *others = (_html(cell) for cell in cells)
        return f'<th scope="row">{first}</th>' + "".join(
            f"<td{self._class(place)}>{cell}</td>"
            for place, cell in enumerate(others, 1)
        )

    def _class(self, place: int) -> str:
        return ' class="n"' if self.numeric and place else ""


#: Rows from which on a table is not left to rich.
_MANY = 100


def _text(cell: Cell) -> str:
    return " " * cell.indent + "".join(visible(text) for text, _ in cell.parts)


def _is_line(text: str) -> bool:
    """Whether a text is one line as it stands, spaces and all."""
    return text.isprintable() and text == text.rstrip()


def _rich(cell: Cell) -> Text:
    from rich.text import Text

    pieces = [(visible(text), _RICH[weight]) for text, weight in cell.parts]
    return Text.assemble(" " * cell.indent, *pieces)


def _html(cell: Cell) -> str:
    pieces = (_TAGS[weight].format(as_html(text)) for text, weight in cell.parts)
    return "&#8195;" * (cell.indent // 2) + "".join(pieces)


def plain(shown: RenderableType) -> str:
    """Return what rich draws as text: no colours, and nothing for a display."""
    from rich.console import Console

    out = StringIO()
    # in a notebook rich would show it, and write nothing
    console = Console(
        file=out,
        width=10_000,
        color_system=None,
        force_jupyter=False,
        legacy_windows=False,
    )
    console.print(shown)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "\n".join(lines).strip("\n")


def page(*parts: str) -> str:
    """Return pieces of HTML as an output of a notebook; none of it is mathematics."""
    inside = "".join(parts)
    return f'{_STYLE}<div class="varying tex2jax_ignore mathjax_ignore">{inside}</div>'


def paragraph(sentence: str, kind: str = "") -> str:
    """Return a sentence, what is in back-quotes as code; ``w`` marks a warning."""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{prose_html(sentence)}</p>"


def code_html(text: str) -> str:
    """Return a line of code, such as a formula, as a paragraph."""
    return f"<p><code>{as_html(text)}</code></p>"


def heading(text: str) -> str:
    """Return a line above others."""
    return f"<p><b>{as_html(text)}</b></p>"
