"""Which columns of the data a spec reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .nonlinear import is_nonlinear, parameters_of
from .tree import (
    Call,
    Chain,
    ColumnStatement,
    DataStatement,
    Expr,
    LetStatement,
    ModelStatement,
    Name,
    Paren,
    PartStatement,
    Spec,
    WhereStatement,
    Wide,
)
from .walk import LOGICALS, children, column_names, postorder


def columns_read(spec: Spec, names: Collection[str]) -> frozenset[str]:
    """Return which of some columns a spec reads; all of them if it says ``.``.

    What any model reads counts, also one that was not chosen, and what ``column``,
    ``let`` and ``where`` read, whether a model uses it or not: the text must
    compile with these columns alone, and to the same rows. Functions, parameters
    and targets of priors are no columns, whatever the data call theirs.
    """
    named = columns_named(spec)
    return frozenset(names) if named is None else named & frozenset(names)


def columns_named(spec: Spec) -> frozenset[str] | None:
    """Return the names of which ``columns_read`` finds the columns; None: all."""
    if any(name.text == "." and not name.quoted for name in names_read(spec)):
        return None
    return names_written(spec) | _left_of_parts(spec)


def _left_of_parts(spec: Spec) -> frozenset[str]:
    """Return what stands left in indented formulas: a parameter, or a response."""
    return frozenset(
        name.text
        for model in spec.models
        for part in model.body
        if isinstance(part, PartStatement)
        for name in column_names(part.formula.response)
    )


def names_written(spec: Spec) -> frozenset[str]:
    """Return the names that a spec reads as columns by name, not by ``.``."""
    read = [*names_read(spec), *_beside_formulas(spec)]
    return frozenset(name.text for name in read)


def names_otherwise(spec: Spec) -> frozenset[str]:
    """Return the names that need be no column: what ``let`` makes, and ``TRUE``."""
    lets = (s.name.text for s in spec.statements if isinstance(s, LetStatement))
    return frozenset((*lets, *LOGICALS))


def _beside_formulas(spec: Spec) -> Iterator[Name]:
    """Yield what statements read, and in formulas too what may be a constant.

    ``TRUE`` is the constant unless the data have a column of that name.
    """
    for statement in spec.statements:
        match statement:
            case ColumnStatement(columns=columns):
                yield from columns
            case DataStatement(wide=Wide(columns=sources)):
                for source in sources:
                    yield Name(source.column.text, span=source.span)
            case LetStatement(expression=read) | WhereStatement(condition=read):
                yield from column_names(read)
                yield from _constants(read)
            case ModelStatement(formula=formula, body=body):
                yield from _constants(formula.response)
                parts = (s.formula for s in body if isinstance(s, PartStatement))
                for one in (formula, *parts):
                    yield from _constants(one.terms)


def _constants(expression: Expr) -> Iterator[Name]:
    for node in postorder(expression):
        if isinstance(node, Name) and node.text in LOGICALS:
            yield node


def names_read(spec: Spec) -> Iterator[Name]:
    """Yield the names that formulas read as columns.

    Not what stands left in an indented formula, a parameter or a response: see
    ``compiler/prepare/responses.py``.
    """
    for model in spec.models:
        yield from column_names(model.formula.response)
        parameters = parameters_of(model)
        parts = (s.formula for s in model.body if isinstance(s, PartStatement))
        for formula in (model.formula, *parts):
            known = parameters if is_nonlinear(formula) else frozenset()
            for name in _names(formula.terms):
                if name.text not in known:
                    yield name


def _names(expression: Expr) -> Iterator[Name]:
    """Yield the names in terms; the id of ``(1 |id| g)`` is no column."""
    stack = [expression]
    while stack:
        node = stack.pop()
        match node:
            case Paren(inner=Chain(operators=("|", "|"), operands=operands)):
                stack.extend((operands[2], operands[0]))
            case Name() | Call():
                yield from column_names(node)
            case _:
                stack.extend(reversed(children(node)))
