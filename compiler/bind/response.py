"""The left side of a formula: which column it is, and whether a family can have it.

One file, although it is long: each kind of response is a few checks, which end
in the same words and look for the same families that would have it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from varying.grammar.diagnostics import Edit, Fix, Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.spelling import spell_number
from varying.grammar.tree import (
    Argument,
    Call,
    Chain,
    ColumnStatement,
    Expr,
    Index,
    Name,
    Option,
)
from varying.grammar.walk import column_names, postorder, unwrap

from ..data.alike import nearly_same
from ..data.levels import level_spelled
from ..data.scales import scale_order
from ..data.schema import MOST_NUMBERS, ColumnInfo, Schema
from ..data.spellings import (
    beside_note,
    codes_among_words,
    comma_note,
    large_note,
    looks_missing,
    missing_codes,
    missing_note,
    warn_spellings,
    with_comma,
)
from ..data.table import Floats, Kind, Table
from ..data.value_order import mixed_units, value_keys
from ..expressions.elsewhere import NON_LINEAR, names_joined
from ..expressions.evaluation import evaluate
from ..expressions.types import report_unknown, type_of
from ..families import FAMILIES
from ..families.family import Family
from .bound import Response
from .composition import bind_composition, total_of
from .lowest import check_lowest
from .nominal import bind_nominal
from .response_forms import report_factor, report_share, report_success, report_weighted
from .response_terms import as_number, bind_terms, split_response
from .response_terms.table import OF_BASELINE, OF_THRESHOLDS

#: Values that a message names.
_SHOWN = 5
#: Levels that can be the categories of one response: of more they are hardly that.
_CATEGORIES = 12


def bind_response(
    expression: Expr,
    family: Family | None,
    schema: Schema,
    sink: Sink,
    declarations: Sequence[ColumnStatement] = (),
    option: Option | None = None,
) -> Response | None:
    """Return the response, its categories among it; None after a fault.

    Without a family (its name is at fault) only the column is looked for. The
    declarations and the option ``family`` are what a fix changes.
    """
    left, terms = split_response(expression, sink)
    node = unwrap(left)
    for inner in postorder(left):
        joins = isinstance(inner, Call) and inner.function.text == "mvbind"
        if joins and inner is not node and "mvbind" not in schema.functions:
            sink.add(
                "invalid-term",
                inner.span,
                "`mvbind()` stands alone on the left: it joins responses, and is no "
                "number",
                "a response that is calculated has a name: `let z = ...`",
            )
            return None
    trials: Expr | None = None
    if family is not None and family.has_columns:
        response = bind_composition(node, family, schema, sink)
        counted = any(one.function.text == "trials" for one in terms)
        if response is not None and "trials" in family.known and not counted:
            trials = total_of(response)
        known = None if response is None else family
        beside = bind_terms(terms, trials, known, left, schema, sink, option)
        if response is None or beside is None:
            return None
        return replace(response, beside=beside)
    match node:
        case Call(function=Name(text="cbind"), arguments=(first, second)) if (
            family is not None and "trials" in family.known
        ):
            if not _plain_counts((first, second), schema, sink):
                return None
            node = unwrap(first.value)
            trials = Chain(("+",), (first.value, second.value), span=left.span)
        case Call(function=Name(text="cbind")) if family is not None:
            sink.add(
                "invalid-argument",
                node.span,
                f"`{expression_text(node)}` as a response of {family.name} has "
                f"{len(node.arguments)} arguments",
                "it takes the successes, then the failures",
            )
            return None
        case Call(function=Name(text="cbind" | "mvbind")):
            return None
        case Call(function=Name(text="p" | "prop" | "proportion" as name)) if (
            len(node.arguments) == 2 and name not in schema.functions
        ):
            report_share(node, family, sink)
            return None
        case Call(function=Name(text="weighted"), arguments=(_, _)) if (
            "weighted" not in schema.functions
        ):
            report_weighted(node, sink)
            return None
        case _:
            pass
    response = _left(node, family, schema, sink, declarations)
    # these need the rows: `items`, `baseline`
    later = (*OF_THRESHOLDS, *OF_BASELINE)
    terms = tuple(one for one in terms if one.function.text not in later)
    beside = bind_terms(terms, trials, family, left, schema, sink, option)
    if response is None or beside is None:
        return None
    return replace(response, beside=beside)


def _plain_counts(arguments: Sequence[Argument], schema: Schema, sink: Sink) -> bool:
    """Whether successes and failures are numbers, in their order."""
    good = True
    for argument in arguments:
        if argument.keyword is not None:
            sink.add(
                "unknown-argument",
                argument.keyword.span,
                f"`cbind` has no argument `{argument.keyword.text}`",
                "it takes the successes, then the failures",
            )
            good = False
        else:
            good = as_number(argument.value, "cbind()", schema, sink) and good
    return good


def _left(
    node: Expr,
    family: Family | None,
    schema: Schema,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> Response | None:
    """Return the response without what stands beside it."""
    names = names_joined(node)
    if names and not schema.open and not {*schema.columns, *schema.unread} & set(names):
        sink.add(
            "unknown-column",
            node.span,
            f"`{expression_text(node)}`: none of these is a column of the data",
            NON_LINEAR,
        )
        return None
    if isinstance(node, Call) and report_factor(node, family, schema, sink):
        return None
    if isinstance(node, Index):
        report_success(node, family, schema, sink)
        return None
    if not isinstance(node, Name):
        return _computed(node, family, schema, sink)
    info = schema.columns.get(node.text)
    if info is None:
        _report_unknown(node, schema, sink)
        return None
    if family is None:
        return None
    match family.response:
        case "continuous" | "count" | "successes":
            return _numeric(info, family, node.span, sink)
        case "binary":
            return _binary(info, family, node.span, sink, declarations)
        case "ordinal":
            return _ordinal(info, family, node.span, sink, declarations)
        case "nominal":
            return bind_nominal(info, family, node.span, sink)
        case "composition":
            return None  # it has several columns


def _report_unknown(node: Name, schema: Schema, sink: Sink) -> None:
    """Report a response that is no column; it may be a parameter at the margin."""
    known = {dpar.name for family in FAMILIES.values() for dpar in family.dpars}
    if node.text in known and not schema.open and node.text not in schema.faulty:
        sink.add(
            "misplaced-statement",
            node.span,
            f"a formula of the parameter `{node.text}` at the margin",
            "indent it under the formula of the model that it is a part of",
        )
        return
    report_unknown(node, schema, sink)


def _computed(
    node: Expr, family: Family | None, schema: Schema, sink: Sink
) -> Response | None:
    """Return a response that is calculated: ``rating / 99``."""
    text = expression_text(node)
    typed = type_of(node, schema, sink)
    names = [name.text for name in column_names(node)]
    if typed is None or family is None:
        return None
    if family.response in ("binary", "ordinal", "nominal"):
        wanted = ("outcome", "outcome_2", "outcome_3")
        name = next((one for one in wanted if one not in schema.columns), "outcome_4")
        sink.add(
            "not-yet",
            node.span,
            f"the expression `{text}` as the response of {family.name} is not compiled "
            "by this version",
            f"give it a name first: `let {name} = {text}`, and `{name} ~ ...`",
        )
        return None
    if not typed.is_number or not names:
        message = f"the response `{text}` is no number that varies from row to row"
        sink.add("wrong-type", node.span, message)
        return None
    return Response(text, names[0], Kind.NUMERIC, expression=node, span=node.span)


def _response(
    info: ColumnInfo, span: Span, categories: tuple[str, ...], seen: tuple[str, ...]
) -> Response:
    unseen = tuple(c for c in categories if c not in set(seen))
    return Response(info.name, info.name, info.kind, categories, unseen, span=span)


def _numeric(
    info: ColumnInfo, family: Family, span: Span, sink: Sink
) -> Response | None:
    if not info.kind.is_number and (
        info.kind is not Kind.ORDERED or info.numbers is None
    ):
        article = "an" if info.kind is Kind.ORDERED else "a"
        notes = (
            comma_note(info.levels, info.decimal)
            or missing_note(info.levels, info.name)
            or large_note(info.levels, name_text(info.name))
            or beside_note(info.levels)
        )
        sink.add(
            "wrong-type",
            span,
            f"the response `{info.name}` is {article} {info.kind}, and {family.name} "
            "needs numbers",
            f"its values are {_some(info.levels)}",
            *(notes or _unordered(info)),
            *_better_families(info),
        )
        return None
    return _response(info, span, (), ())


def _better_families(info: ColumnInfo) -> tuple[str, ...]:
    """Return which family such values are for."""
    if info.numbers is not None:
        return ("only `ordered` keeps the numbers of its levels, `factor` does not",)
    if info.kind is Kind.ORDERED:
        return ("ordered categories are for `family=ordlogit`",)
    if len(info.declared_levels) == 2:
        return ("two values are for `family=bernoulli`",)
    return ()


def _unordered(info: ColumnInfo) -> tuple[str, ...]:
    """Return the family of some names without an order: of very many they are none."""
    if info.numbers is not None or info.kind is Kind.ORDERED:
        return ()
    if not 2 < len(info.declared_levels) <= _CATEGORIES:
        return ()
    return (
        "categories without an order are for `family=categorical`; those with one for "
        f"`family=ordlogit`, after `column {name_text(info.name)}: ordered(...)`",
    )


def _some(levels: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{level}`" for level in levels[:_SHOWN])
    return shown + (", ..." if len(levels) > _SHOWN else "")


def _binary(
    info: ColumnInfo,
    family: Family,
    span: Span,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> Response | None:
    seen = info.as_levels
    known = info.declared_levels or seen
    warn_spellings(info, span, sink)
    if info.kind.is_number or info.kind is Kind.LOGICAL:
        known = ("0", "1") if info.kind.is_number else ("FALSE", "TRUE")
        odd = [level for level in seen if level not in known]
        if odd or (info.kind.is_number and info.numbers is None):
            sink.add(
                "response-support",
                span,
                f"the response `{info.name}` has values other than 0 and 1",
                f"among them {_some(tuple(odd))}" if odd else "there are many",
                "for counts out of a known number use a binomial family",
            )
            return None
    elif len(known) != 2:
        if len(known) == 1:
            sink.add(
                "one-category",
                span,
                f"the response `{info.name}` has one value only: {_some(known)}",
            )
            return _response(info, span, known, seen)
        else:
            sink.add(
                "response-support",
                span,
                f"the response `{info.name}` has {len(known)} levels, and "
                f"{family.name} needs two: {_some(known)}",
                *_unordered(info),
            )
        return None
    if len(seen) < 2:
        sink.add(
            "one-category",
            span,
            f"the response `{info.name}` has one value only: {_some(seen)}",
            "nothing can be learned about what makes the other likelier",
        )
        return _response(info, span, known, seen)
    plain = known in (("0", "1"), ("FALSE", "TRUE"))
    if not info.kind.is_number and not plain and not info.declared:
        sink.add(
            "guessed-order",
            span,
            f"`{known[1]}` is taken as the success of `{info.name}`, `{known[0]}` as "
            "the failure",
            fix=_declared(info, "factor", known, span, sink, declarations),
        )
    return _response(info, span, known, seen)


def _has_order(levels: Sequence[str]) -> bool:
    """Whether the natural order of levels is one: of values, numbers or letters."""
    if value_keys(levels) is not None or all(len(level) == 1 for level in levels):
        return True
    numbered = any(map(str.isdigit, levels[0]))
    return numbered and len({re.sub(r"[0-9]+", "0", one) for one in levels}) == 1


def _ordinal(
    info: ColumnInfo,
    family: Family,
    span: Span,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> Response | None:
    seen = info.as_levels
    warn_spellings(info, span, sink)
    if info.kind.is_number and info.numbers is None:
        sink.add(
            "response-support",
            span,
            f"the response `{info.name}` has {info.distinct:,} different values",
            "an ordinal family has a threshold between any two neighbours",
        )
        return None
    known = seen if info.kind.is_number else info.declared_levels
    if len(known) < 2 or len(seen) < 2:
        sink.add(
            "one-category",
            span,
            f"the response `{info.name}` has one category only: {_some(seen)}",
            "an ordinal model needs two at least",
        )
        return _response(info, span, known, seen)
    if not check_lowest(info, family, known, span, sink):
        return None
    if info.kind.is_number:
        _numbers_as_categories(info, span, sink, declarations)
    elif info.kind is not Kind.ORDERED and not info.declared and info.numbers is None:
        units = mixed_units(known)
        odd = missing_note(known, info.name, "ordered")
        order = scale_order(known) or (known if _has_order(known) else None)
        if order is None and not odd:
            name = name_text(info.name)
            odd = (
                *odd,
                f"list its levels from low to high: `column {name}: ordered(...)`",
            )
        if units is not None:
            pair = f"`{units[0]}` and `{units[1]}`"
            odd = (
                *odd,
                f"{pair} have different units: write all in one",
            )
        sink.add(
            "guessed-order",
            span,
            f"the order of `{info.name}` is a guess: {_some(known)}",
            *odd,
            # nor are several spellings of a number or a word categories
            fix=None
            if units
            or order is None
            or any(map(looks_missing, known))
            or codes_among_words(known)
            or nearly_same(known)
            or with_comma(known)
            else _declared(info, "ordered", order, span, sink, declarations),
        )
    return _response(info, span, known, seen)


def _numbers_as_categories(
    info: ColumnInfo,
    span: Span,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> None:
    """Say which categories numbers make, where that may surprise."""
    numbers = info.numbers or ()
    if not info.whole:
        sink.add(
            "fractional-categories",
            span,
            f"each of the {len(numbers)} different numbers of `{info.name}` is a "
            "category of its own",
            f"among them {_some(info.as_levels)}",
            "a measurement is for a continuous family",
        )
        return
    low, high = int(numbers[0]), int(numbers[-1])
    if high - low + 1 == len(numbers):
        return
    known = set(numbers)
    between = islice((n for n in range(low, high + 1) if n not in known), _SHOWN + 1)
    unseen = [str(number) for number in between]
    more = ", ..." if len(unseen) > _SHOWN else ""
    name = name_text(info.name)
    odd = missing_codes([int(number) for number in numbers])
    if odd:
        codes = " and ".join(f"`{code}`" for code in odd)
        several = len(odd) > 1
        left_out = " & ".join(f"{name} != {code}" for code in odd)
        sink.add(
            "looks-missing",
            span,
            f"{codes} of `{info.name}` {'look' if several else 'looks'} like "
            f"{'codes' if several else 'a code'} for a missing value, and "
            f"{'are categories' if several else 'is a category'} here",
            f"leave such rows out: `where {left_out}`",
            fix=_without_codes(info, odd, span, sink, declarations),
        )
        return
    notes = ["a category that no row has is none, unless it is declared"]
    if high - low < MOST_NUMBERS:
        notes.append(f"declare all: `column {name}: ordered({low}..{high})`")
    sink.add(
        "missing-category",
        span,
        f"no row has the value {', '.join(unseen[:_SHOWN])}{more} of `{info.name}`",
        *notes,
    )


def _declared(
    info: ColumnInfo,
    kind: str,
    levels: tuple[str, ...],
    span: Span,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> Fix | None:
    """Return the fix that declares the levels, on a line above the formula."""
    listed = ", ".join(level_spelled(level) for level in levels)
    statement = f"column {name_text(info.name)}: {kind}({listed})"
    title = f"declare it: `{statement}`"
    for declared in declarations:
        names = [name.text for name in declared.columns]
        if names == [info.name]:
            return Fix(title, (Edit(declared.type.span, f"{kind}({listed})"),))
        if info.name in names:
            return None
    return Fix(title, (_line_above(statement, span, sink),))


def _without_codes(
    info: ColumnInfo,
    codes: Sequence[int],
    span: Span,
    sink: Sink,
    declarations: Sequence[ColumnStatement],
) -> Fix | None:
    """Return the fix that declares codes for missing values."""
    missing = f"missing=[{', '.join(map(str, codes))}]"
    statement = f"column {name_text(info.name)}: ordered, {missing}"
    title = f"declare it: `{statement}`"
    for declared in declarations:
        names = [name.text for name in declared.columns]
        if info.name not in names:
            continue
        options = [option.name.text for option in declared.options]
        if names != [info.name] or "missing" in options:
            return None
        end = declared.options[-1].span.end if options else declared.type.span.end
        add = Edit(Span(end, end), f", {missing}")
        return Fix(title, (Edit(declared.type.span, "ordered"), add))
    return Fix(title, (_line_above(statement, span, sink),))


def _line_above(statement: str, span: Span, sink: Sink) -> Edit:
    """Return the edit that writes a statement on a line above a place."""
    line = sink.source.line_text(sink.source.position(span.start).line)
    indent = line[: len(line) - len(line.lstrip())]
    start = span.start - sink.source.position(span.start).column + 1 + len(indent)
    return Edit(Span(start, start), f"{statement}\n{indent}")


def response_values(response: Response, table: Table) -> Floats:
    """Return the response of each row: numbers, or ranks among the categories."""
    if response.parts:
        columns = [evaluate(one.expression, table) for one in response.parts]
        return np.stack(columns, axis=-1)
    if response.expression is not None:
        return evaluate(response.expression, table)
    return outcome_values(response.column, response.categories, table)


def outcome_values(name: str, categories: Sequence[str], table: Table) -> Floats:
    """Return the numbers of a column, or the ranks of its values among categories."""
    column = table.columns[name]
    if not categories:
        if column.kind.is_number:
            return column.values.astype(np.float64)
        numbers = np.array([*(column.numbers or ()), np.nan])
        return np.asarray(numbers[column.values], dtype=np.float64)
    place = {name: rank for rank, name in enumerate(categories)}
    if column.kind.is_number:
        values, codes = np.unique(column.values, return_inverse=True)
        names = [spell_number(float(value)) for value in values]
    else:
        names, codes = list(column.levels), column.values
    ranks = np.array([place.get(name, -1) for name in names] + [-1], dtype=np.float64)
    return ranks[codes]
