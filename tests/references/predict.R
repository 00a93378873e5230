# What predict() of lme4 gives for new rows: with the effects of known people
# (re.form = NULL), without (re.form = NA), and for people it does not know
# (allow.new.levels = TRUE: effects of 0). Splines, polynomials and scale() are those of
# the fit. Run here: Rscript predict.R > predict.json
suppressMessages({library(lme4); library(splines); library(jsonlite)})
d <- read.csv("sleepstudy.csv")
d$Subject <- as.character(d$Subject)
d$cond <- factor(rep(c("ctl", "drug", "both"), 60), levels = c("ctl", "drug", "both"))
d$z <- round(2 * sin(seq_len(180)) + 5, 3)
d$slow <- as.integer(d$Reaction > 300)
new <- data.frame(
  Subject = c("308", "309", "335", "372", "new"),
  Days = c(0, 4.5, 9, 11, 2),
  cond = factor(c("both", "ctl", "drug", "drug", "both"), levels = levels(d$cond)),
  z = c(3.1, 5, 6.9, 8, 4.2))
quiet <- function(x) suppressMessages(suppressWarnings(x))
one <- function(model, types) list(
  fixef = as.list(fixef(model)),
  ranef = c(list(Subject = rownames(ranef(model)$Subject)), as.list(ranef(model)$Subject)),
  predictions = lapply(setNames(types, types), function(type) list(
    own = unname(predict(model, new, re.form = NULL, allow.new.levels = TRUE, type = type)),
    population = unname(predict(model, new, re.form = NA, type = type)))))
out <- list(
  versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))),
  data = d[c("Subject", "Days", "cond", "z", "slow", "Reaction")],
  new = new,
  models = list(
    gaussian = one(quiet(lmer(
      Reaction ~ poly(z, 2) + ns(Days, 3) * cond + (1 + Days | Subject), d)), "response"),
    scaled = one(quiet(lmer(
      Reaction ~ scale(z) * cond + bs(Days, 4) + (1 + scale(Days) || Subject), d)), "response"),
    bernoulli = one(quiet(glmer(
      slow ~ scale(z) + Days + cond + (1 | Subject), d, binomial)), c("link", "response"))))
cat(toJSON(out, digits = 15, auto_unbox = TRUE, dataframe = "columns"))
