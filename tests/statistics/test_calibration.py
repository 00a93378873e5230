"""Posteriors are calibrated: truths drawn from the prior lie anywhere in them.

Simulation-based calibration (Talts et al. 2018). Parameters are drawn from
written priors, data from the parameters, both in NumPy alone; the place of the
truth among the posterior draws must be uniform, for each parameter and for the
log likelihood (Modrák et al. 2023: without it, a posterior that ignores the data
passes). The same places give the coverage of central intervals.

Wrong posteriors must be noticed. They need no further sampling: draws from the
right one are weighted by the ratio of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.ir import Frame
from varying.compiler.sampled import Sampled
from varying.grammar.source import Source
from varying.runtime.interface.progress import progress_for
from varying.runtime.sampling.run import sample
from varying.runtime.sampling.settings import SamplerSettings

from .bounded_studies import BOUNDED
from .combined_studies import COMBINED
from .composition_studies import COMPOSITIONS
from .decision_studies import DECISIONS
from .further_studies import FURTHER
from .ordinal_studies import CATEGORIES, ITEM, ORDINAL
from .studies import EXPOSURE, ROWS, STUDIES, TRIALS, G, Named, Study, X
from .time_studies import TIMES

Array = NDArray[np.float64]

ALL = {**STUDIES, **COMBINED, **BOUNDED, **FURTHER, **ORDINAL, **COMPOSITIONS, **TIMES}
ALL |= DECISIONS


@dataclass(frozen=True, repr=False)
class Result:
    """Truth and posterior draws of each data set, by the name of a scalar."""

    truth: list[dict[str, float]]
    draws: list[Named]
    prior: list[Named]
    divergent: int
    sd_rate: float = 1.0

    def places(
        self, name: str, weight: Callable[[Named], Array] | None = None
    ) -> Array:
        """Return the posterior mass below each truth, of weighted draws."""
        found = []
        for truth, draws in zip(self.truth, self.draws, strict=True):
            weights = np.ones(len(draws[name])) if weight is None else weight(draws)
            below = draws[name] < truth[name]
            found.append(weights[below].sum() / weights.sum())
        return np.array(found)


def scalars(p: Named) -> Named:
    """Return one array for each number."""
    found: Named = {}
    for name, values in p.items():
        flat = values.reshape(len(values), -1)
        if name.endswith("r_g"):
            flat = flat[:, :1]  # one level stands for all
        if name == "threshold_r":
            flat = flat[:, :2]
        for k in range(flat.shape[1]):
            found[f"{name}[{k}]" if flat.shape[1] > 1 else name] = flat[:, k]
    return found


def columns_of(study: Study) -> Table:
    """Return some data to compile a study with; each data set replaces the response."""
    columns = {
        "y": Column("y", Kind.NUMERIC, study.response.reshape(ROWS, -1)[:, 0].copy()),
        "x": Column("x", Kind.NUMERIC, X),
        "g": Column("g", Kind.TEXT, G, tuple("abcde")),
        "n": Column("n", Kind.INTEGER, TRIALS),
        "t": Column("t", Kind.NUMERIC, EXPOSURE),
        "item": Column("item", Kind.TEXT, ITEM, ("p", "q")),
        "late": Column("late", Kind.INTEGER, np.arange(ROWS) % 2.0),
        "cuts": Column("cuts", Kind.INTEGER, CATEGORIES - 1.0 - ITEM),
    }
    if study.ranks or "bernoulli" in study.spec:
        columns["y"] = Column("y", Kind.INTEGER, study.response)
    if "categorical" in study.spec:
        columns["y"] = Column(
            "y", Kind.TEXT, study.response.astype(int), ("a", "b", "c")
        )
    if study.response.ndim > 1:
        parts = zip("abc", study.response.T.copy(), strict=True)
        columns |= {name: Column(name, Kind.NUMERIC, part) for name, part in parts}
    return Table("simulated", columns, ROWS)


def calibrated(study: Study, sets: int, seed: int = 1) -> Result:
    """Draw truths and data, and sample each posterior as a fit of it does.

    By the kernel, from where its chains start, and again with smaller steps where
    many draws diverge.
    """
    request = Request(Source(study.spec, "test.model"), columns_of(study))
    model = compile_spec(request)
    observed = model.program.likelihood.value
    arrays, lengths = model.frame.arrays, model.frame.lengths
    kind = arrays[observed].dtype
    rng = np.random.default_rng(seed)
    truths: list[dict[str, float]] = []
    posteriors: list[Named] = []
    priors: list[Named] = []
    divergent = 0
    for number in range(sets):
        truth = study.prior(rng, 1)
        y = study.simulate(rng, truth)
        changed = {**arrays, observed: (y - study.ranks).astype(kind)}
        changed |= study.known(y)
        settings = SamplerSettings.checked(
            draws=500, tune=500, chains=2, seed=number + 1
        )
        sampled = Sampled(replace(model, frame=Frame(changed, lengths)))
        data = sample(sampled, settings, progress_for(False)).data
        divergent += int(data["sample_stats"]["diverging"].sum())
        draws = {
            name: data["posterior"][name].values.reshape(1000, *values.shape[1:])
            for name, values in truth.items()
        }
        aside = study.prior(rng, 1000)
        parts: list[Any] = []
        for p in (truth, draws, aside):
            parts.append({**scalars(p), "log_likelihood": study.log_likelihood(y, p)})
        truths.append({name: float(value[0]) for name, value in parts[0].items()})
        posteriors.append(parts[1])
        priors.append(parts[2])
    return Result(truths, posteriors, priors, divergent, study.sd_rate)


@pytest.fixture(scope="module", params=ALL)
def result(request: pytest.FixtureRequest) -> Result:
    study = ALL[request.param]
    return calibrated(study, study.sets)


def chance(places: Array) -> float:
    """Return the chance of a mean or a distribution as far from uniform as this."""
    mean = (places.mean() - 0.5) / np.sqrt(1 / 12 / len(places))
    shape = stats.kstest(places, "uniform").pvalue
    return min(1.0, float(2 * min(2 * stats.norm.sf(abs(mean)), shape)))


#: Some 50 scalars are tested: a false alarm in one run of a hundred.
ALARM = 2e-4


@pytest.mark.slow
def test_truths_lie_anywhere(result: Result) -> None:
    chances = {name: chance(result.places(name)) for name in result.truth[0]}
    for name in chances:
        away = np.abs(result.places(name) - 0.5)
        inside = {p: float((away < p / 2).mean()) for p in (0.5, 0.9)}
        print(
            f"{name}: p = {chances[name]:.3f}, 50 % intervals cover {inside[0.5]:.3f}, "
            f"90 % {inside[0.9]:.3f}"
        )
    print(f"divergences: {result.divergent} of {1000 * len(result.truth)}")
    assert min(chances.values()) > ALARM


@pytest.mark.slow
@pytest.mark.parametrize("prob", [0.5, 0.9])
def test_coverage(result: Result, prob: float) -> None:
    for name in result.truth[0]:
        inside = int((np.abs(result.places(name) - 0.5) < prob / 2).sum())
        assert stats.binomtest(inside, len(result.truth), prob).pvalue > ALARM, name


@pytest.mark.slow
def test_faults_are_noticed(result: Result) -> None:
    """With the likelihood left out, draws and truths are all from the prior.

    Each parameter then looks right; the log likelihood does not.
    """
    prior = Result(result.truth, result.prior, result.prior, 0)
    sd = next(name for name in result.truth[0] if name.endswith("sd_g"))
    wrong = {
        "prior of the sd half as wide again": result.places(
            sd, lambda p: np.exp(result.sd_rate * p[sd] * (1 - 1 / 1.5))
        ),
        "Jacobian of the sd dropped": result.places(sd, lambda p: 1 / p[sd]),
        "likelihood dropped": prior.places("log_likelihood"),
    }
    chances = {name: chance(places) for name, places in wrong.items()}
    print(chances)
    assert chance(prior.places(sd)) > ALARM
    assert max(chances.values()) < 0.01
