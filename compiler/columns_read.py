"""Which columns of the data a spec reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from varying.grammar.tree import (
    ColumnStatement,
    Expr,
    LetStatement,
    ModelStatement,
    Name,
    PartStatement,
    Spec,
    WhereStatement,
)

from .expressions import LOGICALS, column_names, postorder
from .prepare import names_read


def columns_read(spec: Spec, names: Collection[str]) -> frozenset[str]:
    """Return which of some columns a spec reads; all of them if it says ``.``.

    What any model reads counts, also one that was not chosen, and what ``column``,
    ``let`` and ``where`` read, whether a model uses it or not: the text must
    compile with these columns alone, and to the same rows. Functions, parameters
    and targets of priors are no columns, whatever the data call theirs.
    """
    read = [*names_read(spec), *_beside_formulas(spec)]
    if any(name.text == "." and not name.quoted for name in names_read(spec)):
        return frozenset(names)
    return frozenset(name.text for name in read) & frozenset(names)


def _beside_formulas(spec: Spec) -> Iterator[Name]:
    """Yield what statements read, and in formulas too what may be a constant.

    ``TRUE`` is the constant unless the data have a column of that name.
    """
    for statement in spec.statements:
        match statement:
            case ColumnStatement(columns=columns):
                yield from columns
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
