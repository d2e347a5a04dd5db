"""The pages for people in Spanish and Turkish, as a clinic has them that had both signed; and none of it before."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from postlude.registry import due, knowledge, reminding
from postlude.registry.actions import entries, intakes, links, messages, people
from postlude.registry.actor import Actor
from postlude.registry.interviews import assessed
from postlude.registry.languages import day, written
from postlude.registry.links import address
from postlude.registry.models import (
    Alert,
    AuditEvent,
    Clinic,
    Contact,
    Intake,
    Link,
    Person,
    PersonChange,
    Sending,
    Treatment,
)
from postlude.registry.notices import notify
from tests.site.answering import YES, Answering, read
from tests.site.signed import LANGUAGES, english_of, heard, reading_anew, sign
from tests.site.test_follow_up import noon

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")
EXAMPLE = Path(__file__).parents[2] / "examples/dahbour-2021.json"
MARKS = {"[unverified]", "[design]"}
"""What marks are called, in every language; the page says what they mean."""
STOPS = re.compile(
    r"\b(the|and|of|with|your|you|please|we|is|are|call|within|days?|months?|not known|unverified|design)\b",
    re.IGNORECASE,
)
"""Words that stand in nearly every English sentence and in none of the other languages."""
TYPED = "to walk to the sea"  # what is told in words to every question that takes them


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sign(tmp_path_factory.mktemp("knowledge"), *LANGUAGES)


@pytest.fixture(scope="module")
def signed(folder: Path) -> Iterator[None]:
    """The clinic's knowledge, in which both languages are signed."""
    yield from reading_anew(settings, folder)


@pytest.fixture
def offering(signed: None, db: None) -> Clinic:
    """The clinic, which offers both."""
    return Clinic.objects.create(pk=1, languages=list(LANGUAGES), name="Clínica Kliniği", telephone="0461 12")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, offering: Clinic) -> str:
    return str(request.param)


_ENGLISH: dict[str, list[str]] = {}


def left(body: bytes, language: str) -> list[str]:
    """What a page says in English without saying that it is English, or in no language at all."""
    if language not in _ENGLISH:
        _ENGLISH[language] = english_of(knowledge.catalogue(), language)
    pieces = heard(body)
    found = [f"of no language: {text}" for spoken, text in pieces if not spoken]
    mine = " ".join(text for spoken, text in pieces if spoken == language)
    found += [sentence for sentence in _ENGLISH[language] if sentence in mine]
    return found + [text for spoken, text in pieces if spoken == language and text != TYPED and STOPS.search(text)]


def english(body: bytes) -> list[str]:
    """What a page says in English, but for the name of that language."""
    return [text for spoken, text in heard(body) if spoken == "en" and text not in ("English", "Leave this empty")]


def _intake() -> Intake:
    return Intake.objects.latest("id")


def _path(link: Link) -> str:
    return re.sub(r"^https?://[^/]+", "", address(link))


def _begin(client: Client, language: str, start: str = "/begin/", **told: str) -> Answering:
    return Answering(client, f"{start}?in={language}", **told)


def _sent(answering: Answering, told: dict[str, str]) -> bytes:
    """The page that comes back when what was told cannot be kept."""
    answering.send(told)
    assert answering.status == 422, told
    return answering.body


# --- which languages -------------------------------------------------------------------------------


def test_a_signed_language_that_the_clinic_does_not_offer_is_off(client: Client, offering: Clinic) -> None:
    Clinic.objects.update(languages=["tr"])
    page = client.get("/?in=es").content
    assert {spoken for spoken, _ in heard(page)} == {"en", "tr"}
    assert [text for spoken, text in heard(page) if spoken == "tr"] == ["Türkçe", "Türkçe"]


# --- an intake --------------------------------------------------------------------------------------


def test_every_page_of_an_intake_is_in_the_language_of_the_person(client: Client, language: str) -> None:
    settings.DEMO, was = True, settings.DEMO
    try:
        seen = [("/", client.get(f"/?in={language}").content)]
        onward = [to for to in read(seen[0][1]).links if to.startswith("/begin/")]
        assert onward == [f"/begin/?in={language}", f"/begin/other/?in={language}"]
        seen += [(to, client.get(to).content) for to in onward]
        answering = _begin(client, language, phone="0461")
        back = [("left open", _sent(answering, {}))]
        answering.until("q/medications")
        back.append(("nothing typed", _sent(answering, {"last": "1"})))
        answering.send({"line": "zorblax forte 75", "add": "1"})
        answering.until("wishes")
        back.append(("too long", _sent(answering, {"wishes": "x" * 2001})))
        answering.send({"wishes": "1"})
        back.append(("no address", _sent(answering, {"email": "nobody", "birth_date": "2"})))
        answering.send({"phone": "0461", "email": "", "birth_date": "1971-03-29"})
        answering.send({})
        assert answering.at == "answers"
        answering.send({})
        assert answering.at == "done"
        answering.go_on()
        answering.until("q/pain_duration_months")
        back += [(typed, _sent(answering, {"answer": typed})) for typed in ("mmm", "99999", "\ufffd")]
        answering.until("answers")
        answering.send({})
        assert answering.at == "done"
        answering.open(f"{answering.link}later/")
        answering.open(f"{answering.link}answers/")
        seen += answering.seen + back
        page = links.give(person=_intake().person, purpose="result", intake=_intake(), by=BY)
        seen.append((_path(page), client.get(_path(page)).content))
    finally:
        settings.DEMO = was
    assert len(seen) > 50
    assert {url: found for url, body in seen if (found := left(body, language))} == {}
    assert {url: said for url, body in seen if (said := english(body))} == {}
    assert _intake().person.language == language


def test_an_emergency_is_said_in_the_language_and_heard_of_in_english(client: Client, language: str) -> None:
    answering = _begin(client, language)
    answering.until("now", yes=YES)
    assert answering.at == "now"
    assert left(answering.body, language) == []
    assert english(answering.body) == []
    alert = Alert.objects.get(level="emergency")
    assert alert.says == " ".join(knowledge.catalogue().rules[rule].says for rule in alert.rules)


def test_not_sure_of_a_sign_calls_somebody_who_reads_english(client: Client, language: str) -> None:
    answering = _begin(client, language)
    sign_ = answering.asked[0]
    answering.send({sign_: "not_known", **dict.fromkeys(answering.asked[1:], "no")})
    answering.until("so-far")
    answering.open(f"{answering.link}answers/")
    answering.send({})
    assert {body: found for _, body in answering.seen if (found := left(body, language))} == {}
    assert knowledge.catalogue().facts[sign_].says in Alert.objects.get().says


@pytest.mark.parametrize("page", ["no-such-page/", "i/x.y/", "r/x.y/", "q/x.y/"])
def test_what_leads_nowhere_says_so_in_the_language(client: Client, language: str, page: str) -> None:
    answer = client.get(f"/{page}?in={language}")
    assert answer.status_code == 404
    assert left(answer.content, language) == english(answer.content) == []
    assert f"/?in={language}" in read(answer.content).links


def test_an_ended_link_and_a_form_that_came_too_late_speak_it_too(person: Person, language: str) -> None:
    people.amend(person=person, details={"language": language}, by=BY)
    strict = Client(enforce_csrf_checks=True)
    link = links.give(person=person, purpose="forms", by=BY)
    refused = strict.post(_path(link), {"anything": "1"})
    assert refused.status_code == 403
    assert left(refused.content, language) == english(refused.content) == []
    links.end(link=link, by=BY)
    ended = strict.get(_path(link))
    assert ended.status_code == 410
    assert left(ended.content, language) == english(ended.content) == []


# --- choosing on any page ---------------------------------------------------------------------------


def test_a_language_is_chosen_on_the_first_form_and_nothing_typed_is_lost(client: Client, language: str) -> None:
    told = {"phone": "0461 99", "location": "İzmir", "who": "relative", "language": "en"}
    answer = client.post("/begin/", {**told, "in": language})
    assert answer.status_code == 200
    assert left(answer.content, language) == []
    assert Person.objects.count() == 0
    typed = {name: value for _, name, value in read(answer.content).fields}
    assert {name: typed[name] for name in told} == {**told, "language": language}


def test_nothing_is_lost_where_the_form_looked_automatic_either(client: Client, language: str) -> None:
    told = {"phone": "0461 99", "location": "İzmir", "who": "relative", "language": "en"}
    page = client.post("/begin/", told).content
    again = {name: value for kind, name, value in read(page).fields if kind == "hidden" and name != "in"}
    assert "sent_by_a_person" in again
    assert b'form="asked" name="in"' in page
    typed = {name: value for _, name, value in read(client.post("/begin/", {**again, "in": language}).content).fields}
    assert {name: typed[name] for name in told} == {**told, "language": language}


def test_a_language_is_chosen_amid_an_intake_and_stays(client: Client, language: str) -> None:
    answering = Answering(client, phone="0461")
    first, *others = answering.asked
    kept = _intake().answers_kept
    answering.send({first: "yes", "in": language})
    assert answering.status == 200
    assert left(answering.body, language) == []
    assert f'name="{first}" value="yes" checked' in answering.body.decode()
    assert (_intake().answers_kept, _intake().person.language) == (kept, language)
    # Kept with who chose it, and what it was before.
    change = PersonChange.objects.get(field="language")
    assert (change.old, change.new, change.by) == ("en", language, Actor.person(_intake().person).text)
    assert AuditEvent.objects.filter(did="people.amend").count() == 1
    answering.send({first: "no", **dict.fromkeys(others, "no")})
    assert left(answering.body, language) == []
    # Elsewhere, by the same link.
    assert left(Client().get(answering.link, follow=True).content, language) == []
    # And back.
    answering.send({"in": "en"})
    assert 'html lang="en"' in answering.body.decode()


def test_what_is_typed_on_each_kind_of_page_comes_back(client: Client, language: str) -> None:
    def typed() -> dict[str, str]:
        return {name: value for _, name, value in read(answering.body).fields}

    answering = Answering(client)
    answering.until("q/surgeries")
    answering.send({"line": "fusión 2018", "in": language})
    assert typed()["line"] == "fusión 2018"
    assert "surgeries" not in _intake().content
    answering.until("g/drawing")
    answering.send({"place": ["calf-left"], "in": language})
    assert re.search(r'value="calf-left" checked', answering.body.decode())
    assert answering.body.decode().count(" checked") == 1
    assert _intake().places == []
    answering.until("wishes")
    answering.send({"wishes": "dormir\nbailar", "fears": "", "in": "en"})
    assert "dormir\nbailar</textarea>" in answering.body.decode()
    assert _intake().wishes == ""
    answering.send({})
    answering.send({"given_name": "Ñ", "email": "half@", "in": language})
    assert (answering.status, typed()["given_name"], typed()["email"]) == (200, "Ñ", "half@")
    answering.send({"phone": "1"})
    answering.send({"research": "on", "in": "en"})
    assert answering.body.decode().count(" checked") == 1
    assert not _intake().person.consents.exists()
    answering.open(f"{answering.link}later/")
    answering.send({"email": "half@", "in": language})
    assert typed()["email"] == "half@"
    assert not Sending.objects.exists()
    # A page with nothing to type on is opened again.
    answering.open(f"{answering.link}answers/")
    answering.send({"in": "en"})
    assert (answering.at, _intake().state, _intake().person.language) == ("answers", "open", "en")
    answering.go_on()
    answering.until("q/pain_duration_months")
    answering.send({"answer": "hace mucho", "in": language})
    assert (answering.status, typed()["answer"]) == (200, "hace mucho")
    assert "pain_duration_months" not in _intake().content["facts"]


def test_an_answer_of_another_window_is_still_noticed_after_the_language_was_changed(
    client: Client, language: str
) -> None:
    answering = Answering(client)
    answering.until("q/implanted_device")
    other = Answering.__new__(Answering)
    other.__dict__.update(answering.__dict__, client=Client(), seen=[])
    other.open(answering.url)
    answering.answer()
    other.send({"in": language, "kept": {name: value for _, name, value in read(other.body).fields}["kept"]})
    other.send({"leave": "declined"})
    assert other.status == 422


def test_a_question_to_the_clinic_survives_too(client: Client, released: str, language: str) -> None:
    answer = client.post(f"{released}ask/", {"text": "¿Puedo nadar?", "in": language})
    assert answer.status_code == 200
    assert "¿Puedo nadar?</textarea>" in answer.content.decode()
    assert left(answer.content, language) == []
    assert client.post(f"{released}ask/", {"text": "", "in": "en"})["Location"] == released


# --- what was released ------------------------------------------------------------------------------


@pytest.fixture
def assessed_intake(person: Person, offering: Clinic) -> Intake:
    """The published case of the README, handed in: kept in English, as always."""
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    intake.content = json.loads(EXAMPLE.read_text())
    intake.as_of = date.fromisoformat(intake.content["as_of"])
    intake.save()
    assessed(intake, by=BY)
    return intake


@pytest.fixture
def released(assessed_intake: Intake) -> str:
    row = assessed_intake.assessments.get()
    intakes.release(assessment=row, disposition="consult", note="1", by=BY)
    return _path(links.give(person=assessed_intake.person, purpose="result", intake=assessed_intake, by=BY))


def test_the_released_page_speaks_the_language_though_english_was_kept(
    client: Client, released: str, person: Person, language: str
) -> None:
    before = client.get(released).content
    people.amend(person=person, details={"language": language}, by=BY)
    page = client.get(released).content
    assert left(page, language) == []
    assert set(english(page)) <= MARKS
    assert page.count(b'class="card option"') == before.count(b'class="card option"') > 3
    figures = re.compile(rb"<circle|<use|<path")
    assert len(figures.findall(page)) == len(figures.findall(before))
    assert knowledge.spoken(language).say["result.in_english"] not in page.decode()
    people.amend(person=person, details={"language": "en"}, by=BY)
    assert client.get(released).content.count(b"<section") == before.count(b"<section")


def test_what_was_told_in_other_words_stays_english_and_says_so(
    client: Client, released: str, assessed_intake: Intake, language: str
) -> None:
    """The English of a treatment was another one on the day of the assessment than it is now."""
    row = assessed_intake.assessments.get()
    option = next(o for o in row.content["options"] if o["status"] == "consider")
    told = json.loads(json.dumps(row.content).replace(option["what"][:-1], "What was told <then>, of this"))
    again = type(row)(
        person=row.person,
        intake=row.intake,
        answers_kept=row.answers_kept,
        disposition=row.disposition,
        at_least=row.at_least,
        content=told,
        versions=row.versions,
        by=BY.text,
    )
    again.save()
    intakes.release(assessment=again, disposition="refer", by=BY)
    people.amend(person=row.person, details={"language": language}, by=BY)
    page = client.get(released).content
    assert "What was told <then>, of this." in english(page)
    assert left(page, language) == []
    assert knowledge.spoken(language).say["result.in_english"] in page.decode()
    assert "\ue0e1" not in page.decode()
    pdf = client.get(f"{released}pdf/").content
    assert pdf.startswith(b"%PDF")
    assert {f"/Lang({language})".encode(), b"/Lang(en)"} <= set(re.findall(rb"/Lang\(\w+\)", pdf))


def _nothing_but(**facts: Any) -> dict[str, Any]:
    """An intake in which everything was asked, and nothing was so but these."""
    catalogue = knowledge.catalogue()
    no = {fact.id: False for fact in catalogue.facts.values() if fact.type == "boolean"}
    none = {fact.id: "none" for fact in catalogue.facts.values() if "none" in fact.values}
    told = {"phq9_item9": 0, "age": 60, "sex": "female", "pain_nrs": 5, "pain_duration_months": 24}
    lists = [records.key for records in catalogue.records.values()]
    return {
        "as_of": "2026-01-15",
        "facts": {**no, **none, **told, **facts},
        **{key: [] for key in lists},
        "complete": lists,
    }


@pytest.mark.parametrize(
    ("facts", "disposition"),
    [
        ({"back_pain": True}, "refer"),
        ({"fracture_on_imaging": True, "back_pain": True}, "urgent"),
        ({"hip_injection_helped": True, "groin_pain": True}, "refer"),
        ({"bladder_change": True, "cannot_pass_urine": True, "saddle_numbness": True}, "emergency"),
        ({}, "unlikely"),
    ],
)
def test_whatever_was_said_is_read_in_the_language(
    client: Client, person: Person, language: str, facts: dict[str, bool], disposition: str
) -> None:
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    intake.content, intake.as_of = _nothing_but(**facts), date(2026, 1, 15)
    intake.save()
    row = assessed(intake, by=BY)
    intakes.release(assessment=row, disposition=disposition, confirms_unlikely=True, by=BY)
    people.amend(person=person, details={"language": language}, by=BY)
    page = _path(links.give(person=person, purpose="result", intake=intake, by=BY))
    body = client.get(page).content
    assert left(body, language) == []
    assert set(english(body)) <= MARKS
    # What comes before the release too.
    intakes.finish(intake=intake, by=BY)
    done = client.get(_path(links.give(person=person, purpose="intake", intake=intake, by=BY)) + "done/").content
    assert left(done, language) == english(done) == []


# --- follow-up --------------------------------------------------------------------------------------


@pytest.fixture
def asked(person: Person, language: str) -> Link:
    """A safety check after a procedure, asked for by e-mail in the language."""
    people.amend(person=person, details={"language": language}, by=BY)
    people.consent(person=person, purpose="contact_email", given=True, wording="?", by=BY)
    on = timezone.localdate() - timedelta(days=15)
    details = {"on": on, "says": "", "treatment": "scs", "region": "lumbar"}
    entries.enter(model=Treatment, person=person, details={**details, "says": "1"}, by=BY)
    assert reminding.remind(noon(timezone.localdate())) == 1
    return Link.objects.get(purpose="follow_up")


def test_messages_are_in_the_language(asked: Link, language: str) -> None:
    words = knowledge.spoken(language).say
    sending = Sending.objects.get()
    assert sending.subject == words["post.follow_up_subject"].format(clinic="Clínica Kliniği")
    assert words["post.follow_up"].split("{")[0].strip() in sending.body
    assert address(asked) in sending.body
    assert not STOPS.search(re.sub(r"https?://\S+", "", sending.body))
    until = due.open_until(Contact.objects.get())
    months = {"es": "de enero de febrero de marzo", "tr": "Ocak Şubat Mart"}
    assert f"{until.day} " in sending.body
    assert f"{until:%B}" not in sending.body or f"{until:%B}" in months[language]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_each_message_to_a_person_is_in_the_language(person: Person, language: str, channel: str) -> None:
    people.amend(person=person, details={"language": language, "preferred_way": channel}, by=BY)
    people.consent(person=person, purpose=f"contact_{channel}", given=True, wording="?", by=BY)
    reminding.invite(person, noon(timezone.localdate()), by=BY)
    notify(person, "result", about="1", by=BY)
    notify(person, "answer", about="2", by=BY)
    bodies = list(Sending.objects.values_list("body", "subject"))
    assert len(bodies) == 3
    for body, subject in bodies:
        assert not STOPS.search(re.sub(r"https?://\S+", "", body + subject)), body


def test_a_follow_up_is_in_the_language_but_for_tested_words(client: Client, asked: Link, language: str) -> None:
    start = _path(asked)
    seen: dict[str, bytes] = {"begin": client.get(start).content}
    to = client.post(start)["Location"]
    seen["signs"] = client.get(to).content
    seen["signs, open"] = client.post(to, {}).content
    to = client.post(to, {"none": "1"})["Location"]
    seen["pain"] = client.get(to).content
    seen["pain, no place"] = client.post(to, {"now": "4"}).content
    to = client.post(to, {"site": "leg", "now": "4", "average": "5"})["Location"]
    seen["questionnaire"] = client.get(to).content
    to = client.post(to, {"change": "7"})["Location"]
    seen["since"] = client.get(to).content
    to = client.post(to, {"harm": "1"})["Location"]
    seen["done"] = client.get(to).content
    seen["stop"] = client.get(f"{start}stop/").content
    assert {name: found for name, body in seen.items() if (found := left(body, language))} == {}
    assert [name for name, body in seen.items() if english(body)] == ["questionnaire"]
    # Only tested words may ask it: they are marked, and it is said.
    wording = knowledge.instruments().instruments["pgic"].wordings["en"]
    assert set(wording.items.values()) <= set(english(seen["questionnaire"]))
    assert knowledge.spoken(language).say["follow.in_english"].split("{")[0].strip() in seen["questionnaire"].decode()
    # In another language nothing typed is lost here either, and nobody is taken off the list.
    kept = client.post(f"{start}since/", {"harm": "zzz", "medicines": "", "in": "en"})
    assert b"zzz</textarea>" in kept.content
    assert 'html lang="en"' in kept.content.decode()
    why = client.post(f"{start}stop/", {"why": "zzz", "in": language})
    assert b"zzz</textarea>" in why.content
    stopped = client.post(f"{start}stop/", {"why": ""})
    closed = client.get(start)
    assert left(stopped.content, language) == left(closed.content, language) == []
    assert english(stopped.content) == english(closed.content) == []


@pytest.mark.parametrize("answer", ["yes", "not_known"])
def test_a_sign_at_a_follow_up_is_answered_in_the_language(
    client: Client, asked: Link, language: str, answer: str
) -> None:
    to = client.post(_path(asked))["Location"]
    signs = re.findall(r'name="(\w+)" value="yes"', client.get(to).content.decode())
    found = {}
    for sign_ in signs:
        now = client.post(to, {**dict.fromkeys(signs, "no"), sign_: answer})["Location"]
        body = client.get(now).content
        if now.endswith("/now/"):
            found[sign_] = left(body, language) + english(body)
            client.post(now, {"mistake": "1"})
    assert found
    assert not any(found.values()), found
    heard_of = " ".join(Alert.objects.values_list("says", flat=True))
    called = [sign_ for sign_ in found if answer == "not_known"]
    assert [sign_ for sign_ in called if knowledge.catalogue().facts[sign_].says not in heard_of] == []
    assert all(STOPS.search(alert.says) for alert in Alert.objects.all())


def test_questionnaires_before_a_visit_are_begun_in_the_language(client: Client, person: Person, language: str) -> None:
    people.amend(person=person, details={"language": language}, by=BY)
    start = _path(links.give(person=person, purpose="forms", by=BY))
    body = client.get(start).content
    assert left(body, language) == english(body) == []
    (first, *_) = [to for to in read(body).links if to.startswith(start)]
    seen = [client.get(first, follow=True)]
    for _ in range(40):
        url = seen[-1].request["PATH_INFO"]
        if url.endswith("/done/"):
            break
        fields = read(seen[-1].content).fields
        told = {name: value for kind, name, value in fields if kind == "radio" and value not in ("open", "declined")}
        told |= {name: "1" for kind, name, _ in fields if kind == "number"}
        seen.append(client.post(url, {**told, "again": "1"}, follow=True))
    assert len(seen) > 5
    assert {page.request["PATH_INFO"]: found for page in seen if (found := left(page.content, language))} == {}


# --- what the clinic wrote itself -------------------------------------------------------------------


def test_what_the_clinic_wrote_in_english_only_is_marked(client: Client, offering: Clinic, language: str) -> None:
    told = {"hours": "Monday to Friday", "out_of_hours": "Call the hospital: 0461 77", "crisis_line": "the line, 988"}
    Clinic.objects.update(**told)
    body = client.get(f"/?in={language}").content
    assert left(body, language) == []
    assert {"Monday to Friday", "the line,"} <= set(english(body))
    assert b'<a href="tel:046177">0461 77</a>' in body
    other = {"hours": "xxx", "out_of_hours": "yyy", "crisis_line": "zzz"}
    Clinic.objects.update(in_languages={language: other})
    body = client.get(f"/?in={language}").content
    assert english(body) == []
    assert all(text in body.decode() for text in other.values())
    assert b"Monday to Friday" in client.get("/").content


def test_an_administrator_writes_it_in_each_language(logged_in: Callable[[str], Client], language: str) -> None:
    from tests.site.test_administration import CLINIC, _filled

    client = logged_in("administrator")
    assert "Español" in client.get(CLINIC).content.decode()
    sent = _filled(client, CLINIC, languages=[language], **{f"out_of_hours_in_{language}": "yyy"})
    assert client.post(CLINIC, sent).status_code == 302
    own = Clinic.objects.get()
    assert (own.languages, own.in_languages) == ([language], {language: {"out_of_hours": "yyy"}})
    assert _filled(client, CLINIC)[f"out_of_hours_in_{language}"] == "yyy"
    assert "in_languages" in AuditEvent.objects.get(did="clinic.configure").detail["changed"]


def test_days_are_written_as_the_language_writes_them(
    client: Client, released: str, person: Person, language: str
) -> None:
    messages.ask(person=person, text="1", by=Actor.person(person))
    on = timezone.localdate()
    people.amend(person=person, details={"language": language}, by=BY)
    written = {"es": f"{on.day} de ", "tr": f"{on.day} "}[language]
    yours = knowledge.spoken(language).say["patient.question_yours"]
    asked_on = next(text for _, text in heard(client.get(released).content) if text.startswith(f"{yours}, "))
    assert written in asked_on
    assert f"{on:%B}" not in asked_on


@pytest.mark.parametrize(
    ("value", "said", "spanish", "turkish"),
    [
        (7.5, "7.5 cm", "7,5 cm", "7,5 cm"),
        (7.0, "7", "7", "7"),
        ("2017-05-03", "2017-05-03", "3 de mayo de 2017", "03 Mayıs 2017"),
        ("2017-05", "2017-05", "mayo de 2017", "Mayıs 2017"),
        ("2017", "2017", "2017", "2017"),
        ("left-2017-05", "on the left", "on the left", "on the left"),
        (True, "yes", "yes", "yes"),
    ],
)
def test_answers_are_written_as_the_language_writes_them(value: Any, said: str, spanish: str, turkish: str) -> None:
    assert (written(value, said, "es"), written(value, said, "tr")) == (spanish, turkish)
    assert written("2017-05-03", "2017-05-03", "en") == day(date(2017, 5, 3), "en") == "3 May 2017"
