"""Syntax tree to text: ``format_spec`` for files, ``expression_text`` for labels.

What is printed parses to the tree that it was printed from. Brackets are in the tree;
only a tree made by hand gets more of them, where precedence needs them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import regex

from .source import Source, Span
from .tokens import NAME_PATTERN, raw_level
from .tree import (
    Argument,
    Call,
    Chain,
    ColumnStatement,
    ColumnType,
    Comment,
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
    PartStatement,
    Power,
    PriorStatement,
    QuantityStatement,
    Ref,
    RefPart,
    SlopeStatement,
    Spec,
    String,
    Target,
    TestStatement,
    Unary,
    WhereStatement,
    Wide,
    WideColumn,
)

_NAME = regex.compile(NAME_PATTERN)

#: Names that mean something else where they stand without back-quotes.
_WORDS = frozenset({".", "TRUE", "FALSE", "True", "False"})
WIDTH = 88
_INDENT = "  "
_HANGING = "    "

# ---- expressions ------------------------------------------------------------------

_BARS, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SPECIAL, _CROSS, _SIGN, _POWER, _ATOM = (
    range(11)
)

_PRECEDENCE = {
    **dict.fromkeys(("|", "||"), _BARS),
    **dict.fromkeys(("&", "&&"), _AND),
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "!="), _COMPARE),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/", _PRODUCT),
    "%in%": _SPECIAL,
    ":": _CROSS,
}


@dataclass(frozen=True, slots=True)
class _Style:
    """Where a spelling of expressions differs from another."""

    tight: frozenset[str]
    equals: str
    # Whether `| id |` between bars is an id, and not the middle of a logical or.
    groups: bool = False
    # Whether back-quotes stay that need not be there.
    quotes: bool = False


_FILE = _Style(frozenset("*/:"), "=", quotes=True)
_LABEL = _Style(frozenset("/:"), " = ")


def expression_text(node: Expr | Ref | Target) -> str:
    """Return one short spelling of an expression, for labels.

    As R's ``deparse``: ``I(x^2)``, ``poly(x, 2)``, ``a %in% b``, ``I(a * b)``,
    ``C(x, helmert, base = 2)``.
    """
    return _expr(node, _LABEL)


def name_text(text: str) -> str:
    """Return a name as it is written: in back-quotes if it has to be."""
    return text if _plain(text) and text not in _WORDS else f"`{text}`"


def of_response(text: str, response: str) -> str:
    """Return a parameter's name, its response in back-quotes if it has to be."""
    return f"{name_text(response)}{text[len(response) :]}"


def string_text(text: str) -> str:
    """Return a string in quotes, double ones unless it contains one."""
    quote = "'" if '"' in text and "'" not in text else '"'
    inner = []
    for index, character in enumerate(text):
        after = text[index + 1 : index + 2]
        if character == quote or (
            character == "\\" and (not after or after in "\\\"'")
        ):
            inner.append("\\")
        inner.append(character)
    return f"{quote}{''.join(inner)}{quote}"


def _plain(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _name(name: Name, style: _Style = _FILE) -> str:
    """Return a name; back-quotes that say nothing stay in files only.

    One column has one label, so what is looked up by labels is found however it is
    quoted: ``b[`x`]`` is ``b[x]``.
    """
    if name.head:
        return of_response(name.text, name.head)
    if not name.quoted:
        return name.text if _plain(name.text) else f"`{name.text}`"
    return f"`{name.text}`" if style.quotes else name_text(name.text)


def _expr(node: Expr | Ref | Target, style: _Style, outer: int = _BARS) -> str:
    """Return the text of a node that stands where ``outer`` binds."""
    text, precedence = _EXPRESSIONS[type(node)](node, style)
    return f"({text})" if precedence < outer else text


def _chain(node: Chain, style: _Style) -> tuple[str, int]:
    precedence = _PRECEDENCE[node.operators[0]]
    parts = [_expr(operand, style, precedence + 1) for operand in node.operands]
    text = parts[0]
    for operator, part in zip(node.operators, parts[1:], strict=True):
        space = "" if operator in style.tight else " "
        text += f"{space}{operator}{space}{part}"
    return text, precedence


def _paren(node: Paren, style: _Style) -> tuple[str, int]:
    inner = node.inner
    if (
        style.groups
        and isinstance(inner, Chain)
        and len(inner.operators) == 2
        and _PRECEDENCE[inner.operators[0]] == _BARS
        and isinstance(inner.operands[1], Name)
    ):
        effects, id_, group = (_expr(part, style, _AND) for part in inner.operands)
        before, after = inner.operators
        return f"({effects} {before}{id_}{after} {group})", _ATOM
    return f"({_expr(inner, style)})", _ATOM


def _unary(node: Unary, style: _Style) -> tuple[str, int]:
    precedence = _NOT if node.operator == "!" else _SIGN
    return f"{node.operator}{_expr(node.operand, style, precedence)}", precedence


def _power(node: Power, style: _Style) -> tuple[str, int]:
    base, exponent = _expr(node.base, style, _ATOM), _expr(node.exponent, style, _SIGN)
    return f"{base}^{exponent}", _POWER


def _call(node: Call, style: _Style) -> tuple[str, int]:
    # Inside a call a bar is a logical or.
    inside = replace(style, groups=False)
    arguments = ", ".join(_argument(argument, inside) for argument in node.arguments)
    return f"{node.function.text}({arguments})", _ATOM


def _argument(node: Argument, style: _Style) -> str:
    value = _expr(node.value, style)
    if node.keyword is None:
        return value
    return f"{_keyword(node.keyword.text)}{style.equals}{value}"


def _keyword(text: str) -> str:
    """Return a keyword: a name, or the text of a level where that is none."""
    named = text and "`" not in text and unicodedata.is_normalized("NFC", text)
    return name_text(text) if named else string_text(text)


def _list(node: ListExpr, style: _Style) -> tuple[str, int]:
    return f"[{', '.join(_expr(item, style) for item in node.items)}]", _ATOM


def _ref(node: Ref, style: _Style) -> tuple[str, int]:
    return ":".join(_ref_part(part, style) for part in node.parts), _ATOM


def _ref_part(node: RefPart, style: _Style) -> str:
    base = _expr(node.base, style)
    if node.level is None:
        return base
    level = node.level if raw_level(node.level) else string_text(node.level)
    return f"{base}[{level}]"


def _index(node: Index | Target, style: _Style) -> tuple[str, int]:
    if node.refs is None:
        return _node_name(node), _ATOM
    refs = ", ".join(_expr(ref, style) for ref in node.refs)
    return f"{_node_name(node)}[{refs}]", _ATOM


#: Numbers beside which two points are no part of them, as they are of `b..9` and `.5`.
_BESIDE_POINTS = regex.compile(r"-?\d+(?:\.\d+)?")


def _event(node: Event, style: _Style) -> tuple[str, int]:
    value = _expr(node.value, style, _SUM)
    if node.upper is not None:
        upper = _expr(node.upper, style)
        close = all(_BESIDE_POINTS.fullmatch(text) for text in (value, upper))
        between = ".." if close else " .. "
        return f"{node.target.text}[{value}{between}{upper}]", _ATOM
    return f"{node.target.text}[{node.operator}{value}]", _ATOM


def _node_name(node: Index | Target) -> str:
    """Return the parameter's name; of it a response alone can be quoted."""
    name = node.target if isinstance(node, Index) else node.name
    return of_response(name.text, name.head) if name.head else name.text


_EXPRESSIONS: dict[type, Callable[[Any, _Style], tuple[str, int]]] = {
    Name: lambda node, style: (_name(node, style), _ATOM),
    Number: lambda node, _: (node.text, _ATOM),
    String: lambda node, _: (string_text(node.text), _ATOM),
    Call: _call,
    Chain: _chain,
    Unary: _unary,
    Power: _power,
    Paren: _paren,
    ListExpr: _list,
    Ref: _ref,
    Index: _index,
    Event: _event,
    Target: _index,
}

_file: Callable[..., str] = partial(_expr, style=_FILE)

# ---- statements: each as pieces between which a long line may be broken -----------


def _options(options: Sequence[Option]) -> list[str]:
    return [f"{_name(option.name)}={_file(option.value)}" for option in options]


def _listed(pieces: Sequence[str]) -> list[str]:
    """Put a comma behind all pieces but the last."""
    return [*(f"{piece}," for piece in pieces[:-1]), pieces[-1]]


def _formula(node: Formula) -> list[str]:
    style = replace(_FILE, groups=True)
    terms = [_expr(node.terms, style)]
    if isinstance(node.terms, Chain) and _PRECEDENCE[node.terms.operators[0]] == _SUM:
        operands = [_expr(operand, style, _PRODUCT) for operand in node.terms.operands]
        terms = [
            f"{operand} {operator}".rstrip()
            for operand, operator in zip(
                operands, (*node.terms.operators, ""), strict=True
            )
        ]
    terms[0] = f"{_file(node.response)} ~ {terms[0]}"
    tail = _listed([terms[-1], *_options(node.options)])
    return [*terms[:-1], *tail]


def _headed(head: str, pieces: list[str]) -> list[str]:
    return [f"{head} {pieces[0]}", *pieces[1:]]


def _model(node: ModelStatement) -> list[str]:
    pieces = _formula(node.formula)
    return (
        pieces if node.name is None else _headed(f"model {_name(node.name)}:", pieces)
    )


def _data(node: DataStatement) -> list[str]:
    wide = [] if node.wide is None else _wide(node.wide)
    pieces = [string_text(node.path.text), *wide, *_options(node.options)]
    return _headed("data", _listed(pieces))


def _wide(node: Wide) -> list[str]:
    cells = [_cell(cell) for cell in node.columns]
    cells[0] = f"wide({_name(node.response)}: {cells[0]}"
    cells[-1] += ")"
    return cells


def _cell(node: WideColumn) -> str:
    return f"{_file(node.column)} = ({', '.join(_options(node.cell))})"


def _column(node: ColumnStatement) -> list[str]:
    names = ", ".join(_name(name) for name in node.columns)
    pieces = [*_type(node.type), *_options(node.options)]
    return _headed(f"column {names}:", _listed(pieces))


def _type(node: ColumnType) -> list[str]:
    if node.levels is None:
        return [node.name.text]
    levels = [_level(level) for level in node.levels] or [""]
    levels[0] = f"{node.name.text}({levels[0]}"
    levels[-1] += ")"
    return levels


def _level(node: Level | LevelRange) -> str:
    if isinstance(node, LevelRange):
        return f"{node.low}..{node.high}"
    return node.text if node.number or _plain(node.text) else string_text(node.text)


def _named(
    word: str, node: LetStatement | QuantityStatement | TestStatement
) -> list[str]:
    return [f"{word} {_name(node.name)} = {_file(node.expression)}"]


def _prior(node: PriorStatement) -> list[str]:
    return [f"prior {_file(node.target)} {node.operator} {_file(node.value)}"]


def _contrast(node: ContrastStatement) -> list[str]:
    parts = [_contrast_part(part) for part in node.parts]
    if node.by is not None:
        parts[-1] += f" | {_file(node.by, outer=_SUM)}"
    name = "" if node.name is None else f" {_name(node.name)} ="
    return _headed(f"contrast{name}", _listed([*parts, *_options(node.options)]))


def _contrast_part(node: ContrastPart) -> str:
    factors = "*".join(map(_name, (node.factor, *node.more)))
    return f"{factors}: {_file(node.weights, outer=_SUM)}"


def _of_cells(word: str, node: MeansStatement | SlopeStatement) -> list[str]:
    cells = _file(node.terms, outer=_SUM)
    if node.by is not None:
        cells += f" | {_file(node.by, outer=_SUM)}"
    name = "" if node.name is None else f" {_name(node.name)} ="
    return _headed(f"{word}{name}", _listed([cells, *_options(node.options)]))


_STATEMENTS: dict[type, Callable[[Any], list[str]]] = {
    DataStatement: _data,
    ColumnStatement: _column,
    LetStatement: partial(_named, "let"),
    WhereStatement: lambda node: [f"where {_file(node.condition)}"],
    ModelStatement: _model,
    PartStatement: lambda node: _formula(node.formula),
    PriorStatement: _prior,
    KeepStatement: lambda node: _headed("keep", _listed([*map(_name, node.names)])),
    QuantityStatement: partial(_named, "quantity"),
    TestStatement: partial(_named, "test"),
    ContrastStatement: _contrast,
    MeansStatement: partial(_of_cells, "means"),
    SlopeStatement: partial(_of_cells, "slope"),
}

# ---- files ------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """What takes lines of its own: a statement, or a comment."""

    span: Span
    pieces: list[str]
    indented: bool
    # Comments that stood between its lines, which it does not have any more.
    above: list[str]
    trailing: str = ""


def format_spec(spec: Spec) -> str:
    r"""Return a spec in the canonical form of ``varying fmt``.

    Comments stay, blank lines too but never two together; a line beyond 88 columns is
    broken after ``+``, ``-`` or a comma.

    Parameters
    ----------
    spec
        From a text without faults; what could not be read is not in the tree.

    Examples
    --------
    >>> from varying.grammar import Source, parse
    >>> format_spec(parse(Source("rating~block * cs+(1|subj),family = ordlogit")))
    'rating ~ block*cs + (1 | subj), family=ordlogit\n'
    """
    items = _items(spec)
    source = spec.source
    lines: list[str] = []
    last = 0
    for item in items:
        first = source.position(item.span.start).line
        if lines and first > last + 1:
            lines.append("")
        last = source.position(item.span.end).line
        indent = _INDENT if item.indented else ""
        lines += [indent + comment for comment in item.above]
        lines += _fill(item.pieces, indent)
        if item.trailing:
            lines[-1] += f"  {item.trailing}"
    return "".join(f"{line}\n" for line in lines)


def _fill(pieces: Sequence[str], indent: str) -> list[str]:
    """Join pieces to lines of at most ``WIDTH`` columns, the later ones hanging."""
    lines = [indent + pieces[0]]
    if len(indent + " ".join(pieces)) <= WIDTH:
        return [indent + " ".join(pieces)]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(indent + _HANGING + piece)
    return lines


def _items(spec: Spec) -> list[_Item]:
    """Return statements and comments in the order in which they are printed."""
    statements: list[_Item] = []
    for statement in spec.statements:
        pieces = _STATEMENTS[type(statement)](statement)
        if not isinstance(statement, ModelStatement):
            statements.append(_Item(statement.span, pieces, False, []))
            continue
        end = statement.formula.span.end
        statements.append(_Item(Span(statement.span.start, end), pieces, False, []))
        statements += [
            _Item(part.span, _STATEMENTS[type(part)](part), True, [])
            for part in statement.body
        ]
    items = list(statements)
    for comment in spec.comments:
        above = [item for item in statements if item.span.start < comment.span.start]
        owner = above[-1] if above else None
        text = f"#{comment.text}"
        if owner is not None and comment.span.start < owner.span.end:
            owner.above.append(text)
        elif owner is not None and not comment.own_line:
            owner.trailing = text
        else:
            indented = _in_body(comment, spec, owner, statements)
            items.append(_Item(comment.span, [text], indented, []))
    return sorted(items, key=lambda item: item.span)


def _in_body(
    comment: Comment, spec: Spec, owner: _Item | None, statements: list[_Item]
) -> bool:
    """Whether a comment on a line of its own belongs under the formula above it."""
    if owner is None:
        return False
    formulas = [m.span.start for m in spec.models]
    inside = owner.indented or owner.span.start in formulas
    margin = _depth(spec.source, statements[0].span.start)
    return inside and _depth(spec.source, comment.span.start) > margin


def _depth(source: Source, offset: int) -> int:
    """Return how far the place is from the left, tabs counted as layout does."""
    column = source.position(offset).column
    before = source.text[offset - column + 1 : offset].removeprefix("\ufeff")
    return len(before.expandtabs(8))
