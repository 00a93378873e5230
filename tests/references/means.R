# Estimated marginal means, contrasts and trends by emmeans, with the coefficients that
# they are made of; `python -m pytest tests/runtime/questions/test_references.py` gives the
# same coefficients to the questions of a spec.
#
#   Rscript tests/references/means.R > tests/references/means.json
#
# R 4.2.2, emmeans 1.8.4, lme4 1.1-31, ordinal 2022.11-16, jsonlite. Data: made up here
# (three-way), sleepstudy of lme4, wine of ordinal, ratings.csv of examples/ratings.

suppressMessages({library(emmeans); library(lme4); library(ordinal); library(jsonlite)})
emm_options(msg.interaction = FALSE, msg.nesting = FALSE)
figures <- function(x) as.numeric(as.data.frame(x)[[attr(summary(x), "estName")]])
out <- list()

# ---- three factors of unequal cells, and a covariate --------------------------------------
set.seed(11)
n <- 160
d <- data.frame(
  a = factor(sample(c("a1", "a2", "a3"), n, TRUE, c(.5, .3, .2)), levels = c("a1", "a2", "a3")),
  b = factor(sample(c("lo", "hi"), n, TRUE, c(.3, .7)), levels = c("lo", "hi")),
  c = factor(sample(c("x", "y"), n, TRUE), levels = c("x", "y")),
  age = round(runif(n, 20, 70)))
eta <- -0.4 + 0.3 * (d$a == "a2") - 0.5 * (d$b == "hi") + 0.02 * (d$age - 45) +
  0.4 * (d$a == "a3") * (d$b == "hi") + 0.3 * (d$c == "y")
d$y <- round(10 + 3 * eta + rnorm(n), 3)
d$yes <- as.integer(runif(n) < plogis(eta))
d$count <- rpois(n, exp(0.5 + eta / 2))

three <- function(fit) {
  equal <- emmeans(fit, ~ a)
  found <- list(
    coefs = as.numeric(coef(fit)),
    `means a` = figures(equal),
    `means a, weights=observed` = figures(emmeans(fit, ~ a, weights = "proportional")),
    `means a*b` = figures(emmeans(fit, ~ b + a)),
    `means a | c, age=[30, 60]` = figures(emmeans(fit, ~ age + c + a, at = list(age = c(30, 60)))),
    `means b, a="a3"` = figures(emmeans(fit, ~ b, at = list(a = "a3"))),
    `contrast a: pairwise` = figures(contrast(equal, "revpairwise")),
    `contrast a: reference` = figures(contrast(equal, "trt.vs.ctrl")),
    `contrast a: a3 - (a1 + a2)/2 | b` = figures(contrast(emmeans(fit, ~ a | b), list(w = c(-.5, -.5, 1)))),
    `contrast a: a2 - a1, b: hi - lo` = figures(contrast(emmeans(fit, ~ a * b),
      list(w = c(1, -1, 0, -1, 1, 0)))),
    `slope age | a` = figures(emtrends(fit, ~ a, var = "age")))
  if (!inherits(fit, "glm")) return(found)
  cells <- regrid(emmeans(fit, ~ a * b * c), transform = "response")
  found$`means a, scale=response` <- figures(emmeans(cells, ~ a))
  found$`means a*b, scale=response` <- figures(emmeans(cells, ~ b + a))
  found$`contrast a: pairwise, scale=response` <- figures(contrast(emmeans(cells, ~ a), "revpairwise"))
  found$`means a*b*c, scale=response` <-
    as.numeric(predict(emmeans(fit, ~ c + b + a), type = "response"))
  found
}
formula <- ~ a * b + c + age + age:a
out$three <- list(
  data = as.list(lapply(d, function(x) if (is.factor(x)) as.character(x) else x)),
  gaussian = three(lm(update(formula, y ~ .), d)),
  bernoulli = three(glm(update(formula, yes ~ .), binomial, d)),
  poisson = three(glm(update(formula, count ~ .), poisson, d)))

# ---- sleepstudy ---------------------------------------------------------------------------
sleep <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
out$sleepstudy <- list(
  coefs = as.numeric(fixef(sleep)),
  `means 1, Days=[0, 5, 9]` = figures(emmeans(sleep, ~ Days, at = list(Days = c(0, 5, 9)))),
  `means 1` = figures(emmeans(sleep, ~ 1)),
  `contrast Days: 9 - 0` =
    figures(contrast(emmeans(sleep, ~ Days, at = list(Days = c(0, 9))), list(w = c(-1, 1)))),
  `slope Days` = figures(emtrends(sleep, ~ 1, var = "Days")))

# ---- wine: ordered categories -------------------------------------------------------------
cells <- clm(rating ~ temp * contact, data = wine)
out$wine <- list(
  data = list(rating = as.integer(wine$rating), temp = as.character(wine$temp),
              contact = as.character(wine$contact)),
  thresholds = as.numeric(cells$alpha), coefs = as.numeric(cells$beta),
  `means temp*contact, scale=response` =
    figures(emmeans(cells, ~ contact + temp, mode = "mean.class")),
  `means temp, scale=response` = figures(emmeans(cells, ~ temp, mode = "mean.class")),
  `means temp, scale=prob` = figures(emmeans(cells, ~ rating + temp, mode = "prob")),
  `contrast temp: warm - cold | contact, scale=response` =
    figures(contrast(emmeans(cells, ~ temp | contact, mode = "mean.class"), "revpairwise")),
  `means temp*contact, scale=prob[<=2]` =
    figures(emmeans(cells, ~ contact + temp, mode = "cum.prob", at = list(cut = "2|3"))),
  `contrast temp: warm - cold | contact` =
    figures(contrast(emmeans(cells, ~ temp | contact, mode = "latent"), "revpairwise")))
# a number beside the factors, so that there is a slope: that of the judge
w <- transform(wine, judge = as.numeric(judge))
sloped <- clm(rating ~ temp * contact + judge + judge:temp, data = w)
out$`wine slopes` <- list(
  judge = w$judge, thresholds = as.numeric(sloped$alpha), coefs = as.numeric(sloped$beta),
  `means temp | contact, judge=[1, 9], scale=response` = figures(emmeans(
    sloped, ~ judge + contact + temp, mode = "mean.class", at = list(judge = c(1, 9)))),
  `contrast judge: 9 - 1 | temp` = figures(contrast(emmeans(
    sloped, ~ judge | temp, mode = "latent", at = list(judge = c(1, 9))), "revpairwise")),
  `slope judge | temp` = figures(emtrends(sloped, ~ temp, var = "judge", mode = "latent")),
  `slope judge | temp, judge=[2, 8], scale=response` = figures(emtrends(
    sloped, ~ judge + temp, var = "judge", mode = "mean.class", at = list(judge = c(2, 8)),
    delta.var = 1e-4)))

# ---- the ratings, a linear mixed model ----------------------------------------------------
r <- read.csv("examples/ratings/ratings.csv")
r$block <- factor(r$block, c("early", "late")); r$cs <- factor(r$cs, c("CS-", "CS+"))
mixed <- suppressWarnings(lmer(rating ~ block * cs + (1 + cs | subj), r))
out$ratings <- list(
  coefs = as.numeric(fixef(mixed)),
  `means block*cs` = figures(emmeans(mixed, ~ cs + block)),
  `contrast block: late - early | cs` = figures(contrast(emmeans(mixed, ~ block | cs), "revpairwise")),
  `contrast block: late - early, cs: "CS+" - "CS-"` =
    figures(contrast(emmeans(mixed, ~ block * cs), list(w = c(1, -1, -1, 1)))))
trials <- suppressWarnings(lmer(rating ~ block * cs + trial + trial:cs + (1 + cs | subj), r))
out$`ratings slopes` <- list(
  coefs = as.numeric(fixef(trials)),
  `means block | cs, trial=[1, 4]` =
    figures(emmeans(trials, ~ trial + cs + block, at = list(trial = c(1, 4)))),
  `contrast trial: 4 - 1 | cs` = figures(contrast(emmeans(
    trials, ~ trial | cs, at = list(trial = c(1, 4))), "revpairwise")),
  `slope trial | cs` = figures(emtrends(trials, ~ cs, var = "trial")),
  `slope trial` = figures(emtrends(trials, ~ 1, var = "trial")))
# the answers in tens, as ordered categories
r$tens <- ordered(ceiling(r$rating / 10))
joined <- clm(tens ~ block * cs + trial, data = r)
out$`ratings in tens` <- list(
  tens = as.integer(r$tens) - 1L,
  thresholds = as.numeric(joined$alpha), coefs = as.numeric(joined$beta),
  `means block*cs, scale=response` =
    figures(emmeans(joined, ~ cs + block, mode = "mean.class")) - 1,
  `means block*cs, scale=prob[0]` =
    figures(emmeans(joined, ~ cs + block, mode = "cum.prob", at = list(cut = "0|1"))),
  `contrast block: late - early | cs, scale=response` =
    figures(contrast(emmeans(joined, ~ block | cs, mode = "mean.class"), "revpairwise")),
  `contrast block: late - early, cs: "CS+" - "CS-", scale=response` =
    figures(contrast(emmeans(joined, ~ block * cs, mode = "mean.class"), list(w = c(1, -1, -1, 1)))),
  `slope trial | cs, scale=response` = figures(emtrends(
    joined, ~ cs, var = "trial", mode = "mean.class", delta.var = 1e-4)))
cat(toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
