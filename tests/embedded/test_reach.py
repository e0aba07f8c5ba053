"""What the embedded server may touch, and what it may know: its folder, and no secret of ours."""

import os
import stat
import subprocess
from pathlib import Path

import psutil
import pytest

from caraus import embedded
from caraus.embedded import programs as wheel
from caraus.embedded.folders import SystemUser
from tests.program_family import children, environment

from .servers import HOLDER, Spawn, output_of, query_value, server_pid

ROOT = os.geteuid() == 0


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    states = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (state.st_mode, state.st_uid, state.st_gid) for path, state in states.items()}


def test_what_lies_above_the_data_is_never_changed(folder: Path) -> None:
    """Root's server, which cannot pass, refuses and says what to do; another's has no need to."""
    closed = folder.parent / "private" / "deeper"
    closed.mkdir(parents=True)
    for path in (closed.parent, closed):
        path.chmod(0o700)
    before = modes(closed)
    if ROOT:
        sentence = f"cannot pass through {closed}.*CARAUS_DATA_DIR.*/var/lib/caraus.*ordinary user"
        with pytest.raises(embedded.EmbeddedError, match=sentence):
            embedded.acquire(closed / "data")
    else:
        embedded.acquire(closed / "data").release()
    assert modes(closed) == before


def test_the_data_folder_is_open_to_the_servers_user_alone(folder: Path) -> None:
    with embedded.acquire(folder):
        state = folder.stat()
        mode = stat.S_IMODE(state.st_mode)
        server = (folder / "postgres").stat()
        assert mode == (0o710 if ROOT else 0o700)
        assert state.st_gid == server.st_gid or not ROOT
        assert server.st_mode & 0o077 == 0


def test_folders_that_root_makes_on_the_way_can_be_passed_and_not_listed(folder: Path) -> None:
    with embedded.acquire(folder / "a" / "b" / "data"):
        assert query_value(folder / "a" / "b" / "data", "SELECT 1") == "1"
    if ROOT:
        assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o711


def test_the_installation_is_copied_where_it_is_closed_and_never_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where root has installed it below /root."""
    packages = folder.parent / "closed" / "site-packages"
    packages.mkdir(parents=True)
    for name in (wheel.PACKAGE, wheel.LIBRARIES):
        source = wheel.programs().parents[2] / name
        subprocess.run(["cp", "-a", str(source), str(packages / name)], check=True)
    (folder.parent / "closed").chmod(0o700)
    closed = packages / wheel.PACKAGE / "pginstall" / "bin"
    monkeypatch.setattr(wheel, "programs", lambda: closed)
    monkeypatch.setattr(wheel, "COPIES", folder.parent / "copies")
    wheel.programs_for.cache_clear()
    before = {path: path.lstat().st_mode for path in (folder.parent / "closed").rglob("*")}
    try:
        with embedded.acquire(folder):
            assert query_value(folder, "SELECT 1") == "1"
            runs = Path(psutil.Process(server_pid(folder)).exe())
        assert runs.is_relative_to(folder.parent / ("copies" if ROOT else "closed"))
    finally:
        wheel.programs_for.cache_clear()
    assert before == {path: path.lstat().st_mode for path in (folder.parent / "closed").rglob("*")}


def test_where_no_copy_can_be_made_a_sentence_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "file").touch()
    monkeypatch.setattr(wheel, "COPIES", folder.parent / "file" / "copies")
    monkeypatch.setattr(wheel, "_runs", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    wheel.programs_for.cache_clear()
    try:
        with pytest.raises(embedded.EmbeddedError, match=r"could not be made.*ordinary user"):
            wheel.programs_for(SystemUser(12345, 12345))
    finally:
        wheel.programs_for.cache_clear()


def test_the_server_knows_none_of_our_secrets(used: Path, spawn: Spawn) -> None:
    """Neither it nor a child of it; its user could read them."""
    secrets = {
        name: f"secret-{name}"
        for name in (
            *("ANAF_CLIENT_SECRET", "EMAIL_URL", "CARAUS_METRICS_TOKEN", "CARAUS_SECRET_KEY"),
            *("CARAUS_TOKEN_KEYS", "SENTRY_DSN", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"),
        )
    }
    holder = spawn(HOLDER, used, **secrets)
    server = psutil.Process(int(output_of(holder)))
    assert environment(server)
    for process in (server, *children(server.pid)):
        assert "secret-" not in environment(process)
    query_value(
        used, "CREATE TABLE known (line text)"
    )  # PostgreSQL writes its title over the file above
    query_value(used, "COPY known FROM PROGRAM 'env'")
    assert int(query_value(used, "SELECT count(*) FROM known WHERE line LIKE 'PATH=%'")) == 1
    assert int(query_value(used, "SELECT count(*) FROM known WHERE line LIKE '%secret-%'")) == 0
    holder.communicate("\n", timeout=20)
