"""The login over mutual TLS: the certificate of the handshake is the one that authorizes."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.simulator_process import SimulatorProcess, came_back


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SimulatorProcess, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    with SimulatorProcess(tls_folder=folder) as process:
        yield process, folder


def authorize(secure: tuple[SimulatorProcess, Path], certificate: str | None) -> httpx2.Response:
    process, folder = secure
    context = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    if certificate:
        context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
    url = process.authorize_url(state="abc").replace(process.url, process.secure_url)
    with httpx2.Client(verify=context, trust_env=False) as client:
        return client.get(url)


def test_the_handshakes_certificate_gets_a_code_without_any_page(
    secure: tuple[SimulatorProcess, Path],
) -> None:
    callback = came_back(authorize(secure, "three"))
    assert callback["state"] == "abc"
    tokens = secure[0].exchange(callback["code"]).json()
    response = secure[0].api("info", tokens["access_token"], cui_op="900010100")
    assert response.status_code == 200


def test_one_that_is_not_enrolled_is_refused_in_the_callback(
    secure: tuple[SimulatorProcess, Path],
) -> None:
    callback = came_back(authorize(secure, "renewed"))
    assert callback["error"] == "access_denied"


def test_without_a_certificate_there_is_nobody_to_authorize(
    secure: tuple[SimulatorProcess, Path],
) -> None:
    response = authorize(secure, None)
    assert response.status_code == 403
    assert "certificat" in response.text


def test_the_keys_are_their_owners_alone(secure: tuple[SimulatorProcess, Path]) -> None:
    assert {path.stat().st_mode & 0o077 for path in secure[1].glob("*.key")} == {0}
