# Log densities of a program that brms writes, at three points.

points_of <- function(m, adjust = TRUE) {
  # one draw, since rstan evaluates programs that have run
  fit <- suppressWarnings(rstan::stan(
    model_code = make_stancode(m$formula, m$data, m$family, m$prior, data2 = m$data2),
    data = unclass(
      make_standata(m$formula, m$data, m$family, m$prior, data2 = m$data2)
    ),
    chains = 1, iter = 2, seed = m$seed, refresh = 0
  ))
  size <- rstan::get_num_upars(fit)
  start <- c(m$start, numeric(size - length(m$start)))
  set.seed(m$seed)
  lapply(1:3, function(number) {
    at <- start + rnorm(size, 0, 0.3)
    values <- rstan::constrain_pars(fit, at)
    kept <- c("b", "Intercept", "sigma", "sd_1", "z_1", "L_1", "b_Intercept", "bsp")
    kept <- c(kept, "df_1", "udf_1", "b_sigma", "Intercept_sigma", "b_sigma_Intercept", "r_1_1", "r_1_2")
    kept <- c(kept, grep("^(simo|b)_", names(values), value = TRUE))
    list(
      log_density = rstan::log_prob(fit, at, adjust_transform = adjust),
      values = lapply(values[intersect(kept, names(values))], function(x) {
        # a matrix row by row; what is one number in Stan stays one
        if (length(dim(x)) < 2) as.vector(x) else x
      })
    )
  })
}
