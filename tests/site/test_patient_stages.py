"""One entry of a list on a page of its own, "no to the others", and what waits for the visit."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from postlude.assessment.cases import CASE_DAY
from postlude.catalog.load import load
from postlude.interview.session import Session
from postlude.interview.stages import NEEDED, STAGES, hurrying, staged
from postlude.registry.actions import intakes
from postlude.registry.actor import Actor
from postlude.registry.models import AuditEvent, Intake, Link
from postlude.registry.worklist import waiting
from postlude.simulate.population import people
from postlude.web.patient.intake import Here
from tests.site.answering import URGENT, Answering, read, text

pytestmark = pytest.mark.django_db
PEOPLE = 4


@pytest.fixture
def begun(client: Client) -> Answering:
    return Answering(client, phone="+44 7700 900461")


@pytest.fixture
def operated(begun: Answering) -> Answering:
    """At the page of the one operation that was told."""
    begun.until("q/surgeries")
    begun.send({"line": "fusion of L4 and L5", "add": "1"})
    begun.send({"finish": "1"})
    begun.until("g/surgeries-0")
    assert begun.at == "g/surgeries-0"
    return begun


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """The measure of `make bench`."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
    try:
        import intake

        yield intake
    finally:
        sys.path.pop(0)


def _intake() -> Intake:
    return Intake.objects.latest("id")


def _operation() -> dict[str, Any]:
    return _intake().content["surgeries"][0]


# --- one entry --------------------------------------------------------------------------------------


def test_all_that_matters_of_an_operation_is_asked_on_one_page(operated: Answering) -> None:
    assert "fusion of L4 and L5" in operated.says()
    asked = operated.asked
    assert {"surgeries[0].procedure", "surgeries[0].region", "surgeries[0].operation_date"} <= set(asked)
    told = {"surgeries[0].procedure": "posterior_fusion", "surgeries[0].region": "lumbar"}
    operated.send({**told, "surgeries[0].operation_date": "2018", "rest": "not_known"})
    assert operated.status == 302
    assert _operation()["procedure"] == "posterior_fusion"
    assert _operation()["operation_date"] == "2018"
    # Each has a row of its own in the history, and a line of its own where it is read back.
    assert set(asked) <= set(_intake().answers.values_list("path", flat=True))
    operated.open(f"{operated.link}answers/")
    assert "fusion from the back" in operated.says()


def test_what_was_left_empty_on_it_is_open_and_never_no(operated: Answering) -> None:
    operated.send({"surgeries[0].region": "cervical"})
    assert operated.status == 422
    assert "still open" in operated.says()
    assert _operation()["region"] == "cervical"
    assert "procedure" not in _operation()
    operated.send({"surgeries[0].region": "cervical", "rest": "not_known"})
    assert _operation()["procedure"] == {"state": "not_known"}
    assert _operation()["region"] == "cervical"


def test_what_was_left_open_says_so_wherever_it_is_seen_again(operated: Answering) -> None:
    operated.send({"surgeries[0].region": "lumbar", "rest": "not_known"})
    for path in ("surgeries[0].procedure", "surgeries[0].operation_date"):
        operated.open(f"{operated.link}q/{path}/")
        assert operated.status == 200
        assert "Your answer so far: not sure" in operated.says()
    operated.open(f"{operated.link}answers/")
    assert operated.status == 200


def test_a_day_that_is_none_keeps_nothing_and_loses_nothing(operated: Answering) -> None:
    before = _intake().answers_kept
    operated.send({"surgeries[0].operation_date": "some time ago", "surgeries[0].region": "lumbar", "rest": "declined"})
    assert operated.status == 422
    assert "When was it?" in operated.says()
    assert "some time ago" in operated.body.decode()
    assert re.search(r'value="lumbar" checked', operated.body.decode())
    assert _intake().answers_kept == before


def test_coming_back_to_it_shows_what_is_kept_and_keeps_it(operated: Answering) -> None:
    url = operated.url
    operated.send({"surgeries[0].region": "lumbar", "rest": "not_known"})
    kept = _intake().answers_kept
    operated.open(url)
    form = read(operated.body)
    assert re.search(r'value="lumbar" checked', operated.body.decode())
    assert any(name == "surgeries[0].region" for _, name, _ in form.fields)
    operated.send({"surgeries[0].region": "lumbar", "surgeries[0].procedure": "not_known"})
    assert operated.status == 302
    assert _intake().answers_kept == kept


@pytest.mark.parametrize("page", ["g/surgeries-7", "g/no_such_list-0", "g/age-0"])
def test_there_is_no_page_of_an_entry_that_was_not_told(begun: Answering, page: str) -> None:
    assert begun.client.get(f"{begun.link}{page}/").status_code == 404


# --- several at once --------------------------------------------------------------------------------


def test_no_to_the_other_lines_keeps_the_marks_and_a_no_for_each_line_without_one(begun: Answering) -> None:
    first, second, *others = begun.asked
    begun.send({first: "yes", second: "not_known", "rest": "others"})
    facts = _intake().content["facts"]
    assert facts[first]["value"] is True
    assert facts[second]["state"] == "not_known"
    assert [facts[name]["value"] for name in others] == [False] * len(others)


# --- what waits for the visit -----------------------------------------------------------------------


@pytest.fixture
def told(begun: Answering) -> Answering:
    """At the page that says that the clinic could call."""
    begun.until("wishes")
    assert "We know enough to call you" in begun.says()
    return begun


def test_what_was_told_is_handed_in_once_the_clinic_can_call_and_the_rest_is_offered_then(told: Answering) -> None:
    assert "None of your answers so far is a sign that cannot wait" in told.says()
    assert told.client.get(told.link).headers["Location"] == f"{told.link}wishes/"
    told.open(f"{told.link}answers/")
    told.send({})
    assert told.at == "done"
    intake = _intake()
    assert "If you tell us more about your pain and health" in told.says()
    assert re.search(r"Your pain and your health: about \d+ pages to go", told.says())
    told.client.post(f"{told.link}more/")
    told.open(told.link)
    assert re.match(r"[qg]/", told.at)
    told.until("answers")
    # Who has handed in before is not asked again for what they want and who they are.
    assert told.at == "answers"
    # The clinic still has them on its list, with what was told first.
    assert waiting().filter(pk=intake.pk).exists()
    told.send({})
    assert intake.assessments.count() == 2
    assert AuditEvent.objects.filter(did="intakes.reopen").get().why


def test_going_on_takes_back_nothing_that_was_released(told: Answering) -> None:
    told.open(f"{told.link}answers/")
    told.send({})
    row = _intake().assessments.get()
    intakes.release(assessment=row, disposition="consult", note="Come and see us.", by=Actor.system("tests"))
    page = next(url for url in read(told.body).links if "/r/" in url)
    told.client.post(f"{told.link}more/")
    told.open(told.link)
    told.answer()
    assert b"Come and see us." in told.client.get(re.sub(r"^https?://[^/]+", "", page)).content


def test_going_on_is_for_whoever_has_handed_in(begun: Answering) -> None:
    begun.client.post(f"{begun.link}more/")
    assert _intake().state == "open"
    assert begun.client.get(f"{begun.link}more/").status_code == 405


def test_signs_come_first_with_what_opens_the_way_to_one() -> None:
    catalogue = load()
    session = Session(catalogue, "tests", {"as_of": str(CASE_DAY), "facts": {}}, CASE_DAY, lambda _: None)
    found = staged(session)
    stages = [at for at, _ in found]
    assert stages == sorted(stages, key=STAGES.index)
    by = {question.fact: at for at, question in found}
    assert by["fever"] == by["implanted_device"] == "signs"
    assert by["medications"] == by["surgeries"] == "urgency"
    assert by["pain_nrs"] == "call"
    assert by["expects_cure"] == by["smoking"] == "visit"


def test_what_comes_after_handing_in_changes_neither_how_soon_nor_from_the_visit_on_who_helps(bench: Any) -> None:
    catalogue = load()
    walker = bench.Walker(catalogue)
    looked_at = 0
    for person in people(catalogue, catalogue.populations["stable"], PEOPLE, 7):
        walked = walker.walk(person)
        if not walked.stopped:
            looked_at += 1
            # Urgency, the second part of what is said: nobody is let go while an answer of theirs could hurry it.
            assert walked.said["enough"][1] == walked.said["all"][1]
            assert walked.said["told"] == walked.said["all"]
            until = walked.until
            assert until["signs"].pages < until["enough"].pages <= until["told"].pages < until["all"].pages
    assert looked_at >= PEOPLE / 2


@pytest.mark.parametrize("yes", [set(), URGENT], ids=["nothing urgent", "urgent"])
def test_whoever_is_let_go_has_told_all_that_could_have_them_seen_sooner(begun: Answering, yes: set[str]) -> None:
    begun.until("wishes", yes=yes)
    session = Here(Link.objects.get(intake=_intake(), purpose="intake")).interview.session
    sooner = hurrying(session)
    assert sooner
    assert not [question.fact for question in session.waiting() if sooner & set(question.could_change)]
    assert not {at for at, _ in staged(session)} & set(NEEDED)


@pytest.mark.parametrize(
    ("page", "keys"), [("/", "START"), ("/begin/", "BEGIN"), ("wishes/", "wishes"), ("consents/", "consents")]
)
def test_the_measure_counts_the_words_that_a_page_shows(bench: Any, begun: Answering, page: str, keys: str) -> None:
    counted = getattr(bench, keys, None) or next(of for of in bench.CLOSING if of[0].startswith(keys))
    said = load().words["en"]
    words = sum(len(said[f"patient.{key}"].split()) for key in counted)
    body = begun.client.get(page if page.startswith("/") else f"{begun.link}{page}").content.decode()
    # What folds out is there for whoever wants it.
    shown = len(text(re.sub(r"</summary>.*?</details>", "</summary>", body, flags=re.S).encode()).split())
    # Numbers and names of the clinic are filled in, and one notice is there while nobody is at the clinic.
    assert words == pytest.approx(shown, abs=30 if keys == "START" else 12)
