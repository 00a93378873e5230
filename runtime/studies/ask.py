"""What a program calls: ``simulate`` and ``design``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from varying.compiler.data.codes import with_ids
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

from ..interface.arguments import ArgumentError, given, whole
from ..interface.calls import called
from ..questions.asking import NAME, back, check_alone
from ..sampling.settings import SamplerSettings, processors
from .power import StudyDesign, planned
from .runs import (
    RunAnswer,
    Study,
    append,
    executed,
    leave_where_read_again,
    written,
)
from .simulate import Simulator, frame_of, table_of
from .truth import Truth, read_truth

if TYPE_CHECKING:
    from pandas import DataFrame

    from varying.compiler.data.table import Table
    from varying.compiler.families.family import Family
    from varying.compiler.families.own import OwnFamilies


__all__ = ["design", "design_source", "simulate", "simulate_source"]


@called
def simulate(
    spec: str | os.PathLike[str],
    truth: str | os.PathLike[str] | Mapping[str, Any],
    data: Any = None,
    *,
    model: str | None = None,
    seed: int | None = None,
    families: OwnFamilies = None,
) -> DataFrame:
    """Draw a data set from a model whose parameters are given.

    Parameters
    ----------
    spec
        A ``.model`` file or the text of a spec, as for ``compile``.
    truth
        A value of each parameter: a mapping, a text of lines ``NAME = number``, or a
        file of them. Names are those of ``quantity``: ``b[block[late]]``,
        ``sd[subj, Intercept]``, ``cor[subj, Intercept, x]``, ``sigma``. A list gives
        all thresholds, ``threshold = [-1, 0, 2]``, or those of an item,
        ``threshold[a] = [-1, 0, 2]``.
    data
        The design: a data frame or a file with the predictors and grouping factors.
        It needs no response; one that is there is written over. None: the file that
        the spec names.
    model
        Which model, if the spec has several.
    seed
        The same seed gives the same data.
    families
        Families of your own, as for ``compile``.

    Returns
    -------
    DataFrame
        The rows that the model uses, with the response; of ``rt | dec(answer)`` with
        both. Of ``t | cens(t >= end)`` what is drawn beyond ``end`` is ``end``. Effects
        of groups are drawn from their standard deviations and correlations.

    Raises
    ------
    ModelError
        ``needs-truth`` where a parameter has no value, ``truth-value`` where it cannot
        have that one, and all that ``compile`` finds.

    Examples
    --------
    >>> import varying
    >>> people = {"subj": ["a", "a", "b", "b"], "x": [0.0, 1.0, 0.0, 1.0]}
    >>> truth = {"Intercept": 5, "b[x]": 2, "sd[subj, Intercept]": 1, "sigma": 0.1}
    >>> varying.simulate("y ~ x + (1 | subj)", truth, people, seed=1).columns.tolist()
    ['subj', 'x', 'y']
    """
    source, base = _spec(spec)
    table = table_of(data, source, base)
    (found,) = simulate_source(
        source, base, read_truth(truth), table, 1, model, seed, own(families)
    )
    return found


def simulate_source(
    source: Source,
    base: Path,
    truth: Truth,
    table: Table,
    sets: int,
    model: str | None,
    seed: int | None,
    families: Mapping[str, Family] = MappingProxyType({}),
) -> list[DataFrame]:
    """Return data sets for a text that has been read; see ``simulate``."""
    simulator = Simulator.of(source, base, truth, table, model, families)
    ids = simulator.compiled.joint.grouping_columns
    return [frame_of(with_ids(one, ids)) for one in simulator.draw(sets, seed)]


@called
def design(
    spec: str | os.PathLike[str],
    truth: str | os.PathLike[str] | Mapping[str, Any],
    data: Any = None,
    *,
    people: Sequence[int],
    runs: int = 200,
    by: str | None = None,
    ask: str | Sequence[str] = (),
    model: str | None = None,
    draws: int = 500,
    chains: int = 2,
    seed: int | None = None,
    cores: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | bool = False,
    families: OwnFamilies = None,
) -> StudyDesign:
    """Say what a planned study would show: its power and its precision.

    Data sets are drawn from a model whose parameters are given, with so many people;
    each is fitted, and each fit is asked the questions of the spec.

    Parameters
    ----------
    spec, truth, model
        As for ``simulate``. The priors of the spec are those of the fits.
    data
        The design of some people. With more, theirs is repeated in turn.
    people
        Numbers of people to try.
    runs
        Data sets for each.
    by
        The grouping factor whose levels are the people. None: the only one.
    ask
        Questions beside those of the spec: statements such as ``"contrast block: late
        - early"`` or ``"test more = b[x] > 0"``. Where there are none at all but
        ``means``, which have no power, the population effects.
    draws, chains
        Of each fit; as many draws more to adapt by.
    seed
        The same seed gives the same runs, however many.
    cores
        Fits at a time. None: as many as there are processors; one with families of your
        own, which go to no other process but by the path of a file that makes them.
    out
        A file for the runs (CSV). One that is there and belongs to the same study is
        gone on with, so that a study that was stopped loses nothing.
    progress
        Called with the number of runs that are done, and that of all.
    families
        Families of your own, as for ``compile``.

    Returns
    -------
    StudyDesign
        Prints as a table; ``to_frame()``, ``plot()``.

    Raises
    ------
    ModelError
        As ``simulate``.
    ValueError
        If an argument makes no sense, ``out`` is a file of another study, or a process
        ended that does runs: a script calls this below ``if __name__ == "__main__":``.
    """
    source, base = _spec(spec)
    return design_source(
        source,
        base,
        read_truth(truth),
        table_of(data, source, base),
        people=people,
        runs=runs,
        by=by,
        ask=(ask,) if isinstance(ask, str) else tuple(ask),
        model=model,
        draws=draws,
        chains=chains,
        seed=seed,
        cores=cores,
        out=None if out is None else Path(out),
        progress=progress if callable(progress) else None,
        families=own(families),
    )


def _asked(
    source: Source,
    ask: Sequence[str],
    base: Path,
    truth: Truth,
    table: Table,
    model: str | None,
    families: Mapping[str, Family],
) -> tuple[Source, Simulator]:
    """Return a spec with further questions at its end, and what draws its data.

    What is wrong with the questions is told at its place in them.

    Raises
    ------
    ModelError
        With all that is wrong.
    """
    if not ask:
        return source, Simulator.of(source, base, truth, table, model, families)
    questions = Source("\n".join(ask), NAME)
    check_alone(questions)
    whole = replace(source, text="\n".join([source.text, questions.text, ""]))
    start = len(source.text) + 1
    try:
        return whole, Simulator.of(whole, base, truth, table, model, families)
    except ModelError as error:
        found = [
            back(one, start, questions)
            if one.source == whole and one.span.start >= start
            else one
            for one in error.diagnostics
        ]
        raise ModelError(found) from None


def design_source(
    source: Source,
    base: Path,
    truth: Truth,
    table: Table,
    *,
    people: Sequence[int],
    runs: int,
    by: str | None,
    ask: Sequence[str],
    model: str | None,
    draws: int,
    chains: int,
    seed: int | None,
    cores: int | None,
    out: Path | None,
    progress: Callable[[int, int], None] | None,
    families: Mapping[str, Family] = MappingProxyType({}),
) -> StudyDesign:
    """Return what a study would show, for a text that has been read; see ``design``."""
    leave_where_read_again()
    settings = SamplerSettings.checked(
        draws=draws, tune=draws, chains=chains, seed=seed, cores=cores
    )
    numbers = _people(people)
    count = whole("runs", runs)
    if count < 1:
        raise ArgumentError(f"runs is how many data sets to draw, not {count}")
    alone = any(one.home is None for one in families.values())
    if alone and cores is not None and cores > 1:
        raise ArgumentError(
            "families of your own go to no other process: cores is 1, or left out, or "
            "families is the path of a file that makes them"
        )
    source, first = _asked(source, ask, base, truth, table, model, families)
    name = _grouping(first, by)
    study = Study(
        source,
        base,
        model,
        truth.source,
        table.take(first.compiled.prepared.rows),
        name,
        settings.draws,
        settings.chains,
        settings.seed,
        dict(families),  # a view does not go to another process
    )
    found: list[RunAnswer] = []
    if out is not None:
        try:
            found = written(out, study)
        except ValueError as error:
            raise ArgumentError(f"out is {os.fspath(out)!r}, and {error}") from None
    # faults of a design with other numbers of people come before the work
    truths = {number: study.truths(study.simulator(number)) for number in numbers}
    wanted = [(number, run) for run in range(count) for number in numbers]
    there = {(one.people, one.run) for one in found}
    left = [one for one in wanted if one not in there]
    found = [one for one in found if (one.people, one.run) in set(wanted)]
    done = len(wanted) - len(left)
    if progress is not None:
        progress(done, len(wanted))
    for answers in executed(study, left, 1 if alone else cores or processors()):
        if out is not None:
            append(out, study, answers)
        found += answers
        done += 1
        if progress is not None:
            progress(done, len(wanted))
    found.sort(key=lambda one: (one.people, one.run))
    return planned(found, truths, name, study.seed)


def _people(people: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(people, Sequence) or isinstance(people, str):
        raise ArgumentError(f"people is a list of numbers, not {given(people)}")
    found = tuple(dict.fromkeys(whole("people", one) for one in people))
    if not found or min(found) < 2:
        raise ArgumentError("people is a list of numbers, each 2 or more")
    return found


def _grouping(simulator: Simulator, by: str | None) -> str:
    """Return the grouping factor whose levels are the people."""
    named = simulator.compiled.joint.grouping_factors
    known = [name for name in named if name in simulator.table.columns]
    listed = ", ".join(f"`{name}`" for name in known)
    if by is not None:
        if by not in simulator.table.columns:
            raise ArgumentError(
                f"by is a column of the design, not {by!r}; grouping factors: "
                f"{listed or 'none'}"
            )
        return by
    if len(known) == 1:
        return known[0]
    if not known:
        raise ArgumentError(
            "the model has no grouping factor: by= names the column whose values are "
            "the people"
        )
    raise ArgumentError(f"by says which are the people: {listed}")


def _spec(spec: str | os.PathLike[str]) -> tuple[Source, Path]:
    from ..api import spec_source

    return spec_source(spec)


def own(families: OwnFamilies) -> Mapping[str, Family]:
    """Return the caller's families by name."""
    from ..api import families_of

    return families_of(families)
