"""Who may have an account: nobody signs up; an administrator adds staff. What stands behind a second factor."""

import base64
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from postlude.registry.roles import Permission, role_of

_FIRST = (
    (Permission.SEE_PEOPLE, "/clinic/"),
    (Permission.CONFIGURE, "/admin/"),
    (Permission.SEE_EVIDENCE, "/research/"),
)
"""The page that somebody sees first, by the first of these that they may."""


class Accounts(DefaultAccountAdapter):
    """Accounts are given out, never taken."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def get_login_redirect_url(self, request: Any) -> str:
        may = role_of(request.user.role).permissions
        return next((path for permission, path in _FIRST if permission in may), "/accounts/2fa/")


class SecondFactor(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are encrypted: who reads the database cannot make codes.

    The key comes from the secret key of the clinic, and from those that it replaced.
    """

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Another secret key than the one it was kept under. No code fits; an administrator removes the factor.
            logging.getLogger(__name__).error("a second factor cannot be read with this secret key")
            return generate_totp_secret()


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"postlude second factor").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)


class LogIn(LoginForm):
    """The form of the log-in page, in the site's words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Name or e-mail address"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
