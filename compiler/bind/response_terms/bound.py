"""Binding what stands beside the response: ``y | trials(n) + rate(t)``."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Chain, Expr, Name, Option
from varying.grammar.walk import beside, unwrap

from ...data.schema import Schema
from ...expressions.elsewhere import RESPONSES_UNTIL_THEN
from ...families import BY_RESPONSE, FAMILIES
from ...families.cdf import without_cdf
from ...families.family import Family
from ...formula.columns import Numeric
from .reading import as_number
from .table import OF_ROWS, PLANNED_TERMS, TERMS
from .term import Beside, ResponseTerm


def split_response(expression: Expr, sink: Sink) -> tuple[Expr, tuple[Call, ...]]:
    """Return what stands left of the bar, and the terms right of it."""
    node = unwrap(expression)
    if not (isinstance(node, Chain) and node.operators[0] == "|"):
        return expression, ()
    calls: list[Call] = []
    for part in beside(expression):
        if isinstance(part, Call):
            calls.append(part)
        else:
            sink.add(
                "invalid-response-term",
                part.span,
                f"`{expression_text(part)}` cannot stand beside the response",
                "right of the bar stand terms such as `trials(n)`",
            )
    return node.operands[0], tuple(calls)


def bind_terms(
    calls: Sequence[Call],
    trials: Expr | None,
    family: Family | None,
    response: Expr,
    schema: Schema,
    sink: Sink,
    option: Option | None,
) -> Beside | None:
    """Return what the terms say; None after a fault.

    Parameters
    ----------
    calls
        The terms beside the response.
    trials
        What ``cbind(successes, failures)`` adds up to, if that is the response.
    family
        None if its name is at fault: then only the terms are looked at.
    response
        The left side without them.
    schema, sink
        The columns, and what takes the faults.
    option
        The option ``family``, for a fix.
    """
    found: dict[str, Beside] = {}
    if trials is not None:
        counted = Numeric(expression_text(trials), trials)
        found["trials"] = ((TERMS["trials"], counted),)
    good = True
    for call in calls:
        name = call.function.text
        if not _allowed(call, family, sink):
            good = False
        elif name in found:
            message = f"`{name}` is given twice"
            sink.add("invalid-response-term", call.span, message)
            good = False
        elif name in OF_ROWS:
            # the rows have been chosen by it
            found[name] = ()
            good = good and _has_one_argument(call, "a condition", sink)
        else:
            beside = _read(call, TERMS[name], schema, sink)
            good = good and beside is not None
            if beside is not None:
                found[name] = beside
    if family is None or not good:
        return None
    there = {term.name for beside in found.values() for term, _ in beside}
    if not _all_used(calls, there, family, sink):
        return None
    missing = [name for name in family.known if name not in there]
    if missing == ["dec"]:
        sink.add(
            "needs-trials",
            response.span,
            f"{family.shown} needs to know which answer each time is of",
            f"write `{expression_text(response)} | dec(answer)`, with a column of 0 "
            "and 1, or of `lower` and `upper`",
        )
        return None
    if missing and missing[0] != "trials":
        kind, number = missing[0][:-1], int(missing[0][-1])
        listed = ", ".join("nmk"[:number])
        sink.add(
            "needs-trials",
            response.span,
            f"{family.shown} needs {number} of `{kind}(...)` of each row",
            f"write `{expression_text(response)} | {kind}({listed})`, with columns or "
            "numbers",
        )
        return None
    if missing:
        _report_missing(missing[0], family, response, schema, sink, option)
        return None
    return tuple(one for name in TERMS for one in found.get(name, ()))


def _all_used(
    calls: Sequence[Call], there: set[str], family: Family, sink: Sink
) -> bool:
    """Report numbers for a family of one's own that it does not take."""
    numbered = {name for name in there if name.startswith(("vint", "vreal"))}
    more = sorted(numbered - {*family.known})
    if not more:
        return True
    call = next(one for one in calls if more[0].startswith(one.function.text))
    known = [name for name in family.known if name.startswith(call.function.text)]
    sink.add(
        "invalid-response-term",
        call.span,
        f"{family.shown} takes {len(known)} of `{call.function.text}(...)`, and there "
        f"are {len(call.arguments)}",
    )
    return False


def _allowed(call: Call, family: Family | None, sink: Sink) -> bool:
    name = call.function.text
    bare = name.removeprefix("resp_")
    known = (*TERMS, *OF_ROWS)
    if bare != name and (bare in known or bare in RESPONSES_UNTIL_THEN):
        sink.add(
            "invalid-response-term",
            call.function.span,
            f"`{name}` is written `{bare}`",
            fix=Fix.write(call.function.span, bare, safe=True),
        )
        return False
    if name in PLANNED_TERMS or (name in RESPONSES_UNTIL_THEN and name not in TERMS):
        sink.add(
            "not-yet",
            call.span,
            f"`{expression_text(call)}` beside the response is not compiled by this "
            "version",
            *_until_then(call),
        )
        return False
    if name in OF_ROWS:
        return True
    if name not in TERMS:
        notes, fix = did_you_mean(
            name, known, call.function.span, "terms beside a response"
        )
        sink.add(
            "invalid-response-term",
            call.function.span,
            f"there is no term `{name}` beside a response",
            *notes,
            fix=fix,
        )
        return False
    term = TERMS[name]
    if family is None or term.of(family):
        return True
    every = (*FAMILIES.values(), *BY_RESPONSE.values())
    others = [f"`family={other.name}`" for other in every if term.of(other)]
    never = ("ordinal", "nominal", "binary", "composition")
    if term.role == "limit" and family.response not in never:
        sink.add(
            "not-yet",
            call.span,
            f"`{name}(...)` of {family.shown} is not compiled by this version",
            _without(term, family.components)
            or without_cdf(family)
            or f"it is for {', '.join(others)}",
        )
        return False
    sink.add(
        "invalid-response-term",
        call.span,
        f"{family.shown} takes no `{name}(...)`",
        f"it is for {', '.join(others) or 'families of your own that read it'}",
        *((_OF_ROWS,) if family.own else ()),
    )
    return False


_OF_ROWS = (
    "what rows bring along to a family of your own is `vint(n)`, `vreal(x)` or "
    '`trials(n)`: `varying.Family(..., known=["vreal1"])`'
)


def _without(term: ResponseTerm, components: Sequence[Family]) -> str:
    """Return which components of a mixture do not take a term; empty: none are."""
    names = [f"`{one.shown}`" for one in components if not term.of(one)]
    names = list(dict.fromkeys(names))
    if not names:
        return ""
    takes = "takes" if len(names) == 1 else "take"
    return f"its components need to take it, and {' and '.join(names)} {takes} none"


def _until_then(call: Call) -> tuple[str, ...]:
    """Return what to write in place of a term that is not compiled."""
    of = expression_text(call.arguments[0].value) if call.arguments else "x"
    notes = RESPONSES_UNTIL_THEN.get(call.function.text, ())
    return tuple(note.replace("{0}", of) for note in notes)


def _read(call: Call, term: ResponseTerm, schema: Schema, sink: Sink) -> Beside | None:
    if term.read is not None:
        return term.read(call, schema, sink)
    variable = _variable(call, schema, sink)
    return None if variable is None else ((term, variable),)


def _variable(call: Call, schema: Schema, sink: Sink) -> Numeric | None:
    if not _has_one_argument(call, "a column or a number", sink):
        return None
    value = call.arguments[0].value
    if not as_number(value, f"{call.function.text}()", schema, sink):
        return None
    return Numeric(expression_text(value), value)


def _has_one_argument(call: Call, what: str, sink: Sink) -> bool:
    """Whether a call has one argument, without a keyword; report it if not."""
    if len(call.arguments) == 1 and call.arguments[0].keyword is None:
        return True
    message = f"`{call.function.text}` takes one argument: {what}"
    sink.add("invalid-argument", call.span, message)
    return False


def _report_missing(
    name: str,
    family: Family,
    response: Expr,
    schema: Schema,
    sink: Sink,
    option: Option | None,
) -> None:
    text = expression_text(response)
    node = unwrap(response)
    if isinstance(node, Chain) and node.operators == ("/",):
        # R's way: the share, with the totals as weights
        part, whole = (expression_text(operand) for operand in node.operands)
        notes = [f"write `{part} | {name}({whole})`"]
    else:
        notes = [
            f"write `{text} | {name}(n)` with the column of the totals, or "
            f"`cbind({text}, failures)`",
        ]
    fix = None
    if option is not None and _is_single(response, schema):
        notes.insert(0, "for single 0/1 outcomes write `family=bernoulli`")
        edit = Edit(option.value.span, "bernoulli")
        fix = Fix("replace by `bernoulli`", (edit,))
    sink.add(
        "needs-trials",
        response.span,
        f"{family.shown} needs to know out of how many `{text}` are",
        *notes,
        fix=fix,
    )


def _is_single(expression: Expr, schema: Schema) -> bool:
    """Whether a response is a single outcome, 0 or 1, as far as is known."""
    node = unwrap(expression)
    if not isinstance(node, Name):
        return False
    info = schema.columns.get(node.text)
    if info is None:
        return schema.open
    return len(info.as_levels) <= 2 and (
        not info.kind.is_number or {*info.as_levels} <= {"0", "1"}
    )
