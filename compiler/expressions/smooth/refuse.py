"""What mgcv and brms have beside a smooth of one variable, and what to write here."""

from __future__ import annotations

from collections.abc import Mapping

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, Expr, Name, String
from varying.grammar.walk import plain_number, unwrap

from .bases import BASES

#: Arguments of mgcv's that have another name here, or none.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "m": ("a curve is penalised by its second derivative, as by default in mgcv",),
    "fx": ("a curve without a penalty is `ns(x, df=4)`",),
    "sp": ("how much a curve bends is estimated: `prior sds[s(x)] ~ ...` says more",),
    "id": ("each curve has its own standard deviation, `sds[s(x)]`",),
    "xt": ("knots are at all values, or at quantiles of them",),
    "pc": ("the mean of a curve over the rows is 0",),
    "knots": ("knots are at all values, or at quantiles of them",),
}

#: Bases of mgcv's that are not compiled.
_BASES: Mapping[str, str] = {
    "cs": "`ts` draws the straight part to 0 too",
    "ps": "`cr` and `tp` give nearly the same curves",
    "cp": "`cc` is a curve whose ends meet",
    "bs": "`cr` and `tp` give nearly the same curves",
    "ds": "in one variable `tp` is the same",
    "ad": "`tp` bends equally much everywhere",
    "gp": "`tp` gives nearly the same curves",
    "re": "effects of a grouping factor are a group term: `(1 | g)`",
    "fs": "effects of a grouping factor are a group term: `(1 | g)`",
    "sz": "effects of a grouping factor are a group term: `(1 | g)`",
    "mrf": "effects of a grouping factor are a group term: `(1 | g)`",
    "sos": "it is of two variables",
    "so": "it is of two variables",
    "tps": "the thin plate spline is `tp`",
}


def refuse(node: Call, sink: Sink) -> bool:
    """Report what a call of ``s()`` has that is not compiled; whether it has some."""
    free = [argument for argument in node.arguments if argument.keyword is None]
    for argument in free[1:]:
        number = plain_number(argument.value)
        text = expression_text(argument.value)
        if number is not None:
            sink.add(
                "invalid-argument",
                argument.span,
                "a second value of `s()` would be a second variable",
                f"how many curves there are is said by `k={text}`",
                fix=Fix.write(argument.span, f"k={text}"),
            )
            return True
        first = expression_text(free[0].value)
        sink.add(
            "not-yet",
            node.function.span,
            f"a surface, `s({first}, {text})`, is not compiled by this version",
            f"until then: `s({first}) + s({text})`, whose curves add up, or products "
            f"of curves, `ns({first}, df=3)*ns({text}, df=3)`",
        )
        return True
    for argument in node.arguments:
        if argument.keyword is None:
            continue
        name = argument.keyword.text
        if name in _ARGUMENTS:
            sink.add(
                "not-yet",
                argument.keyword.span,
                f"`{name}` of `s()` is not compiled by this version",
                *_ARGUMENTS[name],
            )
            return True
        if name == "k":
            k = plain_number(argument.value)
            if k == -1.0:  # mgcv's way to say: the default
                start = free[0].span.end if free else argument.span.start
                between = sink.source.text[start : argument.span.start]
                cut = Span(argument.span.start - len(between), argument.span.end)
                sink.add(
                    "invalid-argument",
                    argument.span,
                    "`k` of `s()` must be a whole number of 3 or more",
                    "`k=-1` is the default of mgcv: here that is to say nothing",
                    fix=Fix("leave it out", (Edit(cut, ""),))
                    if between.strip() == ","
                    else None,
                )
                return True
        if name == "bs" and _other_basis(argument.value, sink):
            return True
    return False


def _other_basis(value: Expr, sink: Sink) -> bool:
    """Report a basis that there is not; whether it is one."""
    node = unwrap(value)
    text = node.text if isinstance(node, Name | String) else expression_text(node)
    if text in BASES:
        return False
    known = ", ".join(f"`{one}`" for one in BASES)
    if text in _BASES:
        sink.add(
            "not-yet",
            node.span,
            f"the basis `{text}` of `s()` is not compiled by this version",
            _BASES[text],
            f"bases: {known}",
        )
        return True
    if text.casefold() in BASES:
        fix = Fix.write(node.span, text.casefold(), safe=True)
        sink.add("invalid-argument", node.span, f"no basis `{text}`", fix=fix)
        return True
    sink.add("invalid-argument", node.span, f"no basis `{text}`", f"bases: {known}")
    return True
