"""R's fits, our specs of the same models, and which fits have none yet.

Each fit of ``references/fits.json`` stands in ``CASES``, with its formula in our
language and how R integrated, or in ``EXCLUDED``, with the reason, or in ``REDONE``:
then R's fit with tighter tolerances, of ``references/tight_fits.json``, is compared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scipy import stats

from varying.compiler.compiled import Compiled

from .marginal import REFERENCES, Marginal, compiled
from .ratings import TENS, write_tens

Fit = dict[str, Any]


def read_fits(name: str) -> dict[str, Fit]:
    text = (REFERENCES / name).read_text("utf-8")
    return {fit["id"]: fit for fit in json.loads(text)["fits"]}


#: All fits by name.
FITS = {
    **read_fits("fits.json"),
    **read_fits("tight_fits.json"),
    **read_fits("ratings_fits.json"),
}

#: Data file and columns of each data set; a formula follows.
COLUMNS = {
    "sleepstudy": 'data "sleepstudy.csv"\ncolumn Subject: factor',
    "cbpp": 'data "data/cbpp.csv"\ncolumn herd, period: factor',
    "Pastes": 'data "data/Pastes.csv"\ncolumn batch, cask: factor',
    "Orthodont": """\
data "data/Orthodont.csv"
column Subject: factor
column Sex: factor(Male, Female)""",
    "wine": """\
data "wine.csv"
column rating: ordered(1..5)
column temp: factor(cold, warm)
column contact: factor(no, yes)
column judge, bottle: factor""",
    "inhaler": """\
data "data/inhaler.csv"
column rating: ordered(1..4)
column subject: factor""",
    "epilepsy": 'data "data/epilepsy.csv"\ncolumn Trt, patient, obs: factor',
    "reedfrogs": """\
data "data/reedfrogs.csv"
column pred: factor(no, pred)
column size: factor(big, small)
column tank: factor""",
    "chimpanzees": """\
data "data/chimpanzees.csv"
column treatment, actor, block: factor""",
    "UCBadmit": """\
data "data/UCBadmit.csv"
column gid: factor(male, female)
column dept: factor""",
    "Trolley": """\
data "data/Trolley.csv"
column response: ordered(1..7)
column id, story: factor""",
    "radon_mn": 'data "data/radon_mn.csv"\ncolumn county: factor',
    "seeds": 'data "data/seeds.csv"\ncolumn plate: factor',
    "rats": 'data "data/rats.csv"\ncolumn rat: factor',
    "wells": 'data "data/wells.csv"',
    "GLMM_Poisson": 'data "data/GLMM_Poisson.csv"\ncolumn obs: factor',
    "sim_ratings": """\
data "sim_ratings.csv"
column rating: ordered(1..7)
column block: factor(acq, ext)
column cs: factor(CSm, CSp)
column subj: factor""",
}

ORDINAL = ", family=ordlogit"
WINE = "rating ~ temp + contact"
BINARY = ", family=bernoulli"
BINOMIAL = ", family=binomial"
COUNT = ", family=poisson"


@dataclass(frozen=True)
class Case:
    """A fit of R, our formula for it, and how R integrated the group effects.

    Attributes
    ----------
    id
        Name of the fit.
    formula
        With its family and indented lines.
    method
        As ``Marginal.log_likelihood`` takes it.
    columns
        Data and columns, where they are not those of the fit's data set.
    boundary
        Standard deviations that are 0: there the likelihood is looked at from
        one side.
    """

    id: str
    formula: str
    method: str = "laplace"
    columns: str = ""
    boundary: tuple[str, ...] = ()

    @property
    def fit(self) -> Fit:
        return FITS[self.id]

    @property
    def ordinal(self) -> bool:
        return ORDINAL in self.formula

    @property
    def spec(self) -> str:
        """The whole spec, with default priors."""
        columns = self.columns or COLUMNS[self.fit["dataset"]]
        return f"{columns}\n{self.formula}\n"

    def compiled(self, priors: str = "") -> Compiled:
        if self.columns != TENS:
            return compiled(self.spec + priors)
        with TemporaryDirectory() as folder:
            write_tens(Path(folder))
            return compiled(self.spec + priors, Path(folder))

    @cached_property
    def at_estimates(self) -> Marginal:
        """The model at R's estimates, on the simplest layout of the thresholds."""
        priors = "prior threshold ~ normal(0, 100)\n" if self.ordinal else ""
        model = self.compiled(priors)
        names = Marginal(model, {}).labels
        wanted = estimates(self.fit, names)
        return Marginal(model, wanted | dict.fromkeys(self.boundary, ZERO))

    @property
    def log_likelihood(self) -> float:
        """R's log likelihood, completed: see ``saturated``."""
        return float(self.fit["logLik"]) + self.saturated

    @property
    def saturated(self) -> float:
        """What ``glmer`` leaves out of its log likelihood.

        With ``nAGQ`` above 1 it is relative to the saturated model's, as the
        figures of ``cbpp`` and ``reedfrogs`` show; for 0 and 1 that is 0.
        """
        if not (self.method.isdigit() and BINOMIAL in self.formula):
            return 0.0
        frame = self.at_estimates.model.frame
        program = self.at_estimates.model.program
        y, trials = frame[program.likelihood.value], frame["trials"]
        return float(stats.binom.logpmf(y, trials, y / trials).sum())


#: In place of 0: the coordinate of a standard deviation is its logarithm.
ZERO = 1e-6

TROLLEY = "response ~ action + intention + contact + intention:(action + contact)"

CASES = (
    Case("sleep1", "Reaction ~ Days + (Days | Subject)", "reml"),
    Case("sleep1ml", "Reaction ~ Days + (Days | Subject)", "exact"),
    Case("sleep2", "Reaction ~ Days + (Days || Subject)", "reml"),
    Case("sleep3", "Reaction ~ Days + (1 | Subject)", "reml"),
    Case(
        "cbpp1_tight",
        "cbind(incidence, size - incidence) ~ period + (1 | herd)" + BINOMIAL,
    ),
    Case("cbpp2", "incidence | trials(size) ~ period + (1 | herd)" + BINOMIAL, "9"),
    Case("pastes1", "strength ~ 1 + (1 | batch/cask)", "reml"),
    Case("ortho1", "distance ~ age * Sex + (age | Subject)", "reml"),
    Case("wine_clm1", "rating ~ temp + contact" + ORDINAL, "exact"),
    Case("wine_clm3", "rating ~ temp * contact" + ORDINAL, "exact"),
    Case("wine_clm6", "rating ~ temp + contact" + ORDINAL + "\n  disc ~ temp", "exact"),
    Case("wine1", "rating ~ temp + contact + (1 | judge)" + ORDINAL),
    Case("wine_clm2", WINE + ", family=cumulative, link=probit", "exact"),
    Case("wine_clm7", WINE + ", family=cumulative, link=cloglog", "exact"),
    Case("wine3", WINE + " + (1 | judge), family=cumulative, link=probit"),
    Case("trolley_probit", TROLLEY + ", family=cumulative, link=probit", "exact"),
    *(
        Case(
            f"inhaler_{family}_{link}",
            f"rating ~ treat + period + carry, family={family}, link={link}",
            "exact",
        )
        for family, link in (
            ("cumulative", "cloglog"),
            ("sratio", "logit"),
            ("sratio", "cloglog"),
            ("cratio", "logit"),
            ("cratio", "cloglog"),
            ("acat", "logit"),
        )
    ),
    Case("wine2", "rating ~ temp + contact + (1 | judge)" + ORDINAL, "10"),
    Case("wine4", "rating ~ temp + contact + (1 + temp | judge)" + ORDINAL),
    Case(
        "wine5",
        "rating ~ temp + contact + (1 | judge) + (1 | bottle)" + ORDINAL,
        boundary=("sd_bottle[Intercept]",),
    ),
    Case("inhaler_clm", "rating ~ treat + period + carry" + ORDINAL, "exact"),
    Case("inhaler1_tight", "rating ~ treat + period + carry + (1 | subject)" + ORDINAL),
    Case("inhaler2", "rating ~ treat + period + carry + (1 | subject)" + ORDINAL, "10"),
    Case("epilepsy1_tight", "count ~ zAge + zBase * Trt + (1 | patient)" + COUNT),
    Case(
        "epilepsy2_tight",
        "count ~ zAge + zBase * Trt + (1 | patient) + (1 | obs)" + COUNT,
    ),
    Case(
        "epilepsy3",
        "count ~ zAge + zBase * Trt + (1 | patient), family=negbinomial",
    ),
    Case("reedfrogs1_tight", "surv | trials(density) ~ 1 + (1 | tank)" + BINOMIAL),
    Case("reedfrogs1q", "cbind(surv, density - surv) ~ (1 | tank)" + BINOMIAL, "15"),
    Case(
        "reedfrogs2",
        "cbind(surv, density - surv) ~ pred * size + (1 | tank)" + BINOMIAL,
    ),
    Case(
        "chimp1",
        "pulled_left ~ 0 + treatment + (1 | actor) + (1 | block)" + BINARY,
    ),
    Case("chimp2", "pulled_left ~ prosoc_left * condition + (1 | actor)" + BINARY),
    Case("ucb1", "admit | trials(applications) ~ 0 + gid" + BINOMIAL, "exact"),
    Case("ucb2", "cbind(admit, reject) ~ 0 + gid + dept" + BINOMIAL, "exact"),
    Case("ucb3", "cbind(admit, reject) ~ gid + (1 + gid | dept)" + BINOMIAL),
    Case("trolley0", "response ~ 1" + ORDINAL, "exact"),
    Case("trolley1", TROLLEY + ORDINAL, "exact"),
    Case("trolley2", TROLLEY + " + (1 | id)" + ORDINAL, "15"),
    Case("trolley3", TROLLEY + " + (1 | id) + (1 | story)" + ORDINAL),
    Case("radonmn1", "log_radon ~ floor + (1 | county)", "reml"),
    Case("radonmn2", "log_radon ~ floor + log_uppm + (1 | county)", "reml"),
    Case("radonmn3", "log_radon ~ floor + (floor || county)", "reml"),
    Case("radonmn4", "log_radon ~ floor + (floor | county)", "reml"),
    Case("seeds1", "cbind(n, N - n) ~ x1 * x2 + (1 | plate)" + BINOMIAL),
    Case("rats1", "y ~ x + (x || rat)", "reml"),
    Case("rats2", "y ~ x + (x | rat)", "reml"),
    Case("wells1", "switched ~ I(dist/100) * arsenic + I(educ/4)" + BINARY, "exact"),
    Case(
        "glmmpois1",
        "C ~ year + I(year^2) + I(year^3) + (1 | obs)" + COUNT,
        boundary=("sd_obs[Intercept]",),
    ),
    Case("sim1", "rating ~ block * cs + (1 | subj)" + ORDINAL),
    Case("sim2", "rating ~ block * cs + (1 + block * cs | subj)" + ORDINAL),
    Case("inhaler_cumulative_logit", "rating ~ treat + period + carry" + ORDINAL),
    Case(
        "cbpp3",
        "cbind(incidence, size - incidence) ~ period + (1 | herd)"
        ", family=beta_binomial",
        boundary=("sd_herd[Intercept]",),
    ),
    Case("ucb4", "cbind(admit, reject) ~ 0 + gid, family=beta_binomial", "exact"),
    Case(
        "sim5",
        "I((slider * 1151 + 0.5) / 1152) ~ block * cs + (1 | subj), family=beta",
    ),
    Case("sim_ordbeta_fixed", "slider ~ block * cs, family=ordered_beta", "exact"),
    Case("sim_ordbeta_re", "slider ~ block * cs + (1 | subj), family=ordered_beta"),
    Case("tens2", "rating ~ block*cs + (1 + cs | subj)" + ORDINAL, columns=TENS),
    Case("tens4", "rating ~ block*cs + (1 + block*cs | subj)" + ORDINAL, columns=TENS),
    Case("zero1", "zero ~ block*cs" + BINARY, "exact", TENS),
    Case("zero2", "zero ~ block*cs + (1 | subj)" + BINARY, columns=TENS),
    Case("zero3", "zero ~ block*cs + (1 | subj)" + BINARY, "10", TENS),
)

#: Made again with tighter tolerances, because R's defaults stop too early there: by
#: its own definition the log likelihood is larger.
REDONE = {
    name: f"{name}_tight"
    for name in ("cbpp1", "inhaler1", "epilepsy1", "epilepsy2", "reedfrogs1")
}

#: What is not compared, and why.
EXCLUDED = {
    "wine_clm4": "R gives the first threshold and the distance of all, not each",
    "sim3": "R's correlations, rounded, form no positive definite matrix",
    "sim6": "lme4 splits `(1 + block * cs || subj)` by terms, each factor a block of "
    "all its levels; ours are independent effects of the contrast columns",
}


# ---- R's figures by our names ------------------------------------------------------


def r_label(name: str) -> str:
    """Return R's name of a coefficient: ``tempwarm`` for ``temp[warm]``."""
    if name == "Intercept":
        return "(Intercept)"
    return re.sub(r"[\[\]]", "", name).replace(" / ", "/").replace(" ^ ", "^")


def estimates(fit: Fit, names: tuple[str, ...]) -> dict[str, float]:
    """Return R's estimates by our labels."""
    return {name: _figure(fit, name, names, "") for name in names}


def standard_errors(fit: Fit, names: tuple[str, ...]) -> dict[str, float]:
    """Return R's standard errors; for a scale parameter, its estimate.

    R gives none for standard deviations, sigma and shape; as a rule theirs are
    smaller. None for correlations: in two of the fits they are at or near the
    boundary, where the likelihood need not be flat.
    """
    kept = [name for name in names if not name.startswith("cor_")]
    if "thresholds_se" not in fit:
        kept = [name for name in kept if not name.startswith("threshold[")]
    return {name: abs(_figure(fit, name, names, "_se")) for name in kept}


def _figure(fit: Fit, name: str, names: tuple[str, ...], suffix: str) -> float:
    """Return an estimate, or with the suffix ``_se`` its standard error."""
    coefs = fit["se" if suffix else "coef"]
    kind, _, inner = name.partition("[")
    inner = inner.removesuffix("]")
    if name == "Intercept":
        found = coefs["(Intercept)"]
    elif kind == "b":
        found = coefs[r_label(inner)]
    elif kind == "disc_b":
        # clm gives the log of the scale, as a second coefficient of that name
        found = -coefs[r_label(inner) + ".1"]
    elif kind == "threshold":
        place = [n for n in names if n.startswith("threshold[")].index(name)
        found = list(fit["thresholds" + suffix].values())[place]
    elif name == "sigma":
        found = fit["sigma"]
    elif name in ("shape", "phi"):
        found = fit.get("phi", fit.get("sigma_or_dispersion"))
    elif name in ("cutzero", "cutgap"):
        low, high = _cuts(fit)
        found = low if name == "cutzero" else high - low
    else:
        found = _of_group(fit, kind, inner, suffix)
    return float(found)


def _cuts(fit: Fit) -> tuple[float, float]:
    """Return the cut points of 0 and of 1."""
    if "cutpoints" in fit:
        return fit["cutpoints"]["c1"], fit["cutpoints"]["c2"]
    return fit["raw_par"]["psi"], fit["raw_par"]["psi.1"]


def _of_group(fit: Fit, kind: str, inner: str, suffix: str) -> float:
    what, group = kind.split("_", 1)
    # R counts the factors of a cell from the inside
    spellings = (group, ":".join(reversed(group.split(":"))))
    terms = [r_label(term) for term in inner.split(", ")]
    for block in fit["re"]:
        if block["group"] in spellings and set(terms) <= set(block["terms"]):
            table: Any = block.get(what + suffix, block[what])
            for term in terms:
                table = table[block["terms"].index(term)]
            return float(table)
    raise KeyError(f"{kind}[{inner}]")


def largest_step(case: Case) -> float:
    """Return the largest slope times standard error at R's estimates."""
    slopes = case.at_estimates.gradient(case.method)
    errors = standard_errors(case.fit, case.at_estimates.labels)
    inner = [name for name in errors if name not in case.boundary]
    return max((abs(slopes[name] * errors[name]) for name in inner), default=0.0)
