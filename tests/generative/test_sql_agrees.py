"""Python and DuckDB agree on every generated case: the same rows, the same three values."""

import re
from collections.abc import Iterator, Mapping

import duckdb
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from postlude.logic import nodes, sql
from postlude.logic.evaluate import quantity, truth
from postlude.logic.language import predicate
from postlude.logic.nodes import Predicate
from postlude.logic.person import Person
from tests.generative.tables import MEASURED, Connection, table
from tests.strategies import AS_OF, RECORDS, VOCABULARY, persons, predicates, quantities

FEWER = settings(max_examples=max(1, settings().max_examples // 2))  # several rows and predicates in each
RANGED = st.sampled_from((frozenset[str](), frozenset(MEASURED), frozenset(MEASURED[::2]), frozenset(MEASURED[1::2])))


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with duckdb.connect() as opened:
        yield opened


def answers(
    connection: Connection, asked: Mapping[str, Predicate], ranged: frozenset[str]
) -> list[tuple[bool | None, ...]]:
    query = sql.query(asked, "intakes", keep=["row"], ranged=ranged)
    return [row[1:] for row in connection.execute(query + " ORDER BY 1").fetchall()]


@given(st.data())
@FEWER
def test_duckdb_gives_the_same_truth(connection: Connection, data: st.DataObject) -> None:
    asked = {f"p{i}": node for i, node in enumerate(data.draw(st.lists(predicates(), min_size=2, max_size=3)))}
    ranged = data.draw(RANGED)
    people = data.draw(st.lists(persons(*asked.values(), vague=ranged), min_size=3, max_size=4))
    table(connection, people, ranged)
    expected = [tuple(truth(node, person) for node in asked.values()) for person in people]
    for row in expected:
        event(f"definite: {sum(value is not None for value in row)}")
    assert answers(connection, asked, ranged) == expected


@given(st.data())
@FEWER
def test_duckdb_gives_the_same_ranges_to_the_last_bit(connection: Connection, data: st.DataObject) -> None:
    node, ranged = data.draw(quantities()), data.draw(RANGED)
    people = data.draw(st.lists(persons(node, vague=ranged), min_size=3, max_size=4))
    table(connection, people, ranged)
    derived = nodes.DerivedNumber("measured", node)
    # A comparison brings the derived layers into the query; its columns are read beside it.
    asked = {"any": nodes.Compare(">", derived, nodes.Literal(0.0))}
    query = sql.query(asked, "intakes", keep=["row", "measured_low", "measured_high"], ranged=ranged)
    found = [row[1:3] for row in connection.execute(query + " ORDER BY 1").fetchall()]
    assert found == [quantity(node, person) for person in people]


_SKIPS_NULL = re.compile(
    r"\b(sum|count|min|max|avg|greatest|least|any_value|first|last|bool_and|bool_or|string_agg|arg_min|arg_max|coalesce|"
    r"ifnull|nullif|list_(sum|count|min|max|avg|aggregate|any_value|first|last|bool_and|bool_or)|array_\w+|is not null|"
    r"is distinct from|is not distinct from)\b\s*\(?",
    re.IGNORECASE,
)


@given(predicates())
def test_no_aggregate_that_skips_null_is_written(node: Predicate) -> None:
    written = re.sub(r'"[^"]*"|\'[^\']*\'', "", sql.query({"p": node}, "intakes"))
    assert not (found := _SKIPS_NULL.search(written)), found
    # What is asked about NULL itself is only whether an end of a range is known, and whether a code is.
    for place in re.finditer(r"IS NULL", written):
        assert re.search(r"(CASE WHEN \(.*::DOUBLE|lambda c: c) $", written[: place.start()]), written[: place.end()]


CASES = (
    # A term that reads the day: what an unseen record can add differs from row to row.
    "sum(operations, days_since(done_on)) < 5000",
    "sum(operations, days_since(done_on)) > 50000",
    "max(operations, days_since(done_on)) < 10000",
    # A term that reads a fact of the person whose sign is not known.
    "sum(medications, daily_dose * change) < 0",
    "max(medications, daily_dose * change) > 0",
    # A fact with the name of a parameter of a lambda.
    "any(medications, r AND opioid)",
    "sum(medications, daily_dose, a OR r) >= 10",
    # No record, so nothing to fold.
    "min(operations, done_on) < DATE '2020-01-01'",
    "watch OR spare < 100",
    # Decimals that binary fractions cannot hold.
    "pain + 0.2 = 0.3",
    "pain * 3 = 0.3",
    "pain / 7 = 0.014286",
    "sum(medications, daily_dose) = 0.3",
    # A dose that counts perhaps.
    "sum(medications, daily_dose, opioid) < 0.3",
)


@pytest.mark.parametrize("text", CASES)
def test_cases_in_which_the_two_once_differed(connection: Connection, text: str) -> None:
    node = predicate(text, VOCABULARY)
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
    table(connection, people, frozenset())
    assert answers(connection, {"p": node}, frozenset()) == [(truth(node, person),) for person in people]
