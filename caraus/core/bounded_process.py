"""Work that may not be trusted to end: a program of its own, with bounds of time and memory.

What people send (workbooks) and what computes for long (drawing a PDF) runs as
`python -m caraus.…`, from bytes to bytes, so that no thread of a web process hangs on it and no
memory stays behind. The program bounds itself (`limit_resources`); who calls it waits only so long.
"""

import contextlib
import os
import resource
import subprocess
import sys
from threading import BoundedSemaphore


class BusyError(Exception):
    """So many of these programs run already that no other is begun."""


class ChildError(Exception):
    """The program did not end as it should: `timed_out`, or what it wrote at its end."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.timed_out = timed_out


def run_bounded(
    module: str, data: bytes, *, seconds: float, slots: BoundedSemaphore, patience: float = 0
) -> bytes:
    """Run the module with `data` as its input and return its output. Raises BusyError when no
    slot is free within `patience` seconds, and ChildError."""
    if not slots.acquire(timeout=patience):
        raise BusyError
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=True,
            env=_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise ChildError("too slow", timed_out=True) from error
    except (subprocess.CalledProcessError, OSError) as error:
        stderr = getattr(error, "stderr", None) or b""
        raise ChildError(stderr.decode(errors="replace")[-500:] or str(error)) from error
    finally:
        slots.release()
    return done.stdout


def _environment() -> dict[str, str]:
    """Return the child's environment: no secret of ours, only what a Python needs to start."""
    names = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "SYSTEMROOT")
    return {name: os.environ[name] for name in names if name in os.environ} | {"LANG": "C.UTF-8"}


def limit_resources(*, cpu_seconds: int, megabytes: int) -> None:
    """Bound this process: more processor time ends it, more memory is a MemoryError."""
    bounds = {resource.RLIMIT_CPU: cpu_seconds, resource.RLIMIT_AS: megabytes * 1024 * 1024}
    for limit, value in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS knows no bound of memory
            resource.setrlimit(limit, (value, value))
