# The log density of programs that brms writes for censored and truncated responses of
# more families, and for known standard errors beside a residual sd, at three points,
# without Jacobians, into limits_more.json; made-up data into limits_more.csv.
#
#     Rscript limits_more.R
#
# `y ~ x` with the same priors for all.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20261126)
n <- 40
x <- round(rnorm(n), 3)
latent <- round(1 + 0.7 * x + rt(n, 4), 3)
share <- round(rbeta(n, 2, 3), 3) * 0.9 + 0.05
d <- data.frame(
  x = x,
  status = rep(c("none", "left", "right", "interval"), length.out = n),
  score = latent,
  upper = latent + round(rexp(n), 3) + 0.1,
  error = round(runif(n, 0.2, 0.9), 3),
  time = round(rgamma(n, 2, 2 / exp(0.5 + 0.4 * x)), 3) + 0.01,
  later = 0,
  count = 1 + pmin(rpois(n, exp(0.7 + 0.3 * x)), 8),
  most = 0,
  hits = 1 + rbinom(n, 8, plogis(0.2 + 0.4 * x)),
  of = 10,
  share = share,
  higher = round(share + (1 - share) / 2, 4)
)
d$later <- d$time + 0.7
d$most <- d$count + 2
write.csv(d, file.path(here, "limits_more.csv"), row.names = FALSE, quote = FALSE)

own <- list(
  shape = prior(exponential(1), class = shape, lb = 0),
  phi = prior(exponential(1), class = phi, lb = 0),
  nu = prior(gamma(2, 0.1), class = nu, lb = 1),
  sigma = prior(exponential(1), class = sigma, lb = 0)
)
models <- list(
  measured_student = list(
    "score | se(error, sigma = TRUE) + cens(status, upper)", student(), c("sigma", "nu")
  ),
  measured = list("score | se(error, sigma = TRUE)", gaussian(), "sigma"),
  waited = list("time | cens(status, later)", Gamma(link = "log"), "shape"),
  varied = list("count | trunc(lb = 1, ub = 12)", negbinomial(), "shape"),
  won = list("hits | trials(of) + trunc(lb = 1)", binomial(), NULL),
  shared = list("share | cens(status, higher)", Beta(), "phi")
)
out <- file.path(here, "limits_more.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
families_of(models, own, d, found, out)
