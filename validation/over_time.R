# Makes the reference cases O01 to O06 of reference/, and with --again works every case of groups G, H, I and K out anew from its own input.
#
#   Rscript validation/over_time.R            write O01 to O06
#   Rscript validation/over_time.R --again    the greatest difference from what the files of those groups say
#
# Debian 12: r-base, r-cran-{survival,lme4,lmertest,pbkrtest,nlme,sandwich,matchit,proc,mice,jsonlite}. Run from the repository's root.
suppressMessages({library(jsonlite); library(survival)})
here <- "validation/reference"
study <- function(name) read.csv(file.path("examples/studies/data", name))

again <- function() for (file in list.files(here, "^[GHIK][0-9]", full.names=TRUE)) {
  case <- fromJSON(file, simplifyDataFrame=FALSE); env <- new.env()
  for (name in c("lme4", "nlme", "pROC", "mice")) suppressWarnings(suppressMessages(require(name, character.only=TRUE, quietly=TRUE)))
  for (name in names(case$input)) assign(name, if (is.list(case$input[[name]]) && !is.data.frame(case$input[[name]]))
    tryCatch(as.data.frame(case$input[[name]]), error=function(e) case$input[[name]]) else case$input[[name]], env)
  found <- tryCatch(eval(parse(text=case$r_call), env), error=function(e) conditionMessage(e))
  if (is.character(found)) { cat(basename(file), "not run:", found, "\n"); next }
  flat <- function(x) suppressWarnings(as.numeric(unlist(fromJSON(toJSON(x, digits=NA, auto_unbox=TRUE)))))
  a <- flat(found); b <- flat(case$expected)
  cat(basename(file), if (length(a) == length(b)) max(abs(a-b)/pmax(1, abs(b)), na.rm=TRUE) else "another shape", "\n")
}
if ("--again" %in% commandArgs(TRUE)) { again(); quit() }

keep <- function(id, title, source, packages, input, call) {
  env <- list2env(input, parent=globalenv())
  case <- list(id=id, title=title, source=source, input=input, r_call=paste(deparse(call), collapse="\n"), expected=eval(call, env),
    versions=c(list(R=as.character(getRversion())), setNames(lapply(packages, function(p) as.character(packageVersion(p))), packages)))
  write(toJSON(case, digits=NA, auto_unbox=TRUE, dataframe="columns", na="null"), Sys.glob(file.path(here, paste0(id, "_*.json")))[1] %||%
    file.path(here, paste0(id, "_", gsub("[^a-z]+", "_", tolower(title)), ".json")))
}
`%||%` <- function(a, b) if (is.na(a)) b else a

l <- na.omit(lung[, c("time", "status", "sex", "ph.ecog")]); l$status <- l$status - 1
keep("O01", "log rank", "survival::lung", "survival", list(dat=l), quote({
  g <- function(f) list(observed=I(as.vector(if (is.matrix(f$obs)) rowSums(f$obs) else f$obs)),
                        expected=I(as.vector(if (is.matrix(f$exp)) rowSums(f$exp) else f$exp)), chisq=f$chisq)
  list(sex=g(survdiff(Surv(time, status) ~ sex, dat)), ecog=g(survdiff(Surv(time, status) ~ ph.ecog, dat)),
       stratified=g(survdiff(Surv(time, status) ~ sex + strata(ph.ecog), dat)))
}))

m <- mgus2[1:300, ]; m$etime <- ceiling(ifelse(m$pstat == 0, m$futime, m$ptime) / 12)
m$event <- ifelse(m$pstat == 0, 2*m$death, 1)
keep("O02", "competing tied", "survival::mgus2, first 300 rows, in whole years, so that most times are tied", "survival",
     list(dat=m[, c("etime", "event")]), quote({
  f <- survfit(Surv(etime, factor(event, 0:2)) ~ 1, dat, conf.type="log-log"); s <- summary(f, times=c(1, 5, 10, 20))
  list(time=s$time, at_risk=I(as.vector(s$n.risk[,1])), share=s$pstate[, 2:3], se=s$std.err[, 2:3], low=s$lower[, 2:3], high=s$upper[, 2:3])
}))

p <- study("prt-chronic-back-pain.csv")
w <- reshape(p[, c("participant", "arm", "age_years", "sex", "visit", "pain_nrs_0_10")], idvar="participant", timevar="visit",
             v.names="pain_nrs_0_10", direction="wide")
names(w)[5:6] <- c("before", "after")
keep("O03", "ancova", "Ashar et al. 2022, doi:10.1001/jamapsychiatry.2021.2669 (CC0)", "sandwich",
     list(dat=w[, c("arm", "age_years", "before", "after")]), quote({
  dat$arm <- relevel(factor(dat$arm), "usual care"); f <- lm(after ~ arm + before + age_years, dat); ci <- confint(f)
  u <- dat[complete.cases(dat), ]; nd <- data.frame(arm=levels(dat$arm), before=mean(u$before), age_years=mean(u$age_years))
  a <- predict(f, nd, se.fit=TRUE)
  list(b=I(unname(coef(f))), se=I(unname(sqrt(diag(vcov(f))))), hc3=I(unname(sqrt(diag(sandwich::vcovHC(f, "HC3"))))), lo=I(unname(ci[,1])),
       hi=I(unname(ci[,2])), p=I(unname(summary(f)$coefficients[,4])), arms=I(levels(dat$arm)), adjusted=I(unname(a$fit)),
       adjusted_se=I(unname(a$se.fit)), sigma=sigma(f), df=f$df.residual)
}))

q <- p[, c("participant", "arm", "age_years", "sex", "visit", "pain_nrs_0_10")]
keep("O04", "random intercept trial", "Ashar et al. 2022 (CC0); 16 of 151 people without a second value", c("lme4", "lmerTest", "pbkrtest"),
     list(dat=q), quote({
  dat$arm <- factor(dat$arm); dat$after <- as.numeric(dat$visit == "posttreatment_4_weeks"); dat$male <- as.numeric(dat$sex == "male")
  f <- lmerTest::lmer(pain_nrs_0_10 ~ arm*after + age_years + male + (1 | participant), dat,
                      control=lme4::lmerControl(optimizer="bobyqa", optCtrl=list(rhoend=1e-10)))
  s <- coef(summary(f)); k <- coef(summary(f, ddf="Kenward-Roger"))
  list(name=I(rownames(s)), b=I(unname(s[,1])), se=I(unname(s[,2])), df=I(unname(s[,3])), kr_se=I(unname(k[,2])), kr_df=I(unname(k[,3])),
       between=as.data.frame(lme4::VarCorr(f))$vcov[1], within=sigma(f)^2, logLik=as.numeric(logLik(f)))
}))

la <- MatchIt::lalonde; la$black <- as.numeric(la$race == "black"); la$hispan <- as.numeric(la$race == "hispan")
la <- la[, c("treat", "age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75", "re78")]
keep("O05", "propensity", "MatchIt::lalonde", c("sandwich", "MatchIt"), list(dat=la), quote({
  fm <- treat ~ age + educ + black + hispan + married + nodegree + re74 + re75
  f <- glm(fm, binomial, dat, control=glm.control(epsilon=1e-14)); X <- model.matrix(f); t <- dat$treat; y <- dat$re78
  known <- function(w) { g <- lm(re78 ~ treat, dat, weights=w); c(unname(coef(g)[2]), sqrt(sandwich::vcovHC(g, "HC0")[2, 2])) }
  # All estimating equations at once, their slope by differences: no formula in common with the code that is tested.
  joint <- function(att) {
    psi <- function(th) { b <- th[1:9]; e <- plogis(as.vector(X %*% b))
      w1 <- if (att) rep(1, length(e)) else 1/e; w0 <- if (att) e/(1-e) else 1/(1-e)
      cbind(X*(t-e), t*w1*(y-th[10]), (1-t)*w0*(y-th[11])) }
    e <- fitted(f); w <- if (att) ifelse(t==1, 1, e/(1-e)) else ifelse(t==1, 1/e, 1/(1-e))
    th <- c(coef(f), weighted.mean(y[t==1], w[t==1]), weighted.mean(y[t==0], w[t==0]))
    A <- sapply(seq_along(th), function(k) { h <- 1e-5*max(abs(th[k]), 1e-3); d <- replace(numeric(11), k, h)
      (colSums(psi(th+d)) - colSums(psi(th-d)))/(2*h) })
    V <- solve(A) %*% crossprod(psi(th)) %*% t(solve(A)); c(unname(th[10]-th[11]), sqrt(V[10,10]+V[11,11]-2*V[10,11]))
  }
  e <- fitted(f); ate <- ifelse(t==1, 1/e, 1/(1-e)); att <- ifelse(t==1, 1, e/(1-e))
  # Rounded, so that people with the same covariates tie on every machine; enlarged, because MatchIt 4.5.1 lets pairs through whose distance
  # is above the caliper but under 1 (it seems to compare whole numbers).
  s <- round(f$linear.predictors, 10); big <- unname(s)*1e6
  mm <- MatchIt::matchit(fm, dat, distance=big, m.order="largest")
  cal <- MatchIt::matchit(fm, dat, distance=big, m.order="largest", std.caliper=FALSE, caliper=0.2*sqrt(mean(tapply(big, t, var))))
  at <- function(name) match(name, rownames(dat)) - 1 # rows from 0
  cl <- cbind(at(rownames(cal$match.matrix)), at(cal$match.matrix[, 1])); cl <- cl[!is.na(cl[, 2]), ]
  pr <- cbind(at(rownames(mm$match.matrix)), at(mm$match.matrix[, 1])); pr <- pr[!is.na(pr[, 2]), ]
  list(linear=I(unname(s)), b=I(unname(coef(f))), se=I(unname(sqrt(diag(vcov(f))))), score=I(unname(e)), ate_known=known(ate), att_known=known(att),
       ate=joint(FALSE), att=joint(TRUE), ess_ate=c(sum(ate[t==1])^2/sum(ate[t==1]^2), sum(ate[t==0])^2/sum(ate[t==0]^2)),
       pairs=pr[order(pr[,1]),], caliper_pairs=cl[order(cl[,1]),])
}))

a <- study("amitriptyline-neuropathy-crossover.csv")
a <- a[a$completed_all_visits == "yes", ]
b <- merge(a[a$week_in_period == 0, ], a[a$week_in_period == 6, ], by=c("participant", "period", "treatment", "sequence", "on_antiretrovirals"))
b$fall <- b$worst_pain_nrs_0_10.x - b$worst_pain_nrs_0_10.y
keep("O06", "crossover", "Dinat et al. 2015, doi:10.1371/journal.pone.0126297 (CC BY 4.0); fall of worst pain in six weeks, 122 who completed", character(0),
     list(dat=b[, c("participant", "period", "treatment", "sequence", "on_antiretrovirals", "fall")]), quote({
  g <- function(d) {
    w <- reshape(d[, c("participant", "sequence", "period", "fall")], idvar=c("participant", "sequence"), timevar="period", direction="wide")
    first <- w$sequence == "amitriptyline first"; step <- w$fall.1 - w$fall.2; own <- ifelse(first, step, -step); total <- w$fall.1 + w$fall.2
    t <- function(x, y, k) { r <- t.test(x, y, var.equal=TRUE); c(k*unname(diff(rev(r$estimate))), k*r$stderr, r$p.value, k*r$conf.int) }
    s <- t.test(own)
    list(treatment=t(step[first], step[!first], .5), period=t(-step[first], step[!first], .5), carry_over=t(total[first], total[!first], 1),
         paired=c(unname(s$estimate), s$stderr, s$p.value, s$conf.int), n=c(sum(first), sum(!first)),
         mean=I(as.vector(tapply(d$fall, d$treatment, mean))), sd=I(as.vector(tapply(d$fall, d$treatment, sd))))
  }
  lapply(split(dat, dat$on_antiretrovirals), g)
}))
