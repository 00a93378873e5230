# The log density of a program that brms writes for two responses that are modelled on
# rows of their own, `y | subset(a)` and `z | subset(b)`, with group effects that share
# an id, at three points, into subset.json: as densities.R. Beside it the levels that
# the groups have, and the rows of each response.
#
#     Rscript subset.R
#
# The data are those of the sleep study, with a second response made of its days. Both
# responses are missing where they are not modelled.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

d <- models$sleepstudy()$data
d$Errors <- round(10 + 2 * d$Days + (d$Reaction %% 7))
d$a <- d$Days %% 3 != 0
d$b <- d$Days > 4
d$Reaction[!d$a] <- NA
d$Errors[!d$b] <- NA
formula <- bf(Reaction | subset(a) ~ Days + (1 | p | Subject)) +
  bf(Errors | subset(b) ~ Days + (1 | p | Subject), family = poisson()) +
  set_rescor(FALSE)
priors <- c(
  set_prior("normal(250, 50)", class = "Intercept", resp = "Reaction"),
  set_prior("normal(0, 10)", class = "b", resp = "Reaction"),
  set_prior("exponential(0.02)", class = "sd", resp = "Reaction"),
  set_prior("exponential(0.02)", class = "sigma", resp = "Reaction"),
  set_prior("normal(3, 1)", class = "Intercept", resp = "Errors"),
  set_prior("normal(0, 1)", class = "b", resp = "Errors"),
  set_prior("exponential(0.5)", class = "sd", resp = "Errors"),
  set_prior("lkj(2)", class = "cor")
)
made <- make_standata(formula, d, prior = priors)
fit <- program_of(formula, d, prior = priors)
size <- rstan::get_num_upars(fit)
set.seed(1)
points <- lapply(1:3, function(number) {
  at <- rnorm(size, 0, 0.3)
  values <- rstan::constrain_pars(fit, at)
  list(
    log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
    values = lapply(values, function(x) if (length(dim(x)) < 2) as.vector(x) else x)
  )
})
write_found(
  list(
    versions = versions()[c("R", "brms", "rstan", "stan")],
    rows = list(Reaction = made$N_Reaction, Errors = made$N_Errors),
    levels = made$N_1,
    points = points
  ),
  file.path(here, "subset.json")
)
