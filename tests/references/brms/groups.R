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

orthodont <- read("..", "data", "Orthodont.csv")

shared <- list(
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
  formula = bf(distance ~ age + Sex + (1 + age | gr(Subject, by = Sex))),
  prior = c(
    prior(normal(24, 5), class = Intercept),
    prior(normal(0, 2), class = b),
    prior(exponential(1), class = sigma),
    prior(exponential(0.5), class = sd),
    prior(exponential(3), class = sd, coef = "age:SexFemale", group = Subject),
    prior(exponential(4), class = sd, coef = "age:SexMale", group = Subject),
    prior(lkj(2), class = cor)
  ),
  seed = 20241127
)

points_of <- function(m) {
  # one draw, since rstan evaluates programs that have run
  fit <- suppressWarnings(rstan::stan(
    model_code = make_stancode(m$formula, orthodont, gaussian(), m$prior),
    data = unclass(make_standata(m$formula, orthodont, gaussian(), m$prior)),
    chains = 1, iter = 2, seed = m$seed, refresh = 0
  ))
  size <- rstan::get_num_upars(fit)
  set.seed(m$seed)
  lapply(1:3, function(number) {
    at <- rnorm(size, 0, 0.3)
    values <- rstan::constrain_pars(fit, at)
    kept <- c(
      "b", "Intercept", "b_sigma", "Intercept_sigma", "sigma", "sd_1", "z_1", "L_1",
      "b_Intercept", "b_sigma_Intercept", "r_1", "r_1_1", "r_1_2", "r_1_sigma_3"
    )
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = TRUE),
      values = values[intersect(kept, names(values))]
    )
  })
}

made <- list(
  versions = versions()[c("R", "brms", "rstan", "stan")],
  shared = points_of(shared), strata = points_of(strata)
)
writeLines(
  jsonlite::toJSON(made, auto_unbox = TRUE, digits = NA, pretty = FALSE),
  file.path(here, "groups.json")
)
