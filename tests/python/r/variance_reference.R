# Estimates with standard errors by R survey, for a calibrated sample.
#
#   Rscript variance_reference.R sample.csv margins.csv output.csv
#
# Sample: columns d (weight before calibration), stratum, unit, size (units in the population of
# the stratum), y, group and the margins. Margins: as for calibrate_reference.R, categories only.
# Output: case, statistic, domain, estimate, se. The cases differ in calibration and error.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust")
arguments <- commandArgs(trailingOnly = TRUE)
margins <- read.csv(arguments[2], colClasses = c("character", "character", "numeric"))
sample <- read.csv(arguments[1], colClasses = "character")
names <- unique(margins$margin)
for (name in names) {
  sample[[name]] <- factor(sample[[name]], levels = margins$category[margins$margin == name])
}
for (name in c("d", "y", "size")) sample[[name]] <- as.numeric(sample[[name]])
population <- c("(Intercept)" = sum(margins$total[margins$margin == names[1]]))
for (name in names) {
  rows <- margins[margins$margin == name, ][-1, ]
  population <- c(population, setNames(rows$total, paste0(name, rows$category)))
}
formula <- reformulate(names)
element <- svydesign(ids = ~1, strata = ~stratum, weights = ~d, fpc = ~size, data = sample)
cluster <- svydesign(ids = ~unit, strata = ~stratum, weights = ~d, data = sample, nest = TRUE)
calibrated <- function(design, calfun, bounds = c(-Inf, Inf)) {
  calibrate(design, formula, population,
    calfun = calfun, bounds = bounds, maxit = 500, epsilon = 1e-12
  )
}
designs <- list(
  design = element,
  cluster = cluster,
  linear = calibrated(element, "linear"),
  raking = calibrated(element, "raking"),
  logit = calibrated(element, "logit", c(0.3, 3)),
  cluster_raking = calibrated(cluster, "raking"),
  # Replicates of the whole sample, each calibrated again.
  jackknife = calibrated(
    as.svrepdesign(svydesign(ids = ~1, strata = ~stratum, weights = ~d, data = sample),
      type = "JKn", mse = TRUE
    ), "raking"
  )
)
one <- function(case) {
  design <- designs[[case]]
  row <- function(statistic, domain, value) {
    data.frame(
      case = case, statistic = statistic, domain = domain,
      estimate = as.numeric(coef(value)), se = as.numeric(SE(value))
    )
  }
  groups <- svyby(~y, ~group, design, svymean)
  rbind(
    row("mean", "", svymean(~y, design)),
    row("total", "", svytotal(~y, design)),
    row("mean", groups$group, groups),
    row("share", levels(factor(sample$group)), svymean(~factor(group), design))
  )
}
result <- do.call(rbind, lapply(names(designs), one))
options(digits = 17)
write.csv(result, arguments[3], row.names = FALSE)
