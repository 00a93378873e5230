"""Lark's trees to the nodes of ``tree``, with their places.

The grammar keeps every token, so a node's span runs from the first token under it to
the last. Depth is bounded before anything here is called.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import cast

import regex
from lark import Token, Tree

from .diagnostics import Sink
from .layout import span_of
from .source import Span
from .tree import (
    Argument,
    Call,
    Chain,
    ColumnStatement,
    ColumnType,
    ContrastPart,
    ContrastStatement,
    DataStatement,
    Event,
    Expr,
    Formula,
    Index,
    KeepStatement,
    LetStatement,
    Level,
    LevelRange,
    ListExpr,
    MeansStatement,
    ModelStatement,
    Name,
    Number,
    Option,
    Paren,
    Power,
    PriorStatement,
    QuantityStatement,
    Ref,
    RefPart,
    SlopeStatement,
    Statement,
    String,
    Target,
    TestStatement,
    Unary,
    WhereStatement,
    Wide,
    WideColumn,
)

LarkTree = Tree[Token]
Child = LarkTree | Token

MAX_LEVELS = 10_000


class BuildFault(Exception):
    """A statement that fits the grammar but has no node; already reported."""


def build(tree: LarkTree, sink: Sink) -> Statement | Formula:
    """Return the node of a statement, or a bare formula.

    Raises
    ------
    BuildFault
        If it has no meaning; the fault is in the sink.
    """
    return cast("Statement | Formula", _STATEMENTS[_rule(tree)](tree, sink))


# ---- reading Lark's trees ---------------------------------------------------------


def _rule(tree: LarkTree) -> str:
    return str(tree.data)


def _edge(child: Child, index: int) -> Token:
    while not isinstance(child, Token):
        child = child.children[index]
    return child


def _span(child: Child) -> Span:
    return span_of(_edge(child, 0)).to(span_of(_edge(child, -1)))


def _trees(tree: LarkTree, *rules: str) -> list[LarkTree]:
    """Return the children that are trees, of the given rules if any are given."""
    return [
        child
        for child in tree.children
        if isinstance(child, Tree) and (not rules or _rule(child) in rules)
    ]


def _tokens(tree: LarkTree) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


# ---- names and literals -----------------------------------------------------------


def _name(token: Token) -> Name:
    quoted = token.type == "QNAME"
    text = unicodedata.normalize("NFC", str(token[1:-1] if quoted else token))
    head = ""
    if not quoted and text.startswith("`"):
        head, rest = text[1:].split("`")
        text = head + rest
    return Name(text, quoted, head, span=span_of(token))


def _name_tree(tree: LarkTree) -> Name:
    return _name(_tokens(tree)[0])


def _names(trees: list[LarkTree]) -> tuple[Name, ...]:
    return tuple(_name_tree(tree) for tree in trees)


_BACKQUOTED = regex.compile(r"\A`([^`]+)`\Z")
_ESCAPE = regex.compile(r"""\\(["'\\])""")


def _text(token: Token) -> str:
    """Resolve a string: a backslash is one unless a quote or another one follows."""
    return str(_ESCAPE.sub(r"\1", str(token[1:-1])))


def _string(token: Token) -> String:
    return String(_text(token), span=span_of(token))


def _number(token: Token) -> Number:
    return Number(str(token), span=span_of(token))


# ---- expressions ------------------------------------------------------------------


def _expr(child: Child) -> Expr:
    assert isinstance(child, Tree)
    return _EXPRESSIONS[_rule(child)](child)


def _exprs(tree: LarkTree) -> tuple[Expr, ...]:
    return tuple([_expr(child) for child in _trees(tree)])


def _chain(tree: LarkTree) -> Chain:
    operators = tuple(str(token) for token in _tokens(tree))
    return Chain(operators, _exprs(tree), span=_span(tree))


def _unary(tree: LarkTree) -> Unary:
    return Unary(str(_tokens(tree)[0]), _exprs(tree)[0], span=_span(tree))


def _power(tree: LarkTree) -> Power:
    base, exponent = _exprs(tree)
    return Power(base, exponent, span=_span(tree))


def _argument(tree: LarkTree) -> Argument:
    keyword: Name | None = None
    if _rule(tree) == "keyword":
        token = _tokens(tree)[0]
        keyword = _name(token)
        if token.type == "STRING":  # of `custom("2-1" = [...])`
            keyword = Name(_text(token), quoted=True, span=keyword.span)
    return Argument(_exprs(tree)[0], keyword, span=_span(tree))


def _call(tree: LarkTree) -> Call:
    arguments = tuple([_argument(child) for child in _trees(tree)])
    return Call(_name(_tokens(tree)[0]), arguments, span=_span(tree))


def _ref_part(tree: LarkTree) -> RefPart:
    base = cast("Name | Call | Number | String | Paren", _exprs(tree)[0])
    level = None
    for token in _tokens(tree):
        if token.type == "LEVEL":
            # `f[`v`]` is a habit; a level that has them itself stands in quotes
            level = str(_BACKQUOTED.sub(r"\1", str(token)))
        elif token.type == "STRING":
            level = _text(token)
    return RefPart(base, level, span=_span(tree))


def _refs(tree: LarkTree) -> tuple[Ref, ...]:
    return tuple(
        Ref(tuple([_ref_part(part) for part in _trees(ref)]), span=_span(ref))
        for ref in _trees(tree, "ref")
    )


def _event(tree: LarkTree) -> Event:
    target, _, sign, *_ = _tokens(tree)
    value, *upper = _exprs(tree)
    last = upper[0] if upper else None
    return Event(_name(target), str(sign), value, last, span=_span(tree))


_EXPRESSIONS: dict[str, Callable[[LarkTree], Expr]] = {
    "name": _name_tree,
    "number": lambda tree: _number(_tokens(tree)[0]),
    "string": lambda tree: _string(_tokens(tree)[0]),
    "call": _call,
    "paren": lambda tree: Paren(_exprs(tree)[0], span=_span(tree)),
    "list": lambda tree: ListExpr(_exprs(tree), span=_span(tree)),
    "event": _event,
    "index": lambda tree: Index(_name(_tokens(tree)[0]), _refs(tree), span=_span(tree)),
    "unary": _unary,
    "negative": _unary,
    "power": _power,
    "chain": _chain,
}


# ---- statements -------------------------------------------------------------------


def _option(tree: LarkTree) -> Option:
    return Option(_name(_tokens(tree)[0]), _exprs(tree)[0], span=_span(tree))


def _options(tree: LarkTree) -> tuple[Option, ...]:
    return tuple(_option(child) for child in _trees(tree, "option"))


def _formula(tree: LarkTree, _: Sink) -> Formula:
    response, terms = tree.children[0], tree.children[2]
    return Formula(_expr(response), _expr(terms), _options(tree), span=_span(tree))


def _model(tree: LarkTree, sink: Sink) -> ModelStatement:
    name, formula = _trees(tree)
    return ModelStatement(_name_tree(name), _formula(formula, sink), span=_span(tree))


def _data(tree: LarkTree, sink: Sink) -> DataStatement:
    wides = _trees(tree, "wide")
    if len(wides) > 1:
        sink.add("duplicate-option", _span(wides[1]), "`wide(...)` stands twice")
        raise BuildFault
    return DataStatement(
        _string(_tokens(tree)[1]),
        _wide(wides[0], sink) if wides else None,
        _options(tree),
        span=_span(tree),
    )


def _wide(tree: LarkTree, sink: Sink) -> Wide:
    word = _tokens(tree)[0]
    if word != "wide":
        sink.add(
            "unknown-option",
            span_of(word),
            f"`data` knows no `{word}(...)`",
            "the only one is `wide(RESPONSE: COLUMN = (factor=level, ...), ...)`",
        )
        raise BuildFault
    cells = tuple(_cell(cell) for cell in _trees(tree, "cell"))
    return Wide(_name_tree(_trees(tree)[0]), cells, span=_span(tree))


def _cell(tree: LarkTree) -> WideColumn:
    first = tree.children[0]
    column = _string(first) if isinstance(first, Token) else _name_tree(first)
    return WideColumn(column, _options(tree), span=_span(tree))


def _column(tree: LarkTree, sink: Sink) -> ColumnStatement:
    return ColumnStatement(
        _names(_trees(tree, "name")),
        _type(_trees(tree, "type")[0], sink),
        _options(tree),
        span=_span(tree),
    )


def _type(tree: LarkTree, sink: Sink) -> ColumnType:
    tokens = _tokens(tree)
    levels = None
    if len(tokens) > 1:
        levels = tuple(_level(level, sink) for level in _trees(tree))
        ranges = [level for level in levels if isinstance(level, LevelRange)]
        total = sum(level.high - level.low + 1 for level in ranges)
        if total + len(levels) - len(ranges) > MAX_LEVELS:
            message = f"a column has at most {MAX_LEVELS:,} levels"
            sink.add("invalid-argument", _span(tree), message)
            raise BuildFault
    return ColumnType(_name(tokens[0]), levels, span=_span(tree))


def _level(tree: LarkTree, sink: Sink) -> Level | LevelRange:
    tokens = _tokens(tree)
    kinds = [token.type for token in tokens]
    span = _span(tree)
    if "DOTS" in kinds:
        dots = kinds.index("DOTS")
        low, high = "".join(tokens[:dots]), "".join(tokens[dots + 1 :])
        return _range(low, high, span, sink)
    if "NUMBER" in kinds:
        return Level("".join(tokens), number=True, span=span)
    token = tokens[0]
    if token.type == "NAME":
        return Level(str(token), span=span)
    return Level(_text(token) if token.type == "STRING" else token[1:-1], span=span)


def _range(low: str, high: str, span: Span, sink: Sink) -> LevelRange:
    whole = all(regex.fullmatch("-?[0-9]{1,15}", end) for end in (low, high))
    if not whole:
        message = f"`{low}..{high}` does not run between whole numbers"
    elif int(high) <= int(low):
        message = f"`{low}..{high}` does not run upwards"
    elif int(high) - int(low) >= MAX_LEVELS:
        message = f"`{low}..{high}` has more than {MAX_LEVELS:,} levels"
    else:
        return LevelRange(int(low), int(high), span=span)
    sink.add("invalid-argument", span, message)
    raise BuildFault


def _let(tree: LarkTree, _: Sink) -> LetStatement:
    name, expression = _trees(tree)
    return LetStatement(_name_tree(name), _expr(expression), span=_span(tree))


def _where(tree: LarkTree, _: Sink) -> WhereStatement:
    return WhereStatement(_expr(_trees(tree)[0]), span=_span(tree))


def _prior(tree: LarkTree, _: Sink) -> PriorStatement:
    target, value = _trees(tree)
    refs = _refs(target)
    return PriorStatement(
        Target(_name(_tokens(target)[0]), refs or None, span=_span(target)),
        str(_tokens(tree)[1]),
        _expr(value),
        span=_span(tree),
    )


def _keep(tree: LarkTree, _: Sink) -> KeepStatement:
    return KeepStatement(_names(_trees(tree)), span=_span(tree))


def _quantity(tree: LarkTree, _: Sink) -> QuantityStatement:
    name, expression = _trees(tree)
    return QuantityStatement(_name_tree(name), _expr(expression), span=_span(tree))


def _test(tree: LarkTree, _: Sink) -> TestStatement:
    name, expression = _trees(tree)
    return TestStatement(_name_tree(name), _expr(expression), span=_span(tree))


def _contrast(tree: LarkTree, sink: Sink) -> ContrastStatement:
    names = _trees(tree, "name")
    bys: list[tuple[Token, Expr]] = []
    parts = []
    for part in _trees(tree, "part"):
        stars = sum(token.type == "STAR" for token in _tokens(part))
        factor, *rest = _trees(part)
        more, (weights, *by) = rest[:stars], rest[stars:]
        bars = [token for token in _tokens(part) if token.type == "BAR"]
        if bys:
            sink.add(
                "syntax",
                span_of(bys[0][0]),
                "`| by` ends a contrast: all its factors stand before the bar",
            )
            raise BuildFault
        if by:
            bys.append((bars[0], _expr(by[0])))
        end = _span(weights)
        parts.append(
            ContrastPart(
                _name_tree(factor),
                _expr(weights),
                tuple(map(_name_tree, more)),
                span=_span(factor).to(end),
            )
        )
    return ContrastStatement(
        _name_tree(names[0]) if names else None,
        tuple(parts),
        bys[0][1] if bys else None,
        _options(tree),
        span=_span(tree),
    )


def _of_cells[Asked: (MeansStatement, SlopeStatement)](
    node: type[Asked],
) -> Callable[[LarkTree, Sink], Asked]:
    def build(tree: LarkTree, _: Sink) -> Asked:
        names, (cells,) = _trees(tree, "name"), _trees(tree, "cells")
        terms, *by = map(_expr, _trees(cells))
        return node(
            _name_tree(names[0]) if names else None,
            terms,
            by[0] if by else None,
            _options(tree),
            span=_span(tree),
        )

    return build


_STATEMENTS: dict[str, Callable[[LarkTree, Sink], object]] = {
    "formula": _formula,
    "model": _model,
    "data": _data,
    "column": _column,
    "let": _let,
    "where": _where,
    "prior": _prior,
    "keep": _keep,
    "quantity": _quantity,
    "test": _test,
    "contrast": _contrast,
    "means": _of_cells(MeansStatement),
    "slope": _of_cells(SlopeStatement),
}


def too_deep(tree: LarkTree, limit: int) -> LarkTree | None:
    """Return a subtree more than ``limit`` levels down; None if there is none.

    Without recursion, for it guards what recurses.
    """
    level: list[LarkTree] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in _trees(node)]
        if not level:
            return None
    return level[0]
