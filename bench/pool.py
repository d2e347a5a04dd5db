"""Measures pooling beside R's metafor, in one run and in turns; both sides return the same quantities.

    .venv/bin/python bench/pool.py [--quick]

The problems are fourteen published series of single arms (validation/reference/A07_plo_glmm_agq7.json) and others
drawn from what they come to: the same sizes, other counts. One fit: the same twenty problems one by one on either
side. A thousand: ours in one call; R one by one, as it has no other way. Results are compared on all of them.

R is Debian's: apt-get install r-base-core r-cran-metafor r-cran-lme4. Without it our own times alone are printed.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, Self, cast

import numpy as np
from scipy.special import expit

from lines import Line, heading, ratio, seconds, show, taken
from postlude.evidence.pooling import binomial_normal, inverse_variance, measures
from postlude.evidence.pooling.answer import answers
from postlude.evidence.pooling.fit import Fit, Numbers
from postlude.evidence.pooling.problem import understand

HERE = Path(__file__).resolve().parent
SERIES = HERE.parent / "validation" / "reference" / "A07_plo_glmm_agq7.json"
FIELDS = (
    *("estimate", "se", "low", "high", "p", "tau2", "tau2_low", "tau2_high", "i2", "h2", "q", "q_p", "log_likelihood"),
    *("prediction_low", "prediction_high"),
    *(f"back {name}" for name in ("estimate", "low", "high", "prediction_low", "prediction_high")),
)
TOLERANCE = 1e-4
"""Of a difference, relative to the value and 1: where an optimiser decides, as in validation/README.md."""
AT_ONCE = 1000
ONE_BY_ONE = 20


class Way(NamedTuple):
    """A way of pooling on both sides."""

    name: str
    theirs: str
    """The way in pool.R, and what that calls."""
    calls: str
    ours: Callable[[slice | int], Fit]
    aims: tuple[float, float]
    """Times faster than R: one fit, a thousand."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and R fits a tenth of the thousand")
    quick = parser.parse_args().quick
    events, n = problems()
    y, v = measures.logit_proportion(events, n)
    reml = Way("REML", "reml", "rma, confint, predict", lambda at: inverse_variance.fit(y[at], v[at]), (20, 700))
    counts = Way(
        "binomial-normal",
        "counts",
        "rma.glmm, predict",
        lambda at: binomial_normal.one_arm(events[at], n[at]),
        (25, 300),
    )
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "counts.txt"
        np.savetxt(table, np.concatenate([events, n], axis=1), fmt="%d")
        if (reason := _absent()) is not None:
            heading(f"Pooling without R beside it: {reason}")
            show(line for way in (reml, counts) for line in _ours_alone(way))
        else:
            with R(table) as r:
                heading(f"Pooling {events.shape[1]} series beside R ({r.says}): medians, ours to R's")
                for way in (reml, counts):
                    show(_one(way, r, rounds=5 if quick else 15))
                    show(_many(way, r, AT_ONCE // 10 if quick else AT_ONCE))
    heading(f"{AT_ONCE:,} problems as they come from JSON, to answers: no R beside it")
    show(_answered(events, n))


def problems() -> tuple[Numbers, Numbers]:
    """Return events and people (AT_ONCE, k); the published series are the first problem. Same seed, same problems."""
    reference = json.loads(SERIES.read_text())
    published, people = (np.array(reference["input"]["dat"][key]) for key in ("xi", "ni"))
    exact, draw = reference["expected"]["exact"], np.random.default_rng(20260115)
    shares = expit(draw.normal(exact["b"][0], exact["tau2"] ** 0.5, (AT_ONCE, len(people))))
    events = draw.binomial(people, shares)
    events[0] = published
    return events.astype(np.float64), np.broadcast_to(people, events.shape).astype(np.float64)


def pooled(way: Way, at: slice | int) -> tuple[Fit, Numbers]:
    """Return what is timed: a fit, and its estimate, limits and prediction limits as shares."""
    fit = way.ours(at)
    return fit, expit(_on_scale(fit))


def _on_scale(fit: Fit) -> Numbers:
    return np.array([fit.beta[..., 0], fit.low[..., 0], fit.high[..., 0], fit.prediction_low, fit.prediction_high])


def _fields(fit: Fit, back: Numbers) -> Numbers:
    """Return all that is compared (problems, FIELDS)."""
    coefficient = (part[..., 0] for part in (fit.beta, fit.se, fit.low, fit.high, fit.p))
    others = (fit.tau2, fit.tau2_low, fit.tau2_high, fit.i2, fit.h2, fit.q, fit.q_p, fit.log_likelihood)
    return np.stack([*coefficient, *others, fit.prediction_low, fit.prediction_high, *back], axis=-1)


# --- beside R -----------------------------------------------------------------------------------


class R:
    """A running R that has read the problems and waits for orders."""

    def __init__(self, table: Path) -> None:
        command = ["Rscript", "--vanilla", str(HERE / "pool.R"), str(table)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._orders, self._answers = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        self.says = self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def fit(self, way: str, count: int) -> tuple[float, Numbers]:
        """Return the seconds that R took, and its results (count, fields); NaN where it found none."""
        self._orders.write(f"{way} {count}\n")
        self._orders.flush()
        passed = float(self._line())
        rows = [[float(x) if x != "NA" else np.nan for x in self._line().split()] for _ in range(count)]
        widest = max(len(row) for row in rows)
        return passed, np.array([row if len(row) == widest else [np.nan] * widest for row in rows])

    def _line(self) -> str:
        line = self._answers.readline()
        if not line:
            raise SystemExit("R has ended before its time; what it says of it stands above")
        return line.strip()


def _absent() -> str | None:
    """Return why R cannot stand beside it."""
    if shutil.which("Rscript") is None:
        return "R is absent"
    asked = "for (name in c('metafor', 'lme4')) if (!requireNamespace(name, quietly = TRUE)) cat(name, '')"
    found = subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True, text=True, check=False)
    if found.returncode:
        return "R does not run"
    return f"R is there without {found.stdout.strip()}" if found.stdout.strip() else None


def _one(way: Way, r: R, rounds: int) -> Iterator[Line]:
    mine, theirs, bare = [], [], []
    for _ in range(rounds + 1):
        mine.append(_one_by_one(way))
        theirs.append(r.fit(way.theirs, ONE_BY_ONE)[0] / ONE_BY_ONE)
        if way.theirs == "reml":
            bare.append(r.fit("bare", ONE_BY_ONE)[0] / ONE_BY_ONE)
    said = f"{rounds} rounds of {ONE_BY_ONE} problems, in turns"
    # The first round fills caches.
    yield ratio(f"one {way.name}, to {way.calls}", mine[1:], theirs[1:], way.aims[0], said)
    if bare:
        yield ratio("  to rma alone, which returns less", mine[1:], bare[1:])


def _many(way: Way, r: R, by_r: int) -> Iterator[Line]:
    mine = _at_once(way)
    passed, theirs = r.fit(way.theirs, by_r)
    bare = r.fit("bare", by_r)[0] if way.theirs == "reml" else None
    mine = [statistics.median([*mine, *_at_once(way)])]
    said = f"R ran {by_r:,} fits" + ("" if by_r == AT_ONCE else f", its time is scaled to {AT_ONCE:,}")
    yield ratio(f"{AT_ONCE:,} {way.name} at once", mine, [passed * AT_ONCE / by_r], way.aims[1], said)
    if bare is not None:
        yield ratio("  to rma alone, which returns less", mine, [bare * AT_ONCE / by_r])
    ours = _fields(*pooled(way, slice(by_r)))
    yield _same("as it is called", ours, theirs)._replace(aim="", met=None)
    yield _same("told to go on to the maximum", ours, r.fit(f"exact_{way.theirs}", by_r)[1])


def _same(how: str, ours: Numbers, theirs: Numbers) -> Line:
    """Say how many results of R are ours; where it found nothing there is nothing to compare."""
    found = np.isfinite(theirs[:, 0])
    compared = ~np.isnan(theirs).all(0)
    apart = np.abs(ours - theirs)[found][:, compared] / (1 + np.abs(theirs[found][:, compared]))
    alike = (apart <= TOLERANCE).all(1)
    names = [name for name, is_so in zip(FIELDS, compared, strict=True) if is_so]
    worst = apart.max(0)
    where = f"{len(names)} fields, furthest apart {names[int(worst.argmax())]} by {worst.max():.1e}"
    none = f"; R found none for {np.count_nonzero(~found)}" if not found.all() else ""
    what = f"  R {how}: same results"
    return Line(what, f"{np.count_nonzero(alike):,}", f"of {len(alike):,}; {where}{none}", "all", bool(alike.all()))


def _one_by_one(way: Way) -> float:
    """Return the time of one fit; the problems are gone through several times, for as long as R takes for some."""
    indices = [*range(ONE_BY_ONE)] * 10

    def run() -> None:
        for i in indices:
            pooled(way, i)

    return taken(run) / len(indices)


def _at_once(way: Way) -> list[float]:
    return [taken(lambda: pooled(way, slice(None))) for _ in range(8)][1:]


def _middle(times: list[float]) -> float:
    return statistics.median(times[1:])  # the first fills caches


# --- alone --------------------------------------------------------------------------------------


def _ours_alone(way: Way) -> Iterator[Line]:
    yield Line(f"one {way.name}", seconds(_middle([_one_by_one(way) for _ in range(6)])))
    yield Line(f"{AT_ONCE:,} {way.name} at once", seconds(statistics.median(_at_once(way))))


def _answered(events: Numbers, n: Numbers) -> Iterator[Line]:
    for model in ("inverse-variance", "binomial-normal"):
        asked = [
            {
                "measure": "proportion",
                "model": model,
                "rows": [{"events": int(e), "n": int(of)} for e, of in zip(*problem, strict=True)],
            }
            for problem in zip(events, n, strict=True)
        ]
        read = [understand(content, "bench") for content in asked]
        reading = taken(lambda contents=asked: [understand(content, "bench") for content in contents])
        times = [taken(lambda ready=read: answers(ready)) for _ in range(6)]
        yield Line(model, seconds(_middle(times)), f"and {seconds(reading)} to check what is asked")


if __name__ == "__main__":
    main()
