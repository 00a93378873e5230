# Five fits of fits.json again, with tighter tolerances: at their defaults glmer and
# clmm stop looking for the most likely group effects too early, and their log
# likelihoods miss by 2e-4 to 2e-3 what their own definition gives.
#
#     Rscript tests/references/tight_fits.R     # writes tight_fits.json: seconds

suppressMessages({library(lme4); library(ordinal); library(jsonlite)})

folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
read <- function(name, factors) {
  data <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  data[factors] <- lapply(data[factors], factor)
  data
}
one <- function(x) signif(x, 10)
named <- function(x) as.list(one(x))

of_glmer <- function(id, dataset, formula, family, data) {
  fit <- glmer(formula, data, family, control = glmerControl(tolPwrss = 1e-12))
  spread <- VarCorr(fit)
  list(
    id = id, dataset = dataset, formula = deparse1(formula),
    family = paste0(family()$family, "(", family()$link, ")"),
    engine = "lme4::glmer nAGQ=1, tolPwrss=1e-12",
    coef = named(fixef(fit)),
    se = named(sqrt(diag(as.matrix(vcov(fit, use.hessian = TRUE))))),
    re = unname(lapply(names(spread), function(group) list(
      group = group, terms = I(rownames(spread[[group]])),
      sd = I(one(unname(attr(spread[[group]], "stddev"))))))),
    logLik = signif(as.numeric(logLik(fit)), 13), nobs = nobs(fit),
    singular = isSingular(fit))
}

of_clmm <- function(id, dataset, formula, data) {
  tight <- clmm.control(gradTol = 1e-10, maxIter = 500, innerCtrl = "noWarn")
  fit <- suppressWarnings(clmm(formula, data = data, control = tight))
  se <- sqrt(diag(vcov(fit)))
  list(
    id = id, dataset = dataset, formula = deparse1(formula), family = "cumulative(logit)",
    engine = "ordinal::clmm nAGQ=1, gradTol=1e-10",
    coef = named(fit$beta), se = named(se[names(fit$beta)]),
    thresholds = named(fit$alpha), thresholds_se = named(se[names(fit$alpha)]),
    re = unname(lapply(names(fit$ST), function(group) list(
      group = group, terms = I(colnames(fit$ST[[group]])),
      sd = I(one(as.vector(fit$ST[[group]])))))),
    logLik = signif(as.numeric(logLik(fit)), 13), nobs = fit$dims$nobs)
}

cbpp <- read("cbpp", c("herd", "period"))
epilepsy <- read("epilepsy", c("Trt", "patient", "obs"))
frogs <- read("reedfrogs", "tank")
inhaler <- read("inhaler", "subject")
inhaler$rating <- ordered(inhaler$rating)

fits <- list(
  of_glmer("cbpp1_tight", "cbpp",
           cbind(incidence, size - incidence) ~ period + (1 | herd), binomial, cbpp),
  of_clmm("inhaler1_tight", "inhaler",
          rating ~ treat + period + carry + (1 | subject), inhaler),
  of_glmer("epilepsy1_tight", "epilepsy",
           count ~ zAge + zBase * Trt + (1 | patient), poisson, epilepsy),
  of_glmer("epilepsy2_tight", "epilepsy",
           count ~ zAge + zBase * Trt + (1 | patient) + (1 | obs), poisson, epilepsy),
  of_glmer("reedfrogs1_tight", "reedfrogs",
           cbind(surv, density - surv) ~ 1 + (1 | tank), binomial, frogs))

text <- function(x) as.character(toJSON(x, auto_unbox = TRUE, digits = NA))
packages <- sapply(c("lme4", "ordinal"), function(p) as.character(packageVersion(p)))
meta <- list(R = R.version.string, packages = as.list(packages))
lines <- paste0("  ", sapply(fits, text), collapse = ",\n")
writeLines(paste0("{\n \"meta\": ", text(meta), ",\n \"fits\": [\n", lines, "\n ]\n}"),
           file.path(folder, "tight_fits.json"))
