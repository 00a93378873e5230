"""Posteriors under default priors are calibrated, where these are not of ``b`` itself.

Simulation-based calibration (Talts et al. 2018) of whole programs: the defaults that
one data set gives are kept, parameters are drawn from them, responses from the
parameters, and every response is sampled as a fit of it would be. Effects at means,
groups that are stated there, the scale of ``disc`` and the pooled share of rare events
are in these programs; a parameter's place among its draws must be uniform.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.interpret.density import moved_scales
from varying.compiler.program.ir import Frame
from varying.compiler.sampled import Sampled
from varying.grammar.source import Source
from varying.runtime.interface.progress import progress_for
from varying.runtime.sampling.run import sample
from varying.runtime.sampling.settings import SamplerSettings

from ..lower.prior_draws import at, draw_parameters, row_arguments

Array = NDArray[Any]
SETS, DRAWS = 500, 250
ROWS = 120
RNG = np.random.default_rng(11)
DATA: dict[str, Any] = {
    "year": 2000.0 + np.arange(ROWS) % 12,
    "age": np.round(RNG.uniform(18.0, 60.0, ROWS)),
    "g": [f"g{i // 12}" for i in range(ROWS)],
    "y": RNG.normal(3.0, 2.0, ROWS),
    "o": (np.arange(ROWS) % 4).tolist(),
    "k": (np.arange(ROWS) % 40 == 0).astype(float),
    "n": np.full(ROWS, 2000.0),
}
SPECS = {
    "powers and a moved group": "y ~ year + I(year^2) + (1 + year | g)",
    "a latent scale": "o ~ age + I(age^2), family=ordlogit\n  disc ~ year",
    "rare events": "k | trials(n) ~ age + (1 | g), family=binomial",
    "unordered categories": "o ~ age + (1 | g), family=categorical",
    "counts that vary": "cbind(o, k, 3 - o) ~ age, family=dirichlet_multinomial",
    "components by default": "y ~ 1, family=mixture(gaussian, gaussian)",
    "components in order": "y ~ 1, family=mixture(gaussian, gaussian)\n"
    "  prior Intercept ~ normal(3, 10)\n  prior sigma1 ~ gamma(20, 20)\n"
    "  prior sigma2 ~ gamma(20, 20)\n  prior theta1 ~ beta(5, 5)",
}
#: A posterior of components has several modes, and a chain stays in one of them
#: (decision 0006).
CHAINS = {"components by default": 4, "components in order": 4}


def compiled(spec: str) -> Compiled:
    return compile_spec(Request(Source(spec), table_from_frame(DATA)))


def scalars(model: Compiled, values: dict[str, Array]) -> dict[str, float]:
    """The parameters as they are reported, by name and place."""
    program = model.program
    found = {}
    names = [p.name for p in (*program.parameters, *program.derived) if p.report]
    for name in names:
        for place, number in enumerate(np.ravel(values[name])):
            found[f"{name}[{place}]"] = float(number)
    for group in program.groups:
        size = len(program.axis(group.coefs).labels or ())
        sd, matrix = moved_scales(group, values, size)
        for place in range(size):
            found[f"{group.reported_sd}[{place}]"] = float(sd[place])
        if group.correlations:
            found[group.correlation_matrix] = float(matrix[1, 0])
        found[group.effects] = float(values[group.effects][0, -1])
    return found


def posterior(model: Compiled, y: Array, seed: int, chains: int) -> dict[str, Array]:
    """Draws of all chains, one after another."""
    likelihood = model.program.likelihood
    arrays = {**model.frame.arrays, likelihood.value: y}
    changed = replace(model, frame=Frame(arrays, model.frame.lengths))
    settings = SamplerSettings.checked(draws=DRAWS, tune=500, chains=chains, seed=seed)
    drawn = sample(Sampled(changed), settings, progress_for(False)).data
    found = {}
    for name, values in drawn["posterior"].to_dataset().data_vars.items():
        found[str(name)] = values.values.reshape(chains * DRAWS, *values.shape[2:])
    return found


def places(name: str) -> dict[str, Array]:
    """Where each truth is among the draws of its posterior, a number a data set."""
    model, chains = compiled(SPECS[name]), CHAINS.get(name, 1)
    program, frame = model.program, model.frame
    family = program.likelihood.family
    rng = np.random.default_rng(5)
    truths = draw_parameters(rng, program, frame, SETS)
    found: dict[str, list[float]] = {}
    for number in range(SETS):
        truth = at(truths, number)
        arguments = row_arguments(program, frame, truth)
        main = family.predictor
        arguments[main] = np.broadcast_to(arguments[main], (ROWS,))
        draws = posterior(model, family.simulate(rng, **arguments), number, chains)
        for scalar, value in scalars(model, truth).items():
            variable, _, place = scalar.rstrip("]").partition("[")
            values = draws[variable]
            if variable.startswith("cor_"):
                values = values[:, 1, 0]
            elif variable.startswith("r_"):
                values = values[:, 0, -1]
            else:
                values = values.reshape(len(values), -1)[:, int(place or 0)]
            # ties, such as of numbers that do not fit, are split
            below = (values < value).mean() + 0.5 * (values == value).mean()
            found.setdefault(scalar, []).append(float(below))
    return {scalar: np.array(values) for scalar, values in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_defaults_are_calibrated(name: str) -> None:
    for scalar, found in places(name).items():
        counts = np.histogram(found, bins=10, range=(0.0, 1.0))[0]
        assert stats.chisquare(counts).pvalue > 1e-4, (scalar, counts)
        for mass, most in ((0.5, 0.12), (0.9, 0.06)):
            inside = (np.abs(found - 0.5) < 0.5 * mass).mean()
            print(f"{scalar}: {100 * mass:.0f} % intervals cover {inside:.3f}")
            assert abs(inside - mass) < most, (scalar, mass, inside)
