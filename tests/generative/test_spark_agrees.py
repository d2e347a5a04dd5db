"""Spark, DuckDB and Python agree on every generated case: the same rows, the same three values, the same ranges.

Starting a query costs Spark a second, so many people and many conditions go into each.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from postlude.engine import spark
from postlude.engine.session import Session
from postlude.logic import nodes, sql
from postlude.logic.dialect import DUCKDB, SPARK
from postlude.logic.evaluate import quantity, truth
from postlude.logic.language import predicate
from postlude.logic.nodes import Predicate, Quantity
from postlude.logic.person import Person
from tests.generative.tables import MEASURED, Connection, table
from tests.generative.test_sql_agrees import CASES
from tests.strategies import AS_OF, RECORDS, VOCABULARY, persons, predicates, quantities

pytestmark = [
    pytest.mark.slow,
    pytest.mark.allow_hosts(["127.0.0.1"]),  # where Java listens
    pytest.mark.xdist_group("spark"),  # one Java for all of them
]
ROUNDS, EACH, PEOPLE = 4, 10, 40
"""Queries, the conditions in each, and the people they are asked of."""


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with spark.session("generated people") as opened:
        yield opened


def _people(
    connection: Connection, session: Session, folder: Path, people: list[Person], ranged: frozenset[str]
) -> str:
    """Write people to Parquet and return what stands after FROM in Spark."""
    table(connection, people, ranged)
    path = folder / "people.parquet"
    connection.execute(f"COPY intakes TO '{path.as_posix()}' (FORMAT parquet)")
    return f"({session.table([path], '', lambda source, _: f'SELECT * FROM {source}')})"


def _drawn(number: int, *, about: str) -> tuple[list[Predicate], list[Quantity], list[Person], frozenset[str]]:
    """Draw what one query is about; by chance from a number, the same on every machine."""
    found: list[tuple[list[Predicate], list[Quantity], list[Person]]] = []
    ranged = (frozenset[str](), frozenset(MEASURED), frozenset(MEASURED[::2]), frozenset(MEASURED[1::2]))[number % 4]

    @seed(number)
    @settings(max_examples=EACH, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        asked = [data.draw(predicates())] if about == "truths" else []
        measured = [data.draw(quantities())] if about == "ranges" else []
        people = data.draw(st.lists(persons(*asked, *measured, vague=ranged), min_size=2, max_size=PEOPLE // EACH * 2))
        found.append((asked, measured, people))

    draw()
    asked, measured, people = ([one for each in part for one in each] for part in zip(*found, strict=True))
    return asked, measured, people, ranged


@pytest.mark.parametrize("number", range(ROUNDS))
def test_the_same_truth(connection: Connection, session: Session, tmp_path: Path, number: int) -> None:
    asked, _, people, ranged = _drawn(number, about="truths")
    named = {f"p{i}": node for i, node in enumerate(asked)}
    source = _people(connection, session, tmp_path, people, ranged)
    expected = [tuple(truth(node, person) for node in asked) for person in people]
    in_duckdb = connection.execute(sql.query(named, "intakes", keep=["row"], ranged=ranged) + " ORDER BY 1").fetchall()
    in_spark = session.rows(sql.query(named, source, keep=["row"], ranged=ranged, sql=SPARK)).rows
    assert [row[1:] for row in in_duckdb] == expected
    assert [row[1:] for row in sorted(in_spark, key=lambda row: row[0])] == expected
    assert {value for row in expected for value in row} == {True, False, None}


@pytest.mark.parametrize("number", range(ROUNDS // 2))
def test_the_same_ranges_to_the_last_bit(connection: Connection, session: Session, tmp_path: Path, number: int) -> None:
    _, measured, people, ranged = _drawn(100 + number, about="ranges")
    source = _people(connection, session, tmp_path, people, ranged)
    derived = {f"m{i}": nodes.DerivedNumber(f"m{i}", node) for i, node in enumerate(measured)}
    asked = {key: nodes.Compare(">", node, nodes.Literal(0.0)) for key, node in derived.items()}
    ends = [f"{key}_{end}" for key in derived for end in ("low", "high")]
    query = sql.query({f"is {key}": node for key, node in asked.items()}, source, keep=["row", *ends],
                      ranged=ranged, sql=SPARK)  # fmt: skip
    found = sorted(session.rows(query).rows, key=lambda row: row[0])
    expected = [tuple(end for node in measured for end in quantity(node, person)) for person in people]
    assert [row[1 : 1 + len(ends)] for row in found] == expected


def test_cases_in_which_the_two_once_differed(connection: Connection, session: Session, tmp_path: Path) -> None:
    asked = {f"p{i}": predicate(text, VOCABULARY) for i, text in enumerate(CASES)}
    operated, dose = {"done_on": (737425, 737425)}, {"daily_dose": (0.0, 0.0), "opioid": True, "current": True}
    doses = [{"daily_dose": (0.1, 0.1), "opioid": True}, {"daily_dose": (0.2, 0.2)}]
    people = [
        Person(facts, {"operations": done, "medications": told}, complete, day)
        for facts in (
            {},
            {"change": (2.0, 2.0), "r": True, "pain": (0.1, 0.1)},
            {"change": (-2.0, -2.0), "a": False, "r": False},
        )
        for done, told in (([], []), ([operated], [dose]), ([], doses))
        for complete in (frozenset[str](), frozenset(RECORDS))
        for day in AS_OF
    ]
    source = _people(connection, session, tmp_path, people, frozenset())
    found = session.rows(sql.query(asked, source, keep=["row"], sql=SPARK)).rows
    expected = [tuple(truth(node, person) for node in asked.values()) for person in people]
    assert [row[1:] for row in sorted(found)] == expected


NUMBERS = ["7", "7.5", "-0.25", "+3", ".5", "5.", "1e3", "1E-3", "007", "7d", "7f", "7D", "7,5", "0x1F", "-", ".", "e5"]
NO_NUMBERS = ["inf", "nan", "Infinity", "NaN", "1_0"]
"""DuckDB makes numbers of them, of which ``misread`` refuses all but the last; to Spark's spelling they are none."""


def test_a_text_is_the_same_number_in_both(connection: Connection, session: Session) -> None:
    """Java takes ``7d`` for a number; nobody who wrote a table did."""
    here = [connection.execute(f"SELECT {DUCKDB.number(DUCKDB.text(text))}").fetchall()[0][0] for text in NUMBERS]
    shown = ", ".join(SPARK.number(SPARK.text(text)) for text in (*NUMBERS, *NO_NUMBERS))
    assert list(session.rows(f"SELECT {shown}").rows[0]) == [*here, *[None] * len(NO_NUMBERS)]


ODD = ("it's", "a\\b", "\\'", 'say "so"', "`tick`", "a''b", "ä—€", "new\nline", "%_")


def test_texts_and_names_come_through_as_they_are(session: Session) -> None:
    shown = ", ".join(f"{SPARK.text(text)} AS {SPARK.name(text)}" for text in ODD)
    found = session.rows(f"SELECT {shown}")
    assert (found.columns, found.rows) == (ODD, [ODD])


def test_floor_is_whole_and_keeps_what_has_no_fraction(session: Session) -> None:
    values = [0.0, -0.3, 0.5, -0.5, 4e15 + 0.5, -4e15, 9007199254740992.0, 1e300, -1e300, float("inf"), float("-inf")]
    values += [number / 7 for number in range(-70, 71, 7)]
    shown = ", ".join(SPARK.floor(SPARK.double(value), "1D") for value in values)
    assert list(session.rows(f"SELECT {shown}").rows[0]) == [
        value if abs(value) > 1e17 else float(value // 1) for value in values
    ]


def test_a_day_is_a_day(session: Session) -> None:
    days = (nodes.FIRST_DAY, nodes.LAST_DAY, AS_OF[0])
    shown = ", ".join(SPARK.days("DATE '0001-01-01'", f"DATE '{date.fromordinal(day)}'") for day in days)
    assert session.rows(f"SELECT {shown}").rows == [tuple(day - 1 for day in days)]
