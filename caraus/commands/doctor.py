"""`caraus doctor`: what is configured, what answers, what is missing; never a secret."""

import os
import smtplib
import socket
from collections.abc import Callable, Generator, Iterator
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DatabaseError

from caraus import embedded
from caraus.commands.base import close_connections, pending_migrations, set_up_django
from caraus.core import environment

GOOD, BAD, NOTE = "ok", "MISSING", "note"


def doctor(*, new_secrets: bool) -> int:
    """Print the report; 0 when nothing is missing, else 1."""
    if new_secrets:
        print(f"CARAUS_SECRET_KEY={environment.new_secret_key()}")
        print(f"CARAUS_TOKEN_KEYS={environment.new_token_key()}")
        return 0
    faults = 0
    for state, text in _all():
        print(f"[{state:^7}] {text}", flush=True)
        faults += state == BAD
    print("All is well." if not faults else f"{faults} to mend.")
    return 1 if faults else 0


def _all() -> Iterator[tuple[str, str]]:
    """Yield every finding; one error hides no other. The database is queried where it is, and never
    started: that it does not run is a finding."""
    bad = yield from _settings()
    works = False
    if "DATABASE_URL" not in bad:
        try:
            yield from _database()
            works = True
        except DatabaseError as error:
            yield BAD, _unreachable(error)
    yield from _checks(bad, database_works=works)
    close_connections()


def _unreachable(error: DatabaseError) -> str:
    error_text = str(error).strip()
    if not environment.is_embedded():
        return f"The database did not answer: {error_text}"
    folder = embedded.data_dir()
    return (
        f"The embedded PostgreSQL in {folder} does not answer. It runs as long as `caraus serve` "
        "(or web, or worker) runs: start the service. If that runs, its log and "
        f"{folder / 'postgres.log'} say why PostgreSQL does not. ({error_text.splitlines()[0]})"
    )


def _checks(bad: set[str], *, database_works: bool) -> Iterator[tuple[str, str]]:
    checks: list[Check] = [_registration, _anaf, _mail, _signing, _disk_space]
    if "CARAUS_URL" not in bad:
        checks.insert(0, _address)
    if "CARAUS_TOKEN_KEYS" not in bad:
        checks.insert(0, _token_keys)
    if "CARAUS_SECRET_KEY" not in bad:
        yield GOOD, "CARAUS_SECRET_KEY is there."
    if database_works:
        checks += [_people, _roles, _running]
    else:
        yield NOTE, "People, authorizations and jobs were not looked at: there is no database."
    for check in checks:
        try:
            yield from check()
        except ImproperlyConfigured as error:
            yield BAD, str(error)
        except DatabaseError as error:
            yield BAD, f"The database did not answer: {str(error).strip()}"


def _settings() -> Generator[tuple[str, str], None, set[str]]:
    """Yield what is wrong with settings, all of it: each bad one is reported and replaced by a
    stand-in, so that the rest can be read. The generator's value: the names of the bad ones."""
    stand_ins = {
        "CARAUS_SECRET_KEY": "unusable",
        "CARAUS_TOKEN_KEYS": environment.new_token_key(),
        "DATABASE_URL": "postgresql://127.0.0.1:9/unusable",  # never started
    }
    bad: set[str] = set()
    while True:
        try:
            set_up_django()
        except environment.SettingError as error:
            if error.name in bad:
                raise
            bad.add(error.name)
            yield BAD, str(error)
            os.environ.pop(f"{error.name}_FILE", None)
            os.environ[error.name] = stand_ins.get(error.name, "")
        else:
            return bad


type Report = list[tuple[str, str]]
Check = Callable[[], Report]


def _database() -> Report:
    from caraus.core import health
    from caraus.core.extensions import ExtensionsMissingError, missing_extensions

    version = health.database_version()
    where = (
        f"embedded in {embedded.data_dir()}"
        if environment.is_embedded()
        else f"at {urlsplit(environment.database_url()).hostname or 'a local socket'}"
    )
    report = [(GOOD, f"PostgreSQL {version} answers, {where}.")]
    if names := missing_extensions():
        report.append((BAD, str(ExtensionsMissingError(names))))
    if count := pending_migrations():
        report.append((BAD, f"The schema lacks {count} migration(s): run `caraus migrate`."))
    return report


def _address() -> Report:
    from django.conf import settings

    report = [(GOOD, f"Public address (CARAUS_URL): {settings.PUBLIC_URL}")]
    report.append((NOTE, f"Callback to register with ANAF: {settings.ANAF_REDIRECT_URI}"))
    if not settings.PUBLIC_HTTPS and settings.ANAF_LOGIN_URL.endswith("anaf.ro"):
        report.append((BAD, "ANAF accepts https callbacks only: set CARAUS_URL to https://…"))
    return report


def _token_keys() -> Report:
    from django.conf import settings

    from caraus.core.crypto import decrypt, encrypt

    keys = len(settings.TOKEN_KEYS)
    works = decrypt(encrypt("probe")) == "probe"
    return [(GOOD if works else BAD, f"CARAUS_TOKEN_KEYS: {keys} key(s); the first encrypts.")]


def _registration() -> Report:
    from django.conf import settings

    names = ("ANAF_CLIENT_ID", "ANAF_CLIENT_SECRET")
    return [
        (GOOD, f"{name} is there.")
        if getattr(settings, name)
        else (BAD, f"{name} is not set: ANAF gives it at registration (Editare profil Oauth).")
        for name in names
    ]


def _anaf() -> Report:
    from django.conf import settings

    report: Report = [(NOTE, f"ANAF environment: {settings.ANAF_ENVIRONMENT}")]
    for label, name in (("login", "ANAF_LOGIN_URL"), ("API", "ANAF_API_URL")):
        parts = urlsplit(getattr(settings, name))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), timeout=5).close()
        except OSError as error:
            report.append((BAD, f"ANAF's {label} ({parts.netloc}) can't be reached: {error}"))
        else:
            report.append((GOOD, f"ANAF's {label} ({parts.netloc}) can be reached."))
    return report


def _people() -> Report:
    from caraus.accounts.models import Company, User

    if pending_migrations():
        return []
    users, companies, active = User.objects.count(), Company.objects.count(), _authorizations()
    report = [
        (NOTE, f"{users} user(s), {companies} company(ies), {active} living authorization(s).")
    ]
    if not users:
        report.append((BAD, "Nobody can sign in: open the link that `caraus web` prints."))
    return report


def _roles() -> Report:
    """Yield tokens by which ANAF says that the application is not registered for e-Transport."""
    from caraus.authorizations.models import Authorization
    from caraus.authorizations.token_refresh import authorization_lacks_etransport

    if pending_migrations():
        return []
    living = Authorization.objects.filter(status=Authorization.Status.ACTIVE)
    lacking = sum(map(authorization_lacks_etransport, living.iterator(chunk_size=100)))
    sentence = (
        f"{lacking} authorization(s) do not name ETRANSPORT among their services: ANAF will refuse "
        "every question. Tick E-Transport for the application at ANAF (Editare profil Oauth, "
        "Gestionare aplicații), then authorize again."
    )
    return [(BAD, sentence)] if lacking else []


def _authorizations() -> int:
    from caraus.authorizations.models import Authorization

    return Authorization.objects.filter(status=Authorization.Status.ACTIVE).count()


def _running() -> Report:
    """Yield what a worker's heartbeat says, and jobs that wait too long."""
    from caraus.core import health

    if pending_migrations():
        return []
    workers, late = health.living_workers(), health.late_jobs()
    report: Report = [(GOOD, f"{workers} worker(s) alive.")] if workers else []
    if not workers:
        # Before anybody has authorized nothing is missed yet.
        state = BAD if _authorizations() else NOTE
        report.append((state, "No worker is alive: nothing is asked of ANAF until one is started."))
    if late:
        report.append((BAD, f"{late} job(s) wait for more than 15 minutes: start more workers."))
    return report


def _signing() -> Report:
    from django.conf import settings

    return [
        (NOTE, f"Sign-up (CARAUS_SIGNUP): {settings.SIGNUP}."),
        (NOTE, f"Trusted proxies (CARAUS_PROXIES): {settings.ALLAUTH_TRUSTED_PROXY_COUNT}."),
    ]


def _disk_space() -> Report:
    """Report the free disk space of an embedded database."""
    if not environment.is_embedded():
        return []
    folder = embedded.data_dir()
    if not folder.is_dir():
        return []  # what is wrong with it was said
    free = embedded.free_bytes(folder) >> 20
    state = GOOD if free > 1024 else BAD
    return [(state, f"{free} MB free where the data lie{'' if free > 1024 else ': make room'}.")]


def _mail() -> Report:
    from django.conf import settings

    from caraus.core import health

    host = health.mail_host()
    if not host:
        return [(NOTE, "E-mail is not sent to anybody: set EMAIL_URL (smtp://…) to send it.")]
    options = settings.MAILERS["delivery"]["OPTIONS"]
    client = smtplib.SMTP_SSL if options.get("use_ssl") else smtplib.SMTP
    try:
        with client(host, options["port"], timeout=5) as server:
            server.ehlo()
            if options.get("use_tls"):
                server.starttls()
                server.ehlo()
    except (OSError, smtplib.SMTPException) as error:
        return [(BAD, f"The mail server {host} (EMAIL_URL) does not answer as it should: {error}")]
    return [(GOOD, f"The mail server {host} answers; no e-mail was sent to try.")]
