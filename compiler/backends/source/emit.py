"""From a program to the text of a script that builds and fits the same model.

The script reads the data file itself and needs only pandas, PyMC and NumPy: it
is the way to learn what a model is, and to leave the tool. Its functions are
``read(path)`` and ``build(data)``.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.printer import format_spec
from varying.grammar.render.safe import visible, visible_lines
from varying.grammar.source import Span
from varying.grammar.tree import DataStatement

from ...compiled import Compiled
from ...data.formats.table import BY_ENDING, ending_of
from ...distributions.density.links import LINKING
from ...distributions.table import DISTRIBUTIONS, UNIT
from ...expressions.evaluation import evaluate
from ...families.family import SourceText
from ...prepare.subset import subsets
from ...program.expressions import Apply, Assemble, Const, ProgramExpr, Symbol, Take
from ...program.in_order import are_alike, log_chance, middles
from ...program.ir import Derived, Group, Likelihood, Parameter, Predictor, Program
from ...program.reached import by_row
from ...program.recipes import RowValues
from ...program.verify import definition_order
from . import definitions
from .blocks import BLOCKS
from .data import array_lines, read_text
from .text import WIDTH, Unwritable, call, labels, matrix, number, string, wrapped
from .writer import MODEL, Writer


def emit(compiled: Compiled) -> str:
    """Return the script of a compiled model.

    Its ``read(path)`` repeats the spec's ``let`` and ``where`` and leaves out the
    rows that were left out; its ``build(data)`` makes the model. As a program it
    takes the path of the data; without one it reads the file that was compiled
    against, or ``data.csv`` if that was a frame.

    Raises
    ------
    ModelError
        ``not-yet`` if something of the spec has no form in a script.
    """
    program, path = compiled.program, compiled.data_path
    prepared = compiled.prepared
    source = compiled.spec.source
    for statement in compiled.spec.statements:
        if isinstance(statement, DataStatement) and statement.wide is not None:
            message = "`wide(...)` has no form in a PyMC script by this version"
            span = statement.wide.span
            raise ModelError((Diagnostic("not-yet", message, source, span),))
    if compiled.own_rows:
        calls = (call for one in compiled.spec.models for call in subsets(one))
        span = next(call.span for call in calls if call is not None)
        message = (
            "responses with rows of their own have no form in a PyMC script by this "
            "version"
        )
        raise ModelError((Diagnostic("not-yet", message, source, span),))
    writer = Writer(
        program,
        compiled.spec,
        prepared.table,
        prepared.used,
        prepared.computed,
        prepared.early,
        prepared.choices,
    )
    try:
        arrays, reading = "\n".join(array_lines(writer)), read_text(writer)
    except Unwritable as found:
        message = f"`{found}` has no form in a PyMC script by this version"
        fault = Diagnostic("not-yet", message, source, Span(0, 0))
        raise ModelError((fault,)) from None
    model = "\n".join(_model(writer))
    sections = [
        _header(writer, path),
        *_definitions(writer),
        reading,
        "def build(data):\n"
        '    """Return the model for the rows of a data frame."""\n'
        + arrays
        + "\n\n"
        + model
        + "\n    return model\n",
        _main(writer.program, path or "data.csv"),
    ]
    return "\n\n".join(section.strip("\n") + "\n" for section in sections)


# ---- around the model -----------------------------------------------------------


def _header(writer: Writer, path: str | None) -> str:
    spec = textwrap.indent(format_spec(writer.spec).strip(), "    ")
    title = f"The model `{writer.program.name}` as a PyMC program."
    # a name may hold anything: it must not end the text that it is shown in
    text = f"{title}\n\n{spec}".replace("\\", "\\\\").replace('"""', "'''")
    text = visible_lines(text)
    lines = [
        f'"""{text}\n"""',
        "",
        "import sys",
        "",
        "import arviz as az",
        "import numpy as np",
        "import pandas as pd",
        "import pymc as pm",
        "import pytensor.tensor as pt",
    ]
    ordered = [p for p in writer.program.parameters if p.chart == "ordered"]
    if any(are_alike(p.prior) for p in ordered):
        lines.append("from pymc.distributions.shape_utils import rv_size_is_none")
    if path is None:
        name = PurePath(writer.table.name).name
        if ending_of(PurePath(name)) in BY_ENDING and name == visible(name):
            hint = f"# The data came from {name}: write them as data.csv"
        else:
            hint = '# The data came from memory: frame.to_csv("data.csv", index=False)'
        lines.insert(1, hint)
    return "\n".join(lines) + "\n"


def _operations(expr: ProgramExpr) -> Iterator[str]:
    match expr:
        case Apply(operation, arguments):
            yield operation
            for argument in arguments:
                yield from _operations(argument)
        case Assemble(parts, _):
            for part in parts:
                yield from _operations(part)
        case Take(vector, _):
            yield from _operations(vector)
        case Const() | Symbol():
            pass


def _definitions(writer: Writer) -> list[str]:
    program = writer.program
    found = [text for name, text in definitions.DATA.items() if name in writer.helpers]
    if any(group.correlations for group in program.groups):
        found.append(definitions.LKJ)
    alike = {are_alike(p.prior) for p in program.parameters if p.chart == "ordered"}
    found += [definitions.ORDERED] if True in alike else []
    found += [definitions.IN_ORDER] if False in alike else []
    used = {o for d in program.derived for o in _operations(d.expression)}
    used |= {o for p in program.predictors if p.body for o in _operations(p.body)}
    arguments = [value for one in program.likelihoods for _, value in one.arguments]
    used |= {o for value in arguments for o in _operations(value)}
    found += [text for name, text in definitions.OPERATIONS.items() if name in used]
    texts = [definitions.linking(name) for name in LINKING if name in used]
    texts += [_family_source(one).definitions for one in program.likelihoods]
    return [*found, *_each_once(texts)]


def _each_once(texts: Sequence[str]) -> Iterator[str]:
    """Yield the functions of several texts, those of one name once."""
    functions = (part for text in texts for part in re.split(r"(?m)^(?=def )", text))
    stripped = dict.fromkeys(part.strip() for part in functions)
    return (f"\n{part}\n" for part in stripped if part)


def _family_source(likelihood: Likelihood) -> SourceText:
    """Return the family's text; another where a fixed parameter has a formula."""
    source = likelihood.family.source
    given = {name for name, _ in likelihood.arguments}
    return next((text for name, text in source.when if name in given), source)


def _main(program: Program, path: str) -> str:
    reported = [
        *(p.name for p in program.parameters if p.report),
        *(d.name for d in program.derived if d.report),
        *(g.moved.sd for g in program.groups if g.moved is not None),
        *(g.correlation_matrix for g in program.groups if g.correlations),
    ]
    names = wrapped([string(name) for name in reported], 4)
    return (
        'if __name__ == "__main__":\n'
        f"    path = sys.argv[1] if len(sys.argv) > 1 else {string(path)}\n"
        "    model = build(read(path))\n"
        "    with model:\n"
        "        fit = pm.sample(1000, tune=1000, chains=4, random_seed=1)\n"
        f"    names = {names}\n"
        "    print(az.summary(fit, var_names=names))\n"
    )


# ---- the model ------------------------------------------------------------------


def _model(writer: Writer) -> Iterator[str]:
    program = writer.program
    yield "    coords = {"
    for axis in program.axes:
        if axis.labels is None:
            yield f"        {string(axis.name)}: np.arange(len(data)),"
        elif axis.kind != "gaps" or axis.labels:
            text = writer.levels.get(axis.labels) if axis.kind == "levels" else None
            head = f"        {string(axis.name)}: "
            yield f"{head}{text or labels(axis.labels, MODEL, len(head) + 1)},"
    for group in program.groups:
        if group.correlations:
            head = f"        {string(group.sds + '_')}: "
            names = program.axis(group.sds).labels or ()
            yield f"{head}{labels(names, MODEL, len(head) + 1)},"
    yield "    }"
    yield "    with pm.Model(coords=coords) as model:"
    parameters = {p.name: p for p in program.parameters}
    derived = {d.name: d for d in program.derived}
    for name in definition_order(program):
        if name in parameters:
            yield _line(_parameter(writer, parameters[name]))
        else:
            yield _line(_derived(writer, derived[name]))
    for group in program.groups:
        for statement in _group(writer, group):
            yield _line(statement)
    for predictor in program.in_order:
        yield _line(_predictor(writer, predictor))
    for likelihood in program.observed:
        for statement in _observe(writer, likelihood):
            yield _line(statement)
        if program.coupling is not None:
            # what another response is given: drawn where it is
            observed, label = writer.name(likelihood.value), string(likelihood.name)
            yield _line(f"{observed} = model[{label}]")


def _line(statement: str) -> str:
    return textwrap.indent(statement, " " * MODEL)


def _dims(axes: tuple[str, ...]) -> str:
    if not axes:
        return ""
    if len(axes) == 1:
        return f"dims={string(axes[0])}"
    return f"dims=({', '.join(string(a) for a in axes)})"


def _parameter(writer: Writer, parameter: Parameter) -> str:
    prior = parameter.prior
    row = DISTRIBUTIONS[prior.distribution]
    keywords = {argument.name: argument.keyword for argument in row.arguments}
    inside = [
        f"{keywords[name]}={writer.expression(value)}"
        for name, value in prior.arguments
    ]
    head, label = f"{writer.name(parameter.name)} = pm.", string(parameter.name)
    if parameter.chart == "ordered" and are_alike(prior):
        return _ordered(writer, parameter)
    if parameter.chart == "ordered":
        return _in_order(writer, parameter)
    if prior.lower is not None or prior.upper is not None:
        limits = [
            f"{word}={number(value)}"
            for word, value in (("lower", prior.lower), ("upper", prior.upper))
            if value is not None
        ]
        written = (
            -math.inf if prior.lower is None else prior.lower,
            math.inf if prior.upper is None else prior.upper,
        )
        # the distribution itself ends where nothing was cut
        chart = _chart(parameter) if written != parameter.bounds else ""
        inner = call(f"pm.{row.pymc}.dist", inside, MODEL + 4)
        items = [label, inner, *limits, _dims(parameter.axes), chart]
        return call(f"{head}Truncated", items, MODEL)
    chart = "" if row.bounded else _chart(parameter)
    items = [label, *inside, _dims(parameter.axes), chart]
    return call(f"{head}{row.pymc}", items, MODEL)


def _chart(parameter: Parameter) -> str:
    """Return the transform of a parameter by its bounds."""
    if parameter.bounds == UNIT:
        return "default_transform=pm.distributions.transforms.logodds"
    ends = ", ".join(
        "None" if math.isinf(end) else number(end) for end in parameter.bounds
    )
    return f"default_transform=pm.distributions.transforms.Interval({ends})"


def _ordered(writer: Writer, parameter: Parameter) -> str:
    row = DISTRIBUTIONS[parameter.prior.distribution]
    values = ", ".join(writer.expression(v) for _, v in parameter.prior.arguments)
    keywords = [argument.keyword for argument in row.arguments]
    slots = ",".join("()" for _ in parameter.prior.arguments)
    count = len(writer.program.axis(parameter.axes[0]).labels or ())
    return (
        f"draw, logp = sorted_draws(pm.{row.pymc}, {keywords}, {count})\n"
        f"{writer.name(parameter.name)} = pm.CustomDist(\n"
        f"    {string(parameter.name)}, {values}, dist=draw, logp=logp,\n"
        f'    signature="{slots}->(b)",\n'
        f"    support_point=lambda rv, size, *_: "
        f"pt.constant(np.linspace(-2.0, 2.0, {count})),\n"
        f"    transform=pm.distributions.transforms.ordered,\n"
        f"    {_dims(parameter.axes)},\n)"
    )


def _in_order(writer: Writer, parameter: Parameter) -> str:
    """Write draws of different distributions, drawn again until they are in order."""
    prior = parameter.prior
    row = DISTRIBUTIONS[prior.distribution]
    count = len(writer.program.axis(parameter.axes[0]).labels or ())
    given = dict(zip([a.name for a in row.arguments], row.arguments, strict=True))
    values = ", ".join(
        f"np.full({count}, {writer.expression(value)})" for _, value in prior.arguments
    )
    names = ", ".join(name for name, _ in prior.arguments)
    inside = ", ".join(f"{given[name].keyword}={name}" for name, _ in prior.arguments)
    slots = ",".join("(b)" for _ in prior.arguments)
    constant = number(-log_chance(prior, count))
    start = ", ".join(map(number, middles(prior, count).tolist()))
    return (
        f"{writer.name(parameter.name)} = pm.CustomDist(\n"
        f"    {string(parameter.name)}, {values},\n"
        f"    random=draws_in_order(\n"
        f"        {definitions.DRAWN[prior.distribution]}, {count}\n"
        f"    ),\n"
        f"    logp=lambda value, {names}: pm.logp(\n"
        f"        pm.{row.pymc}.dist({inside}), value\n"
        f"    ).sum(-1) + {constant},\n"
        f'    signature="{slots}->(b)",\n'
        f"    support_point=lambda rv, size, *_: pt.constant([{start}]),\n"
        f"    transform=pm.distributions.transforms.ordered,\n"
        f"    {_dims(parameter.axes)},\n)"
    )


def _derived(writer: Writer, derived: Derived) -> str:
    name, value = writer.name(derived.name), writer.expression(derived.expression)
    if not derived.report:
        return f"{name} = {value}"
    if isinstance(derived.expression, Const):
        value = f"pt.as_tensor({value})"
    return _deterministic(name, derived.name, value, derived.axes)


def _deterministic(target: str, label: str, value: str, axes: tuple[str, ...]) -> str:
    head = f"{target} = pm.Deterministic" if target else "pm.Deterministic"
    return call(head, [string(label), value, _dims(axes)], MODEL)


def _group(writer: Writer, group: Group) -> Iterator[str]:
    size = len(writer.program.axis(group.coefs).labels or ())
    count = len(writer.program.axis(group.sds).labels or ())
    sd, effects = writer.name(group.sd), writer.name(group.effects)
    stated = writer.name(group.stated)
    axes = (group.levels, group.coefs)
    factor = None
    if group.correlations:
        factor = writer.name(f"L_{group.name}")
        whole = [c for c in group.correlations if len(c.positions) == count]
        if whole:
            partial = writer.name(whole[0].parameter)
            yield f"{factor} = lkj_cholesky({partial}, {count})"
        else:
            yield f"{factor} = pt.eye({count})"
            for c in group.correlations:
                partial, places = writer.name(c.parameter), list(c.positions)
                yield (
                    f"{factor} = {factor}[np.ix_({places}, {places})]"
                    f".set(lkj_cholesky({partial}, {len(places)}))"
                )
        yield from _correlations(writer, group, f"{factor} @ {factor}.T", sd)
    scaled = f"{sd}[:, None] * {factor}"
    if group.by is not None:
        strata = writer.name(f"stratum_{group.name}")
        yield f"{strata} = np.repeat({[*range(count // size)]}, {[*group.by.levels]})"
        if factor is None:
            scales = writer.name(f"scale_{group.name}")
            yield f"{scales} = {sd}.reshape((-1, {size}))[{strata}]"
            sd = scales
        else:
            whole_, each = writer.name(f"F_{group.name}"), writer.name("each stratum")
            yield f"{whole_} = {scaled}"
            yield (
                f"{each} = pt.stack([{whole_}[k : k + {size}, k : k + {size}] "
                f"for k in range(0, {count}, {size})])"
            )
            scaled = f"{each}[{strata}]"
    if group.form == "noncentered":
        base = writer.name(group.base)
        items = [string(group.base), "0.0", "1.0", _dims(axes)]
        yield call(f"{base} = pm.Normal", items, MODEL)
        value = f"{base} * {sd}"
        if factor is not None and group.by is None:
            value = f"{base} @ ({scaled}).T"
        elif factor is not None:
            value = f"({scaled} @ {base}[:, :, None])[:, :, 0]"
        if group.relation is not None:
            value = f"{writer.name(group.relation)} @ ({value})"
        if group.mixture is not None:
            value = (
                f"pt.sqrt({writer.name(group.mixture.variance)})[:, None] * ({value})"
            )
        if group.moved is None:
            yield _deterministic(effects, group.effects, value, axes)
        else:
            yield f"{stated} = {value}"
    elif factor is None:
        items = [string(group.stated), "0.0", sd, _dims(axes)]
        yield call(f"{stated} = pm.Normal", items, MODEL)
    else:
        chol = f"chol={scaled}"
        items = [string(group.stated), f"np.zeros({size})", chol, _dims(axes)]
        yield call(f"{stated} = pm.MvNormal", items, MODEL)
    if group.moved is not None:
        basis = writer.name(f"basis_{group.name}")
        value = f"{stated} @ {basis}.T"
        yield _deterministic(effects, group.effects, value, axes)


def _correlations(writer: Writer, group: Group, value: str, sd: str) -> Iterator[str]:
    """Report correlations, and sds that are not those that were sampled."""
    twice = (group.sds, f"{group.sds}_")
    whole = group.basis_of_sds()
    if group.moved is not None and whole is not None:
        basis = writer.name(f"basis_{group.name}")
        covariance = writer.name(f"covariance_{group.name}")
        reported = writer.name(group.moved.sd)
        yield f"{basis} = {matrix(group.moved.basis, MODEL)}"
        all_ = basis
        if group.by is not None:
            all_ = f"np.kron(np.eye({len(group.by.levels)}), {basis})"
        yield f"{covariance} = {sd}[:, None] * ({value}) * {sd}"
        yield f"{covariance} = {all_} @ {covariance} @ {all_}.T"
        root = f"pt.sqrt(pt.diag({covariance}))"
        yield _deterministic(reported, group.moved.sd, root, (group.sds,))
        value = f"{covariance} / {reported}[:, None] / {reported}"
    yield _deterministic("", group.correlation_matrix, value, twice)


def _predictor(writer: Writer, predictor: Predictor) -> str:
    parts = [BLOCKS[type(block)](block, writer) for block in predictor.blocks]
    if predictor.body is not None:
        parts = [writer.expression(predictor.body)]
    if predictor.body is None and all(block.constant for block in predictor.blocks):
        parts.append("pt.zeros(len(data))")
    value = " + ".join(parts)
    name = writer.name(predictor.name)
    if predictor.report:
        first, *others = predictor.report
        lines = [_deterministic(name, first, value, (predictor.rows,))]
        lines += [_deterministic("", one, name, (predictor.rows,)) for one in others]
        return "\n".join(lines)
    if len(name) + len(value) + MODEL + 3 > WIDTH:
        value = "(\n    " + "\n    + ".join(parts) + "\n)"
    return f"{name} = {value}"


def _observe(writer: Writer, likelihood: Likelihood) -> Iterator[str]:
    source = _family_source(likelihood)
    arguments = {}
    for name, value in likelihood.arguments:
        arguments[name] = writer.expression(value)
        if isinstance(value, Apply):
            # `sigma`, of which the predictor is the logarithm
            named = writer.name(f"{name} of likelihood")
            yield f"{named} = {arguments[name]}"
            arguments[name] = named
    observed, dims = writer.name(likelihood.value), likelihood.rows
    weight = "" if likelihood.weight is None else writer.name(likelihood.weight)
    if weight and _some_is_zero(writer, likelihood):
        # rows of weight 0 are none of the variable: what they say may be impossible
        there, dims = writer.name(f"{weight}_counts"), f"{likelihood.weight}_{dims}"
        yield f"{there} = np.flatnonzero({weight})"
        yield f"model.add_coord({string(dims)}, {there})"
        for name in sorted(by_row(writer.program, likelihood)):
            arguments[name] = f"{arguments[name]}[{there}]"
        observed, weight = f"{observed}[{there}]", f"{weight}[{there}]"
    axes = writer.program.slot(likelihood.value).axes
    yield source.statement.format(
        name=string(likelihood.name),
        observed=observed,
        dims=_dims((dims, *axes[1:])).removeprefix("dims="),
        **arguments,
    )
    if weight:
        # the observed variable counts each row once
        variable = f"model[{string(likelihood.name)}]"
        power = f"({weight} - 1.0) * pm.logp({variable}, {observed})"
        items = [string(f"{likelihood.name}#weights"), power, _dims((dims,))]
        yield call("pm.Potential", items, MODEL)


def _some_is_zero(writer: Writer, likelihood: Likelihood) -> bool:
    """Whether there are rows of weight 0."""
    slots = {slot.name: slot for slot in writer.program.slots}
    assert likelihood.weight is not None
    weight = slots[likelihood.weight].recipe
    assert isinstance(weight, RowValues)
    return not evaluate(weight.variable.expression, writer.table).all()
