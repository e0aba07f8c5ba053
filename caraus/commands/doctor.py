"""`caraus doctor`: what is configured, what answers, what is missing; never a secret."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from caraus import embedded, environment
from caraus.commands.base import database, pending_migrations

GOOD, BAD, NOTE = "ok", "MISSING", "note"


def doctor(*, new_secrets: bool) -> int:
    """Print the report; 0 when nothing is missing, else 1."""
    if new_secrets:
        print(f"CARAUS_SECRET_KEY={environment.new_secret_key()}")
        print(f"CARAUS_TOKEN_KEYS={environment.new_token_key()}")
        return 0
    troubles = 0
    with database(migrated=False):
        for check in (
            _database,
            _address,
            _secrets,
            _registration,
            _anaf,
            _people,
            _mail,
            _running,
            _room,
        ):
            for state, text in check():
                print(f"[{state:^7}] {text}")
                troubles += state == BAD
    print("All is well." if not troubles else f"{troubles} to mend.")
    return 1 if troubles else 0


type Report = list[tuple[str, str]]
Check = Callable[[], Report]


def _database() -> Report:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    where = (
        f"embedded in {embedded.data_dir()}"
        if environment.is_embedded()
        else f"at {urlsplit(environment.database_url()).hostname or 'a local socket'}"
    )
    report = [(GOOD, f"PostgreSQL {version} answers, {where}.")]
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


def _secrets() -> Report:
    from django.conf import settings

    from caraus.connections.crypto import decrypt, encrypt

    keys = len(settings.TOKEN_KEYS)
    works = decrypt(encrypt("probe")) == "probe"
    return [
        (GOOD, "CARAUS_SECRET_KEY is there."),
        (GOOD if works else BAD, f"CARAUS_TOKEN_KEYS: {keys} key(s); the first encrypts."),
    ]


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
    for name in ("ANAF_LOGIN_URL", "ANAF_API_URL"):
        parts = urlsplit(getattr(settings, name))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), timeout=5).close()
        except OSError as error:
            report.append((BAD, f"{parts.netloc} can't be reached: {error}"))
        else:
            report.append((GOOD, f"{parts.netloc} can be reached."))
    return report


def _people() -> Report:
    from caraus.accounts.models import Company, User
    from caraus.connections.models import Connection

    if pending_migrations():
        return []
    users, companies = User.objects.count(), Company.objects.count()
    active = Connection.objects.filter(status=Connection.Status.ACTIVE).count()
    report = [
        (NOTE, f"{users} user(s), {companies} company(ies), {active} living authorization(s).")
    ]
    if not users:
        report.append((BAD, "Nobody can sign in: open the link that `caraus web` prints."))
    return report


def _running() -> Report:
    """A worker's heartbeat, jobs that wait too long, the processes that pool connections."""
    from django.conf import settings

    if pending_migrations():
        return []
    with _cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - interval '60 seconds'"
        )
        (workers,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            " AND coalesce(scheduled_at, now()) < now() - interval '15 minutes'"
        )
        (late,) = cursor.fetchone()
    report: Report = [(GOOD, f"{workers} worker(s) alive.")] if workers else []
    if not workers:
        report.append((NOTE, "No worker is alive: nothing is asked of ANAF until one is started."))
    if late:
        report.append((BAD, f"{late} job(s) wait for more than 15 minutes: start more workers."))
    report.append((NOTE, f"Sign-up (CARAUS_SIGNUP): {settings.SIGNUP}."))
    report.append(
        (NOTE, f"Trusted proxies (CARAUS_PROXIES): {settings.ALLAUTH_TRUSTED_PROXY_COUNT}.")
    )
    return report


def _room() -> Report:
    """Room for the embedded database."""
    import shutil

    if not environment.is_embedded():
        return []
    free = shutil.disk_usage(embedded.data_dir()).free >> 20
    state = GOOD if free > 1024 else BAD
    return [(state, f"{free} MB free where the data lie{'' if free > 1024 else ': make room'}.")]


def _cursor() -> Any:
    from django.db import connection

    return connection.cursor()


def _mail() -> Report:
    from django.conf import settings

    mailer = settings.MAILERS["default"]
    host = mailer.get("OPTIONS", {}).get("host")
    if not host:
        return [(NOTE, "E-mail is not sent to anybody: set EMAIL_URL (smtp://…) to send it.")]
    return [(GOOD, f"E-mail is sent through {host}.")]
