"""From a program to the text of a script that builds and fits the same model.

The script reads the data file itself and needs only pandas, PyMC and NumPy: it
is the way to learn what a model is, and to leave the tool. Its functions are
``read(path)`` and ``build(data)``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from varying.grammar import tree
from varying.grammar.printer import format_spec

from ...columns import Coded, DesignColumn, Numeric, Part
from ...distributions import DISTRIBUTIONS
from ...driver import Compiled
from ...expressions import column_names
from ...families import FAMILIES
from ...ir import (
    Apply,
    Assemble,
    Const,
    Derived,
    Expr,
    Group,
    GroupUse,
    Intercept,
    LevelIndex,
    Linear,
    Matrix,
    Numbers,
    Outcome,
    Parameter,
    Predictor,
    Program,
    Ref,
)
from ...table import Column
from ...verify import definition_order
from . import definitions
from .text import (
    data_expression,
    identifier,
    labels,
    level_text,
    number,
    numeric_levels,
    program_expression,
    string,
    vector,
    wrapped,
)

_BODY = 4
_MODEL = 8


@dataclass(slots=True)
class _Writer:
    """What one script needs to know while it is written."""

    program: Program
    spec: tree.Spec
    columns: Mapping[str, Column]
    used: tuple[str, ...]
    path: str
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[Part, str] = field(default_factory=dict)
    levels: dict[tuple[str, ...], str] = field(default_factory=dict)

    def name(self, wanted: str) -> str:
        """Return the Python name of a name of the program, unique in it."""
        if wanted not in self.names:
            text = identifier(wanted.removesuffix(" of data"))
            while text in self.names.values() or text in _RESERVED:
                text += "_"
            self.names[wanted] = text
        return self.names[wanted]

    def expression(self, expr: Expr) -> str:
        """Return an expression of the program; `spread` is told the count."""
        if isinstance(expr, Apply) and expr.operation == "spread":
            center, gap = (self.expression(a) for a in expr.arguments)
            return f"spread({center}, {gap}, {len(self._boundaries())})"
        return program_expression(expr, _MODEL, self.name)

    def _boundaries(self) -> tuple[str, ...]:
        return self.program.axis("boundary").labels or ()


#: What a script uses itself: no variable of it may have such a name.
_RESERVED = {
    *("np", "pd", "pm", "pt", "az", "data", "path", "coords", "model", "fit"),
    *("build", "read", "categories", "draw", "logp", "rv_size_is_none"),
    *("str", "len", "range", "float", "print"),
    *("lkj_cholesky", "sorted_draws", *definitions.OPERATIONS),
    *("bernoulli_logit_logp", "bernoulli_logit_draw"),
    *("ordered_logit_logp", "ordered_logit_draw"),
}


def emit(compiled: Compiled) -> str:
    """Return the script of a compiled model.

    Its ``read(path)`` repeats the spec's ``let`` and ``where`` and leaves out the
    rows that were left out; its ``build(data)`` makes the model. Where the data
    were passed as a frame the script reads ``data.csv``.
    """
    program, path = compiled.program, compiled.data_path
    writer = _Writer(
        program,
        compiled.spec,
        compiled.prepared.table.columns,
        compiled.prepared.used,
        path or "data.csv",
    )
    arrays = "\n".join(_arrays(writer))
    model = "\n".join(_model(writer))
    sections = [
        _header(writer, path),
        *_definitions(program),
        _read(writer),
        "def build(data):\n"
        '    """Return the model for the rows of a data frame."""\n'
        + arrays
        + "\n\n"
        + model
        + "\n    return model\n",
        _main(writer),
    ]
    return "\n\n".join(section.strip("\n") + "\n" for section in sections)


# ---- around the model -----------------------------------------------------------


def _header(writer: _Writer, path: str | None) -> str:
    quoted = format_spec(writer.spec).strip().replace("\\", "\\\\")
    quoted = quoted.replace('"""', "'''")
    text = textwrap.indent(quoted, "    ")
    lines = [
        f'"""The model `{writer.program.name}` as a PyMC program.\n\n{text}\n"""',
        "",
        "import numpy as np",
        "import pandas as pd",
        "import pymc as pm",
        "import pytensor.tensor as pt",
    ]
    if any(p.chart == "ordered" for p in writer.program.parameters):
        lines.append("from pymc.distributions.shape_utils import rv_size_is_none")
    if path is None:
        lines.insert(1, "# The data came from memory: save them as data.csv first.")
    return "\n".join(lines) + "\n"


def _operations(expr: Expr) -> Iterator[str]:
    match expr:
        case Apply(operation, arguments):
            yield operation
            for argument in arguments:
                yield from _operations(argument)
        case Assemble(parts, _):
            for part in parts:
                yield from _operations(part)
        case Const() | Ref():
            pass


def _definitions(program: Program) -> list[str]:
    found = []
    if any(group.correlations for group in program.groups):
        found.append(definitions.LKJ)
    if any(parameter.chart == "ordered" for parameter in program.parameters):
        found.append(definitions.ORDERED)
    used = {o for d in program.derived for o in _operations(d.expression)}
    found += [text for name, text in definitions.OPERATIONS.items() if name in used]
    family = FAMILIES[program.likelihood.family]
    if family.source.definitions:
        found.append(family.source.definitions)
    return found


def _coded(writer: _Writer) -> list[str]:
    """Return the columns that are read as text: factors, groups, categories."""
    names: list[str] = []
    for slot in writer.program.slots:
        match slot.recipe:
            case Matrix(columns, _):
                names += [
                    p.factor for c in columns for p in c.parts if isinstance(p, Coded)
                ]
            case LevelIndex(factors, _):
                names += factors
            case Outcome(column, categories) if categories:
                names.append(column)
            case _:
                pass
    return list(dict.fromkeys(n for n in names if n in writer.columns))


def _read(writer: _Writer) -> str:
    coded = [writer.columns[name] for name in _coded(writer)]
    text = [column.name for column in coded if not numeric_levels(column)]
    lets = [s for s in writer.spec.statements if isinstance(s, tree.LetStatement)]
    made = {let.name.text for let in lets}
    dtypes = ", ".join(f"{string(n)}: str" for n in text if n not in made)
    lines = [
        "def read(path):",
        '    """Return the rows that the model uses."""',
        "    data = pd.read_csv(",
        "        path,",
        "        keep_default_na=False,",
        '        na_values=["", "NA", "NaN"],',
        "        skipinitialspace=True,",
        *([f"        dtype={{{dtypes}}},"] if dtypes else []),
        "    )",
    ]
    for name in text:
        if set(writer.columns[name].levels) <= {"FALSE", "TRUE"} and name not in made:
            value = f"data[{string(name)}].str.upper()"
            if writer.columns[name].declared:  # 0 and 1 are logical values as well
                value += '.replace({"0": "FALSE", "1": "TRUE"})'
            lines.append(f"    data[{string(name)}] = {value}")
    for let in lets:
        value = data_expression(let.expression, writer.columns)
        lines.append(f"    data[{string(let.name.text)}] = {value}")
    for statement in writer.spec.statements:
        if isinstance(statement, tree.WhereStatement):
            condition = data_expression(statement.condition, writer.columns)
            # pandas takes a missing value as unequal to all others
            names = [name.text for name in column_names(statement.condition)]
            present = [string(n) for n in dict.fromkeys(names) if n in writer.columns]
            if "!" in condition or "~" in condition:
                lines.append(f"    data = data.dropna(subset={wrapped(present, 4)})")
            lines.append(f"    data = data[{condition}]")
    needed = wrapped([string(name) for name in writer.used], 4)
    lines.append(f"    data = data.dropna(subset={needed})")
    lines.append("    return data")
    return "\n".join(lines) + "\n"


def _main(writer: _Writer) -> str:
    return (
        'if __name__ == "__main__":\n'
        f"    model = build(read({string(writer.path)}))\n"
        "    with model:\n"
        "        fit = pm.sample(1000, tune=1000, chains=4, random_seed=1)\n"
        "    print(fit)\n"
    )


# ---- arrays ---------------------------------------------------------------------


def _arrays(writer: _Writer) -> Iterator[str]:
    for slot in writer.program.slots:
        name = writer.name(slot.name)
        match slot.recipe:
            case Matrix(columns, means):
                yield from _matrix(writer, name, columns, means)
            case LevelIndex(factors, levels):
                variable = f"{identifier(slot.into or slot.name)}_levels"
                writer.levels[levels] = variable
                yield f"    {variable} = {labels(levels, _BODY)}"
                cell = ' + ":" + '.join(
                    level_text(writer.columns[f], len(factors) > 1) for f in factors
                )
                yield (
                    f"    {name} = pd.Categorical({cell}, "
                    f'categories={variable}).codes.astype("int64")'
                )
            case Outcome(column, ()):
                yield f"    {name} = data[{string(column)}].to_numpy(float)"
            case Outcome(column, categories):
                yield f"    categories = {labels(categories, _BODY)}"
                ranked = level_text(writer.columns[column])
                yield (
                    f"    {name} = pd.Categorical({ranked}, "
                    f'categories=categories).codes.astype("int64")'
                )
            case Numbers(values):
                yield f"    {name} = {vector(values, _BODY)}"


def _matrix(
    writer: _Writer,
    name: str,
    columns: tuple[DesignColumn, ...],
    means: tuple[float, ...] | None,
) -> Iterator[str]:
    for part in dict.fromkeys(p for column in columns for p in column.parts):
        if part not in writer.parts:
            writer.parts[part] = writer.name(f"{part.label.strip('[]')} of data")
            yield f"    {writer.parts[part]} = {_part(writer, part)}"
    texts = [
        " * ".join(writer.parts[part] for part in column.parts) or "np.ones(len(data))"
        for column in columns
    ]
    yield f"    {name} = np.column_stack({wrapped(texts, _BODY)})"
    if means is not None:
        yield f"    {name} = {name} - {vector(means, _BODY)}"


def _part(writer: _Writer, part: Coded | Numeric) -> str:
    match part:
        case Coded(factor, levels, weights):
            numeric = numeric_levels(writer.columns[factor])
            items = [
                f"{level if numeric else string(level)}: {number(weight)}"
                for level, weight in zip(levels, weights, strict=True)
            ]
            mapping = "{" + ", ".join(items) + "}"
            return f"data[{string(factor)}].map({mapping}).to_numpy(float)"
        case Numeric(_, expr):
            text = data_expression(expr, writer.columns)
            if isinstance(expr, tree.Name):
                return f"{text}.to_numpy(float)"
            return f"np.asarray({text}, float)"


# ---- the model ------------------------------------------------------------------


def _model(writer: _Writer) -> Iterator[str]:
    program = writer.program
    yield "    coords = {"
    for axis in program.axes:
        if axis.labels is None:
            yield f"        {string(axis.name)}: np.arange(len(data)),"
        elif axis.kind != "gaps" or axis.labels:
            text = writer.levels.get(axis.labels) if axis.kind == "levels" else None
            yield f"        {string(axis.name)}: {text or labels(axis.labels, _MODEL)},"
    for group in program.groups:
        if group.correlations:
            text = labels(program.axis(group.coefs).labels or (), _MODEL)
            yield f"        {string(group.coefs + '_')}: {text},"
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
    for predictor in program.predictors:
        yield _line(_predictor(writer, predictor))
    yield _line(_observe(writer))


def _line(statement: str) -> str:
    return textwrap.indent(statement, " " * _MODEL)


def _dims(axes: tuple[str, ...]) -> str:
    if not axes:
        return ""
    if len(axes) == 1:
        return f", dims={string(axes[0])}"
    return f", dims=({', '.join(string(a) for a in axes)})"


def _parameter(writer: _Writer, parameter: Parameter) -> str:
    prior = parameter.prior
    row = DISTRIBUTIONS[prior.distribution]
    keywords = {argument.name: argument.keyword for argument in row.arguments}
    inside = ", ".join(
        f"{keywords[name]}={writer.expression(value)}"
        for name, value in prior.arguments
    )
    name = writer.name(parameter.name)
    head = f"{name} = pm.{row.pymc}({string(parameter.name)}"
    if parameter.chart == "ordered":
        return _ordered(writer, parameter)
    if prior.lower is not None or prior.upper is not None:
        bounds = [
            f", {word}={number(value)}"
            for word, value in (("lower", prior.lower), ("upper", prior.upper))
            if value is not None
        ]
        chart = ""
        written = (
            -math.inf if prior.lower is None else prior.lower,
            math.inf if prior.upper is None else prior.upper,
        )
        if written != parameter.bounds:
            # the distribution itself ends where nothing was cut
            ends = ", ".join(
                "None" if math.isinf(end) else number(end) for end in parameter.bounds
            )
            interval = f"pm.distributions.transforms.Interval({ends})"
            chart = f",\n    default_transform={interval}"
        return (
            f"{name} = pm.Truncated({string(parameter.name)}, "
            f"pm.{row.pymc}.dist({inside}){''.join(bounds)}{_dims(parameter.axes)}{chart})"
        )
    return f"{head}{', ' + inside if inside else ''}{_dims(parameter.axes)})"


def _ordered(writer: _Writer, parameter: Parameter) -> str:
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
        f"    transform=pm.distributions.transforms.ordered"
        f"{_dims(parameter.axes)},\n)"
    )


def _derived(writer: _Writer, derived: Derived) -> str:
    name, value = writer.name(derived.name), writer.expression(derived.expression)
    if not derived.report:
        return f"{name} = {value}"
    if isinstance(derived.expression, Const):
        value = f"pt.as_tensor({value})"
    return (
        f"{name} = pm.Deterministic({string(derived.name)}, {value}"
        f"{_dims(derived.axes)})"
    )


def _group(writer: _Writer, group: Group) -> Iterator[str]:
    size = len(writer.program.axis(group.coefs).labels or ())
    sd, effects = writer.name(group.sd), writer.name(group.effects)
    dims = _dims((group.levels, group.coefs))
    factor = None
    if group.correlations:
        factor = writer.name(f"L_{group.name}")
        whole = [c for c in group.correlations if len(c.positions) == size]
        if whole:
            partial = writer.name(whole[0].parameter)
            yield f"{factor} = lkj_cholesky({partial}, {size})"
        else:
            yield f"{factor} = pt.eye({size})"
            for c in group.correlations:
                partial, places = writer.name(c.parameter), list(c.positions)
                yield (
                    f"{factor} = {factor}[np.ix_({places}, {places})]"
                    f".set(lkj_cholesky({partial}, {len(places)}))"
                )
        yield (
            f"pm.Deterministic({string(group.correlation_matrix)}, "
            f"{factor} @ {factor}.T{_dims((group.coefs, group.coefs + '_'))})"
        )
    if group.form == "noncentered":
        base = writer.name(group.base)
        yield f"{base} = pm.Normal({string(group.base)}, 0.0, 1.0{dims})"
        value = (
            f"{base} * {sd}"
            if factor is None
            else f"{base} @ ({sd}[:, None] * {factor}).T"
        )
        yield f"{effects} = pm.Deterministic({string(group.effects)}, {value}{dims})"
    elif factor is None:
        yield f"{effects} = pm.Normal({string(group.effects)}, 0.0, {sd}{dims})"
    else:
        yield (
            f"{effects} = pm.MvNormal({string(group.effects)}, np.zeros({size}), "
            f"chol={sd}[:, None] * {factor}{dims})"
        )


def _predictor(writer: _Writer, predictor: Predictor) -> str:
    parts = []
    for block in predictor.blocks:
        match block:
            case Intercept(name):
                parts.append(writer.name(name))
            case Linear(coefs, design):
                parts.append(f"{writer.name(design)} @ {writer.name(coefs)}")
            case GroupUse(group, positions, index, design_name):
                effects = writer.name(writer.program.group(group).effects)
                place = writer.name(index)
                if design_name is None:
                    parts.append(f"{effects}[{place}, {positions[0]}]")
                else:
                    design = writer.name(design_name)
                    parts.append(f"({design} * {effects}[{place}]).sum(axis=-1)")
    if not parts or all(isinstance(b, Intercept) for b in predictor.blocks):
        parts.append("pt.zeros(len(data))")
    value = " + ".join(parts)
    if predictor.report:
        dims = _dims((predictor.rows,))
        value = f"pm.Deterministic({string(predictor.name)}, {value}{dims})"
    return f"{writer.name(predictor.name)} = {value}"


def _observe(writer: _Writer) -> str:
    likelihood = writer.program.likelihood
    family = FAMILIES[likelihood.family]
    arguments = {name: writer.expression(e) for name, e in likelihood.arguments}
    return family.source.statement.format(
        name=string(likelihood.name),
        observed=writer.name(likelihood.value),
        dims=string(likelihood.rows),
        **arguments,
    )
