# Pools each row of a CSV by mice::pool.scalar.
#
#   Rscript pool_reference.R input.csv output.csv
#
# Input: columns q1 ... qm, u1 ... um, n (Inf for a large sample), k.
arguments <- commandArgs(trailingOnly = TRUE)
cases <- read.csv(arguments[1])
m <- sum(grepl("^q[0-9]+$", names(cases)))
pooled <- lapply(seq_len(nrow(cases)), function(row) {
  case <- cases[row, ]
  result <- mice::pool.scalar(
    Q = unlist(case[paste0("q", seq_len(m))]),
    U = unlist(case[paste0("u", seq_len(m))]),
    n = case$n,
    k = case$k
  )
  half <- qt(0.975, result$df) * sqrt(result$t)
  data.frame(
    estimate = result$qbar, within = result$ubar, between = result$b, variance = result$t,
    df = result$df, fmi = result$fmi, low = result$qbar - half, high = result$qbar + half
  )
})
options(digits = 17)
write.csv(do.call(rbind, pooled), arguments[2], row.names = FALSE)
