# Finds the nearest donor of each recipient within cells by VIM::kNN.
#
#   Rscript donor_reference.R input.csv output.csv
#
# Input: id, cell, x, y (numbers), donor (0 or 1), target (the id of the donor itself; empty for
# recipients). Output: id and the donor found, per recipient; the seconds on standard output.
# kNN measures Gower's distance: each column divided by its range in the data it is given. The
# caller gives columns with the same range in every cell, so that the order is that of plain sums.
suppressPackageStartupMessages(library(VIM))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[1])
start <- proc.time()["elapsed"]
filled <- lapply(split(rows, rows$cell), function(cell) {
  found <- suppressWarnings(kNN(
    cell[c("x", "y", "target")],
    variable = "target", dist_var = c("x", "y"), k = 1, imp_var = FALSE, numFun = median
  ))
  data.frame(id = cell$id, donor = found$target)[cell$donor == 0, ]
})
cat(proc.time()["elapsed"] - start, "\n")
write.csv(do.call(rbind, filled), arguments[2], row.names = FALSE)
