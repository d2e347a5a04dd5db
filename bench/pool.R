# Pools the same problems as bench/pool.py with metafor. Reads one order a line: way, number of problems; prints the
# seconds that the fits took and then their results, one problem a line. The first argument is a table of counts: one
# problem a line, the events of all series and then the people.
suppressPackageStartupMessages(library(metafor))
counts <- as.matrix(read.table(commandArgs(TRUE)[1]))
series <- ncol(counts) / 2
xi <- lapply(seq_len(nrow(counts)), function(i) counts[i, seq_len(series)])
ni <- lapply(seq_len(nrow(counts)), function(i) counts[i, series + seq_len(series)])
estimates <- lapply(seq_along(xi), function(i) escalc(measure = "PLO", xi = xi[[i]], ni = ni[[i]]))
yi <- lapply(estimates, function(e) as.numeric(e$yi))
vi <- lapply(estimates, function(e) as.numeric(e$vi))

said <- function(fit, tau2, q, q_p, likelihood) {
  further <- predict(fit)
  on_scale <- c(fit$b[1], fit$ci.lb, fit$ci.ub, further$pi.lb, further$pi.ub)
  c(fit$b[1], fit$se, fit$ci.lb, fit$ci.ub, fit$pval, fit$tau2, tau2, fit$I2, fit$H2, q, q_p, likelihood,
    further$pi.lb, further$pi.ub, transf.ilogit(on_scale))
}
reml <- function(i, control, limits) {
  fit <- rma(yi[[i]], vi[[i]], control = control)
  said(fit, confint(fit, control = limits)$random["tau^2", c("ci.lb", "ci.ub")], fit$QE, fit$QEp, as.numeric(logLik(fit)))
}
# Its own likelihood is the one given the modes of the random effects (validation/part-b.md): the marginal one is put
# together from that of lme4, which is told relative to the saturated model, and the saturated model's.
binomial_normal <- function(i, ...) {
  fit <- rma.glmm(measure = "PLO", xi = xi[[i]], ni = ni[[i]], retfit = TRUE, ...)
  saturated <- sum(dbinom(xi[[i]], ni[[i]], xi[[i]] / ni[[i]], log = TRUE))
  said(fit, c(NA, NA), fit$QE.Wld, fit$QEp.Wld, as.numeric(logLik(fit$res.ML)) + saturated)
}
exact <- list(
  optimizer = "bobyqa", tolPwrss = 1e-12, optCtrl = list(rhobeg = 0.01, rhoend = 1e-9, maxfun = 1e5)
)
ways <- list(
  reml = function(i) reml(i, list(), list()),
  bare = function(i) {
    fit <- rma(yi[[i]], vi[[i]])
    c(fit$b[1], fit$se)
  },
  # As it is called, a fit stops when steps are small, and so a little before the maximum. These go on.
  exact_reml = function(i) reml(i, list(threshold = 1e-12, maxiter = 1e4, stepadj = 0.5), list(tol = 1e-12)),
  counts = function(i) binomial_normal(i),
  exact_counts = function(i) binomial_normal(i, nAGQ = 25, control = list(glmerCtrl = exact))
)

cat("metafor", as.character(packageVersion("metafor")), "lme4", as.character(packageVersion("lme4")), "\n")
flush(stdout())
orders <- file("stdin", "r")
while (length(order <- readLines(orders, 1)) > 0) {
  order <- strsplit(order, " ")[[1]]
  way <- ways[[order[1]]]
  found <- vector("list", as.integer(order[2]))
  now <- Sys.time()
  for (i in seq_along(found)) {
    found[[i]] <- tryCatch(suppressWarnings(way(i)), error = function(e) NA)
  }
  passed <- as.numeric(Sys.time() - now, units = "secs")
  cat(sprintf("%.9f\n", passed))
  writeLines(vapply(found, function(f) paste(sprintf("%.17g", f), collapse = " "), ""))
  flush(stdout())
}
