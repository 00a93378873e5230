"""The leaves of a formula: numbers, variables, conditions, offsets."""

from __future__ import annotations

from collections.abc import Iterator

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Call, Chain, Expr, ListExpr, Name, Number, Unary
from varying.grammar.walk import COMPARISONS, bars_inside, column_names, now, postorder

from .expansion import GroupBar, Variable
from .leaks import is_change, own_columns
from .no_terms import not_a_term
from .term_lists import TermSet


class Leaves:
    """What an expansion is made of: its variables, its flags, its faults."""

    def __init__(
        self,
        response: Expr | None,
        all_columns: tuple[str, ...],
        sink: Sink,
        inside_group: bool = False,
    ) -> None:
        self.all_columns = all_columns
        self.sink = sink
        self.inside_group = inside_group
        self.variables: list[Variable] = []
        self.bits: dict[str, int] = {}
        self.offset_bits = 0
        self.offsets: list[Expr] = []
        self.responses: list[tuple[int, Expr, str | None]] = []
        self.groups: list[GroupBar] = []
        self.intercept = True
        self.named_intercept = False
        self.pairs = 0
        self.faulty = False
        self.response_columns, self.response_label = own_columns(response)
        self.is_change = is_change(response)
        left = column_names(response) if response is not None else ()
        self.left_columns = {name.text for name in left}

    def of(self, mask: int) -> Iterator[Variable]:
        """Yield the variables of a term."""
        while mask:
            low = mask & -mask
            yield self.variables[low.bit_length() - 1]
            mask ^= low

    def fault(self, rule: str, node: Expr, message: str, *notes: str) -> None:
        """Report a fault; what follows from it is then not reported."""
        self.faulty = True
        self.sink.add(rule, node.span, message, *notes)

    def number(self, node: Number, plus: bool) -> TermSet:
        """Return no term: ``1`` and ``0`` say whether there is an intercept."""
        if node.value not in (0.0, 1.0):
            self.fault(
                "invalid-term",
                node,
                f"the number `{node.text}` is no term",
                "only `1` and `0` have a meaning here: with and without intercept",
            )
        else:
            self.intercept = plus == (node.value == 1.0)
        return {}

    def dot(self, node: Name) -> TermSet:
        """Return the columns that ``.`` stands for."""
        found: TermSet = {}
        for column in self.all_columns:
            if column not in self.left_columns:
                found[self.bit(Name(column, span=node.span))] = None
        return found

    def leaf(self, node: Expr) -> TermSet:
        """Return the term of a variable; none after a fault."""
        match node:
            case Call(function=Name(text="offset"), arguments=arguments):
                if len(arguments) != 1 or arguments[0].keyword is not None:
                    message = "`offset()` takes one argument"
                    self.fault("invalid-argument", node, message)
                    return {}
                bit = self.bit(node)
                if not bit & self.offset_bits:
                    self.offset_bits |= bit
                    self.offsets.append(arguments[0].value)
                    self.note_response(node, bit)
                return {bit: None}
            case Name() | Call():
                pass
            case Chain(operators=operators) if operators[0] in (
                *COMPARISONS,
                "&",
                "&&",
            ):
                if any(bars_inside(node)):
                    self.fault(
                        "invalid-term",
                        node,
                        f"`{operators[0]}` takes in the group terms beside it",
                        "a condition among terms stands in parentheses: `(x > 0)`",
                    )
                    return {}
            case Unary(operator="!"):
                if any(bars_inside(node)):
                    self.fault(
                        "invalid-term",
                        node,
                        "`!` takes in the group terms beside it",
                        "a condition among terms stands in parentheses: `(!late)`",
                    )
                    return {}
            case _:
                text = expression_text(node)
                notes = []
                if isinstance(node, ListExpr):
                    notes.append("a condition has a name: `let a = x %in% [1, 2]`")
                message = f"`{text}` cannot be a term"
                self.faulty = True
                more, fix = not_a_term(node, self.all_columns)
                self.sink.add(
                    "invalid-term", node.span, message, *notes, *more, fix=fix
                )
                return {}
        bit = self.bit(node)
        self.note_response(node, bit)
        return {bit: None}

    def bit(self, node: Expr) -> int:
        """Return the bit of a variable, a new one for a new label."""
        # A name may be quoted in one place and plain in another.
        if isinstance(node, Name):
            label = name_text(node.text)
        elif isinstance(node, Call):
            label = expression_text(node)
        else:  # a condition, with the parentheses that it needs beside others
            label = f"({expression_text(node)})"
        bit = self.bits.get(label)
        if bit is None:
            bit = self.bits[label] = 1 << len(self.variables)
            self.variables.append(Variable(label, node))
        return bit

    def note_response(self, node: Expr, bit: int) -> None:
        """Note that a variable is the response, if it is."""
        # An earlier value of the response is a legitimate predictor.
        parts = [part for part in postorder(node, now) if isinstance(part, Name)]
        own = {name.text for name in parts} & self.response_columns
        if self.is_change and own < self.response_columns:
            own = set()
        if own or self.variables[bit.bit_length() - 1].label == self.response_label:
            # what a minus takes out, as in `. - y`, is no predictor
            self.responses.append((bit, node, next(iter(own), self.response_label)))
