"""Binding ``means``, ``contrast`` and ``slope``: weighted cells, by names of levels.

A cell is a combination of the levels of all factors of the main predictor, and of
values of numeric predictors where these are named. What a question does not name is
averaged over, or stays as in each row of the data. ``grid.py`` makes the cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from varying.grammar.diagnostics import Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import (
    CellStatement,
    Chain,
    ContrastPart,
    ContrastStatement,
    Expr,
    ListExpr,
    MeansStatement,
    Name,
    Number,
    SlopeStatement,
    Spec,
    String,
    Unary,
)
from varying.grammar.walk import unwrap

from ...data.levels import level_spelled
from ...prepare.rows import Prepared
from ..question import (
    SUCCESS,
    CellGroups,
    CellQuestion,
    DesignCell,
    NamedWeights,
    Outcomes,
    Scale,
    Verb,
)
from .known import Choices, ModelCells
from .outcomes import names_of_outcomes
from .scales import read_options
from .weights import read_values, read_weights
from .without_rows import warn_empty, warn_far

__all__ = ["VERB_OF", "bind_cells", "cells_name", "cells_text"]

#: Cells that a grid may have, lines that a question may have, and both together.
MOST_CELLS, MOST_LINES, MOST_WEIGHTS = 100_000, 1_000, 5_000_000

#: Words in the place of weights: all pairs of levels, each level with the first.
PAIRWISE, REFERENCE = "pairwise", "reference"

ByLevels = list[tuple[str, tuple[str, ...]]]
FactorWeights = tuple[str, tuple[tuple[str, NamedWeights], ...]]


def bind_cells(
    spec: Spec, cells: ModelCells, prepared: Prepared, sink: Sink
) -> tuple[CellQuestion, ...]:
    """Return the questions about cells that a model has.

    Parameters
    ----------
    spec
        The whole spec: the statements are at its margin.
    cells
        The predictors of the model.
    prepared
        The rows used: a cell that none of them has is warned of.
    sink
        Takes the faults, of factors that the model does not have too.
    """
    found: list[CellQuestion] = []
    for statement in spec.statements:
        if isinstance(statement, CellStatement):
            question = _Binder(statement, cells, prepared, sink).question()
            if question is not None:
                found.append(question)
    return tuple(found)


def cells_text(statement: CellStatement) -> str:
    """Return a question as written, without its verb and name."""
    by = "" if statement.by is None else f" | {expression_text(statement.by)}"
    options = [
        f", {name_text(option.name.text)}={expression_text(option.value)}"
        for option in statement.options
    ]
    if isinstance(statement, ContrastStatement):
        parts = [
            "*".join(name_text(one.text) for one in (part.factor, *part.more))
            + f": {expression_text(part.weights)}"
            for part in statement.parts
        ]
    else:
        # as a formula is written: `block*cs`
        parts = [expression_text(statement.terms).replace(" * ", "*")]
    return ", ".join(parts) + by + "".join(options)


def cells_name(statement: CellStatement) -> str:
    """Return the name of a question: its text, where it was given none."""
    if statement.name is not None:
        return statement.name.text
    text = cells_text(statement)
    verb = VERB_OF[type(statement)]
    return text if verb == "contrast" else f"{verb} {text}"


VERB_OF: Mapping[type, Verb] = {
    MeansStatement: "means",
    ContrastStatement: "contrast",
    SlopeStatement: "slope",
}


_OF_GROUPS = "it is among the group effects only, and a contrast is of the population"


@dataclass(slots=True)
class _Binder:
    """Binds one statement."""

    statement: CellStatement
    cells: ModelCells
    prepared: Prepared
    sink: Sink
    scale: Scale = "response"
    groups: CellGroups = "zero"

    @property
    def verb(self) -> Verb:
        return VERB_OF[type(self.statement)]

    def question(self) -> CellQuestion | None:
        """Return the question; None after a fault."""
        statement, table = self.statement, self.prepared.table
        if not isinstance(statement, ContrastStatement) and self._named(
            unwrap(statement.terms)
        ):
            return None
        choices = read_options(
            statement.options, self.verb, self.cells, table, self.sink
        )
        at = {} if choices is None else choices.at
        if choices is not None:
            self.scale, self.groups = choices.scale, choices.groups
        parts: list[FactorWeights] | None = []
        pairs: tuple[tuple[str, DesignCell, DesignCell], ...] = ()
        terms: ByLevels | None = []
        variable: str | None = ""
        match statement:
            case ContrastStatement():
                alone = [part for part in statement.parts if not part.more]
                joint = [part for part in statement.parts if part.more]
                parts = self._parts(alone, at)
                if len(joint) > 1:
                    self._twice_joint(joint[1])
                    parts = None
                elif joint:
                    found = self._pairs(joint[0], [p.factor.text for p in alone])
                    pairs, parts = found or (), parts if found else None
            case MeansStatement():
                terms = self._factors(statement.terms, (), at, one=True)
            case SlopeStatement():
                variable = self._variable(statement.terms)
        of_pairs = [name for name, _ in pairs[0][1]] if pairs else []
        named = [*of_pairs, *(name for name, _ in (*(parts or ()), *(terms or ())))]
        by = self._factors(statement.by, named, at) if statement.by is not None else []
        if None in (parts, terms, by, variable) or choices is None:
            return None
        assert parts is not None and terms is not None and by is not None
        lines = [*terms, *by]
        named += [name for name, _ in by]
        for name, levels in at.items():
            if name not in named and len(levels) > 1:
                lines.append((name, levels))
        fixed = tuple(
            (name, levels[0])
            for name, levels in at.items()
            if name not in named and len(levels) == 1
        )
        clash = next(
            (
                option
                for option in statement.options
                if option.name.text in {*of_pairs, *(name for name, _ in parts)}
            ),
            None,
        )
        if clash is not None:
            self._twice(clash.name)
            return None
        if any([self._is_same(option.name) for option in statement.options]):
            return None
        text = cells_text(statement)
        every = [*(n for n, _ in parts), *(n for n, _ in lines), *(n for n, _ in fixed)]
        factors = self.cells.every
        question = CellQuestion(
            self.verb,
            cells_name(statement),
            text if statement.name is not None else cells_name(statement),
            tuple(parts),
            pairs,
            tuple(lines),
            fixed,
            tuple(n for n in every if n not in factors),
            variable or "",
            choices.scale,
            _second(choices, self.cells),
            choices.groups,
            choices.observed,
            choices.over,
            span=statement.span,
        )
        if self._too_large(question):
            return None
        warn_empty(question, self.prepared, self.sink)
        warn_far(question, self.prepared, self.sink)
        return question

    # ---- predictors ------------------------------------------------------------------

    def _levels(self, name: Name) -> tuple[str, ...] | None:
        """Return the levels of a factor; None where the model does not have it."""
        cells = self.cells
        found = cells.levels(name.text, self.scale)
        if found is not None or cells.forgives(name.text):
            return found
        if name.text in cells.further and self.scale == "link":
            self._of_another(name)
            return None
        if name.text in cells.numbers:
            if any(option.name.text == name.text for option in self.statement.options):
                return None  # its values, or another option, are at fault
            self.sink.add(
                "invalid-contrast",
                name.span,
                f"`{name.text}` is numeric, and has no levels",
                f"say at which values: `{name_text(name.text)}=[20, 40]`, or "
                f"`{name_text(name.text)}=quantiles`",
            )
            return None
        known = (*cells.factors, *cells.further, *sorted(cells.numbers))
        notes, fix = did_you_mean(
            name.text, known, name.span, "its predictors", name_text
        )
        if name.text in cells.grouped:
            notes, fix = (_OF_GROUPS,), None
        elif name.text in cells.grouping_factors:
            notes = (
                "it is a grouping factor: an answer is about the population of its "
                "levels (`groups=`); what holds of each level, `varying predict` says",
            )
            fix = None
        elif not known:
            notes = ("it has no factors",)
        self.sink.add(
            "factor-not-in-model",
            name.span,
            f"the model has no factor `{name.text}`",
            *notes,
            fix=fix,
        )
        return None

    def _is_same(self, name: Name) -> bool:
        """Whether what is asked for does not differ by a predictor; if so report it."""
        if self.cells.differs(name.text, self.scale, self.groups):
            return False
        if name.text in self.cells.further:
            self._of_another(name)
        else:
            message = f"the main predictor does not differ by `{name.text}`"
            self.sink.add("factor-not-in-model", name.span, message, _OF_GROUPS)
        return True

    def _of_another(self, name: Name) -> None:
        """Report a predictor by which the main one does not differ."""
        dpars = " and ".join(f"`{one}`" for one in self.cells.further[name.text])
        what = "factor" if name.text in self.cells.every else "numeric predictor"
        self.sink.add(
            "factor-not-in-model",
            name.span,
            f"the main predictor has no {what} `{name.text}`: the formula of {dpars} "
            "has",
            "the scale is that of the main predictor, which does not differ by it; "
            "`scale=response`, `scale=quantile[0.9]` and the like are of the whole "
            "distribution",
        )

    def _twice(self, name: Name) -> None:
        message = f"`{name.text}` stands twice"
        self.sink.add("invalid-contrast", name.span, message)

    def _factors(
        self,
        node: Expr,
        named: Sequence[str],
        at: Mapping[str, tuple[str, ...]],
        *,
        one: bool = False,
    ) -> ByLevels | None:
        """Return the factors of ``a*b`` or ``| a:b``, with their levels."""
        inner = unwrap(node)
        if one and isinstance(inner, Number) and inner.value == 1.0:
            return []
        operands: Sequence[Expr] = (inner,)
        joining = {":", "*", "+"} if one else {":", "*"}
        stack, names = [inner], []
        while stack:
            operand = unwrap(stack.pop(0))
            if isinstance(operand, Chain) and set(operand.operators) <= joining:
                operands = operand.operands
                stack = [*operands, *stack]
                continue
            if not isinstance(operand, Name):
                written = "`means a*b`" if one else "`| a:b`"
                self.sink.add(
                    "invalid-contrast",
                    operand.span,
                    f"`{expression_text(operand)}` is no factor",
                    f"factors are joined by `:` or `*`: {written}",
                )
                return None
            names.append(operand)
        found: ByLevels = []
        for name in names:
            if name.text in named or name.text in dict(found):
                self._twice(name)
                return None
            levels = at.get(name.text)
            if levels is None or name.text not in {
                *self.cells.numbers,
                *self.cells.every,
            }:
                levels = self._levels(name)
            if levels is None:
                return None
            found.append((name.text, levels))
        return found

    def _named(self, node: Expr) -> bool:
        """Report ``means x=[1, 2]``, which reads as a question of the name ``x``."""
        name, every = self.statement.name, self.cells.every
        if name is None or not (name.text in self.cells.numbers or name.text in every):
            return False
        words = ("quantiles", *every.get(name.text, ()))
        word = isinstance(node, Name) and node.text in words
        if not (word or isinstance(node, ListExpr | Number | String | Unary)):
            return False
        verb = self.verb
        own, text = name_text(name.text), expression_text(node)
        written = f"{own}, {own}={text}"
        self.sink.add(
            "invalid-contrast",
            name.span.to(node.span),
            f"`{verb} {own}=...` gives a question the name `{own}`",
            f"values of a predictor stand behind it: `{verb} {written}`",
            fix=Fix.write(name.span.to(node.span), written),
        )
        return True

    def _variable(self, node: Expr) -> str | None:
        """Return the numeric predictor that a slope is of."""
        name = unwrap(node)
        if isinstance(name, Name) and name.text in self.cells.numbers:
            return None if self._is_same(name) else name.text
        if isinstance(name, Name) and self.cells.forgives(name.text):
            return None
        text = expression_text(node)
        known = tuple(sorted(self.cells.numbers))
        if isinstance(name, Name) and self.cells.levels(name.text, "response"):
            self.sink.add(
                "invalid-contrast",
                node.span,
                f"`{text}` is a factor, and has no slope",
                f"its levels are compared: `contrast {name_text(text)}: pairwise`",
            )
            return None
        notes, fix = did_you_mean(
            text, known, node.span, "its numeric predictors", name_text
        )
        if not known:
            notes = ("it has no numeric predictors",)
        message = f"the model has no numeric predictor `{text}`"
        self.sink.add("factor-not-in-model", node.span, message, *notes, fix=fix)
        return None

    # ---- what is compared ------------------------------------------------------------

    def _pairs(
        self, part: ContrastPart, others: Sequence[str]
    ) -> tuple[tuple[str, DesignCell, DesignCell], ...] | None:
        """Return the pairs of cells of ``block*cs: pairwise``; None after a fault."""
        word = unwrap(part.weights)
        lists: dict[str, tuple[str, ...]] = {}
        for name in (part.factor, *part.more):
            if name.text in lists or name.text in others:
                self._twice(name)
                return None
            levels = self._levels(name)
            if levels is None:
                return None
            lists[name.text] = levels
        if not isinstance(word, Name) or word.text not in (PAIRWISE, REFERENCE):
            self.sink.add(
                "invalid-contrast",
                part.weights.span,
                f"cells of several factors are compared by `{PAIRWISE}` or "
                f"`{REFERENCE}`, not by `{expression_text(part.weights)}`",
                "weights are of the levels of one factor: `block: late - early, cs: "
                "b - a` is a difference of differences",
            )
            return None
        cells = [
            tuple(zip(lists, own, strict=True)) for own in product(*lists.values())
        ]
        pairs = [(late, early) for early, late in combinations(cells, 2)]
        if word.text == REFERENCE:
            pairs = [(cell, cells[0]) for cell in cells[1:]]
        return tuple((f"({_spelled(a)}) - ({_spelled(b)})", a, b) for a, b in pairs)

    def _twice_joint(self, part: ContrastPart) -> None:
        self.sink.add(
            "invalid-contrast",
            part.span,
            "pairs of cells are of one group of factors in a contrast",
            "name all factors together: `a*b*c: pairwise`",
        )

    def _parts(
        self,
        several_parts: Sequence[ContrastPart],
        at: Mapping[str, tuple[str, ...]],
    ) -> list[FactorWeights] | None:
        found: list[FactorWeights] = []
        several: tuple[tuple[str, NamedWeights], ...] | None
        whole = True
        for part in several_parts:
            name = part.factor.text
            if name in dict(found):
                self._twice(part.factor)
                whole = False
                continue
            several = None
            if name in self.cells.numbers and self._is_same(part.factor):
                whole = False
                continue
            if name in self.cells.numbers:
                values = read_values(unwrap(part.weights), name, self.sink)
                if values is not None:
                    several = (("", tuple(values.items())),)
            else:
                levels = self._levels(part.factor)
                if levels is not None:
                    several = self._of(part.weights, name, levels)
            if several is None:
                whole = False
                continue
            found.append((name, several))
        return found if whole else None

    def _of(
        self, node: Expr, name: str, levels: tuple[str, ...]
    ) -> tuple[tuple[str, NamedWeights], ...] | None:
        word = unwrap(node)
        if isinstance(word, Name) and word.text not in levels:
            pairs: list[tuple[str, str]] = []
            if word.text == PAIRWISE:
                pairs = [(late, early) for early, late in combinations(levels, 2)]
            elif word.text == REFERENCE:
                pairs = [(level, levels[0]) for level in levels[1:]]
            if pairs:
                return tuple(
                    (
                        f"{level_spelled(a)} - {level_spelled(b)}",
                        ((a, 1.0), (b, -1.0)),
                    )
                    for a, b in pairs
                )
        weights = read_weights(node, name, levels, self.cells.factors, self.sink)
        return None if weights is None else (("", tuple(weights.items())),)

    # ---- limits ----------------------------------------------------------------------

    def _too_large(self, question: CellQuestion) -> bool:
        lines = prod(len(several) for _, several in (*question.parts, *question.by))
        lines *= max(1, len(question.pairs))
        factors = self.cells.factors if question.scale == "link" else self.cells.every
        sizes = {name: len(levels) for name, levels in factors.items()}
        for name in question.numbers:
            sizes[name] = len(dict(question.by).get(name, ("",)))
        size = prod(sizes.values())
        if question.over:
            own = [sizes.get(name, 1) for name, _ in (*question.parts, *question.by)]
            size = prod(own) * self.prepared.table.rows
        if size <= MOST_CELLS and lines <= MOST_LINES and size * lines <= MOST_WEIGHTS:
            return False
        what = "the contrast has" if self.verb == "contrast" else f"`{self.verb}` has"
        self.sink.add(
            "invalid-contrast",
            self.statement.span,
            f"{what} {lines:,} lines over {size:,} cells: that is too many",
            "cells are all combinations of the levels of the factors in the formula",
        )
        return True


def _spelled(cell: DesignCell) -> str:
    return ", ".join(level for _, level in cell)


def _second(choices: Choices, cells: ModelCells) -> Outcomes | None:
    """Return the outcome whose odds are asked for: of two the second, or success."""
    if choices.scale != "odds" or choices.outcomes is not None:
        return choices.outcomes
    if cells.family is not None and cells.family.response == "successes":
        return SUCCESS
    names = names_of_outcomes(cells.family, cells.categories or ("", ""))
    return Outcomes(names[-1], (1,))
