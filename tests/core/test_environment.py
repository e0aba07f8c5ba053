"""What the environment says: secrets, addresses, e-mail; a wrong one is reported in a sentence."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from caraus import cli
from caraus.core import environment as env


def test_an_empty_value_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAUS_X", "  ")
    assert env.text("CARAUS_X", "default") == "default"
    assert env.number("CARAUS_X", 7) == 7
    assert env.flag("CARAUS_X", default=True)


@pytest.mark.parametrize(
    ("value", "truth"), [("1", True), ("TRUE", True), (" yes ", True), ("0", False), ("no", False)]
)
def test_flags_are_read_as_people_write_them(
    monkeypatch: pytest.MonkeyPatch, value: str, truth: bool
) -> None:
    monkeypatch.setenv("CARAUS_X", value)
    assert env.flag("CARAUS_X") is truth


def test_a_number_or_a_choice_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAUS_X", "five")
    with pytest.raises(ImproperlyConfigured, match="CARAUS_X must be a whole number"):
        env.number("CARAUS_X", 5)
    monkeypatch.setenv("CARAUS_X", "0")
    assert env.number("CARAUS_X", 5, least=0) == 0
    with pytest.raises(ImproperlyConfigured, match="CARAUS_X must be 1 or more, not 0"):
        env.number("CARAUS_X", 5, least=1)
    with pytest.raises(ImproperlyConfigured, match="CARAUS_X must be one of prod, test"):
        env.choice("CARAUS_X", "prod", "test")


def test_a_secret_comes_by_value_or_by_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARAUS_X", "by value")
    assert env.secret("CARAUS_X") == "by value"
    file = tmp_path / "secret"
    file.write_text("by file\n")
    monkeypatch.delenv("CARAUS_X")
    monkeypatch.setenv("CARAUS_X_FILE", str(file))
    assert env.secret("CARAUS_X") == "by file"


@pytest.mark.parametrize("message", ["missing file", "both"])
def test_a_secret_that_cannot_be_read_is_reported_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, message: str
) -> None:
    monkeypatch.setenv("CARAUS_X_FILE", str(tmp_path / "none"))
    if message == "both":
        monkeypatch.setenv("CARAUS_X", "the secret itself")
    with pytest.raises(ImproperlyConfigured, match="CARAUS_X_FILE") as caught:
        env.secret("CARAUS_X")
    assert "the secret itself" not in str(caught.value)


def test_with_a_database_of_ones_own_missing_secrets_are_demanded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    assert not env.is_embedded()
    with pytest.raises(ImproperlyConfigured, match=r"CARAUS_X is missing.*CARAUS_X_FILE"):
        env.secret("CARAUS_X", make=env.new_secret_key)
    assert env.secret("CARAUS_X") == ""


def test_embedded_a_missing_secret_is_made_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("CARAUS_DATA_DIR", str(tmp_path / "data"))
    first = env.secret("CARAUS_X", make=env.new_token_key)
    assert first
    assert env.secret("CARAUS_X", make=env.new_token_key) == first
    assert (tmp_path / "data/secrets/CARAUS_X").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "value",
    [
        "https://caraus.example.ro",
        "https://caraus.example.ro:8443",
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
        "http://127.1.2.3",
    ],
)
def test_an_origin_is_https_or_loopback(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CARAUS_X", value + "/")
    assert env.origin("CARAUS_X", "") == value


@pytest.mark.parametrize(
    "value",
    [
        "http://caraus.example.ro",
        "http://192.168.0.1:8000",
        "http://0.0.0.0:8000",
        "http://localhost.example.ro",
        "http://127.0.0.1.example.ro",
    ],
)
def test_plain_http_is_refused_off_loopback(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CARAUS_X", value)
    with pytest.raises(ImproperlyConfigured, match=r"CARAUS_X.*plain http.*loopback.*https"):
        env.origin("CARAUS_X", "")


@pytest.mark.parametrize(
    "value",
    [
        "caraus.example.ro",
        "ftp://caraus.example.ro",
        "https://",
        "https://caraus.example.ro/path",
        "https://caraus.example.ro?query=1",
        "https://caraus.example.ro#part",
        "https://user:password@caraus.example.ro",
        "https://caraus.example.ro:99999",
        "https://caraus.example.ro:port",
        "https://[::1",
    ],
)
def test_an_origin_is_scheme_host_and_port_alone(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CARAUS_X", value)
    with pytest.raises(ImproperlyConfigured, match="CARAUS_X must be like https://"):
        env.origin("CARAUS_X", "")


@pytest.mark.parametrize(
    ("url", "backend", "options"),
    [
        ("console:", "console", {}),
        ("memory:", "locmem", {}),
        ("file:///var/mail", "filebased", {"file_path": "/var/mail"}),
        (
            "smtp://ana:p%40ss@mail.ro:2525?tls=true",
            "smtp",
            {
                "host": "mail.ro",
                "port": 2525,
                "username": "ana",
                "password": "p@ss",
                "use_tls": True,
                "use_ssl": False,
                "timeout": 30,
            },
        ),
        (
            "submission://ana:x@mail.ro",
            "smtp",
            {
                "host": "mail.ro",
                "port": 587,
                "username": "ana",
                "password": "x",
                "use_tls": True,
                "use_ssl": False,
                "timeout": 30,
            },
        ),
    ],
)
def test_email_goes_where_email_url_says(
    url: str, backend: str, options: dict[str, object]
) -> None:
    mailer = env.mailer(url)
    assert mailer["BACKEND"].endswith(f"{backend}.EmailBackend")
    assert mailer.get("OPTIONS", {}) == options


@pytest.mark.parametrize("url", ["mail.ro", "bar://mail.ro", "smtp://mail.ro:port"])
def test_an_email_url_that_is_none_is_reported_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env.mailer(url)


def test_settings_come_from_a_file_with_or_without_quotes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("CARAUS_X", "CARAUS_Y", "CARAUS_Z"):
        monkeypatch.setenv(name, "kept")
    monkeypatch.delenv("CARAUS_X")
    monkeypatch.delenv("CARAUS_Y")
    file = tmp_path / "caraus.env"
    monkeypatch.setenv("CARAUS_ENV_FILE", str(file))
    file.write_text("# CARAUS_Y=no\nCARAUS_X=\"a=b c\"\nCARAUS_Y='d'\nCARAUS_Z=e\n")
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert [os.environ[f"CARAUS_{email}"] for email in "XYZ"] == ["a=b c", "d", "kept"]
    file.write_bytes("CARAUS_X=ș".encode("utf-16"))
    assert cli.main(["--version"]) == 2
    assert "no text in UTF-8" in capsys.readouterr().err
