"""The data half of a script: reading the file, making the arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from varying.grammar import tree
from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text

from ...coding.factor_calls import FACTOR_CALLS, TEXT_CALLS
from ...data.codes import coded_values
from ...data.missing import script_codes
from ...data.table import Column, Kind
from ...expressions.types import type_of
from ...formula.columns import Coded, DesignColumn, Numeric
from ...prepare.derive import Computation
from ...prepare.lets import labels_of
from ...program.recipes import (
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
    Within,
)
from .elementwise import ElementwiseWriter, bare, core, names_read
from .embedded import (
    conversions,
    held_as_number,
    key_text,
    keys,
    keys_text,
    level_names,
)
from .members import member_lines, weight_lines
from .stateful import step_lines, without_calls
from .text import (
    WIDTH,
    Unwritable,
    call,
    labels,
    matrix,
    number,
    string,
    vector,
    wrapped,
)
from .writer import BODY, Writer


def read_text(writer: Writer) -> str:
    """Return the function ``read``."""
    lines = [
        "def read(path):",
        '    """Return the rows that the model uses."""',
        "    data = pd.read_csv(",
        "        path,",
        *(f"        {option}," for option in _options(writer)),
        "    )",
    ]
    layout = writer.table.layout
    if layout is not None and not layout.tidy:
        lines.append('    data.columns = data.columns.str.strip().str.normalize("NFC")')
        if any(" " in name for name in writer.used):
            broken = r'data.columns.str.replace(r"\s*[\r\n]\s*", " ", regex=True)'
            lines.append(f"    data.columns = {broken}")
    held = _held(writer)
    lines += _without_codes(writer, {column.name for column in held})
    lines += conversions(held, writer.table)
    lines += _made(writer, writer.computations[: writer.early])
    for choice in writer.choices:
        rows = ElementwiseWriter(writer.table, frozenset(writer.used), writer.helpers)
        read = without_calls(choice.condition, writer.table)
        condition = _true(read, rows, writer)
        if isinstance(condition, str):
            lines.append(f"    data = {_chosen(bare(condition))}")
    needed = wrapped([string(name) for name in writer.used], 4, taken=32)
    late = _made(writer, writer.computations[writer.early :])
    # what is added to a part of a frame needs a frame of its own
    copied = ".copy()" if late else ""
    lines.append(f"    data = data.dropna(subset={needed}){copied}")
    lines += late
    lines.append("    return data")
    return "\n".join(lines) + "\n"


def _true(read: tree.Expr, rows: ElementwiseWriter, writer: Writer) -> str | bool:
    """Return where a condition is true; of numbers, which are 0 and 1, where 1."""
    typed = type_of(read, writer.table, Sink(writer.spec.source))
    if typed is not None and typed.kind == "number":
        one = tree.Number("1", span=read.span)
        inner = tree.Paren(read, span=read.span)
        read = tree.Chain(("==",), (inner, one), span=read.span)
    return rows.true(read)


def _without_codes(writer: Writer, held: Collection[str]) -> list[str]:
    """Return the statements that take codes for missing values out of texts."""
    lines = []
    layout = writer.table.layout
    for name, texts, numbers in script_codes(writer.spec):
        if name not in held:
            continue
        column = f"data[{string(name)}]"
        found = []
        if texts:
            listed = wrapped([string(text.strip()) for text in texts], BODY)
            found.append(f"{column}.str.strip().isin({listed})")
        if numbers:
            plain = column
            if layout is not None and layout.decimal == ",":
                plain += '.str.replace(",", ".", regex=False)'
            values = f'pd.to_numeric({plain}, errors="coerce")'
            listed = wrapped([key_text(code) for code in numbers], BODY)
            found.append(f"{values}.isin({listed})")
        lines += [f"    {column} = {column}.mask({one})" for one in found]
    return lines


def _made(writer: Writer, made: Sequence[Computation]) -> list[str]:
    """Return the statements that compute columns, in their order."""
    lines = []
    for one in made:
        if isinstance(one, tree.LetStatement):
            lines.append(f"    {_let(writer, one)}")
            continue
        rows = ElementwiseWriter(writer.table, frozenset(), writer.helpers)
        read = without_calls(one.value, writer.table)
        node = core(read)
        held = writer.columns.get(node.text) if isinstance(node, tree.Name) else None
        if one.state is None and held is not None and held.numbers is None:
            value = f"data[{string(held.name)}]"
        else:
            value = bare(rows.number(read)) if one.state is None else rows.operand(read)
        columns, table = writer.columns, writer.table
        lines += [
            f"    {line}"
            for line in step_lines(one, value, columns, table, writer.helpers)
        ]
    return lines


def _options(writer: Writer) -> Iterator[str]:
    layout = writer.table.layout
    if layout is not None and layout.delimiter != ",":
        yield f"sep={string(layout.delimiter)}"
    yield "dtype=str"
    yield "keep_default_na=False"
    # what a data frame calls a missing value is an empty cell once it is saved
    levels = {level for column in _held(writer) for level in column.levels}
    missing = [""] if layout is None and levels & {"NA", "NaN"} else ["", "NA", "NaN"]
    missing += [] if layout is None else layout.missing
    yield f"na_values=[{', '.join(map(string, missing))}]"
    if layout is not None and layout.delimiter != "\t":
        yield "skipinitialspace=True"


def _held(writer: Writer) -> list[Column]:
    """Return the columns of the file that the script calculates with."""
    names: list[str] = []
    made = set()
    for slot in writer.program.slots:
        match slot.recipe:
            case Matrix() | Single() as recipe:
                columns = (
                    recipe.columns if isinstance(recipe, Matrix) else (recipe.column,)
                )
                for part in (part for column in columns for part in column.parts):
                    match part:
                        case Coded(factor=factor):
                            names.append(factor)
                        case Numeric(expression=expression):
                            names += _read(expression, writer)
            case LevelIndex(factors, _):
                names += factors
            case LevelPlace(column, _):
                names.append(column)
            case MemberIndex(columns, _):
                names += columns
            case MemberWeights(weights, _, _):
                for weight in weights:
                    names += _read(weight.expression, writer)
            case Outcome(column, _):
                names.append(column)
            case Parts(several):
                for part in several:
                    names += _read(part.expression, writer)
            case RowValues(variable):
                names += _read(variable.expression, writer)
    for one in writer.computations:
        if isinstance(one, tree.LetStatement):
            made.add(one.name.text)
            names += _read(one.expression, writer)
        else:
            made.update(one.columns)
            names += _read(one.value, writer)
            names += one.settings.get("by") or ()
            names += one.settings.get("order") or ()
    for choice in writer.choices:
        names += _read(choice.condition, writer)
    wanted = {*names} - made
    return [column for name, column in writer.columns.items() if name in wanted]


def _read(expression: tree.Expr, writer: Writer) -> list[str]:
    return names_read(without_calls(expression, writer.table), writer.table)


def _let(writer: Writer, statement: tree.LetStatement) -> str:
    expression = without_calls(statement.expression, writer.table)
    name, value = statement.name.text, core(expression)
    target = f"data[{string(name)}]"
    if isinstance(value, tree.Call) and (
        value.function.text in TEXT_CALLS or labels_of(value) is not None
    ):
        return f"{target} = {_relabelled(writer, value, name)}"
    while isinstance(value, tree.Call) and value.function.text in FACTOR_CALLS:
        # the levels' order is of no matter to what the script holds
        value = core(value.arguments[0].value)
    if isinstance(value, tree.Name) and value.text in writer.columns:
        return f"{target} = data[{string(value.text)}]"
    rows = ElementwiseWriter(writer.table, frozenset(), writer.helpers)
    if writer.columns[name].kind is not Kind.LOGICAL:
        return f"{target} = {bare(rows.number(expression))}"
    true, false = rows.true(value), rows.false(value)
    if isinstance(true, str) and isinstance(false, str):
        writer.helpers.add("logical")
        arguments = [bare(true), bare(false)]
        return call(f"{target} = logical", arguments, BODY).replace("\n", "\n    ")
    for known, text in ((true, "TRUE"), (false, "FALSE")):
        if known is True:
            return f'{target} = "{text}"'
    for found, text in ((true, "TRUE"), (false, "FALSE")):
        if isinstance(found, str):
            return f'{target} = np.select([{bare(found)}], ["{text}"], None)'
    return f"{target} = None"


def _relabelled(writer: Writer, call: tree.Call, name: str) -> str:
    """Return the text of ``factor(x, labels=[...])``, and of ``trimws(x)``."""
    inner = core(call.arguments[0].value)
    while isinstance(inner, tree.Call) and inner.function.text in TEXT_CALLS:
        inner = core(inner.arguments[0].value)
    if not isinstance(inner, tree.Name):
        raise Unwritable(expression_text(call))
    source, made = writer.columns[inner.text], writer.columns[name]
    of = keys(source, writer.table)
    names, codes = coded_values(source)
    # by the rows: those that `where` leaves out may have other levels
    items = [
        f"{key_text(of[level])}: {string(made.levels[made.values[rows[0]]])}"
        for place, level in enumerate(names)
        if len(rows := np.flatnonzero(codes == place))
    ]
    return f"data[{string(source.name)}].map({wrapped(items, BODY, '{}')})"


def _chosen(condition: str) -> str:
    if len(condition) <= 70:
        return f"data[{condition}]"
    parts = condition.split(" & ")
    try:
        for part in parts:
            compile(part, "part", "eval")
    except SyntaxError:
        parts = [condition]
    return "data[\n        " + "\n        & ".join(parts) + "\n    ]"


# ---- arrays ---------------------------------------------------------------------


def array_lines(writer: Writer) -> Iterator[str]:
    """Yield the statements that make the arrays of the program's slots."""
    for slot in writer.program.slots:
        name = writer.name(slot.name)
        match slot.recipe:
            case Matrix(columns, means, basis):
                yield from _matrix(writer, name, columns, means)
                if basis is not None:
                    yield f"    {name} = {name} @ {matrix(basis, BODY)}"
            case Single(column):
                yield from _parts(writer, column.parts)
                yield f"    {name} = {_product_of(writer, column)}"
            case LevelPlace(factor, levels):
                into = slot.into or slot.name
                yield from _index(writer, name, into, (factor,), levels)
            case LevelIndex(factors, levels):
                yield from _index(writer, name, slot.into or slot.name, factors, levels)
            case MemberIndex(columns, levels):
                into = slot.into or slot.name
                yield from member_lines(writer, name, into, columns, levels)
            case MemberWeights(weights, count, scaled):
                parts = [_part(writer, one) for one in weights]
                yield from weight_lines(name, parts, count, scaled)
            case Outcome(column, categories):
                yield f"    {name} = {_outcome(writer, column, categories)}"
            case Parts(several):
                numbers = ", ".join(_part(writer, one) for one in several)
                yield f"    {name} = np.column_stack([{numbers}])"
            case RowValues(variable):
                yield f"    {name} = {_part(writer, variable)}"
            case Numbers(values, width):
                if width is None:
                    yield f"    {name} = {vector(values, BODY)}"
                    continue
                rows = [values[at : at + width] for at in range(0, len(values), width)]
                yield f"    {name} = {matrix(rows, BODY)}"
            case Count() | Within():
                pass  # the script has every row of the file


def _index(
    writer: Writer,
    name: str,
    axis: str,
    factors: tuple[str, ...],
    levels: tuple[str, ...],
) -> Iterator[str]:
    variable = writer.name(f"{axis}_levels of levels")
    columns = [writer.columns[factor] for factor in factors]
    coords = variable
    if len(columns) > 1:
        listed = labels(levels, BODY)
        names = [level_names(column, writer.table, True) for column in columns]
        cells = ' + ":" + '.join(names)
    else:
        of = keys(columns[0], writer.table)
        # of whole numbers in a row some may not be there
        found = [of[level] if level in of else float(level) for level in levels]
        cells = f"data[{string(columns[0].name)}]"
        if held_as_number(columns[0], writer.table):
            listed = keys_text(found, BODY)
            spelled = all(map(str.__eq__, map(key_text, found), levels))
            coords = f"[str(k) for k in {variable}]" if spelled else ""
        else:
            listed = labels(levels, BODY)
    if coords:
        writer.levels[levels] = coords
    writer.helpers.add("codes")
    yield f"    {variable} = {listed}"
    line = f"    {name} = codes({cells}, {variable})"
    if len(line) > WIDTH and len(columns) > 1:
        cells = cells.replace(' + ":" + ', '\n        + ":"\n        + ')
        line = f"    {name} = codes(\n        {cells},\n        {variable},\n    )"
    yield line


def _outcome(writer: Writer, name: str, categories: tuple[str, ...]) -> str:
    column = writer.columns[name]
    text = f"data[{string(name)}]"
    if categories:
        writer.helpers.add("codes")
        of = keys(column, writer.table)
        numbers = column.kind.is_number
        found = [float(c) if numbers else of[c] for c in categories]
        return f"codes({text}, {keys_text(found, BODY)})"
    if column.kind.is_number or held_as_number(column, writer.table):
        return f"{text}.to_numpy(float)"
    rows = ElementwiseWriter(writer.table, frozenset(writer.used), writer.helpers)
    return f"{rows.values_of(column)}.to_numpy(float)"


def _matrix(
    writer: Writer,
    name: str,
    columns: tuple[DesignColumn, ...],
    means: tuple[float, ...] | None,
) -> Iterator[str]:
    yield from _parts(writer, [p for column in columns for p in column.parts])
    texts = [_product_of(writer, column) for column in columns]
    head = f"    {name} = np.column_stack("
    yield f"{head}{wrapped(texts, BODY, taken=len(head) + 1)})"
    if means is not None:
        yield f"    {name} = {name} - {vector(means, BODY)}"


def _product_of(writer: Writer, column: DesignColumn) -> str:
    return " * ".join(writer.parts[part] for part in column.parts) or (
        "np.ones(len(data))"
    )


def _parts(writer: Writer, parts: Iterable[Coded | Numeric]) -> Iterator[str]:
    """Yield the statements that make parts of columns, each once."""
    for part in dict.fromkeys(parts):
        if part not in writer.parts:
            # a factor can be coded in two ways, by columns of one name
            same = sum(other.label == part.label for other in writer.parts)
            place = f" #{same}" if same else ""
            wanted = f"{part.label.strip('[]')}{place} of data"
            writer.parts[part] = writer.name(wanted)
            yield f"    {writer.parts[part]} = {_part(writer, part)}"


def _part(writer: Writer, part: Coded | Numeric) -> str:
    match part:
        case Coded(factor, levels, weights):
            of = keys(writer.columns[factor], writer.table)
            items = [
                f"{key_text(of[level])}: {number(weight)}"
                for level, weight in zip(levels, weights, strict=True)
            ]
            mapping = wrapped(items, BODY, "{}", taken=48)
            return f"data[{string(factor)}].map({mapping}).to_numpy(float)"
        case Numeric(_, written):
            expression = without_calls(written, writer.table)
            rows = ElementwiseWriter(
                writer.table, frozenset(writer.used), writer.helpers
            )
            if isinstance(core(expression), tree.Name) and not rows.is_condition(
                expression
            ):
                return f"{bare(rows.number(expression))}.to_numpy(float)"
            if not rows.reads(expression):
                return f"np.full(len(data), {rows.number(expression)}, dtype=float)"
            if rows.is_condition(expression):
                true = rows.true(expression)
                if isinstance(true, bool):
                    return f"np.full(len(data), {float(true)})"
                return f"np.asarray({bare(true)}, float)"
            return f"np.asarray({bare(rows.number(expression))}, float)"
