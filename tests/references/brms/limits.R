# The log density of programs that brms writes for censored and truncated responses, at
# three points, without Jacobians, into limits.json; made-up data into limits.csv.
#
#     Rscript limits.R
#
# `y ~ x` with the same priors for all.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20240612)
n <- 40
x <- round(rnorm(n), 3)
latent <- round(1 + 0.7 * x + rnorm(n), 3)
d <- data.frame(
  x = x,
  status = rep(c("none", "left", "right", "interval"), length.out = n),
  score = latent,
  upper = latent + round(rexp(n), 3) + 0.1,
  inside = pmin(pmax(latent, -0.9), 2.9),
  time = round(rweibull(n, 1.5, exp(0.5 + 0.4 * x)), 3) + 0.01,
  late = rep(c(0, 0, 1), length.out = n)
)
write.csv(d, file.path(here, "limits.csv"), row.names = FALSE, quote = FALSE)

own <- list(
  shape = prior(exponential(1), class = shape, lb = 0),
  sigma = prior(exponential(1), class = sigma, lb = 0)
)
models <- list(
  censored_gaussian = list("score | cens(status, upper)", brmsfamily("gaussian"), "sigma"),
  truncated_gaussian = list("inside | trunc(lb = -1, ub = 3)", brmsfamily("gaussian"), "sigma"),
  censored_weibull = list("time | cens(late)", brmsfamily("weibull"), "shape")
)
out <- file.path(here, "limits.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
families_of(models, own, d, found, out)
