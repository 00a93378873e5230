# The log density of models of several columns that brms writes, at three points, without
# Jacobians, into compositions.json; made-up data into compositions.csv.
#
#     Rscript compositions.R
#
# Predictors have the mean 0: brms centres them.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261128)
n <- 40
half <- round(rnorm(n / 2), 3)
x <- c(half, -half)
z <- sample(c(-1, 1, -0.5, 0.5), n / 2, TRUE)
z <- c(z, -z)
eta <- cbind(0, 0.4 + 0.8 * x, -0.2 - 0.5 * z)
size <- sample(3:25, n, TRUE)
counts <- t(sapply(seq_len(n), function(i) rmultinom(1, size[i], exp(eta[i, ]))))
shares <- t(apply(exp(eta), 1, function(e) {
  g <- rgamma(3, 6 * e / sum(e)) + 0.01
  round(g / sum(g), 4)
}))
shares[, 3] <- 1 - shares[, 1] - shares[, 2]
d <- data.frame(
  a = counts[, 1], b = counts[, 2], c = counts[, 3], n = size,
  p = shares[, 1], q = shares[, 2], r = shares[, 3], x = x, z = z
)
write.csv(d, file.path(here, "compositions.csv"), row.names = FALSE, quote = FALSE)
d$counts <- as.matrix(d[c("a", "b", "c")])
d$shares <- as.matrix(d[c("p", "q", "r")])

mus <- function(of) {
  do.call(c, lapply(of, function(one) {
    c(
      set_prior("normal(0.5, 2)", class = "Intercept", dpar = one),
      set_prior("normal(0, 1)", class = "b", dpar = one)
    )
  }))
}
models <- list(
  multinomial = list(
    bf(counts | trials(n) ~ x + z, muc ~ z), multinomial(), mus(c("mub", "muc"))
  ),
  dirichlet = list(
    bf(shares ~ x), dirichlet(), c(mus(c("muq", "mur")), set_prior("gamma(2, 0.1)", class = "phi"))
  ),
  logistic_normal = list(
    bf(shares ~ x), logistic_normal(),
    c(
      mus(c("muq", "mur")),
      set_prior("exponential(1)", class = "sigmaq"),
      set_prior("exponential(2)", class = "sigmar"),
      set_prior("lkj(2)", class = "lncor")
    )
  )
)
out <- file.path(here, "compositions.json")
found <- list(versions = versions()[c("R", "brms", "rstan", "stan")])
for (name in names(models)) {
  f <- models[[name]]
  fit <- suppressWarnings(rstan::stan(
    model_code = make_stancode(f[[1]], d, f[[2]], f[[3]]),
    data = unclass(make_standata(f[[1]], d, f[[2]], f[[3]])),
    chains = 1, iter = 2, seed = 1, refresh = 0
  ))
  found[[name]] <- lapply(1:3, function(number) {
    at <- rnorm(rstan::get_num_upars(fit), 0.2, 0.4)
    values <- rstan::constrain_pars(fit, at)
    kept <- grep("^(b|Intercept|phi|sigma|lncor|Llncor)", names(values), value = TRUE)
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
      values = lapply(values[kept], as.vector)
    )
  })
  writeLines(
    jsonlite::toJSON(found, auto_unbox = TRUE, digits = NA, pretty = FALSE), out
  )
}
