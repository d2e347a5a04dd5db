"""Measures scoring a million forms beside a hand-written DuckDB query and plain pandas, in one run and in turns.

    .venv/bin/python bench/score.py [--quick]

The forms are drawn by chance, one answer in thirty left out. Ours and the hand-written query read the same Parquet file
and make the same columns (score and band) into a table; pandas is given its frame in memory, so reading costs it
nothing. All three are compared on every row before anything is timed.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from lines import Line, heading, ratio, seconds, show, taken
from postlude.instruments import sql
from postlude.instruments.instrument import Instrument
from postlude.instruments.load import load

FORMS, QUICK = 1_000_000, 100_000
ROUNDS = 7
PANDAS, HAND = 10, 2
"""Aims: so many times faster than pandas; at most so many times the hand-written query."""
DECREMENTS = {
    "mobility": (0, 0.058, 0.076, 0.207, 0.274),
    "self_care": (0, 0.050, 0.080, 0.164, 0.203),
    "usual_activities": (0, 0.050, 0.063, 0.162, 0.184),
    "pain_discomfort": (0, 0.063, 0.084, 0.276, 0.335),
    "anxiety_depression": (0, 0.078, 0.104, 0.285, 0.289),
}


class Way(NamedTuple):
    """One instrument by hand: the columns of its forms, the SELECT, and the pandas that a researcher would write."""

    instrument: str
    options: dict[str, str]
    drawn: str
    by_hand: Callable[[str], str]
    in_pandas: Callable[[pd.DataFrame], pd.DataFrame]
    told: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the forms")
    forms = QUICK if parser.parse_args().quick else FORMS
    instruments = load().instruments
    with tempfile.TemporaryDirectory() as folder:
        for way in (_phq9(instruments["phq9"]), _rmdq(instruments["rmdq"]), _eq5d(instruments["eq5d5l"])):
            heading(f"{forms:,} forms of {instruments[way.instrument].entry.title}")
            show(_measured(way, instruments[way.instrument], forms, Path(folder) / f"{way.instrument}.parquet"))


def _measured(way: Way, instrument: Instrument, forms: int, path: Path) -> list[Line]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SELECT setseed(0.5)")
        columns = ", ".join(f"{way.drawn} AS {key}" for key, item in instrument.items.items() if not item.item.extra)
        connection.execute(f"COPY (SELECT {columns} FROM range({forms})) TO '{path}' (FORMAT parquet)")
        source = f"read_parquet('{path}')"
        present = [key for key, item in instrument.items.items() if not item.item.extra]
        frame = connection.sql(f"SELECT * FROM {source}").df()
        ours = f"SELECT {', '.join(way.told)} FROM ({sql.scoring(instrument, source, present, way.options)})"
        check = sql.wrong_values(instrument, source, present)
        _same(connection, ours, way.by_hand(source), way.in_pandas(frame))

        def into(select: str) -> Callable[[], object]:
            return lambda: connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS {select}")

        def checked() -> None:
            connection.execute(check).fetchall()
            into(ours)()

        times: dict[str, list[float]] = {"ours": [], "checked": [], "hand": [], "pandas": []}
        for _ in range(ROUNDS):
            times["ours"].append(taken(into(ours)))
            times["hand"].append(taken(into(way.by_hand(source))))
            times["checked"].append(taken(checked))
            times["pandas"].append(taken(lambda: way.in_pandas(frame)))
    beside = [a / b for a, b in zip(times["ours"], times["hand"], strict=True)]
    share = sorted(beside)[len(beside) // 2]
    whole = sorted(a / b for a, b in zip(times["checked"], times["hand"], strict=True))[ROUNDS // 2]
    hand = seconds(sorted(times["hand"])[ROUNDS // 2])
    return [
        ratio("faster than plain pandas", times["ours"], times["pandas"], PANDAS),
        Line("of a hand-written query", f"{share:.2f} ×", f"hand-written: {hand}", f"≤ {HAND} ×", share <= HAND),
        Line("the same, every answer looked at first", f"{whole:.2f} ×"),
    ]


def _same(connection: duckdb.DuckDBPyConnection, ours: str, hand: str, pandas: pd.DataFrame) -> None:
    """Hold the three equal on every row: a score to a millionth, everything else as it is."""
    first, second = connection.sql(ours).df(), connection.sql(hand).df()
    for name in first.columns:
        for other in (second[name], pandas[name]):
            if first[name].dtype.kind == "f":
                near = (first[name] - other.astype("float64")).abs() < 2e-6
                equal = near | (first[name].isna() & other.isna())
            else:
                equal = (first[name] == other.astype(object)) | (first[name].isna() & other.isna())
            if not equal.all():
                raise SystemExit(f"column {name} differs on {int((~equal).sum()):,} rows")


def _levels(low: int, high: int) -> str:
    return f"CASE WHEN random() >= 1/30 THEN ({low} + floor(random() * {high - low + 1}))::TINYINT END"


def _phq9(instrument: Instrument) -> Way:
    items = [key for key, item in instrument.items.items() if not item.item.extra]
    cuts, names = (5, 10, 15, 20), ("minimal", "mild", "moderate", "moderately_severe", "severe")

    def by_hand(source: str) -> str:
        given = " + ".join(f"({key} IS NOT NULL)::INT" for key in items)
        total = " + ".join(f"COALESCE({key}, 0)" for key in items)
        return (
            "SELECT total, CASE WHEN total >= 20 THEN 'severe' WHEN total >= 15 THEN 'moderately_severe' "
            "WHEN total >= 10 THEN 'moderate' WHEN total >= 5 THEN 'mild' WHEN total >= 0 THEN 'minimal' END "
            f"AS total_band FROM (SELECT CASE WHEN ({given}) >= 6 THEN ({total}) * 9.0::DOUBLE / ({given}) END "
            f"AS total FROM {source})"
        )

    def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
        answered = frame[items].notna().sum(axis=1)
        total = (frame[items].mean(axis=1) * 9).where(answered >= 6)
        band = pd.cut(total.round(6), [-1, *cuts, 28], labels=list(names), right=False)
        return pd.DataFrame({"total": total, "total_band": band})

    return Way("phq9", {}, _levels(0, 3), by_hand, in_pandas, ("total", "total_band"))


def _rmdq(instrument: Instrument) -> Way:
    items = list(instrument.items)

    def by_hand(source: str) -> str:
        total = " + ".join(f"COALESCE({key}::INT, 0)" for key in items)
        some = f"COALESCE({', '.join(items)}) IS NOT NULL"
        return f"SELECT CASE WHEN {some} THEN ({total})::DOUBLE END AS total FROM {source}"

    def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
        total = frame[items].fillna(False).infer_objects().sum(axis=1).astype("float64")
        return pd.DataFrame({"total": total.where(frame[items].notna().any(axis=1))})

    drawn = "CASE WHEN random() >= 1/30 THEN random() < 0.5 END"
    return Way("rmdq", {}, drawn, by_hand, in_pandas, ("total",))


def _eq5d(instrument: Instrument) -> Way:
    def by_hand(source: str) -> str:
        terms = [
            f"CASE {key} {' '.join(f'WHEN {level} THEN {taken}' for level, taken in enumerate(values, 1))} END"
            for key, values in DECREMENTS.items()
        ]
        return f"SELECT (1 - ({' + '.join(terms)}))::DOUBLE AS index FROM {source}"

    def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
        taken_off = sum(frame[key].map(dict(enumerate(values, 1))) for key, values in DECREMENTS.items())
        return pd.DataFrame({"index": 1 - taken_off})

    return Way("eq5d5l", {"value_set": "England"}, _levels(1, 5), by_hand, in_pandas, ("index",))


if __name__ == "__main__":
    main()
