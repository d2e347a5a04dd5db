"""The site's settings. What differs from place to place comes from the environment; docs/running.md lists it all."""

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

from postlude.web.home import home, is_on, secret_key

HERE = Path(__file__).parent
CLINIC_HOME = home()
PRODUCTION = is_on("POSTLUDE_PRODUCTION")
DEMO = is_on("POSTLUDE_DEMO")
"""A synthetic clinic: every page says so, and log-ins are printed. Never together with PRODUCTION."""
DEBUG = False
SECRET_KEY = secret_key(CLINIC_HOME)
SECRET_KEY_FALLBACKS = os.environ.get("POSTLUDE_OLD_SECRET_KEYS", "").split()
"""Still read, no longer signed with."""
ALLOWED_HOSTS = os.environ.get("POSTLUDE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ADDRESS = os.environ.get("POSTLUDE_ADDRESS", "http://localhost:8000")
"""How people reach the site from outside: letters and reminders link to it."""
CSRF_TRUSTED_ORIGINS = [ADDRESS] if ADDRESS.startswith("https://") else []
KNOWLEDGE = Path(os.environ["POSTLUDE_KNOWLEDGE"]) if "POSTLUDE_KNOWLEDGE" in os.environ else None
EVIDENCE = Path(os.environ["POSTLUDE_EVIDENCE"]) if "POSTLUDE_EVIDENCE" in os.environ else None
SCANNER = os.environ.get("POSTLUDE_SCANNER", "")
"""A command that is given the path of an attachment and ends with 0 when nothing was found in it."""

INSTALLED_APPS = [
    "postlude.registry",
    "postlude.web",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "postlude.web.urls"
WSGI_APPLICATION = "postlude.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "postlude.web.context.everywhere",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- data -------------------------------------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{CLINIC_HOME / 'clinic.sqlite3'}", conn_max_age=600
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A writer waits for the one before it; an answer is on the disk before anybody is told that it is kept.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATTACHMENTS = CLINIC_HOME / "attachments"
RESULTS = CLINIC_HOME / "studies"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- who logs in ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "registry.Staff"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
ACCOUNT_ADAPTER = "postlude.web.accounts.Accounts"
ACCOUNT_FORMS = {"login": "postlude.web.accounts.LogIn"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    # Whoever guesses is locked out of one account for a quarter of an hour, and from one address sooner.
    "login_failed": "20/m/ip,5/15m/key",
    "reset_password": "10/m/ip,3/15m/key",
    # What strangers may send: far more than a waiting room's shared connection, far less than a machine.
    "public_form": "120/h/ip",
}
MFA_ADAPTER = "postlude.web.accounts.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from an administrator
MFA_TOTP_ISSUER = "Postlude"
MFA_TOTP_TOLERANCE = 1
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if is_on("POSTLUDE_BEHIND_PROXY") else 0
SECOND_FACTOR_NEEDED = PRODUCTION
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/clinic/"
LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- what the browser may do ------------------------------------------------------------------------

_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_SELF],
        "style-src": [_SELF],
        "img-src": [_SELF, "data:"],
        "font-src": [_SELF],
        "connect-src": [_SELF],
        "manifest-src": [_SELF],
        "form-action": [_SELF],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"  # without any, browsers send no origin either, and forms are refused
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_SSL_REDIRECT = not is_on("POSTLUDE_TLS_ELSEWHERE")
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if is_on("POSTLUDE_BEHIND_PROXY") else None
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# --- post -------------------------------------------------------------------------------------------

_SMTP = urlsplit(os.environ.get("POSTLUDE_SMTP", ""))
DEFAULT_FROM_EMAIL = os.environ.get("POSTLUDE_FROM", "clinic@localhost")
if _SMTP.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _SMTP.hostname, _SMTP.port or (465 if _SMTP.scheme == "smtps" else 25)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_SMTP.username or ""), unquote(_SMTP.password or "")
    EMAIL_USE_SSL = _SMTP.scheme == "smtps"
    EMAIL_USE_TLS = _SMTP.scheme == "smtp+tls"
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = CLINIC_HOME / "post"
SMS_BACKEND = os.environ.get("POSTLUDE_SMS", "postlude.web.sms.FileBackend")
SMS_FOLDER = CLINIC_HOME / "sms"

# --- the rest ---------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("TZ_CLINIC", "UTC")
STATIC_URL = "static/"
STATIC_ROOT = CLINIC_HOME / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "postlude.web.vega.VegaFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if "pytest" in sys.modules:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MEDIA_ROOT = ATTACHMENTS
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "discreet": {
            "()": "postlude.web.logs.Discreet",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": level, "propagate": False}
        for name, level in (("django", "WARNING"), ("gunicorn.error", "INFO"))
    },
}
