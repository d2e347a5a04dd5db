"""The same study and the same cohort on Spark and on DuckDB: the same results. Without Spark, a sentence says so."""

import json
import math
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from postlude.catalog.catalogue import Catalogue
from postlude.catalog.load import load
from postlude.cli import main
from postlude.engine import duckdb as here
from postlude.engine import java, spark
from postlude.errors import FileError, MissingPartError
from postlude.instruments.load import Instruments
from postlude.instruments.load import load as load_instruments
from postlude.logic import language
from postlude.logic.vocabulary import FactType, Vocabulary
from postlude.outcomes import load as studies
from postlude.outcomes import run

SLOW = [
    pytest.mark.slow,
    pytest.mark.allow_hosts(["127.0.0.1"]),  # where Java listens
    pytest.mark.xdist_group("spark"),  # one Java for all of them
]
OPEN = Path(__file__).parents[2] / "examples" / "studies" / "data"


def marked(test: Any) -> Any:
    for mark in SLOW:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def instruments() -> Instruments:
    return load_instruments()


def differences(first: Any, second: Any, at: str = "") -> list[str]:
    """Return where two results differ: in order, in kind, in a count, or in a number by more than 1e-9."""
    if isinstance(first, dict) and isinstance(second, dict):
        if list(first) != list(second):
            return [f"{at}: {list(first)} and {list(second)}"]
        return [found for key in first for found in differences(first[key], second[key], f"{at}.{key}")]
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        return [found for n, (a, b) in pairs for found in differences(a, b, f"{at}[{n}]")]
    if isinstance(first, float) and isinstance(second, float):
        return [] if math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9) else [f"{at}: {first} and {second}"]
    return [] if first == second and type(first) is type(second) else [f"{at}: {first!r} and {second!r}"]


def both(study: str, catalogue: Catalogue, instruments: Instruments, data: Path) -> tuple[Any, Any]:
    found = studies.load(studies.find(study), catalogue, instruments)
    told = (run.encoded(run.run(found, catalogue, instruments, data, engine=engine)) for engine in run.ENGINES)
    first, second = map(json.loads, told)
    return first, second


@marked
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_study_of_the_record(catalogue: Catalogue, instruments: Instruments, tmp_path: Path, form: str) -> None:
    assert main(["simulate", "--people", "300", "--out", str(tmp_path / "clinic"), "--format", form]) == 0
    first, second = both("post-laminectomy-procedures", catalogue, instruments, tmp_path / "clinic")
    assert first["flow"]["eligible"] > 50
    assert differences(first, second) == []


@marked
@pytest.mark.parametrize("study", ["amitriptyline-crossover", "prt-chronic-back-pain"])
def test_a_study_of_an_outside_table(catalogue: Catalogue, instruments: Instruments, study: str) -> None:
    first, second = both(study, catalogue, instruments, OPEN)
    assert first["flow"]["units"] > 0
    assert differences(first, second) == []


VOCABULARY = Vocabulary(
    {"fever": FactType("boolean"), "pain": FactType("number", low=0.0, high=10.0), "onset": FactType("date")},
    {"medications": {"current": FactType("boolean"), "dose": FactType("number", low=0.0, high=100.0)}},
)
ASKED = {
    "warm": "fever AND pain >= 5",
    "dosed": "sum(medications, dose, current) > 4 AND days_since(onset) < 300",
    "any": "any(medications, current) OR fever",
}


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    (tmp_path / "it's [1]").mkdir()
    path = tmp_path / "it's [1]" / "cohort 1.parquet"
    chance = "hash(i, '{}') % 3"
    truth = "CASE WHEN {0} = 0 THEN NULL ELSE {0} = 1 END"
    record = f"{{'current': {truth.format(chance.format('c'))}, 'dose': (hash(i, 'd') % 90)::DOUBLE}}"
    duckdb.connect().execute(
        f"COPY (SELECT 'n' || i AS id, DATE '2026-01-15' AS as_of, {truth.format(chance.format('f'))} AS fever, "
        f"CASE WHEN {chance.format('p')} > 0 THEN (i % 11)::DOUBLE END AS pain, DATE '2025-01-01' + (i % 400)::INT AS "
        f"onset, CASE WHEN i % 4 = 0 THEN [] ELSE [{record}] END AS medications, i % 2 = 0 AS medications_complete "
        f"FROM range(3000) t(i)) TO ? (FORMAT parquet, ROW_GROUP_SIZE 2048)",
        [path.as_posix()],
    )
    return path


@marked
def test_a_cohort_row_by_row(cohort: Path, tmp_path: Path) -> None:
    asked = {key: language.predicate(text, VOCABULARY) for key, text in ASKED.items()}
    first, second = (engine.truths(asked, cohort, keep=("id",)) for engine in (here, spark))
    assert second == first
    assert {value for row in first.rows for value in row[1:]} == {True, False, None}
    out = tmp_path / "out.parquet"
    assert spark.write_truths(asked, cohort, out, keep=("id",)) == len(first.rows)
    assert duckdb.connect().read_parquet(out.as_posix()).fetchall() == first.rows
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.parquet"]


@marked
def test_what_a_cohort_lacks_is_said_in_the_same_words(cohort: Path) -> None:
    asked = {"x": language.predicate("fever", VOCABULARY)}
    said = []
    for engine in (here, spark):
        with pytest.raises(FileError) as caught:
            engine.truths(asked, cohort, keep=("nobody",))
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_without_spark_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setattr(java, "_running", [])
    with pytest.raises(MissingPartError, match=r"postlude\[spark\]") as caught, spark.session(tmp_path):
        pass
    assert caught.value.exit_code == 14


def test_nothing_asks_for_spark_unless_told_to() -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", "import sys, postlude.cli, postlude.outcomes.run; print('pyspark' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"
