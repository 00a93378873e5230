"""What other packages call what is asked of a fit, and how it is written here.

The names of brms, rstanarm, lme4, emmeans, marginaleffects, bayesplot, Bambi and ArviZ,
as attributes of a fit, of a model or of the module. The calls in a spec or a question
are answered by ``varying.grammar.elsewhere.results``.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FITTING", "GROUPS", "KINDS", "OF_FITS", "OF_MODELS", "PICTURES", "instead"]

_MEANS = 'fit.means("block*cs", scale="response")'
_EFFECTS = 'fit.plot("effects")'
_SUMMARY = "fit.summary()"
_DRAWS = 'fit.data["posterior"]'
_TEST = 'fit.ask("test NAME = b[x] > 0")'
_COMPARE = "varying.compare(fit, other)"


def _rows(*rows: tuple[str, str]) -> dict[str, str]:
    return {name: text for names, text in rows for name in names.split()}


#: What is asked of a fit, by its name elsewhere.
OF_FITS: Mapping[str, str] = _rows(
    # means, contrasts, slopes, tests
    ("emmeans lsmeans ref_grid marginal_means predictions avg_predictions", _MEANS),
    (
        "pairs eff_size joint_tests comparisons avg_comparisons pairwise",
        'fit.contrast("block: pairwise")',
    ),
    (
        "emtrends lstrends slopes avg_slopes marginal_effects marginaleffects",
        'fit.slope("x", by="block")',
    ),
    ("hypothesis test linearHypothesis glht bayes_factor", _TEST),
    ("quantity transform derived", 'fit.ask("quantity NAME = b[x] / sigma")'),
    ("bayes_R2 loo_R2 r2 r2_score r_squared", 'fit.ask("quantity r2 = r2()")'),
    ("icc", 'fit.ask("quantity icc = icc(subj)")'),
    # the table
    ("fixef params conf_int confint posterior_summary posterior_interval", _SUMMARY),
    ("estimate tidy describe_posterior print_summary", _SUMMARY),
    ("ranef coef random_effects", "fit.summary(all=True)"),
    ("VarCorr", "`fit.summary()`, its rows `sd_GROUP` and `cor_GROUP`"),
    ("rhat ess neff_ratio diagnostics check_all_diagnostics", "fit.verdict"),
    ("hdi credible_interval", "fit.summary(prob=0.9)"),
    # draws
    ("sample_stats observed_data posterior_predictive prior", 'fit.data["{}"]'),
    ("posterior posterior_samples as_draws as_draws_df as_draws_array", _DRAWS),
    ("extract draws get_draws to_dataframe as_matrix", _DRAWS),
    ("idata inference_data trace to_inference_data", "fit.data"),
    # predictions
    (
        "posterior_predict sample_posterior sample_posterior_predictive simulate",
        "fit.predict()",
    ),
    (
        "posterior_epred fitted fittedvalues add_epred_draws",
        'fit.predict(kind="mean")',
    ),
    (
        "posterior_linpred add_linpred_draws linear_predictor",
        'fit.predict(kind="eta")',
    ),
    (
        "resid residuals predictive_error",
        'the response less `fit.predict(kind="mean")`; as a check, `fit.loo_pit()`',
    ),
    # criticism
    ("waic elpd LOO add_criterion", "fit.loo()"),
    ("reloo", "fit.loo(refit=True)"),
    ("log_lik pointwise_log_likelihood compute_log_likelihood", "fit.log_likelihood()"),
    ("loo_compare compare anova lrt model_weights bayes_model_weights", _COMPARE),
    ("psense psense_summary powerscale_sensitivity", "fit.sensitivity()"),
    ("plot_loo_pit plot_ecdf_pit", "fit.loo_pit()"),
    # pictures
    (
        "conditional_effects marginal_smooths conditional_smooths ggpredict ggeffect "
        "ggemmeans effect allEffects plot_predictions plot_cap plot_slopes emmip "
        "plot_comparisons plot_model interact_plot cat_plot",
        _EFFECTS,
    ),
    ("pp_check plot_ppc plot_ppd plot_ppc_dist ppc_dens_overlay", 'fit.plot("ppc")'),
    (
        "plot_trace plot_trace_dist mcmc_plot traceplot mcmc_trace plot_posterior "
        "plot_dist",
        'fit.plot("trace")',
    ),
    ("plot_forest mcmc_intervals mcmc_areas", 'fit.plot("forest")'),
    ("plot_pair mcmc_pairs plot_pairs", 'fit.plot("pairs")'),
    ("plot_prior_posterior plot_dist_comparison", 'fit.plot("prior-posterior")'),
    # what was fitted
    ("prior_summary get_prior", "varying.compile(spec, data).priors"),
    (
        "stancode make_stancode standata pymc_model backend",
        "varying.compile(spec, data).pymc",
    ),
    ("nobs ngrps", "said by `varying.compile(spec, data)`, when it is printed"),
    ("family formula terms", "fit.spec"),
    # going on, and keeping
    (
        "update refit sample",
        "`fit.resume(draws=...)` for more draws; another formula or other data are "
        "another fit: `varying.compile(spec, data).fit()`",
    ),
    ("to_netcdf to_zarr saveRDS write dump save_model", 'fit.save("name.fit")'),
    ("to_csv to_latex to_markdown to_frame", "fit.summary().{}()"),
)

#: What is asked of a model.
OF_MODELS: Mapping[str, str] = _rows(
    ("sample update run optimize build mcmc", "model.fit()"),
    ("sample_prior_predictive prior_predict", "model.prior_predictive()"),
    ("plot_priors plot_prior", "model.prior_check()"),
    ("prior get_prior default_prior prior_summary set_priors", "model.priors"),
    ("stancode make_stancode make_pymc code", "model.source"),
    ("backend pymc_model", "model.pymc"),
    ("graph", "model.source"),
    ("model_matrix design_matrix get_design", "model.design"),
)

#: What compiles a model elsewhere, as a name of the module.
FITTING: Mapping[str, str] = _rows(
    (
        "brm brms lmer glmer lm glm clmm clm stan_glm stan_glmer stan_lmer bmb fit "
        "from_formula ols mixedlm",
        "varying.compile(spec, data).fit()",
    ),
    ("read open from_file read_fit", 'varying.load("name.fit")'),
    ("check", "varying.compile(spec, data)"),
    ("set_prior Prior prior", "a line of the spec: `prior b[x] ~ normal(0, 1)`"),
    ("bf brmsformula formula", "a text, the spec: `varying.compile(spec, data)`"),
)

#: Methods of a fit, asked of a model or of the module.
OF_FITS_ALONE: Mapping[str, str] = _rows(
    (
        "ask contrast kfold log_likelihood loo loo_pit means plot predict resume save "
        "sensitivity slope summary to_arviz verdict",
        "fit.{}",
    ),
)

#: Pictures, by their names elsewhere.
PICTURES: Mapping[str, str] = {
    **{
        name: text.removeprefix('fit.plot("').removesuffix('")')
        for name, text in OF_FITS.items()
        if text.startswith('fit.plot("')
    },
    **_rows(
        ("dens_overlay posterior_predictive predictive check", "ppc"),
        ("posterior dens density chains mixing hist", "trace"),
        ("intervals areas coefficients coef caterpillar", "forest"),
        ("scatter pair", "pairs"),
        ("conditional means slopes interaction marginal predictions", "effects"),
        ("prior", "prior-posterior"),
        ("ranef groups", "shrinkage"),
    ),
}

#: Kinds of prediction, and which groups, by their names elsewhere.
KINDS: Mapping[str, str] = _rows(
    ("link linear linpred lp linear_predictor", "eta"),
    ("epred mu expected expectation fitted response_params", "mean"),
    ("predict pps posterior_predictive draws", "response"),
    ("probs probability", "prob"),
    ("quantiles", "quantile"),
)
GROUPS: Mapping[str, str] = _rows(
    ("NA none None fixed marginal_zero typical", "zero"),
    ("NULL all conditional seen old", "fitted"),
    ("marginal integrated mean", "average"),
    ("uncertainty gaussian sample unseen", "new"),
)


def instead(owner: str, name: str) -> str:
    """Return what is written in the place of a name; empty where that is not known.

    Parameters
    ----------
    owner
        ``fit``, ``model`` or ``varying``: what was asked for the name.
    name
        The name.
    """
    of_model, of_fit = OF_MODELS.get(name, ""), OF_FITS.get(name, "")
    order = [of_model, of_fit] if owner == "model" else [of_fit, of_model]
    if owner == "varying":
        order.insert(0, FITTING.get(name, ""))
    if owner != "fit":
        order.append(OF_FITS_ALONE.get(name, ""))
    found = next(filter(None, order), "").format(name)
    if not found:
        return ""
    of = found.partition(".")[0]
    told = found if "`" in found else f"`{found}`"
    of_other = of in ("fit", "model") and of != owner
    return f": of a {of} that is {told}" if of_other else f": that is {told}"
