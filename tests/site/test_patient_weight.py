"""What every page for a person weighs as a real browser gets it, and how plain and how long a follow-up is."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from postlude.registry import due
from postlude.registry.actions import entries, intakes, links
from postlude.registry.actor import Actor
from postlude.registry.links import address
from postlude.registry.models import Contact, Form, Intake, Link, Person, Treatment
from tests.site.answering import YES, Answering, read, text
from tests.site.server import Site
from tests.site.test_patient_pages import GRADE, grade_of

BUDGET = 60_000
"""Bytes of a page in all, as they come over the line at the first visit: every response, headers and all."""
WORDS_A_SECOND = 238 / 60  # Brysbaert 2019
SECONDS_A_CHOICE, SECONDS_A_PAGE = 2.45, 1.0  # Card, Moran and Newell 1980; [design]
MINUTES = 3
_PLACES, LEAST = 2, 60
SYSTEM = Actor.system("tests")


def _path(link: Link) -> str:
    return urlsplit(address(link)).path


def _treated(person: Person, days: int) -> Contact:
    """The follow-up that is due so many days after a procedure."""
    details = {"on": timezone.localdate() - timedelta(days=days), "says": "an injection of tests", "region": "lumbar"}
    entries.enter(model=Treatment, person=person, details=details, by=SYSTEM)
    return due.bring_up(timezone.localdate(), [person])[-1]


class Filling:
    """Somebody at a follow-up or at questionnaires: ``seen`` is each page, with how many answers it took."""

    def __init__(self, client: Client, start: str) -> None:
        self._client = client
        self.seen: list[tuple[str, bytes, int]] = []
        response = client.get(start)
        self.seen.append((start, response.content, 1))
        onward = next((to for to in read(response.content).links if to.startswith("/q/") and "lumbar" in to), "")
        self._through(client.get(onward) if onward else client.post(start))

    def go_on(self, url: str) -> list[str]:
        """Go on at a page, and return the addresses of those that were seen from there."""
        before = len(self.seen)
        self._through(self._page(url))
        return [address for address, *_ in self.seen[before:]]

    def _through(self, answer: Any) -> None:
        while answer.status_code == 302:
            answer = self._page(_to(answer))
            assert len(self.seen) < 40

    def _page(self, url: str) -> Any:
        response = self._client.get(url)
        if response.status_code == 302:
            return response
        form = response.context.get("form") if response.context else None
        fields = form.fields if form is not None and not url.endswith("/done/") else {}
        signs = b'name="none"' in response.content
        self.seen.append((url, response.content, 1 if signs else len(fields) + 1))
        if url.endswith("/done/"):
            return response
        told = {"none": "1"} if signs else {"site": "leg"} | {n: _first(f) for n, f in fields.items() if n != "site"}
        if url.endswith("/pain_others/"):
            # Pain sits in two places besides, as the sets reckon; the others are passed over.
            told = dict(list(told.items())[1 : 1 + _PLACES])
            self.seen[-1] = url, response.content, _PLACES + 1
        return self._client.post(url, told)

    @property
    def minutes(self) -> float:
        # What stands on page after page, and the numbers of a scale, are not read again and again.
        # It is over with the tap that sends it; what is offered then is no part of it.
        seen = [one for one in self.seen if not one[0].endswith("/done/")]
        lines = dict.fromkeys(line for _, body, _ in seen for line in text(body).splitlines())
        words = sum(len(line.split()) for line in lines if not line.isdigit())
        taps = sum(answers for *_, answers in seen)
        return (words / WORDS_A_SECOND + taps * SECONDS_A_CHOICE + len(seen) * SECONDS_A_PAGE) / 60


def _first(field: Any) -> str:
    """The first answer that is no cause for alarm."""
    choices = [value for value, _ in getattr(field, "choices", [])]
    if not choices:
        return "1"
    return "no" if "no" in choices else next(value for value in choices if value)


def _to(response: Any) -> str:
    return re.sub(r"^https?://[^/]+", "", str(response.headers["Location"]))


# --- plain and short --------------------------------------------------------------------------------


@pytest.fixture(params=[15, 95], ids=["two weeks", "three months"])
def follow_up(request: pytest.FixtureRequest, person: Person, client: Client) -> Filling:
    contact = _treated(person, request.param)
    return Filling(client, _path(links.give(person=person, purpose="follow_up", contact=contact, by=SYSTEM)))


def _forms(contact: Contact) -> list[Form]:
    return list(Form.objects.current().filter(contact=contact))


def _said(filling: Filling) -> int:
    found = re.search(r"(\d+) minutes", text(filling.seen[0][1]))
    assert found, "it is not said how long it takes"
    return int(found[1])


@pytest.fixture
def questionnaires(person: Person, client: Client) -> Filling:
    return Filling(client, _path(links.give(person=person, purpose="forms", by=SYSTEM)))


def test_a_follow_up_takes_three_minutes_and_says_so_before(follow_up: Filling) -> None:
    assert follow_up.seen[-1][0].endswith("/done/")
    assert follow_up.minutes <= _said(follow_up) == MINUTES


def test_more_is_offered_when_it_is_sent_and_kept_where_somebody_goes_on(person: Person, client: Client) -> None:
    contact = _treated(person, 95)
    asked = Filling(client, _path(links.give(person=person, purpose="follow_up", contact=contact, by=SYSTEM)))
    pages = [url.split("/")[-2] for url, *_ in asked.seen]
    assert not {"pain_others", "satisfaction", "work", "phq4"} & set(pages)
    done = asked.seen[-1][1]
    onward = next(to for to in read(done).links if to.endswith("/pain_others/"))
    assert "Tell us more" in text(done)
    more = asked.go_on(onward)
    assert [url.split("/")[-2] for url in more][-1] == "done"
    assert {"pain_others", "satisfaction", "work", "phq4"} <= {form.part.split(" ")[0] for form in _forms(contact)}
    assert "Tell us more" not in text(asked.seen[-1][1])


def test_questionnaires_take_no_longer_than_is_said_before(questionnaires: Filling) -> None:
    assert questionnaires.seen[-1][0].endswith("/done/")
    assert questionnaires.minutes <= _said(questionnaires)


def test_a_follow_up_can_be_read_after_eight_years_of_school(follow_up: Filling) -> None:
    _can_be_read(follow_up)


def test_questionnaires_can_be_read_after_eight_years_of_school(questionnaires: Filling) -> None:
    _can_be_read(questionnaires)


def _can_be_read(filling: Filling) -> None:
    seen = filling.seen
    # The formula is made for a hundred words; of a few it says the length of the longest.
    long = {url: said for url, body, _ in seen if len((said := text(body)).split()) >= LEAST}
    assert long
    assert {url: grade_of(said) for url, said in long.items() if grade_of(said) > GRADE} == {}
    assert grade_of("\n".join(text(body) for _, body, _ in seen)) <= GRADE


# --- small ------------------------------------------------------------------------------------------


def _weight(page: Page, url: str) -> int:
    """Return what comes over the line when a page is opened for the first time."""
    found: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", lambda told: found.append(told["encodedDataLength"]))
    answer = page.goto(url, wait_until="load", timeout=60_000)
    assert answer is not None
    assert answer.status in (200, 410), url
    assert urlsplit(page.url).path == urlsplit(url).path, f"{url} leads to {page.url}"
    session.detach()
    assert len(found) >= len(("the page", "its style sheet"))
    return int(sum(found))


@pytest.fixture
def every(site: Site, person: Person) -> Callable[[Page], dict[str, int]]:
    """Walks through every kind of page, and weighs each."""

    def walked(page: Page) -> dict[str, int]:
        found: dict[str, int] = {}

        def weigh(kind: str, path: str) -> None:
            found[kind] = max(found.get(kind, 0), _weight(page, site.address + path))

        weigh("start", "/")
        weigh("begin", "/begin/")
        largest: dict[str, tuple[str, bytes]] = {}
        at = Answering(Client(), phone="0461")
        kinds = re.compile(r"(q|g)/")
        for _ in range(150):
            if at.at == "wishes":
                at.go_on()
            if not kinds.match(at.at) and at.at != "so-far":
                break
            kind = _kind(at)
            if len(at.body) > len(largest.get(kind, ("", b""))[1]):
                largest[kind] = at.url, at.body
            if at.at == "so-far":
                at.open(at.link)
            elif at.at == "q/surgeries" and "fusion" not in at.says():
                at.send({"line": "fusion of L4 and L5", "add": "1"})
            else:
                at.answer()
        weigh("as a list", f"{at.link}g/drawing/?list=1")
        for kind, (url, _) in largest.items():
            weigh(kind, url)
        for name in ("wishes", "you", "consents", "later", "answers"):
            weigh(name, f"{at.link}{name}/")
        at.open(f"{at.link}answers/")
        at.send({})
        weigh("done", f"{at.link}done/")
        intake = Intake.objects.latest("id")
        result = _path(links.give(person=intake.person, purpose="result", intake=intake, by=SYSTEM))
        weigh("result, waiting", result)
        intakes.release(assessment=intake.assessments.latest("id"), disposition="consult", by=SYSTEM)
        weigh("result, released", result)
        stopped = Answering(Client(), phone="0461")
        stopped.until("now", yes=YES)
        weigh("now", stopped.url)
        contact = _treated(person, 95)
        for purpose, more in (("follow_up", {"contact": contact}), ("forms", {})):
            link = links.give(person=person, purpose=purpose, by=SYSTEM, **more)
            seen = Filling(Client(), _path(link)).seen[:-1]
            for url, *_ in (seen[0], max(seen, key=lambda one: len(one[1]))):
                weigh(purpose, url)
        return found

    return walked


def _kind(at: Answering) -> str:
    buttons = {name for name, _ in read(at.body).buttons}
    if at.at in ("g/drawing", "so-far"):
        return at.at
    if re.search(r"-\d+$", at.at):
        return "entry"
    if at.at.startswith("g/"):
        return "several"
    if "finish" in buttons:
        return at.at if at.at == "q/medications" else "list"
    return "tapped" if "answer" in buttons else "typed"


def test_no_page_weighs_more_than_sixty_thousand_bytes(
    every: Callable[[Page], dict[str, int]], opened: Callable[..., Page]
) -> None:
    found = every(opened(width=390))
    assert {"start", "several", "tapped", "typed", "list", "q/medications", "entry", "g/drawing", "now"} <= set(found)
    assert {"answers", "consents", "result, released", "follow_up", "forms"} <= set(found)
    assert {kind: weight for kind, weight in found.items() if weight > BUDGET} == {}
