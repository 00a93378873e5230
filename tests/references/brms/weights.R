# The log density of a program that brms writes for `y | weights(w)`, at three points,
# into weights.json: as densities.R.
#
#     Rscript weights.R
#
# The model is that of the sleep study with rows that count half, once and a half or
# twice and a half.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

m <- models$sleepstudy()
m$data$w <- m$data$Days %% 3 + 0.5
m$formula <- bf(Reaction | weights(w) ~ Days + (Days | Subject))
write_found(
  list(versions = versions()[c("R", "brms", "rstan", "stan")], points = points_of(m)),
  file.path(here, "weights.json")
)
