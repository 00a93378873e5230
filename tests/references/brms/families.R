# The log density of programs that brms writes for one family after another, at three
# points, without Jacobians, into families.json; made-up data into families.csv.
#
#     Rscript families.R [family ...]
#
# `y ~ x` with the same priors for all, and a formula of no other parameter.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20240605)
n <- 30
x <- round(rnorm(n), 3)
mu <- exp(0.6 + 0.5 * x)
share <- plogis(0.3 + 0.5 * x)
some <- rbinom(n, 1, 0.7)
counts <- rnbinom(n, 2, mu = mu)
d <- data.frame(
  x = x,
  positive = round(rgamma(n, 2, 2 / mu), 4) + 0.001,
  share = round(rbeta(n, 4 * share, 4 * (1 - share)), 4) * 0.99 + 0.005,
  count = counts,
  trials = 3 + seq_len(n) %% 6
)
d$hits <- rbinom(n, d$trials, rbeta(n, 4 * share, 4 * (1 - share)))
d$zeros <- some * d$count
d$amount <- some * d$positive
d$low <- some * d$share
d$ends <- ifelse(some == 1, d$share, seq_len(n) %% 2)
d$few <- some * d$hits
set.seed(20240606)
d$real <- round(1 + 0.5 * d$x + rnorm(n) + rexp(n), 4)
d$angle <- round(atan2(sin(a <- 0.6 + 0.5 * d$x + 0.5 * rnorm(n)), cos(a)), 4)
d$rt <- round(0.25 + rgamma(n, 2, 4), 4)
d$correct <- rbinom(n, 1, 0.7)
write.csv(d, file.path(here, "families.csv"), row.names = FALSE, quote = FALSE)

own <- list(
  ndt = prior(exponential(1), class = ndt),
  beta = prior(exponential(1), class = beta, lb = 0),
  alpha = prior(normal(0, 4), class = alpha),
  quantile = prior(beta(2, 2), class = quantile),
  kappa = prior(exponential(1), class = kappa, lb = 0),
  nu = prior(gamma(4, 1), class = nu, lb = 1),
  bs = prior(exponential(1), class = bs, lb = 0),
  bias = prior(beta(2, 2), class = bias),
  shape = prior(exponential(1), class = shape, lb = 0),
  phi = prior(exponential(0.2), class = phi, lb = 0),
  sigma = prior(exponential(1), class = sigma, lb = 0),
  zi = prior(beta(2, 3), class = zi),
  hu = prior(beta(2, 3), class = hu),
  zoi = prior(beta(2, 3), class = zoi),
  coi = prior(beta(2, 3), class = coi)
)
families <- list(
  gamma = list("positive", brmsfamily("Gamma", "log"), "shape"),
  beta = list("share", brmsfamily("beta"), "phi"),
  weibull = list("positive", brmsfamily("weibull"), "shape"),
  beta_binomial = list("hits | trials(trials)", brmsfamily("beta_binomial"), "phi"),
  zero_inflated_negbinomial =
    list("zeros", brmsfamily("zero_inflated_negbinomial"), c("shape", "zi")),
  zero_inflated_beta = list("low", brmsfamily("zero_inflated_beta"), c("phi", "zi")),
  zero_one_inflated_beta =
    list("ends", brmsfamily("zero_one_inflated_beta"), c("phi", "zoi", "coi")),
  zero_inflated_binomial =
    list("few | trials(trials)", brmsfamily("zero_inflated_binomial"), "zi"),
  hurdle_gamma = list("amount", brmsfamily("hurdle_gamma"), c("shape", "hu")),
  hurdle_negbinomial =
    list("zeros", brmsfamily("hurdle_negbinomial"), c("shape", "hu")),
  skew_normal = list("real", brmsfamily("skew_normal"), c("sigma", "alpha")),
  exgaussian = list("real", brmsfamily("exgaussian"), c("sigma", "beta")),
  asymmetric_laplace =
    list("real", brmsfamily("asym_laplace"), c("sigma", "quantile")),
  shifted_lognormal =
    list("rt", brmsfamily("shifted_lognormal"), c("sigma", "ndt")),
  von_mises = list("angle", brmsfamily("von_mises"), "kappa"),
  inverse_gaussian =
    list("positive", brmsfamily("inverse.gaussian", "log"), "shape"),
  frechet = list("positive", brmsfamily("frechet"), "nu"),
  discrete_weibull = list("count", brmsfamily("discrete_weibull"), "shape"),
  com_poisson = list("count", brmsfamily("com_poisson"), "shape"),
  zero_inflated_asymmetric_laplace = list(
    "amount", brmsfamily("zero_inflated_asym_laplace"), c("sigma", "quantile", "zi")
  ),
  wiener = list("rt | dec(correct)", brmsfamily("wiener"), c("bs", "ndt", "bias"))
)
wanted <- commandArgs(TRUE)
if (!length(wanted)) wanted <- names(families)
out <- file.path(here, "families.json")
found <- if (file.exists(out)) jsonlite::fromJSON(out, simplifyVector = FALSE) else list()
found$versions <- versions()[c("R", "brms", "rstan", "stan")]
families_of(families[wanted], own, d, found, out)
