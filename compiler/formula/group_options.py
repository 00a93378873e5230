"""What a grouping factor says beside its columns: ``gr(g, by=f)``, ``mm(g, h)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from varying.grammar.diagnostics import Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Argument, Call, Chain, Expr, Name, String
from varying.grammar.walk import LOGICALS, unwrap

#: How effects of levels are distributed.
EffectsDistribution = Literal["gaussian", "student"]

#: What it may be called.
DISTRIBUTIONS: Mapping[str, EffectsDistribution] = {
    "gaussian": "gaussian",
    "normal": "gaussian",
    "student": "student",
    "student_t": "student",
    "t": "student",
}

_IDS = "an id stands between two bars: `(... |p| g)`"


@dataclass(frozen=True, slots=True)
class MembersText:
    """``mm(g, h, weights=cbind(u, v), scale=FALSE)`` as written.

    Attributes
    ----------
    columns
        The columns whose levels are those of one grouping factor.
    weights
        A weight for each column; none: equal ones.
    scaled
        Whether the weights of a row are divided by their sum.
    """

    columns: tuple[Name, ...]
    weights: tuple[Expr, ...] = ()
    scaled: bool = True


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """The options of a grouping factor.

    Attributes
    ----------
    by
        The factor whose levels have their own variances.
    correlated
        Whether it leaves the correlations of its effects.
    distribution
        Of the effects.
    cov
        The matrix of covariances between levels: a name, or the path of a file.
    members
        Of a grouping factor of which a row has several levels.
    """

    by: Name | None = None
    correlated: bool = True
    distribution: EffectsDistribution = "gaussian"
    cov: Name | String | None = None
    members: MembersText | None = None


class _InvalidOption(Exception):
    """An argument is at fault; already reported."""


def parts_of_group(group: Expr) -> tuple[Expr, ...]:
    """Return the summands of a grouping factor: ``a`` and ``b`` of ``a + b``."""
    node = unwrap(group)
    if isinstance(node, Chain) and set(node.operators) == {"+"}:
        return tuple(part for one in node.operands for part in parts_of_group(one))
    return (group,)


def group_options(group: Expr, sink: Sink) -> GroupOptions | None:
    """Return the options of a grouping factor; None after a fault."""
    node = unwrap(group)
    if not isinstance(node, Call) or node.function.text not in _OPTIONS:
        return GroupOptions()
    known = _OPTIONS[node.function.text]
    found = GroupOptions()
    if node.function.text == "mm":
        columns = _columns(node, sink)
        if columns is None:
            return None
        found = replace(found, members=MembersText(columns))
    given: set[str] = set()
    try:
        for argument in node.arguments:
            if argument.keyword is not None:
                name = argument.keyword.text
                if name in given:
                    message = f"`{name}=` is given twice"
                    sink.add("invalid-argument", argument.span, message)
                    raise _InvalidOption
                given.add(name)
                if name not in known:
                    _unknown(node.function.text, argument.keyword, sink)
                    raise _InvalidOption
                found = known[name](found, argument, sink)
    except _InvalidOption:
        return None
    return None if _together(found, group, sink) else found


def _together(found: GroupOptions, group: Expr, sink: Sink) -> bool:
    """Report options that do not go together; whether there are such."""
    if found.by is None or (found.distribution == "gaussian" and found.cov is None):
        return False
    other = "cov=" if found.cov is not None else "dist=student"
    sink.add(
        "not-yet",
        group.span,
        f"`by=` with `{other}` is not compiled by this version",
        "until then: one of them",
    )
    return True


def _columns(call: Call, sink: Sink) -> tuple[Name, ...] | None:
    """Return the columns of ``mm()``; None after a fault."""
    values = [one.value for one in call.arguments if one.keyword is None]
    found = []
    for value in values:
        node = unwrap(value)
        if not isinstance(node, Name):
            sink.add(
                "invalid-group",
                value.span,
                f"`{expression_text(value)}` is no column of levels",
                "`mm()` takes columns: `mm(g1, g2)`",
            )
            return None
        found.append(node)
    names = [one.text for one in found]
    if len(found) > 1 and len({*names}) == len(names):
        return tuple(found)
    if len(found) > 1:
        twice = next(name for name in names if names.count(name) > 1)
        sink.add("invalid-group", call.span, f"`mm()` has `{twice}` twice")
        return None
    sink.add(
        "invalid-group",
        call.span,
        "`mm()` pools the levels of several columns",
        "with one column it is a grouping factor as others: `(1 | g)`",
        fix=Fix.write(call.span, name_text(names[0])) if names else None,
    )
    return None


def _unknown(function: str, keyword: Name, sink: Sink) -> None:
    options = tuple(_OPTIONS[function])
    notes, fix = did_you_mean(keyword.text, options, keyword.span, "arguments")
    if keyword.text == "id":
        notes, fix = (_IDS,), None
    message = f"`{function}()` has no argument `{keyword.text}`"
    sink.add("unknown-argument", keyword.span, message, *notes, fix=fix)


# ---- options -------------------------------------------------------------------------

_OptionReader = Callable[[GroupOptions, Argument, Sink], GroupOptions]


def _logical(argument: Argument, sink: Sink) -> bool:
    value = unwrap(argument.value)
    if isinstance(value, Name) and value.text in LOGICALS and not value.quoted:
        return LOGICALS[value.text] == 1.0
    assert argument.keyword is not None
    sink.add(
        "invalid-argument",
        argument.value.span,
        f"`{argument.keyword.text}=` is `TRUE` or `FALSE`",
    )
    raise _InvalidOption


def _cor(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    return replace(found, correlated=_logical(argument, sink))


def _by(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    value = unwrap(argument.value)
    if found.members is not None:
        sink.add(
            "not-yet",
            argument.span,
            "`by=` of `mm()` is not compiled by this version",
            "until then: levels that all have the same standard deviations",
        )
        raise _InvalidOption
    if isinstance(value, Name) and (value.quoted or value.text not in LOGICALS):
        return replace(found, by=value)
    sink.add(
        "invalid-group",
        argument.value.span,
        f"`by=` takes one factor: `{expression_text(argument.value)}` is none",
        "give it a name before the formula: `let f = ...`",
    )
    raise _InvalidOption


def _dist(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    value = unwrap(argument.value)
    text = value.text if isinstance(value, Name | String) else ""
    if text in DISTRIBUTIONS:
        return replace(found, distribution=DISTRIBUTIONS[text])
    notes, fix = did_you_mean(text, tuple(DISTRIBUTIONS), value.span, "there are")
    sink.add(
        "invalid-argument",
        argument.value.span,
        f"`dist={expression_text(argument.value)}` is no distribution of group effects",
        *notes,
        fix=fix,
    )
    raise _InvalidOption


def _cov(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    value = unwrap(argument.value)
    if isinstance(value, Name | String):
        return replace(found, cov=value)
    sink.add(
        "invalid-argument",
        argument.value.span,
        f"`cov=` takes a matrix by its name or file: "
        f"`{expression_text(argument.value)}` is none",
        'written `cov=A`, or `cov="A.csv"`',
    )
    raise _InvalidOption


def _weights(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    value = unwrap(argument.value)
    assert found.members is not None
    count = len(found.members.columns)
    if isinstance(value, Call) and value.function.text == "cbind":
        weights = tuple(one.value for one in value.arguments if one.keyword is None)
        if len(weights) == len(value.arguments) == count:
            return replace(found, members=replace(found.members, weights=weights))
    listed = ", ".join(f"w{number + 1}" for number in range(count))
    sink.add(
        "invalid-argument",
        argument.value.span,
        f"`weights=` takes a weight for each of the {count} columns of `mm()`",
        f"written `weights=cbind({listed})`",
    )
    raise _InvalidOption


def _scale(found: GroupOptions, argument: Argument, sink: Sink) -> GroupOptions:
    assert found.members is not None
    scaled = _logical(argument, sink)
    return replace(found, members=replace(found.members, scaled=scaled))


_OF_BOTH: Mapping[str, _OptionReader] = {
    "by": _by,
    "cor": _cor,
    "cov": _cov,
    "dist": _dist,
}

#: By function, what it takes beside columns.
_OPTIONS: Mapping[str, Mapping[str, _OptionReader]] = {
    "gr": _OF_BOTH,
    "mm": {**_OF_BOTH, "weights": _weights, "scale": _scale},
}
