# One fit by brms, from a task (see tool.py): compile, sample, save, print; then
# the draws and the figures of its own.
#
#     Rscript brms.R task.json

suppressPackageStartupMessages(library(brms))

task <- jsonlite::read_json(commandArgs(TRUE)[1], simplifyVector = FALSE)
place <- function(file) file.path(task$folder, file)
values <- function(x) paste(unlist(x), collapse = ", ")

data <- read.csv(task$coded)
for (group in unlist(task$groups)) data[[group]] <- factor(data[[group]])

family <- switch(task$family,
  cumulative = cumulative("logit"),
  gaussian = gaussian(),
  poisson = poisson(),
  bernoulli = bernoulli()
)
formula <- task$formula
if (task$family == "cumulative") {
  # all categories, also those that nobody chose
  ends <- unlist(task$categories)
  formula <- sub("~", sprintf("| thres(%d) ~", ends[2] - ends[1]), formula)
}
prior <- do.call(c, lapply(task$priors, function(p) {
  set_prior(
    sprintf("%s(%s)", p$name, values(p$values)),
    class = p$kind, group = p$group, coef = p$coef
  )
}))

started <- proc.time()[["elapsed"]]
empty <- brm(bf(formula), data, family, prior, chains = 0, silent = 2)
compiled <- proc.time()[["elapsed"]]
fit <- update(
  empty,
  recompile = FALSE, chains = task$chains, cores = task$cores,
  iter = task$tune + task$draws, warmup = task$tune, seed = task$seed,
  refresh = 0, silent = 2
)
saveRDS(fit, place("fit.rds"))
print(summary(fit))
done <- as.numeric(Sys.time())

seconds <- sum(rstan::get_elapsed_time(fit$fit))
divergent <- subset(nuts_params(fit), Parameter == "divergent__")$Value
own <- list(
  done = done,
  compile = compiled - started,
  sampling = seconds / min(task$cores, task$chains),
  divergences = sum(divergent),
  versions = list(
    brms = as.character(packageVersion("brms")),
    rstan = as.character(packageVersion("rstan")),
    R = as.character(getRversion())
  )
)

draws <- posterior::as_draws_df(fit)
kind <- function(name) {
  if (grepl("^b_Intercept", name)) return("intercept")
  if (grepl("^b_", name)) return("b")
  if (grepl("^sd_", name)) return("sd")
  if (grepl("^cor_", name)) return("cor")
  if (name %in% c("sigma", "shape", "nu")) return("other")
  NA
}
names_kept <- Filter(function(n) !is.na(kind(n)), posterior::variables(draws))
# by kinds and in order, chain after chain
draws <- draws[order(draws$.chain, draws$.iteration), ]
table <- as.data.frame(draws)[, names_kept, drop = FALSE]
names(table) <- sprintf("%s|%s", vapply(names_kept, kind, ""), names_kept)
write.csv(cbind(chain = draws$.chain, table), place("draws.csv"), row.names = FALSE)

if (task$gradient) {
  own$gradient <- tryCatch({
    at <- rep(0.1, rstan::get_num_upars(fit$fit))
    round <- function(i) {
      begun <- Sys.time()
      for (call in 1:20) rstan::grad_log_prob(fit$fit, at)
      as.numeric(Sys.time() - begun, units = "secs") / 20 * 1e6
    }
    few <- max(3, min(1000, 1e6 / (20 * round(0)))) # about a second
    min(vapply(seq_len(few), round, 0))
  }, error = function(e) NULL)
}
writeLines(jsonlite::toJSON(own, auto_unbox = TRUE, digits = NA), place("own.json"))
