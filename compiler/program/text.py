"""The program as text: a dozen lines that the golden files hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

from varying.grammar.render.safe import visible

from .expressions import (
    Apply,
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
    Take,
    needs_parentheses,
)
from .ir import (
    Axis,
    Element,
    Group,
    Likelihood,
    Parameter,
    Predictor,
    Prior,
    Program,
    Slot,
)
from .recipes import (
    Around,
    Composed,
    Count,
    LevelIndex,
    LevelPlace,
    Matrix,
    MemberIndex,
    MemberWeights,
    Numbers,
    Outcome,
    Parts,
    RowValues,
    Single,
    Weights,
    Within,
)

_INFIX = {"+": "+", "-": "-", "*": "*", "/": "/", "^": "^", "dot": "@", "matvec": "@"}


def _number(value: float) -> str:
    return f"{value:.6g}"


def _some(items: Sequence[str], most: int = 6) -> str:
    """Join labels; a long list shows its ends and its length."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:2])}, ..., {items[-1]} ({len(items)})"


def expression_text(expr: ProgramExpr) -> str:
    """Return an expression in infix form.

    >>> dot = Apply("dot", (Symbol("m"), Symbol("b")))
    >>> expression_text(Apply("-", (Const(2.0), dot)))
    '2 - m @ b'
    """
    match expr:
        case Const(value):
            if isinstance(value, tuple):
                return f"[{_some([_number(v) for v in value], 8)}]"
            return _number(value)
        case Symbol(name):
            return name
        case Apply(operation, arguments) if operation in _INFIX:
            left, right = (
                f"({expression_text(a)})"
                if needs_parentheses(operation, place, a)
                else expression_text(a)
                for place, a in enumerate(arguments)
            )
            return f"{left} {_INFIX[operation]} {right}"
        case Apply("neg", (operand,)):
            inside = expression_text(operand)
            return (
                f"-({inside})" if needs_parentheses("neg", 0, operand) else f"-{inside}"
            )
        case Apply("element", (vector, Const(float(place)))):
            return f"{expression_text(vector)}[{int(place)}]"
        case Apply(operation, arguments):
            return f"{operation}({', '.join(expression_text(a) for a in arguments)})"
        case Assemble(parts, order):
            inside = ", ".join(expression_text(p) for p in parts)
            return f"assemble({inside}; {', '.join(map(str, order))})"
        case Take(vector, index):
            return f"{expression_text(vector)}[{index}]"


def prior_text(prior: Prior) -> str:
    """Return a prior with its arguments and truncation."""
    inside = [f"{name}={expression_text(value)}" for name, value in prior.arguments]
    if prior.lower is not None:
        inside.append(f"lb={_number(prior.lower)}")
    if prior.upper is not None:
        inside.append(f"ub={_number(prior.upper)}")
    return f"{prior.distribution}({', '.join(inside)})"


def _chart(parameter: Parameter) -> str:
    if parameter.chart != "bounds":
        return f"  on {parameter.chart}"
    match parameter.bounds:
        case (low, high) if math.isinf(low) and math.isinf(high):
            return ""
        case (0.0, high) if math.isinf(high):
            return "  on log"
        case (0.0, 1.0):
            return "  on logit"
        case (low, high):
            return f"  within {_number(low)}..{_number(high)}"


def _numbers(values: Sequence[float]) -> str:
    if len(set(values)) == 1:
        return _number(values[0])
    return f"[{_some([_number(v) for v in values], 8)}]"


def _unit(parameter: Parameter) -> str:
    unit = parameter.unit
    if unit is None or not unit.center:
        return ""
    start = f"  from {_numbers(unit.center)}"
    if parameter.steps is None:
        return start
    return f"{start} in steps of {_numbers(unit.scale)}"


def _sized(name: str, axes: Sequence[str]) -> str:
    return f"{name}[{', '.join(axes)}]" if axes else name


def _slot(slot: Slot) -> str:
    head = _sized(slot.name, slot.axes)
    match slot.recipe:
        case Matrix(columns, means, basis):
            text = _some([column.name for column in columns])
            text += " (centred)" if means is not None else ""
            return f"{head} = {text}" + (" (new parts)" if basis is not None else "")
        case Single(single):
            return f"{head} = {single.name}"
        case LevelPlace(column, levels):
            return f"{head} = place of {column} among {len(levels)} levels"
        case LevelIndex(factors, _):
            return f"{head} = level of {':'.join(factors)} into {slot.into}"
        case MemberIndex(columns, _):
            return f"{head} = levels of {', '.join(columns)} into {slot.into}"
        case MemberWeights(weights, count, scaled):
            text = ", ".join(one.label for one in weights) or f"1/{count} each"
            return f"{head} = {text}" + (", as shares" if weights and scaled else "")
        case Outcome(column, categories):
            what = f" as ranks of {len(categories)} categories" if categories else ""
            return f"{head} = {column}{what}"
        case Parts(several):
            return f"{head} = {_some([one.label for one in several])}"
        case RowValues(variable):
            return f"{head} = {variable.label}"
        case Numbers(values):
            return f"{head} = [{_some([_number(v) for v in values], 8)}]"
        case Around():
            return f"{head} = what the population part has to do with the effects"
        case Weights(means):
            text = _some([_number(round(mean, 2)) for mean in means], 8)
            return f"{head} = numbers of the centering, mean [{text}]"
        case Composed(of):
            return f"{head} = {', '.join(of) or 'constants'} in what is sampled"
        case Count():
            return f"{head} = rows that each stands for"
        case Within():
            return f"{head} = squared deviations in each"


def _group(group: Group, program: Program) -> str:
    labels = program.axis(group.sds).labels or ()
    joint = [
        f"lkj cholesky of {c.parameter} over "
        f"{', '.join(labels[p] for p in c.positions)}"
        for c in group.correlations
    ]
    how = "; ".join(joint) if joint else "independent"
    if group.by is not None:
        how = f"{how}; strata of {_some([*map(str, group.by.levels)])} levels"
    head = _sized(group.stated, (group.levels, group.coefs))
    if group.form == "noncentered":
        base = _sized(group.base, (group.levels, group.coefs))
        if group.relation is not None:
            how = f"{how}; across levels times {group.relation}"
        if group.mixture is not None:
            how = f"{how}; by level times the root of {group.mixture.variance}"
        return f"{head} = {base} ~ normal(0, 1), scaled by {group.sd}; {how}"
    steps = f", in steps of {_numbers(group.unit)}" if group.unit else ""
    if group.centering is not None:
        around = [_element(one) for one in group.centering.elements]
        return (
            f"{head} ~ normal(0, {group.sd}); {how}; "
            f"partly centered by {group.centering.weights} around {', '.join(around)}"
            + (", in a basis of its own" if group.centering.basis else "")
            + steps
        )
    form: str = "integrated out" if group.form == "marginal" else group.form
    if group.form == "centered":
        form += steps
    return f"{head} ~ normal(0, {group.sd}); {how}; {form}"


def _moved(group: Group) -> list[str]:
    """Return the line of a group that is not stated where it is reported."""
    if group.moved is None:
        return []
    rows = [f"[{', '.join(map(_number, row))}]" for row in group.moved.basis]
    return [
        f"  report {group.effects} = {group.stated} by {', '.join(rows)}, "
        f"with {group.moved.sd} and {group.correlation_matrix}"
    ]


def _element(element: Element) -> str:
    sign = "-" if element.sign < 0 else ""
    return f"{sign}{element.name}[{element.place}]"


def _predictor(predictor: Predictor, program: Program) -> str:
    parts = [block.text(program) for block in predictor.blocks]
    if predictor.body is not None:
        parts = [expression_text(predictor.body)]
    return f"{_sized(predictor.name, (predictor.rows,))} = {' + '.join(parts) or '0'}"


def _axis(axis: Axis) -> str:
    if axis.labels is None:
        return axis.name
    return f"{axis.name}: {_some(axis.labels)}"


def _likelihood(likelihood: Likelihood) -> str:
    inside = ", ".join(f"{n}={expression_text(e)}" for n, e in likelihood.arguments)
    return (
        f"{_sized(likelihood.name, (likelihood.rows,))} = {likelihood.value}"
        f" ~ {likelihood.family.name.partition('(')[0]}({inside})"
        + (f", {likelihood.count} times" if likelihood.count else "")
        + (f", spread {likelihood.within}" if likelihood.within else "")
        + (f", to the power of {likelihood.weight}" if likelihood.weight else "")
    )


def program_text(program: Program) -> str:
    """Return the printed form of a program, with a final newline."""
    lines = [f"program {program.name}"]
    lines += [f"  axis {_axis(axis)}" for axis in program.axes]
    lines += [f"  data {_slot(slot)}" for slot in program.slots]
    for p in program.parameters:
        head = _sized(p.name, p.axes)
        lines.append(f"  param {head} ~ {prior_text(p.prior)}{_chart(p)}{_unit(p)}")
    for group in program.groups:
        lines += [f"  group {_group(group, program)}", *_moved(group)]
    for d in program.derived:
        keyword = "report" if d.report else "let"
        lines.append(
            f"  {keyword} {_sized(d.name, d.axes)} = {expression_text(d.expression)}"
        )
    lines += [
        f"  predictor {_predictor(predictor, program)}"
        for predictor in program.predictors
    ]
    lines += [f"  observe {_likelihood(one)}" for one in program.likelihoods]
    if program.coupling is not None:
        names, partial = program.coupling.responses, program.coupling.partial
        lines.append(
            f"  couple {', '.join(names)}: lkj cholesky of {', '.join(partial)}"
        )
    lines += [f"  note {note}" for note in program.notes]
    return "\n".join(map(visible, lines)) + "\n"
