# Terms and matrices of random formulas, by R and lme4, over the data `d1` of
# r_design_vectors.json. Run in this folder: Rscript random_designs.R
# The formulas are the lines of random_designs.txt; those with a bar are lme4's.
suppressMessages({
  library(jsonlite)
  library(lme4)
  library(splines)
})
columns <- fromJSON("r_design_vectors.json", simplifyVector = FALSE)$data$d1$columns
d <- as.data.frame(lapply(columns, function(e) {
  u <- unlist(lapply(e$values, function(z) if (is.null(z)) NA else z))
  switch(e$type,
    numeric = as.numeric(u), integer = as.integer(u), logical = as.logical(u),
    character = as.character(u), factor = factor(u, levels = unlist(e$levels)),
    ordered = factor(u, levels = unlist(e$levels), ordered = TRUE)
  )
}), check.names = FALSE)
lax <- lmerControl(
  check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", check.rankX = "ignore",
  check.nlev.gtr.1 = "ignore", check.nobs.vs.rankZ = "ignore", check.scaleX = "ignore"
)
rows <- function(m) apply(signif(m, 15), 1, as.numeric, simplify = FALSE)
one <- function(text) {
  f <- as.formula(text)
  if (!grepl("|", text, fixed = TRUE)) {
    tt <- terms(f, data = d)
    x <- model.matrix(f, model.frame(f, d))
    return(list(
      formula = text, labels = I(attr(tt, "term.labels")),
      intercept = attr(tt, "intercept"), X = rows(unname(x))
    ))
  }
  made <- lFormula(f, d, control = lax)
  groups <- made$reTrms$flist[attr(made$reTrms$flist, "assign")]
  list(
    formula = text, X = rows(unname(made$X)),
    Z = lapply(seq_along(groups), function(j) list(
      group = names(groups)[j], names = I(made$reTrms$cnms[[j]]),
      levels = I(levels(groups[[j]]))
    ))
  )
}
found <- lapply(readLines("random_designs.txt"), function(text) {
  tryCatch(one(text), error = function(e) NULL, warning = function(w) NULL)
})
lines <- vapply(Filter(Negate(is.null), found), toJSON, "", digits = NA, auto_unbox = TRUE)
writeLines(c("[", paste0(lines, c(rep(",", length(lines) - 1), "")), "]"), "random_designs.json")
