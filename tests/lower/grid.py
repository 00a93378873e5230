"""The grid on which the default priors are measured: families, data, designs.

Each case is a model of a data set made up here, with a fixed seed.
``grid_measure`` draws data sets from its default priors, ``grid_report`` writes the
table of ``docs/priors.md``, ``test_grid`` holds the cases to what they must do.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.grammar.source import Source

Array = NDArray[Any]

PEOPLE, CELLS, REPEATS = 20, 4, 2
ROWS = PEOPLE * CELLS * REPEATS


# ---- data ----------------------------------------------------------------------


def _predictors() -> tuple[dict[str, Any], Array]:
    """Return the predictors, and a score with mean 0 and sd 1 that they move."""
    rng = np.random.default_rng(20)
    cell = np.tile(np.repeat(np.arange(CELLS), REPEATS), PEOPLE)
    person = np.repeat(np.arange(PEOPLE), CELLS * REPEATS)
    a, b = cell % 2, cell // 2
    age = np.round(rng.normal(40.0, 10.0, PEOPLE))[person]
    year = np.round(rng.normal(2000.0, 5.0, ROWS))
    eight = {
        "x1": rng.normal(0.0, 1.0, ROWS),
        "x2": rng.normal(100.0, 15.0, ROWS),
        "x3": rng.random(ROWS) < 0.5,
        "x4": rng.random(ROWS) < 0.1,
        "x5": rng.exponential(3.0, ROWS),
        "x6": rng.uniform(-1e-3, 1e-3, ROWS),
        "x7": rng.normal(1e4, 2e3, ROWS),
        "x8": rng.integers(1, 8, ROWS),
    }
    score = 0.6 * a + 0.4 * b + 0.02 * (age - 40.0)
    score = score + rng.normal(0.0, 0.6, PEOPLE)[person] + rng.normal(0.0, 0.8, ROWS)
    data: dict[str, Any] = {
        "subj": [f"s{i}" for i in person],
        "a": np.array(["a0", "a1"])[a].tolist(),
        "b": np.array(["b0", "b1"])[b].tolist(),
        "cond": np.array(["c0", "c1", "c2"])[rng.integers(0, 3, ROWS)].tolist(),
        "dose": np.where(rng.random(ROWS) < 0.5, 2.0, 12.0),
        "age": age,
        "year": year,
        "agec": age - 40.0,
        **{name: np.asarray(x, dtype=float) for name, x in eight.items()},
    }
    return data, (score - score.mean()) / score.std()


PREDICTORS, SCORE = _predictors()
Make = Callable[[np.random.Generator, Array], Mapping[str, Array]]


def _reaction(z: Array) -> Array:
    return np.asarray(250.0 + 300.0 * np.exp(0.5 * z))


def _late(rng: np.random.Generator, z: Array) -> Array:
    """Return reaction times of which three in ten are of another kind."""
    late = rng.random(len(z)) < 0.3
    return np.where(late, rng.normal(1500.0, 200.0, len(z)), _reaction(z))


def _two_counts(rng: np.random.Generator, z: Array) -> Array:
    """Return small counts, three in ten of them about 20."""
    many = rng.random(len(z)) < 0.3
    return np.where(many, rng.poisson(20.0, len(z)), rng.poisson(np.exp(0.5 + 0.4 * z)))


def _ratings(z: Array) -> Array:
    """Return ratings from 0 to 99, 35 % of them 0."""
    place = z - np.quantile(z, 0.35)
    return np.asarray(np.clip(np.round(30.0 * place), 0, 99))


def _decisions(rng: np.random.Generator, z: Array, unit: float) -> dict[str, Array]:
    """Return times in a unit, and answers of which three quarters are right."""
    return {"y": _reaction(z) * unit, "right": (rng.random(len(z)) < 0.75) * 1.0}


def _outliers(rng: np.random.Generator, z: Array) -> Array:
    slow = rng.random(len(z)) < 0.04
    return np.asarray(np.where(slow, rng.uniform(3e3, 2e4, len(z)), _reaction(z)))


def _followed(rng: np.random.Generator, z: Array, last: float) -> dict[str, Array]:
    """Return waits for an event, and who had none when all were left off."""
    waits = _waits(rng, z, 20.0)
    return {"y": np.minimum(waits, last), "late": (waits > last) * 1.0}


def _points(z: Array, top: int) -> Array:
    return np.asarray(np.clip(np.round((1 + top) / 2 + top / 5 * z), 1, top))


def _binary(rng: np.random.Generator, z: Array, share: float) -> Array:
    noisy = z + rng.normal(size=len(z))
    return (noisy > np.quantile(noisy, 1.0 - share)).astype(float)


def _binomial(
    rng: np.random.Generator, z: Array, trials: Array | int, at: float = 0.0
) -> dict[str, Array]:
    trials = np.broadcast_to(trials, z.shape)
    chance = 1.0 / (1.0 + np.exp(-(at + 0.7 * z)))
    return {"y": rng.binomial(trials, chance), "n": trials}


def _count(
    rng: np.random.Generator, z: Array, mean: Array | float, shape: float | None = None
) -> Array:
    mu = mean * np.exp(0.4 * z - 0.08)
    if shape is not None:
        mu = mu * rng.gamma(shape, 1.0 / shape, len(z))
    return np.asarray(rng.poisson(mu))


def _waits(rng: np.random.Generator, z: Array, mean: float) -> Array:
    return np.asarray(mean * np.exp(0.4 * z) * rng.exponential(1.0, len(z)))


def _exposed(
    rng: np.random.Generator, z: Array, rate: float, shape: float | None = None
) -> dict[str, Array]:
    """Return counts of exposures from 1 to 10^5, even on the log scale."""
    t = np.ceil(10.0 ** rng.uniform(0.0, 5.0, len(z)))
    return {"y": _count(rng, z, rate * t, shape), "t": t}


@dataclass(frozen=True)
class Scale:
    """A response: how it is made, and how a spec calls it."""

    name: str
    make: Make
    left: str = "y"
    header: str = ""
    right: str = ""


def _with_zeros(make: Callable[[np.random.Generator, Array], Array]) -> Make:
    return lambda rng, z: {"y": np.where(rng.random(len(z)) < 0.3, 0.0, make(rng, z))}


def _overdispersed(
    rng: np.random.Generator, z: Array, trials: int
) -> Mapping[str, Array]:
    chance = rng.beta(4.0 * expit(0.7 * z), 4.0 * expit(-0.7 * z))
    return {"y": rng.binomial(trials, chance), "n": np.full(len(z), trials)}


def _some(rng: np.random.Generator, z: Array, trials: int) -> Mapping[str, Array]:
    """Successes, a third of them further zeros."""
    y = rng.binomial(trials, expit(0.7 * z))
    return {
        "y": np.where(rng.random(len(z)) < 0.3, 0, y),
        "n": np.full(len(z), trials),
    }


def _ends(shift: float, one: bool) -> Callable[[np.random.Generator, Array], Array]:
    """Return shares of which a quarter are 0, and some are 1."""

    def make(rng: np.random.Generator, z: Array) -> Array:
        y = expit(z + shift + 0.3 * rng.normal(size=len(z)))
        at, u = rng.random(len(z)), rng.random(len(z))
        return np.where(at < 0.25, 0.0, np.where(one & (u < 0.1), 1.0, y))

    return make


def _plain(make: Callable[[np.random.Generator, Array], Array]) -> Make:
    return lambda rng, z: {"y": make(rng, z)}


SHAPE = 0.7
RATINGS = "0 to 99, 35 % zeros"
SCALES: Mapping[str, tuple[Scale, ...]] = {
    "gaussian": (
        Scale("RT, ms", _plain(lambda rng, z: _reaction(z))),
        Scale("RT, s", _plain(lambda rng, z: _reaction(z) / 1e3)),
        Scale(RATINGS, _plain(lambda rng, z: _ratings(z))),
        Scale("1 to 5", _plain(lambda rng, z: _points(z, 5))),
    ),
    "student": (
        Scale("RT with outliers, ms", _plain(_outliers)),
        Scale("RT with outliers, s", _plain(lambda rng, z: _outliers(rng, z) / 1e3)),
        Scale(RATINGS, _plain(lambda rng, z: _ratings(z))),
    ),
    "lognormal": (
        Scale("RT, ms", _plain(lambda rng, z: _reaction(z))),
        Scale("RT, s", _plain(lambda rng, z: _reaction(z) / 1e3)),
        Scale("incomes", _plain(lambda rng, z: np.exp(10.3 + 0.8 * z))),
        Scale("traces, 1e-8 to 1e-3", _plain(lambda rng, z: np.exp(-12.0 + 2.0 * z))),
    ),
    **{
        family: (
            Scale("RT, ms", _plain(lambda rng, z: _reaction(z))),
            Scale("RT, s", _plain(lambda rng, z: _reaction(z) / 1e3)),
        )
        for family in (
            *("laplace", "asymmetric_laplace", "skew_normal", "exgaussian"),
            *("gumbel", "shifted_lognormal", "gen_extreme_value"),
            *("inverse_gaussian", "frechet"),
        )
    },
    "wiener": (
        Scale("RT, s", lambda rng, z: _decisions(rng, z, 1e-3), "y | dec(right)"),
        Scale("RT, ms", lambda rng, z: _decisions(rng, z, 1.0), "y | dec(right)"),
    ),
    "cox": (
        Scale(
            "followed for 30",
            lambda rng, z: _followed(rng, z, 30.0),
            "y | cens(late) + bhaz(boundary=[0, 30])",
        ),
        Scale("waits, s", _plain(lambda rng, z: _waits(rng, z, 20.0))),
    ),
    "von_mises": (
        Scale("directions", _plain(lambda rng, z: 0.5 * np.arctan(0.8 * z))),
        Scale("far from 0", _plain(lambda rng, z: 2.0 + 0.3 * np.arctan(z))),
    ),
    "zero_inflated_asymmetric_laplace": (
        Scale("amounts", _with_zeros(lambda rng, z: _waits(rng, z, 20.0))),
        Scale("RT, s, with zeros", _with_zeros(lambda rng, z: _reaction(z) / 1e3)),
    ),
    "discrete_weibull": (
        Scale("around 3", _plain(lambda rng, z: _count(rng, z, 3.0, 1.0))),
        Scale("around 100", _plain(lambda rng, z: _count(rng, z, 100.0, 1.0))),
    ),
    "com_poisson": (
        Scale("around 3", _plain(lambda rng, z: _count(rng, z, 3.0))),
        Scale("around 100", _plain(lambda rng, z: _count(rng, z, 100.0))),
    ),
    "bernoulli": (
        Scale("half", _plain(lambda rng, z: _binary(rng, z, 0.5))),
        Scale("3 %", _plain(lambda rng, z: _binary(rng, z, 0.03))),
        Scale("95 %", _plain(lambda rng, z: _binary(rng, z, 0.95))),
    ),
    "binomial": (
        Scale("of 10", lambda rng, z: _binomial(rng, z, 10), "y | trials(n)"),
        Scale("of 1,000", lambda rng, z: _binomial(rng, z, 1000), "y | trials(n)"),
        Scale(
            "of 1 to 1,000",
            lambda rng, z: _binomial(
                rng, z, np.ceil(10.0 ** rng.uniform(0.0, 3.0, ROWS)).astype(int)
            ),
            "y | trials(n)",
        ),
        Scale(
            "of 1,000, 1 %",
            lambda rng, z: _binomial(rng, z, 1000, -4.6),
            "y | trials(n)",
        ),
        *(
            Scale(
                f"of 100,000, {name}",
                lambda rng, z, at=at: _binomial(rng, z, 100_000, at),  # type: ignore[misc]
                "y | trials(n)",
            )
            for name, at in (
                ("1 in 100,000", -11.5),
                ("1 in 1,000", -6.9),
                ("all but 1 in 1,000", 6.9),
                ("all but 1 in 100,000", 11.5),
            )
        ),
    ),
    "poisson": (
        Scale("around 0.05", _plain(lambda rng, z: _count(rng, z, 0.05))),
        Scale("around 3", _plain(lambda rng, z: _count(rng, z, 3.0))),
        Scale("around 100", _plain(lambda rng, z: _count(rng, z, 100.0))),
        Scale("around 1e5", _plain(lambda rng, z: _count(rng, z, 1e5))),
        Scale(
            "rate(t), t to 1e5", lambda rng, z: _exposed(rng, z, 0.02), "y | rate(t)"
        ),
        Scale(
            "offset(log(t)), t to 1e5",
            lambda rng, z: _exposed(rng, z, 0.02),
            right=" + offset(log(t))",
        ),
    ),
    "negbinomial": (
        Scale("around 0.3", _plain(lambda rng, z: _count(rng, z, 0.3, SHAPE))),
        Scale("around 3", _plain(lambda rng, z: _count(rng, z, 3.0, SHAPE))),
        Scale("around 100", _plain(lambda rng, z: _count(rng, z, 100.0, 5.0))),
        Scale("around 1e5", _plain(lambda rng, z: _count(rng, z, 1e5, SHAPE))),
        Scale(
            "rate(t), t to 1e5",
            lambda rng, z: _exposed(rng, z, 0.02, 5.0),
            "y | rate(t)",
        ),
        Scale(
            "offset(log(t)), t to 1e5",
            lambda rng, z: _exposed(rng, z, 0.02, SHAPE),
            right=" + offset(log(t))",
        ),
    ),
    "gamma": (
        Scale("RT, ms", _plain(lambda rng, z: _reaction(z))),
        Scale("RT, s", _plain(lambda rng, z: _reaction(z) / 1e3)),
        Scale("incomes", _plain(lambda rng, z: np.exp(10.3 + 0.8 * z))),
    ),
    "exponential": (
        Scale("waits, s", _plain(lambda rng, z: _waits(rng, z, 20.0))),
        Scale("waits, ms", _plain(lambda rng, z: _waits(rng, z, 2e4))),
    ),
    "weibull": (
        Scale("RT, ms", _plain(lambda rng, z: _reaction(z))),
        Scale("days", _plain(lambda rng, z: _waits(rng, z, 300.0))),
    ),
    "beta": (
        Scale("around 0.4", _plain(lambda rng, z: expit(0.7 * z - 0.4))),
        Scale("around 0.03", _plain(lambda rng, z: expit(0.7 * z - 3.5))),
        Scale("piled up at both ends", _plain(lambda rng, z: expit(4.0 * z))),
    ),
    "kumaraswamy": (
        Scale("around 0.4", _plain(lambda rng, z: expit(0.7 * z - 0.4))),
        Scale("around 0.03", _plain(lambda rng, z: expit(0.7 * z - 3.5))),
        Scale("piled up at both ends", _plain(lambda rng, z: expit(4.0 * z))),
    ),
    **{
        family: (
            Scale("ratings with zeros", _plain(_ends(0.0, one))),
            Scale("mostly low", _plain(_ends(-2.0, one))),
        )
        for family, one in (
            ("ordered_beta", True),
            ("zero_one_inflated_beta", True),
            ("zero_inflated_beta", False),
        )
    },
    **{
        family: (
            Scale("of 10", lambda rng, z: _some(rng, z, 10), "y | trials(n)"),
            Scale("of 1,000", lambda rng, z: _some(rng, z, 1000), "y | trials(n)"),
        )
        for family in ("zero_inflated_binomial", "zero_inflated_beta_binomial")
    },
    "beta_binomial": (
        Scale("of 10", lambda rng, z: _overdispersed(rng, z, 10), "y | trials(n)"),
        Scale("of 1,000", lambda rng, z: _overdispersed(rng, z, 1000), "y | trials(n)"),
    ),
    **{
        family: (
            Scale("around 0.7", _with_zeros(lambda rng, z: _count(rng, z, 1.0))),
            Scale("around 7", _with_zeros(lambda rng, z: _count(rng, z, 10.0, 5.0))),
        )
        for family in (
            *("zero_inflated_poisson", "zero_inflated_negbinomial"),
            *("hurdle_poisson", "hurdle_negbinomial"),
        )
    },
    **{
        family: (
            Scale("amounts", _with_zeros(lambda rng, z: _waits(rng, z, 20.0))),
            Scale("incomes", _with_zeros(lambda rng, z: np.exp(10.3 + 0.8 * z))),
        )
        for family in ("hurdle_gamma", "hurdle_lognormal")
    },
    "geometric": (
        Scale("around 3", _plain(lambda rng, z: _count(rng, z, 3.0, 1.0))),
        Scale("around 100", _plain(lambda rng, z: _count(rng, z, 100.0, 1.0))),
    ),
    **{
        family: tuple(
            Scale(
                f"1 to {top}",
                _plain(lambda rng, z, top=top: _points(z, top)),  # type: ignore[misc]
                header=f"column y: ordered(1..{top})",
            )
            # effects of acat count at each of the steps between categories
            for top in ((5, 7, 11, 100) if family == "acat" else (5, 7))
        )
        for family in ("sratio", "cratio", "acat")
    },
    **{
        family: tuple(
            Scale(
                f"0 to {top}",
                _plain(
                    lambda rng, z, top=top: np.where(  # type: ignore[misc]
                        rng.random(len(z)) < 0.3, 0, _points(z, top)
                    )
                ),
                header=f"column y: ordered(0..{top})",
            )
            for top in (4, 6)
        )
        for family in ("hurdle_cumulative", "zero_inflated_cumulative")
    },
    "ordlogit": (
        Scale(
            "1 to 5",
            _plain(lambda rng, z: _points(z, 5)),
            header="column y: ordered(1..5)",
        ),
        Scale(
            "1 to 7",
            _plain(lambda rng, z: _points(z, 7)),
            header="column y: ordered(1..7)",
        ),
        Scale(
            RATINGS,
            _plain(lambda rng, z: _ratings(z)),
            header="column y: ordered(0..99)",
        ),
    ),
    "mixture(gaussian, gaussian)": (
        Scale("RT of two kinds, ms", lambda rng, z: {"y": _late(rng, z)}),
    ),
    "mixture(poisson, negbinomial)": (
        Scale("counts of two kinds", lambda rng, z: {"y": _two_counts(rng, z)}),
    ),
}


# ---- designs -------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """The right-hand side of a model, and what else its spec says."""

    name: str
    formula: str
    header: str = ""
    #: A formula for a distributional parameter: its name and right-hand side.
    dpar: tuple[str, str] | None = None
    #: Further options of the formula.
    options: str = ""


SIMPLE = "column a, b: factor, contrast=simple"
ONE = Design("1", "1")
WITHIN = Design("a\\*b + (1 + a\\*b \\| subj)", "a*b + (1 + a*b | subj)", SIMPLE)
TREATMENT = Design("a\\*b + (1 + a\\*b \\| subj), 0/1 codes", "a*b + (1 + a*b | subj)")
AGE = Design("age", "age")
YEAR = Design("year", "year")
DOSE = Design("dose: 2 or 12", "dose")
MODERATED = Design("a\\*age", "a*age", SIMPLE)
THREE_WAY = Design("a\\*b\\*age + (1 + a \\| subj)", "a*b*age + (1 + a | subj)", SIMPLE)
CENTRED = Design("a\\*agec", "a*agec", SIMPLE)
THREE_CENTRED = Design(
    "a\\*b\\*agec + (1 + a \\| subj)", "a*b*agec + (1 + a | subj)", SIMPLE
)
SLOPES = Design("agec + (1 + agec \\| subj)", "agec + (1 + agec | subj)")
SLOPES_AGE = Design("age + (1 + age \\| subj)", "age + (1 + age | subj)")
SLOPES_YEAR = Design("year + (1 + year \\| subj)", "year + (1 + year | subj)")
TWO = Design("x1 + x2", "x1 + x2")
PARABOLA = Design("year + year^2", "year + I(year^2)")
PARABOLA_AGE = Design("age + age^2", "age + I(age^2)")
CURVES = Design("age + age^2 + (1 + age \\| subj)", "age + I(age^2) + (1 + age | subj)")
PRODUCT = Design("age + x2 + age x2", "age + x2 + I(age * x2)")
LOGS = Design("x5 + log(x5)", "x5 + log(x5)")
CELLS_YEAR = Design("0 + cond + year", "0 + cond + year")
#: More than one numeric column, each with room of its own.
SEVERAL = (TWO, PARABOLA, PARABOLA_AGE, PRODUCT, LOGS, CURVES)
CELLS_ONLY = Design("0 + cond", "0 + cond")
EIGHT = Design("x1 + ... + x8", "+".join(f"x{i}" for i in range(1, 9)))
#: Thresholds of steps in other layouts than each by itself.
LAID_OUT = tuple(
    Design(f"1, threshold={layout}", "1", options=f", threshold={layout}")
    for layout in ("equidistant", "symmetric", "sum_to_zero")
)

SHARED = (
    AGE,
    YEAR,
    DOSE,
    TWO,
    CENTRED,
    THREE_CENTRED,
    SLOPES,
    MODERATED,
    THREE_WAY,
    SLOPES_AGE,
    SLOPES_YEAR,
    PARABOLA,
    PARABOLA_AGE,
    PRODUCT,
    LOGS,
    CURVES,
    EIGHT,
    TREATMENT,
)
#: Formulas for distributional parameters by family; ``disc`` has no intercept.
DPARS: Mapping[str, tuple[Design, ...]] = {
    family: tuple(
        Design(
            f"a; {dpar} ~ {right.replace('|', chr(92) + '|')}",
            "a",
            SIMPLE,
            (dpar, right),
        )
        for dpar, right in rows
    )
    for family, rows in {
        "gaussian": (("sigma", "cond + (1 | subj)"), ("sigma", "age")),
        "student": (("sigma", "cond + (1 | subj)"), ("nu", "cond")),
        "lognormal": (("sigma", "cond + (1 | subj)"),),
        "laplace": (("sigma", "cond + (1 | subj)"),),
        "asymmetric_laplace": (("sigma", "cond"), ("quantile", "cond")),
        "skew_normal": (("sigma", "cond + (1 | subj)"), ("alpha", "cond")),
        "exgaussian": (("sigma", "cond"), ("beta", "cond + (1 | subj)")),
        "gumbel": (("sigma", "cond + (1 | subj)"),),
        "shifted_lognormal": (("sigma", "cond"), ("ndt", "cond + (1 | subj)")),
        "gen_extreme_value": (("sigma", "cond"), ("xi", "cond + (1 | subj)")),
        "inverse_gaussian": (("shape", "cond + (1 | subj)"),),
        "frechet": (("nu", "cond + (1 | subj)"),),
        "wiener": (
            ("bs", "cond + (1 | subj)"),
            ("ndt", "cond"),
            ("bias", "cond"),
        ),
        "von_mises": (("kappa", "cond + (1 | subj)"),),
        "discrete_weibull": (("shape", "cond + (1 | subj)"),),
        "zero_inflated_asymmetric_laplace": (
            ("sigma", "cond"),
            ("quantile", "cond"),
            ("zi", "cond + (1 | subj)"),
        ),
        "negbinomial": (("shape", "cond + (1 | subj)"),),
        "gamma": (("shape", "cond + (1 | subj)"),),
        "weibull": (("shape", "cond + (1 | subj)"),),
        "beta": (("phi", "cond + (1 | subj)"),),
        "com_poisson": (("shape", "cond + (1 | subj)"),),
        "kumaraswamy": (("shape", "cond + (1 | subj)"),),
        "beta_binomial": (("phi", "cond + (1 | subj)"),),
        "ordered_beta": (
            ("phi", "cond"),
            ("cutzero", "cond + (1 | subj)"),
            ("cutgap", "cond"),
        ),
        "zero_one_inflated_beta": (
            ("phi", "cond"),
            ("zoi", "cond + (1 | subj)"),
            ("coi", "cond"),
        ),
        "zero_inflated_beta": (("phi", "cond"), ("zi", "cond + (1 | subj)")),
        "zero_inflated_binomial": (("zi", "cond + (1 | subj)"),),
        "zero_inflated_beta_binomial": (("phi", "cond"), ("zi", "cond + (1 | subj)")),
        "zero_inflated_poisson": (("zi", "cond + (1 | subj)"),),
        "zero_inflated_negbinomial": (("shape", "cond"), ("zi", "cond + (1 | subj)")),
        "hurdle_poisson": (("hu", "cond + (1 | subj)"),),
        "hurdle_negbinomial": (("shape", "cond"), ("hu", "cond + (1 | subj)")),
        "hurdle_gamma": (("shape", "cond"), ("hu", "cond + (1 | subj)")),
        "hurdle_lognormal": (("sigma", "cond"), ("hu", "cond + (1 | subj)")),
        "ordlogit": (("disc", "cond + (1 | subj)"), ("disc", "agec")),
        "hurdle_cumulative": (("hu", "cond + (1 | subj)"), ("disc", "agec")),
        "zero_inflated_cumulative": (("zi", "cond + (1 | subj)"), ("disc", "agec")),
        **{
            family: (("disc", "cond + (1 | subj)"),)
            for family in ("sratio", "cratio", "acat")
        },
        "mixture(gaussian, gaussian)": (
            ("sigma1", "cond"),
            ("theta1", "cond + (1 | subj)"),
        ),
        "mixture(poisson, negbinomial)": (("theta2", "cond"),),
    }.items()
}


@dataclass(frozen=True)
class Case:
    """A row of the grid: a family, a response and a design."""

    family: str
    scale: Scale
    design: Design

    @property
    def name(self) -> str:
        return f"{self.family}, {self.scale.name}, {self.design.name}".replace("\\", "")

    def compile(self) -> Compiled:
        rng = np.random.default_rng(
            zlib.crc32(f"{self.family} {self.scale.name}".encode())
        )
        data = {**PREDICTORS, **self.scale.make(rng, SCORE)}
        lines = [self.scale.header, self.design.header]
        formula = self.design.formula + self.scale.right
        options = f"family={self.family}{self.design.options}"
        lines.append(f"{self.scale.left} ~ {formula}, {options}")
        if self.design.dpar is not None:
            lines.append("  {} ~ {}".format(*self.design.dpar))
        return compile_spec(Request(Source("\n".join(lines)), table_from_frame(data)))


#: Responses of steps whose thresholds are laid out in every way.
LAID_OUT_OF = ("1 to 5", "1 to 100")


def _cases() -> tuple[Case, ...]:
    cases = []
    for family, scales in SCALES.items():
        for number, scale in enumerate(scales):
            designs = [ONE, WITHIN]
            # one response a family meets all designs; those with exposures, more
            if number == (1 if family in ("poisson", "negbinomial") else 0):
                designs += [*SHARED, *DPARS.get(family, ())]
                if not FAMILIES[family].thresholds:
                    designs += [CELLS_ONLY, CELLS_YEAR]
            elif scale.name.startswith("rate"):
                designs += [AGE, THREE_WAY]
                if family == "negbinomial":
                    designs += DPARS[family]
            elif scale.name == RATINGS:
                designs += [THREE_WAY]
                designs += DPARS.get(family, ())[:1]
            if FAMILIES[family].steps is not None and scale.name in LAID_OUT_OF:
                designs += LAID_OUT
            cases += [Case(family, scale, design) for design in designs]
    return tuple(cases)


CASES = _cases()
