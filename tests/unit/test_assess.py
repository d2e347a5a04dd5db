"""One assessment: every part rests on what was told, nothing else changes it, and its bytes repeat."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.test_disposition import LISTS, TODAY, Told, everything, look, seeds, value_of

from postlude.assessment.assess import Assessor
from postlude.assessment.decisions import status
from postlude.assessment.intake import person
from postlude.assessment.model import Because
from postlude.assessment.reading import understand
from postlude.catalog.load import load
from postlude.logic.evaluate import truth
from postlude.logic.kleene import Truth

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor(load())


def partly(assessor: Assessor, chance: random.Random) -> Told:
    """A person of whom something is known: anybody, or a worked patient a little changed."""
    worked = [case.intake for entry in assessor.catalogue.treatments.values() for case in entry.case]
    if chance.random() < 0.5:
        content = {"facts": {}, "complete": [], **chance.choice(worked)}
        facts = dict(content["facts"])
        for name in chance.sample(sorted(facts), min(len(facts), chance.choice([0, 0, 1, 2]))):
            facts[name] = value_of(assessor.catalogue.facts[name], chance)
        for name in chance.sample(sorted(assessor.catalogue.facts), chance.choice([0, 1, 3])):
            facts.setdefault(name, value_of(assessor.catalogue.facts[name], chance))
        return {**content, "facts": facts}
    whole = everything(assessor.catalogue, chance, yes=chance.choice([0.05, 0.3, 0.6]))
    share = chance.random()
    facts = {name: value for name, value in whole["facts"].items() if chance.random() < share}
    for name in facts:
        if chance.random() < 0.1:
            facts[name] = {"state": chance.choice(["declined", "not_known"])}
    told = {key: whole[key] for key in LISTS if chance.random() < 0.7}
    return {"facts": facts, **told, "complete": [key for key in told if chance.random() < 0.6]}


def encoded(found: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(found))


def without_reasons(found: Any) -> Any:
    """The JSON of an assessment less its reasons.

    A fact that changes nothing may still be one reason more. So is one more objection to an option that is to be
    avoided already: the status is final, and nobody is asked for a second reason.
    """
    if isinstance(found, list):
        return [without_reasons(item) for item in found]
    if not isinstance(found, dict):
        return found
    avoided = found.get("status") == "avoid"
    return {k: without_reasons(v) for k, v in found.items() if k != "because" and not (avoided and k == "objections")}


# --- nothing else changes it ------------------------------------------------------------------------


@settings(max_examples=40)
@given(seeds)
def test_a_fact_that_is_not_asked_for_changes_nothing(assessor: Assessor, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    told = partly(assessor, chance)
    found = look(assessor, told)
    before = without_reasons(encoded(found))
    asked = {q.fact for q in found.ask}
    free = [name for name in assessor.catalogue.facts if name not in told["facts"] and name not in asked]
    assume(free)
    for name in chance.sample(free, min(len(free), 4)):
        value = value_of(assessor.catalogue.facts[name], chance)
        after = look(assessor, {**told, "facts": {**told["facts"], name: value}})
        # What is the same throughout is so without its reasons.
        assert after == found or without_reasons(encoded(after)) == before, name


@settings(max_examples=40)
@given(seeds)
def test_a_question_never_waits_for_one_that_is_not_asked(assessor: Assessor, seed: int) -> None:
    found = look(assessor, partly(assessor, random.Random(seed)))  # noqa: S311
    place = {q.fact: number for number, q in enumerate(found.ask)}
    assert len(place) == len(found.ask)
    for question in found.ask:
        assert question.could_change
        for gate in question.after:
            assert place[gate] < place[question.fact]


@settings(max_examples=40)
@given(seeds)
def test_what_an_answer_is_said_to_do_it_does(assessor: Assessor, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    told = partly(assessor, chance)
    found = look(assessor, told)
    effects = [(q.fact, effect) for q in found.ask for effect in q.answers]
    for fact, effect in chance.sample(effects, min(3, len(effects))):
        after = {**told, "facts": {**told["facts"], fact: effect.answer}}
        who = person(assessor.catalogue, understand(after, assessor.catalogue, name="x", today=TODAY))
        assert truth(assessor.catalogue.rules[effect.rule].when, who) is effect.becomes


# --- everything rests on something ------------------------------------------------------------------


def _told(told: Told, because: Because) -> bool:
    if because.value == "complete":
        return because.fact in told["complete"]
    if because.fact.endswith("]"):
        key, _, at = because.fact[:-1].partition("[")
        return int(at) < len(told[key])
    answer = told["facts"][because.fact]
    return bool((answer["value"] if isinstance(answer, dict) else answer) == because.value)


@settings(max_examples=50)
@given(seeds)
def test_every_statement_has_a_reason_that_was_told(assessor: Assessor, seed: int) -> None:
    told = partly(assessor, random.Random(seed))  # noqa: S311
    found = look(assessor, told)
    stated = [c.because for c in found.conclusions]
    stated += [p.because for c in found.candidates for p in (*c.for_, *c.against)]
    stated += [o.because for o in found.options if o.status != "cannot-say"]
    stated += [j.because for o in found.options for j in o.objections if j.state == "holds"]
    for because in stated:
        assert because
        assert all(b.value is not None and _told(told, b) for b in because)
    for option in found.options:
        missing = option.because if option.status == "cannot-say" else ()
        assert all(b.value is None for b in missing)
    for conclusion in found.conclusions:
        assert conclusion.sources or conclusion.marks
    assert found.safety == tuple(c for c in found.conclusions if c.kind == "safety")
    rules = {c.rule for c in found.conclusions}
    for action in found.actions:
        assert action.because
        assert set(action.because) <= rules | set(told["facts"])


@settings(max_examples=40)
@given(seeds)
def test_the_status_of_an_option_is_the_table_of_the_format(assessor: Assessor, seed: int) -> None:
    told = partly(assessor, random.Random(seed))  # noqa: S311
    who = person(assessor.catalogue, understand(told, assessor.catalogue, name="x", today=TODAY))
    found = {o.treatment: o for o in look(assessor, told).options}
    for key, treatment in assessor.catalogue.treatments.items():
        avoid = [truth(c.when, who) for c in treatment.avoid]
        caution = [truth(c.when, who) for c in treatment.caution]
        offer = truth(treatment.offer_when, who) if treatment.offer_when is not None else False
        worth = [truth(treatment.consider_when, who), offer]
        if worth == [False, False]:
            assert key not in found
            continue
        if True in avoid:
            expected = "avoid"
        elif offer and not any(v is not False for v in (*avoid, *caution)):
            expected = "offer"
        elif True not in worth:
            expected = "cannot-say"
        else:
            expected = "caution" if True in caution else "consider"
        assert found[key].status == expected


@pytest.mark.slow
def test_an_offer_falls_with_each_caution_and_contraindication(assessor: Assessor) -> None:
    """From the worked patients to whom something is offered, one fact at a time."""
    catalogue = assessor.catalogue
    found: set[str] = set()
    for key, treatment in catalogue.treatments.items():
        for intake in (case.intake for case in treatment.case if case.expect == "offer"):
            for name, fact in catalogue.facts.items():
                if fact.type != "boolean":
                    continue
                for value in (True, False):
                    told = {**intake, "facts": {**intake["facts"], name: value}}
                    who = person(catalogue, understand(told, catalogue, name="x", today=TODAY))
                    holds = [k for k in ("avoid", "caution") if any(truth(c.when, who) for c in getattr(treatment, k))]
                    option = {o.treatment: o.status for o in look(assessor, told).options}.get(key)
                    if holds and option is not None:
                        assert option == holds[0]
                        found.add(option)
    assert found == {"avoid", "caution"}


def _possible(value: Truth) -> list[bool]:
    return [True, False] if value is None else [value]


@given(*[st.sampled_from([True, False, None])] * 4)
def test_offer_and_avoid_are_final(avoid: Truth, caution: Truth, offer: Truth, consider: Truth) -> None:
    found = status(avoid, caution, offer, consider)
    later = {
        status(a, c, o, w)
        for a in _possible(avoid)
        for c in _possible(caution)
        for o in _possible(offer)
        for w in _possible(consider)
        if not (o and (a or c or not w))  # an offer is defined to be free of both, and worth weighing
    }
    if found == "offer" and later:
        assert later == {"offer"}
    if found == "avoid":
        assert later <= {"avoid", "not-listed"}
    if found == "not-listed":
        assert later <= {"not-listed"}


# --- the same bytes ---------------------------------------------------------------------------------


def test_the_bytes_are_the_same_in_every_process() -> None:
    code = (
        "import sys, pathlib, datetime, msgspec\n"
        "from postlude.assessment.assess import Assessor\n"
        "from postlude.assessment.reading import read_intake\n"
        "from postlude.catalog.load import read\n"
        "known = read()\n"
        "for path in sys.argv[1:]:\n"
        "    intake = read_intake(pathlib.Path(path).read_bytes(), known, name='x', today=datetime.date(2026, 1, 15))\n"
        "    sys.stdout.buffer.write(msgspec.json.encode(Assessor(known).assess(intake)))\n"
    )
    found = set()
    for seed in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code, *map(str, EXAMPLES)],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        )
        found.add(run.stdout)
    assert len(found) == 1


def test_one_assessor_serves_many_people(assessor: Assessor) -> None:
    chance = random.Random(3)  # noqa: S311
    people = [partly(assessor, chance) for _ in range(20)]
    first = [msgspec.json.encode(look(assessor, told)) for told in people]
    again = [msgspec.json.encode(look(assessor, told)) for told in reversed(people)]
    assert first == again[::-1]
    # Nor does anything of one stay for the next: who is assessed alone is told the same.
    assert [msgspec.json.encode(look(Assessor(assessor.catalogue), told)) for told in people[:5]] == first[:5]


def test_nothing_in_an_assessment_is_the_clock(assessor: Assessor) -> None:
    assert set(look(assessor, {}).versions) == {"postlude", "knowledge", "evidence"}


def test_an_action_that_two_rules_need_stands_once(assessor: Assessor) -> None:
    for seed in range(30):
        found = look(assessor, everything(assessor.catalogue, random.Random(seed)))  # noqa: S311
        named = [(a.do, a.who) for a in found.actions]
        assert len(named) == len(set(named))
