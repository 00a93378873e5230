"""The design of a model, to look at: columns, codings, groups, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from varying.compiler.bind.membership import membership_weights
from varying.compiler.data.codes import group_index, pooled_index, recode
from varying.compiler.formula.columns import INTERCEPT, Coded
from varying.compiler.formula.design import evaluate_columns
from varying.grammar.printer import expression_text
from varying.grammar.render.safe import visible

if TYPE_CHECKING:
    from varying.compiler.bind.bound import BoundPredictor, Grouping, GroupTerm
    from varying.compiler.compiled import Compiled, Designed
    from varying.compiler.data.table import Table
    from varying.compiler.formula.columns import DesignColumn, SpecialColumn
    from varying.compiler.prepare.rows import Dropped

from ..rows.reduced import rows_text

__all__ = ["Design"]

#: Dropped rows, and levels of a group, that are printed by name.
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ColumnCodings:
    """Names of columns with their coding, as they are printed."""

    cells: tuple[tuple[str, str], ...]
    indent: str = "  "

    @classmethod
    def of(cls, columns: Sequence[DesignColumn], indent: str = "  ") -> ColumnCodings:
        """Return what is printed of design columns."""
        cells = tuple((column.name, _coding(column)) for column in columns)
        return cls(cells, indent)

    @classmethod
    def special(
        cls, columns: Sequence[SpecialColumn], indent: str = "  "
    ) -> ColumnCodings:
        """Return what is printed of columns that hold parameters."""
        cells = []
        for column in columns:
            said = [f"steps {_some(one.steps)}" for one in column.specials]
            coding = " by ".join(said)
            if column.known.parts:
                coding += f", times {column.known.name}"
            cells.append((column.name, coding))
        return cls(tuple(cells), indent)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.cells)


Line = str | ColumnCodings
#: A title, and the lines below it.
DesignLines = tuple[str, list[Line]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Design:
    """The design of a model. Prints as text; see ``to_dict``."""

    compiled: Compiled | Designed

    def __repr__(self) -> str:
        lines: list[str] = []
        for title, block in self._blocks():
            lines += [""] if lines else []
            lines += [visible(title), *_shown(block)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from .pages import of_design

        return of_design(self)

    def _blocks(self) -> list[DesignLines]:
        return _text(self.compiled)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: matrices as rows, before any centring.

        ``counts`` is there if the rows are cells, each so many rows of the data.
        """
        prepared = self.compiled.prepared
        counts = prepared.table.counts
        each = [_of_response(one) for one in self.compiled.each]
        return {
            "model": self.compiled.joint.name,
            **(each[0] if len(each) == 1 else {"responses": each}),
            "rows": [int(row) for row in prepared.rows],
            **({} if counts is None else {"counts": counts.tolist()}),
            "dropped": [
                {"row": gone.row, "reason": gone.reason}
                | ({} if counts is None else {"count": gone.count})
                for gone in prepared.dropped
            ],
        }


def _population(part: BoundPredictor, table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {
        "coefs": [column.name for column in _columns(part)],
        "matrix": _matrix(_columns(part), table),
    }
    if part.population.specials:
        found["special"] = [_special(one, table) for one in part.population.specials]
    if part.population.smooths:
        found["smooth"] = [
            {
                "term": smooth.name,
                "curves": [column.name for column in smooth.columns],
                "matrix": _matrix(smooth.columns, table),
            }
            for smooth in part.population.smooths
        ]
    return found


def _special(column: SpecialColumn, table: Table) -> dict[str, Any]:
    """Return a column that holds parameters: places of levels, and what is known."""
    known = evaluate_columns((column.known,), table)[:, 0]
    return {
        "coef": column.name,
        "monotonic": [
            {
                "column": one.column,
                "levels": list(one.levels),
                "place": recode(table.columns[one.column], one.levels).tolist(),
            }
            for one in column.specials
        ],
        "times": known.tolist(),
    }


def _of_response(compiled: Compiled | Designed) -> dict[str, Any]:
    """Return the design of one response."""
    bound, prepared = compiled.bound, compiled.prepared
    return {
        "response": {
            "name": bound.response.name,
            "kind": str(bound.response.kind),
            "levels": list(_response_levels(compiled)),
        },
        "population": _population(bound.main, prepared.table),
        "dpars": {
            part.dpar: _population(part, prepared.table)
            for part in bound.predictors[1:]
        },
        "groups": [
            {
                "name": grouping.name,
                "dpar": term.dpar,
                "coefs": [column.name for column in term.columns],
                "levels": list(grouping.levels),
                "index": _index(grouping, prepared.table),
                "correlated": _correlated(term),
                **({} if grouping.by is None else {"by": grouping.by.name}),
                **_membership(grouping, prepared.table),
            }
            for part in bound.predictors
            for grouping in part.groupings
            for term in grouping.terms
        ],
    }


def _columns(part: BoundPredictor) -> tuple[DesignColumn, ...]:
    population = part.population
    first = (INTERCEPT,) if population.intercept else ()
    return (*first, *population.columns)


def _matrix(columns: tuple[DesignColumn, ...], table: Table) -> list[list[float]]:
    rows: list[list[float]] = evaluate_columns(columns, table).tolist()
    return rows


def _index(grouping: Grouping, table: Table) -> list[Any]:
    """Return the level of each row; its levels where it has several."""
    pooled = grouping.membership is not None
    index = pooled_index if pooled else group_index
    found: list[Any] = index(grouping.factors, grouping.levels, table).tolist()
    return found


def _membership(grouping: Grouping, table: Table) -> dict[str, Any]:
    """Return the weights of the levels of each row, where it has several."""
    membership = grouping.membership
    if membership is None:
        return {}
    count = len(membership.columns)
    weights = membership_weights(membership.weights, count, membership.scaled, table)
    return {"columns": list(membership.columns), "weights": weights.tolist()}


def _correlated(term: GroupTerm) -> bool:
    """Whether effects are correlated: one alone is with nothing, but for its id."""
    several = len(term.columns) > 1 or term.identity is not None
    return term.correlated and several


def _response_levels(compiled: Compiled | Designed) -> tuple[str, ...]:
    response = compiled.bound.response
    if response.categories:
        return response.categories
    column = compiled.prepared.table.columns.get(response.column)
    return column.levels if column is not None and response.expression is None else ()


def _shown(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the lines of a block; names of columns are as wide as the widest."""
    for line in lines:
        if isinstance(line, str):
            yield f"  {visible(line)}"
            continue
        cells = [(visible(name), visible(coding)) for name, coding in line]
        width = max((len(name) for name, _ in cells), default=0)
        for name, coding in cells:
            yield f"{line.indent}{name:<{width}}  {coding}".rstrip()


def _text(compiled: Compiled | Designed) -> list[DesignLines]:
    joint, prepared = compiled.joint, compiled.prepared
    dropped = prepared.dropped
    count = f"{rows_text(prepared.table)} used"
    lines: list[Line] = [_dropped_text(gone) for gone in dropped[:_SHOWN]]
    if len(dropped) > _SHOWN:
        lines.append(f"... and {len(dropped) - _SHOWN} more")
    blocks: list[DesignLines] = [
        (f"model {joint.name}: {joint.text}", []),
        (f"{count}, {prepared.left_out} dropped" if dropped else count, lines),
    ]
    return [*blocks, *(block for one in compiled.each for block in _blocks(one))]


def _blocks(compiled: Compiled | Designed) -> list[DesignLines]:
    """Return what there is to say of one response."""
    bound = compiled.bound
    blocks = [_response_text(compiled)]
    for part in bound.predictors:
        title, lines = _part_text(part)
        if part.main and bound.family.thresholds:
            lines.append("the thresholds take the place of the intercept")
        blocks.append((title, lines))
        blocks += [_group_text(grouping, part) for grouping in part.groupings]
    return blocks


def _dropped_text(gone: Dropped) -> str:
    # Rows count from 1 here, as in a spreadsheet; from 0 in JSON.
    if gone.count == 1:
        return f"row {gone.row + 1}: {gone.reason}"
    return f"{gone.count:,} rows, first {gone.row + 1}: {gone.reason}"


def _part_text(part: BoundPredictor) -> DesignLines:
    columns, plain = _columns(part), part.main and not part.named
    if part.body is not None:
        known = ", ".join(one.label for one in part.body.known)
        found: list[Line] = [expression_text(part.body.expression)]
        found.append(f"parameters {', '.join(part.body.parameters)}")
        found += [f"of the data {known}"] if known else []
        return "calculated" if plain else f"calculated, {part.label}", found
    head = "population" if plain else f"population, {part.label}"
    lines: list[Line] = [ColumnCodings.of(columns)] if columns else []
    if part.population.specials:
        lines.append(ColumnCodings.special(part.population.specials))
    for smooth in part.population.smooths:
        count = len(smooth.columns)
        lines.append(f"{smooth.name}  {count} curves, penalised, with one sd")
    lines += [f"offset {offset.label}" for offset in part.population.offsets]
    return head, lines or ["no columns"]


def _response_text(compiled: Compiled | Designed) -> DesignLines:
    response = compiled.bound.response
    lines: list[Line] = []
    if compiled.prepared.whole is not None:
        lines.append(f"{rows_text(compiled.prepared.table)} of its own")
    if response.categories:
        lines.append(
            f"{len(response.categories)} categories: {_some(response.categories)}"
        )
    if response.unseen:
        lines.append(f"{len(response.unseen)} never seen: {_some(response.unseen)}")
    for term, variable in response.beside:
        name = "rate per" if term.role == "exposure" else f"{term.name}:"
        lines.append(f"{name} {variable.label}")
    return f"response {response.name} ({response.kind})", lines


def _group_text(grouping: Grouping, of: BoundPredictor) -> DesignLines:
    levels = grouping.levels
    lines: list[Line] = []
    for term in grouping.terms:
        part = "" if of.main and not of.named else f" of {of.label}"
        relation = ", correlated" if _correlated(term) else ""
        if term.identity is not None:
            relation = f", correlated with all of `{term.identity}`"
        if len(term.columns) > 1 and not term.correlated:
            relation = ", not correlated"
        lines.append(f"{term.text}{part}{relation}")
        plain = {special.plain for special in term.specials}
        known = [column for column in term.columns if column not in plain]
        lines.append(ColumnCodings.of(known, "    "))
        if term.specials:
            lines.append(ColumnCodings.special(term.specials, "    "))
    by = grouping.by
    if by is not None:
        counts = [f"{level} {n}" for level, n in zip(by.levels, by.counts, strict=True)]
        lines.append(
            f"standard deviations and correlations by {by.name}: {_some(tuple(counts))}"
        )
    membership = grouping.membership
    if membership is not None:
        shares = ", ".join(one.label for one in membership.weights) or "equal shares"
        scaled = membership.weights and membership.scaled
        lines.append(f"weights: {shares}{', divided by their sum' if scaled else ''}")
    name = grouping.name if membership is None else membership.text
    return f"group {name}: {len(levels)} levels ({_some(levels)})", lines


def _coding(column: DesignColumn) -> str:
    """Say what each level of a factor gets; an interaction is a product."""
    if len(column.parts) != 1:
        return "" if column.is_intercept else "product"
    (part,) = column.parts
    if not isinstance(part, Coded):
        return "as it is"
    pairs = zip(part.levels, part.weights, strict=True)
    return ", ".join(
        f"{level} {weight:.4g}" for level, weight in list(pairs)[:_SHOWN]
    ) + (", ..." if len(part.levels) > _SHOWN else "")


def _some(labels: tuple[str, ...]) -> str:
    if len(labels) <= _SHOWN:
        return ", ".join(labels)
    return f"{', '.join(labels[:3])}, ..., {labels[-1]}"
