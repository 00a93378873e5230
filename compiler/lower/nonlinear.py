"""Lowering formulas that are not linear: from the right side to a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text
from varying.grammar.source import Source
from varying.grammar.tree import (
    Call,
    Chain,
    Expr,
    Name,
    Paren,
    Power,
    Unary,
)
from varying.grammar.walk import children, plain_number, postorder

from ..bind.bound import BoundModel, BoundPredictor
from ..bind.priors.needed import locating
from ..data.table import Table
from ..distributions.quantiles import middle_and_spread
from ..expressions.calls import is_plain
from ..expressions.evaluation import evaluate
from ..expressions.functions import FUNCTIONS, bind_arguments
from ..families.family import Moments
from ..formula.columns import Numeric
from ..program import expressions as ir
from ..program.ir import Slot
from ..program.recipes import RowValues
from .builder import Builder
from .names import free_name

_NO_ROWS = Table("", {}, 1)


def unit_of(bound: BoundModel, part: BoundPredictor) -> float | None:
    """Return the spread of the prior that says where a parameter is; None if fixed."""
    prior = locating(part, dict(bound.priors))
    if prior is None or prior.distribution == "constant":
        return None
    found = middle_and_spread(
        prior.distribution, dict(prior.arguments), prior.lower, prior.upper
    )
    return None if found is None else found[1]


def moments_of(build: Builder, part: BoundPredictor) -> Moments:
    """Return what default priors of a predictor are stated in.

    For what a formula not linear is made of, one step is the spread of the prior of its
    location: levels, and values of a predictor, may differ by about as much as is
    unknown of the parameter itself. It is all that is known of its unit.
    """
    bound, learned = build.response_of(part)
    if not part.inner:
        if part.named:
            return dict(learned.each)[part.dpar]
        return learned.moments if part.main else learned.own
    unit = unit_of(bound, part) or 1.0
    return replace(learned.moments, m=0.0, s=unit, together=1.0)


def body_of(
    build: Builder,
    expression: Expr,
    predictors: Mapping[str, str],
    slots: dict[str, ir.ProgramExpr],
) -> ir.ProgramExpr:
    """Return a right side as an expression over predictors and slots.

    What is made of columns alone is one slot, computed once; what is made of numbers
    alone is a number.

    Parameters
    ----------
    build
        Takes the slots.
    expression
        As it was bound.
    predictors
        The names of predictors, by those of parameters.
    slots
        What is made of columns alone, by its text: of other right sides too.
    """
    holds: dict[int, bool] = {}
    nodes = postorder(expression)
    for node in nodes:
        named = isinstance(node, Name) and node.text in predictors
        holds[id(node)] = named or any(holds[id(one)] for one in children(node))

    def lowered(node: Expr) -> ir.ProgramExpr:
        if not holds[id(node)]:
            text = expression_text(node)
            if text not in slots:
                slots[text] = _known(build, node, text)
            return slots[text]
        match node:
            case Name(text=name):
                return ir.Symbol(predictors[name])
            case Paren(inner=inner):
                return lowered(inner)
            case Unary(operator=sign, operand=operand):
                whole = lowered(operand)
                return ir.Apply("neg", (whole,)) if sign == "-" else whole
            case Power(base=base, exponent=exponent):
                return ir.Apply("^", (lowered(base), lowered(exponent)))
            case Chain(operators=signs, operands=operands):
                whole = lowered(operands[0])
                for sign, operand in zip(signs, operands[1:], strict=True):
                    whole = ir.Apply(sign, (whole, lowered(operand)))
                return whole
            case Call():
                return called(node)
        raise TypeError(f"no operation of parameters: {node!r}")

    def called(node: Call) -> ir.ProgramExpr:
        name = node.function.text
        if name in ("min", "max"):
            one, other = (lowered(a.value) for a in node.arguments)
            return ir.Apply(name, (one, other))
        bound = bind_arguments(node, FUNCTIONS[name], Sink(Source("")))
        assert bound is not None
        given = {key: lowered(argument.value) for key, argument in bound.items()}
        match name:
            case "I":
                return given["x"]
            case "ifelse":
                return ir.Apply("choose", (given["test"], given["yes"], given["no"]))
            case "log2" | "log10":
                base = ir.Const(float(np.log(float(name.removeprefix("log")))))
                return ir.Apply("/", (ir.Apply("log", (given["x"],)), base))
            case "log" if "base" in given:
                base_ = ir.Apply("log", (given["base"],))
                return ir.Apply("/", (ir.Apply("log", (given["x"],)), base_))
        return ir.Apply(name, (given["x"],))

    return lowered(expression)


def _known(build: Builder, node: Expr, text: str) -> ir.ProgramExpr:
    """Return a number, or a slot with a number for each row."""
    number = plain_number(node)
    if number is not None:
        return ir.Const(number)
    if is_plain(node):
        return ir.Const(float(evaluate(node, _NO_ROWS)[0]))
    plain = re.sub(r"\W+", "_", text).strip("_") or "known"
    name = free_name(node.text if isinstance(node, Name) else plain, build)
    build.slots.append(Slot(name, (build.row,), RowValues(Numeric(text, node))))
    return ir.Symbol(name)
