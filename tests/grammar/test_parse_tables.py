"""Parse tables that are kept are those that Lark makes of the grammar."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import lark
import pytest
from lark import Lark, UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from varying.grammar import Sink, Source, drive, parse, parse_tables
from varying.grammar.drive import driven
from varying.grammar.layout import LogicalLine, logical_lines
from varying.grammar.parse_tables import GRAMMAR, build, load, tables_text

from .damage import mutated
from .specs import random_spec

FOLDER = Path(parse_tables.__file__).parent
TEXT = (FOLDER / GRAMMAR).read_text("utf-8")


def rows(parser: Lark) -> list[object]:
    """All that a parser does, its states numbered as they are reached.

    Lark numbers them in an order that changes from process to process.
    """
    table = parser.parser.parser._parse_table
    numbers = {state: place for place, state in enumerate(table.start_states.values())}
    found: list[object] = [list(table.start_states), parser.options.keep_all_tokens]
    for state in (waiting := list(numbers)):
        row = []
        for token, (action, to) in sorted(table.states[state].items()):
            if action is Shift and to not in numbers:
                numbers[to] = len(numbers)
                waiting.append(to)
            target = numbers[to] if action is Shift else (str(to), to.order, to.options)
            row.append((token, action is Shift, repr(target)))
        found.append(row)
    ends = {start: numbers[state] for start, state in table.end_states.items()}
    return [*found, ends, len(table.states) == len(numbers)]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where tables are kept in this test: nothing is there yet."""
    path = tmp_path / "new" / "parse_tables.json"
    monkeypatch.setattr(parse_tables, "TABLES", path)
    parse_tables.parser.cache_clear()
    yield path
    parse_tables.parser.cache_clear()


def test_tables_are_kept_and_used(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = parse_tables.parser()
    assert kept.is_file() and len(list(kept.parent.iterdir())) == 1
    parse_tables.parser.cache_clear()
    monkeypatch.setattr(parse_tables, "build", None)
    assert rows(parse_tables.parser()) == rows(made)


@pytest.mark.parametrize("text", ["", "nonsense", "{first}\n{{", "{first}\n[]"])
def test_damaged_tables_are_made_anew(kept: Path, text: str) -> None:
    parse_tables.parser()
    whole = kept.read_text("utf-8")
    kept.write_text(text.format(first=whole.partition("\n")[0]), "utf-8")
    parse_tables.parser.cache_clear()
    assert len(rows(parse_tables.parser())) > 100
    assert len(kept.read_text("utf-8")) > 50_000


def test_a_place_that_cannot_be_written_does_no_harm(kept: Path) -> None:
    kept.parent.parent.joinpath("new").write_text("a file, not a folder")
    assert len(rows(parse_tables.parser())) > 100


def test_a_parser_from_tables_is_the_one_they_came_from() -> None:
    built = build(TEXT)
    loaded = load(tables_text(built, TEXT), TEXT)
    assert loaded is not None
    assert tables_text(loaded, TEXT) == tables_text(built, TEXT)
    assert len(rows(loaded)) > 100


def test_tables_of_another_grammar_or_lark_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tables_text(build(TEXT), TEXT)
    assert load(made, TEXT + "\n") is None
    monkeypatch.setattr(lark, "__version__", "0.0")
    assert load(made, TEXT) is None


# ---- following them ----


def lines(count: int) -> list[LogicalLine]:
    """Logical lines of random specs, right and damaged."""
    found: list[LogicalLine] = []
    for seed in range(count):
        rng = random.Random(seed)
        text = random_spec(rng).plain
        for each in (text, mutated(text, rng)):
            found += logical_lines(Source(each), Sink(Source(each)))[0]
    return found


def by_lark(line: LogicalLine) -> object:
    state = parse_tables.parser().parse_interactive()
    try:
        for token in line.tokens:
            state.feed_token(token)
        return state.feed_eof(line.tokens[-1])
    except UnexpectedToken:
        return None


def test_tables_are_followed_as_lark_does() -> None:
    found = [(driven(line.tokens), by_lark(line)) for line in lines(100)]
    assert all(own == lark for own, lark in found)
    read = sum(own is not None for own, _ in found)
    assert 500 < read < len(found) - 50


def test_a_lark_with_other_tables_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = parse(Source("y ~ x + (1 | g)"))
    drive._steps.cache_clear()
    monkeypatch.setattr(drive, "parser", lambda: object())
    assert driven(lines(1)[0].tokens) is None
    assert parse(Source("y ~ x + (1 | g)")) == spec
    drive._steps.cache_clear()
