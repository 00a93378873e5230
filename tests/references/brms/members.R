# Log densities of the programs that brms writes for mm(g, h), gr(g, cov =) and
# gr(g, dist = "student"): at three points each, into members.json, as densities.R does
# for the other models. `members.csv` and `related.csv` are made-up data.
#
#     Rscript members.R
#
# Needs brms, rstan and jsonlite; five compilations. The Cholesky factor of the matrix
# has no element below 0: this version of brms leaves such elements out where levels
# have several effects (`if (Lcov[icov, jcov] > 1e-10)` in its Stan code).

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

rows <- read("members.csv")
related <- read("related.csv")
A <- as.matrix(related[, -1])
rownames(A) <- related$level

model <- function(formula, seed, ..., cor = TRUE) {
  written <- c(
    prior(normal(3, 5), class = Intercept),
    prior(normal(0, 2), class = b),
    prior(exponential(1), class = sigma),
    prior(exponential(0.5), class = sd),
    ...
  )
  if (cor) written <- c(written, prior(lkj(2), class = cor))
  list(
    data = rows, data2 = list(A = A), family = gaussian(), start = numeric(0),
    formula = formula, prior = written, seed = seed
  )
}

weighted <- bf(y ~ x + (1 + x | mm(g, h, weights = cbind(w1, w2))))
student <- bf(y ~ x + (1 + x | gr(g, dist = "student")))
# df by its default, gamma(2, 0.1)
made <- list(
  versions = versions()[c("R", "brms", "rstan", "stan")],
  weighted = points_of(model(weighted, 20261126)),
  equal = points_of(model(bf(y ~ x + (1 | mm(g, h))), 20261127, cor = FALSE)),
  student = points_of(model(student, 20261128)),
  related = points_of(model(bf(y ~ x + (1 + x | gr(g, cov = A))), 20261129)),
  both = points_of(model(
    bf(y ~ x + (1 | gr(g, cov = A, dist = "student"))), 20261130, cor = FALSE
  ))
)
write_found(made, file.path(here, "members.json"))
