"""Why the parser stopped: which rule a line breaks there, and how to mend it.

``name_fault`` tries the table of known faults in its order; what none of them
recognises is named by its token and by what could stand in its place.
"""

from __future__ import annotations

import regex
from lark import Token

from .diagnostics import Edit, Fix, Sink
from .elsewhere.faults import OF_OTHERS
from .formula_faults import (
    USAGE,
    WORDS,
    misspelt,
    unknown_statement,
)
from .layout import span_of
from .source import Span
from .stop import Stop

_LITERAL = {
    "TILDE": "`~`",
    "EQ": "`=`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "DOTS": "`..`",
}


# Words that a name without its back-quotes falls into.
_OF_NAMES = frozenset(("NAME", "NUMBER"))

_BEFORE_PATH = frozenset(("EQ", "COLON", "CMP", "MINUS", "NAME", "LPAR", "SPECIAL"))

# `1-7`, `1:7` and `1 to 7` where a range of levels is `1..7`.
_RANGE = regex.compile(r"(\d{1,4})\s*(?:-|:|to|\.{3})\s*(\d{1,4})")

# `CS+ - CS-`: names with a sign at their end, which no expression has.
_SIGNED = regex.compile(
    r"""(?P<left>"[^"]*"|\w+(?P<first>[+-]?))\s+-\s+"""
    r"""(?P<right>"[^"]*"|\w+(?P<second>[+-]?))\s*(?=,|$)"""
)


def name_fault(stop: Stop, sink: Sink) -> None:
    """Report why a line does not fit the grammar."""
    for fault in _FAULTS:
        if fault(stop, sink):
            return
    _unexpected(stop, sink)


def _double_equals(stop: Stop, sink: Sink) -> bool:
    token = stop.token
    if token != "==" or "EQ" not in stop.accepts:
        return False
    span = span_of(token)
    sink.add(
        "double-equals",
        span,
        "`==` compares; a value is given with `=`",
        fix=Fix("replace by `=`", (Edit(span, "="),), safe=True),
    )
    return True


def _misspelt_statement(stop: Stop, sink: Sink) -> bool:
    first, token = stop.line.tokens[0], stop.token
    if stop.line.kind != "formula" or stop.index != 1 or token is None:
        return False
    close = misspelt(first)
    if close is None or token.type not in WORDS:
        return False
    # `Angst Rating ~ x`: of the statements only a prior has a `~` there
    if close != "prior" and _named_response(stop):
        return False
    unknown_statement(first, close, sink)
    return True


def _named_response(stop: Stop) -> bool:
    """Say whether words side by side, and no more, stand left of a `~`."""
    tokens = stop.line.tokens
    last = _run(stop)[1]
    return last + 1 < len(tokens) and tokens[last + 1].type == "TILDE"


def _keyword_in_name(stop: Stop, sink: Sink) -> bool:
    """Recognise `test score ~ x`, whose first word is that of a statement."""
    tokens, kind = stop.line.tokens, stop.line.kind
    if kind in ("formula", "model", "prior") or stop.index > 2:
        return False
    words = [token.type in _OF_NAMES for token in tokens[1:]]
    last = words.index(False) if False in words else 0
    if not last or tokens[last + 1].type != "TILDE":
        return False
    span = span_of(tokens[0]).to(span_of(tokens[last]))
    name = sink.source.slice(span)
    if "\n" in name or "\r" in name:
        return False
    sink.add(
        "unquoted-name",
        span,
        f"`{kind}` begins no formula",
        f"a name with a blank in it stands in back-quotes: `` `{name}` ``",
        fix=_quoted(name, span),
    )
    return True


def _missing_comma(stop: Stop, sink: Sink) -> bool:
    token, after, before = stop.token, stop.after, stop.before
    if token is None or after is None or before is None or token.type != "NAME":
        return False
    if "COMMA" not in stop.accepts or after not in ("=", "=="):
        return False
    end = span_of(before).end
    sink.add(
        "missing-comma",
        span_of(token),
        f"the option `{token}` is not set off by a comma",
        fix=Fix("put a comma before it", (Edit(Span(end, end), ","),), safe=True),
    )
    return True


def _single_equals(stop: Stop, sink: Sink) -> bool:
    token = stop.token
    if token is None or token.type != "EQ" or "CMP" not in stop.accepts:
        return False
    if stop.line.kind not in ("where", "let", "test", "quantity"):
        return False
    span = span_of(token)
    sink.add(
        "single-equals",
        span,
        "`=` gives a value; two values are compared with `==`",
        fix=Fix("replace by `==`", (Edit(span, "=="),), safe=True),
    )
    return True


def _model_header(stop: Stop, sink: Sink) -> bool:
    line, token = stop.line, stop.token
    if line.kind != "model" or stop.index > 2 or token is None:
        return False
    start = span_of(line.tokens[1]).start
    text = "main" if stop.index == 1 else "main: "
    sink.add(
        "syntax",
        span_of(token) if stop.index == 1 else span_of(line.tokens[1]),
        "the model has no name"
        if stop.index == 1
        else "a model's name is followed by a colon",
        f"a model is written `{USAGE['model']}`",
        fix=Fix("name it `main`", (Edit(Span(start, start), text),)),
    )
    return True


def _assigned_path(stop: Stop, sink: Sink) -> bool:
    """Find the path in `data <- read.csv("a.csv")` and the like."""
    line = stop.line
    if line.kind != "data" or stop.index != 1:
        return False
    rest = line.tokens[1:]
    quoted = [i for i, token in enumerate(rest) if token.type == "STRING"]
    before = quoted[0] if quoted else 0
    if not before or not all(t.type in _BEFORE_PATH for t in rest[:before]):
        return False
    called = "LPAR" in [token.type for token in rest[:before]]
    end = len(rest) - 1 if called else before
    span = span_of(rest[0]).to(span_of(rest[end]))
    path = str(rest[before])
    fix = Fix(f"write `data {path}`", (Edit(span, path),), safe=not called)
    sink.add(
        "syntax",
        span,
        "the name of a data file stands behind `data`, in quotes and without more",
        f"written `{USAGE['data']}`",
        fix=fix if len(quoted) == 1 else None,
    )
    return True


def _unquoted_path(stop: Stop, sink: Sink) -> bool:
    line = stop.line
    if line.kind != "data" or stop.index != 1 or stop.token is None:
        return False
    rest = line.tokens[1:]
    end = next((i for i, t in enumerate(rest) if t.type == "COMMA"), len(rest))
    if not end or rest[0].type == "EQ":
        return False
    first = 1 if rest[0].type == "COLON" and end > 1 else 0
    # `data: file.csv`: the colon goes as well
    span = span_of(rest[0]).to(span_of(rest[end - 1]))
    text = sink.source.slice(span_of(rest[first]).to(span_of(rest[end - 1])))
    between = "" if sink.source.text[span.start - 1].isspace() else " "
    sink.add(
        "syntax",
        span,
        "the name of a data file stands in quotes",
        fix=Fix("put it in quotes", (Edit(span, f'{between}"{text}"'),), safe=True),
    )
    return True


def _column_colon(stop: Stop, sink: Sink) -> bool:
    token, before = stop.token, stop.before
    if stop.line.kind != "column" or token is None or before is None:
        return False
    if "COLON" not in stop.accepts or token.type not in ("NAME", "QNAME"):
        return False
    if _column_comma(stop, sink):
        return True
    end = span_of(before).end
    sink.add(
        "syntax",
        span_of(token),
        f"a colon is missing between `{before}` and `{token}`",
        f"a column is declared as `{USAGE['column']}`",
        fix=Fix("put a colon there", (Edit(Span(end, end), ":"),), safe=True),
    )
    return True


def _column_comma(stop: Stop, sink: Sink) -> bool:
    """Recognise `column a b: factor`: several names and then the colon."""
    tokens = stop.line.tokens
    names = ("NAME", "QNAME")
    end = stop.index
    while end < len(tokens) and tokens[end].type in (*names, "COMMA"):
        end += 1
    if end == len(tokens) or tokens[end].type != "COLON":
        return False
    pairs = zip(tokens[stop.index - 1 : end], tokens[stop.index : end], strict=False)
    places = [
        span_of(left).end
        for left, right in pairs
        if left.type in names and right.type in names
    ]
    sink.add(
        "syntax",
        span_of(tokens[stop.index]),
        f"a comma is missing between `{tokens[stop.index - 1]}` and "
        f"`{tokens[stop.index]}`",
        "several columns of one type are `column a, b: factor`",
        fix=Fix(
            "put a comma there",
            tuple(Edit(Span(place, place), ",") for place in places),
            safe=True,
        ),
    )
    return True


def _unquoted_level(stop: Stop, sink: Sink) -> bool:
    """Recognise `factor(CS-, CS+)`: the level from its comma or bracket to the next."""
    tokens = stop.line.tokens
    if stop.line.kind != "column" or stop.token is None:
        return False
    if not {"RPAR", "STRING"} & stop.accepts:
        return False
    edges = {"COMMA", "LPAR", "RPAR"}
    start = stop.index
    while start and tokens[start - 1].type not in edges:
        start -= 1
    end = stop.index
    while end < len(tokens) and tokens[end].type not in edges:
        end += 1
    if start == end or start < 3:
        return False
    span = span_of(tokens[start]).to(span_of(tokens[end - 1]))
    level = sink.source.slice(span)
    if '"' in level or "\n" in level or "\r" in level:
        return False
    listed = _RANGE.fullmatch(level)
    if listed is not None and int(listed[1]) < int(listed[2]):
        written = f"{listed[1]}..{listed[2]}"
        # Of several, as of ages, each may be the name of a level.
        alone = {tokens[start - 1].type, tokens[min(end, len(tokens) - 1)].type}
        certain = tokens[start - 2] == "ordered" and alone == {"LPAR", "RPAR"}
        sink.add(
            "syntax",
            span,
            f"a range of levels is written `{written}`",
            f'if `{level}` is the name of a level, it stands in quotes: `"{level}"`',
            fix=Fix.write(span, written, safe=certain),
        )
        return True
    sink.add(
        "syntax",
        span,
        f"the level `{level}` stands in quotes, for it is no plain name",
        fix=Fix("put it in quotes", (Edit(span, f'"{level}"'),), safe=True),
    )
    return True


def _unquoted_contrast(stop: Stop, sink: Sink) -> bool:
    """Recognise `contrast cs: CS+ - CS-`: names that end in a sign, and a minus."""
    tokens = stop.line.tokens
    colon = next((i for i, one in enumerate(tokens) if one.type == "COLON"), None)
    if stop.line.kind != "contrast" or colon is None or colon + 1 >= len(tokens):
        return False
    whole = span_of(tokens[colon + 1]).to(span_of(tokens[-1]))
    found = _SIGNED.match(sink.source.slice(whole))
    if found is None or not (found["first"] or found["second"]):
        return False
    edits = []
    for group in ("left", "right"):
        level = found[group]
        if not level.startswith('"'):
            start, end = (whole.start + place for place in found.span(group))
            edits.append(Edit(Span(start, end), f'"{level}"'))
    levels = " and ".join(f"`{edit.text[1:-1]}`" for edit in edits)
    many = len(edits) > 1
    sink.add(
        "syntax",
        edits[0].span.to(edits[-1].span),
        f"{levels} {'stand' if many else 'stands'} in quotes: levels that are no plain "
        "names stand in quotes",
        fix=Fix(
            "put the levels in quotes" if many else "put it in quotes", tuple(edits)
        ),
    )
    return True


def _number_word(stop: Stop, sink: Sink) -> bool:
    token, before = stop.token, stop.before
    if token is None or before is None or token.type != "NAME":
        return False
    if before.type != "NUMBER" or before.end_pos != token.start_pos:
        return False
    if token in ("L", "l"):
        sink.add(
            "syntax",
            span_of(before).to(span_of(token)),
            f"`{before}{token}` is neither a number nor a name",
            "whole numbers are written without `L`",
            fix=Fix("leave out `L`", (Edit(span_of(token), ""),), safe=True),
        )
        return True
    first, last = _run(stop)
    tokens = stop.line.tokens
    span = span_of(tokens[first]).to(span_of(tokens[last]))
    name = sink.source.slice(span)
    end = span_of(before).end
    single = last == stop.index and len(token) == 1
    product = Fix(f"write `{before}*{token}`", (Edit(Span(end, end), "*"),))
    sink.add(
        "unquoted-name",
        span,
        f"`{name}` is neither a number nor a name",
        f"if it is the name of a column, write it in back-quotes: `` `{name}` ``",
        fix=product if single else _quoted(name, span),
    )
    return True


def _two_names(stop: Stop, sink: Sink) -> bool:
    """Recognise `reaction time ~ x`: a blank in a name, or a sign is missing."""
    token, before = stop.token, stop.before
    kinds = ("formula", "model", "let", "where", "quantity", "test", "column")
    if stop.line.kind not in kinds or token is None or before is None:
        return False
    if token.type not in _OF_NAMES or before.type not in ("NAME", "NUMBER"):
        return False
    first, last = _run(stop)
    tokens = stop.line.tokens
    span = span_of(tokens[first]).to(span_of(tokens[last]))
    name = sink.source.slice(span)
    if first == last or "\n" in name or "\r" in name:
        return False
    if last + 1 < len(tokens) and tokens[last + 1].type in ("EQ", "LPAR"):
        return False
    sink.add(
        "unquoted-name",
        span,
        f"no sign stands between `{before}` and `{token}`",
        "two terms are joined by `+`, `:` or `*`",
        f"a name with a blank in it stands in back-quotes: `` `{name}` ``",
        fix=_quoted(name, span),
    )
    return True


def _run(stop: Stop) -> tuple[int, int]:
    """Return the first and the last of the words around the place, side by side."""
    tokens = stop.line.tokens
    skipped = 1 if stop.line.kind != "formula" else 0
    first = last = stop.index
    while first > skipped and tokens[first - 1].type in _OF_NAMES:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].type in _OF_NAMES:
        last += 1
    return first, last


def _quoted(name: str, span: Span) -> Fix:
    return Fix(f"write `` `{name}` ``", (Edit(span, f"`{name}`"),))


def _attribute(stop: Stop, sink: Sink) -> bool:
    token, before = stop.token, stop.before
    if token is None or before is None or not token.startswith("."):
        return False
    if token.type != "NAME" or before.end_pos != token.start_pos:
        return False
    sink.add(
        "syntax",
        span_of(token),
        f"`{token}`: there is no attribute access",
        "a spec can call the functions of the language, and nothing else",
    )
    return True


_FAULTS = (
    *OF_OTHERS,
    _keyword_in_name,
    _double_equals,
    _misspelt_statement,
    _missing_comma,
    _single_equals,
    _model_header,
    _assigned_path,
    _unquoted_path,
    _column_colon,
    _unquoted_level,
    _unquoted_contrast,
    _number_word,
    _two_names,
    _attribute,
)


def _unexpected(stop: Stop, sink: Sink) -> None:
    """Name the token, what stands before it and what could stand there."""
    line, token, before = stop.line, stop.token, stop.before
    notes = [f"expected {_either(_expected(stop))}"]
    if stop.index <= 2 or line.kind not in ("formula", "model"):
        notes.append(f"written `{USAGE[line.kind]}`")
    if "LEVEL" in stop.accepts:
        notes.append('a level that holds `,`, `]`, `"` or `#` stands in quotes')
    elif line.kind == "contrast":
        notes.append("levels that are no plain names stand in quotes")
    after = f" after `{before}`" if before is not None else ""
    if token is not None:
        message = f"unexpected `{_short(token)}`{after}"
        span = span_of(token)
    else:
        message = f"the line ends{after}"
        span = line.span
        span = Span(span.end - len(before or ""), span.end)
    sink.add("syntax", span, message, *notes)


def _short(token: Token) -> str:
    return str(token) if len(token) <= 40 else f"{token[:37]}..."


def _expected(stop: Stop) -> list[str]:
    """Return what could stand there, in words."""
    accepts, words = stop.accepts, []
    option = accepts <= {"NAME", "QNAME"}
    if stop.before == "," and stop.line.kind != "keep" and option:
        return ["an option `name=value`"]
    operand = {"NAME", "NUMBER"} <= accepts
    if operand and "LPAR" in accepts:
        words.append("a name, a number or `(`")
    elif "LEVEL" in accepts:
        words.append("a level")
    elif operand or ("NAME" in accepts and "STRING" in accepts):
        number = "a number, " if operand else ""
        words.append(f"{number}a name or a string")
    elif "NAME" in accepts and "STAR" not in accepts:
        words.append("a name")
    elif "STRING" in accepts:
        words.append("a string in quotes")
    elif "NUMBER" in accepts:
        words.append("a number")
    if "STAR" in accepts:
        words.append("an operator such as `+`, `*` or `:`")
    words += [
        text
        for type_, text in _LITERAL.items()
        if type_ in accepts and not (type_ == "COLON" and "STAR" in accepts)
    ]
    if "$END" in accepts:
        words.append("the end of the line")
    return words or ["something else"]


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
