# What the functions of R give that center(), scale(), poly(), bs(), ns(), cut() and
# rank() follow: over 12 numbers, and over 4 others by predict().
library(splines)
x <- c(0.1, 0.5, 0.9, 1.3, 2.2, 2.9, 3.1, 4.4, 5, 6.2, 7.7, 9.1)
new <- c(-1, 0.3, 5.5, 12)
two <- function(made, other) list(
  fit = unname(lapply(seq_len(ncol(made)), function(j) as.numeric(made[, j]))),
  new = unname(lapply(seq_len(ncol(other)), function(j) as.numeric(other[, j]))))
by <- function(made) two(made, suppressWarnings(predict(made, new)))
scaled <- function(...) {
  s <- scale(x, ...)
  centre <- attr(s, "scaled:center"); spread <- attr(s, "scaled:scale")
  other <- (new - (if (is.null(centre)) 0 else centre)) / (if (is.null(spread)) 1 else spread)
  two(s, matrix(other))
}
cuts <- function(...) list(levels = levels(cut(x, ...)), codes = as.integer(cut(x, ...)))
out <- list(
  x = x, new = new,
  columns = list(
    "center(x)" = scaled(scale = FALSE),
    "scale(x)" = scaled(),
    "standardize(x)" = scaled(),
    "scale(x, center = FALSE)" = scaled(center = FALSE),
    "scale(x, center = FALSE, scale = FALSE)" = scaled(center = FALSE, scale = FALSE),
    "poly(x, 4)" = by(poly(x, 4)),
    "poly(x, 3, raw = TRUE)" = by(poly(x, 3, raw = TRUE)),
    "ns(x)" = by(ns(x)),
    "ns(x, df = 3)" = by(ns(x, df = 3)),
    "ns(x, df = 5)" = by(ns(x, df = 5)),
    "ns(x, knots = [2, 5])" = by(ns(x, knots = c(2, 5))),
    "ns(x, df = 4, intercept = TRUE)" = by(ns(x, df = 4, intercept = TRUE)),
    "bs(x)" = by(bs(x)),
    "bs(x, df = 5)" = by(bs(x, df = 5)),
    "bs(x, knots = [2, 5])" = by(bs(x, knots = c(2, 5))),
    "bs(x, df = 5, degree = 2, intercept = TRUE)" = by(bs(x, df = 5, degree = 2, intercept = TRUE))),
  cuts = list(
    "cut(x, 3)" = cuts(3),
    "cut(x, 4, include_lowest = TRUE)" = cuts(4, include.lowest = TRUE),
    "cut(x, [0, 2, 5, 10])" = cuts(c(0, 2, 5, 10)),
    "cut(x, [0.1, 2, 5, 9.1], include_lowest = TRUE)" = cuts(c(0.1, 2, 5, 9.1), include.lowest = TRUE),
    "cut(x, [0, 2, 5, 10], right = FALSE)" = cuts(c(0, 2, 5, 10), right = FALSE),
    "cut(x, [0.1, 2, 5, 9.1], right = FALSE, include_lowest = TRUE)" = cuts(c(0.1, 2, 5, 9.1), right = FALSE, include.lowest = TRUE),
    "cut(x, [0, 5], labels = [low])" = cuts(c(0, 5), labels = "low")),
  ranks = list(x = c(2, 1, 2, 5, 1), rank = rank(c(2, 1, 2, 5, 1))))
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = FALSE, null = "null", pretty = FALSE))
