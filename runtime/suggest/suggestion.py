"""Which families can be right for a response, why, and a spec to start from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from varying.compiler.data.file import DataFile, read_data
from varying.compiler.data.spellings import with_comma
from varying.compiler.data.table import Column, Kind
from varying.compiler.data.wanted import Wanted
from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Source, Span

from ..api import compile_source
from ..compare.report import Report, table
from ..interface.arguments import ArgumentError
from ..interface.calls import called
from ..interface.grids import TextTable
from .candidates import Candidate, candidates_of, declared
from .facts import Facts, as_successes, facts_of, listed_levels
from .parts import whole_of
from .predictors import Terms, terms_of
from .request import Odd, SuggestRequest, numbers_but_for_a_few

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from varying.compiler.data.table import Table

    from ..compare.comparison import Comparison

__all__ = ["Suggestion", "suggest"]

_START = (
    "Start from the first one: the others are there to be compared with. What is right "
    "depends on how the data came about, which no column says."
)


@dataclass(frozen=True, slots=True)
class Suggestion(Report):
    """Families for a response, with reasons, and specs.

    Attributes
    ----------
    facts
        What the response is.
    candidates
        The families that can be right, the one to start from first.
    terms
        The right side of the formula.
    data
        What follows ``data``; empty for data in memory.
    """

    facts: Facts
    candidates: tuple[Candidate, ...]
    terms: Terms
    data: str
    table: Table | DataFile = field(repr=False)

    @property
    def title(self) -> str:
        """What is answered."""
        return f"Families for `{self.facts.name}`"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """A line a family."""
        rows = [(one.family, one.response, one.why) for one in self.candidates]
        grid = table(("family", "response", "why"), rows)
        return (TextTable(grid.headings, grid.rows, numeric=False),)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the data show, and the spec."""
        last = [_START] if len(self.candidates) > 1 else []
        return (*self.facts.sentences, *self.terms.sentences, *last)

    @property
    def spec(self) -> str:
        """The spec to start from."""
        return self._spec(self.candidates[:1])

    @property
    def all_specs(self) -> str:
        """One spec with a model for each family."""
        return self._spec(self.candidates)

    def _spec(self, candidates: Sequence[Candidate]) -> str:
        lines = [f"data {self.data}\n"] if self.data else []
        lines += [
            f"column {one}: factor, contrast=simple" for one in self._named_factors()
        ]
        lines += declared(self.facts)
        lines += dict.fromkeys(let for one in candidates for let in one.lets)
        for one in candidates:
            head = f"model {one.name}: " if len(candidates) > 1 else ""
            option = "" if one.family == "gaussian" else f", family={one.family}"
            lines.append(f"{head}{one.response} ~ {self.terms.text}{option}")
        return "\n".join(lines) + "\n"

    def _named_factors(self) -> list[str]:
        return [name_text(name) for name in self.terms.factors]

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row a family."""
        return [
            {"family": one.family, "response": one.response, "why": one.why}
            for one in self.candidates
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as ``--format json`` prints them."""
        return {
            "response": self.facts.name,
            "kind": self.facts.kind,
            "facts": list(self.facts.sentences),
            "families": [dict(row) for row in self.frame_rows()],
            "spec": self.spec,
            "specs": self.all_specs,
        }

    def __str__(self) -> str:
        return f"{Report.__str__(self)}\n\n{self.spec}"

    def __repr__(self) -> str:
        return str(self)

    def compare(
        self,
        *,
        draws: int | None = None,
        tune: int | None = None,
        chains: int | None = None,
        seed: int | None = None,
        progress: bool = False,
    ) -> Comparison:
        """Fit each family and put the fits beside each other, on one measure.

        Of whole numbers that is the probability of each number: a continuous family
        gives that of what is rounded to it.

        Parameters
        ----------
        draws, tune, chains, seed, progress
            As for ``Model.fit``.

        Raises
        ------
        ModelError
            If they have no measure in common.
        """
        from ..fit.compare import compare

        given_ones = {"draws": draws, "tune": tune, "chains": chains}
        settings: dict[str, Any] = {
            n: v for n, v in given_ones.items() if v is not None
        }
        if len(self.candidates) < 2:
            raise ArgumentError("there is one family alone: nothing to compare it with")
        fits = {}
        for one in self.candidates:
            model = compile_source(
                Source(self.all_specs, "suggested.model"),
                Path.cwd(),
                self.table,
                model=one.name,
            )
            fits[one.name] = model.fit(seed=seed, progress=progress, **settings)
        return compare(fits)


@called
def suggest(
    data: Any,
    response: str,
    *,
    by: str | None = None,
    top: float | None = None,
    trials: str | int | None = None,
) -> Suggestion:
    """Say which families can be right for a response, and write a spec to start from.

    Parameters
    ----------
    data
        The path of a data file, a data frame, or a mapping of names to columns.
    response
        The column that is to be predicted.
    by
        The column of the people, or other groups, that rows belong to.
    top
        The top of the scale of a rating, where the data do not show it.
    trials
        The number of trials, or its column, of a response that counts successes.

    Returns
    -------
    Suggestion
        Prints as a table with reasons and the spec; ``spec`` is that text,
        ``compare()`` fits each family and ranks them.

    Raises
    ------
    ModelError
        If the data cannot be read, or no family is compiled for such a response.

    Examples
    --------
    >>> import varying
    >>> scores = {"score": [3.1, 4.7, 2.2, 5.9, -1.4, 6.3], "dose": [1, 2, 3, 1, 2, 3]}
    >>> print(varying.suggest(scores, "score").spec)
    score ~ 1
    <BLANKLINE>
    """
    source, found, origin = _read(data)
    asked = SuggestRequest(found, source)
    column, odd = numbers_but_for_a_few(asked, asked.column(response, "response"))
    asked.group(by, response)
    asked.top(top, column)
    tried = asked.trials(trials, column)
    if tried is not None and top is not None:
        raise ArgumentError("top is that of a scale, and trials of a count: give one")
    facts = facts_of(column, top)
    if odd:
        facts = replace(facts, odd=tuple(one.text for one in odd))
        facts = replace(facts, sentences=(*facts.sentences, _of_odd(facts, odd)))
    if tried is not None:
        facts = as_successes(facts)
    candidates = candidates_of(facts, tried)
    if not candidates or not facts.rows:
        levels = f": {listed_levels(facts.levels)}" if facts.levels else ""
        raise asked.fault(
            "no-family",
            f"no family is compiled for `{response}`{levels}",
            *_without_family(facts),
        )
    known = [] if tried is None else [tried]
    whole = whole_of(found, response) if tried is None and top is None else None
    if whole is not None:
        facts = replace(facts, sentences=(*facts.sentences, whole.sentence))
        candidates = whole.candidates or candidates
        known += whole.parts
    terms = terms_of(found, response, by, known)
    text = _text(data)
    if isinstance(origin, DataFile) and origin.options.decimal == ",":
        text += ', decimal=","'
    return Suggestion(facts, candidates, terms, text, origin)


def _of_odd(facts: Facts, odd: Sequence[Odd]) -> str:
    count = sum(one.count for one in odd)
    cells = "1 cell is no number" if count == 1 else f"{count:,} cells are no numbers"
    listed = ", ".join(map(str, odd[:6])) + (", ..." if len(odd) > 6 else "")
    return (
        f"{cells}: {listed}. Look at them first: the spec takes them as missing, which "
        "leaves their rows out."
    )


def _without_family(facts: Facts) -> tuple[str, ...]:
    """Return what to do with a response that no family is compiled for."""
    if not facts.levels:
        return ("there is no value in it",)
    name = name_text(facts.name)
    chosen = f"`let chosen = {name} == {string_text(facts.levels[0])}`"
    return (
        f"{len(facts.levels)} categories without an order would have as many "
        "predictors: join them (`column` with labels), or take one against the "
        f"others, {chosen}, `family=bernoulli`; `family=categorical` takes all",
        f"if they have an order, declare it: `column {name}: ordered(...)`, and "
        "`family=ordlogit`",
    )


def _commas(column: Column) -> bool:
    """Say whether texts are numbers with decimal commas."""
    return column.kind is Kind.TEXT and with_comma(column.levels) is not None


def _text(data: Any) -> str:
    if not isinstance(data, str | os.PathLike):
        return ""
    text = os.fspath(data).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _read(data: Any) -> tuple[Source, Table, Table | DataFile]:
    """Return a text to point at, the table, and what a model is compiled with."""
    if isinstance(data, str | os.PathLike):
        path = Path(data)
        source = Source(f"data {_text(data)}", "suggest")
        sink = Sink(source)
        file = DataFile(path)
        every, span = Wanted(None, frozenset(), ()), Span(5, len(source.text))
        found = read_data(file, every, sink, span)
        sink.raise_errors()
        assert found is not None
        commas = [
            n for n, c in found.columns.items() if c.decimal == "." and _commas(c)
        ]
        if commas:  # nobody could say so here: a spec has `decimal=","`
            again = replace(file, options=replace(file.options, decimal=","))
            other = read_data(again, every, Sink(source), span)
            if other and all(other.columns[n].kind.is_number for n in commas):
                return source, other, again
        return source, found, file
    from varying.compiler.data.frames import table_from_frame

    table = table_from_frame(data)
    return Source("data", "suggest"), table, table
