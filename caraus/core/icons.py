"""Decorative icons, drawn from lucide's files."""

from functools import cache, lru_cache
from importlib.resources import files
from threading import Lock
from zipfile import ZipFile

from django.utils.safestring import SafeString, mark_safe

# Threads that read one archive move each other's place in it: „Overlapped entries”.
_archive_lock = Lock()


@lru_cache(maxsize=256)
def draw_icon(name: str, size: int = 16) -> SafeString:
    """Render a decorative icon; the word beside it is what is read aloud."""
    with _archive_lock:
        drawing = drawings().read(f"{name}.svg").decode()
    head, _, parts = drawing.strip().partition(">")
    head = " ".join(head.split()).replace(' xmlns="http://www.w3.org/2000/svg"', "")
    head = head.replace(' width="24" height="24"', f' width="{size:d}" height="{size:d}"')
    drawn = f'{head} class="icon" aria-hidden="true">{parts}'
    return mark_safe(drawn)  # noqa: S308 - drawn from the icon package's own files


@cache
def drawings() -> ZipFile:
    """Return lucide's icons. Its own tag reads the directory of all 1,745 again for each: 20 ms,
    for which the first page of a web process waited most of a second."""
    return ZipFile(str(files("lucide").joinpath("lucide.zip")))
