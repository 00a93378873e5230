# The log density of programs that brms writes for formulas of which several are not linear,
# at three points each, into calculated.json, and the data that they are of into
# calculated.csv: as densities.R.
#
#     Rscript calculated.R
#
# Made-up data: 12 people answer 5 items, and take their time. The two- and the
# three-parameter model are those of Bürkner (2021), Bayesian item response modeling in R
# with brms and Stan.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20261127)
answers <- expand.grid(item = sprintf("i%d", 1:5), id = sprintf("p%02d", 1:12))
answers$item <- as.character(answers$item)
answers$id <- as.character(answers$id)
able <- rep(rnorm(12), each = 5)
answers$x <- round(rnorm(60), 3)
answers$trial <- rep(1:5, 12)
answers$hit <- rbinom(60, 1, plogis(able + rep(c(-1, 0, 0.5, 1, 1.5), 12)))
answers$rt <- round(6 + 3 * 0.6^answers$trial + rnorm(60, 0, exp(-0.5 + 0.4 * tanh(answers$x))), 3)
write.csv(answers, file.path(here, "calculated.csv"), row.names = FALSE, quote = FALSE)

models <- list(
  two_parameters = list(
    formula = bf(
      hit ~ exp(logalpha) * eta,
      eta ~ 1 + (1 | i | item) + (1 | id), logalpha ~ 1 + (1 | i | item), nl = TRUE
    ),
    family = bernoulli(),
    prior = c(
      prior(normal(0, 2), nlpar = "eta", coef = "Intercept"),
      prior(normal(0, 0.5), nlpar = "logalpha", coef = "Intercept"),
      prior(normal(0, 1), nlpar = "eta", class = "sd"),
      prior(normal(0, 0.5), nlpar = "logalpha", class = "sd"),
      prior(lkj(2), class = "cor")
    ),
    start = numeric(0)
  ),
  three_parameters = list(
    formula = bf(
      hit ~ guess + (1 - guess) * inv_logit(exp(logalpha) * able),
      able ~ 1 + x + (1 | id), logalpha + guess ~ 1, nl = TRUE
    ),
    family = bernoulli(link = "identity"),
    prior = c(
      prior(normal(0, 2), nlpar = "able"),
      prior(normal(0, 0.5), nlpar = "logalpha"),
      prior(beta(2, 8), nlpar = "guess", lb = 0, ub = 1),
      prior(normal(0, 1), nlpar = "able", class = "sd")
    ),
    start = numeric(0)
  ),
  of_sigma = list(
    formula = bf(rt ~ x) + nlf(sigma ~ a + d * tanh(x)) + lf(a ~ 1 + (1 | id), d ~ 1),
    family = gaussian(),
    prior = c(
      prior(normal(7, 2), class = "Intercept"),
      prior(normal(0, 1), class = "b"),
      prior(normal(0, 1), nlpar = "a"),
      prior(normal(0, 0.5), nlpar = "d"),
      prior(normal(0, 1), nlpar = "a", class = "sd")
    ),
    start = numeric(0)
  ),
  chained = list(
    formula = bf(
      rt ~ base + gain * half^trial, base ~ 1 + (1 | id), gain + loglife + c ~ 1, nl = TRUE
    ) + nlf(half ~ 2^(-1 / life)) + nlf(life ~ exp(loglife)) + nlf(sigma ~ log(base) + c),
    family = gaussian(),
    prior = c(
      prior(normal(6, 2), nlpar = "base"),
      prior(normal(3, 2), nlpar = "gain"),
      prior(normal(0.5, 0.5), nlpar = "loglife"),
      prior(normal(-2, 1), nlpar = "c"),
      prior(normal(0, 0.5), nlpar = "base", class = "sd")
    ),
    start = c(6, 3, 0.5, -2, log(0.3))
  )
)

found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  m <- c(models[[name]], list(data = answers, seed = 7))
  found[[name]] <- points_of(m, more = c("sd_2", "z_2", "L_2", "b_Intercept"))
  write_found(found, file.path(here, "calculated.json"))
}
