"""Django's settings, driven by the environment (see the README for the names)."""

from urllib.parse import urlsplit

import dj_database_url
from django.urls import reverse
from django.utils.csp import CSP

from caraus.core import environment as env
from caraus.core.logs import logging_config
from caraus.core.reporting import report_errors

BASE_DIR = env.package_dir()
DEBUG = env.flag("CARAUS_DEBUG")
EMBEDDED = env.is_embedded()

# Where the product is seen from outside; ANAF calls back to this address.
PUBLIC_URL = env.origin("CARAUS_URL", "http://127.0.0.1:8000")
PUBLIC_HTTPS = PUBLIC_URL.startswith("https://")
SECRET_KEY = env.secret("CARAUS_SECRET_KEY", make=env.new_secret_key)
TOKEN_KEYS = [
    key.strip()
    for key in env.secret("CARAUS_TOKEN_KEYS", make=env.new_token_key).split(",")
    if key.strip()
]

# Who may make an account from the web: anybody, the invited, nobody (accounts by `createuser`).
SIGNUP = env.choice("CARAUS_SIGNUP", "invitation", "open", "closed")
# With open sign-up, an organization is young, and may send few e-mails with links, for so long.
YOUNG_DAYS = env.number("CARAUS_YOUNG_DAYS", 14)
# Proxies in front of the web processes, each of which adds to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("CARAUS_PROXIES", 1 if PUBLIC_HTTPS else 0)

# The public name; on this machine alone, all of loopback's (caraus/web/hosts.py compares the port).
_PUBLIC_NAME = urlsplit(PUBLIC_URL).hostname or "localhost"
ALLOWED_HOSTS = (
    ["localhost", "127.0.0.1", "[::1]"] if env.is_loopback(_PUBLIC_NAME) else [_PUBLIC_NAME]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# ANAF
ANAF_CLIENT_ID = env.text("ANAF_CLIENT_ID")
ANAF_CLIENT_SECRET = env.secret("ANAF_CLIENT_SECRET")
ANAF_ENVIRONMENT = env.choice("ANAF_ENVIRONMENT", "prod", "test")
ANAF_LOGIN_URL = env.origin("ANAF_LOGIN_URL", "https://logincert.anaf.ro")
ANAF_API_URL = env.origin("ANAF_API_URL", "https://api.anaf.ro")
ANAF_TIMEOUT_SECONDS = env.number("ANAF_TIMEOUT_SECONDS", 30, least=1)
ANAF_REDIRECT_URI = f"{PUBLIC_URL}/anaf/callback"

# The token refresh begins this long before the access token's end (which comes after 90 days).
REFRESH_BEFORE_DAYS = env.number("CARAUS_REFRESH_BEFORE_DAYS", 15)
# ANAF wants a person again about two years after the authorization.
AUTHORIZATION_MONTHS = env.number("CARAUS_AUTHORIZATION_MONTHS", 24)

# How many calls to ANAF all workers together may make (ANAF allows 1000 a minute), and how many a
# day for one authorization (0: no limit until ANAF states one) and for one company.
ANAF_CALLS_PER_MINUTE = env.number("ANAF_CALLS_PER_MINUTE", 900, least=1)
ANAF_CALLS_PER_DAY_PER_AUTHORIZATION = env.number(
    "ANAF_CALLS_PER_DAY_PER_AUTHORIZATION", 0, least=0
)
ANAF_CALLS_PER_DAY_PER_COMPANY = env.number("ANAF_CALLS_PER_DAY_PER_COMPANY", 1000, least=0)

# Minutes between two polls of a company: at least, at most, and at most when the calls do
# not suffice to poll all so often (docs/scheduling.md).
SYNC_FASTEST_MINUTES = env.number("CARAUS_SYNC_FASTEST_MINUTES", 1, least=1)
SYNC_SLOWEST_MINUTES = env.number("CARAUS_SYNC_SLOWEST_MINUTES", 10, least=1)
SYNC_SLOWEST_OF_MANY_MINUTES = env.number("CARAUS_SYNC_SLOWEST_OF_MANY_MINUTES", 60, least=1)
# A company that was polled within so many seconds is not polled again because a person
# presses „Sincronizează acum”, until they are over.
SYNC_NOW_SECONDS = env.number("CARAUS_SYNC_NOW_SECONDS", 60, least=0)
# Companies of one organization, without the archived ones.
COMPANIES_PER_ORGANIZATION = env.number("CARAUS_COMPANIES_PER_ORGANIZATION", 1000, least=1)
# Polls that one worker process has under way at once.
SYNC_AT_ONCE = env.number("CARAUS_SYNC_AT_ONCE", 60, least=1)

# Below so much space for the embedded database /readyz says that it is not ready.
LEAST_FREE_MB = env.number("CARAUS_LEAST_FREE_MB", 256, least=0)

# When ANAF shows none of a company's UITs any more, so long passes before they count as delisted.
DELIST_ALL_AFTER_HOURS = env.number("CARAUS_DELIST_ALL_AFTER_HOURS", 3, least=0)

# Who requests /metrics must show it as a Bearer token; without one the address does not exist.
METRICS_TOKEN = env.secret("CARAUS_METRICS_TOKEN")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "caraus.mail",
    "caraus.accounts",
    "caraus.ledger",
    "caraus.lists",
    "caraus.notifications",
    "caraus.authorizations",
    "caraus.transports",
    "caraus.sync",
    "caraus.fleet",
    "caraus.filings",
    "caraus.drivers",
    "caraus.workspace",
    "caraus.web",
]

MIDDLEWARE = [
    "caraus.web.middleware.RequestMiddleware",
    "caraus.web.hosts.HostMiddleware",
    "caraus.web.middleware.CompressMiddleware",
    "caraus.web.error_responses.ErrorResponseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "caraus.web.middleware.NoStoreMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "caraus.web.language.LanguageMiddleware",
    "caraus.web.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "caraus.web.organization_address.OrganizationMiddleware",
]

ROOT_URLCONF = "caraus.urls"
WSGI_APPLICATION = "caraus.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "caraus.web.context.page_frame",
                "caraus.notifications.context.bell_context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "caraus.web.templatetags.frame",
                "caraus.transports.templatetags.transports",
                "caraus.workspace.templatetags.workspace",
            ],
        },
    },
]

# Through a pooler that lends connections for one transaction (pgbouncer): nothing may be kept in a
# session between them. Workers and commands need a session: give them the server's own address.
POOLED = env.flag("CARAUS_DATABASE_POOLED")
DATABASES = {
    "default": dj_database_url.parse(
        env.database_url(),
        conn_max_age=env.number("CARAUS_CONN_MAX_AGE", 0 if POOLED else 60),
        conn_health_checks=True,
        disable_server_side_cursors=POOLED,
    ),
}
# A web request waits so long for a lock and for one statement, then it is answered with 503.
# Workers, commands and migrations wait as long as they must.
WEB_LOCK_SECONDS, WEB_STATEMENT_SECONDS = 3, 30
# In the database, so that allauth's rate limits hold over all web processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "caraus_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
# Pages of upper packages that lower ones link to.
TRANSPORT_LIST_URL = "workspace:list"
COMPANY_LIST_URL = "companies"
ABSOLUTE_URL_OVERRIDES = {
    "transports.transport": lambda row: reverse("workspace:detail", args=[row.pk]),
    "transports.unreadablerecord": lambda row: reverse("workspace:unreadable", args=[row.pk]),
}
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "caraus.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "caraus.accounts.forms.SignupForm",
    "login": "caraus.accounts.forms.LoginForm",
    "reset_password": "caraus.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "caraus.accounts.forms.ResetPasswordKeyForm",
    "change_password": "caraus.accounts.forms.ChangePasswordForm",
    "set_password": "caraus.accounts.forms.SetPasswordForm",
    "reauthenticate": "caraus.accounts.forms.ReauthenticateForm",
    "add_email": "caraus.accounts.forms.AddEmailForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Failed sign-ins from one address to all accounts (to one: RATE_LIMITS below); second factors are
# counted for the account, since they come after its password. Counted in CACHES.
# The others bound the e-mails to addresses that anybody may type, over a day too.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/m/ip,100/h/ip",
    "signup": "20/m/ip,60/h/ip,200/d/ip",
    "reset_password": "20/m/ip,60/h/ip,200/d/ip,5/m/key,10/d/key",
    "confirm_email": "1/3m/key,10/d/key",
    "manage_email": "10/m/user,30/d/user",
}
MFA_ADAPTER = "caraus.accounts.two_factors.MFAAdapter"
MFA_FORMS = {
    name: f"caraus.accounts.two_factors.{form}"
    for name, form in {
        "authenticate": "AuthenticateForm",
        "reauthenticate": "ReauthenticateForm",
        "activate_totp": "ActivateTOTPForm",
        "add_webauthn": "AddWebAuthnForm",
        "edit_webauthn": "EditWebAuthnForm",
    }.items()
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Cărăuș"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PUBLIC_HTTPS  # for localhost; browsers allow no other
# The push services of browsers (Chrome and its kin, Firefox, Edge, Safari). The server writes to no
# other address that a browser names.
PUSH_SERVICES = [
    "https://fcm.googleapis.com",
    "https://*.push.services.mozilla.com",
    "https://*.notify.windows.com",
    "https://*.push.apple.com",
]
# How often a person, an organization or an address may do a thing (accounts/rate_limits.py).
RATE_LIMITS = {
    "push": "60/h/user",
    "export": env.rates("CARAUS_EXPORT_LIMIT", "10/h/user,30/h/organization"),
    "list_export": env.rates("CARAUS_LIST_EXPORT_LIMIT", "60/h/user,200/h/organization"),
    "sync": env.rates("CARAUS_SYNC_LIMIT", "10/m/user,100/h/user,30/m/organization"),
    "card": "120/h/user,600/h/organization",
    "filing": "120/h/user,600/h/organization",
    "fleet_import": "60/h/user,200/h/organization",
    "companies_import": "60/h/user,200/h/organization",
    "check": "20/h/user,60/h/organization",
    "invite": "60/h/user",
    # What an organization may do, who makes many of them could do many times.
    "organization_new": "10/d/user,20/d/ip",
    # E-mails with invitations; of young organizations (YOUNG_DAYS), where sign-up is open.
    "invitation_email": "200/d/organization",
    "invitation_email_young": "10/d/user,10/d/organization",
    "invitation": "30/m/ip",
    # Tries to sign in to one account from all addresses from which its person never signed in.
    "sign_in_failed": "5/5m/key",  # to one account from one address
    "sign_in_elsewhere": "60/h/key",
    "setup": "10/m/ip",
    "link_new": "30/h/user,100/h/organization",  # presses
    # Links of one press for many companies; and a form with them, which makes its links once.
    "links_per_company": "600/h/user,1200/h/organization",
    "links_form": "1/1d/key",
    "trial_email": "5/h/user,20/h/organization",
    # E-mails with links to addresses that anybody may type: few, while anybody may sign up.
    "young_link_email": env.rates("CARAUS_YOUNG_LINK_EMAILS", "5/1d/user,5/1d/organization"),
    "link": "30/m/ip",
    "link_start": "20/h/ip",
}
# A link for a new password.
PASSWORD_RESET_TIMEOUT = 24 * 3600
SESSION_ENGINE = "caraus.accounts.sessions"
# Files of exports are kept for a day; so many megabytes of an organization, then the oldest go.
EXPORT_MEGABYTES = env.number("CARAUS_EXPORT_MEGABYTES", 200, least=1)
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_HTTPS

# Language and time: stored in UTC, shown in Romania's time.
LANGUAGE_CODE = "ro"
LANGUAGES = [("ro", "Română"), ("en", "English")]
# What we say, and what libraries say, in our words.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_overrides"]
NUMBER_GROUPING = 3  # for Romanian, where Django names none
LANGUAGE_COOKIE_NAME = "caraus_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PUBLIC_HTTPS
TIME_ZONE = "Europe/Bucharest"
USE_TZ = True

# Files
STATIC_URL = "/static/"  # from the root, whatever organization an address names
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 60

# Safety. `form-action` names ANAF because the authorization form is redirected there.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF, ANAF_LOGIN_URL],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
# The authorization window must stay closable by the page that opened it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_HTTPS else None
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)
# The largest forms are a pasted list of companies, and one with a tick for each company.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = max(5000, 2 * COMPANIES_PER_ORGANIZATION)
# Files are taken at these addresses only, one and a small one: the list of a fleet, of companies.
UPLOADS_AT = ("/flota/import/", "/firme/lista/")
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["caraus.accounts.uploads.LimitedUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 910_000  # the request with the file (`MAX_REQUEST_BYTES`)

# E-mail
# What is written goes into the queue; the worker delivers it as EMAIL_URL says.
MAILERS = {
    "default": {"BACKEND": "caraus.mail.queue.QueueBackend"},
    "delivery": env.mailer(env.secret("EMAIL_URL") or "console:"),
}
DEFAULT_FROM_EMAIL = env.text("CARAUS_EMAIL_FROM", "Cărăuș <noreply@localhost>")

LOGGING_CONFIG = None
LOGGING = logging_config(readable=env.flag("CARAUS_LOG_READABLE", default=EMBEDDED))

report_errors(env.secret("SENTRY_DSN"), environment=ANAF_ENVIRONMENT)
