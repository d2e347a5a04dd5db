# Makes the reference cases E21, E22, F21, F22, M21, M22 of validation/reference: shares, tables, ranks, means, several tests.
# R 4.2.2 with coin 1.4-2, exactRankTests 0.8-35, metafor 3.8-1, jsonlite (Debian 12: r-base, r-cran-coin, r-cran-exactranktests,
# r-cran-metafor, r-cran-jsonlite). From the root of the repository: Rscript validation/outcomes_statistics.R
suppressMessages({library(coin); library(exactRankTests); library(metafor); library(jsonlite)})
quiet <- function(x) suppressWarnings(suppressMessages(x))
write_case <- function(id, title, source, input, call, notes = NULL, tolerance = 1e-6) {
  env <- list2env(input, parent = globalenv())
  expected <- eval(call, env)
  case <- list(id = unbox(id), title = unbox(title), source = unbox(source), input = input, r_call = deparse(call, width.cutoff = 120),
    expected = expected, tolerance = list(rel = unbox(tolerance)), notes = if (is.null(notes)) NULL else unbox(notes),
    versions = list(R = unbox("4.2.2"), coin = unbox(as.character(packageVersion("coin"))),
      exactRankTests = unbox(as.character(packageVersion("exactRankTests"))), metafor = unbox(as.character(packageVersion("metafor")))))
  writeLines(toJSON(case, pretty = 1, auto_unbox = TRUE, digits = I(15), na = "string", null = "null"), file.path("validation/reference", paste0(id, ".json")))
}
options(digits = 15)

write_case("E21_two_shares", "Odds ratio (conditional, Woolf), risk ratio (Katz), corrected Newcombe from prop.test's limits", "constructed; the first four tables are those of Newcombe 1998",
  list(x1 = c(56, 9, 6, 5, 24, 37, 10, 0), n1 = c(70, 10, 7, 56, 50, 65, 10, 10), x2 = c(48, 3, 2, 0, 4, 22, 0, 4), n2 = c(80, 10, 7, 29, 44, 71, 20, 12)),
  quote(lapply(seq_along(x1), function(i) {
    m <- matrix(c(x1[i], n1[i] - x1[i], x2[i], n2[i] - x2[i]), 2, byrow = TRUE)
    f <- fisher.test(m); k <- max(0, sum(m[, 1]) - n2[i]):min(n1[i], sum(m[, 1])); l <- dhyper(k, n1[i], n2[i], sum(m[, 1]), log = TRUE)
    chance <- function(t) { w <- exp(l + k * t - max(l + k * t)); w / sum(w) }
    root <- function(g) exp(uniroot(g, c(-30, 30), tol = 1e-13)$root)
    tight <- c(if (x1[i] == min(k)) 0 else if (x1[i] == max(k)) Inf else root(function(t) sum(chance(t) * k) - x1[i]),
      if (x1[i] == min(k)) 0 else root(function(t) sum(chance(t)[k >= x1[i]]) - .025), if (x1[i] == max(k)) Inf else root(function(t) sum(chance(t)[k <= x1[i]]) - .025))
    w <- function(x, n) as.vector(quiet(prop.test(x, n))$conf.int)
    a <- w(x1[i], n1[i]); b <- w(x2[i], n2[i]); p1 <- x1[i] / n1[i]; p2 <- x2[i] / n2[i]; d <- p1 - p2
    o <- list(fisher_p = f$p.value, odds = c(unname(f$estimate), f$conf.int), odds_tight = tight,
      newcombe_corrected = c(d, d - sqrt((p1 - a[1])^2 + (b[2] - p2)^2), d + sqrt((a[2] - p1)^2 + (p2 - b[1])^2)))
    if (min(m) > 0) {
      r <- escalc("RR", ai = m[1, 1], bi = m[1, 2], ci = m[2, 1], di = m[2, 2]); q <- escalc("OR", ai = m[1, 1], bi = m[1, 2], ci = m[2, 1], di = m[2, 2])
      z <- qnorm(.975)
      o$katz <- exp(c(r$yi) + c(0, -1, 1) * z * sqrt(r$vi)); o$woolf <- exp(c(q$yi) + c(0, -1, 1) * z * sqrt(q$vi))
    }
    o })), notes = "No share here is one half: there prop.test drops its correction (see E01). odds is fisher.test as it comes, with its uniroot tolerance; odds_tight solves the same equations to 1e-13.")

write_case("E22_tables", "Fisher's exact test beyond 2 x 2, trend, noncentral limits of Cramer's V", "constructed",
  list(tables = list(list(r = 3, v = c(8, 13, 5, 11, 7, 8, 7, 11, 6)), list(r = 4, v = c(10, 7, 5, 8, 4, 9, 3, 9, 4, 6, 6, 8, 5, 7, 3, 13)),
    list(r = 2, v = c(1, 9, 4, 0, 3, 5, 2, 2, 6, 3)), list(r = 5, v = c(0, 4, 4, 1, 0, 3, 1, 1, 3, 1, 2, 4, 0, 3, 4)),
    list(r = 3, v = c(5, 0, 0, 0, 5, 0, 0, 0, 5)), list(r = 4, v = c(3, 1, 0, 4, 2, 2, 0, 9))),
    x = c(5, 9, 14, 11), n = c(20, 22, 25, 16), s = c(0, 1, 2, 5)),
  quote(list(tables = lapply(tables, function(t) {
      m <- matrix(t$v, nrow = t$r, byrow = TRUE); a <- quiet(chisq.test(m, correct = FALSE)); h <- unname(a$statistic); df <- unname(a$parameter)
      lim <- function(p) if (pchisq(h, df) <= p) 0 else uniroot(function(nc) pchisq(h, df, ncp = nc) - p, c(0, 10 * h + 100), tol = 1e-13)$root
      k <- sum(m) * (min(dim(m)) - 1)
      list(fisher_p = fisher.test(m, workspace = 2e8)$p.value, v = c(sqrt(h / k), pmin(1, sqrt(c(lim(.975), lim(.025)) / k)))) }),
    trend = { a <- prop.trend.test(x, n); b <- prop.trend.test(x, n, s); list(default = c(unname(a$statistic), a$p.value), scored = c(unname(b$statistic), b$p.value)) })))

ranks <- list(
  x = c(7, 5, 5, 4, 3, 3, 2, 8, 6), y = c(5, 6, 8, 8, 7, 9, 4), a = c(2, 2, 2, 0, 1), b = c(0, 0, 1, 0, 0, 0, 3, 0),
  d = c(3, 2, 0, -1, 2, 4, 0, 1, 1, -2, 5, 3), e = c(1.1, -0.4, 2.3, 0.7, 3.2, -1.5, 0.2, 1.9), g = c(0, 0, 0, 1, 1, -1, 2))
write_case("F21_ranks_with_ties", "Mann-Whitney and signed rank with ties and zeros: exact (coin, exactRankTests), asymptotic, limits of the shift", "constructed", ranks,
  quote({
    two <- function(x, y) { d <- data.frame(v = c(x, y), g = factor(rep(c("x", "y"), c(length(x), length(y)))))
      w <- quiet(wilcox.test(x, y, exact = FALSE)); n <- quiet(wilcox.test(x, y, exact = FALSE, correct = FALSE)); ci <- quiet(wilcox.test(x, y, exact = FALSE, conf.int = TRUE, tol.root = 1e-10))
      one <- function(side) as.vector(pvalue(wilcox_test(v ~ g, data = d, distribution = "exact", alternative = side)))
      list(W = unname(w$statistic), p_cc = w$p.value, p = n$p.value, exact = one("two.sided"), greater = one("greater"), less = one("less"),
        exactRankTests_greater = wilcox.exact(x, y, alternative = "greater")$p.value, limits = as.vector(ci$conf.int),
        greater_cc = quiet(wilcox.test(x, y, exact = FALSE, alternative = "greater"))$p.value, less_cc = quiet(wilcox.test(x, y, exact = FALSE, alternative = "less"))$p.value) }
    one <- function(d) { w <- quiet(wilcox.test(d, exact = FALSE)); n <- quiet(wilcox.test(d, exact = FALSE, correct = FALSE)); z <- rep(0, length(d))
      p <- function(m, s, dist) as.vector(pvalue(wilcoxsign_test(d ~ z, zero.method = m, distribution = dist, alternative = s)))
      o <- list(V = unname(w$statistic), p_cc = w$p.value, p = n$p.value)
      for (m in c("Wilcoxon", "Pratt")) o[[m]] <- list(exact = p(m, "two.sided", "exact"), greater = p(m, "greater", "exact"), less = p(m, "less", "exact"), asymptotic = p(m, "two.sided", "asymptotic"))
      if (!any(d == 0)) o$limits <- as.vector(quiet(wilcox.test(d, exact = FALSE, conf.int = TRUE, tol.root = 1e-10))$conf.int)
      if (!any(d == 0) && !anyDuplicated(abs(d))) { e <- wilcox.test(d, conf.int = TRUE); o$exact_R <- e$p.value; o$HL <- unname(e$estimate); o$HL_limits <- as.vector(e$conf.int) }
      o }
    list(xy = two(x, y), ab = two(a, b), yx = two(y, x), d = one(d), e = one(e), g = one(g), d_moving = one(d[d != 0])) }),
  notes = "exactRankTests takes one-sided p as coin does; its two-sided p doubles the smaller tail where scores are not symmetric.")

write_case("M21_means", "t tests, Cohen's d and Hedges' g with noncentral limits", "datasets::sleep as two groups and as pairs; the second set constructed",
  list(sets = list(list(x = c(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2), y = c(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)),
    list(x = c(8, 7, 9, 6, 7, 8, 10, 9), y = c(2, 3, 1, 2, 4, 3, 2, 5)))),
  quote(lapply(sets, function(s) { x <- s$x; y <- s$y
    tt <- function(t) c(unname(t$statistic), unname(t$parameter), t$p.value, t$conf.int)
    lim <- function(t, df) sapply(c(.975, .025), function(p) uniroot(function(nc) quiet(pt(t, df, nc)) - p, c(t - 12, t + 12), tol = 1e-13)$root)
    n <- length(x); m <- length(y); st <- t.test(x, y, var.equal = TRUE); pr <- t.test(x, y, paired = TRUE); g <- escalc("SMD", m1i = mean(x), sd1i = sd(x), n1i = n, m2i = mean(y), sd2i = sd(y), n2i = m)
    list(student = tt(st), welch = tt(t.test(x, y)), paired = tt(pr), g = c(g$yi), d = unname(st$statistic) * sqrt(1 / n + 1 / m),
      d_limits = lim(unname(st$statistic), n + m - 2) * sqrt(1 / n + 1 / m), dz = unname(pr$statistic) / sqrt(n), dz_limits = lim(unname(pr$statistic), n - 1) / sqrt(n)) })))

write_case("M22_p_adjust", "p.adjust", "constructed, with ties, 1, 0 and a missing one",
  list(sets = list(c(0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 1, 0), c(0.049, 0.02, NA, 0.5), c(0.7))),
  quote(lapply(sets, function(p) sapply(c("bonferroni", "holm", "hochberg", "BH", "BY"), function(m) p.adjust(p, m), simplify = FALSE))))
