"""From a procedure to the answer in a real browser, with a real mail server and a real worker between them."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from postlude.registry import due, reminding, tasks
from postlude.registry.actions import people
from postlude.registry.exporting import export
from postlude.registry.models import AdverseEvent, Contact, Person, Score, Staff, Treatment
from tests.site.conftest import SYSTEM
from tests.site.looking import barriers, log_in
from tests.site.mail_server import MailServer
from tests.site.server import Site
from tests.site.test_post import workers

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def last_noon() -> datetime:
    """A time that has passed and is in nobody's quiet hours."""
    now = timezone.localtime()
    day = now.date() if now.hour >= 13 else now.date() - timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time(12)))


def link_in(server: MailServer, site: Site) -> str:
    (message,) = server.taken
    text = message.get_payload(decode=True).decode()
    return site.address + text[text.index("/f/") :].split()[0]


def test_a_procedure_a_message_an_answer_and_harm_from_both_sides(
    own_site: Site,
    person: Person,
    staff: Callable[[str], Staff],
    opened: Callable[..., Page],
    server: MailServer,
    tmp_path: Path,
) -> None:
    people.consent(person=person, purpose="contact_email", given=True, wording="May we write?", by=SYSTEM)
    people.consent(person=person, purpose="research", given=True, wording="May we count?", by=SYSTEM)
    asked_at = last_noon()
    given_on = asked_at.date() - timedelta(days=14)

    # The clinician enters the procedure.
    desk = opened()
    desk.set_default_timeout(90_000)  # the first page waits until the server has read the knowledge
    log_in(desk, own_site, staff("clinician"))
    record = f"{own_site.address}/clinic/people/{person.key}/record/"
    desk.goto(f"{record}given/new/")
    desk.fill("input[name=says]", "an injection of tests")
    desk.fill("input[name=on]", str(given_on))
    desk.select_option("select[name=region]", "lumbar")
    desk.click("button:has-text('Keep')")
    desk.wait_for_url(record)
    assert "Two weeks after a procedure" in desk.inner_text("main")

    # Two weeks go by; the worker sends the message.
    assert reminding.remind(asked_at) == 1
    tasks.deliver.enqueue()
    (worker,) = workers(own_site, server, 1)
    assert worker.wait(120) == 0

    # The person answers on a telephone, without scripts.
    phone = opened(width=390, javascript=False)
    phone.set_default_timeout(60_000)
    phone.goto(link_in(server, own_site))
    phone.click("button:has-text('Begin')")
    phone.click("button[name=none]")
    phone.check("input[name=site][value=leg]", force=True)
    phone.check("input[name=now][value='4']", force=True)
    phone.check("input[name=average][value='5']", force=True)
    phone.click("button:has-text('Go on')")
    phone.check("input[name=change][value='2']", force=True)
    phone.click("button:has-text('Go on')")
    phone.fill("textarea[name=harm]", "A bruise for a week")
    phone.click("button:has-text('Send')")
    assert "Thank you" in phone.inner_text("main")

    # The clinic sees the answer, and says what the harm was.
    desk.goto(f"{own_site.address}/clinic/follow-up/?show=harm")
    assert "1 of 1 that were due" in desk.inner_text("main")
    desk.click("a:has-text('Grade it')")
    desk.select_option("select[name=grade]", "1")
    desk.select_option("select[name=related]", "probable")
    desk.fill("textarea[name=why]", "graded after a call")
    desk.click("button:has-text('Correct')")
    desk.wait_for_url(record)
    harm = AdverseEvent.objects.current().get()
    assert (harm.what, harm.grade, harm.told_by) == ("A bruise for a week", 1, "patient")

    in_the_tables_that_studies_read(tmp_path / "out", str(asked_at.date()))


def in_the_tables_that_studies_read(out: Path, asked_on: str) -> None:
    export(out, form="csv", texts=True, today=timezone.localdate())
    names = ("treatments", "contacts", "scores", "adverse_events")
    tables = {name: rows(out / f"{name}.csv") for name in names}
    (treatment,), (contact,) = tables["treatments"], tables["contacts"]
    assert contact["about"] == treatment["given"]
    assert (contact["months"], contact["asked_on"]) == ("0.5", asked_on)
    assert contact["answered_on"] == str(timezone.localdate())
    found = {(row["instrument"], row["time"]): row["value"] for row in tables["scores"]}
    assert found == {("nrs", "now"): "4.0", ("nrs", "week"): "5.0", ("pgic", ""): "2.0"}
    assert {(row["about"], row["months"]) for row in tables["scores"]} == {(treatment["given"], "0.5")}
    (event,) = tables["adverse_events"]
    assert (event["about"], event["grade"], event["related"]) == (treatment["given"], "1", "probable")


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_follow_up_that_is_lost_found_again_and_answered_on_the_telephone(
    own_site: Site, person: Person, staff: Callable[[str], Staff], opened: Callable[..., Page]
) -> None:
    from postlude.registry.actions import entries

    today = timezone.localdate()
    details = {"on": today - timedelta(days=20), "says": "an injection of tests"}
    entries.enter(model=Treatment, person=person, details=details, by=SYSTEM)
    due.bring_up(today)
    contact = Contact.objects.get()
    desk = opened()
    desk.set_default_timeout(90_000)  # the first page waits until the server has read the knowledge
    log_in(desk, own_site, staff("coordinator"))
    desk.goto(f"{own_site.address}/clinic/follow-up/")
    assert "by telephone" in desk.inner_text("main")
    desk.click(f"a:has-text('{person.name}')")
    desk.fill("input[name=note]", "nobody answered")
    desk.click("button:has-text('Keep the attempt')")
    desk.select_option("select[name=reason]", "too_ill")
    desk.click("button[value=close]")
    assert [step.does for step in contact.steps.order_by("id")] == ["asked", "silent"]
    desk.goto(f"{own_site.address}/clinic/follow-up/?show=lost")
    assert "too ill to answer" in desk.inner_text("main")
    desk.click(f"a:has-text('{person.name}')")
    desk.fill("textarea[name=why]", "she called back")
    desk.click("button:has-text('Open again')")
    desk.click("a:has-text('Ask on the telephone')")
    desk.click("button[name=none]")
    desk.check("input[name=site][value=back]", force=True)
    desk.check("input[name=average][value='6']", force=True)
    desk.click("button:has-text('Go on')")
    desk.click("button:has-text('Go on')")
    desk.click("button:has-text('Send')")
    assert [step.does for step in contact.steps.order_by("id")] == ["asked", "silent", "reopened", "answered"]
    assert contact.steps.last().way == "phone"
    assert Score.objects.current().get(time="week").value == 6


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_meets_a_barrier(
    site: Site, person: Person, staff: Callable[[str], Staff], opened: Callable[..., Page], width: int, dark: bool
) -> None:
    from postlude.registry.actions import alerts, entries, links, scores
    from postlude.registry.links import address

    today = timezone.localdate()
    details = {"on": today - timedelta(days=15), "says": "an injection of tests"}
    row = entries.enter(model=Treatment, person=person, details=details, by=SYSTEM)
    scores.fill(person=person, instrument="peg", answers={"average": 7}, on=today, by=SYSTEM)
    entries.enter(model=AdverseEvent, person=person, details={"what": "a bruise", "about": row}, by=SYSTEM)
    alerts.incident(what="Nothing much", by=SYSTEM)
    (contact,) = due.bring_up(today, [person])
    link = links.give(person=person, purpose="follow_up", contact=contact, by=SYSTEM)
    forms = links.give(person=person, purpose="forms", by=SYSTEM)
    page = opened(width=width, dark=dark)
    page.set_default_timeout(90_000)
    start, before = (site.address + urlsplit(address(one)).path for one in (link, forms))
    mine = f"/clinic/people/{person.key}/record/"
    found = []

    def look(to: str) -> None:
        page.goto(to if to.startswith("http") else site.address + to)
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{to} is wider than the screen")

    for to in (start, f"{start}signs/", f"{start}stop/", before):
        look(to)
    page.goto(f"{start}signs/")
    page.click("button[name=none]")
    for name in ("pain_main", "pgic", "since"):
        look(f"{start}{name}/")
    log_in(page, site, staff("clinician"))
    for to in (
        mine,
        f"{mine}given/new/",
        f"{mine}given/{row.key}/",
        f"{mine}scores/new/",
        f"{mine}scores/new/peg/",
        f"{mine}scores/new/odi/total/",
        f"{mine}attachments/new/",
        "/clinic/appointments/",
        "/clinic/follow-up/",
        f"/clinic/people/{person.key}/follow-up/{contact.key}/",
        "/clinic/post/",
        "/clinic/incidents/",
    ):
        look(to)
    assert found == []
