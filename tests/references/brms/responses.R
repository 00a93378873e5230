# The log density of a program that brms writes for `mvbind(y1, y2)` with residual
# correlation and group effects that share an id, at three points, into responses.json:
# as densities.R.
#
#     Rscript responses.R
#
# The data are those of the sleep study, with a second response made of its days.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

m <- models$sleepstudy()
m$data$Errors <- 10 + 2 * m$data$Days + (m$data$Reaction %% 7)
formula <- bf(mvbind(Reaction, Errors) ~ Days + (1 | p | Subject)) + set_rescor(TRUE)
priors <- c(
  set_prior("normal(250, 50)", class = "Intercept", resp = "Reaction"),
  set_prior("normal(0, 10)", class = "b", resp = "Reaction"),
  set_prior("exponential(0.02)", class = "sd", resp = "Reaction"),
  set_prior("exponential(0.02)", class = "sigma", resp = "Reaction"),
  set_prior("normal(20, 10)", class = "Intercept", resp = "Errors"),
  set_prior("normal(0, 5)", class = "b", resp = "Errors"),
  set_prior("exponential(0.5)", class = "sd", resp = "Errors"),
  set_prior("exponential(0.2)", class = "sigma", resp = "Errors"),
  set_prior("lkj(2)", class = "cor"),
  set_prior("lkj(3)", class = "rescor")
)
fit <- program_of(formula, m$data, prior = priors)
size <- rstan::get_num_upars(fit)
set.seed(1)
points <- lapply(1:3, function(number) {
  at <- rnorm(size, 0, 0.4)
  values <- rstan::constrain_pars(fit, at)
  list(
    log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
    values = lapply(values, function(x) if (length(dim(x)) < 2) as.vector(x) else x)
  )
})
write_found(
  list(versions = versions()[c("R", "brms", "rstan", "stan")], points = points),
  file.path(here, "responses.json")
)
