"""What is known of the functions of other packages: tables of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .results import RESULTS


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call that a model is given to.

    Attributes
    ----------
    where
        The package, as it is named in a message.
    family
        The family that the call stands for, where it takes none; the default is
        gaussian.
    positions
        Keywords of the arguments by place.
    """

    where: str
    family: str | None = None
    positions: tuple[str, ...] = ("formula", "data", "family")


_BRMS = ModelCall("brms")
_LME4 = ModelCall("lme4")
_R = ModelCall("R")
_ORDINAL = ModelCall("ordinal", "ordlogit")
_STATSMODELS = ModelCall("statsmodels", positions=("formula", "data"))

#: Wrappers around formulas, which are no model by themselves.
WRAPPERS: tuple[str, ...] = ("bf", "brmsformula", "lf", "nlf", "acformula", "formula")
WRAPPERS += ("as.formula", "mvbf")

MODEL_CALLS: Mapping[str, ModelCall] = {
    "brm": _BRMS,
    "brm_multiple": _BRMS,
    "lmer": _LME4,
    "lmerTest": _LME4,
    "glmer": _LME4,
    "glmer.nb": ModelCall("lme4", "negbinomial"),
    "nlmer": _LME4,
    "nlme": ModelCall("nlme"),
    "nls": ModelCall("R"),
    "gnls": ModelCall("nlme"),
    "gls": ModelCall("nlme"),
    "glmmTMB": ModelCall("glmmTMB"),
    "lme": ModelCall("nlme", positions=("formula", "data", "random")),
    "stan_lmer": ModelCall("rstanarm"),
    "stan_glmer": ModelCall("rstanarm"),
    "stan_glm": ModelCall("rstanarm", positions=("formula", "family", "data")),
    "stan_lm": ModelCall("rstanarm"),
    "stan_aov": ModelCall("rstanarm"),
    "stan_glmer.nb": ModelCall("rstanarm", "negbinomial"),
    "stan_glm.nb": ModelCall("rstanarm", "negbinomial"),
    "stan_betareg": ModelCall("rstanarm", "beta"),
    "stan_gamm4": ModelCall("rstanarm", positions=("formula", "random", "family")),
    "stan_polr": ModelCall("rstanarm", "ordlogit"),
    "mixed": ModelCall("afex"),
    "lm": _R,
    "glm": ModelCall("R", positions=("formula", "family", "data")),
    "aov": _R,
    "betareg": ModelCall("R", "beta"),
    "multinom": ModelCall("R", "categorical"),
    "gamm": ModelCall("mgcv", positions=("formula", "random", "family")),
    "gam": ModelCall("mgcv", positions=("formula", "family", "data")),
    "bam": ModelCall("mgcv", positions=("formula", "family", "data")),
    "MCMCglmm": ModelCall("MCMCglmm", positions=("formula", "random")),
    "Lmer": ModelCall("pymer4", positions=("formula", "data")),
    "Lm": ModelCall("pymer4", positions=("formula", "data")),
    "glm.nb": ModelCall("MASS", "negbinomial"),
    "polr": ModelCall("MASS", "ordlogit"),
    "clm": _ORDINAL,
    "clmm": _ORDINAL,
    "clmm2": _ORDINAL,
    "bmb.Model": ModelCall("Bambi"),
    "bambi.Model": ModelCall("Bambi"),
    "Model": ModelCall("Bambi"),
    "bmb.Formula": ModelCall("Bambi"),
    "varying.compile": ModelCall("Python", positions=("formula", "data")),
    "smf.ols": _STATSMODELS,
    "smf.glm": _STATSMODELS,
    "smf.wls": _STATSMODELS,
    "smf.mixedlm": _STATSMODELS,
    "smf.logit": ModelCall("statsmodels", "bernoulli", ("formula", "data")),
    "smf.poisson": ModelCall("statsmodels", "poisson", ("formula", "data")),
    "smf.negativebinomial": ModelCall(
        "statsmodels", "negbinomial", ("formula", "data")
    ),
    "smf.probit": ModelCall("statsmodels", "bernoulli(probit)", ("formula", "data")),
    "smf.mnlogit": ModelCall("statsmodels", "categorical", ("formula", "data")),
    "MixedLM.from_formula": _STATSMODELS,
    "sm.MixedLM.from_formula": _STATSMODELS,
    "OrderedModel.from_formula": ModelCall(
        "statsmodels", "ordlogit", ("formula", "data")
    ),
    "smf.rlm": ModelCall("statsmodels", "student", ("formula", "data")),
    "ols": _STATSMODELS,
    "mixedlm": _STATSMODELS,
}

PRIOR_CALLS: tuple[str, ...] = ("prior", "set_prior", "prior_string", "prior_")

#: Arguments that say nothing of the model: where what they say belongs.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("data",),
        'the data are named by a line `data "file.csv"`, by `--data`, or given to '
        "`varying.compile(spec, data)`",
    ),
    **dict.fromkeys(
        (
            "chains iter warmup cores seed control thin backend threads draws tune "
            "random_seed target_accept sampler inference_method refresh save_pars "
            "file file_refit silent opencl future init inits normalize algorithm "
            "idata_kwargs nuts tuning disp adapt_delta prior_PD QR progress_bar "
            "save_model empty rename recompile"
        ).split(),
        "how to sample is said to `varying fit` (`--chains`, `--draws`, `--tune`, "
        "`--seed`)",
    ),
    **dict.fromkeys(
        "REML nAGQ optimizer verbose Hess expand_re all_fit doFit start na.action "
        "check_response na_action link_residual".split(),
        "how to fit by maximum likelihood has no meaning here",
    ),
    **dict.fromkeys(
        ("dropna", "missing"), "rows without a value are left out always, and counted"
    ),
    **dict.fromkeys(
        ("sample_prior",), "draws from the priors are made by `varying prior`"
    ),
    **dict.fromkeys(
        ("auto_scale", "noncentered", "center", "center_predictors", "cmc", "loop"),
        "how to parameterize is decided by the compiler, and changes no result",
    ),
}

#: Arguments that do say something of the model, and have to be written otherwise.
REWRITTEN: Mapping[str, str] = {
    **dict.fromkeys(
        ("prior", "priors"),
        "priors are lines below the formula, indented: `prior b ~ normal(0, 1)`",
    ),
    "weights": "they stand beside the response: `y | weights(w)`, how often a row "
    "counts; of shares of a binomial, write the counts: `successes | trials(n)`; those "
    "of lm and lmer are precisions: `sigma ~ offset(-0.5*log(w))`, indented",
    "subset": "rows are chosen by `where condition`",
    "contrasts": "contrasts belong to a column: `column f: factor, contrast=sum`",
    "offset": "an offset is a term: `+ offset(log(t))`",
    "autocor": "autocorrelation is not compiled by this version; `lag(y, by=g)` is "
    "the value one row earlier",
    "correlation": "autocorrelation is not compiled by this version; `lag(y, by=g)` "
    "is the value one row earlier",
    "data2": 'a known covariance is named where it is used, `gr(g, cov="A.csv")`; in '
    'Python it may be given with the data, `matrices={"A": frame}`',
    "cov_ranef": "a known covariance is named where it is used, "
    '`gr(g, cov="A.csv")`; in Python it may be given with the data, '
    '`matrices={"A": frame}`',
    "stanvars": "there is no code of Stan here",
    "knots": "knots of `s(x)` are at all values, or at quantiles of them",
    "vc_formula": "each variance component is a term `(1 | group)`",
    "nl": "a formula is linear unless it says `nl=true`",
    "decomp": "columns are centred by the compiler; nothing is to be said of it",
    "sparse": "whether a matrix is sparse is decided by the compiler",
    "dispformula": "the formula of `sigma` or `shape` stands on an indented line",
    "ziformula": "zeros of their own are a family, `family=zero_inflated_poisson`, and "
    "their formula an indented line, `zi ~ x`",
    "method": "the link is an option of its own: `link=logit`",
    **dict.fromkeys(
        "model dist distribution likelihood error error_dist".split(),
        "the distribution of the response is `family=`",
    ),
    **dict.fromkeys(
        "group groups cluster subject subjects id ids random re_formula".split(),
        "a group term stands in the formula: `+ (1 | g)`",
    ),
    **dict.fromkeys(
        "corr correlation_structure cov covariance".split(),
        "correlations of group effects are those of one term: `(1 + x | g)`",
    ),
    "categorical": "a number that names levels is declared: `column x: factor`",
    "extra_namespace": "functions of your own are given in Python, `functions={...}`",
    "nominal": "effects of a category are terms, `cs(x)`, of `family=sratio` and "
    "`family=acat`",
    "scale": "in `ordlogit`, `disc ~ x` on an indented line is the scale's inverse",
    "prior_intercept": "write `prior Intercept[mean] ~ normal(0, 2.5)` below",
    "prior_covariance": "write `prior sd ~ exponential(1)`, `prior cor ~ lkj(2)`",
    "prior_aux": "write `prior sigma ~ exponential(1)`",
}

#: Parameters of families that may have a formula.
DPARS: frozenset[str] = frozenset(
    "sigma nu shape disc phi zi hu zoi coi kappa alpha beta ndt bs bias xi quantile "
    "theta".split()
)

#: Calls that are no part of a model: what takes their place.
COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(
        "summary print coef tidy posterior_summary report model_parameters "
        "tab_model describe_posterior get_variables parameters params".split(),
        "the table of a fit is printed by `varying summary FIT`",
    ),
    **dict.fromkeys(
        "plot mcmc_plot plot_trace plot_forest plot_posterior plot_rank "
        "launch_shinystan".split(),
        "pictures are `varying plot trace FIT`, `forest`, `ppc` and `pairs`",
    ),
    **dict.fromkeys(
        "as_draws as_draws_df as_draws_matrix posterior_samples spread_draws "
        "gather_draws as.data.frame as.matrix extract to_dataframe".split(),
        "draws are those of `varying.load(FIT).to_arviz()` in Python",
    ),
    **dict.fromkeys(
        "rhat neff_ratio ess check_hmc_diagnostics nuts_params isSingular allFit "
        "rePCA".split(),
        "whether a fit can be used is said by `varying summary FIT`",
    ),
    **dict.fromkeys(
        "refitML refit bootMer bootstrap_parameters".split(),
        "there is no maximum likelihood to fit again: intervals are those of the "
        "posterior, in `varying summary FIT`",
    ),
    **dict.fromkeys(
        "t.test ttestBF ttest_ind pg.ttest wilcox.test kruskal.test".split(),
        "two groups are compared by `y ~ group` (with `sigma ~ group`, indented below "
        "it, where their spreads differ); paired values have `+ (1 | subject)`",
    ),
    **dict.fromkeys(
        "cor.test correlationBF pg.corr".split(),
        "a correlation is the effect of `scale(x)` in `scale(y) ~ scale(x)`",
    ),
    **dict.fromkeys(
        "chisq.test prop.test fisher.test contingencyTableBF".split(),
        "counts of a table have a model: `n ~ a*b, family=poisson`, or of two "
        "outcomes `hit ~ a, family=bernoulli`",
    ),
    **dict.fromkeys(
        "rma rma.uni rma.mv metagen".split(),
        "a meta-analysis is `yi ~ 1 + (1 | study)`, and indented below it "
        "`sigma ~ 0 + offset(log(sei))`: the standard errors are known",
    ),
    **dict.fromkeys(
        "lmBF anovaBF generalTestBF regressionBF".split(),
        "a model is its formula, `y ~ a*b + (1 | subject)`; of a hypothesis, "
        "`test NAME = b[x] > 0` has the evidence",
    ),
    **dict.fromkeys(
        "sem cfa lavaan blavaan psem".split(),
        "several responses are one model, `mvbind(y1, y2) ~ x`; there are no latent "
        "variables",
    ),
    **dict.fromkeys(
        "OLS GLM MixedLM Logit Poisson add_constant".split(),
        "a model is its formula over the columns of a file, `y ~ x`: the intercept is "
        "in it",
    ),
    **dict.fromkeys(
        "loo waic add_criterion loo_compare kfold compare".split(),
        "in Python, `fit.loo()`; `varying.compare` sets several fits beside each other",
    ),
    **dict.fromkeys(
        "simulate validate_newdata add_fitted_draws add_predicted_draws "
        "predict fitted posterior_predict posterior_epred posterior_linpred "
        "posterior_predictive add_epred_draws epred_draws predicted_draws".split(),
        'in Python, `fit.predict()`; `fit.predict("mean")` for the mean',
    ),
    **RESULTS,
    **dict.fromkeys(
        "prior_summary get_prior default_prior".split(),
        "written `varying show priors FILE`",
    ),
    **dict.fromkeys(
        "ulam quap map2stan quadratic_approximation stan_model cmdstan_model".split(),
        "a model is its formula, `y ~ x + (1 | g)`, with its family as an option, and "
        "priors below it: `prior b[x] ~ normal(0, 1)`",
    ),
    "plot_priors": "written `varying prior FILE`",
    "prior_predictive": "written `varying prior FILE`",
    **dict.fromkeys(
        "make_stancode stancode make_standata standata".split(),
        "the program is shown by `varying show pymc FILE`",
    ),
    **dict.fromkeys(
        "fit build update sample graph set_alias".split(),
        "a spec is fitted by `varying fit FILE`, or `varying.compile(...).fit()`",
    ),
    **dict.fromkeys(
        "library require install.packages suppressPackageStartupMessages".split(),
        "nothing has to be loaded",
    ),
    **dict.fromkeys(
        "set.seed np.random.seed".split(),
        "the seed is given to `varying fit --seed`",
    ),
    **dict.fromkeys(
        "ggplot str head View glimpse names colnames levels".split(),
        "`varying show design FILE` shows what is made of the columns",
    ),
    **dict.fromkeys(
        "ezANOVA aov_ez aov_car aov_4 anova_test AnovaRM rm_anova pg.rm_anova "
        "pg.mixed_anova mixed_anova".split(),
        "a repeated-measures ANOVA of `a` and `b` within `subj` is "
        "`y ~ a*b + (1 | subj) + (1 | subj:a) + (1 | subj:b)`",
    ),
    **dict.fromkeys(
        "filter subset drop_na na.omit".split(),
        "rows are chosen by `where x > 0`; those without a value are left out always",
    ),
    **dict.fromkeys(
        "mutate transform assign".split(),
        "a new column is made by `let z = log(x)`",
    ),
    **dict.fromkeys(
        "pivot_longer melt gather reshape".split(),
        'a file with one row a person is read by `data "file.csv", wide(...)`',
    ),
    "pm.Deterministic": "a number of each draw is `quantity NAME = b[x] / sigma`; the "
    "linear predictor of each row is stored by `keep eta`, its mean by `keep mu`",
    "pm.Data": 'the data are named by a line `data "file.csv"`',
    "pm.sample": "a spec is fitted by `varying fit FILE`",
    "pm.Model": "a model is its formula, `y ~ x + (1 | g)`; `varying show pymc FILE` "
    "prints the PyMC program that it stands for",
    "pm.": "a spec holds no code of PyMC: the response is left of a formula, and its "
    "distribution is `family=`; a prior is `prior b[x] ~ normal(0, 1)`; `varying show "
    "pymc FILE` prints the program",
    **dict.fromkeys(
        "anova drop1 confint step ranova r.squaredGLMM bayes_R2 loo_R2 performance "
        "check_model".split(),
        "there is no such command; `varying summary FIT` has the intervals",
    ),
}


def command(name: str) -> str | None:
    """Return what is said of a call that is no part of a model; None if unknown."""
    if name.startswith("pm."):
        return COMMANDS.get(name, COMMANDS["pm."])
    return COMMANDS.get(name) or COMMANDS.get(name.rpartition(".")[2])


#: First words of lines that are no statements, and what is.
STATEMENTS: Mapping[str, str] = {
    **dict.fromkeys(
        "filter subset select exclude keep_rows rows drop".split(),
        "rows are chosen by `where x > 0`",
    ),
    **dict.fromkeys(
        "hypothesis hypotheses assert".split(),
        "a hypothesis is `test NAME = b[x] > 0`",
    ),
    **dict.fromkeys(
        "mutate compute transform define set var new".split(),
        "a new column is made by `let NAME = expression`",
    ),
    **dict.fromkeys(
        "factor variable type declare levels".split(),
        "a column is declared by `column NAME: factor(first, second)`",
    ),
    **dict.fromkeys(
        "dataset read load use file open".split(),
        'the data are named by `data "file.csv"`',
    ),
    **dict.fromkeys(
        "random fixed".split(), "a group term stands in the formula: `+ (1 | g)`"
    ),
    "varying": "that is a command: it is typed in the shell, and not in a spec",
    "family": "the family is an option behind the formula: `y ~ x, family=poisson`",
}

#: What people call their data.
DATA_NAMES: frozenset[str] = frozenset(
    "data df d dat dta mydata my_data dataset frame".split()
)

#: Functions that read a data file.
READERS: frozenset[str] = frozenset(
    "read.csv read.csv2 read_csv read_csv2 read_excel read_parquet read_sav read_dta "
    "read_spss read_stata read_sas read_feather readRDS read.table read_tsv fread "
    "load_data read.delim read.spss read.dta read_rds read_xlsx".split()
)

#: Distributions of Stan and PyMC by their names there, and their arguments in order.
#: No name: it is the same one in lower case, with the same arguments.
DISTRIBUTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "lkj_corr_cholesky": ("lkj", {}),
    "lkj_corr": ("lkj", {}),
    "LKJCorr": ("lkj", {}),
    "Normal": ("normal", {}),
    "dnorm": ("normal", {}),
    "N": ("normal", {}),
    "dexp": ("exponential", {}),
    "dunif": ("uniform", {}),
    "HalfNormal": ("half_normal", {}),
    "StudentT": ("student_t", {}),
    "HalfStudentT": ("half_student_t", {}),
    "Cauchy": ("cauchy", {"alpha": "mu", "beta": "sigma"}),
    "HalfCauchy": ("half_cauchy", {"beta": "sigma"}),
    "Exponential": ("exponential", {"lam": "rate"}),
    "Gamma": ("gamma", {}),
    "InverseGamma": ("inverse_gamma", {}),
    "LogNormal": ("lognormal", {}),
    "Lognormal": ("lognormal", {}),
    "Laplace": ("laplace", {"b": "sigma"}),
    "Logistic": ("logistic", {"s": "sigma"}),
    "Uniform": ("uniform", {}),
    "Beta": ("beta", {}),
    "Weibull": ("weibull", {}),
    "Flat": ("flat", {}),
    "ChiSquared": ("chi_squared", {}),
    "Wald": ("wald", {}),
    "Gumbel": ("gumbel", {"beta": "sigma"}),
    "SkewNormal": ("skew_normal", {}),
    "SkewStudentT": ("skew_student_t", {}),
    "ExGaussian": ("ex_gaussian", {}),
    "AsymmetricLaplace": ("asymmetric_laplace", {"b": "rate"}),
    "Moyal": ("moyal", {}),
    "Rice": ("rice", {}),
    "LogitNormal": ("logit_normal", {}),
    "Kumaraswamy": ("kumaraswamy", {}),
    "VonMises": ("von_mises", {}),
    "HalfFlat": ("half_flat", {}),
    "chi_square": ("chi_squared", {}),
    "R2D2": ("r2d2", {}),
}

#: Distributions on the whole line: Stan and brms cut them off where a scale is meant.
WHOLE_LINE: frozenset[str] = frozenset(
    "normal student_t cauchy laplace double_exponential logistic gumbel".split()
)

#: The distributions of priors, by all their names in the language but `t`.
PRIOR_NAMES: frozenset[str] = frozenset(
    "normal gaussian student_t student cauchy laplace double_exponential logistic "
    "gumbel half_normal halfnormal half_student_t half_t half_cauchy halfcauchy "
    "exponential gamma inverse_gamma inv_gamma lognormal weibull beta uniform "
    "chi_squared chisquared chi2 pareto triangular wald inverse_gaussian lkj dirichlet "
    "flat half_flat horseshoe r2d2 skew_normal skew_student_t ex_gaussian exgaussian "
    "asymmetric_laplace moyal rice logit_normal kumaraswamy von_mises vonmises".split()
) | frozenset(DISTRIBUTIONS)
