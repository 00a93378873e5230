"""How a script holds the columns of the data: numbers as floats, the rest as texts.

A column of the file that holds numbers is held as numbers although a ``column``
statement makes levels of them, so levels are found by value and not by spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from varying.grammar.spelling import MOST_EXACT, spell_number

from ...data.codes import coded_values
from ...data.table import Column, Kind, Table
from ...data.texts import parse_numbers
from .text import Unwritable, number, string, wrapped

#: What a script compares with: a number, or a text.
Key = float | str

_LOGICAL = {
    **{"0": "FALSE", "FALSE": "FALSE", "False": "FALSE"},
    **{"1": "TRUE", "TRUE": "TRUE", "True": "TRUE"},
}


def held_as_number(column: Column, table: Table) -> bool:
    """Whether the script holds a column as floats."""
    if column.kind.is_number:
        return True
    if column.kind is Kind.LOGICAL:
        return False
    if column.read_as is not None and column.read_as.is_number:
        return True
    # written to a file, categories that are numbers may be spelled in another way
    return table.layout is None and column.numbers is not None


def keys(column: Column, table: Table) -> Mapping[str, Key]:
    """Return what the script holds for each level of a column.

    A level that no number of the data stands for keeps its text.

    Raises
    ------
    Unwritable
        If two levels spell one number, neither as the data do.
    """
    levels = coded_values(column)[0]
    if not held_as_number(column, table):
        return {level: level for level in levels}
    found: dict[str, Key] = {level: level for level in levels}
    for spelled, level in _numbers(column.name, levels).items():
        found[level] = float(spelled)
    if column.kind.is_number and any(isinstance(key, str) for key in found.values()):
        raise Unwritable(f"{column.name}, numbers that count by their spelling")
    return found


def _numbers(name: str, levels: Sequence[str]) -> Mapping[str, str]:
    """Return levels that are numbers by their spelling in the data."""
    found: dict[str, str] = {}
    for level in levels:
        parsed = parse_numbers([level])
        if parsed is None:
            continue
        spelled = spell_number(parsed[level])
        if spelled != level and spelled in levels:
            continue  # that level is the one of the data
        if spelled in found:
            raise Unwritable(f"{name}, two levels of which are the number {spelled}")
        found[spelled] = level
    return found


def key_text(key: Key) -> str:
    """Return the literal of a key: ``3``, ``0.5``, ``"late"``."""
    if isinstance(key, str):
        return string(key)
    whole = key.is_integer() and abs(key) < MOST_EXACT
    return str(int(key)) if whole else number(key)


def keys_text(found: Sequence[Key], indent: int) -> str:
    """Return a list of keys; whole numbers in a row become a range.

    >>> keys_text([0.0, 1.0, 2.0, 3.0, 4.0], 0)
    'range(5)'
    """
    numbers = [key for key in found if isinstance(key, float)]
    if len(numbers) == len(found) >= 5 and numbers[0].is_integer():
        first, last = int(numbers[0]), int(numbers[0]) + len(found)
        if numbers == list(range(first, last)):
            return f"range({first}, {last})" if first else f"range({last})"
    return wrapped([key_text(key) for key in found], indent)


def level_names(column: Column, table: Table, joined: bool = False) -> str:
    """Return a column of ``data`` as texts: the names of its levels.

    ``joined``: names will be joined by ``:``, so one in them is escaped.
    """
    text = f"data[{string(column.name)}]"
    of = keys(column, table)
    if held_as_number(column, table):
        numbers = {level: key for level, key in of.items() if isinstance(key, float)}
        if all(key_text(key) == level for level, key in numbers.items()):
            if all(key.is_integer() for key in numbers.values()):
                return f"{text}.astype(int).astype(str)"
        items = [f"{key_text(key)}: {string(level)}" for level, key in numbers.items()]
        text = f"{text}.map({wrapped(items, 4, '{}')})"
    if joined and any(set(level) & {":", "\\"} for level in of):
        text += r'.str.replace("\\", r"\\", regex=False)'
        text += r'.str.replace(":", r"\:", regex=False)'
    return text


def conversions(columns: Sequence[Column], table: Table) -> list[str]:
    """Return the statements that make of texts what the script is to hold."""
    floats: list[str] = []
    lines: list[str] = []
    for column in columns:
        name = f"data[{string(column.name)}]"
        read_as = column.read_as or column.kind
        logical = Kind.LOGICAL in (read_as, column.kind)
        if held_as_number(column, table):
            if read_as is Kind.LOGICAL:
                value = f'{name}.str.upper().map({{"FALSE": 0.0, "TRUE": 1.0}})'
                lines.append(f"{name} = {value}")
            else:
                floats.append(f"{string(column.name)}: float")
        elif column.kind is Kind.LOGICAL and read_as is not Kind.LOGICAL:
            lines.append(_declared_logical(column, read_as, table))
        elif logical or (
            table.layout is None and set(column.levels) <= {"FALSE", "TRUE"}
        ):
            lines.append(f"{name} = {name}.str.upper()")
        elif column.declared:
            other = {
                spelled: level
                for spelled, level in _numbers(column.name, column.levels).items()
                if spelled != level
            }
            if other:
                items = [f"{string(s)}: {string(v)}" for s, v in other.items()]
                lines.append(f"{name} = {name}.replace({wrapped(items, 4, '{}')})")
    commas = table.layout is not None and table.layout.decimal == ","
    if floats and commas:
        pointed = {string(n) for n, column in table.columns.items() if column.pointed}
        names = [text.partition(": float")[0] for text in floats]
        listed = wrapped([name for name in names if name not in pointed], 4)
        floats = [text for text, n in zip(floats, names, strict=True) if n in pointed]
        lines.insert(0, f"for name in {listed}:")
        plain = 'data[name].str.replace(".", "").str.replace(",", ".").astype(float)'
        lines.insert(1, f"    data[name] = {plain}")
    if floats:
        lines.insert(0, f"data = data.astype({wrapped(floats, 4, '{}')})")
    return [f"    {line}" for line in lines]


def _declared_logical(column: Column, read_as: Kind, table: Table) -> str:
    name = f"data[{string(column.name)}]"
    if read_as.is_number:
        value = f'{name}.astype(float).map({{0: "FALSE", 1: "TRUE"}})'
        return f"{name} = {value}"
    if table.layout is None and read_as is not Kind.TEXT:
        raise Unwritable(f"{column.name}, categories declared logical")
    items = [f"{string(cell)}: {string(value)}" for cell, value in _LOGICAL.items()]
    return f"{name} = {name}.map({wrapped(items, 4, '{}')})"
