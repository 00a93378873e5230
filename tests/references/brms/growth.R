# The log density of a program that brms writes for a growth curve, at three points, into
# growth.json, and the data that it is of into growth.csv: as densities.R.
#
#     Rscript growth.R
#
# Made-up data: 12 plants, half of them in the shade, measured on eight days. The curve
# is that of brms's vignette on formulas that are not linear.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

set.seed(20261126)
growth <- expand.grid(day = c(1, 2, 4, 7, 11, 16, 22, 30), plant = sprintf("p%02d", 1:12))
growth$plant <- as.character(growth$plant)
growth$shade <- as.integer(as.integer(substr(growth$plant, 2, 3)) %% 2 == 0)
top <- 50 - 8 * growth$shade + rep(rnorm(12, 0, 5), each = 8)
curve <- top * (1 - exp(-(growth$day / 9)^1.3))
growth$size <- round(curve + rnorm(nrow(growth), 0, 1.5), 2)
write.csv(growth, file.path(here, "growth.csv"), row.names = FALSE, quote = FALSE)

m <- list(
  formula = bf(
    size ~ top * (1 - exp(-(day / tau)^power)),
    top ~ 1 + shade + (1 | plant), power + tau ~ 1, nl = TRUE
  ),
  data = growth,
  family = gaussian(),
  prior = c(
    prior(normal(50, 15), nlpar = "top", coef = "Intercept"),
    prior(normal(0, 10), nlpar = "top", coef = "shade"),
    prior(normal(0, 10), nlpar = "top", class = "sd"),
    prior(normal(1.2, 0.5), nlpar = "power", lb = 0),
    prior(normal(10, 5), nlpar = "tau", lb = 0),
    prior(exponential(0.5), class = "sigma")
  ),
  seed = 7,
  start = c(50, -5, log(1.2), log(10), log(2), log(5))
)
write_found(
  list(
    versions = versions()[c("R", "brms", "rstan", "stan")],
    points = points_of(m)
  ),
  file.path(here, "growth.json")
)
