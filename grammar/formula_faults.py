"""Faults of formulas: of their ``~`` and of their bars.

``formula_fault`` looks at a line before it is parsed, for the grammar knows only that
a formula has a ``~``; ``bare_bar`` after it, for the grammar takes a bar anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from .diagnostics import Edit, Fix, Sink, nearest
from .elsewhere.tables import DPARS, STATEMENTS
from .layout import LogicalLine, span_of
from .source import Span
from .tokens import KEYWORDS

# One line each, shown where a statement of the kind cannot be read.
USAGE = {
    "data": 'data "file.csv"',
    "column": "column NAME: factor(first, second)",
    "let": "let NAME = expression",
    "where": "where condition",
    "model": "model NAME: response ~ terms",
    "prior": "prior TARGET ~ distribution(...)",
    "keep": "keep NAME",
    "quantity": "quantity NAME = expression",
    "test": "test NAME = b[x] > 0",
    "contrast": "contrast FACTOR: level - level",
    "means": "means FACTOR",
    "slope": "slope PREDICTOR",
    "formula": "response ~ terms, option=value",
}

# Words that are options of a formula more likely than responses.
_FORMULA_OPTIONS = frozenset(
    ("family", "link", "nl", "rows", "threshold", "parameterization")
)

# What statements are called in other programs.
_ELSEWHERE = {
    **dict.fromkeys(("filter", "subset", "select", "if"), "where"),
    **dict.fromkeys(("mutate", "compute", "generate", "gen", "transform"), "let"),
}

WORDS = frozenset(("NAME", "QNAME", "NUMBER", "STRING"))

_NAMED = frozenset(("EQ", "COLON", "LSQB", "LPAR"))

_OPENING = frozenset(("LPAR", "LSQB"))
_CLOSING = frozenset(("RPAR", "RSQB"))
_SIGNS = frozenset(("PLUS", "MINUS"))
_OPERATORS = frozenset(
    "TILDE EQ BAR AND BANG CMP PLUS MINUS STAR SLASH SPECIAL COLON POW COMMA".split()
)


# ---- formulas, before they are parsed ---------------------------------------------


def formula_fault(line: LogicalLine, sink: Sink) -> bool:
    """Report what is wrong with the `~` of a formula; whether anything is."""
    if line.faulty or line.kind not in ("formula", "model"):
        return False
    tokens = line.tokens
    if line.kind == "model":
        if len(tokens) < 3 or tokens[2].type != "COLON":
            return False
        tokens = tokens[3:]
    tildes = [i for i in _outside(tokens) if tokens[i].type == "TILDE"]
    if not tildes:
        return _no_tilde(line, tokens, sink)
    first = tildes[0]
    span = span_of(tokens[first])
    if first == 0:
        sink.add(
            "missing-response",
            span,
            "the formula has no response",
            "the response stands left of `~`: `rating ~ cs`",
        )
    elif first + 1 == len(tokens) or tokens[first + 1].type == "COMMA":
        sink.add(
            "missing-right-side",
            span,
            "nothing stands right of `~`",
            "a model without predictors is `response ~ 1`",
        )
    elif len(tildes) > 1 and _random(tokens, tildes[1], sink):
        pass
    elif len(tildes) > 1 and _parts(tokens, tildes, sink):
        pass
    elif len(tildes) > 1 and not (first == 1 and misspelt(tokens[0])):
        sink.add(
            "two-tildes",
            span_of(tokens[tildes[1]]),
            "a second `~` in one formula",
            "a further formula stands on a line of its own",
        )
    else:
        return False
    return True


def _random(tokens: Sequence[Token], tilde: int, sink: Sink) -> bool:
    """Report `random = ~ 1 | g` behind a formula, as nlme has it."""
    before = [token.type for token in tokens[tilde - 3 : tilde]]
    if before != ["COMMA", "NAME", "EQ"] or tokens[tilde - 2] != "random":
        return False
    end = next(
        (i for i in _outside(tokens) if i > tilde and tokens[i].type == "COMMA"),
        len(tokens),
    )
    if end == tilde + 1:
        return False
    term = f"({_slice(sink.source.text, tokens[tilde + 1 : end])})"
    whole = span_of(tokens[tilde - 3]).to(span_of(tokens[end - 1]))
    sink.add(
        "two-tildes",
        span_of(tokens[tilde]),
        "group terms stand in the formula itself, in parentheses",
        fix=Fix(f"write `+ {term}`", (Edit(whole, f" + {term}"),), safe="|" in term),
    )
    return True


def _parts(tokens: Sequence[Token], tildes: Sequence[int], sink: Sink) -> bool:
    """Report `y ~ x, sigma ~ x`: formulas of parameters on the line of the model."""
    commas = [i for i in _outside(tokens) if tokens[i].type == "COMMA"]
    behind = [i for i in commas if i > tildes[0]]
    if [i + 2 for i in behind] != list(tildes[1:]):
        return False
    if any(tokens[i + 1] not in DPARS for i in behind):
        return False
    text = sink.source.text
    position = sink.source.position(span_of(tokens[0]).start)
    line = sink.source.line_text(position.line)
    margin = line[: len(line) - len(line.lstrip())]
    edits = []
    for i in behind:
        comma = span_of(tokens[i])
        end = span_of(tokens[i + 1]).start
        if text[comma.end : end].strip():
            return False  # a comment stands there
        edits.append(Edit(Span(comma.start, end), f"\n{margin}  "))
    sink.add(
        "two-tildes",
        span_of(tokens[tildes[1]]),
        "a second `~` in one formula",
        "the formula of a parameter stands below, indented",
        fix=Fix("put it on a line of its own", tuple(edits), safe=True),
    )
    return True


def _no_tilde(line: LogicalLine, tokens: Sequence[Token], sink: Sink) -> bool:
    outside = _outside(tokens)
    equals = [i for i in outside if tokens[i].type == "EQ"]
    # behind the comma stand options, which have a `=` of their own
    end = min((i for i in outside if tokens[i].type == "COMMA"), default=len(tokens))
    inside = any(token.type == "TILDE" for token in tokens)
    doubled = [i for i in outside if 0 < i < end and tokens[i] == "=="]
    meant = bool(equals) and 0 < equals[0] < end and not inside
    if line.kind == "model" and not meant:
        sink.add(
            "syntax",
            line.span,
            f"the model `{line.tokens[1]}` has no formula",
            f"a model is written `{USAGE['model']}`",
            *(("the formula stands by itself, and not inside a call",) * inside),
            fix=_unwrapped(tokens) if inside else None,
        )
        return True
    word = tokens[0]
    if line.kind != "model" and _arrow(tokens, sink):
        return True
    fixed = line.kind == "formula" and (
        line.indented or word.rstrip("0123456789") in DPARS
    )
    number, shared = fixed and _is_number(tokens), fixed and _is_shared(tokens)
    close = None if line.kind == "model" or number or shared else misspelt(word)
    if line.kind == "formula" and [one.type in WORDS for one in tokens[1:2]] == [True]:
        close = _ELSEWHERE.get(word, close)
    if close is not None and len(tokens) > 1 and tokens[1].type not in WORDS | _NAMED:
        close = None
    if close is not None and len(tokens) > 1:
        unknown_statement(word, close, sink)
    elif line.kind == "formula" and doubled and not inside:
        span = span_of(tokens[doubled[0]])
        sink.add(
            "equals-for-tilde",
            span,
            "`==` where a formula has `~`",
            "a condition stands behind `where`",
            fix=Fix("replace by `~`", (Edit(span, "~"),)),
        )
    elif equals and equals[0] == 1 and word in _FORMULA_OPTIONS:
        comma = ", " if line.indented else "  , "
        start = span_of(word).start
        sink.add(
            "missing-comma",
            span_of(word),
            f"the option `{word}` is not set off by a comma",
            "options follow the formula after a comma, on its line or indented below",
            fix=Fix("put a comma before it", (Edit(Span(start, start), comma),)),
        )
    elif meant and number:
        _constant(tokens, line.indented, sink)
    elif meant and shared:
        _shared(tokens, line.indented, sink)
    elif meant:
        span = span_of(tokens[equals[0]])
        plain = line.kind == "formula" and not line.indented and equals[0] == 1
        notes = ("a new column is made by `let NAME = expression`",) if plain else ()
        sink.add(
            "equals-for-tilde",
            span,
            "`=` where a formula has `~`",
            *notes,
            # At the margin it may be a `let` without its word.
            fix=Fix("replace by `~`", (Edit(span, "~"),), safe=not plain),
        )
    elif word.type in _OPERATORS and not line.indented:
        start = line.span.start
        sink.add(
            "unknown-statement",
            span_of(word),
            f"the line begins with `{word}`",
            "a line that goes on from the one above is indented",
            fix=Fix("indent it", (Edit(Span(start, start), "  "),)),
        )
    else:
        sink.add(
            "unknown-statement",
            span_of(word),
            "the line is no formula (it has no `~`) and begins with no known statement",
            *((STATEMENTS[word],) if word in STATEMENTS else ()),
            *_of_call(tokens),
            f"statements are {', '.join(f'`{name}`' for name in KEYWORDS)}",
            *(("a formula is written `response ~ terms`",) if equals else ()),
        )
    return True


def _is_number(tokens: Sequence[Token]) -> bool:
    """Say whether a line is `sigma = 1` or `bias = -0.5`, and no more."""
    types = [token.type for token in tokens if token != "-"]
    return types == ["NAME", "EQ", "NUMBER"] and tokens[1].type == "EQ"


def _is_shared(tokens: Sequence[Token]) -> bool:
    """Say whether a line is `sigma2 = sigma1` or `sigma2 = "sigma1"`."""
    types = [token.type for token in tokens]
    if types not in (["NAME", "EQ", "NAME"], ["NAME", "EQ", "STRING"]):
        return False
    names = (tokens[0], tokens[2].strip("\"'"))
    stems = {name.rstrip("0123456789") for name in names}
    return len(stems) == 1 and not stems & set(names)


def _shared(tokens: Sequence[Token], indented: bool, sink: Sink) -> None:
    """Report `sigma2 = sigma1`, by which brms has one parameter for both."""
    text = f"prior {tokens[0]} = {tokens[2].strip(chr(34) + chr(39))}"
    whole = span_of(tokens[0]).to(span_of(tokens[2]))
    sink.add(
        "equals-for-tilde",
        span_of(tokens[1]),
        "`=` where a formula has `~`",
        f"components share a parameter by `{text}`",
        # at the margin it may be a `let` without its word
        fix=Fix(f"write `{text}`", (Edit(whole, text),), safe=indented),
    )


def _constant(tokens: Sequence[Token], indented: bool, sink: Sink) -> None:
    """Report `sigma = 1`, by which brms fixes a parameter."""
    word, number = tokens[0], tokens[-1]
    start = span_of(word).start
    # `sigma = 1` may also be meant for `sigma ~ 1`: a formula of an intercept
    formula = number in ("0", "1") and len(tokens) == 3
    sink.add(
        "equals-for-tilde",
        span_of(tokens[1]),
        "`=` where a formula has `~`",
        f"a parameter is fixed by `prior {word} = {''.join(tokens[2:])}`",
        *(("`~ 1` is a formula with an intercept alone",) if formula else ()),
        fix=Fix(
            f"fix `{word}`",
            (Edit(Span(start, start), "prior "),),
            safe=indented and not formula,
        ),
    )


def _of_call(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return what to do about `plot(fit)`: a line that is a call."""
    if [token.type for token in tokens[:2]] != ["NAME", "LPAR"]:
        return ()
    if tokens[0] == "wide":
        return (
            'it stands behind the file: `data "d.csv", wide(...)`; a frame that is '
            'given takes the place of the file, so `data "any", wide(...)` will do',
        )
    return (
        "a spec holds no calls: what is done with a fit is a command (`varying "
        "--help`), or a method in Python",
    )


def _unwrapped(tokens: Sequence[Token]) -> Fix | None:
    """Return the fix for `bf(y ~ x)`: without the call, if it holds nothing else."""
    commas = [i for i in _outside(tokens) if tokens[i].type == "COMMA"]
    last = (commas[0] if commas else len(tokens)) - 1
    types = [token.type for token in tokens[: last + 1]]
    if types[:2] != ["NAME", "LPAR"] or types[-1] != "RPAR":
        return None
    if [i for i in _outside(tokens[2:last]) if tokens[2 + i].type == "COMMA"]:
        return None
    edits = (
        Edit(span_of(tokens[0]).to(span_of(tokens[1])), ""),
        Edit(span_of(tokens[last]), ""),
    )
    return Fix(f"leave out `{tokens[0]}()`", edits, safe=True)


def _arrow(tokens: Sequence[Token], sink: Sink) -> bool:
    """Report `z <- log(x)`, as R assigns."""
    if len(tokens) < 4 or tokens[1] != "<" or tokens[2] != "-":
        return False
    if tokens[1].end_pos != tokens[2].start_pos or tokens[0].type != "NAME":
        return False
    span = span_of(tokens[1]).to(span_of(tokens[2]))
    whole = span_of(tokens[0]).to(span)
    sink.add(
        "foreign-code",
        span,
        "`<-` assigns in R; a spec has no variables",
        f"a new column is made by `{USAGE['let']}`",
        "a formula is written `response ~ terms`",
        fix=None
        if tokens[3] in ("c", "list", "data.frame", "function", "as.data.frame")
        else Fix(f"write `let {tokens[0]} =`", (Edit(whole, f"let {tokens[0]} ="),)),
    )
    return True


def misspelt(word: Token) -> str | None:
    """Return the keyword that a first word is nearest to."""
    if word.type != "NAME" or word in KEYWORDS:
        return None
    found = nearest(str(word), KEYWORDS, 1)
    return found[0] if found else None


def unknown_statement(word: Token, close: str, sink: Sink) -> None:
    """Report a first word that is nearly a keyword."""
    span = span_of(word)
    sink.add(
        "unknown-statement",
        span,
        f"no statement is called `{word}`",
        f"did you mean `{close}`?",
        *((STATEMENTS[word],) if word in STATEMENTS else ()),
        fix=Fix(f"replace by `{close}`", (Edit(span, close),)),
    )


def _outside(tokens: Sequence[Token]) -> list[int]:
    """Return the indices of the tokens outside brackets."""
    depth, found = 0, []
    for index, token in enumerate(tokens):
        if token.type in _OPENING:
            depth += 1
        elif token.type in _CLOSING:
            depth -= 1
        elif depth == 0:
            found.append(index)
    return found


# ---- formulas, after they are parsed ----------------------------------------------


def bare_bar(line: LogicalLine, sink: Sink) -> bool:
    """Report a group bar outside parentheses on the right of a formula."""
    if line.kind not in ("formula", "model"):
        return False
    tokens = line.tokens
    outside = _outside(tokens)
    tilde = next(i for i in outside if tokens[i].type == "TILDE")
    right = [i for i in outside if i > tilde]
    end = next((i for i in right if tokens[i].type == "COMMA"), len(tokens))
    right = [i for i in right if i < end]
    bars = [i for i in right if tokens[i].type == "BAR"]
    if not bars:
        return False
    bar = bars[0]
    signs = [i for i in right if tokens[i].type in _SIGNS and _infix(tokens, i)]
    start = max((i + 1 for i in signs if i < bar), default=tilde + 1)
    stop = min((i for i in signs if i > bar), default=end)
    text = sink.source.text
    last = max(i for i in bars if i < stop)
    effect, group = (
        _slice(text, tokens[a:b]) for a, b in ((start, bar), (last + 1, stop))
    )
    middle = f" {_slice(text, tokens[bar : last + 1])} "
    written = ""
    if effect not in ("0", "1") and middle == " | ":
        written, effect = f"{effect} + ", "1"
    term = f"({effect}{middle}{group})"
    whole = span_of(tokens[start]).to(span_of(tokens[stop - 1]))
    sink.add(
        "bare-bar",
        span_of(tokens[bar]),
        f"a group term stands in parentheses: write `{term}`",
        "outside parentheses a bar has no meaning here",
        fix=Fix(f"write `{written}{term}`", (Edit(whole, written + term),)),
    )
    return True


def _infix(tokens: Sequence[Token], index: int) -> bool:
    """Whether a sign joins two terms and does not begin one."""
    return tokens[index - 1].type in WORDS | _CLOSING


def _slice(text: str, tokens: Sequence[Token]) -> str:
    span = span_of(tokens[0]).to(span_of(tokens[-1]))
    return " ".join(text[span.start : span.end].split())
