"""The headline, over the whole shipped knowledge: learning narrows it, only an answer withdraws it."""

import random
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlude.assessment.assess import Assessor
from postlude.assessment.disposition import routes, urgency
from postlude.assessment.intake import person
from postlude.assessment.model import Assessment
from postlude.assessment.reading import understand
from postlude.catalog.catalogue import Catalogue, Fact
from postlude.catalog.duration import hours
from postlude.catalog.load import load
from postlude.logic.evaluate import truth
from postlude.logic.kleene import Truth

TODAY = date(2026, 1, 15)
LISTS = ("surgeries", "medications", "treatments")
_LEVELS = ("routine", "urgent", "emergency")
_MEDICINES = ("oxycodone", "pregabalin", "duloxetine", "diazepam", "warfarin", "tramadol", "azithromycin", "senna")
_TRUTHS: tuple[Truth, ...] = (True, False, None)
seeds = st.integers(0, 2**32)
Told = dict[str, Any]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor(catalogue)


def look(assessor: Assessor, told: Told) -> Assessment:
    return assessor.assess(understand(told, assessor.catalogue, name="x", today=TODAY))


def value_of(fact: Fact, chance: random.Random, yes: float = 0.5) -> Any:
    if fact.type == "boolean":
        return chance.random() < yes
    if fact.type == "choice":
        return chance.choice(sorted(fact.values))
    low, high = fact.low or 0, fact.high or 0
    if fact.type == "integer":
        return chance.randint(int(low), int(high))
    if fact.type == "number":
        return round(chance.uniform(low, high), 1)
    return chance.choice(["2026-01-10", "2025-11", "2020"]) if fact.type == "date" else "text"


def everything(catalogue: Catalogue, chance: random.Random, yes: float = 0.5) -> Told:
    """A person of whom everything is known."""
    return {
        "facts": {name: value_of(fact, chance, yes) for name, fact in catalogue.facts.items()},
        "surgeries": [
            {
                "procedure": chance.choice(["discectomy", "posterior_fusion"]),
                "region": "lumbar",
                "operation_date": chance.choice(["2026-01-10", "2025-12", "2020"]),
            }
            for _ in range(chance.randint(0, 2))
        ],
        "medications": [
            {"medicine": name, "sig": chance.choice(["5 mg twice a day", "as directed"]), "current": True}
            for name in chance.sample(_MEDICINES, chance.randint(0, 4))
        ],
        "treatments": [
            {"treatment": name, "result": chance.choice(["helped", "no_effect", "worse"])}
            for name in chance.sample(["scs", "opioids", "facet-block", "antibiotics"], chance.randint(0, 2))
        ],
        "complete": list(LISTS),
    }


def learning(whole: Told, chance: random.Random) -> Iterator[Told]:
    """The way from nothing to everything: facts, entries, their fields and completeness, one at a time.

    (Whether a medicine is taken now is told with the entry, as a listed one counts as taken.)
    """
    steps: list[tuple[str, ...]] = [("facts", name) for name in whole["facts"]]
    for key in LISTS:
        for at, entry in enumerate(whole[key]):
            steps += [(key, str(at), field) for field in entry]
    chance.shuffle(steps)
    known: Told = {"facts": {}, **{key: [] for key in LISTS}, "complete": []}
    missing = {key: sum(map(len, whole[key])) for key in LISTS}
    entries: dict[tuple[str, str], Told] = {}
    yield known
    for step in steps:
        known = {**known, "facts": dict(known["facts"])}
        if step[0] == "facts":
            known["facts"][step[1]] = whole["facts"][step[1]]
        else:
            key, at, field = step
            told = whole[key][int(at)]
            if (key, at) not in entries:
                entries[key, at] = {"current": told["current"]} if "current" in told else {}
            entries[key, at] = {**entries[key, at], field: told[field]}
            missing[key] -= 1
            known[key] = [entry for place, entry in sorted(entries.items()) if place[0] == key]
        known["complete"] = [key for key in LISTS if not missing[key] and len(known[key]) == len(whole[key])]
        yield known


# --- the tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("emergency", "urgent"), list(product(_TRUTHS, _TRUTHS)))
def test_urgency_is_the_range_of_what_is_still_possible(emergency: Truth, urgent: Truth) -> None:
    possible = {
        "emergency" if e else "urgent" if u else "routine"
        for e, u in product([True, False], [True, False])
        if emergency in (None, e) and urgent in (None, u)
    }
    found = urgency(emergency, urgent)
    assert found.at_least == min(possible, key=_LEVELS.index)
    assert found.at_most == max(possible, key=_LEVELS.index)


@pytest.mark.parametrize(("refer", "consult"), list(product(_TRUTHS, _TRUTHS)))
def test_route_is_the_set_still_possible(refer: Truth, consult: Truth) -> None:
    possible = {
        "refer" if r else "consult" if c else "unlikely"
        for r, c in product([True, False], [True, False])
        if refer in (None, r) and consult in (None, c)
    }
    assert set(routes(refer, consult)) == possible
    assert list(routes(refer, consult)) == [w for w in ("refer", "consult", "unlikely") if w in possible]


# --- learning narrows -------------------------------------------------------------------------------


def _narrows(before: Assessment, after: Assessment) -> None:
    assert _LEVELS.index(after.urgency.at_least) >= _LEVELS.index(before.urgency.at_least)
    assert _LEVELS.index(after.urgency.at_most) <= _LEVELS.index(before.urgency.at_most)
    assert set(after.route) <= set(before.route)
    assert {c.rule for c in before.conclusions} <= {c.rule for c in after.conclusions}
    statuses = {o.treatment: o.status for o in after.options}
    for option in before.options:
        if option.status == "offer":
            assert statuses[option.treatment] == "offer"
        if option.status == "avoid":
            assert statuses.get(option.treatment) in ("avoid", None)
    listed = {o.treatment for o in before.options}
    assert set(statuses) <= listed
    said = {c.id for c in after.combinations if c.state == "holds"}
    assert {c.id for c in before.combinations if c.state == "holds" and not c.makes_sense} <= said
    answers = {goal.id: goal.answer for goal in after.goals}
    assert all(answers[goal.id] == "not-seen" for goal in before.goals if goal.answer == "not-seen")
    assert {c.route for c in before.companions if c.state == "holds"} <= {c.route for c in after.companions}
    if before.disposition == "emergency":
        assert after.disposition == "emergency"


@pytest.mark.slow
@settings(max_examples=12)
@given(seeds, st.sampled_from([0.02, 0.2, 0.5]))
def test_learning_only_narrows(assessor: Assessor, seed: int, yes: float) -> None:
    _learns(assessor, seed, yes)


@settings(max_examples=2)
@given(seeds, st.sampled_from([0.02, 0.2, 0.5]))
def test_learning_only_narrows_on_two_ways(assessor: Assessor, seed: int, yes: float) -> None:
    """Of the dozen ways above, what the ordinary loop has time for."""
    _learns(assessor, seed, yes)


def _learns(assessor: Assessor, seed: int, yes: float) -> None:
    chance = random.Random(seed)  # noqa: S311
    whole = everything(assessor.catalogue, chance, yes)
    before: Assessment | None = None
    for number, known in enumerate(learning(whole, chance)):
        if number % chance.randint(1, 12) and number < len(whole["facts"]):
            continue
        after = look(assessor, known)
        if before is not None:
            _narrows(before, after)
        before = after


def test_the_way_of_learning_ends_with_everything_known(assessor: Assessor) -> None:
    chance = random.Random(1)  # noqa: S311
    whole = everything(assessor.catalogue, chance)
    *_, last = learning(whole, chance)
    assert look(assessor, last).urgency == look(assessor, whole).urgency
    assert sorted(last["complete"]) == sorted(LISTS)


@settings(max_examples=40)
@given(seeds)
def test_the_order_of_answers_never_matters(assessor: Assessor, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    whole = everything(assessor.catalogue, chance)
    names = chance.sample(sorted(whole["facts"]), chance.randint(0, 151 if len(whole["facts"]) > 151 else 60))
    whole["facts"] = {name: whole["facts"][name] for name in names}
    first = msgspec.json.encode(look(assessor, whole))
    assert msgspec.json.encode(look(assessor, whole)) == first
    shuffled = list(whole["facts"].items())
    chance.shuffle(shuffled)
    other = {"complete": whole["complete"][::-1], "facts": dict(shuffled)}
    other |= {key: [dict(reversed(entry.items())) for entry in whole[key]] for key in reversed(LISTS)}
    assert msgspec.json.encode(look(assessor, other)) == first


# --- nothing, and everything ------------------------------------------------------------------------


def test_of_nobody_nothing_is_concluded(assessor: Assessor) -> None:
    nobody = look(assessor, {})
    assert nobody.disposition == "ask"
    assert (nobody.urgency.at_least, nobody.urgency.at_most) == ("routine", "emergency")
    assert nobody.route == ("refer", "consult", "unlikely")
    assert nobody.conclusions == ()
    assert nobody.actions == ()
    assert nobody.within is None


def complete(catalogue: Catalogue, chance: random.Random, *, examined: bool) -> Told:
    """Every applicable question answered, declined or not known; the lists complete."""
    told = everything(catalogue, chance, yes=chance.choice([0.0, 0.05, 0.5]))
    answered = chance.choice([1.0, 0.9, 0.5, 0.0])
    for name, fact in catalogue.facts.items():
        if not examined and fact.answered_by != "patient":
            del told["facts"][name]
        elif chance.random() >= answered:
            told["facts"][name] = {"state": chance.choice(["declined", "not_known"])}
    for operation in told["surgeries"]:
        if chance.random() < 0.5:
            operation["operation_date"] = {"state": "not_known"}
    who = person(catalogue, understand(told, catalogue, name="x", today=TODAY))
    for name, fact in catalogue.facts.items():
        if fact.applies is not None and truth(fact.applies, who) is False:
            told["facts"].pop(name, None)
    return told


@settings(max_examples=120)
@given(seeds, st.booleans())
def test_a_complete_intake_has_one_headline_and_never_asks(assessor: Assessor, seed: int, examined: bool) -> None:
    told = complete(assessor.catalogue, random.Random(seed), examined=examined)  # noqa: S311
    found = look(assessor, told)
    assert found.disposition != "ask"
    assert found.headline
    assert "{" not in found.headline
    if found.disposition not in ("urgent", "emergency"):
        assert found.urgency.at_least == "routine"
        assert found.disposition in found.route


def test_a_date_nobody_remembers_does_not_keep_the_headline_open(assessor: Assessor) -> None:
    told = everything(assessor.catalogue, random.Random(1), yes=0)  # noqa: S311
    told["facts"] |= {name: fact.low for name, fact in assessor.catalogue.facts.items() if fact.low is not None}
    told["facts"] |= {"fever": True, "last_spine_procedure": "longer_ago", "implanted_device": "none"}
    asked = look(assessor, {**told, "surgeries": [{"procedure": "discectomy"}]})
    assert "surgeries[0].operation_date" in [q.fact for q in asked.ask]
    assert asked.disposition == "ask"
    unsure = look(assessor, {**told, "surgeries": [{"operation_date": {"state": "not_known"}}]})
    (question,) = (q for q in unsure.ask if q.fact == "surgeries[0].operation_date")
    assert question.state == "not_known"
    assert unsure.disposition != "ask"


# --- warning signs ----------------------------------------------------------------------------------


def _calls(assessor: Assessor, found: Assessment) -> list[str]:
    say = assessor.catalogue.words["en"]["policy.call_today_who"]
    return [name for action in found.actions if action.who == say for name in action.because]


def _signs(catalogue: Catalogue) -> list[str]:
    return [name for name, fact in catalogue.facts.items() if fact.warning_sign]


@pytest.mark.parametrize("state", ["declined", "not_known"])
def test_an_unsettled_warning_sign_means_a_call_today_until_it_is_answered(assessor: Assessor, state: str) -> None:
    asked = {q.fact for q in look(assessor, {}).ask}
    for name in _signs(assessor.catalogue):
        fact = assessor.catalogue.facts[name]
        if name not in asked:
            continue
        found = look(assessor, {"facts": {name: {"state": state}}})
        assert found.disposition == "urgent", name
        assert found.within == "P1D"
        assert _calls(assessor, found) == [name]
        assert found.urgency.at_least == "routine"  # it is policy, not a conclusion
        assert found.conclusions == ()
        assert fact.says in found.actions[0].do
        # Nothing that is said about other facts takes it back, as long as it still matters.
        more = look(assessor, {"facts": {name: {"state": state}, "poor_sleep": True, "sex": "male"}})
        assert _calls(assessor, more) == [name]
        if fact.type == "boolean":
            answered = look(assessor, {"facts": {name: False}})
            assert answered.disposition == "ask"
            assert _calls(assessor, answered) == []


def test_an_urgent_headline_says_that_it_may_be_an_emergency_while_that_is_open(assessor: Assessor) -> None:
    found = look(assessor, {"facts": {"fever": {"state": "declined"}}})
    assert found.urgency.at_most == "emergency"
    assert found.headline.startswith("At least urgent")
    assert "within 1 day" in found.headline


def test_every_warning_sign_that_may_matter_comes_before_every_other_question(assessor: Assessor) -> None:
    asked = look(assessor, {}).ask
    gates = {gate for q in asked if q.warning_sign for gate in q.after}
    signs = [q.warning_sign or q.fact in gates for q in asked]
    assert signs == sorted(signs, reverse=True)
    assert {q.fact for q in asked if q.warning_sign} == set(_signs(assessor.catalogue))


def test_an_answer_that_no_longer_holds_is_asked_again(assessor: Assessor) -> None:
    catalogue = assessor.catalogue
    fresh = look(assessor, {})
    for name, fact in catalogue.facts.items():
        if not fact.holds_for or fact.type != "boolean":
            continue
        lapsed = look(assessor, {"facts": {name: {"value": False, "on": "2020-01-01"}}})
        assert lapsed.urgency == fresh.urgency
        assert lapsed.disposition == "ask"
        assert [q.fact for q in lapsed.ask] == [q.fact for q in fresh.ask]
        states = {q.fact: q.state for q in lapsed.ask}
        assert states.get(name, "lapsed") == "lapsed"
        # A yes that is too old is no conclusion, yet a person calls.
        yes = look(assessor, {"facts": {name: {"value": True, "on": "2020-01-01"}}})
        assert yes.conclusions == ()
        if fact.warning_sign and name in states:
            assert _calls(assessor, yes) == [name]


def test_an_emergency_keeps_the_call_for_what_else_is_unsettled(assessor: Assessor) -> None:
    facts = {"bladder_change": True, "cannot_pass_urine": True, "suicidal_thoughts": {"state": "declined"}}
    found = look(assessor, {"facts": facts})
    assert found.disposition == "emergency"
    assert found.within == "PT4H"
    assert "suicidal_thoughts" in _calls(assessor, found)


def test_the_shortest_time_of_the_level_is_said(assessor: Assessor) -> None:
    rules = assessor.catalogue.rules
    several = 0
    for seed in range(120):
        chance = random.Random(seed)  # noqa: S311
        whole = everything(assessor.catalogue, chance, yes=chance.choice([0.05, 0.2, 0.5]))
        whole["facts"] |= {sign: {"state": "declined"} for sign in _signs(assessor.catalogue) if chance.random() < 0.1}
        found = look(assessor, whole)
        times = [rules[c.rule].within for c in found.conclusions if c.urgency == found.disposition]
        if found.disposition == "urgent" and _calls(assessor, found):
            times.append("P1D")
        several += len(set(times)) > 1
        assert found.within == min(times, key=hours, default=None)
    assert several > 10


def test_an_urgent_time_and_the_call_today(assessor: Assessor) -> None:
    """Whichever is sooner: a week for the finding, a day for what was declined, hours for the other finding."""
    signs = {name: False for name, fact in assessor.catalogue.facts.items() if fact.type == "boolean"}
    concern = {"facts": {**signs, "wish_dead": True, "fever": {"state": "declined"}}}
    weakness = {"facts": {**signs, "arm_weakness": True, "saddle_numbness": {"state": "declined"}}}
    assert look(assessor, concern).within == "PT12H"
    assert look(assessor, weakness).within == "P1D"
