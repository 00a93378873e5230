# The log density of programs that brms writes for `mo(x)`, at three points, into
# monotonic.json, and the made-up data into monotonic.csv.
#
#     Rscript monotonic.R
#
# Densities are of the parameters themselves, without the Jacobians of Stan's
# transforms: those of a simplex are not ours.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))
source(file.path(here, "points.R"))

# as the example of the paper has it: four incomes, most of the difference below
levels <- c("below_20", "20_to_40", "40_to_100", "greater_100")
set.seed(20260131)
n <- 60
data <- data.frame(
  income = sample(levels, n, replace = TRUE),
  age = round(rnorm(n, 40, 9)),
  visits = sample(c(1, 2, 3, 5), n, replace = TRUE),
  city = sample(c("a", "b", "c"), n, replace = TRUE)
)
means <- c(30, 60, 70, 75)[match(data$income, levels)]
data$ls <- round(means + 0.2 * (data$age - 40) + rnorm(n, 0, 7), 2)
write.csv(data, file.path(here, "monotonic.csv"), row.names = FALSE, quote = FALSE)
data$income <- factor(data$income, levels, ordered = TRUE)
data$city <- factor(data$city)

prior <- c(
  set_prior("normal(40, 20)", class = "b", coef = "Intercept"),
  set_prior("normal(0, 10)", class = "b"),
  set_prior("exponential(0.1)", class = "sigma")
)
models <- list(
  product = list(
    formula = bf(ls ~ 0 + Intercept + mo(income) * age + mo(visits)),
    prior = c(prior, set_prior("dirichlet(c(2, 1, 1))",
      class = "simo", coef = "moincome1"
    ))
  ),
  factor = list(
    formula = bf(ls ~ 0 + Intercept + mo(income) * city),
    prior = prior
  ),
  two = list(formula = bf(ls ~ 0 + Intercept + mo(income):mo(visits)), prior = prior),
  shared = list(
    formula = bf(ls ~ 0 + Intercept + mo(income, id = "a") * age),
    prior = prior
  )
)

made <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  m <- c(models[[name]], list(data = data, family = gaussian(), seed = 7, start = 0))
  made[[name]] <- points_of(m, adjust = FALSE)
}
write_found(made, file.path(here, "monotonic.json"))
