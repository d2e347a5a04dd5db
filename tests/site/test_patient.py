"""What somebody in pain does at the pages of an intake, from the first to the handing in, and what is kept of it."""

import pytest
from django.test import Client
from django.utils import timezone

from postlude.registry import same
from postlude.registry.models import Alert, Answer, AuditEvent, Intake, Person, Sending
from tests.site.answering import URGENT, YES, Answering

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(client: Client) -> Answering:
    return Answering(client, phone="+44 7700 900461", location="7 Imaginary Row")


def _intake() -> Intake:
    return Intake.objects.latest("id")


def _told(path: str) -> list[object]:
    return list(_intake().answers.filter(path=path).order_by("nth").values_list("value", flat=True))


# --- beginning --------------------------------------------------------------------------------------


def test_beginning_needs_nothing_and_keeps_what_was_given(client: Client, begun: Answering) -> None:
    intake = _intake()
    assert (intake.person.phone, intake.location) == ("+44 7700 900461", "7 Imaginary Row")
    assert (intake.by, intake.way, intake.state) == ("patient", "web", "open")
    assert begun.url.startswith("/i/")
    assert Answering(client).url.startswith("/i/")
    assert _intake().person.phone == ""


def test_addresses_hold_nothing_that_names_somebody(begun: Answering) -> None:
    begun.until("so-far")
    intake = _intake()
    for url, _ in begun.seen:
        assert str(intake.pk) not in url.split("/")
        assert "900461" not in url
        assert str(intake.person.key.hex) not in url


def test_whoever_answers_for_somebody_is_marked(client: Client) -> None:
    answering = Answering(client, "/begin/other/")
    answering.answer()
    assert _intake().by == "relative"
    assert {row.told_by for row in _intake().answers.all()} == {"relative"}
    assert all(row.by.startswith("relative ") for row in _intake().answers.all())
    assert "You answer for someone else" in answering.says()


def test_the_link_leads_back_and_nothing_is_lost(client: Client, begun: Answering) -> None:
    begun.answer()
    kept, here = _intake().content, begun.url
    elsewhere = Client()
    response = elsewhere.get(begun.link, follow=True)
    assert response.redirect_chain[-1][0] == here
    assert _intake().content == kept


# --- an emergency -----------------------------------------------------------------------------------


def test_an_emergency_stops_the_form_says_where_to_go_and_alerts(begun: Answering) -> None:
    begun.until("now", yes=YES)
    says = begun.says()
    intake, alert = _intake(), Alert.objects.get(level="emergency")
    assert begun.at == "now"
    assert "hospital" in says
    assert "The clinic has been told" in says
    assert 'href="tel:112"' in begun.body.decode()
    assert (intake.state, alert.level, alert.intake) == ("stopped", "emergency", intake)
    assert _told("bladder_change") == [True]
    begun.open(begun.link)
    assert begun.at == "now"


def test_where_somebody_is_can_still_be_given_in_an_emergency(client: Client) -> None:
    answering = Answering(client)
    answering.until("now", yes=YES)
    answering.send({"phone": "0461", "location": "at my sister's"})
    assert answering.at == "now"
    assert (_intake().person.phone, _intake().location) == ("0461", "at my sister's")


def test_an_answer_that_was_a_mistake_can_be_put_right_and_a_second_emergency_alerts_again(begun: Answering) -> None:
    begun.until("now", yes=YES)
    stopped = begun.url
    for path in ("saddle_numbness", "bladder_change", "cannot_pass_urine"):
        begun.open(f"{begun.link}q/{path}/")
        if begun.status == 200 and _intake().state == "stopped":
            begun.send({"answer": "no"})
    assert _intake().state == "open"
    assert begun.url != stopped
    assert AuditEvent.objects.get(did="intakes.reopen").why
    assert _told("saddle_numbness") == [True, False]
    begun.until("now", yes=YES)
    begun.open(f"{begun.link}q/bladder_change/")
    begun.send({"answer": "yes"})
    begun.until("now", yes=YES)
    if begun.at != "now":
        begun.open(f"{begun.link}q/saddle_numbness/")
        begun.send({"answer": "yes"})
        begun.until("now", yes=YES)
    assert begun.at == "now"
    assert Alert.objects.filter(level="emergency").count() == 2


# --- several questions on a page --------------------------------------------------------------------


def test_none_of_these_keeps_a_no_of_its_own_for_each_line(begun: Answering) -> None:
    asked = begun.asked
    assert len(asked) > 2
    begun.send({"rest": "none"})
    rows = Answer.objects.filter(intake=_intake()).order_by("nth")
    assert [(row.does, row.path, row.value) for row in rows] == [("answer", path, False) for path in asked]
    assert [row.nth for row in rows] == list(range(1, len(asked) + 1))


def test_a_line_that_was_passed_over_is_not_taken_for_a_no(begun: Answering) -> None:
    first, second, *others = begun.asked
    begun.send({first: "no", second: "not_known"})
    assert begun.status == 422
    assert "still open" in begun.says()
    facts = _intake().content["facts"]
    assert facts[first]["value"] is False
    assert facts[second]["state"] == "not_known"
    assert not set(others) & set(facts)


def test_none_beside_a_mark_keeps_nothing_and_asks_again(begun: Answering) -> None:
    first = begun.asked[0]
    begun.send({first: "yes", "rest": "none"})
    assert begun.status == 422
    assert _intake().answers_kept == 0
    assert f'name="{first}" value="yes" checked' in begun.body.decode()


def test_what_somebody_would_rather_not_say_is_kept_as_that(begun: Answering) -> None:
    first, *others = begun.asked
    begun.send({first: "no", "rest": "declined"})
    facts = _intake().content["facts"]
    assert facts[first]["value"] is False
    assert {facts[path]["state"] for path in others} == {"declined"}


# --- what the signs came to -------------------------------------------------------------------------


def test_after_the_signs_it_is_said_that_nothing_is_urgent(begun: Answering) -> None:
    begun.until("wishes")
    assert "None of your answers so far is a sign that cannot wait" in begun.says()
    assert Alert.objects.count() == 0


def test_not_sure_of_a_sign_means_a_call_today(begun: Answering) -> None:
    path = begun.asked[0]
    begun.send({path: "not_known", **dict.fromkeys(begun.asked[1:], "no")})
    begun.until("so-far")
    assert "call you today" in begun.says()
    begun.open(f"{begun.link}answers/")
    begun.send({})
    assert begun.at == "done"
    assert "within 1 day" in begun.says()
    assert [alert.level for alert in Alert.objects.all()] == ["urgent"]


def test_what_is_urgent_is_said_right_after_the_signs(begun: Answering) -> None:
    begun.until("so-far", yes=URGENT)
    assert begun.at == "so-far"
    assert set(Alert.objects.values_list("level", flat=True)) == {"urgent"}
    assert "Please do not wait with this" in begun.says()


# --- lists, places, typed answers -------------------------------------------------------------------


def test_a_list_is_told_one_by_one_and_unknown_names_are_kept_as_typed(begun: Answering) -> None:
    begun.until("q/medications")
    for line in ("pregabalin 75 mg at night", "zorblax forte", "paracetamol 1 g"):
        begun.send({"line": line, "add": "1"})
        assert begun.at == "q/medications"
    assert "zorblax forte" in begun.says()
    assert "We keep it as you wrote it" in begun.says()
    begun.send({"remove": "2"})
    assert "paracetamol" not in begun.says()
    begun.send({"finish": "1"})
    content = _intake().content
    assert len(content["medications"]) == 2
    assert "medications" in content["complete"]
    assert [row.does for row in _intake().answers.filter(path="medications")] == [
        "add",
        "add",
        "add",
        "remove",
        "finish",
    ]


def test_what_stands_in_the_line_is_added_before_a_list_is_finished(begun: Answering) -> None:
    begun.until("q/medications")
    begun.send({"line": "pregabalin", "finish": "1"})
    assert begun.at == "q/medications"
    assert len(_intake().content["medications"]) == 1
    assert "complete" not in _intake().content


def test_the_last_of_a_list_is_added_and_the_list_is_whole_in_one_tap(begun: Answering) -> None:
    begun.until("q/surgeries")
    begun.send({"line": " ", "last": "1"})
    assert (begun.status, "Nothing is typed yet" in begun.says()) == (422, True)
    assert "surgeries" not in _intake().content.get("complete", [])
    begun.send({"line": "Fusion from the  BACK, 2018", "last": "1"})
    content = _intake().content
    assert "surgeries" in content["complete"]
    # The very name of what was done, and a year that is over: neither is asked again, and the words stay.
    told = {"text": "Fusion from the BACK, 2018", "procedure": "posterior_fusion", "operation_date": "2018"}
    assert content["surgeries"] == [told]
    assert begun.at != "q/surgeries"


def test_what_was_added_last_and_could_not_be_read_is_shown_before_it_goes_on(begun: Answering) -> None:
    begun.until("q/medications")
    begun.send({"line": "zorblax forte 75", "last": "1"})
    assert begun.at == "q/medications"
    assert "We could not read all of it" in begun.says()
    assert "medications" in _intake().content["complete"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fusion of L4 and L5 2018", {}),
        ("fusion from the back", {"procedure": "posterior_fusion"}),
        ("fusion from the back (2018)", {"procedure": "posterior_fusion", "operation_date": "2018"}),
        ("fusion from the back, planned 2018", {}),
        # It may have been yesterday: the day is asked.
        ("fusion from the back {now}", {"procedure": "posterior_fusion"}),
        ("fusion from the back 2099", {"procedure": "posterior_fusion"}),
    ],
)
def test_only_a_name_of_our_list_and_a_year_that_is_over_are_taken_from_a_line(
    begun: Answering, line: str, told: dict[str, str]
) -> None:
    line = line.format(now=timezone.localdate().year)
    begun.until("q/surgeries")
    begun.send({"line": line, "add": "1"})
    assert _intake().content["surgeries"] == [{"text": line, **told}]


def test_marks_answer_yes_and_the_rest_no_because_the_person_says_so(begun: Answering) -> None:
    begun.until("g/drawing")
    begun.send({})
    assert begun.status == 422
    begun.send({"place": ["lower-back", "calf-left"]})
    facts = _intake().content["facts"]
    assert facts["back_pain"]["value"] is True
    assert facts["leg_pain"]["value"] is True
    assert facts["neck_pain"]["value"] is False
    assert _intake().places == ["lower-back", "calf-left"]


def test_the_drawing_can_be_left(begun: Answering) -> None:
    begun.until("g/drawing")
    begun.send({"leave": "not_known"})
    assert _intake().content["facts"]["back_pain"]["state"] == "not_known"


def test_a_wrong_answer_is_shown_again_with_what_is_allowed(begun: Answering) -> None:
    begun.until("q/pain_duration_months")
    before = _intake().answers_kept
    begun.send({"answer": "a long while"})
    assert begun.status == 422
    assert "a long while" in begun.body.decode()
    assert "in digits" in begun.says()
    assert _intake().answers_kept == before


@pytest.mark.parametrize("typed", ["x" * 2001, "a\x00b", "\ufffd"])
def test_what_cannot_be_kept_is_said(begun: Answering, typed: str) -> None:
    begun.until("q/medications")
    begun.send({"line": typed, "add": "1"})
    assert begun.status == 422
    assert "medications" not in _intake().content


# --- two windows ------------------------------------------------------------------------------------


def test_an_answer_of_another_window_is_not_overwritten_unseen(begun: Answering) -> None:
    begun.until("q/implanted_device")
    path = begun.at.removeprefix("q/")
    other = Answering.__new__(Answering)
    other.__dict__.update(begun.__dict__, client=Client(), seen=[])
    other.open(begun.url)
    begun.answer()
    kept = _intake().content["facts"][path]
    other.send({"leave": "declined"})
    assert other.status == 422
    assert "another window" in other.says()
    assert _intake().content["facts"][path] == kept
    other.send({"leave": "declined"})
    assert _intake().content["facts"][path]["state"] == "declined"


def test_after_the_handing_in_nothing_is_taken(begun: Answering) -> None:
    begun.until("so-far")
    question = begun.seen[-2][0]
    begun.open(f"{begun.link}answers/")
    begun.send({})
    kept = _intake().answers_kept
    begun.client.post(question, {"rest": "none", "answer": "yes"})
    assert _intake().answers_kept == kept
    begun.open(begun.link)
    assert begun.at == "done"


# --- the end ----------------------------------------------------------------------------------------


def test_a_whole_intake(begun: Answering) -> None:
    begun.until("wishes")
    begun.send({"wishes": "sleep", "fears": "another operation"})
    assert begun.at == "you"
    begun.send(
        {
            "given_name": "Xanthippe",
            "family_name": "Quillfeather",
            "birth_date": "1971-03-29",
            "phone": "0461",
            "preferred_time": "mornings",
        }
    )
    assert begun.at == "consents"
    assert "checked" not in begun.body.decode()
    begun.send({"research": "on"})
    assert begun.at == "answers"
    assert "sleep" in begun.says()
    begun.send({})
    assert begun.at == "done"
    says = begun.says()
    assert "We call you within 48 hours" in says
    assert "0461" in says
    assert "mornings" in says
    assert "cannot help" not in says
    intake = _intake()
    assert intake.state == "finished"
    assert intake.assessments.count() == 1
    assert same.consents(intake.person) == {
        "contact_email": False,
        "contact_sms": False,
        "research": True,
        "sharing": False,
    }
    assert "without my name" in intake.person.consents.get(purpose="research").wording
    assert Person.objects.get(pk=intake.person.pk).name == "Xanthippe Quillfeather"


def test_no_question_is_passed_over(begun: Answering) -> None:
    """Everything that waited was asked on some page, and each answer has its own row."""
    from postlude.registry.actor import Actor
    from postlude.registry.interviews import Interview

    begun.until("answers")
    begun.go_on()
    begun.until("answers")
    intake = _intake()
    assert Interview(intake, by=Actor.person(intake.person)).session.waiting() == []
    facts = set(intake.content["facts"])
    assert facts <= set(intake.answers.values_list("path", flat=True))


def test_an_answer_is_changed_from_what_is_read_back(begun: Answering) -> None:
    begun.until("so-far")
    begun.open(f"{begun.link}answers/")
    assert "Has passing water changed?" in begun.says()
    begun.open(f"{begun.link}q/bladder_change/")
    begun.send({"answer": "yes"})
    assert _told("bladder_change") == [False, True]
    assert begun.at == "q/bladder_change_recent"


def test_back_leads_to_the_page_before_with_its_answer(begun: Answering) -> None:
    first = begun.url
    begun.send({"rest": "none"})
    assert first in begun.body.decode()
    begun.open(first)
    assert begun.body.decode().count("checked") == len(begun.asked)


def test_the_link_is_posted_once_to_where_the_person_wants_it(begun: Answering) -> None:
    begun.open(f"{begun.link}later/")
    begun.send({"email": "xanthippe@person.example"})
    begun.send({"email": "xanthippe@person.example"})
    sending = Sending.objects.get()
    assert sending.to == "xanthippe@person.example"
    assert begun.link in sending.body
    assert "Xanthippe" not in sending.body


@pytest.mark.parametrize(
    "page", ["q/no_such_question", "g/no-such-group", "q/medications[7].since", "q/medications[0].x"]
)
def test_what_is_not_there_is_not_found(begun: Answering, page: str) -> None:
    assert begun.client.get(f"{begun.link}{page}/").status_code == 404
