# The log density of programs that brms writes for censored and truncated counts of
# Conway, Maxwell and Poisson, at three points, without Jacobians, into
# limits_com_poisson.json; made-up data into limits_com_poisson.csv.
#
#     Rscript limits_com_poisson.R
#
# Modes are below 1.5: beyond, brms has an approximation of what masses are normalised
# by. `y ~ x` with the same priors for all.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20261127)
n <- 40
x <- round(rnorm(n, 0, 0.1), 3)
count <- rpois(n, exp(0.1 + 0.3 * x))
d <- data.frame(
  x = x,
  status = rep(c("none", "left", "right", "interval"), length.out = n),
  count = count,
  most = 0,
  came = 1 + pmin(rpois(n, 0.9), 5)
)
d$most <- pmax(d$count, d$came) + 2
file <- file.path(here, "limits_com_poisson.csv")
write.csv(d, file, row.names = FALSE, quote = FALSE)

own <- list(shape = prior(exponential(1), class = shape, lb = 0))
models <- list(
  censored = list("count | cens(status, most)", brmsfamily("com_poisson"), "shape"),
  came = list("came | trunc(lb = 1)", brmsfamily("com_poisson"), "shape")
)
out <- file.path(here, "limits_com_poisson.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
families_of(models, own, d, found, out, middle = -0.4, sd = 0.3)
