"""Choosing a language in a real browser, without scripts; long words on narrow screens; axe in both languages."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from postlude.registry.actions import intakes, links
from postlude.registry.interviews import assessed
from postlude.registry.links import token
from postlude.registry.models import Intake, Link
from tests.site.answering import URGENT, YES
from tests.site.conftest import SYSTEM
from tests.site.looking import barriers
from tests.site.server import Site
from tests.site.signed import LANGUAGES
from tests.site.test_patient_browser import _answer, _go, _here, _wider_than_the_screen

Open = Callable[..., Page]


def _step(page: Page, yes: set[str] | None = None) -> None:
    """Answer one page by what has no language: names and values of buttons."""
    here = _here(page)
    if here == "so-far":
        _go(page, page.locator("main .button").first)
    elif here == "g/drawing":
        page.locator("input[value=lower-back]").check()
        _go(page, page.locator("main form .buttons button").first)
    elif here.startswith("g/") and not (yes or set()) & set(_lines(page)):
        _go(page, page.locator("button[name=rest][value=none]"))
    elif here.startswith("g/"):
        for name in _lines(page):
            page.locator(f"input[name={name}][value={'yes' if name in (yes or set()) else 'no'}]").check()
        _go(page, page.locator("main form .buttons button").first)
    elif page.locator("#answer").count():
        page.locator("#answer").fill("36")
        _go(page, page.locator("main form .buttons button").first)
    else:
        _answer(page, yes or set())


def _until(page: Page, *names: str, yes: set[str] | None = None) -> None:
    for _ in range(120):
        if _here(page) in names:
            return
        _step(page, yes)
    raise AssertionError(f"the questions do not end; at {page.url}")


def _lines(page: Page) -> list[str]:
    lines = page.locator("input[name=asked]")
    return [lines.nth(at).get_attribute("value") or "" for at in range(lines.count())]


def _choose(page: Page, language: str) -> None:
    _go(page, page.locator(f"footer button[name=in][value={language}]"))
    assert page.locator("html").get_attribute("lang") == language


def _begin(page: Page, site: Site, language: str) -> None:
    page.goto(f"{site.address}/", timeout=60_000)
    _go(page, page.locator(f"main nav a[lang={language}]"))
    _go(page, page.locator("main .button").first)
    page.wait_for_timeout(2_100)
    _go(page, page.locator("main form .buttons button"))


@pytest.mark.parametrize("javascript", [False, True], ids=["without-script", "with-script"])
def test_choosing_loses_nothing_and_enter_still_sends_the_answer(
    signed_site: Site, opened: Open, javascript: bool
) -> None:
    page = opened(width=390, javascript=javascript)
    _begin(page, signed_site, "es")
    _until(page, "q/medications")
    page.locator("#line").fill("pregabalin 75")
    _choose(page, "tr")
    assert page.locator("#line").input_value() == "pregabalin 75"
    intake = Intake.objects.latest("id")
    assert "medications" not in intake.content
    page.locator("#line").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    intake.refresh_from_db()
    assert len(intake.content["medications"]) == 1
    assert intake.person.language == "tr"
    page.goto(re.sub(r"(/i/[^/]+/).*", r"\1wishes/", page.url))
    page.locator("textarea").first.fill("nadar")
    _choose(page, "en")
    assert page.locator("textarea").first.input_value() == "nadar"
    assert page.get_by_role("heading", name="What matters to you").is_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_long_words_fit_a_narrow_screen_and_nobody_is_shut_out(
    signed_site: Site, opened: Open, language: str, dark: bool
) -> None:
    page = opened(width=320, dark=dark)
    seen: set[str] = set()
    found: list[str] = []

    def look(kind: str) -> None:
        if kind not in seen:
            seen.add(kind)
            found.extend(barriers(page))
            if (wider := _wider_than_the_screen(page)) > 0:
                found.append(f"{page.url}: {wider} pixels wider than the screen")

    page.goto(f"{signed_site.address}/?in={language}", timeout=60_000)
    look("start")
    page.goto(f"{signed_site.address}/begin/other/?in={language}")
    look("begin")
    page.wait_for_timeout(2_100)
    _go(page, page.locator("main form .buttons button"))
    for _ in range(40):
        here = _here(page)
        if here == "g/drawing":
            break
        look("list" if page.locator("button[name=finish]").count() else here.split("/")[0])
        _step(page)
    look("drawing")
    link = re.sub(r"(/i/[^/]+/).*", r"\1", page.url)
    for name in ("wishes", "you", "consents", "later", "answers"):
        page.goto(f"{link}{name}/")
        look(name)
    _go(page, page.locator("main form button"))
    look("done")
    intake = Intake.objects.latest("id")
    row = assessed(intake, by=SYSTEM)
    intakes.release(assessment=row, disposition="consult", by=SYSTEM)
    result: Link = links.give(person=intake.person, purpose="result", intake=intake, by=SYSTEM)
    page.goto(f"{signed_site.address}/r/{token(result)}/")
    look("result")
    page.goto(f"{signed_site.address}/begin/?in={language}")
    page.wait_for_timeout(2_100)
    _go(page, page.locator("main form .buttons button"))
    _until(page, "now", yes=YES)
    look("now")
    page.goto(f"{signed_site.address}/begin/?in={language}")
    page.wait_for_timeout(2_100)
    _go(page, page.locator("main form .buttons button"))
    _until(page, "so-far", yes=URGENT)
    look("so-far")
    assert found == []
    assert {"list", "g", "q", "so-far", "drawing", "result", "now"} <= seen
