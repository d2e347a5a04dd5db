"""A picture of a course becomes a chart that zooms: under the site's policy, by keyboard, in both themes; or stays."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from postlude.registry.models import AdverseEvent, AuditEvent, Contact, Person, Score, Staff, Treatment
from postlude.registry.roles import Permission, role_of
from postlude.web import vega
from tests.site.looking import barriers, log_in
from tests.site.server import Site
from tests.site.test_production import POLICY

FIRST = date(2023, 2, 7)
OPEN, FEWER, WHOLE = "Zoom and move this picture", "Zoom in", "The whole time"
TEXTS = "nodes => nodes.map(node => node.textContent)"


@pytest.fixture
def course(person: Person) -> Person:
    """Somebody with scores over two years, a treatment, something that went wrong, and a question without an answer."""
    for days, value in ((0, 8.0), (90, 3.0), (400, 5.0), (700, 6.0)):
        Score.objects.create(
            person=person, on=FIRST + timedelta(days), instrument="nrs", measure="pain", value=value, by="system x"
        )
    Treatment.objects.create(person=person, on=FIRST + timedelta(20), says="a block <b>", by="system x")
    AdverseEvent.objects.create(person=person, on=FIRST + timedelta(25), what="a bruise", by="system x")
    Contact.objects.create(person=person, due_on=FIRST + timedelta(200), by="system x")
    return person


# --- what the script asks for -----------------------------------------------------------------------


def test_the_chart_is_given_to_whoever_sees_people_and_that_is_kept(
    role: str, logged_in: Callable[[str], Client], course: Person
) -> None:
    answer = logged_in(role).get(reverse("course_chart", args=[course.key]))
    permitted = Permission.SEE_PEOPLE in role_of(role).permissions
    assert answer.status_code == (200 if permitted else 403)
    looks = AuditEvent.objects.filter(did="looks.looked", person=course.key)
    assert looks.count() == int(permitted)
    if permitted:
        told = answer.json()
        assert told["events"] == ["2023-02-27 treatment: a block <b>", "2023-03-04 adverse event: a bruise"]
        assert told["open_mark"] == "due, not answered"
        assert answer["Content-Type"] == "application/json"
        assert "no-store" in answer["Cache-Control"]
        said = answer.content.decode()
        assert not [detail for detail in (course.given_name, course.family_name, course.phone[-6:]) if detail in said]


def test_a_stranger_is_asked_to_log_in(client: Client, course: Person) -> None:
    answer = client.get(reverse("course_chart", args=[course.key]))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_width_that_is_none_is_named_and_nothing_to_draw_is_not_found(
    logged_in: Callable[[str], Client], person: Person
) -> None:
    client, chart = logged_in("clinician"), reverse("course_chart", args=[person.key])
    assert client.get(chart).status_code == 404
    assert "course.json" not in client.get(reverse("person", args=[person.key])).content.decode()
    for width in ("-1", "wide", "", "1e3", "²", "٣٠٠", "9" * 5000):
        answer = client.get(chart, {"width": width})
        assert answer.status_code == 400, width[:20]
        assert "a whole number of px is needed" in answer.content.decode()
        assert answer["Content-Type"] == "text/plain"


def test_the_script_comes_from_the_package_and_is_made_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, static: Path
) -> None:
    monkeypatch.setattr("postlude.catalog.kept.folder", lambda: tmp_path)
    vega.script.cache_clear()
    made = vega.script()
    (kept,) = (tmp_path / "vega").iterdir()
    vega.script.cache_clear()
    monkeypatch.setattr("vl_convert.javascript_bundle", None)  # a second making would fail
    assert vega.script() == made
    kept.write_bytes(kept.read_bytes()[:-1])
    vega.script.cache_clear()
    with pytest.raises(TypeError):
        vega.script()
    vega.script.cache_clear()
    named = json.loads((static / "staticfiles.json").read_text())["paths"][vega.NAME]
    assert re.fullmatch(r"postlude/vega\.[0-9a-f]{12}\.js", named)
    assert (static / named).read_text() == made
    assert (static / f"{named}.gz").stat().st_size < 320_000


# --- in a browser -----------------------------------------------------------------------------------


class Chart:
    """The page of a person with a chart, as somebody sees it; ``asked`` holds every path that was asked for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.asked = page, list[str]()
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url.removeprefix(address)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def begin(self) -> None:
        self.button(OPEN)
        expect(self.page.get_by_role("button", name=FEWER)).to_be_focused()
        expect(self.page.get_by_role("status")).to_have_text("Shown: the whole time.")

    def shown(self, now: str | re.Pattern[str]) -> tuple[date, date]:
        """The days that the page says it shows, once it says so."""
        expect(self.page.get_by_role("status")).to_have_text(now)
        first, last = re.findall(r"\d{4}-\d\d-\d\d", self.page.get_by_role("status").inner_text())
        return date.fromisoformat(first), date.fromisoformat(last)

    def axis(self) -> list[str]:
        """The dates under the axis."""
        found: list[str] = self.page.locator(".chart-room text").evaluate_all(TEXTS)
        return [text for text in found if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text)]

    def place(self, number: str) -> float:
        """How far right the mark of an event stands, in px."""
        box = self.page.locator(".chart-room text", has_text=re.compile(f"^{number}$")).first.bounding_box()
        assert box
        return box["x"]


DAYS = re.compile(r"^Shown: \d")


@pytest.fixture
def charted(
    opened: Callable[..., Page], site: Site, staff: Callable[[str], Staff], course: Person
) -> Callable[..., Chart]:
    """Opens the page of somebody with a course, as a clinician."""

    def made(**look: object) -> Chart:
        page = opened(**look)
        page.set_default_timeout(30_000)  # the first page reads the knowledge
        log_in(page, site, staff("clinician"))
        chart = Chart(page, site.address)
        answer = page.goto(site.address + reverse("person", args=[course.key]))
        assert answer
        policy = answer.headers["content-security-policy"]
        assert "; ".join(sorted(part.strip() for part in policy.split(";"))) == POLICY
        return chart

    return made


def test_a_picture_becomes_a_chart_that_zooms_and_moves(charted: Callable[..., Chart]) -> None:
    chart = charted()
    expect(chart.page.locator("[data-part=still]")).to_be_visible()
    assert not [path for path in chart.asked if "vega" in path or "course.json" in path], "before anybody wants it"
    chart.begin()
    assert len([path for path in chart.asked if re.fullmatch(r"/static/postlude/vega\.\w{12}\.js", path)]) == 1
    expect(chart.page.locator("[data-part=still]")).to_be_hidden()
    expect(chart.page.get_by_role("img", name="Pain and function over time")).to_be_visible()
    whole, apart = chart.axis(), chart.place("2") - chart.place("1")
    chart.button(FEWER)
    first, last = chart.shown(DAYS)
    assert 350 < (last - first).days < 420
    assert chart.axis() != whole
    chart.button("Zoom out")
    expect(chart.page.get_by_role("status")).to_have_text("Shown: the whole time.")
    assert chart.axis() == whole
    for _ in range(9):
        chart.button(FEWER)
    near = chart.shown(DAYS)
    assert (near[1] - near[0]).days in (14, 15), "and no further"
    chart.button("Earlier")
    assert chart.shown(re.compile(f"^Shown: (?!{near[0]})"))[0] < near[0]
    chart.button("Later")
    assert chart.shown(re.compile(f"^Shown: {near[0]}")) == near
    chart.button(WHOLE)
    expect(chart.page.get_by_role("status")).to_have_text("Shown: the whole time.")
    assert chart.axis() == whole
    assert chart.place("2") - chart.place("1") == pytest.approx(apart, abs=1)
    for name in ("Earlier", "Later", "Zoom out"):
        chart.button(name)
    chart.page.wait_for_timeout(400)
    assert chart.axis() == whole, "there is nothing beyond"
    assert chart.wrong == []


def test_zooming_in_goes_to_what_stands_there(charted: Callable[..., Chart]) -> None:
    chart = charted()
    chart.begin()
    for _ in range(9):
        chart.button(FEWER)
    first, last = chart.shown(DAYS)
    marks = [FIRST + timedelta(days) for days in (0, 20, 25, 90, 200, 400, 700)]
    assert [mark for mark in marks if first <= mark <= last]


def test_the_keyboard_alone_zooms(charted: Callable[..., Chart]) -> None:
    chart = charted()
    keys, page = chart.page.keyboard, chart.page
    page.get_by_role("button", name=OPEN).focus()
    keys.press("Enter")
    expect(page.get_by_role("button", name=FEWER)).to_be_focused()
    keys.press("Enter")
    chart.shown(DAYS)
    for name in ("Zoom out", "Earlier", "Later", WHOLE):
        keys.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    keys.press("Space")
    expect(page.get_by_role("status")).to_have_text("Shown: the whole time.")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("button", name=OPEN)).to_be_focused()
    expect(page.locator("[data-part=still]")).to_be_visible()
    expect(page.locator(".chart-room")).to_be_hidden()


def test_a_drag_moves_and_the_wheel_zooms_only_with_ctrl(charted: Callable[..., Chart]) -> None:
    chart = charted()
    chart.begin()
    chart.button(FEWER)
    before = chart.shown(DAYS)
    page, room = chart.page, chart.page.locator(".chart-room")
    room.evaluate("node => node.scrollIntoView({behavior: 'instant', block: 'center'})")
    box = room.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y, steps=5)
    page.mouse.up()
    moved = chart.shown(re.compile(f"^Shown: (?!{before[0]})"))
    assert moved[0] > before[0]
    assert abs((moved[1] - moved[0]) - (before[1] - before[0])) <= timedelta(1)
    page.mouse.move(x - 400, y, steps=5)
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(400)
    assert chart.shown(DAYS) == moved, "a wheel alone scrolls the page, and a pointer that is not held moves nothing"
    page.keyboard.down("Control")
    room.hover()
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    closer = chart.shown(re.compile(f"^Shown: (?!{moved[0]})"))
    assert closer[1] - closer[0] < moved[1] - moved[0]
    assert chart.wrong == []


def test_what_is_pointed_at_is_said_until_escape(charted: Callable[..., Chart]) -> None:
    chart = charted()
    chart.begin()
    tip = chart.page.locator(".chart-tip")
    number = chart.page.locator(".chart-room text", has_text=re.compile("^1$")).bounding_box()
    assert number
    chart.page.mouse.move(number["x"] + number["width"] + 7, number["y"] + number["height"] / 2)
    expect(tip).to_have_text("2023-02-27 treatment: a block <b>")
    chart.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    items: list[str] = chart.page.locator(".chart-key li").evaluate_all(TEXTS)
    assert items == ["2023-02-27 treatment: a block <b>", "2023-03-04 adverse event: a bruise"]
    expect(chart.page.get_by_text("○ due, not answered")).to_be_visible()


def test_a_finger_reads_moves_and_scrolls(charted: Callable[..., Chart]) -> None:
    chart = charted(width=390, has_touch=True, is_mobile=True)
    chart.begin()
    page, room = chart.page, chart.page.locator(".chart-room")
    finger = page.context.new_cdp_session(page)

    def swipe(across: int, down: int) -> None:
        room.evaluate("node => node.scrollIntoView({behavior: 'instant', block: 'center'})")
        box = room.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 9):
            there = {"x": x + across * part / 8, "y": y + down * part / 8}
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [there]})
            page.wait_for_timeout(20)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(500)

    number = page.locator(".chart-room text", has_text=re.compile("^1$"))
    number.evaluate("node => node.scrollIntoView({behavior: 'instant', block: 'center'})")
    box = number.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] + 7, box["y"] + box["height"] / 2)
    expect(page.locator(".chart-tip")).to_have_text("2023-02-27 treatment: a block <b>")
    page.get_by_role("button", name=FEWER).tap()
    days = chart.shown(DAYS)
    swipe(-100, 0)
    moved = chart.shown(DAYS)
    assert moved[0] > days[0]
    room.evaluate("node => node.scrollIntoView({behavior: 'instant', block: 'center'})")
    before = page.evaluate("scrollY")
    swipe(0, 100)
    assert page.evaluate("scrollY") < before - 50
    assert chart.shown(DAYS) == moved


def test_another_theme_or_width_draws_anew_and_shows_the_same_days(charted: Callable[..., Chart]) -> None:
    chart = charted()
    chart.begin()
    chart.button(FEWER)
    days = chart.shown(DAYS)
    drawing = chart.page.locator(".chart-room svg")
    expect(drawing).to_have_css("background-color", "rgb(255, 255, 255)")
    surface = "getComputedStyle(document.querySelector('.chart')).backgroundColor"
    assert chart.page.evaluate(surface) == "rgb(255, 255, 255)"
    chart.page.emulate_media(color_scheme="dark")
    expect(drawing).to_have_css("background-color", "rgb(29, 36, 39)")
    assert chart.page.evaluate(surface) == "rgb(29, 36, 39)"
    assert chart.shown(DAYS) == days
    asked = len([path for path in chart.asked if "course.json" in path])
    assert asked == 1, "both themes come at once"
    chart.page.set_viewport_size({"width": 390, "height": 844})
    expect(drawing).to_have_attribute("width", re.compile(r"^3\d\d$"))
    expect(drawing).to_have_count(1)
    assert chart.shown(DAYS) == days
    assert chart.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert chart.wrong == []


def test_without_a_script_the_picture_is_there(charted: Callable[..., Chart]) -> None:
    chart = charted(javascript=False)
    picture = chart.page.get_by_role("img", name="Pain and function over time")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    expect(chart.page.get_by_role("button", name=OPEN)).to_have_count(0)
    for part in ("tools", "moving", "open"):
        expect(chart.page.locator(f"[data-part={part}]")).to_be_hidden()


@pytest.mark.parametrize("missing", ["**/course.json*", "**/vega.*.js"])
def test_where_something_cannot_be_loaded_the_picture_stays(missing: str, charted: Callable[..., Chart]) -> None:
    chart = charted()
    chart.page.route(missing, lambda route: route.abort())
    chart.button(OPEN)
    expect(chart.page.get_by_role("status")).to_have_text("The chart could not be loaded; the picture says the same.")
    expect(chart.page.locator("[data-part=still]")).to_be_visible()
    expect(chart.page.locator(".chart-room")).to_be_hidden()
    chart.page.unroute(missing)
    if "json" in missing:  # browsers remember a module that failed until the page is loaded anew
        chart.begin()


def test_a_chart_can_load_nothing(charted: Callable[..., Chart], site: Site) -> None:
    """Even one that says so: the addresses of a specification are never asked for, not even ours."""

    def changed(route: Route) -> None:
        told = route.fetch().json()
        for chart in (told["light"], told["dark"]):
            chart["data"].append({"name": "more", "url": f"{site.address}/clinic/?data"})
            mark = {"type": "image", "encode": {"enter": {"url": {"value": f"{site.address}/clinic/?image"}}}}
            link = {"type": "rect", "encode": {"enter": {"href": {"value": f"{site.address}/clinic/?link"}}}}
            chart["marks"] += [mark, link]
        route.fulfill(json=told)

    chart = charted()
    chart.page.route("**/course.json*", changed)
    chart.button(OPEN)
    expect(chart.page.get_by_role("status")).to_have_text(re.compile("^(Shown|The chart could not)"))
    chart.page.wait_for_timeout(500)
    assert not [path for path in chart.asked if "/clinic/?" in path]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (320, False), (320, True)])
def test_a_chart_is_no_barrier(width: int, dark: bool, charted: Callable[..., Chart]) -> None:
    chart = charted(width=width, dark=dark)
    chart.begin()
    chart.button(FEWER)
    chart.shown(DAYS)
    assert barriers(chart.page) == []
    assert chart.page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_page_of_a_patient_holds_it() -> None:
    """They stay small: nothing of a chart is named outside the clinic's pages."""
    from django.conf import settings

    templates = Path(settings.HERE) / "templates"
    naming = {
        path.relative_to(templates).parts[0]
        for path in templates.rglob("*.html")
        if re.search(r"charts\.js|vega|components/chart", path.read_text())
    }
    assert naming <= {"desk", "components"}
    assert "desk" in naming
