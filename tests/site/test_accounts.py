"""Logging in: password, codes, recovery codes, passkeys; who is locked out, and who needs a second factor."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client
from playwright.sync_api import Page

from postlude.registry.models import Staff
from tests.site.conftest import PASSWORD
from tests.site.looking import barriers
from tests.site.server import Site

LOGIN = "/accounts/login/"


def _log_in(client: Client, who: Staff, password: str = PASSWORD) -> object:
    return client.post(LOGIN, {"login": who.username, "password": password}, follow=False)


def _code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def with_totp(staff: Callable[[str], Staff]) -> tuple[Staff, str]:
    """Somebody whose log-in has a second step, and its secret."""
    who, secret = staff("clinician"), totp.generate_totp_secret()
    totp.TOTP.activate(who, secret)
    return who, secret


@pytest.mark.parametrize(
    ("role", "first"),
    [
        ("coordinator", "/clinic/"),
        ("clinician", "/clinic/"),
        ("researcher", "/research/"),
        ("editor", "/research/"),
        ("administrator", "/admin/"),
        ("", "/accounts/2fa/"),
    ],
)
def test_each_role_comes_to_its_own_first_page(
    role: str, first: str, client: Client, staff: Callable[[str], Staff]
) -> None:
    answer = _log_in(client, staff(role))
    assert (answer.status_code, answer.url) == (302, first)  # type: ignore[attr-defined]


def test_nobody_signs_up(client: Client, record: None) -> None:
    assert b"Nobody signs up here" in client.get("/accounts/signup/").content
    new = {"username": "stranger", "email": "s@x.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", new)
    assert not Staff.objects.exists()


def test_whoever_guesses_is_locked_out_of_that_account_only(client: Client, staff: Callable[[str], Staff]) -> None:
    victim, other = staff("clinician"), staff("clinician")
    for _ in range(5):
        _log_in(client, victim, "wrong")
    answer = _log_in(client, victim)
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert "_auth_user_id" not in client.session
    assert _log_in(Client(), other).status_code == 302  # type: ignore[attr-defined]


def test_logging_out_needs_a_post_and_ends_the_session(logged_in: Callable[[str], Client]) -> None:
    client = logged_in("clinician")
    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_made_anew_by_a_link_that_works_once(
    client: Client, staff: Callable[[str], Staff]
) -> None:
    who = staff("coordinator")
    client.post("/accounts/password/reset/", {"email": who.email})
    (letter,) = mail.outbox
    assert who.username not in letter.body
    address = re.search(r"http://testserver(\S+)", letter.body)[1]  # type: ignore[index]
    page = client.get(address, follow=True)
    new = "quite another password"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert _log_in(Client(), who, new).status_code == 302  # type: ignore[attr-defined]
    assert b"no longer works" in Client().get(address, follow=True).content


def test_asking_for_an_unknown_address_says_and_sends_nothing(client: Client, record: None) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@clinic.example"}, follow=True)
    assert b"If that address belongs to an account" in answer.content
    assert mail.outbox == []


# --- the second step --------------------------------------------------------------------------------


def test_the_password_alone_does_not_log_in_where_a_second_step_is_set_up(
    client: Client, with_totp: tuple[Staff, str]
) -> None:
    who, secret = with_totp
    answer = _log_in(client, who)
    assert answer.url == "/accounts/2fa/authenticate/"  # type: ignore[attr-defined]
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": "000000" if _code(secret) != "000000" else "111111"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    assert client.session["_auth_user_id"] == str(who.pk)


def test_the_database_alone_does_not_tell_the_codes(with_totp: tuple[Staff, str]) -> None:
    who, secret = with_totp
    kept = Authenticator.objects.get(user=who)
    assert secret not in str(kept.data)
    assert TOTP(kept).validate_code(_code(secret))


def test_a_changed_secret_key_reads_old_factors_as_a_fallback_and_lets_nobody_in_without(
    client: Client, with_totp: tuple[Staff, str], settings: Any
) -> None:
    who, secret = with_totp
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-" * 5
    _log_in(client, who)
    answer = client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    assert (answer.status_code, "_auth_user_id" in client.session) == (200, False)
    settings.SECRET_KEY_FALLBACKS = [old]
    client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    assert client.session["_auth_user_id"] == str(who.pk)


def test_a_code_works_once(client: Client, with_totp: tuple[Staff, str]) -> None:
    who, secret = with_totp
    code = _code(secret)
    for again, known in ((client, True), (Client(), False)):
        _log_in(again, who)
        again.post("/accounts/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in again.session) is known


def test_an_app_is_set_up_and_a_recovery_code_logs_in_once(client: Client, staff: Callable[[str], Staff]) -> None:
    who = staff("clinician")
    _log_in(client, who)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 302, "what changes the log-in asks again who it is"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret.encode() in page.content
    done = client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)}, follow=True)
    code = done.context["unused_codes"][0]
    for known in (True, False):
        later = Client()
        _log_in(later, who)
        later.post("/accounts/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in later.session) is known


def test_a_passkey_is_set_up_and_logs_in_without_a_password(
    site: Site, page: Page, staff: Callable[[str], Staff]
) -> None:
    who = staff("clinician")
    address = site.address.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to a number
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    key |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    page.goto(address + LOGIN)
    page.get_by_label("Name or e-mail").fill(who.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.goto(address + "/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Log in with it alone").check()
    assert barriers(page) == []
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/recovery-codes/**")
    assert who.authenticator_set.filter(type="webauthn").count() == 1

    page.context.clear_cookies()
    page.goto(address + LOGIN)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(lambda url: LOGIN not in url)
    page.goto(address + "/accounts/2fa/")
    assert page.get_by_text("1 set up.").is_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_everybody_can_read_and_use_the_account_pages(
    site: Site, opened: Callable[..., Page], staff: Callable[[str], Staff], width: int, dark: bool
) -> None:
    page, who = opened(width=width, dark=dark), staff("clinician")
    found = []
    for path in (LOGIN, "/accounts/password/reset/", "/accounts/signup/", "/no-such-page/"):
        page.goto(site.address + path)
        found += barriers(page)
    page.goto(site.address + LOGIN)
    page.get_by_label("Name or e-mail").fill(who.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.goto(site.address + "/accounts/2fa/totp/activate/")
    found += barriers(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    for path in (
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/password/change/",
    ):
        page.goto(site.address + path)
        found += barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == []
