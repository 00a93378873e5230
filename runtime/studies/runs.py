"""Runs of a planned study: data of a truth, fitted, and what the fits answer."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple, dataclass, field, fields
from multiprocessing import current_process, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from ..interface.arguments import ArgumentError
from .simulate import Simulator
from .truth import parsed

if TYPE_CHECKING:
    from varying.compiler.data.table import Table
    from varying.compiler.families.family import Family

    from ..draws.statistics import Statistics

__all__ = [
    "PROB",
    "REFUSED",
    "RunAnswer",
    "Study",
    "append",
    "executed",
    "leave_where_read_again",
    "written",
]

Array = NDArray[Any]

#: Mass of the intervals that are looked at.
PROB = 0.95
#: The kind of an answer that is none, of data that cannot be fitted; its label is why.
REFUSED = "refused"
#: Rules of data that say nothing: all responses are one value, or none is known.
_NOTHING = frozenset({"one-category", "constant-response", "invalid-limit"})


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """What one run says of one question.

    Attributes
    ----------
    people, run
        How many levels of the grouping factor, and the number of the run, from 0.
    kind
        ``estimate``, ``mean`` (an estimate that is not held against 0), ``test``, or
        ``refused`` where the data say nothing, such as responses that are all censored.
    label
        Of the quantity, the line of a contrast, the coefficient or the test; why the
        data were refused.
    mean, lower, upper
        Of the posterior; of a test what it compares, NaN if that is not one thing.
    probability
        Of a test; else NaN.
    rhat
        The largest of the fit's parameters.
    divergences
        Of the fit.
    """

    people: int
    run: int
    kind: str
    label: str
    mean: float
    lower: float
    upper: float
    probability: float
    rhat: float
    divergences: int


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A planned study; all that a run needs, so that another process can do it.

    Attributes
    ----------
    source, base, model
        The spec with its questions, the folder of its paths, which model.
    truth
        The text of the truth.
    table
        Rows of the people whose design is repeated.
    by
        The grouping factor whose levels are the people.
    draws, chains, seed
        Of each fit; ``seed`` is that of the whole.
    families
        Those of the caller's, by name: such a study stays in its process, unless they
        are in a file.
    """

    source: Source
    base: Path
    model: str | None
    truth: Source
    table: Table
    by: str
    draws: int
    chains: int
    seed: int
    families: Mapping[str, Family] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What is the same for runs that belong together: a hash of all that counts."""
        from varying.compiler.families.own import fingerprint

        found = hashlib.sha256()
        for part in (
            self.source.text,
            self.truth.text,
            self.model or "",
            self.by,
            f"{self.draws} {self.chains} {self.seed}",
            *(f"{name} {fingerprint(one)}" for name, one in self.families.items()),
        ):
            found.update(part.encode())
            found.update(b"\0")
        for name, column in self.table.columns.items():
            found.update(repr((name, column.kind, column.levels)).encode())
            found.update(np.ascontiguousarray(column.values).tobytes())
        return found.hexdigest()[:16]

    def design(self, people: int) -> Table:
        """Return rows of so many people: those of the data in turn, with new names."""
        from varying.compiler.data.table import Column, Kind

        column = self.table.columns[self.by]
        codes, values = _codes(column.values)
        chosen, names = [], []
        for number in range(people):
            rows = np.flatnonzero(codes == number % len(values))
            chosen.append(rows)
            names.append(np.full(len(rows), number))
        table = self.table.take(np.concatenate(chosen))
        width = len(str(people))
        levels = tuple(f"{self.by}{number + 1:0{width}d}" for number in range(people))
        new = Column(self.by, Kind.TEXT, np.concatenate(names), levels)
        return table.adding([new])

    def simulator(self, people: int) -> Simulator:
        """Return what draws the data of so many people."""
        truth = parsed(self.truth)
        table = self.design(people)
        return Simulator.of(
            self.source, self.base, truth, table, self.model, self.families
        )

    def truths(self, simulator: Simulator) -> dict[str, float]:
        """Return the value of each estimate if the truth is as given, by its label."""
        from xarray import DataTree

        from ..questions.answers import GROUP, answers_of

        values = dict(simulator.coefficients())
        derived = simulator.answers()
        if derived is not None:
            found = answers_of(DataTree.from_dict({GROUP: derived}), PROB)
            compared = (*found.quantities, *found.contrasts, *found.slopes)
            for one in (*compared, *found.means):
                values[one.label] = one.statistics.mean
            for test in found.tests:
                known = test.statistics
                values[test.name] = math.nan if known is None else known.mean
        return values

    def run(self, simulator: Simulator, people: int, number: int) -> list[RunAnswer]:
        """Draw one data set and fit it.

        The seed is that of the run, whatever ran before it and however many run.
        """
        from ..api import compile_source

        seeds = np.random.SeedSequence([self.seed, people, number]).generate_state(2)
        draw, sample = (int(each) % 2**31 for each in seeds)
        (table,) = simulator.draw(1, draw)
        try:
            model = compile_source(
                self.source, self.base, table, model=self.model, families=self.families
            )
        except ModelError as error:
            faults = [one for one in error.diagnostics if one.severity == "error"]
            if not {one.rule for one in faults} <= _NOTHING:
                raise
            nan = math.nan
            why = faults[0].message
            return [RunAnswer(people, number, REFUSED, why, *(nan,) * 5, 0)]
        fit = model.fit(
            draws=self.draws,
            tune=self.draws,
            chains=self.chains,
            seed=sample,
            cores=1,
            progress=False,
        )
        rows = fit._figures(PROB, effects=False)
        rhats = [row.statistics.rhat for row in rows if row.statistics.rhat is not None]
        rhat = max((r for r in rhats if math.isfinite(r)), default=math.nan)
        about = rhat, int(fit.data["sample_stats"]["diverging"].sum())
        found = fit._answered(PROB)

        def estimated(kind: str, label: str, f: Statistics) -> RunAnswer:
            figures = (f.mean, f.lower, f.upper, math.nan)
            return RunAnswer(people, number, kind, label, *figures, *about)

        result = [
            estimated("estimate", one.label, one.statistics)
            for one in (*found.quantities, *found.contrasts, *found.slopes)
        ]
        for test in found.tests:
            f = test.statistics
            three = (math.nan,) * 3 if f is None else (f.mean, f.lower, f.upper)
            chance = math.nan if test.probability is None else test.probability
            result.append(
                RunAnswer(people, number, "test", test.name, *three, chance, *about)
            )
        if not result:  # nothing that has a power is asked
            result = [
                estimated("estimate", row.label, row.statistics)
                for row in rows
                if row.name in simulator.effects
            ]
        means = (estimated("mean", one.label, one.statistics) for one in found.means)
        return [*result, *means]


def _codes(values: Array) -> tuple[Array, Array]:
    """Return which of the different values each row has; the first one first."""
    different, first, codes = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[codes], different[order]


# ---- executing -----------------------------------------------------------------------

_study: Study | None = None
_simulators: dict[int, Simulator] = {}


def _begin(study: Study) -> None:
    """Keep a study in a process of its own, which does runs of it alone."""
    global _study
    _study = study
    _simulators.clear()


def _one(people: int, number: int) -> list[RunAnswer]:
    study = _study
    assert study is not None  # see `_begin`
    if people not in _simulators:
        _simulators[people] = study.simulator(people)
    return study.run(_simulators[people], people, number)


def leave_where_read_again() -> None:
    """End a process that reads the script of its parent, and came to the same call.

    The parent says what to do, once; see ``executed``.
    """
    # nothing public says it; `multiprocessing.spawn` itself looks at this
    if getattr(current_process(), "_inheriting", False):
        raise SystemExit(1)


_ENDED = (
    "a process that does runs ended before it had begun: each of them reads the script "
    "that calls `varying.design`, so that the call stands below "
    '`if __name__ == "__main__":` there; with `cores=1` there are no other processes'
)
_LOST = (
    "a process that does runs was ended from outside, as is done where memory is "
    "short: fewer `cores` need less; with `out` the same call goes on where it was"
)


def executed(
    study: Study, wanted: Sequence[tuple[int, int]], cores: int
) -> Iterator[list[RunAnswer]]:
    """Yield what runs say, in the order in which they end.

    Parameters
    ----------
    study
        The study.
    wanted
        How many people, and the number of the run.
    cores
        Processes at a time.

    Raises
    ------
    ArgumentError
        If a process ended that had runs to do.
    """
    if cores == 1 or len(wanted) == 1:
        simulators: dict[int, Simulator] = {}
        for people, number in wanted:
            if people not in simulators:
                simulators[people] = study.simulator(people)
            yield study.run(simulators[people], people, number)
        return
    # a fork would copy locks that threads of a sampler hold
    context = get_context("spawn")
    left = list(reversed(wanted))
    why = _ENDED
    with ProcessPoolExecutor(
        cores, mp_context=context, initializer=_begin, initargs=(study,)
    ) as pool:
        running: set[Future[list[RunAnswer]]] = set()
        try:
            while left or running:
                while left and len(running) < 2 * cores:
                    running.add(pool.submit(_one, *left.pop()))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    found = one.result()
                    why = _LOST
                    yield found
        except BrokenProcessPool:
            raise ArgumentError(why) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


# ---- a file of runs ------------------------------------------------------------------

_HEADING = ("study", *(field.name for field in fields(RunAnswer)))


def written(path: Path, study: Study) -> list[RunAnswer]:
    """Return the runs that a file holds; none if there is no such file.

    Raises
    ------
    ValueError
        If it is no file of runs, or of another study; the text says so.
    """
    if not path.exists():
        return []
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != _HEADING:
            raise ValueError("it holds no runs of a study")
        for row in rows:
            if len(row) != len(_HEADING):
                continue  # the line that was being written when it was stopped
            if row[0] != study.key:
                raise ValueError(
                    "it holds runs of another study: spec, truth, design, seed or "
                    "draws differ"
                )
            people, run, kind, label, *numbers, diverged = row[1:]
            mean, lower, upper, chance, rhat = map(float, numbers)
            found.append(
                RunAnswer(
                    int(people),
                    int(run),
                    kind,
                    label,
                    mean,
                    lower,
                    upper,
                    chance,
                    rhat,
                    int(diverged),
                )
            )
    return found


def append(path: Path, study: Study, found: Sequence[RunAnswer]) -> None:
    """Add what a run says to a file, which is made if it is not there."""
    new = not path.exists() or not path.stat().st_size
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(_HEADING)
        writer.writerows((study.key, *astuple(one)) for one in found)
