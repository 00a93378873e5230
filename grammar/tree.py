"""The syntax tree: a spec as it is written, names unresolved.

Every node has a span, outside equality: two texts that differ in white space
only have equal trees. Chains such as ``a + b - c`` are one flat node, so that
their length does not count as nesting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .source import Source, Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in the tree; ``span`` says where it stands."""

    span: Span = field(compare=False, repr=False, kw_only=True)


# ---- expressions: R's, for formulas, arguments, tests, `where` and `let` ---------


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, NFC and without its back-quotes.

    Of a parameter such as `` `Angst Rating`.b `` the ``head`` is what stands in them.
    """

    text: str
    quoted: bool = field(default=False, compare=False)
    head: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as written; a sign in front is a ``Unary``."""

    text: str

    @property
    def value(self) -> float:
        """Its value."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class String(Node):
    """A string, without its quotes and with escapes resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """An argument of a call, with its keyword if it has one."""

    value: Expr
    keyword: Name | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``function(argument, ...)``."""

    function: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """``+x``, ``-x`` or ``!x``."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Operators of one precedence in a row, left associative.

    ``operators`` is one shorter than ``operands``. The levels, loosest first:
    bars (``|  ||``), and (``&  &&``), comparison, sum (``+ -``), product
    (``* /``), special (``%in%``), interaction (``:``). Power is not here.
    """

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]

    def __post_init__(self) -> None:
        if len(self.operands) != len(self.operators) + 1 or not self.operators:
            raise ValueError("a chain has one operand more than operators")


@dataclass(frozen=True, slots=True)
class Power(Node):
    """``base ^ exponent``, also written ``**``."""

    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True)
class Paren(Node):
    """``(inner)``, kept because bars mean a group only inside."""

    inner: Expr


@dataclass(frozen=True, slots=True)
class ListExpr(Node):
    """``[item, ...]``."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class RefPart(Node):
    """``cs``, ``cs[CS+]``, ``poly(x, 2)[1]``: a term's part, maybe at a level.

    A condition stands in parentheses, as in the formula: ``(x > 0)``. A string is a
    level by itself: ``r[g, "s 1"]``.
    """

    base: Name | Call | Number | String | Paren
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """A coefficient or term as written: parts joined by ``:``."""

    parts: tuple[RefPart, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``b[cs]``, ``sd[subj, Intercept]``: a parameter inside an expression."""

    target: Name
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Event(Node):
    """``prob[> 50]``: what is asked of the response, on the right of an option.

    ``prob[20..40]``, from one value to another, has the operator ``..`` and ``upper``.
    """

    target: Name
    operator: str
    value: Expr
    upper: Expr | None = None


Expr = (
    Name
    | Number
    | String
    | Call
    | Unary
    | Chain
    | Power
    | Paren
    | ListExpr
    | Index
    | Event
)


# ---- statements --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option(Node):
    """``name=value`` after a comma."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Formula(Node):
    """``response ~ terms, option=value``; ``response`` keeps its ``| trials(n)``."""

    response: Expr
    terms: Expr
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class WideColumn(Node):
    """``"late_CS+" = (block=late, cs="CS+")`` in ``wide(...)``."""

    column: Name | String
    cell: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Wide(Node):
    """``wide(rating: ...)``: how a file with one row a person becomes long."""

    response: Name
    columns: tuple[WideColumn, ...]


@dataclass(frozen=True, slots=True)
class DataStatement(Node):
    """``data "file.csv"``."""

    path: String
    wide: Wide | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Level(Node):
    """One declared level; numbers keep the spelling that they were given."""

    text: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class LevelRange(Node):
    """``0..99``: all whole numbers from ``low`` to ``high``."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ColumnType(Node):
    """``factor(early, late)``; ``levels`` is None where no list is written."""

    name: Name
    levels: tuple[Level | LevelRange, ...] | None = None


@dataclass(frozen=True, slots=True)
class ColumnStatement(Node):
    """``column block, cs: factor(...), contrast=sum``."""

    columns: tuple[Name, ...]
    type: ColumnType
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class LetStatement(Node):
    """``let name = expression``."""

    name: Name
    expression: Expr


@dataclass(frozen=True, slots=True)
class WhereStatement(Node):
    """``where condition``."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Target(Node):
    """What a prior is about: ``b[block:cs]``, ``sd[subj, cs]``, ``sigma.b[x]``."""

    name: Name
    refs: tuple[Ref, ...] | None = None


@dataclass(frozen=True, slots=True)
class PriorStatement(Node):
    """``prior target ~ distribution`` or ``prior target = number``."""

    target: Target
    operator: str
    value: Expr


@dataclass(frozen=True, slots=True)
class KeepStatement(Node):
    """``keep eta, mu``."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class QuantityStatement(Node):
    """``quantity name = expression``."""

    name: Name
    expression: Expr


@dataclass(frozen=True, slots=True)
class TestStatement(Node):
    """``test name = comparison``."""

    name: Name
    expression: Expr


@dataclass(frozen=True, slots=True)
class ContrastPart(Node):
    """``block: late - early``; ``block*cs: pairwise`` has ``more`` factors."""

    factor: Name
    weights: Expr
    more: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class ContrastStatement(Node):
    """``contrast name = block: late - early, cs: ... | by, scale=link``."""

    name: Name | None
    parts: tuple[ContrastPart, ...]
    by: Expr | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MeansStatement(Node):
    """``means name = block*cs | by, scale=response``."""

    name: Name | None
    terms: Expr
    by: Expr | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class SlopeStatement(Node):
    """``slope name = age | by, age=[20, 40], scale=response``."""

    name: Name | None
    terms: Expr
    by: Expr | None = None
    options: tuple[Option, ...] = ()


#: Statements about cells: combinations of the values of predictors.
CellStatement = ContrastStatement | MeansStatement | SlopeStatement


@dataclass(frozen=True, slots=True)
class PartStatement(Node):
    """An indented formula: a distributional part or a further response."""

    formula: Formula


@dataclass(frozen=True, slots=True)
class ModelStatement(Node):
    """A formula at the margin with the statements indented under it.

    ``name`` is None for the unnamed formula, the model ``main``.
    """

    name: Name | None
    formula: Formula
    body: tuple[PartStatement | PriorStatement | KeepStatement, ...] = ()

    @property
    def label(self) -> str:
        """The model's name; ``main`` if it has none."""
        return self.name.text if self.name is not None else "main"


Statement = (
    DataStatement
    | ColumnStatement
    | LetStatement
    | WhereStatement
    | ModelStatement
    | PriorStatement
    | KeepStatement
    | QuantityStatement
    | TestStatement
    | CellStatement
)


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """``# text`` to the end of its line; ``own_line`` if nothing stands before."""

    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole text: its statements in their order, and its comments."""

    source: Source = field(compare=False)
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False)

    @property
    def models(self) -> tuple[ModelStatement, ...]:
        """The models in their order."""
        return tuple(s for s in self.statements if isinstance(s, ModelStatement))
