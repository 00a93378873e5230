"""The three models of one: a spec with the levels of a group pooled otherwise.

* **partial**: as written; the standard deviation between levels is estimated.
* **complete**: without the group's terms, as if the standard deviation were 0.
* **none**: with the standard deviations fixed at so much that nothing is pulled, and
  without correlations, as if each level were estimated from its own rows alone.

All are texts that could have been written; what is asked of the draws is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from varying.grammar.source import Source, Span
from varying.grammar.tree import (
    Chain,
    ColumnStatement,
    DataStatement,
    Expr,
    Formula,
    KeepStatement,
    LetStatement,
    ModelStatement,
    Name,
    Paren,
    PriorStatement,
    Spec,
    WhereStatement,
)
from varying.grammar.walk import BARS

__all__ = ["complete", "factors_of", "none", "partial"]

#: Statements that all three have.
PriorFilter = Callable[[PriorStatement], bool]
_KEPT = (ColumnStatement, DataStatement, LetStatement, WhereStatement)


@dataclass(frozen=True, slots=True)
class _Edit:
    span: Span
    text: str


def partial(spec: Spec, model: ModelStatement) -> str:
    """Return the model alone, without what is asked of its draws."""
    return _text(spec, model, ())


def complete(spec: Spec, model: ModelStatement, by: str) -> str:
    """Return the model without the terms of a group."""
    edits = [edit for formula in _formulas(model) for edit in _without(formula, by)]
    left = {name for one in _formulas(model) for name, _ in _terms(one)} - {by}
    return _text(spec, model, edits, lambda prior: not _about(prior, by, bool(left)))


def none(spec: Spec, model: ModelStatement, by: str, sds: Mapping[str, float]) -> str:
    """Return the model with the sds of a group fixed, without correlations.

    Parameters
    ----------
    sds
        By the target of a prior: ``sd[g, Intercept]``. The priors stand under the
        formula, wherever in the text that is.
    """
    edits = [edit for formula in _formulas(model) for edit in _apart(formula, by)]
    others = {name for one in _formulas(model) for name, _ in _terms(one)} - {by}
    added = [f"prior {target} = {value:.6g}" for target, value in sds.items()]
    return _text(
        spec, model, edits, lambda prior: not _about(prior, by, bool(others)), added
    )


def factors_of(model: ModelStatement) -> list[str]:
    """Return the names of the grouping factors that are one column."""
    found = [name for one in _formulas(model) for name, _ in _terms(one)]
    return list(dict.fromkeys(found))


def _formulas(model: ModelStatement) -> Iterator[Formula]:
    yield model.formula
    for one in model.body:
        formula = getattr(one, "formula", None)
        if formula is not None:
            yield formula


def _operands(terms: Expr) -> list[tuple[str, Expr]]:
    """Return the terms of a right side, each with the sign before it."""
    if isinstance(terms, Chain) and {*terms.operators} <= {"+", "-"}:
        signs = ("+", *terms.operators)
        return list(zip(signs, terms.operands, strict=True))
    return [("+", terms)]


def _bar(term: Expr) -> Chain | None:
    """Return the chain of a group term; None of another one."""
    inner = term.inner if isinstance(term, Paren) else term
    if isinstance(inner, Chain) and {*inner.operators} <= {*BARS}:
        return inner
    return None


def _terms(formula: Formula) -> Iterator[tuple[str, Chain]]:
    """Yield the group terms of one plain factor: its name and the chain."""
    for _, term in _operands(formula.terms):
        bar = _bar(term)
        if bar is None or len(bar.operands) != 2:
            continue
        factor = bar.operands[1]
        if isinstance(factor, Name):
            yield factor.text, bar


def _without(formula: Formula, by: str) -> Iterator[_Edit]:
    """Take the terms of a factor out of a formula."""
    kept = [
        (sign, term)
        for sign, term in _operands(formula.terms)
        if not _is_of(_bar(term), by)
    ]
    if len(kept) == len(_operands(formula.terms)):
        return
    yield _Edit(formula.terms.span, _joined(kept))


def _joined(terms: Sequence[tuple[str, Expr]]) -> str:
    """Return terms as a right side; none of them is 1. Spans are marks for slices."""
    if not terms:
        return "1"
    pieces = []
    for place, (sign, term) in enumerate(terms):
        mark = f"\0{term.span.start}:{term.span.end}\0"
        first = sign if sign == "-" else ""
        pieces.append(f"{sign} {mark}" if place else f"{first}{mark}")
    return " ".join(pieces)


def _apart(formula: Formula, by: str) -> Iterator[_Edit]:
    """Write two bars in the terms of a factor: its effects are not correlated."""
    for _, term in _operands(formula.terms):
        bar = _bar(term)
        if bar is not None and _is_of(bar, by) and bar.operators == ("|",):
            left, right = bar.operands
            yield _Edit(Span(left.span.end, right.span.start), " || ")


def _is_of(bar: Chain | None, by: str) -> bool:
    if bar is None:
        return False
    factor = bar.operands[-1]
    return isinstance(factor, Name) and factor.text == by


def _about(prior: PriorStatement, by: str, others: bool) -> bool:
    """Whether a prior is about the sds or correlations of a group.

    One about those of all groups is, where there is no other group.
    """
    if prior.target.name.text not in ("sd", "cor"):
        return False
    if not prior.target.refs:
        return not others
    base = prior.target.refs[0].parts[0].base
    return isinstance(base, Name) and base.text == by


def _text(
    spec: Spec,
    model: ModelStatement,
    edits: Sequence[_Edit],
    kept: PriorFilter | None = None,
    added: Sequence[str] = (),
) -> str:
    """Return the text of a spec with one model, some of it edited.

    ``added`` are statements for the end of the model.
    """
    source, keep = spec.source, kept
    pieces = []
    seen = False
    for statement in spec.statements:
        if statement is model:
            seen = True
            pieces.append(_model(source, model, edits, keep))
            pieces += [f"  {line}" for line in added]
        elif isinstance(statement, PriorStatement):
            if keep is None or keep(statement):
                pieces.append(source.slice(statement.span))
        elif isinstance(statement, _KEPT):
            pieces.append(source.slice(statement.span))
    assert seen
    return "\n".join(pieces) + "\n"


def _model(
    source: Source,
    model: ModelStatement,
    edits: Sequence[_Edit],
    keep: PriorFilter | None,
) -> str:
    """Return the text of a model."""
    lines = [_edited(source, model.formula.span, edits)]
    for one in model.body:
        if isinstance(one, KeepStatement):
            continue
        if isinstance(one, PriorStatement) and keep is not None and not keep(one):
            continue
        lines.append(f"  {_edited(source, one.span, edits)}")
    return "\n".join(lines)


def _edited(source: Source, span: Span, edits: Sequence[_Edit]) -> str:
    """Return a piece of the source with the edits inside it."""
    found, place = [], span.start
    for edit in sorted(edits, key=lambda one: one.span.start):
        if span.start <= edit.span.start and edit.span.end <= span.end:
            found += [source.text[place : edit.span.start], _filled(source, edit.text)]
            place = edit.span.end
    return "".join([*found, source.text[place : span.end]])


def _filled(source: Source, text: str) -> str:
    """Put the slices in that ``_joined`` has left marks for."""
    pieces = text.split("\0")
    for number in range(1, len(pieces), 2):
        start, end = map(int, pieces[number].split(":"))
        pieces[number] = source.text[start:end]
    return "".join(pieces)
