# Calibrates design weights with R survey: calibrate, rake and postStratify.
#
#   Rscript calibrate_reference.R sample.csv margins.csv output.csv case ...
#
# Sample: a column d of design weights, and one per margin or total. Margins: margin, category,
# total; an empty category is a numeric total. A case is linear, raking or logit, with bounds as in
# logit:0.3:3; rake (categories only); or poststratify (the first margin only). Output: the weights,
# one column per case; per case its seconds on standard output, without reading and set-up.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
margins <- read.csv(arguments[2], colClasses = c("character", "character", "numeric"))
sample <- read.csv(arguments[1], colClasses = "character")
categorical <- unique(margins$margin[margins$category != ""])
numeric <- unique(margins$margin[margins$category == ""])
for (name in categorical) {
  sample[[name]] <- factor(sample[[name]], levels = margins$category[margins$margin == name])
}
for (name in c(numeric, "d")) sample[[name]] <- as.numeric(sample[[name]])
design <- svydesign(ids = ~1, weights = ~d, data = sample)

counts <- lapply(categorical, function(name) {
  rows <- margins[margins$margin == name, ]
  data.frame(category = factor(rows$category, levels = rows$category), Freq = rows$total)
})
counts <- Map(function(table, name) setNames(table, c(name, "Freq")), counts, categorical)
formula <- reformulate(c(categorical, numeric))
# Treatment contrasts: the population, then all categories but the first of each margin.
population <- c(
  "(Intercept)" = sum(counts[[1]]$Freq),
  unlist(lapply(seq_along(counts), function(i) {
    setNames(counts[[i]]$Freq, paste0(categorical[i], counts[[i]][[1]]))[-1]
  })),
  unlist(lapply(numeric, function(name) {
    setNames(margins$total[margins$margin == name], name)
  }))
)

one <- function(case) {
  words <- strsplit(case, ":")[[1]]
  bounds <- if (length(words) == 3) as.numeric(words[2:3]) else c(-Inf, Inf)
  if (words[1] == "rake") {
    # An epsilon under 1 is a share of the population.
    control <- list(maxit = 2000, epsilon = 1e-14)
    return(rake(design, lapply(categorical, reformulate), counts, control = control))
  }
  if (words[1] == "poststratify") {
    return(postStratify(design, reformulate(categorical[1]), counts[[1]]))
  }
  calibrate(
    design, formula, population,
    calfun = words[1], bounds = bounds, maxit = 500, epsilon = 1e-12
  )
}

result <- list()
for (case in arguments[-(1:3)]) {
  start <- proc.time()["elapsed"]
  result[[case]] <- weights(one(case))
  cat(case, proc.time()["elapsed"] - start, "\n")
}
weights <- do.call(cbind, result)
write.csv(format(weights, digits = 17, trim = TRUE), arguments[3], row.names = FALSE, quote = FALSE)
