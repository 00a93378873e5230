"""Families by the names that other packages give them, and what to use until then.

Names are compared without case, ``_`` and ``.``, so that ``Beta``, ``inverse.gaussian``
and ``zeroinflatedpoisson`` are found as well.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Names of brms, Bambi, glmmTMB, lme4 and statsmodels, by the family that they mean.
_OTHER_NAMES: Mapping[str, str] = {
    "gaussian": "gauss",
    "student": "t_family scat",
    "lognormal": "log_normal",
    "bernoulli": "binary_logistic bernoulli_logit",
    "binomial": "binomial_logit",
    "poisson": "poisson_log",
    "negbinomial": "nbinom negbin neg_binomial_2 nb negative_binomial_2 nb2",
    "ordlogit": "cumulative_logit ordered polr clm clmm proportional_odds "
    "cumulative_family orderedmodel ordered_logit",
    "ordprobit": "cumulative_probit ordered_probit",
    "asymmetric_laplace": "asym_laplace ald laplace_asymmetric",
    "zero_inflated_asymmetric_laplace": "zero_inflated_asym_laplace",
    "inverse_gaussian": "wald invgauss invgaussian igaussian",
    "von_mises": "vonmises",
    "beta": "beta_family beta_regression betar betareg",
    "gamma": "gamma_family",
    "skew_normal": "skewnormal",
    "exgaussian": "ex_gaussian",
    "gen_extreme_value": "gev genextreme extreme_value gevlss",
    "gumbel": "gumbel_r",
    "weibull": "weibull_min",
    "frechet": "invweibull",
    "ordered_beta": "ordbeta ordbetareg",
    "zero_one_inflated_beta": "zoib",
    "beta_binomial": "betabinomial",
    "com_poisson": "compois conwaymaxwellpoisson",
    "negbinomial1": "nbinom1",
    "zero_inflated_negbinomial": "zero_inflated_negative_binomial zinb",
    "zero_inflated_poisson": "zip",
    "hurdle_negbinomial": "hurdle_negative_binomial truncated_nbinom2",
    "hurdle_poisson": "truncated_poisson",
    "sratio": "stopping_ratio sequential",
    "cratio": "continuation_ratio",
    "acat": "adjacent_category",
    "hurdle_gamma": "zigamma zagamma",
    "dirichlet_multinomial": "dirichletmultinomial",
    "logistic_normal": "logisticnormal logit_normal additive_logistic_normal",
    "categorical": "multinomial_logit softmax mlogit",
    "wiener": "ddm drift_diffusion wfpt",
    "cox": "coxph survival",
}

_ORDERED = "until then: `ordered_beta`, which takes shares of 0 and 1 as well"
_OVERDISPERSED = (
    "until then: `negbinomial`, or `poisson` with an effect of each row, "
    "`(1 | row)`, where the data have a column that numbers the rows"
)

#: What comes nearest to a family that is not compiled.
UNTIL_THEN: Mapping[str, tuple[str, ...]] = {
    "xbeta": (_ORDERED,),
    "negbinomial1": (_OVERDISPERSED,),
}


_OWN = (
    "a family of your own is made in Python, of its density: `varying.Family(...)`, "
    "and is passed beside the spec, `families=`"
)
#: What is no distribution, or none of the language.
NO_FAMILY: Mapping[str, str] = {
    "quasi": "a quasi-likelihood is no distribution: data cannot be drawn from it",
    "quasipoisson": "a quasi-likelihood is no distribution; counts that vary more than "
    "Poisson ones are for `negbinomial`",
    "quasibinomial": "a quasi-likelihood is no distribution; successes that vary "
    "more than binomial ones are for `beta_binomial`",
    "custom_family": _OWN,
    "bmb.Family": _OWN,
    "Family": _OWN,
    "tweedie": "until then: two models, `bernoulli` of `let some = y > 0`, and "
    "`lognormal` of the rows `where y > 0` (in a file of its own)",
    "truncatednormal": "it is `gaussian`, truncated: `y | trunc(lb=0) ~ x`",
    "ocat": "it is called `ordlogit` here",
    "cox.ph": "it is called `cox` here, of times with `cens`: `time | cens(c) ~ x`",
    "custom": _OWN,
}


def _key(name: str) -> str:
    return name.casefold().replace("_", "").replace(".", "").replace("-", "")


_BY_KEY = {
    _key(name): family
    for family, names in _OTHER_NAMES.items()
    for name in (family, *names.split())
}


def other_name(name: str, known: tuple[str, ...]) -> str | None:
    """Return the family that a name of another package means; None if it is unknown.

    ``known`` are the names of the language: they count in any spelling.
    """
    last = name.rpartition(".")[2]  # of `sm.families.Poisson`
    for key in (_key(name), _key(last)):
        for family in known:
            if _key(family) == key:
                return family
        if key in _BY_KEY:
            return _BY_KEY[key]
    return None
