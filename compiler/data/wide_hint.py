"""Files that seem to be wide: what to write where they lack the response."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import name_text, string_text
from varying.grammar.reads import names_written
from varying.grammar.tree import DataStatement, ModelStatement, Name, Spec
from varying.grammar.walk import column_names, left_of_bar, unwrap

from .levels import level_spelled
from .spellings import nearly_numbers
from .table import Kind, Table

#: What parts a name: signs, but not a minus behind a word, as in `CS-`; a capital
#: letter, and digits at its end. Or, as in `A1B2`, a letter behind a digit.
_SIGNS = r"[_.\s()\[\]{},;:/]+(?:-+[_.\s]+)?|-+(?=\w)|(?<=[a-z])(?=[A-Z])"
_PARTS = re.compile(rf"{_SIGNS}|(?<=[^\W\d])(?=\d+$)")
_CODES = re.compile(rf"{_SIGNS}|(?<=\d)(?=[^\W\d])")
_CODED = re.compile(r"\d[^\W\d]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
#: Columns that are shown, and that are written out.
_SHOWN, _MOST = 4, 40


@dataclass(frozen=True, slots=True)
class _Wide:
    """Columns that seem to be cells: the words that tell them apart, by column."""

    cells: Mapping[str, tuple[str, ...]]
    sure: bool


def suggest_wide(spec: Spec, model: ModelStatement, table: Table, sink: Sink) -> None:
    """Say with a response that is unknown how the file becomes long, if it is wide.

    Parameters
    ----------
    spec, model
        What is bound.
    table
        The data as they were read.
    sink
        Has the fault of the response, if there is one.
    """
    data = [s for s in spec.statements if isinstance(s, DataStatement)]
    if model.formula.response is None or any(one.wide is not None for one in data):
        return
    response = unwrap(left_of_bar(model.formula.response))
    if not isinstance(response, Name) or table.open:
        return
    places = [
        place
        for place, found in enumerate(sink.diagnostics)
        if found.rule == "unknown-column" and found.span == response.span
    ]
    if not places:
        return
    lacking = _lacking(response.text, model, table)
    wide = _wide(response.text, spec, table, len(lacking))
    if wide is None:
        return
    found = sink.diagnostics[places[0]]
    if not wide.sure and found.fix is not None:
        return  # a near name is likelier
    statement = _statement(response.text, wide, lacking, table)
    path = string_text(data[0].path.text) if data else '"..."'
    listed = ", ".join(f"`{name}`" for name in list(wide.cells)[:_SHOWN])
    more = ", ..." if len(wide.cells) > _SHOWN else ""
    notes = (
        f"the file seems to be wide, with a column for each cell: {listed}{more}",
        f"if so, make a row of each: `data {path}, {statement}`",
    )
    fix = None
    if data:
        end = data[0].path.span.end
        edit = Edit(replace(data[0].path.span, start=end), f", {statement}")
        fix = Fix("make a row of each cell by `wide(...)`", (edit,))
    sink.diagnostics[places[0]] = replace(found, notes=notes, fix=fix)


def _wide(response: str, spec: Spec, table: Table, lacking: int) -> _Wide | None:
    """Return the columns that seem to be the cells of a response.

    ``lacking``: how many names of the formula are no columns. Columns that cross in two
    ways may be two measures, unless the formula has as many factors.
    """
    found = _by(_CODES, response, spec, table, lacking)
    if found is not None and all(map(_CODED.search, found.cells)):
        return found
    return _by(_PARTS, response, spec, table, lacking)


def _by(
    pattern: re.Pattern[str], response: str, spec: Spec, table: Table, lacking: int
) -> _Wide | None:
    """Return such columns, their names parted by a pattern."""
    read = names_written(spec)
    there = (*table.columns, *table.unread, *filter(None, table.unusable))
    names = [name for name in there if name not in read]
    of = {name: _parts(name, pattern) for name in names}
    wanted = _parts(response, pattern)
    own = [name for name, parts in of.items() if _begins(parts, wanted)]
    cells = _cells({name: of[name] for name in own}, 2)
    if cells is not None:
        return _Wide(cells, True)
    found: list[Mapping[str, tuple[str, ...]]] = []
    of = {name: parts for name, parts in of.items() if _may_be_response(name, table)}
    for group in _groups(of):
        cells = _cells(group, 3)
        factors = 0 if cells is None else len(next(iter(cells.values())))
        if cells is not None and factors in (1, lacking) and cells not in found:
            found.append(cells)
    found.sort(key=len, reverse=True)
    if not found or (len(found) > 1 and len(found[0]) == len(found[1])):
        return None
    return _Wide(found[0], False)


def _may_be_response(name: str, table: Table) -> bool:
    column = table.columns.get(name)
    if column is None or column.kind.is_number:
        return True
    # a word in one cell makes a text of its column
    return column.kind is Kind.TEXT and nearly_numbers(column.levels)


def _parts(name: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return the words of a name; of a number none and itself, which tells it apart."""
    if _NUMBER.fullmatch(name):
        return "", name
    return tuple(part for part in pattern.split(name) if part)


def _begins(parts: Sequence[str], response: Sequence[str]) -> bool:
    """Whether a name is that of the response and of a cell."""
    wanted = [part.casefold() for part in response]
    folded = [part.casefold() for part in parts]
    count = len(wanted)
    return len(folded) > count and wanted in (folded[:count], folded[-count:])


def _groups(
    of: Mapping[str, tuple[str, ...]],
) -> Iterator[Mapping[str, tuple[str, ...]]]:
    """Yield columns that have as many words: all, and those that share one."""
    for count in sorted({len(parts) for parts in of.values()} - {1}):
        same = {name: parts for name, parts in of.items() if len(parts) == count}
        for place in range(count):
            for word in dict.fromkeys(parts[place] for parts in same.values()):
                yield {n: p for n, p in same.items() if p[place] == word}
        if count > 1:
            yield same


def _cells(
    of: Mapping[str, tuple[str, ...]], fewest: int
) -> Mapping[str, tuple[str, ...]] | None:
    """Return the words that tell columns apart, if they cross completely."""
    if not fewest <= len(of) <= _MOST or len({len(parts) for parts in of.values()}) > 1:
        return None
    by_place = [dict.fromkeys(words) for words in zip(*of.values(), strict=True)]
    varied = [place for place, words in enumerate(by_place) if len(words) > 1]
    if not varied or prod(len(by_place[place]) for place in varied) != len(of):
        return None
    if len(varied) == len(by_place) == 1:
        return None
    cells = {
        name: tuple(parts[place] for place in varied) for name, parts in of.items()
    }
    return cells if len(set(cells.values())) == len(cells) else None


def _statement(response: str, wide: _Wide, lacking: Sequence[str], table: Table) -> str:
    """Return the ``wide(...)`` that makes the file long."""
    count = len(next(iter(wide.cells.values())))
    factors = _factors(count, lacking, table)
    columns = []
    for name, words in wide.cells.items():
        cell = ", ".join(
            f"{name_text(factor)}={_level(word)}"
            for factor, word in zip(factors, words, strict=True)
        )
        written = name if name_text(name) == name else string_text(name)
        columns.append(f"{written} = ({cell})")
    return f"wide({name_text(response)}: {', '.join(columns)})"


def _level(word: str) -> str:
    return str(int(word)) if word.isascii() and word.isdigit() else level_spelled(word)


def _factors(count: int, lacking: Sequence[str], table: Table) -> Sequence[str]:
    """Return names for the factors of the cells: those that the formula lacks."""
    if len(lacking) == count:
        return lacking
    there = {*table.columns, *table.unread, *table.unusable}
    found = ["condition"] if count == 1 else [f"factor{i + 1}" for i in range(count)]
    return [name if name not in there else f"{name}_" for name in found]


def _lacking(response: str, model: ModelStatement, table: Table) -> Sequence[str]:
    """Return the names in a formula that are no columns of the data."""
    there = {*table.columns, *table.unread, *table.unusable, response, "."}
    read = dict.fromkeys(name.text for name in column_names(model.formula.terms))
    return [name for name in read if name not in there]
