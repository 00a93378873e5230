# Log densities of the programs that brms writes for effects that several formulas
# share, (1 |p| g), and for gr(g, by =): at three points each, into groups.json, as
# densities.R does for the other models.
#
#     Rscript groups.R
#
# Needs brms, rstan and jsonlite; two compilations.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

orthodont <- read("..", "data", "Orthodont.csv")

shared <- list(
  data = orthodont, family = gaussian(), start = numeric(0),
  formula = bf(
    distance ~ age + Sex + (1 + age | p | Subject), sigma ~ Sex + (1 | p | Subject)
  ),
  prior = c(
    prior(normal(24, 5), class = Intercept),
    prior(normal(0, 2), class = b),
    prior(normal(0, 1), class = Intercept, dpar = sigma),
    prior(normal(0, 0.5), class = b, dpar = sigma),
    prior(exponential(0.5), class = sd),
    prior(exponential(3), class = sd, coef = age, group = Subject),
    prior(exponential(2), class = sd, dpar = sigma),
    prior(lkj(2), class = cor)
  ),
  seed = 20241126
)
strata <- list(
  data = orthodont, family = gaussian(), start = numeric(0),
  formula = bf(distance ~ age + Sex + (1 + age | gr(Subject, by = Sex))),
  prior = c(
    prior(normal(24, 5), class = Intercept),
    prior(normal(0, 2), class = b),
    prior(exponential(1), class = sigma),
    prior(exponential(0.5), class = sd),
    prior(exponential(3), class = sd, coef = age, group = Subject),
    prior(lkj(2), class = cor)
  ),
  seed = 20241127
)

made <- list(
  versions = versions()[c("R", "brms", "rstan", "stan")],
  shared = points_of(shared), strata = points_of(strata)
)
write_found(made, file.path(here, "groups.json"))
