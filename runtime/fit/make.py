"""From a compiled model to a fit, and from a fit to one with more draws."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..draws.clean import all_draws
from ..interface.arguments import ArgumentError
from ..interface.faults import fault
from ..interface.interrupts import interruptible
from .provenance import SamplerRun

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xarray import Dataset, DataTree

    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Program
    from varying.compiler.sampled import Sampled

    from ..draws.row import StatisticsRow
    from ..interface.progress import Progress
    from ..sampling.run import Sample
    from ..sampling.settings import SamplerSettings
    from .fit import Fit
    from .origin import Origin
    from .provenance import Provenance

__all__ = ["fit_model", "fit_of_draws", "go_on", "same_model"]

#: Groups with a number for each draw.
_BY_DRAW = ("posterior", "sample_stats")


@dataclass(frozen=True, slots=True, eq=False)
class FitContents:
    """What a fit is made of; see ``Fit``."""

    data: DataTree
    provenance: Provenance
    origin: Origin
    rows: tuple[StatisticsRow, ...]
    state: NDArray[np.float64] | None


def fit_model(
    compiled: Compiled, settings: SamplerSettings, progress: Progress
) -> FitContents:
    """Sample a model; see ``Model.fit``."""
    from ..sampling.run import sample
    from ..sampling.sizes import check_sampling
    from ..workspace.workspace import workspace

    sampled = workspace().sampled(compiled)
    check_sampling(compiled, settings)
    with interruptible() as interrupts:
        with _explained(sampled, settings):
            found = sample(sampled, settings, progress)
        made = _fitted(sampled, found, found.settings, (_run(found),))
        if interrupts.requested:
            _warn(made)
    return made


def fit_of_draws(
    compiled: Compiled, data: DataTree, settings: SamplerSettings, seconds: float
) -> FitContents:
    """Return the fit of draws that have been made otherwise."""
    from ..sampling.run import Sample
    from ..workspace.workspace import workspace

    found = Sample(data, settings, seconds)
    return _fitted(workspace().sampled(compiled), found, settings, (_run(found),))


def go_on(
    fit: Fit, draws: int | None, cores: int | None, progress: Progress
) -> FitContents:
    """Sample until a fit has the draws that were asked for; see ``Fit.resume``.

    Chains that there are get what they lack, those that there are not all draws.
    """
    from ..sampling.run import sample
    from ..sampling.samplers import NothingDrawn
    from ..sampling.settings import SamplerSettings
    from ..sampling.sizes import check_sampling
    from ..workspace.workspace import workspace

    there = fit.provenance
    options = asdict(there.settings) | {"cores": cores}
    if draws is not None:
        options["draws"] = draws
    settings = SamplerSettings.checked(**options)
    chains, have = there.drawn
    missing = settings.chains - chains
    lacking = ((chains, settings.draws - have), (missing, settings.draws))
    if lacking[0][1] < 0 or (lacking[0][1] == 0 and missing <= 0):
        raise ArgumentError(
            f"the fit has {have} draws in each of {chains} chains; for more, say how "
            f"many there are to be in all, such as draws={2 * have}"
        )
    compiled = fit._origin.compiled
    check_sampling(compiled, settings)
    absent = sorted(set(range(settings.chains)) - set(_labels(fit)))
    sampled = workspace().sampled(compiled)
    parts: list[Sample | None] = [None, None]
    with interruptible() as interrupts:
        for number, (count, length) in enumerate(lacking):
            if not count or not length or interrupts.requested:
                continue
            # another seed than that of the draws that there are
            seed = _seed(settings.seed, chains, have, number)
            own = replace(settings, chains=count, draws=length, seed=seed)
            try:
                with _explained(sampled, settings):
                    state = None if number else fit._state
                    parts[number] = sample(sampled, own, progress, state)
            except NothingDrawn:
                if parts[0] is None:
                    raise
        joined = _joined(fit, parts[0], parts[1], absent)
        runs = (*there.runs, *(_run(one) for one in parts if one is not None))
        made = _fitted(sampled, joined, settings, runs)
        if interrupts.requested:
            _warn(made)
    return made


def same_model(fit: Fit, compiled: Compiled, path: str) -> None:
    """Refuse to go on from a fit of another model, or of other data.

    Raises
    ------
    ModelError
        ``other-model``.
    """
    from .provenance import describe_data

    data = describe_data(compiled.prepared.table, compiled.prepared.used)
    if data.sha256 != fit.provenance.data.sha256:
        what = "other data than those of the model"
    elif compiled.lowered != fit._origin.compiled.lowered:
        what = "another model"
    else:
        return
    raise fault(
        compiled.spec.source,
        "other-model",
        f"`{path}` is a fit of {what}: there is nothing to go on with",
        "without FILE, `fit --resume FIT` takes model and data from the fit",
    )


def _labels(fit: Fit) -> list[int]:
    """Return the numbers of the chains that there are."""
    found: list[int] = fit.data["posterior"].coords["chain"].values.tolist()
    return found


def _seed(*numbers: int) -> int:
    import numpy as np

    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def _run(found: Sample) -> SamplerRun:
    sizes = found.data["posterior"].sizes
    return SamplerRun(
        chains=sizes["chain"],
        draws=sizes["draw"],
        tune=found.settings.tune,
        seed=found.settings.seed,
        seconds=found.seconds,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        continued=found.continued,
    )


@dataclass(slots=True)
class _ChainPieces:
    """A chain in pieces, and where it ended."""

    pieces: list[Mapping[str, Dataset]]
    state: NDArray[np.float64] | None

    @property
    def length(self) -> int:
        return sum(piece["posterior"].sizes["draw"] for piece in self.pieces)


def _chains(
    groups: DataTree, state: NDArray[np.float64] | None
) -> dict[int, _ChainPieces]:
    """Return the chains of some groups by their numbers."""
    kept = {name: groups[name].to_dataset() for name in _BY_DRAW}
    kept["posterior"] = all_draws(groups)
    return {
        label: _ChainPieces(
            [{name: one.isel(chain=[place]) for name, one in kept.items()}],
            None if state is None else state[place],
        )
        for place, label in enumerate(kept["posterior"]["chain"].values.tolist())
    }


def _joined(
    fit: Fit, more: Sample | None, others: Sample | None, absent: list[int]
) -> Sample:
    """Return the draws of a fit with those that followed.

    Parameters
    ----------
    fit
        What there was.
    more
        Draws that go on from its chains, numbered by their places in it.
    others
        Draws of other chains.
    absent
        The numbers that these get.
    """
    import numpy as np
    import xarray as xr

    from ..sampling.samplers.draws import rectangle

    labels = _labels(fit)
    there = {"posterior": all_draws(fit.data), "sample_stats": fit.data["sample_stats"]}
    chains = _chains(fit.data, fit._state)
    newest = more if more is not None else others
    assert newest is not None
    if more is not None:
        for place, one in _chains(more.data, more.state).items():
            chains[labels[place]].pieces += one.pieces
            chains[labels[place]].state = one.state
    if others is not None:
        found = _chains(others.data, others.state)
        chains |= {absent[place]: one for place, one in found.items()}
    numbers = sorted(chains)
    places, length = rectangle([chains[number].length for number in numbers])
    kept = [numbers[place] for place in places]
    groups: dict[str, Any] = {}
    for group in _BY_DRAW:
        new = newest.data[group].to_dataset()
        # what is computed of the draws, such as `keep`, is computed again
        names = [name for name in new.data_vars if name in there[group].data_vars]
        rows = [
            xr.concat(
                [piece[group][names].reset_coords(drop=True) for piece in own],
                dim="draw",
                join="override",
            ).isel(draw=slice(length))
            for own in (chains[number].pieces for number in kept)
        ]
        whole = xr.concat(
            [row.assign_coords(draw=np.arange(length)) for row in rows], dim="chain"
        )
        groups[group] = whole.assign_coords(chain=kept).assign_attrs(new.attrs)
    states = [chains[number].state for number in kept]
    state = None
    if all(one is not None for one in states):
        state = np.stack([one for one in states if one is not None])
    seconds = fit.provenance.seconds
    seconds += sum(one.seconds for one in (more, others) if one is not None)
    groups["observed_data"] = newest.data["observed_data"].to_dataset()
    tree = newest.data.from_dict(groups)
    return replace(newest, data=tree, seconds=seconds, state=state)


@contextmanager
def _explained(sampled: Sampled, settings: SamplerSettings) -> Iterator[None]:
    """Make diagnostics of what a sampler gives up for."""
    from varying.compiler.backends.kernel import NoKernel

    from ..sampling.samplers import SamplingError

    source = sampled.compiled.spec.source
    try:
        yield
    except NoKernel as error:
        raise fault(
            source,
            "no-kernel",
            "the model has no kernel",
            str(error),
            "leave out `backend`: the PyMC graph does it",
        ) from error
    except SamplingError as error:
        raise fault(
            source,
            "sampling-failed",
            f"the sampler {settings.sampler} gave up",
            str(error).strip() or "it did not say why",
            *_causes(sampled),
        ) from error


def _causes(sampled: Sampled) -> tuple[str, ...]:
    """Return what is wrong where sampling starts, and what to do about it."""
    from varying.compiler.program.interpret.causes import cause

    found = cause(sampled.program, sampled.frame)
    if found is None:
        return (
            "no cause was found: priors, predictors and responses all have a density "
            "where the chains start",
        )
    return found.found, found.advice


def _centered(program: Program) -> frozenset[str]:
    """Return the groups whose effects the compiler chose to sample as they are."""
    forms = ("centered", "partial")
    return frozenset(g.name for g in program.groups if g.free and g.form in forms)


def _fitted(
    sampled: Sampled,
    found: Sample,
    settings: SamplerSettings,
    runs: tuple[SamplerRun, ...],
) -> FitContents:
    """Return what a fit is made of: figures, answers, verdict, where it is from."""
    from ..draws.names import names_of
    from ..questions.answers import GROUP
    from ..questions.quantities import answer
    from ..rows.categories import with_categories
    from ..rows.kept import with_kept
    from ..summary.summary import rows_of
    from ..verdict.subject import JudgedFit
    from ..verdict.verdict import judge
    from .origin import Origin
    from .partial import told
    from .provenance import (
        FORMAT,
        Provenance,
        describe_data,
        escaped,
        own_versions,
        versions,
    )

    compiled = sampled.compiled
    data = found.data
    for one in compiled.each:
        categories = one.bound.response.ranks
        data = with_categories(data, one.responses[0], categories)
    names = names_of(compiled.program)
    posterior = data["posterior"].to_dataset()
    drawn = (posterior.sizes["chain"], posterior.sizes["draw"])
    rows = rows_of(posterior, names, effects=True)
    groups = {name: node.to_dataset() for name, node in data.children.items()}
    groups["posterior"] = with_kept(posterior, compiled)
    derived = answer(compiled, posterior, settings.seed)
    if derived is not None:
        groups[GROUP] = derived
    attributes = dict(data.attrs)
    data = data.from_dict(dict(groups))
    data.attrs = attributes
    # the advice is about the draws that there are
    judged = replace(settings, chains=drawn[0], draws=drawn[1])
    subject = JudgedFit.of(sampled, posterior, names)
    if found.settings.backend == "kernel":
        subject = replace(subject, centered=_centered(sampled.for_kernel[0]))
    verdict = judge(rows, data["sample_stats"].to_dataset(), judged, subject)
    provenance = Provenance(
        format=FORMAT,
        spec=compiled.spec.source.text,
        spec_name=escaped(compiled.spec.source.name),
        model=compiled.joint.name,
        formula=compiled.joint.text,
        settings=replace(settings, backend=found.settings.backend),
        seconds=found.seconds,
        created=runs[-1].created,
        versions=versions() | own_versions(compiled),
        data=describe_data(compiled.prepared.table, compiled.prepared.used),
        names=names,
        verdict=told(verdict, drawn, settings),
        drawn=drawn,
        runs=runs,
    )
    origin = Origin.of(compiled, provenance)
    return FitContents(data, provenance, origin, rows, found.state)


def _warn(made: FitContents) -> None:
    """Say in Python what an interrupt came to; the command says it itself."""
    provenance = made.provenance
    first = provenance.verdict.sentences[0]
    what = (
        first
        if provenance.partial
        else "the draws were complete, and the fit is whole."
    )
    warnings.warn(f"interrupted: {what}", stacklevel=5)
