# Log densities of programs that brms writes, at three points.

# Returns the program. It has run for two draws, since rstan evaluates no other.
program_of <- function(
  formula, data, family = gaussian(), prior = NULL, seed = 1, data2 = NULL
) {
  suppressWarnings(rstan::stan(
    model_code = make_stancode(formula, data, family, prior, data2 = data2),
    data = unclass(make_standata(formula, data, family, prior, data2 = data2)),
    chains = 1, iter = 2, seed = seed, refresh = 0
  ))
}

write_found <- function(found, out) {
  writeLines(
    jsonlite::toJSON(found, auto_unbox = TRUE, digits = NA, pretty = FALSE), out
  )
}

# `response ~ x`, one model after another: each is a response, a family and its other
# parameters, whose priors are in `own`. Writes after each, as they take long.
families_of <- function(models, own, data, found, out, middle = 0.2, sd = 0.5) {
  for (name in names(models)) {
    f <- models[[name]]
    prior <- prior(normal(0.5, 1), class = Intercept) + prior(normal(0, 1), class = b)
    for (one in f[[3]]) prior <- prior + own[[one]]
    fit <- program_of(bf(paste(f[[1]], "~ x")), data, f[[2]], prior)
    found[[name]] <- lapply(1:3, function(number) {
      at <- rnorm(rstan::get_num_upars(fit), middle, sd)
      values <- rstan::constrain_pars(fit, at)
      list(
        log_density = rstan::log_prob(fit, at, adjust_transform = FALSE),
        values = lapply(values[c("b", "Intercept", f[[3]])], as.vector)
      )
    })
    write_found(found, out)
  }
}

points_of <- function(m, adjust = TRUE, more = character(0)) {
  fit <- program_of(m$formula, m$data, m$family, m$prior, m$seed, m$data2)
  size <- rstan::get_num_upars(fit)
  start <- c(m$start, numeric(size - length(m$start)))
  set.seed(m$seed)
  lapply(1:3, function(number) {
    at <- start + rnorm(size, 0, 0.3)
    values <- rstan::constrain_pars(fit, at)
    kept <- c("b", "Intercept", "sigma", "sd_1", "z_1", "L_1", "b_Intercept", "bsp")
    kept <- c(kept, "df_1", "udf_1", "b_sigma", "Intercept_sigma", "b_sigma_Intercept", "r_1_1", "r_1_2")
    kept <- c(kept, more, grep("^(simo|b)_", names(values), value = TRUE))
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = adjust),
      values = lapply(values[intersect(kept, names(values))], function(x) {
        # a matrix row by row; what is one number in Stan stays one
        if (length(dim(x)) < 2) as.vector(x) else x
      })
    )
  })
}
