"""A copy of the database opens nothing: every secret that is issued in a full walk of people is
looked for in a dump by `caraus backup` and in the files of the database itself."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import httpx2
import psycopg
import pytest

from caraus import embedded
from caraus.commands.backup import SHORT_LIVED
from caraus.embedded.programs import programs
from tests import plain_http, shared_folders
from tests.commands.conftest import EMAIL
from tests.commands.installation import PASSWORD, Installation, _post
from tests.commands.test_no_leaks import running, until
from tests.folders import make_folder
from tests.mail import MailServer
from tests.simulator_process import SimulatorProcess
from tests.two_factors import totp_code

OWNER, INVITED, NEW_PASSWORD = EMAIL, "ion@example.ro", "o-parolă-cu-totul-nouă-77"
# Parts of an address of an e-mail that are as good as a password.
LINKS = re.compile(
    r"/(?:invitatie|autorizare|cont/confirm-email|cont/password/reset/key)/([^/\s\"<>]+)/"
)


class Secrets:
    """What was issued, by what it is."""

    def __init__(self) -> None:
        self.issued: dict[str, str] = {}

    def add(self, purpose: str, secret: str) -> str:
        assert len(secret) >= 6, purpose
        self.issued.setdefault(secret, f"{purpose} {len(self.issued)}")
        return secret

    def hear(self, client: httpx2.Client, person: str) -> None:
        for cookie in client.cookies.jar:
            if cookie.name in {"sessionid", "csrftoken"}:
                self.add(f"{cookie.name} of {person}", str(cookie.value))

    def spellings(self) -> Iterator[tuple[str, bytes]]:
        """Yield it as it is, quoted, in hexadecimals, and in base64 wherever it begins there."""
        for secret, purpose in self.issued.items():
            raw = secret.encode()
            yield purpose, raw
            yield f"{purpose}, quoted", quote(secret, safe="").encode()
            yield f"{purpose}, hex", raw.hex().encode()
            for before in range(3 if len(raw) >= 12 else 0):
                packed = base64.b64encode(b"\0" * before + raw)
                whole = packed[4 if before else 0 : len(packed) // 4 * 4 - 4]
                yield f"{purpose}, base64", whole
                yield f"{purpose}, base64", whole.translate(bytes.maketrans(b"+/", b"-_"))

    def secrets_in(self, place: Path) -> set[str]:
        """Return what stands in a file, or in any file of a folder (grep meets all at once)."""
        spellings = {spelling: purpose for purpose, spelling in self.spellings()}
        done = subprocess.run(
            ["grep", "-r", "-a", "-o", "-h", "-F", "-f", "-", str(place)],
            input=b"\n".join(spellings),
            capture_output=True,
            check=False,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        )
        assert done.returncode in {0, 1}, done.stderr
        return {spellings[spelling] for spelling in done.stdout.splitlines()}


def browser(installation: Installation, secrets: Secrets, person: str) -> httpx2.Client:
    """Return a browser whose every cookie is noted."""
    client = plain_http.client(base_url=installation.address, timeout=30)
    client.event_hooks = {"response": [lambda response: note_cookies(response, secrets, person)]}
    return client


def note_cookies(response: httpx2.Response, secrets: Secrets, person: str) -> None:
    for header in response.headers.get_list("set-cookie"):
        match = re.match(r"(sessionid|csrftoken)=([^;]{8,})", header)
        if match:
            secrets.add(f"{match[1]} of {person}", match[2])


def email_to(mail: MailServer, address: str, marker: str, secrets: Secrets) -> str:
    """Return the path of the link in the newest e-mail to this address that has one; all of its
    links are noted, as are those of the other e-mails."""
    paths: list[str] = []

    def arrived() -> bool:
        for message in mail.messages:
            body = message.get_body(("plain",))
            text = body.get_content() if body else ""
            for link in LINKS.finditer(text):
                secrets.add(f"link to {message['to']}", unquote(link[1]))
            if address in str(message["to"]):
                paths.extend(re.findall(rf"http://[^/\s]+(/{marker}/[^\s<>\"]+)", text))
        return bool(paths)

    until(arrived)
    return paths[-1]


def token_in(page: str) -> str:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page
    return token[1]


def csrf(client: httpx2.Client, path: str) -> str:
    return token_in(client.get(path, follow_redirects=True).text)


def sign_up(client: httpx2.Client, mail: MailServer, secrets: Secrets) -> None:
    """Sign up by the invitation's link, which is opened twice: a session that never ends holds
    it too."""
    path = email_to(mail, INVITED, "invitatie", secrets)
    assert client.get(path).status_code == 200
    form = {"email": INVITED, "name": "Ion", "password1": PASSWORD, "password2": PASSWORD}
    _post(client, "/cont/signup/", form)


def second_factor(client: httpx2.Client, secrets: Secrets) -> None:
    """Set up an app, with its recovery codes, and begin a second setting up that is left so."""
    requested = client.get("/cont/2fa/totp/activate/", follow_redirects=True)
    if "reauthenticate" in str(requested.url):
        form = {"password": PASSWORD, "csrfmiddlewaretoken": token_in(requested.text)}
        requested = client.post(str(requested.url), data=form, follow_redirects=True)
    shown = re.search(r"<code>([A-Z2-7]+)</code>", requested.text)
    assert shown
    secret = secrets.add("secret of an authenticator app", shown[1])
    form = {"code": totp_code(secret), "csrfmiddlewaretoken": token_in(requested.text)}
    assert client.post("/cont/2fa/totp/activate/", data=form).status_code == 302
    codes = client.get("/cont/2fa/recovery-codes/").text
    for code in re.findall(r"\b[a-z0-9]{8}\b", re.sub(r"<script.*?</script>|<[^>]+>", " ", codes)):
        if not code.isalpha():
            secrets.add("recovery code", code)


def begun_second_factor(client: httpx2.Client, secrets: Secrets) -> None:
    requested = client.get("/cont/2fa/totp/activate/", follow_redirects=True)
    shown = re.search(r"<code>([A-Z2-7]+)</code>", requested.text)
    assert shown, str(requested.url)
    secrets.add("secret of an app that is being set up", shown[1])


def new_password(client: httpx2.Client, mail: MailServer, secrets: Secrets) -> None:
    """Request two links: one is used, another is only opened."""
    for used in (True, False):
        mail.messages.clear()
        _post(client, "/cont/password/reset/", {"email": INVITED})
        path = email_to(mail, INVITED, "cont/password/reset/key", secrets)
        location = client.get(path).headers["location"]
        if used:
            form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
            _post(client, location, form)


def external_link(
    installation: Installation, owner: httpx2.Client, mail: MailServer, secrets: Secrets
) -> None:
    """Send a link by e-mail whose holder authorizes, and one that is opened and left."""
    for used in (True, False):
        mail.messages.clear()
        form = {
            "email": "titular@example.ro",
            "csrfmiddlewaretoken": csrf(owner, "/integrari/linkuri/"),
        }
        response = owner.post("/integrari/linkuri/", data=form)
        assert response.status_code in {200, 302}
        for match in LINKS.finditer(response.text):
            secrets.add("link on screen", match[1])
        path = email_to(mail, "titular@example.ro", "autorizare", secrets)
        with browser(installation, secrets, "the holder") as holder:
            page = holder.get(path, follow_redirects=True)
            assert page.status_code == 200
            to_anaf = _post(holder, "/autorizare/", {"name": "Gheorghe"}, page="/autorizare/")
            state = re.search(r"state=([^&]+)", to_anaf.headers["location"])
            assert state
            secrets.add("state", unquote(state[1]))
            if used:
                callback = installation.anaf.log_in("single", url=to_anaf.headers["location"])
                secrets.add("code", callback["code"])
                assert holder.get("/anaf/callback", params=callback).status_code == 200


def use_product(installation: Installation, mail: MailServer, secrets: Secrets) -> str:
    """Do all that people do in which a secret is made; return a cookie that is signed in at the
    end."""
    with browser(installation, secrets, "the owner") as owner:
        assert "Autorizarea a reușit" in installation.authorize(owner, email=OWNER)
        until(lambda: "data-uit" in owner.get("/transporturi/", follow_redirects=True).text)
        _post(owner, "/organizatie/membri/", {"email": INVITED, "role": "admin"})
        with browser(installation, secrets, "the invited") as invited:
            sign_up(invited, mail, secrets)
            second_factor(invited, secrets)
        with browser(installation, secrets, "one who forgot") as visitor:
            invitation = email_to(mail, INVITED, "invitatie", secrets)
            new_password(visitor, mail, secrets)
            assert visitor.get(invitation).status_code == 404  # it was used
        external_link(installation, owner, mail, secrets)
        mail.messages.clear()
        _post(owner, "/organizatie/membri/", {"email": "alta@example.ro", "role": "viewer"})
        with browser(installation, secrets, "one who only opened") as visitor:
            visitor.get(email_to(mail, "alta@example.ro", "invitatie", secrets))
        for path in ("/cont/date/export/", "/organizatie/export/", "/transporturi/export/"):
            owner.post(path, data={"csrfmiddlewaretoken": csrf(owner, "/organizatie/")})
        reauthenticated = owner.get("/cont/2fa/totp/activate/", follow_redirects=True)
        if "reauthenticate" in str(reauthenticated.url):
            form = {
                "password": PASSWORD,
                "csrfmiddlewaretoken": csrf(owner, "/cont/reauthenticate/"),
            }
            owner.post(str(reauthenticated.url), data=form)
        begun_second_factor(owner, secrets)
        return str(owner.cookies["sessionid"])


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def readable(dump: Path) -> Path:
    """Return the copy as SQL: what whoever has it reads."""
    file = dump.with_suffix(".sql")
    command = [str(programs() / "pg_restore"), f"--file={file}", str(dump)]
    subprocess.run(command, capture_output=True, check=True)
    return file


@pytest.fixture
def top() -> Iterator[Path]:
    """Make a folder that is not pytest's `tmp_path`, which another run on this machine closes to
    the server's user."""
    folder = make_folder("caraus-copy-")
    yield folder
    shutil.rmtree(folder)


def test_no_secret_of_a_full_use_is_in_a_copy_or_in_the_files(
    top: Path, with_person: Path, mail: MailServer
) -> None:
    folder, issued = top / "data", top / "issued"
    shared_folders.copy(with_person, folder)
    secrets = Secrets()
    secrets.add("password", PASSWORD)
    secrets.add("password", NEW_PASSWORD)
    secrets.add("client secret", "the-clients-secret-42")
    with SimulatorProcess(
        client_id="caraus-copies", client_secret="the-clients-secret-42", issued_file=issued
    ) as anaf:
        installation = Installation(folder, anaf)
        installation.environment |= {"EMAIL_URL": mail.url, "CARAUS_SIGNUP": "invitation"}
        with running(installation, top / "log"):
            cookie = use_product(installation, mail, secrets)
            # While everything runs, as the nightly copy does.
            done = installation.run("backup", str(top / "copy.dump"))
            assert done.returncode == 0, done.stderr
            with psycopg.connect(embedded.embedded_database_url(folder)) as database:
                database.autocommit = True
                database.execute("CHECKPOINT")
        for token in issued.read_text().split():
            secrets.add("token", token)
            for part in token.split(".")[1:]:
                secrets.add("part of a token", part)
        copy, files = readable(top / "copy.dump"), folder / "postgres"
        copied_secrets = Secrets()
        for email in (OWNER, INVITED):
            copied_secrets.add(email, email)
        for place in (copy, files, files / "pg_wal"):
            assert len(copied_secrets.secrets_in(place)) == 2  # what is there is found
        kinds = {
            re.sub(r"( of .*| to .*)? \d+$", "", purpose) for purpose in secrets.issued.values()
        }
        assert kinds >= {
            *("sessionid", "csrftoken", "password", "link", "state", "code", "token"),
            *("secret", "recovery code", "client secret"),
        }, kinds
        assert (secrets.secrets_in(copy), secrets.secrets_in(files)) == (set(), set())
        script = copy.read_text()
        for table in SHORT_LIVED[:3]:
            assert f"CREATE TABLE public.{table} " in script
            assert f"COPY public.{table} " not in script

        # Put back, it signs nobody in, who was signed in when it was made or later.
        assert installation.run("restore", str(top / "copy.dump"), "--replace").returncode == 0
        with installation.web() as client:
            client.cookies["sessionid"] = cookie
            assert client.get("/organizatie/").headers["location"].startswith("/cont/login/")


def test_what_is_there_would_be_found(tmp_path: Path) -> None:
    secrets, place = Secrets(), tmp_path / "place"
    secret = secrets.add("secret", "o parolă/lungă+de-42")
    quoted, hexed = quote(secret, safe="").encode(), secret.encode().hex().encode()
    forms = [quoted, hexed]
    for before in (b"", b"x", b"xy", b"xyz"):
        raw = before + secret.encode() + b"tail"
        forms += [raw, base64.b64encode(raw), base64.urlsafe_b64encode(raw)]
    for form in forms:
        place.write_bytes(b"\0(1, '" + form + b"')\0\n")
        assert secrets.secrets_in(place), form
        assert secrets.secrets_in(tmp_path), form
    place.write_bytes(b"a page without it")
    assert not secrets.secrets_in(tmp_path)
