"""Options of the ``data`` statement."""

from __future__ import annotations

from dataclasses import dataclass

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import DataStatement, Name, Number, Option, String
from varying.grammar.walk import unwrap

#: The options, and what each takes.
OPTIONS = {
    "sheet": "the name of a sheet in quotes, or its number from 1",
    "object": "the name of a data frame in the file, in quotes",
    "labels": "true or false",
    "decimal": 'the sign before decimals, in quotes: "," or "."',
}


@dataclass(frozen=True, slots=True)
class DataOptions:
    """How a data file is read.

    Attributes
    ----------
    sheet
        Of a workbook: its name, or its number from 1; None: the first.
    object
        Of a file with several R objects; None: the only data frame.
    labels
        Whether columns whose values all have labels become factors.
    decimal
        Of plain text, and of the texts in workbooks: the sign before decimals.
    given
        Options that stand in the spec, with their places.
    """

    sheet: str | int | None = None
    object: str | None = None
    labels: bool = True
    decimal: str = "."
    given: tuple[Option, ...] = ()


def data_options(statement: DataStatement, sink: Sink) -> DataOptions:
    """Return the options of a ``data`` statement, without the faulty ones."""
    read: dict[str, str | int | bool] = {}
    given: list[Option] = []
    for option in statement.options:
        name = option.name.text
        if name not in OPTIONS:
            notes, fix = did_you_mean(
                name, tuple(OPTIONS), option.name.span, "options of `data`"
            )
            message = f"`data` has no option `{name}`"
            sink.add("unknown-option", option.name.span, message, *notes, fix=fix)
            continue
        if name in read:
            sink.add("duplicate-option", option.span, f"`{name}` is given twice")
            continue
        value = _value(name, option)
        if value is None:
            text = expression_text(option.value)
            message = f"`{name}` cannot be `{text}`"
            note = f"it is {OPTIONS[name]}"
            sink.add("invalid-argument", option.value.span, message, note)
            continue
        read[name] = value
        given.append(option)
    sheet, object_ = read.get("sheet"), read.get("object")
    return DataOptions(
        sheet=sheet,
        object=object_ if isinstance(object_, str) else None,
        labels=bool(read.get("labels", True)),
        decimal=str(read.get("decimal", ".")),
        given=tuple(given),
    )


def _value(name: str, option: Option) -> str | int | bool | None:
    """Return the value of an option; None if it is not one that it takes."""
    value = unwrap(option.value)
    match value:
        case Name(text=text) if name == "labels":
            return {"true": True, "false": False}.get(text.lower())
        case String(text=text) if name == "decimal":
            return text if text in (",", ".") else None
        case String(text=text) | Name(text=text) if name not in ("labels", "decimal"):
            return text
        case Number(text=text) if name == "sheet" and text.isdigit() and int(text) > 0:
            return int(text)
    return None
