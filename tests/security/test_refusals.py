"""What the product refuses: forged hosts, big bodies, other sites, frames, files."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import LazySettings, Settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from caraus.accounts.models import User
from caraus.accounts.uploads import MAX_FILE_BYTES, MAX_REQUEST_BYTES
from caraus.core import environment
from tests import factories
from tests.mail import delivered

ROOT = Path(__file__).resolve().parents[2]


@cache
def product_nodes() -> list[tuple[str, list[ast.AST]]]:
    """Return what each module of the product is made of."""
    return [
        (str(path.relative_to(ROOT)), list(ast.walk(ast.parse(path.read_text()))))
        for path in (ROOT / "caraus").rglob("*.py")
    ]


@pytest.mark.parametrize("host", ["evil.ro", "127.0.0.1.evil.ro", "evil.ro:80", "a b"])
def test_a_forged_host_is_refused(client: Client, db: None, host: str) -> None:
    assert client.get("/cont/login/", headers={"host": host}).status_code == 400


def test_a_link_in_a_mail_is_never_made_of_the_host_header(
    client: Client, owner: User, settings: LazySettings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client.force_login(owner)
    client.post(
        "/organizatie/membri/",
        {"email": "nou@example.ro", "role": "viewer"},
        headers={"host": "evil.ro"},
    )
    assert "evil.ro" not in str(delivered()[-1].body)
    assert settings.PUBLIC_URL in str(delivered()[-1].body)


def test_a_form_too_large_is_refused(signed_in: Client) -> None:
    assert signed_in.post("/firme/lista/", {"text": "1" * 300_000}).status_code == 400
    many = {f"f{number}": "x" for number in range(6000)}
    assert signed_in.post("/firme/lista/", many).status_code == 400


def test_files_are_taken_where_lists_are_and_nowhere_else(signed_in: Client, owner: User) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile("a.csv", b"14399840")

    browser = Client(enforce_csrf_checks=True)  # the token is the first that is read of a form
    browser.force_login(owner)
    browser.get("/firme/")
    for path in ("/firme/", "/transporturi/note/1/", "/flota/"):
        assert browser.post(path, {"text": file()}).status_code == 400
    assert signed_in.post("/firme/lista/", {"file": file()}).status_code == 302


@pytest.mark.parametrize("path", ["/firme/", "/organizatie/setari/", "/cont/login/"])
def test_without_the_token_of_the_form_nothing_is_done(owner: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(path, {"cui": "14399840"}).status_code == 403


def test_every_page_has_the_headers_of_safety(signed_in: Client) -> None:
    for path in ("/transporturi/", "/cont/sessions/", "/nu-exista/", "/healthz"):
        headers = signed_in.get(path).headers
        assert "'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(settings: LazySettings) -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"


@pytest.mark.parametrize(
    "given", ["ok-request-1", "x" * 65, "a\nb", "short", "", "<script>alert(1)</script>"]
)
def test_a_given_request_id_is_taken_only_if_harmless(client: Client, given: str) -> None:
    response = client.get("/healthz", headers={"x-request-id": given.replace("\n", " ")})
    request_id = response["X-Request-ID"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", request_id)
    assert (request_id == given) == (given == "ok-request-1")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254",
        "http://10.0.0.1",
        "file:///etc/passwd",
        "https://a@b",
        "gopher://x",
    ],
)
def test_anaf_can_not_be_pointed_inside_by_mistake(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ANAF_API_URL", address)
    with pytest.raises(ImproperlyConfigured):
        environment.origin("ANAF_API_URL", "https://api.anaf.ro")


def test_no_address_given_by_a_person_is_ever_requested() -> None:
    """Only the boundary to ANAF opens connections, and what writes to the push services of
    browsers: the one address that a page takes (tests/notifications/test_push_subscriptions.py)."""
    libraries = {"httpx", "httpx2", "requests", "urllib3", "urllib.request", "http.client"}
    allowed = {"caraus/anaf", "caraus/commands", "caraus/notifications/push_delivery.py"}
    missing = []
    for name, nodes in product_nodes():
        for node in nodes:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            if libraries & set(names) and not name.startswith(tuple(allowed)):
                missing.append(name)
    assert not missing


def test_secrets_are_compared_in_constant_time_or_by_their_digest() -> None:
    """Secrets of links are looked up by their SHA-256, signatures by Django's signing."""
    for path in (ROOT / "caraus").rglob("*.py"):
        for line in path.read_text().splitlines():
            compared = re.search(r"\b(secret|token|code_verifier)\b\s*==", line)
            assert not compared, f"{path}: {line}"


def test_passwords_are_hashed_slowly(db: None, settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = vars(Settings("caraus.settings"))[
        "PASSWORD_HASHERS"
    ]  # not the tests'
    user = factories.user(password="o parolă")
    algorithm, iterations, *_ = user.password.split("$")
    assert algorithm == "pbkdf2_sha256"
    assert int(iterations) >= 600_000


def test_no_other_program_is_given_the_whole_environment() -> None:
    """It holds the secrets; only our own web, worker and simulator need it."""
    ours = {"caraus/commands/serve.py", "caraus/commands/web.py", "caraus/commands/demo.py"}
    names = set()
    for name, nodes in product_nodes():
        for node in nodes:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            starts = isinstance(node.func.value, ast.Name) and node.func.value.id == "subprocess"
            if starts and node.func.attr in {"run", "Popen", "call", "check_output", "check_call"}:
                environments = [
                    ast.unparse(word.value) for word in node.keywords if word.arg == "env"
                ]
                if not environments or "os.environ" in environments[0]:
                    names.add(name)
    assert names <= ours


def test_what_a_form_says_of_large_files_is_what_is_kept(settings: LazySettings) -> None:
    """Files up to 900 kB are kept, in memory alone: nothing is written to a disk."""
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE == MAX_REQUEST_BYTES > MAX_FILE_BYTES
    assert settings.FILE_UPLOAD_HANDLERS == ["caraus.accounts.uploads.LimitedUploadHandler"]
