"""The product as a user has it: the wheel, in an environment with what it asks for and no more."""

import os
import shutil
import subprocess
import sys
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
        "UV_COMPILE_BYTECODE": "1",  # at once, and not by each process that starts
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
    return folder / "venv" / "bin" / "caraus"
