# The log density of mixtures that brms writes, at three points, without Jacobians, into
# mixture.json; made-up data into mixture.csv.
#
#     Rscript mixture.R
#
# Predictors have the mean 0: brms centres them.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261128)
n <- 40
half <- round(rnorm(n / 2), 3)
x <- c(half, -half)
z <- sample(c(-1, 1, -0.5, 0.5), n / 2, TRUE)
z <- c(z, -z)
low <- runif(n) < 0.4
y <- round(ifelse(low, -1 + x, 2 - 0.5 * x) + rnorm(n, 0, 0.7), 3)
d <- data.frame(y = y, x = x, z = z, k = rpois(n, ifelse(low, 1, 6)))
write.csv(d, file.path(here, "mixture.csv"), row.names = FALSE, quote = FALSE)

both <- function(class, prior, of = c("mu1", "mu2")) {
  do.call(c, lapply(of, function(dpar) set_prior(prior, class = class, dpar = dpar)))
}
plain <- c(both("Intercept", "normal(0.5, 2)"), both("b", "normal(0, 1)"))
sigmas <- c(
  set_prior("exponential(1)", class = "sigma1"),
  set_prior("exponential(1)", class = "sigma2")
)
models <- list(
  gaussian = list(bf(y ~ x), mixture(gaussian, gaussian), c(plain, sigmas)),
  parts = list(
    bf(y ~ x, mu2 ~ z, theta1 ~ z, sigma1 ~ z), mixture(gaussian, student),
    c(
      plain,
      set_prior("normal(0, 1)", class = "b", dpar = "theta1"),
      set_prior("normal(0, 1)", class = "Intercept", dpar = "theta1"),
      set_prior("normal(0, 1)", class = "b", dpar = "sigma1"),
      set_prior("normal(0, 1)", class = "Intercept", dpar = "sigma1"),
      set_prior("exponential(1)", class = "sigma2"),
      set_prior("gamma(2, 0.1)", class = "nu2")
    )
  ),
  poisson = list(bf(k ~ x), mixture(poisson, poisson), plain)
)
out <- file.path(here, "mixture.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  f <- models[[name]]
  fit <- program_of(f[[1]], d, f[[2]], f[[3]])
  found[[name]] <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0.2, 0.4)
    values <- rstan::constrain_pars(fit, at)
    kept <- grep("^(b_mu|b_theta|b_sigma|Intercept|sigma|nu|theta)", names(values))
    values <- values[kept]
    values <- values[sapply(values, length) < 4]
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
      values = lapply(values, as.vector)
    )
  })
  write_found(found, out)
}
