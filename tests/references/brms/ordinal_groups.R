# The log density of ordinal programs that brms writes with effects of groups for each
# threshold, at three points, without Jacobians, into ordinal_groups.json; made-up data
# into ordinal_groups.csv.
#
#     Rscript ordinal_groups.R
#
# Predictors have the mean 0: brms centres those of the location alone. The programs that
# brms 2.18 writes add the effects of groups on thresholds twice.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261127)
n <- 48
half <- round(rnorm(n / 2), 3)
x <- c(half, -half)
z <- sample(c(-1, 1, -0.5, 0.5), n / 2, TRUE)
z <- c(z, -z)
latent <- 0.7 * x - 0.3 * z + rlogis(n)
d <- data.frame(
  x = x, z = z, grade = findInterval(latent, c(-1.2, 0, 1.3)) + 1,
  g = rep(letters[1:6], length.out = n)
)
write.csv(d, file.path(here, "ordinal_groups.csv"), row.names = FALSE, quote = FALSE)

models <- list(
  sratio = list(bf(grade ~ x + (1 + cs(z) | g)), sratio("logit")),
  acat = list(bf(grade ~ x + cs(z) + (cs(1) | g)), acat("logit"))
)
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  f <- models[[name]]
  prior <- prior(normal(0.5, 2), class = Intercept) + prior(normal(0, 1), class = b) +
    prior(exponential(1), class = sd) + prior(lkj(2), class = cor)
  fit <- suppressWarnings(rstan::stan(
    model_code = make_stancode(f[[1]], d, f[[2]], prior),
    data = unclass(make_standata(f[[1]], d, f[[2]], prior)),
    chains = 1, iter = 2, seed = 1, refresh = 0
  ))
  found[[name]] <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0.2, 0.4)
    density <- rstan::log_prob(fit, at, adjust_transform = FALSE)
    values <- rstan::constrain_pars(fit, at)
    vectors <- intersect(c("b", "Intercept", "sd_1"), names(values))
    matrices <- intersect(c("bcs", "z_1", "L_1", "r_1"), names(values))
    list(
      log_density = density,
      values = c(
        lapply(values[vectors], as.vector),
        lapply(values[matrices], function(m) apply(m, 1, c, simplify = FALSE))
      )
    )
  })
}
writeLines(
  jsonlite::toJSON(found, auto_unbox = TRUE, digits = NA, pretty = FALSE),
  file.path(here, "ordinal_groups.json")
)
