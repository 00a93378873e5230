"""Formulas that are not linear: ``y ~ a * exp(-k * t), nl=true``.

The right side is calculated, not expanded: ``*`` multiplies, there is no intercept
that nobody wrote, and names are columns or parameters that have formulas of their own.
Their predictors are bound as those of distributional parameters are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.nonlinear import is_nonlinear, names_in_parts, names_left
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Formula,
    ModelStatement,
    Name,
    PartStatement,
)
from varying.grammar.walk import (
    column_names,
    unwrap,
)

from ..data.schema import Schema
from ..families import FAMILIES
from ..families.family import Family
from ..families.link import LINKS
from ..formula.coding import code
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .bound import BoundPredictor, Population
from .groupings import bind_groupings, check_dropped
from .offsets import bind_offsets
from .options import read_options

_RESULTS = "it is a name of something else among the results"
#: Names that targets of priors and results have already, and what to do.
_TAKEN = dict.fromkeys(("Intercept", "threshold", "sd", "cor", "r", "mu"), _RESULTS)


@dataclass(frozen=True, slots=True)
class Inner:
    """The formula of a parameter that is in the right side of another."""

    name: Name
    formula: Formula


@dataclass(frozen=True, slots=True)
class NonLinear:
    """A formula that is not linear, and those of what it is made of."""

    formula: Formula
    inner: tuple[Inner, ...]
    linear: ModelStatement

    @property
    def misnamed(self) -> bool:
        """Whether a parameter has a name that cannot be one."""
        return any(not can_be_called(one.name.text) for one in self.inner)

    @property
    def names(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset(one.name.text for one in self.inner)


def can_be_called(name: str) -> bool:
    """Whether a parameter of a formula that is not linear can have a name."""
    return name not in _TAKEN and "." not in name and name_text(name) == name


def nonlinear(
    model: ModelStatement, family: Family | None, schema: Schema, sink: Sink
) -> NonLinear | None:
    """Return the formulas of a model that is not linear; None of one that is.

    ``linear`` is the model with the indented formulas that are left: those of the
    family's parameters. An indented formula is one of the family's if that has such a
    parameter; else it is one of the right side's if its name stands there, or is no
    column.
    """
    inside = {name.text for name in column_names(model.formula.terms)}
    families = [family] if family is not None else list(FAMILIES.values())
    dpars = {dpar.name for one in families for dpar in one.dpars}
    columns = {*schema.columns, *schema.unread}
    if not is_nonlinear(model.formula) and not _meant(
        model, inside - {*dpars, *columns, *schema.faulty}, sink
    ):
        return None
    found: dict[str, Inner] = {}
    left: list[PartStatement] = []
    in_parts = names_in_parts(model)
    for part in model.body:
        if not isinstance(part, PartStatement):
            continue
        names = names_left(part.formula.response)
        known = [n for n in names if n.text in inside - dpars]
        unknown = [n for n in names if n.text not in {*inside, *dpars, *columns}]
        later = {n.text for n in unknown} <= in_parts
        if not known and (later or not inside):
            left.append(part)
            continue
        for name in names:
            if name.text in found:
                message = f"`{name.text}` has two formulas"
                sink.add("duplicate-part", name.span, message)
            elif _is_inner(name, model, inside, dpars, schema, sink):
                found[name.text] = Inner(name, part.formula)
    kept = tuple(s for s in model.body if not isinstance(s, PartStatement) or s in left)
    return NonLinear(model.formula, tuple(found.values()), replace(model, body=kept))


def _meant(model: ModelStatement, unknown: Collection[str], sink: Sink) -> bool:
    """Report that ``nl=true`` is not said; whether it is meant.

    It is where names that are no columns stand in a formula, and have formulas.
    """
    parts = [part for part in model.body if isinstance(part, PartStatement)]
    left = [name for part in parts for name in names_left(part.formula.response)]
    found = [name for name in left if name.text in unknown]
    if not found:
        return False
    written = [one for one in model.formula.options if one.name.text == "nl"]
    values = [unwrap(option.value) for option in written]
    if any(not isinstance(v, Name) or v.text != "false" for v in values):
        return True  # what it says has been reported
    several = len(found) > 1
    names = " and ".join(f"`{name}`" for name in dict.fromkeys(n.text for n in found))
    end = model.formula.span.end
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
    model: ModelStatement,
    inside: Collection[str],
    dpars: Collection[str],
    schema: Schema,
    sink: Sink,
) -> bool:
    """Whether a name can be a parameter of the right side; else it is reported."""
    text = name.text
    if text in inside and not can_be_called(text):
        sink.add(
            "invalid-argument",
            name.span,
            f"a parameter of a formula that is not linear cannot be called `{text}`",
            _TAKEN[text]
            if text in _TAKEN
            else "it is a name without blanks, dots or other signs: a dot parts a "
            "parameter from what is of it, as in `a.Intercept`",
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
    known = [name for name in inside if name not in schema.columns]
    notes, fix = did_you_mean(text, known, name.span, "its parameters may be")
    sink.add(
        "unknown-parameter",
        name.span,
        f"`{text}` is not in the formula `{_shown(model.formula)}`",
        *notes,
        fix=fix,
    )
    return False


def _shown(formula: Formula) -> str:
    left, right = expression_text(formula.response), expression_text(formula.terms)
    return f"{left} ~ {right}"


# ---- the parameters ------------------------------------------------------------------


def bind_inner(
    found: NonLinear, family: Family | None, prepared: Prepared, sink: Sink
) -> tuple[BoundPredictor, ...]:
    """Return the predictors of what a formula is made of, in the order written."""
    schema, response = prepared.schema, found.formula.response
    parts = []
    told: set[int] = set()
    for one in found.inner:
        formula, dpar = one.formula, one.name.text
        # what is said of a formula for several parameters is said once
        own = Sink(sink.source) if id(formula) in told else sink
        told.add(id(formula))
        for name, option in read_options(formula.options, own).items():
            own.add(
                "not-yet",
                option.span,
                f"the option `{name}` of a formula for `{dpar}` is not compiled by "
                "this version",
                f"`{dpar}` is on the scale on which the formula calculates with it: "
                f"`exp({dpar})` makes it positive",
            )
        expansion = expand(formula.terms, response, schema.names, own)
        check_dropped(expansion, schema, own)
        empty = not (expansion.terms or expansion.groups or expansion.offsets)
        empty = empty and not expansion.intercept
        if empty:
            own.add(
                "nothing-to-estimate",
                formula.terms.span,
                f"`{dpar} ~ {expression_text(formula.terms)}` has no term, so `{dpar}` "
                "is 0 in every row",
                f"`{dpar} ~ 1` estimates one number",
            )
        coding = code(expansion.terms, expansion.intercept, schema, own)
        population = Population(
            dpar=dpar,
            intercept=expansion.intercept or empty,
            centered=expansion.intercept or empty,
            columns=coding.columns,
            offsets=bind_offsets(expansion, schema, own),
            specials=coding.specials,
            smooths=coding.smooths,
        )
        groupings = bind_groupings(
            expansion.groups,
            response,
            prepared,
            family,
            own,
            dpar,
            coding.specials,
        )
        parts.append(
            BoundPredictor(
                dpar,
                LINKS["identity"],
                population,
                groupings,
                formula.terms,
                main=False,
                inner=True,
            )
        )
    return tuple(parts)
