# Posteriors from brms, with the priors of the three specs beside this file.
#
#     Rscript fits.R                 # all three, into brms.json
#     Rscript fits.R wine            # one; the others stay as they are
#
# Needs brms, rstan and jsonlite. Takes about 20 minutes on one processor; the
# environment variable CORES says how many chains run at a time.

suppressPackageStartupMessages({
  library(brms)
  library(posterior)
})

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
options(mc.cores = as.integer(Sys.getenv("CORES", "1")))

WARMUP <- 1000
DRAWS <- 20000

figures <- function(draws) {
  q <- c(0.05, 0.95)
  quantiles <- unname(quantile(draws, q))
  errors <- unname(mcse_quantile(draws, q))
  list(
    mean = mean(draws), sd = sd(draws), q5 = quantiles[1], q95 = quantiles[2],
    mcse_mean = mcse_mean(draws), mcse_sd = mcse_sd(draws),
    mcse_q5 = errors[1], mcse_q95 = errors[2],
    ess_bulk = ess_bulk(draws), ess_tail = ess_tail(draws), rhat = rhat(draws)
  )
}

run <- function(m) {
  fitted <- brm(
    m$formula, m$data, m$family, m$prior,
    chains = 4, iter = WARMUP + DRAWS, warmup = WARMUP, seed = m$seed,
    control = list(adapt_delta = 0.95), refresh = 5000,
    save_pars = save_pars(group = FALSE)
  )
  draws <- as_draws_array(fitted, variable = names(m$names))
  stopifnot(setequal(variables(draws), names(m$names)))
  sampler <- function(name) subset(nuts_params(fitted), Parameter == name)$Value
  list(
    formula = paste(deparse(m$formula$formula), collapse = " "),
    priors = priors_of(m$prior),
    chains = 4, warmup = WARMUP, draws = DRAWS, seed = m$seed, adapt_delta = 0.95,
    divergences = sum(sampler("divergent__")),
    leapfrog = mean(sampler("n_leapfrog__")),
    seconds = round(sum(rstan::get_elapsed_time(fitted$fit))),
    figures = lapply(setNames(names(m$names), m$names), function(name) {
      figures(extract_variable_matrix(draws, name))
    })
  )
}

out <- file.path(here, "brms.json")
wanted <- commandArgs(TRUE)
if (!length(wanted)) wanted <- names(models)
made <- if (file.exists(out)) jsonlite::read_json(out, simplifyVector = TRUE) else list()
made$versions <- versions()
for (name in wanted) made[[name]] <- run(models[[name]]())
writeLines(jsonlite::toJSON(made, auto_unbox = TRUE, digits = 8, pretty = TRUE), out)
