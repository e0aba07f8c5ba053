"""Bring uv from PyPI into a venv of the project's own; prints where it is.

Needs Python 3 alone. Where the system's Python comes without ensurepip (Debian splits it off),
the wheel is fetched and unpacked by hand, its SHA-256 checked against PyPI's.
"""

import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from pathlib import Path

PYPI = "https://pypi.org/simple/uv/"


def main() -> int:
    folder = Path(sys.argv[1]).absolute()
    uv = folder / "bin" / "uv"
    if not uv.exists():
        print(f"uv is not on PATH: bringing it from PyPI into {folder}", file=sys.stderr)
        if not by_pip(folder):
            by_hand(folder, uv)
    print(uv)
    return 0


def by_pip(folder: Path) -> bool:
    """Install it the usual way: a venv with pip."""
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    discard = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.run(command, check=False, **discard).returncode:  # type: ignore[call-overload]
        return False
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"]
    return subprocess.run(pip, check=False, stdout=sys.stderr).returncode == 0


def by_hand(folder: Path, uv: Path) -> None:
    """Install it without pip: the newest wheel for this machine, unpacked into the venv."""
    venv.EnvBuilder(clear=True, with_pip=False).create(folder)
    request = urllib.request.Request(
        PYPI, headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        files = json.load(response)["files"]
    fitting = [file for file in files if fits(file["filename"])]
    wheel = max(fitting, key=lambda file: version(file["filename"]))
    with urllib.request.urlopen(wheel["url"], timeout=300) as response:  # noqa: S310
        body = response.read()
    if hashlib.sha256(body).hexdigest() != wheel["hashes"]["sha256"]:
        raise SystemExit(f"{wheel['filename']} came damaged: its SHA-256 is not PyPI's.")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        member = next(name for name in archive.namelist() if name.endswith("scripts/uv"))
        uv.write_bytes(archive.read(member))
    os.chmod(uv, 0o755)  # noqa: PTH101, S103


def version(filename: str) -> tuple[int, ...]:
    return tuple(int(part) for part in filename.split("-")[1].split("."))


def fits(filename: str) -> bool:
    """Return whether a wheel is of a final version and for this system and processor."""
    if not filename.endswith(".whl") or not filename.split("-")[1].replace(".", "").isdigit():
        return False
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    if sys.platform == "darwin":
        return "macosx" in filename and platform.machine() in filename
    libc = (
        "manylinux" if "gnu" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "") else "musllinux"
    )
    return libc in filename and machine in filename


if __name__ == "__main__":
    sys.exit(main())
