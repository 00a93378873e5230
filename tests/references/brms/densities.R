# Log densities of the programs that brms writes for the three models, at three points
# each, into logp.json: on Stan's unconstrained scale, with all constants and the
# Jacobians of Stan's transforms.
#
#     Rscript densities.R
#
# Needs brms, rstan and jsonlite; most of the time goes into three compilations.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

made <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) made[[name]] <- points_of(models[[name]]())
write_found(made, file.path(here, "logp.json"))
