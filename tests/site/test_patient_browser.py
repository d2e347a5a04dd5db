"""A person in pain in a real browser: a phone with and without scripts, the keyboard alone, a narrow screen, axe."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page

from postlude.registry.models import Alert, Intake
from tests.site.answering import URGENT, YES, Answering
from tests.site.looking import barriers
from tests.site.server import Site

Open = Callable[..., Page]
_ON = "(e => ({name: e.name || '', value: e.value || '', text: (e.innerText || '').trim()}))"


def _begin(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/", timeout=60_000)
    _go(page, page.get_by_role("link", name="Begin"))
    page.get_by_label("Your phone number").fill("+44 7700 900461")
    page.wait_for_timeout(2_100)  # nobody reads and answers a page more quickly, says the trap
    _go(page, page.get_by_role("button", name="Go to the questions"))


def _go(page: Page, to: Locator) -> None:
    """Tap what leads on, and wait for the page."""
    with page.expect_navigation(timeout=30_000):
        to.click()


def _here(page: Page) -> str:
    return "/".join(page.url.strip("/").split("/")[5:])


def _answer(page: Page, yes: set[str]) -> None:
    """Answer one page as a finger would: no warning sign but those named."""
    here = _here(page)
    if here == "so-far":
        _go(page, page.get_by_role("main").get_by_role("link", name="Go on", exact=True))
    elif here == "g/drawing":
        page.get_by_label("Lower back").check()
        page.get_by_label("Left thigh, back").check()
        _go(page, page.get_by_role("button", name="These are all the places"))
    elif re.search(r"-\d+$", here):
        _go(page, page.get_by_role("button", name="I do not know the rest"))
    elif here.startswith("g/"):
        lines = page.locator("input[name=asked]")
        names = [lines.nth(at).get_attribute("value") or "" for at in range(lines.count())]
        if not yes & set(names):
            _go(page, page.get_by_role("button", name="None of these"))
            return
        for name in names:
            page.locator(f"input[name={name}][value={'yes' if name in yes else 'no'}]").check()
        _go(page, page.get_by_role("button", name="Go on", exact=True))
    elif page.locator("button[name=finish]").count():
        _go(page, page.locator("button[name=finish]"))
    elif page.locator("button[name=answer]").count():
        wanted = "yes" if here.removeprefix("q/") in yes else "no"
        exact = page.locator(f"button[name=answer][value={wanted}]")
        _go(page, exact if exact.count() else page.locator("button[name=answer]").first)
    else:
        page.locator("#answer").fill("36")
        _go(page, page.get_by_role("button", name="Go on", exact=True))


def _until(page: Page, *names: str, yes: set[str] | None = None) -> None:
    for _ in range(120):
        if _here(page) in names:
            return
        _answer(page, yes or set())
    raise AssertionError(f"the questions do not end; at {page.url}")


def _wider_than_the_screen(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("javascript", [False, True], ids=["without-script", "with-script"])
def test_a_whole_intake_on_a_phone(site: Site, opened: Open, javascript: bool) -> None:
    page = opened(width=390, javascript=javascript)
    _begin(page, site)
    _until(page, "wishes")
    page.get_by_label("What would you like to be able to do again?").fill("sleep through the night")
    _go(page, page.get_by_role("button", name="Go on"))
    page.get_by_label("First name").fill("Xanthippe")
    _go(page, page.get_by_role("button", name="Go on"))
    page.get_by_label("You may count my answers in studies").check()
    _go(page, page.get_by_role("button", name="Go on"))
    assert page.get_by_text("sleep through the night").is_visible()
    _go(page, page.get_by_role("button", name="Send my answers to the clinic"))
    assert page.get_by_text("We call you within 48 hours").is_visible()
    intake = Intake.objects.latest("id")
    assert (intake.state, intake.person.given_name) == ("finished", "Xanthippe")
    assert intake.answers.count() == intake.answers_kept


def test_an_emergency_on_a_phone(site: Site, opened: Open) -> None:
    page = opened(width=390)
    _begin(page, site)
    _until(page, "now", yes=YES)
    assert page.get_by_role("heading", name="Please act now").is_visible()
    assert page.locator("a.call").get_attribute("href") == "tel:112"
    assert page.locator("a.call").bounding_box()["y"] < 844, "the number to call stands on the first screen"
    page.get_by_label("Where are you now?").fill("7 Imaginary Row")
    _go(page, page.get_by_role("button", name="Save"))
    intake = Intake.objects.latest("id")
    assert (intake.state, intake.location) == ("stopped", "7 Imaginary Row")
    assert Alert.objects.filter(intake=intake, level="emergency").count() == 1


def test_the_keyboard_alone_answers_an_intake(site: Site, opened: Open) -> None:
    """Nothing but Tab, arrows, Space, Enter and letters; what has the focus is always seen."""
    page = opened()
    page.goto(f"{site.address}/", timeout=60_000)
    _press(page, "Begin")
    _tab_to(page, lambda on: on["name"] == "phone")
    page.keyboard.type("0461")
    page.wait_for_timeout(2_100)
    _press(page, "Go to the questions")
    _press(page, "None of these")
    _tab_to(page, lambda on: on["value"] == "yes")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.value") == "no"
    # With a mark on the page, "none" would contradict it.
    _press(page, "No to the other lines")
    for _ in range(40):
        here = _here(page)
        if here == "g/drawing":
            break
        if page.locator("button[name=finish]").count():
            _press(page, "There are none")
        elif here.startswith("g/"):
            _press(page, "None of these")
        elif page.locator("button[name=answer][value=no]").count():
            _press(page, "No")
        else:
            _tab_to(page, lambda on: on["name"] == "answer")
            with page.expect_navigation():
                page.keyboard.press("Enter")
    _tab_to(page, lambda on: on["value"] == "lower-back")
    page.keyboard.press("Space")
    _press(page, "These are all the places")
    assert Intake.objects.latest("id").places == ["lower-back"]
    page.goto(re.sub(r"/i/([^/]+)/.*", r"/i/\1/answers/", page.url))
    _press(page, "Send my answers to the clinic")
    assert page.get_by_role("heading", name="Thank you").is_visible()


def _tab_to(page: Page, wanted: Callable[[dict[str, str]], bool]) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        on = page.evaluate(f"{_ON}(document.activeElement)")
        if wanted(on):
            seen = page.evaluate(
                "(e => [e, e.closest('label')].some(x => x && getComputedStyle(x).outlineStyle !== 'none'))"
                "(document.activeElement)"
            )
            assert seen, f"nobody sees that {on} has the focus"
            return
    raise AssertionError(f"Tab does not lead there: {page.url}")


def _press(page: Page, text: str) -> None:
    _tab_to(page, lambda on: on["text"] == text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_shuts_anybody_out_and_each_fits_a_narrow_screen(site: Site, opened: Open, dark: bool) -> None:
    """320 px is also 640 px at 200 % zoom; a page of each kind."""
    page = opened(width=320, dark=dark)
    found: list[str] = []
    seen: set[str] = set()

    def look(kind: str) -> None:
        if kind not in seen:
            seen.add(kind)
            found.extend(barriers(page))
            assert _wider_than_the_screen(page) <= 0, page.url

    page.goto(f"{site.address}/", timeout=60_000)
    look("start")
    page.goto(f"{site.address}/begin/other/")
    look("begin")
    page.wait_for_timeout(2_100)
    _go(page, page.get_by_role("button", name="Go to the questions"))
    _go(page, page.get_by_role("button", name="Go on", exact=True))
    look("lines left open")
    for _ in range(60):
        here = _here(page)
        if here == "q/pain_nrs":
            look("scale")
        kind = here if here in ("so-far", "g/drawing") else re.sub(r"/.*", "", here)
        look("list" if page.locator("button[name=finish]").count() else kind)
        if here == "g/drawing":
            _go(page, page.get_by_role("link", name="as a list"))
            look("places as a list")
            break
        _answer(page, set())
    link = re.sub(r"(/i/[^/]+/).*", r"\1", page.url)
    for name in ("wishes", "you", "consents", "later", "answers"):
        page.goto(f"{link}{name}/")
        look(name)
    _go(page, page.get_by_role("button", name="Send my answers to the clinic"))
    look("done")
    _go(page, page.get_by_role("link", name="Open my page"))
    look("result")
    page.goto(f"{site.address}/i/no-such-link/")
    look("no link")
    page.goto(f"{site.address}/begin/")
    page.wait_for_timeout(2_100)
    _go(page, page.get_by_role("button", name="Go to the questions"))
    _until(page, "now", yes=YES)
    look("now")
    page.goto(f"{site.address}/begin/")
    page.wait_for_timeout(2_100)
    _go(page, page.get_by_role("button", name="Go to the questions"))
    _until(page, "so-far", yes=URGENT)
    look("so-far")
    assert found == []
    assert {"list", "g/drawing", "so-far", "g", "q"} <= seen


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_of_an_operation_and_what_waits_for_the_visit_shut_nobody_out(
    site: Site, opened: Open, dark: bool
) -> None:
    at = Answering(Client(), phone="0461")
    at.until("q/surgeries")
    at.send({"line": "fusion of L4 and L5", "add": "1"})
    at.send({"finish": "1"})
    at.until("wishes")
    enough = at.url
    at.until("g/surgeries-0")
    page = opened(width=320, dark=dark)
    page.goto(site.address + at.url, timeout=60_000)
    found = barriers(page)
    page.get_by_label("When was it?").fill("2018")
    page.get_by_role("group", name="Which part of the spine was it?").get_by_label("lower back").check()
    _go(page, page.get_by_role("button", name="Go on", exact=True))
    # What was told is kept, what was not is marked, and nothing that was typed is lost.
    assert page.get_by_text("Still open").count()
    assert page.get_by_label("When was it?").input_value() == "2018"
    found += barriers(page)
    assert _wider_than_the_screen(page) <= 0
    at.open(f"{at.link}answers/")
    at.send({})
    for url in (enough, at.url):
        page.goto(site.address + url)
        found += barriers(page)
        assert _wider_than_the_screen(page) <= 0, url
    _go(page, page.get_by_role("button", name="Answer more questions"))
    assert re.match(r"[qg]/", _here(page))
    assert found == []
