# Fits of survreg to the censored times of brms/limits.csv, into survival.json: maximum
# likelihood, effects on the log of the scale, of the logarithm of the time.
#
#     Rscript survival.R        (after brms/limits.R, which writes the data)

library(survival)
file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
d <- read.csv(file.path(here, "brms", "limits.csv"))
one <- function(dist) {
  fit <- survreg(
    Surv(time, 1 - late) ~ x, d,
    dist = dist, control = survreg.control(rel.tolerance = 1e-12, maxiter = 100)
  )
  list(coef = as.list(coef(fit)), scale = fit$scale, logLik = fit$loglik[2])
}
found <- list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival"))),
  weibull = one("weibull"), exponential = one("exponential"), lognormal = one("lognormal")
)
writeLines(
  jsonlite::toJSON(found, auto_unbox = TRUE, digits = NA), file.path(here, "survival.json")
)
