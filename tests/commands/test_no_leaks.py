"""A full run of web and worker; then all logs and a dump of the database are searched for every
code, token, secret and key that there was."""

import base64
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psycopg
import pytest
from psycopg import sql

from caraus import embedded
from tests import plain_http, shared_folders
from tests.commands.conftest import EMAIL
from tests.commands.installation import PASSWORD, Installation, _post
from tests.folders import temporary_folder
from tests.simulator_process import SimulatorProcess


@contextmanager
def running(installation: Installation, logs: Path) -> Iterator[httpx2.Client]:
    """Web and worker with their logs in files, and a browser's client."""
    with logs.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "caraus.cli", "serve", "--port", str(installation.port)],
            env=installation.environment | {"CARAUS_LOG_READABLE": "0", "CARAUS_DEBUG": "0"},
            stdout=log,
            stderr=log,
        )
        with plain_http.client(base_url=installation.address, timeout=15) as client:
            until(lambda: is_responding(client))
            yield client
        process.terminate()
        process.wait(30)


def is_responding(client: httpx2.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx2.HTTPError:
        return False


def until(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def use_product(installation: Installation, client: httpx2.Client, anaf: SimulatorProcess) -> str:
    """Do all that a secret can pass through, with the errors on the way; return the link's
    secret."""
    assert "Autorizarea a reușit" in installation.authorize(client, email=EMAIL)
    listed = "/transporturi/?firma=900010100"
    until(lambda: client.get(listed, follow_redirects=True).text.count("data-uit"))
    anaf.turn_on("token_refused", times=1)
    _post(client, "/transporturi/sincronizare/", {}, page="/transporturi/")
    until(lambda: any(c["grant_type"] == "refresh_token" for c in anaf.calls("token")))
    for failure in ("token_html", "refresh_rejected", "late_code_reset"):
        anaf.turn_on(failure)
        to_anaf = _post(client, "/integrari/autorizare/", {}, page="/integrari/")
        callback = anaf.log_in("single", url=to_anaf.headers["location"])
        client.get("/anaf/callback", params=callback)
        client.get("/anaf/callback", params=callback)
        anaf.turn_off(failure)
    page = client.get("/integrari/", follow_redirects=True).text
    check = re.search(r'action="(/o/[^/]+/integrari/\d+/test/)"', page)
    assert check
    _post(client, check[1], {}, page="/integrari/")
    until(lambda: "Test terminat" in client.get(check[1]).text)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    link_page = client.post("/integrari/linkuri/", data={"csrfmiddlewaretoken": token[1]}).text
    link = re.search(r"/autorizare/([\w-]{43})/", link_page)
    assert link
    for _ in range(2):
        assert client.get(f"/autorizare/{link[1]}/").status_code == 302
    client.get(f"/autorizare/{link[1]}x/")
    before = refusals(anaf)
    anaf.revoke("three")
    _post(client, "/transporturi/sincronizare/", {}, page="/transporturi/")
    until(lambda: refusals(anaf) > before)
    return link[1]


def refusals(anaf: SimulatorProcess) -> int:
    return sum(call["status"] == 401 for call in anaf.calls("info"))


def dump(folder: Path) -> str:
    """Return every row of every table, as text."""
    with embedded.acquire(folder) as server, psycopg.connect(server.url) as database:
        tables = database.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
            "AND table_type = 'BASE TABLE'"
        ).fetchall()
        assert len(tables) > 20
        rows = []
        for schema, name in tables:
            query = sql.SQL("SELECT t::text FROM {}.{} t").format(
                sql.Identifier(schema), sql.Identifier(name)
            )
            rows += [str(row) for (row,) in database.execute(query)]
        return "\n".join(rows)


def opened(text: str) -> str:
    """Return what stands in it as base64, packed or not, as in sessions and the cache, or as
    bytes."""
    decoded = [bytes.fromhex(run) for run in re.findall(r"\\x((?:[0-9a-f]{2}){20,})", text)]
    for run in re.findall(r"[A-Za-z0-9+/_-]{24,}", text):
        plain = run.replace("+", "-").replace("/", "_")
        with suppress(ValueError):
            decoded.append(base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)))
    for raw in list(decoded):
        with suppress(zlib.error):
            decoded.append(zlib.decompress(raw))
    return "\n".join(raw.decode(errors="replace") for raw in decoded)


def test_what_is_packed_is_found() -> None:
    words = b"a secret that is long enough to be searched for"
    for packed in (words, zlib.compress(words)):
        code = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        assert words.decode() in opened(f"(1,.{code}:1tX:signature)")
    assert words.decode() in opened(f'(1,"\\x{words.hex()}")')


@pytest.fixture
def top() -> Iterator[Path]:
    with temporary_folder("caraus-leaks-") as top:
        yield top


def test_no_secret_is_in_the_logs_or_the_database(top: Path, with_person: Path) -> None:
    folder, logs, issued = top / "data", top / "log", top / "issued"
    shared_folders.copy(with_person, folder)
    with SimulatorProcess(
        client_id="caraus-leaks", client_secret="the-clients-secret-42", issued_file=issued
    ) as anaf:
        installation = Installation(folder, anaf)
        with running(installation, logs) as client:
            link = use_product(installation, client, anaf)
    secrets = set(issued.read_text().split())
    assert len(secrets) >= 8
    # Of a token, its claims and its signature are as bad as the whole.
    secrets |= {part for token in secrets for part in token.split(".") if len(part) > 40}
    secrets |= {link, PASSWORD, "the-clients-secret-42"}
    for file in folder.rglob("*"):
        if file.is_file() and "secret" in str(file.relative_to(folder)).lower():
            secrets |= {line for line in file.read_text().split() if len(line) > 20}
    assert any(len(secret) == 44 and secret.endswith("=") for secret in secrets)  # a Fernet key
    header = re.compile(r"^eyJ\w+$")
    secrets = {secret for secret in secrets if not header.match(secret) or len(secret) > 60}
    output = logs.read_text() + "".join(
        file.read_text(errors="replace") for file in folder.rglob("*.log") if file.is_file()
    )
    assert "authorization_finished" in output
    dumped = dump(folder)
    assert "900010100" in dumped
    packed = opened(dumped)
    assert "_auth_user_id" not in dumped + packed  # the sessions are sealed
    for place in (output, dumped, packed):
        leaked = [secret[:12] for secret in secrets if secret in place]
        assert leaked == []
