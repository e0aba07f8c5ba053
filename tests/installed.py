"""The product as a user has it: the wheel, in an environment with what it asks for and no more."""

import compileall
import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install(folder: Path) -> Path:
    """Build the wheel and install it beside its locked dependencies; return its `caraus`.

    The dependencies come from uv's cache, since the lock file names each file.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "uv is not on PATH: run the tests by `uv run pytest`"
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(folder / "venv"),
        "VIRTUAL_ENV": str(folder / "venv"),
        "UV_COMPILE_BYTECODE": "0",  # `_compile` does
    }
    wheels = folder / "wheels"
    for command in (
        ["build", "--wheel", "--no-build-isolation", "--out-dir", str(wheels)],
        ["sync", "--frozen", "--no-dev", "--no-install-project"],
    ):
        subprocess.run(
            [uv, *command, "--quiet", "--python", sys.executable],
            cwd=ROOT,
            env=environment,
            check=True,
        )
    (wheel,) = wheels.glob("*.whl")
    for command in (["install", "--quiet", "--no-deps", str(wheel)], ["check", "--quiet"]):
        subprocess.run([uv, "pip", *command], cwd=folder, env=environment, check=True)
    _compile(next((folder / "venv").glob("lib/python*/site-packages")))
    return folder / "venv" / "bin" / "caraus"


def _compile(packages: Path) -> None:
    """Compile once, and not in each process that starts: to compile all takes half a minute.

    What was compiled for this checkout's environment is linked, as Python uses it only where the
    source has the same size and time.
    """
    for package in ("caraus", "anaf_simulator"):
        assert compileall.compile_dir(packages / package, quiet=2)
    ours = Path(sysconfig.get_path("purelib"))
    for compiled in ours.glob("**/__pycache__/*.pyc"):
        linked = packages / compiled.relative_to(ours)
        if linked.parent.parent.is_dir() and not linked.exists():
            linked.parent.mkdir(exist_ok=True)
            with suppress(OSError):  # another disk
                linked.hardlink_to(compiled)
