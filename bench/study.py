"""Measures a responder table beside a hand-written DuckDB query and a pandas script, in one run and in turns.

    .venv/bin/python bench/study.py [--people 1000000] [--full]

The synthetic clinic is made first (``postlude simulate``). The same responder table (treated, due, answered,
responders, by procedure) is then counted three ways and compared; ``--full`` also takes 10 million people, in processes
of their own, with the peak of their memory.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import duckdb
import pandas as pd

from lines import Line, heading, ratio, seconds, show, taken
from postlude.catalog.load import load
from postlude.engine import Limits
from postlude.engine.session import session
from postlude.instruments.load import load as load_instruments
from postlude.outcomes import counts, folder, frame, tables
from postlude.outcomes import load as studies
from postlude.outcomes.study import Study

HERE = Path(__file__).resolve().parent
STUDY = HERE / "responders.toml"
GROWTH = (10_000, 100_000, 1_000_000)
FULL = 10_000_000
ROUNDS = 3
ALLOWED = "3GB"
"""What the database may take; what does not fit is laid down on disk."""
HAND, PANDAS, MEMORY = 1.3, 20, 4.0
"""Aims: at most so many times the hand-written query, so many times faster than pandas, GB at 10 million people."""
Table = dict[str, tuple[int, int, int, int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=GROWTH[-1], help="the clinic that the three ways share")
    parser.add_argument("--full", action="store_true", help="10 million people too: minutes, and 2 GB on disk")
    parser.add_argument("--whole", metavar="DIR", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.whole:
        _whole(Path(chosen.whole))
        return
    with tempfile.TemporaryDirectory() as place:
        growth = [size for size in GROWTH if size <= chosen.people] or [chosen.people]
        heading("How the time grows (a process of its own: command, checks of the data, frame, table)")
        for size in [*growth, *([FULL] if chosen.full else [])]:
            _grown(Path(place) / str(size), size)
        heading(f"The responder table of {growth[-1]:,} people, three ways")
        show(_beside(Path(place) / str(growth[-1])))


def _grown(clinic: Path, size: int) -> None:
    begin = perf_counter()
    command = Path(sys.executable).with_name("postlude")
    made_by = [command, "simulate", "--people", str(size), "--out", str(clinic)]
    subprocess.run(made_by, check=True, stdout=subprocess.DEVNULL)
    made = perf_counter() - begin
    disk = sum(path.stat().st_size for path in clinic.rglob("*.parquet")) / 1e6
    scores = duckdb.sql(f"SELECT count(*) FROM '{_glob(clinic, 'scores')}'").fetchall()[0][0]
    begin = perf_counter()
    subprocess.run([sys.executable, __file__, "--whole", str(clinic)], check=True, stdout=subprocess.DEVNULL)
    spent = perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    aim, met = (f"≤ {MEMORY:g} GB", peak <= MEMORY) if size == FULL else ("", None)
    detail = f"{scores:,} scores, {disk:,.0f} MB, made in {seconds(made)}; peak {peak:.2f} GB so far"
    show([Line(f"{size:,} people", seconds(spent), detail, aim, met)])


def _whole(clinic: Path) -> None:
    study, limits = _study(), Limits(memory=ALLOWED)
    with session(clinic, limits) as connection:
        found = folder.read_tables(clinic, tables.load(load(), load_instruments()), limits=limits)
        connection.make("frame", frame.record(study, {key: f"({one.select})" for key, one in found.items()}))
        connection.rows(counts.groups(study, '"frame"', study.entry.outcome[0]))


def _study() -> Study:
    return studies.load(STUDY, load(), load_instruments())


def _beside(clinic: Path) -> list[Line]:
    study = _study()
    found = folder.read_tables(clinic, tables.load(load(), load_instruments()), values=False)
    sources = {key: f"({one.select})" for key, one in found.items()}
    outcome = study.entry.outcome[0]

    def ours() -> Table:
        with session(clinic) as connection:
            connection.make("frame", frame.record(study, sources))
            rows = connection.rows(counts.groups(study, '"frame"', outcome))
        at = [rows.columns.index(name) for name in ("stratum", "group", "treated", "due", "answered", "responders")]
        return {row[at[1]]: tuple(row[i] for i in at[2:]) for row in rows.rows if row[at[0]] == "procedure"}

    ways: dict[str, Callable[[], Table]] = {
        "ours": ours,
        "hand": lambda: _by_hand(clinic),
        "pandas": lambda: _in_pandas(clinic),
    }
    answers = {name: way() for name, way in ways.items()}
    for name in ("hand", "pandas"):
        if answers[name] != answers["ours"]:
            wrong = {key for key in answers["ours"] if answers[name].get(key) != answers["ours"][key]}
            key = sorted(wrong)[0] if wrong else "another group"
            raise SystemExit(f"{name} differs in {key}: {answers[name].get(key)} and ours {answers['ours'].get(key)}")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(taken(way))
    share = sorted(a / b for a, b in zip(times["ours"], times["hand"], strict=True))[ROUNDS // 2]
    hand = seconds(sorted(times["hand"])[ROUNDS // 2])
    return [
        Line("of a hand-written query", f"{share:.2f} ×", f"hand-written: {hand}", f"≤ {HAND} ×", share <= HAND),
        ratio("faster than pandas", times["ours"], times["pandas"], PANDAS),
    ]


def _glob(clinic: Path, table: str) -> str:
    single = clinic / f"{table}.parquet"
    return str(single) if single.is_file() else str(clinic / table / "*.parquet")


def _by_hand(clinic: Path) -> Table:
    at = {table: f"read_parquet('{_glob(clinic, table)}')" for table in ("treatments", "intakes", "scores", "contacts")}
    sql = f"""
    WITH first AS (SELECT person, arg_min(given, ("on", given)) AS given,
                          arg_min(treatment, ("on", given)) AS treatment, min("on") AS "on"
                   FROM {at["treatments"]} WHERE "on" IS NOT NULL GROUP BY person),
    told AS (SELECT f.person, arg_max(i.pain_nrs, (i.as_of, i.intake)) AS pain FROM first f JOIN {at["intakes"]} i
             ON i.person = f.person AND i.as_of <= f."on" AND i.as_of >= f."on" - 365 GROUP BY f.person),
    pain AS (SELECT f.person,
        arg_max(s.value, (s."on", s.score)) FILTER (WHERE s."on" BETWEEN f."on" - 90 AND f."on") AS before,
        arg_min(s.value, (abs(s."on" - f."on" - 91.3125), s."on", s.score)) FILTER (
            WHERE s."on" - f."on" BETWEEN 60.875 AND 152.1875 AND (s.about = f.given OR s.about IS NULL)) AS after
        FROM first f JOIN {at["scores"]} s ON s.person = f.person
        WHERE s.instrument = 'nrs' AND s.measure = 'pain' AND s.value IS NOT NULL GROUP BY f.person),
    asked AS (SELECT f.person, bool_or(c.due_on IS NOT NULL) AS due FROM first f JOIN {at["contacts"]} c
              ON c.person = f.person AND c.about = f.given AND c.months BETWEEN 2 AND 5 GROUP BY f.person)
    SELECT f.treatment, count(*), count(*) FILTER (WHERE coalesce(a.due, FALSE) OR p.after IS NOT NULL), count(p.after),
           count(*) FILTER (WHERE p.before > 0 AND (p.before - p.after) * 100 >= 50 * p.before)
    FROM first f JOIN told t ON t.person = f.person AND t.pain >= 4
    LEFT JOIN pain p ON p.person = f.person LEFT JOIN asked a ON a.person = f.person GROUP BY 1"""
    with duckdb.connect(":memory:") as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(sql).fetchall()}


def _in_pandas(clinic: Path) -> Table:
    def read(table: str, columns: str) -> pd.DataFrame:
        return duckdb.sql(f"SELECT {columns} FROM read_parquet('{_glob(clinic, table)}')").df()

    given = read("treatments", 'person, given, treatment, "on"').dropna(subset=["on"])
    first = given.sort_values(["person", "on", "given"]).drop_duplicates("person").rename(columns={"on": "day"})
    told = read("intakes", "person, intake, as_of, pain_nrs").merge(first[["person", "day"]], on="person")
    gap = (told["day"] - told["as_of"]).dt.days
    told = (
        told[(gap >= 0) & (gap <= 365)]
        .sort_values(["person", "as_of", "intake"])
        .drop_duplicates("person", keep="last")
    )
    scores = read("scores", 'person, score, "on", about, instrument, measure, value')
    scores = scores[(scores.instrument == "nrs") & (scores.measure == "pain") & scores.value.notna()]
    scores = scores.merge(first[["person", "given", "day"]], on="person")
    after_days = (scores["on"] - scores["day"]).dt.days
    before = scores[(after_days >= -90) & (after_days <= 0)].sort_values(["person", "on", "score"])
    before = before.drop_duplicates("person", keep="last").set_index("person")["value"]
    mine = scores.about.isna() | (scores.about == scores.given)
    after = scores[(after_days >= 60.875) & (after_days <= 152.1875) & mine].copy()
    after["far"] = ((after["on"] - after["day"]).dt.days - 91.3125).abs()
    after = after.sort_values(["person", "far", "on", "score"]).drop_duplicates("person").set_index("person")["value"]
    asked = read("contacts", "person, about, months, due_on").merge(first[["person", "given"]], on="person")
    asked = asked[(asked.about == asked.given) & asked.months.between(2, 5) & asked.due_on.notna()]
    people = first[first.person.isin(told[told.pain_nrs >= 4].person)].set_index("person")
    people["before"], people["after"] = before.reindex(people.index), after.reindex(people.index)
    people["answered"] = people.after.notna()
    people["due"] = people.index.isin(asked.person) | people.answered
    people["responder"] = (people.before > 0) & ((people.before - people.after) * 100 >= 50 * people.before)
    table = people.groupby("treatment").agg(
        treated=("given", "size"), due=("due", "sum"), answered=("answered", "sum"), responders=("responder", "sum")
    )
    return {str(key): tuple(int(v) for v in row) for key, row in zip(table.index, table.to_numpy(), strict=True)}


if __name__ == "__main__":
    main()
