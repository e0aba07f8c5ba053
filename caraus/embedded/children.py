"""What a child process may know of our environment: never a secret.

Who runs as the same user, or as root, reads a process's environment; a crash may print it.
"""

import os

KEPT = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
KEPT_BEGINNINGS = ("LC_", "PYTHON")


def child_environment(**added: str) -> dict[str, str]:
    """Return the few variables that a program needs to run, and those that are added."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_BEGINNINGS)
    }
    return kept | added
