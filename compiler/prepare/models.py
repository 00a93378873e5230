"""The rows of each model of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from varying.grammar.diagnostics import Sink
from varying.grammar.layout import LogicalLine, logical_lines
from varying.grammar.tree import (
    ColumnStatement,
    LetStatement,
    ModelStatement,
    Spec,
    WhereStatement,
)

from .matrices import matrices_read
from .request import Request
from .rows import NO_DATA, Prepared, prepare
from .source import data_of


@dataclass(frozen=True, slots=True, eq=False)
class RowsOfModels:
    """The rows of each model: of those with ``rows=own`` their own, by name."""

    shared: Prepared
    own: Mapping[str, Prepared]

    def of(self, model: ModelStatement) -> Prepared:
        """Return the rows that a model uses."""
        return self.own.get(model.label, self.shared)


def rows_of_models(
    spec: Spec,
    chosen: Sequence[ModelStatement],
    alone: Sequence[str],
    request: Request,
    sink: Sink,
    whole: bool = False,
) -> RowsOfModels:
    """Return the rows used; without data, or if they cannot be read, an outline.

    Parameters
    ----------
    spec, chosen
        The spec, and the models that were asked for; none: all.
    alone
        Names of the models that have rows of their own; the others share theirs.
    request
        Has the data, or says where they are, and the caller's functions.
    whole
        A check is content with the head of a very long file; a fit needs it whole.
    """
    found_table = data_of(spec, request, sink, whole)
    # a statement that could not be read has been reported
    lines = logical_lines(spec.source, Sink(spec.source))[0] if sink.failed else []
    lost = sink.failed and _lost_rows(spec, lines)
    there = NO_DATA if found_table is None else found_table
    unread = there.faulty | (_lost_names(spec, lines) if sink.failed else frozenset())
    there = replace(there, functions=request.functions, faulty=unread)
    there = there.without(_lost_declarations(spec, lines)) if lost else there
    there = replace(there, matrices=matrices_read(spec, there, request, sink))
    sharing = [model.label for model in spec.models if model.label not in alone]
    wanted = [model.label for model in chosen]
    reported = frozenset(wanted) if wanted else None
    found = []
    for labels in (sharing, *([label] for label in alone)):
        # what is left out of a model that nobody asked for is not to be reported
        asked = not wanted or bool({*labels} & {*wanted})
        own = sink if asked else Sink(sink.source)
        prepared = prepare(_only(spec, labels), there, own, reported)
        found.append(replace(prepared, certain=prepared.certain and not lost))
    return RowsOfModels(found[0], dict(zip(alone, found[1:], strict=True)))


def _only(spec: Spec, labels: Sequence[str]) -> Spec:
    """Return a spec without the models of other names."""
    return replace(
        spec,
        statements=tuple(
            statement
            for statement in spec.statements
            if not isinstance(statement, ModelStatement) or statement.label in labels
        ),
    )


def _lost_names(spec: Spec, lines: Sequence[LogicalLine]) -> frozenset[str]:
    """Return the columns that statements would make, had these been read."""
    made = {s.name.text for s in spec.statements if isinstance(s, LetStatement)}
    found = set()
    for line in lines:
        first = 1 if line.kind == "let" else 0
        word = [str(token) for token in line.tokens[first : first + 3]]
        assigned = word[1:2] == ["="] or word[1:3] == ["<", "-"]
        if first or (line.kind == "formula" and assigned):
            found.update(word[:1])
    return frozenset(found - made)


def _lost_declarations(spec: Spec, lines: Sequence[LogicalLine]) -> frozenset[str]:
    """Return the columns of `column` statements that could not be read."""
    read = {
        column.text
        for statement in spec.statements
        if isinstance(statement, ColumnStatement)
        for column in statement.columns
    }
    found: set[str] = set()
    for line in lines:
        if line.kind == "column":
            words = [str(token) for token in line.tokens[1:]]
            end = words.index(":") if ":" in words else 0
            found.update(word.strip("`") for word in words[:end])
    return frozenset(found - read)


def _lost_rows(spec: Spec, lines: Sequence[LogicalLine]) -> bool:
    """Whether a statement that says which rows are used could not be read."""
    written = [line for line in lines if line.kind in ("column", "let", "where")]
    kinds = (ColumnStatement, LetStatement, WhereStatement)
    return len(written) > sum(isinstance(s, kinds) for s in spec.statements)
