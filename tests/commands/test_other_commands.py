"""The rest of the `caraus` command: people, servers, the doctor, the simulator."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import plain_http
from tests.commands.conftest import CUI, EMAIL
from tests.commands.installation import Installation
from tests.mail import MailServer

DOCUMENTED = ("demo", "web", "worker", "migrate", "createuser", "simulator", "sync", "transports")


def test_help_names_every_command(installation: Installation) -> None:
    notifications = installation.run("--help").stdout
    assert all(command in notifications for command in (*DOCUMENTED, "manage", "doctor"))


@pytest.mark.parametrize("command", ["sync", "transports"])
def test_the_json_fields_are_documented_in_help(installation: Installation, command: str) -> None:
    notifications = installation.run(command, "--help").stdout
    assert all(word in notifications for word in ("Exit codes", "outcome") if command == "sync")
    assert all(
        word in notifications for word in ("last_valid_day", "events") if command == "transports"
    )


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["web", "--port", "99999"], ["sync", "--port"], []]
)
def test_wrong_use_is_exit_code_2(installation: Installation, arguments: list[str]) -> None:
    assert installation.run(*arguments).returncode == 2


def test_createuser_reuses_what_exists(installation: Installation) -> None:
    second_run = installation.run("createuser", "--email", EMAIL.upper(), "--cui", "900020201")
    assert second_run.returncode == 0
    assert f"{CUI}, 900020201" in second_run.stdout
    assert second_run.stdout.count("Trans Test") == 1


def test_createuser_refuses_a_bad_cui_and_makes_nothing(installation: Installation) -> None:
    done = installation.run("createuser", "--email", "nou@example.ro", "--cui", "900010101")
    assert done.returncode == 2
    assert "900010101" in done.stderr
    count = installation.run(
        "manage", "shell", "-v0", "-c", "print(User.objects.filter(email='nou@example.ro').count())"
    )
    assert count.stdout.strip() == "0"


def test_the_doctor_reports_and_shows_no_secret(installation: Installation) -> None:
    done = installation.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "/anaf/callback" in done.stdout
    assert installation.anaf.client_secret not in done.stdout + done.stderr


def test_the_doctor_names_each_of_anafs_addresses(installation: Installation) -> None:
    output = installation.run("doctor").stdout.splitlines()
    assert len([line for line in output if "ANAF's login (127.0.0.1:" in line]) == 1
    assert len([line for line in output if "ANAF's API (127.0.0.1:" in line]) == 1
    assert len(set(output)) == len(output)


def test_the_doctor_greets_the_mail_server_and_sends_nothing(installation: Installation) -> None:
    with MailServer() as server:
        done = installation.run("doctor", EMAIL_URL=f"smtp://127.0.0.1:{server.port}")
        assert "[  ok   ] The mail server 127.0.0.1 answers" in done.stdout
        tls = installation.run("doctor", EMAIL_URL=f"smtp://127.0.0.1:{server.port}?tls=true")
        assert tls.returncode == 1
        assert "STARTTLS" in tls.stdout
        assert server.messages == []


def test_the_doctor_misses_a_worker_once_somebody_has_authorized(
    authorized: Installation,
) -> None:
    done = authorized.run("doctor")
    assert done.returncode == 1
    assert "[MISSING] No worker is alive" in done.stdout


def test_the_doctor_goes_on_and_lists_every_error(installation: Installation) -> None:
    """A database that is down, bad settings, a bad key: none hides another."""
    done = installation.run(
        "doctor",
        DATABASE_URL="postgresql://127.0.0.1:9/nothing",
        CARAUS_SECRET_KEY="",
        CARAUS_TOKEN_KEYS="not-a-key",
        CARAUS_SIGNUP="cine",
        ANAF_API_URL="http://api.anaf.ro",
        ANAF_CLIENT_ID="",
        EMAIL_URL="smtp://127.0.0.1:9",
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    notifications = [line for line in done.stdout.splitlines() if line.startswith("[MISSING]")]
    for words in (
        *("CARAUS_SECRET_KEY is missing", "CARAUS_SIGNUP must be one of", "plain http"),
        *("The database did not answer", "CARAUS_TOKEN_KEYS must hold"),
        *("ANAF_CLIENT_ID is not set", "The mail server 127.0.0.1"),
    ):
        assert len([line for line in notifications if words in line]) == 1, words
    assert done.stdout.endswith(f"{len(notifications)} to mend.\n")
    assert "not-a-key" not in done.stdout
    unusable = installation.run("doctor", DATABASE_URL="mysql://x", CARAUS_URL="nonsense")
    assert "DATABASE_URL must begin with postgresql" in unusable.stdout
    assert "CARAUS_URL must be like" in unusable.stdout


def test_outside_the_embedded_mode_secrets_are_demanded(installation: Installation) -> None:
    done = installation.run("migrate", DATABASE_URL="postgresql://127.0.0.1:9/nothing")
    assert done.returncode == 2
    assert "CARAUS_SECRET_KEY" in done.stderr


def test_a_database_that_does_not_respond_is_a_sentence(installation: Installation) -> None:
    done = installation.run(
        "sync",
        DATABASE_URL="postgresql://127.0.0.1:9/nothing",
        CARAUS_SECRET_KEY="x" * 50,
        CARAUS_TOKEN_KEYS="SDRHc0VhTnNXQ1BDSXVwWkJ2bXpBYVVTV3hYVnpoU2I=",
    )
    assert done.returncode == 1
    assert "did not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_http_to_a_stranger_is_refused(installation: Installation) -> None:
    done = installation.run("sync", ANAF_API_URL="http://api.anaf.ro")
    assert done.returncode == 2
    assert "plain http" in done.stderr


def test_generated_secrets_are_the_owners_alone(installation: Installation) -> None:
    folder = Path(installation.environment["CARAUS_DATA_DIR"]) / "secrets"
    files = list(folder.iterdir())
    assert {file.name for file in files} >= {"CARAUS_SECRET_KEY", "CARAUS_TOKEN_KEYS"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_a_taken_port_is_a_sentence(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = installation.run("web", "--port", str(listener.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken" in done.stderr


def test_web_serves_with_a_strict_policy_and_no_inline_code(installation: Installation) -> None:
    with installation.web() as client:
        assert installation.printed == f"Cărăuș web is ready: {installation.address}\n"
        page = client.get("/cont/login/")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "style=" not in page.text
        assert client.get("/static/caraus.css").status_code == 200
        assert client.get("/integrari/").status_code == 302


def test_the_worker_says_that_it_is_ready_and_ends_politely(installation: Installation) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "caraus.cli", "worker"],
        env=installation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Cărăuș worker is ready.\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_the_simulator_command_is_anaf_for_anybody(installation: Installation) -> None:
    assert "usage: caraus simulator" in installation.run("simulator", "--help").stdout
    process = subprocess.Popen(
        [sys.executable, "-m", "caraus.cli", "simulator", "--port", "0", "--seed", "7"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split("is ready: ")[1].split()[0]
        hello = plain_http.get(f"{address}/TestOauth/jaxrs/hello")
        assert hello.status_code == 401
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
