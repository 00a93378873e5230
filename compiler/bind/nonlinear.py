"""Formulas that are not linear: ``y ~ a * exp(-k * t), nl=true``.

The right side is calculated, not expanded: ``*`` multiplies, there is no intercept
that nobody wrote, and names are columns or parameters that have formulas of their own.
Their predictors are bound as those of distributional parameters are. A formula of a
family's parameter may be so, and that of a parameter of another such formula; all those
of one response calculate with the same parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.nonlinear import is_nonlinear, names_in, names_left
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Formula,
    ModelStatement,
    Name,
    PartStatement,
)
from varying.grammar.walk import left_of_bar, unwrap

from ..data.schema import Schema
from ..families import FAMILIES
from ..families.family import Family
from ..families.link import LINKS, Link
from ..formula.coding import code
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .body import bind_body
from .bound import Body, BoundPredictor, Population
from .groupings import bind_groupings, check_dropped
from .offsets import bind_offsets
from .options import read_options

_RESULTS = "it is a name of something else among the results"
#: What effects are called in a formula of terms.
_EFFECTS = "b"
#: Names that targets of priors and results have already, and what to do.
_TAKEN = dict.fromkeys(("Intercept", "threshold", "sd", "cor", "r", "mu"), _RESULTS)


@dataclass(frozen=True, slots=True)
class Inner:
    """The formula of a parameter that is in the right side of another."""

    name: Name
    formula: Formula


@dataclass(frozen=True, slots=True)
class NonLinear:
    """The formulas of one response that are not linear, and what they are made of.

    Attributes
    ----------
    formulas
        All that are not linear, in the order written.
    main
        That of the response itself; None where it is linear.
    inner
        The parameters that they are made of.
    linear
        The model with the indented formulas that are left: those of the family's
        parameters.
    """

    formulas: tuple[Formula, ...]
    main: Formula | None
    inner: tuple[Inner, ...]
    linear: ModelStatement

    @property
    def misnamed(self) -> bool:
        """Whether a parameter has a name that cannot be one."""
        linear = self.main is None
        return any(not can_be_called(one.name.text, linear) for one in self.inner)

    @property
    def unsaid(self) -> bool:
        """Whether a formula is so that does not say it, which is reported."""
        return not all(map(is_nonlinear, self.formulas))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters, in the order written."""
        return tuple(one.name.text for one in self.inner)

    def has(self, formula: Formula) -> bool:
        """Whether a formula is not linear."""
        return any(one is formula for one in self.formulas)


def main_curve(found: NonLinear | None) -> Formula | None:
    """Return the formula of a response that is not linear; None where it is."""
    return None if found is None else found.main


def can_be_called(name: str, linear: bool) -> bool:
    """Whether a parameter of a formula that is not linear can have a name.

    ``linear`` says that the response has a formula of terms, whose effects are ``b``.
    """
    return _why_not(name, linear) is None


def _why_not(name: str, linear: bool) -> str | None:
    """Return why a parameter cannot have a name; None: it can."""
    if linear and name == _EFFECTS:
        return f"`{name}` are the effects in the formula of the response"
    if name in _TAKEN:
        return _TAKEN[name]
    if "." in name or name_text(name) != name:
        return (
            "it is a name without blanks, dots or other signs: a dot parts a "
            "parameter from what is of it, as in `a.Intercept`"
        )
    return None


def nonlinear(
    model: ModelStatement, family: Family | None, schema: Schema, sink: Sink
) -> NonLinear | None:
    """Return the formulas of a response that are not linear; None: there are none.

    An indented formula is one of the family's if that has such a parameter; else it is
    about a part of what is calculated if its name stands there, or is no column.
    """
    families = [family] if family is not None else list(FAMILIES.values())
    dpars = {dpar.name for one in families for dpar in (*one.mains, *one.dpars)}
    columns = {*schema.columns, *schema.unread}
    response = unwrap(left_of_bar(model.formula.response))
    of = f"{expression_text(response)}."  # `y.sigma` names the response as well
    parts = [part for part in model.body if isinstance(part, PartStatement)]
    every = (model.formula, *(part.formula for part in parts))
    others = {*dpars, *columns, *schema.faulty}
    curves = tuple(
        one for one in every if is_nonlinear(one) or _meant(one, parts, others, sink)
    )
    if not curves:
        return None
    main = model.formula if any(one is model.formula for one in curves) else None
    inside = names_in(curves)
    calculated = {id(curve) for curve in curves}
    found: dict[str, Inner] = {}
    left: list[PartStatement] = []
    for part in parts:
        names = names_left(part.formula.response)
        known = [n for n in names if n.text in inside - dpars]
        unknown = [
            n
            for n in names
            if n.text.removeprefix(of) not in dpars
            and n.text not in {*inside, *columns}
        ]
        if not known and (not unknown or id(part.formula) in calculated):
            left.append(part)
            continue
        for name in names:
            if name.text in found:
                message = f"`{name.text}` has two formulas"
                sink.add("duplicate-part", name.span, message)
            elif _is_inner(name, curves, main is None, dpars, schema, sink):
                found[name.text] = Inner(name, part.formula)
    kept = tuple(s for s in model.body if not isinstance(s, PartStatement) or s in left)
    linear = replace(model, body=kept)
    return NonLinear(curves, main, tuple(found.values()), linear)


def _meant(
    formula: Formula,
    parts: Sequence[PartStatement],
    others: Collection[str],
    sink: Sink,
) -> bool:
    """Report that ``nl=true`` is not said of a formula; whether it is meant.

    It is where names that are nothing else stand in a formula, and have formulas.
    """
    inside = names_in((formula,)) - {*others}
    left = [name for part in parts for name in names_left(part.formula.response)]
    found = [name for name in left if name.text in inside]
    if not found:
        return False
    written = [one for one in formula.options if one.name.text == "nl"]
    values = [unwrap(option.value) for option in written]
    if any(not isinstance(v, Name) or v.text != "false" for v in values):
        return True  # what it says has been reported
    several = len(found) > 1
    names = " and ".join(f"`{name}`" for name in dict.fromkeys(n.text for n in found))
    end = formula.span.end
    edit = Edit(Span(end, end), ", nl=true")
    if written:
        edit = Edit(written[0].value.span, "true")
    sink.add(
        "unknown-parameter",
        found[0].span,
        f"{names} {'are' if several else 'is'} in the formula and "
        f"{'have formulas' if several else 'has a formula'} of "
        f"{'their' if several else 'its'} own, which is for formulas that are not "
        "linear",
        "such a formula says so: it is calculated, and `*` multiplies",
        fix=Fix("write `nl=true`", (edit,)),
    )
    return True


def _is_inner(
    name: Name,
    curves: Sequence[Formula],
    linear: bool,
    dpars: Collection[str],
    schema: Schema,
    sink: Sink,
) -> bool:
    """Whether a name can be a part of what is calculated; else it is reported."""
    text, inside = name.text, names_in(curves)
    why = _why_not(text, linear) if text in inside else None
    if why is not None:
        sink.add(
            "invalid-argument",
            name.span,
            f"a parameter of a formula that is not linear cannot be called `{text}`",
            why,
        )
        return True
    if text in inside and text not in dpars:
        if text in schema.columns or text in schema.unread:
            sink.add(
                "parameter-not-column",
                name.span,
                f"`{text}` is the parameter of the formula here, not the column",
            )
        return True
    known = [one for one in sorted({*inside, *dpars}) if one not in schema.columns]
    notes, fix = did_you_mean(text, known, name.span, "parameters may be")
    sink.add(
        "unknown-parameter",
        name.span,
        f"`{text}` is not in {_shown(curves)}",
        *notes,
        fix=fix,
    )
    return False


def _shown(curves: Sequence[Formula]) -> str:
    texts = [
        f"`{expression_text(one.response)} ~ {expression_text(one.terms)}`"
        for one in curves
    ]
    more = f" or in {', '.join(texts[1:])}" if texts[1:] else ""
    return f"the formula {texts[0]}{more}"


# ---- the parameters ------------------------------------------------------------------


def bind_inner(
    found: NonLinear, family: Family | None, prepared: Prepared, sink: Sink
) -> tuple[tuple[BoundPredictor, ...], bool]:
    """Return the predictors of what formulas are made of, in the order written.

    And whether they are all: False after a fault in one that is calculated itself.
    """
    parts: list[BoundPredictor] = []
    circular = _circular(found, sink)
    whole = not circular
    response = found.linear.formula.response
    told: set[int] = set()
    for one in found.inner:
        # what is said of a formula for several parameters is said once
        own = Sink(sink.source) if id(one.formula) in told else sink
        told.add(id(one.formula))
        _check_no_options(one, own)
        if not found.has(one.formula):
            parts.append(_linear(one, found, family, prepared, own))
            continue
        if one.name.text in circular:
            continue
        body = bind_body(
            one.formula, found.names, response, family, prepared.schema, own
        )
        if body is None:
            whole = False
        else:
            parts.append(calculated(one.name.text, LINKS["identity"], body, inner=True))
    return tuple(parts), whole


def calculated(
    dpar: str, link: Link, body: Body, *, inner: bool = False
) -> BoundPredictor:
    """Return a predictor that is calculated, and is no sum of terms."""
    return BoundPredictor(
        dpar,
        link,
        Population(dpar, intercept=False, centered=False, columns=()),
        (),
        body.expression,
        main=False,
        body=body,
        inner=inner,
    )


def _circular(found: NonLinear, sink: Sink) -> Collection[str]:
    """Report parameters that are made of each other; return them."""
    left = {
        one.name.text: names_in((one.formula,)) & {*found.names}
        for one in found.inner
        if found.has(one.formula)
    }
    while free := [name for name, read in left.items() if left.keys().isdisjoint(read)]:
        left = {name: read for name, read in left.items() if name not in free}
    # what is only made of those in the circle is none of it
    while ends := left.keys() - {name for read in left.values() for name in read}:
        left = {name: read for name, read in left.items() if name not in ends}
    if not left:
        return ()
    first = next(one.name for one in found.inner if one.name.text in left)
    names = " and ".join(f"`{name}`" for name in left)
    sink.add(
        "invalid-argument",
        first.span,
        f"{names} are calculated from each other"
        if len(left) > 1
        else f"{names} is calculated from itself",
        "a formula may calculate with parameters that have formulas of terms, "
        f"`{first.text} ~ 1`, or with what is calculated from those",
    )
    return left.keys()


def _check_no_options(one: Inner, sink: Sink) -> None:
    dpar = one.name.text
    for name, option in read_options(one.formula.options, sink).items():
        if name != "nl":
            sink.add(
                "not-yet",
                option.span,
                f"the option `{name}` of a formula for `{dpar}` is not compiled by "
                "this version",
                f"`{dpar}` is on the scale on which the formula calculates with it: "
                f"`exp({dpar})` makes it positive",
            )


def _linear(
    one: Inner,
    found: NonLinear,
    family: Family | None,
    prepared: Prepared,
    sink: Sink,
) -> BoundPredictor:
    """Return the predictor of a parameter whose terms are added."""
    formula, dpar = one.formula, one.name.text
    schema, response = prepared.schema, found.linear.formula.response
    expansion = expand(formula.terms, response, schema.names, sink)
    check_dropped(expansion, schema, sink)
    empty = not (expansion.terms or expansion.groups or expansion.offsets)
    empty = empty and not expansion.intercept
    if empty:
        sink.add(
            "nothing-to-estimate",
            formula.terms.span,
            f"`{dpar} ~ {expression_text(formula.terms)}` has no term, so `{dpar}` "
            "is 0 in every row",
            f"`{dpar} ~ 1` estimates one number",
        )
    coding = code(expansion.terms, expansion.intercept, schema, sink)
    population = Population(
        dpar=dpar,
        intercept=expansion.intercept or empty,
        centered=expansion.intercept or empty,
        columns=coding.columns,
        offsets=bind_offsets(expansion, schema, sink),
        specials=coding.specials,
        smooths=coding.smooths,
    )
    groupings = bind_groupings(
        expansion.groups, response, prepared, family, sink, dpar, coding.specials
    )
    return BoundPredictor(
        dpar,
        LINKS["identity"],
        population,
        groupings,
        formula.terms,
        main=False,
        inner=True,
    )
