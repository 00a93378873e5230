"""Posteriors beside R's estimates: which fits, which priors, and the distances."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from varying.compiler.compiled import Compiled
from varying.compiler.program.expressions import Const
from varying.compiler.program.ir import Prior
from varying.runtime.fit.fit import Fit

from .marginal import REFERENCES
from .references import CASES, COLUMNS, Case, estimates, r_label, standard_errors
from .sampling import Estimate
from .sampling import estimates as of_draws
from .sampling import fit as sample

#: Fits with 200 rows or more (of counts: trials), whose estimates should lie near a
#: posterior mean under wide priors. Not among them: standard deviations near 0
#: (`chimp1`, `seeds1`), singular correlations (`sim2`), Laplace fits that quadrature
#: moves (`inhaler1`), what repeats another without groups, and, for their time,
#: `trolley1` to `trolley3` with 9,930 rows.
SAMPLED = (
    "radonmn1",
    "radonmn2",
    "radonmn3",
    "radonmn4",
    "wells1",
    "chimp2",
    "ucb2",
    "cbpp2",
    "epilepsy1_tight",
    "epilepsy2_tight",
    "epilepsy3",
    "inhaler2",
    "sim1",
)

#: Patients tell much of their own effects, so that coefficients of patients mix
#: slowly non-centered: more draws.
SETTINGS: dict[str, dict[str, Any]] = {
    name: {"draws": 3000}
    for name in ("epilepsy1_tight", "epilepsy2_tight", "epilepsy3", "pub_epilepsy")
}
#: With an effect for each row, non-centered, one of four chains got lost under the
#: wide prior.
OPTIONS = {"epilepsy2_tight": ", parameterization=centered"}

Published = dict[str, Any]

#: How much wider than the defaults the wide priors are.
TIMES = 10.0


@dataclass(frozen=True)
class Row:
    """One parameter: R's estimate or posterior mean, and our posterior mean.

    ``error`` is R's standard error or posterior sd; None where there is none.
    """

    name: str
    theirs: float
    error: float | None
    ours: Estimate

    @property
    def distance(self) -> float:
        """Posterior mean less R's estimate, in posterior standard deviations."""
        return (self.ours.mean - self.theirs) / self.ours.sd


def case_of(name: str) -> Case:
    return next(case for case in CASES if case.id == name)


def _number(prior: Prior, argument: str) -> tuple[float, ...]:
    value = prior.argument(argument)
    assert isinstance(value, Const)
    return value.value if isinstance(value.value, tuple) else (value.value,)


def wide_priors(case: Case) -> str:
    """Return priors ten times as wide as the defaults; ``dirichlet(0.1)``."""
    model: Compiled = case.compiled()
    lines = []
    for parameter in model.program.parameters:
        prior = parameter.prior
        if parameter.name == "b":
            wide = TIMES * max(_number(prior, "sigma"))
            lines.append(f"prior b ~ normal(0, {wide:.6g})")
        elif parameter.name.startswith("Intercept"):
            (mean,), (sd,) = _number(prior, "mu"), _number(prior, "sigma")
            target, wide = "Intercept[mean]", TIMES * sd
            lines.append(f"prior {target} ~ normal({mean:.6g}, {wide:.6g})")
        elif parameter.name.startswith("sd_"):
            rate = min(_number(prior, "rate")) / TIMES
            group = parameter.name.removeprefix("sd_")
            lines.append(f"prior sd[{group}] ~ exponential({rate:.6g})")
    if case.ordinal:
        lines.append("prior threshold ~ dirichlet(0.1)")
    return "\n".join(lines) + "\n"


def posterior(case: Case, priors: str = "") -> Fit:
    whole = replace(case, formula=case.formula + OPTIONS.get(case.id, ""))
    return sample(whole.spec + priors, seed=1, **SETTINGS.get(case.id, {}))


def beside(case: Case, fitted: Fit) -> list[Row]:
    """Return R's estimates beside the posterior, correlations left out."""
    ours = of_draws(fitted)
    labels = case.at_estimates.labels
    names = tuple(name for name in labels if not name.startswith("cor_"))
    theirs = estimates(case.fit, names)
    errors = standard_errors(case.fit, names)
    found = []
    for name in names:
        label = name.replace("disc_b", "disc.b")
        scale = name.startswith(("sd_", "sigma", "shape"))
        error = None if scale else errors.get(name)
        found.append(Row(label, theirs[name], error, ours[label]))
    return found


def gated(row: Row) -> bool:
    """Whether the distance must be small: the population's effects."""
    return row.name.startswith("b[")


# ---- published posteriors ----------------------------------------------------------

#: Models with published posteriors of brms, with its default priors written out.
PUBLISHED = {
    "pub_epilepsy": COLUMNS["epilepsy"]
    + """
count ~ zAge + zBase * Trt + (1 | patient), family=poisson
prior b ~ flat
prior Intercept[mean] ~ student_t(3, 1.4, 2.5)
prior sd ~ half_student_t(3, 2.5)
""",
    "pub_kidney": """\
data "data/kidney.csv"
column patient: factor
column sex: factor(male, female)
column disease: factor(other, GN, AN, PKD)
time | cens(censored) ~ age * sex + disease + (1 + age | patient), family=lognormal
prior b ~ normal(0, 5)
prior Intercept[mean] ~ student_t(3, 3.7, 10)
prior sd ~ half_cauchy(2)
prior cor[patient] ~ lkj(2)
prior sigma ~ half_student_t(3, 10)
""",
    # the distance of brms has no prior
    "pub_inhaler_sratio": COLUMNS["inhaler"]
    + """
rating ~ period + carry + cs(treat) + (1 | subject),
  family=sratio, threshold=equidistant
prior b ~ flat
prior bcs ~ normal(-1, 2)
prior sd ~ half_student_t(3, 10)
""",
    "pub_wine": COLUMNS["wine"]
    + """
rating ~ temp * contact, family=ordlogit
prior b ~ flat
prior threshold[mean] ~ student_t(3, 0, 2.5)
""",
}

#: What is not compared of the published posteriors, and why.
NOT_COMPARED: dict[str, str] = {}
#: Figures whose two decimals are too few to be compared: their sd is 0.03 at most.
TOO_COARSE = {"pub_kidney": {"sd(age)", "age", "age:sexfemale"}}


def published(name: str) -> Published:
    return next(each for each in read_published() if each["id"] == name)


def published_posterior(name: str) -> Fit:
    return sample(PUBLISHED[name], seed=1, **SETTINGS.get(name, {}))


def read_published() -> list[Published]:
    text = (REFERENCES / "fits.json").read_text("utf-8")
    found: list[Published] = json.loads(text)["published"]
    return found


def beside_published(name: str, fitted: Fit) -> list[Row]:
    """Return the published posterior beside ours."""
    theirs = published(name)["estimates"]
    theirs = {k: v for k, v in theirs.items() if k not in TOO_COARSE.get(name, ())}
    found = []
    for label, ours in of_draws(fitted).items():
        kind, _, inner = label.partition("[")
        inner = inner.removesuffix("]")
        if kind == "threshold":
            key = f"Intercept[{inner.partition('|')[0]}]"
        elif kind.startswith("sd_"):
            key = f"sd({kind.removeprefix('sd_')}:{inner})"
            key = key if key in theirs else f"sd({inner})"
            key = key if key in theirs else f"sd({kind.removeprefix('sd_')})"
        elif kind.startswith("cor_"):
            key = f"cor({','.join(reversed(inner.split(', ')))})"
        elif kind == "bcs":
            name, _, place = inner.partition("[")
            key = f"{name}[{place.partition('|')[0]}]"
        elif kind == "threshold_gap":
            key = "delta"
        else:
            key = r_label(inner) if kind == "b" else label
        if key in theirs:
            found.append(Row(label, theirs[key]["mean"], theirs[key]["sd"], ours))
    assert len(found) == len(theirs)
    return found
