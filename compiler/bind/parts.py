"""Formulas of distributional parameters: ``sigma ~ cs + (1 | subj)``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from varying.grammar.diagnostics import Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Expr, ModelStatement, Name, PartStatement
from varying.grammar.walk import left_of_bar, unwrap

from ..data.schema import Schema
from ..expressions.elsewhere import NON_LINEAR, names_joined
from ..families import FAMILIES
from ..families.family import Dpar, Family
from ..families.link import FITTING
from ..formula.coding import code
from ..formula.terms import expand
from ..prepare.rows import Prepared
from .body import bind_body
from .bound import BoundPredictor, Population
from .groupings import bind_groupings, check_dropped
from .nonlinear import NonLinear, calculated
from .offsets import bind_offsets
from .options import chosen_link, read_options


def bind_parts(
    model: ModelStatement,
    curves: NonLinear | None,
    family: Family | None,
    prepared: Prepared,
    sink: Sink,
) -> tuple[tuple[BoundPredictor, ...], bool]:
    """Return the predictors beside the main one, in the order of the family.

    Parameters
    ----------
    model
        The model whose indented formulas they are.
    curves
        The formulas that are not linear; None: there are none.
    family
        None if its name is at fault: then nothing is known of its parameters.
    prepared
        The rows used.
    sink
        Takes the faults.

    Returns
    -------
    The parts, and whether they are all: False after a fault.
    """
    statements = [part for part in model.body if isinstance(part, PartStatement)]
    if family is None:
        return (), not statements
    found: dict[str, BoundPredictor] = {}
    whole = True
    for statement in statements:
        part = _part(statement, model, curves, family, prepared, sink)
        if part is None:
            whole = False
        elif part.dpar in found:
            sink.add(
                "duplicate-part",
                statement.formula.response.span,
                f"`{part.dpar}` has two formulas",
            )
        else:
            found[part.dpar] = part
    known = dict.fromkeys(one.name for one in (*family.mains, *family.dpars))
    order = [name for name in known if name in found]
    return tuple(found[name] for name in order), whole


def _part(
    statement: PartStatement,
    model: ModelStatement,
    curves: NonLinear | None,
    family: Family,
    prepared: Prepared,
    sink: Sink,
) -> BoundPredictor | None:
    formula, schema = statement.formula, prepared.schema
    dpar = _dpar(formula.response, model, family, schema, sink)
    if dpar is None:
        return None
    options = read_options(formula.options, sink)
    curve = curves is not None and curves.has(formula)
    for name, option in options.items():
        if name not in ("link", "nl"):
            sink.add(
                "unknown-option",
                option.name.span,
                f"`{name}` is an option of the formula of the response, and this one "
                f"is of `{dpar.name}`",
                f"here there is `link=`: {', '.join(FITTING[dpar.link])}",
            )
    # what is 1 where its columns are 0 has its own link alone
    fixed = (dpar.fixed is not None and not curve) or family.is_main(dpar.name)
    links = (dpar.link,) if fixed else FITTING[dpar.link]
    default = dpar.default_link or dpar.link
    link = chosen_link(options, dpar.name, links, (), sink, default)
    if link is None:
        return None
    response = model.formula.response
    if curves is not None and curve:
        body = bind_body(formula, curves.names, response, family, schema, sink)
        return None if body is None else calculated(dpar.name, link, body)
    expansion = expand(formula.terms, response, schema.names, sink)
    check_dropped(expansion, schema, sink)
    intercept = expansion.intercept
    if dpar.fixed is not None:
        intercept = False
        if not (expansion.terms or expansion.groups or expansion.offsets):
            sink.add(
                "fixed-scale",
                formula.terms.span,
                f"`{dpar.name}` has no intercept: the scale is fixed at "
                f"{dpar.name} = {dpar.fixed:g}",
                f"`{dpar.name} ~ x` says how it differs along x",
            )
            return None
    # without an intercept of its own the coding is as if there were one: what is
    # fixed takes its place
    coded = expansion.intercept or dpar.fixed is not None
    found = code(expansion.terms, coded, schema, sink)
    population = Population(
        dpar=dpar.name,
        intercept=intercept,
        centered=intercept,
        columns=found.columns,
        offsets=bind_offsets(expansion, schema, sink),
        specials=found.specials,
        smooths=found.smooths,
    )
    groupings = bind_groupings(
        expansion.groups,
        response,
        prepared,
        family,
        sink,
        dpar.name,
        population.specials,
    )
    return BoundPredictor(
        dpar.name,
        link,
        population,
        groupings,
        formula.terms,
        main=False,
        fixed=dpar.fixed is not None,
    )


def _behind(
    text: str, responses: Sequence[str], known: Collection[str]
) -> tuple[str, str] | None:
    """Return the response and the parameter of ``sigma_y``, as brms calls it."""
    for of in dict.fromkeys(responses):
        for name in known:
            own = {of, re.sub(r"[._]", "", of)}
            if any(text in (f"{name}_{one}", f"{one}_{name}") for one in own):
                return of, name
    return None


def _report_left(
    left: Expr, text: str, family: Family, schema: Schema, sink: Sink
) -> None:
    """Report a left side that is no parameter: several of them, or a response."""
    names = names_joined(left)
    columns = {*schema.columns, *schema.unread}
    dpars = {dpar.name for one in FAMILIES.values() for dpar in one.dpars}
    if names and not columns & set(names):
        known = [name for name in names if name in dpars]
        sink.add(
            "unknown-parameter",
            left.span,
            f"`{text}` are several parameters: each has a line of its own",
            f"written {', '.join(f'`{name} ~ ...`' for name in names)}"
            if len(known) == len(names)
            else NON_LINEAR,
        )
        return
    sink.add(
        "not-yet",
        left.span,
        f"`{text}` as a further response is not compiled by this version",
        f"until then, a model of its own: `model b: {text} ~ ...`",
    )


def _dpar(
    left: Expr, model: ModelStatement, family: Family, schema: Schema, sink: Sink
) -> Dpar | None:
    """Return the parameter that a left side names; None after a fault."""
    known = {dpar.name: dpar for dpar in (*family.mains, *family.dpars)}
    known = {name: dpar for name, dpar in known.items() if not dpar.within}
    node = unwrap(left)
    text = node.text if isinstance(node, Name) else expression_text(node)
    if isinstance(node, Name):
        # `y.sigma` names the response as well
        whole = unwrap(left_of_bar(model.formula.response))
        response = whole.text if isinstance(whole, Name) else expression_text(whole)
        name = text.removeprefix(f"{response}.")
        if name in known:
            if text in schema.columns or text in schema.unread:
                sink.add(
                    "parameter-not-column",
                    node.span,
                    f"`{text}` is the parameter of {family.shown} here, not the column",
                )
            return known[name]
        within = [dpar.partial for dpar in family.dpars if dpar.within == name]
        if within:
            what, prior = "shares that add up to 1, and have", "dirichlet(1)"
            if within[0]:
                what, prior = "correlations, and have", "lkj(2)"
            sink.add(
                "unknown-parameter",
                node.span,
                f"`{text}` are {what} no formula",
                f"their prior is `prior {text} ~ {prior}`",
            )
            return None
    if not isinstance(node, Name) or text in schema.columns:
        _report_left(left, text, family, schema, sink)
        return None
    others = [f.name for f in FAMILIES.values() if text in {d.name for d in f.dpars}]
    joined = _behind(text, [response, *schema.names], known)
    if joined is not None:
        of, name = joined
        notes: tuple[str, ...] = (f"it is written `{of}.{name}`",)
        here = of == response
        fix = Fix.write(node.span, f"{name_text(of)}.{name}") if here else None
    elif text in (family.predictor, "mu", "eta") and not family.mains:
        notes = (f"the formula of the model itself is that of `{family.predictor}`",)
        fix = None
    elif text in family.of_each:
        own = [f"`{one}`" for one in known if one.startswith(text)]
        notes = (f"each category but the reference has one: {', '.join(own)}",)
        fix = None
    elif each := [
        f"`{one}`" for one in known if re.fullmatch(rf"{re.escape(text)}[0-9]+", one)
    ]:
        notes = (f"each component has one of its own: {', '.join(each)}",)
        fix = None
    elif others:
        notes = (f"{', '.join(others)} {'has' if len(others) == 1 else 'have'} one",)
        fix = None
    else:
        of = text.removesuffix(name) if isinstance(node, Name) else ""
        notes, fix = did_you_mean(
            text,
            tuple(f"{of}{dpar}" for dpar in known),
            node.span,
            f"parameters of {family.shown}",
        )
    if not known and not others:
        notes = (*notes, f"{family.shown} has none beside `{family.predictor}`")
    sink.add(
        "unknown-parameter",
        node.span,
        f"{family.shown} has no parameter `{text}`",
        *notes,
        fix=fix,
    )
    return None
