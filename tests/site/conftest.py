"""What tests of the site stand on: staff of every role, a person, a running server, a real browser.

- ``record`` is the database a test writes to: Django's own test database, rolled back afterwards; with ``site`` or
  ``own_site`` among the test's fixtures it is the one that the server reads. Mark nothing ``django_db`` then.
- All of it runs on SQLite, and on PostgreSQL by ``python -m tests.postgresql …`` (``make site`` does both).
"""

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, sync_playwright

from postlude.registry.actions import intakes, links, people
from postlude.registry.actor import Actor
from postlude.registry.models import Clinic, Intake, Link, Person, Staff
from postlude.registry.roles import ROLES
from tests.browser import chromium
from tests.site import database
from tests.site.server import Site
from tests.site.signed import LANGUAGES, sign

LOOPBACK = ("127.0.0.1", "localhost")
PASSWORD = "a password for tests only"  # noqa: S105 - of people who do not exist
_QUICK = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
SYSTEM = Actor.system("tests")
RUNNING = {"site", "own_site", "signed_site"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a server may reach it: loopback, and nothing else. The others get Django's test database."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if used & RUNNING:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
            if item.get_closest_marker("django_db"):
                raise pytest.UsageError(
                    f"{item.nodeid}: a test with a server writes to the server's record: no django_db"
                )
        elif "record" in used:
            item.add_marker(pytest.mark.django_db)


# --- the record -------------------------------------------------------------------------------------


@pytest.fixture
def record(request: pytest.FixtureRequest) -> None:
    """The database that this test writes to."""
    running = RUNNING & set(request.fixturenames)
    request.getfixturevalue(min(running) if running else "db")


@pytest.fixture
def staff(record: None) -> Callable[[str], Staff]:
    """Makes somebody of a role (empty: of none), who can log in with :data:`PASSWORD`."""

    def made(role: str) -> Staff:
        name = f"{role or 'nobody'}-{Staff.objects.count()}"
        return Staff.objects.create(
            username=name,
            email=f"{name}@clinic.example",
            password=_QUICK,
            role=role,
            first_name="Robin",
            last_name=role.title() or "Nobody",
            is_staff=role == "administrator",
        )

    return made


@pytest.fixture
def logged_in(staff: Callable[[str], Staff]) -> Callable[[str], Client]:
    """Makes a client of Django's, logged in as somebody of a role."""

    def made(role: str) -> Client:
        client = Client()
        client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return made


@pytest.fixture(params=[*ROLES, ""], ids=[*ROLES, "no-role"])
def role(request: pytest.FixtureRequest) -> str:
    """Every role, and none."""
    code: str = request.param
    return code


@pytest.fixture
def person(record: None) -> Person:
    """Somebody who does not exist, with details that can be searched for."""
    details = {
        "given_name": "Xanthippe",
        "family_name": "Quillfeather",
        "birth_date": date(1971, 3, 29),
        "sex": "female",
        "phone": "+44 7700 900461",
        "email": "xanthippe@person.example",
        "address": "7 Imaginary Row, Nowhere",
    }
    made: Person = people.enter(by=SYSTEM, details=details, synthetic=True)
    return made


@pytest.fixture
def intake(person: Person) -> Intake:
    """An intake of that person, of which nothing is answered yet."""
    made: Intake = intakes.begin(person=person, way="web", by=Actor.person(person))
    return made


@pytest.fixture
def link(person: Person, intake: Intake) -> Callable[[str], Link]:
    """Gives out a private link of a purpose to that person."""

    def given(purpose: str) -> Link:
        made: Link = links.give(person=person, purpose=purpose, intake=intake, by=SYSTEM)
        return made

    return given


# --- the server -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated database, to be copied."""
    return database.migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clinic's folder with the static files collected, to be linked to."""
    home = tmp_path_factory.mktemp("static")
    database.manage(home, "sqlite://:memory:", "collectstatic", "--noinput")
    return home / "static"


def _site(home: Path, migrated: str, static: Path, **environment: str) -> Site:
    (home / "static").symlink_to(static)
    return Site(home, database.copied(migrated, home), **environment)


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory, migrated: str, static: Path) -> Iterator[Site]:
    site = _site(tmp_path_factory.mktemp("site"), migrated, static)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(_server: Site, django_db_blocker: Any) -> Iterator[Site]:
    """A running site that tests share: what others entered stands in its record too."""
    with django_db_blocker.unblock(), database.looking_at(_server.database):
        yield _server


@pytest.fixture
def own_site(tmp_path: Path, migrated: str, static: Path, django_db_blocker: Any) -> Iterator[Site]:
    """A running site for one test, with an empty record; it may be killed."""
    site = _site(tmp_path, migrated, static)
    site.start()
    with django_db_blocker.unblock(), database.looking_at(site.database):
        yield site
    site.stop()


@pytest.fixture(scope="session")
def _signed_server(tmp_path_factory: pytest.TempPathFactory, migrated: str, static: Path) -> Iterator[Site]:
    folder = sign(tmp_path_factory.mktemp("knowledge"), *LANGUAGES)
    site = _site(tmp_path_factory.mktemp("signed"), migrated, static, POSTLUDE_KNOWLEDGE=str(folder))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def signed_site(_signed_server: Site, django_db_blocker: Any) -> Iterator[Site]:
    """A running site of a clinic that had every language signed, and offers them."""
    with django_db_blocker.unblock(), database.looking_at(_signed_server.database):
        Clinic.objects.update_or_create(pk=1, defaults={"languages": list(LANGUAGES)})
        yield _signed_server


# --- the browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium that reaches loopback only: names resolve nowhere, and all else goes to a dead proxy."""
    path = chromium()
    assert path, "there is no Chromium: make browser"
    # Playwright runs an event loop in this thread; the models are used between its steps, never inside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        chosen = playwright.chromium.launch(
            executable_path=path, args=arguments, proxy={"server": "http://127.0.0.1:9", "bypass": ",".join(LOOPBACK)}
        )
        yield chosen
        chosen.close()
        # While the loop ran, Django kept connections apart for it; left open they would hold the test database.
        connections.close_all()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of its own, logged in as nobody: ``opened(width=390, javascript=False, dark=True)``.

    Whatever a page asks of another host, refuses by its policy or fails at in a script, fails the test.
    """
    contexts, wrong = [], []

    def open_page(*, width: int = 1280, dark: bool = False, javascript: bool = True, **options: Any) -> Page:
        size = ViewportSize(width=width, height=844 if width < 600 else 900)
        context = browser.new_context(
            viewport=size, color_scheme="dark" if dark else "light", java_script_enabled=javascript, **options
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("request", lambda asked: _outside(asked, wrong))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: _refused(said, wrong))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    """A page at a desk."""
    return opened()


def _outside(request: Request, wrong: list[str]) -> None:
    parts = urlsplit(request.url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOOPBACK:
        wrong.append(f"asked another host: {request.url}")


def _refused(said: ConsoleMessage, wrong: list[str]) -> None:
    # What stands nowhere was put there by the test itself: axe-core styles what it measures.
    if "Content Security Policy" in said.text and said.location["url"]:
        wrong.append(f"against the policy: {said.text}")
