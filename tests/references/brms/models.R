# The three models in brms: formula, data, family, priors. Read by fits.R and
# densities.R, which set `here` to this folder.
#
# `names`: brms's names of the reported parameters, and ours. `start`: about where the
# first unconstrained parameters lie, for densities.R.

read <- function(...) read.csv(file.path(here, ...), stringsAsFactors = FALSE)

halves <- function(x, levels) {
  x <- factor(x, levels = levels)
  contrasts(x) <- matrix(c(-0.5, 0.5), dimnames = list(levels, levels[2]))
  x
}

sleepstudy <- function() {
  d <- read("..", "sleepstudy.csv")
  list(
    formula = bf(Reaction ~ Days + (1 + Days | Subject)),
    data = d,
    family = gaussian(),
    prior = c(
      prior(normal(300, 50), class = Intercept), # at the mean of Days
      prior(normal(0, 20), class = b, coef = Days),
      prior(normal(0, 40), class = sd, group = Subject, coef = Intercept),
      prior(exponential(0.1), class = sd, group = Subject, coef = Days),
      prior(lkj(2), class = cor, group = Subject),
      prior(student_t(3, 0, 40), class = sigma)
    ),
    seed = 20240601,
    start = c(10, 290, log(c(30, 25, 6))), # b, Intercept, log of sigma and the two sd
    names = c(
      "b_Intercept" = "Intercept",
      "b_Days" = "b[Days]",
      "sd_Subject__Intercept" = "sd_Subject[Intercept]",
      "sd_Subject__Days" = "sd_Subject[Days]",
      "cor_Subject__Intercept__Days" = "cor_Subject[Days, Intercept]",
      "sigma" = "sigma"
    )
  )
}

wine <- function() {
  d <- read("..", "wine.csv")
  d$rating <- factor(d$rating, levels = 1:5, ordered = TRUE)
  d$temp <- factor(d$temp, levels = c("cold", "warm"))
  d$contact <- factor(d$contact, levels = c("no", "yes"))
  list(
    # center = FALSE: the prior is about the thresholds where the predictors are 0
    formula = bf(rating ~ temp + contact + (1 | judge), center = FALSE),
    data = d,
    family = cumulative("logit"),
    prior = c(
      prior(normal(0, 3), class = Intercept),
      prior(normal(0, 2), class = b),
      prior(exponential(1), class = sd, group = judge)
    ),
    seed = 20240602,
    start = numeric(0),
    names = c(
      setNames(
        sprintf("threshold[%d|%d]", 1:4, 2:5), sprintf("b_Intercept[%d]", 1:4)
      ),
      "b_tempwarm" = "b[temp[warm]]",
      "b_contactyes" = "b[contact[yes]]",
      "sd_judge__Intercept" = "sd_judge[Intercept]"
    )
  )
}

ratings <- function() {
  d <- read("..", "..", "..", "examples", "ratings", "ratings.csv")
  d$block <- halves(d$block, c("early", "late"))
  d$cs <- halves(d$cs, c("CS-", "CS+"))
  d$category <- d$rating + 1L
  effects <- c("Intercept", "blocklate", "csCSP", "blocklate:csCSP")
  ours <- c("Intercept", "block[late]", "cs[CS+]", "block[late]:cs[CS+]")
  pairs <- combn(4, 2)
  list(
    # 99 thresholds: also of the categories that nobody chose
    formula = bf(category | thres(99) ~ block * cs + (1 + block * cs | subj)),
    data = d,
    family = cumulative("logit"),
    prior = c(
      prior(normal(0, 3), class = Intercept),
      prior(normal(0, 2), class = b),
      prior(normal(0, 1), class = b, coef = blocklate:csCSP),
      prior(exponential(1), class = sd, group = subj),
      prior(lkj(2), class = cor, group = subj)
    ),
    seed = 20240603,
    start = c(0, 0, 0, -2.5, rep(-3, 98)), # b, first threshold, logs of the gaps
    names = c(
      setNames(
        sprintf("threshold[%d|%d]", 0:98, 1:99), sprintf("b_Intercept[%d]", 1:99)
      ),
      setNames(sprintf("b[%s]", ours[-1]), sprintf("b_%s", effects[-1])),
      setNames(sprintf("sd_subj[%s]", ours), sprintf("sd_subj__%s", effects)),
      setNames(
        sprintf("cor_subj[%s, %s]", ours[pairs[2, ]], ours[pairs[1, ]]),
        sprintf("cor_subj__%s__%s", effects[pairs[1, ]], effects[pairs[2, ]])
      )
    )
  )
}

models <- list(sleepstudy = sleepstudy, wine = wine, ratings = ratings)

priors_of <- function(prior) {
  place <- function(x) ifelse(x == "", "", paste0("[", x, "]"))
  with(prior, paste0(class, place(group), place(coef), " ~ ", prior))
}

versions <- function() {
  list(
    R = as.character(getRversion()),
    brms = as.character(packageVersion("brms")),
    rstan = as.character(packageVersion("rstan")),
    stan = rstan::stan_version(),
    posterior = as.character(packageVersion("posterior"))
  )
}
