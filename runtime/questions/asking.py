"""Questions asked of a fit: the same text as in a spec, bound to the fitted model.

The text is read behind that of the spec, so that it may use what the spec names
(quantities, contrasts); what is wrong is told at its place in the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from varying.compiler.bind.model import bind
from varying.compiler.bind.question import CellQuestion, Questions
from varying.compiler.families.own import naming, own_names
from varying.grammar.diagnostics import Diagnostic, Edit, Fix, ModelError, Sink
from varying.grammar.elsewhere.results import statement_of
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.tree import (
    CellStatement,
    Chain,
    Index,
    QuantityStatement,
    TestStatement,
)
from varying.grammar.walk import unwrap

from .answers import Answers
from .quantities import QuantityDraws, derived

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from varying.compiler.compiled import Compiled

__all__ = ["NAME", "Answered", "ask", "back", "check_alone"]

#: What a question is called in messages.
NAME = "question"

#: What to write.
_WRITTEN = (
    "a question is written as in a spec: `means block`, `contrast block: late - early`"
    ", `slope age`, `quantity d = b[x] / sigma`, `test less = b[x] < 0`"
)
_ASKING = (CellStatement, QuantityStatement, TestStatement)


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a question came to.

    Attributes
    ----------
    text
        The question.
    derived
        The draws of what it asks, with what is said of them.
    warnings
        What there is to know of the question.
    cells
        Its means, contrasts and slopes, as they were read.
    """

    text: str
    derived: QuantityDraws
    warnings: tuple[Diagnostic, ...]
    cells: tuple[CellQuestion, ...] = ()

    def answers(self, prob: float) -> Answers:
        """Return the figures, with equal-tailed intervals of that mass."""
        return self.derived.answers(prob)


def ask(
    text: str, compiled: Compiled, posterior: Mapping[str, NDArray[Any]], seed: int
) -> Answered:
    """Answer questions.

    Parameters
    ----------
    text
        One or several statements: ``means``, ``contrast``, ``slope``, ``quantity``,
        ``test``.
    compiled
        The model that was fitted.
    posterior
        Its draws by name: chains, draws, and what else a quantity has.
    seed
        Of prior draws, which some Bayes factors need.

    Raises
    ------
    ModelError
        With everything that is wrong with the text.
    """
    questions, warnings = bound(text, compiled)
    found = derived(questions, compiled, posterior, seed)
    return Answered(text, found, warnings, questions.cells)


def bound(text: str, compiled: Compiled) -> tuple[Questions, tuple[Diagnostic, ...]]:
    """Return what a text asks of a model, with what there is to know of the text.

    Quantities and questions of the spec are among it only where the text rests on
    them; they are not to be shown (``Questions.shown``).

    Raises
    ------
    ModelError
        With everything that is wrong with the text.
    """
    text = dedent(text).strip()
    source = Source(text, NAME)
    check_alone(source)
    before = compiled.spec.source.text
    before += "" if before.endswith(("\n", "\r")) else "\n"
    whole = Source(before + text, compiled.spec.source.name)
    sink = Sink(whole)
    spec = parse(whole, sink)
    statement = next(one for one in spec.models if one.label == compiled.joint.name)
    with naming(own_names(member.family for member in compiled.joint.members)):
        joint = bind(spec, statement, compiled.prepared, sink)
    start = len(before)
    own = [s for s in spec.statements if s.span.start >= start]
    # the same question as in the spec has the same text for its name
    again = {s.span for s in own if isinstance(s, CellStatement) and s.name is None}
    found = Sink(source)
    for one in sink.diagnostics:
        repeated = one.rule == "duplicate-name" and one.span in again
        if one.span.start >= start and not repeated:
            found.keep(back(one, start, source))
    if found.failed:
        raise ModelError(found.sorted())
    assert joint is not None  # it was compiled
    questions = joint.questions.only(one.span for one in own)
    return questions, found.sorted()


def check_alone(source: Source) -> None:
    """Refuse what is no question, before it is read behind a spec.

    Raises
    ------
    ModelError
        With everything that is wrong.
    """
    written = statement_of(source.text)
    if written is not None:
        found, place = Sink(source), Span(0, len(source.text))
        message = f"`{source.text}` is a formula, and a question has none"
        fix = Fix.write(place, written)
        found.add("unknown-statement", place, message, f"it is `{written}`", fix=fix)
        raise ModelError(found.sorted())
    sink = Sink(source)
    spec = parse(source, sink)
    found = Sink(source)
    for one in sink.diagnostics:
        if one.rule == "unknown-statement":
            # of the statements of a spec, few ask anything
            own = (note for note in one.notes if not note.startswith("statements are"))
            written = _test_of(source) or _WRITTEN
            found.keep(replace(one, notes=(*own, written)))
        elif one.rule != "no-model":
            found.keep(one)
    if not spec.statements and not found.failed:
        found.add("unknown-statement", Span(0, 0), "nothing is asked", _WRITTEN)
    for statement in (*spec.statements, *spec.models):
        if not isinstance(statement, _ASKING):
            message = f"`{source.slice(statement.span)}` asks nothing of a fit"
            found.add("unknown-statement", statement.span, message, _WRITTEN)
    if found.failed:
        raise ModelError(found.sorted())


def _test_of(source: Source) -> str | None:
    """Return the question that `b[x] > 0` or `b[x]` alone is meant for."""
    alone = source.text.strip()
    written = Sink(Source(f"test t = {alone}"))
    statements = parse(written.source, written).statements
    if any(one.rule != "no-model" for one in written.diagnostics) or not statements:
        return None
    read = (
        unwrap(statements[0].expression)
        if isinstance(statements[0], TestStatement)
        else None
    )
    if isinstance(read, Chain):
        return f"a test has a name: `test t = {alone}`"
    if isinstance(read, Index):
        return f"a quantity has a name: `quantity q = {alone}`"
    return None


def back(found: Diagnostic, start: int, source: Source) -> Diagnostic:
    """Return a fault at its place in the question."""

    def moved(span: Span) -> Span:
        return Span(max(span.start - start, 0), max(span.end - start, 0))

    fix = found.fix
    if fix is not None:
        edits = tuple(Edit(moved(one.span), one.text) for one in fix.edits)
        inside = all(one.span.start >= start for one in fix.edits)
        fix = replace(fix, edits=edits) if inside else None
    return replace(found, source=source, span=moved(found.span), fix=fix)
