"""How values are spelled where that may not be what was meant.

Numbers with a decimal comma, levels that differ in case or blanks, numbers of which
two spellings are one, and words for a missing value.

One file, although it is long: the checks share what counts as a number, a level
or a missing value, and none may say what another has said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number

from .alike import difference, nearly_same, shown
from .levels import level_spelled
from .schema import ColumnInfo
from .spread import distinct
from .table import Column, Kind
from .texts import WITH_COMMA, parse_numbers, two_signs

_COMMA = re.compile(
    r"\s*[+-]?(\d+,\d+|\d{1,3}(,\d{3})+(\.\d+)?|\d{1,3}(\.\d{3})+,\d+)\s*"
)
#: Numbers whose commas may part thousands, and those whose commas do nothing else.
_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?\s*")
_SURELY = re.compile(r"\s*[+-]?\d{1,3}((,\d{3}){2,}(\.\d+)?|,\d{3}\.\d+)\s*")
_MISSING = frozenset("n.a. n.a n/a na nan null missing . - -- ? #n/a #na <na>".split())
#: Numbers that make a text among them look like a slip, and texts that are named.
_ENOUGH, _SHOWN = 5, 3
#: Whole numbers beyond 2^53, and texts with a number in them and little else.
_LARGE = re.compile(r"\s*[+-]?\d{16,}\s*")
_LIKE_NUMBER = re.compile(r"[^\w]{0,3}[+-]?\d[\d.,:/ '-]*([eEdD][+-]?\d+)?\s*\D{0,4}")
#: Signs that are printed for a minus and are none in a file: U+2212, U+2013.
_PRINTED_MINUS = re.compile(r"\s*[\u2212\u2013](?=\s*\d)")
_DATE = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b|\s*\d{1,2}:\d{2}\b")
_MONTH = (
    r"(?:jan|feb|mar|m[äa]r|mrz|apr|may|mai|jun|jul|aug|sept?|oct|okt|nov|dec|dez)\.?"
)
_DAY = re.compile(rf"\s*\d{{1,2}}[-./ ]{{1,2}}{_MONTH}\s*", re.IGNORECASE)
_YEAR = re.compile(rf"\s*{_MONTH}[-./ ]{{1,2}}\d{{2}}(\d\d)?\s*", re.IGNORECASE)
#: Such are nearly all levels of what is like a number. Fewer levels than this say
#: nothing, nor do levels of so many rows: of texts, and of what is like numbers.
_MOST = 0.9
_PER_ROW = {False: (20, 0.9), True: (5, 0.5)}
_CODE = re.compile(r"-[1-9]|-?(9+[0-9]|8{2,}|7{2,})")
_AMONG_WORDS = re.compile(r"-9|-?(9{2,}|8{2,}|7{2,})")
#: So far below 0 a code is one among numbers that are not, and among whole ones.
_SURE, _SURE_OF_WHOLE = 77, 7
#: So many codes a column may have at each end.
_MOST_CODES = 10
#: Of so many levels a message lists all.
_MOST_LISTED = 8
#: More dates than these are no conditions of a design.
_MOST_DATES = 6
DATES_NOTE = (
    "its values look like dates or times: `{}`; make numbers of them in the data, as "
    "days since the first"
)
MISSING_NOTE = (
    "`{}` looks like a missing value: write NA, leave the cell empty, or name it in "
    "`missing=[...]` of a `column` statement"
)
#: Words that are levels beside another one.
_MEANT = {"-": "+", "--": "++", "missing": "present"}


def looks_missing(text: str) -> bool:
    """Whether a text is what people write where a value is missing."""
    return text.strip().casefold() in _MISSING


def missing_note(
    levels: Sequence[str], name: str, kind: str = "numeric"
) -> tuple[str, ...]:
    """Return what to say of the texts of a column that are numbers but for a few."""
    odd = _no_numbers(levels)
    minus = _minus_note(odd)
    if minus or len(odd) == len(levels) or not odd:
        return minus
    if all(map(looks_missing, odd)):
        return (MISSING_NOTE.format(odd[0]),)
    if not stray_texts(levels):
        return ()
    odd.sort(key=looks_missing)  # those that have no other name come first
    shown = ", ".join(f"`{text}`" for text in odd[:_SHOWN])
    more = ", ..." if len(odd) > _SHOWN else ""
    return (
        f"all of its values are numbers but {shown}{more}",
        "mend them in the data, or take them as missing: "
        f"`{as_missing(name, odd, kind)}`",
    )


def _minus_note(odd: Sequence[str]) -> tuple[str, ...]:
    """Return what to say of texts that are numbers but for the sign of their minus."""
    found = [text for text in odd if not looks_missing(text)]
    plain = [_PRINTED_MINUS.sub("-", text) for text in found]
    if not found or plain == found or parse_numbers(plain) is None:
        return ()
    sign = found[0].strip()[0]
    return (
        f"`{found[0]}` has the sign U+{ord(sign):04X}, which is printed for a minus "
        f"and is none in a file: write `{plain[0]}`",
    )


def beside_note(levels: Sequence[str]) -> tuple[str, ...]:
    """Return what to say of texts nearly all of which are numbers and a unit."""
    if not _like_numbers(levels):
        return ()
    if _DATE.match(levels[0]):
        return (DATES_NOTE.format(levels[0]),)
    return (
        f"its values look like numbers with something beside them: `{levels[0]}`: "
        "write the numbers alone",
    )


def _like_numbers(levels: Sequence[str]) -> bool:
    alike = sum(bool(_LIKE_NUMBER.fullmatch(text)) for text in levels)
    return bool(levels) and alike >= _MOST * len(levels)


def as_missing(name: str, texts: Sequence[str], kind: str = "numeric") -> str:
    """Return the statement by which texts among numbers are missing values."""
    listed = ", ".join(map(string_text, texts[:_MOST_CODES]))
    more = ", ..." if len(texts) > _MOST_CODES else ""
    return f"column {name_text(name)}: {kind}, missing=[{listed}{more}]"


def stray_texts(levels: Sequence[str]) -> list[str]:
    """Return the texts among numbers, if these are at least nine of ten.

    Words for a missing value do not count, neither as texts nor as numbers.
    """
    known = [level for level in levels if not looks_missing(level)]
    odd = _no_numbers(known)
    few = len(odd) <= max(1, len(known) // 10)
    return odd if few and len(known) - len(odd) >= _ENOUGH else []


def nearly_numbers(levels: Sequence[str]) -> bool:
    """Whether texts are numbers but for a few, for words, or for their commas."""
    odd = _no_numbers(levels)
    return (
        all(map(looks_missing, odd))
        or bool(stray_texts(levels))
        or with_comma(levels) is not None
    )


def _no_numbers(levels: Sequence[str]) -> list[str]:
    return [level for level in levels if parse_numbers([level]) is None]


def missing_codes(numbers: Sequence[float]) -> tuple[int, ...]:
    """Return which of some rising numbers look like codes for a missing value.

    These are -9, -99, 99, 999 and the like, and single negative numbers, if a gap
    parts them from the others that is wider than these lie apart. Where all others are
    0 and above, -99 and the like are codes however near they lie, and among whole
    numbers so is -9.
    """
    alike = [
        is_code(number) for number in (*numbers[:_MOST_CODES], *numbers[-_MOST_CODES:])
    ]
    firsts, lasts = alike[: len(numbers[:_MOST_CODES])], alike[-_MOST_CODES:]
    low = next((n for n, code in enumerate(firsts) if not code or numbers[n] > 0), 0)
    # a scale up to 99 ends in numbers that could all be codes
    every = len(lasts) if len(numbers) > _MOST_CODES else 0
    high = next((n for n, code in enumerate(lasts[::-1]) if not code), every)
    single = len(numbers) > 2 and numbers[0] < 0 <= numbers[1]
    if single and float(numbers[0]).is_integer():
        low = 1
    for size in range(low + high, 0, -1):
        for below in range(min(low, size), max(size - high, 0) - 1, -1):
            above = size - below
            core = numbers[below : len(numbers) - above]
            if core and _parted(numbers, below, above, core):
                found = (*numbers[:below], *numbers[len(numbers) - above :])
                return tuple(int(number) for number in found)
    return ()


def is_code(number: float) -> bool:
    """Whether a number is spelled as a code for a missing value often is: -9, 999."""
    return float(number).is_integer() and bool(_CODE.fullmatch(str(int(number))))


def codes_among_words(levels: Sequence[str]) -> list[str]:
    """Return the levels that are such codes, if all others are words, two or more."""
    codes = [level for level in levels if _AMONG_WORDS.fullmatch(level.strip())]
    others = [level for level in levels if level not in codes]
    return codes if len(others) > 1 and others == _no_numbers(others) else []


def _parted(
    numbers: Sequence[float], below: int, above: int, core: Sequence[float]
) -> bool:
    """Whether gaps part the numbers at both ends from those between."""
    width = max(core[-1] - core[0], 4)
    if above and numbers[len(numbers) - above] - core[-1] <= width:
        return False
    if not below or core[0] - numbers[below - 1] > width:
        return True
    whole = all(float(number).is_integer() for number in core)
    return core[0] >= 0 and numbers[below - 1] <= -(_SURE_OF_WHOLE if whole else _SURE)


def folded(text: str) -> str:
    """Return a text without its case and its surrounding blanks."""
    return text.strip().casefold()


def quoted(label: str) -> str:
    """Return a label in back-quotes, unless there are some in it already."""
    return label if "`" in label else f"`{label}`"


# ---- decimal commas ----------------------------------------------------------------


def with_comma(levels: Iterable[str]) -> str | None:
    """Return a number with a comma, if texts are such numbers but for a few."""
    texts = [text for text in levels if not looks_missing(text)]
    commas = [text for text in texts if _COMMA.fullmatch(text)]
    others = sum(parse_numbers([text]) is None for text in texts) - len(commas)
    if len(commas) < 2 or others > max(1, len(texts) // 10):
        return None
    return next((text for text in commas if not _THOUSANDS.fullmatch(text)), commas[0])


def comma_note(
    levels: Sequence[str], decimal: str | None, named: str | None = None
) -> tuple[str, ...]:
    """Return what to say of texts that are numbers with a comma.

    Parameters
    ----------
    levels
        The texts of a column.
    decimal
        The sign before decimals by which its cells are no numbers; None: the format
        has no such option.
    named
        One of the texts: what is said is about it.
    """
    mixed = _two_signs(levels, decimal)
    if mixed is not None:
        pointed, other = mixed
        return (
            f"`{pointed}` has a point and `{other}` is written with a decimal comma: "
            "what the point is does not show, so write all numbers in one way",
        )
    found = with_comma(levels) if named is None else named
    if found is None or not _COMMA.fullmatch(found):
        return ()
    whole = found.replace(",", "").strip()
    thousands = _parts_thousands(found, levels, decimal)
    if thousands:
        return (f"`{found}` has a comma: write such numbers as `{whole}`",)
    plain = found.replace(".", "").replace(",", ".").strip()
    if thousands is None:
        how = 'add `decimal=","` to the `data` statement'
        if decimal is None:
            how = f"write such numbers as `{plain}`"
        return (
            f"`{found}` is {float(plain):g} if its comma stands before decimals: {how}",
            f"it is {whole} if the comma parts thousands: write such numbers as "
            f"`{whole}`",
        )
    note = f"`{found}` has a decimal comma: write such numbers as `{plain}`"
    if decimal is None:
        return (note,)
    odd = [level for level in levels if not WITH_COMMA.fullmatch(level)]
    if decimal != ",":
        odd = _no_numbers(odd)  # in a workbook numbers with a point are read anyway
    shown = ", ".join(f"`{text}`" for text in odd[:_SHOWN])
    more = ", ..." if len(odd) > _SHOWN else ""
    words = all(map(looks_missing, odd))
    if decimal == ",":
        name = MISSING_NOTE.format(odd[0]) if odd and words else None
        return (
            f'`decimal=","` reads numbers such as `{found}` where all others are '
            f"numbers or missing, and these are not: {shown}{more}",
            *([] if name is None else [name]),
        )
    say = 'or add `decimal=","` to the `data` statement'
    if not odd:
        return note, say
    until = (
        "name them in `missing=[...]` of a `column` statement"
        if words
        else "mend them first"
    )
    return note, f"{say}; of these it makes no numbers: {shown}{more}: {until}"


def _two_signs(levels: Sequence[str], decimal: str | None) -> tuple[str, str] | None:
    """Return two numbers that ``decimal=","`` does not read in one way, if any."""
    if decimal != ",":
        return None
    return two_signs(level for level in levels if not looks_missing(level))


def _parts_thousands(
    found: str, levels: Iterable[str], decimal: str | None
) -> bool | None:
    """Whether the commas of a number part thousands; None where nothing tells."""
    if _SURELY.fullmatch(found):
        return True
    if not _THOUSANDS.fullmatch(found) or decimal == ",":
        return False
    texts = [text for text in levels if _COMMA.fullmatch(text)]
    if not all(map(_THOUSANDS.fullmatch, texts)):
        return False
    return True if any(map(_SURELY.fullmatch, texts)) else None


# ---- warnings ----------------------------------------------------------------------


def warn_spellings(info: ColumnInfo, span: Span, sink: Sink) -> None:
    """Warn of a column that is a factor, where its levels may not be meant so.

    Nothing is said of a column that a statement declares.
    """
    if info.stated:
        return
    if info.kind.is_number:
        _merged(info, span, sink)
        _rounded(info, span, sink)
    elif info.kind is Kind.TEXT and not warn_comma(info, span, sink):
        _similar(info, span, sink)
        _made_dates(info, span, sink)
        _words(info, span, sink)


def warn_text(info: ColumnInfo, rows: int, span: Span, sink: Sink) -> None:
    """Warn of a predictor that is a factor for a text among its numbers.

    Or of one that has nearly a level for every row: a number that was not read as
    one, or what is no predictor at all.
    """
    if info.stated or info.kind is not Kind.TEXT or with_comma(info.levels) is not None:
        return
    if _two_signs(info.levels, info.decimal) is not None:
        return  # `decimal-comma` tells of it
    odd = _no_numbers(info.levels)
    if odd and len(odd) < len(info.levels) and all(map(looks_missing, odd)):
        return  # `missing-word` tells of it
    dates = len(info.levels) > _MOST_DATES and all(map(_DATE.match, info.levels))
    if not stray_texts(info.levels):
        if not _warn_level_per_row(info, rows, span, sink) and dates:
            sink.add(
                "almost-numbers",
                span,
                f"`{info.name}` is taken as a text with {len(info.levels)} levels",
                DATES_NOTE.format(info.levels[0]),
            )
    else:
        sink.add(
            "almost-numbers",
            span,
            f"`{info.name}` is taken as a text with {len(info.levels)} levels",
            *missing_note(info.levels, info.name),
        )


def _warn_level_per_row(info: ColumnInfo, rows: int, span: Span, sink: Sink) -> bool:
    """Warn of nearly a level for every row; whether there is."""
    levels = info.levels
    fewest, share = _PER_ROW[_like_numbers(levels)]
    if len(levels) < fewest or len(levels) < share * rows:
        return False
    name = name_text(info.name)
    notes = large_note(levels, name) or _minus_note(_no_numbers(levels))
    sink.add(
        "level-per-row",
        span,
        f"`{info.name}` is taken as a text with {len(levels):,} levels in "
        f"{rows:,} rows",
        *(notes or beside_note(levels)),
        "each effect would be that of hardly more than one row; if that is meant: "
        f"`column {name}: text`",
    )
    return True


def large_note(levels: Sequence[str], name: str) -> tuple[str, ...]:
    """Return what to say of whole numbers that are texts for they are too large."""
    if not levels or not any(map(_LARGE.fullmatch, levels)):
        return ()
    if parse_numbers(levels, beyond=True) is None:
        return ()
    return (
        "its whole numbers have more digits than a float, so they may be ids: "
        f"`column {name}: numeric` makes numbers of them",
    )


def warn_comma(info: ColumnInfo | Column, span: Span, sink: Sink) -> bool:
    """Warn of numbers with a comma, which are texts; whether it is so."""
    stated = info.stated if isinstance(info, ColumnInfo) else info.read_as is not None
    if info.kind is not Kind.TEXT or stated:
        return False
    mixed = _two_signs(info.levels, info.decimal)
    if mixed is None and with_comma(info.levels) is None:
        return False
    if (
        mixed is None
        and info.decimal == ","
        and all(
            looks_missing(level) or WITH_COMMA.fullmatch(level) for level in info.levels
        )
    ):
        return False  # the words are what is wrong: `missing-word` tells of them
    sink.add(
        "decimal-comma",
        span,
        f"`{info.name}` is taken as a text with {len(info.levels)} levels: its numbers "
        "have a comma",
        *comma_note(info.levels, info.decimal),
    )
    return True


def warn_grouped(column: Column, span: Span, sink: Sink) -> None:
    """Warn of numbers such as `1.234` that are taken for thousands, unproven."""
    cell = column.grouped
    if cell is None:
        return
    plain, name = cell.strip(), column.name
    sink.add(
        "thousands-point",
        span,
        f"`{name}` is read as numbers whose points part thousands: `{plain}` is "
        f"{plain.replace('.', '')}",
        "no cell of it shows whether that is so, or the points stand before decimals",
        f"if they do: write them with a comma, `{plain.replace('.', ',')}`, or, where "
        'no column has a decimal comma, leave out `decimal=","`',
    )


def _merged(info: ColumnInfo, span: Span, sink: Sink) -> None:
    if info.merged is None:
        return
    first, other = info.merged
    sink.add(
        "merged-spellings",
        span,
        f"`{first}` and `{other}` of `{info.name}` are taken as one level",
        f"if they are two: `column {name_text(info.name)}: text`",
    )


def _rounded(info: ColumnInfo, span: Span, sink: Sink) -> None:
    """Warn of two numbers that are levels and differ by rounding alone."""
    numbers = np.array(info.numbers or ())
    first = distinct(numbers)
    if len(first) == len(numbers):
        return
    place = int(np.flatnonzero(~np.isin(numbers, first))[0])
    one, other = (spell_number(float(n)) for n in numbers[place - 1 : place + 1])
    name = name_text(info.name)
    sink.add(
        "similar-levels",
        span,
        f"levels of `{info.name}` differ by rounding alone: `{one}`, `{other}`",
        f"round it first: `let rounded = round({name}, 6)`",
    )


def _words(info: ColumnInfo, span: Span, sink: Sink) -> None:
    """Warn of levels that are words for a missing value."""
    words = _missing_words(info.levels)
    if not words:
        return
    others = [level for level in info.levels if level not in words]
    kind = "factor" if not others or not _are_numbers(others, info) else "numeric"
    shown = ", ".join(f"`{level}`" for level in words[:_SHOWN])
    several = len(words) > 1
    listed = ", ".join(string_text(level) for level in words)
    name = name_text(info.name)
    sink.add(
        "missing-word",
        span,
        f"{shown} of `{info.name}` {'look' if several else 'looks'} like a missing "
        f"value, and {'are levels' if several else 'is a level'}",
        f"if {'they are' if several else 'it is'} missing: "
        f"`column {name}: {kind}, missing=[{listed}]`",
        f"if {'they are levels' if several else 'it is a level'}, say so: "
        f"`column {name}: text`",
    )


def warn_words_left(column: Column, span: Span, sink: Sink) -> None:
    """Warn of words for a missing value beside those that a statement names."""
    words = _missing_words(column.levels)
    if not words:
        return
    shown = ", ".join(f"`{level}`" for level in words[:_SHOWN])
    listed = ", ".join(string_text(level) for level in words)
    several = len(words) > 1
    sink.add(
        "missing-word",
        span,
        f"{shown} of `{column.name}` {'look' if several else 'looks'} like a missing "
        f"value, and {'are levels' if several else 'is a level'}",
        f"if {'they are' if several else 'it is'} missing, add {listed} to `missing=`",
        f"if {'they are levels' if several else 'it is a level'}, list all levels: "
        f"`factor({', '.join(level_spelled(level) for level in column.levels[:8])})`",
    )


def _are_numbers(levels: Sequence[str], info: ColumnInfo) -> bool:
    """Whether levels would be read as numbers, were they all that there is."""
    if info.decimal == "," and all(map(WITH_COMMA.fullmatch, levels)):
        return True
    return not _no_numbers(levels)


def _missing_words(levels: Sequence[str]) -> list[str]:
    """Return the levels that are words for a missing value, and not meant as levels."""
    known = {folded(level) for level in levels}
    return [
        level
        for level in levels
        if looks_missing(level) and _MEANT.get(folded(level)) not in known
    ]


def _made_dates(info: ColumnInfo, span: Span, sink: Sink) -> None:
    """Warn of levels that a spreadsheet seems to have made dates of."""
    days = [level for level in info.levels if _DAY.fullmatch(level)]
    years = [level for level in info.levels if _YEAR.fullmatch(level)]
    found = [*days, *years]
    others = len(info.levels) - len(found)
    if not found or not (others or (days and years)):
        return  # where all are days, they are meant
    listed = ", ".join(f"`{level}`" for level in found[:_SHOWN])
    sink.add(
        "made-dates",
        span,
        f"levels of `{info.name}` look like texts that a spreadsheet made dates of: "
        f"{listed}",
        "`5-9` becomes `05-Sep` or `09-May` when it is typed: format the cells as text "
        "first, and mend these",
        f"if they are meant: `column {name_text(info.name)}: text`",
    )


def _similar(info: ColumnInfo, span: Span, sink: Sink) -> None:
    # two words for a missing value are none either way: `_words` tells of them
    words = _missing_words(info.levels)
    groups = nearly_same([level for level in info.levels if level not in words])
    if not groups:
        return
    listed = ", ".join(f"`{string_text(shown(level))}`" for level in groups[0])
    more = len(groups) - 1
    sink.add(
        "similar-levels",
        span,
        f"levels of `{info.name}` {difference(groups[0])}: {listed}",
        *([f"{more} more of its levels are alike as well"] if more else []),
        *_made_equal(info, groups),
        f"if they are meant to differ: `column {name_text(info.name)}: text`",
    )


def _by_call(info: ColumnInfo, groups: Sequence[Sequence[str]], called: str) -> str:
    """Return the ``let`` that makes all levels equal that are nearly so."""
    name = name_text(info.name)
    for written, made in (
        (f"trimws({name})", str.strip),
        (f"tolower(trimws({name}))", lambda level: level.strip().lower()),
    ):
        if all(len(set(map(made, group))) == 1 for group in groups):
            return (
                f", or here: `let {called} = {written}`, and `{called}` in the formula"
            )
    return ""


def _made_equal(info: ColumnInfo, groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return how levels that look alike become one: in the data, or in the spec."""
    plain = "make them equal in the data"
    called = name_text(f"{info.name}_one")
    if len(info.levels) > _MOST_LISTED or any(shown(one) != one for one in info.levels):
        return (f"{plain}{_by_call(info, groups, called)}",)
    one_of = {level: group[0].strip() for group in groups for level in group}
    labels = [one_of.get(level, level) for level in info.levels]
    levels = ", ".join(map(string_text, info.levels))
    names = ", ".join(map(string_text, labels))
    return (
        f"{plain}, or here: `let {called} = factor({name_text(info.name)}, "
        f"levels=[{levels}], labels=[{names}])`, and `{called}` in the formula",
    )
