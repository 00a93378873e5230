"""The models, as every tool is told them.

Varying reads ``models/NAME.model``. The peers are told the same in their own
words: a formula over numeric columns (factors as their codes, so that contrasts
are equal by construction) and priors as plain values. Intercepts are about the
predictors' means in all of them, and so are their priors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["HERE", "MODELS", "ROOT", "WORK", "Benchmark", "Prior"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
#: Everything that is made.
WORK = ROOT / "build" / "bench"
DATA = "tests/references/data"

HALVES = (-0.5, 0.5)
ZERO_ONE = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Prior:
    """A prior, in brms's classes: ``b``, ``Intercept``, ``sd``, ``cor``, ``sigma``.

    Attributes
    ----------
    kind
        The class; that of thresholds is ``Intercept``, too.
    name, values
        The distribution in Stan's words: ``normal`` (mean, standard deviation),
        ``exponential`` (rate), ``lkj`` (eta).
    group, coef
        Which group, which coefficient; empty: all.
    """

    kind: str
    name: str
    values: tuple[float, ...]
    group: str = ""
    coef: str = ""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One model with its data.

    Attributes
    ----------
    name
        As the table has it.
    spec
        File in ``models``.
    data
        CSV, from the root of the repository.
    family
        ``gaussian``, ``poisson``, ``bernoulli`` or ``cumulative``.
    formula
        In lme4's words, over coded columns.
    priors
        Of the peers; the spec has the same.
    groups
        Grouping factors: their values are names.
    codes
        Numbers that stand for the levels of a factor.
    categories
        First and last of an ordinal response.
    rows
        How many there are; of simulated data, how many to make.
    people
        Of simulated data; 0: the data are real.
    slow
        Tools that take very long: run with ``--long`` only.
    """

    name: str
    spec: str
    data: str
    family: str
    formula: str
    priors: tuple[Prior, ...]
    groups: tuple[str, ...]
    rows: int
    codes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    categories: tuple[int, int] | None = None
    people: int = 0
    slow: tuple[str, ...] = ()

    @property
    def response(self) -> str:
        """Name of the response's column."""
        return self.formula.partition("~")[0].strip()

    def plain(self) -> dict[str, Any]:
        """Return what the peers' scripts read."""
        return {
            "name": self.name,
            "family": self.family,
            "formula": self.formula,
            "response": self.response,
            "groups": list(self.groups),
            "categories": list(self.categories) if self.categories else None,
            "priors": [
                {
                    "kind": prior.kind,
                    "name": prior.name,
                    "values": list(prior.values),
                    "group": prior.group,
                    "coef": prior.coef,
                }
                for prior in self.priors
            ],
        }


def coded(first: str, second: str, codes: tuple[float, float]) -> dict[str, float]:
    """Return the codes of a factor with two levels."""
    return {first: codes[0], second: codes[1]}


def on_logits(*groups: str, thresholds: bool = True) -> tuple[Prior, ...]:
    """Return the priors that models on the logit scale have here."""
    return (
        Prior("Intercept", "normal", (0, 3.0 if thresholds else 1.5)),
        Prior("b", "normal", (0, 2.5)),
        *(Prior("sd", "exponential", (1,), group) for group in groups),
    )


_BLOCK_CS = {
    "block": coded("early", "late", HALVES),
    "cs": coded("CS-", "CS+", HALVES),
}
_A_B = {"a": coded("a1", "a2", HALVES), "b": coded("b1", "b2", HALVES)}

_REAL = (
    Benchmark(
        name="ratings",
        spec="ratings.model",
        data="examples/ratings/ratings.csv",
        family="cumulative",
        formula="rating ~ block*cs + (1 + block*cs | subj)",
        priors=(*on_logits("subj"), Prior("cor", "lkj", (2,), "subj")),
        groups=("subj",),
        rows=400,
        codes=_BLOCK_CS,
        categories=(0, 99),
    ),
    Benchmark(
        name="ratings_gaussian",
        spec="ratings_gaussian.model",
        data="examples/ratings/ratings.csv",
        family="gaussian",
        formula="rating ~ block*cs + (1 + block*cs | subj)",
        priors=(
            Prior("Intercept", "normal", (34, 54)),
            Prior("b", "normal", (0, 89)),
            Prior("sd", "exponential", (0.028,), "subj"),
            Prior("cor", "lkj", (2,), "subj"),
            Prior("sigma", "exponential", (0.028,)),
        ),
        groups=("subj",),
        rows=400,
        codes=_BLOCK_CS,
    ),
    Benchmark(
        name="wine",
        spec="wine.model",
        data="examples/wine/wine.csv",
        family="cumulative",
        formula="rating ~ temp + contact + (1 | judge)",
        priors=on_logits("judge"),
        groups=("judge",),
        rows=72,
        codes={
            "temp": coded("cold", "warm", ZERO_ONE),
            "contact": coded("no", "yes", ZERO_ONE),
        },
        categories=(1, 5),
    ),
    Benchmark(
        name="sleepstudy",
        spec="sleepstudy.model",
        data="examples/sleepstudy/sleepstudy.csv",
        family="gaussian",
        formula="Reaction ~ Days + (1 + Days | Subject)",
        priors=(
            Prior("Intercept", "normal", (298, 84)),
            Prior("b", "normal", (0, 49)),
            Prior("sd", "exponential", (0.018,), "Subject", "Intercept"),
            Prior("sd", "exponential", (0.051,), "Subject", "Days"),
            Prior("cor", "lkj", (2,), "Subject"),
            Prior("sigma", "exponential", (0.018,)),
        ),
        groups=("Subject",),
        rows=180,
    ),
    Benchmark(
        name="radon_mn",
        spec="radon_mn.model",
        data="examples/radon/radon.csv",
        family="gaussian",
        formula="log_radon ~ floor + (1 + floor | county)",
        priors=(
            Prior("Intercept", "normal", (1.26, 1.23)),
            Prior("b", "normal", (0, 2)),
            Prior("sd", "exponential", (1.2,), "county"),
            Prior("cor", "lkj", (2,), "county"),
            Prior("sigma", "exponential", (1.2,)),
        ),
        groups=("county",),
        rows=919,
    ),
    Benchmark(
        name="trolley",
        spec="trolley.model",
        data=f"{DATA}/Trolley.csv",
        family="cumulative",
        formula="response ~ action + intention + contact + (1 | id) + (1 | story)",
        priors=on_logits("id", "story"),
        groups=("id", "story"),
        rows=9930,
        categories=(1, 7),
        slow=("bambi", "brms"),
    ),
    Benchmark(
        name="inhaler",
        spec="inhaler.model",
        data=f"{DATA}/inhaler.csv",
        family="cumulative",
        formula="rating ~ treat + period + carry + (1 | subject)",
        priors=on_logits("subject"),
        groups=("subject",),
        rows=572,
        categories=(1, 4),
    ),
    Benchmark(
        name="epilepsy",
        spec="epilepsy.model",
        data=f"{DATA}/epilepsy.csv",
        family="poisson",
        formula="count ~ zAge + zBase*Trt + (1 | patient)",
        priors=(
            Prior("Intercept", "normal", (2.1, 2)),
            Prior("b", "normal", (0, 1.5)),
            Prior("sd", "exponential", (1,), "patient"),
        ),
        groups=("patient",),
        rows=236,
    ),
    Benchmark(
        name="chimpanzees",
        spec="chimpanzees.model",
        data=f"{DATA}/chimpanzees.csv",
        family="bernoulli",
        formula="pulled_left ~ prosoc_left*condition + (1 | actor) + (1 | block)",
        priors=on_logits("actor", "block", thresholds=False),
        groups=("actor", "block"),
        rows=504,
    ),
)


def _likert(power: int) -> Benchmark:
    # From 10^4 rows on the cells are the same: 100 people, 2 x 2, 7 categories.
    return Benchmark(
        name=f"likert_1e{power}",
        spec="likert.model",
        data=f"build/bench/data/likert_1e{power}.csv",
        family="cumulative",
        formula="rating ~ a*b + (1 + a*b | subj)",
        priors=(*on_logits("subj"), Prior("cor", "lkj", (2,), "subj")),
        groups=("subj",),
        rows=10**power,
        codes=_A_B,
        categories=(1, 7),
        people=25 if power == 3 else 100,
        slow=() if power == 3 else ("bambi", "brms", "graph")[: 2 + (power > 4)],
    )


#: By name, in the order of the table.
MODELS: dict[str, Benchmark] = {
    model.name: model for model in (*_REAL, *(_likert(power) for power in range(3, 8)))
}
