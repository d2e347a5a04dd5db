"""Whether a medicine on the list is still taken: not mentioned it is, denied it is not, and not known is neither."""

from datetime import date
from typing import Any

import pytest

from postlude.assessment.assess import Assessor
from postlude.assessment.intake import Intake, person
from postlude.assessment.reading import understand
from postlude.catalog.load import load
from postlude.logic.evaluate import quantity, truth

TODAY = date(2026, 1, 15)
NOT_ANSWERED = [{"state": "not_known"}, {"state": "declined"}]


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor(load())


def _told(assessor: Assessor, *medicines: dict[str, Any], **facts: Any) -> Intake:
    content = {"facts": facts, "medications": list(medicines), "complete": ["medications"]}
    return understand(content, assessor.catalogue, name="told", today=TODAY)


def _dose(assessor: Assessor, *medicines: dict[str, Any]) -> tuple[float, float]:
    body = assessor.catalogue.derived["mme_per_day"].body
    return quantity(body, person(assessor.catalogue, _told(assessor, *medicines)))


@pytest.mark.parametrize("state", NOT_ANSWERED)
def test_the_opioid_dose_lies_between_none_and_all_of_it(assessor: Assessor, state: dict[str, str]) -> None:
    oxycodone = {"medicine": "oxycodone", "sig": "5 mg twice a day"}
    assert _dose(assessor, oxycodone) == (15, 15)
    assert _dose(assessor, {**oxycodone, "current": False}) == (0, 0)
    assert _dose(assessor, {**oxycodone, "current": state}) == (0, 15)
    assert _dose(assessor, {"medicine": "morphine", "daily_dose": 10}, {**oxycodone, "current": state}) == (10, 25)


def test_each_entry_of_the_list_is_judged_by_itself(assessor: Assessor) -> None:
    morphine = {"medicine": "morphine", "daily_dose": 10}
    assert _dose(assessor, {**morphine, "current": NOT_ANSWERED[0]}, morphine) == (10, 20)
    assert _dose(assessor, morphine, {**morphine, "current": NOT_ANSWERED[0]}) == (10, 20)


@pytest.mark.parametrize(("current", "expected"), [(True, True), (False, False), *((s, None) for s in NOT_ANSWERED)])
def test_a_warning_sign_that_rests_on_it_is_not_known(assessor: Assessor, current: Any, expected: bool | None) -> None:
    clopidogrel = {"medicine": "clopidogrel", "current": current}
    facts = {"last_spine_procedure": "within_6_weeks", "spine_pain_worse": False, "limb_numbness_recent": True}
    intake = _told(assessor, clopidogrel, spinal_collection_on_imaging=False, **facts)
    bleed = assessor.catalogue.rules["post-procedure-haematoma"]
    assert truth(bleed.when, person(assessor.catalogue, intake)) is expected
    found = assessor.assess(intake)
    assert (bleed.id in {conclusion.rule for conclusion in found.conclusions}) == (expected is True)
    assert found.urgency.at_most == "emergency"


@pytest.mark.parametrize(
    ("current", "state"), [(True, "holds"), (False, None), *((s, "to-check") for s in NOT_ANSWERED)]
)
def test_a_caution_that_rests_on_it_is_still_to_check(assessor: Assessor, current: Any, state: str | None) -> None:
    intake = _told(assessor, {"medicine": "warfarin", "current": current}, leg_pain=True)
    found = assessor.assess(intake)
    (option,) = (o for o in found.options if o.treatment == "epidural-caudal")
    states = {objection.id: objection.state for objection in option.objections}
    assert states.get("epidural-caudal-antithrombotic") == state
    asked = {question.fact: question.state for question in found.ask}
    unanswered = current["state"] if isinstance(current, dict) else None
    assert asked.get("medications[0].current") == unanswered


def test_what_nobody_mentioned_keeps_what_being_on_the_list_means(assessor: Assessor) -> None:
    intake = _told(assessor, {"medicine": "warfarin"})
    assert truth(assessor.catalogue.derived["antithrombotic_now"].body, person(assessor.catalogue, intake)) is True
