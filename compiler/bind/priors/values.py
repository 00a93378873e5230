"""What stands right of ``~`` or ``=`` in a prior: a distribution or a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.elsewhere.tables import DISTRIBUTIONS as ELSEWHERE
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import Argument, Call, Expr, ListExpr, Name, PriorStatement
from varying.grammar.walk import plain_number, unwrap

from ...distributions.table import (
    DISTRIBUTIONS,
    PLANNED,
    REAL,
    SPECIAL,
    SPELLINGS,
    Bounds,
    Distribution,
)
from ..bound import PriorText
from .constants import SUPPORTS, constant, line_of, report_constant, target_text
from .scalars import CORRELATIONS, Scalar

#: How to write what is not compiled by that name.
_INSTEAD: Mapping[str, tuple[str, ...]] = {
    "interpolated": ("`kumaraswamy`, `skew_normal` or `student_t` may come near it",),
    "polya_gamma": ("`gamma` has a shape that is near it",),
}


def read_prior(
    statement: PriorStatement, scalar: Scalar | None, sink: Sink
) -> PriorText | None:
    """Return the prior that a statement gives a parameter; None after a fault.

    Without a parameter (its name is at fault) the prior is checked by itself.
    """
    value = unwrap(statement.value)
    if statement.operator == "=":
        return constant(statement, value, scalar, sink)
    match value:
        case Call(function=function, arguments=arguments):
            pass
        case Name():
            function, arguments = value, ()
        case _:
            help = "write one as `normal(0, 1)`"
            if plain_number(value) is not None:
                help = "to fix a parameter at a number write `=`"
            sink.add(
                "unknown-distribution",
                statement.value.span,
                f"`{expression_text(statement.value)}` is no distribution",
                help,
            )
            return None
    if function.text in SPECIAL:
        return _special(statement, function, arguments, scalar, sink)
    if function.text in PLANNED:
        sink.add(
            "not-yet",
            function.span,
            f"the distribution `{function.text}` is not compiled by this version",
            *_INSTEAD.get(function.text, ()),
        )
        return None
    if function.text in _CUT:
        _report_cut(function, arguments, value, sink)
        return None
    if function.text == "constant":
        report_constant(statement, function, arguments, sink)
        return None
    if function.text not in SPELLINGS and function.text in ELSEWHERE:
        better, _ = ELSEWHERE[function.text]
        unsure = function.text == "N"  # whose second number may be a variance
        sink.add(
            "unknown-distribution",
            function.span,
            f"the distribution `{function.text}` is called `{better}` here",
            *(("its second number is the standard deviation",) if unsure else ()),
            fix=Fix(
                f"write `{better}`", (Edit(function.span, better),), safe=not unsure
            ),
        )
        return None
    if function.text not in SPELLINGS:
        known = (*SPELLINGS, *SPECIAL, *PLANNED)
        notes, fix = did_you_mean(function.text, known, function.span, "distributions")
        if fix is None:
            notes = (f"distributions: {', '.join(DISTRIBUTIONS)}",)
        sink.add(
            "unknown-distribution",
            function.span,
            f"there is no distribution `{function.text}`",
            *notes,
            fix=fix,
        )
        return None
    row = DISTRIBUTIONS[SPELLINGS[function.text]]
    vector = _vector(row, arguments, sink)
    if vector is None:
        return None
    arguments, each = vector
    given = _arguments(row, arguments, function, sink)
    if given is None:
        return None
    prior = _bounded(statement, row, given, sink)
    prior = None if prior is None else replace(prior, each=each)
    if prior is None or scalar is None:
        return None
    if not _fits(statement, row, prior, scalar, function.span, sink):
        return None
    return prior


#: What PyMC calls a normal distribution between bounds.
_CUT = frozenset({"truncated_normal", "TruncatedNormal"})
_CUT_ARGUMENTS = {"mu": "", "sigma": "", "lower": "lb=", "upper": "ub="}


def _report_cut(
    function: Name, arguments: tuple[Argument, ...], value: Expr, sink: Sink
) -> None:
    """Say how ``truncated_normal(mu, sigma, lower, upper)`` is written here."""
    order = tuple(_CUT_ARGUMENTS)
    places = [
        order.index(one.keyword.text)
        if one.keyword is not None and one.keyword.text in order
        else place
        for place, one in enumerate(arguments)
    ]
    texts = {
        place: sink.source.slice(one.value.span)
        for place, one in zip(places, arguments, strict=True)
    }
    whole = len(texts) == len(arguments) and {0, 1} <= texts.keys() <= {*range(4)}
    listed = (
        [f"{_CUT_ARGUMENTS[order[at]]}{texts[at]}" for at in sorted(texts)]
        if whole
        else []
    )
    better = f"normal({', '.join(listed)})"
    sink.add(
        "unknown-distribution",
        function.span,
        f"`{function.text}` is `normal` with bounds here",
        "its bounds are `lb=` and `ub=`: `normal(0, 1, lb=0)`",
        fix=Fix.write(value.span, better, safe=True) if listed else None,
    )


def _of(scalar: Scalar) -> str:
    """Return ``sigma.`` for what is a part of sigma."""
    return scalar.kind.removesuffix(scalar.base)


def _special(
    statement: PriorStatement,
    function: Name,
    arguments: tuple[Argument, ...],
    scalar: Scalar | None,
    sink: Sink,
) -> PriorText | None:
    if function.text != "lkj":
        sink.add(
            "not-yet",
            function.span,
            f"`{function.text}()` is not compiled by this version",
            "until then: `student_t(3, 0, s)` or `laplace(0, s)` draws small effects "
            "towards 0, and leaves large ones; `s` is the size of those expected",
        )
        return None
    if scalar is not None and scalar.base not in CORRELATIONS:
        sink.add(
            "prior-support",
            function.span,
            f"`lkj` is for correlations, not for `{target_text(statement)}`",
            f"correlations are the target `{_of(scalar)}cor[group]`",
        )
        return None
    given = [plain_number(a.value) for a in arguments]
    keyword = arguments[0].keyword if arguments else None
    if keyword is not None and keyword.text != "eta":
        notes, fix = did_you_mean(keyword.text, ("eta",), keyword.span, "`lkj` takes")
        message = f"`lkj` has no argument `{keyword.text}`"
        sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)
        return None
    eta = given[0] if len(given) == 1 else None
    if eta is None or not 0 < eta < math.inf:
        sink.add(
            "invalid-argument",
            arguments[0].value.span if len(arguments) == 1 else statement.value.span,
            "`lkj(eta)` takes one positive number",
            "`lkj(1)` is flat over correlation matrices, `lkj(2)` the default",
        )
        return None
    return PriorText(
        "lkj",
        (("eta", eta),),
        expression_text(statement.value),
        line_of(statement, sink),
        span=statement.span,
    )


# ---- arguments -----------------------------------------------------------------------


def _vector(
    row: Distribution, arguments: tuple[Argument, ...], sink: Sink
) -> tuple[tuple[Argument, ...], tuple[float, ...]] | None:
    """Return the arguments with a number for a list, and the numbers of that list.

    Only ``dirichlet`` takes one: ``dirichlet([2, 1, 1])``. None after a fault.
    """
    if row.name != "dirichlet" or not arguments:
        return arguments, ()
    first, node = arguments[0], unwrap(arguments[0].value)
    if isinstance(node, Call) and node.function.text == "c":
        texts = [sink.source.slice(argument.span) for argument in node.arguments]
        listed = f"[{', '.join(texts)}]"
        sink.add(
            "invalid-argument",
            first.value.span,
            f"a list is written `{listed}`",
            fix=Fix.write(first.value.span, listed, safe=True),
        )
        return None
    if not isinstance(node, ListExpr):
        return arguments, ()
    numbers = [plain_number(item) for item in node.items]
    each = tuple(n for n in numbers if n is not None and 0.0 < n < math.inf)
    if not each or len(each) < len(numbers):
        sink.add(
            "invalid-argument",
            first.value.span,
            "the numbers of `dirichlet` must be positive, one for each step",
        )
        return None
    whole = replace(first, value=node.items[0])
    return (whole, *arguments[1:]), each


def _arguments(
    row: Distribution,
    arguments: tuple[Argument, ...],
    function: Name,
    sink: Sink,
) -> dict[str, float] | None:
    """Return the numbers by name, ``lb`` and ``ub`` among them; None on a fault."""
    names = [argument.name for argument in row.arguments]
    domains = {argument.name: argument.domain for argument in row.arguments}
    given: dict[str, float] = {}
    faults = 0
    # What is given by keyword leaves the others to those by position.
    by_keyword = {a.keyword.text for a in arguments if a.keyword is not None}
    free = [name for name in names if name not in by_keyword]
    for argument in arguments:
        name = _name_of(argument, row, free, sink)
        if name is None:
            faults += 1
            continue
        number = plain_number(argument.value)
        low, high = domains.get(name, REAL)
        message = ""
        if name in given:
            message = f"`{name}` of `{row.name}` is given twice"
        elif number is None:
            text = expression_text(argument.value)
            message = f"`{name}` of `{row.name}` must be a number, not `{text}`"
        elif not math.isfinite(number):
            message = f"`{name}` of `{row.name}` must be finite"
        elif not low < number < high:
            message = f"`{name}` of `{row.name}` must be {SUPPORTS[low, high]}"
        if message:
            sink.add("invalid-argument", argument.value.span, message)
            faults += 1
        given[name] = math.nan if number is None else number
    missing = [
        a.name for a in row.arguments if a.name not in given and a.default is None
    ]
    if missing and not faults:
        sink.add(
            "invalid-argument",
            function.span,
            f"`{row.name}` needs {', '.join(f'`{name}`' for name in missing)}",
            f"it is `{row.name}({', '.join(names)})`",
        )
    if missing or faults:
        return None
    for default in row.arguments:
        if default.default is not None:
            given.setdefault(default.name, default.default)
    return given


def _name_of(
    argument: Argument, row: Distribution, free: list[str], sink: Sink
) -> str | None:
    """Return which argument this is; ``free`` are those left to positions."""
    names = [known.name for known in row.arguments]
    if argument.keyword is not None:
        name, known = argument.keyword.text, (*names, "lb", "ub")
        if name in known:
            return name
        # `sd=` for `sigma=`, as in R
        synonyms = {"sd": "sigma", "mean": "mu", "scale": "sigma", "df": "nu"}
        synonyms |= {"lam": "rate", "shape": "alpha", "loc": "mu"}
        wanted = synonyms.get(name, name)
        notes, fix = did_you_mean(
            wanted, known, argument.keyword.span, f"`{row.name}` takes"
        )
        message = f"`{row.name}` has no argument `{name}`"
        sink.add("unknown-argument", argument.keyword.span, message, *notes, fix=fix)
        return None
    if free:
        return free.pop(0)
    takes = f"at most {len(names)}: {', '.join(names)}" if names else "no argument"
    sink.add(
        "invalid-argument",
        argument.span,
        f"`{row.name}` takes {takes}",
        "bounds are given by name: `lb=0`, `ub=1`",
    )
    return None


def _bounded(
    statement: PriorStatement, row: Distribution, given: dict[str, float], sink: Sink
) -> PriorText | None:
    """Return the prior by itself, its bounds checked."""
    lower, upper = given.get("lb"), given.get("ub")
    span = statement.value.span
    message = ""
    if row.name == "uniform" and not given["lower"] < given["upper"]:
        message = "`lower` of `uniform` must be below `upper`"
    elif row.name == "triangular" and not (
        given["lower"] < given["c"] < given["upper"]
    ):
        message = "`c` of `triangular` must be between `lower` and `upper`"
    elif (lower is not None or upper is not None) and not row.can_be_cut:
        message = f"`{row.name}` takes neither `lb` nor `ub`"
    elif lower is not None and upper is not None and lower >= upper:
        message = "`lb` must be below `ub`"
    if not message:
        low, high = _within(row.bounds(given), lower, upper)
        if low >= high:
            message = f"the bounds leave nothing of `{row.name}`"
    if message:
        sink.add("invalid-argument", span, message)
        return None
    return PriorText(
        row.name,
        tuple((a.name, given[a.name]) for a in row.arguments),
        _in_full(statement.value, row, given),
        line_of(statement, sink),
        lower,
        upper,
        span=statement.span,
    )


def _in_full(value: Expr, row: Distribution, given: dict[str, float]) -> str:
    """Return a prior as written, or with the arguments that were left out."""
    arguments = value.arguments if isinstance(value, Call) else ()
    names = [argument.keyword.text for argument in arguments if argument.keyword]
    written = len(arguments) - sum(name in ("lb", "ub") for name in names)
    if written >= len(row.arguments):
        return expression_text(value)
    inside = [f"{given[a.name]:g}" for a in row.arguments]
    inside += [f"{name}={given[name]:g}" for name in ("lb", "ub") if name in given]
    return f"{row.name}({', '.join(inside)})"


def _within(bounds: Bounds, lower: float | None, upper: float | None) -> Bounds:
    low = bounds[0] if lower is None else max(bounds[0], lower)
    return low, bounds[1] if upper is None else min(bounds[1], upper)


# ---- whether it fits its parameter ---------------------------------------------------


def _fits(
    statement: PriorStatement,
    row: Distribution,
    prior: PriorText,
    scalar: Scalar,
    function: Span,
    sink: Sink,
) -> bool:
    low, high = _within(row.bounds(dict(prior.arguments)), prior.lower, prior.upper)
    if scalar.base in CORRELATIONS:
        sink.add(
            "prior-support",
            function,
            f"correlations take `lkj(eta)`, not `{row.name}`",
            "`lkj(1)` is flat over correlation matrices, `lkj(2)` the default",
        )
    elif not row.proper and scalar.base != "b":
        sink.add(
            "prior-support",
            function,
            f"`{row.name}` is improper: only `b` may have it, not "
            f"`{target_text(statement)}`",
        )
    elif row.name == "dirichlet" and scalar.size == 1 and scalar.base != "threshold":
        sink.add(
            "prior-support",
            function,
            "`dirichlet` is for `threshold`, for `simo`, the steps of `mo()`, and for "
            f"`sbhaz` of `cox`, not for `{target_text(statement)}`",
        )
    elif row.name == "dirichlet" and prior.each and scalar.base == "threshold":
        sink.add(
            "not-yet",
            statement.value.span,
            "a number for each category of `dirichlet` is not compiled by this version",
            "one number is for all of them: `dirichlet(1)`",
        )
    elif row.name == "dirichlet" and len(prior.each) not in (0, scalar.size):
        sink.add(
            "invalid-argument",
            statement.value.span,
            f"`{scalar.target}` has {scalar.size} "
            f"{'steps' if scalar.base == 'simo' else 'shares'}, and "
            f"{len(prior.each)} numbers are given",
            "one number is for all of them: `dirichlet(1)`",
        )
    elif row.name == "dirichlet":
        return True
    elif scalar.size > 1:
        sink.add(
            "prior-support",
            function,
            f"`{target_text(statement)}` are shares that add up to 1: they take "
            f"`dirichlet`, not `{row.name}`",
            "`dirichlet(1)` has all shapes equally likely, `dirichlet([2, 1, 1])` a "
            f"larger first {'step' if scalar.base == 'simo' else 'share'}",
        )
    elif scalar.base.startswith("threshold") and (low, high) != REAL:
        sink.add(
            "not-yet",
            statement.value.span,
            "a prior of thresholds with bounds is not compiled by this version",
        )
    elif low < scalar.support[0] or high > scalar.support[1]:
        _too_wide(statement, row, prior, scalar, sink)
    else:
        return True
    return False


def _too_wide(
    statement: PriorStatement,
    row: Distribution,
    prior: PriorText,
    scalar: Scalar,
    sink: Sink,
) -> None:
    low, high = scalar.support
    better = _narrowed(row, prior, low) if math.isinf(high) and low >= 0 else None
    notes: tuple[str, ...] = ()
    fix = None
    if better is not None:
        notes = (f"write `{better}`",)
        fix = Fix(notes[0], (Edit(statement.value.span, better),))
    sink.add(
        "prior-support",
        statement.value.span,
        f"`{target_text(statement)}` is {SUPPORTS[scalar.support]}, "
        f"but `{prior.text}` is wider",
        *notes,
        fix=fix,
    )


def _narrowed(row: Distribution, prior: PriorText, start: float) -> str | None:
    """Return the prior cut off below, as it would be written; None if all is cut."""
    given = dict(prior.arguments)
    prior = replace(prior, lower=start)
    low, high = _within(row.bounds(given), prior.lower, prior.upper)
    if low >= high:
        return None
    half = DISTRIBUTIONS.get(f"half_{row.name}")
    if row.name == "uniform":
        return f"uniform({start:g}, {high:g})"
    if half is not None and start == 0 and given.get("mu") == 0 and prior.upper is None:
        inside = [f"{given[a.name]:g}" for a in half.arguments]
        return f"{half.name}({', '.join(inside)})"
    inside = [f"{given[a.name]:g}" for a in row.arguments]
    inside.append(f"lb={start:g}")
    if prior.upper is not None:
        inside.append(f"ub={prior.upper:g}")
    return f"{row.name}({', '.join(inside)})"
