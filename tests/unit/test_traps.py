"""Traps by name: what a hasty implementation gets wrong, each once with the smallest case."""

from datetime import date

import pytest

from postlude.logic import nodes
from postlude.logic.evaluate import quantity, truth
from postlude.logic.language import predicate
from postlude.logic.person import Person, Value, nobody
from postlude.logic.questions import questions
from postlude.logic.reasons import reasons
from postlude.logic.vocabulary import FactType, Vocabulary

TODAY = date(2026, 1, 15).toordinal()
VOCABULARY = Vocabulary(
    facts={
        "a": FactType("boolean"),
        "b": FactType("boolean"),
        "x": FactType("number", low=0.0, high=10.0),
        "y": FactType("number", low=0.0, high=10.0),
        "change": FactType("number", low=-5.0, high=5.0),
        "colour": FactType("choice", values=("red", "blue")),
    },
    records={
        "medications": {
            "opioid": FactType("boolean"),
            "dose": FactType("number", low=0.0, high=1000.0),
            "started": FactType("date"),
        }
    },
)


def read(text: str) -> nodes.Predicate:
    return predicate(text, VOCABULARY)


def asked(text: str, person: Person) -> list[str]:
    return list(map(str, questions(read(text), person)))


def because(text: str, person: Person) -> list[str]:
    return list(map(str, reasons(read(text), person)))


def knowing(*medications: dict[str, Value], complete: bool = False, **facts: Value) -> Person:
    told = frozenset({"medications"} if complete else set[str]())
    return Person(facts, {"medications": list(medications)}, told, TODAY)


def test_two_unknown_numbers_are_not_equal_and_both_are_asked() -> None:
    assert truth(read("x = y"), nobody(TODAY)) is None
    assert asked("x = y", nobody(TODAY)) == ["x", "y"]
    assert asked("x = x", nobody(TODAY)) == ["x"]


def test_a_or_not_a_stays_unknown_and_asks_one_too_many() -> None:
    node = read("a OR NOT a")
    assert truth(node, nobody(TODAY)) is None
    assert asked("a OR NOT a", nobody(TODAY)) == ["a"]
    # Nothing depends on it: the price of reading each part by itself. The solver measures it.
    z3 = pytest.importorskip("z3")
    assert z3
    from postlude.logic.proof import Encoder, always, decisive

    encoder = Encoder(VOCABULARY, as_of=TODAY)
    assert always(encoder, node) is None
    surplus = len(questions(node, nobody(TODAY))) - len(
        decisive(encoder, node, nobody(TODAY), questions(node, nobody(TODAY)))
    )
    assert surplus == 1


def test_the_negation_of_not_known_is_not_known() -> None:
    for text in ("NOT a", "NOT (x > 5)", "colour <> 'red'", "NOT colour IN ('red')", "NOT any(medications, opioid)"):
        assert truth(read(text), nobody(TODAY)) is None


def test_all_codes_of_a_choice_are_still_not_known() -> None:
    assert truth(read("colour IN ('red', 'blue')"), nobody(TODAY)) is None


def test_no_record_told_is_not_no_record() -> None:
    assert truth(read("any(medications, opioid)"), knowing()) is None
    assert truth(read("any(medications, opioid)"), knowing(complete=True)) is False
    assert truth(read("count(medications) = 0"), knowing()) is None
    assert truth(read("count(medications) = 0"), knowing(complete=True)) is True


def test_a_known_dose_beside_an_unknown_one_is_a_lower_end() -> None:
    person = knowing({"dose": (120.0, 120.0)}, {}, complete=True)
    assert truth(read("sum(medications, dose) >= 120"), person) is True
    assert truth(read("sum(medications, dose) > 120"), person) is None
    assert asked("sum(medications, dose) > 120", person) == ["medications[1].dose"]


def test_a_sum_that_can_shrink_has_no_lower_end_while_the_list_is_open() -> None:
    person = knowing({"dose": (100.0, 100.0)}, change=(1.0, 1.0))
    assert truth(read("sum(medications, dose - 200) >= -100"), person) is None


def test_what_a_further_record_adds_may_hang_on_a_fact_of_the_person() -> None:
    # With a change above zero no further medicine can bring the sum below it.
    text = "sum(medications, dose * change) < 0"
    assert asked(text, knowing()) == ["medications", "change"]
    assert truth(read(text), knowing(change=(2.0, 2.0))) is False
    assert because(text, knowing(change=(2.0, 2.0))) == ["change"]


def test_a_fact_of_the_person_that_excludes_every_record_is_a_reason() -> None:
    text = "count(medications, a AND opioid) > 0"
    assert because(text, knowing({"opioid": True}, complete=True, a=False)) == ["a", "medications"]


def test_a_minimum_over_no_record_is_not_known_even_when_all_is_told() -> None:
    assert truth(read("min(medications, dose) < 5"), knowing(complete=True)) is None
    assert asked("min(medications, dose) < 5", knowing(complete=True)) == []


def test_zero_times_what_is_not_known_is_zero() -> None:
    assert truth(read("x * y > 0"), nobody(TODAY).knowing("x", (0.0, 0.0))) is False
    assert because("x * y > 0", nobody(TODAY).knowing("x", (0.0, 0.0))) == ["x"]


def test_decimals_behave_as_written() -> None:
    assert truth(read("x + 0.2 = 0.3"), nobody(TODAY).knowing("x", (0.1, 0.1))) is True
    assert truth(read("x * 3 = 0.3"), nobody(TODAY).knowing("x", (0.1, 0.1))) is True


def test_a_sum_rounds_each_term_so_that_its_order_cannot_matter() -> None:
    node = nodes.SumRecords("medications", nodes.Number("dose", 0.0, 1000.0, "medications"))
    doses = [0.0002105, 0.0006594, 0.0004925]
    orders = ([0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2])
    sums = {quantity(node, knowing(*({"dose": (doses[i], doses[i])} for i in o), complete=True)) for o in orders}
    assert len(sums) == 1
