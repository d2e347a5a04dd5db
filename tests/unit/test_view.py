"""The view of one person says what the interpreters say, of generated predicates and of every shipped one."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies

from postlude.assessment.decisions import decisions
from postlude.assessment.view import Untouched, View
from postlude.catalog.catalogue import Fact
from postlude.catalog.load import load
from postlude.logic.evaluate import truth
from postlude.logic.nodes import AsOf, Boolean, Compare, DayLiteral, DaysBetween, Literal, Or
from postlude.logic.person import Person, nobody
from postlude.logic.questions import questions

FACTS = {
    name: Fact(id=name, type=kind.kind, says=name, ask=name, values=dict.fromkeys(kind.values, name))
    for name, kind in strategies.FACTS.items()
}
STAND_IN = SimpleNamespace(facts=FACTS)


def agrees(catalogue, view, nodes, person):
    for node in nodes:
        value = truth(node, person)
        assert view.see(node) == (value, questions(node, person))
        effects = view.effects(node)
        assert value is None or not effects
        for ref in questions(node, person):
            if not ref.records and ref.name not in person.facts:
                for answer in catalogue.facts[ref.name].answers():
                    expected = truth(node, person.knowing(ref.name, answer))
                    assert effects.get((ref.name, answer)) is expected, (ref, answer)
        assert all(truth(node, person.knowing(*answer)) is becomes for answer, becomes in effects.items())


@given(st.data(), st.lists(strategies.predicates(), min_size=1, max_size=3))
def test_a_view_agrees_with_the_interpreters(data, nodes):
    person = data.draw(strategies.persons())
    agrees(STAND_IN, View(STAND_IN, person), nodes, person)


@pytest.mark.slow
@given(st.data(), st.lists(strategies.predicates(), min_size=1, max_size=3))
def test_what_is_shared_between_people_changes_nothing(data, nodes):
    untouched = Untouched(STAND_IN)
    for person in (data.draw(strategies.persons()), nobody(738_000), data.draw(strategies.persons())):
        agrees(STAND_IN, View(STAND_IN, person, untouched), nodes, person)


@pytest.mark.slow
@given(st.data(), st.lists(strategies.predicates(), min_size=1, max_size=3))
def test_what_is_made_once_for_everybody_is_what_each_would_be_told(data, nodes):
    untouched = Untouched(STAND_IN)
    for _ in range(3):
        person = data.draw(strategies.persons())
        view, alone = View(STAND_IN, person, untouched), View(STAND_IN, person)
        made = view.once("all", lambda: nodes, lambda seen: [seen.see(node) for node in nodes])
        assert made == [alone.see(node) for node in nodes]


def test_only_who_touches_nothing_shares_what_was_made():
    untouched = Untouched(STAND_IN)
    node = Or((Boolean("fever"), Boolean("smoker")))
    times = []

    def made(facts):
        view = View(STAND_IN, Person(facts, {}, frozenset(), 739_000), untouched)
        return view.once("fever", lambda: (node,), lambda seen: (times.append(seen), seen.truth(node))[1])

    assert [made({}), made({"leg_weakness": True}), made({})] == [None, None, None]
    assert len(times) == 1
    assert [made({"fever": True}), made({"fever": False, "smoker": False}), made({})] == [True, False, None]
    assert len(times) == 3


def test_what_reads_the_day_is_made_for_each():
    untouched = Untouched(STAND_IN)
    old = Compare(">=", DaysBetween(DayLiteral(738_000), AsOf()), Literal(365.0))
    days = (738_010, 739_000)
    views = [View(STAND_IN, Person({}, {}, frozenset(), day), untouched) for day in days]
    assert [view.once("old", lambda: (old,), lambda seen: seen.truth(old)) for view in views] == [False, True]


CATALOGUE = load()
DECISIONS = decisions(CATALOGUE)
SHIPPED = [
    *DECISIONS.rules.values(),
    *(p for c in DECISIONS.options.values() for p in (c.avoid, c.caution, c.offer, c.consider)),
    *(p.when for c in CATALOGUE.causes.values() for p in (*c.speaks_for, *c.against)),
    *(f.applies for f in CATALOGUE.facts.values() if f.applies is not None),
]
UNTOUCHED = Untouched(CATALOGUE)
BOOLEANS = [name for name, fact in CATALOGUE.facts.items() if fact.type == "boolean"]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(BOOLEANS), st.booleans(), max_size=40), st.booleans())
def test_a_view_agrees_on_the_shipped_knowledge(facts, complete):
    lists = frozenset(CATALOGUE.records) if complete else frozenset[str]()
    person = Person(facts, {}, lists, 739_000)
    agrees(CATALOGUE, View(CATALOGUE, person, UNTOUCHED), SHIPPED, person)
