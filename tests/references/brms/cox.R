# The log density of Cox models that brms writes, at three points, without Jacobians,
# into cox.json; made-up data into cox.csv. Beside them coxph of the same data.
#
#     Rscript cox.R
#
# Times are censored from the right (`late`), or from both sides (`side`): intervals and
# truncation have in brms 2.18 the hazard at the time itself.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261129)
n <- 120
x <- round(rnorm(n), 3)
z <- rep(c(0, 1), n / 2)
risk <- exp(0.8 * x - 0.5 * z)
event <- (rexp(n) / risk)^0.7 * 10 + 0.5
end <- runif(n, 3, 30)
time <- round(pmin(event, end), 3)
late <- as.integer(event > end)
side <- ifelse(late == 1, "right", rep(c("none", "none", "left"), length.out = n))
d <- data.frame(time = time, late = late, side = side, x = x, z = z)
write.csv(d, file.path(here, "cox.csv"), row.names = FALSE, quote = FALSE)

priors <- c(
  set_prior("normal(0.5, 2)", class = "Intercept"),
  set_prior("normal(0, 1)", class = "b")
)
models <- list(
  late = list(bf(time | cens(late) ~ x + z), cox(), "dirichlet(1)"),
  side = list(bf(time | cens(side) ~ x + z), cox(), "dirichlet(2)"),
  seven = list(bf(time | cens(late) ~ x + z), cox(bhaz = list(df = 7)), "dirichlet(1)")
)
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  f <- models[[name]]
  prior <- c(priors, set_prior(f[[3]], class = "sbhaz"))
  fit <- suppressWarnings(rstan::stan(
    model_code = make_stancode(f[[1]], d, f[[2]], prior),
    data = unclass(make_standata(f[[1]], d, f[[2]], prior)),
    chains = 1, iter = 2, seed = 1, refresh = 0
  ))
  found[[name]] <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0.2, 0.6)
    values <- rstan::constrain_pars(fit, at)
    kept <- grep("^(b|Intercept|sbhaz)$", names(values), value = TRUE)
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
      values = lapply(values[kept], as.vector)
    )
  })
}
m <- survival::coxph(survival::Surv(time, 1 - late) ~ x + z, d)
found$coxph <- list(
  coefficients = as.list(coef(m)),
  errors = setNames(as.list(sqrt(diag(vcov(m)))), names(coef(m))),
  version = as.character(packageVersion("survival"))
)
writeLines(
  jsonlite::toJSON(found, auto_unbox = TRUE, digits = NA, pretty = FALSE),
  file.path(here, "cox.json")
)
