"""A model in other units is the same model: what samplers see does not change.

The data are multiplied, and so are the numbers of priors that were written. In the
coordinates that are sampled, from where sampling starts, density and gradient are the
same but for a constant; so the same seed gives the same draws, in other units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from varying.compiler.backends.kernel import Kernel
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.passes import for_kernel, for_sampling
from varying.compiler.program.interpret import coordinates
from varying.compiler.program.ir import Frame, Program
from varying.grammar.source import Source

from .kernels import kernel_of

Array = NDArray[Any]

#: Powers of ten that a predictor and a response may be multiplied by.
PREDICTORS, RESPONSES = (-12.0, 15.0), (-20.0, 15.0)
#: Relative differences that the rounding of the data makes.
CLOSE = 1e-8

#: ``{u}``: the unit of x; ``{v}``: of the response; ``{v/u}``: of an effect of x.
METRIC = {
    "gaussian": "y ~ x + z",
    "with a group": "y ~ x + (1 | g)",
    "slopes": "y ~ x + (1 + x | g)",
    "slopes alone": "y ~ x + (0 + x | g)",
    "slopes apart": "y ~ x*z + (1 + x || g) + (1 | h)",
    "nested": "y ~ x + (1 + x | g) + (1 | g:h)",
    "centered": "y ~ x + (1 + x | g), parameterization=centered",
    "noncentered": "y ~ x + (1 + x | g), parameterization=noncentered",
    "a square": "y ~ x + I(x^2)",
    "a product": "y ~ x*w + (1 + x*w || g)",
    "no intercept": "y ~ 0 + x + cs",
    "nothing but a slope": "y ~ 0 + x",
    "sigma": "y ~ x + (1 | g)\n  sigma ~ x",
    "sigma by group": "y ~ x + (1 + x | g)\n  sigma ~ x + (1 + x | g)",
    "student": "y ~ x + (1 + x | g), family=student",
    "student, all of it": "y ~ x, family=student\n  sigma ~ x + (1 | g)\n  nu ~ x",
    "lognormal": "p ~ x + (1 + x | g), family=lognormal",
    "lognormal, sigma": "p ~ x, family=lognormal\n  sigma ~ x",
    "priors": """y ~ x + z + (1 + x | g)
  prior b[x] ~ normal({v/u}, {v/u})
  prior Intercept ~ student_t(3, {v}, {v})
  prior sd[g, x] ~ half_normal({v/u})
  prior sigma ~ exponential({1/v})""",
    "wide priors": """y ~ x
  prior b[x] ~ normal(0, {1e6v/u})
  prior sigma ~ half_cauchy({1e6v})""",
}
OTHERS = {
    "bernoulli": "hit ~ x + (1 + x | g), family=bernoulli",
    "binomial": "few | trials(n) ~ x + (1 + x || g), family=binomial",
    "poisson": "count ~ x + (1 + x | g), family=poisson",
    "a rate": "count | rate(n) ~ x + (1 | g), family=poisson",
    "moderated": "count ~ x*z + (1 | g) + (1 | h), family=poisson",
    "negbinomial": "count ~ x + (1 | g), family=negbinomial\n  shape ~ x + (0 + x | g)",
    "ordlogit": "k ~ x + (1 + x | g), family=ordlogit",
    "disc": "k ~ x + (1 | g), family=ordlogit\n  disc ~ x",
    "disc by group": "k ~ x*z, family=ordlogit\n  disc ~ 0 + x + (1 + x | g)",
    "thresholds": "k ~ x, family=ordlogit\n  prior threshold ~ normal(0, 3)",
    "a dirichlet": "k ~ x + (1 | g), family=ordlogit\n  prior threshold ~ dirichlet(2)",
}
SPECS = {**METRIC, **OTHERS}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    rows = 160
    g = np.arange(rows) % 10
    x = rng.normal(600.0, 140.0, rows)
    eta = (x - 600.0) / 280.0 + rng.normal(0.0, 0.6, 10)[g]
    n = rng.integers(2, 9, rows)
    return pd.DataFrame(
        {
            "x": x,
            "w": rng.normal(-3.0, 1.0, rows),
            "z": rng.normal(0.0, 1.0, rows),
            "n": n,
            "g": [f"g{i}" for i in g],
            "h": [f"h{i}" for i in np.arange(rows) // 40],
            "cs": np.where(np.arange(rows) % 3 == 0, "CS-", "CS+"),
            "y": 3.0 + eta + rng.normal(0.0, 0.7, rows),
            "p": np.exp(0.4 * eta + rng.normal(0.0, 0.5, rows)),
            "hit": rng.binomial(1, 1.0 / (1.0 + np.exp(-eta))),
            "few": rng.binomial(n, 1.0 / (1.0 + np.exp(-eta))),
            "count": rng.poisson(np.exp(1.0 + 0.5 * eta)),
            "k": np.clip(np.round(eta + rng.logistic(1.5, 0.6, rows)), 0, 3).astype(
                int
            ),
        }
    )


def compiled(spec: str, u: float, v: float) -> Compiled:
    """The model with x in another unit, and the response."""
    frame = data()
    frame = frame.assign(x=frame.x * u, w=frame.w * u, y=frame.y * v, p=frame.p * v)
    numbers = {
        "{v}": v,
        "{v/u}": v / u / 140.0,
        "{1/v}": 1.0 / v,
        "{1e6v}": 1e6 * v,
        "{1e6v/u}": 1e6 * v / u,
    }
    for name, number in numbers.items():
        spec = spec.replace(name, repr(float(number)))
    return compile_spec(Request(Source(spec), table_from_frame(frame)))


@dataclass(frozen=True)
class Sampled:
    """A program as a sampler sees it, and where sampling starts."""

    program: Program
    frame: Frame
    kernel: Kernel

    @classmethod
    def of(cls, model: Compiled) -> Sampled:
        program, frame = for_kernel(*for_sampling(model.program, model.frame))
        return cls(program, frame, kernel_of(program, frame))

    def around(self, away: Array) -> tuple[float, Array]:
        """Density, less that at the start, and gradient."""
        start = self.kernel.log_density(self.kernel.start)[0]
        density, slopes = self.kernel.log_density(self.kernel.start + away)
        return density - start, slopes


def compare(spec: str, u: float, v: float, seed: int) -> list[str]:
    """What changes with the units: nothing, if all is well."""
    mine, other = (Sampled.of(compiled(spec, *unit)) for unit in ((1.0, 1.0), (u, v)))
    names = [c.name for c in coordinates(mine.program, mine.frame)]
    assert names == [c.name for c in coordinates(other.program, other.frame)]
    found = []
    reaches = [one.kernel.tapes.reach for one in (mine, other)]
    if not np.allclose(*reaches, rtol=CLOSE):
        found.append(f"reach: {reaches}")
    rng = np.random.default_rng(seed)
    for size in (0.0, 0.5, 1.0):
        away = size * rng.uniform(-1.0, 1.0, mine.kernel.dimension)
        (here, slopes), (there, others) = (one.around(away) for one in (mine, other))
        scale = max(1.0, abs(here))
        if not abs(here - there) <= CLOSE * scale:
            found.append(f"density at {size}: {here} and {there}")
        scale = max(1.0, float(np.abs(slopes).max()))
        if not np.abs(slopes - others).max() <= CLOSE * scale:
            apart = int(np.abs(slopes - others).argmax())
            found.append(f"slope {apart} at {size}: {slopes[apart]}, {others[apart]}")
    return found


def units(seed: int, name: str) -> tuple[float, float]:
    rng = np.random.default_rng([seed, list(SPECS).index(name)])
    response = rng.uniform(*RESPONSES) if name in METRIC else 0.0
    return float(10.0 ** rng.uniform(*PREDICTORS)), float(10.0**response)


@pytest.mark.parametrize("name", list(SPECS))
@pytest.mark.parametrize("seed", range(2))
def test_what_is_sampled_has_no_units(name: str, seed: int) -> None:
    assert compare(SPECS[name], *units(seed, name), seed) == []


#: The ends of what is promised.
ENDS = [(u, v) for u in (1e-12, 1e15) for v in (1e-20, 1e15)]


@pytest.mark.parametrize(("u", "v"), ENDS)
def test_it_holds_at_the_ends(u: float, v: float) -> None:
    for name in ("slopes", "student, all of it", "sigma by group", "wide priors"):
        assert compare(SPECS[name], u, v, 0) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SPECS))
def test_what_is_sampled_has_no_units_at_length(name: str) -> None:
    for seed in range(10, 40):
        unit = units(seed, name)
        assert compare(SPECS[name], *unit, seed) == [], unit
