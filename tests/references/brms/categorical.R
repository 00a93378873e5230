# The log density of categorical models that brms writes, at three points, without
# Jacobians, into categorical.json; made-up data into categorical.csv. Beside them the
# estimates of nnet::multinom.
#
#     Rscript categorical.R
#
# Predictors have the mean 0: brms centres them.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261127)
n <- 60
half <- round(rnorm(n / 2), 3)
x <- c(half, -half)
z <- sample(c(-1, 1, -0.5, 0.5), n / 2, TRUE)
z <- c(z, -z)
eta <- cbind(0, 0.4 + 0.8 * x, -0.2 - 0.5 * z)
mode <- apply(eta, 1, function(e) sample(c("a", "b", "c"), 1, prob = exp(e)))
d <- data.frame(mode = mode, x = x, z = z, g = rep(c("p", "q", "r", "s", "t", "u"), 10))
write.csv(d, file.path(here, "categorical.csv"), row.names = FALSE, quote = FALSE)

models <- list(
  plain = list(bf(mode ~ x + z), categorical(), c("mub", "muc")),
  own = list(bf(mode ~ x, muc ~ z), categorical(), c("mub", "muc")),
  refcat = list(bf(mode ~ x), categorical(refcat = "b"), c("mua", "muc")),
  groups = list(bf(mode ~ x + (1 | g)), categorical(), c("mub", "muc"))
)
out <- file.path(here, "categorical.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  f <- models[[name]]
  prior <- do.call(c, lapply(f[[3]], function(of) {
    p <- c(
      set_prior("normal(0.5, 2)", class = "Intercept", dpar = of),
      set_prior("normal(0, 1)", class = "b", dpar = of)
    )
    if (name == "groups") {
      p <- c(p, set_prior("exponential(1)", class = "sd", dpar = of))
    }
    p
  }))
  fit <- program_of(f[[1]], d, f[[2]], prior)
  found[[name]] <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0.2, 0.6)
    values <- rstan::constrain_pars(fit, at)
    kept <- grep("^(b|Intercept|sd|r)_", names(values), value = TRUE)
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
      values = lapply(values[kept], as.vector)
    )
  })
}
m <- nnet::multinom(mode ~ x + z, d, trace = FALSE, reltol = 1e-14, abstol = 1e-14)
found$multinom <- list(
  coefficients = lapply(split(coef(m), rownames(coef(m))), as.vector),
  log_likelihood = as.numeric(logLik(m)),
  version = as.character(packageVersion("nnet"))
)
write_found(found, out)
