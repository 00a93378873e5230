"""Why the parser stopped, where a line is written as in another language."""

from __future__ import annotations

from lark import Token

from ..diagnostics import Edit, Fix, Sink
from ..layout import span_of
from ..source import Span
from ..stop import Stop
from .tables import DATA_NAMES

_WORDS = {"and": "&", "or": "|", "AND": "&", "OR": "|", "not": "!"}
_OPTIONS = frozenset(("family", "link", "rows", "parameterization", "threshold"))
_CONDITIONS = ("where", "let", "test")


def _word_operator(stop: Stop, sink: Sink) -> bool:
    """Recognise `x > 0 and z < 1`."""
    if stop.line.kind not in _CONDITIONS:
        return False
    for token in (stop.token, stop.before):
        if token is not None and token.type == "NAME" and token in _WORDS:
            break
    else:
        return False
    sign = _WORDS[token]
    span = span_of(token)
    end = span.end
    if token == "not" and sink.source.text[end : end + 1].isspace():
        end += 1
    sink.add(
        "syntax",
        span,
        f"`{token}` is written `{sign}`",
        fix=Fix.write(Span(span.start, end), sign, safe=True),
    )
    return True


def _prior_target(stop: Stop, sink: Sink) -> bool:
    """Recognise `prior = normal(0, 1)`, about nothing, and `prior sd(g) ~ ...`."""
    line, token, tokens = stop.line, stop.token, stop.line.tokens
    if line.kind != "prior" or token is None:
        return False
    if stop.index == 1 and token.type in ("EQ", "TILDE", "COLON"):
        sink.add(
            "syntax",
            span_of(tokens[0]),
            "the prior does not say what it is about",
            "written `prior b ~ normal(0, 1)` for all effects, `prior b[x] ~ ...` for "
            "that of `x`, `prior sd[g] ~ ...` for standard deviations",
        )
        return True
    if stop.index != 2 or token.type != "LPAR":
        return False
    close = next((i for i, t in enumerate(tokens) if i > 2 and t.type == "RPAR"), None)
    if close is None:
        return False
    edits = (Edit(span_of(token), "["), Edit(span_of(tokens[close]), "]"))
    span = span_of(tokens[1]).to(span_of(tokens[close]))
    inside = sink.source.slice(Span(span_of(token).end, span_of(tokens[close]).start))
    written = f"{tokens[1]}[{inside}]"
    sink.add(
        "syntax",
        span,
        f"what a prior is about is written `{written}`",
        fix=Fix(f"write `{written}`", edits, safe=True),
    )
    return True


def _stan_bounds(stop: Stop, sink: Sink) -> bool:
    """Recognise `normal(0, 1)T[0, ]`, as Stan cuts off."""
    token, before = stop.token, stop.before
    if stop.line.kind != "prior" or token != "T" or before != ")":
        return False
    sink.add(
        "syntax",
        span_of(token),
        "a distribution is cut off by `lb=` and `ub=`",
        "written `normal(0, 1, lb=0)`",
    )
    return True


def _versus(stop: Stop, sink: Sink) -> bool:
    """Recognise `contrast block: late vs early`."""
    if stop.line.kind != "contrast":
        return False
    for token in (stop.token, stop.before):
        if token is not None and token in ("vs", "versus", "against"):
            span = span_of(token)
            sink.add(
                "syntax",
                span,
                "levels are compared by a minus",
                fix=Fix.write(span, "-", safe=True),
            )
            return True
    return False


def _indexed(stop: Stop, sink: Sink) -> bool:
    """Recognise `scale(x)[, 1]`, as R takes a column out of a matrix."""
    tokens, place = stop.line.tokens, stop.index
    types = [token.type for token in tokens[place : place + 4]]
    if stop.before != ")" or types != ["LSQB", "COMMA", "NUMBER", "RSQB"]:
        return False
    span = span_of(tokens[place]).to(span_of(tokens[place + 3]))
    sink.add(
        "syntax",
        span,
        "there are no matrices to take a column from",
        "`scale(x)` and the like give one column; those of `poly(x, 2)` stand together",
        fix=Fix("leave it out", (Edit(span, ""),), safe=tokens[place + 2] == "1"),
    )
    return True


def _whole_division(stop: Stop, sink: Sink) -> bool:
    """Recognise `x//z`, as Python divides to whole numbers."""
    token, before = stop.token, stop.before
    if token != "/" or before != "/" or span_of(before).end != span_of(token).start:
        return False
    sink.add(
        "syntax",
        span_of(before).to(span_of(token)),
        "there is no `//`",
        "to whole numbers it is `floor(x / z)`; nested groups are `(1 | a/b)`",
    )
    return True


def _arrow(stop: Stop, sink: Sink) -> bool:
    """Recognise `let z <- log(x)`."""
    token, after = stop.token, stop.after
    if token != "<" or after != "-" or "EQ" not in stop.accepts:
        return False
    span = span_of(token).to(span_of(after))
    sink.add(
        "syntax",
        span,
        "`<-` is written `=`",
        fix=Fix.write(span, "=", safe=True),
    )
    return True


def _option_sign(stop: Stop, sink: Sink) -> bool:
    """Recognise `y ~ x, family gaussian` and `family: gaussian`, comma or not."""
    tokens, place, token = stop.line.tokens, stop.index, stop.token
    if stop.line.kind not in ("formula", "model") or token is None or place < 2:
        return False
    name = tokens[place - 1]
    if stop.accepts == {"EQ"} and name in _OPTIONS:
        if token.type == "COLON":
            edit, where = Edit(span_of(token), "="), span_of(token)
        elif token.type in ("NAME", "STRING"):
            where = span_of(name).to(span_of(token))
            edit = Edit(Span(span_of(name).end, span_of(token).start), "=")
        else:
            return False
        sink.add(
            "syntax",
            where,
            f"an option has a `=`: `{name}=value`",
            fix=Fix("put a `=` there", (edit,), safe=True),
        )
        return True
    after = stop.after
    if token in _OPTIONS and after is not None and after.type == "COLON":
        edits = (
            Edit(Span(span_of(name).end, span_of(name).end), ","),
            Edit(span_of(after), "="),
        )
        sink.add(
            "missing-comma",
            span_of(token),
            f"the option `{token}` is not set off by a comma",
            "an option is written `name=value`",
            fix=Fix("write it as an option", edits, safe=True),
        )
        return True
    return False


def _prior_behind(stop: Stop, sink: Sink) -> bool:
    """Recognise `y ~ x, prior(normal(0, 1), class = b)`."""
    before, token = stop.before, stop.token
    if stop.line.kind not in ("formula", "model") or token is None or before is None:
        return False
    if token.type != "LPAR" or before not in ("prior", "set_prior"):
        return False
    sink.add(
        "syntax",
        span_of(before),
        "a prior stands below the formula, indented",
        "written `prior b ~ normal(0, 1)`, `prior b[x] ~ ...`, `prior sd[g] ~ ...`",
    )
    return True


def _package(stop: Stop, sink: Sink) -> bool:
    """Recognise `family = brms::Beta()`: R's packages are not named."""
    tokens, place = stop.line.tokens, stop.index
    if place < 2 or stop.token is None or stop.token.type != "COLON":
        return False
    if tokens[place - 1].type != "COLON" or tokens[place - 2].type != "NAME":
        return False
    span = span_of(tokens[place - 2]).to(span_of(stop.token))
    sink.add(
        "syntax",
        span,
        f"`{tokens[place - 2]}` is a package of R, and not named here",
        fix=Fix("leave it out", (Edit(span, ""),), safe=True),
    )
    return True


def _lone_option(stop: Stop, sink: Sink) -> bool:
    """Recognise `y ~ x, data`: a word behind the formula that is no option."""
    tokens, place = stop.line.tokens, stop.index - 1
    if stop.accepts != {"EQ"} or stop.line.kind not in ("formula", "model"):
        return False
    if place < 1 or tokens[place - 1].type != "COMMA" or tokens[place].type != "NAME":
        return False
    if stop.token is not None and stop.token.type != "COMMA":
        return False
    name: Token = tokens[place]
    span = span_of(name)
    if name in DATA_NAMES:
        cut = Edit(span_of(tokens[place - 1]).to(span), "")
        note = 'the data are named by a line `data "file.csv"`, or by `--data`'
        fix = Fix("leave it out", (cut,))
    else:
        note = f"if it is the family, it is `family={name}`"
        fix = Fix.write(span, f"family={name}")
    sink.add(
        "syntax",
        span,
        f"`{name}` behind the formula has no value",
        "what follows a formula are options, `name=value`",
        note,
        fix=fix,
    )
    return True


#: Tried before the faults of the language itself.
OF_OTHERS = (
    _word_operator,
    _prior_target,
    _stan_bounds,
    _versus,
    _indexed,
    _whole_division,
    _arrow,
    _prior_behind,
    _package,
    _option_sign,
    _lone_option,
)
