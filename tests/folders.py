"""Temporary folders for the embedded database, which root runs as another user: that user must be
able to pass through what lies above the data, and pytest closes its own folders to others."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


def make_folder(prefix: str = "caraus-test-") -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    folder.chmod(0o711)
    return folder


@contextlib.contextmanager
def temporary_folder(prefix: str = "caraus-test-") -> Iterator[Path]:
    folder = make_folder(prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
