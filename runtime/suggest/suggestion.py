"""Which families can be right for a response, why, and a spec to start from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from varying.compiler.data.file import DataFile, read_data
from varying.compiler.data.wanted import Wanted
from varying.grammar.diagnostics import ModelError, Sink, nearest
from varying.grammar.source import Source, Span

from ..api import compile_source
from ..compare.report import Report, in_words, table
from ..interface.arguments import ArgumentError, given
from ..interface.calls import called
from ..interface.grids import Grid
from .candidates import Candidate, candidates_of, declared
from .facts import Facts, facts_of
from .predictors import Terms, terms_of

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
    def tables(self) -> tuple[Grid, ...]:
        """A line a family."""
        rows = [(one.family, one.response, one.why) for one in self.candidates]
        grid = table(("family", "response", "why"), rows)
        return (Grid(grid.headings, grid.rows, numeric=False),)

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
        from varying.grammar.printer import name_text

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
    trials: str | None = None,
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
        The column of the number of trials, of a response that counts successes.

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
    where = Span(0, len(source.text))
    for name, what in ((response, "response"), (by, "by"), (trials, "trials")):
        if name is None and what != "response":
            continue
        if not isinstance(name, str):
            raise ArgumentError(f"{what} is the name of a column, not {given(name)}")
        _check_column(name, what, found, source, where)
    facts = facts_of(found.columns[response], top)
    candidates = candidates_of(facts, trials)
    if not candidates or not facts.rows:
        sink = Sink(source)
        levels = f": {', '.join(facts.levels[:6])}" if facts.levels else ""
        sink.add(
            "no-family",
            where,
            f"no family is compiled for `{response}`{levels}",
            *_without_family(facts),
        )
        raise ModelError(tuple(sink.diagnostics))
    known = [] if trials is None else [trials]
    terms = terms_of(found, response, by, known)
    return Suggestion(facts, candidates, terms, _text(data), origin)


def _without_family(facts: Facts) -> tuple[str, ...]:
    """Return what to do with a response that no family is compiled for."""
    if not facts.levels:
        return ("there is no value in it",)
    chosen = f'`let chosen = {facts.name} == "{facts.levels[0]}"`'
    return (
        f"{len(facts.levels)} categories without an order would have as many "
        "predictors: join them (`column` with labels), or take one against the "
        f"others, {chosen}, `family=bernoulli`; `family=categorical` takes all",
        f"if they have an order, declare it: `column {facts.name}: ordered(...)`, and "
        "`family=ordlogit`",
    )


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
        found = read_data(
            file, Wanted(None, frozenset(), ()), sink, Span(5, len(source.text))
        )
        sink.raise_errors()
        assert found is not None
        return source, found, file
    from varying.compiler.data.plain import table_from_frame

    table = table_from_frame(data)
    return Source("data", "suggest"), table, table


def _check_column(
    name: str, what: str, found: Table, source: Source, where: Span
) -> None:
    if name in found.columns:
        return
    sink = Sink(source)
    near = nearest(name, list(found.columns))
    notes = [f"did you mean `{near[0]}`?"] if near else []
    notes.append(f"columns are {in_words([f'`{one}`' for one in found.columns])}")
    sink.add("unknown-column", where, f"there is no column `{name}`", *notes)
    raise ModelError(tuple(sink.diagnostics))
