# Makes the files beside this one: Rscript tests/data/files/make.R
# R 4.2.2, haven 2.5.1. The rows are those of tests/data/formats.py: ROWS.
setwd("tests/data/files")
rows <- data.frame(
  n = c(1.5, NA, -2, 0.25),
  i = c(1, 2, NA, 10),
  t = c("s10", "s2", "None", NA),
  l = c(TRUE, NA, FALSE, TRUE),
  f = factor(c("z", "a", NA, "z"), levels = c("z", "a", "unused")),
  o = factor(c("lo", "hi", "lo", NA), levels = c("lo", "mid", "hi"), ordered = TRUE),
  all = c(NA_real_, NA, NA, NA)
)
rows[["größe 中"]] <- c("ä", "b", NA, "ä")
saveRDS(rows, "rows.rds")
other <- 1:3
save(rows, other, file = "rows.rda")
second <- rows[1:2, ]
save(rows, second, other, file = "two.RData", ascii = TRUE)
saveRDS(list(1, 2), "list.rds")
save(other, file = "none.rda")
odd <- data.frame(x = c(1, 2))
odd$day <- as.Date("2020-01-01") + 0:1
odd$time <- as.POSIXct("2020-01-01 12:00", tz = "UTC") + 0:1
odd$list <- list(1, "a")
odd$matrix <- matrix(1:4, 2)
odd$complex <- c(1i, 2)
odd$text <- c("NA", "")
odd$named <- c(a = 1, b = NA)
odd$as_is <- I(c(TRUE, FALSE))
odd$labelled <- haven::labelled_spss(c(2, 9), c(no = 1, yes = 2, refused = 9), na_values = 9)
odd$some <- haven::labelled(c(1, 2), c(never = 1))
saveRDS(odd, "odd.rds", compress = FALSE)
haven::write_sas(rows[c("n", "i", "t")], "rows.sas7bdat")
