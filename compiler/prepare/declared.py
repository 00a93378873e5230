"""``column`` statements: what the user says of the columns, applied to a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.source import Span
from varying.grammar.spelling import MOST_EXACT, spell_number
from varying.grammar.tree import (
    ColumnStatement,
    ColumnType,
    Name,
    Option,
)
from varying.grammar.walk import level_text, unwrap

from ..coding.contrasts import CONTRASTS
from ..coding.schemes import for_levels, read_scheme
from ..data.codes import coded_values
from ..data.custom_contrast import Custom
from ..data.levels import level_spelled, natural_order, suggest_level
from ..data.missing import statement_codes, take_out
from ..data.schema import MOST_NUMBERS
from ..data.spellings import (
    MISSING_NOTE,
    comma_note,
    looks_missing,
    missing_note,
    warn_words_left,
)
from ..data.spread import UNIT
from ..data.table import Column, Kind, Table
from ..data.texts import LEADING_ZERO, LOGICAL, WITH_COMMA, parse_numbers
from ..expressions.types import report_unknown
from .undeclared import level_value, listed_levels, rows_text

#: What stands behind a type.
OPTIONS = ("contrast", "ref", "missing")


def declare(table: Table, statements: Sequence[ColumnStatement], sink: Sink) -> Table:
    """Return the table with its columns as the statements declare them.

    Every fault of every statement is reported; a column with one is left out.
    """
    columns = dict(table.columns)
    seen: set[str] = set()
    faulty: set[str] = set()
    for statement in statements:
        kind = _kind(statement.type, sink)
        codes = statement_codes(statement, sink)
        if codes is None:
            kind = None
        if not _reference_has_meaning(statement, sink):
            kind = None
        if table.open:
            _check_options(statement, sink)
        for name in statement.columns:
            if name.text in seen:
                message = f"`{name.text}` is declared twice"
                sink.add("duplicate-column", name.span, message)
                continue
            seen.add(name.text)
            if name.text not in columns:
                report_unknown(name, table, sink)
                continue
            column = None
            if kind is not None:
                read = take_out(
                    columns[name.text], codes or (), table, kind, name.span, sink
                )
                found = _Declaration(read, name, statement, table, sink)
                column = found.apply(kind)
            if column is not None and codes and column.kind is Kind.FACTOR:
                if not column.declared:
                    warn_words_left(column, name.span, sink)
            if column is None:
                faulty.add(name.text)
            else:
                columns[name.text] = column
    return replace(table, columns=columns).without(faulty)


def _check_options(statement: ColumnStatement, sink: Sink) -> None:
    """Report what can be told of options without the column."""
    for option in statement.options:
        if option.name.text == "contrast":
            read_scheme(option.value, sink)
        elif option.name.text not in OPTIONS:
            _unknown_option(option.name, sink)


def _reference_has_meaning(statement: ColumnStatement, sink: Sink) -> bool:
    """Report `ref=` beside a scheme that has no reference level."""
    options = {option.name.text: option for option in statement.options}
    if not {"contrast", "ref"} <= options.keys():
        return True
    # what is wrong with the scheme itself is reported elsewhere
    named = read_scheme(options["contrast"].value, Sink(sink.source))
    if named is None or (
        named.contrast is not None and CONTRASTS[named.contrast].has_reference
    ):
        return True
    message = f"the scheme `{named.contrast or 'custom'}` has no reference level"
    sink.add("invalid-argument", options["ref"].span, message)
    return False


def _unknown_option(name: Name, sink: Sink) -> None:
    notes, fix = did_you_mean(name.text, OPTIONS, name.span, "options")
    message = f"`column` has no option `{name.text}`"
    sink.add("unknown-option", name.span, message, *notes, fix=fix)


#: What types of columns are called elsewhere.
_OTHER_TYPES = {
    **dict.fromkeys(("ordinal", "likert", "ranked"), "ordered"),
    **dict.fromkeys(("categorical", "category", "nominal", "enum"), "factor"),
    **dict.fromkeys(("float", "double", "real", "continuous", "number"), "numeric"),
    **dict.fromkeys(("int", "count", "whole"), "integer"),
    **dict.fromkeys(("bool", "boolean"), "logical"),
    **dict.fromkeys(("str", "string", "character", "char"), "text"),
}


def _kind(declared: ColumnType, sink: Sink) -> Kind | None:
    name = declared.name
    try:
        kind = Kind(name.text)
    except ValueError:
        known = tuple(str(kind) for kind in Kind)
        notes, fix = did_you_mean(name.text, known, name.span, "types")
        better = _OTHER_TYPES.get(name.text.casefold())
        if better is not None:
            edit = Edit(name.span, better)
            notes, fix = (), Fix(f"write `{better}`", (edit,), safe=True)
        message = f"there is no column type `{name.text}`"
        sink.add("unknown-type", name.span, message, *notes, fix=fix)
        return None
    if declared.levels is not None and kind not in (Kind.FACTOR, Kind.ORDERED):
        message = f"the type `{kind}` has no levels"
        notes = ("levels are listed for `factor(...)` and `ordered(...)`",)
        sink.add("invalid-argument", declared.span, message, *notes)
        return None
    return kind


@dataclass(frozen=True, slots=True)
class _Declaration:
    """One statement about one column."""

    column: Column
    name: Name
    statement: ColumnStatement
    table: Table
    sink: Sink

    def apply(self, kind: Kind) -> Column | None:
        """Return the column as it is declared, or None after a fault."""
        found = _CONVERSIONS[kind](self)
        if found is None:
            return None
        # Only levels that are listed, and those of a categorical, have an order.
        guessed = kind is Kind.TEXT or (
            kind is Kind.FACTOR
            and self.statement.type.levels is None
            and not self.column.declared
        )
        read_as = found.read_as or self.column.kind
        return self.options(replace(found, declared=not guessed, read_as=read_as))

    def fault(self, rule: str, message: str, *notes: str) -> None:
        self.sink.add(rule, self.name.span, message, *notes)

    # ---- numbers and logical values ----

    def numeric(self) -> Column | None:
        """Return numbers, also from texts and levels that all spell numbers."""
        column = self.column
        if column.kind.is_number:
            return replace(column, kind=Kind.NUMERIC)
        if column.kind is Kind.LOGICAL:
            numbers: Mapping[str, float] | None = {"FALSE": 0.0, "TRUE": 1.0}
        else:
            numbers = parse_numbers(column.levels, beyond=True)
        if numbers is None:
            bad = [
                text
                for text in column.levels
                if parse_numbers([text], beyond=True) is None
            ]
            # numbers with a comma are none because of the others, which come first
            others = [text for text in bad if not WITH_COMMA.fullmatch(text)]
            self.wrong_type("a number", column.decimal == "," and others or bad)
            return None
        of = np.array([*(numbers[level] for level in column.levels), np.nan])
        values = of[column.values]
        largest = float(np.nanmax(np.abs(of), initial=0.0))
        if not MOST_EXACT <= largest < np.inf:
            return Column(column.name, Kind.NUMERIC, values)
        self.warn_merged(numbers)
        return Column(column.name, Kind.NUMERIC, values, rounding=UNIT * largest)

    def warn_merged(self, numbers: Mapping[str, float]) -> None:
        """Warn of whole numbers of so many digits that two become one."""
        column = self.column
        used = np.bincount(column.values[column.values >= 0], minlength=1) > 0
        seen: dict[float, str] = {}
        pairs = []
        for level, there in zip(column.levels, used.tolist(), strict=False):
            if there and seen.setdefault(numbers[level], level) != level:
                pairs.append((seen[numbers[level]], level))
        if pairs:
            first, other = pairs[0]
            self.fault(
                "merged-numbers",
                f"`{first}` and `{other}` of `{column.name}` become one number",
                f"of its {int(used.sum()):,} different values {len(seen):,} are left: "
                "a number has 16 digits",
                "take off in the data what all have in common, such as the first time",
            )

    def integer(self) -> Column | None:
        """Return whole numbers."""
        column = self.numeric()
        if column is None:
            return None
        fraction = column.values != np.floor(column.values)
        fraction &= ~column.missing
        if fraction.any():
            row = int(np.argmax(fraction))
            self.fault(
                "wrong-type",
                f"`{column.name}` is declared integer and holds "
                f"`{spell_number(float(column.values[row]))}`",
                f"in {self.rows(fraction)}",
            )
            return None
        return replace(column, kind=Kind.INTEGER)

    def logical(self) -> Column | None:
        """Return ``TRUE`` and ``FALSE``, also from 1 and 0."""
        column = self.column
        if column.kind is Kind.LOGICAL:
            return column
        names, codes = coded_values(column)
        of = {"0": 0, "1": 1} | LOGICAL
        bad = [name for name in names if name not in of]
        if bad:
            self.wrong_type("`TRUE` or `FALSE`", bad)
            return None
        places = np.array([*(of[name] for name in names), -1], dtype=np.int64)
        return Column(column.name, Kind.LOGICAL, places[codes], ("FALSE", "TRUE"))

    def wrong_type(self, what: str, bad: Sequence[str]) -> None:
        names, codes = coded_values(self.column)
        wrong = np.isin(codes, [names.index(text) for text in bad])
        if not wrong.any():  # a level that no row has
            place = "one of its categories"
        else:
            row = int(np.argmax(wrong))
            bad = [names[codes[row]]]
            place = f"in {self.rows(wrong)}"
        name = self.statement.type.name.text
        notes = [place]
        if looks_missing(bad[0]):
            notes.append(MISSING_NOTE.format(bad[0]))
        else:
            said = comma_note(self.column.levels, self.column.decimal, bad[0])
            notes += said or missing_note(self.column.levels, self.column.name)
        self.fault(
            "wrong-type",
            f"`{self.column.name}` is declared {name} and `{bad[0]}` is not {what}",
            *notes,
        )

    def rows(self, wrong: NDArray[np.bool_]) -> str:
        """Return how many rows these are, and the first, in words."""
        return rows_text(self.table.count(wrong), self.table.first(wrong))

    # ---- factors ----

    def text(self) -> Column | None:
        """Return values as texts in natural order."""
        column = self.column.spelled or self.column
        names, codes = coded_values(column)
        levels = natural_order(names)
        place = np.array([*(levels.index(name) for name in names), -1], dtype=np.int64)
        return Column(column.name, Kind.TEXT, place[codes], levels, read_as=column.kind)

    def factor(self) -> Column | None:
        """Return levels as listed, else those of the data in order."""
        return self.coded(Kind.FACTOR)

    def ordered(self) -> Column | None:
        """Return levels whose order has a meaning, so it must be known."""
        column = self.column
        if self.statement.type.levels is None and column.kind is Kind.TEXT:
            listed = ", ".join(level_spelled(level) for level in column.levels[:8])
            self.fault(
                "invalid-argument",
                f"the order of the levels of `{column.name}` is not known",
                f"list them from low to high: `ordered({listed})`",
            )
            return None
        return self.coded(Kind.ORDERED)

    def coded(self, kind: Kind) -> Column | None:
        if self.column.kind.is_number:
            distinct = len(np.unique(self.column.values[~self.column.missing]))
            if distinct > MOST_NUMBERS:
                message = f"`{self.column.name}` has {distinct:,} different values"
                self.fault("wrong-type", message, "it cannot be a factor")
                return None
        if self.statement.type.levels is None:
            column = self.column.spelled or self.column
            names, codes = coded_values(column)
            numbers = _numbers(column, names)
            return Column(
                *(column.name, kind, codes, names),
                numbers=numbers,
                read_as=column.kind,
            )
        declared = self.declared_levels()
        if declared is None:
            return None
        levels = tuple(declared)
        spelled = self.column.spelled
        by_spelling = spelled is not None and _as_spelled(levels, spelled.levels)
        names, codes = coded_values(
            spelled if spelled is not None and by_spelling else self.column
        )
        place = {level: index for index, level in enumerate(levels)}
        for level, (_, number) in declared.items():
            # 1.0 matches 1; a text of the data is matched as it stands.
            if number is not None:
                place.setdefault(spell_number(number), place[level])
        # Whether a row that is used has another value is known after `where`.
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        others = tuple(
            name
            for name, count in zip(names, counts, strict=True)
            if count and name not in place
        )
        place |= {name: len(levels) + index for index, name in enumerate(others)}
        places = np.array(
            [*(place.get(name, -1) for name in names), -1], dtype=np.int64
        )
        numbers = tuple(n for _, n in declared.values() if n is not None)
        with_numbers = not by_spelling and len(numbers) == len(levels)
        return Column(
            self.column.name,
            kind,
            places[codes],
            (*levels, *others),
            numbers=(*numbers, *map(level_value, others)) if with_numbers else None,
            # ids: `01` is not the number 1
            read_as=Kind.TEXT if by_spelling else None,
            undeclared=len(others),
        )

    def declared_levels(self) -> dict[str, tuple[Span, float | None]] | None:
        """Return the listed levels with their places and their numbers."""
        found: dict[str, tuple[Span, float | None]] = {}
        for item in self.statement.type.levels or ():
            for text, number in listed_levels(item):
                if text in found:
                    message = f"the level `{text}` is listed twice"
                    self.sink.add("invalid-argument", item.span, message)
                    return None
                found[text] = (item.span, number)
        return found

    # ---- options ----

    def options(self, column: Column) -> Column | None:
        seen: set[str] = set()
        good = True
        for option in self.statement.options:
            name = option.name
            if name.text not in OPTIONS:
                _unknown_option(name, self.sink)
                good = False
            elif name.text in seen:
                message = f"the option `{name.text}` is given twice"
                self.sink.add("duplicate-option", name.span, message)
                good = False
            elif name.text == "missing":
                pass  # done before
            elif column.kind.is_number:
                message = (
                    f"`{name.text}=` needs a factor and `{column.name}` is a number"
                )
                self.sink.add("invalid-argument", option.span, message)
                good = False
            else:
                changed = self.option(column, option)
                good, column = (False, column) if changed is None else (good, changed)
            seen.add(name.text)
        return column if good else None

    def option(self, column: Column, option: Option) -> Column | None:
        if option.name.text == "contrast":
            return self.contrast(column, option)
        return self.reference(column, option)

    def contrast(self, column: Column, option: Option) -> Column | None:
        named = read_scheme(option.value, self.sink)
        if named is None:
            return None
        scheme = for_levels(named, column.known_levels, option.value, self.sink)
        if scheme is None:
            return None
        if named.base is not None:
            message = f"the base of `{column.name}` is chosen by `ref=`"
            self.sink.add("invalid-argument", named.base.span, message)
            return None
        chosen = scheme if isinstance(scheme, Custom) else scheme.name
        return replace(column, contrast=chosen)

    def reference(self, column: Column, option: Option) -> Column | None:
        value = unwrap(option.value)
        level = value.text if isinstance(value, Name) else level_text(value)
        if level in column.known_levels:
            return replace(column, reference=level)
        shown = level if level is not None else "this"
        notes, fix = suggest_level(shown, column.known_levels, value.span)
        message = f"`{column.name}` has no level `{shown}`"
        self.sink.add("unknown-level", value.span, message, *notes, fix=fix)
        return None


_CONVERSIONS: dict[Kind, Callable[[_Declaration], Column | None]] = {
    Kind.NUMERIC: _Declaration.numeric,
    Kind.INTEGER: _Declaration.integer,
    Kind.LOGICAL: _Declaration.logical,
    Kind.FACTOR: _Declaration.factor,
    Kind.ORDERED: _Declaration.ordered,
    Kind.TEXT: _Declaration.text,
}


def _as_spelled(levels: Sequence[str], spelled: Sequence[str]) -> bool:
    """Whether listed levels are texts of the data, not the numbers they spell."""
    return set(spelled) <= set(levels) or any(
        level in spelled and LEADING_ZERO.fullmatch(level) for level in levels
    )


def _numbers(column: Column, names: Sequence[str]) -> tuple[float, ...] | None:
    """Return the values of levels that are numbers."""
    if column.kind.is_number:
        return tuple(float(name) for name in names)
    return column.numbers
