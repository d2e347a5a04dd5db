"""Measures what Postlude promises of its speed, in one run: figures side by side with their aims, never a test.

    .venv/bin/python bench/assess.py [--quick]

One person: reasons and questions through the library, the catalogue loaded. A cohort: generated SQL beside SQL written
by hand for the same rules over the same table, in turns; both must say the same of every row. Whole processes: the
command line, from start to end.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import Intake
from postlude.assessment.reading import read_intake, understand
from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 1, 15)
EXAMPLES = ("dahbour-2021", "neck-fusion-low-grade-infection")


class Line(NamedTuple):
    what: str
    figure: str
    detail: str
    aim: str = ""
    met: bool | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller cohorts and fewer repetitions")
    quick = parser.parse_args().quick
    rows, repeats = (100_000, 3) if quick else (1_000_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        import synthetic  # beside this file

        made = synthetic.base(Path(folder) / "knowledge")
        real = load()
        _heading(f"One person: median of an assessment with reasons and questions; {_size(made.catalogue)}")
        _print(_person(made.catalogue, (), quick=quick))
        _heading(f"One person, the shipped base: {_size(real)}")
        _print(_person(real, EXAMPLES, quick=quick))
        if "duckdb" in sys.modules:
            raise SystemExit("assessing one person has imported DuckDB")
        _heading("Whole processes: median")
        _print(_processes(Path(folder), 5 if quick else 15))
        _heading(f"A cohort of {rows:,} intakes in Parquet: generated SQL as a ratio to SQL written by hand")
        _print(_cohorts(made, real, rows, repeats, Path(folder)))


# --- one person ---------------------------------------------------------------------------------


def _person(catalogue: Catalogue, examples: tuple[str, ...], *, quick: bool) -> Iterator[Line]:
    assessor = Assessor(catalogue)
    count = 5 if quick else 40
    groups = {
        "nothing answered": [_intake(catalogue, 0, seed) for seed in range(count)],
        "a fifth answered": [_intake(catalogue, 0.2, seed) for seed in range(count)],
        "half answered": [_intake(catalogue, 0.5, seed) for seed in range(count)],
        "all answered": [_intake(catalogue, 1, seed) for seed in range(count)],
    }
    for name in examples:
        data = (ROOT / "examples" / f"{name}.json").read_bytes()
        groups[name] = [read_intake(data, catalogue, name=name, today=DAY)] * count
    everything: list[float] = []
    for name, intakes in groups.items():
        times = [_seconds(lambda intake=intake: assessor.assess(intake)) for intake in intakes for _ in range(5)]
        everything += times
        asked = statistics.median(len(assessor.assess(intake).ask) for intake in intakes[:5])
        yield _timed(name, times, 0.005, detail=f"{asked:.0f} questions")
    yield _timed("all of these", everything, 0.005)


def _intake(catalogue: Catalogue, share: float, seed: int) -> Intake:
    """Make up an intake in which this share of the facts is answered, with a few medicines when there is any."""
    draw = random.Random(seed)
    facts = {f.id: _answer(f, draw) for f in catalogue.facts.values() if draw.random() < share and f.type != "text"}
    content: dict[str, Any] = {"as_of": str(DAY), "facts": facts}
    if share:
        chosen = draw.sample(sorted(catalogue.medicines), 4)
        content["medications"] = [
            {"medicine": m, "daily_dose": draw.randint(1, 200)} if draw.random() < 0.8 else {"medicine": m}
            for m in chosen
        ]
        content["complete"] = ["medications"] * (draw.random() < share)
    return understand(content, catalogue, name="made up", today=DAY)


def _answer(fact: Any, draw: random.Random) -> Any:
    match fact.type:
        case "boolean":
            return draw.random() < 0.3
        case "choice":
            return draw.choice(list(fact.values))
        case "date":
            return draw.choice(("2020", "2025-06", "2025-12-20"))
        case _:
            return int(fact.low + (fact.high - fact.low) * draw.random())


# --- cohorts ------------------------------------------------------------------------------------


def _cohorts(made: Any, real: Catalogue, rows: int, repeats: int, folder: Path) -> Iterator[Line]:
    # Imported here, so that the measurements of one person can say that they ran without DuckDB.
    import by_hand
    import cohort
    from postlude.engine import duckdb as engine
    from postlude.logic.sql import query

    rules = {key: rule.when for key, rule in made.catalogue.rules.items()}
    shipped = {key: real.rules[key].when for key in by_hand.RULES}
    for name, catalogue, predicates, written in (
        (f"made-up base, {len(rules)} rules", made.catalogue, rules, made.by_hand),
        (f"shipped base, {len(shipped)} rules", real, shipped, by_hand.QUERY),
    ):
        table = folder / "cohort.parquet"
        few = folder / "few.parquet"
        cohort.write(catalogue, rows, table)
        cohort.write(catalogue, min(rows, 100_000), few)
        wrong = engine.check(catalogue.vocabulary, few)
        if wrong:
            raise SystemExit("\n".join(wrong))
        source = f"read_parquet('{table}')"
        generated = query(predicates, source, keep=("id",))
        yield _compared(name, generated, written.replace("{source}", source), predicates, repeats)
    yield _whole(real, few, min(rows, 100_000), folder)


def _compared(name: str, generated: str, written: str, columns: Any, repeats: int) -> Line:
    import duckdb

    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:

        def made(table: str, select: str) -> float:
            return _seconds(lambda: connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}"))

        times = [(made("a", generated), made("b", written)) for _ in range(repeats + 1)][1:]  # the first fills caches
        differs = ", ".join(f'count(*) FILTER (a."{c}" IS DISTINCT FROM b."{c}")' for c in columns)
        counts = connection.execute(f"SELECT {differs} FROM a JOIN b USING (id)").fetchone() or ()
        unlike = [key for key, count in zip(columns, counts, strict=True) if count]
        if unlike:
            raise SystemExit(f"{name}: generated and hand-written SQL differ on {', '.join(unlike)}")
    ours, theirs = (statistics.median(side) for side in zip(*times, strict=True))
    detail = f"{ours:.2f} s to {theirs:.2f} s, medians of {repeats}; same on every row"
    return Line(name, f"{ours / theirs:.2f} ×", detail, "≤ 1.3 ×", ours / theirs <= 1.3)


def _whole(catalogue: Catalogue, table: Path, rows: int, folder: Path) -> Line:
    from postlude.assessment.cohort import assess_cohort
    from postlude.engine import duckdb as engine

    taken = _seconds(lambda: assess_cohort(engine, catalogue, table, folder / "out.parquet", keep=("id",)))
    detail = "every rule, urgency, route and option; columns and values checked, Parquet written"
    return Line("shipped base, assess_cohort", f"{taken:.1f} s", f"{rows / taken:,.0f} a second: {detail}")


# --- processes ----------------------------------------------------------------------------------


def _processes(folder: Path, repeats: int) -> Iterator[Line]:
    postlude = str(Path(sys.executable).parent / "postlude")
    example = str(ROOT / "examples" / f"{EXAMPLES[0]}.json")

    def run(name: str, aim: float, *arguments: str, cold: bool = False) -> Line:
        times, processor = [], []
        for number in range(repeats + 1):
            # A store that is cold each time, or filled by the first run, which is not counted.
            store = folder / (f"store-{number}" if cold else "store")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            environment = {**os.environ, "XDG_CACHE_HOME": str(store)}
            command = [postlude, *arguments]
            times.append(
                _seconds(lambda c=command, e=environment: subprocess.run(c, env=e, capture_output=True, check=True))
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        detail = f"{statistics.median(processor[1:]) * 1000:.0f} ms of processor"
        return _timed(name, times[1:], aim, detail=detail)

    yield run("postlude --version", 0.15, "--version")
    yield run("postlude assess FILE", 0.7, "assess", example)
    yield run("postlude assess FILE, catalogue not yet stored", 0.7, "assess", example, cold=True)


# --- figures ------------------------------------------------------------------------------------


def _seconds(run: Callable[[], Any]) -> float:
    begin = perf_counter()
    run()
    return perf_counter() - begin


def _timed(name: str, times: list[float], aim: float, *, detail: str = "") -> Line:
    median, high = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    said = f"95 % within {high * 1000:.1f} ms, {len(times)} runs" + (f", {detail}" if detail else "")
    return Line(name, f"{median * 1000:.2f} ms", said, f"≤ {aim * 1000:g} ms", median <= aim)


def _size(catalogue: Catalogue) -> str:
    options = f", {len(catalogue.causes)} causes, {len(catalogue.treatments)} treatments"
    base = f"{len(catalogue.facts)} facts, {len(catalogue.rules)} rules"
    return base + (options if catalogue.treatments else "")


def _heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def _print(lines: Iterator[Line]) -> None:
    for line in lines:
        verdict = "" if line.met is None else "met" if line.met else "MISSED"
        aim = f"aim {line.aim}" if line.aim else ""
        print(f"  {line.what:<47}{line.figure:>11}  {aim:<14}{verdict:<7} {line.detail}", flush=True)


if __name__ == "__main__":
    main()
