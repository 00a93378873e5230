# The log density of ordinal programs that brms writes, at three points, without
# Jacobians, into ordinal.json; made-up data into ordinal.csv.
#
#     Rscript ordinal.R [model ...]
#
# `hurdle_cumulative` needs brms 2.19.
#
# Predictors have the mean 0: brms centres those of the location alone.

suppressPackageStartupMessages(library(brms))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."
source(file.path(here, "models.R"))

set.seed(20261126)
n <- 40
half <- round(rnorm(n / 2), 3)
x <- c(half, -half)
z <- sample(c(-1, 1, -0.5, 0.5), n / 2, TRUE)
z <- c(z, -z)
latent <- 0.7 * x - 0.3 * z + rlogis(n)
d <- data.frame(x = x, z = z, grade = findInterval(latent, c(-1.2, 0, 1.3)) + 1)
# no answer at all in every fifth row
d$none <- ifelse(seq_len(n) %% 5 == 0, 0, d$grade)
# an item with three grades, and one with four
d$item <- rep(c("a", "b"), length.out = n)
d$rank <- ifelse(d$item == "a", pmin(d$grade, 3), d$grade)
write.csv(d, file.path(here, "ordinal.csv"), row.names = FALSE, quote = FALSE)

models <- list(
  cumulative_probit_disc = list(bf(grade ~ x, disc ~ 0 + z), cumulative("probit")),
  sratio_cs = list(bf(grade ~ x + cs(z)), sratio("logit")),
  cratio_cloglog = list(bf(grade ~ x), cratio("cloglog")),
  acat = list(bf(grade ~ x + z), acat("logit")),
  acat_cs_probit = list(bf(grade ~ x + cs(z)), acat("probit")),
  hurdle_cumulative = list(bf(none ~ x, hu ~ z), "hurdle_cumulative"),
  cumulative_items = list(bf(rank | thres(gr = item) ~ x), cumulative("logit")),
  cumulative_items_probit_disc = list(
    bf(rank | thres(gr = item) ~ x, disc ~ 0 + z), cumulative("probit")
  ),
  sratio_items = list(bf(rank | thres(gr = item) ~ x + z), sratio("logit")),
  acat_items = list(bf(rank | thres(gr = item) ~ x), acat("logit"))
)
wanted <- commandArgs(TRUE)
if (!length(wanted)) wanted <- names(models)
out <- file.path(here, "ordinal.json")
found <- if (file.exists(out)) jsonlite::fromJSON(out, simplifyVector = FALSE) else list()
found$versions <- versions()[c("R", "brms", "rstan", "stan")]
for (name in wanted) {
  f <- models[[name]]
  # brms 2.18 has no hurdle: its name is looked up where it is asked for
  if (is.character(f[[2]])) f[[2]] <- match.fun(f[[2]])("logit")
  prior <- prior(normal(0.5, 2), class = Intercept) + prior(normal(0, 1), class = b)
  if (grepl("disc", name)) {
    prior <- prior + prior(normal(0, 1), class = b, dpar = disc)
  }
  if (name == "hurdle_cumulative") {
    prior <- prior + prior(normal(0, 1), class = b, dpar = hu) +
      prior(normal(-1, 1), class = Intercept, dpar = hu)
  }
  fit <- program_of(f[[1]], d, f[[2]], prior)
  found[[name]] <- lapply(1:3, function(number) {
    # its probabilities of rows far out are 0
    repeat {
      # nor has it the digits of a normal tail
      near <- name == "cumulative_items_probit_disc"
      at <- rnorm(rstan::get_num_upars(fit), if (near) -0.3 else 0.2, if (near) 0.1 else 0.4)
      density <- rstan::log_prob(fit, at, adjust_transform = FALSE)
      if (is.finite(density)) break
    }
    values <- rstan::constrain_pars(fit, at)
    kept <- intersect(
      c(
        "b", "bcs", "Intercept", "Intercept_1", "Intercept_2", "b_disc", "b_hu",
        "Intercept_hu"
      ),
      names(values)
    )
    list(
      log_density = density,
      values = lapply(values[kept], function(v) as.vector(t(v)))
    )
  })
  write_found(found, out)
}
