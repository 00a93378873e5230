"""With the same written priors, posteriors and log densities are those of brms.

`references/brms` has three models as specs and in brms. Of every coefficient,
standard deviation, correlation and threshold, mean, sd, 5 % and 95 % quantile must
agree within 4 combined Monte Carlo standard errors, each of which is at most 0.02
posterior sds (`brms.json`; slow). And the log density must be that of the Stan
program at points away from the mode (`logp.json`; no sampling). ``pytest -m slow
-rP`` shows what passing tests print.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy.special import logit

from varying.compiler.compiled import Compiled
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained
from varying.runtime.api import compile as compile_model
from varying.runtime.draws.statistics import elements
from varying.runtime.fit.fit import Fit

from .marginal import REFERENCES, compiled
from .sampling import divergences

FOLDER = REFERENCES / "brms"


def read(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / file).read_text("utf-8"))
    return found


#: Draws of each of 4 chains, enough for the errors below.
DRAWS = {"sleepstudy": 30_000, "wine": 45_000, "ratings": 25_000}
#: Largest Monte Carlo error in posterior sds, and least effective sample size.
LARGEST_ERROR, LEAST_SIZE = 0.02, 10_000
LARGEST_DIFFERENCE = 4.0

KINDS = ("mean", "sd", "q5", "q95")


# ---- posteriors --------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """The figures of one parameter, with their Monte Carlo errors."""

    value: dict[str, float]
    error: dict[str, float]
    size: float

    @property
    def sd(self) -> float:
        return self.value["sd"]


def of_draws(draws: NDArray[Any]) -> Figures:
    flat = draws.ravel()
    axes: dict[str, Any] = {"chain_axis": 0, "draw_axis": 1}
    low, high = np.quantile(flat, (0.05, 0.95))
    error = {
        "mean": array_stats.mcse(draws, method="mean", **axes),
        "sd": array_stats.mcse(draws, method="sd", **axes),
        "q5": array_stats.mcse(draws, method="quantile", prob=0.05, **axes),
        "q95": array_stats.mcse(draws, method="quantile", prob=0.95, **axes),
    }
    value = {"mean": flat.mean(), "sd": flat.std(ddof=1), "q5": low, "q95": high}
    return Figures(
        {kind: float(number) for kind, number in value.items()},
        {kind: float(number) for kind, number in error.items()},
        float(array_stats.ess(draws, method="bulk", **axes)),
    )


def of_brms(given: dict[str, float]) -> Figures:
    return Figures(
        {kind: given[kind] for kind in KINDS},
        {kind: given[f"mcse_{kind}"] for kind in KINDS},
        given["ess_bulk"],
    )


def figures_of(fit: Fit) -> dict[str, Figures]:
    """Return what the summary of a fit lists, by its labels."""
    names = fit.provenance.names
    posterior = fit.data["posterior"].to_dataset()
    return {
        f"{name}[{coord}]" if coord else name: of_draws(draws)
        for name in names.parameters
        for coord, draws in elements(
            posterior[name], triangle=name in names.correlations
        )
    }


def z_scores(ours: Figures, theirs: Figures) -> list[float]:
    """Return the differences of the figures, in combined Monte Carlo errors."""
    return [
        (ours.value[k] - theirs.value[k]) / math.hypot(ours.error[k], theirs.error[k])
        for k in KINDS
    ]


def row(label: str, ours: Figures, theirs: Figures) -> str:
    cells = [f"`{label}`".replace("|", r"\|")]
    cells += [f"{m.value['mean']:.4g} ({m.sd:.3g})" for m in (ours, theirs)]
    z = z_scores(ours, theirs)
    differences = [(ours.value[k] - theirs.value[k]) / ours.sd for k in KINDS]
    cells += [" ".join(f"{number:+.1f}" for number in z)]
    cells += [" ".join(f"{number:+.3f}" for number in differences)]
    return f"| {' | '.join(cells)} |"


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWS)
def test_posterior(name: str) -> None:
    fit = compile_model(FOLDER / f"{name}.model").fit(
        draws=DRAWS[name], tune=1000, chains=4, seed=1, progress=False
    )
    ours = figures_of(fit)
    theirs = {k: of_brms(v) for k, v in read("brms.json")[name]["figures"].items()}
    assert set(ours) == set(theirs)
    print("| parameter | ours: mean (sd) | brms | difference / MCSE | / sd |")
    print("|---|---:|---:|---:|---:|")
    for label in theirs:
        print(row(label, ours[label], theirs[label]))
    z = np.array([z_scores(ours[label], theirs[label]) for label in theirs])
    both = [*ours.values(), *theirs.values()]
    error = max(m.error[k] / m.sd for m in both for k in KINDS)
    size = min(m.size for m in both)
    print(
        f"{z.size} figures; differences at most {np.abs(z).max():.2f} errors, root "
        f"mean square {np.sqrt(np.mean(z**2)):.2f}; errors at most {error:.4f} sd, "
        f"effective sizes at least {size:.0f}; {divergences(fit)} divergences"
    )
    assert divergences(fit) <= 4 * DRAWS[name] // 10_000
    assert error <= LARGEST_ERROR
    assert size >= LEAST_SIZE
    assert np.abs(z).max() < LARGEST_DIFFERENCE


# ---- log densities -----------------------------------------------------------------


def numbers(values: dict[str, Any], name: str) -> NDArray[np.float64]:
    return np.atleast_1d(np.array(values[name], dtype=float))


def partial_correlations(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the C-vine's partial correlations, row by row, of a Cholesky factor."""
    return np.array(
        [
            factor[i, k] / math.sqrt(1.0 - float(np.sum(factor[i, :k] ** 2)))
            for i in range(len(factor))
            for k in range(i)
        ]
    )


def coordinates(
    name: str, group: str, given: dict[str, Any], mean: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return our coordinates at a point of the Stan program."""
    b, sd = numbers(given, "b"), numbers(given, "sd_1")
    point = {"b": b, f"z_{group}": numbers(given, "z_1").T.reshape(-1, len(sd))}
    if "L_1" in given:
        r = partial_correlations(np.array(given["L_1"]))
        point[f"pcor_{group}"] = logit((1.0 + r) / 2.0)
    if "sigma" in given:
        point["sigma"] = np.log(given["sigma"])
        point["Intercept_centered"] = np.array(given["Intercept"], dtype=float)
        # their priors are of two kinds, so they are two parameters
        point |= {f"sd_{group}#{i + 1}": np.log(sd[i : i + 1]) for i in range(len(sd))}
        return point
    thresholds = numbers(given, "b_Intercept") - mean @ b
    point["threshold_centered"] = np.append(thresholds[0], np.log(np.diff(thresholds)))
    point[f"sd_{group}"] = np.log(sd)
    return point


GROUPS = {"sleepstudy": "Subject", "wine": "judge", "ratings": "subj"}


@pytest.mark.parametrize("name", GROUPS)
def test_log_density(name: str) -> None:
    model = compiled((FOLDER / f"{name}.model").read_text("utf-8"), FOLDER)
    for given in read("logp.json")[name]:
        theirs = given["values"]
        point = coordinates(name, GROUPS[name], theirs, model.frame["X_mean"])
        values, density = evaluate(model.program, model.frame, point)
        reported = np.atleast_1d(
            values["threshold" if "threshold" in values else "Intercept"]
        )
        assert reported == pytest.approx(numbers(theirs, "b_Intercept"), abs=1e-9)
        wanted = given["log_density"]
        if "threshold" in values:
            # Stan does not divide the density of n ordered draws by its mass, 1 / n!
            wanted += math.lgamma(len(reported) + 1)
        if "L_1" in theirs:
            # Stan's coordinates of correlations are half as long as ours
            wanted -= len(point[f"pcor_{GROUPS[name]}"]) * math.log(2.0)
        print(f"{name}: {density:.10f}, in Stan {wanted:.10f}, {density - wanted:.0e}")
        assert density == pytest.approx(wanted, rel=1e-10)


def test_log_density_of_weighted_rows() -> None:
    """Rows of the sleep study that count half, once and a half, twice and a half."""
    text = (FOLDER / "sleepstudy.model").read_text("utf-8")
    text = text.replace(
        "Reaction ~",
        "let w = Days - 3 * floor(Days / 3) + 0.5\nReaction | weights(w) ~",
    )
    model = compiled(text, FOLDER)
    for given in read("weights.json")["points"]:
        point = coordinates(
            "sleepstudy", "Subject", given["values"], model.frame["X_mean"]
        )
        _, density = evaluate(model.program, model.frame, point)
        size = len(point["pcor_Subject"])
        wanted = given["log_density"] - size * math.log(2.0)
        assert density == pytest.approx(wanted, rel=1e-10)


# ---- groups --------------------------------------------------------------------------


def same_density(model: Compiled, point: dict[str, Any], given: dict[str, Any]) -> None:
    """Compare with Stan, whose coordinates of correlations are half as long as ours."""
    values, density = evaluate(model.program, model.frame, point)
    pairs = sum(len(at) for name, at in point.items() if name.startswith("pcor_"))
    wanted = given["log_density"] - pairs * math.log(2.0)
    effects = [numbers(given["values"], f"r_1_{k}") for k in (1, 2)]
    assert values["r_Subject"][:, :2].T == pytest.approx(np.array(effects), abs=1e-9)
    assert density == pytest.approx(wanted, rel=1e-10)


def correlations(factor: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = logit(
        (1.0 + partial_correlations(np.array(factor))) / 2.0
    )
    return found


def test_log_density_of_effects_that_formulas_share() -> None:
    model = compiled((FOLDER / "shared.model").read_text("utf-8"), FOLDER)
    for given in read("groups.json")["shared"]:
        theirs = given["values"]
        point = {
            "b": numbers(theirs, "b"),
            "Intercept_centered": np.array(theirs["Intercept"]),
            "sigma_b": numbers(theirs, "b_sigma"),
            "sigma_Intercept_centered": np.array(theirs["Intercept_sigma"]),
            "sd_Subject": np.log(numbers(theirs, "sd_1")),
            "pcor_Subject": correlations(theirs["L_1"]),
            "z_Subject": numbers(theirs, "z_1").T,
        }
        same_density(model, point, given)


def test_log_density_of_groups_in_strata() -> None:
    model = compiled((FOLDER / "strata.model").read_text("utf-8"), FOLDER)
    for given in read("groups.json")["strata"]:
        theirs = given["values"]
        point = {
            "b": numbers(theirs, "b"),
            "Intercept_centered": np.array(theirs["Intercept"]),
            "sigma": np.log(theirs["sigma"]),
            # a row an effect there, the effects of one sex after the other here
            "sd_Subject": np.log(numbers(theirs, "sd_1")).T.ravel(),
            "pcor_Subject#1": correlations(theirs["L_1"][0]),
            "pcor_Subject#2": correlations(theirs["L_1"][1]),
            "z_Subject": numbers(theirs, "z_1").T,
        }
        same_density(model, point, given)


MEMBERS = """data "members.csv"
y ~ x + {}
  prior Intercept[mean] ~ normal(3, 5)
  prior b ~ normal(0, 2)
  prior sigma ~ exponential(1)
  prior sd ~ exponential(0.5)
"""
#: By name: the group term, and what the group is called.
GROUP_TERMS = {
    "weighted": ("(1 + x | mm(g, h, weights=cbind(w1, w2)))", "mmgh"),
    "equal": ("(1 | mm(g, h))", "mmgh"),
    "student": ("(1 + x | gr(g, dist=student))", "g"),
    "related": ('(1 + x | gr(g, cov="related.csv"))', "g"),
    "both": ('(1 | gr(g, cov="related.csv", dist=student))', "g"),
}


@pytest.mark.parametrize("name", GROUP_TERMS)
def test_log_density_of_group_terms(name: str) -> None:
    """Levels stand in natural order here and there: s1 to s8.

    Of t distributions brms has ``u`` with variances ``df u``, and ``df`` above 1.
    """
    term, group = GROUP_TERMS[name]
    model = compiled(MEMBERS.format(term), FOLDER)
    program, frame = model.program, model.frame
    for given in read("members.json")[name]:
        theirs = given["values"]
        point = {
            "b": numbers(theirs, "b"),
            "Intercept_centered": np.array(theirs["Intercept"]),
            "sigma": np.log(theirs["sigma"]),
            f"sd_{group}": np.log(numbers(theirs, "sd_1")),
            f"z_{group}": np.array(theirs["z_1"]).T,
        }
        wanted = given["log_density"]
        if "L_1" in theirs:
            point[f"pcor_{group}"] = correlations(theirs["L_1"])
            wanted -= math.log(2.0)
        if "df_1" in theirs:
            df = theirs["df_1"]
            point[f"df_{group}"] = np.log(df - 1.0)
            # with df the logs of both differ by a constant: no Jacobian
            point[f"mix_{group}"] = np.log(df * numbers(theirs, "udf_1"))
        values, density = evaluate(program, frame, point)
        first = numbers(theirs, "r_1_1")
        assert values[f"r_{group}"][:, 0] == pytest.approx(first, abs=1e-9)
        assert density == pytest.approx(wanted, rel=1e-10)


# ---- monotonic effects ---------------------------------------------------------------

MONOTONIC = {
    "product": (
        "mo(income)*age + mo(visits)",
        "  prior simo[mo(income)] ~ dirichlet([2, 1, 1])\n",
    ),
    "factor": ("mo(income)*city", ""),
    "two": ("mo(income):mo(visits)", ""),
    "shared": ("mo(income, id=a)*age", ""),
}


@pytest.mark.parametrize("name", MONOTONIC)
def test_log_density_of_monotonic_effects(name: str) -> None:
    """Of the parameters themselves: Stan has other coordinates of a simplex."""
    terms, written = MONOTONIC[name]
    text = (
        'data "monotonic.csv"\n'
        'column income: ordered("below_20", "20_to_40", "40_to_100", "greater_100")\n'
        f"ls ~ {terms}\n  prior Intercept ~ normal(40, 20)\n"
        "  prior b ~ normal(0, 10)\n  prior sigma ~ exponential(0.1)\n" + written
    )
    model = compiled(text, FOLDER)
    program = model.lowered
    frame = fill(program, model.prepared.table)
    simplexes = [one for one in program.parameters if one.chart == "simplex"]
    for given in read("monotonic.json")[name]:
        theirs = given["values"]
        intercept, *known = numbers(theirs, "b")
        point = {
            "Intercept": np.array(intercept),
            "b": np.append(known, numbers(theirs, "bsp")),
            "sigma": np.log(theirs["sigma"]),
        }
        for number, one in enumerate(simplexes, start=1):
            logs = np.log(numbers(theirs, f"simo_{number}"))
            point[one.name] = (logs - logs.mean())[:-1]
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        assert density == pytest.approx(given["log_density"], rel=1e-10)


def test_log_density_of_monotonic_effects_of_groups() -> None:
    """Levels share the steps of the population, as there."""
    text = (
        'data "monotonic.csv"\n'
        'column income: ordered("below_20", "20_to_40", "40_to_100", "greater_100")\n'
        "ls ~ mo(income) + (1 + mo(income) | city)\n"
        "  prior Intercept ~ normal(40, 20)\n  prior b ~ normal(0, 10)\n"
        "  prior sigma ~ exponential(0.1)\n  prior sd ~ exponential(0.2)\n"
        "  prior cor ~ lkj(2)\n"
    )
    model = compiled(text, FOLDER)
    program, frame = model.program, model.frame
    for given in read("monotonic_groups.json")["points"]:
        theirs = given["values"]
        sd = numbers(theirs, "sd_1")
        logs = np.log(numbers(theirs, "simo_1"))
        r = partial_correlations(np.array(theirs["L_1"]))
        point = {
            "Intercept": np.array(theirs["b"], dtype=float).reshape(()),
            "b": numbers(theirs, "bsp"),
            "sigma": np.log(theirs["sigma"]),
            "simo_mo(income)": (logs - logs.mean())[:-1],
            "sd_city": np.log(sd),
            "pcor_city": logit((1.0 + r) / 2.0),
            "z_city": numbers(theirs, "z_1").T.reshape(-1, len(sd)),
        }
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        # a partial correlation has half of its range here, and one is the correlation
        wanted = given["log_density"] + math.log(2.0)
        assert density == pytest.approx(wanted, rel=1e-10)


# ---- several responses ---------------------------------------------------------------

RESPONSES = """data "sleepstudy.csv"
let Errors = 10 + 2 * Days + (Reaction - 7 * floor(Reaction / 7))
mvbind(Reaction, Errors) ~ Days + (1 |p| Subject), rescor=true
  prior Reaction.Intercept[mean] ~ normal(250, 50)
  prior Reaction.b ~ normal(0, 10)
  prior Reaction.sd ~ exponential(0.02)
  prior Reaction.sigma ~ exponential(0.02)
  prior Errors.Intercept[mean] ~ normal(20, 10)
  prior Errors.b ~ normal(0, 5)
  prior Errors.sd ~ exponential(0.5)
  prior Errors.sigma ~ exponential(0.2)
  prior cor ~ lkj(2)
  prior rescor ~ lkj(3)
"""


def test_log_density_of_several_responses() -> None:
    """Of the parameters themselves; correlations are on (-1, 1) in Stan."""
    model = compiled(RESPONSES)
    program, frame = model.program, model.frame
    for given in read("responses.json")["points"]:
        theirs = given["values"]
        point: dict[str, Any] = {
            "Reaction_z_Subject": np.transpose(theirs["z_1"]),
            "Reaction_sd_Subject": np.log(theirs["sd_1"]),
        }
        for name, factor in (
            ("Reaction_pcor_Subject", theirs["L_1"]),
            ("pcor_rescor", theirs["Lrescor"]),
        ):
            found = logit((1.0 + factor[1][0]) / 2.0)
            point[name] = np.reshape(found, () if name == "pcor_rescor" else (1,))
        for response in ("Reaction", "Errors"):
            point[f"{response}_Intercept_centered"] = np.reshape(
                theirs[f"Intercept_{response}"], ()
            )
            point[f"{response}_b"] = np.atleast_1d(theirs[f"b_{response}"])
            sigma = np.reshape(theirs[f"sigma_{response}"], ())
            point[f"{response}_sigma"] = np.log(sigma)
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        wanted = given["log_density"] + 2.0 * math.log(2.0)
        assert density == pytest.approx(wanted, rel=1e-10)


SUBSETS = """Reaction | subset(a) ~ Days + (1 |p| Subject)
  Errors | subset(b) ~ Days + (1 |p| Subject), family=poisson
  prior Reaction.Intercept[mean] ~ normal(250, 50)
  prior Reaction.b ~ normal(0, 10)
  prior Reaction.sd ~ exponential(0.02)
  prior Reaction.sigma ~ exponential(0.02)
  prior Errors.Intercept[mean] ~ normal(3, 1)
  prior Errors.b ~ normal(0, 1)
  prior Errors.sd ~ exponential(0.5)
  prior cor ~ lkj(2)
"""


def test_log_density_of_responses_with_rows_of_their_own() -> None:
    """Responses are missing in the rows that they do not have."""
    data = pd.read_csv(REFERENCES / "sleepstudy.csv")
    days, reaction = data["Days"], data["Reaction"]
    data["a"], data["b"] = days % 3 != 0, days > 4
    errors = (10 + 2 * days + reaction % 7).round()
    data["Errors"] = errors.where(data["b"])
    data["Reaction"] = reaction.where(data["a"])
    model = compile_model(SUBSETS, data).compiled
    assert model is not None
    program, frame = model.program, model.frame
    found = read("subset.json")
    assert len(program.axis("Subject").labels or ()) == found["levels"]
    for name, count in found["rows"].items():
        assert len(frame[f"{name}_observed"]) == count
    for given in found["points"]:
        theirs = given["values"]
        point: dict[str, Any] = {
            "Reaction_z_Subject": np.transpose(theirs["z_1"]),
            "Reaction_sd_Subject": np.log(theirs["sd_1"]),
            "Reaction_sigma": np.log(np.reshape(theirs["sigma_Reaction"], ())),
            "Reaction_pcor_Subject": np.reshape(
                logit((1.0 + theirs["L_1"][1][0]) / 2.0), (1,)
            ),
        }
        for response in ("Reaction", "Errors"):
            point[f"{response}_Intercept_centered"] = np.reshape(
                theirs[f"Intercept_{response}"], ()
            )
            point[f"{response}_b"] = np.atleast_1d(theirs[f"b_{response}"])
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        wanted = given["log_density"] + math.log(2.0)
        assert density == pytest.approx(wanted, rel=1e-10)
