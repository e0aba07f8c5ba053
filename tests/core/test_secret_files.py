"""Secrets from the environment, from files, and those made once."""

import itertools
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from caraus.core.secret_files import SecretError, generated_secret, read_secret


def never() -> str:
    """Stand for a maker that must not be called."""
    raise AssertionError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_comes_from_its_variable() -> None:
    assert read_secret("KEY", {"KEY": "from the environment"}) == "from the environment"


@pytest.mark.parametrize("env", [{}, {"KEY": ""}, {"KEY_FILE": ""}, {"KEY": "", "KEY_FILE": ""}])
def test_a_secret_that_is_not_set_is_none(env: dict[str, str]) -> None:
    assert read_secret("KEY", env) is None


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_comes_from_its_file_without_the_final_line_break(
    tmp_path: Path, end: str
) -> None:
    (tmp_path / "key").write_bytes(f" cheie și spații {end}".encode())
    assert read_secret("KEY", {"KEY_FILE": str(tmp_path / "key")}) == " cheie și spații "


def test_a_secret_given_twice_is_refused() -> None:
    with pytest.raises(SecretError, match="Both KEY and KEY_FILE are set"):
        read_secret("KEY", {"KEY": "hidden", "KEY_FILE": "/somewhere"})


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(SecretError, match=f"KEY_FILE names {missing}.*No such file"):
        read_secret("KEY", {"KEY_FILE": str(missing)})


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n"])
def test_an_empty_secret_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SecretError, match="is empty"):
        read_secret("KEY", {"KEY_FILE": str(tmp_path / "key")})


def test_a_secret_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretError, match="not a text file"):
        read_secret("KEY", {"KEY_FILE": str(tmp_path / "key")})


def test_a_generated_secret_stays_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert generated_secret(folder, "key", lambda: "made once") == "made once"
    assert generated_secret(folder, "key", never) == "made once"


def test_only_its_owner_reads_a_generated_secret(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    generated_secret(folder, "key", lambda: "private")
    assert [mode(folder), mode(folder / "secrets"), mode(folder / "secrets/key")] == [
        0o700,
        0o700,
        0o600,
    ]
    assert names(folder / "secrets") == ["key"]


def test_a_secret_open_to_others_is_refused_with_what_to_do(tmp_path: Path) -> None:
    generated_secret(tmp_path, "key", lambda: "private")
    (tmp_path / "secrets/key").chmod(0o640)
    with pytest.raises(SecretError, match=r"mode 0640.*chmod 600") as caught:
        generated_secret(tmp_path, "key", never)
    assert "private" not in str(caught.value)


def test_an_emptied_secret_is_refused(tmp_path: Path) -> None:
    generated_secret(tmp_path, "key", lambda: "private")
    (tmp_path / "secrets/key").write_text("")
    with pytest.raises(SecretError, match="is empty"):
        generated_secret(tmp_path, "key", never)


def test_a_secret_that_cannot_be_written_is_reported_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretError, match=r"can be neither read nor made.*CARAUS_DATA_DIR"):
        generated_secret(tmp_path / "file" / "data", "key", never)


def test_a_maker_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        generated_secret(tmp_path, "key", never)
    assert names(tmp_path / "secrets") == []


def test_one_that_comes_first_while_we_make_ours_wins(tmp_path: Path) -> None:
    def make_slowly() -> str:
        return "late" + generated_secret(tmp_path, "key", lambda: "first")

    assert generated_secret(tmp_path, "key", make_slowly) == "first"
    assert names(tmp_path / "secrets") == ["key"]


@pytest.mark.process
def test_processes_that_make_a_secret_at_once_get_the_same(tmp_path: Path) -> None:
    source = (
        "import os, sys; from pathlib import Path\n"
        "from caraus.core.secret_files import generated_secret\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for name in map(str, range(50)):\n"
        "    print(generated_secret(Path(sys.argv[1]), name, lambda: str(os.getpid())))\n"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", source, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    responses = [racer.communicate(timeout=20)[0].split() for racer in racers]
    assert len(responses[0]) == 50
    assert all(earlier == later for earlier, later in itertools.pairwise(responses))
