# The figures of R beside which the examples put theirs: writes reference.json
# into each of the folders. Needs lme4, ordinal and jsonlite.
#
#     cd examples && Rscript reference.R

suppressPackageStartupMessages({
  library(lme4)
  library(ordinal)
  library(jsonlite)
})

R <- paste("R", getRversion())
LME4 <- paste0(R, ", lme4 ", packageVersion("lme4"))
ORDINAL <- paste0(R, ", ordinal ", packageVersion("ordinal"))

read <- function(name) read.csv(file.path(name, paste0(name, ".csv")))

# One parameter: its estimate and, where there is one, its standard error.
pair <- function(name, estimate, se = NULL) {
  value <- if (is.null(se)) unname(estimate) else unname(c(estimate, se))
  setNames(list(I(signif(value, 7))), name)
}

# Estimates of a fit, named as `varying summary` names them.
parameters <- function(names, estimates, ses) {
  do.call(c, unname(Map(pair, names, estimates, ses)))
}

population <- function(fit) {
  table <- coef(summary(fit))
  names <- sub("^\\(Intercept\\)$", "Intercept", rownames(table))
  parameters(
    ifelse(names == "Intercept", names, paste0("b[", names, "]")),
    table[, 1], table[, 2]
  )
}

groups <- function(fit) {
  out <- list()
  for (name in names(VarCorr(fit))) {
    part <- VarCorr(fit)[[name]]
    coefs <- sub("^\\(Intercept\\)$", "Intercept", rownames(part))
    out <- c(out, parameters(
      paste0("sd_", name, "[", coefs, "]"), attr(part, "stddev"),
      rep(list(NULL), length(coefs))
    ))
    if (length(coefs) == 2) {
      cor <- attr(part, "correlation")[2, 1]
      out <- c(out, pair(paste0("cor_", name, "[", coefs[2], ", ", coefs[1], "]"), cor))
    }
  }
  out
}

mixed <- function(call, fit, program = LME4) {
  found <- c(population(fit), groups(fit))
  if (isLMM(fit)) found <- c(found, pair("sigma", sigma(fit)))
  if (length(fit@optinfo$conv$lme4) > 0 || isSingular(fit)) stop(call)
  list(call = call, program = program, estimates = found)
}

linear <- function(call, fit) {
  list(
    call = call, program = R,
    estimates = c(population(fit), pair("sigma", summary(fit)$sigma))
  )
}

write <- function(name, fits) {
  text <- toJSON(list(fits = fits), auto_unbox = TRUE, digits = NA, pretty = 2)
  text <- gsub("\\[\\s+(\\S+)\\s+\\]", "[\\1]", text, perl = TRUE)
  text <- gsub("\\[\\s+(\\S+,)\\s+(\\S+)\\s+\\]", "[\\1 \\2]", text, perl = TRUE)
  writeLines(text, file.path(name, "reference.json"))
}

# --- sleepstudy: restricted maximum likelihood ------------------------------
d <- read("sleepstudy")
write("sleepstudy", list(
  slopes = mixed(
    "lmer(Reaction ~ Days + (1 + Days | Subject))",
    lmer(Reaction ~ Days + (1 + Days | Subject), d)
  )
))

# --- radon ------------------------------------------------------------------
d <- transform(read("radon"), county = factor(county))
# The response of the book: a measurement of 0 counts as 0.1, the others as they are.
activity <- exp(d$log_radon) - 0.1
d$recoded <- log(ifelse(activity < 1e-9, 0.1, activity))
none <- linear("lm(log_radon ~ 0 + county + floor)", lm(log_radon ~ 0 + county + floor, d))
names(none$estimates) <- sub("^b\\[county(\\d+)\\]$", "b[county[\\1]]", names(none$estimates))
write("radon", list(
  complete = linear("lm(log_radon ~ floor)", lm(log_radon ~ floor, d)),
  none = none,
  partial = mixed(
    "lmer(log_radon ~ floor + (1 | county))",
    lmer(log_radon ~ floor + (1 | county), d)
  ),
  slopes = mixed(
    "lmer(log_radon ~ floor + (1 + floor | county))",
    lmer(log_radon ~ floor + (1 + floor | county), d)
  ),
  uranium = mixed(
    "lmer(log_radon ~ floor + log_uppm + (1 | county))",
    lmer(log_radon ~ floor + log_uppm + (1 | county), d)
  ),
  recoded = mixed(
    "lmer(recoded ~ floor + (1 | county))",
    lmer(recoded ~ floor + (1 | county), d)
  )
))

# --- tadpoles: adaptive quadrature with 15 nodes ----------------------------
d <- transform(read("tadpoles"), tank = factor(tank))
rename <- function(fit) {
  names(fit$estimates) <- gsub("predpred", "pred[pred]", names(fit$estimates))
  names(fit$estimates) <- gsub("sizesmall", "size[small]", names(fit$estimates))
  fit
}
write("tadpoles", list(
  tanks = mixed(
    "glmer(cbind(surv, density - surv) ~ 1 + (1 | tank), binomial, nAGQ = 15)",
    glmer(cbind(surv, density - surv) ~ 1 + (1 | tank), d, binomial, nAGQ = 15)
  ),
  predators = rename(mixed(
    "glmer(cbind(surv, density - surv) ~ pred * size + (1 | tank), binomial, nAGQ = 15)",
    glmer(cbind(surv, density - surv) ~ pred * size + (1 | tank), d, binomial, nAGQ = 15)
  ))
))

# --- trolley ----------------------------------------------------------------
d <- read("trolley")
terms <- ~ action + intention + contact + intention:action + intention:contact
rows <- function(fit) {
  table <- coef(summary(fit))
  threshold <- grepl("|", rownames(table), fixed = TRUE)
  kind <- ifelse(threshold, "threshold[", "b[")
  parameters(paste0(kind, rownames(table), "]"), table[, 1], table[, 2])
}
stories <- clm(update(terms, factor(response) ~ .), data = d)

# Effects of persons: clmm does not converge here, so the likelihood is
# integrated over them on a grid. Ratings count by person, cell and category.
x <- model.matrix(terms, d)[, -1]
cell <- interaction(d$action, d$intention, d$contact, drop = TRUE)
cells <- x[match(levels(cell), cell), ]
counts <- matrix(
  as.numeric(xtabs(~ id + cell + response, cbind(d, cell = cell))),
  nrow = length(unique(d$id))
)
grid <- seq(-8, 8, length.out = 641)
weights <- dnorm(grid) / sum(dnorm(grid))
minus <- function(p) {
  eta <- outer(drop(cells %*% p[1:5]), exp(p[12]) * grid, "+")
  cut <- cumsum(c(p[6], exp(p[7:11])))
  below <- sapply(cut, function(c) plogis(c - eta), simplify = "array")
  above <- sapply(cut, function(c) plogis(eta - c), simplify = "array")
  p_cell <- array(c(
    below[, , 1], below[, , -1] * above[, , -6] * rep(-expm1(-diff(cut)), each = length(eta)),
    above[, , 6]
  ), c(dim(eta), 7))
  log_p <- matrix(aperm(log(p_cell), c(1, 3, 2)), ncol = length(grid))
  each <- counts %*% log_p
  top <- apply(each, 1, max)
  -sum(top + log(exp(each - top) %*% weights))
}
reported <- function(p) c(p[1:5], cumsum(c(p[6], exp(p[7:11]))), exp(p[12]))
start <- c(coef(stories)[7:11], coef(stories)[1], log(diff(coef(stories)[1:6])), 0.6)
found <- optim(start, minus, method = "BFGS", hessian = TRUE,
  control = list(maxit = 500, reltol = 1e-13))
jacobian <- sapply(1:12, function(i) {
  step <- replace(numeric(12), i, 1e-5)
  (reported(found$par + step) - reported(found$par - step)) / 2e-5
})
covariance <- jacobian %*% solve(found$hessian) %*% t(jacobian)
names <- c(
  paste0("b[", names(coef(stories))[7:11], "]"),
  paste0("threshold[", names(coef(stories))[1:6], "]"), "sd_id[Intercept]"
)
cat("trolley, people: log likelihood", -found$value, "\n")
# Posterior means of m12.5 in McElreath (2020).
book <- list(
  "b[action]" = -0.47, "b[intention]" = -0.29, "b[contact]" = -0.34,
  "b[action:intention]" = -0.43, "b[intention:contact]" = -1.23
)
write("trolley", list(
  stories = list(
    call = "clm(factor(response) ~ action + intention + contact + intention:action + intention:contact)",
    program = ORDINAL, estimates = rows(stories), book = book
  ),
  people = list(
    call = "maximum likelihood, people integrated out on a grid",
    program = R,
    estimates = parameters(names, reported(found$par), sqrt(diag(covariance)))
  )
))
