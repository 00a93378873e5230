"""Fits made without sampling: what a test of tables and files needs."""

from __future__ import annotations

from functools import cache

import numpy as np
import xarray as xr

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.sampled import Sampled
from varying.grammar.source import Source
from varying.runtime.draws.clean import cleaned
from varying.runtime.draws.names import Names
from varying.runtime.draws.row import StatisticsRow
from varying.runtime.fit.fit import Fit
from varying.runtime.fit.origin import Origin
from varying.runtime.fit.provenance import FORMAT, Provenance, describe_data
from varying.runtime.sampling.settings import SamplerSettings
from varying.runtime.summary.summary import rows_of
from varying.runtime.verdict.subject import JudgedFit
from varying.runtime.verdict.verdict import judge

SPEC = "y ~ x + (1 + x | g)\nprior sigma = 1\n"
NAMES = Names(
    ("Intercept", "b", "sd_g", "cor_g", "sigma"),
    effects=("r_g",),
    correlations=("cor_g",),
)
CHAINS, DRAWS = 4, 250
GROUPS = ["s1", "s2", "ünter"]
DATA = {
    "g": ["s1", "s2", "ünter", "s1"],
    "unused": [1, 2, 3, 4],
    "x": [0.5, 1.5, 0.0, 2.0],
    "y": [99.0, 101.0, 100.5, 98.0],
}


def independent(shape: tuple[int, ...] = (), seed: int = 0) -> np.ndarray:
    """Chains that agree: independent standard normal draws."""
    return np.random.default_rng(seed).normal(size=(CHAINS, DRAWS, *shape))


def posterior() -> xr.Dataset:
    """A posterior with every kind of variable, an internal one among them."""
    coefs = ["Intercept", "x"]
    cor = np.broadcast_to(np.eye(2), (CHAINS, DRAWS, 2, 2)).copy()
    cor[..., 1, 0] = cor[..., 0, 1] = np.tanh(independent(seed=3))
    sample = ("chain", "draw")
    return xr.Dataset(
        {
            "Intercept": (sample, 100.0 + independent()),
            "Intercept_centered": (sample, 100.0 + independent()),
            "b": ((*sample, "coef"), 1e-3 * independent((1,), 1)),
            "sd_g": ((*sample, "g_coef"), np.exp(independent((2,), 2))),
            "cor_g": ((*sample, "g_coef", "g_coef_"), cor),
            "pcor_g": ((*sample, "g_pair"), 0.5 + 0.5 * cor[..., 1, 0][..., None]),
            "r_g": ((*sample, "g", "g_coef"), independent((3, 2), 4)),
            "z_g": ((*sample, "g", "g_coef"), independent((3, 2), 5)),
            "sigma": (sample, np.ones((CHAINS, DRAWS))),
        },
        coords={
            "chain": np.arange(CHAINS),
            "draw": np.arange(DRAWS),
            "coef": ["x"],
            "g_coef": coefs,
            "g_coef_": coefs,
            "g": GROUPS,
        },
    )


def statistics(**changes: np.ndarray) -> xr.Dataset:
    """Statistics of a sampler without trouble, some of them replaced."""
    values = {
        "diverging": np.zeros((CHAINS, DRAWS), dtype=bool),
        "reached_max_treedepth": np.zeros((CHAINS, DRAWS), dtype=bool),
        "energy": independent(seed=9),
        "n_steps": np.full((CHAINS, DRAWS), 7),
        **changes,
    }
    return xr.Dataset({name: (("chain", "draw"), v) for name, v in values.items()})


def settings(**changes: int) -> SamplerSettings:
    return SamplerSettings.checked(
        **{"draws": DRAWS, "tune": 500, "seed": 7, **changes}
    )


def compiled() -> Compiled:
    return compile_spec(Request(Source(SPEC, "made.model"), table_from_frame(DATA)))


@cache
def _rows() -> tuple[StatisticsRow, ...]:
    """The figures of the posterior, which take longest."""
    return rows_of(posterior(), NAMES, effects=True)


def made_fit() -> Fit:
    made = compiled()
    data = xr.DataTree.from_dict(
        {
            "posterior": posterior(),
            "sample_stats": statistics(),
            "observed_data": xr.Dataset({"y": ("row", np.array(DATA["y"]))}),
        }
    )
    rows = _rows()
    subject = JudgedFit.of(Sampled(made), posterior(), NAMES)
    provenance = Provenance(
        format=FORMAT,
        spec=SPEC,
        spec_name="made.model",
        model="main",
        formula="y ~ x + (1 + x | g)",
        settings=settings(),
        seconds=1.5,
        created="2026-01-01T00:00:00+00:00",
        versions={"varying": "0.1.0"},
        data=describe_data(made.prepared.table, made.prepared.used),
        names=NAMES,
        verdict=judge(rows, statistics(), settings(), subject),
    )
    origin = Origin.of(made, provenance)
    return Fit(cleaned(data, NAMES, origin.table), provenance, origin)
