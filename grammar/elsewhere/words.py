"""Single words of other packages inside a line that is otherwise of the language."""

from __future__ import annotations

from dataclasses import replace

from lark import Token

from ..diagnostics import Edit, Fix, Sink
from ..layout import LogicalLine, span_of
from ..printer import name_text
from ..tree import Argument, Call, Formula, Index, Name, Number, String, Unary
from .tables import DISTRIBUTIONS, PRIOR_NAMES

#: Parameters that a prior may be about, by the first word of a target.
_TARGETS = frozenset(
    "b sd cor Intercept threshold sigma nu shape phi disc lkj r".split()
)


def quoted_names(line: LogicalLine, sink: Sink) -> LogicalLine:
    """Report ``Q("reaction time")``, as patsy quotes names, and read it as a name."""
    tokens = list(line.tokens)
    found = False
    for place in range(len(tokens) - 3):
        if place + 3 >= len(tokens) or tokens[place] != "Q":
            continue
        kinds = [token.type for token in tokens[place : place + 4]]
        if kinds != ["NAME", "LPAR", "STRING", "RPAR"] or "`" in tokens[place + 2]:
            continue
        found = True
        first, last = tokens[place], tokens[place + 3]
        span = span_of(first).to(span_of(last))
        name = tokens[place + 2][1:-1]
        written = name_text(name)
        shown = written if written.startswith("`") else f"`{written}`"
        sink.add(
            "foreign-code",
            span,
            f"`{sink.source.slice(span)}` is patsy's way to quote a name",
            "a name that is no plain one stands in back-quotes",
            fix=Fix(f"write {_shown(shown)}", (Edit(span, written),), safe=True),
        )
        whole = Token("QNAME", f"`{name}`", span.start, end_pos=span.end)
        tokens[place : place + 4] = [whole]
    return replace(line, tokens=tuple(tokens)) if found else line


def _shown(text: str) -> str:
    return f"`` {text} ``" if " " in text or "`" in text else text


def bare_prior(formula: Formula, sink: Sink) -> bool:
    """Report ``sigma ~ exponential(1)``: a prior without the word; whether it is one.

    Right of the ``~`` stands a distribution with numbers in it, which is no term.
    """
    right, left = formula.terms, formula.response
    if not isinstance(right, Call) or right.function.text not in PRIOR_NAMES:
        return False
    if formula.options or not all(map(_is_number, right.arguments)):
        return False
    text = sink.source.slice(left.span)
    target, sure = text, False
    while isinstance(left, Call) and left.function.text in ("prior", "set_prior"):
        if len(left.arguments) != 1:
            return False
        left = left.arguments[0].value  # `prior(b) ~ normal(0, 1)`
        text = target = sink.source.slice(left.span)
    match left:
        case Name(text=name, quoted=quoted):
            base = name.partition(".")[0].partition("[")[0]
            sure = base in _TARGETS and not quoted
        case Index(target=Name(text=name), refs=refs):
            sure = name.rpartition(".")[2] in _TARGETS
            if not sure and len(refs) == 1:
                base_ = refs[0].parts[0].base
                named = base_.text if isinstance(base_, String) else ""
                target = f"b[{name}[{named}]]" if named else f"b[{text}]"
        case _:
            pass
    if not sure and isinstance(left, Name):
        target = f"b[{name_text(left.text)}]"
    called = right.function.text
    name_, _ = DISTRIBUTIONS.get(called, (called, {}))
    written = sink.source.slice(right.span).replace(called, name_, 1)
    whole = f"prior {target} ~ {written}"
    edits = (Edit(formula.response.span.to(right.span), whole),)
    sink.add(
        "missing-prior",
        formula.response.span.to(right.span),
        "a prior begins with the word `prior`",
        f"`{right.function.text}(...)` is a distribution, and no term of a formula",
        fix=Fix(f"write `{whole}`", edits, safe=sure),
    )
    return True


def _is_number(argument: Argument) -> bool:
    node = argument.value
    while isinstance(node, Unary):
        node = node.operand
    return isinstance(node, Number)
