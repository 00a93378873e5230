# The log density of a program that brms writes for `(1 + mo(x) | g)`, at three points,
# into monotonic_groups.json; the data are those of monotonic.R, which runs before.
#
#     Rscript monotonic_groups.R

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

data <- read.csv(file.path(here, "monotonic.csv"))
levels <- c("below_20", "20_to_40", "40_to_100", "greater_100")
data$income <- factor(data$income, levels, ordered = TRUE)
m <- list(
  formula = bf(ls ~ 0 + Intercept + mo(income) + (1 + mo(income) | city)),
  prior = c(
    set_prior("normal(40, 20)", class = "b", coef = "Intercept"),
    set_prior("normal(0, 10)", class = "b"),
    set_prior("exponential(0.1)", class = "sigma"),
    set_prior("exponential(0.2)", class = "sd"),
    set_prior("lkj(2)", class = "cor")
  ),
  data = data, family = gaussian(), seed = 7, start = 0
)
write_found(
  list(
    versions = versions()[c("R", "brms", "rstan", "stan")],
    points = points_of(m, adjust = FALSE)
  ),
  file.path(here, "monotonic_groups.json")
)
