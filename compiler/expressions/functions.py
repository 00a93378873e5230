"""Functions of the language: ``FUNCTIONS`` says of every one what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.tree import (
    Argument,
    Call,
    Expr,
    Name,
)
from varying.grammar.walk import children

from ..data.schema import Schema
from ..data.table import Table
from .bare_names import report_bare
from .elementwise import ELEMENTWISE
from .elsewhere import report_elsewhere
from .function import Function, FunctionRole, Setting
from .smooth import BASES, refuse
from .special import PLANNED_TERMS, STANDING, TERMS

__all__ = [
    "FUNCTIONS",
    "Function",
    "FunctionRole",
    "Setting",
    "bind_arguments",
    "find_function",
    "is_stateful",
    "operands",
]


def _log(x: Any, base: Any = np.e) -> Any:
    # log2 and log10 are exact at powers; a quotient of logarithms is not.
    exact = {2.0: np.log2, 10.0: np.log10, float(np.e): np.log}
    if np.ndim(base) == 0 and float(base) in exact:
        return exact[float(base)](x)
    return np.log(x) / np.log(base)


def _round(x: Any, digits: Any = 0.0) -> Any:
    return np.round(x, int(digits))


def _identity(x: Any) -> Any:
    return x


def _ifelse(test: Any, yes: Any, no: Any) -> Any:
    return np.where(np.isnan(test), np.nan, np.where(test != 0, yes, no))


def _plain(
    name: str, compute: Callable[..., Any], summary: str, domain: str = "any number"
) -> Function:
    return Function(name, ("x",), 1, compute=compute, summary=summary, domain=domain)


_SAME = "with the numbers learned from the rows of the fit"
_BY: Mapping[str, Setting] = {"by": "by"}


def _summary_of_rows(name: str, summary: str) -> Function:
    """Return a function that gives one number for all rows, or one a group."""
    return Function(
        name,
        ("x", "by"),
        1,
        "learned",
        settings=_BY,
        keyword=1,
        summary=f"{summary} of the rows of the fit, or of those of each group of `by`",
        prediction=f"{_SAME}; a new group's from its own rows",
    )


_TABLE = (
    Function(
        "log",
        ("x", "base"),
        1,
        compute=_log,
        domain="x > 0, base > 0",
        summary="logarithm, natural unless `base=` says otherwise",
    ),
    _plain("log2", np.log2, "logarithm to base 2", "x > 0"),
    _plain("log10", np.log10, "logarithm to base 10", "x > 0"),
    _plain("log1p", np.log1p, "log(1 + x)", "x > -1"),
    _plain("exp", np.exp, "exponential"),
    _plain("expm1", np.expm1, "exp(x) - 1"),
    _plain("logit", ELEMENTWISE["logit"], "log(x / (1 - x))", "0 < x < 1"),
    _plain("inv_logit", ELEMENTWISE["inv_logit"], "1 / (1 + exp(-x))"),
    _plain("Phi", ELEMENTWISE["Phi"], "normal distribution function"),
    _plain("sqrt", np.sqrt, "square root", "x >= 0"),
    _plain("abs", np.abs, "absolute value"),
    Function(
        "round",
        ("x", "digits"),
        1,
        compute=_round,
        settings={"digits": "integer"},
        summary="rounded to `digits=` places, 0 by default; halves to even",
    ),
    _plain("floor", np.floor, "next whole number below"),
    _plain("ceil", np.ceil, "next whole number above"),
    _plain("sin", np.sin, "sine, of radians"),
    _plain("cos", np.cos, "cosine, of radians"),
    _plain("tanh", np.tanh, "hyperbolic tangent"),
    _plain("I", _identity, "its argument, calculated: `I(x^2)` is a square"),
    Function(
        "ifelse",
        ("test", "yes", "no"),
        3,
        compute=_ifelse,
        domain="a condition and two numbers",
        summary="`yes` where the condition holds, else `no`",
    ),
    Function(
        "center",
        ("x",),
        1,
        "learned",
        summary="x minus its mean",
        prediction=_SAME,
    ),
    Function(
        "scale",
        ("x", "center", "scale"),
        1,
        "learned",
        settings={"center": "flag", "scale": "flag"},
        domain="any number, not all equal",
        summary="x minus its mean, over its standard deviation (of n - 1), as R's; "
        "`center=FALSE` divides by the root mean square",
        prediction=_SAME,
    ),
    Function(
        "standardize",
        ("x",),
        1,
        "learned",
        domain="any number, not all equal",
        summary="the same as `scale(x)`",
        prediction=_SAME,
    ),
    Function(
        "rank",
        ("x",),
        1,
        "learned",
        summary="place among the rows of the fit, from 1; of equal values the mean",
        prediction="between the ranks of the nearest values of the fit",
    ),
    _summary_of_rows("mean", "mean"),
    _summary_of_rows("min", "smallest value"),
    _summary_of_rows("max", "largest value"),
    Function(
        "within",
        ("x", "by"),
        2,
        "learned",
        settings=_BY,
        summary="x minus the mean of its group: the effect within groups",
        prediction=f"{_SAME}; a new group's mean is that of its own rows",
    ),
    Function(
        "between",
        ("x", "by"),
        2,
        "learned",
        settings=_BY,
        summary="mean of the row's group: the effect between groups",
        prediction=f"{_SAME}; a new group's mean is that of its own rows",
    ),
    Function(
        "poly",
        ("x", "degree", "raw"),
        1,
        "learned",
        settings={"degree": "whole", "raw": "flag"},
        matrix=True,
        domain="more different values than `degree`",
        summary="orthonormal polynomials of degrees 1 to `degree`, as R's; "
        "`raw=TRUE`: plain powers",
        prediction=_SAME,
    ),
    Function(
        "bs",
        ("x", "df", "knots", "degree", "intercept"),
        1,
        "learned",
        settings={
            "df": "whole",
            "knots": "numbers",
            "degree": "whole",
            "intercept": "flag",
        },
        matrix=True,
        summary="B-splines, as R's: `df` columns with knots at quantiles, or `knots=`",
        prediction=f"{_SAME}; outside their range the outermost polynomial goes on",
    ),
    Function(
        "ns",
        ("x", "df", "knots", "intercept"),
        1,
        "learned",
        settings={"df": "whole", "knots": "numbers", "intercept": "flag"},
        matrix=True,
        summary="natural cubic splines, as R's: linear outside the data",
        prediction=f"{_SAME}; outside their range a straight line",
    ),
    Function(
        "s",
        ("x", "k", "bs", "by"),
        1,
        "learned",
        settings={"k": "whole", "bs": "name", "by": "by"},
        keyword=1,
        matrix=True,
        domain="any number, with `k` different values or more",
        summary="a smooth curve that bends as much as the data say: a straight line "
        "with the coefficient `s(x)`, and what is penalised, whose standard deviation "
        "is `sds[s(x)]`; `k` (10) bounds how often it can bend, `by` is a factor whose "
        "levels have curves of their own, or a number whose effect is the curve, `bs` "
        "is one of "
        + ", ".join(f"`{one.name}` ({one.summary})" for one in BASES.values()),
        prediction=f"{_SAME}; outside their range a straight line, of `cc` the curve "
        "again",
        refuse=refuse,
    ),
    Function(
        "cut",
        ("x", "breaks", "labels", "right", "include_lowest"),
        2,
        "learned",
        settings={
            "breaks": "numbers",
            "labels": "levels",
            "right": "flag",
            "include_lowest": "flag",
        },
        summary="a factor of intervals: `breaks` is how many of equal width, or the "
        "list of their bounds; a value outside the bounds is missing",
        prediction="into the same intervals; a value outside them is missing",
    ),
    Function(
        "lag",
        ("x", "by", "order", "n"),
        1,
        "rows",
        settings={"by": "by", "order": "by", "n": "whole"},
        keyword=1,
        summary="value `n` rows (1) earlier in the order of `order=`, else of the "
        "file, within the group of `by=`; missing in a group's first rows. Rows that "
        "`where` leaves out count",
        prediction="from the new rows themselves",
    ),
    Function(
        "factor",
        ("x", "levels", "labels"),
        1,
        role="coding",
        settings={"levels": "levels", "labels": "levels"},
        domain="a column",
        summary="the column as a factor; `levels=[...]`: all its levels, in order; "
        "`labels=[...]`, in a `let`: what they are called from then on; levels of one "
        "name become one",
    ),
    *(
        Function(
            name,
            ("x",),
            1,
            role="coding",
            domain="a column of texts",
            summary=f"in a `let`: the column {how}; levels of one name become one",
        )
        for name, how in (
            ("trimws", "without blanks around its texts"),
            ("tolower", "in small letters"),
            ("toupper", "in capital letters"),
        )
    ),
    Function(
        "relevel",
        ("x", "ref"),
        2,
        role="coding",
        settings={"ref": "levels"},
        domain="a factor",
        summary="the factor with `ref` as its first level",
    ),
    Function(
        "C",
        ("x", "contrast", "base"),
        1,
        role="coding",
        domain="a factor",
        summary="the factor, coded by a scheme of contrasts",
    ),
    Function(
        "offset",
        ("x",),
        1,
        role="algebra",
        summary="a known addition to the linear predictor",
    ),
    *(term.function for term in TERMS.values()),
    *(Function(name, ("x",), 1, role="term", ready=False) for name in PLANNED_TERMS),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}


def find_function(name: Name, data: Table | Schema, sink: Sink) -> Function | None:
    """Return the function of a name; None after a fault (unknown, or not yet).

    ``data`` may bring functions of the caller's along.
    """
    own = data.functions.get(name.text)
    if own is not None:
        return Function(own.name, own.parameters, own.required, compute=own.compute)
    function = FUNCTIONS.get(name.text)
    if function is None:
        if report_bare(name.span, data, sink):
            return None
        known = (*data.functions, *(f.name for f in FUNCTIONS.values() if f.ready))
        message = f"there is no function `{name.text}`"
        ready = {f.name: f for f in FUNCTIONS.values() if f.ready}
        if report_elsewhere(name, ready, sink):
            return None
        notes, fix = did_you_mean(name.text, known, name.span, "functions")
        sink.add("unknown-function", name.span, message, *notes, fix=fix)
    elif name.text in STANDING:
        message = f"`{name.text}()` is not possible here"
        sink.add("invalid-term", name.span, message, *PLANNED_TERMS[name.text])
        return None
    elif not function.ready:
        message = f"`{name.text}()` is not compiled by this version"
        sink.add("not-yet", name.span, message, *PLANNED_TERMS.get(name.text, ()))
        return None
    return function


def bind_arguments(
    node: Call, function: Function, sink: Sink
) -> dict[str, Argument] | None:
    """Return the arguments of a call by parameter; None after a fault."""
    if function.refuse is not None and function.refuse(node, sink):
        return None
    bound: dict[str, Argument] = {}
    faulty = False
    positional = iter(function.parameters)
    for argument in node.arguments:
        if argument.keyword is None:
            name = next((p for p in positional if p not in bound), None)
            if name is None:
                most = len(function.parameters)
                sink.add(
                    "invalid-argument",
                    argument.span,
                    f"`{function.name}()` takes at most {most} "
                    f"argument{'s' if most > 1 else ''}",
                )
                return None
            if function.keyword is not None and len(bound) >= function.keyword:
                others = [p for p in function.parameters if p not in bound]
                sink.add(
                    "invalid-argument",
                    argument.span,
                    f"a second value has no meaning in `{function.name}()`",
                    f"say what it is: {', '.join(f'`{p}=`' for p in others)}",
                    *_OF_TWO.get(function.name, ()),
                )
                return None
        elif argument.keyword.text in function.parameters:
            name = argument.keyword.text
        else:
            keyword = argument.keyword
            if keyword.text == "levels" and function.name == "C":
                sink.add(
                    "unknown-argument",
                    keyword.span,
                    "`C()` has no argument `levels`",
                    "the levels and their order are said by `factor(x, levels=[...])` "
                    "inside of it, or by `column x: factor(...)`",
                )
                faulty = True
                continue
            given = {a.keyword.text for a in node.arguments if a.keyword is not None}
            free = [p for p in function.parameters if p not in given]
            notes, fix = did_you_mean(keyword.text, free, keyword.span, "arguments")
            message = f"`{function.name}()` has no argument `{keyword.text}`"
            sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)
            faulty = True
            continue
        if name in bound:
            message = f"`{function.name}()` has its argument `{name}` twice"
            sink.add("invalid-argument", argument.span, message)
            faulty = True
            continue
        bound[name] = argument
    absent = [p for p in function.parameters[: function.required] if p not in bound]
    if absent and not faulty:
        named = ", ".join(f"`{p}`" for p in absent)
        message = f"`{function.name}()` needs its argument {named}"
        sink.add("invalid-argument", node.span, message)
    return None if faulty or absent else bound


_OF_TWO: Mapping[str, tuple[str, ...]] = {
    "min": ("the smaller of two columns is `ifelse(a < b, a, b)`",),
    "max": ("the larger of two columns is `ifelse(a > b, a, b)`",),
}


def is_stateful(node: Expr) -> bool:
    """Whether an expression is a call that is computed over rows, not in one."""
    if not isinstance(node, Call):
        return False
    function = FUNCTIONS.get(node.function.text)
    return function is not None and function.stateful


def operands(node: Expr) -> tuple[Expr, ...]:
    """Return the expressions that a node's value is calculated from, in its row."""
    if isinstance(node, Call):
        function = FUNCTIONS.get(node.function.text)
        if function is not None and (function.stateful or function.role == "coding"):
            return ()
    return children(node)
