"""Measures the expectations in one run: fitting the evidence, one person, a cohort, and the command from a cold start.

    .venv/bin/python bench/expect.py [--quick]

The fit of stated size is of made-up arms: 240 of them from 150 trials of 42 interventions, counts drawn by the model's
own structure, with the shipped terms and priors. Every part runs in a process of its own, whose greatest memory is
told; this one loads nothing, because a process begins with the memory that its parent had.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lines import Line, at_most, heading, seconds, show, taken

if TYPE_CHECKING:
    from postlude.catalog.catalogue import Library
    from postlude.evidence.arms import Row

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "dahbour-2021.json"
STUDIES = ROOT / "src" / "postlude" / "knowledge" / "evidence"
DAY = date(2026, 1, 15)
ARMS, TRIALS, INTERVENTIONS = 240, 150, 42
PEOPLE = 100_000
MEMORY = 200.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    repeats = 3 if options.quick else 7
    if options.part:
        found = PARTS[options.part](repeats)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**found, "peak": peak}))
        return
    heading("Whole processes: median of `postlude assess`, start to end")
    show(_commands(repeats))
    heading("Fitting the evidence")
    show(_fits(repeats))
    heading("Expectations from a stored fit")
    show(_expectations(repeats))


# --- processes ----------------------------------------------------------------------------------


def _commands(repeats: int) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clinic = folder / "clinic"
        (clinic / "evidence").mkdir(parents=True)
        study = min(STUDIES.glob("*.toml"))
        # Other words for a study are other evidence: no stored pool is made from it.
        (clinic / "evidence" / study.name).write_text(study.read_text().replace('title = "', 'title = "Anew: ', 1))

        def run(what: str, aim: float, *more: str, cold: bool) -> Line:
            times = []
            for number in range(repeats + 1):
                stored = folder / (f"cold-{number}" if cold else "warm") / what.replace(" ", "-")
                environment = {**os.environ, "XDG_CACHE_HOME": str(stored)}
                command = [str(Path(sys.executable).parent / "postlude"), "assess", str(EXAMPLE), *more]
                times.append(
                    taken(lambda c=command, e=environment: subprocess.run(c, env=e, capture_output=True, check=True))
                )
            made = len([*stored.rglob("*.pool")])
            pool = "fitted and stored in it" if made and cold else "read from it" if made else "read from the package"
            return at_most(what, statistics.median(times[1:]), aim, f"{repeats} runs; pool {pool}")

        yield run("cold: empty cache", 2.5, cold=True)
        yield run("cold: empty cache, evidence of a clinic's own", 2.5, "--knowledge", str(clinic), cold=True)
        yield run("warm", 2.5, cold=False)
        yield run("warm, evidence of a clinic's own", 2.5, "--knowledge", str(clinic), cold=False)


def _part(name: str, repeats: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--part", name, *(["--quick"] if repeats < 7 else [])]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return found


def _memory(peak: float) -> Line:
    return Line("  greatest memory of the process", f"{peak:.0f} MiB", "", f"≤ {MEMORY:g} MiB", peak <= MEMORY)


def _fits(repeats: int) -> Iterator[Line]:
    for part, what in (("made-up", "made up"), ("shipped", "shipped evidence, with all that is kept of it")):
        found = _part(part, repeats)
        times = found["times"]
        detail = f"{found['says']}; the first {seconds(times[0])}"
        yield at_most(what, statistics.median(times), 1.0, detail)
        yield _memory(found["peak"])


def _expectations(repeats: int) -> Iterator[Line]:
    one = _part("person", repeats)
    yield at_most("one person, all interventions", statistics.median(one["times"]), 0.005, one["says"])
    yield at_most(
        "one person, all treatments of the catalogue", statistics.median(one["offered"]), 0.005, one["offers"]
    )
    yield at_most("one person, one intervention", statistics.median(one["single"]), 0.005)
    yield Line("  unpacking the pool, once", seconds(one["unpacking"]))
    many = _part("people", repeats)
    yield at_most(f"{PEOPLE:,} people, all interventions", statistics.median(many["times"]), 10.0, many["says"])
    yield _memory(many["peak"])


# --- inside a process ---------------------------------------------------------------------------


def _of_made_up(repeats: int) -> dict[str, Any]:
    from postlude.catalog.load import load
    from postlude.evidence.model import design
    from postlude.evidence.model.fitting import fit

    library = load().library
    rows = _made_up(library)
    times = [taken(lambda: fit(*design.arm_model(rows, library, library.priors))) for _ in range(repeats)]
    says = (
        f"{len(rows)} arms, {len({r.trial for r in rows})} trials, {len({r.intervention for r in rows})} interventions"
    )
    return {"times": times, "says": f"{says} (of {len(library.interventions)} in the model)"}


def _made_up(library: "Library") -> "list[Row]":
    """Draw arms in turns of trials and interventions, so that many trials compare two of them. Same each time."""
    from math import exp

    from postlude.evidence.arms import Row
    from postlude.evidence.likelihood import from_count
    from postlude.evidence.model import design

    draw = random.Random(20260115)
    names = list(library.interventions)[:INTERVENTIONS]
    level = {name: draw.gauss(0, 0.7) for name in names}
    trial_level = [draw.gauss(0, 0.5) for _ in range(TRIALS)]
    known = (*design.DEFINITIONS, design.UNBLINDED, *design.BIASES)
    rows = []
    for i in range(ARMS):
        trial, name, n = i % TRIALS, names[i % len(names)], draw.randint(8, 120)
        share = 1 / (1 + exp(0.4 - level[name] - trial_level[trial] - draw.gauss(0, 0.2)))
        events = sum(draw.random() < share for _ in range(n))
        features = {key: float(draw.random() < 0.2) for key in known}
        features |= {c.prior: draw.choice((0.0, 0.5, 1.0)) for c in library.covariates.values()}
        rows.append(
            Row(
                study=f"s{trial}",
                trial=f"t{trial}",
                arm=f"a{i}",
                people=f"t{trial}/a{i}",
                intervention=name,
                label=name,
                outcome="made-up",
                pooled_as="relief-50",
                months=draw.choice((None, 1.0, 3.0, 6.0, 12.0, 24.0)),
                randomised=trial % 3 > 0,
                route="count",
                events=float(events),
                n=float(n),
                percent=100 * events / n,
                weight=1.0,
                features=features,
                binomial=from_count(events, n),
            )
        )
    return rows


def _of_shipped(repeats: int) -> dict[str, Any]:
    from postlude.catalog.load import load
    from postlude.evidence.make import fit_library, pool

    library = load().library
    times = [taken(lambda: pool(fit_library(library))) for _ in range(repeats)]
    fitted = fit_library(library)
    says = f"{len(fitted.rows.counted)} rows of {len({r.trial for r in fitted.rows.counted})} trials"
    return {"times": times, "says": f"{says}, {len(fitted.contrasts)} comparisons inside trials"}


def _of_person(repeats: int) -> dict[str, Any]:
    from postlude.assessment.intake import person
    from postlude.assessment.reading import read_intake
    from postlude.catalog.load import load
    from postlude.evidence.expect import Predictor
    from postlude.evidence.store import load as pool_of

    catalogue = load()
    pool = pool_of(catalogue.library)
    who = person(catalogue, read_intake(EXAMPLE.read_bytes(), catalogue, name=EXAMPLE.name, today=DAY))
    predictor, names = Predictor(pool), list(pool.summaries)
    busiest = max(names, key=lambda name: pool.summaries[name].arms)
    options = catalogue.treatments.values()
    offered = [name for name in dict.fromkeys(t.intervention or t.id for t in options) if name in pool.summaries]

    def times(asked: list[str]) -> list[float]:
        return [taken(lambda: predictor.expect(who, asked)) for _ in range(15 * repeats)][1:]

    return {
        "times": times(names),
        "offered": times(offered),
        "offers": f"{len(offered)} interventions",
        "single": times([busiest]),
        "unpacking": statistics.median(taken(lambda: Predictor(pool)) for _ in range(10 * repeats)),
        "says": f"{len(names)} interventions, {pool.mixture.nodes} nodes, four times, two thresholds, 80 % and 95 %",
    }


def _of_people(repeats: int) -> dict[str, Any]:
    import numpy as np

    from postlude.catalog.load import load
    from postlude.evidence.expect import MONTHS, RELIEF, Predictor
    from postlude.evidence.store import load as pool_of

    pool = pool_of(load().library)
    predictor, names = Predictor(pool), list(pool.mixture.interventions)
    draw = np.random.default_rng(20260115)
    has = draw.choice([0.0, 1.0, np.nan], (PEOPLE, len(pool.covariates)))
    held = 0

    def run() -> None:
        nonlocal held
        for relief in RELIEF:
            shares, kind = predictor.shares(names, has, MONTHS, relief)
            # What a table of the cohort would hold: for each person and intervention the share at each time.
            by_kind = shares.mean.reshape(-1, len(names), len(MONTHS))
            held = sum(by_kind[kind, :, month].size for month in range(len(MONTHS)))

    times = [taken(run) for _ in range(repeats)]
    says = f"{len(names)} interventions, {held:,} means a threshold laid out for people, intervals for their kinds"
    return {"times": times, "says": says}


PARTS = {"made-up": _of_made_up, "shipped": _of_shipped, "person": _of_person, "people": _of_people}


if __name__ == "__main__":
    main()
