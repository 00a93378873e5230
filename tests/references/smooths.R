# Smooth terms of mgcv as mixed models, as brms has them, into smooths.json: columns of
# the fixed and the random part, on the rows of the fit and on new rows, the scale of the
# penalty, and the log density of a normal response with given standard deviations.
#
#     Rscript smooths.R
#
# Needs mgcv and jsonlite. Data are made up.

suppressPackageStartupMessages(library(mgcv))

file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file)) dirname(normalizePath(file)) else "."

set.seed(20260311)
few <- round(c(rnorm(24, 5, 2), runif(8, 0, 20)), 1) # some values are there twice
many <- sort(runif(350, -1, 1))^3 # more values than are decomposed whole
year <- 1990 + sample(0:25, 40, replace = TRUE)
data <- list(few = few, many = many, year = year)
beyond <- function(x) {
  c(min(x) - diff(range(x)) / 3, mean(x), quantile(x, c(0.1, 0.62)), max(x) + 1)
}
new <- lapply(data, function(x) unname(beyond(x)))
cases <- list(
  list("few", "tp", 10), list("few", "tp", 3), list("few", "ts", 6),
  list("few", "cr", 10), list("few", "cr", 4), list("few", "cc", 8),
  list("many", "tp", 7), list("year", "tp", 10), list("year", "cr", 5)
)
# of what is left of y beside any multiple of a line
normal <- function(y, covariance, line) {
  root <- chol(covariance)
  half <- backsolve(root, y, transpose = TRUE)
  found <- -sum(log(diag(root))) - 0.5 * length(y) * log(2 * pi)
  if (!ncol(line)) return(found - 0.5 * sum(half^2))
  lines <- backsolve(root, line, transpose = TRUE)
  rest <- residuals(lm(half ~ 0 + lines))
  found - 0.5 * sum(rest^2) + 0.5 * log(2 * pi) -
    0.5 * log(sum(lines^2)) + 0.5 * log(sum(line^2))
}
found <- lapply(cases, function(case) {
  x <- data[[case[[1]]]]
  term <- s(x, bs = case[[2]], k = case[[3]])
  smooth <- smoothCon(
    term, data.frame(x = x),
    absorb.cons = TRUE, diagonal.penalty = TRUE
  )[[1]]
  parts <- smooth2random(smooth, "", type = 2)
  at <- PredictMat(smooth, data.frame(x = new[[case[[1]]]]))
  if (!is.null(parts$trans.U)) at <- at %*% parts$trans.U
  at <- t(t(at) * parts$trans.D)
  random <- parts$rand[[1]]
  y <- sin(seq_along(x))
  line <- parts$Xf
  made <- list(
    data = case[[1]], bs = case[[2]], k = case[[3]], scale = smooth$S.scale,
    random = random, new = at[, parts$rind, drop = FALSE],
    log_density = normal(
      y, tcrossprod(random) * 0.7^2 + 0.3^2 * diag(length(x)) + 1.1^2, line
    )
  )
  if (ncol(line)) {
    made$line <- as.vector(line)
    made$new_line <- as.vector(at[, -parts$rind])
  }
  made
})
# by the levels of a factor, and by a number
d <- data.frame(
  x = few, f = factor(rep(c("a", "b", "c"), length.out = 32)), z = sin(1:32)
)
d$o <- ordered(d$f)
by <- lapply(list(s(x, k = 6, by = f), s(x, k = 6, by = o), s(x, k = 6, by = z)), function(s) {
  lapply(smoothCon(s, d, absorb.cons = TRUE, diagonal.penalty = TRUE), function(one) {
    parts <- smooth2random(one, "", type = 2)
    list(random = parts$rand[[1]], lines = parts$Xf)
  })
})
names(by) <- c("f", "o", "z")
writeLines(
  jsonlite::toJSON(
    list(
      by = by,
      versions = list(R = as.character(getRversion()), mgcv = as.character(packageVersion("mgcv"))),
      data = data, new = new, cases = found
    ),
    auto_unbox = TRUE, digits = NA, pretty = FALSE
  ),
  file.path(here, "smooths.json")
)
