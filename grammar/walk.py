"""Walking expressions: their parts, the columns they read, their literals.

Nothing here recurses, so a deep expression is no danger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from .spelling import spell_number
from .tree import Call, Chain, Expr, ListExpr, Name, Number, Paren, Power, String, Unary

LOGICALS = {"TRUE": 1.0, "FALSE": 0.0, "True": 1.0, "False": 0.0}
# Calls of which only the first argument reads columns: the others name levels.
_FIRST = frozenset({"C", "relevel", "factor", "cut"})
# Arguments of grouping factors that name something else than columns.
_NAMED = frozenset({"dist", "cov"})
BARS = ("|", "||")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the expressions directly inside one, left to right."""
    match node:
        case Call(arguments=arguments):
            return tuple(argument.value for argument in arguments)
        case Unary(operand=operand):
            return (operand,)
        case Chain(operands=operands):
            return operands
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case Paren(inner=inner):
            return (inner,)
        case ListExpr(items=items):
            return items
        case _:
            return ()


def postorder(
    expression: Expr, inside: Callable[[Expr], tuple[Expr, ...]] = children
) -> list[Expr]:
    """Return all nodes, each after those inside it; no recursion, so no depth.

    ``inside`` says which expressions stand inside one.
    """
    found: list[Expr] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(inside(node))
    found.reverse()
    return found


def now(node: Expr) -> tuple[Expr, ...]:
    """Return what a node is made of in its own row: not what `lag` reads."""
    earlier = isinstance(node, Call) and node.function.text == "lag"
    return () if earlier else children(node)


def column_names(expression: Expr) -> list[Name]:
    """Return the names that an expression reads as columns, left to right.

    Names of functions, keywords and contrast schemes are not among them.
    """
    found: list[Name] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        match node:
            case Name(text=text) if text not in LOGICALS or node.quoted:
                found.append(node)
            case Call(function=Name(text=text), arguments=arguments) if text in _FIRST:
                named = [a for a in arguments if a.keyword and a.keyword.text == "x"]
                stack.extend(a.value for a in named or arguments[:1])
            case Call(function=Name(text="gr" | "mm"), arguments=arguments):
                # names of distributions and of matrices are no columns
                read = [
                    a
                    for a in arguments
                    if not a.keyword or a.keyword.text not in _NAMED
                ]
                stack.extend(a.value for a in reversed(read))
            case _:
                stack.extend(reversed(children(node)))
    return found


def smallest_with(names: Collection[str], expression: Expr) -> Expr:
    """Return the smallest part of an expression that has all these columns."""
    wanted = frozenset(names)
    found = [
        node
        for node in postorder(expression)
        if wanted <= {name.text for name in column_names(node)}
    ]
    whole = (expression,)
    return min(found or whole, key=lambda n: (n.span.end - n.span.start, n.span.start))


def unwrap(node: Expr) -> Expr:
    """Return what stands inside parentheses, however many."""
    while isinstance(node, Paren):
        node = node.inner
    return node


def left_of_bar(response: Expr) -> Expr:
    """Return a response without its ``| trials(n)``."""
    node = unwrap(response)
    if isinstance(node, Chain) and node.operators[0] in ("|", "||"):
        return node.operands[0]
    return response


def beside(response: Expr) -> tuple[Expr, ...]:
    """Return what stands beside a response: ``trials(n)`` and ``weights(w)``."""
    node = unwrap(response)
    if not (isinstance(node, Chain) and node.operators[0] == "|"):
        return ()
    found: list[Expr] = []
    for operand in map(unwrap, node.operands[1:]):
        joins = isinstance(operand, Chain) and set(operand.operators) == {"+"}
        parts = operand.operands if isinstance(operand, Chain) and joins else (operand,)
        found += map(unwrap, parts)
    return tuple(found)


def plain_number(node: Expr) -> float | None:
    """Return the value of a number, signed or in parentheses; else None."""
    sign = 1.0
    while True:
        match node:
            case Number():
                return sign * node.value
            case Unary(operator="-", operand=operand):
                sign, node = -sign, operand
            case Unary(operator="+", operand=operand) | Paren(inner=operand):
                node = operand
            case _:
                return None


def level_text(node: Expr) -> str | None:
    """Return the level that a string or number literal names; else None."""
    node = unwrap(node)
    if isinstance(node, String):
        return node.text
    number = plain_number(node)
    return None if number is None else spell_number(number)


def bars_inside(node: Expr) -> Iterator[Expr]:
    """Yield the group terms inside an expression."""
    stack: list[Expr] = list(children(node))
    while stack:
        part = stack.pop()
        inner = unwrap(part)
        if isinstance(inner, Chain) and inner.operators[0] in BARS:
            yield part
        elif not isinstance(part, Call):  # inside a call `|` is "or"
            stack.extend(children(part))
