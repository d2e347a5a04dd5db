"""As a clinic runs it: settings that Django and we find nothing wrong with, headers, error pages, a discreet log."""

import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from postlude.registry import knowledge
from postlude.registry.links import PATHS, token
from postlude.registry.models import Link, Person
from postlude.web.access import public
from postlude.web.logs import Discreet
from postlude.web.production import demo_or_production, ready
from postlude.web.urls import urlpatterns as shipped
from tests.site import database
from tests.site.doors import address, doors
from tests.site.server import Site

POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'; style-src 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))[^>]*>|<style\b|<[^>]+\s(?:style|on[a-z]+)\s*=", re.IGNORECASE
)


@public
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Xanthippe Quillfeather told us something")


@public
def odd(request: HttpRequest) -> HttpResponse:
    raise BadRequest("Xanthippe Quillfeather sent us something")


urlpatterns = [*shipped, path("broken/", broken), path("odd/", odd)]


# --- settings ---------------------------------------------------------------------------------------


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """The environment of a clinic that works with people."""
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "clinic.toml").write_text("production = true\n")
    tmp_path.chmod(0o700)
    return {
        "POSTLUDE_PRODUCTION": "1",
        "POSTLUDE_ADDRESS": "https://clinic.example",
        "POSTLUDE_HOSTS": "clinic.example",
        "POSTLUDE_SMTP": "smtp+tls://clinic:secret@mail.clinic.example:587",
        "POSTLUDE_KNOWLEDGE": str(tmp_path / "knowledge"),
        "POSTLUDE_SECRET_KEY": "r4nD0m" * 12,
    }


def test_nothing_is_wrong_with_a_clinic_in_production(tmp_path: Path, production: dict[str, str]) -> None:
    said = database.manage(tmp_path, "sqlite://:memory:", "check", "--deploy", "--fail-level=DEBUG", **production)
    assert said.strip() == "System check identified no issues (0 silenced)."


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, []),
        ({"ADDRESS": "http://clinic.example"}, ["postlude.E002"]),
        ({"ALLOWED_HOSTS": ["other.example"]}, ["postlude.E003"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, ["postlude.W005"]),
        ({"KNOWLEDGE": None}, ["postlude.W006"]),
        ({"DEMO": True, "PRODUCTION": True}, ["postlude.E001"]),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, production: dict[str, str], change: dict[str, object], says: list[str]
) -> None:
    right = {"ADDRESS": production["POSTLUDE_ADDRESS"], "ALLOWED_HOSTS": [production["POSTLUDE_HOSTS"]]}
    right |= {"CLINIC_HOME": tmp_path, "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    right |= {"KNOWLEDGE": Path(production["POSTLUDE_KNOWLEDGE"])}
    knowledge.catalogue.cache_clear()
    try:
        with override_settings(**{**right, **change}):
            assert [found.id for found in (*demo_or_production(), *ready())] == says
            tmp_path.chmod(0o755)
            assert "postlude.E004" in [found.id for found in ready()]
    finally:
        knowledge.catalogue.cache_clear()


def test_cookies_and_transport_are_safe_in_production(tmp_path: Path, production: dict[str, str]) -> None:
    names = "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY CSRF_COOKIE_HTTPONLY SECURE_SSL_REDIRECT"
    names += (
        " SECOND_FACTOR_NEEDED DEBUG SECURE_HSTS_SECONDS SESSION_COOKIE_SAMESITE MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"
    )
    script = f"import json; from django.conf import settings as s; names = {names.split()};"
    script += " print(json.dumps({name: getattr(s, name) for name in names}))"
    told = database.manage(tmp_path, "sqlite://:memory:", "shell", "--no-imports", "-c", script, **production)
    said = json.loads(told)
    assert said.pop("SECURE_HSTS_SECONDS") >= 31_536_000
    assert said.pop("SESSION_COOKIE_SAMESITE") == "Lax"
    assert (said.pop("DEBUG"), said.pop("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN")) == (False, False)
    assert set(said.values()) == {True}


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_clinic_in_production_speaks_https_only(
    tmp_path: Path, migrated: str, static: Path, production: dict[str, str]
) -> None:
    (tmp_path / "static").symlink_to(static)
    site = Site(tmp_path, database.copied(migrated, tmp_path), **production, POSTLUDE_BEHIND_PROXY="1")
    site.start()
    try:
        moved = site.ask("/accounts/login/", Host="clinic.example")
        assert (moved.status, moved.headers["Location"]) == (301, "https://clinic.example/accounts/login/")
        page = site.ask("/accounts/login/", Host="clinic.example", X_Forwarded_Proto="https")
        assert page.status == 200
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        cookies = page.headers.get_all("Set-Cookie") or []
        assert cookies
        assert all({"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; ")) for cookie in cookies)
        refused = site.ask("/", Host="elsewhere.example", X_Forwarded_Proto="https")
        assert refused.status == 400
        assert "This cannot be read" in refused.body
    finally:
        site.stop()


# --- headers ----------------------------------------------------------------------------------------


def _wrong(answer: HttpResponse) -> list[str]:
    policy = "; ".join(sorted(part.strip() for part in answer.headers.get("Content-Security-Policy", "").split(";")))
    found = [] if policy == POLICY else [f"policy: {policy}"]
    found += [
        f"{name}: {answer.headers.get(name)}" for name, value in HEADERS.items() if answer.headers.get(name) != value
    ]
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        found += [f"inline: {inline}" for inline in INLINE.findall(answer.content.decode())]
    return found


@pytest.mark.urls(__name__)
def test_every_page_keeps_the_policy(
    person: Person, link: Callable[[str], Link], logged_in: Callable[[str], Client]
) -> None:
    who = {None: Client(raise_request_exception=False)}
    who |= {role: logged_in(role) for role in ("coordinator", "clinician", "researcher", "administrator")}
    paths = [
        "/accounts/login/",
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/",
        "/nothing/",
    ]
    paths += ["/admin/", "/admin/registry/staff/", "/admin/registry/staff/add/", "/admin/registry/clinic/1/change/"]
    paths += ["/broken/", "/i/x/"]
    paths += [
        address(door, person, link(door.access.purpose) if door.access.purpose else None)
        for door in doors()
        if door.access
    ]
    found = {}
    for role, client in who.items():
        client.raise_request_exception = False
        for at in paths:
            if wrong := _wrong(client.get(at)):
                found[role, at] = wrong
    assert found == {}


def test_the_search_for_inline_finds_it() -> None:
    bad = [
        "<script>",
        '<script type="module">',
        "<style>",
        '<p style="x">',
        "<p class=a onclick = 'b'>",
        "<svg  STYLE=a>",
    ]
    good = ['<script src="a.js">', '<script id="x" type="application/json">', '<p class="style">', "<p>style=</p>"]
    assert [text for text in bad if not INLINE.search(text)] == []
    assert [text for text in good if INLINE.search(text)] == []


def test_what_is_told_and_who_somebody_is_stays_in_no_cache(
    person: Person, link: Callable[[str], Link], logged_in: Callable[[str], Client]
) -> None:
    clinician = logged_in("clinician")
    for door in doors():
        if door.access and not door.access.public:
            given = link(door.access.purpose) if door.access.purpose else None
            answer = clinician.get(address(door, person, given))
            if answer.status_code == 200:
                assert "no-store" in answer.headers["Cache-Control"], door.route


# --- error pages ------------------------------------------------------------------------------------


@pytest.mark.urls(__name__)
def test_errors_are_pages_of_the_clinic_that_repeat_nothing(record: None) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    for at, status, says in (
        ("/Quillfeather/", 404, "There is nothing at this address"),
        ("/broken/", 500, "Something went wrong here"),
        ("/odd/", 400, "This cannot be read"),
    ):
        page = client.get(at)
        assert page.status_code == status
        assert says in page.content.decode()
        assert "emergency" in page.content.decode()
        assert "Quillfeather" not in page.content.decode()
        assert "postlude/base.css" in page.content.decode()
    page = client.post("/accounts/login/", {"login": "Quillfeather"})
    assert page.status_code == 403
    assert "Please send it again" in page.content.decode()
    page = client.get("/", headers={"host": "elsewhere.example"})
    assert page.status_code == 400


# --- the log ----------------------------------------------------------------------------------------


def test_the_log_of_the_server_holds_no_link_no_key_and_no_name(
    own_site: Site, person: Person, link: Callable[[str], Link], logged_in: Callable[[str], Client]
) -> None:
    session = logged_in("clinician").cookies["sessionid"].value
    tokens = [token(link(purpose)) for purpose in PATHS]
    paths = [f"/{part}/{given}/{more}" for part in PATHS.values() for given in tokens for more in ("", "no-such-page/")]
    paths += [f"/clinic/no-such-page/{person.key}/?q=Quillfeather", f"/Quillfeather?phone={person.phone[-6:]}"]
    for at in paths:
        assert own_site.ask(at, Cookie=f"sessionid={session}").status < 500, at
    own_site.stop()
    log = own_site.log.read_text()
    assert "Not Found" in log, "what was asked for is in the log at all"
    secrets = [*tokens, *(given.partition(".")[0] for given in tokens), str(person.key), person.phone[-6:], session]
    assert [secret for secret in secrets if secret in log] == []


def _logged(error: BaseException) -> str:
    try:
        raise error
    except type(error):
        record = logging.LogRecord("a", logging.ERROR, __file__, 1, "at %s", ("/i/abc.def/x/",), sys.exc_info())
    return Discreet().format(record)


def test_what_an_error_says_is_not_in_the_log_but_where_it_was_is() -> None:
    cause = IntegrityError(row := "Failing row contains (1, Xanthippe, Quillfeather, 1971-03-29)")
    try:
        raise RuntimeError(row) from cause
    except RuntimeError as error:
        told = _logged(error)
    assert "Quillfeather" not in told
    assert "1971" not in told
    assert "abc" not in told
    assert all(word in told for word in ("at /i/…/x/", "test_production.py", "RuntimeError", "IntegrityError"))


def test_every_variable_of_the_environment_stands_in_the_page_on_running() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "running.md").read_text()
    code = "".join(path.read_text() for path in (root / "src" / "postlude" / "web").rglob("*.py"))
    used = set(re.findall(r"\b(POSTLUDE_[A-Z_]+|TZ_CLINIC|DATABASE_URL)\b", code))
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert {"POSTLUDE_HOME", "POSTLUDE_SMTP"} <= used
    assert used == listed
