# The log density of programs that brms writes for `s(x)`, at three points, into
# smooth.json, and the made-up data into smooth.csv.
#
#     Rscript smooth.R
#
# Densities are of the parameters themselves, without the Jacobians of Stan's
# transforms. The columns of brms are there too: ours are the same but for a rotation.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20260311)
n <- 50
data <- data.frame(x = round(runif(n, 0, 10), 1), w = round(rnorm(n, 3, 1), 2))
data$y <- round(sin(data$x) + 0.2 * data$w + rnorm(n, 0, 0.4), 2)
data$k <- rpois(n, exp(0.5 + 0.5 * sin(data$x)))
write.csv(data, file.path(here, "smooth.csv"), row.names = FALSE, quote = FALSE)

prior <- c(
  set_prior("normal(1, 2)", class = "Intercept"),
  set_prior("normal(0, 3)", class = "b"),
  set_prior("student_t(3, 0, 2.5)", class = "sds")
)
sigma <- set_prior("exponential(1)", class = "sigma")
models <- list(
  curve = list(bf(y ~ s(x)), gaussian(), c(prior, sigma)),
  two = list(
    bf(y ~ s(x, bs = "cr", k = 6) + s(w, k = 5)), gaussian(), c(prior, sigma)
  ),
  cyclic = list(
    bf(k ~ s(x, bs = "cc", k = 7)), poisson(),
    prior[prior$class != "b", ]
  ),
  part = list(
    bf(y ~ s(x, k = 6), sigma ~ s(w, k = 4)), gaussian(),
    c(
      prior,
      set_prior("normal(0, 1)", class = "Intercept", dpar = "sigma"),
      set_prior("normal(0, 3)", class = "b", dpar = "sigma"),
      set_prior("student_t(3, 0, 2.5)", class = "sds", dpar = "sigma")
    )
  )
)
made <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  m <- models[[name]]
  columns <- make_standata(m[[1]], data, m[[2]], m[[3]])
  fit <- program_of(m[[1]], data, m[[2]], m[[3]], seed = 7)
  set.seed(7)
  points <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0, 0.5)
    values <- rstan::constrain_pars(fit, at)
    kept <- grep("^(bs|zs|sds|Intercept|sigma$)", names(values), value = TRUE)
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
      values = lapply(values[kept], as.vector)
    )
  })
  kept <- grep("^(Zs|Xs)", names(columns), value = TRUE)
  made[[name]] <- list(columns = lapply(columns[kept], function(x) x[, ]), points = points)
}
write_found(made, file.path(here, "smooth.json"))
