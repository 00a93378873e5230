"""A table of many rows is written without rich, and is what rich writes."""

from __future__ import annotations

import pytest

from varying.runtime.interface.grids import Cell, TextTable, plain

CELLS = ("", "a", "b[cs[CS+]]", "-0.123", "[bold]x", "größe", "日本", "é", "a b  c")


@pytest.mark.parametrize("numeric", [True, False])
@pytest.mark.parametrize("columns", [1, 2, 5])
def test_it_is_the_text_of_rich(columns: int, numeric: bool) -> None:
    rows = tuple(
        tuple(
            Cell.of(
                CELLS[(at + 3 * place) % 9], "strong" if at % 2 else "usual", at % 3
            )
            if CELLS[(at + 3 * place) % 9]
            else Cell(())
            for place in range(1 + at % columns)
        )
        for at in range(150)
    )
    headings = ("name", "mean", "日本", "", "a longer one")[:columns]
    table = TextTable(headings, rows, numeric)
    found = table._lines()
    assert found is not None
    assert found == table.text() == plain(table.rich())


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a ", "\u200b"])
def test_what_is_no_line_is_left_to_rich(text: str) -> None:
    table = TextTable(("x",), ((Cell.of(text),),) * 120)
    assert table.text() == plain(table.rich())
