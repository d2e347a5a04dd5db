"""What holds for every page of a person in pain: plain words, small, no sentence missing, and done in ten minutes."""

import gzip
import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from postlude.catalog.load import load
from postlude.errors import KnowledgeError
from postlude.interview import pages
from postlude.registry.actions import intakes, links, messages
from postlude.registry.actor import Actor
from postlude.registry.interviews import assessed
from postlude.registry.links import address
from postlude.registry.models import Assessment, Clinic, Intake, Link, Person
from tests.acceptance.test_examples import grade
from tests.site.answering import YES, Answering, read, text

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "src/postlude/web/templates"
ADDRESS = settings.ADDRESS
SYSTEM = Actor.system("tests")
BUDGET = 60_000
"""Bytes of one page with its style sheets and pictures, as they come over the line."""
GRADE = 8.0
WORDS_A_SECOND = 200 / 60  # how fast an adult reads a plain text on a screen, rounded down
SECONDS_A_TAP, SECONDS_A_PAGE = 1.5, 1.0  # to find a button and touch it; for a page to come [design]
MINUTES = 10


_SEEN: list[tuple[str, bytes]] = []


@pytest.fixture
def seen(client: Client, db: None) -> list[tuple[str, bytes]]:
    """Every page that somebody with leg and back pain and no warning sign sees, from the first to the result.

    Walked once: it takes seconds, and nothing is changed by looking at it.
    """
    if not _SEEN:
        first = ("/", client.get("/").content)
        answering = Answering(client, phone="0461")
        answering.seen.insert(0, first)
        answering.until("wishes")
        for told in ({"wishes": "sleep"}, {"phone": "0461"}, {}, {}):
            answering.send(told)
        assert answering.at == "done"
        answering.go_on()
        answering.until("answers")
        answering.send({})
        assert answering.at == "done"
        answering.open(f"{answering.link}later/")
        _released(_intake())
        answering.open(_path(links.give(person=_person(), purpose="result", intake=_intake(), by=SYSTEM)))
        _SEEN.extend(answering.seen)
    return _SEEN


def _intake() -> Intake:
    return Intake.objects.latest("id")


def _person() -> Person:
    return _intake().person


def _path(link: Link) -> str:
    return re.sub(r"^https?://[^/]+", "", address(link))


def _released(intake: Intake, **told: Any) -> None:
    row = intake.assessments.latest("id")
    intakes.release(assessment=row, **({"disposition": "consult", "note": "Come and see us."} | told), by=SYSTEM)


@pytest.fixture
def assessed_intake(person: Person) -> Intake:
    """The published case of the README, handed in."""
    intake: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    intake.content = json.loads((ROOT / "examples/dahbour-2021.json").read_text())
    intake.as_of = date.fromisoformat(intake.content["as_of"])
    intake.save()
    assessed(intake, by=SYSTEM)
    return intake


@pytest.fixture
def result(assessed_intake: Intake) -> str:
    """The path of its result page."""
    return _path(links.give(person=_person(), purpose="result", intake=assessed_intake, by=SYSTEM))


@pytest.fixture
def released(assessed_intake: Intake, result: str) -> str:
    """The path of its result page after a clinician has released it."""
    _released(assessed_intake)
    return result


# --- plain words ------------------------------------------------------------------------------------


def grade_of(said: str) -> float:
    """The school grade of what a page says; labels of one or two words are no sentences, digits no words."""
    sentences = [line if line[-1] in ".?!:" else f"{line}." for line in said.splitlines() if len(line.split()) > 2]
    return grade(re.sub(r"\S*\d\S*", "ten", " ".join(sentences)))


def test_every_page_can_be_read_after_eight_years_of_school(seen: list[tuple[str, bytes]]) -> None:
    # The formula is made for a hundred words; of one question it says the length of its longest word.
    long = [(url, said) for url, body in seen if len((said := text(body)).split()) >= 60]
    assert len(long) > 15
    assert {url: grade_of(said) for url, said in long if grade_of(said) > GRADE} == {}


def test_all_that_is_asked_can_be_read_too(seen: list[tuple[str, bytes]]) -> None:
    assert grade_of("\n".join(_read_on(body) for url, body in seen if _asks(url))) <= GRADE


def test_the_page_of_an_emergency_can_be_read_too(client: Client, db: None) -> None:
    answering = Answering(client)
    answering.until("now", yes=YES)
    assert grade_of(answering.says()) <= GRADE


# --- ten minutes ------------------------------------------------------------------------------------


def _asks(url: str) -> bool:
    return bool(re.search(r"/[qg]/", url))


def _read_on(body: bytes) -> str:
    """What has to be read to answer: the question, and each line of several; not what every page repeats."""
    asked = re.findall(r"<(?:h1|legend)[^>]*>(.*?)</(?:h1|legend)>", body.decode(), re.S)
    return "\n".join(" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in asked)


def _minutes(pages_seen: list[tuple[str, bytes]]) -> float:
    words = sum(len((_read_on(body) if _asks(url) else text(body)).split()) for url, body in pages_seen)
    return (words / WORDS_A_SECOND + len(pages_seen) * (SECONDS_A_TAP + SECONDS_A_PAGE)) / 60


def test_an_intake_takes_ten_minutes(seen: list[tuple[str, bytes]]) -> None:
    """Until what was told is handed in, once the clinic can call; what comes after is offered then."""
    ends = [at for at, (url, _) in enumerate(seen) if url.endswith("/done/")]
    signs = next(at for at, (url, _) in enumerate(seen) if url.endswith("/q/surgeries/"))
    assert signs <= 26
    assert ends[0] <= 38
    # Reading all of it back is for whoever wants to.
    assert _minutes([page for page in seen[: ends[0]] if not page[0].endswith("/answers/")]) <= MINUTES
    assert sum(_asks(url) for url, _ in seen) <= 72


# --- small ------------------------------------------------------------------------------------------


def test_every_page_is_small(seen: list[tuple[str, bytes]]) -> None:
    static = ROOT / "src/postlude/web/static"
    for url, body in seen:
        files = set(re.findall(r'(?:href|src)="/static/([^"]+)"', body.decode()))
        assert "postlude/base.css" in files
        if "postlude/drawing.css" in files:
            files.add("postlude/body.svg")
        assert not re.search(r"(?:src|href)=\"https?://", body.decode().replace(ADDRESS, "")), url
        # As the line carries it: the pages that list much are compressed.
        sent = len(gzip.compress(body)) if "/answers/" in url or url.startswith("/r/") else len(body)
        assert sent + sum((static / name).stat().st_size for name in files) <= BUDGET, url


def test_what_lists_much_is_compressed(client: Client, released: str) -> None:
    response = client.get(released, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


# --- the words --------------------------------------------------------------------------------------


def _said(folder: Path) -> set[str]:
    shown = [path.read_text() for path in sorted(folder.rglob("*.html"))]
    return {key for page in shown for key in re.findall(r"\bsay\.([a-z_]+)", page)}


def test_every_sentence_of_a_page_is_written_and_every_one_written_is_said() -> None:
    written = {key.removeprefix("patient.") for key in load().words["en"] if key.startswith("patient.")}
    source = "".join(path.read_text() for path in TEMPLATES.parent.rglob("*.py"))
    in_code = {key for key in written if re.search(rf"[\"'.]{key}[\"']", source)}
    made = {key for key in written if re.match(r"(field|hint|way|consent|view|part)_", key)}
    assert _said(TEMPLATES / "patient") <= written
    assert written - _said(TEMPLATES) - in_code - made == set()


# --- the result -------------------------------------------------------------------------------------


def test_nothing_is_shown_before_a_clinician_has_released_it(client: Client, result: str) -> None:
    said = text(client.get(result).content)
    assert "A clinician has not yet looked at your answers" in said
    assert "What happens next" in said
    assert "Of 100 people" not in said
    assert client.get(f"{result}pdf/").status_code == 404


def test_what_was_released_is_shown_with_options_side_by_side_and_as_pdf(client: Client, released: str) -> None:
    page = client.get(released).content.decode()
    assert "Come and see us." in page
    assert page.count('class="card option"') >= 5
    assert page.count('role="img"') >= 5
    assert "style=" not in page
    pdf = client.get(f"{released}pdf/")
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf.headers["Content-Disposition"]


def test_the_result_page_can_be_read_too(client: Client, released: str) -> None:
    assert grade_of(text(client.get(released).content)) <= GRADE


def test_what_was_taken_back_is_hidden_again(client: Client, released: str) -> None:
    intakes.take_back(assessment=Assessment.objects.latest("id"), by=SYSTEM, why="looked at anew")
    assert "A clinician has not yet looked" in text(client.get(released).content)


def test_options_are_hidden_where_the_clinic_shows_none(client: Client, released: str) -> None:
    Clinic.objects.create(show_options=False)
    assert 'class="card option"' not in client.get(released).content.decode()


def test_that_we_cannot_help_comes_from_a_person_and_with_how_to_come_back(
    client: Client, assessed_intake: Intake, result: str
) -> None:
    assert "do not think that our clinic can help" not in text(client.get(result).content)
    _released(assessed_intake, disposition="unlikely", confirms_unlikely=True)
    assert "do not think that our clinic can help" in text(client.get(result).content)


def test_a_question_is_kept_and_its_answer_stands_beside_it(client: Client, released: str) -> None:
    client.post(f"{released}ask/", {"text": "May I swim?"})
    question = _person().messages.get()
    assert "Not answered yet" in text(client.get(released).content)
    messages.answer(message=question, text="Yes, gently.", by=SYSTEM)
    said = text(client.get(released).content)
    assert "May I swim?" in said
    assert "Yes, gently." in said
    assert client.post(f"{released}ask/", {"text": " "}).status_code == 422


def test_an_older_assessment_stays_released_until_a_newer_one_is(client: Client, released: str) -> None:
    assessed(_intake(), by=SYSTEM)
    assert "Come and see us." in text(client.get(released).content)


# --- which questions stand together -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        (
            "together",
            '[[together]]\nid = "gut"\nfacts = ["fever", "no_such_fact"]\n',
            "there is no fact 'no_such_fact'",
        ),
        ("together", '[[together]]\nid = "gut"\nfacts = ["fever"]\n', "from 2 to 6"),
        ("together", '[[together]]\nid = "gut"\nfacts = ["fever", "smoking"]\n', "mixes warning signs"),
        ("together", '[[together]]\nid = "gut"\nfacts = ["fever", "pain_nrs"]\n', "not a yes/no question"),
        ("together", '[[together]]\nid = "other"\nfacts = ["fever", "very_unwell"]\n', "has no words"),
        ("together", '[[together]]\nid = "allergies"\nfacts = ["fever", "very_unwell"]\n', "names another page"),
        (
            "together",
            '[[together]]\nid = "gut"\nfacts = ["bladder_change", "bladder_change_recent"]\n',
            "makes sense only",
        ),
        ("drawing", '[[place]]\nid = "neck"\nview = "side"\n', "found the text 'side'"),
        ("drawing", '[[place]]\nid = "neck"\nview = "back"\nfacts = ["fever"]\n', "is a warning sign"),
    ],
)
def test_a_mistake_in_the_pages_is_said(tmp_path: Path, name: str, written: str, said: str) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / f"{name}.toml").write_text(written)
    with pytest.raises(KnowledgeError) as raised:
        pages.load(load(), tmp_path)
    assert any(said in problem and f"{name}.toml" in problem for problem in raised.value.problems)


def test_every_place_of_the_drawing_lies_somewhere_on_the_picture() -> None:
    style = (TEMPLATES.parent / "static/postlude/drawing.css").read_text()
    for place in pages.load(load()).places:
        assert re.search(rf"\.at-{place}\b", style), place


def test_what_is_read_is_what_a_browser_reads() -> None:
    page = read(b"<main><p>One <b>two</b></p><datalist><option>no</option></datalist><input name=a value=1></main>")
    assert text(b"<main><p>One <b>two</b></p><datalist><option>no</option></datalist></main>") == "One two"
    assert page.fields == [("input", "a", "1")]
