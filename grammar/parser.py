"""Text to syntax tree: ``parse``.

A statement that cannot be read is reported and left out; the rest goes on, so that
all faults of a text are found in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lark import Token
from lark.exceptions import UnexpectedToken

from .build import BuildFault, LarkTree, build, too_deep
from .diagnostics import Edit, Fix, Sink
from .drive import driven
from .elsewhere import find_code, without
from .elsewhere.words import bare_prior, quoted_names
from .faults import name_fault
from .formula_faults import bare_bar, formula_fault
from .layout import LogicalLine, logical_lines, span_of
from .parse_tables import parser
from .source import Source, Span
from .stop import Stop
from .tree import (
    Formula,
    KeepStatement,
    ModelStatement,
    PartStatement,
    PriorStatement,
    Spec,
    Statement,
)

# Of anything inside anything. Generous: a hundred brackets with a sum in each fit.
MAX_DEPTH = 200


def parse(source: Source, sink: Sink | None = None) -> Spec:
    """Read a spec.

    Parameters
    ----------
    source
        The text.
    sink
        Takes what is found. The tree then holds every statement that could be read,
        whatever the others are like.

    Raises
    ------
    ModelError
        If there is no sink and the text has faults.

    Examples
    --------
    >>> spec = parse(Source("rating ~ block*cs + (1 | subj)"))
    >>> spec.models[0].label
    'main'
    """
    found = Sink(source) if sink is None else sink
    codes = find_code(source, found, parse)
    lines, comments = logical_lines(without(source, codes), found)
    file = _File(found)
    ahead = [code.span.start for code in codes if code.model]
    models = bool(ahead)
    for line in lines:
        if ahead and ahead[0] < line.span.start:
            file.lose_model()
            ahead = [start for start in ahead if start > line.span.start]
        line = quoted_names(line, found)
        node = _read(line, found)
        if isinstance(node, Formula) and bare_prior(node, found):
            continue
        models = models or line.kind in ("formula", "model")
        file.add(line, node)
    if not models:
        file.check_models()
    if sink is None:
        found.raise_errors()
    return Spec(source, file.statements(), tuple(comments))


# ---- one statement ----------------------------------------------------------------


def _read(line: LogicalLine, sink: Sink) -> Statement | Formula | None:
    """Return the node of a line; None after reporting why there is none."""
    if formula_fault(line, sink):
        return None
    tree = _tree(line, sink)
    if tree is None:
        return None
    deep = too_deep(tree, MAX_DEPTH)
    if deep is not None:
        if not line.faulty:
            token = next(deep.scan_values(lambda value: isinstance(value, Token)))
            sink.add(
                "nested-too-deep",
                span_of(token),
                f"expressions inside each other more than {MAX_DEPTH} deep",
            )
        return None
    try:
        node = build(tree, sink)
    except BuildFault:
        return None
    return None if bare_bar(line, sink) else node


def _tree(line: LogicalLine, sink: Sink) -> LarkTree | None:
    found = driven(line.tokens)
    if found is not None:
        return found
    state = parser().parse_interactive()
    fed = 0
    try:
        for token in line.tokens:
            state.feed_token(token)
            fed += 1
        tree: LarkTree = state.feed_eof(line.tokens[-1])  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        # A fault in the line that was reported explains why it does not fit.
        if not line.faulty:
            name_fault(Stop(line, fed, _accepts(line.tokens[:fed])), sink)
        return None
    return tree


def _accepts(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the types that can follow these tokens.

    A parser that has met a fault no longer knows: it has reduced what it could.
    """
    state = parser().parse_interactive()
    for token in tokens:
        state.feed_token(token)
    return frozenset(state.accepts())  # type: ignore[no-untyped-call]


# ---- the file ---------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A formula at the margin, and what is indented under it so far."""

    model: ModelStatement
    body: list[PartStatement | PriorStatement | KeepStatement] = field(
        default_factory=list
    )

    def close(self) -> ModelStatement:
        if not self.body:
            return self.model
        span = self.model.span
        for part in self.body:
            span = span.to(part.span)
        return replace(self.model, body=tuple(self.body), span=span)


@dataclass(slots=True)
class _File:
    """Puts the statements where they belong."""

    sink: Sink
    items: list[Statement | _Open] = field(default_factory=list)
    labels: dict[str, _Open] = field(default_factory=dict)
    # What indented lines belong to: None where nothing above takes them.
    owner: _Open | None = None
    # The formula above could not be read: what belongs to it is left out silently.
    broken: bool = False

    def add(self, line: LogicalLine, node: Statement | Formula | None) -> None:
        """Take the next line, and its node if it has one."""
        if line.indented:
            self._add_indented(line, node)
            return
        if isinstance(node, PriorStatement | KeepStatement) and self._after_named(
            line, node
        ):
            return
        self.owner = None
        self.broken = line.kind in ("formula", "model") and node is None
        if node is None:
            return
        if isinstance(node, Formula):
            node = ModelStatement(None, node, span=node.span)
        if isinstance(node, ModelStatement):
            self._add_model(line, node)
        else:
            self.items.append(node)

    def lose_model(self) -> None:
        """Take a model that could not be read: what is indented below is left out."""
        self.owner, self.broken = None, True

    def statements(self) -> tuple[Statement, ...]:
        """Return what has been taken."""
        return tuple(
            item.close() if isinstance(item, _Open) else item for item in self.items
        )

    def check_models(self) -> None:
        """Report a file without a formula."""
        if self.items:
            self.sink.add(
                "no-model",
                Span(0, 0),
                "the spec has statements but no formula",
                "a formula is `response ~ terms`, such as `rating ~ cs + (1 | subj)`",
            )
        elif not self.sink.failed:
            self.sink.add(
                "empty-spec",
                Span(0, 0),
                "the spec is empty",
                "the shortest one is a formula, such as `rating ~ cs + (1 | subj)`",
            )

    def _add_model(self, line: LogicalLine, model: ModelStatement) -> None:
        if model.label in self.labels:
            self.broken = True
            above = self.labels[model.label]
            if model.name is None and above.model.name is None:
                self._second_formula(line, model.formula, above)
            else:
                self.sink.add(
                    "duplicate-model",
                    (model.name or model.formula).span,
                    f"there is a model `{model.label}` already",
                    *(
                        ("a formula without a name is the model `main`",)
                        if model.label == "main"
                        else ()
                    ),
                )
            return
        self.owner = _Open(model)
        self.labels[model.label] = self.owner
        self.items.append(self.owner)

    def _second_formula(
        self, line: LogicalLine, formula: Formula, above: _Open
    ) -> None:
        """Report a formula at the margin below another, and read on as if indented.

        What is wrong elsewhere is then not reported because its formula is missing.
        """
        left = self.sink.source.slice(formula.response.span)
        named = f"several models have names: `model NAME: {left} ~ ...`"
        response = self.sink.source.slice(above.model.formula.response.span)
        message = "a second formula without a name"
        if left == response:
            self.sink.add("second-formula", line.span, message, named)
            return
        indent = Edit(Span(line.span.start, line.span.start), "  ")
        self.sink.add(
            "second-formula",
            line.span,
            message,
            named,
            "a part of the model above, such as `sigma ~ ...`, is indented",
            fix=Fix("indent it, as a part of the model above", (indent,)),
        )
        above.body.append(PartStatement(formula, span=formula.span))
        self.owner, self.broken = above, False

    def _after_named(
        self, line: LogicalLine, node: PriorStatement | KeepStatement
    ) -> bool:
        """Report `prior` or `keep` at the margin below a model, and put it there."""
        named = [m for m in self.labels.values() if m.model.name is not None]
        if not named:
            return False
        above = list(self.labels.values())[-1]
        start = line.span.start
        self.sink.add(
            "misplaced-statement",
            span_of(line.tokens[0]),
            f"`{line.kind}` at the margin after a model",
            f"indented, it belongs to the model above (`{above.model.label}`); before "
            "the first model, to all of them",
            fix=Fix("indent it", (Edit(Span(start, start), "  "),)),
        )
        above.body.append(node)
        return True

    def _add_indented(
        self, line: LogicalLine, node: Statement | Formula | None
    ) -> None:
        inside = line.kind in ("formula", "prior", "keep")
        if inside and (self.owner is not None or self.broken):
            if self.owner is None:
                return
            if isinstance(node, Formula):
                self.owner.body.append(PartStatement(node, span=node.span))
            elif isinstance(node, PriorStatement | KeepStatement):
                self.owner.body.append(node)
            return
        if node is None:
            return
        what = "formula" if line.kind == "formula" else f"`{line.kind}`"
        if inside:
            message = f"an indented {what} with no formula directly above"
            note = "indented lines belong to the formula above them"
        else:
            message = f"an indented {what}"
            note = "only formulas, `prior` and `keep` can be indented under a formula"
        self.sink.add(
            "misplaced-statement",
            span_of(line.tokens[0]),
            message,
            note,
            fix=_dedent(line, self.sink.source),
        )
        if isinstance(node, Formula):
            self.broken = True
        elif isinstance(node, ModelStatement):
            self._add_model(line, node)
        else:
            self.items.append(node)


def _dedent(line: LogicalLine, source: Source) -> Fix:
    start = line.span.start
    column = source.position(start).column
    return Fix("move it to the margin", (Edit(Span(start - column + 1, start), ""),))
