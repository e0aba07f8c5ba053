"""What a child process may know of our environment: never a secret.

Who runs as the same user, or as root, reads a process's environment; a crash may print it.
"""

import os

KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
)
KEPT_PREFIXES = ("LC_", "PYTHON")


def child_environment(**added: str) -> dict[str, str]:
    """Return the few variables that a program needs to run, and those that are added."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT_VARIABLES or name.startswith(KEPT_PREFIXES)
    }
    return environment | added
